#include "cuewire/peers.h"

#include <string.h>

#define MISSED 3
#define INTERVAL_MIN_NS UINT64_C(100000000) /* pings closer together are no measure */

static size_t oldest(const struct peers *p)
{
	size_t o = 0;

	for (size_t i = 1; i < PEERS_MAX; i++)
		if (p->list[i].heard_ns < p->list[o].heard_ns)
			o = i;
	return o;
}

static uint64_t due(const struct peer *x)
{
	if (!x->interval_ns || x->gone)
		return UINT64_MAX;
	return x->heard_ns + MISSED * x->interval_ns;
}

static void look_at(struct peers *p, uint64_t t_ns)
{
	if (!p->next_ns || t_ns < p->next_ns)
		p->next_ns = t_ns;
}

/* The place of a client, made if it is new. */
static size_t find(struct peers *p, const uint8_t address[16], bool *displaced)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++)
		if (p->list[i].heard_ns && !memcmp(p->list[i].address, address, 16))
			return i;
	i = oldest(p);
	*displaced = p->list[i].heard_ns != 0;
	p->list[i] = (struct peer){ 0 };
	memcpy(p->list[i].address, address, 16);
	return i;
}

uint16_t peers_heard(struct peers *p, const uint8_t address[16], uint64_t t_ns, bool *displaced)
{
	struct peer *x;

	*displaced = false;
	p->last = find(p, address, displaced);
	x = &p->list[p->last];
	x->heard_ns = t_ns;
	if (x->gone) {
		x->gone = false;
		look_at(p, due(x));
	}
	return (uint16_t)p->last;
}

/* A pause of three intervals was an absence, not an interval, unless a second one follows it. */
void peers_ping(struct peers *p, uint16_t peer, uint64_t t_ns)
{
	struct peer *x = &p->list[peer];
	const uint64_t since = x->ping_ns ? t_ns - x->ping_ns : 0;

	x->ping_ns = t_ns;
	if (since >= INTERVAL_MIN_NS) {
		const bool pause = x->interval_ns && since >= MISSED * x->interval_ns;

		if (!pause || x->paused)
			x->interval_ns = since;
		x->paused = pause;
	}
	look_at(p, due(x));
}

/* Packets only ever put a client's time off, so that next_ns may come too early, never too late. */
int peers_gone(struct peers *p, uint64_t t_ns)
{
	uint64_t next = UINT64_MAX;

	if (t_ns < peers_deadline(p))
		return -1;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (due(&p->list[i]) <= t_ns) {
			p->list[i].gone = true;
			p->list[i].socket = 0;
			return (int)i;
		}
		if (due(&p->list[i]) < next)
			next = due(&p->list[i]);
	}
	p->next_ns = next;
	return -1;
}
