#include "cuewire/midi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads "B0 07 40" into b. Returns the number of bytes. */
static size_t bytes_of(const char *hex, uint8_t *b)
{
	size_t n = 0;
	char *end;

	for (;; hex = end) {
		const unsigned long v = strtoul(hex, &end, 16);

		if (end == hex)
			return n;
		b[n++] = (uint8_t)v;
	}
}

/* Appends "; " and more to text. */
static void append(char *text, size_t size, const char *more)
{
	assert_true(strlen(text) + 2 + strlen(more) < size);
	if (*text)
		strcat(text, "; ");
	strcat(text, more);
}

/* Appends "90 3C 7F; " to text; the message as its length says. */
static void print(char *text, size_t size, const struct midi_msg *m)
{
	const uint8_t b[3] = { m->status, m->d1, m->d2 };
	char hex[3 * sizeof(b)];

	assert_in_range(m->len, 1, 3);
	midi_fmt(hex, b, m->len);
	append(text, size, hex);
}

static void print_sysex(char *text, size_t size, const struct midi_parser *p)
{
	char hex[3 * MIDI_SYSEX_MAX];

	assert_in_range(p->sysex_len, 2, MIDI_SYSEX_MAX);
	midi_fmt(hex, p->sysex, p->sysex_len);
	append(text, size, hex);
}

struct stream {
	const char *what, *in, *out;
};

static const struct stream streams[] = {
	{ "control change", "B0 07 40", "B0 07 40" },
	{ "all channel messages", "80 01 02 91 03 04 A2 05 06 B3 07 08 C4 09 D5 0A E6 0B 0C",
	  "80 01 02; 91 03 04; A2 05 06; B3 07 08; C4 09; D5 0A; E6 0B 0C" },
	{ "extremes of data", "B0 00 00 BF 7F 7F", "B0 00 00; BF 7F 7F" },

	{ "running status", "B0 07 40 08 41 09 42", "B0 07 40; B0 08 41; B0 09 42" },
	{ "running status of one byte", "C3 01 02 D3 03 04", "C3 01; C3 02; D3 03; D3 04" },
	{ "running status changes channel", "90 3C 40 91 3C 40 3E 41",
	  "90 3C 40; 91 3C 40; 91 3E 41" },

	{ "note-on with velocity 0", "95 3C 00", "85 3C 00" },
	{ "velocity 0 keeps running status on", "90 3C 40 3C 00 3C 41",
	  "90 3C 40; 80 3C 00; 90 3C 41" },
	{ "control change of 0 stays", "B0 3C 00", "B0 3C 00" },
	{ "note-off keeps its velocity", "80 3C 40", "80 3C 40" },

	{ "real-time alone", "F8 FA FB FC FE FF", "F8; FA; FB; FC; FE; FF" },
	{ "real-time within a message", "B0 F8 07 FE 40", "F8; FE; B0 07 40" },
	{ "real-time keeps running status", "B0 07 40 F8 08 41", "B0 07 40; F8; B0 08 41" },
	{ "real-time within SysEx", "F0 01 F8 02 F7 B0 07 40", "F8; F0 01 02 F7; B0 07 40" },
	{ "undefined real-time disturbs nothing", "B0 F9 07 FD 40 F9 08 41", "B0 07 40; B0 08 41" },

	{ "SysEx", "F0 7E 7F 06 01 F7 90 3C 40", "F0 7E 7F 06 01 F7; 90 3C 40" },
	{ "SysEx without data", "F0 F7", "F0 F7" },
	{ "SysEx after SysEx", "F0 01 02 F7 F0 03 F7", "F0 01 02 F7; F0 03 F7" },
	{ "SysEx ends running status", "B0 07 40 F0 01 02 F7 08 41", "B0 07 40; F0 01 02 F7" },
	{ "SysEx cut off by a channel message", "F0 01 02 B0 07 40", "B0 07 40; lost" },
	{ "SysEx cut off by tune request", "F0 01 F6 02 03", "F6; lost" },
	{ "SysEx cut off by an undefined status", "F0 01 F4 02 03 B0 07 40", "B0 07 40; lost" },
	{ "SysEx cut off by SysEx", "F0 01 F0 02 03 F7 04 05", "F0 02 03 F7; lost" },
	{ "SysEx ends but once", "F0 01 F7 02 F7", "F0 01 F7" },
	{ "SysEx without an end", "F0 01 02 03 04 05 06", "" },
	{ "end of SysEx alone", "F7 01 02 B0 07 40", "B0 07 40" },
	{ "end of SysEx ends running status", "B0 07 40 F7 08 41", "B0 07 40" },

	{ "system common", "F1 23 F2 01 02 F3 04 F6", "F1 23; F2 01 02; F3 04; F6" },
	{ "time code has no running status", "F1 23 24", "F1 23" },
	{ "song position has no running status", "F2 01 02 03 04", "F2 01 02" },
	{ "song select ends running status", "B0 07 40 F3 01 08 41", "B0 07 40; F3 01" },
	{ "tune request ends running status", "B0 07 40 F6 08 41", "B0 07 40; F6" },
	{ "F4 ends running status", "B0 07 40 F4 08 41", "B0 07 40" },
	{ "F5 ends running status", "B0 07 40 F5 08 41 C0 01", "B0 07 40; C0 01" },

	{ "data without a status", "07 40 7F", "" },
	{ "a message cut off by another", "B0 07 C0 01 02", "C0 01; C0 02" },
	{ "a message cut off by its like", "B0 07 B0 08 41", "B0 08 41" },
	{ "a song position cut off", "F2 01 B0 07 40", "B0 07 40" },
	{ "an incomplete message", "90 3C", "" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		struct midi_parser p = { 0 };
		struct midi_msg m;
		uint8_t b[64];
		const size_t n = bytes_of(streams[i].in, b);
		char got[256] = "";

		for (size_t k = 0; k < n; k++) {
			const enum midi_parsed parsed = midi_parse(&p, b[k], &m);

			if (parsed == MIDI_MESSAGE)
				print(got, sizeof(got), &m);
			else if (parsed == MIDI_WHOLE_SYSEX)
				print_sysex(got, sizeof(got), &p);
		}
		if (p.discarded)
			append(got, sizeof(got), "lost");
		assert_in_range(p.discarded, 0, 1);
		if (strcmp(got, streams[i].out))
			fail_msg("%s: \"%s\" became \"%s\", expected \"%s\"", streams[i].what,
			         streams[i].in, got, streams[i].out);
	}
}

