/* A mapping: ports, controls, routes and intents as the files say, and the tables that find
 * them. Built by mapping_load (load.h), immutable afterwards, freed whole.
 * Thread: any may read; the one that loaded it frees it when nobody reads any more. */
#ifndef CUEWIRE_MAPPING_H
#define CUEWIRE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/diag.h"
#include "cuewire/duration.h"
#include "cuewire/kind.h"
#include "cuewire/sysex.h"
#include "cuewire/value.h"
#include "cuewire/xform.h"

#define MAPPING_PORTS_MAX 64
#define MAPPING_CONTROLS_MAX 16384
#define MAPPING_ROUTES_MAX 65000 /* with those that every control has by itself */
#define PORT_NONE (-1)

/* ---- ports ---- */

/* Lists of words to look for in the names of devices, the best first. */
struct names {
	const char **list;
	size_t n;
};

/* What is sent to a port that is real again, of faders and switches that moved meanwhile. */
enum port_return { RETURN_RECENT, RETURN_ALL, RETURN_NONE, RETURN_COUNT };
extern const char *const port_return_names[RETURN_COUNT];

/* What a port is made of; each part is optional. A MIDI port (in, out) is opened by a port host. */
struct port {
	const char *name;
	struct where at;
	struct names in, out;         /* MIDI devices */
	int osc_listen;               /* UDP port, -1: none */
	const char *osc_bind;         /* numeric address to listen on, NULL: all */
	int osc_reply_port;           /* where feedback goes at the sender's address; 9000 */
	bool osc_feedback;            /* whether there is any */
	const char *osc_send;         /* "host:port" for controls of this port, NULL: none */
	const char *raw_in, *raw_out; /* paths of FIFOs or files, NULL: none */
	bool simulated;               /* never more than the stand-in */
	bool optional;                /* may be absent without a fuss */
	int open_timeout_ms;          /* 5000 */
	int retry_min_ms, retry_max_ms;
	enum port_return on_return;
	int bytes_per_s; /* at most; 0: no limit, -1: as the device is (words_bus) */
	bool is_virtual; /* MIDI: the first of its names is one to be made */
	bool allow_loop; /* one bus may be both ways */
	bool gone;       /* it was there before a reload (mapping_load_after): it is nothing now */
	bool clock;      /* somebody wants the MIDI clock that comes from it */
};

bool port_is_midi(const struct port *p); /* needs a port host */
bool port_sends(const struct port *p);   /* controls may name it */

/* ---- addresses ---- */

enum addr_form {
	ADDR_NONE,
	ADDR_CC,
	ADDR_CC14, /* number: the MSB's, lsb: the LSB's */
	ADDR_NOTE,
	ADDR_BEND,
	ADDR_PROGRAM,  /* routes only; number: the program, or ADDR_ANY: its number is the value */
	ADDR_PRESSURE, /* routes only: channel pressure */
	ADDR_POLY,     /* routes only: pressure of the key `number` */
	ADDR_NRPN,     /* number and lsb: of the parameter; its value is in CC 6 and 38 */
	ADDR_NRPN7,    /* in CC 6 alone */
	ADDR_RPN,
	ADDR_RPN7,
	ADDR_SYSTEM, /* routes only; number: enum system_source */
	ADDR_SYSEX,  /* routes only: its pattern is the route's */
	ADDR_FORM_COUNT
};
#define ADDR_ANY 255

struct address {
	uint8_t form;    /* enum addr_form */
	uint8_t channel; /* 0..15 (1..16 in files) */
	uint8_t number, lsb;
};

static inline bool address_is_param(const struct address *a)
{
	return a->form >= ADDR_NRPN && a->form <= ADDR_RPN7;
}

static inline bool address_is_rpn(const struct address *a)
{
	return a->form == ADDR_RPN || a->form == ADDR_RPN7;
}

/* Whether its values have 14 bits. */
static inline bool address_is_fine(const struct address *a)
{
	return a->form == ADDR_CC14 || a->form == ADDR_BEND || a->form == ADDR_NRPN ||
	       a->form == ADDR_RPN;
}

/* What system messages a route can wait for. */
enum system_source {
	SYSTEM_NONE,
	SYSTEM_START,
	SYSTEM_STOP,
	SYSTEM_CONTINUE,
	SYSTEM_CLOCK,
	SYSTEM_POSITION, /* MIDI beats, 14 bits */
	SYSTEM_SONG,
	SYSTEM_PLAYING, /* 1 from start or continue to stop */
	SYSTEM_COUNT
};
extern const char *const system_names[SYSTEM_COUNT]; /* [SYSTEM_NONE] is NULL */

/* ---- controls ---- */

