/* Sources to values: what an OSC message or a MIDI message means to the routes that it finds. */
#include "engine_priv.h"

#include <stdio.h>
#include <string.h>

#include "cuewire/outline.h"

/* ---- OSC ---- */

/* Finds the argument that the route takes. Returns false when there is none to act on. */
OUTLINE static bool find_input(struct engine *e, const struct route *r, const struct osc_msg *m,
                               struct input *in)
{
	bool trigger = m->nargs == 0, other = false;
	double v;

	for (size_t i = r->arg < 0 ? 0 : (size_t)r->arg; i < m->nargs; i++) {
		const struct osc_arg *a = &m->args[i];

		if (a->type == 'I') {
			trigger = true;
		} else if (osc_number(a, &v)) {
			*in = (struct input){ IN_VALUE, (float)v };
			return true;
		} else if (a->type == 'f' || a->type == 'd') {
			e->n.bad++; /* not a number, or infinite */
			return false;
		} else if (a->type != 'N') {
			other = true;
		}
		if (r->arg >= 0)
			break;
	}
	if (trigger && (r->arg < 0 || m->nargs)) {
		*in = (struct input){ IN_TRIGGER, 0.0f };
		return true;
	}
	if (other || r->arg >= (int)m->nargs)
		e->n.refused++;
	return false;
}

OUTLINE static void osc_route(struct engine *e, uint64_t t_ns, uint16_t route,
                              const struct osc_msg *m, const struct source *s)
{
	const struct route *r = &e->m->routes[route];
	struct input in;

	if (!find_input(e, r, m, &in))
		return;
	if (r->place != PLACE_NONE && in.kind == IN_VALUE)
		feedback_heard(e, t_ns, s->who, r, in.v);
	flow_in(e, t_ns, route, in, s);
	if (r->place != PLACE_NONE)
		feedback_after(e, t_ns, s->who, r, s);
}

OUTLINE static void osc_chain(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route,
                              const struct osc_msg *m)
{
	struct source s = { .from = FROM_OSC, .rank = RANK_UI, .who = peer };
	const uint8_t use = route_use(&e->m->routes[route]);

	if (!(e->feedback.watchers[peer].uses & use))
		feedback_uses(e, t_ns, peer, use);
	for (; route != ROUTE_END; route = e->m->routes[route].next) {
		s.label = e->m->routes[route].label;
		osc_route(e, t_ns, route, m, &s);
	}
}

static bool pattern_allowed(struct engine *e, uint64_t t_ns)
{
	e->pattern_tokens += (double)(t_ns - e->pattern_t_ns) * PATTERNS_PER_S / 1e9;
	e->pattern_t_ns = t_ns;
	if (e->pattern_tokens > PATTERN_BURST)
		e->pattern_tokens = PATTERN_BURST;
	if (e->pattern_tokens < 1.0) {
		e->n.refused++;
		return false;
	}
	e->pattern_tokens -= 1.0;
	return true;
}

/* The sender's pattern against every address; returns whether one was hit. */
static bool osc_from_pattern(struct engine *e, uint64_t t_ns, uint16_t peer,
                             const struct osc_msg *m)
{
	const uint16_t *heads;
	const size_t n = mapping_osc_exact(e->m, &heads);
	bool hit = false;

	for (size_t i = 0; i < n; i++) {
		if (!osc_match(m->address, e->m->routes[heads[i]].osc))
			continue;
		hit = true;
		osc_chain(e, t_ns, peer, heads[i], m);
	}
	return hit;
}

/* The mapping's patterns against an address that no route names. */
static bool osc_to_pattern(struct engine *e, uint64_t t_ns, uint16_t peer, const struct osc_msg *m)
{
	const uint16_t *routes;
	const size_t n = mapping_osc_patterns(e->m, &routes);
	char label[280];
	const struct source s = {
		.from = FROM_OSC, .rank = RANK_UI, .who = peer, .brief = true, .label = label
	};
	bool hit = false;

	if (n)
		snprintf(label, sizeof(label), "osc:%s", m->address);
	for (size_t i = 0; i < n; i++) {
		if (!osc_match(e->m->routes[routes[i]].osc, m->address))
			continue;
		hit = true;
		osc_route(e, t_ns, routes[i], m, &s);
	}
	return hit;
}

