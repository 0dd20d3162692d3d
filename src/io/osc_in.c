#include "cuewire/osc_in.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/mem.h"
#include "cuewire/outline.h"
#include "cuewire/platform.h"

/* Seconds from 1900, where OSC (as NTP) counts from, to 1970. */
#define NTP_EPOCH UINT64_C(2208988800)

/* A packet that comes so long after the one before it is taken to be alone. Whether it is, poll will
 * say, which is called anyway: a read in vain is spared. */
#define ALONE_NS UINT64_C(500000)

struct osc_waiting {
	uint64_t due_ns;
	uint16_t peer;
	uint16_t len;
	uint8_t bytes[OSC_WAITING_BYTES];
};

/* ---- opening ---- */

static void share(int fd, bool on)
{
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ on }, sizeof(int));
}

/* Ports are shared for no longer than this takes: another bridge must find them taken. */
static int bind_beside(int fd, const struct sockaddr *a, socklen_t len, int beside)
{
	int err;

	share(fd, beside >= 0);
	share(beside, true);
	err = bind(fd, a, len) ? errno : 0;
	share(beside, false);
	share(fd, false);
	errno = err;
	return err ? -1 : 0;
}

static int bind_address(const struct sockaddr *a, socklen_t len, int beside)
{
	const int fd = platform_socket(a->sa_family, SOCK_DGRAM);
	int err;

	if (fd < 0)
		return -1;
	if (a->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int));
	if (!bind_beside(fd, a, len, beside))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

static int bind_numeric(const char *text, int port, int beside)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *ai;
	int fd;

	if (getaddrinfo(text, NULL, &hints, &ai)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (ai->ai_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ai->ai_addr)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)(void *)ai->ai_addr)->sin_port = htons((uint16_t)port);
	fd = bind_address(ai->ai_addr, ai->ai_addrlen, beside);
	freeaddrinfo(ai);
	return fd;
}

/* One socket for IPv6 and IPv4; a machine without IPv6 has the latter alone. */
static int bind_all(int port, int beside)
{
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6,
		                           .sin6_port = htons((uint16_t)port) };
	const struct sockaddr_in any4 = { .sin_family = AF_INET,
		                          .sin_port = htons((uint16_t)port) };
	const int fd = bind_address((const void *)&any6, sizeof(any6), beside);

	if (fd >= 0 || errno == EADDRINUSE || errno == EACCES)
		return fd;
	return bind_address((const void *)&any4, sizeof(any4), beside);
}

static int bound_port(int fd)
{
	struct sockaddr_in6 a = { 0 };
	socklen_t len = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &len);
	return ntohs(a.sin6_port); /* at the same place in sockaddr_in */
}

int osc_in_open(const char *bind_to, int *port, int *buffer, int beside)
{
	const int fd = bind_to ? bind_numeric(bind_to, *port, beside) : bind_all(*port, beside);
	socklen_t len = sizeof(*buffer);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ OSC_BUFFER }, sizeof(int));
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, buffer, &len);
	*port = bound_port(fd);
	return fd;
}

void osc_in_init(struct osc_in *in, const struct mapping *m, struct counters *counters)
{
	in->m = m;
	in->counters = counters;
	in->waiting = xcalloc(OSC_WAITING_MAX, sizeof(*in->waiting));
	datagrams_init(&in->packets, in->bytes, OSC_PACKET_MAX);
}

void osc_in_finish(struct osc_in *in)
{
	for (size_t i = 0; i < in->n; i++)
		close(in->fds[i]);
	datagrams_finish(&in->packets);
	free(in->waiting);
}

/* ---- packets ---- */

/* How an answer gets to the client. */
static void set_way_back(struct osc_in *in, struct peer *p, const struct sockaddr_storage *from)
{
	p->socket = in->reading;
	p->scope = from->ss_family == AF_INET6
	                   ? ((const struct sockaddr_in6 *)(const void *)from)->sin6_scope_id
	                   : 0;
}

OUTLINE static uint16_t peer_of_any(struct osc_in *in, const struct sockaddr_storage *from)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	uint8_t address[16] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
	bool displaced;
	uint16_t peer;

	if (from->ss_family == AF_INET)
		memcpy(address + 12, &v4->sin_addr, 4);
	else
		memcpy(address, v6->sin6_addr.s6_addr, sizeof(address));
	peer = peers_heard(&in->peers, address, in->heard_ns, &displaced);
	if (displaced)
		in->gone(in->ctx, in->heard_ns, peer);
	set_way_back(in, &in->peers.list[peer], from);
	return peer;
}

/* Who has sent the packet that was heard last: nearly always the one who has sent the one before. */
static inline uint16_t peer_of(struct osc_in *in, const struct sockaddr_storage *from)
{
	const struct sockaddr_in6 *v6 = (const void *)from;
	struct peer *p = &in->peers.list[in->peers.last];

	if (from->ss_family != AF_INET6 || memcmp(p->address, v6->sin6_addr.s6_addr, 16) ||
	    p->socket != in->reading)
		return peer_of_any(in, from);
	p->heard_ns = in->heard_ns;
	return (uint16_t)in->peers.last;
}

static void deliver(struct osc_in *in, uint64_t t_ns, uint16_t peer, const struct osc_msg *m)
{
	if (m->address_len == 5 && !memcmp(m->address, "/ping", 5))
		peers_ping(&in->peers, peer, t_ns);
	in->message(in->ctx, t_ns, peer, mapping_osc(in->m, m->address, m->address_len), m);
}

