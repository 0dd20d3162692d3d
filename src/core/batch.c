/* Acts: at once, one after the other, and what of them waits for its time or is on its way. */
#include "engine_priv.h"

#include <stdio.h>

/* ---- ramps ---- */

static void ramp_start(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s,
                       uint16_t route)
{
	struct ramp *r = e->ramps;

	while (r < e->ramps + RAMPS_MAX && r->on)
		r++;
	/* Where the control is not known to be there is no way from there; and more than so many
	 * ways at once nobody hears. */
	if (r == e->ramps + RAMPS_MAX || !e->state[a->control].touched) {
		engine_set(e, t_ns, a->control, a->value, s);
		return;
	}
	if (e->ramp_of[a->control])
		ramp_stop(e, a->control);
	r->on = true;
	r->control = a->control;
	r->route = route;
	r->from = e->state[a->control].value;
	r->to = a->value;
	r->span = span_begin(a->over, &e->tempo, t_ns);
	r->source = *s;
	r->source.batch = NULL; /* it may end before */
	r->source.label = r->label;
	snprintf(r->label, sizeof(r->label), "%s", s->label);
	r->source.brief = true;
	e->ramp_of[a->control] = (uint16_t)(r - e->ramps + 1);
	engine_alarm(e, &r->alarm_ns, t_ns, TIMER_RAMP, (uint32_t)(r - e->ramps));
}

void ramp_stop(struct engine *e, uint16_t control)
{
	e->ramps[e->ramp_of[control] - 1].on = false;
	e->ramp_of[control] = 0;
}

void ramp_due(struct engine *e, uint64_t t_ns, size_t slot)
{
	struct ramp *r = &e->ramps[slot];
	const float part = span_part(&r->span, &e->tempo, t_ns);
	const float v = part < 1.0f ? r->from + (r->to - r->from) * part : r->to;
	bool moved = true;

	r->alarm_ns = 0;
	if (!r->on)
		return;
	if (part == 1.0f ||
	    !encode_same(&e->m->controls[r->control], v, e->state[r->control].value))
		moved = engine_set_on_way(e, t_ns, r->control, v, &r->source);
	if (moved && part < 1.0f)
		engine_alarm(e, &r->alarm_ns, t_ns + RAMP_TICK_MS * NS_PER_MS, TIMER_RAMP,
		             (uint32_t)slot);
	else if (r->on)
		ramp_stop(e, r->control);
}

/* ---- acts ---- */

static void act(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s,
                uint16_t route)
{
	switch (a->op) {
	case OP_SET:
		if (a->over.amount > 0.0f)
			ramp_start(e, t_ns, a, s, route);
		else
			engine_set(e, t_ns, a->control, a->value, s);
		break;
	case OP_PRESS:
		if (a->release_ms && e->m->controls[a->control].kind == KIND_BUTTON)
			engine_tap(e, t_ns, a->control, a->release_ms, s);
		else
			engine_set(e, t_ns, a->control, 1.0f, s);
		break;
	case OP_RELEASE:
		engine_set(e, t_ns, a->control, 0.0f, s);
		break;
	default:
		engine_nudge(e, t_ns, a->control, a->value, s);
		break;
	}
}

void engine_act(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s)
{
	act(e, engine_begin(e, t_ns), a, s, ROUTE_END);
}

/* ---- batches ---- */

/* Does what is due, then frees the place or waits for the next act. What is late is done at the
 * time that was meant. */
void batch_due(struct engine *e, uint64_t t_ns, size_t slot)
{
	struct running *r = &e->running[slot];
	struct batch *b = r->b;
	uint64_t at;

	r->alarm_ns = 0;
	while (r->b && b->next < b->n && span_part(&r->wait, &e->tempo, t_ns) >= 1.0f) {
		at = span_end(&r->wait, &e->tempo);
		if (at > t_ns)
			at = t_ns;
		act(e, at, &b->acts[b->next].act, &b->source, r->route);
		if (++b->next < b->n)
			r->wait = span_begin(b->acts[b->next].after, &e->tempo, at);
	}
	if (!r->b || b->next == b->n)
		r->b = NULL;
	else
		engine_alarm(e, &r->alarm_ns, span_look(&r->wait, &e->tempo, t_ns), TIMER_BATCH,
		             (uint32_t)slot);
}

void batch_tempo_changed(struct engine *e, uint64_t t_ns)
{
	for (size_t i = 0; i < BATCHES_MAX; i++)
		if (e->running[i].b)
			engine_alarm(e, &e->running[i].alarm_ns,
			             span_look(&e->running[i].wait, &e->tempo, t_ns), TIMER_BATCH,
			             (uint32_t)i);
}

static struct running *free_place(struct engine *e)
{
	for (size_t i = 0; i < BATCHES_MAX; i++)
		if (!e->running[i].b)
			return &e->running[i];
	return NULL;
}

bool engine_has_room(const struct engine *e, size_t batches)
{
	size_t n = 0;

	for (size_t i = 0; i < BATCHES_MAX; i++)
		n += !e->running[i].b;
	return n >= batches;
}

