/* The flight recorder: what came in and what it became, of the last minutes, in a fixed piece of
 * memory. Compact binary records lie in blocks; one that has no room is the first of the next block,
 * whose old records are forgotten. Each block has a place from which a replay can begin: the
 * engine's memory as it was then (save.h).
 * Thread: the engine thread; what it hands over (flight_copy) is whoever's it is given to. */
#ifndef CUEWIRE_FLIGHT_H
#define CUEWIRE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cuewire/engine.h"
#include "cuewire/save.h"

#define FLIGHT_BLOCKS 8
#define FLIGHT_BLOCK ((size_t)128 << 10)
#define FLIGHT_LONGEST 4096 /* bytes of an OSC message or an intent; a longer one is an EVENT_CUT */

/* What enters the engine, and what leaves it. */
enum event {
	EVENT_OSC,         /* who: peer; data: the message from its address on */
	EVENT_MIDI,        /* who: port; data: its bytes, of a SysEx too */
	EVENT_INTENT,      /* data: text, see struct job */
	EVENT_START,       /* time begins */
	EVENT_GONE_OSC,    /* who: peer */
	EVENT_GONE_CLIENT, /* who: client */
	EVENT_UP,          /* who: port */
	EVENT_DOWN,        /* who: port */
	EVENT_RETURN,      /* who: control that is sent again, as its port is back */
	EVENT_SYNC,        /* who: control that is sent again, as somebody asked for it */
	EVENT_STOP,        /* what waits is forgotten */
	EVENT_EXIT,        /* what is held is released */
	EVENT_CUT,         /* an input that was too long to be kept */
	EVENT_OUT,    /* who: control; data: struct flight_out, and the label if it was brief */
	EVENT_NUMBER, /* as EVENT_OSC; data: struct flight_number */
	EVENT_COUNT
};

/* How a trace calls it ({"in": NAME}), and whom it names beside that. A port's is part of the name. */
enum event_who { WHO_NOBODY, WHO_PEER, WHO_CLIENT, WHO_PORT, WHO_CONTROL };
struct event_info {
	const char *name;
	enum event_who who;
};
extern const struct event_info event_info[EVENT_COUNT];

struct flight_record {
	uint64_t t_ns;
	uint32_t size; /* of it with its data; the next one is at the next multiple of 8 */
	uint16_t who;
	uint8_t event;
	uint8_t flags; /* FLIGHT_ of EVENT_OUT */
};

enum { FLIGHT_SIMULATED = 1, FLIGHT_BRIEF = 2 };

/* The end of a struct msg, as it is. */
struct flight_out {
	const char *label; /* as long as the mapping; FLIGHT_BRIEF: its text comes behind this */
	float value;
	uint16_t control, key;
	int16_t port;
	bool light, brief;
	uint8_t waits, edge, len;
	uint8_t bytes[MSG_BYTES];
};

_Static_assert(sizeof(struct msg) - offsetof(struct msg, label) == sizeof(struct flight_out) &&
                       offsetof(struct msg, bytes) - offsetof(struct msg, label) ==
                               offsetof(struct flight_out, bytes),
               "one is the end of the other");

struct flight_block {
	size_t used;
	bool has_saved;
	size_t saved_at; /* the records from there on are what came then */
	uint64_t saved_up;
	struct saved saved;
};

struct flight {
	uint8_t *at, *end; /* room in the block that is being filled */
	bool wants_saved;  /* the block has no place to begin from yet */
	uint64_t up;       /* ports that are up, a bit each */
	size_t turns;      /* blocks that were filled: it is the one of this number, modulo */
	uint8_t *bytes;    /* in the arena: FLIGHT_BLOCKS of FLIGHT_BLOCK */
	struct flight_block blocks[FLIGHT_BLOCKS];
};

/* As long as the arena. */
void flight_init(struct flight *f, struct arena *mem, const struct mapping *m);

/* Begins the next block. */
void flight_turn(struct flight *f);

/* To be called between two events while wants_saved: saves when the engine is at rest, and at half
 * the block in any case; the first block, before which there is nothing, at once. */
void flight_save(struct flight *f, const struct engine *e, uint64_t t_ns);

