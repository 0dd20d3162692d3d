/* What is said of things that move: values as devices send them, and what they are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/learn.h"
#include "cuewire/osc.h"

#include "helpers.h"

#define MS UINT64_C(1000000)

/* A learner, and the time. */
struct rig {
	struct learn l;
	uint64_t t;
};

static struct rig *rig_new(void)
{
	struct rig *r = malloc(sizeof(*r));

	assert_non_null(r);
	learn_init(&r->l);
	r->t = 1000 * MS;
	return r;
}

/* One message of MIDI after so many milliseconds. */
static void midi(struct rig *r, unsigned ms, const char *hex)
{
	struct midi_msg m;
	uint8_t b[3];
	const size_t n = hex_bytes(hex, b, sizeof(b));

	assert_true(midi_from_bytes(&m, b, n));
	r->t += ms * MS;
	learn_midi(&r->l, r->t, 1, &m);
}

/* "10 B0 07 40, 0 B0 27 00": messages, each after so many milliseconds. "..." is a rest of 3 s, in
 * which an answer is taken; the last answer is *out. False: there was none. */
static bool play(struct rig *r, const char *script, struct learn_thing *out)
{
	char copy[4096], *save = NULL;
	bool told = false;

	assert_true(strlen(script) < sizeof(copy));
	strcpy(copy, script);
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		char *end;
		const unsigned long ms = strtoul(p, &end, 10);

		if (strstr(p, "...")) {
			r->t += 3000 * MS;
			told = learn_next(&r->l, r->t, out);
			continue;
		}
		midi(r, (unsigned)ms, end);
	}
	r->t += 3000 * MS;
	return learn_next(&r->l, r->t, out) || told;
}

/* Values of CC 22 on channel 1, so many milliseconds apart. */
static bool turn(struct rig *r, unsigned gap, const char *values, struct learn_thing *out)
{
	const char *p = values;
	char *end;

	for (;; p = end) {
		char hex[16];
		const unsigned long v = strtoul(p, &end, 10);

		if (end == p)
			break;
		snprintf(hex, sizeof(hex), "B0 16 %02lX", v);
		midi(r, gap, hex);
	}
	r->t += 3000 * MS;
	return learn_next(&r->l, r->t, out);
}

/* ---- one CC ---- */

