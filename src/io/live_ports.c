/* The ports of the engine thread: what leaves, by whatever way the port has, and what comes in by
 * MIDI. A port that is not up is simulated. */
#include "live_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/osc_out.h"
#include "cuewire/outline.h"
#include "cuewire/platform.h"

/* ---- the fate of a message ---- */

/* written_ns 0: just now. */
static void note_out(struct live *l, enum note_kind kind, int port, const struct msg *p,
                     bool simulated, uint64_t written_ns)
{
	struct note *n = live_note(l, kind);

	if (!n)
		return;
	n->port = (int16_t)port;
	n->control = p->control;
	n->t_ns = p->t_ns;
	n->seq = p->seq;
	n->out.written_ns = written_ns ? written_ns : clock_ns();
	n->out.value = p->value;
	n->out.simulated = simulated;
	n->out.len = p->len;
	memcpy(n->out.bytes, p->bytes, sizeof(n->out.bytes));
	snprintf(n->out.label, sizeof(n->out.label), "%s", p->label);
	live_note_push(l);
}

static void note_sim(struct live *l, const struct msg *p)
{
	struct note *n = live_note(l, NOTE_SIM);

	if (!n)
		return;
	n->control = p->control;
	n->t_ns = p->t_ns;
	n->out.value = p->value;
	live_note_push(l);
}

/* Tells the intent that the message is of, if any. */
static void job_result(int port, const struct msg *p, int how)
{
	struct job *j = (struct job *)p->batch; /* its first member */

	if (!j)
		return;
	j->open--;
	if (!j->replied && j->nresults < ACTS_MAX)
		j->results[j->nresults++] =
			(struct act_result){ p->control, (int16_t)port, p->value, how };
}

static inline void was_sent(struct live *l, int port, const struct msg *p, uint64_t written_ns)
{
	l->n->midi_out += p->len != 0;
	if (!p->light) {
		l->books.sent[p->control] = p->value;
		l->books.differs[p->control] = false;
	}
	if (l->watch & WATCH_OUT)
		note_out(l, p->light ? NOTE_LIGHT : NOTE_OUT, port, p, false, written_ns);
	if (p->batch)
		job_result(port, p, ACT_SENT);
}

static void was_simulated(struct live *l, int port, const struct msg *p)
{
	const bool changed = sim_take(&l->books.sim, l->m, p->control, p->value);

	l->n->midi_out += p->len != 0;
	if (kinds[l->m->controls[p->control].kind].resent)
		l->books.differs[p->control] = l->books.sent[p->control] != p->value;
	if (l->watch & WATCH_OUT)
		note_out(l, NOTE_OUT, port, p, true, 0);
	if (changed && l->watch & WATCH_SIM)
		note_sim(l, p);
	job_result(port, p, ACT_SIMULATED);
}

static void was_dropped(struct live *l, int port, const struct msg *p)
{
	l->n->dropped++;
	l->ports[port].n.dropped++;
	if (l->watch & WATCH_OUT && !p->light)
		note_out(l, NOTE_DROPPED, port, p, false, 0);
	job_result(port, p, ACT_FAILED);
}

/* An edge or a step that is not written any more. */
static void was_expired(struct live *l, int port, const struct msg *p)
{
	l->n->expired++;
	l->ports[port].n.expired++;
	note_out(l, NOTE_EXPIRED, port, p, false, 0);
	job_result(port, p, ACT_FAILED);
}

/* The port went while this was on its way. maybe: it may have been written, or not. */
static void was_cut_off(struct live *l, int port, const struct msg *p, bool maybe)
{
	if (p->light) /* it is shown anew when the port is back */
		return;
	if (!kinds[l->m->controls[p->control].kind].resent) {
		was_expired(l, port, p);
		return;
	}
	was_simulated(l, port, p);
	l->books.differs[p->control] |= maybe;
}

/* ---- ways out ---- */

static void lose(struct live *l, int port, const char *reason)
{
	struct live_port *p = &l->ports[port];
	struct reply r = { .kind = REPLY_PORT_LOST, .port = port };

	snprintf(r.reason, sizeof(r.reason), "%s", p->reason[0] ? p->reason : reason);
	live_port_down(l, port);
	queue_reply(l->q, &r);
}