/* What a message does not have is 0, so that a message compares by its fields. */
static void test_parse_leaves_no_rest(void **state)
{
	static const uint8_t in[] = { 0xB0, 0x07, 0x40, 0xC0, 0x05, 0xF8 };
	struct midi_parser p = { 0 };
	struct midi_msg m = { .d1 = 99, .d2 = 99 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		midi_parse(&p, in[i], &m);
	assert_int_equal(m.d1, 5);
	assert_int_equal(m.d2, 0);
	assert_int_equal(midi_parse(&p, in[5], &m), MIDI_MESSAGE);
	assert_int_equal(m.d1, 0);
	assert_int_equal(m.len, 1);
}

static void test_parse_sets_out_only_on_success(void **state)
{
	static const uint8_t in[] = { 0x07, 0xB0, 0x07, 0xF0, 0x01, 0xF7, 0xF4, 0xF9 };
	struct midi_parser p = { 0 };
	struct midi_msg m = { .status = 1, .d1 = 2, .d2 = 3, .len = 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		assert_int_not_equal(midi_parse(&p, in[i], &m), MIDI_MESSAGE);
	assert_int_equal(m.status, 1);
	assert_int_equal(m.d1, 2);
	assert_int_equal(m.d2, 3);
	assert_int_equal(m.len, 4);
}

/* The longest that is kept, with its F0 and F7, and one byte more. */
static void test_sysex_length(void **state)
{
	(void)state;
	for (size_t data = MIDI_SYSEX_MAX - 3; data <= MIDI_SYSEX_MAX + 300; data++) {
		const bool fits = data + 2 <= MIDI_SYSEX_MAX;
		struct midi_parser p = { 0 };
		struct midi_msg m;

		midi_parse(&p, MIDI_SYSEX, &m);
		for (size_t i = 0; i < data; i++)
			assert_int_equal(midi_parse(&p, (uint8_t)(i & 127), &m), MIDI_NOTHING);
		assert_int_equal(midi_parse(&p, MIDI_SYSEX_END, &m),
		                 fits ? MIDI_WHOLE_SYSEX : MIDI_NOTHING);
		assert_int_equal(p.discarded, !fits);
		if (!fits)
			continue;
		assert_int_equal(p.sysex_len, data + 2);
		assert_int_equal(p.sysex[0], MIDI_SYSEX);
		assert_int_equal(p.sysex[data], (data - 1) & 127);
		assert_int_equal(p.sysex[data + 1], MIDI_SYSEX_END);
	}
}

/* What comes after bytes that were lost is not taken for the rest of what came before. */
static void test_lost(void **state)
{
	static const uint8_t before[] = { 0xF0, 0x01 }, after[] = { 0x02, 0xF7, 0x90, 0x3C };
	struct midi_parser p = { 0 };
	struct midi_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(before); i++)
		midi_parse(&p, before[i], &m);
	midi_parse_lost(&p);
	assert_int_equal(p.discarded, 1);
	for (size_t i = 0; i < sizeof(after); i++)
		assert_int_equal(midi_parse(&p, after[i], &m), MIDI_NOTHING);
	midi_parse_lost(&p);
	assert_int_equal(midi_parse(&p, 0x7F, &m), MIDI_NOTHING);
	assert_int_equal(p.discarded, 1);
}

static void test_data_len(void **state)
{
	static const int8_t high[16] = { -1, -1, -1, -1, -1, -1, -1, -1, 2, 2, 2, 2, 1, 1, 2, 0 };
	static const int8_t system[16] = { -1, 1, 2, 1, -1, -1, 0, -1, 0, -1, 0, 0, 0, -1, 0, 0 };

	(void)state;
	for (unsigned status = 0; status < 256; status++) {
		const int want = status < 0xF0 ? high[status >> 4] : system[status & 15];

		if (midi_data_len((uint8_t)status) != want)
			fail_msg("%02X has %d, expected %d", status, midi_data_len((uint8_t)status),
			         want);
	}
}

struct whole {
	const char *in, *out; /* out: NULL: no message */
};

static const struct whole wholes[] = {
	{ "B0 07 40", "B0 07 40" },
	{ "90 3C 7F", "90 3C 7F" },
	{ "9F 3C 00", "8F 3C 00" },
	{ "C0 05", "C0 05" },
	{ "E0 00 40", "E0 00 40" },
	{ "F8", "F8" },
	{ "F2 01 02", "F2 01 02" },
	{ "", NULL },
	{ "07", NULL },
	{ "07 40", NULL },
	{ "B0", NULL },
	{ "B0 07", NULL },
	{ "B0 07 40 41", NULL },
	{ "C0 05 00", NULL },
	{ "F8 00", NULL },
	{ "B0 80 40", NULL },
	{ "B0 07 80", NULL },
	{ "B0 07 F8", NULL },
	{ "F0", NULL },
	{ "F0 01 F7", NULL },
	{ "F4", NULL },
	{ "F7", NULL },
	{ "F9", NULL },
	{ "FD", NULL },
};

static void test_from_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++) {
		struct midi_msg m = { .status = 1 };
		uint8_t b[8];
		const size_t n = bytes_of(wholes[i].in, b);
		char got[32] = "";

		if (midi_from_bytes(&m, b, n))
			print(got, sizeof(got), &m);
		else
			assert_int_equal(m.status, 1);
		if (strcmp(got, wholes[i].out ? wholes[i].out : ""))
			fail_msg("\"%s\" became \"%s\"", wholes[i].in, got);
	}
}

static void test_fmt(void **state)
{
	static const uint8_t b[] = { 0x00, 0x9A, 0xFF };
	char out[] = "untouched?";

	(void)state;
	midi_fmt(out, b, 0);
	assert_string_equal(out, "untouched?");
	midi_fmt(out, b, 1);
	assert_string_equal(out, "00");
	midi_fmt(out, b, 3);
	assert_string_equal(out, "00 9A FF");
	assert_int_equal(out[9], '?');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_leaves_no_rest),
		cmocka_unit_test(test_parse_sets_out_only_on_success),
		cmocka_unit_test(test_sysex_length),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_data_len),
		cmocka_unit_test(test_from_bytes),
		cmocka_unit_test(test_fmt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
