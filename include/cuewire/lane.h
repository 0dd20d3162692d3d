/* What waits for a port host: at most LINK_WINDOW messages are under way, the rest waits here.
 *
 * Button edges, encoder steps and switches wait in one queue and keep their order; a switch only
 * its last value. Faders wait beside it, each with its last value only, and what is in the queue
 * goes first. But what a button's own step has moved before it (a route, an intent: messages of
 * one t_ns) goes before the button.
 *
 * A press and its release, and a step, that have waited for LANE_EXPIRES_NS are not written any
 * more: late they would surprise. A release whose press may have been written always is. The
 * queue is bounded; the last value of a fader or a switch always has its place.
 *
 * A label must live as long as its message waits. Thread: the engine thread; pure. */
#ifndef CUEWIRE_LANE_H
#define CUEWIRE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h"
#include "cuewire/link.h"
#include "cuewire/mem.h"

#define LANE_EDGES_MAX 1024 /* presses and steps that may wait */
#define LANE_STEP_MAX 16    /* faders of one step that a button takes along */
#define LANE_TURNS 16       /* of the queue, then a fader that waits has one */
#define LANE_EXPIRES_NS UINT64_C(500000000)

struct lane {
	struct msg *queue; /* in the arena, as the other lists; a ring of cap */
	size_t cap, n;
	size_t edges;       /* presses and steps of n */
	uint64_t *waiting;  /* per control: its newest value's place + 1, 0: none */
	uint64_t popped;    /* places count from the start: popped is the head's */
	uint64_t last_edge; /* the newest edge's place + 1 */

	struct lane_fader *faders; /* one a control, those that wait in a list */
	size_t nfaders;            /* that wait */
	uint16_t first, last;
	unsigned turns; /* of the queue in a row while faders waited */

	uint64_t step_ns; /* the step that is being pushed, and its faders */
	uint16_t step[LANE_STEP_MAX];
	size_t nstep;

	uint8_t *buttons; /* per control: what is known of it */
	struct msg window[LINK_WINDOW];
	size_t window_head, under_way;
};

/* As long as the arena. */
void lane_init(struct lane *l, struct arena *mem, size_t ncontrols);

/* Moves everything from old to l, which is empty and has room for more controls; nkept: the controls
 * of old. Lights (keys from there on) are left out: they are shown anew. */
void lane_adopt(struct lane *l, const struct lane *old, size_t nkept);

/* Gives every message that waits or is under way another label. */
void lane_relabel(struct lane *l, const char *(*fn)(void *ctx, const char *label), void *ctx);

enum lane_result { LANE_QUEUED, LANE_COALESCED, LANE_FULL };

/* Takes a message. LANE_COALESCED: *old is not needed any more, another has its place. LANE_FULL:
 * it was not taken; a press's release will then expire. */
enum lane_result lane_push(struct lane *l, const struct msg *m, struct msg *old);

enum lane_turn {
	LANE_NOTHING, /* nothing waits, or the window is full */
	LANE_WRITE,   /* *m is to be written now and is under way */
	LANE_EXPIRED, /* *m has waited too long and was taken out */
	LANE_NO_ROOM, /* *m comes next and is longer than room */
};

/* The next one to write, of at most room bytes. *m is valid until the next call. */
enum lane_turn lane_next(struct lane *l, uint64_t now_ns, size_t room, const struct msg **m);

/* The oldest one under way is done: moved to *out. written: surely. False: there was none. */
bool lane_done(struct lane *l, bool written, struct msg *out);

/* When the port is lost: takes out what is under way and then what waits, one by one. */
bool lane_drain(struct lane *l, struct msg *out, bool *was_under_way);

/* Whether a press of the button may have been written, and no release surely has been since. */
bool lane_owes_release(const struct lane *l, uint16_t control);

static inline size_t lane_backlog(const struct lane *l)
{
	return l->n + l->nfaders;
}

#endif
