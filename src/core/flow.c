/* Through a route to its control: conditions, transforms, and what is made of the value. */
#include "engine_priv.h"

#include <math.h>

#include "cuewire/outline.h"

#define FADER_STEP (1.0f / 127) /* one step of a relative encoder, unless the route says "by" */

static bool conditions_hold(const struct engine *e, const struct route *r)
{
	for (size_t i = 0; i < r->nwhen; i++)
		if ((e->state[r->when[i].control].value >= 0.5f) != r->when[i].on)
			return false;
	return true;
}

static bool transform(struct engine *e, const struct route *r, float *v)
{
	for (size_t i = 0; i < r->nxf; i++) {
		const struct xform *x = &r->xf[i];

		if (!xforms[x->kind].apply(x, &e->xf_state[x->state], v))
			return false;
	}
	return true;
}

static bool inverted(const struct route *r)
{
	for (size_t i = 0; i < r->nxf; i++)
		if (r->xf[i].kind == XF_INVERT)
			return true;
	return false;
}

/* "No argument, or I: a button is pressed and released 50 ms later, a switch is set to 1." */
static void deliver_trigger(struct engine *e, uint64_t t_ns, const struct route *r,
                            const struct source *s)
{
	const enum kind kind = e->m->controls[r->to].kind;

	if (r->as == AS_TOGGLE)
		engine_set(e, t_ns, r->to, e->state[r->to].value < 0.5f, s);
	else if (r->by != 0.0f)
		engine_nudge(e, t_ns, r->to, r->by, s);
	else if (kind == KIND_BUTTON)
		engine_tap(e, t_ns, r->to, TAP_MS, s);
	else if (kind == KIND_SWITCH)
		engine_set(e, t_ns, r->to, 1.0f, s);
	else
		e->n.refused++;
}

static void deliver_steps(struct engine *e, uint64_t t_ns, const struct route *r, float steps,
                          const struct source *s)
{
	const bool encoder = e->m->controls[r->to].kind == KIND_ENCODER;
	const float by = r->by != 0.0f ? r->by : encoder ? 1.0f : FADER_STEP;

	if (steps != 0.0f)
		engine_nudge(e, t_ns, r->to, (inverted(r) ? -steps : steps) * by, s);
}

/* The value's rise is what toggles, and what steps an encoder or, with "by", a fader. */
static void deliver_value(struct engine *e, uint64_t t_ns, uint16_t route, float v,
                          const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	struct route_state *rs = &e->routes[route];
	const bool rise = v >= 0.5f && !rs->on;

	rs->on = v >= 0.5f;
	rs->who = s->who;
	if (r->as == AS_TOGGLE) {
		if (rise)
			engine_set(e, t_ns, r->to, e->state[r->to].value < 0.5f, s);
	} else if (r->by != 0.0f || e->m->controls[r->to].kind == KIND_ENCODER) {
		if (rise)
			engine_nudge(e, t_ns, r->to, r->by != 0.0f ? r->by : 1.0f, s);
	} else {
		rs->pressed = rs->on;
		engine_set(e, t_ns, r->to, v, s);
	}
}

/* An encoder takes signed whole steps over OSC. */
static bool is_osc_steps(const struct engine *e, const struct route *r)
{
	return r->osc && r->by == 0.0f && e->m->controls[r->to].kind == KIND_ENCODER;
}

void flow_any(struct engine *e, uint64_t t_ns, uint16_t route, struct input in,
              const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	const enum kind kind = e->m->controls[r->to].kind;
	const bool through = conditions_hold(e, r);

	if (in.kind == IN_VALUE && is_osc_steps(e, r))
		in = (struct input){ IN_STEPS, rintf(in.v) };
	if (in.kind == IN_STEPS || in.kind == IN_TRIGGER) {
		if (!through)
			return;
		if (in.kind == IN_STEPS)
			deliver_steps(e, t_ns, r, in.v, s);
		else
			deliver_trigger(e, t_ns, r, s);
		return;
	}
	if (!transform(e, r, &in.v))
		return;
	/* A layer's release goes where its press went, and nowhere else. */
	if (r->nwhen && kinds[kind].held && in.v < 0.5f) {
		if (e->routes[route].pressed || r->as == AS_TOGGLE)
			deliver_value(e, t_ns, route, in.v, s);
	} else if (through) {
		deliver_value(e, t_ns, route, in.v, s);
	} else {
		e->routes[route].on = in.v >= 0.5f;
	}
}
