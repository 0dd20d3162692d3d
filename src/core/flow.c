/* Through a route to its control: conditions, transforms, and what is made of the value. */
#include "engine_priv.h"

#include <math.h>

#include "cuewire/outline.h"

#define FADER_STEP (1.0f / 127) /* one step of a relative encoder, unless the route says "by" */

/* Steps of a hand that turns slowly and quickly: see acceleration. */
#define SLOW_NS 100e6f
#define QUICK_NS 10e6f

/* ---- conditions ---- */

/* What the nodes have given so far is a row of bits, the last one lowest. */
bool conditions_hold(const struct engine *e, const struct condition *when, size_t n)
{
	uint64_t bits = 1; /* without any: they hold */

	for (const struct condition *w = when; w < when + n; w++) {
		const uint64_t mask = (UINT64_C(1) << w->n) - 1, of = bits & mask;
		float v;

		switch ((enum condition_op)w->op) {
		case COND_IS:
			v = e->state[w->control].value;
			bits = bits << 1 | (v >= w->lo && v <= w->hi);
			break;
		case COND_NOT:
			bits ^= 1;
			break;
		case COND_AND:
			bits = (bits >> w->n) << 1 | (of == mask);
			break;
		case COND_OR:
			bits = (bits >> w->n) << 1 | (of != 0);
			break;
		}
	}
	return bits & 1;
}

/* ---- values ---- */

/* Where the control is, or is on its way to, as the transform at this place of the chain would have to
 * give it. */
static void look_at_control(const struct engine *e, uint16_t route, size_t place,
                            struct xform_now *now)
{
	const struct route *r = &e->m->routes[route];

	if (r->to == CONTROL_NONE)
		return;
	now->control = e->state[r->to].value;
	now->known = e->state[r->to].touched;
	now->mine = e->state[r->to].via == route + 1;
	for (size_t i = r->nxf; i-- > place + 1;) {
		const struct xform *x = &r->xf[i];
		const struct xform_info *info = &xforms[x->kind];

		if (info->coming && info->coming(&e->cells[x->cell].x, &now->control))
			now->known = true;
		else if (info->back && !info->back(x, &now->control))
			now->known = false;
	}
}

static bool looks_same(const struct engine *e, uint16_t control, float v)
{
	const struct control *c = &e->m->controls[control];
	const float is = e->state[control].value;

	return kinds[c->kind].binary ? (v >= 0.5f) == (is >= 0.5f) : encode_same(c, is, v);
}

/* An encoder goes whole steps: what is left of one is kept for the next time. */
static void move_by(struct engine *e, uint64_t t_ns, uint16_t route, float by,
                    const struct source *s)
{
	const uint16_t to = e->m->routes[route].to;
	float *rest = &e->routes[route].rest, whole;

	if (e->m->controls[to].kind != KIND_ENCODER) {
		engine_nudge(e, t_ns, to, by, s);
		return;
	}
	whole = truncf(by + *rest);
	*rest = by + *rest - whole;
	if (whole != 0.0f)
		engine_nudge(e, t_ns, to, whole, s);
}

/* The value's rise is what steps an encoder or, with "by", a fader, and what begins a macro. A
 * layer's release goes where its press went, and nowhere else. */
static void arrive(struct engine *e, uint64_t t_ns, uint16_t route, const struct flow *f,
                   const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	struct route_state *rs = &e->routes[route];
	const bool on = f->v >= 0.5f, rise = on && !rs->on;
	struct source x = *s;

	x.via = (uint16_t)(route + 1);
	s = &x;
	rs->on = on;
	if (r->macro) {
		if (rise && f->through)
			batch_macro(e, t_ns, route, s);
	} else if (r->by != 0.0f || e->m->controls[r->to].kind == KIND_ENCODER) {
		if (rise && f->through)
			move_by(e, t_ns, route, r->by != 0.0f ? r->by : 1.0f, s);
	} else if (f->on_way && looks_same(e, r->to, f->v)) {
		if (!kinds[e->m->controls[r->to].kind].binary)
			e->state[r->to].value = f->v; /* nobody would see a difference */
	} else if (f->through) {
		engine_set(e, t_ns, r->to, f->v, s);
	}
}

