#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "cuewire/buf.h"
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

static void accepts(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"-0.0",
		"10",
		"1.5",
		"1e5",
		"1E+5",
		"1e-5",
		"1.25e05",
		"0e0",
		"1e308",
		"1e-400", /* too small is 0, which is near enough */
		"123456789012345678901234567890123456789012345678901234567890123", /* 63 */
		"true",
		"false",
		"null",
		"\"\"",
		"\"a\"",
		"[]",
		"{}",
		"[[]]",
		"{\"\":{}}",
		" \t\r\n1\n\r\t ",
		"[ ]",
		"{ }",
		"[1,2]",
		"[ 1 , 2 ]",
		"{\"a\":1,\"b\":2}",
		"{ \"a\" : 1 , \"b\" : [ ] }",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u0041\\u00e4\\u20AC\"",
		"\"\\uD834\\uDD1E\"",
		"\"\\ud834\\udd1e\"",
		"\"\\u0001\"",
		"\"\\uFFFF\"",
		"\"\\\\u0000\"",
		"\"\x7F\"",
		"\"ä€𝄞\"",
		"\"\xEF\xBB\xBF\"",
		"\"\xF4\x8F\xBF\xBF\"",
		"\"\xED\x9F\xBF\xEE\x80\x80\"",
		"\"// not a comment, 'nor' single quotes, }]\"",
		"{\"a\":1,\"A\":2}",
		"{\"a\":{\"a\":{\"a\":1}}}",
		"[{\"a\":1},{\"a\":1}]",
		"{\"ab\":1,\"a\":2,\"\":3}",
		"{\"\\u0061b\":1,\"\\u0061\":2}",
		"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", /* 16 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct diags d = { 0 };
		struct json j;
		char *copy;

		if (load(&j, texts[i], strlen(texts[i]), &copy, &d))
			fail_msg("%s: %s", texts[i], d.list[0].msg);
		assert_int_equal(d.n, 0);
		assert_non_null(j.root);
		json_free(&j);
		assert_null(j.root);
		free(copy);
	}
}

static void refuses_duplicates(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *msg;
	} cases[] = {
		{ "{\"a\":1,\n \"a\":1}", 2, 2, "the key \"a\" is there already, in line 1" },
		{ "{\"\":1,\"\":1}", 1, 7, "the key \"\" is there already, in line 1" },
		{ "{\"a\":1,\"\\u0061\":1}", 1, 8, "the key \"a\" is there already, in line 1" },
		{ "{\"\\u0061\":1,\"a\":1}", 1, 13, "the key \"a\" is there already, in line 1" },
		{ "{\"\\u20AC\":1,\"€\":1}", 1, 13, "the key \"€\" is there already, in line 1" },
		{ "{\"\\ud834\\uDD1E\":1,\"𝄞\":1}", 1, 19,
		  "the key \"𝄞\" is there already, in line 1" },
		{ "{\"\\u002f\\n\":1,\"\\/\\u000A\":1}", 1, 15,
		  "the key \"/?\" is there already, in line 1" },
		{ "{\"\\\\\\\"\":1,\"\\u005c\\u0022\":1}", 1, 11,
		  "the key \"\\\"\" is there already, in line 1" },
		{ "[{\"b\":{\"a\":1,\n\"c\":{\"a\":2},\n\n\"a\":3}}]", 4, 1,
		  "the key \"a\" is there already, in line 1" },
		{ "{\"a\":1,\"b\":1,\"b\":1,\"a\":1}", 1, 14,
		  "the key \"b\" is there already, in line 1" },
		{ "{\"a\":1,\"a\":1,\"a\":1}", 1, 8, "the key \"a\" is there already, in line 1" },
		{ "{\"123456789012345678901234567890123456789äöü\":1,"
		  "\"123456789012345678901234567890123456789äöü\":1}",
		  1, 52,
		  "the key \"123456789012345678901234567890123456789...\" is there already, in "
		  "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diags d = { 0 };
		struct json j;
		char *copy;

		assert_int_equal(load(&j, cases[i].text, strlen(cases[i].text), &copy, &d), -1);
		assert_int_equal(d.n, 1);
		assert_string_equal(d.list[0].code, "duplicate-key");
		assert_string_equal(d.list[0].msg, cases[i].msg);
		assert_int_equal(d.list[0].line, cases[i].line);
		assert_int_equal(d.list[0].column, cases[i].column);
		free(copy);
	}
}

/* Objects on both sides of the number of keys from which on they are sorted: the first repetition
 * in the text is the one that is told. */
static void finds_duplicates_among_many(void **state)
{
	(void)state;
	for (int n = 3; n < 40; n++)
		for (int twin = 0; twin < n; twin++) {
			struct diags d = { 0 };
			struct json j;
			struct buf b;

			buf_init(&b, 10000);
			for (int i = 0; i < n; i++)
				buf_fmt(&b, "%s\"k%d\":0", i ? ",\n" : "{", i * 7919 % 1000);
			buf_fmt(&b, ",\n\"k%d\":0,\n\"k0\":0,\"k0\":0}", twin * 7919 % 1000);
			assert_int_equal(json_load(&j, "f", b.p, b.len, &json_limits_file, &d), -1);
			assert_int_equal(d.n, 1);
			assert_int_equal(d.list[0].line, n + 1);
			assert_int_equal(d.list[0].column, 1);
			buf_clear(&b);
			buf_fmt(&b, "the key \"k%d\" is there already, in line %d",
			        twin * 7919 % 1000, twin + 1);
			assert_string_equal(d.list[0].msg, b.p);
			buf_finish(&b);
		}
}

static void keeps_limits(void **state)
{
	static const struct {
		const char *text;
		struct json_limits lim;
		const char *msg; /* NULL: accepted */
	} cases[] = {
		{ "[1,2]", { 5, 1, 3 }, NULL },
		{ "[1,2]", { 4, 1, 3 }, "5 bytes, more than the 4 that are allowed" },
		{ "[1,2]", { 5, 0, 3 }, "nested more than 0 deep" },
		{ "[1,2]", { 5, 1, 2 }, "more than 2 values" },
		{ "1", { 1, 0, 1 }, NULL },
		{ "1", { 1, 0, 0 }, "more than 0 values" },
		{ "[[],[[]]]", { 99, 3, 99 }, NULL },
		{ "[[],[[]]]", { 99, 2, 99 }, "nested more than 2 deep" },
		{ "{\"a\":{}}", { 99, 1, 99 }, "nested more than 1 deep" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diags d = { 0 };
		struct json j;
		const int r =
			json_load(&j, "f", cases[i].text, strlen(cases[i].text), &cases[i].lim, &d);

		assert_int_equal(r, cases[i].msg ? -1 : 0);
		if (cases[i].msg)
			assert_string_equal(d.list[0].msg, cases[i].msg);
		else
			json_free(&j);
	}
}

/* ---- places ---- */

static void knows_where(void **state)
{
	static const char text[] = "{\n"
				   "  \"ports\": { \"a\" : [ ], \"b\": {} },\r\n"
				   "  \"ü\": [ 1, true,\n"
				   "\t\"x\", null ]\n"
				   "}\n";
	static const struct {
		const char *path;
		int line, column, key_line, key_column;
	} cases[] = {
		{ "", 1, 1, 1, 1 },          { "ports", 2, 12, 2, 3 }, { "ports/a", 2, 20, 2, 14 },
		{ "ports/b", 2, 30, 2, 25 }, { "ü", 3, 9, 3, 3 },      { "ü/0", 3, 11, 3, 11 },
		{ "ü/1", 3, 14, 3, 14 },     { "ü/2", 4, 2, 4, 2 },    { "ü/3", 4, 7, 4, 7 },
	};
	struct json j;

	(void)state;
	assert_int_equal(json_load(&j, "f", text, strlen(text), &json_limits_file, NULL), 0);
	assert_int_equal(j.nplaces, COUNT(cases));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const cJSON *v = j.root;
		char path[32], *save, *step;
		struct where at, key;
		cJSON *copy;

		strcpy(path, cases[i].path);
		for (step = strtok_r(path, "/", &save); step; step = strtok_r(NULL, "/", &save))
			v = cJSON_IsArray(v) ? cJSON_GetArrayItem(v, atoi(step))
			                     : cJSON_GetObjectItemCaseSensitive(v, step);
		assert_non_null(v);
		copy = cJSON_Duplicate(v, 1);
		at = json_at(&j, copy);
		key = json_key_at(&j, copy);
		cJSON_Delete(copy);
		assert_string_equal(at.file, "f");
		assert_int_equal(at.line, cases[i].line);
		assert_int_equal(at.column, cases[i].column);
		assert_int_equal(key.line, cases[i].key_line);
		assert_int_equal(key.column, cases[i].key_column);
	}
	/* a node of another origin has no place, and reads nothing beyond the list */
	for (int i = -1; i < 2; i++) {
		const cJSON stranger = { .valueint = i < 0 ? -1 : (int)j.nplaces + i };

		assert_int_equal(json_at(&j, &stranger).line, 0);
		assert_int_equal(json_key_at(&j, &stranger).line, 0);
	}
	json_free(&j);
}

/* A nested sample in which every value says its own number: as a number, in a string, or, for lists
 * and objects, in the key before it. */
static unsigned long seed = 1;

static unsigned draw(unsigned below)
{
	seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF;
	return (unsigned)(seed >> 8) % below;
}

static void write_space(struct buf *b)
{
	static const char *const spaces[] = { "", "", " ", "\n", "\t ", "\r\n  " };

	buf_puts(b, spaces[draw(COUNT(spaces))]);
}

static void write_value(struct buf *b, int *n, int depth)
{
	const unsigned what = depth ? draw(6) : draw(2);
	const int members = (int)draw(9);
	const bool object = what & 1;

	if (what < 2) {
		buf_fmt(b, what ? "%d" : "\"#%d\"", *n);
		++*n;
		return;
	}
	++*n;
	buf_putc(b, object ? '{' : '[');
	write_space(b);
	for (int i = 0; i < members; i++) {
		if (i)
			buf_putc(b, ',');
		write_space(b);
		if (object) {
			buf_fmt(b, "\"k[{\\\"%d\"", *n);
			write_space(b);
			buf_putc(b, ':');
		}
		write_space(b);
		write_value(b, n, depth - 1);
		write_space(b);
	}
	buf_putc(b, object ? '}' : ']');
}

static size_t offset_of(const char *text, struct where at)
{
	const char *p = text;

	while (--at.line)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - text) + (size_t)at.column - 1;
}

