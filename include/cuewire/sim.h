/* The simulated Traktor that stands in for a port that is not there: keeps the last value of every
 * control that it was given and says changes in words. Thread: sim_take, the engine thread. */
#ifndef CUEWIRE_SIM_H
#define CUEWIRE_SIM_H

#include <stdbool.h>
#include <stddef.h>

#include "cuewire/mapping.h"
#include "cuewire/mem.h"

struct sim {
	float *value; /* in the arena; one a control, SIM_UNKNOWN before the first */
};
#define SIM_UNKNOWN (-1000.0f)

/* As long as the arena. */
void sim_init(struct sim *s, struct arena *mem, const struct mapping *m);

/* Gives it a value (of an encoder: steps). Returns whether anything changed by that. */
bool sim_take(struct sim *s, const struct mapping *m, size_t control, float value);

/* "deck.a.play on", "deck.a.volume 0.50", "browser.list +1". Any thread. */
void sim_words(char *out, size_t size, const struct control *c, float value);

#endif