/* No route names the address itself. */
OUTLINE static void osc_unnamed(struct engine *e, uint64_t t_ns, uint16_t peer,
                                const struct osc_msg *m)
{
	bool hit;

	if (m->pattern) {
		if (!pattern_allowed(e, t_ns))
			return;
		hit = osc_from_pattern(e, t_ns, peer, m);
	} else {
		hit = osc_to_pattern(e, t_ns, peer, m);
	}
	if (hit || osc_is_chatter(m))
		return;
	e->n.unmapped++;
	e->sink.unmapped_osc(e->sink.ctx, t_ns, m);
}

OUTLINE static void osc_heard(struct engine *e, uint64_t t_ns, const struct osc_msg *m)
{
	double v;

	if (m->nargs == 1 && osc_number(&m->args[0], &v))
		echo_heard(&e->echo, t_ns, echo_osc_key(m->address, (float)v));
}

static bool is_number(const struct osc_msg *m)
{
	return m->nargs == 1 && m->args[0].type == 'f';
}

static void osc_to(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route,
                   const struct osc_msg *m)
{
	if (e->echo.osc)
		osc_heard(e, t_ns, m);
	if (route == ROUTE_END)
		osc_unnamed(e, t_ns, peer, m);
	else
		osc_chain(e, t_ns, peer, route, m);
	e->echo.age = 0;
}

void engine_osc_to(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route,
                   const struct osc_msg *m)
{
	if (route != ROUTE_END && is_number(m)) {
		engine_number(e, t_ns, peer, route, (float)m->args[0].num);
		return;
	}
	watcher_heard(e, t_ns, peer);
	osc_to(e, t_ns, peer, route, m);
}

OUTLINE void osc_any_number(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route, float v)
{
	struct osc_msg m = { .address = e->m->routes[route].osc, .nargs = 1 };

	m.address_len = (uint32_t)strlen(m.address);
	m.args[0].type = 'f';
	m.args[0].num = (double)v;
	osc_to(e, t_ns, peer, route, &m);
}

void engine_osc(struct engine *e, uint64_t t_ns, uint16_t peer, const struct osc_msg *m)
{
	engine_osc_to(e, engine_begin(e, t_ns), peer, mapping_osc(e->m, m->address, m->address_len),
	              m);
}

/* ---- MIDI ---- */

static struct source midi_source(const struct route *r)
{
	return (struct source){ .from = r->feedback ? FROM_FEEDBACK : FROM_MIDI,
		                .rank = RANK_HARDWARE,
		                .who = (uint16_t)r->port,
		                .label = r->label };
}

void midi_deliver(struct engine *e, uint64_t t_ns, uint16_t route, struct input in)
{
	const struct route *r = &e->m->routes[route];
	const struct source s = midi_source(r);

	if (r->place != PLACE_NONE && in.kind == IN_VALUE)
		feedback_heard(e, t_ns, PEERS_MAX + (size_t)r->port, r, in.v);
	flow_in(e, t_ns, route, in, &s);
	if (r->place != PLACE_NONE)
		feedback_after(e, t_ns, PEERS_MAX + (size_t)r->port, r, &s);
}

/* The pair is complete, or has waited long enough: the halves that came last make its value. */
static void pair_deliver(struct engine *e, uint64_t t_ns, uint16_t route)
{
	struct route_state *rs = &e->routes[route];
	const bool bipolar = e->m->routes[route].bipolar;
	const float v = rs->has_lsb ? value_from14((uint16_t)(rs->msb << 7 | rs->lsb), bipolar)
	                            : value_from7(rs->msb, bipolar);

	rs->fresh_msb = rs->fresh_lsb = false;
	if (rs->has_msb)
		midi_deliver(e, t_ns, route, (struct input){ IN_VALUE, v });
}

