/* What controls are, shown where they are moved: lights and motor faders of controllers, and the
 * OSC clients. Each of them, a "watcher", is sent only what it does not show already; a hand that
 * moves a fader is left alone until it has been still for a while, and then gets the final value.
 *
 * What a watcher shows is known by what was sent to it and by what it sent itself. One that is new,
 * or comes back, shows nothing that is known: it is sent everything, a little at a time. */
#include "engine_priv.h"

#include <math.h>
#include <string.h>

#include "cuewire/mem.h"
#include "cuewire/outline.h"

#define AT_ONCE 32                  /* messages to one that shows nothing yet, and then */
#define PAUSE_NS UINT64_C(5000000)  /* between them */
#define FRAME_NS UINT64_C(20000000) /* OSC clients are told of what moves so often */
#define TOLERANCE 0.0005f           /* of what an OSC client shows; less than a pixel */

void feedback_init(struct engine *e)
{
	struct feedback *f = &e->feedback;

	f->nwatchers = e->m->nplaces ? PEERS_MAX + e->m->nports : 0;
	f->watchers = arena_alloc(e->mem, (PEERS_MAX + e->m->nports) * sizeof(*f->watchers));
	f->known = arena_alloc(e->mem, (f->nwatchers * e->m->nslots + 1) * sizeof(*f->known));
	f->quiet_ns =
		arena_alloc(e->mem, (f->nwatchers * e->m->nplaces + 1) * sizeof(*f->quiet_ns));
	for (size_t i = 0; i < f->nwatchers; i++) {
		f->watchers[i].known = f->known + i * e->m->nslots;
		f->watchers[i].quiet_ns = f->quiet_ns + i * e->m->nplaces;
	}
	f->dirty = arena_alloc(e->mem, (e->m->nplaces + 1) * sizeof(*f->dirty));
	f->is_dirty = arena_alloc(e->mem, (e->m->nplaces + 1) * sizeof(*f->is_dirty));
}

/* ---- what a place shows ---- */

