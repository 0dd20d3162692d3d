/* The processes of MIDI ports. Each port is opened by a host of its own under a deadline that is held
 * here; a host that fails, hangs or crashes is ended, and the port tried again by another.
 *
 *	OPENING --opened--> OPEN --lost, unplugged--> DYING --its process has ended--> DOWN
 *	   |                                            ^
 *	   +--------failed, timed out, crashed----------+ */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuewire/budget.h"
#include "cuewire/clock.h"
#include "cuewire/link.h"
#include "cuewire/mem.h"
#include "cuewire/platform.h"
#include "cuewire/words.h"
#include "programs.h"

#define NS_PER_MS UINT64_C(1000000)
#define DYING_NS (500 * NS_PER_MS)  /* for a lost host to end by itself, then for SIGKILL */
#define FINISH_NS (400 * NS_PER_MS) /* for all of them, at our own end */

/* ---- starting ---- */

static size_t add_words(char **argv, size_t n, const char *option, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		argv[n++] = (char *)option;
		argv[n++] = (char *)names->list[i];
	}
	return n;
}

/* cuewire-port open --in WORDS ... --out WORDS ... */
static char **host_argv(const struct port *p)
{
	char **argv = xcalloc(6 + 2 * (p->in.n + p->out.n), sizeof(*argv));
	size_t n = 0;

	argv[n++] = (char *)"cuewire-port";
	argv[n++] = (char *)"open";
	n = add_words(argv, n, "--in", &p->in);
	n = add_words(argv, n, "--out", &p->out);
	if (p->allow_loop)
		argv[n++] = (char *)"--loop";
	if (p->is_virtual)
		argv[n++] = (char *)"--virtual";
	if (p->clock)
		argv[n++] = (char *)"--clock";
	return argv;
}

/* Starts the host with its end of a new link. Returns NULL or why not. */
static const char *spawn_host(const struct port *p, struct port_status *s)
{
	char path[512];
	char **argv;
	int fds[2];

	if (!programs_find("cuewire-port", path, sizeof(path)))
		return "cuewire-port is not there";
	if (platform_socketpair(fds))
		return strerror(errno);
	argv = host_argv(p);
	s->pid = platform_spawn(path, argv, fds[1], -1);
	free(argv);
	close(fds[1]);
	if (s->pid > 0) {
		s->fd = fds[0];
		return NULL;
	}
	s->pid = 0;
	close(fds[0]);
	return strerror(errno);
}

void hosts_open(struct daemon *d, int port)
{
	const struct port *p = &d->m->ports[port];
	struct port_status *s = &d->ports[port];
	const int timeout =
		d->opt.open_timeout_ms >= 0 ? d->opt.open_timeout_ms : p->open_timeout_ms;
	const char *why;

	s->started_ns = clock_ns();
	s->in = s->out = (struct port_device){ .name = "" };
	s->device[0] = '\0';
	s->has_reason = s->killed = false;
	why = spawn_host(p, s);
	if (why) {
		ports_set_failed(d, port, "failed", why);
		ports_set_down(d, port);
		return;
	}
	s->state = PORT_OPENING;
	s->deadline_ns = s->started_ns + (uint64_t)timeout * NS_PER_MS;
	if (!s->reason[0])
		daemon_say(d, "port %s: opening (simulated until then)", p->name);
}

/* ---- ending ---- */

static void drop_link(struct port_status *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* A host that ended without a word: how it ended is the reason. */
static void set_crashed(struct daemon *d, int port)
{
	const int status = d->ports[port].ended;
	char text[96];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "signal %d, %s", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "ended with status %d", WEXITSTATUS(status));
	ports_set_failed(d, port, "crashed", text);
}

static void is_dead(struct daemon *d, int port)
{
	if (!d->ports[port].has_reason)
		set_crashed(d, port);
	ports_set_down(d, port);
}

/* Its link is closed: it ends by itself, or is made to. has_reason: it was told already. */
static void let_die(struct daemon *d, int port, bool has_reason)
{
	struct port_status *s = &d->ports[port];

	drop_link(s);
	s->has_reason = has_reason;
	s->state = PORT_DYING;
	s->deadline_ns = clock_ns() + DYING_NS;
	if (!s->pid)
		is_dead(d, port);
}

