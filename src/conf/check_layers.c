/* Layers: which conditions can hold together, and which never do. Told as warnings, and only of a
 * mapping without errors, whose names are all known.
 *
 * A "when" is asked by trying values of the controls that it names: of each those at which an answer
 * can change, one control after the other, with an answer of "not known yet" that ends most trials
 * early. What takes too long to try is not told: a warning must be right. */
#include "load_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#define EXPRS_MAX 2
#define VARS_MAX (EXPRS_MAX * WHEN_MAX)
#define VALUES_MAX (2 + 4 * VARS_MAX)
#define TRIALS_MAX 4096 /* of one question */
#define TRIAL_COST 128  /* of the load's budget: about what one looks at, in bytes */
#define SHARED_MAX 64   /* routes of one source that are compared */

/* ---- what is asked ---- */

/* A control that conditions name. */
struct var {
	int control;
	float value; /* of this trial */
	bool known;
};

/* Whether all of a few expressions can hold at once. */
struct question {
	struct load *l;
	const struct raw_route *of[EXPRS_MAX]; /* whose conditions they are */
	size_t n;
	bool all_move; /* also what nothing moves */
	struct var vars[VARS_MAX];
	size_t nvars;
	size_t trials;
};

enum answer { NO, MAYBE, YES };

static struct var *var_of(struct question *q, int control)
{
	for (size_t i = 0; i < q->nvars; i++)
		if (q->vars[i].control == control)
			return &q->vars[i];
	return NULL;
}

static void add_vars(struct question *q, const struct raw_route *r)
{
	q->of[q->n++] = r;
	for (size_t i = 0; i < r->nwhen; i++)
		if (r->when[i].c.op == COND_IS && !var_of(q, r->when[i].control))
			q->vars[q->nvars++] = (struct var){ .control = r->when[i].control };
}

/* ---- one expression, as far as the values are known ---- */

static enum answer least(const enum answer *of, size_t n)
{
	enum answer a = YES;

	for (size_t i = 0; i < n; i++)
		a = of[i] < a ? of[i] : a;
	return a;
}

static enum answer most(const enum answer *of, size_t n)
{
	enum answer a = NO;

	for (size_t i = 0; i < n; i++)
		a = of[i] > a ? of[i] : a;
	return a;
}

static enum answer ask_is(struct question *q, const struct raw_condition *w)
{
	const struct var *v = var_of(q, w->control);

	if (!v->known)
		return MAYBE;
	return v->value >= w->c.lo && v->value <= w->c.hi ? YES : NO;
}

static enum answer ask(struct question *q, const struct raw_route *r)
{
	enum answer stack[WHEN_MAX + 1] = { YES }; /* without any: they hold */
	size_t n = 0;

	for (size_t i = 0; i < r->nwhen; i++) {
		const struct raw_condition *w = &r->when[i];

		switch ((enum condition_op)w->c.op) {
		case COND_IS:
			stack[n++] = ask_is(q, w);
			break;
		case COND_NOT:
			stack[n - 1] = (enum answer)(YES - stack[n - 1]);
			break;
		case COND_AND:
			n -= w->c.n;
			stack[n] = least(stack + n, w->c.n);
			n++;
			break;
		case COND_OR:
			n -= w->c.n;
			stack[n] = most(stack + n, w->c.n);
			n++;
			break;
		}
	}
	return stack[0];
}

static enum answer ask_all(struct question *q)
{
	enum answer a[EXPRS_MAX];

	for (size_t i = 0; i < q->n; i++)
		a[i] = ask(q, q->of[i]);
	return least(a, q->n);
}

/* ---- values to try ---- */

