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

/* What a line that was typed comes to. */
enum answer { ANSWER_ENDS, ANSWER_TEXT, ANSWER_NONE };

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

/* Asks until a control is chosen that the thing can move. */
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
			return a == ANSWER_NONE ? a : a == ANSWER_TEXT ? ANSWER_TEXT : a;
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

		printf("  It moves %s already", m->control->name);
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

/* What is there under the same condition makes room, or stays. *instead is set where it is in the file
 * that is written. */
static enum answer ask_replace(struct tutor *t, struct buf *line, const struct lesson *l,
                               const struct tutor_mapped **instead)
{
	const struct tutor_mapped *m = NULL;
	char question[400];
	enum answer a;

	for (size_t i = 0; i < l->nmapped; i++)
		if (l->mapped[i].same)
			m = &l->mapped[i];
	if (!m)
		return ANSWER_TEXT;
	if (m->here && m->each) {
		printf("%s:%d makes that route and others by \"each\": change it by hand\n",
		       m->route->at.file, m->route->at.line);
		return ANSWER_NONE;
	}
	snprintf(question, sizeof(question),
	         "It moves %s now. r replaces that%s, empty leaves it: ", m->control->name,
	         m->here ? ", x only takes it away" : "");
	a = ask(t, line, question);
	if (a != ANSWER_TEXT)
		return a;
	if (m->here && is(line, "x")) {
		const int at = tutor_remove(t, m);

		if (at > 0)
			printf("%s:%d: removed; %s\n", t->file, at, tutor_news(t));
		return ANSWER_NONE;
	}
	*instead = m->here ? m : NULL;
	return is(line, "r") ? ANSWER_TEXT : ANSWER_NONE;
}

/* A later file of the bridge has the last word on a source. */
static void warn_if_replaced(const struct tutor *t, const struct lesson *l, const char *control)
{
	struct tutor_mapped now[TUTOR_MAPPED];
	const size_t n = tutor_mapped(t, &l->thing, l->when, now);

	for (size_t i = 0; i < n; i++)
		if (now[i].same && strcmp(now[i].control->name, control) != 0)
			printf("  but %s:%d, which is read later, makes it move %s\n",
			       now[i].route->at.file, now[i].route->at.line, now[i].control->name);
}

static enum answer write_route(struct tutor *t, struct buf *line, const struct lesson *l,
                               const struct control *c)
{
	const struct learned_target to = { c->name, c->kind, l->when };
	const struct tutor_mapped *instead = NULL;
	const enum answer a = ask_replace(t, line, l, &instead);
	struct buf route;
	int at;

	if (a != ANSWER_TEXT)
		return a;
	buf_init(&route, 4096);
	learned_route(&route, &l->thing, tutor_port(t, &l->thing.source), &to);
	printf("  %s\n", route.p);
	at = tutor_write(t, route.p, instead);
	buf_finish(&route);
	if (at < 0)
		return ANSWER_NONE;
	printf("written to %s:%d; %s\n", t->file, at, tutor_news(t));
	warn_if_replaced(t, l, c->name);
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
static enum answer teach(struct tutor *t, struct buf *line, struct lesson *l)
{
	const struct control *c = NULL;
	enum answer a;

	print_thing(t, &l->thing);
	if (l->thing.ask)
		return ANSWER_NONE;
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
