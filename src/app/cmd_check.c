#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "cuewire/codes.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "cuewire/near.h"
#include "cuewire/xform.h"
#include "options.h"
#include "programs.h"

struct args {
	bool json, explain;
	const char *mappings;
};

static const struct option table[] = {
	{ "json", OPTION_FLAG, offsetof(struct args, json), .help = "prints one JSON value" },
	{ "explain", OPTION_FLAG, offsetof(struct args, explain),
	  .help = "says what codes mean, or lists them all; no files" },
	{ "mappings", OPTION_TEXT, offsetof(struct args, mappings), .value = "DIR",
	  .help = "where shipped mappings are looked for" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

static void print_json(const struct diags *d)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	buf_putc(&b, '{');
	diags_json(&b, d);
	buf_putc(&b, '}');
	puts(b.p);
	buf_finish(&b);
}

static void print_count(size_t n, const char *what, const char *after)
{
	fprintf(stderr, "%zu %s%s%s", n, what, n == 1 ? "" : "s", after);
}

/* What a person wants to know of a mapping without problems. */
static void print_summary(const struct mapping *m, const struct diags *d)
{
	size_t routes = 0;

	for (size_t i = 0; i < m->nroutes; i++)
		routes += !m->routes[i].own;
	print_count(m->nfiles, "file", ", ");
	print_count(m->nports, "port", ", ");
	print_count(m->ncontrols, "control", ", ");
	print_count(routes, "route", ", ");
	print_count(m->nintents, "intent", ": ");
	fprintf(stderr, "%s\n", d->n ? "no errors" : "no errors, no warnings");
}

/* Where to read more on what was said: each code once. */
static void print_more(const struct diags *d)
{
	fputs("more: cuewire check --explain", stderr);
	for (size_t i = 0; i < d->n; i++) {
		size_t first = 0;

		while (strcmp(d->list[first].code, d->list[i].code))
			first++;
		if (first == i)
			fprintf(stderr, " %s", d->list[i].code);
	}
	fputc('\n', stderr);
}

/* ---- --explain ---- */

static const struct code_info *known_code(const char *name)
{
	const struct code_info *c = code_find(name);
	struct near n;

	if (c)
		return c;
	near_init(&n, name);
	for (size_t i = 0; i < CODE_COUNT; i++)
		near_try(&n, codes[i].name);
	fprintf(stderr, "cuewire check: there is no code \"%s\"", name);
	if (n.best)
		fprintf(stderr, ", did you mean \"%s\"?\n", n.best);
	else
		fputs("; --explain alone lists them\n", stderr);
	return NULL;
}

static void explain_code(struct buf *b, const struct code_info *c, const struct args *a, bool all)
{
	if (a->json)
		code_json(b, c);
	else if (all)
		code_line(b, c);
	else
		code_explain(b, c);
}

/* The codes that are named, or all of them; for a program one is an object, and more are a list. */
static int explain(char **names, size_t n, const struct args *a)
{
	const size_t count = n ? n : CODE_COUNT;
	const bool list = a->json && count > 1;
	const char *const between = a->json ? ", " : n ? "\n" : "";
	struct buf b;
	int ret = EXIT_USAGE;

	buf_init(&b, 1024 * 1024);
	buf_puts(&b, list ? "[" : "");
	for (size_t i = 0; i < count; i++) {
		const struct code_info *c = n ? known_code(names[i]) : &codes[i];

		if (!c)
			goto out;
		buf_puts(&b, i ? between : "");
		explain_code(&b, c, a, !n);
	}
	buf_puts(&b, list ? "]\n" : a->json ? "\n" : "");
	fputs(b.p, stdout);
	ret = EXIT_OK;
out:
	buf_finish(&b);
	return ret;
}

/* ---- files ---- */

static int check(char **files, size_t n, const struct args *a)
{
	struct diags d = { 0 };
	struct mapping *m = NULL;
	struct arena *scratch = arena_new(ARENA_LOAD);
	char dir[512] = "";
	int err;

	if (!a->mappings)
		programs_mappings(dir, sizeof(dir));
	err = mapping_load(&m, scratch, (const char *const *)files, n,
	                   a->mappings ? a->mappings : dir, &d);
	arena_free(scratch);
	if (a->json)
		print_json(&d);
	else
		diags_print(stdout, &d);
	if (!err && !a->json)
		print_summary(m, &d);
	if (d.n && !a->json)
		print_more(&d);
	mapping_free(m);
	return err ? EXIT_FAILED : EXIT_OK;
}

int cmd_check(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("check", table, NOPTIONS, &a, argc, argv);

	if (n < 0)
		return command_usage("check", n, table, NOPTIONS);
	if (a.explain)
		return explain(argv, (size_t)n, &a);
	if (n == 0) {
		fprintf(stderr, "cuewire check: no file named\n");
		return command_usage("check", -1, table, NOPTIONS);
	}
	return check(argv, (size_t)n, &a);
}
