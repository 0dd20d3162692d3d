/* What enters the engine: written down for whoever watches and in the flight recorder, with the
 * time that it has in the engine and before anything comes of it, and then given to it. Nothing gets
 * to the engine by another way, so that a replay misses nothing. */
#include "live_priv.h"

#include <stdio.h>
#include <string.h>

#include "cuewire/outline.h"

/* ---- notes ---- */

/* Fills a note with as much of the data as there is room for, and further ones with the rest. */
static void push_data(struct live *l, struct note *n, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (;;) {
		n->in.len = (uint16_t)(len < NOTE_DATA ? len : NOTE_DATA);
		n->in.more = len > NOTE_DATA;
		memcpy(n->in.data, p, n->in.len);
		live_note_push(l);
		if (len <= NOTE_DATA)
			return;
		p += NOTE_DATA;
		len -= NOTE_DATA;
		n = live_note(l, NOTE_MORE);
		if (!n)
			return;
	}
}

OUTLINE static void note_in(struct live *l, uint64_t t_ns, enum event event, uint16_t who,
                            const void *data, size_t len, const char *refused)
{
	struct note *n = live_note(l, NOTE_IN);

	if (!n)
		return;
	n->event = event;
	n->who = who;
	n->t_ns = t_ns;
	snprintf(n->in.label, sizeof(n->in.label), "%s", refused);
	push_data(l, n, data, len);
}

OUTLINE static void note_osc(struct live *l, uint64_t t_ns, uint16_t peer, const struct osc_msg *m)
{
	note_in(l, t_ns, EVENT_OSC, peer, m->address, m->size, "");
}

OUTLINE static void note_midi(struct live *l, uint64_t t_ns, int port, const struct midi_msg *m)
{
	const uint8_t bytes[] = { m->status, m->d1, m->d2 };

	note_in(l, t_ns, EVENT_MIDI, (uint16_t)port, bytes, m->len, "");
}

/* The message as it came, for the control thread to read again. */
void live_unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	struct live *l = ctx;
	struct note *n = l->watch & WATCH_UNMAPPED ? live_note(l, NOTE_UNMAPPED_OSC) : NULL;

	if (!n)
		return;
	n->event = EVENT_OSC;
	n->t_ns = t_ns;
	push_data(l, n, m->address, m->size);
}

void live_unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	struct live *l = ctx;
	struct note *n = l->watch & WATCH_UNMAPPED ? live_note(l, NOTE_UNMAPPED_MIDI) : NULL;

	if (!n)
		return;
	n->t_ns = t_ns;
	n->port = (int16_t)port;
	n->in.param.form = ADDR_NONE;
	if (midi_is_data_entry(m))
		engine_param(l->engine, port, m->status & 15, &n->in.param);
	push_data(l, n, (const uint8_t[]){ m->status, m->d1, m->d2 }, m->len);
}

void live_unmapped_sysex(void *ctx, uint64_t t_ns, int port, const uint8_t *bytes, size_t len)
{
	struct live *l = ctx;
	struct note *n = l->watch & WATCH_UNMAPPED ? live_note(l, NOTE_UNMAPPED_MIDI) : NULL;

	if (!n)
		return;
	n->t_ns = t_ns;
	n->port = (int16_t)port;
	push_data(l, n, bytes, len);
}

/* ---- events ---- */

OUTLINE static void save(struct live *l, uint64_t t_ns)
{
	flight_save(&l->flight, l->engine, t_ns);
}

uint64_t live_begin(struct live *l, uint64_t t_ns)
{
	t_ns = engine_until(l->engine, t_ns);
	if (l->flight.wants_saved)
		save(l, t_ns);
	return t_ns;
}

void live_osc(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route, const struct osc_msg *m)
{
	struct live *l = ctx;

	t_ns = live_begin(l, t_ns);
	flight_data(&l->flight, t_ns, EVENT_OSC, peer, m->address, m->size);
	if (l->watch & WATCH_IN)
		note_osc(l, t_ns, peer, m);
	engine_osc_to(l->engine, t_ns, peer, route, m);
}

/* Nearly always nothing is due, nobody watches, and there is room in the flight recorder. */
bool live_number(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route, float v)
{
	struct live *l = ctx;

	if (t_ns >= *l->clock.due_ns || t_ns < *l->clock.now_ns || l->watch & WATCH_IN ||
	    !flight_number(&l->flight, t_ns, peer, route, v))
		return false;
	engine_number(l->engine, t_ns, peer, route, v);
	return true;
}

void live_midi(struct live *l, uint64_t t_ns, int port, const struct midi_msg *m)
{
	t_ns = live_begin(l, t_ns);
	flight_midi(&l->flight, t_ns, port, m);
	if (l->watch & WATCH_IN)
		note_midi(l, t_ns, port, m);
	engine_midi(l->engine, t_ns, port, m);
}

void live_sysex(struct live *l, uint64_t t_ns, int port, const uint8_t *bytes, size_t len)
{
	t_ns = live_begin(l, t_ns);
	flight_data(&l->flight, t_ns, EVENT_MIDI, (uint16_t)port, bytes, len);
	if (l->watch & WATCH_IN)
		note_in(l, t_ns, EVENT_MIDI, (uint16_t)port, bytes, len, "");
	engine_sysex(l->engine, t_ns, port, bytes, len);
}

uint64_t live_event(struct live *l, uint64_t t_ns, enum event event, uint16_t who)
{
	t_ns = live_begin(l, t_ns);
	flight_event(&l->flight, t_ns, event, who);
	if (l->watch & WATCH_IN)
		note_in(l, t_ns, event, who, "", 0, "");
	return t_ns;
}

void live_osc_gone(void *ctx, uint64_t t_ns, uint16_t peer)
{
	struct live *l = ctx;

	t_ns = live_event(l, t_ns, EVENT_GONE_OSC, peer);
	engine_gone(l->engine, t_ns, FROM_OSC, peer);
}

void live_resend(struct live *l, uint64_t t_ns, enum event why, uint16_t control)
{
	const struct source s = { .from = FROM_RETURN,
		                  .rank = RANK_BRIDGE,
		                  .label = why == EVENT_SYNC ? "sync" : "return" };

	t_ns = live_event(l, t_ns, why, control);
	engine_resend(l->engine, t_ns, control, &s);
}

void live_intent(struct live *l, uint64_t t_ns, const struct job *j)
{
	const char *refused = j->refused_expired  ? "expired"
	                      : j->refused_unsure ? "toggle_state_unknown"
	                      : j->refused_rank   ? "human_override"
	                      : j->refused_busy   ? "busy"
	                                          : "";

	if (!*refused)
		flight_data(&l->flight, t_ns, EVENT_INTENT, j->batch.source.who, j->text,
		            j->text_len);
	if (l->watch & WATCH_IN)
		note_in(l, t_ns, EVENT_INTENT, j->batch.source.who, j->text, j->text_len, refused);
}
