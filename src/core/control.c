/* Controls: who may move them, what they are then, what leaves for it. */
#include "control_priv.h"

#include <math.h>
#include <stdio.h>

#include "cuewire/outline.h"

const char *const rank_names[RANK_COUNT] = { "ai", "script", "ui", "hardware", "bridge" };

/* ---- who may ---- */

OUTLINE void control_refuse(struct engine *e, uint64_t t_ns, uint16_t control,
                            const struct source *s)
{
	e->n.refused++;
	if (e->sink.refused)
		e->sink.refused(e->sink.ctx, t_ns, control, s);
}

/* The others of a group go off when the control comes on. */
static bool turns_others_off(const struct engine *e, uint16_t control, bool on)
{
	const struct control *c = &e->m->controls[control];

	return on && c->kind == KIND_SWITCH && c->radio != control;
}

static uint16_t locked_in_group(const struct engine *e, uint64_t t_ns, uint16_t control,
                                uint8_t rank)
{
	uint16_t i = e->m->controls[control].radio;

	while (i != control && !(e->state[i].value >= 0.5f && is_locked(&e->state[i], t_ns, rank)))
		i = e->m->controls[i].radio;
	return i == control ? CONTROL_NONE : i;
}

uint16_t engine_locked(const struct engine *e, uint64_t t_ns, uint16_t control, bool on,
                       enum rank rank)
{
	if (is_locked(&e->state[control], t_ns, (uint8_t)rank))
		return control;
	return turns_others_off(e, control, on) ? locked_in_group(e, t_ns, control, (uint8_t)rank)
	                                        : CONTROL_NONE;
}

/* One of its group is on and somebody has it: two would be on. */
OUTLINE static bool refused_by_group(struct engine *e, uint64_t t_ns, uint16_t control,
                                     const struct source *s)
{
	const uint16_t other = locked_in_group(e, t_ns, control, s->rank);

	if (other != CONTROL_NONE)
		control_refuse(e, t_ns, other, s);
	return other != CONTROL_NONE;
}

/* ---- what it is then ---- */

OUTLINE void control_copy_label(struct control_state *st, const char *label)
{
	snprintf(st->by_copy, sizeof(st->by_copy), "%s", label);
}

OUTLINE void control_note_sent(struct engine *e, const struct control *c, const struct msg *m)
{
	if (m->len)
		echo_sent_bytes(&e->echo, m->t_ns, m->bytes, m->len);
	else if (c->osc_out)
		echo_sent(&e->echo, m->t_ns, echo_osc_key(c->osc_out, m->value));
}

static void send_steps(struct engine *e, uint64_t t_ns, uint16_t control, int steps,
                       const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	struct msg m;

	if (c->port == PORT_NONE)
		return;
	while (steps) {
		init_msg(e, &m, c, t_ns, control, EDGE_NONE, s);
		steps = encode_steps(c, steps, &m);
		send_msg(e, c, &m);
	}
}

OUTLINE void control_lead_on(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                             const struct source *s)
{
	if (control == e->m->tempo.tap && v >= 0.5f)
		engine_tap_tempo(e, t_ns);
	if (mapping_from(e->m, control) != ROUTE_END)
		flow_from(e, t_ns, control, v, s);
	if (e->m->controls[control].nshown)
		feedback_moved(e, t_ns, control, s);
}

/* A press of what is held is not sent again: the new source only takes the hold over. */
static void set_button(struct engine *e, uint64_t t_ns, uint16_t control, bool on,
                       const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	struct hold *h = &e->hold[control];
	const bool held = h->held;

	touch(&e->state[control], t_ns, on, s);
	if (on && s->rank != RANK_BRIDGE)
		e->state[control].lock_ns = TIME_NEVER;
	else if (held)
		e->state[control].lock_ns = t_ns + c->hold_ns;
	h->held = on;
	h->from = (uint8_t)s->from;
	h->who = s->who;
	h->until = TIME_NEVER;
	if (!on || !held)
		send_value(e, t_ns, control, c, on, on ? EDGE_PRESS : EDGE_RELEASE, s);
	lead(e, t_ns, control, c, on, s);
}

static float clamp(float v, float lo, float hi)
{
	return v > lo ? v < hi ? v : hi : lo;
}

static void set_encoder(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                        const struct source *s)
{
	v = clamp(v, -STEPS_MAX, STEPS_MAX);
	touch(&e->state[control], t_ns, v, s);
	send_steps(e, t_ns, control, (int)lrintf(v), s);
	lead(e, t_ns, control, &e->m->controls[control], v, s);
}

