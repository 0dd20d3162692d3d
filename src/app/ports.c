/* What is known of every port, and how it goes from one state to the next. Whatever happens to a
 * port, it is open or simulated with its reason, and one line says so. Ports that have no process,
 * raw paths and OSC, are opened here. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/osc_out.h"

#define NS_PER_MS UINT64_C(1000000)
#define STEADY_NS (10000 * NS_PER_MS) /* open for so long, it starts anew with short waits */
#define RAW_RETRY_MAX_MS 1000         /* a FIFO is looked at for nothing */

/* ---- what a person reads ---- */

static void say_open(struct daemon *d, const struct port *p, const struct port_status *s)
{
	if (s->open_ms >= 0)
		daemon_say(d, "port %s: open (%s, %.1f ms)", p->name, s->device, s->open_ms);
	else
		daemon_say(d, "port %s: open (%s)", p->name, s->device);
}

static void say_simulated(struct daemon *d, const struct port *p, const struct port_status *s)
{
	const char *on = d->color ? "\033[1;41;97m" : "", *off = d->color ? "\033[0m" : "";
	char why[sizeof(s->reason) + sizeof(s->detail) + 2];

	snprintf(why, sizeof(why), "%s%s%s", s->reason, s->detail[0] ? ": " : "", s->detail);
	if (p->optional && !port_sends(p))
		daemon_say(d, "port %s: not connected (%s)", p->name, why);
	else if (p->optional)
		daemon_say(d, "port %s: not connected, simulated (%s)", p->name, why);
	else if (!port_sends(p))
		daemon_say(d, "%sport %s: NOT CONNECTED: %s%s", on, p->name, why, off);
	else
		daemon_say(
			d,
			"%s!!! port %s: SIMULATED: %s !!! nothing that is sent to it leaves this "
			"program%s",
			on, p->name, why, off);
}

void ports_set_open(struct daemon *d, int port, const char *device)
{
	struct port_status *s = &d->ports[port];

	s->state = PORT_OPEN;
	s->deadline_ns = TIME_NEVER;
	s->opened_ns = clock_ns();
	s->opens++;
	s->again = false;
	s->reason[0] = s->detail[0] = '\0';
	if (device != s->device)
		snprintf(s->device, sizeof(s->device), "%s", device);
	say_open(d, &d->m->ports[port], s);
}

/* A retry that ends as the one before is not spoken of again. */
void ports_set_simulated(struct daemon *d, int port, const char *reason, const char *detail)
{
	struct port_status *s = &d->ports[port];
	const bool news = strcmp(s->reason, reason);

	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	snprintf(s->detail, sizeof(s->detail), "%s", detail ? detail : "");
	if (news)
		say_simulated(d, &d->m->ports[port], s);
}

void ports_set_failed(struct daemon *d, int port, const char *how, const char *text)
{
	char reason[sizeof(d->ports[port].reason)];

	snprintf(reason, sizeof(reason), "%s%s%s", how, *text ? ": " : "", text);
	ports_set_simulated(d, port, reason, NULL);
}

void ports_back(struct daemon *d, int port, const struct back *b)
{
	const struct port *p = &d->m->ports[port];
	char names[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < b->differ && i < BACK_NAMED && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
		                        d->m->controls[b->named[i]].name);
	if (b->sent)
		daemon_say(d, "port %s: %zu that moved meanwhile %s sent", p->name, b->sent,
		           b->sent == 1 ? "was" : "were");
	if (b->differ)
		daemon_say(
			d,
			"!!! port %s: %zu differ%s from what was last asked (%s%s): move it again, "
			"or send all by \"cuewire sync\"",
			p->name, b->differ, b->differ == 1 ? "s" : "", names,
			b->differ > BACK_NAMED ? ", ..." : "");
}

/* ---- trying again ---- */

static uint32_t throw_dice(struct daemon *d)
{
	d->dice ^= d->dice << 13;
	d->dice ^= d->dice >> 17;
	return d->dice ^= d->dice << 5;
}

/* A quarter more or less, so that ports which were lost together do not try together. */
static uint64_t with_jitter(struct daemon *d, unsigned ms)
{
	return ms * NS_PER_MS / 1000 * (750 + throw_dice(d) % 501);
}

