/* How no wake-up is missed.
 *
 * head counts what was pushed, tail what was popped; each is written by one side only. A push writes
 * head and then reads tail; a reader that is about to sleep has written tail (its last pop) and then
 * reads head. With acquire and release alone both reads could get the old value: the writer would
 * take the reader for busy, and the reader the ring for empty. All four are therefore sequentially
 * consistent, so that at least one of the two sees the other's write: either the writer sees that
 * all before its item was popped, and wakes, or the reader sees the item. (Operations and not
 * fences, as ThreadSanitizer does not know about these.) */
#include "cuewire/ring.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "cuewire/mem.h"

/* What the two sides write must not share a cache line: 64 bytes on x86, 128 on Apple's processors. */
#define LINE 128

struct ring {
	size_t mask, stride; /* fixed, as is items */
	char *items;         /* owned */
	char pad1[LINE];

	atomic_size_t head; /* the writer's */
	size_t tail_seen;   /* the writer's copy of tail, never ahead of it */
	char pad2[LINE];

	atomic_size_t tail; /* the reader's */
	size_t head_seen;   /* the reader's copy of head, never ahead of it */
	char pad3[LINE];
};

struct ring *ring_new(size_t slots, size_t item_size)
{
	const size_t align = alignof(max_align_t);
	struct ring *r = xcalloc(1, sizeof(*r));

	assert(slots && !(slots & (slots - 1)) && item_size);
	r->mask = slots - 1;
	r->stride = (item_size + align - 1) / align * align;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	r->items = xcalloc(slots, r->stride);
	return r;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	free(r->items);
	free(r);
}

static char *item(const struct ring *r, size_t index)
{
	return r->items + (index & r->mask) * r->stride;
}

void *ring_slot(struct ring *r)
{
	const size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - r->tail_seen > r->mask)
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return head - r->tail_seen > r->mask ? NULL : item(r, head);
}

bool ring_push(struct ring *r)
{
	const size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	atomic_store(&r->head, head + 1);
	r->tail_seen = atomic_load(&r->tail);
	/* Past head: the reader has had the new item already, and sleeps or will look again. */
	return r->tail_seen == head;
}

const void *ring_peek(struct ring *r)
{
	const size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail == r->head_seen)
		r->head_seen = atomic_load(&r->head);
	return tail == r->head_seen ? NULL : item(r, tail);
}

void ring_pop(struct ring *r)
{
	const size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	assert(tail != r->head_seen);
	atomic_store(&r->tail, tail + 1);
}
