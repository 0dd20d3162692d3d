/* A new mapping while everything goes on: the new engine takes over what the old one knows. */
#include "engine_priv.h"

#include <stdio.h>
#include <string.h>

/* ---- controls ---- */

/* The route that has taken the place of an old one. */
static uint16_t route_now(const struct engine *e, const uint16_t *was, uint16_t before)
{
	for (size_t i = 0; i < e->m->nroutes; i++)
		if (was[i] == before)
			return (uint16_t)i;
	return ROUTE_END;
}

/* Whether what comes by an old route still comes to its control. An own route has no memory: another that
 * passes on what comes is as good. */
static bool leads_on(const struct engine *e, const struct engine *old, const uint16_t *was,
                     uint16_t before)
{
	const struct route *b = &old->m->routes[before], *r;
	uint16_t i = b->osc && !b->pattern ? mapping_osc(e->m, b->osc, strlen(b->osc)) : ROUTE_END;

	for (; i != ROUTE_END; i = r->next) {
		r = &e->m->routes[i];
		if (r->plain && r->to == b->to)
			return true;
	}
	return route_now(e, was, before) != ROUTE_END;
}

static bool may_hold(const struct engine *old, const struct route *r, const struct hold *h)
{
	if (r->osc)
		return h->from == FROM_OSC;
	if (r->port != PORT_NONE)
		return h->from == FROM_MIDI && h->who == r->port;
	return r->from != CONTROL_NONE && (r->nxf || old->state[r->from].value >= 0.5f);
}

/* Whether the hand that holds a button may have come by a route that is no more: its release would
 * not find the button. */
static bool loses_hand(const struct engine *e, const struct engine *old, const uint16_t *was,
                       uint16_t control)
{
	const struct hold *h = &old->hold[control];

	if (h->until != TIME_NEVER)
		return false;
	for (size_t i = 0; i < old->m->nroutes; i++)
		if (old->m->routes[i].to == control && may_hold(old, &old->m->routes[i], h) &&
		    !leads_on(e, old, was, (uint16_t)i))
			return true;
	return false;
}

/* What is held where it will not be found any more. */
static void release_changed(struct engine *e, uint64_t t_ns, struct engine *old,
                            const uint16_t *was)
{
	const struct source s = { .from = FROM_TIMER, .rank = RANK_BRIDGE, .label = "reload" };

	for (uint16_t i = 0; i < old->m->ncontrols; i++)
		if (old->hold[i].held &&
		    (e->m->controls[i].gone ||
		     !control_sends_same(&e->m->controls[i], &old->m->controls[i]) ||
		     loses_hand(e, old, was, i)))
			engine_release(old, t_ns, i, &s);
}

static bool stays(const struct engine *e, const struct engine *old, uint16_t control)
{
	return control_stays(&e->m->controls[control], &old->m->controls[control]);
}

/* Labels are the old mapping's: what is kept of them is a copy. */
static void adopt_controls(struct engine *e, const struct engine *old)
{
	for (size_t i = 0; i < old->m->ncontrols; i++) {
		struct control_state *st = &e->state[i];

		if (!stays(e, old, (uint16_t)i))
			continue;
		*st = old->state[i];
		if (st->by)
			snprintf(st->by_copy, sizeof(st->by_copy), "%s", st->by);
		st->by = NULL;
		st->via = 0; /* see adopt_routes */
		e->hold[i] = old->hold[i];
		e->hold[i].alarm_ns = 0;
		if (e->hold[i].held && e->hold[i].until != TIME_NEVER)
			engine_alarm(e, &e->hold[i].alarm_ns, e->hold[i].until, TIMER_RELEASE,
			             (uint32_t)i);
	}
}

/* ---- routes ---- */

static void adopt_cell(struct engine *e, uint32_t to, const struct engine *old, uint32_t from)
{
	struct cell *c = &e->cells[to];
	struct delayed *line = c->x.line;

	c->x = old->cells[from].x;
	c->x.line = line;
	memcpy(line, old->cells[from].x.line, xform_line(e->m->cells[to]) * sizeof(*line));
	c->source = old->cells[from].source;
	c->source.label = e->m->routes[e->m->cells[to]->route].label;
	if (c->x.wake_ns != TIME_NEVER)
		engine_alarm(e, &c->alarm_ns, c->x.wake_ns, TIMER_CELL, to);
}

