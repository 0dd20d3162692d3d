/* Controls that lead back to themselves, by routes from controls. */
#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

enum { UNSEEN, ON_THE_WAY, DONE };

/* Depth first along the routes from controls; macros lead on, too. */
struct trail {
	struct load *l;
	uint8_t *seen;   /* per control */
	uint8_t *length; /* per control that is DONE: of the longest trail that it begins */
	size_t *first;   /* per control: 1 + the first route from it, 0: none */
	size_t *next;    /* per route: likewise the next */
	size_t depth;
	bool told;
};

#define TRAIL_MAX 16 /* the engine goes no further */

static void follow(struct trail *t, size_t control);

/* As long as that are the controls before it on the way here, and those behind it. */
static bool is_too_long(const struct trail *t, int to)
{
	return t->depth + (t->seen[to] == DONE ? t->length[to] : 1) > TRAIL_MAX;
}

static void follow_to(struct trail *t, const struct raw_route *r, int to)
{
	const cJSON *at = member_or(r->h.obj, "from");

	if (to < 0 || t->told)
		return;
	if (t->seen[to] != ON_THE_WAY && is_too_long(t, to)) {
		t->told = true;
		problem(t->l, r->h.src, at, CODE_TOO_MANY,
		        "\"%s\" is on a trail of more than %d controls that lead to each other",
		        r->from, TRAIL_MAX);
		return;
	}
	if (t->seen[to] == ON_THE_WAY) {
		t->told = true;
		diag_hint(problem(t->l, r->h.src, at, CODE_LOOP,
		                  "\"%s\" leads to \"%s\", which leads back to it", r->from,
		                  control_at(t->l, (size_t)to)->name),
		          "take one of the routes between them away");
	} else if (t->seen[to] == UNSEEN) {
		follow(t, (size_t)to);
	}
}

static void lead_to(struct trail *t, const struct raw_route *r, size_t control, int to)
{
	follow_to(t, r, to);
	if (to >= 0 && !t->told && t->length[to] >= t->length[control])
		t->length[control] = (uint8_t)(t->length[to] + 1);
}

static int step_control(const struct load *l, const struct raw_step *s)
{
	const uint32_t *known = dict_get(&l->controls.names, s->control);

	return known && *known != BROKEN ? (int)*known : -1;
}

static void follow(struct trail *t, size_t control)
{
	t->seen[control] = ON_THE_WAY;
	t->length[control] = 1;
	t->depth++;
	for (size_t i = t->first[control]; i; i = t->next[i - 1]) {
		const struct raw_route *r = route_at(t->l, i - 1);

		for (size_t k = 0; k < r->nto; k++)
			lead_to(t, r, control, r->target[k]);
		for (size_t k = 0; r->macro && k < r->macro->nsteps; k++)
			lead_to(t, r, control, step_control(t->l, &r->macro->steps[k]));
	}
	t->depth--;
	t->seen[control] = DONE;
}

void check_trails(struct load *l)
{
	struct trail t = { .l = l };
	bool any = false;

	t.seen = arena_alloc(l->scratch, l->controls.n + 1);
	t.length = arena_alloc(l->scratch, l->controls.n + 1);
	t.first = arena_alloc(l->scratch, (l->controls.n + 1) * sizeof(*t.first));
	t.next = arena_alloc(l->scratch, (l->routes.n + 1) * sizeof(*t.next));
	for (size_t i = 0; i < l->routes.n; i++) {
		const struct raw_route *r = route_at(l, i);

		if (!r || !r->from || r->from_control < 0)
			continue;
		t.next[i] = t.first[r->from_control];
		t.first[r->from_control] = i + 1;
		any = true;
	}
	for (size_t i = 0; any && i < l->controls.n && !t.told; i++)
		if (t.seen[i] == UNSEEN)
			follow(&t, i);
}
