/* What a user reads who has written something that is not JSON, and which byte it points at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/json.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* As json_load, from a block of exactly len bytes, so that a byte read too far is seen. The text is
 * freed by the caller once j is done with. */
static int load(struct json *j, const char *text, size_t len, char **copy, struct diags *d)
{
	*copy = malloc(len ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	return json_load(j, "f", *copy, len, &json_limits_message, d);
}

struct refusal {
	const char *text;
	int line, column;
	const char *msg, *hint;
};

static void check_refusals(const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct refusal *c = &cases[i];
		struct json j = { 0 };
		struct diags d = { 0 };
		char *copy;

		if (!load(&j, c->text, strlen(c->text), &copy, &d))
			fail_msg("accepted: %s", c->text);
		assert_int_equal(d.n, 1);
		if (strcmp(d.list[0].msg, c->msg) ||
		    strcmp(d.list[0].hint, c->hint ? c->hint : "") || d.list[0].line != c->line ||
		    d.list[0].column != c->column)
			fail_msg("%s\n  %d:%d: %s (%s)\n  expected\n  %d:%d: %s (%s)", c->text,
			         d.list[0].line, d.list[0].column, d.list[0].msg, d.list[0].hint,
			         c->line, c->column, c->msg, c->hint ? c->hint : "");
		assert_string_equal(d.list[0].code, "json");
		assert_string_equal(d.list[0].file, "f");
		assert_int_equal(d.list[0].severity, SEV_ERROR);
		assert_null(j.root);
		free(copy);
		assert_int_equal(load(&j, c->text, strlen(c->text), &copy, NULL), -1);
		free(copy);
	}
}

