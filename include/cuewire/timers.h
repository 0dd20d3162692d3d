/* What is due when: a binary heap of a fixed size. Thread: its owner's. */
#ifndef CUEWIRE_TIMERS_H
#define CUEWIRE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/mem.h"

struct timer {
	uint64_t t_ns;
	uint16_t kind; /* the owner's, as is index */
	uint32_t index;
};

struct timers {
	struct timer *heap; /* in the arena; the first one is never, where there is none */
	size_t n, cap;
};

/* As long as the arena. */
void timers_init(struct timers *t, struct arena *mem, size_t cap);

/* Returns false when full. Equal times come out in the order of kind and index, whatever was there before: a
 * replay that begins in the middle has the same order. */
bool timers_add(struct timers *t, struct timer x);

/* Brings the one of this kind and index forward to x.t_ns; it must be there. Costs a search. */
void timers_advance(struct timers *t, struct timer x);

/* The next one, if it is due at t_ns; removes it. */
bool timers_pop(struct timers *t, uint64_t t_ns, struct timer *out);

/* When the next one is due; UINT64_MAX: there is none. */
static inline uint64_t timers_next(const struct timers *t)
{
	return t->heap[0].t_ns;
}

/* Removes all of one kind. */
void timers_drop(struct timers *t, uint16_t kind);

#endif