struct bundle {
	struct osc_in *in;
	uint16_t peer;
};

/* Nanoseconds from now until a time tag; negative: past. A tag is 32.32 seconds since 1900. */
static int64_t tag_ahead_ns(uint64_t tag)
{
	struct timespec now;
	int64_t s, frac_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	s = (int64_t)(tag >> 32) - (int64_t)NTP_EPOCH - (int64_t)now.tv_sec;
	if (s > OSC_AHEAD_MAX_MS || s < -1)
		return s < 0 ? -1 : INT64_MAX;
	frac_ns = (int64_t)(((tag & UINT32_MAX) * 1000000000u) >> 32);
	return s * 1000000000 + frac_ns - now.tv_nsec;
}

static void wait_for(struct osc_in *in, uint64_t due_ns, uint16_t peer, const struct osc_msg *m)
{
	struct osc_waiting *w = &in->waiting[in->nwaiting];

	if (in->nwaiting == OSC_WAITING_MAX || m->size > OSC_WAITING_BYTES) {
		in->counters->refused++;
		return;
	}
	w->due_ns = due_ns;
	w->peer = peer;
	w->len = (uint16_t)m->size;
	memcpy(w->bytes, m->address, m->size);
	in->nwaiting++;
}

static void bundled(void *ctx, uint64_t tag, const struct osc_msg *m)
{
	const struct bundle *b = ctx;
	struct osc_in *in = b->in;
	const int64_t ahead = tag == OSC_NOW ? -1 : tag_ahead_ns(tag);

	if (ahead <= 0)
		deliver(in, in->heard_ns, b->peer, m);
	else if (ahead > OSC_AHEAD_MAX_MS * INT64_C(1000000))
		in->counters->refused++;
	else
		wait_for(in, in->heard_ns + (uint64_t)ahead, b->peer, m);
}

static void take_bundle(struct osc_in *in, uint16_t peer, const uint8_t *p, size_t len)
{
	if (osc_check(p, len))
		in->counters->bad++;
	else
		osc_walk(p, len, bundled, &(struct bundle){ in, peer });
}

OUTLINE static void take_any(struct osc_in *in, uint16_t peer, const uint8_t *p, size_t len)
{
	struct osc_msg m;

	if (len && *p == '#')
		take_bundle(in, peer, p, len);
	else if (osc_read(&m, p, len))
		in->counters->bad++;
	else
		deliver(in, in->heard_ns, peer, &m);
}

/* Nearly always it is one float for an address that is known: then there is nothing to check. A ping
 * has no argument. */
INLINE static void take(struct osc_in *in, const struct datagram *d)
{
	const uint8_t *p = d->bytes;
	const size_t len = d->len;
	const uint16_t peer = peer_of(in, &d->from);
	const size_t size = osc_before_float(p, len);
	const uint16_t route = size ? mapping_osc_padded(in->m, p, size) : ROUTE_END;

	if (route == ROUTE_END ||
	    !in->number(in->ctx, in->heard_ns, peer, route, osc_float(p + len - 4)))
		take_any(in, peer, p, len);
}

/* Returns false when there is none. */
static inline bool read_one(struct osc_in *in, int fd)
{
	struct datagram *d = &in->packets.list[0];

	if (!datagram_receive(fd, d))
		return false;
	in->heard_ns = clock_ns();
	take(in, d);
	return true;
}

/* They had come when they were read; each has a time of its own, that tells which came first. */
OUTLINE static void read_many(struct osc_in *in, int fd, int limit)
{
	int n, got;

	do {
		n = limit < DATAGRAMS_MAX ? limit : DATAGRAMS_MAX;
		got = datagrams_receive(fd, &in->packets, n);
		in->heard_ns = clock_ns();
		for (int i = 0; i < got; i++, in->heard_ns++)
			take(in, &in->packets.list[i]);
		limit -= got;
	} while (got == n && limit);
}

/* One, and then those that have come behind it. */
void osc_in_read(struct osc_in *in, size_t socket, int limit)
{
	const uint64_t before_ns = in->heard_ns;

	in->reading = (uint8_t)(socket + 1);
	if (read_one(in, in->fds[socket]) && in->heard_ns - before_ns <= ALONE_NS)
		read_many(in, in->fds[socket], limit - 1);
}

/* ---- time ---- */

static size_t next_waiting(const struct osc_in *in)
{
	size_t next = 0;

	for (size_t i = 1; i < in->nwaiting; i++)
		if (in->waiting[i].due_ns < in->waiting[next].due_ns)
			next = i;
	return next;
}

uint64_t osc_in_waiting_deadline(const struct osc_in *in)
{
	const uint64_t gone = peers_deadline(&in->peers),
		       due = in->waiting[next_waiting(in)].due_ns;

	return due < gone ? due : gone;
}

/* Messages of one time keep the order in which they came: the rest moves up behind each. */
void osc_in_tick(struct osc_in *in, uint64_t t_ns)
{
	struct osc_msg m;
	int peer;

	while (in->nwaiting) {
		const size_t i = next_waiting(in);
		const struct osc_waiting w = in->waiting[i];

		if (w.due_ns > t_ns)
			break;
		memmove(&in->waiting[i], &in->waiting[i + 1],
		        (--in->nwaiting - i) * sizeof(*in->waiting));
		if (!osc_read(&m, w.bytes, w.len))
			deliver(in, w.due_ns, w.peer, &m);
	}
	while ((peer = peers_gone(&in->peers, t_ns)) >= 0)
		in->gone(in->ctx, t_ns, (uint16_t)peer);
}
