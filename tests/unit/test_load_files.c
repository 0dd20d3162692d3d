/* Mapping files on disk: found, included, merged; and what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuewire/load.h"
#include "cuewire/mem.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/cuewire-load.XXXXXX");
	return mkdtemp(dir) && !chdir(dir) && !mkdir("sub", 0700) && !mkdir("lib", 0700) ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int remove_dir(void **state)
{
	static const char *const made[] = { "sub/b.json",  "sub/c.json", "lib/b.json", "lib/d.json",
		                            "a.json",      "b.json",     "fifo",       "big.json",
		                            "secret.json", "sub",        "lib" };

	(void)state;
	for (size_t i = 0; i < COUNT(made); i++)
		remove(made[i]);
	return chdir("/") || rmdir(dir);
}

static int load2(struct mapping **m, const char *a, const char *b, struct diags *d)
{
	const char *const files[] = { a, b };
	struct arena *scratch = arena_new(ARENA_LOAD);
	int ret;

	*d = (struct diags){ 0 };
	ret = mapping_load(m, scratch, files, b ? 2 : 1, "lib", d);
	arena_free(scratch);
	return ret;
}

/* Includes come first, are looked for beside the file and then in the folder of mappings, and
 * are read once. */
static void test_include(void **state)
{
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	put("a.json",
	    "{ \"include\": [\"sub/b.json\", \"d.json\"], \"controls\": [\n"
	    "{ \"name\": \"a\", \"kind\": \"fader\" } ],\n"
	    "\"routes\": [ { \"osc\": \"/1\", \"to\": \"b\" }, { \"osc\": \"/2\", \"to\": \"c\" },\n"
	    "{ \"osc\": \"/3\", \"to\": \"d\" } ] }");
	put("sub/b.json",
	    "{ \"include\": \"c.json\", \"controls\": [ { \"name\": \"b\", \"kind\": \"fader\" } ] }");
	put("sub/c.json", "{ \"controls\": [ { \"name\": \"c\", \"kind\": \"fader\" } ] }");
	put("lib/d.json",
	    "{ \"include\": \"../sub/c.json\", \"controls\": [ { \"name\": \"d\", \"kind\": \"fader\" } ] }");
	put("lib/b.json", "not read");
	assert_int_equal(load2(&m, "a.json", "sub/../a.json", &d), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(m->nfiles, 4);
	assert_string_equal(m->files[0], "a.json");
	assert_string_equal(m->files[1], "sub/b.json");
	assert_string_equal(m->files[2], "sub/c.json");
	assert_string_equal(m->files[3], "lib/d.json");
	assert_int_equal(m->ncontrols, 4);
	assert_string_equal(m->controls[0].name, "c");
	assert_string_equal(m->controls[0].at.file, "sub/c.json");
	assert_string_equal(m->controls[3].name, "a");
	mapping_free(m);
}

/* A later file replaces and removes; of that, routes say nothing. */
static void test_merge(void **state)
{
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	put("a.json", "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	              "{ \"name\": \"x\", \"kind\": \"fader\", \"port\": \"s\", \"cc\": 1 },\n"
	              "{ \"name\": \"y\", \"kind\": \"fader\" } ], \"routes\": [\n"
	              "{ \"osc\": \"/1\", \"to\": \"x\" }, { \"osc\": \"/2\", \"to\": \"x\" },\n"
	              "{ \"osc\": \"/2\", \"to\": \"x\", \"when\": { \"y\": 1 } },\n"
	              "{ \"osc\": \"/2\", \"arg\": 1, \"to\": \"x\" } ] }");
	put("b.json",
	    "{ \"controls\": [\n{ \"name\": \"x\", \"kind\": \"switch\", \"port\": \"s\", \"cc\": 2 } ],\n"
	    "\"routes\": [ { \"osc\": \"/1\", \"to\": \"y\" }, { \"osc\": \"/2\", \"to\": null } ] }");
	assert_int_equal(load2(&m, "a.json", "b.json", &d), 0);
	assert_int_equal(d.n, 1);
	assert_string_equal(d.list[0].msg, "control \"x\" replaces the one of a.json:2");
	assert_string_equal(d.list[0].file, "b.json");
	assert_int_equal(d.list[0].line, 2);
	assert_int_equal(d.list[0].column, 11);
	assert_int_equal(m->ncontrols, 2);
	assert_string_equal(m->controls[0].name, "x");
	assert_int_equal(m->controls[0].kind, KIND_SWITCH);
	assert_int_equal(m->controls[0].out.number, 2);
	assert_int_equal(m->routes[0].to, mapping_control(m, "y", 1));
	assert_int_equal(m->routes[1].nwhen, 1);
	assert_int_equal(m->routes[2].arg, 1);
	mapping_free(m);
}

/* A file that stands in the place of another keeps a later include from reading that one. */
static void test_in_place_of(void **state)
{
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	put("a.json", "{ \"in_place_of\": \"c.json\", \"controls\": [\n"
	              "{ \"name\": \"x\", \"kind\": \"fader\" } ] }");
	put("sub/c.json", "{ \"controls\": [ { \"name\": \"y\", \"kind\": \"fader\" } ] }");
	put("b.json",
	    "{ \"include\": \"sub/c.json\", \"routes\": [ { \"osc\": \"/1\", \"to\": \"x\" } ] }");
	assert_int_equal(load2(&m, "a.json", "b.json", &d), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(m->ncontrols, 1);
	assert_int_equal(m->nfiles, 2);
	mapping_free(m);
	assert_int_equal(load2(&m, "b.json", NULL, &d), -1);
	assert_string_equal(d.list[0].msg, "there is no control \"x\"");
}

static const struct {
	const char *file, *code, *msg, *hint;
} unreadable_cases[] = {
	{ "none.json", "cannot-read", "cannot read: No such file or directory",
	  "looked in the current folder and in lib" },
	{ "sub/none.json", "cannot-read", "cannot read: No such file or directory",
	  "looked in sub" },
	{ "/none.json", "cannot-read", "cannot read: No such file or directory", "looked in /" },
	{ "sub", "cannot-read", "cannot read: it is a folder, expected a file", "" },
	{ "fifo", "cannot-read", "cannot read: it is a pipe, expected a file", "" },
	{ "/dev/null", "cannot-read", "cannot read: it is a device or socket, expected a file",
	  "" },
	{ "a.json/b.json", "cannot-read", "cannot read: No such file or directory",
	  "looked in a.json" },
	{ "big.json", "cannot-read", "cannot read: it is too large, at most 4194304 bytes", "" },
	{ "secret.json", "cannot-read", "cannot read: Permission denied", "" },
};

static void test_unreadable(void **state)
{
	(void)state;
	put("a.json", "{ }");
	put("big.json", "{ }");
	assert_int_equal(truncate("big.json", (4 << 20) + 1), 0);
	put("secret.json", "{ }");
	assert_int_equal(chmod("secret.json", 0), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (size_t i = 0; i < COUNT(unreadable_cases); i++) {
		struct mapping *m = NULL;
		struct diags d;

		if (!geteuid() && !strcmp(unreadable_cases[i].file, "secret.json"))
			continue; /* nothing is secret to root */
		assert_int_equal(load2(&m, unreadable_cases[i].file, NULL, &d), -1);
		assert_null(m);
		assert_int_equal(d.n, 1);
		assert_string_equal(d.list[0].file, unreadable_cases[i].file);
		assert_int_equal(d.list[0].line, 0);
		assert_string_equal(d.list[0].code, unreadable_cases[i].code);
		assert_string_equal(d.list[0].msg, unreadable_cases[i].msg);
		assert_string_equal(d.list[0].hint, unreadable_cases[i].hint);
	}
}

/* A file that is missing makes names unknown: that is not told as well. The others are read. */
static void test_no_echo(void **state)
{
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	put("a.json", "{ \"routes\": [ { \"osc\": \"/1\", \"to\": \"not.here\", \"arg\": 64 } ] }");
	assert_int_equal(load2(&m, "none.json", "a.json", &d), -1);
	assert_int_equal(d.n, 2);
	assert_string_equal(d.list[0].file, "none.json");
	assert_string_equal(d.list[1].msg, "\"arg\" is 64, expected 0..63");
}

/* Names of files in diags outlive the load that failed. */
static void test_names_live(void **state)
{
	struct mapping *m = NULL;
	struct diags d;
	char name[] = "gone.json";

	(void)state;
	assert_int_equal(load2(&m, name, NULL, &d), -1);
	memset(name, 'x', sizeof(name) - 1);
	assert_string_equal(d.list[0].file, "gone.json");
}

/* A file by two names, and one that is found in two folders: loaded again when all are gone. */
static void test_kept(void **state)
{
	const char *const files[] = { "a.json", "./b.json" };
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct mapping *m = NULL, *again = NULL;
	struct diags d = { 0 };
	struct kept kept;

	(void)state;
	put("a.json", "{ \"include\": [\"b.json\", \"d.json\", \"sub/b.json\"] }");
	put("b.json", "{ \"controls\": [{ \"name\": \"one\", \"kind\": \"lamp\" }] }");
	put("sub/b.json", "{ \"controls\": [{ \"name\": \"two\", \"kind\": \"lamp\" }] }");
	put("lib/d.json", "{ \"controls\": [{ \"name\": \"three\", \"kind\": \"lamp\" }] }");
	assert_int_equal(mapping_load_keep(&m, scratch, files, 2, "lib", &kept, &d), 0);
	assert_int_equal(kept.ntexts, 5); /* ./b.json is b.json: one text with two names */
	assert_ptr_equal(kept_find(&kept, "./b.json")->text, kept_find(&kept, "b.json")->text);
	remove("a.json");
	remove("b.json");
	remove("lib/d.json");
	put("sub/b.json", "{");
	assert_int_equal(mapping_load_kept(&again, NULL, &kept, &d), 0);
	assert_int_equal(again->ncontrols, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(again->controls[i].name, m->controls[i].name);
	mapping_free(again);
	kept.ntexts--;
	kept.texts[0].name = "elsewhere.json";
	assert_int_equal(mapping_load_kept(&again, NULL, &kept, &d), -1);
	assert_string_equal(d.list[0].msg, "cannot read: it is not among the files that were kept");
	mapping_free(m);
	kept_finish(&kept);
	arena_free(scratch);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_include),     cmocka_unit_test(test_merge),
		cmocka_unit_test(test_in_place_of), cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_no_echo),     cmocka_unit_test(test_names_live),
		cmocka_unit_test(test_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("load_files", tests, make_dir, remove_dir);
}
