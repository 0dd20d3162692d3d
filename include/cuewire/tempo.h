/* Musical time. Thread: its owner's; pure.
 *
 * There are two counts, both in positions of TEMPO_BEAT to the beat:
 * - the run: how many beats have passed. It goes on always and never jumps, so that what lasts so
 *   many beats ends after so many beats, whatever happens. A clock in another phase only makes it go
 *   faster or slower until it fits, by no more than twice or half the tempo.
 * - the song position: where in the music it is; beat 0 is the first of a bar. Taps and the clock's
 *   Start, Stop, Continue and Song Position Pointer set it; between them it never goes back.
 *
 * The tempo is a number of the mapping file, until somebody taps or a MIDI clock comes. A clock is
 * above all: while it is followed, a tap says only where the beat is. When it is lost, its tempo is
 * held and the beats go on; when it comes again, they go on from where they are, in the tick that is
 * nearest.
 *
 * Start: the next tick is position 0. Stop: the song stands where its next tick would have been; the
 * tempo of a clock that goes on is followed. Continue: the next tick is where it stands. Without
 * Start and Stop (many DJ programs send the clock alone) the song goes on from where it was. Start,
 * Continue and Song Position wait for a tick; a Stop without a clock is ignored. A tap, and
 * tempo_set_bpm, end a standstill. Source: MIDI 1.0 Detailed Specification, "System Real Time
 * Messages" and "Song Position Pointer". */
#ifndef CUEWIRE_TEMPO_H
#define CUEWIRE_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

#include "cuewire/pulse.h"

/* A multiple of 24, so that each tick is a whole number. At TEMPO_MAX one is 6 ns, so a position has
 * a time of its own; 64 bits last 3000 years. */
#define TEMPO_BEAT (UINT64_C(24) << 20)
#define TEMPO_TICK (TEMPO_BEAT / PULSE_PER_BEAT)

/* Beats a minute. What is beyond is ignored, of clocks, taps and numbers. */
#define TEMPO_MIN 20
#define TEMPO_MAX 400

#define TEMPO_TAPS 8 /* the last ones, of whose distances the mean is taken */

enum tempo_state {
	TEMPO_FIXED,
	TEMPO_TAPPED,
	TEMPO_LOCKING, /* a clock comes, and its tempo is not sure yet */
	TEMPO_LOCKED,
	TEMPO_HELD, /* of a clock that is lost */
	TEMPO_STATES
};
extern const char *const tempo_names[TEMPO_STATES];

struct tempo {
	unsigned beats_per_bar;
	enum tempo_state state;
	enum tempo_state rest; /* what it is without a clock */
	double bpm;

	/* the run goes on in a straight line from here */
	uint64_t from_ns, from_run;
	uint64_t beat_ns;

	uint64_t origin; /* of the song, in the run; modulo 2^64 */
	bool stopped;    /* the song stands at cue */
	bool cued;       /* the song goes on at cue with the next tick */
	uint64_t cue;

	struct pulse pulse;
	uint64_t tick_run; /* where the run should be at the tick that is due next */

	uint64_t taps[TEMPO_TAPS]; /* when they came */
	unsigned ntaps;
	uint64_t tap_song; /* position of the last one */
};

/* Both counts are 0 at time 0. bpm: TEMPO_MIN..TEMPO_MAX; beats_per_bar: at least 1. */
void tempo_init(struct tempo *t, double bpm, unsigned beats_per_bar);

/* ---- what happens; each returns whether state has changed, and takes times that do not fall ---- */

/* Does nothing while a clock is followed, or beyond the limits. */
bool tempo_set_bpm(struct tempo *t, uint64_t now_ns, double bpm);

/* Somebody taps: here is a beat, the one nearest; of taps that follow each other, the next. The tempo
 * is the mean of the last TEMPO_TAPS, from the second on. A tap more than 2 s after the one before, or
 * one whose distance is more than a quarter off the mean, is the first again; one that follows
 * within 150 ms is no tap. */
bool tempo_tap(struct tempo *t, uint64_t now_ns);

/* MIDI clock: F8, FA, FB, FC, and F2 with its 14 bits (a sixteenth note, 6 ticks, is 1). */
bool tempo_clock(struct tempo *t, uint64_t now_ns);
bool tempo_start(struct tempo *t, uint64_t now_ns);
bool tempo_continue(struct tempo *t, uint64_t now_ns);
bool tempo_stop(struct tempo *t, uint64_t now_ns);
bool tempo_song_position(struct tempo *t, uint64_t now_ns, unsigned sixteenths);

/* When tempo_tick is due, TIME_NEVER: not. It finds that a clock is lost: no tick for 250 ms, nor
 * for 6 times their distance. */
uint64_t tempo_deadline(const struct tempo *t);
bool tempo_tick(struct tempo *t, uint64_t now_ns);

/* ---- what it says ---- */

/* Beats a minute: of the source, without what the run catches up. */
double tempo_bpm(const struct tempo *t);

/* The song position at a time not before the last event, and the first time at which it is at least
 * so far, as things stand; TIME_NEVER: the song stands before it. What has passed: some time not after
 * the last event. */
uint64_t tempo_at(const struct tempo *t, uint64_t now_ns);
uint64_t tempo_when(const struct tempo *t, uint64_t position);

/* The same for the run. */
uint64_t tempo_run_at(const struct tempo *t, uint64_t now_ns);
uint64_t tempo_run_when(const struct tempo *t, uint64_t run);

#endif
