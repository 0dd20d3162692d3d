#include "live_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/clock.h"
#include "cuewire/mem.h"
#include "cuewire/outline.h"
#include "cuewire/platform.h"

#define QUIT_WAIT_NS UINT64_C(200000000) /* for what is still to be written */
#define OSC_TURN 32 /* packets of one socket before the others have their turn */

/* What is polled beside ports; sockets count down from POLLED_OSC. */
enum { POLLED_WAKE = -1, POLLED_OSC = -2 };

/* ---- notes ---- */

/* What makes a line of its own. */
static void count_lost(struct live *l, enum note_kind kind)
{
	l->lost_inputs += kind == NOTE_IN;
	l->lost_lines += kind != NOTE_IN && kind != NOTE_MORE && kind != NOTE_SIM;
}

static void tell_lost(struct live *l, struct note *n)
{
	n->kind = NOTE_LOST;
	n->mapping = l->reloads;
	n->lost.lines = l->lost_lines;
	n->lost.inputs = l->lost_inputs;
	l->lost_lines = l->lost_inputs = 0;
	live_note_push(l);
}

struct note *live_note(struct live *l, enum note_kind kind)
{
	struct note *n = ring_slot(l->q->notes);

	if (n && (l->lost_lines || l->lost_inputs)) {
		tell_lost(l, n);
		n = ring_slot(l->q->notes);
	}
	if (!n) {
		count_lost(l, kind);
		return NULL;
	}
	n->kind = kind;
	n->mapping = l->reloads;
	return n;
}

void live_note_push(struct live *l)
{
	if (ring_push(l->q->notes))
		queue_wake(l->q->reply_wake[1]);
}

static void loop(void *ctx, uint64_t t_ns, uint16_t route)
{
	struct live *l = ctx;
	struct note *n = live_note(l, NOTE_LOOP);

	if (!n)
		return;
	n->t_ns = t_ns;
	n->control = route;
	live_note_push(l);
}

static void refused(void *ctx, uint64_t t_ns, uint16_t control, const struct source *s)
{
	struct live *l = ctx;
	struct note *n = l->watch & WATCH_OUT ? live_note(l, NOTE_REFUSED) : NULL;

	if (!n)
		return;
	n->t_ns = t_ns;
	n->control = control;
	n->out.value = (float)engine_state(l->engine, control)->rank;
	snprintf(n->out.label, sizeof(n->out.label), "%s", s->label);
	live_note_push(l);
}

static void tempo(void *ctx, uint64_t t_ns, const struct tempo *t)
{
	struct live *l = ctx;
	struct note *n = live_note(l, NOTE_TEMPO);

	if (!n)
		return;
	n->t_ns = t_ns;
	n->control = (uint16_t)t->state;
	n->out.value = (float)tempo_bpm(t);
	live_note_push(l);
}

/* ---- orders ---- */

static void end_job(struct live *l, size_t i)
{
	queue_reply(l->q, &(struct reply){ .kind = REPLY_JOB_DONE, .job = l->jobs[i] });
	l->njobs--;
	memmove(&l->jobs[i], &l->jobs[i + 1], (l->njobs - i) * sizeof(struct job *));
}

static bool takes_time(const struct job *j)
{
	for (size_t i = 0; i < j->batch.n; i++)
		if (j->acts[i].act.over.amount > 0.0f)
			return true;
	return false;
}

/* Jobs whose messages have all met their fate are answered, in the order in which they came; those
 * with nothing left go back. */
static void check_jobs(struct live *l)
{
	for (size_t i = 0; i < l->njobs;) {
		struct job *j = l->jobs[i];

		if (j->open) {
			i++;
			continue;
		}
		if (!j->replied) {
			j->scheduled = j->batch.next < j->batch.n || takes_time(j);
			j->replied = true;
			queue_reply(l->q, &(struct reply){ .kind = REPLY_JOB, .job = j });
		}
		if (j->batch.next == j->batch.n)
			end_job(l, i);
		else
			i++;
	}
}

static size_t siblings(const struct job *j)
{
	size_t n = 0;

	for (; j; j = j->sibling)
		n++;
	return n;
}

/* What is refused here is given back at once and needs no place in the table. */
static void refuse_job(struct live *l, struct job *j)
{
	j->replied = true;
	queue_reply(l->q, &(struct reply){ .kind = REPLY_JOB, .job = j });
	queue_reply(l->q, &(struct reply){ .kind = REPLY_JOB_DONE, .job = j });
}

static void start_job(struct live *l, struct job *j, uint64_t now)
{
	l->jobs[l->njobs++] = j;
	engine_batch(l->engine, now, &j->batch); /* there is room: see look_at */
}

