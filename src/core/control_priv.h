/* Giving a control a value, piece by piece: what control.c does for any control, and quick.c on the way
 * of nearly every message. */
#ifndef CUEWIRE_CONTROL_PRIV_H
#define CUEWIRE_CONTROL_PRIV_H

#include "engine_priv.h"

/* What few values need; in control.c. */
void control_refuse(struct engine *e, uint64_t t_ns, uint16_t control, const struct source *s);
void control_copy_label(struct control_state *st, const char *label);
void control_note_sent(struct engine *e, const struct control *c, const struct msg *m);
void control_lead_on(struct engine *e, uint64_t t_ns, uint16_t control, float v,
                     const struct source *s);

static inline bool is_locked(const struct control_state *st, uint64_t t_ns, uint8_t rank)
{
	return rank < st->rank && t_ns < st->lock_ns;
}

/* The one rule for all that moves a control: whoever touches it has it for a while, and in that
 * while those of a lower rank are refused. */
static inline bool take(struct engine *e, uint64_t t_ns, uint16_t control, const struct control *c,
                        const struct source *s)
{
	struct control_state *st = &e->state[control];
	const uint16_t ramp = e->ramp_of[control];

	if (is_locked(st, t_ns, s->rank)) {
		control_refuse(e, t_ns, control, s);
		return false;
	}
	if (s->rank != RANK_BRIDGE) {
		st->rank = s->rank;
		st->lock_ns = t_ns + c->hold_ns;
	}
	if (ramp)
		ramp_stop(e, control);
	return true;
}

static inline void touch(struct control_state *st, uint64_t t_ns, float v, const struct source *s)
{
	st->value = v;
	st->touched = true;
	st->t_ns = t_ns;
	st->via = s->via;
	st->by = s->brief ? NULL : s->label;
	if (s->brief)
		control_copy_label(st, s->label);
}

static inline void init_msg(struct engine *e, struct msg *m, const struct control *c, uint64_t t_ns,
                            uint16_t control, enum edge edge, const struct source *s)
{
	*m = (struct msg){
		.t_ns = t_ns,
		.seq = e->seq++,
		.label = s->label,
		.batch = s->batch,
		.control = control,
		.key = control,
		.port = (int16_t)c->port,
		.brief = s->brief,
		.waits = (uint8_t)kinds[c->kind].waits,
		.edge = (uint8_t)edge,
	};
}

static inline void send_msg(struct engine *e, const struct control *c, const struct msg *m)
{
	if (e->echo.on)
		control_note_sent(e, c, m);
	e->sink.send(e->sink.ctx, m);
}

static inline void send_value(struct engine *e, uint64_t t_ns, uint16_t control,
                              const struct control *c, float v, enum edge edge,
                              const struct source *s)
{
	struct msg m;

	if (c->port == PORT_NONE)
		return;
	init_msg(e, &m, c, t_ns, control, edge, s);
	encode_value(c, v, &m);
	send_msg(e, c, &m);
}

/* What follows from a control that has been moved. */
static inline void lead(struct engine *e, uint64_t t_ns, uint16_t control, const struct control *c,
                        float v, const struct source *s)
{
	if (!s->settled && c->leads)
		control_lead_on(e, t_ns, control, v, s);
}

static inline void become(struct engine *e, uint64_t t_ns, uint16_t control,
                          const struct control *c, float v, const struct source *s)
{
	touch(&e->state[control], t_ns, v, s);
	send_value(e, t_ns, control, c, v, EDGE_NONE, s);
	lead(e, t_ns, control, c, v, s);
}

#endif
