/* The OSC clients that were heard, by address (a client may send from many ports). UDP tells nobody
 * that a tablet has gone: one that has sent /ping counts as gone when three of its intervals pass
 * without a packet. Thread: the engine thread; pure. */
#ifndef CUEWIRE_PEERS_H
#define CUEWIRE_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h" /* PEERS_MAX */

struct peer {
	uint8_t address[16]; /* IPv6, or IPv4 mapped into it */
	uint8_t socket; /* 1 + the place of that on which it was heard last; 0: gone, or that is closed */
	uint32_t scope;       /* of a link-local address */
	uint64_t heard_ns;    /* 0: the place is free */
	uint64_t ping_ns;     /* of the last ping; 0: none yet */
	uint64_t interval_ns; /* between its pings; 0: not known */
	bool paused;          /* the last interval was much longer */
	bool gone;
};

struct peers {
	struct peer list[PEERS_MAX];
	size_t last;      /* that was heard */
	uint64_t next_ns; /* nobody has gone before; 0: nobody pings */
};

/* The client with this address, made if it is new, in place of the one that was silent longest
 * if there is no room: then *displaced is true and what the old one held is to be released. */
uint16_t peers_heard(struct peers *p, const uint8_t address[16], uint64_t t_ns, bool *displaced);

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
