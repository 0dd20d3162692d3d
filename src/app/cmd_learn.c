/* `cuewire learn`: the options, and what scripts use: --json, --to, --undo. The dialogue is in
 * tutor_talk.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "cuewire/clock.h"
#include "cuewire/edit.h"
#include "cuewire/mem.h"
#include "cuewire/near.h"
#include "options.h"
#include "tutor.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define TEXT_MAX_BYTES ((size_t)4096)
#define NS_PER_S UINT64_C(1000000000)

struct args {
	bool json, once, undo;
	int timeout_s;
	const char *to, *socket, *mappings;
};

#define AT(field) offsetof(struct args, field)

static const struct option table[] = {
	{ "json", OPTION_FLAG, AT(json), .help = "prints each thing as a JSON line, asks nothing" },
	{ "to", OPTION_TEXT, AT(to), .value = "CONTROL",
	  .help = "writes the next thing that is moved as a route to this control, and ends" },
	{ "once", OPTION_FLAG, AT(once), .help = "ends after the first thing" },
	{ "timeout", OPTION_INT, AT(timeout_s), .value = "S", .min = 1, .max = 86400,
	  .help = "ends after so many seconds" },
	{ "undo", OPTION_FLAG, AT(undo), .help = "takes the last change of FILE back" },
	{ "socket", OPTION_TEXT, AT(socket), .value = "PATH", .help = "the bridge's Unix socket" },
	{ "mappings", OPTION_TEXT, AT(mappings), .value = "DIR",
	  .help = "where shipped mappings are looked for" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

/* ---- as JSON ---- */

/* A thing, and what became of it. */
struct told {
	struct learn_thing thing;
	struct tutor_mapped mapped[TUTOR_MAPPED];
	size_t nmapped;
	const char *when;
	struct buf route;
	int line; /* where the route was written; 0: it was not */
	const char *news;
};

static void add_mapped(struct buf *b, const struct told *l)
{
	buf_puts(b, ", \"mapped\": [");
	for (size_t i = 0; i < l->nmapped; i++) {
		const struct tutor_mapped *m = &l->mapped[i];

		buf_puts(b, i ? ", {\"control\": " : "{\"control\": ");
		buf_json_str(b, m->moves);
		buf_puts(b, ", \"file\": ");
		buf_json_str(b, m->route->own ? NULL : m->route->at.file);
		buf_fmt(b, ", \"line\": %d}", m->route->own ? 0 : m->route->at.line);
	}
	buf_putc(b, ']');
}

static void add_held(struct buf *b, const struct tutor *t, const struct learn_thing *thing)
{
	const struct learn_thing button = { .source = thing->by, .alone = true };
	const struct control *shift = tutor_shift(t, thing);

	buf_puts(b, ", \"held\": ");
	if (!thing->held) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"source\": ");
	learned_source(b, &button, tutor_port(t, &thing->by));
	buf_puts(b, ", \"control\": ");
	buf_json_str(b, shift ? shift->name : NULL);
	buf_fmt(b, ", \"touch\": %s, \"moves_without\": %s}", thing->touched ? "true" : "false",
	        thing->moves_free ? "true" : "false");
}

static void print_json(const struct tutor *t, const struct told *l)
{
	struct buf b, text;

	buf_init(&b, LINE_MAX_BYTES);
	buf_init(&text, TEXT_MAX_BYTES);
	learned_text(&text, &l->thing);
	buf_puts(&b, "{\"source\": ");
	learned_source(&b, &l->thing, tutor_port(t, &l->thing.source));
	buf_fmt(&b, ", \"guess\": \"%s\", \"sure\": %s, \"confidence\": %.2f, \"text\": ",
	        learn_guess_names[l->thing.guess], l->thing.ask ? "false" : "true",
	        l->thing.confidence);
	buf_json_str(&b, text.p);
	add_mapped(&b, l);
	add_held(&b, t, &l->thing);
	buf_fmt(&b, ", \"route\": %s", l->thing.ask ? "null" : l->route.p);
	if (l->line) {
		buf_puts(&b, ", \"file\": ");
		buf_json_str(&b, t->file);
		buf_fmt(&b, ", \"line\": %d, \"news\": ", l->line);
		buf_json_str(&b, l->news);
	}
	buf_putc(&b, '}');
	puts(b.p);
	fflush(stdout);
	buf_finish(&b);
	buf_finish(&text);
}

