#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/buf.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void adds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_null(b.p);
	buf_puts(&b, "");
	assert_string_equal(b.p, "");
	buf_puts(&b, "deck");
	buf_putc(&b, '.');
	buf_add(&b, "abc", 1);
	buf_fmt(&b, ".%s %d", "play", 127);
	assert_string_equal(b.p, "deck.a.play 127");
	assert_int_equal(b.len, strlen(b.p));
	assert_false(b.cut);
	buf_clear(&b);
	assert_string_equal(b.p, "");
	assert_int_equal(b.len, 0);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.p, "a\0b", 4);
	buf_finish(&b);
	assert_null(b.p);
	buf_finish(&b);
}

/* As a first text and behind another, from nothing to well beyond every power of two below. */
static void formats_any_length(void **state)
{
	char text[600], expected[610];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct buf b;

		memset(text, 'x', n);
		text[n] = '\0';
		buf_init(&b, 2000);
		buf_fmt(&b, "%s", text);
		assert_string_equal(b.p, text);
		buf_clear(&b);
		buf_puts(&b, "ab");
		buf_fmt(&b, "%s%d", text, 7);
		snprintf(expected, sizeof(expected), "ab%s7", text);
		assert_string_equal(b.p, expected);
		assert_int_equal(b.len, n + 3);
		buf_finish(&b);
	}
}

static void cuts_at_the_maximum(void **state)
{
	(void)state;
	for (size_t max = 0; max < 40; max++) {
		static const char whole[] = "0123456789"
					    "0123456789"
					    "[\"a\\n\"]";
		struct buf b;

		buf_init(&b, max);
		buf_puts(&b, "0123456789");
		buf_fmt(&b, "%s", "0123456789");
		buf_putc(&b, '[');
		buf_json_str(&b, "a\n");
		buf_putc(&b, ']');
		assert_int_equal(b.cut, max < sizeof(whole) - 1);
		assert_int_equal(b.len, b.cut ? max : sizeof(whole) - 1);
		assert_int_equal(strlen(b.p), b.len);
		assert_memory_equal(b.p, whole, b.len);
		buf_clear(&b);
		assert_false(b.cut);
		buf_finish(&b);
	}
}

/* A short text must not slip in behind a hole. */
static void adds_nothing_after_a_cut(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_puts(&b, "ab");
	buf_fmt(&b, "%s", "cdef");
	assert_string_equal(b.p, "abcd");
	buf_clear(&b);
	buf_puts(&b, "abcd");
	assert_false(b.cut);
	buf_putc(&b, 'x');
	assert_true(b.cut);
	buf_fmt(&b, "%s", "y");
	buf_puts(&b, "");
	assert_string_equal(b.p, "abcd");
	buf_finish(&b);
}

static void writes_json_strings(void **state)
{
	static const struct {
		const char *in, *expected;
	} cases[] = {
		{ NULL, "null" },
		{ "", "\"\"" },
		{ "play", "\"play\"" },
		{ "say \"hi\" \\ /", "\"say \\\"hi\\\" \\\\ /\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\"" },
		{ "Gerät € 𝄞", "\"Gerät € 𝄞\"" },
		/* not UTF-8: each byte, also of an overlong form, a surrogate, what is cut */
		{ "a\xFFz", "\"a\xEF\xBF\xBDz\"" },
		{ "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xE2\x82\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		buf_json_str(&b, cases[i].in);
		assert_string_equal(b.p, cases[i].expected);
	}
	buf_clear(&b);
	buf_json_strn(&b, "a\0b€", 5); /* the last character cut by the length */
	assert_string_equal(b.p, "\"a\\u0000b\xEF\xBF\xBD\xEF\xBF\xBD\"");
	buf_finish(&b);
}

static void writes_numbers(void **state)
{
	static const struct {
		double in;
		const char *expected;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ -127, "-127" },
		{ 0.5, "0.5" },
		{ 0.1f, "0.1" },
		{ 0.1, "0.1" },
		{ 1.0f / 3, "0.33333334" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 64.0f / 127, "0.503937" },
		{ 100000000, "100000000" },
		{ 16777217, "16777217" },
		{ 1732421234567.0, "1732421234567" },
		{ 999999999999999.0, "999999999999999" },
		{ 1e15, "1e+15" },
		{ 0.30000000000000004, "0.30000000000000004" },
		{ FLT_MAX, "3.4028235e+38" },
		{ FLT_MIN, "1.1754944e-38" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ 5e-324, "5e-324" },
		{ INFINITY, "null" },
		{ -INFINITY, "null" },
		{ NAN, "null" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		buf_json_num(&b, cases[i].in);
		assert_string_equal(b.p, cases[i].expected);
	}
	/* every value of a 14-bit control survives */
	for (int i = 0; i < 16384; i++) {
		const float v = (float)i / 16383;

		buf_clear(&b);
		buf_json_num(&b, (double)v);
		assert_true(strtof(b.p, NULL) == v);
	}
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds),
		cmocka_unit_test(formats_any_length),
		cmocka_unit_test(cuts_at_the_maximum),
		cmocka_unit_test(adds_nothing_after_a_cut),
		cmocka_unit_test(writes_json_strings),
		cmocka_unit_test(writes_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
