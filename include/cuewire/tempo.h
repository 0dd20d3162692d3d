/* Musical time: a position in beats that goes on at a tempo. Thread: its owner's; pure. */
#ifndef CUEWIRE_TEMPO_H
#define CUEWIRE_TEMPO_H

#include <stdint.h>

#define TEMPO_BEAT (UINT64_C(1) << 24) /* positions of one beat */

struct tempo {
	double bpm;
	unsigned beats_per_bar;
};

void tempo_init(struct tempo *t, double bpm, unsigned beats_per_bar);
double tempo_bpm(const struct tempo *t);

/* The position at a time, and the time of a position as far as can be told now. */
uint64_t tempo_at(const struct tempo *t, uint64_t now_ns);
uint64_t tempo_when(const struct tempo *t, uint64_t position);

#endif
