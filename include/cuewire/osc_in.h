/* OSC over UDP: sockets, clients, bundles that wait for their time. Thread: osc_in_open, control
 * thread; everything else, the engine thread. */
#ifndef CUEWIRE_OSC_IN_H
#define CUEWIRE_OSC_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/datagrams.h"
#include "cuewire/engine.h"
#include "cuewire/osc.h"
#include "cuewire/peers.h"

#define OSC_PORTS_MAX 8
#define OSC_BUFFER 1048576    /* asked for; the system may grant less */
#define OSC_AHEAD_MAX_MS 5000 /* a bundle further ahead is refused */
#define OSC_WAITING_MAX 256   /* messages of bundles that wait */
#define OSC_WAITING_BYTES 512 /* a longer message cannot wait */

/* Binds a UDP port (0: a free one) on a numeric address (NULL: every address, IPv4 and IPv6).
 * beside: a socket of ours on the same port of another address, which is soon to be closed; or -1.
 * Returns the descriptor with *port and *buffer (bytes of the receive buffer as granted) set, or
 * -1 with errno. */
int osc_in_open(const char *bind_to, int *port, int *buffer, int beside);

struct osc_waiting;

struct osc_in {
	int fds[OSC_PORTS_MAX]; /* owned */
	size_t n;
	uint8_t reading;   /* which of them */
	uint64_t heard_ns; /* when the last packet came */
	struct peers peers;
	struct osc_waiting *waiting; /* owned: OSC_WAITING_MAX */
	size_t nwaiting;
	struct counters *counters; /* borrowed */
	const struct mapping *m;   /* borrowed: whose addresses are looked up */
	/* What comes of it; m lives until the call returns. route: the first one of its address, or
	 * ROUTE_END. number: the message is one float, and there is a route; false: it is to be given to
	 * message, nothing has come of it yet. */
	void *ctx;
	bool (*number)(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route, float v);
	void (*message)(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route,
	                const struct osc_msg *m);
	void (*gone)(void *ctx, uint64_t t_ns, uint16_t peer);
	struct datagrams packets; /* that were read together, into ... */
	uint8_t bytes[DATAGRAMS_MAX * OSC_PACKET_MAX];
};

/* in: zeroed. (It is large, and most of it is for bursts: it is not touched before there is one.) */
void osc_in_init(struct osc_in *in, const struct mapping *m, struct counters *counters);
void osc_in_finish(struct osc_in *in); /* closes the sockets */

/* Reads what has come on one socket: at most `limit` packets, and no second one behind one that seems
 * to have come alone. What is left there makes the socket readable still. */
void osc_in_read(struct osc_in *in, size_t socket, int limit);

uint64_t osc_in_waiting_deadline(const struct osc_in *in); /* something waits */
static inline uint64_t osc_in_deadline(const struct osc_in *in)
{
	return in->nwaiting ? osc_in_waiting_deadline(in) : peers_deadline(&in->peers);
}
void osc_in_tick(struct osc_in *in, uint64_t t_ns);

#endif
