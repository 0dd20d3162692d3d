/* What OSC clients are shown: sent from the socket that they were heard on, to their address and the
 * port that the mapping says. */
#include "live_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cuewire/clock.h"
#include "cuewire/osc_out.h"

#define REPLY_PORT 9000 /* where the mapping has no OSC port */

/* The mapping's port of the n-th socket, NULL: it has none. */
static const struct port *port_of(const struct live *l, size_t n)
{
	for (size_t i = 0; i < l->m->nports; i++)
		if (l->m->ports[i].osc_listen >= 0 && !n--)
			return &l->m->ports[i];
	return NULL;
}

/* The client's address in the family of the socket; returns its length. */
static socklen_t address_of(int fd, const struct peer *p, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *v6 = (void *)out;
	struct sockaddr_in *v4 = (void *)out;
	socklen_t len = sizeof(*out);

	if (getsockname(fd, (struct sockaddr *)out, &len))
		return 0;
	if (out->ss_family == AF_INET) {
		memcpy(&v4->sin_addr, p->address + 12, 4);
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	memcpy(&v6->sin6_addr, p->address, 16);
	v6->sin6_port = htons((uint16_t)port);
	v6->sin6_scope_id = p->scope;
	return sizeof(*v6);
}

static void note_shown(struct live *l, uint64_t t_ns, const struct peer *p, int port,
                       uint16_t place, const char *bytes, size_t len, const struct source *s)
{
	struct note *n = l->watch & WATCH_OUT ? live_note(l, NOTE_SHOWN) : NULL;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (!n)
		return;
	n->t_ns = t_ns;
	n->port = PORT_NONE;
	n->control = l->m->shows[l->m->places[place].first].control;
	n->in.len = (uint16_t)(len <= sizeof(n->in.data) ? len : 0);
	memcpy(n->in.data, bytes, n->in.len);
	if (memcmp(p->address, mapped, sizeof(mapped)))
		inet_ntop(AF_INET6, p->address, text, sizeof(text));
	else
		inet_ntop(AF_INET, p->address + 12, text, sizeof(text));
	snprintf(n->in.address, sizeof(n->in.address), "%s:%d", text, port);
	snprintf(n->in.label, sizeof(n->in.label), "%s", s->label);
	live_note_push(l);
}

void live_show(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t place, const float *values,
               const struct source *s)
{
	struct live *l = ctx;
	const struct place *pl = &l->m->places[place];
	const struct peer *p = &l->osc.peers.list[peer];
	const struct port *port;
	int fd, to;
	struct sockaddr_storage address;
	char bytes[1024];
	socklen_t alen;
	size_t len;

	if (!p->socket) /* of sockets that are new it has been heard on none yet */
		return;
	port = port_of(l, p->socket - 1u);
	fd = l->osc.fds[p->socket - 1];
	to = port ? port->osc_reply_port : REPLY_PORT;
	if (port && !port->osc_feedback)
		return;
	alen = address_of(fd, p, to, &address);
	len = osc_out_numbers(bytes, sizeof(bytes), pl->osc, values, pl->nargs);
	if (!alen || !len ||
	    (sendto(fd, bytes, len, MSG_DONTWAIT, (struct sockaddr *)&address, alen) < 0 &&
	     (errno == EAGAIN || errno == ENOBUFS))) {
		l->n->dropped++;
		return;
	}
	note_shown(l, t_ns, p, to, place, bytes, len, s);
}