static const struct turn_case {
	const char *what;
	unsigned gap;
	const char *values;
	enum learn_guess guess;
	enum learn_ask ask;
	enum encoding encoding;
} turns[] = {
	{ "a fader's way", 10, "3 9 17 28 40 52 66 80 93 104 115 127", GUESS_FADER7, ASK_NOTHING,
	  0 },
	{ "slow, about the middle", 60, "60 61 62 63 64 65 66", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "slow, above the middle", 120, "65 66 67 68 69 70", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "slow, below the middle", 120, "63 62 61 60 59", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "slow, from the bottom", 90, "1 2 3 4 5 6", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "slow, to the bottom", 90, "5 4 3 2 1 0", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "slow, to the top", 90, "121 122 123 124 125 126 127", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "quick, low", 8, "1 4 9 15 21 27 33", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "there and back", 20, "30 32 34 36 38 36 34 32 30", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "a push", 10, "10 60 119 127", GUESS_FADER7, ASK_NOTHING, 0 },
	{ "to and fro about the middle", 20, "64 65 66 67 66 65 64 63 62 61", GUESS_FADER7,
	  ASK_NOTHING, 0 },

	{ "twos, both ways", 40, "1 1 1 127 127 1 2 1 127", GUESS_ENCODER, ASK_NOTHING, ENC_TWOS },
	{ "twos, down only", 40, "127 127 127 126 127", GUESS_ENCODER, ASK_NOTHING, ENC_TWOS },
	{ "twos, fast and slow", 8, "1 2 3 5 5 8 5 3 2 1 1 127 126 124 120 124 127", GUESS_ENCODER,
	  ASK_NOTHING, ENC_TWOS },
	{ "offset, both ways", 40, "65 65 65 63 63 63 65", GUESS_ENCODER, ASK_NOTHING, ENC_OFFSET },
	{ "offset, down only", 40, "63 63 63 62 63", GUESS_ENCODER, ASK_NOTHING, ENC_OFFSET },
	{ "offset, fast", 8, "65 66 68 68 70 68 66 65 65 63 61 58 61 63 63", GUESS_ENCODER,
	  ASK_NOTHING, ENC_OFFSET },
	{ "twos, briskly from the first", 15, "3 6 9 7 4 125 122 119 121 124", GUESS_ENCODER,
	  ASK_NOTHING, ENC_TWOS },
	{ "sign, briskly from the first", 15, "2 4 6 7 5 3 66 68 70 71 67", GUESS_ENCODER,
	  ASK_NOTHING, ENC_SIGN },
	{ "offset, briskly", 8, "65 65 66 67 69 68 66 65 63 62 61 59 60 62 63", GUESS_ENCODER,
	  ASK_NOTHING, ENC_OFFSET },
	{ "twos, a spin there and back", 8, "3 8 12 16 18 14 9 5 2 1 126 120 112 108 114 122 127",
	  GUESS_ENCODER, ASK_NOTHING, ENC_TWOS },
	{ "sign, both ways", 40, "1 1 1 65 65 1 65", GUESS_ENCODER, ASK_NOTHING, ENC_SIGN },

	{ "up is 1 in two encodings", 40, "1 1 1 1", GUESS_ENCODER, ASK_OTHER_WAY, 0 },
	{ "65 is up in one, down in another", 40, "65 65 65 66 65", GUESS_ENCODER, ASK_OTHER_WAY,
	  0 },
	{ "one step", 40, "65", GUESS_UNCLEAR, ASK_FURTHER, 0 },
	{ "two steps", 40, "1 1", GUESS_UNCLEAR, ASK_FURTHER, 0 },
	{ "a fader's value, or 19 steps", 40, "45", GUESS_UNCLEAR, ASK_FURTHER, 0 },
	{ "a push, or two steps", 10, "3 127", GUESS_UNCLEAR, ASK_FURTHER, 0 },
	{ "a fader at its end, or a press", 120, "1 0", GUESS_UNCLEAR, ASK_FURTHER, 0 },
	{ "a burst of one way", 8, "1 3 5 9 12 9 5 3 1", GUESS_ENCODER, ASK_OTHER_WAY, 0 },
	{ "127 and 127, slowly", 300, "127 127 127", GUESS_UNCLEAR, ASK_TURN, 0 },

	{ "a button by CC", 120, "127 0", GUESS_BUTTON, ASK_NOTHING, 0 },
	{ "a button by CC, often", 120, "127 0 127 0 127 0", GUESS_BUTTON, ASK_NOTHING, 0 },
	{ "a button of 1 and 0", 120, "1 0 1 0", GUESS_BUTTON, ASK_NOTHING, 0 },
	{ "a press that stays", 120, "127", GUESS_BUTTON, ASK_AGAIN, 0 },
};

static void one_cc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++) {
		const struct turn_case *c = &turns[i];
		struct rig *r = rig_new();
		struct learn_thing thing;

		if (!turn(r, c->gap, c->values, &thing))
			fail_msg("%s: no answer", c->what);
		if (thing.guess != c->guess || thing.ask != c->ask || thing.encoding != c->encoding)
			fail_msg("%s: %s, ask %d, encoding %d", c->what,
			         learn_guess_names[thing.guess], thing.ask, thing.encoding);
		assert_true(thing.source.form == LEARN_CC && thing.source.number == 22 &&
		            thing.source.channel == 0 && thing.source.port == 1);
		assert_true(thing.confidence >= 0 && thing.confidence <= 1);
		assert_false(learn_next(&r->l, r->t + 9000 * MS, &thing)); /* told once */
		free(r);
	}
}

