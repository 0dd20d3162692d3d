#include "cuewire/queue.h"

#include <errno.h>
#include <unistd.h>

#include "cuewire/platform.h"

int queues_init(struct queues *q, size_t notes)
{
	*q = (struct queues){ .order_wake = { -1, -1 }, .reply_wake = { -1, -1 } };
	if (platform_pipe(q->order_wake) || platform_pipe(q->reply_wake)) {
		queues_finish(q);
		return -1;
	}
	q->orders = ring_new(256, sizeof(struct order));
	q->replies = ring_new(1024, sizeof(struct reply));
	q->notes = ring_new(notes, sizeof(struct note));
	return 0;
}

void queues_finish(struct queues *q)
{
	const int fds[] = { q->order_wake[0], q->order_wake[1], q->reply_wake[0],
		            q->reply_wake[1] };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ring_free(q->orders);
	ring_free(q->replies);
	ring_free(q->notes);
}

/* A full pipe wakes as well as one byte does. */
void queue_wake(int fd)
{
	while (write(fd, "", 1) < 0 && errno == EINTR)
		;
}

void queue_drain_wake(int fd)
{
	char bytes[256];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

bool queue_order(struct queues *q, const struct order *o)
{
	struct order *slot = ring_slot(q->orders);

	if (!slot)
		return false;
	*slot = *o;
	if (ring_push(q->orders))
		queue_wake(q->order_wake[1]);
	return true;
}

void queue_reply(struct queues *q, const struct reply *r)
{
	struct reply *slot = ring_slot(q->replies);

	if (!slot)
		return; /* cannot be: see queue.h */
	*slot = *r;
	if (ring_push(q->replies))
		queue_wake(q->reply_wake[1]);
}