/* Room for a record with so many bytes of data. */
static inline void *flight_add(struct flight *f, uint64_t t_ns, enum event event, uint16_t who,
                               uint8_t flags, size_t len)
{
	const size_t size = sizeof(struct flight_record) + len, room = (size + 7) & ~(size_t)7;
	struct flight_record *r;

	if ((size_t)(f->end - f->at) < room)
		flight_turn(f);
	r = (void *)f->at;
	f->at += room;
	r->t_ns = t_ns;
	r->size = (uint32_t)size;
	r->who = who;
	r->event = (uint8_t)event;
	r->flags = flags;
	return r + 1;
}

/* A message of one float, to the address of a route. */
struct flight_number {
	float value;
	uint32_t route;
};

#define FLIGHT_NUMBER_ROOM (sizeof(struct flight_record) + sizeof(struct flight_number))
#define FLIGHT_OUT_ROOM (sizeof(struct flight_record) + sizeof(struct flight_out))

/* An input without data. EVENT_UP and EVENT_DOWN are remembered. */
void flight_event(struct flight *f, uint64_t t_ns, enum event event, uint16_t who);

/* An input with data: an intent, or an OSC message that is not of the usual length. What is too
 * long is noted as such. */
void flight_data(struct flight *f, uint64_t t_ns, enum event event, uint16_t who, const void *data,
                 size_t len);

/* An OSC message that is one float, as nearly all are: false, and nothing is done, when the block is full
 * or wants_saved. */
static inline bool flight_number(struct flight *f, uint64_t t_ns, uint16_t peer, uint16_t route,
                                 float v)
{
	struct flight_record *r = (void *)f->at;

	if ((size_t)(f->end - f->at) < FLIGHT_NUMBER_ROOM || f->wants_saved)
		return false;
	f->at += FLIGHT_NUMBER_ROOM;
	*r = (struct flight_record){ t_ns, FLIGHT_NUMBER_ROOM, peer, EVENT_NUMBER, 0 };
	*(struct flight_number *)(void *)(r + 1) = (struct flight_number){ v, route };
	return true;
}

static inline void flight_midi(struct flight *f, uint64_t t_ns, int port, const struct midi_msg *m)
{
	uint8_t *b = flight_add(f, t_ns, EVENT_MIDI, (uint16_t)port, 0, m->len);

	b[0] = m->status; /* a record has room for a multiple of 8 */
	b[1] = m->d1;
	b[2] = m->d2;
}

/* What leaves. */
void flight_out(struct flight *f, const struct msg *m, bool simulated);

/* The same of what nearly always leaves: false, and nothing is done, when its label is gone when the
 * step ends, or the block is full. Calls nothing: the sink that it is in is on the path of every message. */
static inline bool flight_out_quick(struct flight *f, const struct msg *m, bool simulated)
{
	struct flight_record *r = (void *)f->at;

	if (m->brief || (size_t)(f->end - f->at) < FLIGHT_OUT_ROOM)
		return false;
	f->at += FLIGHT_OUT_ROOM;
	r->t_ns = m->t_ns;
	r->size = FLIGHT_OUT_ROOM;
	r->who = m->control;
	r->event = EVENT_OUT;
	r->flags = simulated ? FLIGHT_SIMULATED : 0;
	memcpy(r + 1, &m->label, sizeof(struct flight_out));
	return true;
}

/* ---- what was recorded ---- */

/* Records in their order, and where to begin. Made and freed by the control thread, filled by the
 * engine thread. */
struct flight_copy {
	struct arena *mem; /* owned: of it all */
	uint8_t *bytes;
	size_t len;
	bool whole;    /* they are all that there ever were */
	size_t begins; /* the first one behind saved; what is before that has no place to begin from */
	struct saved saved;
	uint64_t up;       /* ports that were up then, a bit each */
	uint64_t taken_ns; /* the engine's time when it was taken */
	uint16_t client;   /* the control thread's */
};

/* room: bytes of records; FLIGHT_ROOM is enough for any. */
#define FLIGHT_ROOM (FLIGHT_BLOCKS * FLIGHT_BLOCK)
struct flight_copy *flight_copy_new(const struct mapping *m, size_t room);
void flight_copy_free(struct flight_copy *c);

/* How many bytes flight_take would take now. */
size_t flight_used(const struct flight *f);

/* From the oldest place on that there is, until now. */
void flight_take(const struct flight *f, uint64_t t_ns, struct flight_copy *c);

/* The record at *at (at first: begins, or 0 where it is whole), and *at moved to the next one; NULL at the
 * end. Its data is behind it. */
const struct flight_record *flight_next(const struct flight_copy *c, size_t *at);

#endif
