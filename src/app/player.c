/* An engine that is fed with the lines of a recording: see recording.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"
#include "recording.h"

/* An intent's batch, which the engine borrows until it is done. */
struct play {
	struct batch batch;
	struct intent_request request;
	char label[80];
};

static void forget_done(struct player *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct play *x = p->plays[i];

		if (x->batch.next == x->batch.n)
			free(x);
		else
			p->plays[n++] = x;
	}
	p->n = n;
}

static void name(const struct player *p, struct play *x, const struct line *l)
{
	if (l->intent.id)
		snprintf(x->label, sizeof(x->label), "intent:%.64s", l->intent.id);
	else if (x->request.id[0])
		snprintf(x->label, sizeof(x->label), "intent:%s", x->request.id);
	else
		snprintf(x->label, sizeof(x->label), "intent:%zu", p->nplays);
}

static void begin(struct player *p, struct play *x, const struct line *l)
{
	name(p, x, l);
	if (l->intent.outlives)
		intent_outlive(p->m, x->request.acts, x->request.nacts);
	x->batch = (struct batch){
		.source = { .from = FROM_INTENT,
		            .rank = l->intent.rank,
		            .who = l->who,
		            .brief = true,
		            .label = x->label,
		            .batch = &x->batch },
		.acts = x->request.acts,
		.n = x->request.nacts,
	};
	p->plays = xgrow(p->plays, &p->cap, p->n + 1, sizeof(struct play *));
	p->plays[p->n++] = x;
	if (engine_batch(p->engine, l->t_ns, &x->batch))
		return;
	p->n--;
	free(x);
	p->refused(p->ctx, l->t_ns, "busy", "");
}

static void feed_intent(struct player *p, const struct line *l)
{
	struct play *x = xcalloc(1, sizeof(*x));
	struct intent_refusal why;

	forget_done(p);
	p->nplays++;
	if (!intent_check(p->m, l->intent.message, &x->request, &why)) {
		begin(p, x, l);
		return;
	}
	free(x);
	p->refused(p->ctx, l->t_ns, why.reason, why.message);
}

static void resend(struct player *p, const struct line *l)
{
	const struct source s = { .from = FROM_RETURN,
		                  .rank = RANK_BRIDGE,
		                  .label = event_info[l->event].name };

	engine_resend(p->engine, l->t_ns, l->who, &s);
}

static void feed_event(struct player *p, const struct line *l)
{
	switch (l->event) {
	case EVENT_OSC:
		engine_osc(p->engine, l->t_ns, l->who, &l->osc);
		break;
	case EVENT_MIDI:
		if (l->sysex_len)
			engine_sysex(p->engine, l->t_ns, l->who, l->sysex, l->sysex_len);
		else
			engine_midi(p->engine, l->t_ns, l->who, &l->midi);
		break;
	case EVENT_START:
		engine_start(p->engine, l->t_ns);
		break;
	case EVENT_INTENT:
		feed_intent(p, l);
		break;
	case EVENT_GONE_OSC:
		engine_gone(p->engine, l->t_ns, FROM_OSC, l->who);
		break;
	case EVENT_GONE_CLIENT:
		engine_gone(p->engine, l->t_ns, FROM_INTENT, l->who);
		break;
	case EVENT_UP:
		p->up |= UINT64_C(1) << l->who;
		engine_port_up(p->engine, l->t_ns, l->who);
		break;
	case EVENT_DOWN:
		p->up &= ~(UINT64_C(1) << l->who);
		engine_port_down(p->engine, l->t_ns, l->who);
		break;
	case EVENT_RETURN:
	case EVENT_SYNC:
		resend(p, l);
		break;
	case EVENT_STOP:
		engine_cancel(p->engine, l->t_ns);
		break;
	case EVENT_EXIT:
		engine_release_all(p->engine, l->t_ns);
		break;
	default:
		break;
	}
}

void player_feed(struct player *p, const struct line *l)
{
	if (l->kind == LINE_EVENT) {
		feed_event(p, l);
		return;
	}
	p->up = l->up;
	engine_restore(p->engine, &l->saved);
}

void player_finish(struct player *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->plays[i]);
	free(p->plays);
}
