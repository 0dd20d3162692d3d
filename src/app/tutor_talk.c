/* The dialogue of `cuewire learn`: what was moved, which control it is for, the route, and on. */
#include "tutor.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "cuewire/pick.h"

#define SHOWN 5 /* controls that are offered by number */
#define LINE_BYTES 1024

/* What a line that was typed comes to. ANSWER_STALE: it was for a file that has changed since. */
enum answer { ANSWER_ENDS, ANSWER_TEXT, ANSWER_NONE, ANSWER_STALE };

static enum answer ask(struct tutor *t, struct buf *line, const char *question)
{
	printf("%s", question);
	fflush(stdout);
	switch (tutor_wait(t, TUTOR_READS, UINT64_MAX, NULL, line)) {
	case TUTOR_TYPED:
		return line->len ? ANSWER_TEXT : ANSWER_NONE;
	case TUTOR_BRIDGE_ENDED:
		fprintf(stderr, "\ncuewire: the bridge has ended\n");
		return ANSWER_ENDS;
	default:
		printf("\n");
		return ANSWER_ENDS;
	}
}

static bool is(const struct buf *line, const char *word)
{
	return line->len && !strcmp(line->p, word);
}

static void undo(struct tutor *t)
{
	const int line = tutor_undo(t);

	if (line < 0)
		return;
	if (line)
		printf("%s:%d: taken back; %s\n", t->file, line, tutor_news(t));
	else
		printf("%s is removed, as it was made here\n", t->file);
}

/* ---- which control ---- */

/* The controls that answer best, the first of equals first. */
struct offer {
	const struct control *list[SHOWN];
	int score[SHOWN];
	size_t n, all;
};

static void offer_one(struct offer *o, const struct control *c, int score)
{
	size_t i = o->n < SHOWN ? o->n++ : SHOWN;

	o->all++;
	while (i && o->score[i - 1] < score)
		i--;
	if (i == SHOWN)
		return;
	for (size_t k = o->n - 1; k > i; k--) {
		o->list[k] = o->list[k - 1];
		o->score[k] = o->score[k - 1];
	}
	o->list[i] = c;
	o->score[i] = score;
}

static struct offer find_offers(const struct tutor *t, const char *typed)
{
	struct offer o = { .n = 0 };

	for (size_t i = 0; i < t->m->ncontrols; i++) {
		const struct control *c = &t->m->controls[i];
		const int score = c->kind == KIND_LAMP ? 0 : pick_score(typed, c->name);

		if (score)
			offer_one(&o, c, score);
	}
	return o;
}

static void print_control(const struct control *c)
{
	printf("%s (%s)%s%s\n", c->name, kinds[c->kind].name, c->title ? "  " : "",
	       c->title ? c->title : "");
}

static void print_controls(const struct tutor *t, const char *typed)
{
	for (size_t i = 0; i < t->m->ncontrols; i++) {
		const struct control *c = &t->m->controls[i];

		if (c->kind == KIND_LAMP || (*typed && !pick_score(typed, c->name)))
			continue;
		printf("  ");
		print_control(c);
	}
}

static void print_offer(const struct offer *o)
{
	for (size_t i = 0; i < o->n; i++) {
		printf("  %zu  ", i + 1);
		print_control(o->list[i]);
	}
	if (o->all > o->n)
		printf("  and %zu more\n", o->all - o->n);
}

/* One alone, or the name itself. */
static const struct control *only_one(const struct offer *o)
{
	return o->all == 1 || (o->n && o->score[0] == PICK_EXACT) ? o->list[0] : NULL;
}

/* Asks until a control is chosen that the thing can move. ANSWER_TEXT without one: the line is q
 * or u. */