/* What speaks against all of them together: they begin together, or not at all. */
static void look_at(const struct live *l, struct job *first, uint64_t now)
{
	const size_t n = siblings(first);
	const bool room = l->njobs + n <= JOBS_MAX && engine_has_room(l->engine, n);
	bool may = true;
	uint16_t locked = 0;

	for (const struct job *j = first; j && may; j = j->sibling)
		may = engine_may(l->engine, now, &j->batch, &locked);
	for (struct job *j = first; j; j = j->sibling) {
		j->refused_expired = now > j->expires_ns;
		j->refused_rank = !may;
		j->refused_unsure =
			!may && engine_is_unsure(l->engine, locked, first->batch.source.rank);
		j->locked = locked;
		j->refused_busy = !room;
	}
}

/* A sibling may be gone to the control thread, and freed there, as soon as it is refused. */
static void start_jobs(struct live *l, struct job *j)
{
	const uint64_t now = live_begin(l, clock_ns());

	look_at(l, j, now);
	while (j) {
		struct job *next = j->sibling;

		live_intent(l, now, j);
		if (j->refused_expired || j->refused_rank || j->refused_busy)
			refuse_job(l, j);
		else
			start_job(l, j, now);
		j = next;
	}
}

static void take_snapshot(struct live *l, struct snapshot *s)
{
	s->t_ns = clock_ns();
	s->counters = *l->n;
	s->bpm = tempo_bpm(engine_tempo(l->engine));
	s->tempo = engine_tempo(l->engine)->state;
	for (size_t i = 0; i < l->m->nports && i < s->nports; i++) {
		s->ports[i] = l->ports[i].n;
		s->ports[i].backlog = lane_backlog(&l->ports[i].lane);
		s->counters.backlog += s->ports[i].backlog;
	}
	for (size_t i = 0; i < l->osc.n; i++)
		s->counters.dropped += platform_drops(l->osc.fds[i]);
	for (size_t i = 0; i < l->m->ncontrols && i < s->ncontrols; i++) {
		s->controls[i] = (struct control_view){ .asked = *engine_state(l->engine, i),
			                                .sent = l->books.sent[i],
			                                .simulated = l->books.sim.value[i],
			                                .differs = l->books.differs[i] };
		if (l->books.differs[i] && (size_t)l->m->controls[i].port < s->nports)
			s->ports[l->m->controls[i].port].differ++;
	}
	queue_reply(l->q, &(struct reply){ .kind = REPLY_SNAPSHOT, .snapshot = s });
}

static void take_flight(struct live *l, struct flight_copy *c)
{
	flight_take(&l->flight, live_begin(l, clock_ns()), c);
	queue_reply(l->q, &(struct reply){ .kind = REPLY_FLIGHT, .flight = c });
}

static void cancel(struct live *l)
{
	engine_cancel(l->engine, live_event(l, clock_ns(), EVENT_STOP, 0));
}

static void gone(struct live *l, uint16_t client)
{
	const uint64_t now = live_event(l, clock_ns(), EVENT_GONE_CLIENT, client);

	engine_gone(l->engine, now, FROM_INTENT, client);
}

static void quit(struct live *l)
{
	l->quitting = true;
	l->npolled = 0;
	l->quit_ns = clock_ns() + QUIT_WAIT_NS;
	cancel(l);
	engine_release_all(l->engine, live_event(l, clock_ns(), EVENT_EXIT, 0));
}

static void order(struct live *l, const struct order *o)
{
	switch (o->kind) {
	case ORDER_PORT_UP:
		live_port_up(l, o);
		break;
	case ORDER_PORT_DOWN:
		live_port_down(l, o->port);
		break;
	case ORDER_JOB:
		start_jobs(l, o->job);
		break;
	case ORDER_CANCEL:
		cancel(l);
		break;
	case ORDER_GONE:
		gone(l, o->client);
		break;
	case ORDER_SNAPSHOT:
		take_snapshot(l, o->snapshot);
		break;
	case ORDER_FLIGHT:
		take_flight(l, o->flight);
		break;
	case ORDER_SYNC:
		live_sync(l, o->client);
		break;
	case ORDER_WATCH:
		l->watch = o->watch;
		break;
	case ORDER_RELOAD:
		live_reload(l, o->next);
		break;
	case ORDER_QUIT:
		quit(l);
		break;
	}
}

static void take_orders(struct live *l)
{
	const struct order *o;

	queue_drain_wake(l->q->order_wake[0]);
	while ((o = ring_peek(l->q->orders))) {
		order(l, o);
		ring_pop(l->q->orders);
	}
}

/* ---- the loop ---- */

static void add_polled(struct live *l, int fd, int what)
{
	l->polled[l->npolled] = (struct pollfd){ .fd = fd, .events = POLLIN };
	l->polled_port[l->npolled++] = what;
}

