/* The OSC clients that were heard, by address (a client may send from many ports). UDP tells nobody
 * that a tablet has gone: one that has sent /ping counts as gone when three of its intervals pass
 * without a packet. Thread: the engine thread; pure. */
#ifndef CUEWIRE_PEERS_H
#define CUEWIRE_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cuewire/engine.h" /* PEERS_MAX */

struct peer {
	uint8_t address[16];  /* IPv6, or IPv4 mapped into it */
	uint8_t socket;       /* 1 + the place of that on which it was heard last */
	uint32_t scope;       /* of a link-local address */
	uint64_t heard_ns;    /* 0: the place is free */
	uint64_t ping_ns;     /* of the last ping; 0: none yet */
	uint64_t interval_ns; /* between its pings; 0: not known */
	bool paused;          /* the last interval was much longer */
	bool gone;
};

struct peers {
	struct peer list[PEERS_MAX];
	size_t last;      /* that was found */
	uint64_t next_ns; /* nobody has gone before; 0: nobody pings */
};

/* For peers_heard: the place of a client that is not the last one, made if it is new; and one that
 * had gone is there again. */
size_t peers_find(struct peers *p, const uint8_t address[16], bool *displaced);
void peers_back(struct peers *p, struct peer *x);

/* The client with this address, made if it is new, in place of the one that was silent longest
 * if there is no room: then *displaced is true and what the old one held is to be released. */
static inline uint16_t peers_heard(struct peers *p, const uint8_t address[16], uint64_t t_ns,
                                   bool *displaced)
{
	struct peer *x = &p->list[p->last];

	*displaced = false;
	if (memcmp(x->address, address, 16) || !x->heard_ns) {
		p->last = peers_find(p, address, displaced);
		x = &p->list[p->last];
	}
	x->heard_ns = t_ns;
	if (x->gone)
		peers_back(p, x);
	return (uint16_t)p->last;
}

void peers_ping(struct peers *p, uint16_t peer, uint64_t t_ns);

/* When peers_gone is to be asked next, perhaps in vain; UINT64_MAX: never. Costs nothing: it is
 * asked for every packet. */
static inline uint64_t peers_deadline(const struct peers *p)
{
	return p->next_ns ? p->next_ns : UINT64_MAX;
}

/* A client that has gone by t_ns, once each; -1: none (any more). */
int peers_gone(struct peers *p, uint64_t t_ns);

#endif