/* Whoever comes to it later is told of no label that has gone by then. */
static void keep_source(struct cell *c, const struct route *r, const struct source *s)
{
	c->source = *s;
	c->source.label = s->brief ? r->label : s->label;
	c->source.brief = false;
	c->source.batch = NULL;
}

/* Whether the transform moves a fader step by step: then it ends where somebody else moves it. On its way to
 * what is pressed nothing ends: a release must come. */
static bool moves_fader(const struct engine *e, const struct xform *x)
{
	const uint16_t to = e->m->routes[x->route].to;

	return xforms[x->kind].moves && to != CONTROL_NONE && e->m->controls[to].kind == KIND_FADER;
}

static bool is_free(const struct engine *e, uint64_t t_ns, const struct xform *x, uint8_t rank)
{
	return engine_locked(e, t_ns, e->m->routes[x->route].to, false, rank) == CONTROL_NONE;
}

/* It is this route that moves the fader from now on. Returns false where it may not: that is told as of any
 * value. */
static bool takes_fader(struct engine *e, uint64_t t_ns, const struct xform *x,
                        const struct flow *f, const struct source *s)
{
	const uint16_t to = e->m->routes[x->route].to;

	if (is_free(e, t_ns, x, s->rank)) {
		e->state[to].via = (uint16_t)(x->route + 1);
		return true;
	}
	e->cells[x->cell].x.wake_ns = TIME_NEVER;
	engine_set(e, t_ns, to, f->v, s);
	return false;
}

/* The tempo is another: what waits for a beat is looked at anew. */
void flow_tempo_changed(struct engine *e, uint64_t t_ns)
{
	for (uint32_t i = 0; i < e->m->ncells; i++) {
		struct cell *c = &e->cells[i];

		if (e->m->cells[i]->kind != XF_DELAY || c->x.wake_ns == TIME_NEVER)
			continue;
		c->x.wake_ns = t_ns;
		engine_alarm(e, &c->alarm_ns, t_ns, TIMER_CELL, i);
	}
}

static bool cell_apply(struct engine *e, uint64_t t_ns, const struct xform *x, bool tick,
                       struct flow *f, const struct source *s)
{
	const struct route *r = &e->m->routes[x->route];
	struct cell *c = &e->cells[x->cell];
	struct xform_now now = {
		.t_ns = t_ns, .tempo = &e->tempo, .tick = tick, .wake_ns = TIME_NEVER
	};
	bool passes;

	look_at_control(e, x->route, x->place, &now);
	passes = xforms[x->kind].apply(x, &c->x, &now, f);
	if (now.wake_ns != TIME_NEVER) {
		if (!tick && moves_fader(e, x) && !takes_fader(e, t_ns, x, f, s))
			return false;
		if (!tick)
			keep_source(c, r, s);
		engine_alarm(e, &c->alarm_ns, now.wake_ns, TIMER_CELL, x->cell);
	}
	return passes;
}

/* tick: the transform at this place is asked again, nothing has come. */
static void run_chain(struct engine *e, uint64_t t_ns, uint16_t route, size_t place, bool tick,
                      struct flow *f, const struct source *s)
{
	const struct route *r = &e->m->routes[route];

	if (!tick)
		e->routes[route].who = s->who;
	for (; place < r->nxf; place++, tick = false) {
		const struct xform *x = &r->xf[place];

		if (xforms[x->kind].has_cell ? !cell_apply(e, t_ns, x, tick, f, s)
		                             : !xforms[x->kind].apply(x, NULL, NULL, f))
			return;
	}
	arrive(e, t_ns, route, f, s);
}

void flow_cell_due(struct engine *e, uint64_t t_ns, uint32_t cell)
{
	struct cell *c = &e->cells[cell];
	const struct xform *x = e->m->cells[cell];
	struct flow f = { .through = true };

	c->alarm_ns = 0;
	if (c->x.wake_ns == TIME_NEVER)
		return;
	if (c->x.wake_ns > t_ns) {
		engine_alarm(e, &c->alarm_ns, c->x.wake_ns, TIMER_CELL, cell);
		return;
	}
	c->x.wake_ns = TIME_NEVER;
	if (moves_fader(e, x) && e->state[e->m->routes[x->route].to].via != x->route + 1)
		return; /* somebody else has moved it */
	run_chain(e, t_ns, x->route, x->place, true, &f, &c->source);
	if (moves_fader(e, x) && !is_free(e, t_ns, x, c->source.rank))
		c->x.wake_ns = TIME_NEVER;
}

