/* How many bytes a port may be sent: so many a second, and a few at once. Pure. Thread: the engine
 * thread.
 *
 * A token bucket as one number: the time at which the bucket is full again. What is sent moves it
 * into the future, by the time that its bytes take; it may be no further ahead than the time that
 * a full bucket takes. */
#ifndef CUEWIRE_BUDGET_H
#define CUEWIRE_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#define BUDGET_DEPTH 12 /* bytes at once */
#define BUDGET_BUS 5400 /* bytes a second: the IAC Driver loses messages above some 6000 */

struct budget {
	uint64_t ns_per_byte; /* 0: no limit */
	uint64_t full_ns;
};

void budget_init(struct budget *b, unsigned bytes_per_s); /* 0: no limit */

/* How many bytes may be sent now; SIZE_MAX without a limit. */
size_t budget_room(const struct budget *b, uint64_t now_ns);

void budget_take(struct budget *b, uint64_t now_ns, size_t bytes);

/* When there is room for so many, at most BUDGET_DEPTH. */
uint64_t budget_when(const struct budget *b, size_t bytes);

#endif
