/* Routes put into mapping files, replaced and taken away: the whole text, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/edit.h"
#include "cuewire/json.h"

#include "helpers.h"

#define ROUTE "{\"port\":\"pads\",\"cc\":[1,33],\"to\":\"x\"}"
#define PADDED "{ \"port\": \"pads\", \"cc\": [1, 33], \"to\": \"x\" }"

static void assert_text(const char *what, const struct buf *b, const char *expected)
{
	if (!b->p || strcmp(b->p, expected) != 0)
		fail_msg("%s:\n%s\nexpected:\n%s", what, b->p ? b->p : "(nothing)", expected);
}

static void adds_a_route(void **state)
{
	static const struct {
		const char *what, *in, *out;
	} cases[] = {
		{ "one a line",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" }\n\t]\n}\n",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n\t\t" PADDED
		  "\n\t]\n}\n" },
		{ "notes, blank lines and what follows stay",
		  "{\n  \"note\": \"a  b\",\n\n  \"routes\": [\n    { \"osc\": \"/a\", \"to\": \"x\" },\n\n"
		  "    { \"osc\": \"/b\",   \"to\": \"x\" }\n\n  ],\n  \"title\" : \"]\"\n}",
		  "{\n  \"note\": \"a  b\",\n\n  \"routes\": [\n    { \"osc\": \"/a\", \"to\": \"x\" },\n\n"
		  "    { \"osc\": \"/b\",   \"to\": \"x\" },\n    " PADDED
		  "\n\n  ],\n  \"title\" : \"]\"\n}" },
		{ "CRLF",
		  "{\r\n  \"routes\": [\r\n    {\"osc\": \"/a\", \"to\": \"x\"}\r\n  ]\r\n}\r\n",
		  "{\r\n  \"routes\": [\r\n    {\"osc\": \"/a\", \"to\": \"x\"},\r\n"
		  "    {\"port\": \"pads\", \"cc\": [1, 33], \"to\": \"x\"}\r\n  ]\r\n}\r\n" },
		{ "a key a line",
		  "{\n    \"routes\": [\n        {\n            \"osc\": \"/a\",\n            \"to\": \"x\"\n"
		  "        }\n    ]\n}\n",
		  "{\n    \"routes\": [\n        {\n            \"osc\": \"/a\",\n            \"to\": \"x\"\n"
		  "        },\n        {\n            \"port\": \"pads\",\n            \"cc\": [1, 33],\n"
		  "            \"to\": \"x\"\n        }\n    ]\n}\n" },
		{ "without spaces", "{\"routes\":[{\"osc\":\"/a\",\"to\":\"x\"}],\"title\":\"t\"}",
		  "{\"routes\":[{\"osc\":\"/a\",\"to\":\"x\"}," ROUTE "],\"title\":\"t\"}" },
		{ "in one line", "{ \"routes\": [{ \"osc\": \"/a\", \"to\": \"x\" }] }\n",
		  "{ \"routes\": [{ \"osc\": \"/a\", \"to\": \"x\" }, " PADDED "] }\n" },
		{ "a route of two lines",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/{n}\", \"to\": \"x\",\n\t\t  \"each\": { \"n\": [1] } }\n"
		  "\t]\n}\n",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/{n}\", \"to\": \"x\",\n\t\t  \"each\": { \"n\": [1] } },\n"
		  "\t\t" PADDED "\n\t]\n}\n" },
		{ "brackets in strings",
		  "{ \"routes\": [{ \"title\": \"}]\\\"},{\", \"to\": \"x\" }] }",
		  "{ \"routes\": [{ \"title\": \"}]\\\"},{\", \"to\": \"x\" }, " PADDED "] }" },
		{ "an empty list", "{\n\t\"routes\": []\n}\n",
		  "{\n\t\"routes\": [\n\t\t" PADDED "\n\t]\n}\n" },
		{ "an empty list with a line in it",
		  "{\n  \"routes\": [\n  ],\n  \"title\": \"t\"\n}\n",
		  "{\n  \"routes\": [\n    " PADDED "\n  ],\n  \"title\": \"t\"\n}\n" },
		{ "an empty list in one line", "{\"routes\": []}", "{\"routes\": [" PADDED "]}" },
		{ "no list", "{\n\t\"title\": \"t\",\n\n\t\"ports\": {}\n}\n",
		  "{\n\t\"title\": \"t\",\n\n\t\"ports\": {},\n\n\t\"routes\": [\n\t\t" PADDED
		  "\n\t]\n}\n" },
		{ "no list, in one line", "{ \"title\": \"t\" }\n",
		  "{ \"title\": \"t\", \"routes\": [" PADDED "] }\n" },
		{ "no list, the style of the controls",
		  "{\n  \"controls\": [\n    {\"name\":\"x\",\"kind\":\"fader\"}\n  ]\n}\n",
		  "{\n  \"controls\": [\n    {\"name\":\"x\",\"kind\":\"fader\"}\n  ],\n  \"routes\":[\n    " ROUTE
		  "\n  ]\n}\n" },
		{ "nothing", "{}", "{\n\t\"routes\": [\n\t\t" PADDED "\n\t]\n}" },
		{ "nothing, and a line feed", "{\n}\n",
		  "{\n\t\"routes\": [\n\t\t" PADDED "\n\t]\n}\n" },
		{ "UTF-8",
		  "{\"title\":\"\xC3\xA4\",\"routes\":[{\"osc\":\"/\xE2\x82\xAC\",\"to\":\"x\"}]}",
		  "{\"title\":\"\xC3\xA4\",\"routes\":[{\"osc\":\"/\xE2\x82\xAC\",\"to\":\"x\"}," ROUTE
		  "]}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct edit_text in = { "a.json", cases[i].in, strlen(cases[i].in) };
		struct diags d = { 0 };
		const char *route;
		struct json j;
		struct buf b;
		int line;

		buf_init(&b, 4096);
		line = edit_add_route(&b, &in, ROUTE, &d);
		if (line < 0)
			fail_msg("%s: %s", cases[i].what, d.list[0].msg);
		assert_text(cases[i].what, &b, cases[i].out);
		assert_int_equal(json_load(&j, "b", b.p, b.len, &json_limits_file, NULL), 0);
		json_free(&j);
		route = strstr(b.p, "pads");
		for (const char *p = b.p; p < route; p++)
			line -= *p == '\n';
		assert_int_equal(line, strstr(b.p, "\n            \"port\"") ? 0 : 1);
		buf_finish(&b);
	}
}

static void a_when_stays_on_its_line(void **state)
{
	static const char text[] = "{\n \"routes\": [\n  {\n   \"to\": \"x\"\n  }\n ]\n}\n";
	const struct edit_text in = { "a.json", text, strlen(text) };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(edit_add_route(&b, &in, "{\"to\":\"y\",\"when\":{\"s\":1}}", NULL), 6);
	assert_text("when", &b,
	            "{\n \"routes\": [\n  {\n   \"to\": \"x\"\n  },\n  {\n   \"to\": \"y\",\n"
	            "   \"when\": { \"s\": 1 }\n  }\n ]\n}\n");
	buf_finish(&b);
}

#define THREE                                                                                                    \
	"{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n\t\t{\"osc\": \"/b\", \"to\": \"x\"},\n\n" \
	"\t\t{ \"osc\": \"/{n}\", \"to\": \"x\", \"each\": { \"n\": [1, 2] } }\n\t]\n}\n"

static void replaces_and_removes(void **state)
{
	static const struct {
		int line, column;
		const char *replaced, *removed;
	} cases[] = {
		{ 3, 3,
		  "{\n\t\"routes\": [\n\t\t" PADDED ",\n\t\t{\"osc\": \"/b\", \"to\": \"x\"},\n\n"
		  "\t\t{ \"osc\": \"/{n}\", \"to\": \"x\", \"each\": { \"n\": [1, 2] } }\n\t]\n}\n",
		  "{\n\t\"routes\": [\n\t\t{\"osc\": \"/b\", \"to\": \"x\"},\n\n"
		  "\t\t{ \"osc\": \"/{n}\", \"to\": \"x\", \"each\": { \"n\": [1, 2] } }\n\t]\n}\n" },
		{ 4, 3,
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n"
		  "\t\t{\"port\": \"pads\", \"cc\": [1, 33], \"to\": \"x\"},\n\n"
		  "\t\t{ \"osc\": \"/{n}\", \"to\": \"x\", \"each\": { \"n\": [1, 2] } }\n\t]\n}\n",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n\n"
		  "\t\t{ \"osc\": \"/{n}\", \"to\": \"x\", \"each\": { \"n\": [1, 2] } }\n\t]\n}\n" },
		{ 6, 3,
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n\t\t{\"osc\": \"/b\", \"to\": "
		  "\"x\"},\n\n\t\t" PADDED "\n\t]\n}\n",
		  "{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" },\n\t\t{\"osc\": \"/b\", \"to\": "
		  "\"x\"}\n\t]\n}\n" },
	};
	const struct edit_text in = { "a.json", THREE, strlen(THREE) };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct where at = { "a.json", cases[i].line, cases[i].column };
		struct buf b;

		buf_init(&b, 4096);
		assert_int_equal(edit_replace_route(&b, &in, at, ROUTE, NULL), at.line);
		assert_text("replaced", &b, cases[i].replaced);
		buf_clear(&b);
		assert_int_equal(edit_remove_route(&b, &in, at, NULL), at.line);
		assert_text("removed", &b, cases[i].removed);
		assert_int_equal(edit_is_each(&in, at), i == 2);
		buf_finish(&b);
	}
}

static void adds_a_control(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} cases[] = {
		{ "{\"routes\":[{\"to\":\"a\",\"osc\":\"/a\"}]}",
		  "{\"routes\":[{\"to\":[\"a\", \"x\"],\"osc\":\"/a\"}]}" },
		{ "{\"routes\":[{\"to\":[ \"a\",\"b\" ]}]}",
		  "{\"routes\":[{\"to\":[ \"a\",\"b\", \"x\" ]}]}" },
		{ "{\"routes\":[{\"to\":null}]}", NULL },
		{ "{\"routes\":[{\"do\":[]}]}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct edit_text in = { "a.json", cases[i].in, strlen(cases[i].in) };
		const struct where at = { "a.json", 1, 12 };
		struct diags d = { 0 };
		struct buf b;

		buf_init(&b, 4096);
		assert_int_equal(edit_add_to(&b, &in, at, "x", &d), cases[i].out ? 1 : -1);
		if (cases[i].out)
			assert_text("added", &b, cases[i].out);
		else
			assert_string_equal(d.list[0].code, "no-target");
		buf_finish(&b);
	}
}

/* Every shipped file takes a route, and is the same again when that is taken away: nothing but the
 * route was put in. */
