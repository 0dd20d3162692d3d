/* Values at the edge: 0..1 inside, 7 or 14 bits outside, exact at both ends and, for
 * bipolar controls, in the middle (64 <-> 0.5 <-> 8192), both ways. Rounds half up.
 * Thread: any; pure. */
#ifndef CUEWIRE_VALUE_H
#define CUEWIRE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* A linear value over 0..top. */
static inline unsigned value_to_bits(float v, unsigned top)
{
	if (!(v > 0.0f))
		return 0;
	if (v >= 1.0f)
		return top;
	return (unsigned)((double)v * top + 0.5);
}

/* A bipolar value: 0..0.5 over 0..mid, 0.5..1 over mid..top, so that the middle is exact. */
static inline unsigned value_to_bits_bipolar(float v, unsigned top)
{
	const unsigned mid = top / 2 + 1;

	if (!(v > 0.0f))
		return 0;
	if (v >= 1.0f)
		return top;
	if (v <= 0.5f)
		return (unsigned)((double)v * 2 * mid + 0.5);
	return (unsigned)(mid + ((double)v - 0.5) * 2 * (top - mid) + 0.5);
}

static inline uint8_t value_to7(float v, bool bipolar)
{
	return (uint8_t)(bipolar ? value_to_bits_bipolar(v, 127) : value_to_bits(v, 127));
}

static inline uint16_t value_to14(float v, bool bipolar)
{
	return (uint16_t)(bipolar ? value_to_bits_bipolar(v, 16383) : value_to_bits(v, 16383));
}

float value_from7(uint8_t v, bool bipolar);
float value_from14(uint16_t v, bool bipolar);

/* Relative encoders in one 7-bit value (the names are those of the mapping files):
 * twos: 1..63 up, 127..64 down (Traktor's 7Fh/01h); offset: 64 + steps (3Fh/41h);
 * sign: bit 6 is the sign, the rest the size. */
enum encoding { ENC_NONE, ENC_TWOS, ENC_OFFSET, ENC_SIGN, ENC_COUNT };
extern const char *const encoding_names[ENC_COUNT]; /* [ENC_NONE] is NULL */

int steps_decode(uint8_t v, enum encoding e);     /* -64..63 */
uint8_t steps_encode(int steps, enum encoding e); /* clamped to what the encoding holds */

#endif
