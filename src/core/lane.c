/* The queue has room for half its places plus one switch of every control plus all edges. A switch's
 * value takes the place of its older one unless an edge stands between them, for then order would
 * be lost; from half full on it does so all the same, and no fader is moved into the queue any more:
 * so it is never too full for a last value.
 *
 * Releases are not counted as edges: of one control, one that waits is enough until it is pressed
 * again, so there are no more of them than presses and controls. */
#include "cuewire/lane.h"

#include <string.h>

#include "cuewire/mem.h"

#define NONE UINT16_MAX

struct lane_fader {
	struct msg m;
	uint16_t before, after; /* in the list; NONE */
	bool waits;
};

/* What is known of a button. */
enum {
	DOWN = 1,          /* a press may have been written, a release not surely */
	PRESSED = 2,       /* the last edge that was handed over was a press */
	EXPIRED = 4,       /* a press has expired: so will its release */
	RELEASE_WAITS = 8, /* and no press has been pushed after it */
};

void lane_init(struct lane *l, struct arena *mem, size_t ncontrols)
{
	*l = (struct lane){ .cap = 4 * (ncontrols + LANE_EDGES_MAX), .first = NONE, .last = NONE };
	l->queue = arena_alloc(mem, l->cap * sizeof(*l->queue));
	l->waiting = arena_alloc(mem, (ncontrols + 1) * sizeof(*l->waiting));
	l->faders = arena_alloc(mem, (ncontrols + 1) * sizeof(*l->faders));
	l->buttons = arena_alloc(mem, (ncontrols + 1) * sizeof(*l->buttons));
}

/* ---- the queue ---- */

static struct msg *at(const struct lane *l, uint64_t place)
{
	return &l->queue[place % l->cap];
}

static uint64_t append(struct lane *l, const struct msg *m)
{
	const uint64_t place = l->popped + l->n++;

	*at(l, place) = *m;
	return place;
}

static bool is_half_full(const struct lane *l)
{
	return l->n >= l->cap / 2;
}

static enum lane_result push_switch(struct lane *l, const struct msg *m, struct msg *old)
{
	const uint64_t w = l->waiting[m->key];

	if (w && (w > l->last_edge || is_half_full(l))) {
		*old = *at(l, w - 1);
		*at(l, w - 1) = *m;
		return LANE_COALESCED;
	}
	l->waiting[m->key] = append(l, m) + 1;
	return LANE_QUEUED;
}

static bool counts(const struct msg *m)
{
	return m->waits == WAITS_ALL && m->edge != EDGE_RELEASE;
}

static struct msg pop(struct lane *l)
{
	const struct msg m = *at(l, l->popped);

	l->edges -= counts(&m);
	if (m.waits != WAITS_ALL && l->waiting[m.control] == l->popped + 1)
		l->waiting[m.control] = 0;
	if (m.edge == EDGE_RELEASE)
		l->buttons[m.control] &= (uint8_t)~RELEASE_WAITS;
	l->popped++;
	l->n--;
	return m;
}

/* ---- faders ---- */

static void link_last(struct lane *l, uint16_t control)
{
	struct lane_fader *f = &l->faders[control];

	f->waits = true;
	f->before = l->last;
	f->after = NONE;
	if (l->last == NONE)
		l->first = control;
	else
		l->faders[l->last].after = control;
	l->last = control;
	l->nfaders++;
}

static struct msg unlink_fader(struct lane *l, uint16_t control)
{
	struct lane_fader *f = &l->faders[control];

	if (f->before == NONE)
		l->first = f->after;
	else
		l->faders[f->before].after = f->after;
	if (f->after == NONE)
		l->last = f->before;
	else
		l->faders[f->after].before = f->before;
	f->waits = false;
	l->nfaders--;
	return f->m;
}

static void note_step(struct lane *l, const struct msg *m)
{
	if (l->step_ns != m->t_ns)
		l->nstep = 0;
	l->step_ns = m->t_ns;
	if (l->nstep < LANE_STEP_MAX)
		l->step[l->nstep++] = m->key;
}

static enum lane_result push_fader(struct lane *l, const struct msg *m, struct msg *old)
{
	struct lane_fader *f = &l->faders[m->key];
	const bool waited = f->waits;

	if (waited)
		*old = f->m;
	else
		link_last(l, m->key);
	f->m = *m;
	note_step(l, m);
	return waited ? LANE_COALESCED : LANE_QUEUED;
}

/* Those of the step that an edge belongs to go before it. */
static void take_along(struct lane *l, uint64_t t_ns)
{
	if (l->step_ns != t_ns)
		return;
	for (size_t i = 0; i < l->nstep; i++)
		if (l->faders[l->step[i]].waits && !is_half_full(l)) {
			const struct msg m = unlink_fader(l, l->step[i]);

			append(l, &m);
		}
	l->nstep = 0;
}

/* ---- edges ---- */

static enum lane_result push_edge(struct lane *l, const struct msg *m, struct msg *old)
{
	uint8_t *b = &l->buttons[m->key];

