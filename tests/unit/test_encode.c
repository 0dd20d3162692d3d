/* Values and steps to the bytes that leave: encode.c, through the engine's private header. */
#include "../../src/core/engine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

static void expect_bytes(const char *what, const uint8_t *b, size_t len, const char *expected)
{
	char hex[3 * MSG_BYTES] = "";

	assert_true(len <= MSG_BYTES);
	midi_fmt(hex, b, len);
	if (strcmp(hex, expected))
		fail_msg("%s: \"%s\", expected \"%s\"", what, hex, expected);
}

/* ---- values ---- */

struct value_case {
	const char *what;
	struct control c;
	float v;
	const char *bytes;
};

#define CC                       \
	{                        \
		ADDR_CC, 2, 7, 0 \
	}
#define CC14                        \
	{                           \
		ADDR_CC14, 0, 1, 33 \
	}
#define NOTE                        \
	{                           \
		ADDR_NOTE, 9, 60, 0 \
	}
#define BEND                        \
	{                           \
		ADDR_BEND, 15, 0, 0 \
	}
#define NRPN                       \
	{                          \
		ADDR_NRPN, 3, 2, 3 \
	}
#define RPN7                       \
	{                          \
		ADDR_RPN7, 0, 0, 1 \
	}
#define PAIR .up = { ADDR_CC, 0, 20, 0 }, .down = { ADDR_NOTE, 1, 21, 0 }

static const struct value_case values[] = {
	{ "fader 0", { .out = CC }, 0.0f, "B2 07 00" },
	{ "fader 1", { .out = CC }, 1.0f, "B2 07 7F" },
	{ "fader, half", { .out = CC }, 0.5f, "B2 07 40" },
	{ "bipolar, centre", { .out = CC, .bipolar = true }, 0.5f, "B2 07 40" },
	{ "bipolar, three quarters", { .out = CC, .bipolar = true }, 0.75f, "B2 07 60" },
	{ "three quarters", { .out = CC }, 0.75f, "B2 07 5F" },

	{ "14 bits 0", { .out = CC14 }, 0.0f, "B0 01 00 B0 21 00" },
	{ "14 bits 1", { .out = CC14 }, 1.0f, "B0 01 7F B0 21 7F" },
	{ "14 bits, MSB first", { .out = CC14 }, 0.3f, "B0 01 26 B0 21 33" },
	{ "14 bits, LSB first", { .out = CC14, .lsb_first = true }, 0.3f, "B0 21 33 B0 01 26" },
	{ "14 bits, centre", { .out = CC14, .bipolar = true }, 0.5f, "B0 01 40 B0 21 00" },

	{ "note on", { .out = NOTE, .kind = KIND_BUTTON }, 1.0f, "99 3C 7F" },
	{ "note off", { .out = NOTE, .kind = KIND_BUTTON }, 0.0f, "89 3C 00" },
	{ "note as a fader", { .out = NOTE }, 0.5f, "99 3C 40" },
	{ "note as a fader, too little", { .out = NOTE }, 0.001f, "89 3C 00" },

	{ "bend 0", { .out = BEND }, 0.0f, "EF 00 00" },
	{ "bend 1", { .out = BEND }, 1.0f, "EF 7F 7F" },
	{ "bend, centre", { .out = BEND, .bipolar = true }, 0.5f, "EF 00 40" },
	{ "bend, LSB first as MIDI has it", { .out = BEND }, 0.3f, "EF 33 26" },

	{ "switch on", { .out = CC, .kind = KIND_SWITCH }, 1.0f, "B2 07 7F" },
	{ "switch off", { .out = CC, .kind = KIND_SWITCH }, 0.0f, "B2 07 00" },
	{ "switch with a pair, on", { PAIR, .kind = KIND_SWITCH }, 1.0f, "B0 14 7F" },
	{ "switch with a pair, off", { PAIR, .kind = KIND_SWITCH }, 0.0f, "91 15 7F" },

	{ "NRPN 0", { .out = NRPN }, 0.0f, "B3 63 02 B3 62 03 B3 06 00 B3 26 00" },
	{ "NRPN 1", { .out = NRPN }, 1.0f, "B3 63 02 B3 62 03 B3 06 7F B3 26 7F" },
	{ "NRPN, 14 bits", { .out = NRPN }, 0.3f, "B3 63 02 B3 62 03 B3 06 26 B3 26 33" },
	{ "NRPN, centre",
	  { .out = NRPN, .bipolar = true },
	  0.5f,
	  "B3 63 02 B3 62 03 B3 06 40 B3 26 00" },
	{ "RPN, 7 bits", { .out = RPN7 }, 0.5f, "B0 65 00 B0 64 01 B0 06 40" },
	{ "switch by NRPN",
	  { .out = NRPN, .kind = KIND_SWITCH },
	  1.0f,
	  "B3 63 02 B3 62 03 B3 06 7F B3 26 7F" },

	{ "OSC has no bytes", { .osc_out = "/x" }, 0.5f, "" },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct msg m = { 0 };

		encode_value(&values[i].c, values[i].v, &m);
		expect_bytes(values[i].what, m.bytes, m.len, values[i].bytes);
		assert_true(m.value == values[i].v);
	}
}

