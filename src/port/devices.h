/* A list of devices, each as the LINK_DEVICE record that tells of it. Thread: one. */
#ifndef CUEWIRE_PORT_DEVICES_H
#define CUEWIRE_PORT_DEVICES_H

#include <stddef.h>

#include "cuewire/link.h"

#define DEVICES_MAX 1024 /* what goes beyond is left out */

struct devices {
	struct link_record *list; /* owned */
	size_t n, cap;
};

void devices_add(struct devices *d, const struct link_record *r);

/* Takes the one at place i out; the order of the others stays. */
void devices_remove(struct devices *d, size_t i);

/* Empties the list and frees it. */
void devices_finish(struct devices *d);

/* Calls fn for each of a that b has not, or not as often: two devices of one name and direction are
 * the same where the system tells no address. */
void devices_compare(const struct devices *a, const struct devices *b,
                     void (*fn)(const struct link_record *r));

#endif