/* ---- what has no value ---- */

/* "No argument, or I: a button is pressed and released 50 ms later, a switch is set to 1." From MIDI
 * or time an encoder goes a step up, as with any press, and a lamp is lit. Where presses are looked at
 * it is a short one. */
static void trigger(struct engine *e, uint64_t t_ns, uint16_t route, const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	const enum kind kind = r->macro ? KIND_BUTTON : e->m->controls[r->to].kind;

	if (r->edges) {
		run_chain(e, t_ns, route, 0, false, &(struct flow){ .v = 1.0f, .through = true },
		          s);
		run_chain(e, t_ns, route, 0, false, &(struct flow){ .v = 0.0f, .through = true },
		          s);
	} else if (r->macro)
		batch_macro(e, t_ns, route, s);
	else if (r->by != 0.0f)
		move_by(e, t_ns, route, r->by, s);
	else if (kind == KIND_BUTTON)
		engine_tap(e, t_ns, r->to, TAP_MS, s);
	else if (kind == KIND_SWITCH || kind == KIND_LAMP)
		engine_set(e, t_ns, r->to, 1.0f, s);
	else if (kind == KIND_ENCODER && !r->osc)
		engine_nudge(e, t_ns, r->to, 1.0f, s);
	else
		e->n.refused++;
}

static bool inverted(const struct route *r)
{
	for (size_t i = 0; i < r->nxf; i++)
		if (r->xf[i].kind == XF_INVERT)
			return true;
	return false;
}

/* From `acceleration` when steps come quickly down to 1 when they come slowly, evenly over the
 * logarithm of the time between them. */
static float accelerated(struct route_state *rs, const struct route *r, uint64_t t_ns)
{
	const float gap = (float)(t_ns - rs->step_ns);

	rs->step_ns = t_ns;
	if (gap >= SLOW_NS)
		return 1.0f;
	if (gap <= QUICK_NS)
		return r->acceleration;
	return 1.0f + (r->acceleration - 1.0f) * logf(SLOW_NS / gap) / logf(SLOW_NS / QUICK_NS);
}

static void steps(struct engine *e, uint64_t t_ns, uint16_t route, float n, const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	const bool encoder = e->m->controls[r->to].kind == KIND_ENCODER;
	float by = r->by != 0.0f ? r->by : encoder ? 1.0f : FADER_STEP;

	if (n == 0.0f)
		return;
	if (r->acceleration > 1.0f)
		by *= accelerated(&e->routes[route], r, t_ns);
	move_by(e, t_ns, route, (inverted(r) ? -n : n) * by, s);
}

/* An encoder takes signed whole steps over OSC. */
static bool is_osc_steps(const struct engine *e, const struct route *r)
{
	return r->osc && r->by == 0.0f && !r->macro && e->m->controls[r->to].kind == KIND_ENCODER;
}

/* What was pressed while the conditions held is let go whatever they say, and what was not is not. */
static bool comes_through(struct route_state *rs, const struct flow *f, uint16_t who)
{
	const bool was_in = rs->came == CAME_IN;

	if (f->v < 0.5f) {
		rs->came = CAME_RELEASE;
		return was_in;
	}
	if (f->through) {
		rs->came = CAME_IN;
		rs->presser = who;
	} else if (!was_in) {
		rs->came = CAME_PRESS;
	}
	return f->through;
}

OUTLINE void flow_any(struct engine *e, uint64_t t_ns, uint16_t route, struct input in,
                      const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	struct flow f = { .v = in.v, .through = conditions_hold(e, r->when, r->nwhen) };

	if (in.kind == IN_VALUE && is_osc_steps(e, r))
		in = (struct input){ IN_STEPS, rintf(in.v) };
	if (in.kind == IN_VALUE) {
		if (r->holds && r->nwhen)
			f.through = comes_through(&e->routes[route], &f, s->who);
		run_chain(e, t_ns, route, 0, false, &f, s);
	} else if (!f.through)
		return;
	else if (in.kind == IN_STEPS && !r->macro)
		steps(e, t_ns, route, in.v, s);
	else
		trigger(e, t_ns, route, s);
}

