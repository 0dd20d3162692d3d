#include "cuewire/midi.h"

#define SYSTEM MIDI_SYSEX    /* the first status byte without a channel */
#define REAL_TIME MIDI_CLOCK /* the first of them: they may stand within any other message */

int midi_data_len(uint8_t status)
{
	static const int8_t channel[7] = { 2, 2, 2, 2, 1, 1, 2 }; /* 8x..Ex */
	static const int8_t system[16] = { -1, 1, 2, 1, -1, -1, 0, -1, 0, -1, 0, 0, 0, -1, 0, 0 };

	if (status < 0x80)
		return -1;
	return status < SYSTEM ? channel[(status >> 4) & 7] : system[status & 15];
}

static struct midi_msg message(uint8_t status, uint8_t d1, uint8_t d2)
{
	const uint8_t len = (uint8_t)(1 + midi_data_len(status));

	if ((status & 0xF0) == MIDI_NOTE_ON && d2 == 0)
		status = MIDI_NOTE_OFF | (status & 15);
	return (struct midi_msg){ .status = status, .d1 = d1, .d2 = d2, .len = len };
}

/* ---- SysEx ---- */

/* What does not fit is counted in its length alone. */
static void sysex_add(struct midi_parser *p, uint8_t byte)
{
	if (p->sysex_len < MIDI_SYSEX_MAX)
		p->sysex[p->sysex_len] = byte;
	p->sysex_len++;
}

static void sysex_begin(struct midi_parser *p)
{
	p->in_sysex = true;
	p->sysex_len = 0;
	sysex_add(p, MIDI_SYSEX);
}

/* Its end has come, or another status byte in place of it. */
static enum midi_parsed sysex_end(struct midi_parser *p, bool whole)
{
	p->in_sysex = false;
	sysex_add(p, MIDI_SYSEX_END);
	if (whole && p->sysex_len <= MIDI_SYSEX_MAX)
		return MIDI_WHOLE_SYSEX;
	p->discarded++;
	return MIDI_NOTHING;
}

/* ---- bytes ---- */

/* A status byte that is not real-time: whatever was going on has ended. A SysEx, as a message
 * without data and an undefined one, leaves no status behind, so that data after it is ignored. */
static enum midi_parsed parse_status(struct midi_parser *p, uint8_t status, struct midi_msg *out)
{
	const int need = midi_data_len(status);
	enum midi_parsed parsed = MIDI_NOTHING;

	p->status = p->need = p->have = p->d1 = 0;
	if (p->in_sysex)
		parsed = sysex_end(p, status == MIDI_SYSEX_END);
	if (status == MIDI_SYSEX)
		sysex_begin(p);
	if (need == 0) {
		*out = message(status, 0, 0);
		return MIDI_MESSAGE;
	}
	if (need > 0) {
		p->status = status;
		p->need = (uint8_t)need;
	}
	return parsed;
}

static enum midi_parsed parse_data(struct midi_parser *p, uint8_t byte, struct midi_msg *out)
{
	if (p->in_sysex)
		sysex_add(p, byte);
	if (!p->status)
		return MIDI_NOTHING;
	if (++p->have < p->need) {
		p->d1 = byte;
		return MIDI_NOTHING;
	}
	*out = p->need == 1 ? message(p->status, byte, 0) : message(p->status, p->d1, byte);
	p->have = 0;
	if (p->status >= SYSTEM)
		p->status = 0; /* there is no running status for system messages */
	return MIDI_MESSAGE;
}

enum midi_parsed midi_parse(struct midi_parser *p, uint8_t byte, struct midi_msg *out)
{
	if (byte < 0x80)
		return parse_data(p, byte, out);
	if (byte < REAL_TIME)
		return parse_status(p, byte, out);
	if (midi_data_len(byte) < 0)
		return MIDI_NOTHING;
	*out = message(byte, 0, 0);
	return MIDI_MESSAGE;
}

void midi_parse_lost(struct midi_parser *p)
{
	if (p->in_sysex)
		sysex_end(p, false);
	p->status = p->need = p->have = p->d1 = 0;
}

/* ---- whole messages ---- */

bool midi_from_bytes(struct midi_msg *out, const uint8_t *b, size_t len)
{
	const int need = len ? midi_data_len(b[0]) : -1;

	if (need < 0 || len != (size_t)need + 1)
		return false;
	for (size_t i = 1; i < len; i++)
		if (b[i] >= 0x80)
			return false;
	*out = message(b[0], need > 0 ? b[1] : 0, need > 1 ? b[2] : 0);
	return true;
}

void midi_fmt(char *out, const uint8_t *b, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
		*out++ = i + 1 < len ? ' ' : '\0';
	}
}