/* What is asked for makes it clear, with what was known before. */
static void asking_leads_to_an_answer(void **state)
{
	static const struct {
		const char *first, *then;
		unsigned gap;
		enum learn_guess guess;
		enum encoding encoding;
	} cases[] = {
		{ "1 1 1 1", "127 127", 200, GUESS_ENCODER, ENC_TWOS },
		{ "1 1 1 1", "65 65", 200, GUESS_ENCODER, ENC_SIGN },
		{ "65 65 65", "63", 200, GUESS_ENCODER, ENC_OFFSET },
		{ "65 65 65", "1", 200, GUESS_ENCODER, ENC_SIGN },
		{ "65", "66 67 68 69", 200, GUESS_FADER7, ENC_NONE },
		{ "1 0", "4 19 30", 20, GUESS_FADER7, ENC_NONE },
		{ "1 0", "1 0", 100, GUESS_BUTTON, ENC_NONE },
		{ "1 3 5 9 12 9 5 3 1", "127 125 123 120 123 125 127 127", 8, GUESS_ENCODER,
		  ENC_TWOS },
		{ "121 122 123 124 125 126 127", "120 108 96 85 80", 8, GUESS_FADER7, ENC_NONE },
		{ "127 127 127", "1 1", 200, GUESS_ENCODER, ENC_TWOS },
		{ "127", "0 127 0", 200, GUESS_BUTTON, ENC_NONE }, /* it was held */
		{ "127", "0", 200, GUESS_TOGGLE, ENC_NONE },
		{ "0", "127", 200, GUESS_TOGGLE, ENC_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig *r = rig_new();
		struct learn_thing thing;

		assert_true(turn(r, cases[i].gap, cases[i].first, &thing));
		assert_true(thing.ask != ASK_NOTHING);
		assert_true(turn(r, cases[i].gap, cases[i].then, &thing));
		if (thing.guess != cases[i].guess || thing.encoding != cases[i].encoding ||
		    thing.ask != ASK_NOTHING)
			fail_msg("%s, then %s: %s, ask %d, encoding %d", cases[i].first,
			         cases[i].then, learn_guess_names[thing.guess], thing.ask,
			         thing.encoding);
		free(r);
	}
}

/* A button that was held for long, let go, and pressed again by one who takes his time. */
static void letting_go_slowly_is_no_latching(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	midi(r, 0, "B0 2A 7F");
	assert_true(learn_next(&r->l, r->t + 2000 * MS, &thing));
	assert_int_equal(thing.ask, ASK_AGAIN);
	midi(r, 4000, "B0 2A 00");
	assert_false(learn_next(&r->l, r->t + 1400 * MS, &thing));
	midi(r, 1400, "B0 2A 7F");
	midi(r, 90, "B0 2A 00");
	assert_true(learn_next(&r->l, r->t + 350 * MS, &thing));
	assert_true(thing.guess == GUESS_BUTTON && thing.ask == ASK_NOTHING);
	free(r);
}

static void toggle_is_known_from_then_on(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	assert_true(turn(r, 100, "127", &thing));
	for (int i = 0; i < 4; i++) {
		assert_true(turn(r, 100, i % 2 ? "127" : "0", &thing));
		assert_int_equal(thing.guess, GUESS_TOGGLE);
		assert_int_equal(thing.ask, ASK_NOTHING);
	}
	free(r);
}

/* ---- hands ---- */

/* Movements as hands make them, which speed up and slow down evenly, as devices send them: a reading
 * every so many milliseconds, and a message where it differs. */
struct hand {
	struct rig *r;
	uint32_t seed;
	enum encoding encoding; /* ENC_NONE: a fader */
	double poll_ms, at;     /* of a fader 0..127, else in steps */
	long read;
	bool accelerated;
	uint64_t last_ns;
	size_t up, down; /* messages that turned it so */
};

static double hand_random(struct hand *h, double below)
{
	return below * (double)random_below(&h->seed, 1u << 20) / (double)(1u << 20);
}

static void hand_send(struct hand *h, int v)
{
	const struct midi_msg m = { .len = 3, .status = 0xB0, .d1 = 22, .d2 = (uint8_t)v };

	learn_midi(&h->r->l, h->r->t, 1, &m);
	h->last_ns = h->r->t;
}

static void hand_steps(struct hand *h, long steps)
{
	const uint64_t gap = h->r->t - h->last_ns;

	if (h->accelerated)
		steps *= gap < 15 * MS ? 4 : gap < 30 * MS ? 3 : gap < 60 * MS ? 2 : 1;
	steps = steps > 40 ? 40 : steps < -40 ? -40 : steps;
	h->up += steps > 0;
	h->down += steps < 0;
	hand_send(h, steps_encode((int)steps, h->encoding));
}

static void hand_stroke(struct hand *h, double to, double ms)
{
	const double from = h->at;

	for (double t = 0; t < ms + h->poll_ms; t += h->poll_ms) {
		const double x = t < ms ? t / ms : 1.0;
		long v;

		h->at = from + (to - from) * x * x * x * (10 - 15 * x + 6 * x * x);
		h->r->t += (uint64_t)(h->poll_ms * 1e6);
		v = (long)floor(h->at);
		if (v == h->read)
			continue;
		if (h->encoding == ENC_NONE)
			hand_send(h, (int)v);
		else
			hand_steps(h, v - h->read);
		h->read = v;
	}
	h->r->t += (uint64_t)hand_random(h, 100) * MS;
}

static void hand_fader(struct hand *h)
{
	h->poll_ms = 2 + hand_random(h, 18);
	h->at = hand_random(h, 127);
	h->read = (long)h->at;
	for (int n = 1 + (int)hand_random(h, 4); n; n--) {
		const double kind = hand_random(h, 1);
		const double to = kind < 0.25  ? 0
		                  : kind < 0.5 ? 127.5
		                               : h->at + (kind - 0.75) * (n % 2 ? 80 : 500);

		hand_stroke(h,
		            to < 0       ? 0
		            : to > 127.5 ? 127.5
		                         : to,
		            100 * pow(15, hand_random(h, 1)));
	}
}

static void hand_turn(struct hand *h, bool jog)
{
	const double of_a_turn = jog ? 128 * pow(8, hand_random(h, 1)) : 20 + hand_random(h, 16);
	int way = hand_random(h, 1) < 0.5 ? 1 : -1;

	h->poll_ms = jog ? 3 + hand_random(h, 8) : 4 + hand_random(h, 16);
	h->accelerated = !jog && hand_random(h, 1) < 0.5;
	for (int n = 2 + (int)hand_random(h, 3); n; n--, way = -way)
		hand_stroke(h, h->at + way * of_a_turn * (0.15 + hand_random(h, 0.6)),
		            150 * pow(8, hand_random(h, 1)));
}

static const struct hand_case {
	const char *what;
	enum encoding encoding;
	bool jog;
	size_t wrong, asked; /* of HANDS, at most */
} hand_cases[] = {
	{ "fader", ENC_NONE, false, 0, 120 },
	{ "encoder, twos", ENC_TWOS, false, 0, 20 },
	{ "encoder, offset", ENC_OFFSET, false, 2, 20 },
	{ "encoder, sign", ENC_SIGN, false, 0, 20 },
	{ "jog, twos", ENC_TWOS, true, 4, 20 },
	{ "jog, offset", ENC_OFFSET, true, 12, 40 },
	{ "jog, sign", ENC_SIGN, true, 4, 20 },
};

#define HANDS 4000

static bool is_right(const struct hand_case *c, const struct learn_thing *thing)
{
	if (c->encoding == ENC_NONE)
		return thing->guess == GUESS_FADER7;
	return (thing->guess == GUESS_ENCODER || thing->guess == GUESS_JOG) &&
	       thing->encoding == c->encoding;
}

/* What is said to be sure is right, and little is asked of one who turns it both ways. */
static void hands(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	for (size_t i = 0; i < COUNT(hand_cases); i++) {
		const struct hand_case *c = &hand_cases[i];
		size_t wrong = 0, asked = 0, right = 0;

		for (uint32_t n = 0; n < HANDS; n++) {
			struct hand h = { .r = r, .seed = n + 1, .encoding = c->encoding };
			struct learn_thing thing;

			learn_init(&r->l);
			if (c->encoding == ENC_NONE)
				hand_fader(&h);
			else
				hand_turn(&h, c->jog);
			r->t += 3000 * MS;
			if (!learn_next(&r->l, r->t, &thing))
				continue; /* it has hardly moved */
			if (thing.ask == ASK_NOTHING)
				*(is_right(c, &thing) ? &right : &wrong) += 1;
			else
				asked += c->encoding == ENC_NONE || (h.up > 1 && h.down > 1);
		}
		if (wrong > c->wrong || asked > c->asked || right < HANDS * 3 / 4)
			fail_msg("%s: %zu right, %zu wrong, %zu asked", c->what, right, wrong,
			         asked);
	}
	free(r);
}

/* ---- other messages ---- */

#define PAIR_MSB_FIRST                                                                        \
	"9 B0 01 10, 0 B0 21 7F, 9 B0 01 10, 0 B0 21 7F, 9 B0 01 11, 0 B0 21 03, 9 B0 01 11," \
	"0 B0 21 22, 9 B0 01 11, 0 B0 21 70, 9 B0 01 12, 0 B0 21 10"
#define PAIR_LSB_FIRST "9 B0 21 10, 0 B0 01 10, 9 B0 21 7F, 1 B0 01 10, 9 B0 21 03, 0 B0 01 11"
#define PAIR_CHANGED                                                                          \
	"9 B0 01 10, 0 B0 21 10, 9 B0 21 7F, 9 B0 01 11, 0 B0 21 03, 9 B0 21 20, 9 B0 21 40," \
	"9 B0 21 71, 9 B0 01 12, 0 B0 21 22, 9 B0 21 40"

static const struct {
	const char *what, *script;
	enum learn_guess guess;
	enum learn_form form;
	unsigned channel, number;
} messages[] = {
	{ "a pad", "0 99 24 5F, 90 89 24 00", GUESS_BUTTON, LEARN_NOTE, 9, 36 },
	{ "a pad with note-on 0", "0 99 24 5F, 90 99 24 00", GUESS_BUTTON, LEARN_NOTE, 9, 36 },
	{ "a note that latches", "0 90 05 7F, ..., 0 80 05 00", GUESS_TOGGLE, LEARN_NOTE, 0, 5 },
	{ "presses alone", "0 90 05 7F, ..., 0 90 05 7F, 400 90 05 7F", GUESS_BUTTON, LEARN_NOTE, 0,
	  5 },
	{ "a pad with channel pressure", "0 90 24 5F, 9 D0 10, 9 D0 60, 9 D0 20, 9 80 24 00",
	  GUESS_BUTTON, LEARN_NOTE, 0, 36 },
	{ "a pad with key pressure", "0 90 24 5F, 9 A0 24 70, 9 A0 24 10, 9 80 24 00", GUESS_BUTTON,
	  LEARN_NOTE, 0, 36 },
	{ "MSB, LSB", PAIR_MSB_FIRST, GUESS_FADER14, LEARN_CC, 0, 1 },
	{ "LSB, MSB", PAIR_LSB_FIRST, GUESS_FADER14, LEARN_CC, 0, 1 },
	{ "only the half that changed", PAIR_CHANGED, GUESS_FADER14, LEARN_CC, 0, 1 },
	{ "LSB first of all 0",
	  "9 B0 01 10, 0 B0 21 00, 9 B0 01 11, 0 B0 21 25, 9 B0 01 12, 0 B0 21 4A", GUESS_FADER14,
	  LEARN_CC, 0, 1 },
	{ "LSB first, at its end",
	  "9 B0 21 7F, 0 B0 01 10, 9 B0 21 03, 0 B0 01 11, 9 B0 21 13, 0 B0 01 12", GUESS_FADER14,
	  LEARN_CC, 0, 1 },
	{ "two knobs, one after the other",
	  "0 B0 21 50, 9 B0 21 58, 50 B0 01 10, 9 B0 01 20, 9 B0 01 38, 9 B0 01 50", GUESS_FADER7,
	  LEARN_CC, 0, 1 },
	{ "pitch bend", "0 E2 00 40, 9 E2 7F 41, 9 E2 11 50", GUESS_BEND, LEARN_BEND, 2, 0 },
	{ "a program", "0 C3 07", GUESS_TRIGGER, LEARN_PROGRAM, 3, 7 },
	{ "programs", "0 C3 07, 200 C3 09", GUESS_TRIGGER, LEARN_PROGRAM, 3, 9 },
	{ "pressure", "0 D0 07, 9 D0 09, 9 D0 44", GUESS_PRESSURE, LEARN_PRESSURE, 0, 0 },
	{ "key pressure", "0 A0 30 07, 9 A0 30 09, 9 A0 30 44", GUESS_PRESSURE, LEARN_POLY, 0, 48 },
	{ "NRPN", "0 B0 63 02, 0 B0 62 05, 0 B0 06 10, 9 B0 06 20, 9 B0 06 50", GUESS_PARAMETER,
	  LEARN_NRPN, 0, 261 },
	{ "NRPN, 14 bits, selected each time",
	  "0 B0 63 00, 0 B0 62 03, 0 B0 06 10, 0 B0 26 11, 9 B0 63 00, 0 B0 62 03, 0 B0 06 30, 0 B0 26 01",
	  GUESS_PARAMETER, LEARN_NRPN, 0, 3 },
	{ "NRPN by steps", "0 B0 63 02, 0 B0 62 05, 0 B0 60 00, 9 B0 60 00, 9 B0 61 00",
	  GUESS_PARAMETER, LEARN_NRPN, 0, 261 },
	{ "RPN", "0 B4 65 00, 0 B4 64 00, 0 B4 06 02, 0 B4 06 05, 0 B4 65 7F, 0 B4 64 7F",
	  GUESS_PARAMETER, LEARN_RPN, 4, 0 },
	{ "CC 6 without a parameter", "0 B0 06 10, 9 B0 06 20, 9 B0 06 50, 9 B0 06 78",
	  GUESS_FADER7, LEARN_CC, 0, 6 },
	{ "CC 6 after the null parameter",
	  "0 B0 65 7F, 0 B0 64 7F, 9 B0 06 20, 9 B0 06 50, 9 B0 06 78", GUESS_FADER7, LEARN_CC, 0,
	  6 },
};

static void other_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct rig *r = rig_new();
		struct learn_thing thing;

		if (!play(r, messages[i].script, &thing))
			fail_msg("%s: no answer", messages[i].what);
		if (thing.guess != messages[i].guess || thing.source.form != messages[i].form ||
		    thing.source.channel != messages[i].channel ||
		    thing.source.number != messages[i].number || thing.ask != ASK_NOTHING ||
		    thing.held)
			fail_msg("%s: %s, form %d, channel %u, number %u, ask %d", messages[i].what,
			         learn_guess_names[thing.guess], thing.source.form,
			         thing.source.channel, thing.source.number, thing.ask);
		free(r);
	}
}

