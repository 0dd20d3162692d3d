#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "cuewire/osc_in.h"
#include "cuewire/platform.h"
#include "cuewire/sim.h"
#include "programs.h"

#define NOTES 4096           /* that the engine thread may be ahead */
#define NOTES_TURN 1024      /* that are told before anything else is seen to */
#define NOTES_RECORDED 65536 /* while nothing must be lost */

void daemon_say(struct daemon *d, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	outlet_line(&d->err, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* ---- signals ---- */

/* One signal handler may run at any time: it only writes to this. */
static int signal_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	const int saved = errno;
	const char byte = (char)number;

	if (write(signal_pipe[1], &byte, 1) < 0) {
		/* full: it is awake already */
	}
	errno = saved;
}

static int catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, was;

	if (platform_pipe(signal_pipe))
		return -1;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	/* Ignored under nohup: then the bridge outlives its terminal. */
	if (!sigaction(SIGHUP, NULL, &was) && was.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
	return 0;
}

/* SIGHUP is also what a terminal says when its window is closed: then the bridge goes, too. */
static bool terminal_has_gone(const struct daemon *d)
{
	return d->on_terminal && !isatty(2);
}

static void take_signals(struct daemon *d)
{
	char numbers[64];
	ssize_t n;

	while ((n = read(signal_pipe[0], numbers, sizeof(numbers))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (numbers[i] == SIGHUP && !terminal_has_gone(d))
				reload_begin(d, NULL);
			else
				d->quit |= numbers[i] != SIGCHLD;
		}
	hosts_reap(d);
}

/* ---- start ---- */

static int load(struct daemon *d, struct arena *scratch)
{
	static const char *const club[] = { "club.json" };
	struct diags diags = { 0 };
	int err;

	if (d->opt.mappings)
		snprintf(d->mappings_dir, sizeof(d->mappings_dir), "%s", d->opt.mappings);
	else
		programs_mappings(d->mappings_dir, sizeof(d->mappings_dir));
	if (!d->opt.nfiles) {
		d->opt.files = club;
		d->opt.nfiles = 1;
	}
	err = mapping_load_keep(&d->m, scratch, d->opt.files, d->opt.nfiles, d->mappings_dir,
	                        &d->kept, &diags);
	diags_print(stderr, &diags);
	if (err)
		daemon_say(d, "cuewire: the mapping has errors, nothing was started");
	return err;
}

static int open_osc(struct daemon *d, const char *bind_to, int port)
{
	const int asked = port, fd = osc_in_open(bind_to, &port, &d->osc_buffer[d->nosc], -1);

	if (fd < 0) {
		daemon_say(d, "cuewire: cannot listen on OSC port %d: %s%s", asked, strerror(errno),
		           errno == EADDRINUSE
		                   ? " (another program has it, or another bridge; choose "
		                     "one with --osc-port)"
		                   : "");
		return -1;
	}
	d->osc_port[d->nosc++] = port;
	return fd;
}

/* Every OSC port of the mapping; without one, the usual one. Returns 0 or -1. */
static int open_all_osc(struct daemon *d, int fds[OSC_PORTS_MAX])
{
	const int asked = d->opt.osc_port;

	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port *p = &d->m->ports[i];
		const int port = asked >= 0 && !d->nosc ? asked : p->osc_listen;
		int fd;

		if (p->osc_listen < 0)
			continue;
		if (d->nosc == OSC_PORTS_MAX) {
			daemon_say(d, "cuewire: port %s is one OSC port too many, at most %d",
			           p->name, OSC_PORTS_MAX);
			return -1;
		}
		if ((fd = open_osc(d, p->osc_bind, port)) < 0)
			return -1;
		fds[d->nosc - 1] = fd;
		snprintf(d->ports[i].device, sizeof(d->ports[i].device), "UDP port %d",
		         d->osc_port[d->nosc - 1]);
	}
	if (!d->nosc) {
		fds[0] = open_osc(d, NULL, asked >= 0 ? asked : DEFAULT_OSC_PORT);
		return fds[0] < 0 ? -1 : 0;
	}
	return 0;
}

static void say_address(void *ctx, const char *address)
{
	struct daemon *d = ctx;

	daemon_say(d, "TouchOSC: host %s, port %d", address, d->osc_port[0]);
}

/* Standard input and output are a client like those of the socket. */
static void add_stdin(struct daemon *d)
{
	static const enum watching how[] = {
		[MONITOR_OFF] = WATCHING_NOT,
		[MONITOR_TEXT] = WATCHING_TEXT,
		[MONITOR_JSON] = WATCHING_JSON,
	};
	struct client *c = &d->clients[STDIN_CLIENT];

	*c = (struct client){ .fd = 0,
		              .id = STDIN_CLIENT,
		              .rank = d->opt.stdin_rank,
		              .watching = how[d->opt.monitor] };
	c->line = xmalloc(LINE_MAX_BYTES + 2);
	outlet_init(&c->out, 1);
}

static int start(struct daemon *d, struct arena *scratch)
{
	static struct port_status ports[MAPPING_PORTS_MAX]; /* room that is hardly ever used */
	int fds[OSC_PORTS_MAX];

	if (load(d, scratch))
		return -1;
	d->ports = ports;
	for (size_t i = 0; i < d->m->nports; i++)
		d->ports[i] = (struct port_status){ .fd = -1, .open_ms = -1, .worst_ms = -1 };
	d->said = xcalloc(d->m->ncontrols + 1, sizeof(*d->said));
	d->said_ns = xcalloc(d->m->ncontrols + 1, sizeof(*d->said_ns));
	for (size_t i = 0; i < d->m->ncontrols; i++)
		d->said[i] = SIM_UNKNOWN;
	if (clients_listen(d) || open_all_osc(d, fds) || files_open(d))
		return -1;
	if (catch_signals() || queues_init(&d->q, d->opt.record ? NOTES_RECORDED : NOTES)) {
		daemon_say(d, "cuewire: %s", strerror(errno));
		return -1;
	}
	add_stdin(d);
	d->watch = notes_wanted(d);
	memcpy(d->reload.fds_now, fds, sizeof(d->reload.fds_now));
	d->live = live_start(d->m, &d->q, fds, d->nosc, d->watch);
	if (!d->live) {
		daemon_say(d, "cuewire: no thread to be had: %s", strerror(errno));
		return -1;
	}
	platform_addresses(say_address, d);
	ports_start(d);
	prober_start_soon(d);
	reload_watch(d);
	daemon_say(d, "ready osc=%d http=off socket=%s pid=%ld", d->osc_port[0], d->socket_path,
	           (long)getpid());
	return 0;
}

/* ---- the loop ---- */

/* Signals, replies, the socket, standard error, input and output, the files that are written, the
 * prober, the files that were read. */
#define OTHERS_MAX 9

#define PROBER MAPPING_PORTS_MAX
#define MAPPING_FILES (MAPPING_PORTS_MAX + 1)

struct polled {
	struct pollfd fds[OTHERS_MAX + CLIENTS_MAX + MAPPING_PORTS_MAX];
	struct client
		*client[OTHERS_MAX + CLIENTS_MAX + MAPPING_PORTS_MAX]; /* NULL: not one of theirs */
	int port[OTHERS_MAX + CLIENTS_MAX +
	         MAPPING_PORTS_MAX]; /* -1: none, PROBER, MAPPING_FILES */
	size_t n;
};

static void add(struct polled *p, int fd, short events, struct client *c, int port)
{
	p->fds[p->n] = (struct pollfd){ .fd = fd, .events = events };
	p->client[p->n] = c;
	p->port[p->n++] = port;
}

static void set_polled(struct daemon *d, struct polled *p)
{
	p->n = 0;
	add(p, signal_pipe[0], POLLIN, NULL, -1);
	add(p, d->q.reply_wake[0], POLLIN, NULL, -1);
	add(p, d->listen_fd, POLLIN, NULL, -1);
	add(p, outlet_waits(&d->err) ? d->err.fd : -1, POLLOUT, NULL, -1);
	if (d->opt.take_stdin && clients_wants(d, &d->clients[STDIN_CLIENT]))
		add(p, 0, POLLIN, &d->clients[STDIN_CLIENT], -1);
	for (size_t i = 0; i < FILES; i++)
		if (outlet_waits(&d->files[i].out))
			add(p, d->files[i].out.fd, POLLOUT, NULL, -1);
	if (outlet_waits(&d->clients[STDIN_CLIENT].out))
		add(p, 1, POLLOUT, NULL, -1);
	for (size_t i = STDIN_CLIENT + 1; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];
		const int events =
			(clients_wants(d, c) ? POLLIN : 0) | (outlet_waits(&c->out) ? POLLOUT : 0);

		if (c->fd >= 0 && events)
			add(p, c->fd, (short)events, c, -1);
	}
	for (size_t i = 0; i < d->m->nports; i++)
		if (d->ports[i].fd >= 0)
			add(p, d->ports[i].fd, POLLIN, NULL, (int)i);
	if (d->prober.fd >= 0)
		add(p, d->prober.fd, POLLIN, NULL, PROBER);
	if (d->reload.watch_fd >= 0)
		add(p, d->reload.watch_fd, POLLIN, NULL, MAPPING_FILES);
}

