#include "cuewire/sysex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

/* ---- what is a pattern ---- */

struct fault_case {
	const char *text;
	size_t byte;
	const char *word, *expected; /* expected: how it begins */
};

static const struct fault_case faults[] = {
	{ "", 1, "", "F0" },
	{ "   ", 1, "", "F0" },
	{ "F7", 1, "F7", "F0" },
	{ "F", 1, "F", "F0" },
	{ "F00", 1, "F00", "F0" },
	{ "F0", 2, "", "F7" },
	{ "F0 01", 3, "", "F7" },
	{ "F0 01 F7 F7", 4, "F7", "nothing" },
	{ "F0 80 F7", 2, "80", "00..7F" },
	{ "F0 F0 F7", 2, "F0", "00..7F" },
	{ "F0 1 F7", 2, "1", "00..7F" },
	{ "F0 001 F7", 2, "001", "00..7F" },
	{ "F0 0G F7", 2, "0G", "00..7F" },
	{ "F0 01,02 F7", 2, "01,02", "00..7F" },
	{ "F0\t01 F7", 1, "F0\t01", "F0" },
	{ "F0 . F7", 2, ".", "00..7F" },
	{ "F0 ... F7", 2, "...", "00..7F" },
	{ "F0 VV F7", 2, "VV", "00..7F" },
	{ "F0 ** F7", 2, "**", "00..7F" },
	{ "F0 * 01 * F7", 4, "*", "one \"*\"" },
	{ "F0 vv 01 vv F7", 4, "vv", "one value" },
	{ "F0 vv ll F7", 3, "ll", "one value" },
	{ "F0 mm vv F7", 3, "vv", "one value" },
	{ "F0 mm ll mm F7", 4, "mm", "one value" },
	{ "F0 ll ll F7", 3, "ll", "one value" },
	{ "F0 01 mm F7", 3, "mm", "\"ll\"" },
	{ "F0 ll F7", 2, "ll", "\"mm\"" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		const struct fault_case *c = &faults[i];
		struct sysex_pattern p = { .head = 99 };
		struct sysex_fault f;

		if (sysex_parse(&p, c->text, &f))
			fail_msg("\"%s\" is a pattern", c->text);
		assert_int_equal(p.head, 99);
		if (f.byte != c->byte || f.len != strlen(c->word) ||
		    memcmp(f.word, c->word, f.len) ||
		    strncmp(f.expected, c->expected, strlen(c->expected)))
			fail_msg("\"%s\": byte %zu, \"%.*s\", expected %s", c->text, f.byte,
			         (int)f.len, f.word, f.expected);
	}
}

/* The longest message, and one byte more; a gap counts for nothing. */
static void test_length(void **state)
{
	static char text[4 * MIDI_SYSEX_MAX];

	(void)state;
	for (size_t data = MIDI_SYSEX_MAX - 3; data < MIDI_SYSEX_MAX + 1; data++) {
		struct sysex_pattern p;
		struct sysex_fault f;
		char *end = text + sprintf(text, "F0 *");

		for (size_t i = 0; i < data; i++)
			end += sprintf(end, " ..");
		strcpy(end, " F7");
		assert_int_equal(sysex_parse(&p, text, &f), data + 2 <= MIDI_SYSEX_MAX);
		if (data + 2 > MIDI_SYSEX_MAX)
			assert_int_equal(f.byte, 2 + MIDI_SYSEX_MAX - 2 + 1);
		else
			assert_int_equal(p.tail, data);
	}
}

/* ---- what fits ---- */

#define NO (-1)

struct match_case {
	const char *pattern, *message;
	int value; /* NO: it does not fit; of a pattern without a value: 999 */
};

static const struct match_case matches[] = {
	{ "F0 F7", "F0 F7", 999 },
	{ "F0 F7", "F0 01 F7", NO },
	{ "F0 01 F7", "F0 F7", NO },
	{ "F0 01 7f F7", "F0 01 7F F7", 999 },
	{ " F0  01 7F F7 ", "F0 01 7F F7", 999 },
	{ "F0 01 7F F7", "F0 01 7E F7", NO },
	{ "F0 01 7F F7", "F0 01 F7", NO },
	{ "F0 01 F7", "F0 01 7F F7", NO },
	{ "F0 .. F7", "F0 55 F7", 999 },
	{ "F0 .. F7", "F0 F7", NO },

	{ "F0 01 vv F7", "F0 01 00 F7", 0 },
	{ "F0 01 vv F7", "F0 01 7F F7", 127 },
	{ "F0 vv 01 F7", "F0 40 01 F7", 64 },
	{ "F0 vv 01 F7", "F0 40 02 F7", NO },
	{ "F0 mm ll F7", "F0 01 02 F7", 1 << 7 | 2 },
	{ "F0 ll 33 mm F7", "F0 7F 33 7F F7", 16383 },
	{ "F0 ll mm F7", "F0 01 02 F7", 2 << 7 | 1 },

	{ "F0 * F7", "F0 F7", 999 },
	{ "F0 * F7", "F0 01 02 03 F7", 999 },
	{ "F0 01 * F7", "F0 01 F7", 999 },
	{ "F0 01 * F7", "F0 02 F7", NO },
	{ "F0 * 01 F7", "F0 02 03 01 F7", 999 },
	{ "F0 * 01 F7", "F0 01 03 F7", NO },
	{ "F0 01 * 02 F7", "F0 01 02 F7", 999 },
	{ "F0 01 * 02 F7", "F0 01 55 02 F7", 999 },
	{ "F0 01 * 01 F7", "F0 01 F7", NO }, /* one byte is not both */
	{ "F0 vv * 02 F7", "F0 05 00 02 F7", 5 },
	{ "F0 01 * vv .. F7", "F0 01 00 00 06 07 F7", 6 },
	{ "F0 mm * ll F7", "F0 01 55 02 F7", 1 << 7 | 2 },
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(matches); i++) {
		const struct match_case *c = &matches[i];
		uint8_t bytes[16];
		const size_t len = hex_bytes(c->message, bytes, sizeof(bytes));
		struct sysex_pattern p;
		struct sysex_fault f;
		uint16_t value = 999;

		if (!sysex_parse(&p, c->pattern, &f))
			fail_msg("\"%s\" is no pattern: byte %zu", c->pattern, f.byte);
		if (sysex_match(&p, bytes, len, &value) != (c->value != NO))
			fail_msg("\"%s\" and %s", c->pattern, c->message);
		if (value != (c->value == NO ? 999 : c->value))
			fail_msg("\"%s\" and %s give %d", c->pattern, c->message, value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_match),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sysex", tests, NULL, NULL);
}
