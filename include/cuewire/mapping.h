/* A mapping: ports, controls, routes and intents as the files say, and the tables that find
 * them. Built by mapping_load (load.h), immutable afterwards, freed whole.
 * Thread: any may read; the one that loaded it frees it when nobody reads any more. */
#ifndef CUEWIRE_MAPPING_H
#define CUEWIRE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/diag.h"
#include "cuewire/kind.h"
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
	int osc_reply_port;           /* where answers go at the sender's address; 9000 */
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
	ADDR_FORM_COUNT
};
#define ADDR_ANY 255

struct address {
	uint8_t form;    /* enum addr_form */
	uint8_t channel; /* 0..15 (1..16 in files) */
	uint8_t number, lsb;
};

/* ---- controls ---- */

struct control {
	const char *name;  /* "deck.a.volume" */
	const char *title; /* NULL: none */
	const char *osc;   /* its own address: "/deck/a/volume" */
	struct where at;
	enum kind kind;
	bool bipolar;
	bool lsb_first;         /* a 14-bit pair goes out LSB, MSB */
	enum encoding encoding; /* encoder by one CC; ENC_TWOS unless said */
	int port;               /* PORT_NONE: nothing is sent (a shift key) */
	struct address out;     /* ADDR_NONE: the pair below, or osc_out */
	struct address up; /* switch: its "on"; encoder: one step up. 127, for an encoder then 0 */
	struct address down; /* switch: its "off"; encoder: one step down */
	const char *osc_out; /* address on an OSC port */
};

/* ---- routes ---- */

enum route_as { AS_VALUE, AS_TOGGLE, AS_COUNT };
extern const char *const route_as_names[AS_COUNT];

struct condition {
	uint16_t control;
	bool on; /* its value is 0.5 or more */
};

#define ROUTE_END UINT16_MAX

struct route {
	struct where at;
	const char *osc; /* address or pattern; NULL: MIDI */
	bool pattern;    /* osc holds pattern characters */
	bool own;        /* the address that a control has by itself */
	bool plain; /* a value goes to its control as it is: no condition, transform, toggle, step */
	int arg;    /* OSC: argument index; -1: the first number */
	int port;   /* MIDI: the port that it comes from; OSC: PORT_NONE (any) */
	struct address in;      /* MIDI */
	enum encoding encoding; /* the value is relative */
	enum route_as as;
	float by;      /* how far one step (or, with steps, one press) goes; 0: the default */
	uint16_t to;   /* control */
	uint16_t next; /* next route of the same source, ROUTE_END: none */
	uint8_t nwhen, nxf;
	const struct condition *when; /* all must hold */
	const struct xform *xf;       /* applied in order */
	const char *label;            /* "osc:/1/fader1", "midi:pads": for monitor and state */
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
	uint32_t after_ms; /* after the step before */
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
	const char **files; /* as they were opened, in order */
	size_t nfiles;
	struct port *ports;
	size_t nports;
	struct control *controls;
	size_t ncontrols;
	struct route *routes;
	size_t nroutes;
	struct intent *intents;
	size_t nintents;
	size_t nstates; /* numbers that transforms keep (xform.h) */

	struct mapping_index *index; /* set by mapping_index */
	struct arena *arena;         /* owns everything above */
};

/* Adds the route that every control (but a lamp) has by its own address, where no route names
 * it, chains routes of one source and builds the look-up tables. Called once, by mapping_load. */
void mapping_index(struct mapping *m);
void mapping_free(struct mapping *m); /* NULL is allowed */

/* Look-ups in constant time. Returns -1, or ROUTE_END, when there is none. */
int mapping_control(const struct mapping *m, const char *name, size_t len);
int mapping_intent(const struct mapping *m, const char *name);
int mapping_port(const struct mapping *m, const char *name);
uint16_t mapping_osc(const struct mapping *m, const char *address, size_t len);

/* The first route of a MIDI source. A 14-bit pair is found by both its numbers, as ADDR_CC. */
uint16_t mapping_midi(const struct mapping *m, int port, enum addr_form form, uint8_t channel,
                      uint8_t number);

/* First routes of each distinct OSC address (for incoming patterns) and of each pattern (for all
 * addresses that mapping_osc does not find). */
size_t mapping_osc_exact(const struct mapping *m, const uint16_t **routes);
size_t mapping_osc_patterns(const struct mapping *m, const uint16_t **routes);

#endif
