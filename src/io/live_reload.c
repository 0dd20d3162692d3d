/* What the engine thread keeps of controls and ports, and how it goes over to another mapping. */
#include "live_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/mem.h"

/* ---- what is kept of every control ---- */

#define BOOKS_MEMORY ((size_t)64 << 10) /* a chunk */

void live_make_books(struct books *b, const struct mapping *m)
{
	b->mem = arena_new(BOOKS_MEMORY);
	sim_init(&b->sim, b->mem, m);
	b->sent = arena_alloc(b->mem, (m->ncontrols + 1) * sizeof(*b->sent));
	b->differs = arena_alloc(b->mem, (m->ncontrols + 1) * sizeof(*b->differs));
	b->moved = arena_alloc(b->mem, (m->ncontrols + 1) * sizeof(*b->moved));
	for (size_t i = 0; i < m->ncontrols; i++)
		b->sent[i] = SIM_UNKNOWN;
}

void live_free_books(struct books *b)
{
	arena_free(b->mem);
}

/* ---- a new mapping ---- */

/* Made by the control thread, swapped by the engine thread, freed by the control thread. */
struct live_next {
	const struct mapping *m;
	struct engine *engine;
	uint16_t *was; /* mapping_match */
	struct flight flight;
	struct books books;
	struct lane lanes[MAPPING_PORTS_MAX];
	bool has_lane[MAPPING_PORTS_MAX];
	bool closes[MAPPING_PORTS_MAX]; /* of the old ports */
	int fds[OSC_PORTS_MAX];
	size_t nfds;
};

struct live_next *live_prepare(struct live *l, const struct mapping *m,
                               const struct mapping *before, const bool *closes, const int *osc_fds,
                               size_t n)
{
	struct live_next *x = xcalloc(1, sizeof(*x));

	x->m = m;
	x->engine = live_engine(l, m);
	x->was = xcalloc(m->nroutes + 1, sizeof(*x->was));
	mapping_match(m, before, x->was);
	live_make_books(&x->books, m);
	flight_init(&x->flight, x->books.mem, m);
	for (size_t i = 0; i < m->nports; i++) {
		x->has_lane[i] = port_is_midi(&m->ports[i]);
		if (x->has_lane[i])
			lane_init(&x->lanes[i], x->books.mem, m->ncontrols + m->nlights);
	}
	memcpy(x->closes, closes, sizeof(x->closes));
	memcpy(x->fds, osc_fds, n * sizeof(*osc_fds));
	x->nfds = n;
	return x;
}

void live_next_free(struct live_next *x)
{
	engine_free(x->engine);
	free(x->was);
	live_free_books(&x->books);
	free(x);
}

const struct flight *live_next_flight(const struct live_next *x)
{
	return &x->flight;
}

static const char *kept_label(void *ctx, const char *label)
{
	return live_keep_label(ctx, label);
}

static void change_lane(struct live *l, struct live_next *x, size_t i)
{
	struct live_port *p = &l->ports[i];

	if (p->has_lane && x->has_lane[i]) {
		lane_adopt(&x->lanes[i], &p->lane, l->m->ncontrols);
		lane_relabel(&x->lanes[i], kept_label, l);
	}
	p->lane = x->lanes[i];
	p->has_lane = x->has_lane[i];
}

static void swap_books(struct live *l, struct live_next *x)
{
	const struct books old = l->books;
	const size_t n = l->m->ncontrols;

	for (size_t i = 0; i < n; i++) {
		if (!control_stays(&x->m->controls[i], &l->m->controls[i]))
			continue;
		x->books.sim.value[i] = old.sim.value[i];
		x->books.sent[i] = old.sent[i];
		x->books.differs[i] = old.differs[i] && !x->m->controls[i].gone &&
		                      x->m->controls[i].port != PORT_NONE;
	}
	l->books = x->books;
	x->books = old;
}

/* What it has written down speaks of the old mapping: it goes back, and another one begins, with the ports that
 * are up. */
static void swap_flight(struct live *l, struct live_next *x)
{
	const struct flight old = l->flight;

	x->flight.up = old.up;
	l->flight = x->flight;
	x->flight = old;
}

/* Sockets that are listened on no more are closed. */
static void swap_sockets(struct live *l, const struct live_next *x)
{
	for (size_t i = 0; i < l->osc.n; i++) {
		size_t k = 0;

		while (k < x->nfds && x->fds[k] != l->osc.fds[i])
			k++;
		if (k == x->nfds)
			close(l->osc.fds[i]);
	}
	memcpy(l->osc.fds, x->fds, x->nfds * sizeof(*x->fds));
	l->osc.n = x->nfds;
	for (size_t i = 0; i < PEERS_MAX; i++)
		l->osc.peers.list[i].socket = 0; /* until it is heard again */
}

/* Everything at once, between two events. The old parts go back with the reply. */
void live_reload(struct live *l, struct live_next *x)
{
	struct engine *old = l->engine;
	uint64_t now;

	for (size_t i = 0; i < l->nports; i++)
		if (x->closes[i])
			live_port_close(l, (int)i);
	now = live_begin(l, clock_ns());
	engine_adopt(x->engine, now, old, x->was);
	for (size_t i = 0; i < l->nports; i++)
		if (l->m->ports[i].gone)
			l->ports[i].n = (struct port_view){ 0 }; /* another may have its number */
	for (size_t i = 0; i < x->m->nports; i++)
		change_lane(l, x, i);
	swap_books(l, x);
	swap_flight(l, x);
	swap_sockets(l, x);
	l->reloads++;
	l->nports = x->m->nports;
	l->m = x->m;
	l->engine = x->engine;
	x->engine = old;
	l->osc.m = x->m;
	l->n = l->osc.counters = engine_counters(l->engine);
	l->clock = engine_clock(l->engine);
	l->npolled = 0;
	queue_reply(l->q, &(struct reply){ .kind = REPLY_RELOADED, .t_ns = now, .next = x });
}