static void details(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	assert_true(play(r, PAIR_LSB_FIRST, &thing) && thing.lsb_first);
	assert_true(play(r, "0 C1 01, 9 C1 02", &thing) && thing.any);
	assert_true(play(r, "0 C1 02", &thing) && !thing.any);
	assert_true(play(r, "0 90 24 10, 9 80 24 00, 200 90 24 60, 9 80 24 00", &thing));
	assert_true(thing.lo == 16 && thing.hi == 96 && thing.released && !thing.pad);
	assert_true(play(r, "0 90 24 5F, 9 A0 24 70, 9 80 24 00", &thing) && thing.pad);
	assert_true(play(r, "0 B0 63 00, 0 B0 62 03, 0 B0 06 10, 0 B0 26 11", &thing) &&
	            thing.wide);
	assert_true(play(r, "0 B0 63 00, 0 B0 62 04, 0 B0 06 10", &thing) && !thing.wide);
	learn_init(&r->l);
	assert_true(play(r, PAIR_MSB_FIRST, &thing) && !thing.lsb_first);
	free(r);
}

static void one_pair_alone_is_too_little(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	assert_true(play(r, "0 B0 01 10, 0 B0 21 7F", &thing));
	assert_int_equal(thing.guess, GUESS_FADER14);
	assert_int_equal(thing.ask, ASK_FURTHER);
	free(r);
}

