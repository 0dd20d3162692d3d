/* What waits for a port host: at most LINK_WINDOW messages are under way, the rest waits here.
 * Faders and switches coalesce to their last value, which always arrives; button edges and encoder
 * steps keep their order and are bounded. A label must live as long as its message waits.
 * Thread: the engine thread; pure. */
#ifndef CUEWIRE_LANE_H
#define CUEWIRE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h"
#include "cuewire/link.h"

#define LANE_EDGES_MAX 1024 /* edges and steps that may wait */

struct lane {
	struct msg *queue; /* owned; a ring of cap */
	size_t cap, n;
	size_t edges;       /* of n */
	uint64_t *waiting;  /* owned; per control: its newest place + 1, 0: none */
	uint64_t popped;    /* places count from the start: popped is the head's */
	uint64_t last_edge; /* the newest edge's place + 1 */
	struct msg window[LINK_WINDOW];
	size_t window_head, under_way;
};

void lane_init(struct lane *l, size_t ncontrols);
void lane_finish(struct lane *l);

enum lane_result { LANE_QUEUED, LANE_COALESCED, LANE_FULL };

/* Takes a message. LANE_COALESCED: it took the place of *old. LANE_FULL: it was not taken. */
enum lane_result lane_push(struct lane *l, const struct msg *p, struct msg *old);

/* The next one to write, now under way; NULL: nothing waits, or the window is full. */
const struct msg *lane_next(struct lane *l);

/* The oldest one under way is done: moved to *out. False: there was none. */
bool lane_done(struct lane *l, struct msg *out);

/* Takes out what is under way and then what waits, one by one, when the port is lost. */
bool lane_drain(struct lane *l, struct msg *out);

#endif
