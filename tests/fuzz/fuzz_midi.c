/* Any bytes as a MIDI stream. What comes out is well formed, and what real-time bytes stand in
 * between makes no difference to the rest. */
#include <stdlib.h>
#include <string.h>

#include "cuewire/midi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool equal(const struct midi_msg *a, const struct midi_msg *b)
{
	return a->status == b->status && a->d1 == b->d1 && a->d2 == b->d2 && a->len == b->len;
}

static void visit(const struct midi_msg *m)
{
	const uint8_t bytes[] = { m->status, m->d1, m->d2 };
	struct midi_msg again;
	char hex[3 * sizeof(bytes)];

	expect(m->len == 1 + midi_data_len(m->status));
	expect((m->status & 0xF0) != MIDI_NOTE_ON || m->d2);
	expect(midi_from_bytes(&again, bytes, m->len) && equal(m, &again));
	midi_fmt(hex, bytes, m->len);
	expect(strlen(hex) == 3u * m->len - 1);
}

static void visit_sysex(const struct midi_parser *p, const struct midi_parser *again)
{
	const size_t n = p->sysex_len;

	expect(n >= 2 && n <= MIDI_SYSEX_MAX);
	expect(p->sysex[0] == MIDI_SYSEX && p->sysex[n - 1] == MIDI_SYSEX_END);
	for (size_t i = 1; i < n - 1; i++)
		expect(p->sysex[i] < 0x80);
	expect(again->sysex_len == n && !memcmp(again->sysex, p->sysex, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct midi_parser all = { 0 }, calm = { 0 }; /* calm: without real-time bytes */
	struct midi_msg a, b;

	for (size_t i = 0; i < size; i++) {
		const enum midi_parsed parsed = midi_parse(&all, data[i], &a);

		if (parsed == MIDI_MESSAGE)
			visit(&a);
		if (data[i] >= 0xF8)
			continue;
		expect(midi_parse(&calm, data[i], &b) == parsed);
		expect(parsed != MIDI_MESSAGE || equal(&a, &b));
		if (parsed == MIDI_WHOLE_SYSEX)
			visit_sysex(&all, &calm);
	}
	expect(all.discarded == calm.discarded);
	return 0;
}