/* All notes of the mapping of before are there now, and those of the new one come before what is answered
 * behind it. */
static void go_over(struct daemon *d, const struct reply *r)
{
	notes_take(d, SIZE_MAX);
	reload_done(d, r);
	if (!notes_take(d, NOTES_TURN))
		queue_wake(d->q.reply_wake[1]);
}

static void take_replies(struct daemon *d)
{
	const struct reply *r;

	queue_drain_wake(d->q.reply_wake[0]);
	/* The engine may make more than can be told, without end. */
	if (!notes_take(d, d->quit ? SIZE_MAX : NOTES_TURN))
		queue_wake(d->q.reply_wake[1]);
	while ((r = ring_peek(d->q.replies))) {
		if (r->kind == REPLY_PORT_LOST)
			ports_lost(d, r->port, r->reason);
		else if (r->kind == REPLY_PORT_BACK)
			ports_back(d, r->port, &r->back);
		else if (r->kind == REPLY_RELOADED)
			go_over(d, r);
		else
			requests_reply(d, r);
		ring_pop(d->q.replies);
	}
}

static void serve(struct daemon *d, struct polled *p)
{
	if (p->fds[0].revents)
		take_signals(d);
	if (p->fds[1].revents)
		take_replies(d);
	if (p->fds[2].revents)
		clients_accept(d);
	for (size_t i = 4; i < p->n; i++) {
		struct client *c = p->client[i];

		if (!p->fds[i].revents)
			continue;
		if (p->port[i] == PROBER && d->prober.fd == p->fds[i].fd)
			prober_polled(d);
		else if (p->port[i] == MAPPING_FILES)
			reload_polled(d);
		else if (p->port[i] >= 0 && p->port[i] < MAPPING_PORTS_MAX &&
		         d->ports[p->port[i]].fd == p->fds[i].fd)
			hosts_polled(d, p->port[i]);
		else if (c && p->fds[i].revents & ~POLLOUT)
			clients_read(d, c);
	}
	outlet_flush(&d->err);
	for (size_t i = 0; i < FILES; i++)
		outlet_flush(&d->files[i].out);
	files_check(d);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0)
			outlet_flush(&d->clients[i].out);
	notes_report(d);
}

