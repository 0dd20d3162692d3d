/* Words and keys of things; every route that is made passes the check of mapping files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/learned.h"

#include "helpers.h"

#define MIDI(f, ch, no) .source = { .form = (f), .channel = (ch)-1, .number = (no) }
#define OSC(a, n) .source = { .form = LEARN_OSC, .port = LEARN_NONE, .arg = (n), .address = a }

#define ENC(e) .encoding = (e), .maybe = 1u << (e)

static const struct {
	struct learn_thing thing;
	const char *text, *source;
} things[] = {
	{ { .guess = GUESS_FADER14, MIDI(LEARN_CC, 1, 1) },
	  "14-bit fader on channel 1, CC 1 and 33",
	  "{'port': 'pads', 'channel': 1, 'cc': [1, 33]}" },
	{ { .guess = GUESS_FADER14, MIDI(LEARN_CC, 2, 0), .lsb_first = true },
	  "14-bit fader on channel 2, CC 0 and 32, LSB first",
	  "{'port': 'pads', 'channel': 2, 'cc': [0, 32]}" },
	{ { .guess = GUESS_FADER7, MIDI(LEARN_CC, 16, 127), .others = 2 },
	  "7-bit fader on channel 16, CC 127 (2 other things moved, but less)",
	  "{'port': 'pads', 'channel': 16, 'cc': 127}" },
	{ { .guess = GUESS_BEND, MIDI(LEARN_BEND, 3, 0) },
	  "14-bit fader on channel 3, pitch bend",
	  "{'port': 'pads', 'channel': 3, 'pitch_bend': true}" },
	{ { .guess = GUESS_BUTTON,
	    MIDI(LEARN_NOTE, 10, 36),
	    .released = true,
	    .lo = 20,
	    .hi = 100 },
	  "button on channel 10, note 36, velocity 20 to 100",
	  "{'port': 'pads', 'channel': 10, 'note': 36}" },
	{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 36), .released = true, .pad = true },
	  "button on channel 1, note 36, with pressure",
	  "{'port': 'pads', 'channel': 1, 'note': 36}" },
	{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 36) },
	  "button on channel 1, note 36, never released",
	  "{'port': 'pads', 'channel': 1, 'note': 36}" },
	{ { .guess = GUESS_BUTTON, MIDI(LEARN_CC, 1, 20), .ask = ASK_AGAIN },
	  "button on channel 1, CC 20: it was not let go, or it latches; let go of it and press it once more",
	  "{'port': 'pads', 'channel': 1, 'cc': 20}" },
	{ { .guess = GUESS_TOGGLE, MIDI(LEARN_CC, 1, 20) },
	  "button that latches on channel 1, CC 20",
	  "{'port': 'pads', 'channel': 1, 'cc': 20}" },
	{ { .guess = GUESS_ENCODER, MIDI(LEARN_CC, 1, 22), ENC(ENC_OFFSET) },
	  "encoder (offset) on channel 1, CC 22",
	  "{'port': 'pads', 'channel': 1, 'cc': 22}" },
	{ { .guess = GUESS_ENCODER,
	    MIDI(LEARN_CC, 1, 22),
	    .ask = ASK_OTHER_WAY,
	    .maybe = 1u << ENC_TWOS | 1u << ENC_SIGN },
	  "encoder (twos or sign) on channel 1, CC 22: turn it the other way, fast, then slowly",
	  "{'port': 'pads', 'channel': 1, 'cc': 22}" },
	{ { .guess = GUESS_JOG,
	    MIDI(LEARN_CC, 1, 34),
	    ENC(ENC_OFFSET),
	    .held = true,
	    .touched = true,
	    .by = { .form = LEARN_NOTE, .number = 54 } },
	  "jog wheel (offset) on channel 1, CC 34, touched by note 54 on channel 1",
	  "{'port': 'pads', 'channel': 1, 'cc': 34}" },
	{ { .guess = GUESS_FADER7,
	    MIDI(LEARN_CC, 1, 7),
	    .held = true,
	    .by = { .form = LEARN_NOTE, .channel = 14, .number = 15 } },
	  "7-bit fader on channel 1, CC 7, while note 15 on channel 15 is held",
	  "{'port': 'pads', 'channel': 1, 'cc': 7}" },
	{ { .guess = GUESS_TRIGGER, MIDI(LEARN_PROGRAM, 1, 7) },
	  "trigger on channel 1, program 7",
	  "{'port': 'pads', 'channel': 1, 'program': 7}" },
	{ { .guess = GUESS_TRIGGER, MIDI(LEARN_PROGRAM, 1, 7), .any = true },
	  "trigger on channel 1, program changes",
	  "{'port': 'pads', 'channel': 1, 'program': true}" },
	{ { .guess = GUESS_PRESSURE, MIDI(LEARN_PRESSURE, 1, 0) },
	  "pressure on channel 1, channel pressure",
	  "{'port': 'pads', 'channel': 1, 'pressure': true}" },
	{ { .guess = GUESS_PRESSURE, MIDI(LEARN_POLY, 1, 40) },
	  "pressure on channel 1, pressure of key 40",
	  "{'port': 'pads', 'channel': 1, 'poly_pressure': 40}" },
	{ { .guess = GUESS_PARAMETER, MIDI(LEARN_NRPN, 1, 261), .wide = true },
	  "fader on channel 1, NRPN 261, 14 bits",
	  "{'port': 'pads', 'channel': 1, 'nrpn': 261}" },
	{ { .guess = GUESS_PARAMETER, MIDI(LEARN_RPN, 2, 1) },
	  "fader on channel 2, RPN 1, 7 bits",
	  "{'port': 'pads', 'channel': 2, 'rpn': 1, 'bits': 7}" },
	{ { .guess = GUESS_FADER, OSC("/1/fader1", 0), .alone = true, .hi = 0.5 },
	  "fader at /1/fader1",
	  "{'osc': '/1/fader1'}" },
	{ { .guess = GUESS_XY, OSC("/3/xy", 1), .hi = 0.5 },
	  "xy pad at /3/xy, argument 1",
	  "{'osc': '/3/xy', 'arg': 1}" },
	{ { .guess = GUESS_TRIGGER, OSC("/go", 0), .alone = true },
	  "trigger at /go",
	  "{'osc': '/go'}" },
	{ { .guess = GUESS_ENCODER, OSC("/e", 0), .alone = true },
	  "encoder at /e",
	  "{'osc': '/e'}" },
	{ { .guess = GUESS_UNCLEAR, MIDI(LEARN_CC, 1, 9), .ask = ASK_FURTHER },
	  "something on channel 1, CC 9: it moved too little to say more; move it further",
	  "{'port': 'pads', 'channel': 1, 'cc': 9}" },
};

static void assert_quoted(const struct buf *b, const char *expected)
{
	char *text = xstrdup(expected);

	for (char *p = text; (p = strchr(p, '\''));)
		*p = '"';
	assert_string_equal(b->p, text);
	free(text);
}

static void words_and_sources(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(things); i++) {
		buf_clear(&b);
		learned_text(&b, &things[i].thing);
		assert_string_equal(b.p, things[i].text);
		buf_clear(&b);
		learned_source(&b, &things[i].thing, "pads");
		assert_quoted(&b, things[i].source);
	}
	buf_finish(&b);
}

static const char *const controls[KIND_COUNT] = { "fader", "switch", "button", "encoder", "lamp" };

/* In a mapping of one port and a control of each kind. */
static bool is_good(const char *route, struct diags *d)
{
	struct mapping *m;
	struct buf b;
	int err;

	buf_init(&b, 4096);
	buf_fmt(&b,
	        "{\"ports\": {\"pads\": {\"in\": \"pads\"}}, \"controls\": ["
	        "{\"name\": \"fader\", \"kind\": \"fader\"}, {\"name\": \"switch\", \"kind\": \"switch\"},"
	        "{\"name\": \"button\", \"kind\": \"button\"}, {\"name\": \"encoder\", \"kind\": \"encoder\"},"
	        "{\"name\": \"lamp\", \"kind\": \"lamp\"}, {\"name\": \"shift\", \"kind\": \"button\"}],"
	        "\"routes\": [%s, {\"osc\": \"/x\", \"to\": \"shift\"}]}",
	        route);
	err = mapping_load_text(&m, "test", b.p, b.len, NULL, d);
	buf_finish(&b);
	if (err)
		return false;
	mapping_free(m);
	return true;
}

