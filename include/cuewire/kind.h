/* The five kinds of control, as one table: the difference decides whether the music stops.
 * Thread: any; constant data. */
#ifndef CUEWIRE_KIND_H
#define CUEWIRE_KIND_H

#include <stdbool.h>

enum kind { KIND_FADER, KIND_SWITCH, KIND_BUTTON, KIND_ENCODER, KIND_LAMP, KIND_COUNT };

/* What can be asked of a control. */
enum op { OP_SET, OP_PRESS, OP_RELEASE, OP_NUDGE, OP_COUNT };

/* How its messages wait where a port takes them more slowly than they come. */
enum waits {
	WAITS_ALL,    /* each of them, in order; they do not wait for ever */
	WAITS_LATEST, /* in order, and only the last matters */
	WAITS_BEHIND, /* only the last matters, and what must keep its order goes first */
};

struct kind_info {
	const char *name;
	bool keeps;  /* its value outlives its source, its port and the bridge */
	bool held;   /* is released when its source, its port or the bridge ends */
	bool binary; /* its value is 0 or 1 */
	bool resent; /* its latest value is sent when its port returns */
	enum waits waits;
	unsigned ops; /* the ops that an intent may use, bits 1 << enum op; 0: none */
	const char *help;
};

extern const struct kind_info kinds[KIND_COUNT];
extern const char *const op_names[OP_COUNT];

#endif
