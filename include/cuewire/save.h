/* The engine's memory at one moment, to go on from there: where every control is and who has it, what
 * routes and transforms remember, the tempo. What is under way (steps of an intent or macro that wait, ramps,
 * delayed values, a MIDI clock) is not in it; at rest there is none.
 * Thread: the engine's owner; pure, but for saved_init. */
#ifndef CUEWIRE_SAVE_H
#define CUEWIRE_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h"

struct saved_control {
	uint16_t control;
	uint16_t who; /* holds it, as from and until: TIME_NEVER, it is not released by itself */
	uint8_t rank; /* enum rank */
	uint8_t from; /* enum from */
	bool held;
	float value;
	uint64_t t_ns, lock_ns, until_ns;
};

struct saved_route {
	uint16_t route, who, presser;
	bool on, moved; /* moved: its control, last of all */
	uint8_t came;   /* see struct route_state */
	bool has_msb, has_lsb;
	uint8_t msb, lsb;
	float rest;
	uint64_t step_ns;
	uint64_t wait_ns, count, due_ns; /* of `every`: due_ns 0, it waits for nothing */
};

/* Which parameter data entry is for: see struct param_state. */
struct saved_param {
	uint16_t place; /* 16 of a port */
	uint8_t form, msb[2], lsb[2];
};

struct saved_tempo {
	uint8_t state; /* enum tempo_state */
	bool stopped, cued;
	double bpm;
	uint64_t from_ns, from_run, beat_ns, origin, cue;
	uint64_t taps[TEMPO_TAPS], tap_song;
	uint8_t ntaps;
};

struct saved_cell {
	uint32_t cell;
	bool has_value, on, fired, through;
	float value, target;
	uint64_t t_ns;
	uint8_t n;    /* of presses: see xform.c */
	uint8_t from; /* enum from */
	uint16_t who; /* whose value was the last that it kept */
};

/* Only what is not as it was at the start. */
struct saved {
	uint64_t t_ns;
	uint64_t seq; /* of the next message */
	bool at_rest; /* nothing was under way */
	struct saved_control
		*controls; /* in the arena, as the others: room for all of the mapping */
	struct saved_route *routes;
	struct saved_cell *cells;
	struct saved_param *params;
	size_t ncontrols, nroutes, ncells, nparams;
	struct saved_tempo tempo;
	double pattern_tokens; /* what is left of the messages with patterns that may come, at that time */
	uint64_t pattern_t_ns;
};

void saved_init(struct saved *s, struct arena *mem, const struct mapping *m);
void saved_copy(struct saved *to, const struct saved *from); /* of one mapping */

/* Whether nothing is under way but what the save has: a held button's release. */
bool engine_at_rest(const struct engine *e);

void engine_save(const struct engine *e, uint64_t t_ns, struct saved *s);

/* For a new engine of the same mapping. Whoever moved the controls is "recording" then. */
void engine_restore(struct engine *e, const struct saved *s);

#endif