static uint64_t deadline(const struct daemon *d)
{
	uint64_t next = ports_deadline(d);

	if (d->say_next_ns < next)
		next = d->say_next_ns;
	return d->reload.look_ns < next ? d->reload.look_ns : next;
}

static void loop(struct daemon *d)
{
	static struct polled p;

	while (!d->quit) {
		set_polled(d, &p);
		if (platform_poll(p.fds, p.n, deadline(d)) > 0)
			serve(d, &p);
		ports_tick(d, clock_ns());
		notes_tick(d, clock_ns());
		reload_tick(d, clock_ns());
		clients_serve(d);
		clients_sweep(d);
		notes_watch(d);
	}
}

/* ---- end ---- */

/* The order to quit must get through, however much is waiting. */
static void stop_engine(struct daemon *d)
{
	while (!queue_order(&d->q, &(struct order){ .kind = ORDER_QUIT }))
		platform_poll(NULL, 0, clock_ns() + 1000000);
	live_join(d->live);
	take_replies(d);
}

static void finish(struct daemon *d)
{
	if (d->live) {
		stop_engine(d);
		hosts_finish(d);
	}
	clients_finish(d);
	queues_finish(&d->q);
	files_close(d);
	buf_finish(&d->long_data);
	free(d->said);
	free(d->said_ns);
	if (d->reload.watch_fd >= 0)
		close(d->reload.watch_fd);
	mapping_free(d->m);
	kept_finish(&d->kept);
	dump_forget(d);
	outlet_drain(&d->err, 100);
	outlet_finish(&d->err);
	for (size_t i = 0; i < 2; i++)
		if (signal_pipe[i] >= 0)
			close(signal_pipe[i]);
}

int daemon_run(const struct run_options *opt)
{
	static struct daemon d;
	struct arena *scratch;
	int err;

	d = (struct daemon){ .opt = *opt,
		             .listen_fd = -1,
		             .files = { { .out = { .fd = -1 } }, { .out = { .fd = -1 } } },
		             .say_next_ns = TIME_NEVER,
		             .prober = { .fd = -1, .restart_ns = TIME_NEVER },
		             .reload = { .watch_fd = -1, .look_ns = TIME_NEVER },
		             .q = { .order_wake = { -1, -1 }, .reply_wake = { -1, -1 } } };
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		d.clients[i].fd = -1;
	outlet_init(&d.err, 2);
	buf_init(&d.long_data, OSC_PACKET_MAX + 2 * LINE_MAX_BYTES);
	d.on_terminal = isatty(2);
	d.color = d.on_terminal && !getenv("NO_COLOR");
	scratch = arena_new(ARENA_LOAD);
	err = start(&d, scratch);
	arena_free(scratch);
	if (!err)
		loop(&d);
	finish(&d);
	return err ? 1 : 0;
}