static void through(const struct show *s, float *v)
{
	struct flow f = { .v = *v, .through = true };

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

/* What one argument shows now, by the conditions; NULL when none of them holds. */
static const struct show *show_now(const struct engine *e, const struct place *p, size_t arg)
{
	for (uint16_t i = p->first; i != PLACE_NONE; i = e->m->shows[i].next) {
		const struct show *s = &e->m->shows[i];

		if (s->arg == arg && conditions_hold(e, s->when, s->nwhen))
			return s;
	}
	return NULL;
}

/* Whether what it shows depends on the layer. */
static bool is_layered(const struct engine *e, const struct place *p)
{
	return e->m->shows[p->first].nwhen || e->m->shows[p->first].next != PLACE_NONE;
}

/* The value of one argument; false when nothing is known. A light of layers shows nothing of the
 * layer that was left: 0 where no conditions hold, and where they do but the control has not moved
 * yet, which a toggle takes for 0 as well. */
static bool value_of(const struct engine *e, const struct place *p, size_t arg, float *v)
{
	const struct show *s = show_now(e, p, arg);
	const bool light = p->port != PORT_NONE;

	*v = 0.0f;
	if (!s)
		return light;
	if (e->state[s->control].touched)
		*v = e->state[s->control].value;
	else if (!light || !is_layered(e, p))
		return false;
	if (s->back)
		return undone(s, v);
	through(s, v);
	return true;
}

OUTLINE static float as_bits(const struct place *p, float v)
{
	if (address_is_fine(&p->at))
		return (float)value_to14(v, p->bipolar);
	return (float)value_to7(v, p->bipolar);
}

/* As a watcher has it: the bits of MIDI, the number of OSC. */
static inline float as_shown(const struct place *p, float v)
{
	return p->port == PORT_NONE ? v : as_bits(p, v);
}

/* ---- to a watcher ---- */

static void send_midi(struct engine *e, uint64_t t_ns, uint16_t place, float v,
                      const struct source *s)
{
	const struct place *p = &e->m->places[place];
	const struct show *now = show_now(e, p, 0);
	struct msg m = {
		.t_ns = t_ns,
		.label = s->label,
		.brief = s->brief,
		.light = true,
		.control = (now ? now : &e->m->shows[p->first])->control,
		.key = (uint16_t)(e->m->ncontrols + place),
		.port = (int16_t)p->port,
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
	struct watcher *w = &e->feedback.watchers[watcher];
	float *known = w->known + p->slot, v[PLACE_ARGS_MAX];
	bool differs = false;

	for (size_t i = 0; i < p->nargs; i++) {
		if (!value_of(e, p, i, &v[i]))
			v[i] = known[i] > 0.0f ? known[i] - 1.0f : 0.0f;
		else if (fabsf(as_shown(p, v[i]) + 1.0f - known[i]) > TOLERANCE)
			differs = true;
	}
	if (!differs)
		return false;
	if (w->quiet_ns[place] > t_ns) {
		wake_watcher(e, watcher, w->quiet_ns[place]);
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

/* A client has a layout with the addresses of routes, or one with those of the controls themselves,
 * or both; as long as nothing is known, the first. */
static inline bool is_used(const struct watcher *w, const struct place *p)
{
	return p->own ? w->uses & USES_OWN : w->uses != USES_OWN;
}

static bool looks_at(const struct engine *e, size_t watcher, const struct place *p)
{
	if (p->port != PORT_NONE)
		return watcher == PEERS_MAX + (size_t)p->port;
	return watcher < PEERS_MAX && is_used(&e->feedback.watchers[watcher], p);
}

static const struct source by_feedback = { .from = FROM_FEEDBACK,
	                                   .rank = RANK_BRIDGE,
	                                   .label = "feedback" };

/* Everything that a watcher does not show, a little at a time. */
static void show_all(struct engine *e, uint64_t t_ns, size_t watcher)
{
	size_t left = AT_ONCE;

	e->feedback.watchers[watcher].alarm_ns = 0;
	if (!e->feedback.watchers[watcher].on)
		return;
	for (size_t i = 0; i < e->m->nplaces && left; i++)
		if (looks_at(e, watcher, &e->m->places[i]))
			left -= refresh(e, t_ns, watcher, (uint16_t)i, &by_feedback);
	if (!left)
		wake_watcher(e, watcher, t_ns + PAUSE_NS);
}

/* ---- in frames, to OSC clients ---- */

static void show_dirty(struct engine *e, uint64_t t_ns)
{
	struct feedback *f = &e->feedback;
	size_t left = AT_ONCE;

	f->frame_alarm_ns = 0;
	f->frame_ns = t_ns;
	while (f->ndirty && left) {
		const uint16_t place = f->dirty[--f->ndirty];

		f->is_dirty[place] = false;
		for (size_t w = 0; w < f->npeers; w++)
			if (f->watchers[w].on && is_used(&f->watchers[w], &e->m->places[place]) &&
			    refresh(e, t_ns, w, place, &by_feedback) && left)
				left--;
	}
	if (f->ndirty)
		engine_alarm(e, &f->frame_alarm_ns, t_ns + PAUSE_NS, TIMER_SHOW,
		             (uint32_t)f->nwatchers);
}

/* The first change after a while is shown at once. */
static void mark_dirty(struct engine *e, uint64_t t_ns, uint16_t place)
{
	struct feedback *f = &e->feedback;

	if (f->is_dirty[place])
		return;
	f->is_dirty[place] = true;
	f->dirty[f->ndirty++] = place;
	if (!f->frame_alarm_ns)
		engine_alarm(e, &f->frame_alarm_ns,
		             t_ns > f->frame_ns + FRAME_NS ? t_ns : f->frame_ns + FRAME_NS,
		             TIMER_SHOW, (uint32_t)f->nwatchers);
}

void feedback_due(struct engine *e, uint64_t t_ns, size_t watcher)
{
	if (watcher == e->feedback.nwatchers)
		show_dirty(e, t_ns);
	else
		show_all(e, t_ns, watcher);
}

/* ---- what happens ---- */

void feedback_moved(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s)
{
	const struct control *c = &e->m->controls[control];
	const struct feedback *f = &e->feedback;

	for (size_t i = 0; i < c->nshown; i++) {
		const struct place *p = &e->m->places[c->shown[i]];

		if (p->port == PORT_NONE) {
			if (f->uses & (p->own ? USES_OWN : USES_NAMED))
				mark_dirty(e, t_ns, c->shown[i]);
		} else if (f->watchers[PEERS_MAX + p->port].on) {
			refresh(e, t_ns, PEERS_MAX + (size_t)p->port, c->shown[i], s);
		}
	}
}

static void begin(struct engine *e, uint64_t t_ns, size_t watcher)
{
	struct feedback *f = &e->feedback;

	f->watchers[watcher].on = true;
	if (!f->nwatchers)
		return; /* but after a reload there may be something to show */
	memset(f->watchers[watcher].known, 0, e->m->nslots * sizeof(*f->known));
	if (watcher < PEERS_MAX && watcher >= f->npeers)
		f->npeers = watcher + 1;
	wake_watcher(e, watcher, t_ns);
}

OUTLINE void feedback_woke(struct engine *e, uint64_t t_ns, size_t watcher)
{
	struct watcher *w = &e->feedback.watchers[watcher];

	if (!w->on)
		w->uses = 0;
	begin(e, t_ns, watcher);
	if (!(w->uses & USES_OWN))
		e->feedback.uses |= USES_NAMED;
}

OUTLINE void feedback_uses(struct engine *e, uint64_t t_ns, size_t watcher, uint8_t use)
{
	e->feedback.watchers[watcher].uses |= use;
	e->feedback.uses |= use;
	wake_watcher(e, watcher, t_ns);
}

void feedback_gone(struct engine *e, size_t watcher)
{
	e->feedback.watchers[watcher].on = false;
}

void feedback_heard(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r, float v)
{
	const struct place *p = &e->m->places[r->place];
	struct watcher *w = &e->feedback.watchers[watcher];

	if (p->port == PORT_NONE || p->moves)
		feedback_settled(w, t_ns, r, as_shown(p, v));
	else if (v < 0.5f && w->quiet_ns[r->place] != t_ns) {
		/* Many controllers put a light out, or on, themselves when its button is let go. */
		w->known[r->slot] = 0.0f;
		w->quiet_ns[r->place] = t_ns;
	}
}

void feedback_after(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r,
                    const struct source *s)
{
	if (e->m->places[r->place].port == PORT_NONE)
		mark_dirty(e, t_ns, r->place);
	else if (e->feedback.watchers[watcher].on)
		refresh(e, t_ns, watcher, r->place, s);
}

void engine_port_up(struct engine *e, uint64_t t_ns, int port)
{
	begin(e, engine_begin(e, t_ns), PEERS_MAX + (size_t)port);
}

void feedback_adopt(struct engine *e, uint64_t t_ns, const struct engine *old)
{
	for (size_t i = 0; i < PEERS_MAX + old->m->nports; i++) {
		const struct watcher *was = &old->feedback.watchers[i];
		struct watcher *w = &e->feedback.watchers[i];

		if (!was->on)
			continue;
		begin(e, t_ns, i);
		w->uses = was->uses;
		w->heard_ns = was->heard_ns;
	}
	e->feedback.uses = old->feedback.uses;
}
