/* The queue has room for half its places plus one value of every control plus all edges. A value
 * takes the place of its control's older one unless an edge stands between them, for then order
 * would be lost; from half full on it does so all the same, and so the queue is never too full for
 * a last value. */
#include "cuewire/lane.h"

#include <stdlib.h>

#include "cuewire/mem.h"

void lane_init(struct lane *l, size_t ncontrols)
{
	*l = (struct lane){ .cap = 2 * (ncontrols + LANE_EDGES_MAX) };
	l->queue = xcalloc(l->cap, sizeof(*l->queue));
	l->waiting = xcalloc(ncontrols + 1, sizeof(*l->waiting));
}

void lane_finish(struct lane *l)
{
	free(l->queue);
	free(l->waiting);
}

static struct msg *at(const struct lane *l, uint64_t place)
{
	return &l->queue[place % l->cap];
}

static bool may_replace(const struct lane *l, uint64_t place)
{
	return place >= l->last_edge || l->n >= l->cap / 2;
}

enum lane_result lane_push(struct lane *l, const struct msg *p, struct msg *old)
{
	const uint64_t place = l->popped + l->n;

	if (p->last_wins) {
		const uint64_t w = l->waiting[p->control];

		if (w && may_replace(l, w - 1)) {
			*old = *at(l, w - 1);
			*at(l, w - 1) = *p;
			return LANE_COALESCED;
		}
		l->waiting[p->control] = place + 1;
	} else {
		if (l->edges == LANE_EDGES_MAX)
			return LANE_FULL;
		l->edges++;
		l->last_edge = place + 1;
	}
	*at(l, place) = *p;
	l->n++;
	return LANE_QUEUED;
}

static bool take(struct lane *l, struct msg *out)
{
	if (!l->n)
		return false;
	*out = *at(l, l->popped);
	if (!out->last_wins)
		l->edges--;
	else if (l->waiting[out->control] == l->popped + 1)
		l->waiting[out->control] = 0;
	l->popped++;
	l->n--;
	return true;
}

const struct msg *lane_next(struct lane *l)
{
	struct msg *p;

	if (l->under_way == LINK_WINDOW || !l->n)
		return NULL;
	p = &l->window[(l->window_head + l->under_way) % LINK_WINDOW];
	take(l, p);
	l->under_way++;
	return p;
}

bool lane_done(struct lane *l, struct msg *out)
{
	if (!l->under_way)
		return false;
	*out = l->window[l->window_head];
	l->window_head = (l->window_head + 1) % LINK_WINDOW;
	l->under_way--;
	return true;
}

bool lane_drain(struct lane *l, struct msg *out)
{
	return lane_done(l, out) || take(l, out);
}