static void send_link_record(struct live *l, int port, const struct msg *x)
{
	struct live_port *p = &l->ports[port];
	struct link_record r = { .kind = LINK_WRITE,
		                 .len = x->len,
		                 .seq = p->seq++,
		                 .t_ns = x->t_ns,
		                 .key = x->control };

	memcpy(r.bytes, x->bytes, x->len);
	if (x->edge == EDGE_PRESS) {
		r.flags = LINK_PRESS;
		r.release_len = engine_release_bytes(&l->m->controls[x->control], r.release);
	} else if (x->edge == EDGE_RELEASE) {
		r.flags = LINK_RELEASE;
	}
	/* With LINK_WINDOW records at most there is always room: what fails is a host that is gone,
	 * and reading its end says so. */
	while (send(p->out_fd, &r, sizeof(r), MSG_DONTWAIT) < 0 && errno == EINTR)
		;
}

static void due_by(struct live *l, uint64_t t_ns)
{
	if (t_ns < l->ports_due_ns)
		l->ports_due_ns = t_ns;
}

static void send_now(struct live *l, int port, const struct msg *x, uint64_t now)
{
	struct live_port *p = &l->ports[port];

	budget_take(&p->budget, now, x->len);
	send_link_record(l, port, x);
	if (p->answer_ns != TIME_NEVER)
		return;
	p->answer_ns = now + ANSWER_NS;
	due_by(l, p->answer_ns);
}

/* Hands over what may go now. */
static void pump(struct live *l, int port)
{
	struct live_port *p = &l->ports[port];
	const uint64_t now = clock_ns();
	const struct msg *x;

	p->room_ns = TIME_NEVER;
	for (;;) {
		switch (lane_next(&p->lane, now, budget_room(&p->budget, now), &x)) {
		case LANE_WRITE:
			send_now(l, port, x, now);
			break;
		case LANE_EXPIRED:
			was_expired(l, port, x);
			break;
		case LANE_NO_ROOM:
			p->room_ns = budget_when(&p->budget, x->len);
			due_by(l, p->room_ns);
			return;
		case LANE_NOTHING:
			return;
		}
	}
}

const char *live_keep_label(struct live *l, const char *label)
{
	char *slot = l->labels[l->next_label++ % LABELS];

	snprintf(slot, sizeof(l->labels[0]), "%s", label);
	return slot;
}

static void send_link(struct live *l, struct live_port *p, const struct msg *x)
{
	struct msg kept = *x, old;

	if (x->brief)
		kept.label = live_keep_label(l, x->label);
	switch (lane_push(&p->lane, &kept, &old)) {
	case LANE_FULL:
		was_expired(l, x->port, x);
		return;
	case LANE_COALESCED:
		l->n->coalesced++;
		p->n.coalesced++;
		if (old.batch)
			((struct job *)old.batch)->open--;
		return;
	case LANE_QUEUED:
		pump(l, x->port);
		return;
	}
}

OUTLINE static void fail_raw(struct live *l, struct live_port *p, const struct msg *x, ssize_t n)
{
	if (n < 0 && errno == EAGAIN) {
		was_dropped(l, x->port, x);
		return;
	}
	/* Its reader has gone: the stand-in gets this one, and all that follow. */
	snprintf(p->reason, LINK_TEXT, "%s", n < 0 ? strerror(errno) : "a write was cut short");
	p->ready = false;
	p->failed = l->failed = true;
	if (!x->light)
		was_simulated(l, x->port, x);
}

static void send_raw(struct live *l, struct live_port *p, const struct msg *x)
{
	ssize_t n;

	do
		n = platform_write(p->out_fd, x->bytes, x->len);
	while (n < 0 && errno == EINTR);
	if (n == x->len)
		was_sent(l, x->port, x, 0);
	else
		fail_raw(l, p, x, n);
}

static void send_osc(struct live *l, struct live_port *p, const struct msg *x)
{
	const struct control *c = &l->m->controls[x->control];
	char bytes[1024];
	const size_t len =
		osc_out_number(bytes, sizeof(bytes), c->osc_out, x->value, c->kind == KIND_ENCODER);

	/* Nobody listening (ECONNREFUSED) is for the receiver to mend: UDP promises nothing. */
	if (!len || (send(p->out_fd, bytes, len, MSG_DONTWAIT) < 0 && errno == EAGAIN))
		was_dropped(l, x->port, x);
	else
		was_sent(l, x->port, x, 0);
}

