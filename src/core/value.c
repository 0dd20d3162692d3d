#include "cuewire/value.h"

#include <stddef.h>

static float from_bits_bipolar(unsigned v, unsigned top)
{
	const unsigned mid = top / 2 + 1;

	if (v <= mid)
		return (float)(v / (2.0 * mid));
	return (float)(0.5 + (v - mid) / (2.0 * (top - mid)));
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
