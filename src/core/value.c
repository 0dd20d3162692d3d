#include "cuewire/value.h"

#include <stddef.h>

/* A linear value over 0..top. */
static unsigned to_bits(float v, unsigned top)
{
	if (!(v > 0.0f))
		return 0;
	if (v >= 1.0f)
		return top;
	return (unsigned)((double)v * top + 0.5);
}

/* A bipolar value: 0..0.5 over 0..mid, 0.5..1 over mid..top, so that the middle is exact. */
static unsigned to_bits_bipolar(float v, unsigned top)
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

static float from_bits_bipolar(unsigned v, unsigned top)
{
	const unsigned mid = top / 2 + 1;

	if (v <= mid)
		return (float)(v / (2.0 * mid));
	return (float)(0.5 + (v - mid) / (2.0 * (top - mid)));
}

uint8_t value_to7(float v, bool bipolar)
{
	return (uint8_t)(bipolar ? to_bits_bipolar(v, 127) : to_bits(v, 127));
}

uint16_t value_to14(float v, bool bipolar)
{
	return (uint16_t)(bipolar ? to_bits_bipolar(v, 16383) : to_bits(v, 16383));
}

float value_from7(uint8_t v, bool bipolar)
{
	return bipolar ? from_bits_bipolar(v, 127) : (float)(v / 127.0);
}

float value_from14(uint16_t v, bool bipolar)
{
	return bipolar ? from_bits_bipolar(v, 16383) : (float)(v / 16383.0);
}

const char *const encoding_names[ENC_COUNT] = {
	[ENC_NONE] = NULL,
	[ENC_TWOS] = "twos",
	[ENC_OFFSET] = "offset",
	[ENC_SIGN] = "sign",
};

int steps_decode(uint8_t v, enum encoding e)
{
	switch (e) {
	case ENC_OFFSET:
		return v - 64;
	case ENC_SIGN:
		return v & 64 ? -(v & 63) : v & 63;
	default:
		return v < 64 ? v : v - 128;
	}
}

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

uint8_t steps_encode(int steps, enum encoding e)
{
	switch (e) {
	case ENC_OFFSET:
		return (uint8_t)(64 + clamp(steps, -64, 63));
	case ENC_SIGN:
		steps = clamp(steps, -63, 63);
		return (uint8_t)(steps < 0 ? 64 | -steps : steps);
	default:
		return (uint8_t)(clamp(steps, -64, 63) & 127);
	}
}
