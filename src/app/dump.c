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
static void add_out(struct buf *b, const struct daemon *d, const struct flight_record *r,
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
	note_json(b, d->m, &n, NULL, 0);
}

static void add_in(struct buf *b, const struct daemon *d, const struct flight_record *r)
{
	const struct note n = {
		.kind = NOTE_IN, .event = (enum event)r->event, .who = r->who, .t_ns = r->t_ns
	};

	note_json(b, d->m, &n, r + 1, r->size - sizeof(*r));
}

/* As the packet was. */
static void add_number(struct buf *b, const struct daemon *d, const struct flight_record *r)
{
	const struct flight_number *x = (const void *)(r + 1);
	const struct note n = {
		.kind = NOTE_IN, .event = EVENT_OSC, .who = r->who, .t_ns = r->t_ns
	};
	char packet[1024];
	const size_t len =
		osc_out_number(packet, sizeof(packet), d->m->routes[x->route].osc, x->value, false);

	note_json(b, d->m, &n, packet, len);
}

static void add_records(struct buf *b, const struct daemon *d, const struct flight_copy *c)
{
	uint64_t seq = c->saved.seq;
	const struct flight_record *r;

	for (size_t at = 0; (r = flight_next(c, &at));) {
		if (r->event == EVENT_OUT)
			add_out(b, d, r, seq++);
		else if (r->event == EVENT_NUMBER)
			add_number(b, d, r);
		else
			add_in(b, d, r);
		buf_putc(b, '\n');
	}
}

void dump_request(struct daemon *d, struct client *c)
{
	struct flight_copy *copy = flight_copy_new(d->m);

	copy->client = c->id;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_FLIGHT, .flight = copy })) {
		d->owed++;
		c->pending++;
		return;
	}
	flight_copy_free(copy);
	outlet_line(&c->out, "{\"error\": \"busy\"}", 17);
}

void dump_reply(struct daemon *d, struct flight_copy *copy)
{
	struct client *c = clients_find(d, copy->client);
	struct buf b;

	if (c) {
		c->pending--;
		outlet_limit(&c->out, DUMP_MAX);
		buf_init(&b, DUMP_MAX - 2);
		recording_header(&b, &d->kept);
		buf_putc(&b, '\n');
		recording_state(&b, d->m, &copy->saved, copy->up);
		buf_putc(&b, '\n');
		add_records(&b, d, copy);
		buf_fmt(&b, "{\"t_ns\": %" PRIu64 ", \"end\": true}", copy->taken_ns);
		if (b.cut)
			outlet_line(&c->out, "{\"error\": \"the mapping is too large\"}", 36);
		else
			outlet_line(&c->out, b.p, b.len);
		buf_finish(&b);
	}
	flight_copy_free(copy);
}