static void shipped_files_take_a_route(void **state)
{
	DIR *dir = opendir("mappings");
	const struct dirent *e;
	size_t n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		static char text[1 << 20];
		char path[300];
		struct edit_text in = { e->d_name, text, 0 };
		struct buf with, without;
		const char *route;
		FILE *f;

		if (!strstr(e->d_name, ".json") || strstr(e->d_name, "schema"))
			continue;
		snprintf(path, sizeof(path), "mappings/%s", e->d_name);
		f = fopen(path, "r");
		assert_non_null(f);
		in.len = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[in.len] = '\0';
		buf_init(&with, sizeof(text));
		buf_init(&without, sizeof(text));
		assert_true(edit_add_route(&with, &in, ROUTE, NULL) > 1);
		route = strstr(with.p, PADDED);
		assert_non_null(route);
		if (strstr(text, "\"routes\": [")) {
			struct where at = { e->d_name, 1, 1 };

			for (const char *p = with.p; p < route; p++) {
				at.line += *p == '\n';
				at.column = *p == '\n' ? 1 : at.column + 1;
			}
			assert_true(edit_remove_route(
					    &without,
					    &(struct edit_text){ e->d_name, with.p, with.len }, at,
					    NULL) > 1);
			assert_text(e->d_name, &without, text);
			n++;
		}
		buf_finish(&with);
		buf_finish(&without);
	}
	closedir(dir);
	assert_true(n >= 3);
}

