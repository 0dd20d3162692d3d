/* How a port host works
 *
 * The driver thread does everything: it opens, reads LINK_WRITE records from the link, writes
 * them to the driver, answers, and passes on what comes in. A record so takes one hop, from the
 * bridge to the thread that writes it. With an input it must poll the driver too, where that shows
 * no descriptor to wait for: often while something moves, at least every IDLE_NS otherwise.
 *
 * The main thread does nothing but wait for the hang-up, which poll reports at once, also while
 * records lie unread because the driver hangs. From then on the driver thread has GRACE_NS to
 * read the link to its end, to release what is held and to end the process; else the main
 * thread does.
 *
 * The two share nothing but the descriptor. Every end is an _exit, because the driver may hang in
 * another thread, and nothing of the system's MIDI is to run on the way out. */
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "held.h"
#include "uplink.h"

#include "cuewire/buf.h"
#include "cuewire/clock.h"
#include "cuewire/words.h"

#define GRACE_NS 150000000L /* of the 200 ms that are promised */
#define BUSY_NS 250000L     /* between two polls of the input while something moves */
#define IDLE_NS 2000000L
#define BUSY_FOR_NS 1000000000u /* something moves: within this time it did */
#define EVENTS_AT_ONCE 32
#define REASON_MAX 4096
#define NO_VIRTUAL "this PortMidi has no virtual ports"

struct host {
	const struct host_options *want; /* borrowed */
	struct driver *driver;           /* borrowed */
	struct buf remark;               /* that goes with LINK_OPENED */
	struct held held;
	int input_fd;      /* readable when something comes in; -1: the driver does not tell */
	bool more;         /* may be left of what came in */
	uint64_t moved_ns; /* when anything came or went */
	struct link_record in[LINK_WINDOW];
	size_t in_bytes; /* of it filled; the last record may be a part of one */
};

