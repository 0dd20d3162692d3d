/* The ticks of a MIDI clock without their jitter: how far they are apart, when the next is due, and
 * how many have passed, though some are lost, late or too many. Thread: its owner's; pure. Source:
 * MIDI 1.0 Detailed Specification, "System Real Time Messages": Timing Clock, 24 to the beat. */
#ifndef CUEWIRE_PULSE_H
#define CUEWIRE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#define PULSE_PER_BEAT 24

struct pulse {
	uint64_t last_ns; /* when the latest tick came */
	uint64_t due_ns;  /* when the next one should, once tick_ns is known */
	double tick_ns;   /* from one to the next; 0: not known */
	double late_ns;   /* how late the latest one was, of those that were due */
	double drift_ns;  /* how late the last ones were, on average */
	double noise_ns;  /* how far off they usually are */
	unsigned memory;  /* how many ticks the estimate rests on */
	int behind;       /* ticks that passed and did not come, less those too many */
	unsigned regular; /* how many in a row came when they were due */
	unsigned trouble; /* goes up with each that did not */
	bool locked;
};

/* The first tick. */
void pulse_begin(struct pulse *p, uint64_t now_ns);

/* Another one, before pulse_lost_ns. Returns by how many the count of ticks goes on: 1 as a rule; more when some before
 * it are missing; 0 when one of those comes late, or one comes twice; anything, below 0 too, when
 * it turns out that the clock does not go as was thought. */
int pulse_tick(struct pulse *p, uint64_t now_ns);

/* Whether the tempo is known so well that it can be followed, and is one of TEMPO_MIN..TEMPO_MAX. */
bool pulse_usable(const struct pulse *p);

/* When the clock is lost if no tick has come: after 250 ms, or 6 ticks if that is more. */
uint64_t pulse_lost_ns(const struct pulse *p);

#endif
