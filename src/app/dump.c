/* The flight recorder's memory as a recording: the question of `cuewire dump`. */
#include "daemon.h"

#include <inttypes.h>
#include <string.h>

#include "cuewire/osc_out.h"
#include "note_json.h"
#include "recording.h"

/* 1 MiB of records are a few of text, even where all are short ones; a header may be long. */
#define DUMP_MAX (64 * 1024 * 1024)

/* Sent or given to the stand-in: what became of it later is not in it. */
static void add_out(struct buf *b, const struct mapping *m, const struct flight_record *r,
                    uint64_t seq)
{
	const struct flight_out *o = (const void *)(r + 1);
	struct note n = {
		.kind = NOTE_OUT, .port = o->port, .control = r->who, .seq = seq, .t_ns = r->t_ns
	};

	n.out.value = o->value;
	n.out.simulated = r->flags & FLIGHT_SIMULATED;
	n.out.len = o->len;
	memcpy(n.out.bytes, o->bytes, sizeof(n.out.bytes));
	snprintf(n.out.label, sizeof(n.out.label), "%s",
	         r->flags & FLIGHT_BRIEF ? (const char *)(o + 1) : o->label);
	note_json(b, m, &n, NULL, 0);
}

static void add_in(struct buf *b, const struct mapping *m, const struct flight_record *r)
{
	const struct note n = {
		.kind = NOTE_IN, .event = (enum event)r->event, .who = r->who, .t_ns = r->t_ns
	};

	note_json(b, m, &n, r + 1, r->size - sizeof(*r));
}

/* As the packet was. */
static void add_number(struct buf *b, const struct mapping *m, const struct flight_record *r)
{
	const struct flight_number *x = (const void *)(r + 1);
	const struct note n = {
		.kind = NOTE_IN, .event = EVENT_OSC, .who = r->who, .t_ns = r->t_ns
	};
	char packet[1024];
	const size_t len =
		osc_out_number(packet, sizeof(packet), m->routes[x->route].osc, x->value, false);

	note_json(b, m, &n, packet, len);
}

static void add_records(struct buf *b, const struct mapping *m, const struct flight_copy *c,
                        size_t at, uint64_t *seq)
{
	const struct flight_record *r;

	while ((r = flight_next(c, &at))) {
		if (r->event == EVENT_OUT)
			add_out(b, m, r, (*seq)++);
		else if (r->event == EVENT_NUMBER)
			add_number(b, m, r);
		else
			add_in(b, m, r);
		buf_putc(b, '\n');
	}
}

/* ---- what was before reloads ---- */

static void forget_past(struct past *p)
{
	flight_copy_free(p->flight);
	kept_finish(&p->kept);
	mapping_free(p->m);
}

/* The oldest n. */
static void forget(struct pasts *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		forget_past(&p->list[i]);
	p->n -= n;
	memmove(p->list, p->list + n, p->n * sizeof(*p->list));
}

void dump_forget(struct daemon *d)
{
	forget(&d->pasts, d->pasts.n);
}

static size_t room(const struct pasts *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->list[i].flight->len;
	return n;
}

/* All together they have room for as much as the recorder itself. */
void dump_keep(struct daemon *d, struct past *past, const struct flight *f)
{
	struct pasts *p = &d->pasts;

	past->flight = flight_copy_new(past->m, flight_used(f));
	flight_take(f, past->reload_ns, past->flight);
	if (!past->flight->whole)
		dump_forget(d);
	if (p->n == PASTS_MAX)
		forget(p, 1);
	p->list[p->n++] = *past;
	while (room(p) > FLIGHT_ROOM && p->n > 1)
		forget(p, 1);
}

/* ---- the question ---- */

void dump_request(struct daemon *d, struct client *c)
{
	struct flight_copy *copy = flight_copy_new(daemon_coming(d), FLIGHT_ROOM);

	copy->client = c->id;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_FLIGHT, .flight = copy })) {
		d->owed++;
		c->pending++;
		return;
	}
	flight_copy_free(copy);
	outlet_line(&c->out, "{\"error\": \"busy\"}", 17);
}

static void begin(struct buf *b, const struct past *p)
{
	recording_header(b, &p->kept, p->m);
	buf_putc(b, '\n');
	recording_state(b, p->m, &p->flight->saved, p->flight->up);
	buf_putc(b, '\n');
}

static void go_on(struct buf *b, const struct past *p, uint64_t reload_ns)
{
	recording_reload(b, &p->kept, reload_ns);
	buf_putc(b, '\n');
}

/* Where the recorder has forgotten how it began, what was before is of no use. */
static void add_all(struct buf *b, struct daemon *d, struct flight_copy *copy)
{
	const struct past now = { .m = d->m, .kept = d->kept, .flight = copy };
	const struct past *p;
	uint64_t seq;

	if (!copy->whole)
		dump_forget(d);
	p = d->pasts.n ? d->pasts.list : &now;
	seq = p->flight->saved.seq;
	begin(b, p);
	add_records(b, p->m, p->flight, p->flight->begins, &seq);
	for (size_t i = 0; i < d->pasts.n; i++) {
		p = i + 1 < d->pasts.n ? &d->pasts.list[i + 1] : &now;
		go_on(b, p, d->pasts.list[i].reload_ns);
		add_records(b, p->m, p->flight, 0, &seq);
	}
	buf_fmt(b, "{\"t_ns\": %" PRIu64 ", \"end\": true}", copy->taken_ns);
}

void dump_reply(struct daemon *d, struct flight_copy *copy)
{
	struct client *c = clients_find(d, copy->client);
	struct buf b;

	if (c) {
		c->pending--;
		outlet_limit(&c->out, DUMP_MAX);
		buf_init(&b, DUMP_MAX - 2);
		add_all(&b, d, copy);
		if (b.cut)
			outlet_line(&c->out, "{\"error\": \"the mapping is too large\"}", 36);
		else
			outlet_line(&c->out, b.p, b.len);
		buf_finish(&b);
	}
	flight_copy_free(copy);
}
