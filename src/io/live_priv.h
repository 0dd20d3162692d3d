/* What the parts of the engine thread share: live.c (loop, orders), live_ports.c (what leaves and
 * comes in), live_in.c (what enters the engine), live_return.c (ports that come back), live_show.c
 * (what OSC clients are shown). */
#ifndef CUEWIRE_LIVE_PRIV_H
#define CUEWIRE_LIVE_PRIV_H

#include <pthread.h>

#include "cuewire/budget.h"
#include "cuewire/engine.h"
#include "cuewire/flight.h"
#include "cuewire/lane.h"
#include "cuewire/link.h"
#include "cuewire/live.h"
#include "cuewire/mem.h"
#include "cuewire/midi.h"
#include "cuewire/osc_in.h"
#include "cuewire/queue.h"
#include "cuewire/sim.h"

#define LABELS 256 /* labels of a step that are kept while their messages wait */
#define JOBS_MAX 256
#define LINK_READ 16                   /* records read at once */
#define ANSWER_NS UINT64_C(1000000000) /* for the host to answer a write */

/* An open port, or one that the stand-in stands in for. */
struct live_port {
	bool up;
	bool ready; /* it takes what is sent */
	enum port_how how;
	int in_fd, out_fd; /* owned; HOW_LINK: the same one; -1: none */
	struct lane lane;  /* HOW_LINK */
	bool has_lane;
	struct budget budget;
	uint64_t room_ns; /* when there is room for what waits; TIME_NEVER: it waits for no room */
	struct port_view n; /* its counters; backlog and differ are not kept */
	uint32_t seq;
	uint64_t answer_ns; /* when the host must have answered; TIME_NEVER: nothing is under way */
	uint8_t rx[LINK_READ * sizeof(struct link_record)];
	size_t rx_len;
	char reason[LINK_TEXT];    /* why it was lost, if that is known */
	bool failed;               /* in this step; it is lost when the step has ended */
	struct midi_parser parser; /* HOW_RAW; HOW_LINK: of SysEx */
};

#define POLLED_MAX (1 + OSC_PORTS_MAX + MAPPING_PORTS_MAX)

/* What is known of controls beside the engine; one a control. */
struct books {
	struct arena *mem; /* owned: of them, of the lanes and of the flight recorder */
	struct sim sim;
	float *sent;   /* SIM_UNKNOWN: nothing yet */
	bool *differs; /* its port does not, or may not, have what was asked last */
	struct moved { /* room to sort those that a port has missed */
		uint64_t t_ns;
		uint16_t control;
	} * moved;
};

/* Everything that the engine thread touches. */
struct live {
	pthread_t thread;
	const struct mapping *m; /* borrowed */
	struct queues *q;        /* borrowed */
	struct engine *engine;
	struct counters *n; /* the engine's */
	struct engine_clock clock;
	struct osc_in osc;
	struct live_port *ports; /* MAPPING_PORTS_MAX, of which nports are in use */
	size_t nports;
	struct books books;
	struct job *jobs[JOBS_MAX];
	size_t njobs;
	unsigned watch;
	struct flight flight;
	uint8_t reloads;                  /* modulo 256 */
	uint64_t lost_lines, lost_inputs; /* notes that could not be kept, not reported yet */
	char labels[LABELS][128];
	size_t next_label;
	bool failed;           /* a port has, in this step */
	uint64_t ports_due_ns; /* no host must answer, and no port has room again, before */
	bool quitting;
	uint64_t quit_ns;      /* at the latest */
	struct pollfd *polled; /* owned: room for every port, socket and the wake pipe */
	int *polled_port;      /* owned: which port each is of, or one of POLLED_ */
	size_t npolled;        /* 0: what is polled has changed, the list is made anew */
};

/* ---- live_reload.c ---- */

void live_make_books(struct books *b, const struct mapping *m);
void live_free_books(struct books *b);

/* Everything at once, between two events; the old parts go back with the reply. */
void live_reload(struct live *l, struct live_next *x);

/* ---- live.c ---- */

/* An engine whose sink is this thread. */
struct engine *live_engine(struct live *l, const struct mapping *m);

/* ---- live_in.c ---- */

/* Does what was due before an event and returns the time that the event has in the engine. */
uint64_t live_begin(struct live *l, uint64_t t_ns);

/* What enters the engine: see live_in.c. Those with a ctx are called by osc_in or the engine. */
bool live_number(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route, float v);
void live_osc(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t route, const struct osc_msg *m);
void live_osc_gone(void *ctx, uint64_t t_ns, uint16_t peer);
void live_midi(struct live *l, uint64_t t_ns, int port, const struct midi_msg *m);
void live_sysex(struct live *l, uint64_t t_ns, int port, const uint8_t *bytes, size_t len);
void live_resend(struct live *l, uint64_t t_ns, enum event why, uint16_t control);

/* An intent that is begun now, or refused; t_ns: from live_begin. */
void live_intent(struct live *l, uint64_t t_ns, const struct job *j);

/* Any other event. Returns the time to tell the engine. */
uint64_t live_event(struct live *l, uint64_t t_ns, enum event event, uint16_t who);

void live_unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m);
void live_unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m);
void live_unmapped_sysex(void *ctx, uint64_t t_ns, int port, const uint8_t *bytes, size_t len);

/* ---- live_ports.c, live_show.c, live_return.c ---- */

/* The engine's sink. */
void live_send(void *ctx, const struct msg *m);

/* The engine's, too: what an OSC client is to show. */
void live_show(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t place, const float *values,
               const struct source *s);

void live_port_up(struct live *l, const struct order *o);

/* A port is up: releases what it was left holding, sends what its on_return says. */
void live_return(struct live *l, int port);

/* Sends what differs, wherever there is a port for it. */
void live_sync(struct live *l, uint16_t client);

/* Closes it and lets the stand-in take over what waited; reason may be NULL. */
void live_port_down(struct live *l, int port);

/* As live_port_down, for one that is not wanted as it is any more: who reads its file or listens to its
 * messages is told what is released. (A port host sees to that itself.) */
void live_port_close(struct live *l, int port);

/* Loses the ports whose hosts have not answered in time, writes what there is room for. To be called
 * at ports_due_ns. */
void live_ports_tick(struct live *l, uint64_t now);

/* Loses the ports that failed in the step that has ended: the engine is not called back in it. */
void live_ports_failed(struct live *l);

/* Reads what has come on an open port; loses it if it has gone. */
void live_port_read(struct live *l, int port);

/* Whether anything is under way or waits on an open port. */
bool live_ports_busy(const struct live *l);

/* A copy of a label that lives until LABELS more have come. */
const char *live_keep_label(struct live *l, const char *label);

/* A free note, or NULL (counted). Fill it, then live_note_push. */
struct note *live_note(struct live *l, enum note_kind kind);
void live_note_push(struct live *l);

#endif