/* ---- jogs and shifts ---- */

static void jog(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	for (int i = 0; i < 60; i++)
		midi(r, 8, i % 20 < 12 ? "B0 22 41" : "B0 22 3F");
	r->t += 1000 * MS;
	assert_true(learn_next(&r->l, r->t, &thing));
	assert_int_equal(thing.guess, GUESS_JOG);
	assert_int_equal(thing.encoding, ENC_OFFSET);
	assert_false(thing.held);

	midi(r, 0, "90 36 7F"); /* touched */
	for (int i = 0; i < 20; i++)
		midi(r, 20, i < 12 ? "B0 22 41" : "B0 22 3F");
	midi(r, 10, "80 36 00");
	r->t += 1000 * MS;
	assert_true(learn_next(&r->l, r->t, &thing));
	assert_int_equal(thing.guess, GUESS_JOG);
	assert_true(thing.held && thing.touched && thing.by.number == 0x36);
	assert_false(learn_next(&r->l, r->t + 5000 * MS, &thing)); /* the touch is no thing */
	free(r);
}

static void shifted(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	/* The same address with and without. */
	assert_true(play(r, "0 B0 07 10, 9 B0 07 30, 9 B0 07 50", &thing));
	assert_false(thing.held);
	assert_true(
		play(r, "0 90 0F 7F, 200 B0 07 10, 9 B0 07 30, 9 B0 07 50, 400 80 0F 00", &thing));
	assert_true(thing.held && thing.moves_free && thing.by.number == 15);
	assert_int_equal(thing.source.number, 7);
	/* An address that is only sent while it is held. */
	assert_true(play(r, "0 90 0F 7F, 200 94 20 7F, 50 84 20 00, 400 80 0F 00", &thing));
	assert_true(thing.held && !thing.moves_free && thing.source.channel == 4);
	/* A shift key that sends CC. */
	assert_true(
		play(r, "0 B0 40 7F, 100 B0 08 10, 9 B0 08 40, 9 B0 08 70, 400 B0 40 00", &thing));
	assert_true(thing.held && thing.by.form == LEARN_CC && thing.by.number == 64);
	/* It is a button all the same when nothing moves meanwhile. */
	assert_true(play(r, "0 90 0F 7F, 200 80 0F 00", &thing));
	assert_true(thing.guess == GUESS_BUTTON && thing.source.number == 15 && !thing.held);
	free(r);
}