/* ---- from a control ---- */

void flow_from(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s)
{
	const enum input_kind kind =
		e->m->controls[control].kind == KIND_ENCODER ? IN_STEPS : IN_VALUE;

	if (e->depth == DEPTH_MAX) {
		e->n.refused++;
		return;
	}
	e->depth++;
	for (uint16_t i = mapping_from(e->m, control); i != ROUTE_END; i = e->m->routes[i].next)
		flow_in(e, t_ns, i, (struct input){ kind, v }, s);
	e->depth--;
}

/* ---- from time ---- */

static void press(struct engine *e, uint64_t t_ns, uint16_t route)
{
	const struct route *r = &e->m->routes[route];
	const struct source s = { .from = FROM_TIMER, .rank = RANK_SCRIPT, .label = r->label };

	if (conditions_hold(e, r->when, r->nwhen))
		trigger(e, t_ns, route, &s);
}

/* On the grid of the song. */
static void every_beats(struct engine *e, uint64_t t_ns, uint16_t route)
{
	struct route_state *rs = &e->routes[route];
	const uint64_t len = span_positions(e->m->routes[route].every, &e->tempo);
	const uint64_t count = tempo_at(&e->tempo, t_ns) / len;
	const uint64_t next = tempo_when(&e->tempo, (count + 1) * len);

	if (count == rs->count + 1) {
		rs->step_ns = t_ns;
		press(e, t_ns, route);
	}
	rs->count = count;
	if (next != TIME_NEVER) /* else the song stands */
		engine_alarm(e, &rs->alarm_ns, span_look_at(next, t_ns), TIMER_EVERY, route);
}

/* No time is lost: the grid stays. */
static void every_ms(struct engine *e, uint64_t t_ns, uint16_t route)
{
	struct route_state *rs = &e->routes[route];

	if (span_part(&rs->wait, &e->tempo, t_ns) >= 1.0f) {
		rs->wait.start += rs->wait.len;
		press(e, t_ns, route);
	}
	engine_alarm(e, &rs->alarm_ns, span_end(&rs->wait, &e->tempo), TIMER_EVERY, route);
}

void flow_every_due(struct engine *e, uint64_t t_ns, uint16_t route)
{
	e->routes[route].alarm_ns = 0;
	if (e->m->routes[route].every.unit == DURATION_MS)
		every_ms(e, t_ns, route);
	else
		every_beats(e, t_ns, route);
}

/* Where the song begins on the grid it is time now. But a tap that comes a little after the beat is that
 * beat. */
static bool is_time(const struct engine *e, uint64_t t_ns, uint16_t route, enum jump jump)
{
	const struct duration d = e->m->routes[route].every;

	if (jump == JUMP_NONE || tempo_at(&e->tempo, t_ns) % span_positions(d, &e->tempo))
		return false;
	return jump == JUMP_CLOCK || t_ns - e->routes[route].step_ns > span_ns(d, &e->tempo) / 2;
}

static void every_begin(struct engine *e, uint64_t t_ns, uint16_t route, enum jump jump)
{
	struct route_state *rs = &e->routes[route];
	const struct duration d = e->m->routes[route].every;

	if (d.unit == DURATION_MS && !rs->wait.len) {
		rs->wait = span_begin(d, &e->tempo, t_ns);
		every_ms(e, t_ns, route);
	} else if (d.unit != DURATION_MS && !e->tempo.stopped && !e->tempo.cued) {
		rs->count = tempo_at(&e->tempo, t_ns) / span_positions(d, &e->tempo);
		rs->count -= is_time(e, t_ns, route, jump);
		every_beats(e, t_ns, route);
	}
}

void flow_every_begin(struct engine *e, uint64_t t_ns, enum jump jump)
{
	for (size_t i = 0; i < e->m->nevery; i++)
		every_begin(e, t_ns, e->m->every[i], jump);
}
