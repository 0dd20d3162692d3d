/* Ports and their processes. A MIDI port is opened by a host of its own under a deadline that is
 * held here; whatever happens to it, the port is open or simulated with its reason, and one line
 * says so. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/link.h"
#include "cuewire/mem.h"
#include "cuewire/osc_out.h"
#include "cuewire/platform.h"
#include "programs.h"

#define NS_PER_MS UINT64_C(1000000)
#define DYING_NS (500 * NS_PER_MS)     /* for a lost host to end by itself */
#define FINISH_NS (400 * NS_PER_MS)    /* for all of them, at our own end */
#define RAW_RETRY_NS (250 * NS_PER_MS) /* for somebody to read a FIFO */

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

static void set_open(struct daemon *d, int port, const char *device)
{
	struct port_status *s = &d->ports[port];

	s->open = true;
	s->reason[0] = s->detail[0] = '\0';
	if (device != s->device)
		snprintf(s->device, sizeof(s->device), "%s", device);
	say_open(d, &d->m->ports[port], s);
}

/* reason: what happened, in words that scripts compare. detail: more of it for people; may be NULL. */
static void set_simulated(struct daemon *d, int port, const char *reason, const char *detail)
{
	struct port_status *s = &d->ports[port];

	s->open = false;
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	snprintf(s->detail, sizeof(s->detail), "%s", detail ? detail : "");
	say_simulated(d, &d->m->ports[port], s);
}

/* As set_simulated, where the text is a part of the reason: "failed: it is busy". */
static void set_failed(struct daemon *d, int port, const char *how, const char *text)
{
	char reason[sizeof(d->ports[port].reason)];

	snprintf(reason, sizeof(reason), "%s%s%s", how, *text ? ": " : "", text);
	set_simulated(d, port, reason, NULL);
}

/* ---- port hosts ---- */

/* argv: cuewire-port open --in WORDS ... --out WORDS ... NULL */
static char **host_argv(const struct port *p)
{
	char **argv = xcalloc(3 + 2 * (p->in.n + p->out.n), sizeof(*argv));
	size_t n = 0;

	argv[n++] = (char *)"cuewire-port";
	argv[n++] = (char *)"open";
	for (size_t i = 0; i < p->in.n; i++) {
		argv[n++] = (char *)"--in";
		argv[n++] = (char *)p->in.list[i];
	}
	for (size_t i = 0; i < p->out.n; i++) {
		argv[n++] = (char *)"--out";
		argv[n++] = (char *)p->out.list[i];
	}
	return argv;
}

static void start_host(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	struct port_status *s = &d->ports[port];
	const int timeout =
		d->opt.open_timeout_ms >= 0 ? d->opt.open_timeout_ms : p->open_timeout_ms;
	char path[512];
	char **argv;
	int fds[2];

	s->started_ns = clock_ns();
	s->deadline_ns = s->started_ns + (uint64_t)timeout * NS_PER_MS;
	if (!programs_find("cuewire-port", path, sizeof(path))) {
		set_failed(d, port, "failed", "cuewire-port is not there");
		return;
	}
	if (platform_socketpair(fds)) {
		set_failed(d, port, "failed", strerror(errno));
		return;
	}
	argv = host_argv(p);
	s->pid = platform_spawn(path, argv, fds[1], -1);
	free(argv);
	close(fds[1]);
	if (s->pid < 0) {
		s->pid = 0;
		close(fds[0]);
		set_failed(d, port, "failed", strerror(errno));
		return;
	}
	s->fd = fds[0];
	s->host = HOST_OPENING;
	daemon_say(d, "port %s: opening (simulated until then)", p->name);
}

