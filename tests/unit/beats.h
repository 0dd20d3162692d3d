/* Positions of a song, for tests. */
#ifndef BEATS_H
#define BEATS_H

#include <math.h>

#include "cuewire/tempo.h"
#include "helpers.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

static double beats(uint64_t position)
{
	return (double)position / (double)TEMPO_BEAT;
}

#define assert_beats(position, expected)                                                 \
	do {                                                                             \
		const double is_ = beats(position);                                      \
		if (fabs(is_ - (expected)) > 1e-6)                                       \
			fail_msg("line %d: at %.9g beats, expected %.9g", __LINE__, is_, \
			         (double)(expected));                                    \
	} while (0)

#endif