struct control {
	const char *name;  /* "deck.a.volume" */
	const char *title; /* NULL: none */
	const char *osc;   /* its own address: "/deck/a/volume" */
	struct where at;
	enum kind kind;
	bool bipolar;
	bool toggles;           /* each press flips it over there */
	bool lsb_first;         /* a 14-bit pair goes out LSB, MSB */
	enum encoding encoding; /* encoder by one CC; ENC_TWOS unless said */
	int port;               /* PORT_NONE: nothing is sent (a shift key) */
	struct address out;     /* ADDR_NONE: the pair below, or osc_out */
	struct address up; /* switch: its "on"; encoder: one step up. 127, for an encoder then 0 */
	struct address down;   /* switch: its "off"; encoder: one step down */
	const char *osc_out;   /* address on an OSC port */
	const uint16_t *shown; /* places that look at it, by its value or in a condition */
	uint16_t nshown;
	uint16_t radio;   /* the next of its group, itself at last: one of them is on at most */
	uint64_t hold_ns; /* how long whoever moved it has it, against those of a lower rank */
	bool leads;       /* routes lead from it (mapping_from), or lights show it */
	bool gone;        /* it was there before a reload: nothing leads to it */
};

/* Whether what is known of the one that had this number before a reload is true of the one that has it
 * now. */
static inline bool control_stays(const struct control *c, const struct control *before)
{
	return c->kind == before->kind && (c->gone || !before->gone);
}

/* Whether what is sent for the one gets to the same place as what is sent for the other. */
bool control_sends_same(const struct control *a, const struct control *b);

/* ---- conditions ---- */

/* A list in postfix order: each node takes what the n before it have given. Empty: always. */
enum condition_op { COND_IS, COND_NOT, COND_AND, COND_OR };

struct condition {
	uint8_t op;       /* enum condition_op */
	uint8_t n;        /* of COND_AND and COND_OR */
	uint16_t control; /* of COND_IS: its value is lo..hi */
	float lo, hi;
};

/* ---- routes ---- */

/* One thing that is done to a control. */
struct act {
	uint16_t control;
	enum op op;
	float value;          /* set, nudge */
	uint32_t release_ms;  /* press: released by itself after that; 0: not */
	struct duration over; /* set: on its way for so long; 0: at once */
};
struct batch_act {
	struct act act;
	struct duration after; /* after the one before */
};

/* Presses that none of the later acts releases are taps. */
void batch_taps(struct batch_act *acts, size_t n);
#define BATCH_TAP_MS 50

struct macro {
	const struct batch_act *acts;
	size_t n;
};

/* What a press does while the macro of its route is under way. */
enum again { AGAIN_RESTART, AGAIN_IGNORE, AGAIN_CANCEL, AGAIN_COUNT };
extern const char *const again_names[AGAIN_COUNT];

#define ROUTE_END UINT16_MAX
#define CONTROL_NONE UINT16_MAX

/* Its source is one of osc, from, every and, if none of them is there, in. */
struct route {
	struct where at;
	const char *osc; /* address or pattern, or NULL */
	bool pattern;    /* osc holds pattern characters */
	bool own;        /* the address that a control has by itself */
	bool plain; /* a value goes to its control as it is: no condition, transform, step, macro */
	bool quick; /* so does an OSC message's first number, to a fader, and nothing else comes of it */
	bool direct;   /* 7 bits of MIDI are its value as they are */
	bool params;   /* what comes to it is a part of a parameter, too: see mapping_param */
	bool feedback; /* it writes a lamp */
	bool bipolar;  /* as its control */
	bool fader;    /* its control is one */
	bool pressed;  /* a note is on or off for it, however hard it was hit */
	bool holds;    /* what it sets by a press ends with the press */
	bool edges;    /* a transform looks at presses: what has no value is a short one */
	int arg;       /* OSC: argument index; -1: the first number */
	int port;      /* MIDI: the port that it comes from; else PORT_NONE */
	uint16_t from; /* another control, or CONTROL_NONE */
	struct duration every; /* amount 0: none */
	struct address in;     /* MIDI */
	const struct sysex_pattern *sysex;
	enum encoding encoding; /* the value is relative */
	float acceleration;     /* 1: none */
	float by;       /* how far one step (or, with steps, one press) goes; 0: the default */
	uint16_t to;    /* control; CONTROL_NONE: a macro */
	uint16_t next;  /* next route of the same source, ROUTE_END: none */
	uint16_t place; /* at the same address, PLACE_NONE: none */
	uint8_t place_arg;
	uint32_t slot; /* of that argument there */
	bool settled;  /* to who uses such addresses, nothing but its place shows its control */
	uint8_t nwhen, nxf;
	enum again again;
	const struct condition *when;
	struct xform *xf;          /* applied in order */
	const struct macro *macro; /* NULL: none */
	const char *label;         /* "osc:/1/fader1", "midi:pads": for monitor and state */
};

/* ---- feedback ---- */

#define PLACE_NONE UINT16_MAX
#define PLACE_ARGS_MAX 64
#define FEEDBACK_MAX 16384 /* entries of "feedback"; every route may have a place beside them */

/* Where a control's value is shown: a light or a motor fader of a controller, an address of the
 * tablets. */