/* The byte that value number n of the sample begins with. */
static char first_byte(const cJSON *v, int n)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", n);
	return cJSON_IsObject(v) ? '{' : cJSON_IsArray(v) ? '[' : cJSON_IsString(v) ? '"' : *number;
}

static int check_tree(const struct json *j, const char *text, const cJSON *v, int n)
{
	char number[32];

	for (; v; v = v->next) {
		const char *at = text + offset_of(text, json_at(j, v));
		const char *key = text + offset_of(text, json_key_at(j, v));

		assert_int_equal(v->valueint, n);
		assert_int_equal(*at, first_byte(v, n));
		snprintf(number, sizeof(number), "\"k[{\\\"%d\"", n);
		if (v->string)
			assert_memory_equal(key, number, strlen(number));
		else
			assert_ptr_equal(key, at);
		if (cJSON_IsNumber(v))
			assert_true(v->valuedouble == n);
		if (cJSON_IsString(v))
			assert_int_equal(atoi(v->valuestring + 1), n);
		n = check_tree(j, text, v->child, n + 1);
	}
	return n;
}

static void numbers_as_cjson_does(void **state)
{
	(void)state;
	for (int round = 0; round < 30; round++) {
		struct json j;
		struct buf b;
		int n = 0;

		buf_init(&b, (size_t)1 << 20);
		write_value(&b, &n, 7);
		assert_false(b.cut);
		assert_int_equal(json_load(&j, "f", b.p, b.len, &json_limits_file, NULL), 0);
		assert_int_equal(j.nplaces, n);
		assert_int_equal(check_tree(&j, b.p, j.root, 0), n);
		json_free(&j);
		buf_finish(&b);
	}
}

/* What buf writes, json reads. */
static void reads_what_buf_writes(void **state)
{
	struct buf b;
	struct json j;
	char all[256];

	(void)state;
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)(i < 128 ? i : '?');
	all[255] = '\0';
	buf_init(&b, 10000);
	buf_json_str(&b, all);
	assert_int_equal(json_load(&j, "f", b.p, b.len, &json_limits_message, NULL), 0);
	assert_string_equal(j.root->valuestring, all);
	json_free(&j);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses_duplicates),
		cmocka_unit_test(finds_duplicates_among_many),
		cmocka_unit_test(keeps_limits),
		cmocka_unit_test(knows_where),
		cmocka_unit_test(numbers_as_cjson_does),
		cmocka_unit_test(reads_what_buf_writes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