static int by_value(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static size_t without_repeats(float *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

/* An end of a range, and the value beyond it. */
static size_t put_end(float *v, size_t n, float end, float beyond)
{
	const float next = nextafterf(end, beyond);

	if (end >= 0 && end <= 1)
		v[n++] = end;
	if (next >= 0 && next <= 1)
		v[n++] = next;
	return n;
}

/* What a control can be, as far as it makes a difference: the ends of its way, and of the ranges
 * that are asked for. */
static size_t values_of(const struct question *q, int control, float v[VALUES_MAX])
{
	const struct raw_control *c = control_at(q->l, (size_t)control);
	size_t n = 0;

	v[n++] = 0;
	if (!c->moved && !q->all_move)
		return n;
	v[n++] = 1;
	if (kinds[c->kind].binary)
		return n;
	for (size_t e = 0; e < q->n; e++) {
		for (size_t i = 0; i < q->of[e]->nwhen; i++) {
			const struct raw_condition *w = &q->of[e]->when[i];

			if (w->c.op != COND_IS || w->control != control)
				continue;
			n = put_end(v, n, w->c.lo, -1);
			n = put_end(v, n, w->c.hi, 2);
		}
	}
	return without_repeats(v, n);
}

/* Of the switches of a group at most one is on. */
static bool group_allows(const struct question *q, const struct var *v)
{
	const char *group = control_at(q->l, (size_t)v->control)->radio;

	for (size_t i = 0; group && v->value > 0 && i < q->nvars; i++) {
		const struct var *o = &q->vars[i];
		const char *other = control_at(q->l, (size_t)o->control)->radio;

		if (o != v && o->known && o->value > 0 && other && !strcmp(group, other))
			return false;
	}
	return true;
}

/* Tries the values of the variables from the first-th on. YES leaves them as they were found;
 * MAYBE: given up. */
static enum answer try_from(struct question *q, size_t first)
{
	const enum answer now = ask_all(q);
	struct var *v = &q->vars[first];
	float values[VALUES_MAX];
	size_t n;

	if (now != MAYBE)
		return now;
	if (q->trials++ >= TRIALS_MAX || !load_spend(q->l, TRIAL_COST))
		return MAYBE;
	n = values_of(q, v->control, values);
	v->known = true;
	for (size_t i = 0; i < n; i++) {
		enum answer a;

		v->value = values[i];
		if (!group_allows(q, v))
			continue;
		a = try_from(q, first + 1);
		if (a != NO)
			return a;
	}
	v->known = false;
	return NO;
}

/* Whether the conditions of a and, unless it is NULL, of b can hold at once. */
static enum answer can_hold(struct question *q, struct load *l, const struct raw_route *a,
                            const struct raw_route *b, bool all_move)
{
	*q = (struct question){ .l = l, .all_move = all_move };
	add_vars(q, a);
	if (b)
		add_vars(q, b);
	return try_from(q, 0);
}

/* ---- conditions that never hold ---- */

/* The first condition on something that nothing moves; NULL: there is none. */
static const struct raw_condition *waits_for(struct load *l, const struct raw_route *r)
{
	for (size_t i = 0; i < r->nwhen; i++)
		if (r->when[i].c.op == COND_IS && !control_at(l, (size_t)r->when[i].control)->moved)
			return &r->when[i];
	return NULL;
}

static void tell_waiting(struct load *l, const struct raw_route *r, const struct raw_condition *w)
{
	const bool lamp = control_at(l, (size_t)w->control)->kind == KIND_LAMP;
	struct diag *e = problem_key(l, r->h.src, w->node, CODE_UNREACHABLE,
	                             "this never holds: nothing %s \"%s\"",
	                             lamp ? "writes the lamp" : "moves", w->name);

	if (lamp)
		diag_hint(e, "a lamp is written by a route from MIDI with \"to\": \"%s\"", w->name);
	else
		diag_hint(e, "write a route with \"to\": \"%s\", or name another control", w->name);
}

static void check_reachable(struct load *l, const struct raw_route *r)
{
	const struct raw_condition *w;
	struct question q;

	if (!r->nwhen || can_hold(&q, l, r, NULL, false) != NO)
		return;
	if (can_hold(&q, l, r, NULL, true) == NO)
		diag_hint(
			problem(l, r->h.src, member_or(r->h.obj, "when"), CODE_UNREACHABLE,
		                "this \"when\" never holds: its conditions contradict each other"),
			"take one of them away, or put them into \"or\"");
	else if ((w = waits_for(l, r)))
		tell_waiting(l, r, w);
}

/* ---- sources that several routes share ---- */

/* Whether all that a "when" names must hold: no "or" and no "not". */
static bool is_plain(const struct raw_route *r)
{
	for (size_t i = 0; i < r->nwhen; i++)
		if (r->when[i].c.op == COND_OR || r->when[i].c.op == COND_NOT)
			return false;
	return true;
}

static bool names(const struct raw_route *r, int control)
{
	for (size_t i = 0; i < r->nwhen; i++)
		if (r->when[i].c.op == COND_IS && r->when[i].control == control)
			return true;
	return false;
}

/* A condition of the other route on a control that this one does not name: its opposite would keep
 * the two apart. NULL: there is none. */
static const struct raw_condition *missing_in(const struct raw_route *r,
                                              const struct raw_route *other)
{
	for (size_t i = 0; is_plain(other) && i < other->nwhen; i++) {
		const struct raw_condition *w = &other->when[i];

		if (w->c.op == COND_IS && !names(r, w->control))
			return w;
	}
	return NULL;
}

/* The opposite of a condition, as it is written. */
static const char *opposite(struct load *l, const struct raw_condition *w)
{
	const char *of = cJSON_IsObject(w->node) ? NULL : w->c.lo == 0.5f ? "0" : "1";

	if (of)
		return arena_fmt(l->scratch, "\"%s\": %s", w->name, of);
	return arena_fmt(l->scratch, "\"not\": { \"%s\": ... }", w->name);
}

/* What the route moves, for a message. */
static const char *moved_by(struct load *l, const struct raw_route *r)
{
	return r->macro ? "a macro" : arena_fmt(l->scratch, "\"%s\"", r->to[0]);
}

static const char *place_of(struct load *l, const struct raw_route *r, const struct raw_route *seen)
{
	const struct where at = json_at(&r->h.src->json, r->h.obj);

	if (r->h.src == seen->h.src)
		return arena_fmt(l->scratch, "in line %d", at.line);
	return arena_fmt(l->scratch, "of %s:%d", at.file, at.line);
}

/* An example of when both hold. */
static const char *example_of(struct load *l, const struct question *q)
{
	const char *out = NULL;

	for (size_t i = 0; i < q->nvars; i++) {
		const struct var *v = &q->vars[i];

		if (v->known)
			out = arena_fmt(l->scratch, "%s%s\"%s\" is %.3g", out ? out : "when ",
			                out ? " and " : "", control_at(l, (size_t)v->control)->name,
			                (double)v->value);
	}
	return out ? out : "always";
}

/* The route that lacks a condition is the one to mend, but only in the file that comes later: the
 * other may be of somebody else. */
static void tell_shared(const struct question *q, const struct raw_route *a,
                        const struct raw_route *b)
{
	struct load *l = q->l;
	const bool first = a->h.src == b->h.src && a->nwhen < b->nwhen;
	const struct raw_route *r = first ? a : b, *other = first ? b : a;
	const struct raw_condition *w = missing_in(r, other);
	struct diag *e;

	e = problem(l, r->h.src, member_or(r->h.obj, "when"), CODE_SHARED_SOURCE,
	            "%s: the route %s has the same source and moves %s, this one %s",
	            example_of(l, q), place_of(l, other, r), moved_by(l, other), moved_by(l, r));
	if (!w)
		diag_hint(e, "give one of them the opposite condition, or let one route move both");
	else if (r->nwhen)
		diag_hint(e, "add %s to this \"when\" if only one is meant to move",
		          opposite(l, w));
	else
		diag_hint(e, "add \"when\": { %s } here if only one is meant to move",
		          opposite(l, w));
}

/* What cannot be touched is not shared, lamps may show one thing in several ways, and a long press
 * beside a short one is another. */
static bool may_share(struct load *l, const struct raw_route *a, const struct raw_route *b)
{
	const struct raw_route *const both[] = { a, b };

	if (strcmp(route_press(a), route_press(b)) != 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (!both[i]->macro && control_at(l, (size_t)both[i]->target[0])->kind == KIND_LAMP)
			return false;
	return true;
}

#define NONE SIZE_MAX

/* before: of each route the one of the same source that comes before it. */
static void check_shared(struct load *l, const size_t *before, size_t route)
{
	const struct raw_route *b = route_at(l, route);
	size_t i = before[route];

	for (size_t n = 0; n < SHARED_MAX && i != NONE; n++, i = before[i]) {
		const struct raw_route *a = route_at(l, i);
		struct question q;

		if (may_share(l, a, b) && can_hold(&q, l, a, b, false) == YES)
			tell_shared(&q, a, b);
	}
}

/* ---- all routes ---- */

/* Whether the mapping reckons with OSC. */
static bool takes_osc(struct load *l)
{
	for (size_t i = 0; i < l->ports.n; i++)
		if (port_at(l, i)->osc.listen > 0)
			return true;
	for (size_t i = 0; i < l->routes.n; i++)
		if (route_at(l, i) && route_at(l, i)->osc)
			return true;
	return false;
}

/* A control that is sent somewhere may be moved by anybody, and by OSC every control but a lamp, as
 * each has an address of its own. */
static void mark_moved(struct load *l)
{
	const bool by_osc = takes_osc(l);

	for (size_t i = 0; i < l->controls.n; i++) {
		struct raw_control *c = control_at(l, i);

		c->moved |= c->to_port != PORT_NONE || (by_osc && c->kind != KIND_LAMP);
	}
}

void check_layers(struct load *l)
{
	struct dict last = { .arena = l->scratch };
	size_t *before = arena_alloc(l->scratch, (l->routes.n + 1) * sizeof(*before));

	mark_moved(l);
	for (size_t i = 0; i < l->routes.n; i++) {
		const struct raw_route *r = route_at(l, i);
		const char *source;
		uint32_t *known;

		if (!r)
			continue;
		check_reachable(l, r);
		if (!r->osc && !r->port)
			continue;
		source = route_source(l, r);
		known = dict_get(&last, source);
		before[i] = known ? *known : NONE;
		if (known)
			*known = (uint32_t)i;
		else
			dict_put(&last, source, (uint32_t)i);
		check_shared(l, before, i);
	}
	for (size_t i = 0; i < l->feedback.n; i++)
		if (show_at(l, i))
			check_reachable(l, show_at(l, i));
}
