/* What the parts of the engine share, in the order in which a value passes them: engine_in.c
 * (messages to the routes that they find), flow.c (through a route), control.c (controls),
 * encode.c (values to bytes); batch.c (acts of intents), engine.c (what ends, time). */
#ifndef CUEWIRE_ENGINE_PRIV_H
#define CUEWIRE_ENGINE_PRIV_H

#include "cuewire/engine.h"
#include "cuewire/timers.h"
#include "echo.h"

#define NS_PER_MS UINT64_C(1000000)
#define TAP_MS 50       /* a press without a release of its own */
#define PAIR_WAIT_MS 5  /* for the other half of a 14-bit pair */
#define STEPS_MAX 64    /* of an encoder at once */
#define BATCHES_MAX 256 /* that wait for their time */

/* Incoming address patterns are tried against every address: so many may come at once, and so
 * many a second. */
#define PATTERN_BURST 200
#define PATTERNS_PER_S 500

enum timer_kind { TIMER_RELEASE, TIMER_PAIR, TIMER_BATCH, TIMER_ECHO };

/* Who holds a button. */
struct hold {
	bool held;
	uint8_t from; /* enum from */
	uint16_t who;
	uint64_t timer; /* when a TIMER_RELEASE is due; 0: none is waiting */
	uint64_t until; /* released by itself then; TIME_NEVER: not */
};

struct route_state {
	bool on;      /* the level that came last: toggles act on its rise */
	uint16_t who; /* whose value came through last (struct source) */
	bool pressed; /* it pressed its button: the release comes through whatever `when` says */
	/* 14-bit pair */
	uint8_t msb, lsb;
	bool fresh_msb, fresh_lsb; /* came since the pair was last complete */
	bool has_msb,
		has_lsb; /* ever came; the MSB alone is a 7-bit value, the LSB alone is none */
	bool timer;      /* a TIMER_PAIR is waiting */
	uint64_t due;
	struct echo_route echo;
};

struct engine {
	const struct mapping *m;
	struct sink sink;
	struct counters n;
	struct control_state *state; /* one a control */
	struct hold *hold;           /* one a control */
	struct route_state *routes;  /* one a route */
	float *xf_state;             /* m->nstates */
	struct timers timers;
	struct echo echo;
	struct batch *batches[BATCHES_MAX]; /* borrowed */
	uint64_t batch_due[BATCHES_MAX];
	double pattern_tokens;
	uint64_t pattern_t_ns; /* when they were counted last */
};

/* ---- flow.c ---- */

/* What came in, before the route has its say. */
enum input_kind {
	IN_VALUE,   /* a number: 0..1 from MIDI, anything from OSC */
	IN_TRIGGER, /* no number at all: "now" */
	IN_STEPS,   /* relative */
};
struct input {
	enum input_kind kind;
	float v;
};

void flow_any(struct engine *e, uint64_t t_ns, uint16_t route, struct input in,
              const struct source *s);

/* What has come in is an echo. Whether it may go through the route: not once that is known for a
 * loop. */
bool engine_echo_passes(struct engine *e, uint64_t t_ns, uint16_t route);

/* ---- control.c ---- */

/* Gives the control a value: 0..1, an encoder steps. Sends it, if the control has a port. */
void engine_set(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s);

/* Adds to a fader's value, or moves an encoder. */
void engine_nudge(struct engine *e, uint64_t t_ns, uint16_t control, float by,
                  const struct source *s);

/* Presses the button now and releases it after so long, unless it is released before. */
void engine_tap(struct engine *e, uint64_t t_ns, uint16_t control, uint32_t ms,
                const struct source *s);

/* A held button is released, or looked at again, when its time is over. */
void engine_release_due(struct engine *e, uint64_t t_ns, uint16_t control);

void engine_release(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s);

/* ---- batch.c ---- */

void engine_batch_due(struct engine *e, uint64_t t_ns, size_t slot);

/* ---- engine_in.c ---- */

/* A pair has waited long enough for its other half. */
void engine_pair_due(struct engine *e, uint64_t t_ns, uint16_t route);

/* ---- encode.c ---- */

/* Fills bytes, len and value of the message for a fader's, switch's or button's value. */
void encode_value(const struct control *c, float v, struct msg *m);

/* The same for `steps` of an encoder: returns how many steps are left for further messages. */
int encode_steps(const struct control *c, int steps, struct msg *m);

/* Nearly always there is nothing to decide: a value goes to its control as it is. */
static inline void flow_in(struct engine *e, uint64_t t_ns, uint16_t route, struct input in,
                           const struct source *s)
{
	const struct route *r = &e->m->routes[route];

	if (e->echo.age && !engine_echo_passes(e, t_ns, route))
		return;
	if (r->plain && in.kind == IN_VALUE)
		engine_set(e, t_ns, r->to, in.v, s);
	else
		flow_any(e, t_ns, route, in, s);
}

#endif
