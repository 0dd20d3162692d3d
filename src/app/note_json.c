#include "note_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cuewire/midi.h"
#include "cuewire/osc.h"

static void add_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
	char hex[3 * NOTE_DATA];

	midi_fmt(hex, bytes, len);
	buf_json_str(b, hex);
}

static void add_arg(struct buf *b, const struct osc_arg *a)
{
	switch (a->type) {
	case 'h':
	case 't':
		buf_fmt(b, "%" PRId64, a->i64);
		break;
	case 'T':
	case 'F':
		buf_puts(b, a->type == 'T' ? "true" : "false");
		break;
	case 'N':
		buf_puts(b, "null");
		break;
	case 'I':
		buf_puts(b, "\"I\"");
		break;
	case 's':
	case 'S':
		buf_json_strn(b, a->str.p, a->str.len);
		break;
	case 'b':
		buf_fmt(b, "\"%" PRIu32 " bytes\"", a->str.len);
		break;
	case 'r':
	case 'm':
		add_hex(b, a->bytes, 4);
		break;
	default:
		buf_json_num(b, a->num);
		break;
	}
}

void note_json_args(struct buf *b, const struct osc_msg *m)
{
	buf_putc(b, '[');
	for (size_t i = 0; i < m->nargs; i++) {
		if (i)
			buf_puts(b, ", ");
		add_arg(b, &m->args[i]);
	}
	buf_putc(b, ']');
}

/* The type that a reader takes an argument for who has only its JSON: see recording.c. */
static char read_type(const struct osc_arg *a)
{
	switch (a->type) {
	case 'i':
	case 'T':
	case 'F':
	case 'N':
	case 'I':
		return a->type;
	case 'f': /* "1" is an i, and a number that is none is null */
		return isfinite(a->num) && a->num != floor(a->num) ? 'f' : '\0';
	case 's':
		return a->str.len == 1 && *a->str.p == 'I' ? '\0' : 's';
	default:
		return '\0';
	}
}

/* Only where the arguments alone would be read as others. */
static void add_types(struct buf *b, const struct osc_msg *m)
{
	char types[OSC_ARGS_MAX + 2] = ",";
	bool same = true;

	for (size_t i = 0; i < m->nargs; i++) {
		types[1 + i] = m->args[i].type;
		same &= read_type(&m->args[i]) == m->args[i].type;
	}
	if (!same)
		buf_fmt(b, ", \"types\": \"%s\"", types);
}

static void add_address(struct buf *b, const char *key, const char *address, size_t len)
{
	struct buf name;

	buf_init(&name, OSC_PACKET_MAX);
	buf_puts(&name, "osc:");
	buf_add(&name, address, len);
	buf_fmt(b, ", \"%s\": ", key);
	buf_json_strn(b, name.p, name.len);
	buf_finish(&name);
}

void note_json_osc(struct buf *b, const char *key, const struct osc_msg *m)
{
	add_address(b, key, m->address, m->address_len);
	buf_puts(b, ", \"args\": ");
	note_json_args(b, m);
}

/* "key": "osc:/x", "args": [...]; of one that was cut, null */
static void add_osc(struct buf *b, const char *key, const struct note *n, const void *data,
                    size_t len, bool types)
{
	struct osc_msg m;

	if (!len || osc_read(&m, data, len)) {
		add_address(b, key, n->in.address, strlen(n->in.address));
		buf_puts(b, ", \"args\": null");
		return;
	}
	note_json_osc(b, key, &m);
	if (types)
		add_types(b, &m);
}

static void add_midi(struct buf *b, const char *key, const struct mapping *m, int port,
                     const void *data, size_t len)
{
	buf_fmt(b, ", \"%s\": \"midi:%s\", \"midi\": ", key, m->ports[port].name);
	add_hex(b, data, len);
}

/* Its text is the line's, but for the time and the braces. */
static void add_intent(struct buf *b, const struct note *n, const void *data, size_t len)
{
	buf_puts(b, ", ");
	if (len)
		buf_add(b, data, len);
	else
		buf_puts(b, "\"in\": \"intent\", \"intent\": null");
	if (n->in.label[0])
		buf_fmt(b, ", \"refused\": \"%s\"", n->in.label);
}

static void add_event(struct buf *b, const struct mapping *m, const struct note *n)
{
	const struct event_info *e = &event_info[n->event];

	buf_fmt(b, ", \"in\": \"%s%s\"", e->name, e->who == WHO_PORT ? m->ports[n->who].name : "");
	if (e->who == WHO_PEER || e->who == WHO_CLIENT)
		buf_fmt(b, ", \"%s\": %u", e->who == WHO_PEER ? "peer" : "client", n->who);
	if (e->who != WHO_CONTROL)
		return;
	buf_puts(b, ", \"control\": ");
	buf_json_str(b, m->controls[n->who].name);
}

static void add_in(struct buf *b, const struct mapping *m, const struct note *n, const void *data,
                   size_t len)
{
	switch (n->event) {
	case EVENT_OSC:
		add_osc(b, "in", n, data, len, true);
		buf_fmt(b, ", \"peer\": %u", n->who);
		break;
	case EVENT_MIDI:
		add_midi(b, "in", m, n->who, data, len);
		break;
	case EVENT_INTENT:
		add_intent(b, n, data, len);
		break;
	default:
		add_event(b, m, n);
		break;
	}
}