static void (*const ways_out[])(struct live *l, struct live_port *p, const struct msg *x) = {
	[HOW_LINK] = send_link,
	[HOW_RAW] = send_raw,
	[HOW_OSC] = send_osc,
};

OUTLINE static void send_seldom(struct live *l, const struct msg *m)
{
	struct live_port *p = &l->ports[m->port];

	if (m->light && !p->ready)
		return;
	if (!m->light)
		flight_out(&l->flight, m, !p->ready);
	if (m->batch)
		((struct job *)m->batch)->open++;
	if (!p->ready)
		was_simulated(l, m->port, m);
	else
		ways_out[p->how](l, p, m);
}

/* Nearly always it is of no intent, moves a control, goes to a port that is there, and there is room in
 * the flight recorder. */
void live_send(void *ctx, const struct msg *m)
{
	struct live *l = ctx;
	struct live_port *p = &l->ports[m->port];

	if (!m->light && !m->batch && p->ready && flight_out_quick(&l->flight, m, false))
		ways_out[p->how](l, p, m);
	else
		send_seldom(l, m);
}

/* ---- up and down ---- */

void live_port_up(struct live *l, const struct order *o)
{
	struct live_port *p = &l->ports[o->port];
	uint64_t now;

	l->npolled = 0;
	p->up = true;
	p->how = o->how;
	p->in_fd = o->in_fd;
	p->out_fd = o->out_fd;
	p->seq = 0;
	p->rx_len = 0;
	p->reason[0] = '\0';
	p->failed = false;
	p->ready = p->out_fd >= 0;
	p->answer_ns = p->room_ns = TIME_NEVER;
	p->parser = (struct midi_parser){ 0 };
	budget_init(&p->budget, o->bytes_per_s);
	if (p->out_fd < 0)
		return;
	now = live_event(l, clock_ns(), EVENT_UP, (uint16_t)o->port);
	live_return(l, o->port);
	engine_port_up(l->engine, now, o->port);
}

static void close_port(struct live *l, int port)
{
	struct live_port *p = &l->ports[port];
	bool maybe;
	struct msg x;

	l->npolled = 0;
	p->up = p->ready = false;
	if (p->in_fd >= 0)
		close(p->in_fd);
	if (p->out_fd >= 0 && p->out_fd != p->in_fd)
		close(p->out_fd);
	while (p->has_lane && lane_drain(&p->lane, &x, &maybe))
		was_cut_off(l, port, &x, maybe);
}

static void tell_engine(struct live *l, int port)
{
	engine_port_down(l->engine, live_event(l, clock_ns(), EVENT_DOWN, (uint16_t)port), port);
}

void live_port_down(struct live *l, int port)
{
	if (!l->ports[port].up)
		return;
	close_port(l, port);
	tell_engine(l, port);
}

void live_port_close(struct live *l, int port)
{
	if (!l->ports[port].up || l->ports[port].how == HOW_LINK) {
		live_port_down(l, port);
		return;
	}
	tell_engine(l, port);
	close_port(l, port);
}

void live_ports_tick(struct live *l, uint64_t now)
{
	if (now < l->ports_due_ns)
		return;
	l->ports_due_ns = TIME_NEVER;
	for (size_t i = 0; i < l->m->nports; i++) {
		const struct live_port *p = &l->ports[i];

		if (!p->up)
			continue;
		if (p->answer_ns <= now)
			lose(l, (int)i, "its driver stopped answering");
		else if (p->room_ns <= now)
			pump(l, (int)i);
		if (p->up)
			due_by(l, p->answer_ns < p->room_ns ? p->answer_ns : p->room_ns);
	}
}

void live_ports_failed(struct live *l)
{
	l->failed = false;
	for (size_t i = 0; i < l->m->nports; i++)
		if (l->ports[i].up && l->ports[i].failed)
			lose(l, (int)i, "");
}

bool live_ports_busy(const struct live *l)
{
	for (size_t i = 0; i < l->m->nports; i++) {
		const struct live_port *p = &l->ports[i];

		if (p->up && p->how == HOW_LINK && (p->lane.under_way || lane_backlog(&p->lane)))
			return true;
	}
	return false;
}