/* The halves come in either order, and some devices send only the half that changed: a half is
 * held back for a moment, until the other one comes, the same one comes again, or time is up. */
void pair_half(struct engine *e, uint64_t t_ns, uint16_t route, bool msb, uint8_t v)
{
	struct route_state *rs = &e->routes[route];

	if (msb ? rs->fresh_msb : rs->fresh_lsb)
		pair_deliver(e, t_ns, route);
	if (msb) {
		rs->msb = v;
		rs->fresh_msb = rs->has_msb = true;
	} else {
		rs->lsb = v;
		rs->fresh_lsb = rs->has_lsb = true;
	}
	if (rs->fresh_msb && rs->fresh_lsb) {
		pair_deliver(e, t_ns, route);
		return;
	}
	rs->due = t_ns + PAIR_WAIT_MS * NS_PER_MS;
	engine_alarm(e, &rs->alarm_ns, rs->due, TIMER_PAIR, route);
}

void engine_pair_due(struct engine *e, uint64_t t_ns, uint16_t route)
{
	struct route_state *rs = &e->routes[route];

	rs->alarm_ns = 0;
	if (!rs->fresh_msb && !rs->fresh_lsb)
		return;
	if (rs->due <= t_ns)
		pair_deliver(e, t_ns, route);
	else
		engine_alarm(e, &rs->alarm_ns, rs->due, TIMER_PAIR, route);
}

/* One 7-bit value for one route, which is not its value as it is. */
static void midi_indirect(struct engine *e, uint64_t t_ns, uint16_t route, uint8_t number,
                          uint8_t v)
{
	const struct route *r = &e->m->routes[route];
	struct input in = { IN_VALUE, value_from7(v, r->bipolar) };

	if (r->params)
		engine_param_cc(e, t_ns, r->port, r->in.channel, number, v);
	if (r->in.form == ADDR_CC14) {
		pair_half(e, t_ns, route, number == r->in.number, v);
		return;
	}
	if (r->encoding)
		in = (struct input){ IN_STEPS, (float)steps_decode(v, r->encoding) };
	else if (r->in.form == ADDR_NOTE && r->pressed)
		in.v = v > 0; /* a pad that is hit softly is hit */
	midi_deliver(e, t_ns, route, in);
}

static inline void midi_route(struct engine *e, uint64_t t_ns, uint16_t route, uint8_t number,
                              uint8_t v)
{
	const struct route *r = &e->m->routes[route];

	if (r->direct)
		midi_deliver(e, t_ns, route,
		             (struct input){ IN_VALUE, value_from7(v, r->bipolar) });
	else
		midi_indirect(e, t_ns, route, number, v);
}

/* The chain of a CC may begin with a pair whose other half it is: what does not concern this
 * number is passed over. Returns whether anything was meant. */
static bool midi_chain(struct engine *e, uint64_t t_ns, uint16_t route, uint8_t number, uint8_t v)
{
	bool hit = false;

	for (; route != ROUTE_END; route = e->m->routes[route].next) {
		const struct address *a = &e->m->routes[route].in;

		if (a->number != number && !(a->form == ADDR_CC14 && a->lsb == number))
			continue;
		hit = true;
		midi_route(e, t_ns, route, number, v);
	}
	return hit;
}

static bool midi_bend(struct engine *e, uint64_t t_ns, uint16_t route, uint16_t v)
{
	const bool hit = route != ROUTE_END;

	for (; route != ROUTE_END; route = e->m->routes[route].next) {
		const bool bipolar = e->m->routes[route].bipolar;

		midi_deliver(e, t_ns, route, (struct input){ IN_VALUE, value_from14(v, bipolar) });
	}
	return hit;
}

