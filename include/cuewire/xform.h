/* Transforms: what a route does to a value on its way, one table entry each (name, parameters,
 * help, code). They take and give numbers; what has a memory keeps it in a cell of the engine's,
 * and what takes its time says when it wants to be asked again.
 * Thread: the table is constant; a cell belongs to the engine's owner. */
#ifndef CUEWIRE_XFORM_H
#define CUEWIRE_XFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/span.h"

enum xform_kind {
	XF_RANGE,
	XF_INVERT,
	XF_CURVE,
	XF_QUANTISE,
	XF_DEADBAND,
	XF_THRESHOLD,
	XF_OUTPUT,
	XF_PRESS,
	XF_AS,
	XF_SMOOTH,
	XF_RAMP,
	XF_DELAY,
	XF_RATE,
	XF_TAKEOVER,
	XF_COLOURS,
	XF_COUNT
};

enum curve { CURVE_LINEAR, CURVE_LOG, CURVE_EXP, CURVE_S, CURVE_TABLE, CURVE_COUNT };
extern const char *const curve_names[CURVE_TABLE]; /* a table has points and no name */

enum press { PRESS_SHORT, PRESS_LONG, PRESS_SINGLE, PRESS_DOUBLE, PRESS_COUNT };
extern const char *const press_names[PRESS_COUNT];

enum as { AS_VALUE, AS_MOMENTARY, AS_TOGGLE, AS_LATCH, AS_ON, AS_OFF, AS_COUNT };
extern const char *const as_names[AS_COUNT];

enum takeover { TAKE_JUMP, TAKE_PICKUP, TAKE_SCALE, TAKE_COUNT };
extern const char *const takeover_names[TAKE_COUNT];

struct point {
	float x, y;
};

#define CURVE_POINTS_MAX 64
#define COLOURS_MAX 128

struct xform {
	uint8_t kind;  /* enum xform_kind */
	uint8_t place; /* in the chain of its route, from 0 */
	uint16_t route;
	uint32_t cell; /* index of its memory, where the table says that it has one */
	float a, b;    /* its parameters */
	struct duration time;
	size_t n; /* of points or colours */
	union {
		const struct point *points; /* of a curve, x rising */
		const uint8_t *colours;     /* 7-bit values */
	};
};

/* One value on its way: whatever is decided about it goes with it. */
struct flow {
	float v;
	bool through; /* the conditions of its route held when it came */
	bool on_way;  /* another one follows by itself */
};

#define DELAY_MAX 64 /* values of a delay that are under way */

struct xform_cell {
	float value, target;
	bool has_value, on, fired;
	bool through; /* of what is under way */
	uint64_t t_ns;
	uint64_t wake_ns; /* TIME_NEVER: it waits for nothing */
	struct span span;
	struct delayed *line; /* XF_DELAY: DELAY_MAX of them */
	size_t first, n;
};

struct delayed {
	struct span span; /* until it is given */
	struct flow flow;
};

/* What a transform may know. */
struct xform_now {
	uint64_t t_ns;
	const struct tempo *tempo;
	float control;    /* where the control stands */
	bool known;       /* control means something */
	bool mine;        /* the route itself has moved it last */
	bool tick;        /* nothing has come: it is asked again, as it wished */
	uint64_t wake_ns; /* set by it: when it wants to be asked again; TIME_NEVER: not */
};

struct xform_info {
	const char *name; /* the key in mapping files */
	const char *params;
	bool has_cell;
	const char *help;
	/* Returns false when nothing is to pass on. c is NULL without has_cell. */
	bool (*apply)(const struct xform *x, struct xform_cell *c, struct xform_now *now,
	              struct flow *f);
	/* The way back, for feedback: false where there is none. NULL: a value stays as it is. */
	bool (*back)(const struct xform *x, float *v);
	/* The last of the values that it has still to give; false: there is none. NULL: it keeps none back. */
	bool (*coming)(const struct xform_cell *c, float *v);
	bool moves; /* it moves the control step by step, until somebody else does */
};

extern const struct xform_info xforms[XF_COUNT];

/* How many values a cell's memory may hold beside itself: an array of `struct delayed`. */
static inline size_t xform_line(const struct xform *x)
{
	return x->kind == XF_DELAY ? DELAY_MAX : 0;
}

#endif