static void adopt_routes(struct engine *e, const struct engine *old, const uint16_t *was)
{
	for (size_t i = 0; i < e->m->nroutes; i++) {
		const struct route *r = &e->m->routes[i], *before;

		if (was[i] == ROUTE_END)
			continue;
		before = &old->m->routes[was[i]];
		if (r->to != CONTROL_NONE && old->state[before->to].via == was[i] + 1)
			e->state[r->to].via = (uint16_t)(i + 1);
		e->routes[i] = old->routes[was[i]];
		e->routes[i].alarm_ns = 0;
		if (e->routes[i].fresh_msb || e->routes[i].fresh_lsb)
			engine_alarm(e, &e->routes[i].alarm_ns, e->routes[i].due, TIMER_PAIR,
			             (uint32_t)i);
		if (e->routes[i].wait.len) /* of `every`; beats begin anew on their grid */
			engine_alarm(e, &e->routes[i].alarm_ns,
			             span_end(&e->routes[i].wait, &e->tempo), TIMER_EVERY,
			             (uint32_t)i);
		if (e->routes[i].echo.verdict == ECHO_TESTED)
			timers_add(&e->timers, (struct timer){ e->routes[i].echo.since_ns +
			                                               ECHO_TEST_MS * NS_PER_MS,
			                                       TIMER_ECHO, (uint32_t)i });
		for (size_t k = 0; k < r->nxf; k++)
			if (xforms[r->xf[k].kind].has_cell)
				adopt_cell(e, r->xf[k].cell, old, before->xf[k].cell);
	}
}

/* ---- what is on its way ---- */

static void adopt_ramps(struct engine *e, const struct engine *old, const uint16_t *was)
{
	for (size_t i = 0; i < RAMPS_MAX; i++) {
		struct ramp *r = &e->ramps[i];

		if (!old->ramps[i].on || e->m->controls[old->ramps[i].control].gone ||
		    !stays(e, old, old->ramps[i].control))
			continue;
		*r = old->ramps[i];
		r->source.label = r->label;
		if (r->route != ROUTE_END)
			r->route = route_now(e, was, r->route);
		e->ramp_of[r->control] = (uint16_t)(i + 1);
		r->alarm_ns = 0;
		engine_alarm(e, &r->alarm_ns, old->ramps[i].alarm_ns, TIMER_RAMP, (uint32_t)i);
	}
}

/* Whether all that it is still to do can be done: else another control may get the number of one that
 * has gone. */
static bool can_go_on(const struct engine *e, const struct engine *old, const struct batch *b)
{
	for (size_t i = b->next; i < b->n; i++) {
		const uint16_t control = b->acts[i].act.control;

		if (e->m->controls[control].gone || !stays(e, old, control))
			return false;
	}
	return true;
}

static void adopt_batches(struct engine *e, uint64_t t_ns, struct engine *old, const uint16_t *was)
{
	for (size_t i = 0; i < BATCHES_MAX; i++) {
		const struct running *x = &old->running[i];
		struct running *r = &e->running[i];
		const uint16_t route =
			x->route == ROUTE_END ? ROUTE_END : route_now(e, was, x->route);

		if (!x->b)
			continue;
		if ((x->route != ROUTE_END && route == ROUTE_END) || !can_go_on(e, old, x->b)) {
			batch_cancel(old, t_ns, i);
			continue;
		}
		*r = *x;
		r->route = route;
		r->alarm_ns = 0;
		if (route != ROUTE_END) {
			r->b = &r->own;
			r->own.acts = e->m->routes[route].macro->acts;
			r->own.source.label = e->m->routes[route].label;
		}
		engine_alarm(e, &r->alarm_ns, span_look(&r->wait, &e->tempo, t_ns), TIMER_BATCH,
		             (uint32_t)i);
	}
}

/* ---- the rest ---- */

static void adopt_tempo(struct engine *e, uint64_t t_ns, const struct engine *old)
{
	const struct tempo fresh = e->tempo;

	e->tempo = old->tempo;
	e->tempo.beats_per_bar = fresh.beats_per_bar;
	if (e->tempo.state == TEMPO_FIXED && old->m->tempo.bpm != e->m->tempo.bpm)
		tempo_set_bpm(&e->tempo, t_ns, e->m->tempo.bpm);
	if (tempo_deadline(&e->tempo) != TIME_NEVER)
		engine_alarm(e, &e->tempo_alarm_ns, tempo_deadline(&e->tempo), TIMER_TEMPO, 0);
}

void engine_adopt(struct engine *e, uint64_t t_ns, struct engine *old, const uint16_t *was)
{
	release_changed(e, t_ns, old, was);
	adopt_tempo(e, t_ns, old);
	adopt_batches(e, t_ns, old, was);
	e->n = old->n;
	adopt_controls(e, old);
	adopt_routes(e, old, was);
	adopt_ramps(e, old, was);
	e->now_ns = old->now_ns;
	e->seq = old->seq;
	memcpy(e->params, old->params, 16 * old->m->nports * sizeof(*e->params));
	e->pattern_tokens = old->pattern_tokens;
	e->pattern_t_ns = old->pattern_t_ns;
	memcpy(e->echo.sent, old->echo.sent, sizeof(e->echo.sent));
	feedback_adopt(e, t_ns, old);
	flow_every_begin(e, t_ns, JUMP_NONE);
}
