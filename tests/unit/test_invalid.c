/* Every folder of tests/golden/invalid holds a mapping.json that must be refused, and in `error`
 * what is said of it: "[FILE:]LINE:COLUMN: SEVERITY: MESSAGE", the hint indented below it. The
 * file is left out for mapping.json itself. BLESS=1 writes `error` anew: review what changed. */
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
#include "cuewire/load.h"
#include "cuewire/mem.h"

#include "folders.h"

#define ROOT "tests/golden/invalid"
#define CASES_MAX 512

static char home[4096];

/* ---- what is said ---- */

static void add_diag(struct buf *b, const struct diag *e)
{
	if (strcmp(e->file, "mapping.json"))
		buf_fmt(b, "%s:", e->file);
	buf_fmt(b, "%d:%d: %s: %s\n", e->line, e->column,
	        e->severity == SEV_ERROR ? "error" : "warning", e->msg);
	if (*e->hint)
		buf_fmt(b, "    %s\n", e->hint);
}

/* Codes are for programs: lower case with hyphens. */
static void check_code(const struct diag *e)
{
	assert_non_null(e->code);
	assert_true(*e->code);
	assert_int_equal(strspn(e->code, "abcdefghijklmnopqrstuvwxyz-"), strlen(e->code));
}

static void check_order(const struct diags *d)
{
	for (size_t i = 1; i < d->n; i++) {
		const struct diag *a = &d->list[i - 1], *b = &d->list[i];

		if (strcmp(a->file, b->file))
			continue;
		assert_true(a->line < b->line || (a->line == b->line && a->column <= b->column));
	}
}

/* Loads mapping.json of the current folder, which must fail, and takes down what is said. */
static void refuse(struct buf *b)
{
	static const char *const files[] = { "mapping.json" };
	struct mapping *const untouched = (struct mapping *)home;
	struct mapping *m = untouched;
	struct diags d = { 0 };
	struct arena *scratch = arena_new(ARENA_LOAD);

	assert_int_equal(mapping_load(&m, scratch, files, 1, NULL, &d), -1);
	arena_free(scratch);
	assert_ptr_equal(m, untouched);
	assert_true(d.errors > 0 && d.n > 0);
	check_order(&d);
	for (size_t i = 0; i < d.n; i++) {
		check_code(&d.list[i]);
		add_diag(b, &d.list[i]);
	}
	if (d.more)
		buf_fmt(b, "and %zu more\n", d.more);
}

/* ---- what is expected ---- */

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 65536);

	if (f) {
		assert_true(fread(text, 1, 65535, f) < 65535);
		fclose(f);
	}
	return text;
}

static void bless(const struct buf *b)
{
	FILE *f = fopen("error", "w");

	assert_non_null(f);
	fwrite(b->p, 1, b->len, f);
	assert_int_equal(fclose(f), 0);
}

static void test_case(void **state)
{
	struct buf b;
	char *expected;

	assert_int_equal(chdir(home), 0);
	if (chdir(ROOT) || chdir(*state))
		fail_msg("no folder %s", (const char *)*state);
	buf_init(&b, 65536);
	refuse(&b);
	if (getenv("BLESS"))
		bless(&b);
	expected = slurp("error");
	assert_string_equal(b.p, expected);
	free(expected);
	buf_finish(&b);
}

int main(void)
{
	static struct CMUnitTest tests[CASES_MAX];
	size_t n;
	int failed;

	if (!getcwd(home, sizeof(home)))
		return 1;
	n = folder_tests(tests, CASES_MAX, ROOT, test_case);
	if (!n) {
		printf("1..1\nnot ok 1 - no folders in " ROOT " (run from the top of the tree)\n");
		return 1;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests("invalid", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((void *)tests[i].name);
	return failed;
}
