/* SysEx as routes wait for it: "F0 00 20 29 02 .. vv F7".
 *
 * Words with spaces between: two hexadecimal digits, a byte; "..", any byte; "vv", the byte that is
 * the value; "mm" and "ll", in either order, MSB and LSB of a value of 14 bits; "*", once at most,
 * any number of bytes. The first word is F0, the last F7, what stands between is 00..7F.
 *
 * Thread: any; pure. Source of the format of messages: MIDI 1.0 Detailed Specification, "System
 * Exclusive". */
#ifndef CUEWIRE_SYSEX_H
#define CUEWIRE_SYSEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/midi.h"

/* What may stand in place of a byte. */
enum sysex_wild { SYSEX_ANY = 0x80, SYSEX_VALUE, SYSEX_MSB, SYSEX_LSB };

struct sysex_pattern {
	uint16_t head, tail;               /* how many bytes come before and after the "*" */
	bool gap;                          /* there is one; else tail is 0 */
	uint8_t bits;                      /* of the value: 7, 14 or, without one, 0 */
	uint8_t bytes[MIDI_SYSEX_MAX - 2]; /* head, then tail: bytes, or enum sysex_wild */
};

/* Where a text is no pattern: the word at hand, or its end. */
struct sysex_fault {
	size_t byte;      /* which word it is, from 1 */
	const char *word; /* in the text, of len characters; 0: the end */
	size_t len;
	const char *expected; /* what should stand there */
};

/* Reads a pattern. Returns false, and fills *fault, when the text is none. */
bool sysex_parse(struct sysex_pattern *out, const char *text, struct sysex_fault *fault);

/* Whether a message, from F0 to F7, is what the pattern says. *value: its 7 or 14 bits; left alone
 * where the pattern has none. */
bool sysex_match(const struct sysex_pattern *p, const uint8_t *bytes, size_t len, uint16_t *value);

#endif