static void start(struct engine *e, uint64_t t_ns, struct running *r, struct batch *b,
                  uint16_t route)
{
	r->b = b;
	r->route = route;
	r->wait = span_begin(b->n ? b->acts[0].after : (struct duration){ 0 }, &e->tempo, t_ns);
	batch_due(e, t_ns, (size_t)(r - e->running));
}

bool engine_batch(struct engine *e, uint64_t t_ns, struct batch *b)
{
	struct running *r;

	t_ns = engine_begin(e, t_ns);
	r = free_place(e);
	if (r)
		start(e, t_ns, r, b, ROUTE_END);
	return r != NULL;
}

/* An AI does not flip what may be on already. */
bool engine_is_unsure(const struct engine *e, uint16_t control, enum rank rank)
{
	return rank == RANK_AI && e->m->controls[control].toggles && !e->state[control].touched;
}

static bool turns_on(const struct act *a)
{
	return a->op == OP_PRESS || (a->op == OP_SET && a->value >= 0.5f);
}

bool engine_may(const struct engine *e, uint64_t t_ns, const struct batch *b, uint16_t *control)
{
	for (size_t i = 0; i < b->n && b->acts[i].after.amount == 0.0f; i++) {
		const struct act *a = &b->acts[i].act;
		const uint16_t locked =
			engine_locked(e, t_ns, a->control, turns_on(a), b->source.rank);

		if (locked == CONTROL_NONE && !engine_is_unsure(e, a->control, b->source.rank))
			continue;
		*control = locked == CONTROL_NONE ? a->control : locked;
		return false;
	}
	return true;
}

/* Forgets what is left; what was going to be released is released now. */
static void cancel(struct engine *e, uint64_t t_ns, struct running *r)
{
	struct batch *b = r->b;

	for (; b->next < b->n; b->next++) {
		const struct act *a = &b->acts[b->next].act;

		if (a->op == OP_RELEASE && e->hold[a->control].held)
			engine_release(e, t_ns, a->control, &b->source);
	}
	r->b = NULL;
}

void batch_cancel(struct engine *e, uint64_t t_ns, size_t slot)
{
	cancel(e, t_ns, &e->running[slot]);
}

/* Values that are on their way through transforms, but to a button, whose release must come. */
static void forget_values(struct engine *e)
{
	for (size_t i = 0; i < e->m->ncells; i++) {
		const struct xform *x = e->m->cells[i];
		const uint16_t to = e->m->routes[x->route].to;

		if (!xforms[x->kind].coming ||
		    (to != CONTROL_NONE && kinds[e->m->controls[to].kind].held))
			continue;
		e->cells[i].x.wake_ns = TIME_NEVER;
		e->cells[i].x.n = 0;
	}
}

void engine_cancel(struct engine *e, uint64_t t_ns)
{
	t_ns = engine_begin(e, t_ns);
	forget_values(e);
	for (size_t i = 0; i < BATCHES_MAX; i++)
		if (e->running[i].b)
			cancel(e, t_ns, &e->running[i]);
	for (size_t i = 0; i < RAMPS_MAX; i++)
		if (e->ramps[i].on)
			ramp_stop(e, e->ramps[i].control);
	timers_drop(&e->timers, TIMER_BATCH);
	timers_drop(&e->timers, TIMER_RAMP);
	for (size_t i = 0; i < BATCHES_MAX; i++)
		e->running[i].alarm_ns = 0;
	for (size_t i = 0; i < RAMPS_MAX; i++)
		e->ramps[i].alarm_ns = 0;
}

/* ---- macros ---- */

/* Cancels what of the route's macro is under way. Returns whether anything was. */
static bool cancel_macro(struct engine *e, uint64_t t_ns, uint16_t route)
{
	bool any = false;

	for (size_t i = 0; i < BATCHES_MAX; i++) {
		if (!e->running[i].b || e->running[i].route != route)
			continue;
		cancel(e, t_ns, &e->running[i]);
		any = true;
	}
	for (size_t i = 0; i < RAMPS_MAX; i++) {
		if (!e->ramps[i].on || e->ramps[i].route != route)
			continue;
		ramp_stop(e, e->ramps[i].control);
		any = true;
	}
	return any;
}

static bool is_under_way(const struct engine *e, uint16_t route)
{
	for (size_t i = 0; i < BATCHES_MAX; i++)
		if (e->running[i].b && e->running[i].route == route)
			return true;
	for (size_t i = 0; i < RAMPS_MAX; i++)
		if (e->ramps[i].on && e->ramps[i].route == route)
			return true;
	return false;
}

void batch_macro(struct engine *e, uint64_t t_ns, uint16_t route, const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	struct running *place;

	if (r->again == AGAIN_IGNORE && is_under_way(e, route))
		return;
	if (cancel_macro(e, t_ns, route) && r->again == AGAIN_CANCEL)
		return;
	place = free_place(e);
	if (!place) {
		e->n.refused++;
		return;
	}
	place->own = (struct batch){ .source = *s, .acts = r->macro->acts, .n = r->macro->n };
	place->own.source.label = r->label;
	place->own.source.brief = false;
	place->own.source.batch = NULL;
	start(e, t_ns, place, &place->own, route);
}
