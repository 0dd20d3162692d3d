#include "engine_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"
#include "cuewire/outline.h"

/* What is sent can only come back by MIDI, or by OSC from where OSC is sent to. */
static void look_for_echoes(struct echo *e, const struct mapping *m)
{
	for (size_t i = 0; i < m->nports; i++) {
		e->osc |= m->ports[i].osc_send != NULL;
		e->on |= e->osc || m->ports[i].in.n || m->ports[i].raw_in;
	}
}

static void make_cells(struct engine *e)
{
	const struct mapping *m = e->m;
	size_t lines = 0;

	for (size_t i = 0; i < m->ncells; i++)
		lines += xform_line(m->cells[i]);
	e->cells = arena_alloc(e->mem, (m->ncells + 1) * sizeof(*e->cells));
	e->lines = arena_alloc(e->mem, (lines + 1) * sizeof(*e->lines));
	for (size_t i = 0, n = 0; i < m->ncells; i++) {
		e->cells[i].x.wake_ns = TIME_NEVER;
		e->cells[i].x.line = &e->lines[n];
		n += xform_line(m->cells[i]);
	}
}

#define ENGINE_MEMORY ((size_t)64 << 10) /* a chunk */

struct engine *engine_new(const struct mapping *m, const struct sink *sink)
{
	struct arena *mem = arena_new(ENGINE_MEMORY);
	struct engine *e = arena_alloc(mem, sizeof(*e));

	e->mem = mem;
	e->m = m;
	e->sink = *sink;
	e->state = arena_alloc(mem, (m->ncontrols + 1) * sizeof(*e->state));
	e->hold = arena_alloc(mem, (m->ncontrols + 1) * sizeof(*e->hold));
	e->routes = arena_alloc(mem, (m->nroutes + 1) * sizeof(*e->routes));
	e->params = arena_alloc(mem, (16 * m->nports + 1) * sizeof(*e->params));
	e->ramp_of = arena_alloc(mem, (m->ncontrols + 1) * sizeof(*e->ramp_of));
	tempo_init(&e->tempo, m->tempo.bpm, m->tempo.beats_per_bar);
	make_cells(e);
	feedback_init(e);
	/* One for each of the places that have an alarm: it is never full. */
	timers_init(&e->timers, mem,
	            m->ncontrols + 3 * m->nroutes + m->ncells + BATCHES_MAX + RAMPS_MAX +
	                    PEERS_MAX + m->nports + 2);
	look_for_echoes(&e->echo, m);
	e->pattern_tokens = PATTERN_BURST;
	return e;
}

void engine_free(struct engine *e)
{
	if (e)
		arena_free(e->mem);
}

const struct control_state *engine_state(const struct engine *e, size_t control)
{
	return &e->state[control];
}

struct counters *engine_counters(struct engine *e)
{
	return &e->n;
}

/* ---- what ends ---- */

static bool held_by(const struct engine *e, size_t control, enum from from, uint16_t who)
{
	const struct hold *h = &e->hold[control];

	return h->held && h->from == from && h->who == who;
}

/* What is on its way to a button there is nobody to release any more. */
static void forget_press(struct engine *e, const struct route *r, struct cell *c)
{
	if (r->to == CONTROL_NONE || !kinds[e->m->controls[r->to].kind].held)
		return;
	c->x.wake_ns = TIME_NEVER;
	c->x.fired = false;
	c->x.n = 0;
}

/* Who has ended sends no release: the next press is a rise again. */
static void forget_levels(struct engine *e, enum from from, uint16_t who)
{
	for (size_t i = 0; i < e->m->nroutes; i++) {
		const struct route *r = &e->m->routes[i];
		struct route_state *rs = &e->routes[i];

		if ((r->osc ? FROM_OSC : FROM_MIDI) != from || r->from != CONTROL_NONE)
			continue;
		if (rs->who == who)
			rs->on = false;
		if (rs->presser == who)
			rs->came = CAME_RELEASE;
		for (size_t k = 0; k < r->nxf; k++) {
			struct cell *c = &e->cells[r->xf[k].cell];

			if (!xforms[r->xf[k].kind].has_cell)
				continue;
			if (rs->who == who)
				c->x.on = false;
			if (c->source.from == from && c->source.who == who)
				forget_press(e, r, c);
		}
	}
}

void engine_gone(struct engine *e, uint64_t t_ns, enum from from, uint16_t who)
{
	const struct source s = { .from = FROM_TIMER, .rank = RANK_BRIDGE, .label = "timer" };

	t_ns = engine_begin(e, t_ns);
	for (size_t i = 0; i < e->m->ncontrols; i++)
		if (held_by(e, i, from, who))
			engine_release(e, t_ns, (uint16_t)i, &s);
	forget_levels(e, from, who);
	if (from == FROM_OSC)
		feedback_gone(e, who);
}

