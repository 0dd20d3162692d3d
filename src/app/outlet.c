#include "outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A pipe that poll calls writable takes this much without blocking. */
#define CHUNK PIPE_BUF

void outlet_init(struct outlet *o, int fd)
{
	*o = (struct outlet){ .fd = fd };
	buf_init(&o->buf, OUTLET_MAX);
}

void outlet_limit(struct outlet *o, size_t max)
{
	o->buf.max = max;
}

void outlet_finish(struct outlet *o)
{
	buf_finish(&o->buf);
}

bool outlet_waits(const struct outlet *o)
{
	return !o->broken && o->done < o->buf.len;
}

static void reset(struct outlet *o)
{
	buf_clear(&o->buf);
	o->done = 0;
}

static bool writable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, ms) == 1 && p.revents & POLLOUT;
}

void outlet_flush(struct outlet *o)
{
	while (outlet_waits(o) && writable(o->fd, 0)) {
		const size_t left = o->buf.len - o->done;
		const ssize_t n = write(o->fd, o->buf.p + o->done, left < CHUNK ? left : CHUNK);

		if (n > 0) {
			o->done += (size_t)n;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			o->broken = true;
			o->error = errno;
		}
	}
	if (o->broken || o->done == o->buf.len)
		reset(o);
}

void outlet_line(struct outlet *o, const char *line, size_t len)
{
	if (o->fd < 0 || o->broken)
		return;
	if (o->done > o->buf.max / 2) { /* make room in front */
		memmove(o->buf.p, o->buf.p + o->done, o->buf.len - o->done);
		o->buf.len -= o->done;
		o->done = 0;
	}
	if (o->buf.len + len + 2 > o->buf.max) {
		o->dropped++;
		return;
	}
	buf_add(&o->buf, line, len);
	buf_putc(&o->buf, '\n');
	outlet_flush(o);
}

void outlet_drain(struct outlet *o, int ms)
{
	while (outlet_waits(o) && writable(o->fd, ms))
		outlet_flush(o);
}