/* ---- in ---- */

/* The host has the same clock; one that has gone mad must not take the engine's time with it. */
static uint64_t stamp(const struct link_record *r)
{
	const uint64_t now = clock_ns();

	return r->t_ns < now ? r->t_ns : now;
}

/* The clock of a port that nobody follows is nothing but noise, as active sensing always is. */
static bool is_noise(const struct live *l, int port, const struct midi_msg *m)
{
	return m->status == MIDI_ACTIVE_SENSING ||
	       (m->status == MIDI_CLOCK && !l->m->ports[port].clock);
}

OUTLINE static void bytes_in(struct live *l, int port, uint64_t t_ns, const uint8_t *bytes,
                             size_t len)
{
	struct midi_parser *p = &l->ports[port].parser;
	struct midi_msg m;

	for (size_t i = 0; i < len; i++) {
		switch (midi_parse(p, bytes[i], &m)) {
		case MIDI_MESSAGE:
			if (!is_noise(l, port, &m))
				live_midi(l, t_ns, port, &m);
			break;
		case MIDI_WHOLE_SYSEX:
			live_sysex(l, t_ns, port, p->sysex, p->sysex_len);
			break;
		case MIDI_NOTHING:
			break;
		}
	}
	l->n->bad += p->discarded;
	p->discarded = 0;
}

static void link_done(struct live *l, int port, const struct link_record *r)
{
	struct msg x;

	if (!lane_done(&l->ports[port].lane, r->code == LINK_R_NONE, &x))
		return;
	l->ports[port].answer_ns = l->ports[port].lane.under_way ? r->t_ns + ANSWER_NS : TIME_NEVER;
	if (r->code == LINK_R_NONE)
		was_sent(l, port, &x, r->t_ns);
	else
		was_cut_off(l, port, &x, true);
	pump(l, port);
}

OUTLINE static void link_sysex(struct live *l, int port, const struct link_record *r)
{
	l->n->bad += r->value;
	bytes_in(l, port, stamp(r), (const uint8_t *)r->text,
	         r->len < LINK_TEXT ? r->len : LINK_TEXT);
}

static void link_record(struct live *l, int port, const struct link_record *r)
{
	struct live_port *p = &l->ports[port];
	struct midi_msg m;

	switch ((enum link_kind)r->kind) {
	case LINK_DONE:
		link_done(l, port, r);
		break;
	case LINK_MIDI:
		if (midi_from_bytes(&m, r->bytes, r->len))
			live_midi(l, stamp(r), port, &m);
		break;
	case LINK_SYSEX:
		link_sysex(l, port, r);
		break;
	case LINK_FAILED:
		snprintf(p->reason, sizeof(p->reason), "%.*s", LINK_TEXT, r->text);
		break;
	default:
		break;
	}
}

static void read_link(struct live *l, int port)
{
	struct live_port *p = &l->ports[port];
	const ssize_t n =
		recv(p->in_fd, p->rx + p->rx_len, sizeof(p->rx) - p->rx_len, MSG_DONTWAIT);
	struct link_record r;
	size_t used = 0;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			lose(l, port, "");
		return;
	}
	p->rx_len += (size_t)n;
	for (; p->up && p->rx_len - used >= sizeof(r); used += sizeof(r)) {
		memcpy(&r, p->rx + used, sizeof(r));
		link_record(l, port, &r);
	}
	p->rx_len -= used;
	memmove(p->rx, p->rx + used, p->rx_len);
}

static void read_raw(struct live *l, int port)
{
	struct live_port *p = &l->ports[port];
	uint8_t bytes[256];
	const ssize_t n = read(p->in_fd, bytes, sizeof(bytes));
	const uint64_t t_ns = clock_ns();

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* a file has an end; its port can still send */
		close(p->in_fd);
		p->in_fd = -1;
		l->npolled = 0;
		if (p->out_fd < 0)
			lose(l, port, n < 0 ? strerror(errno) : "read to its end");
		return;
	}
	bytes_in(l, port, t_ns, bytes, (size_t)n);
}

void live_port_read(struct live *l, int port)
{
	if (l->ports[port].how == HOW_LINK)
		read_link(l, port);
	else if (l->ports[port].how == HOW_RAW)
		read_raw(l, port);
}