/* The others of its group go off before it comes on: two are never on at once. */
OUTLINE static void radio_off(struct engine *e, uint64_t t_ns, uint16_t control,
                              const struct source *s)
{
	for (uint16_t i = e->m->controls[control].radio; i != control; i = e->m->controls[i].radio)
		if (e->state[i].value >= 0.5f)
			engine_set(e, t_ns, i, 0.0f, s);
}

/* A press, and its end, where it is not as it should be; unknown counts as 0. */
OUTLINE static void set_toggled(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                                const struct source *s)
{
	const bool differs = (e->state[control].value >= 0.5f) != (v >= 0.5f);
	const struct control *c = &e->m->controls[control];
	struct msg m;

	touch(&e->state[control], t_ns, v, s);
	if (differs && c->port != PORT_NONE) {
		init_msg(e, &m, c, t_ns, control, EDGE_NONE, s);
		encode_toggle(c, v, &m);
		send_msg(e, c, &m);
	}
	lead(e, t_ns, control, c, v, s);
}

void engine_set(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s)
{
	const struct control *c = &e->m->controls[control];

	if (turns_others_off(e, control, v >= 0.5f) && refused_by_group(e, t_ns, control, s))
		return;
	if (!take(e, t_ns, control, c, s))
		return;
	switch (c->kind) {
	case KIND_BUTTON:
		set_button(e, t_ns, control, v >= 0.5f, s);
		return;
	case KIND_ENCODER:
		set_encoder(e, t_ns, control, v, s);
		return;
	case KIND_SWITCH:
		v = v >= 0.5f;
		if (v > 0.0f && c->radio != control)
			radio_off(e, t_ns, control, s);
		if (c->toggles) {
			set_toggled(e, t_ns, control, v, s);
			return;
		}
		break;
	default:
		v = clamp(v, 0.0f, 1.0f);
		break;
	}
	become(e, t_ns, control, c, v, s);
}

bool engine_set_on_way(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                       const struct source *s)
{
	const uint16_t ramp = e->ramp_of[control];
	const bool may = !is_locked(&e->state[control], t_ns, s->rank);

	e->ramp_of[control] = 0;
	engine_set(e, t_ns, control, v, s);
	e->ramp_of[control] = ramp;
	return may;
}

void engine_nudge(struct engine *e, uint64_t t_ns, uint16_t control, float by,
                  const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	const struct control_state *st = &e->state[control];
	const float from = st->touched ? st->value : c->bipolar ? 0.5f : 0.0f;

	engine_set(e, t_ns, control, c->kind == KIND_ENCODER ? by : from + by, s);
}

static void hold_until(struct engine *e, uint16_t control, uint64_t t_ns)
{
	struct hold *h = &e->hold[control];

	h->until = t_ns;
	engine_alarm(e, &h->alarm_ns, t_ns, TIMER_RELEASE, control);
}

void engine_tap(struct engine *e, uint64_t t_ns, uint16_t control, uint32_t ms,
                const struct source *s)
{
	if (!take(e, t_ns, control, &e->m->controls[control], s))
		return;
	set_button(e, t_ns, control, true, s);
	hold_until(e, control, t_ns + ms * NS_PER_MS);
}

void engine_resend(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s)
{
	t_ns = engine_begin(e, t_ns);
	if (e->m->controls[control].toggles)
		return; /* it would flip */
	if (e->m->controls[control].kind == KIND_BUTTON)
		send_value(e, t_ns, control, &e->m->controls[control], 0.0f, EDGE_RELEASE, s);
	else
		send_value(e, t_ns, control, &e->m->controls[control], e->state[control].value,
		           EDGE_NONE, s);
}

void engine_release(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s)
{
	set_button(e, t_ns, control, false, s);
}

/* The hold may have been renewed, or the button released, since the timer was set. */
void engine_release_due(struct engine *e, uint64_t t_ns, uint16_t control)
{
	const struct source s = { .from = FROM_TIMER, .rank = RANK_BRIDGE, .label = "timer" };
	struct hold *h = &e->hold[control];

	h->alarm_ns = 0;
	if (!h->held || h->until == TIME_NEVER)
		return;
	if (h->until <= t_ns)
		set_button(e, t_ns, control, false, &s);
	else
		hold_until(e, control, h->until);
}
