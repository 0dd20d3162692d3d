#include "cuewire/save.h"

#include <string.h>

#include "cuewire/mem.h"
#include "engine_priv.h"

void saved_init(struct saved *s, struct arena *mem, const struct mapping *m)
{
	*s = (struct saved){ 0 };
	s->controls = arena_alloc(mem, (m->ncontrols + 1) * sizeof(*s->controls));
	s->routes = arena_alloc(mem, (m->nremembering + 1) * sizeof(*s->routes));
	s->cells = arena_alloc(mem, (m->ncells + 1) * sizeof(*s->cells));
	s->params = arena_alloc(mem, (16 * m->nports + 1) * sizeof(*s->params));
}

void saved_copy(struct saved *to, const struct saved *from)
{
	to->t_ns = from->t_ns;
	to->seq = from->seq;
	to->at_rest = from->at_rest;
	to->ncontrols = from->ncontrols;
	to->nroutes = from->nroutes;
	to->ncells = from->ncells;
	to->nparams = from->nparams;
	to->tempo = from->tempo;
	to->pattern_tokens = from->pattern_tokens;
	to->pattern_t_ns = from->pattern_t_ns;
	memcpy(to->controls, from->controls, from->ncontrols * sizeof(*to->controls));
	memcpy(to->routes, from->routes, from->nroutes * sizeof(*to->routes));
	memcpy(to->cells, from->cells, from->ncells * sizeof(*to->cells));
	memcpy(to->params, from->params, from->nparams * sizeof(*to->params));
}

/* ---- saving ---- */

/* A timer may be there though what it was for is over. */
static bool is_under_way(const struct engine *e, const struct timer *x)
{
	switch ((enum timer_kind)x->kind) {
	case TIMER_PAIR:
		return e->routes[x->index].fresh_msb || e->routes[x->index].fresh_lsb;
	case TIMER_CELL:
		return e->cells[x->index].x.wake_ns != TIME_NEVER;
	case TIMER_BATCH:
		return e->running[x->index].b != NULL;
	case TIMER_RAMP:
		return e->ramps[x->index].on;
	case TIMER_ECHO:
		return true;
	default:
		return false;
	}
}

bool engine_at_rest(const struct engine *e)
{
	if (e->tempo.state != TEMPO_FIXED && e->tempo.state != TEMPO_TAPPED)
		return false;
	for (size_t i = 0; i < e->timers.n; i++)
		if (is_under_way(e, &e->timers.heap[i]))
			return false;
	return true;
}

static void save_controls(const struct engine *e, struct saved *s)
{
	s->ncontrols = 0;
	for (size_t i = 0; i < e->m->ncontrols; i++) {
		const struct control_state *st = &e->state[i];
		const struct hold *h = &e->hold[i];

		if (!st->touched)
			continue;
		s->controls[s->ncontrols++] = (struct saved_control){
			.control = (uint16_t)i,
			.who = h->who,
			.rank = st->rank,
			.from = h->from,
			.held = h->held,
			.value = st->value,
			.t_ns = st->t_ns,
			.lock_ns = st->lock_ns,
			.until_ns = h->until,
		};
	}
}

static bool is_every(const struct engine *e, size_t route)
{
	return e->m->routes[route].every.amount > 0.0f;
}

static void save_routes(const struct engine *e, struct saved *s)
{
	s->nroutes = 0;
	for (size_t k = 0; k < e->m->nremembering; k++) {
		const uint16_t i = e->m->remembering[k];
		const struct route_state *rs = &e->routes[i];
		const uint16_t to = e->m->routes[i].to;
		const bool moved = to != CONTROL_NONE && e->state[to].via == i + 1;

		if (!moved && !rs->came && !rs->on && !rs->has_msb && !rs->has_lsb &&
		    !rs->step_ns && !rs->wait.len && !rs->count && rs->rest == 0.0f)
			continue;
		s->routes[s->nroutes++] = (struct saved_route){
			.route = i,
			.who = rs->who,
			.presser = rs->presser,
			.on = rs->on,
			.moved = moved,
			.came = rs->came,
			.has_msb = rs->has_msb,
			.has_lsb = rs->has_lsb,
			.msb = rs->msb,
			.lsb = rs->lsb,
			.rest = rs->rest,
			.step_ns = rs->step_ns,
			.wait_ns = rs->wait.start,
			.count = rs->count,
			.due_ns = is_every(e, i) ? rs->alarm_ns : 0,
		};
	}
}

static void save_cells(const struct engine *e, struct saved *s)
{
	s->ncells = 0;
	for (size_t i = 0; i < e->m->ncells; i++) {
		const struct xform_cell *c = &e->cells[i].x;
		const bool waits = xform_line(e->m->cells[i]); /* n counts what is under way */

		if (!c->has_value && !c->on && !c->fired && !c->through && !c->t_ns)
			continue;
		s->cells[s->ncells++] = (struct saved_cell){
			.cell = (uint32_t)i,
			.has_value = c->has_value,
			.on = c->on,
			.fired = c->fired,
			.through = c->through,
			.value = c->value,
			.target = c->target,
			.t_ns = c->t_ns,
			.n = waits ? 0 : (uint8_t)c->n,
			.from = (uint8_t)e->cells[i].source.from,
			.who = e->cells[i].source.who,
		};
	}
}

