/* What is held down at the device, and the bytes that release it. Thread: the driver's. */
#ifndef CUEWIRE_PORT_HELD_H
#define CUEWIRE_PORT_HELD_H

#include <stddef.h>
#include <stdint.h>

#include "cuewire/link.h"

struct held_key {
	uint16_t key;
	uint8_t len;
	uint8_t release[LINK_BYTES];
};

struct held {
	struct held_key *keys; /* owned; in the order of their presses */
	size_t n, cap;
};

/* Remembers a press; the same key pressed again is held once, with the latest release. */
void held_add(struct held *h, const struct link_record *press);

/* Forgets a key; one that is not held is ignored. */
void held_drop(struct held *h, uint16_t key);

#endif
