/* The engine: a pure step from events to messages. No I/O, no clock (time comes in), no
 * allocation after engine_new, no locks. The same code runs live, in tests and in replay.
 * Thread: one at a time; live, the engine thread. */
#ifndef CUEWIRE_ENGINE_H
#define CUEWIRE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/mapping.h"
#include "cuewire/midi.h"
#include "cuewire/osc.h"
#include "cuewire/tempo.h"

#define MSG_BYTES 12 /* a parameter: its number, then both halves of its value */
#define PEERS_MAX 32

/* Incoming address patterns are tried against every address: so many may come at once (and 500 a
 * second). */
#define PATTERN_BURST 200

enum from {
	FROM_OSC,
	FROM_MIDI,
	FROM_INTENT,
	FROM_TIMER,
	FROM_FEEDBACK,
	FROM_RETURN, /* of a port that was simulated */
	FROM_EXIT
};

/* Who may take a control from whom: see control_state. The bridge itself (what ends, what is sent
 * again) is above all and locks nothing. */
enum rank { RANK_AI, RANK_SCRIPT, RANK_UI, RANK_HARDWARE, RANK_BRIDGE, RANK_COUNT };
extern const char *const rank_names[RANK_COUNT];

/* Who causes something. who tells apart what may end by itself: an OSC peer, a MIDI port, a
 * client's connection. */
struct source {
	enum from from;
	uint16_t who;
	uint8_t rank;        /* enum rank */
	bool brief;          /* label lives until the step returns, not as long as the mapping */
	const char *label;   /* "osc:/1/fader1", "midi:pads", "intent:7" */
	bool settled;        /* he shows already what it becomes (feedback) */
	uint16_t via;        /* 1 + the route whose transforms gave the value; 0: none */
	struct batch *batch; /* of an intent, else NULL */
};

enum edge { EDGE_NONE, EDGE_PRESS, EDGE_RELEASE };

/* What leaves: one control's new value as bytes for a port. */
struct msg {
	uint64_t t_ns; /* arrival of the cause */
	uint64_t seq;  /* which one it is of all that moved a control, from 0; of a light: 0 */
	struct batch *batch; /* of the source; NULL: no intent */
	const char *label;   /* of the source; see brief. From here on as in struct flight_out */
	float value;         /* 0..1; encoders: signed steps */
	uint16_t control;
	uint16_t key; /* what it takes the place of where it waits: the control, or a light */
	int16_t port;
	bool light;    /* it shows a control, and moves none */
	bool brief;    /* label lives until the sink returns, not as long as the mapping */
	uint8_t waits; /* enum waits */
	uint8_t edge;  /* enum edge: buttons */
	uint8_t len;   /* of bytes; 0: an OSC port */
	uint8_t bytes[MSG_BYTES];
};

/* The bytes that release a button. Returns how many. Pure. */
uint8_t engine_release_bytes(const struct control *c, uint8_t out[MSG_BYTES]);

struct counters {
	uint64_t osc_in, midi_in, midi_out, unmapped, bad, refused, backlog, coalesced, expired,
		dropped;
};

/* Where messages and unmapped input go. The engine never waits for them. */
struct sink {
	void *ctx;
	void (*send)(void *ctx, const struct msg *m);
	void (*unmapped_osc)(void *ctx, uint64_t t_ns, const struct osc_msg *m);
	void (*unmapped_midi)(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m);
	/* May be NULL. */
	void (*unmapped_sysex)(void *ctx, uint64_t t_ns, int port, const uint8_t *bytes,
	                       size_t len);
	/* What the route's control sends comes back by the route: that is let through no more.
	 * May be NULL. */
	void (*loop)(void *ctx, uint64_t t_ns, uint16_t route);
	/* An OSC client is to show so; values: as many as the place has arguments. May be NULL. */
	void (*show)(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t place, const float *values,
	             const struct source *s);
	/* Whose tempo it is has changed. May be NULL. */
	void (*tempo)(void *ctx, uint64_t t_ns, const struct tempo *t);
	/* A control was not moved: somebody of a higher rank has it. May be NULL. */
	void (*refused)(void *ctx, uint64_t t_ns, uint16_t control, const struct source *s);
};

struct engine;

/* m must outlive the engine. */
struct engine *engine_new(const struct mapping *m, const struct sink *sink);
void engine_free(struct engine *e); /* NULL is allowed */

/* Time begins: what is to be done every so often is. Once, before any event. */
void engine_start(struct engine *e, uint64_t t_ns);

/* Takes over all that `old` knows, whose mapping's numbers e's mapping has kept (mapping_load_after):
 * what controls are, who holds and has them, what is on its way and what waits for its time; of routes
 * that are the same, what they remember. A macro that is not the same, and a batch that is still to move
 * what is no more, is cancelled; a button that has another address now is released at the old one, and so
 * is one whose hand may have come by a route that is no more. was: per route of e's mapping the same one of old's,
 * or ROUTE_END (mapping_match). old is of no more use, but to engine_free. */
