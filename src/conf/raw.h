/* The objects of mapping files as they were read: checked one by one, references still by name.
 * Strings and nodes are borrowed from the trees of the files and from the copies that "each"
 * makes; all of them live until the load ends. */
#ifndef CUEWIRE_CONF_RAW_H
#define CUEWIRE_CONF_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/duration.h"
#include "cuewire/mapping.h"

struct cJSON;
struct source;

#define SLOTS_MAX 16
#define CHOICES_MAX 64
#define WHEN_MAX 32 /* nodes of one "when" */
#define STEPS_MAX 64
#define TARGETS_MAX 16 /* of one route */

/* Begins every object. */
struct head {
	const struct source *src;
	const struct cJSON *obj;
	uint64_t seen; /* keys that are given: bit n is the n-th of the section */
};

struct cc {
	int n; /* 0: none, 1: v[0], 2: MSB and LSB */
	int v[2];
};

struct amount {
	const struct cJSON *node; /* NULL: none */
	const char *slot;         /* "{slot}", NULL: num */
	double num;
};

struct curve_value {
	int word; /* enum curve; CURVE_TABLE: points */
	const struct cJSON *points;
};

/* A parameter's number. */
struct param {
	bool given;
	int msb, lsb;
};

/* The keys of an address, whose names are the same in all objects. */
struct numbers {
	int channel; /* 1..16; 0: that of the control */
	struct cc cc;
	int note, program, poly; /* -1: none; program: KEY_ANY for any */
	bool bend, pressure;
	struct param nrpn, rpn;
	int bits;   /* of the parameter's value: 7 or 14 */
	int system; /* enum system_source */
	const char *sysex;
};

struct raw_tempo {
	struct head h;
	double bpm;
	int beats_per_bar;
	const char *clock, *tap;
};

struct raw_mapping {
	struct head h;
	struct raw_tempo tempo;
	int hold_ms;
	const char *in_place_of;
	const struct cJSON *include, *ports, *controls, *routes, *feedback, *intents;
};

struct raw_port_osc {
	struct head h;
	int listen, reply_port;
	bool feedback;
	const char *bind, *send;
};

struct raw_port_raw {
	struct head h;
	const char *in, *out;
};

struct raw_port {
	struct head h;
	const char *name;
	const struct cJSON *in, *out;
	struct raw_port_osc osc;
	struct raw_port_raw raw;
	bool simulated, optional;
	int open_timeout_ms, retry_min_ms, retry_max_ms;
	int on_return; /* enum port_return */
	int bytes_per_s;
	bool is_virtual, allow_loop;
	bool used; /* by a control or route */
};

struct raw_address {
	struct head h;
	struct numbers num;
};

struct raw_control {
	struct head h;
	const char *name, *title, *port, *osc, *radio;
	int kind; /* enum kind */
	int hold_ms;
	struct numbers num;
	struct raw_address *on, *off, *up, *down; /* in the scratch arena; NULL: none */
	int lsb_first, encoding, toggles;
	bool bipolar;
	int to_port; /* index of the port, PORT_NONE: none */
	bool moved;  /* by a route, a macro or an intent */
};

/* One node of a route's conditions (struct condition), its control still by name. */
struct raw_condition {
	struct condition c;
	const struct cJSON *node;
	const char *name; /* of COND_IS */
	int control;
};

/* Also an entry of "feedback", which has some of its keys. */
struct raw_route {
	struct head h;
	const char *title, *osc, *port, *from;
	int arg;
	struct numbers num;
	struct duration every;
	int encoding;
	double acceleration;
	const struct cJSON *to_node, *do_node;
	const char *to[TARGETS_MAX]; /* none: it takes a route away */
	size_t nto;
	struct raw_intent *macro; /* of "do", NULL: none */
	int again;
	const struct cJSON *when_node;
	double range[2], output[2], deadband, threshold, max_per_s, by;
	bool invert;
	struct curve_value curve;
	int quantise, press, press_ms, as, takeover;
	struct duration smooth, ramp, delay;
	const struct cJSON *colours; /* feedback, as is lsb_first */
	int lsb_first;
	struct raw_condition *when; /* postfix; sorted by name within an object */
	size_t nwhen;
	int from_port, from_control, target[TARGETS_MAX]; /* indexes, set by the check */
};

struct raw_slot {
	struct head h;
	const char *name;
	int type; /* enum slot_type */
	double min, max;
	const struct cJSON *values_node, *def;
	const char **values; /* in the scratch arena */
	size_t nvalues;
};

struct raw_step {
	struct head h;
	const char *target[OP_COUNT]; /* by op */
	struct amount to, by;
	struct duration after, over;
	int after_ms;
	enum op op;
	const char *control;
};

struct raw_intent {
	struct head h;
	const char *name, *title;
	const struct cJSON *slots_node, *steps_node;
	struct raw_slot *slots;
	size_t nslots;
	struct raw_step *steps;
	size_t nsteps;
};

#endif
