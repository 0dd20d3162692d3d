/* Everything that crosses between the two threads. Beside it they share the mapping, which is
 * immutable, and nothing else.
 *
 * | queue   | from -> to        | slots | when it is full                                          |
 * |---------|-------------------|-------|----------------------------------------------------------|
 * | orders  | control -> engine |   256 | the caller hears false and says "busy"                   |
 * | replies | engine -> control |  1024 | never: the control thread stops asking at OWED_MAX       |
 * | notes   | engine -> control |  4096 | dropped and counted; NOTE_LOST says how many             |
 * |         | while it records  | 65536 |                                                          |
 *
 * Each has a pipe that wakes its reader: one for orders, one for replies and notes. A reader empties
 * the pipe, then the queues, then sleeps. */
#ifndef CUEWIRE_QUEUE_H
#define CUEWIRE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "cuewire/engine.h"
#include "cuewire/flight.h"
#include "cuewire/link.h"
#include "cuewire/ring.h"

/* ---- orders ---- */

enum order_kind {
	ORDER_PORT_UP,   /* port, how, fds: now the engine's; it closes them; bytes_per_s, 0: any */
	ORDER_PORT_DOWN, /* port: its descriptors are closed, it is simulated */
	ORDER_JOB,       /* job, siblings: each comes back in REPLY_JOB and REPLY_JOB_DONE */
	ORDER_CANCEL,    /* everything that waits for its time is forgotten */
	ORDER_GONE,      /* client: what it holds is released */
	ORDER_SNAPSHOT,  /* snapshot: comes back filled in REPLY_SNAPSHOT */
	ORDER_FLIGHT,    /* flight: comes back filled in REPLY_FLIGHT */
	ORDER_SYNC,      /* what differs is sent: REPLY_SYNCED to the client */
	ORDER_WATCH,     /* watch: which notes are wanted */
	ORDER_RELOAD, /* next: all of it takes the place of what there is; back in REPLY_RELOADED */
	ORDER_QUIT,   /* releases what is held, waits a moment for the ports, ends the thread */
};

enum port_how { HOW_LINK, HOW_RAW, HOW_OSC };

enum watch { WATCH_OUT = 1, WATCH_UNMAPPED = 2, WATCH_IN = 4, WATCH_SIM = 8 };

struct order {
	enum order_kind kind;
	int port;
	enum port_how how;
	int in_fd, out_fd; /* HOW_LINK: the same; -1: none */
	unsigned bytes_per_s;
	uint16_t client;
	unsigned watch; /* of enum watch */
	struct job *job;
	struct snapshot *snapshot;
	struct live_next *next;
	struct flight_copy *flight;
};

/* ---- jobs: checked intents on their way to the engine and back ---- */

#define ACTS_MAX 64 /* of one intent */

struct act_result {
	uint16_t control;
	int16_t port; /* PORT_NONE: internal */
	float value;
	enum { ACT_SENT, ACT_SIMULATED, ACT_FAILED } how;
};

/* Allocated and freed by the control thread; the engine's between ORDER_JOB and REPLY_JOB_DONE,
 * but for ref, which the engine never looks at. */
struct job {
	struct batch batch;
	struct batch_act acts[ACTS_MAX];
	char label[72];      /* "intent:ID" */
	uint64_t expires_ns; /* refused if it gets to the engine later; TIME_NEVER */
	bool refused_busy, refused_expired, refused_rank, refused_unsure;
	uint16_t locked; /* refused_rank: the control that somebody of a higher rank has */

	/* filled by the engine */
	struct act_result results[ACTS_MAX];
	size_t nresults;
	size_t open;    /* messages whose fate is not known yet */
	bool replied;   /* from then on nothing of what is above changes */
	bool scheduled; /* when it was replied, something still waited for its time */

	struct job
		*sibling; /* the next of one batch: all start together, or none; NULL: the last */
	void *ref;        /* the control thread's, as is index */
	size_t index;

	size_t text_len;
	char text[]; /* how a trace has it, without its time and braces */
};

/* ---- replies ---- */

enum reply_kind {
	REPLY_JOB,      /* job: what is to be done at once is done; the rest waits for its time */
	REPLY_JOB_DONE, /* job: is the control thread's again */
	REPLY_SNAPSHOT,
	REPLY_FLIGHT,
	REPLY_PORT_BACK, /* port, back: it is real again */
	REPLY_RELOADED,  /* next: what is old now, the control thread's again */
	REPLY_SYNCED,    /* client, back.sent */
	REPLY_PORT_LOST, /* port: its host or its reader has gone; it is simulated */
	REPLY_QUIT,
};