/* From the arrival of the cause to the end of the write; a replay writes nothing. */
static void add_latency(struct buf *b, const struct note *n)
{
	if (n->out.written_ns)
		buf_fmt(b, ", \"latency_us\": %.1f", (double)(n->out.written_ns - n->t_ns) / 1e3);
}

static void add_out(struct buf *b, const struct mapping *m, const struct note *n)
{
	const struct control *c = &m->controls[n->control];

	buf_fmt(b, ", \"port\": \"%s\", \"state\": \"%s\", \"control\": ", m->ports[n->port].name,
	        n->out.simulated ? "simulated" : "open");
	buf_json_str(b, c->name);
	buf_puts(b, ", \"value\": ");
	buf_json_num(b, (double)n->out.value);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->out.label);
	add_latency(b, n);
	if (n->out.len) {
		buf_puts(b, ", \"midi\": ");
		add_hex(b, n->out.bytes, n->out.len);
	} else {
		buf_puts(b, ", \"osc\": ");
		buf_json_str(b, c->osc_out ? c->osc_out : c->osc);
		buf_puts(b, ", \"args\": [");
		buf_json_num(b, (double)n->out.value);
		buf_putc(b, ']');
	}
	buf_fmt(b, ", \"seq\": %" PRIu64, n->seq);
}

/* What shows a control: "shown" in place of "control", so that nobody takes it for what moves it. */
static void add_light(struct buf *b, const struct mapping *m, const struct note *n)
{
	buf_puts(b, ", \"shown\": ");
	buf_json_str(b, m->controls[n->control].name);
	buf_fmt(b, ", \"port\": \"%s\", \"value\": ", m->ports[n->port].name);
	buf_json_num(b, (double)n->out.value);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->out.label);
	add_latency(b, n);
	buf_puts(b, ", \"midi\": ");
	add_hex(b, n->out.bytes, n->out.len);
}

static void add_shown(struct buf *b, const struct mapping *m, const struct note *n)
{
	struct osc_msg shown;

	buf_puts(b, ", \"shown\": ");
	buf_json_str(b, m->controls[n->control].name);
	buf_puts(b, ", \"client\": ");
	buf_json_str(b, n->in.address);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->in.label);
	if (!n->in.len || osc_read(&shown, n->in.data, n->in.len))
		return;
	buf_puts(b, ", \"osc\": ");
	buf_json_strn(b, shown.address, shown.address_len);
	buf_puts(b, ", \"args\": ");
	note_json_args(b, &shown);
}

/* What was not written: "expired", "dropped" or "differs": true in place of the bytes. */
static void add_unwritten(struct buf *b, const struct mapping *m, const struct note *n)
{
	buf_fmt(b, ", \"port\": \"%s\", \"control\": ", m->ports[n->port].name);
	buf_json_str(b, m->controls[n->control].name);
	buf_puts(b, ", \"value\": ");
	buf_json_num(b, (double)n->out.value);
	if (n->kind != NOTE_DIFFERS) {
		buf_puts(b, ", \"from\": ");
		buf_json_str(b, n->out.label);
		buf_fmt(b, ", \"seq\": %" PRIu64, n->seq);
	}
	buf_fmt(b, ", \"%s\": true",
	        n->kind == NOTE_EXPIRED   ? "expired"
	        : n->kind == NOTE_DROPPED ? "dropped"
	                                  : "differs");
}

static void add_refused(struct buf *b, const struct mapping *m, const struct note *n)
{
	buf_puts(b, ", \"refused\": ");
	buf_json_str(b, m->controls[n->control].name);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->out.label);
	buf_fmt(b, ", \"held_by\": \"%s\"", rank_names[(int)n->out.value]);
}

static void add_loop(struct buf *b, const struct mapping *m, const struct note *n)
{
	const struct route *r = &m->routes[n->control];

	buf_puts(b, ", \"loop\": ");
	buf_json_str(b, r->macro ? "macro" : m->controls[r->to].name);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, r->label);
}

static void add_tempo(struct buf *b, const struct note *n)
{
	buf_puts(b, ", \"tempo\": ");
	buf_json_num(b, (double)n->out.value);
	buf_fmt(b, ", \"state\": \"%s\"", tempo_names[n->control]);
}

static void add_note(struct buf *b, const struct mapping *m, const struct note *n, const void *data,
                     size_t len)
{
	switch (n->kind) {
	case NOTE_OUT:
		add_out(b, m, n);
		break;
	case NOTE_IN:
		add_in(b, m, n, data, len);
		break;
	case NOTE_UNMAPPED_OSC:
		add_osc(b, "unmapped", n, data, len, false);
		break;
	case NOTE_UNMAPPED_MIDI:
		add_midi(b, "unmapped", m, n->port, data, len);
		break;
	case NOTE_LIGHT:
		add_light(b, m, n);
		break;
	case NOTE_SHOWN:
		add_shown(b, m, n);
		break;
	case NOTE_TEMPO:
		add_tempo(b, n);
		break;
	case NOTE_REFUSED:
		add_refused(b, m, n);
		break;
	case NOTE_LOOP:
		add_loop(b, m, n);
		break;
	case NOTE_EXPIRED:
	case NOTE_DROPPED:
	case NOTE_DIFFERS:
		add_unwritten(b, m, n);
		break;
	default:
		break;
	}
}

void note_json(struct buf *b, const struct mapping *m, const struct note *n, const void *data,
               size_t len)
{
	buf_fmt(b, "{\"t_ns\": %" PRIu64, n->t_ns);
	add_note(b, m, n, data ? data : n->in.data, data ? len : n->in.len);
	buf_putc(b, '}');
}