static void refuses_structure(void **state)
{
	static const struct refusal cases[] = {
		{ "", 1, 1, "the text is empty, expected a value", NULL },
		{ " \n ", 2, 2, "the text is empty, expected a value", NULL },
		{ "1 2", 1, 3, "expected nothing after the value, found \"2\"", NULL },
		{ "{}}", 1, 3, "expected nothing after the value, found \"}\"", NULL },
		{ "[1}", 1, 3, "expected a comma or \"]\" after a value, found \"}\"",
		  "the \"[\" in line 1 is not closed yet" },
		{ "{\n\"a\": [1\n}", 3, 1, "expected a comma or \"]\" after a value, found \"}\"",
		  "the \"[\" in line 2 is not closed yet" },
		{ "{\"a\":1]", 1, 7, "expected a comma or \"}\" after a value, found \"]\"",
		  "the \"{\" in line 1 is not closed yet" },
		{ "{\"a\": 1\n \"b\": 2}", 2, 2,
		  "expected a comma or \"}\" after a value, found a string", NULL },
		{ "[1 2]", 1, 4, "expected a comma or \"]\" after a value, found \"2\"", NULL },
		{ "[1;2]", 1, 3, "expected a comma or \"]\" after a value, found \";\"", NULL },
		{ "[1,]", 1, 3, "trailing comma: no value follows, but \"]\"",
		  "take the comma away" },
		{ "[1 , \n ]", 1, 4, "trailing comma: no value follows, but \"]\"",
		  "take the comma away" },
		{ "{\"a\":1,}", 1, 7, "trailing comma: no key follows, but \"}\"",
		  "take the comma away" },
		{ "[,1]", 1, 2, "expected a value, found a comma", NULL },
		{ "[1,,2]", 1, 4, "expected a value, found a comma", NULL },
		{ "[,]", 1, 2, "expected a value, found a comma", NULL },
		{ "{,}", 1, 2, "expected a key in double quotes, found a comma", NULL },
		{ "]", 1, 1, "expected a value, found \"]\"", NULL },
		{ "{\"a\"}", 1, 5, "expected a colon after a key, found \"}\"",
		  "the \"{\" in line 1 is not closed yet" },
		{ "{\"a\" = 1}", 1, 6, "expected a colon after a key, found \"=\"", NULL },
		{ "{\"a\":}", 1, 6, "expected a value, found \"}\"",
		  "the \"{\" in line 1 is not closed yet" },
		{ "{1: 2}", 1, 2, "expected a key in double quotes, found \"1\"", NULL },
		{ "[", 1, 2, "expected a value, found the end of the text",
		  "the \"[\" in line 1 is not closed yet" },
		{ "{\n\"a\": [1],\n", 3, 1,
		  "expected a key in double quotes, found the end of the text",
		  "the \"{\" in line 1 is not closed yet" },
		{ "{\"a\"", 1, 5, "expected a colon after a key, found the end of the text",
		  "the \"{\" in line 1 is not closed yet" },
		{ "{\"a\":", 1, 6, "expected a value, found the end of the text",
		  "the \"{\" in line 1 is not closed yet" },
		{ "[[1]", 1, 5,
		  "expected a comma or \"]\" after a value, found the end of the text",
		  "the \"[\" in line 1 is not closed yet" },
		{ "\v1", 1, 1, "expected a value, found the byte 0x0B", NULL },
		{ "[1\xFF]", 1, 3, "expected a comma or \"]\" after a value, found the byte 0xFF",
		  NULL },
		{ "[\u00A0 1]", 1, 2, "expected a value, found \"\u00A0\" (U+00A0)", NULL },
		{ "\xEF\xBB\xBF{}", 1, 1, "the text begins with a byte order mark (BOM)",
		  "save it as UTF-8 without a BOM" },
		{ "\xFF\xFE{", 1, 1, "the text is UTF-16", "save it as UTF-8 without a BOM" },
		{ "{} \xEF\xBB\xBF", 1, 4,
		  "expected nothing after the value, found \"\uFEFF\" (U+FEFF)", NULL },
		{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", 1, 17, "nested more than 16 deep", NULL },
	};

	(void)state;
	check_refusals(cases, COUNT(cases));
}

static void refuses_habits(void **state)
{
	static const char remark[] = "a mapping takes a remark as \"note\": \"...\"";
	static const char curly[] = "text stands in straight double quotes (\"), not in curly ones";
	static const struct refusal cases[] = {
		{ "{'a': 1}", 1, 2, "text stands in double quotes (\"), not in single ones", NULL },
		{ "['a']", 1, 2, "text stands in double quotes (\"), not in single ones", NULL },
		{ "[1 'a']", 1, 4, "text stands in double quotes (\"), not in single ones", NULL },
		{ "[`a`]", 1, 2, "text stands in double quotes (\"), not in backquotes", NULL },
		{ "{“a”: 1}", 1, 2, curly, NULL },
		{ "[„a“]", 1, 2, curly, NULL },
		{ "[‘a’]", 1, 2, curly, NULL },
		{ "// x\n{}", 1, 1, "JSON has no comments", remark },
		{ "{ /* x */ }", 1, 3, "JSON has no comments", remark },
		{ "[1, // one\n2]", 1, 5, "JSON has no comments", remark },
		{ "[1 // one\n,2]", 1, 4, "JSON has no comments", remark },
		{ "{\"a\" /* x */: 1}", 1, 6, "JSON has no comments", remark },
		{ "{}\n# x", 2, 1, "JSON has no comments", remark },
		{ "[1/2]", 1, 3, "expected a comma or \"]\" after a value, found \"/\"", NULL },
		{ "{a: 1}", 1, 2, "the key a needs double quotes: \"a\"", NULL },
		{ "{\"x\":1, deck.a: 1}", 1, 9, "the key deck.a needs double quotes: \"deck.a\"",
		  NULL },
		{ "True", 1, 1, "expected a value, found \"True\"", "did you mean true?" },
		{ "[flase]", 1, 2, "expected a value, found \"flase\"", "did you mean false?" },
		{ "tru", 1, 1, "expected a value, found \"tru\"", "did you mean true?" },
		{ "None", 1, 1, "expected a value, found \"None\"", "did you mean null?" },
		{ "{\"a\":off}", 1, 6, "expected a value, found \"off\"", "did you mean false?" },
		{ "{\"kind\": fader}", 1, 10, "expected a value, found \"fader\"",
		  "text needs double quotes: \"fader\"" },
		{ "nulls", 1, 5, "expected nothing after the value, found \"s\"", NULL },
		{ "NaN", 1, 1, "JSON has neither NaN nor Infinity", NULL },
		{ "[Infinity]", 1, 2, "JSON has neither NaN nor Infinity", NULL },
	};

	(void)state;
	check_refusals(cases, COUNT(cases));
}

static void refuses_numbers(void **state)
{
	static const char zero_hint[] = "but for 0 itself and decimals such as 0.5";
	static const struct refusal cases[] = {
		{ "01", 1, 1, "a number does not begin with 0", zero_hint },
		{ "-01", 1, 2, "a number does not begin with 0", zero_hint },
		{ "00", 1, 1, "a number does not begin with 0", zero_hint },
		{ "0x10", 1, 2, "JSON has no hexadecimal numbers", NULL },
		{ "+1", 1, 1, "a number does not begin with \"+\"", NULL },
		{ ".5", 1, 1, "expected a digit before the point", NULL },
		{ "-.5", 1, 2, "expected a digit after \"-\", found \".5\"", NULL },
		{ "-", 1, 2, "expected a digit after \"-\", found the end of the text", NULL },
		{ "--1", 1, 2, "expected a digit after \"-\", found \"-1\"", NULL },
		{ "-Infinity", 1, 2, "expected a digit after \"-\", found \"Infinity\"", NULL },
		{ "[1.]", 1, 4, "expected a digit after the point, found \"]\"",
		  "the \"[\" in line 1 is not closed yet" },
		{ "1.e5", 1, 3, "expected a digit after the point, found \"e5\"", NULL },
		{ "1.", 1, 3, "expected a digit after the point, found the end of the text", NULL },
		{ "1e", 1, 3, "expected a digit in the exponent, found the end of the text", NULL },
		{ "1e+", 1, 4, "expected a digit in the exponent, found the end of the text",
		  NULL },
		{ "1e5.5", 1, 4, "expected nothing after the value, found \".5\"", NULL },
		{ "1_000", 1, 2, "expected nothing after the value, found \"_000\"", NULL },
		{ "1.2.3", 1, 4, "expected nothing after the value, found \".3\"", NULL },
		{ "1e309", 1, 1, "the number 1e309 is too large", NULL },
		{ "[-1.8e308]", 1, 2, "the number -1.8e308 is too large", NULL },
		{ "1e99999999999999999999", 1, 1, "the number 1e99999999999999999999 is too large",
		  NULL },
		{ "1234567890123456789012345678901234567890123456789012345678901234", 1, 1,
		  "a number of more than 63 characters", NULL },
	};

	(void)state;
	check_refusals(cases, COUNT(cases));
}

static void refuses_strings(void **state)
{
	static const char escapes[] = "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a "
				      "backslash itself is written \\\\";
	static const char escape[] = "a backslash in a string begins an escape, but this is none";
	static const char hex[] = "expected four hexadecimal digits after \\u";
	static const char utf8[] = "bytes within a string that are not UTF-8";
	static const char save[] = "save the text as UTF-8";
	static const struct refusal cases[] = {
		{ "\"a", 1, 3, "the text ends within a string", NULL },
		{ "\"", 1, 2, "the text ends within a string", NULL },
		{ "\"a\\\"", 1, 5, "the text ends within a string", NULL },
		{ "[\"a\n\"]", 1, 4, "the string is not closed on its line",
		  "a line break within a string is written \\n" },
		{ "\"a\tb\"", 1, 3, "a tab within a string is written \\t", NULL },
		{ "\"\x01\"", 1, 2, "a control character within a string is written \\u0001",
		  NULL },
		{ "\"\x1F\"", 1, 2, "a control character within a string is written \\u001F",
		  NULL },
		{ "{\"\x1F\": 1}", 1, 3, "a control character within a string is written \\u001F",
		  NULL },
		{ "\"C:\\dir\"", 1, 4, escape, escapes },
		{ "\"\\x41\"", 1, 2, escape, escapes },
		{ "\"\\'\"", 1, 2, escape, escapes },
		{ "\"\\", 1, 2, escape, escapes },
		{ "\"\\U0041\"", 1, 2, escape, escapes },
		{ "\"\\u\"", 1, 2, hex, NULL },
		{ "\"\\u004\"", 1, 2, hex, NULL },
		{ "\"\\u004g\"", 1, 2, hex, NULL },
		{ "\"\\u00 1\"", 1, 2, hex, NULL },
		{ "\"\\u+041\"", 1, 2, hex, NULL },
		{ "\"\\u004", 1, 2, hex, NULL },
		{ "\"a\\u0000b\"", 1, 3, "\\u0000 is not allowed in a string", NULL },
		{ "{\"a\\u0000\":1}", 1, 4, "\\u0000 is not allowed in a string", NULL },
		{ "\"\\uD800\"", 1, 2,
		  "\\uD800 is the first half of a pair, expected \\uDC00 to \\uDFFF after it",
		  NULL },
		{ "\"\\uDBFFx\"", 1, 2,
		  "\\uDBFF is the first half of a pair, expected \\uDC00 to \\uDFFF after it",
		  NULL },
		{ "\"\\uD800\\uD800\"", 1, 2,
		  "\\uD800 is the first half of a pair, expected \\uDC00 to \\uDFFF after it",
		  NULL },
		{ "\"\\uD800\\u0041\"", 1, 2,
		  "\\uD800 is the first half of a pair, expected \\uDC00 to \\uDFFF after it",
		  NULL },
		{ "\"\\uD800\\uDC0", 1, 2,
		  "\\uD800 is the first half of a pair, expected \\uDC00 to \\uDFFF after it",
		  NULL },
		{ "\"\\uDC00\"", 1, 2,
		  "\\uDC00 is the second half of a pair, the first half is missing", NULL },
		{ "\"\x80\"", 1, 2, utf8, save },
		{ "\"a\xE4\"", 1, 3, utf8, save },
		{ "\"\xC0\xAF\"", 1, 2, utf8, save },
		{ "\"\xC1\xBF\"", 1, 2, utf8, save },
		{ "\"\xE0\x9F\xBF\"", 1, 2, utf8, save },
		{ "\"\xED\xA0\x80\"", 1, 2, utf8, save },
		{ "\"\xF0\x8F\xBF\xBF\"", 1, 2, utf8, save },
		{ "\"\xF4\x90\x80\x80\"", 1, 2, utf8, save },
		{ "\"\xE2\x82\"", 1, 2, utf8, save },
		{ "\"\xE2\x82", 1, 2, utf8, save },
		{ "\"€\xFE\"", 1, 5, utf8, save },
	};

	(void)state;
	check_refusals(cases, COUNT(cases));
}

static void refuses_a_nul(void **state)
{
	static const struct {
		const char text[8];
		size_t len;
		int column;
		const char *msg;
	} cases[] = {
		{ "\"a\0b\"", 5, 3, "a control character within a string is written \\u0000" },
		{ "[1\0]", 4, 3, "expected a comma or \"]\" after a value, found the byte 0x00" },
		{ "1\0", 2, 2, "expected nothing after the value, found the byte 0x00" },
		{ "\0", 1, 1, "expected a value, found the byte 0x00" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diags d = { 0 };
		struct json j;
		char *copy;

		assert_int_equal(load(&j, cases[i].text, cases[i].len, &copy, &d), -1);
		assert_string_equal(d.list[0].msg, cases[i].msg);
		assert_int_equal(d.list[0].column, cases[i].column);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_structure), cmocka_unit_test(refuses_habits),
		cmocka_unit_test(refuses_numbers),   cmocka_unit_test(refuses_strings),
		cmocka_unit_test(refuses_a_nul),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
