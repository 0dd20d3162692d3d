#include "engine_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"
#include "cuewire/outline.h"

/* What is sent can only come back by MIDI, or by OSC from where OSC is sent to. */
static bool can_echo(const struct mapping *m)
{
	for (size_t i = 0; i < m->nports; i++)
		if (m->ports[i].in.n || m->ports[i].raw_in || m->ports[i].osc_send)
			return true;
	return false;
}

struct engine *engine_new(const struct mapping *m, const struct sink *sink)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->m = m;
	e->sink = *sink;
	e->state = xcalloc(m->ncontrols + 1, sizeof(*e->state));
	e->hold = xcalloc(m->ncontrols + 1, sizeof(*e->hold));
	e->routes = xcalloc(m->nroutes + 1, sizeof(*e->routes));
	e->xf_state = xcalloc(m->nstates + 1, sizeof(*e->xf_state));
	for (size_t i = 0; i < m->nstates; i++)
		e->xf_state[i] = XFORM_STATE_INIT;
	/* At most one for each control, two for each route, one for each batch: it is never full. */
	timers_init(&e->timers, m->ncontrols + 2 * m->nroutes + BATCHES_MAX);
	e->echo.on = can_echo(m);
	e->pattern_tokens = PATTERN_BURST;
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	timers_finish(&e->timers);
	free(e->state);
	free(e->hold);
	free(e->routes);
	free(e->xf_state);
	free(e);
}

const struct control_state *engine_state(const struct engine *e, size_t control)
{
	return &e->state[control];
}

struct counters *engine_counters(struct engine *e)
{
	return &e->n;
}

/* ---- controls ---- */

OUTLINE static void copy_label(struct control_state *st, const char *label)
{
	snprintf(st->by_copy, sizeof(st->by_copy), "%s", label);
}

static inline void touch(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                         const struct source *s)
{
	struct control_state *st = &e->state[control];

	st->value = v;
	st->touched = true;
	st->t_ns = t_ns;
	st->by = s->brief ? NULL : s->label;
	if (s->brief)
		copy_label(st, s->label);
}

static inline void init_msg(struct msg *m, const struct control *c, uint64_t t_ns, uint16_t control,
                            enum edge edge, const struct source *s)
{
	*m = (struct msg){
		.t_ns = t_ns,
		.label = s->label,
		.batch = s->batch,
		.control = control,
		.port = (int16_t)c->port,
		.from = (uint8_t)s->from,
		.brief = s->brief,
		.waits = (uint8_t)kinds[c->kind].waits,
		.edge = (uint8_t)edge,
	};
}

OUTLINE static void note_sent(struct engine *e, const struct control *c, const struct msg *m)
{
	if (m->len)
		echo_sent_bytes(&e->echo, m->t_ns, m->bytes, m->len);
	else if (c->osc_out)
		echo_sent(&e->echo, m->t_ns, echo_osc_key(c->osc_out, m->value));
}

static inline void send_value(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                              enum edge edge, const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	struct msg m;

	if (c->port == PORT_NONE)
		return;
	init_msg(&m, c, t_ns, control, edge, s);
	encode_value(c, v, &m);
	if (e->echo.on)
		note_sent(e, c, &m);
	e->sink.send(e->sink.ctx, &m);
}

static void send_steps(struct engine *e, uint64_t t_ns, uint16_t control, int steps,
                       const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	struct msg m;

	if (c->port == PORT_NONE)
		return;
	while (steps) {
		init_msg(&m, c, t_ns, control, EDGE_NONE, s);
		steps = encode_steps(c, steps, &m);
		if (e->echo.on)
			note_sent(e, c, &m);
		e->sink.send(e->sink.ctx, &m);
	}
}

/* A press of what is held is not sent again: the new source only takes the hold over. */
static void set_button(struct engine *e, uint64_t t_ns, uint16_t control, bool on,
                       const struct source *s)
{
	struct hold *h = &e->hold[control];
	const bool held = h->held;

	touch(e, t_ns, control, on, s);
	h->held = on;
	h->from = (uint8_t)s->from;
	h->who = s->who;
	h->until = TIME_NEVER;
	if (!on || !held)
		send_value(e, t_ns, control, on, on ? EDGE_PRESS : EDGE_RELEASE, s);
}

