/* What controls are, shown where they are moved: lights and motor faders of controllers, and the
 * OSC clients. Each of them, a "watcher", is sent only what it does not show already; a hand that
 * moves a fader is left alone until it has been still for a while, and then gets the final value.
 *
 * What a watcher shows is known by what was sent to it and by what it sent itself. One that is new,
 * or comes back, shows nothing that is known: it is sent everything, a little at a time. */
#include "engine_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"
#include "cuewire/outline.h"

#define AT_ONCE 32                 /* messages to one that shows nothing yet, and then */
#define PAUSE_NS UINT64_C(5000000) /* between them */
#define TOLERANCE 0.0005f          /* of what an OSC client shows; less than a pixel */

void feedback_init(struct engine *e)
{
	struct feedback *f = &e->feedback;

	f->nwatchers = e->m->nplaces ? PEERS_MAX + e->m->nports : 0;
	f->watchers = xcalloc(PEERS_MAX + e->m->nports, sizeof(*f->watchers));
	f->known = xcalloc(f->nwatchers * e->m->nslots + 1, sizeof(*f->known));
	f->quiet_ns = xcalloc(f->nwatchers * e->m->nplaces + 1, sizeof(*f->quiet_ns));
}

void feedback_finish(struct engine *e)
{
	free(e->feedback.watchers);
	free(e->feedback.known);
	free(e->feedback.quiet_ns);
}

/* ---- what a place shows ---- */

static void through(const struct show *s, float *v)
{
	struct flow f = { *v, true };

	for (size_t i = 0; i < s->nxf; i++)
		xforms[s->xf[i].kind].apply(&s->xf[i], NULL, NULL, &f);
	*v = f.v;
}

/* What would have to be sent by the route for the control to become what it is. */
static bool undone(const struct show *s, float *v)
{
	for (size_t i = s->nxf; i-- > 0;) {
		const struct xform_info *x = &xforms[s->xf[i].kind];

		if (x->back && !x->back(&s->xf[i], v))
			return false;
	}
	return true;
}

/* The value of one argument; false when nothing is known. A place whose conditions do not hold
 * shows 0: the light of a layer is out in the others. */
static bool value_of(const struct engine *e, const struct place *p, size_t arg, float *v)
{
	bool dark = false;

	for (uint16_t i = p->first; i != PLACE_NONE; i = e->m->shows[i].next) {
		const struct show *s = &e->m->shows[i];

		if (s->arg != arg)
			continue;
		if (!conditions_hold(e, s->when, s->nwhen)) {
			dark = true;
			continue;
		}
		if (!e->state[s->control].touched)
			return false;
		*v = e->state[s->control].value;
		if (s->back)
			return undone(s, v);
		through(s, v);
		return true;
	}
	*v = 0.0f;
	return dark && p->port != PORT_NONE;
}

/* As a watcher has it: the bits of MIDI, the number of OSC. */
static float as_shown(const struct place *p, float v)
{
	if (p->port == PORT_NONE)
		return v;
	if (p->at.form == ADDR_CC14 || p->at.form == ADDR_BEND)
		return (float)value_to14(v, p->bipolar);
	return (float)value_to7(v, p->bipolar);
}

/* Known values are kept plus 1, so that 0 is none. */
static float *known_of(struct engine *e, size_t watcher, const struct place *p)
{
	return &e->feedback.known[watcher * e->m->nslots + p->slot];
}

static uint64_t *quiet_of(struct engine *e, size_t watcher, uint16_t place)
{
	return &e->feedback.quiet_ns[watcher * e->m->nplaces + place];
}

/* ---- to a watcher ---- */

static void send_midi(struct engine *e, uint64_t t_ns, uint16_t place, float v,
                      const struct source *s)
{
	const struct place *p = &e->m->places[place];
	struct msg m = {
		.t_ns = t_ns,
		.label = s->label,
		.brief = s->brief,
		.light = true,
		.control = e->m->shows[p->first].control,
		.key = (uint16_t)(e->m->ncontrols + place),
		.port = (int16_t)p->port,
		.from = (uint8_t)s->from,
		.waits = WAITS_BEHIND,
	};

	encode_place(p, v, &m);
	e->sink.send(e->sink.ctx, &m);
}

static void wake_watcher(struct engine *e, size_t watcher, uint64_t t_ns)
{
	engine_alarm(e, &e->feedback.watchers[watcher].alarm_ns, t_ns, TIMER_SHOW,
	             (uint32_t)watcher);
}

/* Sends what the place shows, if the watcher does not show it and no hand moves it there. Returns
 * whether something was sent. */
