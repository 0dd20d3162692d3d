/* What the parts of the engine share, in the order in which a value passes them: engine_in.c
 * (messages to the routes that they find), quick.c (what most need, in one piece), engine_midi.c
 * (those of MIDI that take more than a look-up), flow.c (through a route), control.c (controls),
 * encode.c (values to bytes), feedback.c (who is shown them); batch.c (acts of intents), engine.c
 * (what ends, time), save.c (what is remembered), adopt.c (another mapping). */
#ifndef CUEWIRE_ENGINE_PRIV_H
#define CUEWIRE_ENGINE_PRIV_H

#include "cuewire/engine.h"
#include "cuewire/span.h"
#include "cuewire/tempo.h"
#include "cuewire/timers.h"
#include "echo.h"

#define NS_PER_MS UINT64_C(1000000)
#define TAP_MS BATCH_TAP_MS
#define PAIR_WAIT_MS 5  /* for the other half of a 14-bit pair */
#define STEPS_MAX 64    /* of an encoder at once */
#define BATCHES_MAX 256 /* that wait for their time */
#define RAMPS_MAX 128
#define RAMP_TICK_MS 10
#define DEPTH_MAX 16 /* the checker refuses loops; this one does for those that it cannot see */

#define PATTERNS_PER_S 500 /* see PATTERN_BURST */

enum timer_kind {
	TIMER_RELEASE, /* index: control */
	TIMER_PAIR,    /* route */
	TIMER_ECHO,    /* route */
	TIMER_EVERY,   /* route */
	TIMER_CELL,    /* cell */
	TIMER_BATCH,   /* place in `running` */
	TIMER_RAMP,    /* place in `ramps` */
	TIMER_TEMPO,   /* 0 */
	TIMER_SHOW,    /* watcher; nwatchers: what is dirty */
};

/* Who holds a button. */
struct hold {
	bool held;
	uint8_t from; /* enum from */
	uint16_t who;
	uint64_t alarm_ns; /* see engine_alarm */
	uint64_t until;    /* released by itself then; TIME_NEVER: not */
};

/* A transform's memory, and whose value is on its way in it. */
struct cell {
	struct xform_cell x;
	uint64_t alarm_ns;
	struct source source;
};

/* A batch of which something waits for its time. */
struct running {
	struct batch *b;  /* borrowed, or own; NULL: the place is free */
	struct batch own; /* of a macro */
	uint16_t route;   /* of the macro; ROUTE_END: an intent */
	struct span wait; /* for the next act */
	uint64_t alarm_ns;
};

/* A fader on its way. */
struct ramp {
	bool on;
	uint16_t control;
	uint16_t route; /* of the macro that it is of; ROUTE_END: an intent */
	float from, to;
	struct span span;
	uint64_t alarm_ns;
	struct source source;
	char label[48];
};

enum { CAME_RELEASE, CAME_PRESS, CAME_IN };

struct route_state {
	bool on;      /* the level that came last: steps are made on its rise */
	uint16_t who; /* whose value came last (struct source) */
	uint8_t came; /* what came last for a button: nothing or a release, a press, one that `when` let in */
	uint16_t presser; /* whose press that was */
	/* 14-bit pair */
	uint8_t msb, lsb;
	bool fresh_msb, fresh_lsb; /* came since the pair was last complete */
	bool has_msb,
		has_lsb; /* ever came; the MSB alone is a 7-bit value, the LSB alone is none */
	uint64_t due, alarm_ns; /* of the pair's other half; of `every` */
	struct span wait;       /* of `every` in milliseconds */
	uint64_t count;         /* of `every` in beats: how often it fits into the song so far */
	float rest;             /* of a step of an encoder that was not whole */
	uint64_t step_ns;       /* of the last step, see acceleration; of the last `every` */
	struct echo_route echo;
};

#define FEEDBACK_QUIET_NS \
	UINT64_C(250000000) /* after a hand's last move it is told the final value */

#define FEEDBACK_WAKE_NS UINT64_C(5000000000) /* a client silent for so long may show anything */

enum { USES_NAMED = 1, USES_OWN = 2 }; /* of routes; of the controls themselves */

/* Who is shown what controls are: the OSC clients, then the MIDI ports. */
struct watcher {
	bool on;
	uint8_t uses; /* an OSC client: addresses that it has used, USES_... */
	uint64_t heard_ns;
	uint64_t alarm_ns;
	float *known;       /* per argument: 1 + what is shown there, 0: not known */
	uint64_t *quiet_ns; /* per place: a hand moves it, until then */
};