static float clamp(float v, float lo, float hi)
{
	return v > lo ? v < hi ? v : hi : lo;
}

static void set_encoder(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                        const struct source *s)
{
	v = clamp(v, -STEPS_MAX, STEPS_MAX);
	touch(e, t_ns, control, v, s);
	send_steps(e, t_ns, control, (int)lrintf(v), s);
}

/* A fader, a switch or a lamp. */
static void set_value(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                      const struct source *s)
{
	touch(e, t_ns, control, v, s);
	send_value(e, t_ns, control, v, EDGE_NONE, s);
}

void engine_set(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s)
{
	switch (e->m->controls[control].kind) {
	case KIND_BUTTON:
		set_button(e, t_ns, control, v >= 0.5f, s);
		break;
	case KIND_ENCODER:
		set_encoder(e, t_ns, control, v, s);
		break;
	case KIND_SWITCH:
		set_value(e, t_ns, control, v >= 0.5f, s);
		break;
	default:
		set_value(e, t_ns, control, clamp(v, 0.0f, 1.0f), s);
		break;
	}
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
	const struct timer x = { t_ns, TIMER_RELEASE, control };

	h->until = t_ns;
	if (h->timer && h->timer <= t_ns)
		return; /* it will look again then */
	if (h->timer)
		timers_advance(&e->timers, x);
	else
		timers_add(&e->timers, x);
	h->timer = t_ns;
}

void engine_tap(struct engine *e, uint64_t t_ns, uint16_t control, uint32_t ms,
                const struct source *s)
{
	set_button(e, t_ns, control, true, s);
	hold_until(e, control, t_ns + ms * NS_PER_MS);
}

/* ---- what ends ---- */

static bool held_by(const struct engine *e, size_t control, enum from from, uint16_t who)
{
	const struct hold *h = &e->hold[control];

	return h->held && h->from == from && h->who == who;
}

/* Who has ended sends no release: the next press is a rise again. */
static void forget_levels(struct engine *e, enum from from, uint16_t who)
{
	for (size_t i = 0; i < e->m->nroutes; i++) {
		const enum from of = e->m->routes[i].osc ? FROM_OSC : FROM_MIDI;
		struct route_state *rs = &e->routes[i];

		if (of == from && rs->who == who)
			rs->on = rs->pressed = false;
	}
}

void engine_gone(struct engine *e, uint64_t t_ns, enum from from, uint16_t who)
{
	const struct source s = { .from = FROM_TIMER, .label = "timer" };

	for (size_t i = 0; i < e->m->ncontrols; i++)
		if (held_by(e, i, from, who))
			set_button(e, t_ns, (uint16_t)i, false, &s);
	forget_levels(e, from, who);
}

void engine_port_down(struct engine *e, uint64_t t_ns, int port)
{
	const struct source s = { .from = FROM_TIMER, .label = "timer" };

	for (size_t i = 0; i < e->m->ncontrols; i++) {
		const bool on_it = e->hold[i].held && e->m->controls[i].port == port;

		if (on_it || held_by(e, i, FROM_MIDI, (uint16_t)port))
			set_button(e, t_ns, (uint16_t)i, false, &s);
	}
	forget_levels(e, FROM_MIDI, (uint16_t)port);
}

void engine_resend(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s)
{
	if (e->m->controls[control].kind == KIND_BUTTON)
		send_value(e, t_ns, control, 0.0f, EDGE_RELEASE, s);
	else
		send_value(e, t_ns, control, e->state[control].value, EDGE_NONE, s);
}

void engine_release_all(struct engine *e, uint64_t t_ns)
{
	const struct source s = { .from = FROM_EXIT, .label = "exit" };

	for (size_t i = 0; i < e->m->ncontrols; i++)
		if (e->hold[i].held)
			set_button(e, t_ns, (uint16_t)i, false, &s);
}

