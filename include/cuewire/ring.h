/* A bounded queue of fixed-size items between two threads: one writes, one reads, no locks.
 * slot and push: the writer's thread only. peek and pop: the reader's only.
 *
 * A reader that sleeps in poll() is woken by a pipe. It must
 *   1. read the pipe empty,
 *   2. peek and pop until peek returns NULL,
 *   3. poll,
 * in this order; the writer puts a byte into the pipe when ring_push returns true. A reader that
 * stops before NULL comes must not sleep without a deadline. */
#ifndef CUEWIRE_RING_H
#define CUEWIRE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* slots must be a power of two. Items are aligned for any type. */
struct ring *ring_new(size_t slots, size_t item_size);
void ring_free(struct ring *r); /* NULL is allowed */

/* Writer: the next free slot to fill, or NULL when full (the same one until it is pushed).
 * ring_push makes it visible; true: the ring was empty, so the reader may be asleep. Never false
 * when the reader has seen NULL and not this item. */
void *ring_slot(struct ring *r);
bool ring_push(struct ring *r); /* only after ring_slot gave a slot */

/* Reader: the oldest item, or NULL when empty; ring_pop gives its slot back. */
const void *ring_peek(struct ring *r);
void ring_pop(struct ring *r); /* only after ring_peek gave an item */

#endif