/* What was made of faders and switches that moved while their port was simulated. */
#define BACK_NAMED 8
struct back {
	size_t sent;   /* once more */
	size_t differ; /* were left: they are sent when they are next moved, or by ORDER_SYNC */
	uint16_t named[BACK_NAMED]; /* the first of these controls */
};

struct reply {
	enum reply_kind kind;
	int port;
	uint16_t client;
	uint64_t t_ns; /* REPLY_RELOADED: the engine's, when it went over */
	struct back back;
	struct job *job;
	struct snapshot *snapshot;
	struct live_next *next;
	struct flight_copy *flight;
	char reason[LINK_TEXT];
};

/* The state as it was at one moment. Allocated and freed by the control thread. */
struct snapshot {
	struct control_view {
		struct control_state asked;
		float sent, simulated; /* SIM_UNKNOWN: never */
		bool differs;          /* the stand-in was given what the real port does not have */
	} * controls;                  /* one a control of the mapping */
	struct port_view {
		uint64_t backlog, coalesced, expired, dropped;
		size_t differ;    /* controls of it */
	} * ports;                /* one a port of the mapping */
	size_t ncontrols, nports; /* how many there is room for */
	struct counters counters;
	double bpm;
	enum tempo_state tempo;
	uint64_t t_ns;
	void *ref; /* the control thread's */
};

/* ---- notes ---- */

enum note_kind {
	NOTE_OUT,
	NOTE_IN, /* event, who: see flight.h; in.data; an intent that was refused: in.label says why */
	NOTE_MORE, /* in: more of the data of the note before */
	NOTE_UNMAPPED_OSC,
	NOTE_UNMAPPED_MIDI,
	NOTE_SIM,
	NOTE_EXPIRED, /* as NOTE_OUT, but it was not written: it came too late */
	NOTE_DROPPED, /* or its port had no room for it */
	NOTE_DIFFERS, /* port, control, value: it was not sent when its port came back */
	NOTE_LOOP,    /* route: see struct sink */
	NOTE_SHOWN, /* control; in.data: what an OSC client was sent, in.address: its own, in.label */
	NOTE_LIGHT,   /* as NOTE_OUT, of what shows the control */
	NOTE_TEMPO,   /* out.value: BPM; control: enum tempo_state */
	NOTE_REFUSED, /* control, out.label; out.value: enum rank of who has it */
	NOTE_LOST
};

#define NOTE_DATA 480

struct note {
	enum note_kind kind;
	enum event event; /* NOTE_IN */
	uint8_t mapping;  /* whose numbers it has: how many reloads there were, modulo 256 */
	int16_t port;
	uint16_t who;     /* NOTE_IN */
	uint16_t control; /* or route */
	uint64_t seq;     /* NOTE_OUT and those like it: of its message */
	uint64_t t_ns;    /* arrival of the cause */
	union {
		struct {
			uint64_t written_ns;
			float value;
			bool simulated;
			uint8_t len;
			uint8_t bytes[MSG_BYTES];
			char label[128];
		} out; /* NOTE_OUT, NOTE_SIM, NOTE_EXPIRED, NOTE_DROPPED, NOTE_DIFFERS */
		struct {
			uint16_t len;
			bool more; /* the rest is in the next note, a NOTE_MORE */
			uint8_t data
				[NOTE_DATA];  /* one OSC message (cut: len 0), or a MIDI message */
			char address[128];    /* when it was cut */
			char label[128];      /* NOTE_SHOWN */
			struct address param; /* NOTE_UNMAPPED_MIDI: what data entry is for */
		} in;
		struct {
			uint64_t lines, inputs; /* of a trace */
		} lost;
	};
};

struct queues {
	struct ring *orders, *replies, *notes;
	int order_wake[2], reply_wake[2]; /* pipes: [0] read, [1] write */
};

/* Room for that many notes, a power of two. Returns 0, or -1 with errno. */
int queues_init(struct queues *q, size_t notes);
void queues_finish(struct queues *q);

/* Control thread. False: the engine has too much to do. */
bool queue_order(struct queues *q, const struct order *o);

/* Engine thread. */
void queue_reply(struct queues *q, const struct reply *r);

/* Either: makes the pipe at fd empty, before its queues are read. */
void queue_drain_wake(int fd);
void queue_wake(int fd);

#endif