struct place {
	int port;          /* MIDI; PORT_NONE: OSC, to every client */
	struct address at; /* MIDI */
	bool lsb_first, bipolar;
	bool moves; /* a hand may move it: a fader, not a light */
	bool own;   /* the address that a control has by itself: for clients that use such */
	const char *osc;
	uint8_t nargs;  /* OSC: of its message; MIDI: 1 */
	uint32_t slot;  /* of its first argument among all, where the engine keeps what is known */
	uint16_t first; /* of its shows, in order of the files */
};

/* What one argument of a place shows while its conditions hold; the first such one counts. */
struct show {
	uint16_t control;
	uint16_t place;
	uint8_t arg;
	uint8_t nwhen, nxf;
	bool back; /* xf is of a route and is undone, last first */
	const struct condition *when;
	const struct xform *xf;
	uint16_t next; /* of its place */
};

/* ---- intents of the mapping ---- */

enum slot_type { SLOT_DECK, SLOT_NUMBER, SLOT_CHOICE, SLOT_TYPE_COUNT };
extern const char *const slot_type_names[SLOT_TYPE_COUNT];

struct slot {
	const char *name;
	enum slot_type type;
	double min, max;     /* number */
	const char **values; /* deck: "a".."d" as far as the mapping has them; choice */
	size_t nvalues;
	const char *def; /* text of the default, NULL: must be given */
};

struct step {
	struct where at;
	enum op op;
	const char *control; /* may hold {slot} */
	const char *value; /* set: "to", nudge: "by": a number as text or one {slot}; NULL: none */
	struct duration over;  /* set: on its way for so long */
	struct duration after; /* after the step before */
};

struct intent {
	const char *name;
	const char *title; /* NULL: none */
	struct where at;
	struct slot *slots;
	size_t nslots;
	struct step *steps;
	size_t nsteps;
};

/* ---- the whole ---- */

struct mapping {
	bool numbered;      /* ports and controls have numbers of before (mapping_load_after) */
	const char **files; /* as they were opened, in order */
	size_t nfiles;
	struct port *ports;
	size_t nports;
	struct control *controls;
	size_t ncontrols;
	struct route *routes;
	size_t nroutes;
	uint16_t *every; /* routes that begin by themselves */
	size_t nevery;
	uint16_t *remembering; /* routes of which the engine may remember something */
	size_t nremembering;
	struct place *places;
	size_t nplaces;
	size_t nlights; /* those of MIDI are among so many first places */
	struct show *shows;
	size_t nshows;
	size_t nslots; /* arguments of all places */
	struct intent *intents;
	size_t nintents;
	struct {
		double bpm;
		unsigned beats_per_bar;
		int clock;    /* port whose MIDI clock is followed, or PORT_NONE */
		uint16_t tap; /* button that taps the tempo, or CONTROL_NONE */
	} tempo;
	const struct xform **cells; /* whose each cell is (xform.h) */
	size_t ncells;

	struct mapping_index *index; /* set by mapping_index */
	struct arena *arena;         /* owns everything above */
};

/* Adds the route that every control (but a lamp) has by its own address, where no route names
 * it, chains routes of one source and builds the look-up tables. Called once, by mapping_load. */
void mapping_index(struct mapping *m);
void mapping_free(struct mapping *m); /* NULL is allowed */

/* For each route of m the one of before that does the same with the same source, or ROUTE_END; m has
 * kept the numbers of before. */
void mapping_match(const struct mapping *m, const struct mapping *before, uint16_t *was);

/* Look-ups in constant time. Returns -1, or ROUTE_END, when there is none. */
int mapping_control(const struct mapping *m, const char *name, size_t len);
int mapping_intent(const struct mapping *m, const char *name);
int mapping_port(const struct mapping *m, const char *name);
uint16_t mapping_osc(const struct mapping *m, const char *address, size_t len);

/* The same for what a packet begins with, its zeros included; what is found is a good address. */
uint16_t mapping_osc_padded(const struct mapping *m, const uint8_t *address, size_t size);

/* The first route of a MIDI source. A 14-bit pair is found by both its numbers, as ADDR_CC. */
uint16_t mapping_midi(const struct mapping *m, int port, enum addr_form form, uint8_t channel,
                      uint8_t number);

/* The first route of a parameter's address, whatever its bits. */
uint16_t mapping_param(const struct mapping *m, int port, const struct address *a);

/* Whether the port has routes from parameters of the channel. */
bool mapping_has_params(const struct mapping *m, int port, uint8_t channel);

/* The first route of a system message, and the first of SysEx: all others of the port follow. */
uint16_t mapping_system(const struct mapping *m, int port, enum system_source what);
uint16_t mapping_sysex(const struct mapping *m, int port);

/* The first route from a control. */
uint16_t mapping_from(const struct mapping *m, uint16_t control);

/* First routes of each distinct OSC address (for incoming patterns) and of each pattern (for all
 * addresses that mapping_osc does not find). */
size_t mapping_osc_exact(const struct mapping *m, const uint16_t **routes);
size_t mapping_osc_patterns(const struct mapping *m, const uint16_t **routes);

#endif