static bool refresh(struct engine *e, uint64_t t_ns, size_t watcher, uint16_t place,
                    const struct source *s)
{
	const struct place *p = &e->m->places[place];
	float *known = known_of(e, watcher, p), v[PLACE_ARGS_MAX];
	bool differs = false;

	for (size_t i = 0; i < p->nargs; i++) {
		if (!value_of(e, p, i, &v[i]))
			v[i] = known[i] > 0.0f ? known[i] - 1.0f : 0.0f;
		else if (fabsf(as_shown(p, v[i]) + 1.0f - known[i]) > TOLERANCE)
			differs = true;
	}
	if (!differs)
		return false;
	if (*quiet_of(e, watcher, place) > t_ns) {
		wake_watcher(e, watcher, *quiet_of(e, watcher, place));
		return false;
	}
	for (size_t i = 0; i < p->nargs; i++)
		known[i] = as_shown(p, v[i]) + 1.0f;
	if (p->port != PORT_NONE)
		send_midi(e, t_ns, place, v[0], s);
	else if (e->sink.show)
		e->sink.show(e->sink.ctx, t_ns, (uint16_t)watcher, place, v, s);
	return true;
}

static bool looks_at(const struct engine *e, size_t watcher, const struct place *p)
{
	if (p->port != PORT_NONE)
		return watcher == PEERS_MAX + (size_t)p->port;
	return watcher < PEERS_MAX && (!p->own || e->feedback.watchers[watcher].own);
}

/* A watcher's time has come: everything that it does not show, a little at a time. */
void feedback_due(struct engine *e, uint64_t t_ns, size_t watcher)
{
	const struct source s = { .from = FROM_FEEDBACK, .rank = RANK_BRIDGE, .label = "feedback" };
	size_t left = AT_ONCE;

	e->feedback.watchers[watcher].alarm_ns = 0;
	if (!e->feedback.watchers[watcher].on)
		return;
	for (size_t i = 0; i < e->m->nplaces && left; i++)
		if (looks_at(e, watcher, &e->m->places[i]))
			left -= refresh(e, t_ns, watcher, (uint16_t)i, &s);
	if (!left)
		wake_watcher(e, watcher, t_ns + PAUSE_NS);
}

/* ---- what happens ---- */

void feedback_moved(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	const struct feedback *f = &e->feedback;

	for (size_t i = 0; i < c->nshown; i++) {
		const struct place *p = &e->m->places[c->shown[i]];
		const size_t midi = PEERS_MAX + (size_t)p->port;

		if (p->port != PORT_NONE) {
			if (f->watchers[midi].on)
				refresh(e, t_ns, midi, c->shown[i], s);
			continue;
		}
		for (size_t w = 0; w < f->npeers; w++)
			if (f->watchers[w].on && (!p->own || f->watchers[w].own))
				refresh(e, t_ns, w, c->shown[i], s);
	}
}

static void begin(struct engine *e, uint64_t t_ns, size_t watcher)
{
	struct feedback *f = &e->feedback;

	if (!f->nwatchers)
		return;
	f->watchers[watcher].on = true;
	memset(&f->known[watcher * e->m->nslots], 0, e->m->nslots * sizeof(*f->known));
	if (watcher < PEERS_MAX && watcher >= f->npeers)
		f->npeers = watcher + 1;
	wake_watcher(e, watcher, t_ns);
}

OUTLINE void feedback_woke(struct engine *e, uint64_t t_ns, size_t watcher)
{
	e->feedback.watchers[watcher].own &= e->feedback.watchers[watcher].on;
	begin(e, t_ns, watcher);
	e->feedback.watchers[watcher].on = true;
}

OUTLINE void feedback_uses_own(struct engine *e, uint64_t t_ns, size_t watcher)
{
	e->feedback.watchers[watcher].own = true;
	wake_watcher(e, watcher, t_ns);
}

void feedback_gone(struct engine *e, size_t watcher)
{
	e->feedback.watchers[watcher].on = e->feedback.watchers[watcher].own = false;
}

void feedback_heard(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r, float v)
{
	const struct place *p = &e->m->places[r->place];
	const bool light = p->port != PORT_NONE && !p->moves;
	float *known = known_of(e, watcher, p) + r->place_arg;

	if (light) {
		/* Many controllers put a button's light out, or on, themselves when it is let go. */
		if (v < 0.5f)
			*known = 0.0f;
		return;
	}
	*known = as_shown(p, v) + 1.0f;
	if (!r->macro && e->m->controls[r->to].kind == KIND_FADER)
		*quiet_of(e, watcher, r->place) = t_ns + FEEDBACK_QUIET_NS;
}

void feedback_after(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r,
                    const struct source *s)
{
	if (e->feedback.watchers[watcher].on)
		refresh(e, t_ns, watcher, r->place, s);
}

void engine_port_up(struct engine *e, uint64_t t_ns, int port)
{
	if (e->feedback.nwatchers)
		begin(e, engine_begin(e, t_ns), PEERS_MAX + (size_t)port);
}