/* One program is a trigger; "any" makes its number the value. */
static bool midi_program(struct engine *e, uint64_t t_ns, int port, uint8_t channel, uint8_t number)
{
	uint16_t route = mapping_midi(e->m, port, ADDR_PROGRAM, channel, ADDR_ANY);
	bool hit = midi_chain(e, t_ns, route, ADDR_ANY, number);

	route = mapping_midi(e->m, port, ADDR_PROGRAM, channel, number);
	hit |= route != ROUTE_END;
	for (; route != ROUTE_END; route = e->m->routes[route].next)
		midi_deliver(e, t_ns, route, (struct input){ IN_TRIGGER, 0.0f });
	return hit;
}

/* System real-time messages, and the song position, of the port whose clock is followed. */
static void midi_clock(struct engine *e, uint64_t t_ns, const struct midi_msg *m)
{
	struct tempo *t = &e->tempo;
	const bool was_cued = t->cued;
	bool changed;

	switch (m->status) {
	case MIDI_CLOCK:
		changed = tempo_clock(t, t_ns);
		break;
	case MIDI_START:
		changed = tempo_start(t, t_ns);
		break;
	case MIDI_CONTINUE:
		changed = tempo_continue(t, t_ns);
		break;
	case MIDI_STOP:
		changed = tempo_stop(t, t_ns);
		break;
	case MIDI_SONG_POSITION:
		changed = tempo_song_position(t, t_ns, (unsigned)(m->d2 << 7 | m->d1));
		break;
	default:
		return;
	}
	engine_tempo_moved(e, t_ns, changed,
	                   m->status != MIDI_CLOCK || was_cued ? JUMP_CLOCK : JUMP_NONE);
}

static bool midi_dispatch(struct engine *e, uint64_t t_ns, int port, const struct midi_msg *m)
{
	const uint8_t ch = m->status & 15;

	switch (m->status & 0xF0) {
	case MIDI_NOTE_ON:
	case MIDI_NOTE_OFF:
		return midi_chain(e, t_ns, mapping_midi(e->m, port, ADDR_NOTE, ch, m->d1), m->d1,
		                  (m->status & 0xF0) == MIDI_NOTE_ON ? m->d2 : 0);
	case MIDI_CC:
		return midi_chain(e, t_ns, mapping_midi(e->m, port, ADDR_CC, ch, m->d1), m->d1,
		                  m->d2) ||
		       engine_param_cc(e, t_ns, port, ch, m->d1, m->d2);
	case MIDI_POLY_PRESSURE:
		return midi_chain(e, t_ns, mapping_midi(e->m, port, ADDR_POLY, ch, m->d1), m->d1,
		                  m->d2);
	case MIDI_PRESSURE:
		return midi_chain(e, t_ns, mapping_midi(e->m, port, ADDR_PRESSURE, ch, 0), 0,
		                  m->d1);
	case MIDI_PROGRAM:
		return midi_program(e, t_ns, port, ch, m->d1);
	case MIDI_BEND:
		return midi_bend(e, t_ns, mapping_midi(e->m, port, ADDR_BEND, ch, 0),
		                 (uint16_t)(m->d2 << 7 | m->d1));
	default:
		return engine_system(e, t_ns, port, m);
	}
}

void engine_midi(struct engine *e, uint64_t t_ns, int port, const struct midi_msg *m)
{
	bool hit;

	t_ns = engine_begin(e, t_ns);
	e->n.midi_in++;
	echo_heard(&e->echo, t_ns, echo_midi_key(m->status, m->d1, m->d2));
	if (m->status >= MIDI_SONG_POSITION && port == e->m->tempo.clock)
		midi_clock(e, t_ns, m);
	hit = midi_dispatch(e, t_ns, port, m) ||
	      (m->status >= MIDI_SONG_POSITION && port == e->m->tempo.clock);
	e->echo.age = 0;
	if (hit)
		return;
	e->n.unmapped++;
	e->sink.unmapped_midi(e->sink.ctx, t_ns, port, m);
}