void engine_adopt(struct engine *e, uint64_t t_ns, struct engine *old, const uint16_t *was);

/* ---- events ---- */

/* The engine's time never runs backwards, and whatever was due before an event comes before it. So
 * an event that comes with a time gone by (it was on its way in another thread while a timer was
 * served) happens now. Does what is due by t_ns and returns the time that an event of t_ns has in
 * the engine; every event below begins so. Who writes down what comes in asks first: the same
 * events with these times make the same messages again. */
uint64_t engine_until(struct engine *e, uint64_t t_ns);

/* Where to look, for whoever asks at every message: while *due_ns > t_ns >= *now_ns, engine_until would do
 * nothing and return t_ns. As long as the engine. */
struct engine_clock {
	const uint64_t *due_ns, *now_ns;
};
struct engine_clock engine_clock(const struct engine *e);

/* One OSC message; peer: 0..PEERS_MAX-1, the client that sent it. */
void engine_osc(struct engine *e, uint64_t t_ns, uint16_t peer, const struct osc_msg *m);

/* The same, by whoever has asked engine_until and looked the address up: route is what mapping_osc
 * says. */
void engine_osc_to(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route,
                   const struct osc_msg *m);

/* The same for a message that is one float, where there is a route. */
void engine_number(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route, float v);

void engine_midi(struct engine *e, uint64_t t_ns, int port, const struct midi_msg *m);

/* One SysEx, from F0 to F7. */
void engine_sysex(struct engine *e, uint64_t t_ns, int port, const uint8_t *bytes, size_t len);

/* A client or a controller has gone: what it holds is released. */
void engine_gone(struct engine *e, uint64_t t_ns, enum from from, uint16_t who);

/* A port is there: what it shows is not known. */
void engine_port_up(struct engine *e, uint64_t t_ns, int port);

/* A port is lost: what its controller holds is released, and what is held on it counts as released. */
void engine_port_down(struct engine *e, uint64_t t_ns, int port);

/* Sends a control's value once more, without moving it: of a button 0, its release. */
void engine_resend(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s);

/* The bridge ends: every held button is released. */
void engine_release_all(struct engine *e, uint64_t t_ns);

/* ---- intents ---- */

/* Does it now. The caller has checked that the control's kind takes the op. */
void engine_act(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s);

/* Several acts, each so long after the one before. Owned by whoever made it; the engine borrows
 * it from engine_batch until next == n. */
struct batch {
	struct source source; /* source.batch points back here */
	const struct batch_act *acts;
	size_t n, next; /* next: the first that was not done yet */
};

/* Whether so many batches may begin now. */
bool engine_has_room(const struct engine *e, size_t batches);

/* Does what is due now and remembers the rest. Returns false, and does nothing, when too many
 * things wait already. */
bool engine_batch(struct engine *e, uint64_t t_ns, struct batch *b);

/* Whether the acts of a batch that are due at once may move their controls; else *control is one
 * that may not. */
bool engine_may(const struct engine *e, uint64_t t_ns, const struct batch *b, uint16_t *control);

/* Whether it is a toggle of which nobody knows whether it is on, for one who must not guess. */
bool engine_is_unsure(const struct engine *e, uint16_t control, enum rank rank);

/* Forgets everything that waits for its time, of batches and macros: their next becomes n; what
 * moves by itself stops where it is. Moves nothing, but what a batch was going to release is
 * released now and not left held. */
void engine_cancel(struct engine *e, uint64_t t_ns);

/* ---- time ---- */

/* When engine_tick is due next; TIME_NEVER: not. */
uint64_t engine_deadline(const struct engine *e);
void engine_tick(struct engine *e, uint64_t t_ns);

/* ---- what it knows ---- */

/* The parameter that data entry of a channel is for, as its route would name it. Returns false
 * when none is chosen. */
bool engine_param(const struct engine *e, int port, uint8_t channel, struct address *out);

struct control_state {
	float value;      /* asked last; switches and buttons 0 or 1 */
	bool touched;     /* value means something */
	uint64_t t_ns;    /* of the last touch */
	uint64_t lock_ns; /* until then those of a lower rank are refused; TIME_NEVER: it is held */
	uint8_t rank;     /* enum rank: of who moved it last */
	uint16_t via;     /* of the same: see struct source */
	const char *by;   /* label of its source; NULL: it is in by_copy */
	char by_copy[48]; /* cut */
};
const struct control_state *engine_state(const struct engine *e, size_t control);
struct counters *engine_counters(struct engine *e);
const struct tempo *engine_tempo(const struct engine *e);

#endif