static void drop_link(struct port_status *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void kill_host(struct port_status *s)
{
	drop_link(s);
	if (s->pid)
		kill(s->pid, SIGKILL);
	s->host = HOST_DOWN;
}

/* A device that is named comes before the word that all are open: "IN, OUT", or one name for both. */
static void add_device(struct port_status *s, const struct link_record *r)
{
	const size_t len = strlen(s->device);
	char name[LINK_TEXT + 1];

	snprintf(name, sizeof(name), "%.*s", LINK_TEXT, r->text);
	if (strcmp(s->device, name))
		snprintf(s->device + len, sizeof(s->device) - len, "%s%s", len ? ", " : "", name);
}

/* From here the link is the engine's. */
static void hand_over(struct daemon *d, int port, const struct link_record *r)
{
	struct port_status *s = &d->ports[port];
	const struct order o = { .kind = ORDER_PORT_UP,
		                 .port = port,
		                 .how = HOW_LINK,
		                 .in_fd = s->fd,
		                 .out_fd = d->m->ports[port].out.n ? s->fd : -1 };

	if (!queue_order(&d->q, &o)) {
		kill_host(s);
		set_failed(d, port, "failed", "the engine is busy");
		return;
	}
	s->fd = -1;
	s->host = HOST_OPEN;
	s->open_ms = r->value / 1000.0;
	set_open(d, port, s->device);
}

static void host_failed(struct daemon *d, int port, const struct link_record *r)
{
	struct port_status *s = &d->ports[port];
	char text[LINK_TEXT + 1];

	snprintf(text, sizeof(text), "%.*s", LINK_TEXT, r->text);
	drop_link(s);
	s->host = HOST_DOWN;
	if (r->code == LINK_R_MISSING)
		set_simulated(d, port, "missing", text);
	else if (r->code == LINK_R_LOOP)
		set_simulated(d, port, "loop", text);
	else
		set_failed(d, port, "failed", text);
}

void hosts_polled(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	struct link_record r;
	const ssize_t n = recv(s->fd, &r, sizeof(r), MSG_DONTWAIT | MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_link(s);
		s->host = HOST_DYING;
		s->deadline_ns = clock_ns() + DYING_NS;
		return;
	}
	if ((size_t)n < sizeof(r))
		return;
	if (recv(s->fd, &r, sizeof(r), MSG_DONTWAIT) != (ssize_t)sizeof(r))
		return;
	if (r.kind == LINK_DEVICE)
		add_device(s, &r);
	else if (r.kind == LINK_OPENED)
		hand_over(d, port, &r);
	else if (r.kind == LINK_FAILED)
		host_failed(d, port, &r);
}

/* The host ended without a word: how it ended is the reason. */
static void set_crashed(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	char text[96];

	s->host = HOST_DOWN;
	if (WIFSIGNALED(s->ended))
		snprintf(text, sizeof(text), "signal %d, %s", WTERMSIG(s->ended),
		         strsignal(WTERMSIG(s->ended)));
	else
		snprintf(text, sizeof(text), "ended with status %d", WEXITSTATUS(s->ended));
	set_failed(d, port, "crashed", text);
}

/* The engine has lost the link. Why is in the last words of the host, or in how it ended, which
 * may be known by now or not. */
void hosts_lost(struct daemon *d, int port, const char *reason)
{
	struct port_status *s = &d->ports[port];

	s->open = false;
	if (s->host != HOST_OPEN) {
		/* Somebody may read a FIFO again; a file that was read to its end is not read anew. */
		if (d->m->ports[port].raw_out)
			s->deadline_ns = clock_ns() + RAW_RETRY_NS;
		set_failed(d, port, "failed", reason);
	} else if (*reason) {
		s->host = HOST_DOWN;
		set_failed(d, port, "failed", reason);
	} else if (!s->pid) {
		set_crashed(d, port);
	} else {
		s->host = HOST_DYING;
		s->deadline_ns = clock_ns() + DYING_NS;
		hosts_reap(d);
	}
}

/* The link tells that an open host is lost. Of one that was opening, the last words may still be
 * in the link. */
static void ended(struct daemon *d, int port, int status)
{
	struct port_status *s = &d->ports[port];

	s->pid = 0;
	s->ended = status;
	if (s->host == HOST_OPENING)
		hosts_polled(d, port);
	if (s->host == HOST_DYING)
		set_crashed(d, port);
}

void hosts_reap(struct daemon *d)
{
	for (size_t i = 0; i < d->m->nports; i++) {
		int status;

		if (d->ports[i].pid && waitpid(d->ports[i].pid, &status, WNOHANG) > 0)
			ended(d, (int)i, status);
	}
}

/* ---- other ports ---- */

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

/* Nobody who reads a FIFO (ENXIO) is what a missing device is; he may still come. */
static void start_raw(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	struct port_status *s = &d->ports[port];
	struct order o = {
		.kind = ORDER_PORT_UP, .port = port, .how = HOW_RAW, .in_fd = -1, .out_fd = -1
	};
	const char *bad = NULL;
	int err;

	if (p->raw_in && (o.in_fd = open_raw_in(p->raw_in)) < 0)
		bad = p->raw_in;
	else if (p->raw_out && (o.out_fd = open(p->raw_out, O_WRONLY | O_NONBLOCK | O_CLOEXEC |
	                                                            O_NOCTTY | O_APPEND)) < 0)
		bad = p->raw_out;
	err = errno;
	if (!bad && is_own_echo(&o)) {
		close(o.in_fd);
		close(o.out_fd);
		set_simulated(d, port, "loop", "what is written to it would be read from it");
		return;
	}
	if (!bad && queue_order(&d->q, &o)) {
		set_open(d, port, p->raw_out ? p->raw_out : p->raw_in);
		s->deadline_ns = TIME_NEVER;
		return;
	}
	if (!s->reason[0]) { /* said once, not at every try */
		char text[128];

		snprintf(text, sizeof(text), "%s: %s", bad ? bad : "the engine is busy",
		         err == ENXIO ? "nobody reads it" : strerror(err));
		if (err == ENXIO || err == ENOENT)
			set_simulated(d, port, "missing", text);
		else
			set_failed(d, port, "failed", bad ? text : "the engine is busy");
	}
	if (o.in_fd >= 0)
		close(o.in_fd);
	if (o.out_fd >= 0)
		close(o.out_fd);
	s->deadline_ns = clock_ns() + RAW_RETRY_NS;
}

static void start_osc_send(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	const char *reason = "the engine is busy";
	struct order o = { .kind = ORDER_PORT_UP, .port = port, .how = HOW_OSC, .in_fd = -1 };

	o.out_fd = osc_out_open(p->osc_send, &reason);
	if (o.out_fd >= 0 && queue_order(&d->q, &o))
		set_open(d, port, p->osc_send);
	else
		set_failed(d, port, "failed", reason);
}

static void start_port(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];

	if (p->simulated)
		set_simulated(d, port, "asked", NULL);
	else if (p->osc_listen >= 0 && !p->osc_send)
		set_open(d, port, d->ports[port].device); /* bound, or we were not here */
	else if (d->opt.sim)
		set_simulated(d, port, "asked", NULL);
	else if (port_is_midi(p))
		start_host(d, port);
	else if (p->osc_send)
		start_osc_send(d, port);
	else
		start_raw(d, port);
}