/* An open host that has ended is lost when the engine has found out: its last words may be in the
 * link. Those of one that was opening are read here. */
static void ended(struct daemon *d, int port, int status)
{
	struct port_status *s = &d->ports[port];

	s->pid = 0;
	s->ended = status;
	if (s->state == PORT_OPENING)
		hosts_polled(d, port);
	else if (s->state == PORT_DYING)
		is_dead(d, port);
}

void hosts_reap(struct daemon *d)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == d->prober.pid)
			prober_ended(d);
		for (size_t i = 0; i < d->m->nports; i++)
			if (d->ports[i].pid == pid)
				ended(d, (int)i, status);
	}
}

void hosts_overdue(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];

	if (s->pid)
		kill(s->pid, SIGKILL);
	if (s->state == PORT_OPENING) {
		ports_set_simulated(d, port, "timed out", NULL);
		let_die(d, port, true);
		return;
	}
	/* Lost and not ended in time. One that SIGKILL does not end is stuck in the kernel; another
	 * is tried beside it. */
	if (!s->has_reason)
		ports_set_failed(d, port, "failed", "its driver stopped answering");
	if (s->has_reason && s->killed)
		s->pid = 0;
	s->killed = true;
	let_die(d, port, true);
}

/* ---- what hosts say ---- */

static bool is_same_bus(const struct port_device *in, const struct port_device *out)
{
	return words_bus(in->name) && !strcmp(in->name, out->name) && in->address == out->address;
}

/* Another port has the same bus the other way round. */
static bool is_loop(const struct daemon *d, size_t port, char *why, size_t size)
{
	const struct port_status *s = &d->ports[port];

	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port_status *o = &d->ports[i];

		if (i == port || o->state != PORT_OPEN || d->m->ports[i].allow_loop ||
		    d->m->ports[port].allow_loop)
			continue;
		if (!is_same_bus(&s->in, &o->out) && !is_same_bus(&o->in, &s->out))
			continue;
		snprintf(why, size,
		         "port \"%s\" has the same bus the other way: what is sent would come back",
		         d->m->ports[i].name);
		return true;
	}
	return false;
}

static bool has_gone(const struct daemon *d, const struct port_device *v, uint64_t since_ns)
{
	return v->name[0] && v->address != LINK_UNKNOWN && prober_saw_go(d, v->address, since_ns);
}

/* How much the IAC Driver and its like take, unless the mapping says something else. */
static unsigned budget_of(const struct port *p, const struct port_status *s)
{
	if (p->bytes_per_s >= 0)
		return (unsigned)p->bytes_per_s;
	return p->is_virtual || words_bus(s->out.name) ? BUDGET_BUS : 0;
}

static void set_device(struct port_status *s)
{
	if (s->in.name[0] && s->out.name[0] && strcmp(s->in.name, s->out.name))
		snprintf(s->device, sizeof(s->device), "%s, %s", s->in.name, s->out.name);
	else
		snprintf(s->device, sizeof(s->device), "%s",
		         s->in.name[0] ? s->in.name : s->out.name);
}

static void record_opening(struct port_status *s, const struct link_record *r)
{
	s->open_ms = r->value / 1000.0;
	if (s->open_ms > s->worst_ms)
		s->worst_ms = s->open_ms;
}

/* From here the link is the engine's. */
static void hand_over(struct daemon *d, int port, const struct link_record *r)
{
	const struct port *p = &d->m->ports[port];
	struct port_status *s = &d->ports[port];
	char other[128];

	s->bytes_per_s = budget_of(p, s);
	if (is_loop(d, (size_t)port, other, sizeof(other))) {
		ports_set_simulated(d, port, "loop", other);
		let_die(d, port, true);
	} else if (has_gone(d, &s->in, s->started_ns) || has_gone(d, &s->out, s->started_ns)) {
		ports_set_simulated(d, port, "missing", "it was unplugged while it was opened");
		let_die(d, port, true);
	} else if (!queue_order(&d->q, &(struct order){ .kind = ORDER_PORT_UP,
	                                                .port = port,
	                                                .how = HOW_LINK,
	                                                .in_fd = s->fd,
	                                                .out_fd = p->out.n ? s->fd : -1,
	                                                .bytes_per_s = s->bytes_per_s })) {
		ports_set_failed(d, port, "failed", "the engine is busy");
		let_die(d, port, true);
	} else {
		s->fd = -1;
		record_opening(s, r);
		set_device(s);
		ports_set_open(d, port, s->device);
		if (r->text[0])
			daemon_say(d, "port %s: %.*s", p->name, LINK_TEXT, r->text);
	}
}

