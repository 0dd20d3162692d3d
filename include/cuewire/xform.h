/* Transforms: what a route does to a value on its way, one table entry each (name, parameters,
 * help, code). They take and give numbers; what has a memory keeps it in one float of the
 * engine's. Thread: the table is constant; xform_apply belongs to the engine's owner. */
#ifndef CUEWIRE_XFORM_H
#define CUEWIRE_XFORM_H

#include <stdbool.h>
#include <stdint.h>

enum xform_kind {
	XF_RANGE,
	XF_INVERT,
	XF_CURVE,
	XF_QUANTISE,
	XF_DEADBAND,
	XF_THRESHOLD,
	XF_OUTPUT,
	XF_COUNT
};

enum curve { CURVE_LINEAR, CURVE_LOG, CURVE_EXP, CURVE_S, CURVE_COUNT };
extern const char *const curve_names[CURVE_COUNT];

struct xform {
	uint8_t kind;   /* enum xform_kind */
	uint16_t state; /* index of its number, where the table says that it has one */
	float a, b;     /* its parameters */
};

struct xform_info {
	const char *name; /* the key in mapping files */
	bool has_state;
	const char *help;
	/* Returns false when nothing is to pass on. state is NULL without has_state. */
	bool (*apply)(const struct xform *x, float *state, float *v);
};

extern const struct xform_info xforms[XF_COUNT];

/* The value that a state starts with: no value yet. */
#define XFORM_STATE_INIT (-1000.0f)

#endif