/* Twice as long as the time before, within the limits of the port. */
static unsigned next_delay(const struct port *p, unsigned delay_ms)
{
	const unsigned least = (unsigned)p->retry_min_ms, most = (unsigned)p->retry_max_ms;
	const unsigned cap = p->raw_in || p->raw_out ? RAW_RETRY_MAX_MS : most;
	const unsigned ms = delay_ms ? 2 * delay_ms : least;

	return ms < cap ? ms : cap > least ? cap : least;
}

void ports_set_down(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	const uint64_t now = clock_ns();

	if (s->state == PORT_OPEN || s->state == PORT_DYING) {
		if (s->opened_ns && now - s->opened_ns >= STEADY_NS)
			s->delay_ms = 0;
	}
	s->opened_ns = 0;
	s->delay_ms = next_delay(&d->m->ports[port], s->delay_ms);
	s->state = PORT_DOWN;
	s->deadline_ns = s->again ? now : now + with_jitter(d, s->delay_ms);
}

/* ---- raw paths ---- */

/* A FIFO is opened both ways for reading, so that it has no end when its writer goes. */
static int open_raw_in(const char *path)
{
	struct stat st;
	const int how = !stat(path, &st) && S_ISFIFO(st.st_mode) ? O_RDWR : O_RDONLY;

	return open(path, how | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/* One FIFO or file for both ways gives back what is written; a device does not. */
static bool is_own_echo(const struct order *o)
{
	struct stat in, out;

	return o->in_fd >= 0 && o->out_fd >= 0 && !fstat(o->in_fd, &in) &&
	       !fstat(o->out_fd, &out) && !S_ISCHR(in.st_mode) && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino;
}

static void close_both(const struct order *o)
{
	if (o->in_fd >= 0)
		close(o->in_fd);
	if (o->out_fd >= 0)
		close(o->out_fd);
}

/* Nobody who reads a FIFO (ENXIO) is what a missing device is; he may still come. */
static void raw_failed(struct daemon *d, int port, const char *path, int err)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: %s", path,
	         err == ENXIO ? "nobody reads it" : strerror(err));
	if (err == ENXIO || err == ENOENT)
		ports_set_simulated(d, port, "missing", text);
	else
		ports_set_failed(d, port, "failed", text);
	ports_set_down(d, port);
}

static void open_raw(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	struct order o = {
		.kind = ORDER_PORT_UP, .port = port, .how = HOW_RAW, .in_fd = -1, .out_fd = -1
	};

	if (p->raw_in && (o.in_fd = open_raw_in(p->raw_in)) < 0) {
		raw_failed(d, port, p->raw_in, errno);
		return;
	}
	if (p->raw_out && (o.out_fd = open(p->raw_out, O_WRONLY | O_NONBLOCK | O_CLOEXEC |
	                                                       O_NOCTTY | O_APPEND)) < 0) {
		raw_failed(d, port, p->raw_out, errno);
		close_both(&o);
		return;
	}
	if (!p->allow_loop && is_own_echo(&o)) {
		close_both(&o);
		d->ports[port].state = PORT_FIXED;
		ports_set_simulated(d, port, "loop", "what is written to it would be read from it");
		return;
	}
	if (queue_order(&d->q, &o)) {
		ports_set_open(d, port, p->raw_out ? p->raw_out : p->raw_in);
		return;
	}
	close_both(&o);
	ports_set_failed(d, port, "failed", "the engine is busy");
	ports_set_down(d, port);
}

/* ---- OSC ---- */

static void open_osc_send(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	const char *reason = "the engine is busy";
	struct order o = { .kind = ORDER_PORT_UP, .port = port, .how = HOW_OSC, .in_fd = -1 };

	o.out_fd = osc_out_open(p->osc_send, &reason);
	if (o.out_fd >= 0 && queue_order(&d->q, &o)) {
		ports_set_open(d, port, p->osc_send);
		return;
	}
	if (o.out_fd >= 0)
		close(o.out_fd);
	ports_set_failed(d, port, "failed", reason);
	ports_set_down(d, port);
}

/* ---- all ---- */

static void start_port(struct daemon *d, int port);

/* Whether there is something to be opened, and closed again. */
static bool is_opened(const struct daemon *d, const struct port *p)
{
	return !p->gone && !p->simulated && !d->opt.sim &&
	       (port_is_midi(p) || p->osc_send || p->raw_in || p->raw_out);
}