struct feedback {
	struct watcher *watchers; /* PEERS_MAX, then one a port */
	size_t nwatchers;         /* 0: nothing is shown anywhere */
	size_t npeers;            /* OSC clients have places below */
	float *known;             /* of all watchers, as is quiet_ns */
	uint64_t *quiet_ns;
	uint8_t uses;    /* addresses that some OSC client has used */
	uint16_t *dirty; /* OSC places that may not show what they should, ndirty of them */
	bool *is_dirty;  /* per place */
	size_t ndirty;
	uint64_t frame_ns, frame_alarm_ns; /* when they were told last, and will be next */
};

/* Which parameter the data entry of a channel is for. Numbers are kept plus 1; 0: never came. */
struct param_state {
	uint8_t form;           /* ADDR_NRPN or ADDR_RPN, whichever came last; ADDR_NONE */
	uint8_t msb[2], lsb[2]; /* of either */
};

struct engine {
	struct arena *mem; /* owned: of this, and all that it points to */
	const struct mapping *m;
	struct sink sink;
	struct counters n;
	struct control_state *state; /* one a control */
	struct hold *hold;           /* one a control */
	struct route_state *routes;  /* one a route */
	struct param_state *params;  /* 16 a port */
	struct cell *cells;          /* m->ncells */
	struct delayed *lines;       /* what delays keep */
	struct timers timers;
	struct tempo tempo;
	uint64_t tempo_alarm_ns;
	struct echo echo;
	struct feedback feedback;
	struct running running[BATCHES_MAX];
	struct ramp ramps[RAMPS_MAX];
	uint16_t *ramp_of; /* per control: 1 + its place in ramps; 0: none */
	int depth;         /* of controls that move controls */
	uint64_t now_ns;   /* of the last event or timer: see engine_until */
	uint64_t seq;      /* of the next message */
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

bool conditions_hold(const struct engine *e, const struct condition *when, size_t n);

/* See engine_tempo_moved. */
void flow_tempo_changed(struct engine *e, uint64_t t_ns);
void batch_tempo_changed(struct engine *e, uint64_t t_ns);

/* A transform asked to be asked again. */
void flow_cell_due(struct engine *e, uint64_t t_ns, uint32_t cell);

/* Every `every` begins, or looks where the song is now that it has jumped. */
enum jump { JUMP_NONE, JUMP_TAP, JUMP_CLOCK };
void flow_every_begin(struct engine *e, uint64_t t_ns, enum jump jump);

/* A route's `every` may be over. */
void flow_every_due(struct engine *e, uint64_t t_ns, uint16_t route);

/* What comes of a control by the routes that lead from it. */
void flow_from(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s);

void flow_any(struct engine *e, uint64_t t_ns, uint16_t route, struct input in,
              const struct source *s);

/* What has come in is an echo. Whether it may go through the route: not once that is known for a
 * loop. */
bool engine_echo_passes(struct engine *e, uint64_t t_ns, uint16_t route);

/* ---- control.c ---- */

/* Gives the control a value: 0..1, an encoder steps. Sends it, if the control has a port. */
void engine_set(struct engine *e, uint64_t t_ns, uint16_t control, float v, const struct source *s);

/* As engine_set, for what a ramp brings: it does not stop the ramp. False: it was refused. */
bool engine_set_on_way(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                       const struct source *s);

/* Adds to a fader's value, or moves an encoder. */
void engine_nudge(struct engine *e, uint64_t t_ns, uint16_t control, float by,
                  const struct source *s);

/* Presses the button now and releases it after so long, unless it is released before. */
void engine_tap(struct engine *e, uint64_t t_ns, uint16_t control, uint32_t ms,
                const struct source *s);

/* Which control would be in the way of one of this rank who sets it (on: to 1): itself, or one of its group; or
 * CONTROL_NONE. */
uint16_t engine_locked(const struct engine *e, uint64_t t_ns, uint16_t control, bool on,
                       enum rank rank);

/* A held button is released, or looked at again, when its time is over. */
void engine_release_due(struct engine *e, uint64_t t_ns, uint16_t control);

void engine_release(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s);

/* ---- batch.c ---- */

void batch_due(struct engine *e, uint64_t t_ns, size_t slot);
void batch_cancel(struct engine *e, uint64_t t_ns, size_t slot);
void ramp_due(struct engine *e, uint64_t t_ns, size_t slot);
void ramp_stop(struct engine *e, uint16_t control);

/* A press has come for the route's macro. */
void batch_macro(struct engine *e, uint64_t t_ns, uint16_t route, const struct source *s);

/* ---- engine_in.c ---- */

/* What engine_number does for a number that is not for a fader as it is. */
void osc_any_number(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route, float v);

/* A pair has waited long enough for its other half. */
void engine_pair_due(struct engine *e, uint64_t t_ns, uint16_t route);

/* One half of a 14-bit value has come for the route. */
void pair_half(struct engine *e, uint64_t t_ns, uint16_t route, bool msb, uint8_t v);

void midi_deliver(struct engine *e, uint64_t t_ns, uint16_t route, struct input in);

/* ---- engine_midi.c ---- */

/* These return false when nothing was meant.
 * A CC that may choose a parameter or carry its value; a system message. */
bool engine_param_cc(struct engine *e, uint64_t t_ns, int port, uint8_t channel, uint8_t number,
                     uint8_t v);
bool engine_system(struct engine *e, uint64_t t_ns, int port, const struct midi_msg *m);

/* What was chosen on the port is not known any more. */
void engine_params_forget(struct engine *e, int port);

/* ---- feedback.c ---- */

void feedback_init(struct engine *e);
void feedback_moved(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s);
void feedback_due(struct engine *e, uint64_t t_ns, size_t watcher);

/* A watcher is new, or was silent for long; uses a control's own address, or a route's, for the first
 * time; has gone. */
void feedback_woke(struct engine *e, uint64_t t_ns, size_t watcher);
void feedback_uses(struct engine *e, uint64_t t_ns, size_t watcher, uint8_t use);
void feedback_gone(struct engine *e, size_t watcher);

/* Those of old are shown everything there is now. */
void feedback_adopt(struct engine *e, uint64_t t_ns, const struct engine *old);

/* A value has come from where the route's place is; and what has become of it. */
void feedback_heard(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r,
                    float v);
void feedback_after(struct engine *e, uint64_t t_ns, size_t watcher, const struct route *r,
                    const struct source *s);

/* ---- engine.c ---- */

/* See engine_until. */
static inline uint64_t engine_begin(struct engine *e, uint64_t t_ns)
{
	if (timers_next(&e->timers) <= t_ns)
		engine_tick(e, t_ns);
	if (t_ns > e->now_ns)
		e->now_ns = t_ns;
	return e->now_ns;
}

/* Something has happened to the tempo. changed: its state. */
void engine_tempo_moved(struct engine *e, uint64_t t_ns, bool changed, enum jump jump);
void engine_tap_tempo(struct engine *e, uint64_t t_ns);

/* Sees to it that a timer of this kind and index is due at t_ns, or before. *alarm_ns: when the one
 * in the heap is due, 0: there is none; whoever handles it sets it to 0 and looks whether its time
 * has come. */
void engine_alarm(struct engine *e, uint64_t *alarm_ns, uint64_t t_ns, enum timer_kind kind,
                  uint32_t index);

/* ---- encode.c ---- */

/* Whether both values would leave as the same message. */
bool encode_same(const struct control *c, float v, float w);

/* The same for a switch that each press flips. */
void encode_toggle(const struct control *c, float v, struct msg *m);

/* The same for what a place shows. */
void encode_place(const struct place *p, float v, struct msg *m);

/* Fills bytes, len and value of the message for a fader's, switch's or button's value. */
void encode_any(const struct control *c, float v, struct msg *m);
static inline void encode_value(const struct control *c, float v, struct msg *m)
{
	m->value = v;
	if (c->out.form != ADDR_CC) {
		encode_any(c, v, m);
		return;
	}
	m->bytes[0] = (uint8_t)(MIDI_CC | c->out.channel);
	m->bytes[1] = c->out.number;
	m->bytes[2] = value_to7(v, c->bipolar);
	m->len = 3;
}

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

/* Which addresses a client has that sends by the route. */
static inline uint8_t route_use(const struct route *r)
{
	return (uint8_t)(USES_NAMED + r->own);
}

/* An OSC client was heard: time and the count of messages, too. */
static inline void watcher_heard(struct engine *e, uint64_t t_ns, uint16_t peer)
{
	struct watcher *w = &e->feedback.watchers[peer];

	e->now_ns = t_ns;
	e->n.osc_in++;
	if (!w->on || t_ns - w->heard_ns > FEEDBACK_WAKE_NS)
		feedback_woke(e, t_ns, peer);
	w->heard_ns = t_ns;
}

/* A client shows now what it has sent. */
static inline void feedback_settled(struct watcher *w, uint64_t t_ns, const struct route *r,
                                    float v)
{
	w->known[r->slot] = v + 1.0f;
	if (r->fader)
		w->quiet_ns[r->place] = t_ns + FEEDBACK_QUIET_NS;
}

#endif
