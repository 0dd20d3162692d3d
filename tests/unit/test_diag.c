#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/diag.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What print makes of d; the caller frees it. */
static char *printed(const struct diags *d)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	diags_print(f, d);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void prints_what_is_known(void **state)
{
	static const struct {
		struct where at;
		enum severity sev;
		const char *hint, *expected;
	} cases[] = {
		{ { "a.json", 12, 9 }, SEV_ERROR, NULL, "a.json:12:9: error: bad \"x\"\n" },
		{ { "a.json", 12, 9 }, SEV_WARNING, NULL, "a.json:12:9: warning: bad \"x\"\n" },
		{ { "a.json", 12, 0 }, SEV_ERROR, NULL, "a.json:12: error: bad \"x\"\n" },
		{ { "a.json", 0, 0 }, SEV_ERROR, NULL, "a.json: error: bad \"x\"\n" },
		{ { "a.json", 0, 7 }, SEV_ERROR, NULL, "a.json: error: bad \"x\"\n" },
		{ { NULL, 3, 4 }, SEV_ERROR, NULL, "3:4: error: bad \"x\"\n" },
		{ { NULL, 0, 0 }, SEV_ERROR, NULL, "error: bad \"x\"\n" },
		{ { "a", 1, 1 },
		  SEV_ERROR,
		  "did you mean \"y\"?",
		  "a:1:1: error: bad \"x\"\n  did you mean \"y\"?\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diags d = { 0 };
		struct diag *e = diag_add(&d, cases[i].at, cases[i].sev, "c", "bad \"%s\"", "x");
		char *text;

		if (cases[i].hint)
			diag_hint(e, "%s", cases[i].hint);
		text = printed(&d);
		assert_string_equal(text, cases[i].expected);
		free(text);
	}
}

static void keeps_the_first_and_counts_the_rest(void **state)
{
	struct diags d = { 0 };
	char *text;

	(void)state;
	for (int i = 1; i <= DIAGS_MAX; i++)
		assert_non_null(diag_add(&d, (struct where){ "f", i, 1 },
		                         i % 2 ? SEV_ERROR : SEV_WARNING, "c", "%d", i));
	assert_null(diag_add(&d, (struct where){ "f", 99, 1 }, SEV_ERROR, "c", "x"));
	diag_hint(NULL, "for %s", "nobody");
	assert_int_equal(d.n, DIAGS_MAX);
	assert_int_equal(d.more, 1);
	assert_int_equal(d.errors, DIAGS_MAX / 2 + 1);
	assert_int_equal(d.list[DIAGS_MAX - 1].line, DIAGS_MAX);
	text = printed(&d);
	assert_non_null(strstr(text, "\nand 1 more problem\n"));
	free(text);
	assert_null(diag_add(&d, (struct where){ "f", 99, 1 }, SEV_WARNING, "c", "x"));
	assert_int_equal(d.errors, DIAGS_MAX / 2 + 1);
	text = printed(&d);
	assert_non_null(strstr(text, "\nand 2 more problems\n"));
	free(text);
}

static void nobody_asks(void **state)
{
	(void)state;
	assert_null(diag_add(NULL, (struct where){ 0 }, SEV_ERROR, "c", "x"));
}

static void quotes_cannot_steer_a_terminal(void **state)
{
	static const struct {
		const char *quoted, *expected;
	} cases[] = {
		{ "a\x1B[31mb", "a?[31mb" },
		{ "a\nb\tc\x7F", "a?b?c?" },
		{ "\xC2\x9B"
		  "31m",
		  "??31m" },
		{ "\xC2\xA0", "\xC2\xA0" },
		{ "Gerät", "Gerät" },
		{ "\xC2", "\xC2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diags d = { 0 };
		struct diag *e =
			diag_add(&d, (struct where){ 0 }, SEV_ERROR, "c", "%s", cases[i].quoted);

		diag_hint(e, "%s", cases[i].quoted);
		assert_string_equal(e->msg, cases[i].expected);
		assert_string_equal(e->hint, cases[i].expected);
	}
}

/* Characters of one to four bytes at each distance from the end of the room. */
static void cuts_between_characters(void **state)
{
	static const char *const chars[] = { "x", "ä", "€", "𝄞" };
	char text[400], expected[400];
	struct diags d = { 0 };
	const size_t room = sizeof(d.list->msg) - 1;

	(void)state;
	for (size_t i = 0; i < COUNT(chars); i++)
		for (size_t before = room - 12; before <= room; before++) {
			size_t len = before;

			d = (struct diags){ 0 };
			memset(text, '-', before);
			text[before] = '\0';
			for (int k = 0; k < 6; k++)
				strcat(text, chars[i]);
			strcpy(expected, text);
			if (strlen(text) > room) {
				while (len + strlen(chars[i]) <= room - 3)
					len += strlen(chars[i]);
				strcpy(expected + (len > room - 3 ? room - 3 : len), "...");
			}
			diag_add(&d, (struct where){ 0 }, SEV_ERROR, "c", "%s", text);
			assert_string_equal(d.list[0].msg, expected);
		}
}

static void sorts(void **state)
{
	static const struct {
		struct where at;
		const char *msg;
	} in[] = {
		{ { "b", 9, 1 }, "6" },  { { "a", 1, 1 }, "8" },  { { "b", 2, 7 }, "3" },
		{ { "b", 2, 10 }, "4" }, { { NULL, 0, 0 }, "A" }, { { "b", 2, 7 }, "3b" },
		{ { "a", 0, 0 }, "7" },  { { "b", 0, 0 }, "1" },  { { "a", 1, 2 }, "9" },
		{ { "b", 2, 1 }, "2" },
	};
	static const char *const out[] = { "1", "2", "3", "3b", "4", "6", "7", "8", "9", "A" };
	struct diags d = { 0 };
	char b[] = "b"; /* the same file by another pointer */

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++)
		diag_add(&d, in[i].at, SEV_ERROR, "c", "%s", in[i].msg);
	d.list[2].file = b;
	diags_sort(&d);
	assert_int_equal(d.n, COUNT(out));
	for (size_t i = 0; i < COUNT(out); i++)
		assert_string_equal(d.list[i].msg, out[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_is_known),
		cmocka_unit_test(keeps_the_first_and_counts_the_rest),
		cmocka_unit_test(nobody_asks),
		cmocka_unit_test(quotes_cannot_steer_a_terminal),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(sorts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
