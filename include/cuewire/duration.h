/* How long something takes: "500 ms", "1.5 s", "2 beats", "4 bars". Beats and bars are as long as
 * the tempo says when they pass. Thread: any; pure. */
#ifndef CUEWIRE_DURATION_H
#define CUEWIRE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX /* in ns */

struct buf;

enum duration_unit { DURATION_MS, DURATION_BEATS, DURATION_BARS };

/* At most 600 s, 1024 beats or 256 bars. */
struct duration {
	float amount; /* 0: at once */
	enum duration_unit unit;
};

/* Reads a text: a decimal number without a sign, a space or none, and ms, s, beat, beats, bar or
 * bars. Returns false when it is none, or out of range. */
bool duration_parse(const char *text, struct duration *out);

/* Appends a text that duration_parse reads as the same, the shortest: "1 beat", "1.5 s". */
void duration_print(struct buf *b, struct duration d);

#endif