#define FADER "B0 29 10, 9 B0 29 30, 9 B0 29 50"

/* Whether a fader is taken for one that moves while the button of CC 42 is held. */
static bool fader_is_shifted(struct rig *r, unsigned ms)
{
	struct learn_thing thing;

	r->t += ms * MS;
	assert_true(play(r, "0 " FADER, &thing));
	assert_int_equal(thing.source.number, 41);
	return thing.held && thing.by.number == 42;
}

static void what_stays_down_is_no_shift(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	/* One value that nobody asked about, as while a question is answered. */
	midi(r, 0, "B0 2A 7F");
	learn_skip(&r->l);
	assert_true(fader_is_shifted(r, 1900));
	assert_false(fader_is_shifted(r, 0));
	/* One that the answer was about. */
	learn_init(&r->l);
	assert_true(play(r, "0 B0 2A 7F", &thing) && thing.ask == ASK_AGAIN);
	assert_false(fader_is_shifted(r, 0));
	/* What lets go otherwise is held for as long as it takes. */
	learn_init(&r->l);
	assert_true(play(r, "0 B0 2A 7F, 100 B0 2A 00", &thing) && thing.guess == GUESS_BUTTON);
	midi(r, 0, "B0 2A 7F");
	learn_skip(&r->l);
	assert_true(fader_is_shifted(r, 20000));
	/* But not where its holder was told that it is not clear, until he does as he was told. */
	midi(r, 0, "B0 2A 00");
	assert_true(play(r, "500 B0 2A 7F", &thing) && thing.ask == ASK_AGAIN);
	assert_false(fader_is_shifted(r, 0));
	midi(r, 0, "B0 2A 00");
	midi(r, 100, "B0 2A 7F");
	assert_true(fader_is_shifted(r, 500));
	free(r);
}