/* Finds out what is to be told of the thing; to: the control that it is for, NULL: not known. */
static void find_out(const struct tutor *t, struct told *l, const struct control *to)
{
	const struct control *shift = tutor_shift(t, &l->thing);
	struct learned_target target = { 0 };

	l->when = shift ? shift->name : NULL;
	l->nmapped = tutor_mapped(t, &l->thing, l->when, l->mapped);
	l->line = 0;
	target.when = l->when;
	if (to) {
		target.control = to->name;
		target.kind = to->kind;
	}
	buf_clear(&l->route);
	learned_route(&l->route, &l->thing, tutor_port(t, &l->thing.source), &target);
}

/* ---- what ends the waiting ---- */

static int end_of(enum tutor_event e, int timeout_s, const struct buf *unclear)
{
	if (e == TUTOR_BRIDGE_ENDED)
		fprintf(stderr, "cuewire: the bridge has ended\n");
	else if (unclear->len)
		fprintf(stderr, "cuewire learn: nothing was clear within %d s; the last was: %s\n",
		        timeout_s, unclear->p);
	else
		fprintf(stderr, "cuewire learn: nothing was moved within %d s\n", timeout_s);
	return EXIT_FAILED;
}

/* What is told is what the files say now; as they were, while they have errors. */
static void tell(struct tutor *t, struct told *l)
{
	tutor_refresh(t);
	find_out(t, l, NULL);
	print_json(t, l);
}

/* The next thing that is sure. What is not is told on the way: as JSON, or on standard error. */
static enum tutor_event next_sure(struct tutor *t, bool json, uint64_t until_ns, struct told *l,
                                  struct buf *unclear)
{
	enum tutor_event e;

	while ((e = tutor_wait(t, TUTOR_LISTENS, until_ns, &l->thing, NULL)) == TUTOR_MOVED) {
		if (!l->thing.ask)
			return e;
		buf_clear(unclear);
		learned_text(unclear, &l->thing);
		if (json)
			tell(t, l);
		else
			fprintf(stderr, "%s\n", unclear->p);
	}
	return e;
}

/* ---- --json ---- */

static int print_things(struct tutor *t, const struct args *a, uint64_t until_ns, struct told *l)
{
	struct buf unclear;
	enum tutor_event e;
	int code = EXIT_FAILED;

	buf_init(&unclear, TEXT_MAX_BYTES);
	while ((e = next_sure(t, true, until_ns, l, &unclear)) == TUTOR_MOVED) {
		tell(t, l);
		code = EXIT_OK;
		if (a->once)
			break;
	}
	if (e == TUTOR_BRIDGE_ENDED || code)
		code = end_of(e, a->timeout_s, &unclear);
	buf_finish(&unclear);
	return code;
}

/* ---- --to ---- */

static const struct control *find_control(const struct tutor *t, const char *name)
{
	const int i = mapping_control(t->m, name, strlen(name));
	struct near near;

	if (i >= 0)
		return &t->m->controls[i];
	near_init(&near, name);
	for (size_t k = 0; k < t->m->ncontrols; k++)
		near_try(&near, t->m->controls[k].name);
	fprintf(stderr, "cuewire learn: there is no control \"%s\"", name);
	if (near.best)
		fprintf(stderr, ", did you mean \"%s\"?", near.best);
	fprintf(stderr, "\n");
	return NULL;
}