static void removes_the_only_one(void **state)
{
	static const char text[] =
		"{\n\t\"routes\": [\n\t\t{ \"osc\": \"/a\", \"to\": \"x\" }\n\t]\n}\n";
	const struct edit_text in = { "a.json", text, strlen(text) };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(edit_remove_route(&b, &in, (struct where){ "a.json", 3, 3 }, NULL), 3);
	assert_text("removed", &b, "{\n\t\"routes\": []\n}\n");
	buf_finish(&b);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *code;
		int line;
	} cases[] = {
		{ "{ \"routes\": {} }", "wrong-type", 1 },
		{ "[]", "wrong-type", 1 },
		{ "{\n\"routes\": [,] }", "json", 2 },
		{ "", "json", 1 },
	};
	const struct edit_text three = { "a.json", THREE, strlen(THREE) };
	struct diags none = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct edit_text in = { "a.json", cases[i].text, strlen(cases[i].text) };
		struct diags d = { 0 };

		assert_int_equal(edit_add_route(&b, &in, ROUTE, &d), -1);
		assert_string_equal(d.list[0].code, cases[i].code);
		assert_int_equal(d.list[0].line, cases[i].line);
	}
	assert_int_equal(
		edit_replace_route(&b, &three, (struct where){ "a.json", 3, 4 }, ROUTE, &none), -1);
	assert_string_equal(none.list[0].code, "no-route");
	assert_int_equal(b.len, 0);
	buf_finish(&b);
}

static void makes_a_file(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(edit_new(&b, "mine", ROUTE), 4);
	assert_text("new", &b,
	            "{\n\t\"title\": \"mine\",\n\t\"routes\": [\n\t\t" PADDED "\n\t]\n}\n");
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_a_route),
		cmocka_unit_test(a_when_stays_on_its_line),
		cmocka_unit_test(replaces_and_removes),
		cmocka_unit_test(removes_the_only_one),
		cmocka_unit_test(refuses),
		cmocka_unit_test(makes_a_file),
		cmocka_unit_test(adds_a_control),
		cmocka_unit_test(shipped_files_take_a_route),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