static enum answer choose(struct tutor *t, struct buf *line, const struct learn_thing *thing,
                          const struct control **chosen)
{
	struct offer o = { .n = 0 };
	const char *question = "Control (part of its name, ? lists, empty leaves it out): ";

	for (;;) {
		const enum answer a = ask(t, line, question);
		const struct control *c = NULL;
		const char *refusal;

		if (a != ANSWER_TEXT || is(line, "q") || is(line, "u"))
			return a;
		if (line->p[0] == '?') {
			print_controls(t, line->p + 1 + strspn(line->p + 1, " "));
			continue;
		}
		if (line->len == 1 && line->p[0] > '0' && (size_t)(line->p[0] - '0') <= o.n) {
			c = o.list[line->p[0] - '1'];
		} else {
			o = find_offers(t, line->p);
			c = only_one(&o);
		}
		refusal = c ? learned_refusal(thing, c->kind) : NULL;
		if (refusal) {
			printf("%s %s\n", c->name, refusal);
		} else if (c) {
			*chosen = c;
			return ANSWER_TEXT;
		} else if (!o.n) {
			printf("no control answers to \"%s\"\n", line->p);
		} else {
			print_offer(&o);
			question = "Number, or more of its name: ";
		}
	}
}

/* ---- one thing ---- */

/* What is asked of one thing, and what came of it. */
struct lesson {
	struct learn_thing thing;
	struct tutor_mapped mapped[TUTOR_MAPPED];
	size_t nmapped;
	const char *when;
};

static void print_mapped(const struct lesson *l)
{
	for (size_t i = 0; i < l->nmapped; i++) {
		const struct tutor_mapped *m = &l->mapped[i];

		printf("  It moves %s already", m->moves);
		if (m->route->own)
			printf(", by its name\n");
		else
			printf(" (%s:%d%s%s)\n", m->route->at.file, m->route->at.line,
			       m->route->nwhen ? ", under a condition" : "",
			       m->each ? ", with others by \"each\"" : "");
	}
}

/* Whether the route is only for when the button is held, as it was. */
static enum answer ask_shift(struct tutor *t, struct buf *line, struct lesson *l)
{
	const struct control *shift = tutor_shift(t, &l->thing);
	char question[256];
	enum answer a;

	if (!shift) {
		if (l->thing.held && !l->thing.touched)
			printf("  (To make that button a shift key, map it to a control first.)\n");
		return ANSWER_NONE;
	}
	snprintf(question, sizeof(question), "Only while %s is held? (y, n; empty: y) ",
	         shift->name);
	a = ask(t, line, question);
	if (a != ANSWER_ENDS && !(line->len && tolower((unsigned char)line->p[0]) == 'n'))
		l->when = shift->name;
	return a;
}

static const struct tutor_mapped *find_same(const struct lesson *l)
{
	for (size_t i = 0; i < l->nmapped; i++)
		if (l->mapped[i].same)
			return &l->mapped[i];
	return NULL;
}

/* What is there under the same condition makes room, or gets company, or stays. ANSWER_TEXT: *c
 * says what is to be done. */
static enum answer ask_replace(struct tutor *t, struct buf *line, const struct lesson *l,
                               struct tutor_change *c)
{
	const struct tutor_mapped *m = find_same(l);
	char question[400];
	enum answer a;

	*c = (struct tutor_change){ .how = TUTOR_NEW };
	if (!m)
		return ANSWER_TEXT;
	if (m->here && m->each) {
		printf("%s:%d makes that route and others by \"each\": change it by hand\n",
		       m->route->at.file, m->route->at.line);
		return ANSWER_NONE;
	}
	snprintf(question, sizeof(question),
	         "It moves %s now. r replaces that%s, empty leaves it: ", m->moves,
	         m->here ? ", a adds to it, x only takes it away" : "");
	a = ask(t, line, question);
	if (a != ANSWER_TEXT)
		return a;
	if (m->here) {
		c->at = m;
		c->how = is(line, "a")   ? TUTOR_ADD_TO
		         : is(line, "x") ? TUTOR_REMOVE
		                         : TUTOR_REPLACE;
	}
	return c->how == TUTOR_ADD_TO || c->how == TUTOR_REMOVE || is(line, "r") ? ANSWER_TEXT
	                                                                         : ANSWER_NONE;
}

/* A later file of the bridge has the last word on a source. */
static void warn_if_replaced(const struct tutor *t, const struct lesson *l, const char *control)
{
	struct lesson now = *l;
	const struct tutor_mapped *m;

	now.nmapped = tutor_mapped(t, &now.thing, now.when, now.mapped);
	for (size_t i = 0; i < now.nmapped; i++)
		if (now.mapped[i].same && !strcmp(now.mapped[i].moves, control))
			return;
	m = find_same(&now);
	if (m)
		printf("  but %s:%d, which is read later, makes it move %s\n", m->route->at.file,
		       m->route->at.line, m->moves);
}