static void sleep_ns(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* ---- the link ---- */

/* Returns how many whole records are at h->in (0: not yet), or -1 when the link has ended. */
static int link_read(struct host *h)
{
	ssize_t n;

	do
		n = recv(LINK_FD, (char *)h->in + h->in_bytes, sizeof(h->in) - h->in_bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	h->in_bytes += (size_t)n;
	return (int)(h->in_bytes / sizeof(*h->in));
}

/* Keeps the part of a record that follows the first n. */
static void link_taken(struct host *h, int n)
{
	const size_t taken = (size_t)n * sizeof(*h->in);

	h->in_bytes -= taken;
	memmove(h->in, (char *)h->in + taken, h->in_bytes);
}

/* ---- the driver thread ---- */

static _Noreturn void host_missing(struct host *h, const struct choice *c, bool input)
{
	struct buf reason;

	buf_init(&reason, REASON_MAX);
	if (h->want->make)
		buf_puts(&reason, NO_VIRTUAL " (2.x has)");
	if (h->want->make && c->n)
		buf_puts(&reason, "; ");
	if (c->n)
		choose_explain(h->driver, c, input, &reason);
	uplink_fail(h->want->make ? LINK_R_FAILED : LINK_R_MISSING, reason.p);
}

/* Makes the port that the first words name. Returns false where the driver makes none. */
static bool host_make(struct host *h, const char *name, bool input, struct driver_device *out)
{
	const int result = h->driver->ops->create(h->driver, name, input, out);

	if (result < 0)
		uplink_fail(LINK_R_FAILED, h->driver->error);
	return result == 0;
}

/* Comes to nothing where this direction is not wanted, and does not return without a device else. */
static void host_find(struct host *h, struct choice c, bool input, struct driver_device *out)
{
	if (!c.n)
		return;
	if (h->want->make) {
		if (host_make(h, c.words[0], input, out))
			return;
		c.words++;
		c.n--;
	}
	if (!choose_device(h->driver, &c, input, out))
		host_missing(h, &c, input);
	if (!h->want->make)
		return;
	buf_puts(&h->remark, h->remark.len ? " and " : NO_VIRTUAL ", took ");
	buf_fmt(&h->remark, "\"%s\"", out->name);
}

static bool is_one_bus(const struct driver_device *in, const struct driver_device *out)
{
	return in->name && out->name && !strcmp(in->name, out->name) && words_bus(in->name) &&
	       in->address == out->address;
}

static void host_choose(struct host *h, struct driver_device *in, struct driver_device *out)
{
	const struct host_options *want = h->want;
	char reason[LINK_TEXT + DRIVER_ERROR];

	host_find(h, want->in, true, in);
	host_find(h, want->out, false, out);
	if (want->loop || !is_one_bus(in, out))
		return;
	snprintf(reason, sizeof(reason), "\"%s\" gives back what is written to it", in->name);
	uplink_fail(LINK_R_LOOP, reason);
}

static void host_tell(const struct driver_device *device)
{
	struct link_record r;

	if (!device->name)
		return;
	r = uplink_device(device->name, device->input, device->address);
	uplink_send(&r);
}

static void host_open(struct host *h)
{
	const uint64_t from_ns = clock_ns();
	struct driver *d = h->driver;
	struct driver_device in = { .name = NULL }, out = { .name = NULL };
	struct link_record r = { .kind = LINK_OPENED };

	d->clock = h->want->clock;
	if (d->ops->start(d))
		uplink_fail(LINK_R_FAILED, d->error);
	host_choose(h, &in, &out);
	if ((out.name && d->ops->open(d, &out)) || (in.name && d->ops->open(d, &in)))
		uplink_fail(LINK_R_FAILED, d->error);
	h->input_fd = d->ops->input_fd(d);
	h->moved_ns = r.t_ns = clock_ns();
	r.value = (uint32_t)((r.t_ns - from_ns) / 1000);
	host_tell(&in);
	host_tell(&out);
	if (h->remark.len)
		uplink_text(&r, h->remark.p);
	uplink_send(&r);
}

/* A press counts as held before it is written: one that fails half-way may have arrived. */
static void host_write(struct host *h, const struct link_record *w)
{
	struct driver *d = h->driver;
	struct link_record done = { .kind = LINK_DONE, .seq = w->seq, .key = w->key };
	const size_t len = w->len < sizeof(w->bytes) ? w->len : sizeof(w->bytes);
	int err;

	if (w->flags & LINK_PRESS)
		held_add(&h->held, w);
	err = d->ops->write(d, w->bytes, len);
	done.t_ns = h->moved_ns = clock_ns();
	done.code = err ? LINK_R_FAILED : LINK_R_NONE;
	uplink_send(&done);
	if (err)
		uplink_fail(LINK_R_FAILED, d->error);
	if (w->flags & LINK_RELEASE)
		held_drop(&h->held, w->key);
}

/* Returns 0, or -1 when the link has ended. */
static int host_serve(struct host *h)
{
	const int n = link_read(h);

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (h->in[i].kind == LINK_WRITE)
			host_write(h, &h->in[i]);
	link_taken(h, n);
	return 0;
}

/* For how long the input may be left alone; NULL: until the driver tells. While something moves it is
 * looked at even so: a library may have taken more from its descriptor than it has handed out. */
static const struct timespec *host_patience(const struct host *h)
{
	static const struct timespec none = { .tv_nsec = 0 };
	static const struct timespec busy = { .tv_nsec = BUSY_NS };
	static const struct timespec idle = { .tv_nsec = IDLE_NS };

	if (h->more)
		return &none;
	if (clock_ns() - h->moved_ns < BUSY_FOR_NS)
		return h->input_fd >= 0 ? &idle : &busy;
	return h->input_fd >= 0 ? NULL : &idle;
}

/* Waits for the link and the input. Returns whether the link is readable. */
static bool host_wait(const struct host *h)
{
	const int last = h->input_fd > LINK_FD ? h->input_fd : LINK_FD;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(LINK_FD, &set);
	if (h->input_fd >= 0)
		FD_SET(h->input_fd, &set);
	return pselect(last + 1, &set, NULL, NULL, host_patience(h), NULL) > 0 &&
	       FD_ISSET(LINK_FD, &set);
}

static void pass_short(const struct driver_event *e, uint64_t t_ns)
{
	struct link_record r = { .kind = LINK_MIDI, .len = (uint8_t)e->len, .t_ns = t_ns };

	memcpy(r.bytes, e->bytes, e->len);
	uplink_send(&r);
}

/* discarded: how many came to nothing before it. */
static void pass_sysex(const uint8_t *bytes, size_t len, uint64_t t_ns, uint32_t discarded)
{
	do {
		const size_t part = len < LINK_TEXT ? len : LINK_TEXT;
		struct link_record r = {
			.kind = LINK_SYSEX, .len = (uint8_t)part, .t_ns = t_ns, .value = discarded
		};

		memcpy(r.text, bytes, part);
		uplink_send(&r);
		discarded = 0;
		bytes += part;
		len -= part;
	} while (len);
}

static void host_receive(struct host *h)
{
	struct driver *d = h->driver;
	struct driver_event events[EVENTS_AT_ONCE];
	const int n = d->ops->read(d, events, EVENTS_AT_ONCE);

	if (n < 0)
		uplink_fail(LINK_R_FAILED, d->error);
	h->more = n == EVENTS_AT_ONCE;
	if (n)
		h->moved_ns = clock_ns();
	for (int i = 0; i < n; i++) {
		if (events[i].bytes[0] == MIDI_SYSEX)
			pass_sysex(events[i].bytes, events[i].len, h->moved_ns, 0);
		else
			pass_short(&events[i], h->moved_ns);
	}
	if (d->discarded)
		pass_sysex(events[0].bytes, 0, clock_ns(), d->discarded);
	d->discarded = 0;
}

static _Noreturn void host_end(struct host *h)
{
	struct driver *d = h->driver;

	for (size_t i = 0; i < h->held.n; i++)
		if (d->ops->write(d, h->held.keys[i].release, h->held.keys[i].len))
			_exit(1);
	if (h->held.n && d->ops->linger_ns)
		sleep_ns((long)d->ops->linger_ns);
	_exit(0);
}

static void *driver_main(void *arg)
{
	struct host *h = arg;
	const bool input = h->want->in.n > 0;

	host_open(h);
	for (;;) {
		if (!input || host_wait(h))
			if (host_serve(h))
				host_end(h);
		if (input)
			host_receive(h);
	}
}

/* ---- the main thread ---- */

/* Linux reports a hang-up unasked. macOS does so only when asked, and then poll may also return
 * with nothing at all to report, again and again, while records lie unread. */
static void wait_for_hangup(void)
{
	struct pollfd link = { .fd = LINK_FD, .events = POLLHUP };

	for (;;) {
		if (poll(&link, 1, -1) > 0 && link.revents)
			return;
		sleep_ns(10000000);
	}
}

void host_run(const struct host_options *want, struct driver *d)
{
	struct host h = { .want = want, .driver = d };
	pthread_t thread;

	buf_init(&h.remark, REASON_MAX);
	if (pthread_create(&thread, NULL, driver_main, &h))
		uplink_fail(LINK_R_FAILED, "cannot start a thread");
	wait_for_hangup();
	sleep_ns(GRACE_NS);
	_exit(1);
}