static void host_failed(struct daemon *d, int port, const struct link_record *r)
{
	char text[LINK_TEXT + 1];

	snprintf(text, sizeof(text), "%.*s", LINK_TEXT, r->text);
	if (r->code == LINK_R_MISSING)
		ports_set_simulated(d, port, "missing", text);
	else if (r->code == LINK_R_LOOP)
		ports_set_simulated(d, port, "loop", text);
	else
		ports_set_failed(d, port, "failed", text);
	let_die(d, port, true);
}

static void host_said(struct daemon *d, int port, const struct link_record *r)
{
	struct port_status *s = &d->ports[port];
	struct port_device *v = r->flags & LINK_IN ? &s->in : &s->out;

	switch ((enum link_kind)r->kind) {
	case LINK_DEVICE:
		snprintf(v->name, sizeof(v->name), "%.*s", LINK_TEXT, r->text);
		v->address = r->value;
		break;
	case LINK_OPENED:
		hand_over(d, port, r);
		break;
	case LINK_FAILED:
		host_failed(d, port, r);
		break;
	default:
		break;
	}
}

/* A record is taken only when all of it has come. After LINK_OPENED the rest is the engine's. */
void hosts_polled(struct daemon *d, int port)
{
	struct port_status *s = &d->ports[port];
	struct link_record r;

	while (s->state == PORT_OPENING) {
		const ssize_t n = recv(s->fd, &r, sizeof(r), MSG_DONTWAIT | MSG_PEEK);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			let_die(d, port, false);
			return;
		}
		if ((size_t)n < sizeof(r) || recv(s->fd, &r, sizeof(r), MSG_DONTWAIT) != n)
			return;
		host_said(d, port, &r);
	}
}

/* ---- open ports that are lost ---- */

/* The engine has lost the link. Why is in the last words of the host, or in how it ended, which
 * may be known by now or not. */
void hosts_lost(struct daemon *d, int port, const char *reason)
{
	if (d->ports[port].state != PORT_OPEN)
		return; /* it was unplugged a moment before */
	if (*reason)
		ports_set_failed(d, port, "failed", reason);
	let_die(d, port, *reason);
	hosts_reap(d);
}

/* Its device has gone. The engine closes the link, and with it the host's life ends. */
void hosts_unplugged(struct daemon *d, int port, const char *device)
{
	char text[LINK_TEXT + 32];

	if (!queue_order(&d->q, &(struct order){ .kind = ORDER_PORT_DOWN, .port = port }))
		return; /* the engine will lose it at the next write */
	d->ports[port].delay_ms = 0; /* nothing is wrong with it */
	snprintf(text, sizeof(text), "\"%s\" was unplugged", device);
	ports_set_simulated(d, port, "missing", text);
	let_die(d, port, true);
}

/* It is not wanted as it is any more. */
void hosts_close(struct daemon *d, int port)
{
	let_die(d, port, true);
}

/* ---- the end ---- */

static bool wait_for(pid_t *pid)
{
	if (*pid && waitpid(*pid, NULL, WNOHANG) == *pid)
		*pid = 0;
	return !*pid;
}

static void end_now(pid_t pid)
{
	if (!pid)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The engine has closed its links: each host releases what is held and goes. One that does not is
 * ended. */
void hosts_finish(struct daemon *d)
{
	const uint64_t until = clock_ns() + FINISH_NS;
	bool left = true;

	for (size_t i = 0; i < d->m->nports; i++)
		drop_link(&d->ports[i]);
	if (d->prober.fd >= 0)
		close(d->prober.fd);
	while (left && clock_ns() < until) {
		left = !wait_for(&d->prober.pid);
		for (size_t i = 0; i < d->m->nports; i++)
			left |= !wait_for(&d->ports[i].pid);
		if (left)
			platform_poll(NULL, 0, clock_ns() + 2 * NS_PER_MS);
	}
	end_now(d->prober.pid);
	prober_forget(d);
	for (size_t i = 0; i < d->m->nports; i++)
		end_now(d->ports[i].pid);
}