static void held_button_is_waited_for(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	midi(r, 0, "90 0F 7F");
	assert_int_equal(learn_due(&r->l), r->t + 2000 * MS);
	assert_false(learn_next(&r->l, r->t + 1900 * MS, &thing));
	midi(r, 1900, "80 0F 00");
	assert_int_equal(learn_due(&r->l), r->t + 350 * MS);
	assert_false(learn_next(&r->l, r->t + 349 * MS, &thing));
	assert_true(learn_next(&r->l, r->t + 350 * MS, &thing));
	assert_int_equal(learn_due(&r->l), UINT64_MAX);
	free(r);
}

/* ---- several at once ---- */

static void largest_movement_is_meant(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	assert_true(play(r, "0 B0 07 10, 5 B0 08 30, 5 B0 07 40, 5 B0 08 60, 5 B0 07 70", &thing));
	assert_true(thing.source.number == 7 && thing.others == 1);
	assert_true(play(r, "0 B0 07 10, 5 B0 09 30, 5 B0 07 40, 5 B0 09 31, 5 B0 07 70", &thing));
	assert_true(thing.source.number == 7 && thing.others == 0); /* 1 of 127 is an accident */
	free(r);
}

/* A pot that trembles all the time is no reason to say anything, nor does it keep the other from
 * being told. */
static void trembling_is_no_movement(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	for (int i = 0; i < 50; i++)
		midi(r, 20, i % 2 ? "B0 14 28" : "B0 14 29");
	assert_int_equal(learn_due(&r->l), UINT64_MAX);
	for (int i = 0; i < 40; i++) {
		char hex[16];

		snprintf(hex, sizeof(hex), "B0 07 %02X", i < 20 ? 20 + 3 * i : 77);
		midi(r, 10, i % 2 ? "B0 14 28" : "B0 14 29");
		if (i < 20)
			midi(r, 10, hex);
	}
	assert_false(learn_next(&r->l, r->t, &thing)); /* it rests since 200 ms */
	for (int i = 0; i < 10; i++)
		midi(r, 20, i % 2 ? "B0 14 28" : "B0 14 29");
	assert_true(learn_next(&r->l, r->t, &thing));
	assert_true(thing.source.number == 7 && thing.guess == GUESS_FADER7 && thing.others == 0);
	free(r);
}

static void more_sources_than_room(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char hex[16];

		snprintf(hex, sizeof(hex), "%02X %02X %02X", 0x80 + random_below(&seed, 0x40),
		         random_below(&seed, 128), random_below(&seed, 128));
		midi(r, random_below(&seed, 30), hex);
		if (!(i % 50) && learn_next(&r->l, r->t + 2000 * MS, &thing))
			assert_true(thing.guess < GUESS_COUNT && thing.confidence >= 0 &&
			            thing.confidence <= 1);
	}
	learn_skip(&r->l);
	assert_int_equal(learn_due(&r->l), UINT64_MAX);
	r->t += 9000 * MS;
	assert_true(play(r, "0 B5 01 00, 9 B5 01 20, 9 B5 01 50", &thing));
	assert_true(thing.source.channel == 5 && thing.source.number == 1);
	free(r);
}

/* ---- OSC ---- */