/* The route of the file that the new one takes the place of; NULL: none. */
static const struct tutor_mapped *find_instead(const struct tutor_mapped *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].same && list[i].here && !list[i].each)
			return &list[i];
	return NULL;
}

/* The file may have been edited while it was waited for. */
static const struct control *find_again(struct tutor *t, const char *name)
{
	return tutor_refresh(t) ? NULL : find_control(t, name);
}

static int write_thing(struct tutor *t, bool json, struct told *l, const struct control *c)
{
	const char *refusal = learned_refusal(&l->thing, c->kind);
	const struct tutor_mapped *instead;
	struct buf text;

	buf_init(&text, TEXT_MAX_BYTES);
	learned_text(&text, &l->thing);
	find_out(t, l, c);
	instead = find_instead(l->mapped, l->nmapped);
	if (refusal)
		fprintf(stderr, "cuewire learn: %s; %s %s\n", text.p, c->name, refusal);
	else
		l->line =
			tutor_change(t, &(struct tutor_change){ instead ? TUTOR_REPLACE : TUTOR_NEW,
		                                                instead, l->route.p });
	if (l->line > 0) {
		l->news = tutor_news(t);
		if (json)
			print_json(t, l);
		else
			printf("%s\n%s\nwritten to %s:%d; %s\n", text.p, l->route.p, t->file,
			       l->line, l->news);
	}
	buf_finish(&text);
	return l->line > 0 ? EXIT_OK : EXIT_FAILED;
}

static int write_next(struct tutor *t, const struct args *a, uint64_t until_ns, struct told *l)
{
	const struct control *c = find_control(t, a->to);
	struct buf unclear;
	enum tutor_event e;
	int code = EXIT_FAILED;

	if (!c)
		return EXIT_FAILED;
	buf_init(&unclear, TEXT_MAX_BYTES);
	e = next_sure(t, a->json, until_ns, l, &unclear);
	if (e != TUTOR_MOVED)
		code = end_of(e, a->timeout_s, &unclear);
	else if ((c = find_again(t, a->to)))
		code = write_thing(t, a->json, l, c);
	buf_finish(&unclear);
	return code;
}

/* ---- --undo ---- */

static int take_back(const char *file)
{
	struct diags d = { 0 };
	int line;

	if (edit_undo(file, &line, &d)) {
		diags_print(stderr, &d);
		return EXIT_FAILED;
	}
	if (line)
		printf("%s:%d: the last change is taken back\n", file, line);
	else
		printf("%s: removed, as learn had made it\n", file);
	return EXIT_OK;
}

/* ---- all ---- */

static int learn(const struct args *a, const char *file)
{
	const uint64_t until =
		a->timeout_s ? clock_ns() + (uint64_t)a->timeout_s * NS_PER_S : UINT64_MAX;
	struct tutor *t = xcalloc(1, sizeof(*t));
	struct told l = { .line = 0 };
	int code = EXIT_FAILED;

	t->socket = a->socket;
	t->mappings = a->mappings;
	buf_init(&l.route, TEXT_MAX_BYTES);
	if (!tutor_begin(t, file)) {
		if (a->to || a->json)
			fprintf(stderr, "Move something...\n");
		code = a->to     ? write_next(t, a, until, &l)
		       : a->json ? print_things(t, a, until, &l)
		                 : tutor_talk(t, a->once, until);
	}
	buf_finish(&l.route);
	tutor_finish(t);
	free(t);
	return code;
}

int cmd_learn(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("learn", table, NOPTIONS, &a, argc, argv);

	if (n < 0 || n > 1)
		return command_usage("learn", n < 0 ? n : -1, table, NOPTIONS);
	if (!a.undo)
		return learn(&a, n ? argv[0] : NULL);
	if (n)
		return take_back(argv[0]);
	fprintf(stderr, "cuewire learn: --undo needs a file\n");
	return command_usage("learn", -1, table, NOPTIONS);
}
