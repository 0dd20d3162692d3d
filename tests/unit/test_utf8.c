#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/utf8.h"

/* Every code point comes back, and no two bytes more or fewer are taken for it. */
static void all_characters(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		char s[5] = "";
		size_t n;

		if (c == 0xD800)
			c = 0xE000;
		n = utf8_encode(s, c);
		if (utf8_len(s, n) != n || utf8_decode(s, n) != c)
			fail_msg("U+%04X", (unsigned)c);
		if (n > 1 && utf8_len(s, n - 1))
			fail_msg("U+%04X without its last byte", (unsigned)c);
		if (utf8_len(s, 5) != n)
			fail_msg("U+%04X with bytes after it", (unsigned)c);
	}
}

/* As many sequences are valid as there are characters of that length, so no others are. */
static void nothing_else(void **state)
{
	size_t two = 0, three = 0;

	(void)state;
	for (unsigned i = 0x80; i < 0x100; i++)
		for (unsigned k = 0; k < 0x100; k++) {
			char s[3] = { (char)i, (char)k, (char)0x80 };

			two += utf8_len(s, 2) == 2;
			for (unsigned m = 0; m < 0x100; m++) {
				s[2] = (char)m;
				three += utf8_len(s, 3) == 3;
			}
		}
	assert_int_equal(two, 0x800 - 0x80);
	assert_int_equal(three, 0x10000 - 0x800 - 0x800);
}

static void four_bytes(void **state)
{
	static const struct {
		const char *s;
		size_t expected;
	} cases[] = {
		{ "\xF0\x90\x80\x80", 4 }, { "\xF4\x8F\xBF\xBF", 4 }, { "\xF0\x8F\xBF\xBF", 0 },
		{ "\xF4\x90\x80\x80", 0 }, { "\xF5\x80\x80\x80", 0 }, { "\xF0\x90\x80\x7F", 0 },
		{ "\xF0\x90\xC0\x80", 0 }, { "\xF8\x88\x80\x80", 0 }, { "\xFF\xFF\xFF\xFF", 0 },
	};

	(void)state;
	assert_int_equal(utf8_len("a", 0), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(utf8_len(cases[i].s, 4), cases[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_characters),
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(four_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
