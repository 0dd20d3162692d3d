/* Devices that come and go, as a process of its own tells: cuewire-port, which sleeps in the
 * system's announcements. If it hangs or ends, ports are still tried again after a while, and it is
 * started anew. */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/link.h"
#include "cuewire/mem.h"
#include "cuewire/platform.h"
#include "cuewire/words.h"
#include "programs.h"

#define NS_PER_MS UINT64_C(1000000)
#define RESTART_MIN_MS 1000
#define RESTART_MAX_MS 60000

void prober_forget(struct daemon *d)
{
	free(d->prober.first);
	d->prober.first = NULL;
	d->prober.nfirst = d->prober.first_cap = 0;
}

static bool is_wanted(const struct daemon *d)
{
	for (size_t i = 0; i < d->m->nports; i++)
		if (port_is_midi(&d->m->ports[i]) && !d->opt.sim)
			return true;
	return false;
}

static void restart_later(struct daemon *d)
{
	struct prober *p = &d->prober;

	p->delay_ms = p->delay_ms ? 2 * p->delay_ms : RESTART_MIN_MS;
	if (p->delay_ms > RESTART_MAX_MS)
		p->delay_ms = RESTART_MAX_MS;
	p->restart_ns = clock_ns() + p->delay_ms * NS_PER_MS;
}

static void prober_start(struct daemon *d)
{
	char *argv[] = { (char *)"cuewire-port", (char *)"watch", NULL };
	struct prober *p = &d->prober;
	char path[512];
	int fds[2];

	p->restart_ns = TIME_NEVER;
	if (!programs_find("cuewire-port", path, sizeof(path)) || platform_socketpair(fds)) {
		restart_later(d);
		return;
	}
	p->pid = platform_spawn(path, argv, fds[1], -1);
	close(fds[1]);
	if (p->pid > 0) {
		p->fd = fds[0];
		p->have = 0;
		p->listed = false;
		return;
	}
	p->pid = 0;
	close(fds[0]);
	restart_later(d);
}

void prober_start_soon(struct daemon *d)
{
	if (is_wanted(d))
		d->prober.restart_ns = 0;
}

void prober_ended(struct daemon *d)
{
	struct prober *p = &d->prober;

	p->pid = 0;
	prober_forget(d);
	if (p->listed)
		p->delay_ms = 0;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	restart_later(d);
}

void prober_tick(struct daemon *d, uint64_t now)
{
	if (d->prober.restart_ns <= now)
		prober_start(d);
}

/* ---- what it says ---- */

static bool is_named(const struct names *names, const char *device)
{
	for (size_t i = 0; i < names->n; i++)
		if (words_match(names->list[i], device))
			return true;
	return false;
}

/* What was there when the prober began has not come: only who missed it is concerned. */
static bool is_news(const struct daemon *d, const struct port_status *s)
{
	if (s->state == PORT_FIXED || s->state == PORT_OPEN)
		return false;
	return d->prober.listed || !strcmp(s->reason, "missing");
}

/* A port that waits for it is tried now; one that is being opened, once more if that fails. */
static void device_came(struct daemon *d, const char *name, bool input)
{
	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port *p = &d->m->ports[i];
		struct port_status *s = &d->ports[i];

		if (!is_news(d, s) || !is_named(input ? &p->in : &p->out, name))
			continue;
		s->again = true;
		if (s->state == PORT_DOWN)
			s->deadline_ns = clock_ns();
	}
}

static bool is_it(const struct port_device *v, const char *name, uint32_t address)
{
	if (address == LINK_UNKNOWN || v->address == LINK_UNKNOWN)
		return !strcmp(v->name, name);
	return v->name[0] && v->address == address;
}

static void device_went(struct daemon *d, const char *name, bool input, uint32_t address)
{
	struct prober *p = &d->prober;

	p->gone[p->ngone % GONE_MAX].address = address;
	p->gone[p->ngone++ % GONE_MAX].t_ns = clock_ns();
	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port_status *s = &d->ports[i];
		const struct port_device *v = input ? &s->in : &s->out;

		/* A port of our own goes with its host alone, whoever has one of that name. */
		if (d->m->ports[i].is_virtual && v->address == LINK_UNKNOWN)
			continue;
		if (s->state == PORT_OPEN && is_it(v, name, address))
			hosts_unplugged(d, (int)i, name);
	}
}

bool prober_saw_go(const struct daemon *d, uint32_t address, uint64_t since_ns)
{
	const struct prober *p = &d->prober;

	for (size_t i = 0; i < GONE_MAX && i < p->ngone; i++)
		if (p->gone[i].address == address && p->gone[i].t_ns >= since_ns)
			return true;
	return false;
}

static bool is_listed(const struct prober *p, const struct port_device *v, bool input)
{
	for (size_t i = 0; i < p->nfirst; i++)
		if (!(p->first[i].flags & LINK_IN) == !input &&
		    is_it(v, p->first[i].text, p->first[i].value))
			return true;
	return !v->name[0];
}

/* What went before the prober began is missed by none of its words: it is not in its list. */
static void first_list_is_told(struct daemon *d)
{
	struct prober *p = &d->prober;

	p->listed = true;
	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port_status *s = &d->ports[i];

		if (s->state != PORT_OPEN || !port_is_midi(&d->m->ports[i]) ||
		    d->m->ports[i].is_virtual)
			continue;
		if (!is_listed(p, &s->in, true))
			hosts_unplugged(d, (int)i, s->in.name);
		else if (!is_listed(p, &s->out, false))
			hosts_unplugged(d, (int)i, s->out.name);
	}
	prober_forget(d);
}

static void keep_first(struct prober *p, const struct link_record *r)
{
	p->first = xgrow(p->first, &p->first_cap, p->nfirst + 1, sizeof(*p->first));
	p->first[p->nfirst++] = *r;
}

static void take(struct daemon *d, struct link_record *r)
{
	r->text[LINK_TEXT - 1] = '\0';
	if (r->kind == LINK_DEVICE && !d->prober.listed)
		keep_first(&d->prober, r);
	if (r->kind == LINK_DEVICE)
		device_came(d, r->text, r->flags & LINK_IN);
	else if (r->kind == LINK_GONE)
		device_went(d, r->text, r->flags & LINK_IN, r->value);
	else if (r->kind == LINK_LISTED)
		first_list_is_told(d);
}

void prober_polled(struct daemon *d)
{
	struct prober *p = &d->prober;

	for (;;) {
		const ssize_t n = recv(p->fd, (char *)&p->record + p->have,
		                       sizeof(p->record) - p->have, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) { /* it has ended, or is about to */
			close(p->fd);
			p->fd = -1;
			return;
		}
		p->have += (size_t)n;
		if (p->have < sizeof(p->record))
			continue;
		p->have = 0;
		take(d, &p->record);
	}
}