void hosts_start(struct daemon *d)
{
	for (size_t i = 0; i < d->m->nports; i++)
		start_port(d, (int)i);
}

/* ---- time ---- */

static bool is_waiting(const struct daemon *d, size_t port)
{
	const struct port_status *s = &d->ports[port];

	return s->host == HOST_OPENING || s->host == HOST_DYING ||
	       (s->host == HOST_NONE && !s->open && s->deadline_ns != TIME_NEVER);
}

uint64_t hosts_deadline(const struct daemon *d)
{
	uint64_t next = TIME_NEVER;

	for (size_t i = 0; i < d->m->nports; i++)
		if (is_waiting(d, i) && d->ports[i].deadline_ns < next)
			next = d->ports[i].deadline_ns;
	return next;
}

static void overdue(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	const enum host_state was = s->host;

	if (was == HOST_NONE) {
		start_raw(d, port);
		return;
	}
	kill_host(s);
	if (was == HOST_OPENING)
		set_simulated(d, port, "timed out", NULL);
	else
		set_failed(d, port, "failed", "its driver stopped answering");
}

void hosts_tick(struct daemon *d, uint64_t now)
{
	for (size_t i = 0; i < d->m->nports; i++)
		if (is_waiting(d, i) && d->ports[i].deadline_ns <= now)
			overdue(d, (int)i);
}

/* The engine has closed its links: each host releases what is held and goes. One that does not is
 * ended. */
void hosts_finish(struct daemon *d)
{
	const uint64_t until = clock_ns() + FINISH_NS;
	bool left = true;

	for (size_t i = 0; i < d->m->nports; i++)
		drop_link(&d->ports[i]);
	while (left && clock_ns() < until) {
		left = false;
		for (size_t i = 0; i < d->m->nports; i++) {
			struct port_status *s = &d->ports[i];

			if (s->pid && waitpid(s->pid, NULL, WNOHANG) == s->pid)
				s->pid = 0;
			left |= s->pid != 0;
		}
		if (left)
			platform_poll(NULL, 0, clock_ns() + 2 * NS_PER_MS);
	}
	for (size_t i = 0; i < d->m->nports; i++)
		if (d->ports[i].pid) {
			kill(d->ports[i].pid, SIGKILL);
			waitpid(d->ports[i].pid, NULL, 0);
		}
}