	if (m->edge == EDGE_RELEASE && *b & RELEASE_WAITS) {
		*old = *m;
		return LANE_COALESCED;
	}
	if (counts(m) && l->edges == LANE_EDGES_MAX) {
		if (m->edge == EDGE_PRESS)
			*b |= EXPIRED;
		return LANE_FULL;
	}
	take_along(l, m->t_ns);
	l->edges += counts(m);
	l->last_edge = append(l, m) + 1;
	if (m->edge == EDGE_RELEASE)
		*b |= RELEASE_WAITS;
	else
		*b &= (uint8_t)~RELEASE_WAITS;
	return LANE_QUEUED;
}

/* Whether what is taken out of the queue now comes too late. */
static bool has_expired(struct lane *l, const struct msg *m, uint64_t now_ns)
{
	uint8_t *b = &l->buttons[m->key];
	const bool late = now_ns > m->t_ns && now_ns - m->t_ns > LANE_EXPIRES_NS;
	const bool gone = m->edge == EDGE_RELEASE ? *b & EXPIRED && !(*b & PRESSED)
	                                          : late && m->waits == WAITS_ALL;

	if (m->edge == EDGE_PRESS)
		*b = (uint8_t)(gone ? *b | EXPIRED : (*b & ~EXPIRED) | DOWN | PRESSED);
	if (m->edge == EDGE_RELEASE)
		*b &= (uint8_t) ~(gone ? EXPIRED : PRESSED);
	return gone;
}

/* ---- in and out ---- */

enum lane_result lane_push(struct lane *l, const struct msg *m, struct msg *old)
{
	switch ((enum waits)m->waits) {
	case WAITS_BEHIND:
		return push_fader(l, m, old);
	case WAITS_LATEST:
		return push_switch(l, m, old);
	default:
		return push_edge(l, m, old);
	}
}

enum lane_turn lane_next(struct lane *l, uint64_t now_ns, size_t room, const struct msg **m)
{
	const bool from_queue = l->n && (!l->nfaders || l->turns < LANE_TURNS);
	struct msg *slot = &l->window[(l->window_head + l->under_way) % LINK_WINDOW];

	if (l->under_way == LINK_WINDOW || (!l->n && !l->nfaders))
		return LANE_NOTHING;
	*m = from_queue ? at(l, l->popped) : &l->faders[l->first].m;
	if ((*m)->len > room)
		return LANE_NO_ROOM;
	l->turns = from_queue && l->nfaders ? l->turns + 1 : 0;
	*slot = from_queue ? pop(l) : unlink_fader(l, l->first);
	*m = slot;
	if (from_queue && has_expired(l, slot, now_ns))
		return LANE_EXPIRED;
	l->under_way++;
	return LANE_WRITE;
}

/* Whether a press of the button is under way, behind what has just been done. */
static bool is_pressed_again(const struct lane *l, uint16_t control)
{
	for (size_t i = 0; i < l->under_way; i++) {
		const struct msg *m = &l->window[(l->window_head + i) % LINK_WINDOW];

		if (m->edge == EDGE_PRESS && m->key == control)
			return true;
	}
	return false;
}

bool lane_done(struct lane *l, bool written, struct msg *out)
{
	if (!l->under_way)
		return false;
	*out = l->window[l->window_head];
	l->window_head = (l->window_head + 1) % LINK_WINDOW;
	l->under_way--;
	if (written && out->edge == EDGE_RELEASE && !is_pressed_again(l, out->key))
		l->buttons[out->key] &= (uint8_t)~DOWN;
	return true;
}

bool lane_drain(struct lane *l, struct msg *out, bool *was_under_way)
{
	*was_under_way = lane_done(l, false, out);
	if (*was_under_way)
		return true;
	if (l->n)
		*out = pop(l);
	else if (l->nfaders)
		*out = unlink_fader(l, l->first);
	else
		return false;
	l->buttons[out->key] &= DOWN;
	return true;
}

bool lane_owes_release(const struct lane *l, uint16_t control)
{
	return l->buttons[control] & DOWN;
}

/* ---- a new mapping ---- */

void lane_adopt(struct lane *l, const struct lane *old, size_t nkept)
{
	l->popped = old->popped;
	l->n = old->n;
	l->edges = old->edges;
	l->last_edge = old->last_edge;
	l->turns = old->turns;
	l->window_head = old->window_head;
	l->under_way = old->under_way;
	memcpy(l->window, old->window, sizeof(l->window));
	memcpy(l->waiting, old->waiting, nkept * sizeof(*l->waiting));
	memcpy(l->buttons, old->buttons, nkept * sizeof(*l->buttons));
	for (uint64_t place = l->popped; place < l->popped + l->n; place++) {
		*at(l, place) = *at(old, place);
		if (at(l, place)->light)
			at(l, place)->key = at(l, place)->control;
	}
	for (uint16_t i = old->first; i != NONE; i = old->faders[i].after) {
		if (i >= nkept)
			continue;
		l->faders[i] = old->faders[i];
		link_last(l, i);
	}
}

void lane_relabel(struct lane *l, const char *(*fn)(void *ctx, const char *label), void *ctx)
{
	for (uint64_t place = l->popped; place < l->popped + l->n; place++)
		at(l, place)->label = fn(ctx, at(l, place)->label);
	for (uint16_t i = l->first; i != NONE; i = l->faders[i].after)
		l->faders[i].m.label = fn(ctx, l->faders[i].m.label);
	for (size_t i = 0; i < l->under_way; i++) {
		struct msg *m = &l->window[(l->window_head + i) % LINK_WINDOW];

		m->label = fn(ctx, m->label);
	}
}
