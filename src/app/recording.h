/* Recordings and traces: their lines read back as events for an engine, and what a recording has
 * beside a trace's lines (see cuewire(1), RECORDINGS). Thread: control thread (allocates). */
#ifndef CUEWIRE_RECORDING_H
#define CUEWIRE_RECORDING_H

#include "cuewire/buf.h"
#include "cuewire/diag.h"
#include "cuewire/engine.h"
#include "cuewire/flight.h"
#include "cuewire/intent.h"
#include "cuewire/json.h"
#include "cuewire/kept.h"
#include "cuewire/mapping.h"
#include "cuewire/save.h"

/* ---- writing ---- */

/* The first line: the version and the texts of the mapping, and the numbers that it has kept of one before;
 * m NULL: none. */
void recording_header(struct buf *b, const struct kept *k, const struct mapping *m);

/* {"t_ns": ..., "in": "reload", ...}: another mapping from then on, with its texts as in a header. k NULL:
 * without. */
void recording_reload(struct buf *b, const struct kept *k, uint64_t t_ns);

/* {"in": "state", ...}: where a replay from the middle begins. up: ports, a bit each. */
void recording_state(struct buf *b, const struct mapping *m, const struct saved *s, uint64_t up);

/* ---- reading ---- */

enum line_kind {
	LINE_HEADER,  /* kept */
	LINE_RELOAD,  /* kept; of a trace it is empty */
	LINE_STATE,   /* saved, up */
	LINE_EVENT,   /* event, who, and what belongs to it */
	LINE_OUT,     /* a message that left */
	LINE_DROPPED, /* dropped: so many lines are missing here */
	LINE_OTHER,   /* says something that a replay makes itself, or nothing */
};

/* What one line says. Texts live until recording_line_free. */
struct line {
	enum line_kind kind;
	int number;
	struct json json; /* owned */
	bool has_time;
	uint64_t t_ns;
	uint64_t dropped;

	enum event event;
	uint16_t who;
	struct osc_msg osc;   /* EVENT_OSC */
	struct midi_msg midi; /* EVENT_MIDI, unless there is a SysEx */
	uint8_t sysex[MIDI_SYSEX_MAX];
	size_t sysex_len;
	struct { /* EVENT_INTENT */
		const struct cJSON *message;
		const char *id; /* NULL: none */
		uint8_t rank;
		bool outlives;
	} intent;

	struct {                  /* LINE_OUT */
		uint16_t control; /* CONTROL_NONE: the mapping has none of that name */
		bool lost;        /* it was not written */
		bool has_seq;
		uint64_t seq;
		char text[320]; /* see recording_out */
	} out;

	struct saved saved; /* in mem */
	struct arena *mem;  /* owned, as is kept; NULL: no state */
	uint64_t up;
	struct kept kept;
};

/* Reads one line, without its line feed. m: the mapping, NULL while it is not known: then only a
 * header is told from the rest. Returns 0, or -1 with one error in d, which says where. */
int recording_line(struct line *l, const struct mapping *m, const char *file, int number,
                   const char *text, size_t len, struct diags *d);
void recording_line_free(struct line *l);

/* What two messages must have in common to be the same: control, value, port, bytes, source. */
void recording_out(char *out, size_t size, const char *control, double value, const char *port,
                   const char *bytes, const char *from);

/* ---- playing ---- */

/* An engine that is fed with lines. */
struct player {
	const struct mapping *m; /* borrowed, as is the engine */
	struct engine *engine;
	uint64_t up;         /* ports that are up now, a bit each */
	size_t nplays;       /* intents so far */
	struct play **plays; /* owned, those that may be under way */
	size_t n, cap;
	/* An intent that the mapping does not take. */
	void *ctx;
	void (*refused)(void *ctx, uint64_t t_ns, const char *reason, const char *message);
};

/* Does what the line says; it must be a LINE_EVENT or a LINE_STATE. What was due before is done. */
void player_feed(struct player *p, const struct line *l);
void player_finish(struct player *p); /* when the engine is not used any more */

#endif