void engine_port_down(struct engine *e, uint64_t t_ns, int port)
{
	const struct source s = { .from = FROM_TIMER, .rank = RANK_BRIDGE, .label = "timer" };

	t_ns = engine_begin(e, t_ns);
	for (size_t i = 0; i < e->m->ncontrols; i++) {
		const bool on_it = e->hold[i].held && e->m->controls[i].port == port;

		if (on_it || held_by(e, i, FROM_MIDI, (uint16_t)port))
			engine_release(e, t_ns, (uint16_t)i, &s);
	}
	forget_levels(e, FROM_MIDI, (uint16_t)port);
	engine_params_forget(e, port);
	feedback_gone(e, PEERS_MAX + (size_t)port);
}

void engine_release_all(struct engine *e, uint64_t t_ns)
{
	const struct source s = { .from = FROM_EXIT, .rank = RANK_BRIDGE, .label = "exit" };

	t_ns = engine_begin(e, t_ns);
	for (size_t i = 0; i < e->m->ncontrols; i++)
		if (e->hold[i].held)
			engine_release(e, t_ns, (uint16_t)i, &s);
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

void engine_alarm(struct engine *e, uint64_t *alarm_ns, uint64_t t_ns, enum timer_kind kind,
                  uint32_t index)
{
	const struct timer x = { t_ns, (uint16_t)kind, index };

	if (*alarm_ns && *alarm_ns <= t_ns)
		return; /* it is looked at before, and then again */
	if (*alarm_ns)
		timers_advance(&e->timers, x);
	else
		timers_add(&e->timers, x);
	*alarm_ns = t_ns;
}

uint64_t engine_deadline(const struct engine *e)
{
	return timers_next(&e->timers);
}

/* ---- tempo ---- */

void engine_tempo_moved(struct engine *e, uint64_t t_ns, bool changed, enum jump jump)
{
	const uint64_t lost = tempo_deadline(&e->tempo);

	if (lost != TIME_NEVER)
		engine_alarm(e, &e->tempo_alarm_ns, lost, TIMER_TEMPO, 0);
	if (changed && e->sink.tempo)
		e->sink.tempo(e->sink.ctx, t_ns, &e->tempo);
	if (jump == JUMP_NONE)
		return;
	flow_every_begin(e, t_ns, jump);
	flow_tempo_changed(e, t_ns);
	batch_tempo_changed(e, t_ns);
}

void engine_tap_tempo(struct engine *e, uint64_t t_ns)
{
	engine_tempo_moved(e, t_ns, tempo_tap(&e->tempo, t_ns), JUMP_TAP);
}

static void tempo_due(struct engine *e, uint64_t t_ns)
{
	e->tempo_alarm_ns = 0;
	engine_tempo_moved(e, t_ns, tempo_tick(&e->tempo, t_ns), JUMP_NONE);
}

const struct tempo *engine_tempo(const struct engine *e)
{
	return &e->tempo;
}

void engine_start(struct engine *e, uint64_t t_ns)
{
	flow_every_begin(e, engine_begin(e, t_ns), JUMP_NONE);
}

uint64_t engine_until(struct engine *e, uint64_t t_ns)
{
	return engine_begin(e, t_ns);
}

struct engine_clock engine_clock(const struct engine *e)
{
	return (struct engine_clock){ &e->timers.heap[0].t_ns, &e->now_ns };
}

OUTLINE void engine_tick(struct engine *e, uint64_t t_ns)
{
	struct timer x;

	while (timers_pop(&e->timers, t_ns, &x)) {
		if (x.t_ns > e->now_ns)
			e->now_ns = x.t_ns;
		switch ((enum timer_kind)x.kind) {
		case TIMER_RELEASE:
			engine_release_due(e, x.t_ns, (uint16_t)x.index);
			break;
		case TIMER_PAIR:
			engine_pair_due(e, x.t_ns, (uint16_t)x.index);
			break;
		case TIMER_ECHO:
			echo_due(e, x.t_ns, (uint16_t)x.index);
			break;
		case TIMER_EVERY:
			flow_every_due(e, x.t_ns, (uint16_t)x.index);
			break;
		case TIMER_CELL:
			flow_cell_due(e, x.t_ns, x.index);
			break;
		case TIMER_BATCH:
			batch_due(e, x.t_ns, x.index);
			break;
		case TIMER_RAMP:
			ramp_due(e, x.t_ns, x.index);
			break;
		case TIMER_TEMPO:
			tempo_due(e, x.t_ns);
			break;
		case TIMER_SHOW:
			feedback_due(e, x.t_ns, x.index);
			break;
		}
	}
}