/* ---- intents ---- */

void engine_act(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s)
{
	switch (a->op) {
	case OP_SET:
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

/* Does what is due of the batch in this slot, then frees the slot or waits for the next act. */
static void run_batch(struct engine *e, size_t slot, uint64_t t_ns)
{
	struct batch *b = e->batches[slot];

	while (b->next < b->n && e->batch_due[slot] <= t_ns) {
		engine_act(e, e->batch_due[slot], &b->acts[b->next].act, &b->source);
		if (++b->next < b->n)
			e->batch_due[slot] += b->acts[b->next].after_ms * NS_PER_MS;
	}
	if (b->next == b->n)
		e->batches[slot] = NULL;
	else
		timers_add(&e->timers,
		           (struct timer){ e->batch_due[slot], TIMER_BATCH, (uint16_t)slot });
}

bool engine_batch(struct engine *e, uint64_t t_ns, struct batch *b)
{
	size_t slot = 0;

	while (slot < BATCHES_MAX && e->batches[slot])
		slot++;
	if (slot == BATCHES_MAX)
		return false;
	e->batches[slot] = b;
	e->batch_due[slot] = t_ns + (b->n ? b->acts[0].after_ms : 0) * NS_PER_MS;
	run_batch(e, slot, t_ns);
	return true;
}

static void release_rest(struct engine *e, uint64_t t_ns, struct batch *b)
{
	for (; b->next < b->n; b->next++) {
		const struct act *a = &b->acts[b->next].act;

		if (a->op == OP_RELEASE && e->hold[a->control].held)
			set_button(e, t_ns, a->control, false, &b->source);
	}
}

void engine_cancel(struct engine *e, uint64_t t_ns)
{
	timers_drop(&e->timers, TIMER_BATCH);
	for (size_t i = 0; i < BATCHES_MAX; i++) {
		if (e->batches[i])
			release_rest(e, t_ns, e->batches[i]);
		e->batches[i] = NULL;
	}
}

/* ---- what comes back ---- */

bool engine_echo_passes(struct engine *e, uint64_t t_ns, uint16_t route)
{
	const enum echo_answer a = echo_ask(&e->echo, &e->routes[route].echo, t_ns);

	if (a == ECHO_TEST)
		timers_add(&e->timers,
		           (struct timer){ t_ns + ECHO_TEST_MS * NS_PER_MS, TIMER_ECHO, route });
	e->n.refused += a != ECHO_PASS;
	return a == ECHO_PASS;
}

static void echo_due(struct engine *e, uint64_t t_ns, uint16_t route)
{
	if (echo_is_loop(&e->routes[route].echo, t_ns) && e->sink.loop)
		e->sink.loop(e->sink.ctx, t_ns, route);
}

/* ---- time ---- */

uint64_t engine_deadline(const struct engine *e)
{
	return timers_next(&e->timers);
}

/* The hold may have been renewed, or the button released, since the timer was set. */
static void release_due(struct engine *e, uint64_t t_ns, uint16_t control)
{
	const struct source s = { .from = FROM_TIMER, .label = "timer" };
	struct hold *h = &e->hold[control];

	h->timer = 0;
	if (!h->held || h->until == TIME_NEVER)
		return;
	if (h->until <= t_ns)
		set_button(e, t_ns, control, false, &s);
	else
		hold_until(e, control, h->until);
}

void engine_tick(struct engine *e, uint64_t t_ns)
{
	struct timer x;

	while (timers_pop(&e->timers, t_ns, &x)) {
		switch ((enum timer_kind)x.kind) {
		case TIMER_RELEASE:
			release_due(e, x.t_ns, x.index);
			break;
		case TIMER_PAIR:
			engine_pair_due(e, x.t_ns, x.index);
			break;
		case TIMER_ECHO:
			echo_due(e, x.t_ns, x.index);
			break;
		case TIMER_BATCH:
			run_batch(e, x.index, x.t_ns);
			break;
		}
	}
}