static enum answer write_route(struct tutor *t, struct buf *line, const struct lesson *l,
                               const struct control *control)
{
	const struct learned_target to = { control->name, control->kind, l->when };
	struct tutor_change c;
	const enum answer a = ask_replace(t, line, l, &c);
	struct buf route;
	int at;

	if (a != ANSWER_TEXT)
		return a;
	buf_init(&route, 4096);
	learned_route(&route, &l->thing, tutor_port(t, &l->thing.source), &to);
	c.text = c.how == TUTOR_ADD_TO ? control->name : route.p;
	if (c.how == TUTOR_NEW || c.how == TUTOR_REPLACE)
		printf("  %s\n", route.p);
	at = tutor_change(t, &c);
	buf_finish(&route);
	if (at < 0)
		return at == TUTOR_STALE ? ANSWER_STALE : ANSWER_NONE;
	printf("%s %s:%d; %s\n", c.how == TUTOR_REMOVE ? "removed from" : "written to", t->file, at,
	       tutor_news(t));
	if (c.how != TUTOR_REMOVE)
		warn_if_replaced(t, l, control->name);
	return ANSWER_TEXT;
}

static void print_thing(const struct tutor *t, const struct learn_thing *thing)
{
	const char *port = tutor_port(t, &thing->source);
	struct buf b;

	buf_init(&b, LINE_BYTES);
	learned_text(&b, thing);
	printf("\n%s%s%s\n", port ? port : "", port ? ": " : "", b.p);
	buf_finish(&b);
}

/* ANSWER_TEXT: a route was written. */
static enum answer teach_once(struct tutor *t, struct buf *line, struct lesson *l)
{
	const struct control *c = NULL;
	enum answer a;

	print_thing(t, &l->thing);
	if (l->thing.ask || tutor_refresh(t))
		return ANSWER_NONE;
	l->when = NULL;
	l->nmapped = tutor_mapped(t, &l->thing, NULL, l->mapped);
	print_mapped(l);
	a = choose(t, line, &l->thing, &c);
	if (a != ANSWER_TEXT)
		return a;
	if (!c && is(line, "q"))
		return ANSWER_ENDS;
	if (!c) {
		undo(t);
		return ANSWER_NONE;
	}
	if (ask_shift(t, line, l) == ANSWER_ENDS)
		return ANSWER_ENDS;
	l->nmapped = tutor_mapped(t, &l->thing, l->when, l->mapped);
	return write_route(t, line, l, c);
}

static enum answer teach(struct tutor *t, struct buf *line, struct lesson *l)
{
	enum answer a;

	do
		a = teach_once(t, line, l);
	while (a == ANSWER_STALE);
	return a;
}

int tutor_talk(struct tutor *t, bool once, uint64_t until_ns)
{
	struct buf line;
	int code = EXIT_OK;

	buf_init(&line, LINE_BYTES);
	printf("Routes go to %s. u takes the last change back, q ends.\nMove something...\n",
	       t->file);
	for (;;) {
		struct lesson l = { .nmapped = 0 };
		enum answer a = ANSWER_NONE;

		fflush(stdout);
		switch (tutor_wait(t, TUTOR_LISTENS | TUTOR_READS, until_ns, &l.thing, &line)) {
		case TUTOR_MOVED:
			a = teach(t, &line, &l);
			learn_skip(&t->learn); /* what moved meanwhile */
			break;
		case TUTOR_TYPED:
			if (is(&line, "u"))
				undo(t);
			else if (line.len && !is(&line, "q"))
				printf("u takes the last change back, q ends\n");
			a = is(&line, "q") ? ANSWER_ENDS : ANSWER_NONE;
			break;
		case TUTOR_BRIDGE_ENDED:
			fprintf(stderr, "cuewire: the bridge has ended\n");
			code = EXIT_FAILED;
			/* fall through */
		default:
			a = ANSWER_ENDS;
			break;
		}
		if (a == ANSWER_ENDS || (a == ANSWER_TEXT && once))
			break;
		printf("Move something...\n");
	}
	buf_finish(&line);
	return code;
}
