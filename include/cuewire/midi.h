/* MIDI 1.0 messages: bytes to messages (running status, real-time bytes in between, SysEx) and
 * back. Stateful things end here: a note-on with velocity 0 comes out as a note-off. Thread: any;
 * a parser belongs to one. Source: MIDI 1.0 Detailed Specification. */
#ifndef CUEWIRE_MIDI_H
#define CUEWIRE_MIDI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The high half of the status byte of channel messages. */
enum midi_status {
	MIDI_NOTE_OFF = 0x80,
	MIDI_NOTE_ON = 0x90,
	MIDI_POLY_PRESSURE = 0xA0,
	MIDI_CC = 0xB0,
	MIDI_PROGRAM = 0xC0,
	MIDI_PRESSURE = 0xD0,
	MIDI_BEND = 0xE0,
};

/* The status bytes of system messages that somebody asks about; real-time ones are MIDI_CLOCK and
 * what is above it. */
enum midi_system {
	MIDI_SYSEX = 0xF0,
	MIDI_SONG_POSITION = 0xF2,
	MIDI_SONG_SELECT = 0xF3,
	MIDI_SYSEX_END = 0xF7,
	MIDI_CLOCK = 0xF8,
	MIDI_START = 0xFA,
	MIDI_CONTINUE = 0xFB,
	MIDI_STOP = 0xFC,
	MIDI_ACTIVE_SENSING = 0xFE,
};

/* Control changes that choose a parameter and carry its value. Source: MIDI 1.0 Detailed
 * Specification, "Registered and Non-Registered Parameter Numbers". */
enum midi_param_cc {
	MIDI_DATA_MSB = 6,
	MIDI_DATA_LSB = 38,
	MIDI_DATA_UP = 96, /* the value byte means nothing: RP-018 */
	MIDI_DATA_DOWN = 97,
	MIDI_NRPN_LSB = 98,
	MIDI_NRPN_MSB = 99,
	MIDI_RPN_LSB = 100,
	MIDI_RPN_MSB = 101,
};

struct midi_msg {
	uint8_t status; /* whole status byte */
	uint8_t d1, d2; /* 0 where the message has none */
	uint8_t len;    /* 1..3 bytes on the wire */
};

/* Whether a message carries the value of a parameter, or moves it. */
static inline bool midi_is_data_entry(const struct midi_msg *m)
{
	return (m->status & 0xF0) == MIDI_CC && (m->d1 == MIDI_DATA_MSB || m->d1 == MIDI_DATA_LSB ||
	                                         m->d1 == MIDI_DATA_UP || m->d1 == MIDI_DATA_DOWN);
}

#define MIDI_SYSEX_MAX 256 /* bytes of a SysEx with its F0 and F7; longer ones are discarded */

/* Begins as zeros. */
struct midi_parser {
	uint8_t status;     /* running status, or of the message at hand; 0: none, or a SysEx */
	uint8_t need, have; /* data bytes of a message with that status; of this one */
	uint8_t d1;
	bool in_sysex;
	uint32_t discarded; /* SysEx that were cut off or too long; its reader may set it to 0 */
	size_t sysex_len;   /* of the one at hand, however long, or of the last whole one */
	uint8_t sysex[MIDI_SYSEX_MAX];
};

enum midi_parsed {
	MIDI_NOTHING,
	MIDI_MESSAGE,     /* *out is a whole one */
	MIDI_WHOLE_SYSEX, /* sysex and sysex_len of the parser are, from F0 to F7, until more is fed */
};

/* Feeds one byte. A real-time byte is a message at once and does not disturb the one around it.
 * Data bytes without a status are ignored; so are F9 and FD, which are undefined. F4 and F5, just
 * as undefined, end what was going on. A SysEx that any status but F7 ends is discarded. */
enum midi_parsed midi_parse(struct midi_parser *p, uint8_t byte, struct midi_msg *out);

/* What was going on will not go on: some bytes were lost. */
void midi_parse_lost(struct midi_parser *p);

/* Data bytes after a status byte: 0..2; -1: a SysEx start, its end, an undefined one, or no
 * status byte. */
int midi_data_len(uint8_t status);

/* Makes a message of exactly its 1..3 bytes, status first.
 * Returns false when they are no message. A note-on with velocity 0 becomes a note-off. */
bool midi_from_bytes(struct midi_msg *out, const uint8_t *b, size_t len);

/* Prints bytes as "B0 07 40"; out holds 3 * len bytes. No bytes: out is left alone. */
void midi_fmt(char *out, const uint8_t *b, size_t len);

#endif
