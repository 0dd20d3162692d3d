/* Between learn_in.c, which takes messages, learn.c, which keeps what was seen of each source, and
 * learn_guess.c, which says what it is. */
#ifndef CUEWIRE_LEARN_PRIV_H
#define CUEWIRE_LEARN_PRIV_H

#include "cuewire/learn.h"

/* The first of the four CC that select a parameter: NRPN LSB and MSB, RPN LSB and MSB (MIDI
 * 1.0). */
#define LEARN_CC_SELECT 98

/* The track of a source: NULL where there is none; the other makes one. */
struct learn_track *learn_find(struct learn *l, const struct learn_source *id);
struct learn_track *learn_track_of(struct learn *l, const struct learn_source *id);

/* Adds a value to a track. */
void learn_add(struct learn *l, struct learn_track *t, uint64_t t_ns, float v);

/* The encodings, as bits 1 << enum encoding, in which v is no plausible number of steps. */
unsigned learn_misfits(uint8_t v);

/* Whether the track is one of two states in turn: a note, or a CC or an argument of OSC that has
 * taken 0 and one other value, never twice running. */
bool learn_is_switching(const struct learn_track *t);

/* The track of the CC that is n away on the same channel, NULL: none. */
const struct learn_track *learn_other_cc(const struct learn *l, const struct learn_track *t, int n);

/* Whether t is the MSB of a pair with the CC 32 above. */
bool learn_is_pair(const struct learn *l, const struct learn_track *t);

/* How far a track has moved since the last answer, 0..1; 0: not, or it only trembles. */
double learn_movement(const struct learn *l, const struct learn_track *t);

/* Says what t is: everything of *out but what was held and what else moved. */
void learn_classify(const struct learn *l, const struct learn_track *t, struct learn_thing *out);

/* The k-th of the samples that are kept, the oldest first. */
static inline const struct learn_sample *learn_sample(const struct learn_track *t, size_t k)
{
	return &t->ring[(t->n <= LEARN_SAMPLES ? k : t->n + k) % LEARN_SAMPLES];
}

static inline size_t learn_kept(const struct learn_track *t)
{
	return t->n < LEARN_SAMPLES ? t->n : LEARN_SAMPLES;
}

#endif
