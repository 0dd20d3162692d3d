#include "cuewire/tempo.h"

void tempo_init(struct tempo *t, double bpm, unsigned beats_per_bar)
{
	*t = (struct tempo){ bpm, beats_per_bar };
}

double tempo_bpm(const struct tempo *t)
{
	return t->bpm;
}

uint64_t tempo_at(const struct tempo *t, uint64_t now_ns)
{
	return (uint64_t)((double)now_ns / 60e9 * t->bpm * (double)TEMPO_BEAT);
}

uint64_t tempo_when(const struct tempo *t, uint64_t position)
{
	return (uint64_t)((double)position / (double)TEMPO_BEAT / t->bpm * 60e9) + 1;
}