/* What releases a button: a port host sends that when everything else is gone. */
static void test_release(void **state)
{
	static const struct {
		const char *what;
		struct control c;
		const char *bytes;
	} cases[] = {
		{ "by CC", { .kind = KIND_BUTTON, .out = CC }, "B2 07 00" },
		{ "by note", { .kind = KIND_BUTTON, .out = NOTE }, "89 3C 00" },
		{ "by NRPN",
		  { .kind = KIND_BUTTON, .out = NRPN },
		  "B3 63 02 B3 62 03 B3 06 00 B3 26 00" },
		{ "internal", { .kind = KIND_BUTTON }, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t bytes[MSG_BYTES];
		const uint8_t len = engine_release_bytes(&cases[i].c, bytes);

		expect_bytes(cases[i].what, bytes, len, cases[i].bytes);
	}
}

/* ---- steps ---- */

struct steps_case {
	const char *what;
	struct control c;
	int steps;
	const char *bytes[3]; /* one message each; NULL: no more */
};

#define UP_DOWN .up = { ADDR_CC, 0, 20, 0 }, .down = { ADDR_NOTE, 0, 21, 0 }

static const struct steps_case steps[] = {
	{ "twos up", { .out = CC, .encoding = ENC_TWOS }, 3, { "B2 07 03" } },
	{ "twos down", { .out = CC, .encoding = ENC_TWOS }, -3, { "B2 07 7D" } },
	{ "offset up", { .out = CC, .encoding = ENC_OFFSET }, 1, { "B2 07 41" } },
	{ "offset down", { .out = CC, .encoding = ENC_OFFSET }, -1, { "B2 07 3F" } },
	{ "sign up", { .out = CC, .encoding = ENC_SIGN }, 1, { "B2 07 01" } },
	{ "sign down", { .out = CC, .encoding = ENC_SIGN }, -1, { "B2 07 41" } },
	{ "unsaid is twos", { .out = CC }, -1, { "B2 07 7F" } },
	/* more than one message holds */
	{ "twos, 64 up", { .out = CC, .encoding = ENC_TWOS }, 64, { "B2 07 3F", "B2 07 01" } },
	{ "twos, 64 down", { .out = CC, .encoding = ENC_TWOS }, -64, { "B2 07 40" } },
	{ "sign, 64 down", { .out = CC, .encoding = ENC_SIGN }, -64, { "B2 07 7F", "B2 07 41" } },
	{ "pair, 2 up", { UP_DOWN }, 2, { "B0 14 7F B0 14 00", "B0 14 7F B0 14 00" } },
	{ "pair, 2 down", { UP_DOWN }, -2, { "90 15 7F 80 15 00", "90 15 7F 80 15 00" } },
	{ "NRPN, 2 up",
	  { .out = NRPN },
	  2,
	  { "B3 63 02 B3 62 03 B3 60 00", "B3 63 02 B3 62 03 B3 60 00" } },
	{ "RPN, down", { .out = RPN7 }, -1, { "B0 65 00 B0 64 01 B0 61 00" } },

	{ "OSC has no bytes", { .osc_out = "/x" }, -5, { "" } },
};

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct steps_case *c = &steps[i];
		int left = c->steps;
		float sum = 0;

		for (size_t k = 0; k < COUNT(c->bytes) && c->bytes[k]; k++) {
			struct msg m = { 0 };

			assert_int_not_equal(left, 0);
			left = encode_steps(&c->c, left, &m);
			expect_bytes(c->what, m.bytes, m.len, c->bytes[k]);
			sum += m.value;
		}
		if (left)
			fail_msg("%s: %d steps are left", c->what, left);
		assert_true(sum == (float)c->steps); /* what is reported is what was sent */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_steps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