static void set_polled(struct live *l)
{
	/* Orders first: a port that is said to be open must be so for what comes behind that. */
	add_polled(l, l->q->order_wake[0], POLLED_WAKE);
	for (size_t i = 0; i < l->osc.n && !l->quitting; i++)
		add_polled(l, l->osc.fds[i], POLLED_OSC - (int)i);
	for (size_t i = 0; i < l->m->nports; i++)
		if (l->ports[i].up && l->ports[i].how != HOW_OSC && l->ports[i].in_fd >= 0)
			add_polled(l, l->ports[i].in_fd, (int)i);
}

static uint64_t deadline(const struct live *l)
{
	const uint64_t osc = osc_in_deadline(&l->osc);
	uint64_t t = *l->clock.due_ns;

	if (osc < t)
		t = osc;
	if (l->ports_due_ns < t)
		t = l->ports_due_ns;
	if (l->quitting && l->quit_ns < t)
		t = l->quit_ns;
	return t;
}

/* An entry may have become stale by what an earlier one brought: a port that is up again then has
 * nothing to say, and no harm is done. */
static void serve(struct live *l, int ready)
{
	for (size_t i = 0; ready; i++) {
		if (!l->polled[i].revents)
			continue;
		ready--;
		if (l->polled_port[i] == POLLED_WAKE)
			take_orders(l);
		else if (l->polled_port[i] <= POLLED_OSC)
			osc_in_read(&l->osc, (size_t)(POLLED_OSC - l->polled_port[i]), OSC_TURN);
		else if (l->ports[l->polled_port[i]].up)
			live_port_read(l, l->polled_port[i]);
	}
}

static void tick(struct live *l)
{
	const uint64_t now = clock_ns();

	osc_in_tick(&l->osc, now);
	engine_tick(l->engine, now);
	live_ports_tick(l, now);
}

static void *run(void *ctx)
{
	struct live *l = ctx;

	engine_start(l->engine, live_event(l, clock_ns(), EVENT_START, 0));
	while (!l->quitting || (live_ports_busy(l) && clock_ns() < l->quit_ns)) {
		const uint64_t next = deadline(l);
		int ready;

		if (!l->npolled)
			set_polled(l);
		ready = platform_poll(l->polled, l->npolled, next);
		if (ready > 0)
			serve(l, ready);
		if (next != TIME_NEVER)
			tick(l);
		if (l->failed)
			live_ports_failed(l);
		if (l->njobs)
			check_jobs(l);
	}
	for (size_t i = 0; i < l->m->nports; i++)
		live_port_down(l, (int)i);
	check_jobs(l);
	queue_reply(l->q, &(struct reply){ .kind = REPLY_QUIT });
	return NULL;
}

/* ---- start and end ---- */

static void free_live(struct live *l)
{
	osc_in_finish(&l->osc);
	engine_free(l->engine);
	live_free_books(&l->books);
	free(l->ports);
	free(l->polled);
	free(l->polled_port);
	free(l);
}

struct engine *live_engine(struct live *l, const struct mapping *m)
{
	const struct sink sink = {
		.ctx = l,
		.send = live_send,
		.unmapped_osc = live_unmapped_osc,
		.unmapped_midi = live_unmapped_midi,
		.unmapped_sysex = live_unmapped_sysex,
		.loop = loop,
		.show = live_show,
		.tempo = tempo,
		.refused = refused,
	};

	return engine_new(m, &sink);
}

static struct live *make(const struct mapping *m, struct queues *q, const int *osc_fds, size_t n)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->m = m;
	l->q = q;
	l->ports_due_ns = TIME_NEVER;
	l->engine = live_engine(l, m);
	l->n = engine_counters(l->engine);
	l->clock = engine_clock(l->engine);
	osc_in_init(&l->osc, m, l->n);
	l->osc.ctx = l;
	l->osc.number = live_number;
	l->osc.message = live_osc;
	l->osc.gone = live_osc_gone;
	live_make_books(&l->books, m);
	flight_init(&l->flight, l->books.mem, m);
	memcpy(l->osc.fds, osc_fds, n * sizeof(*osc_fds));
	l->osc.n = n;
	l->ports = xcalloc(MAPPING_PORTS_MAX, sizeof(*l->ports));
	for (size_t i = 0; i < m->nports; i++) {
		l->ports[i].has_lane = port_is_midi(&m->ports[i]);
		if (l->ports[i].has_lane)
			lane_init(&l->ports[i].lane, l->books.mem, m->ncontrols + m->nlights);
	}
	l->nports = m->nports;
	l->polled = xcalloc(POLLED_MAX, sizeof(*l->polled));
	l->polled_port = xcalloc(POLLED_MAX, sizeof(*l->polled_port));
	return l;
}

struct live *live_start(const struct mapping *m, struct queues *q, const int *osc_fds, size_t n,
                        unsigned watch)
{
	struct live *l = make(m, q, osc_fds, n);
	sigset_t all, before;
	int err;

	l->watch = watch;
	/* Signals are the control thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return l;
	free_live(l);
	errno = err;
	return NULL;
}

void live_join(struct live *l)
{
	pthread_join(l->thread, NULL);
	free_live(l);
}
