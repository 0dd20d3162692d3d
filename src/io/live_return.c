/* Ports that come back. While a port was simulated, faders and switches may have moved: what it does
 * not have differs. After a short outage it is sent what it missed; after a long one the DJ has
 * helped himself with the mouse, and a stale 0 would stop a deck on air, so it is only told. */
#include "live_priv.h"

#include <stdlib.h>

#include "cuewire/clock.h"

#define RECENT_NS UINT64_C(2000000000)

static int by_time(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return x->control < y->control ? -1 : x->control > y->control;
}

/* The controls of the port that differ, as they moved. Returns how many. */
static size_t find_moved(struct live *l, int port)
{
	size_t n = 0;

	for (size_t i = 0; i < l->m->ncontrols; i++)
		if (l->books.differs[i] && l->m->controls[i].port == port)
			l->books.moved[n++] =
				(struct moved){ engine_state(l->engine, i)->t_ns, (uint16_t)i };
	qsort(l->books.moved, n, sizeof(*l->books.moved), by_time);
	return n;
}

static void release_owed(struct live *l, int port, uint64_t now)
{
	for (size_t i = 0; i < l->m->ncontrols && l->ports[port].has_lane; i++)
		if (l->m->controls[i].port == port &&
		    lane_owes_release(&l->ports[port].lane, (uint16_t)i))
			live_resend(l, now, EVENT_RETURN, (uint16_t)i);
}

static void note_differs(struct live *l, int port, uint16_t control)
{
	struct note *n = l->watch & WATCH_OUT ? live_note(l, NOTE_DIFFERS) : NULL;

	if (!n)
		return;
	n->port = (int16_t)port;
	n->control = control;
	n->t_ns = clock_ns();
	n->out.value = engine_state(l->engine, control)->value;
	live_note_push(l);
}

static bool is_wanted(enum port_return how, uint64_t moved_ns, uint64_t now)
{
	return how == RETURN_ALL || (how == RETURN_RECENT && now - moved_ns <= RECENT_NS);
}

void live_return(struct live *l, int port)
{
	const uint64_t now = clock_ns();
	const size_t n = find_moved(l, port);
	struct reply r = { .kind = REPLY_PORT_BACK, .port = port };

	release_owed(l, port, now);
	for (size_t i = 0; i < n; i++) {
		const struct moved *m = &l->books.moved[i];

		if (is_wanted(l->m->ports[port].on_return, m->t_ns, now)) {
			live_resend(l, now, EVENT_RETURN, m->control);
			r.back.sent++;
			continue;
		}
		note_differs(l, port, m->control);
		if (r.back.differ < BACK_NAMED)
			r.back.named[r.back.differ] = m->control;
		r.back.differ++;
	}
	if (n)
		queue_reply(l->q, &r);
}

void live_sync(struct live *l, uint16_t client)
{
	struct reply r = { .kind = REPLY_SYNCED, .client = client };
	const uint64_t now = clock_ns();

	for (size_t p = 0; p < l->m->nports; p++) {
		const size_t n =
			l->ports[p].up && l->ports[p].out_fd >= 0 ? find_moved(l, (int)p) : 0;

		for (size_t i = 0; i < n; i++)
			live_resend(l, now, EVENT_SYNC, l->books.moved[i].control);
		r.back.sent += n;
	}
	queue_reply(l->q, &r);
}
