/* Which device a port means. Thread: the driver's. */
#ifndef CUEWIRE_PORT_CHOOSE_H
#define CUEWIRE_PORT_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct driver;
struct driver_device;

struct choice {
	const char **words; /* owned by the caller; in order of preference */
	size_t n;           /* 0: this direction is not wanted */
};

/* The first words that match any device of this direction decide: one of exactly this name goes
 * first; else, of the devices that they match in the order of the list, the one that words_ordinal
 * tells ("mix #2": the second, and none where there is but one). Returns false when there is none. */
bool choose_device(struct driver *d, const struct choice *c, bool input, struct driver_device *out);

/* Adds why: 'no input matches "xdj" (seen: "Midi Through Port-0")'. There are words. */
void choose_explain(struct driver *d, const struct choice *c, bool input, struct buf *reason);

#endif
