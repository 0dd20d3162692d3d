/* The table of codes: every entry is there, and its examples say what they are examples of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuewire/buf.h"
#include "cuewire/codes.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"

static char folder[] = "/tmp/cuewire-codes.XXXXXX";
static char mappings[4096];

static int enter_folder(void **state)
{
	(void)state;
	if (!getcwd(mappings, sizeof(mappings) - sizeof("/mappings")) || !mkdtemp(folder) ||
	    chdir(folder))
		return -1;
	strcat(mappings, "/mappings");
	return 0;
}

static int leave_folder(void **state)
{
	(void)state;
	return unlink("mapping.json") || chdir("/") || rmdir(folder);
}

/* Loads the example as a file, since one of them includes itself. */
static int load_example(const char *example, struct diags *d)
{
	static const char *const files[] = { "mapping.json" };
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct mapping *m = NULL;
	FILE *f = fopen(files[0], "w");
	struct buf b;
	int err;

	assert_non_null(f);
	buf_init(&b, 65536);
	code_file(&b, example);
	fputs(b.p, f);
	assert_int_equal(fclose(f), 0);
	buf_finish(&b);
	*d = (struct diags){ 0 };
	err = mapping_load(&m, scratch, files, 1, mappings, d);
	mapping_free(m);
	arena_free(scratch);
	return err;
}

static void test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const struct code_info *c = &codes[i];

		assert_non_null(c->name);
		assert_int_equal(strspn(c->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(c->name));
		assert_true(!i || strcmp(codes[i - 1].name, c->name) < 0);
		assert_ptr_equal(code_find(c->name), c);
		assert_non_null(c->summary);
		assert_true(strlen(c->summary) <= 70 && !strchr(c->summary, '\n'));
		assert_non_null(c->text);
		assert_null(strchr(c->text, '\n'));
		assert_int_equal(c->text[strlen(c->text) - 1], '.');
		assert_non_null(c->wrong);
		assert_non_null(c->right);
	}
	assert_null(code_find("no-such-code"));
	assert_null(code_find(""));
}

/* All that is said of the wrong one has this code. */
static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const struct code_info *c = &codes[i];
		const int expected = c->severity == SEV_ERROR ? -1 : 0;
		struct diags d;

		if (load_example(c->wrong, &d) != expected || d.n < 1)
			fail_msg("%s: the wrong example passes", c->name);
		for (size_t k = 0; k < d.n; k++)
			if (d.list[k].severity != c->severity || strcmp(d.list[k].code, c->name))
				fail_msg("%s: its wrong example says %s: %s", c->name,
				         d.list[k].code, d.list[k].msg);
	}
}

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		struct diags d;

		if (load_example(codes[i].right, &d) || d.n)
			fail_msg("%s: its right example says: %s", codes[i].name, d.list[0].msg);
	}
}

/* Lines that a terminal and a page can show. */
static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_COUNT; i++) {
		struct buf b;

		buf_init(&b, 65536);
		code_explain(&b, &codes[i]);
		assert_false(b.cut);
		assert_null(strchr(b.p, '\''));
		for (const char *p = b.p; *p; p += strcspn(p, "\n") + 1)
			if (strcspn(p, "\n") > 80)
				fail_msg("%s: a line of more than 80 characters: %s", codes[i].name,
				         p);
		buf_finish(&b);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_texts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("codes", tests, enter_folder, leave_folder);
}