static void open_port(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];

	if (!is_opened(d, p)) { /* it was something else, which took a while to end */
		start_port(d, port);
		return;
	}
	d->ports[port].tries++;
	d->ports[port].again = false;
	if (port_is_midi(p))
		hosts_open(d, port);
	else if (p->osc_send)
		open_osc_send(d, port);
	else
		open_raw(d, port);
}

static void start_port(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	struct port_status *s = &d->ports[port];

	s->state = PORT_FIXED;
	if (p->gone) {
		snprintf(s->reason, sizeof(s->reason), "gone");
		s->opens = s->tries = 0; /* another one may have its number */
		s->open_ms = s->worst_ms = -1;
	} else if (p->osc_listen >= 0 && !p->osc_send) {
		ports_set_open(d, port, s->device); /* bound, or we were not here */
		s->state = PORT_FIXED;
	} else if (p->simulated || d->opt.sim) {
		ports_set_simulated(d, port, "asked", NULL);
	} else if (port_is_midi(p)) { /* its process is started when it maps already */
		s->state = PORT_DOWN;
		s->deadline_ns = 0;
	} else {
		open_port(d, port);
	}
}

void ports_close(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];

	if (port_is_midi(&d->m->ports[port]) && s->state != PORT_DOWN && s->state != PORT_FIXED)
		hosts_close(d, port);
	else
		s->state = PORT_FIXED;
}

void ports_name_socket(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	size_t nth = 0;

	if (d->m->ports[port].osc_listen < 0)
		return;
	for (int i = 0; i < port; i++)
		nth += d->m->ports[i].osc_listen >= 0;
	snprintf(s->device, sizeof(s->device), "UDP port %d", d->osc_port[nth]);
}

void ports_reopen(struct daemon *d, int port, bool is_new)
{
	struct port_status *s = &d->ports[port];

	if (is_new)
		*s = (struct port_status){ .fd = -1, .open_ms = -1, .worst_ms = -1 };
	s->reason[0] = s->detail[0] = s->device[0] = '\0';
	s->delay_ms = 0;
	ports_name_socket(d, port);
	if (s->state == PORT_DYING)
		s->again = true; /* as soon as its process has ended */
	else
		start_port(d, port);
}

void ports_start(struct daemon *d)
{
	d->dice = (uint32_t)clock_ns() | 1;
	for (size_t i = 0; i < d->m->nports; i++)
		start_port(d, (int)i);
}

/* A file that was read to its end is not read anew. */
void ports_lost(struct daemon *d, int port, const char *reason)
{
	const struct port *p = &d->m->ports[port];

	if (port_is_midi(p)) {
		hosts_lost(d, port, reason);
		return;
	}
	ports_set_failed(d, port, "failed", reason);
	if (p->raw_out)
		ports_set_down(d, port);
	else
		d->ports[port].state = PORT_FIXED;
}

size_t ports_retry(struct daemon *d, int port)
{
	size_t n = 0;

	for (size_t i = 0; i < d->m->nports; i++) {
		struct port_status *s = &d->ports[i];

		if ((port >= 0 && (size_t)port != i) || s->state == PORT_OPEN ||
		    s->state == PORT_FIXED)
			continue;
		s->delay_ms = 0;
		s->again = true;
		if (s->state == PORT_DOWN)
			s->deadline_ns = clock_ns();
		n++;
	}
	return n;
}

static bool is_waiting(const struct port_status *s)
{
	return s->state == PORT_OPENING || s->state == PORT_DYING || s->state == PORT_DOWN;
}

uint64_t ports_deadline(const struct daemon *d)
{
	uint64_t next = d->prober.restart_ns;

	for (size_t i = 0; i < d->m->nports; i++)
		if (is_waiting(&d->ports[i]) && d->ports[i].deadline_ns < next)
			next = d->ports[i].deadline_ns;
	return next;
}

void ports_tick(struct daemon *d, uint64_t now)
{
	prober_tick(d, now);
	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port_status *s = &d->ports[i];

		if (!is_waiting(s) || s->deadline_ns > now)
			continue;
		if (s->state == PORT_DOWN)
			open_port(d, (int)i);
		else
			hosts_overdue(d, (int)i);
	}
}
