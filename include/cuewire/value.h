/* Values at the edge: 0..1 inside, 7 or 14 bits outside, exact at both ends and, for
 * bipolar controls, in the middle (64 <-> 0.5 <-> 8192), both ways. Rounds half up.
 * Thread: any; pure. */
#ifndef CUEWIRE_VALUE_H
#define CUEWIRE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

uint8_t value_to7(float v, bool bipolar);
uint16_t value_to14(float v, bool bipolar);
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
