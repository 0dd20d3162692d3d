/* A stretch of time that has begun: in milliseconds, or in beats, where it follows the tempo.
 * Thread: its owner's; pure. */
#ifndef CUEWIRE_SPAN_H
#define CUEWIRE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "cuewire/duration.h"

struct tempo;

struct span {
	uint64_t start, len; /* ns, or positions of the tempo's run */
	bool beats;
};

struct span span_begin(struct duration d, const struct tempo *t, uint64_t now_ns);

/* How much of it is over: 0..1, 1 exactly from its end on. */
float span_part(const struct span *s, const struct tempo *t, uint64_t now_ns);

/* When it ends, as far as can be told now. */
uint64_t span_end(const struct span *s, const struct tempo *t);

/* When to look at it again: at its end, or, where the tempo may change until then, on the way. */
uint64_t span_look(const struct span *s, const struct tempo *t, uint64_t now_ns);

/* The same for any time that is told in beats. */
uint64_t span_look_at(uint64_t end_ns, uint64_t now_ns);

/* How long a duration in beats or bars is, as positions of the tempo. */
uint64_t span_positions(struct duration d, const struct tempo *t);

/* How long it would take now, in ns. */
uint64_t span_ns(struct duration d, const struct tempo *t);

#endif
