#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "cuewire/xform.h"
#include "options.h"
#include "programs.h"

struct args {
	bool json;
	const char *mappings;
};

static const struct option table[] = {
	{ "json", OPTION_FLAG, offsetof(struct args, json), .help = "prints one JSON value" },
	{ "mappings", OPTION_TEXT, offsetof(struct args, mappings), .value = "DIR",
	  .help = "where shipped mappings are looked for" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

static void print_json(const struct diags *d)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	buf_puts(&b, "{\"diagnostics\": [");
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *e = &d->list[i];

		buf_fmt(&b, "%s{\"file\": ", i ? ", " : "");
		buf_json_str(&b, e->file);
		buf_fmt(&b,
		        ", \"line\": %d, \"column\": %d, \"severity\": \"%s\", \"code\": \"%s\", "
		        "\"message\": ",
		        e->line, e->column, e->severity == SEV_ERROR ? "error" : "warning",
		        e->code);
		buf_json_str(&b, e->msg);
		buf_puts(&b, ", \"hint\": ");
		buf_json_str(&b, e->hint[0] ? e->hint : NULL);
		buf_putc(&b, '}');
	}
	buf_fmt(&b, "], \"more\": %zu}", d->more);
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

int cmd_check(int argc, char **argv)
{
	struct args a = { false, NULL };
	const int n = options_parse("check", table, NOPTIONS, &a, argc, argv);
	struct diags d = { 0 };
	struct mapping *m = NULL;
	struct arena *scratch;
	char dir[512] = "";
	int err;

	if (n < 0)
		return command_usage("check", n, table, NOPTIONS);
	if (n == 0) {
		fprintf(stderr, "cuewire check: no file named\n");
		return command_usage("check", -1, table, NOPTIONS);
	}
	if (!a.mappings)
		programs_mappings(dir, sizeof(dir));
	scratch = arena_new(ARENA_LOAD);
	err = mapping_load(&m, scratch, (const char *const *)argv, (size_t)n,
	                   a.mappings ? a.mappings : dir, &d);
	arena_free(scratch);
	if (a.json)
		print_json(&d);
	else
		diags_print(stdout, &d);
	if (!err && !a.json)
		print_summary(m, &d);
	mapping_free(m);
	return err ? EXIT_FAILED : EXIT_OK;
}