static void save_params(const struct engine *e, struct saved *s)
{
	s->nparams = 0;
	for (size_t i = 0; i < 16 * e->m->nports; i++) {
		const struct param_state *p = &e->params[i];
		struct saved_param *x = &s->params[s->nparams];

		if (p->form == ADDR_NONE)
			continue;
		x->place = (uint16_t)i;
		x->form = p->form;
		memcpy(x->msb, p->msb, sizeof(x->msb));
		memcpy(x->lsb, p->lsb, sizeof(x->lsb));
		s->nparams++;
	}
}

static void save_tempo(const struct tempo *t, struct saved_tempo *s)
{
	*s = (struct saved_tempo){
		.ntaps = (uint8_t)t->ntaps,
		.tap_song = t->tap_song,
		.state = (uint8_t)t->state,
		.stopped = t->stopped,
		.cued = t->cued,
		.bpm = t->bpm,
		.from_ns = t->from_ns,
		.from_run = t->from_run,
		.beat_ns = t->beat_ns,
		.origin = t->origin,
		.cue = t->cue,
	};
	memcpy(s->taps, t->taps, t->ntaps * sizeof(*s->taps));
}

void engine_save(const struct engine *e, uint64_t t_ns, struct saved *s)
{
	s->t_ns = t_ns;
	s->seq = e->seq;
	s->at_rest = engine_at_rest(e);
	save_controls(e, s);
	save_routes(e, s);
	save_cells(e, s);
	save_params(e, s);
	save_tempo(&e->tempo, &s->tempo);
	s->pattern_tokens = e->pattern_tokens;
	s->pattern_t_ns = e->pattern_t_ns;
}

/* ---- going on ---- */

static void restore_control(struct engine *e, const struct saved_control *c)
{
	struct control_state *st = &e->state[c->control];
	struct hold *h = &e->hold[c->control];

	st->value = c->value;
	st->touched = true;
	st->t_ns = c->t_ns;
	st->lock_ns = c->lock_ns;
	st->rank = c->rank;
	st->by = "recording";
	h->held = c->held;
	h->from = c->from;
	h->who = c->who;
	h->until = c->until_ns;
	if (h->held && h->until != TIME_NEVER)
		engine_alarm(e, &h->alarm_ns, h->until, TIMER_RELEASE, c->control);
}

static void restore_route(struct engine *e, const struct saved_route *r)
{
	struct route_state *rs = &e->routes[r->route];

	rs->who = r->who;
	rs->presser = r->presser;
	rs->on = r->on;
	rs->came = r->came;
	if (r->moved && e->m->routes[r->route].to != CONTROL_NONE)
		e->state[e->m->routes[r->route].to].via = (uint16_t)(r->route + 1);
	rs->has_msb = r->has_msb;
	rs->has_lsb = r->has_lsb;
	rs->msb = r->msb;
	rs->lsb = r->lsb;
	rs->rest = r->rest;
	rs->step_ns = r->step_ns;
	rs->count = r->count;
	if (!is_every(e, r->route) || !r->due_ns)
		return;
	if (e->m->routes[r->route].every.unit == DURATION_MS)
		rs->wait = span_begin(e->m->routes[r->route].every, &e->tempo, r->wait_ns);
	engine_alarm(e, &rs->alarm_ns, r->due_ns, TIMER_EVERY, r->route);
}

static void restore_param(struct engine *e, const struct saved_param *x)
{
	struct param_state *p = &e->params[x->place];

	p->form = x->form;
	memcpy(p->msb, x->msb, sizeof(p->msb));
	memcpy(p->lsb, x->lsb, sizeof(p->lsb));
}

/* A clock that came is lost: nothing is known of when its next tick is due. */
static void restore_tempo(struct tempo *t, const struct saved_tempo *s)
{
	t->state = (enum tempo_state)s->state;
	if (t->state == TEMPO_LOCKING || t->state == TEMPO_LOCKED)
		t->state = TEMPO_HELD;
	t->rest = t->state;
	t->stopped = s->stopped;
	t->cued = s->cued;
	t->bpm = s->bpm;
	t->from_ns = s->from_ns;
	t->from_run = s->from_run;
	t->beat_ns = s->beat_ns;
	t->origin = s->origin;
	t->cue = s->cue;
	t->ntaps = s->ntaps;
	t->tap_song = s->tap_song;
	memcpy(t->taps, s->taps, s->ntaps * sizeof(*t->taps));
}

static void restore_cell(struct engine *e, const struct saved_cell *c)
{
	struct xform_cell *x = &e->cells[c->cell].x;

	x->has_value = c->has_value;
	x->on = c->on;
	x->fired = c->fired;
	x->through = c->through;
	x->value = c->value;
	x->target = c->target;
	x->t_ns = c->t_ns;
	x->n = c->n;
	e->cells[c->cell].source.from = (enum from)c->from;
	e->cells[c->cell].source.who = c->who;
}

void engine_restore(struct engine *e, const struct saved *s)
{
	e->now_ns = s->t_ns;
	e->seq = s->seq;
	restore_tempo(&e->tempo, &s->tempo);
	e->pattern_tokens = s->pattern_tokens;
	e->pattern_t_ns = s->pattern_t_ns;
	for (size_t i = 0; i < s->ncontrols; i++)
		restore_control(e, &s->controls[i]);
	for (size_t i = 0; i < s->nroutes; i++)
		restore_route(e, &s->routes[i]);
	for (size_t i = 0; i < s->ncells; i++)
		restore_cell(e, &s->cells[i]);
	for (size_t i = 0; i < s->nparams; i++)
		restore_param(e, &s->params[i]);
}