static void every_route_passes_the_check(void **state)
{
	size_t made = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(things); i++) {
		for (int k = 0; k < 2 * KIND_COUNT; k++) {
			const enum kind kind = (enum kind)(k / 2);
			struct learned_target to = { controls[kind], kind, k % 2 ? "shift" : NULL };
			struct diags d = { 0 };

			if (learned_refusal(&things[i].thing, kind))
				continue;
			buf_clear(&b);
			learned_route(&b, &things[i].thing, "pads", &to);
			if (!is_good(b.p, &d))
				fail_msg("%s: %s", b.p, d.list[0].msg);
			made++;
		}
	}
	assert_true(made > 100);
	buf_finish(&b);
}

static void routes(void **state)
{
	static const struct {
		struct learn_thing thing;
		enum kind kind;
		const char *control, *when, *route;
	} cases[] = {
		{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 36) },
		  KIND_SWITCH,
		  "x",
		  NULL,
		  "{'port': 'pads', 'channel': 1, 'note': 36, 'as': 'toggle', 'to': 'x'}" },
		{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 36) },
		  KIND_BUTTON,
		  "x",
		  "s",
		  "{'port': 'pads', 'channel': 1, 'note': 36, 'when': {'s': 1}, 'to': 'x'}" },
		{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 36) },
		  KIND_ENCODER,
		  "x",
		  NULL,
		  "{'port': 'pads', 'channel': 1, 'note': 36, 'by': 1, 'to': 'x'}" },
		{ { .guess = GUESS_TOGGLE, MIDI(LEARN_NOTE, 1, 36) },
		  KIND_SWITCH,
		  "x",
		  NULL,
		  "{'port': 'pads', 'channel': 1, 'note': 36, 'to': 'x'}" },
		{ { .guess = GUESS_ENCODER, MIDI(LEARN_CC, 1, 22), ENC(ENC_SIGN) },
		  KIND_FADER,
		  "x",
		  NULL,
		  "{'port': 'pads', 'channel': 1, 'cc': 22, 'encoder': 'sign', 'to': 'x'}" },
		{ { .guess = GUESS_ENCODER, MIDI(LEARN_CC, 1, 22), ENC(ENC_SIGN) },
		  KIND_FADER,
		  NULL,
		  NULL,
		  "{'port': 'pads', 'channel': 1, 'cc': 22, 'encoder': 'sign'}" },
		{ { .guess = GUESS_FADER, OSC("/f", 0), .alone = true, .hi = 90 },
		  KIND_FADER,
		  "x",
		  NULL,
		  "{'osc': '/f', 'range': [0, 100], 'to': 'x'}" },
		{ { .guess = GUESS_FADER, OSC("/f", 0), .alone = true, .lo = -0.5, .hi = 0.9 },
		  KIND_FADER,
		  "x",
		  NULL,
		  "{'osc': '/f', 'range': [-1, 1], 'to': 'x'}" },
		{ { .guess = GUESS_FADER, OSC("/f", 2), .lo = -60, .hi = 6.5 },
		  KIND_FADER,
		  "x",
		  NULL,
		  "{'osc': '/f', 'arg': 2, 'range': [-60, 6.5], 'to': 'x'}" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct learned_target to = { cases[i].control, cases[i].kind, cases[i].when };

		buf_clear(&b);
		learned_route(&b, &cases[i].thing, "pads", &to);
		assert_quoted(&b, cases[i].route);
	}
	buf_finish(&b);
}

static void refusals(void **state)
{
	static const struct {
		struct learn_thing thing;
		bool takes[KIND_COUNT];
	} cases[] = {
		{ { .guess = GUESS_ENCODER, MIDI(LEARN_CC, 1, 1) },
		  { true, false, false, true, false } },
		{ { .guess = GUESS_ENCODER, OSC("/e", 0) }, { false, false, false, true, false } },
		{ { .guess = GUESS_FADER7, MIDI(LEARN_CC, 1, 1) },
		  { true, true, true, false, false } },
		{ { .guess = GUESS_BUTTON, MIDI(LEARN_NOTE, 1, 1) },
		  { true, true, true, true, false } },
		{ { .guess = GUESS_TRIGGER, OSC("/go", 0) }, { false, true, true, true, false } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int k = 0; k < KIND_COUNT; k++)
			assert_int_equal(!learned_refusal(&cases[i].thing, (enum kind)k),
			                 cases[i].takes[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_sources),
		cmocka_unit_test(every_route_passes_the_check),
		cmocka_unit_test(routes),
		cmocka_unit_test(refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
