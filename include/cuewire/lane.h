/* What waits for a port host: at most LINK_WINDOW messages are under way, the rest waits here.
 * Faders and switches coalesce to their last value, which always arrives; button edges and encoder
 * steps keep their order and are bounded. Thread: the engine thread; pure. */
#ifndef CUEWIRE_LANE_H
#define CUEWIRE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h"
#include "cuewire/link.h"

#define LANE_EDGES_MAX 1024 /* edges and steps that may wait */

/* A message that is kept: struct msg without what lives only for a step. */
struct parcel {
	uint64_t t_ns;
	const char *label;   /* lives as long as it waits */
	struct batch *batch; /* NULL: not of an intent */
	float value;
	uint16_t control;
	uint8_t from; /* enum from */
	uint8_t edge; /* enum edge */
	uint8_t len, release_len;
	uint8_t bytes[MSG_BYTES];
	uint8_t release[3];
	bool last_wins; /* only the latest value of the control matters */
};

struct lane {
	struct parcel *queue; /* owned; a ring of cap */
	size_t cap, n;
	size_t edges;         /* of n */
	uint64_t *waiting;    /* owned; per control: its newest place + 1, 0: none */
	uint64_t popped;      /* places count from the start: popped is the head's */
	uint64_t last_edge;   /* the newest edge's place + 1 */
	struct parcel window[LINK_WINDOW];
	size_t window_head, under_way;
};

void lane_init(struct lane *l, size_t ncontrols);
void lane_finish(struct lane *l);

enum lane_result { LANE_QUEUED, LANE_COALESCED, LANE_FULL };

/* Takes a message. LANE_COALESCED: it took the place of *old. LANE_FULL: it was not taken. */
enum lane_result lane_push(struct lane *l, const struct parcel *p, struct parcel *old);

/* The next one to write, now under way; NULL: nothing waits, or the window is full. */
const struct parcel *lane_next(struct lane *l);

/* The oldest one under way is done: moved to *out. False: there was none. */
bool lane_done(struct lane *l, struct parcel *out);

/* Takes out what is under way and then what waits, one by one, when the port is lost. */
bool lane_drain(struct lane *l, struct parcel *out);

#endif