static void osc_send(struct rig *r, const char *address, const char *types, float a, float b)
{
	struct osc_msg m = { .address = address,
		             .address_len = (uint32_t)strlen(address),
		             .pattern = osc_has_pattern(address),
		             .nargs = (uint8_t)strlen(types) };

	for (size_t i = 0; i < m.nargs; i++) {
		m.args[i].type = types[i];
		if (types[i] != 's')
			m.args[i].num = (double)(i ? b : a);
	}
	r->t += 10 * MS;
	learn_osc(&r->l, r->t, &m);
}

static void osc(void **state)
{
	static const struct {
		const char *what, *address, *types;
		float values[8]; /* of the first argument; the second goes the other way */
		size_t n;
		int guess; /* -1: nothing to be said */
		bool alone;
	} cases[] = {
		{ "a fader", "/1/fader1", "f", { 0.1f, 0.3f, 0.5f }, 3, GUESS_FADER, true },
		{ "a fader of 0..127", "/f", "i", { 3, 40, 90 }, 3, GUESS_FADER, true },
		{ "a push button", "/1/push1", "f", { 1, 0 }, 2, GUESS_BUTTON, true },
		{ "a bang", "/go", "", { 0 }, 1, GUESS_TRIGGER, true },
		{ "ones", "/go", "i", { 1, 1, 1 }, 3, GUESS_TRIGGER, true },
		{ "a pad", "/3/xy", "ff", { 0.1f, 0.3f, 0.5f }, 3, GUESS_XY, false },
		{ "a name and a value", "/f", "sf", { 0.1f, 0.3f, 0.5f }, 3, GUESS_FADER, true },
		{ "steps", "/e", "i", { 1, 1, -1, -1, 2 }, 5, GUESS_ENCODER, true },
		{ "a ping", "/ping", "", { 0 }, 1, -1, false },
		{ "a touch", "/1/fader1/z", "f", { 1, 0 }, 2, -1, false },
		{ "a page", "/1", "", { 0 }, 1, -1, false },
		{ "acceleration", "/accxyz", "ff", { 0.1f, 0.3f }, 2, -1, false },
		{ "a text", "/name", "s", { 0 }, 1, -1, false },
		{ "a pattern", "/1/*", "f", { 0.1f, 0.3f }, 2, -1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig *r = rig_new();
		struct learn_thing thing;

		for (size_t k = 0; k < cases[i].n; k++)
			osc_send(r, cases[i].address, cases[i].types, cases[i].values[k],
			         strlen(cases[i].types) > 1 && cases[i].types[0] == 's'
			                 ? cases[i].values[k]
			                 : 1.0f - cases[i].values[k] / 2);
		r->t += 3000 * MS;
		if (learn_next(&r->l, r->t, &thing) != (cases[i].guess >= 0))
			fail_msg("%s: an answer, or none", cases[i].what);
		if (cases[i].guess >= 0 &&
		    ((int)thing.guess != cases[i].guess || thing.alone != cases[i].alone ||
		     strcmp(thing.source.address, cases[i].address) != 0))
			fail_msg("%s: %s", cases[i].what, learn_guess_names[thing.guess]);
		free(r);
	}
}

static void xy_names_the_argument_that_moved_more(void **state)
{
	struct rig *r = rig_new();
	struct learn_thing thing;

	(void)state;
	osc_send(r, "/3/xy", "ff", 0.5f, 0.1f);
	osc_send(r, "/3/xy", "ff", 0.52f, 0.9f);
	assert_true(learn_next(&r->l, r->t + 1000 * MS, &thing));
	assert_true(thing.guess == GUESS_XY && thing.source.arg == 1 && thing.others == 0);
	osc_send(r, "/3/xy", "ff", 0.5f, 0.9f);
	osc_send(r, "/3/xy", "ff", 0.1f, 0.9f);
	assert_true(learn_next(&r->l, r->t + 1000 * MS, &thing));
	assert_true(thing.guess == GUESS_FADER && thing.source.arg == 0 && !thing.alone);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cc),
		cmocka_unit_test(asking_leads_to_an_answer),
		cmocka_unit_test(letting_go_slowly_is_no_latching),
		cmocka_unit_test(hands),
		cmocka_unit_test(toggle_is_known_from_then_on),
		cmocka_unit_test(other_messages),
		cmocka_unit_test(details),
		cmocka_unit_test(one_pair_alone_is_too_little),
		cmocka_unit_test(jog),
		cmocka_unit_test(shifted),
		cmocka_unit_test(what_stays_down_is_no_shift),
		cmocka_unit_test(held_button_is_waited_for),
		cmocka_unit_test(largest_movement_is_meant),
		cmocka_unit_test(trembling_is_no_movement),
		cmocka_unit_test(more_sources_than_room),
		cmocka_unit_test(osc),
		cmocka_unit_test(xy_names_the_argument_that_moved_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
