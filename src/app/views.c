/* `cuewire status` and `cuewire state`, as the one JSON line that the bridge answers. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cuewire/sim.h"
#include "daemon.h"
#include "programs.h"

static void add_ports(struct buf *b, const struct daemon *d)
{
	for (size_t i = 0; i < d->m->nports; i++) {
		const struct port *p = &d->m->ports[i];
		const struct port_status *s = &d->ports[i];

		buf_fmt(b, "%s\"%s\": {\"state\": \"%s\", \"reason\": ", i ? ", " : "", p->name,
		        s->open ? "open" : "simulated");
		buf_json_str(b, s->reason[0] ? s->reason : NULL);
		buf_puts(b, ", \"detail\": ");
		buf_json_str(b, s->detail[0] ? s->detail : NULL);
		buf_fmt(b, ", \"optional\": %s, \"device\": ", p->optional ? "true" : "false");
		buf_json_str(b, s->device[0] ? s->device : NULL);
		buf_puts(b, ", \"open_ms\": ");
		if (s->open_ms >= 0)
			buf_fmt(b, "%.1f", s->open_ms);
		else
			buf_puts(b, "null");
		buf_puts(b, ", \"traktor\": null}");
	}
}

static void add_counters(struct buf *b, const struct counters *n)
{
	const struct {
		const char *name;
		uint64_t value;
	} list[] = {
		{ "osc_in", n->osc_in },     { "midi_in", n->midi_in },
		{ "midi_out", n->midi_out }, { "unmapped", n->unmapped },
		{ "bad", n->bad },           { "refused", n->refused },
		{ "backlog", n->backlog },   { "coalesced", n->coalesced },
		{ "expired", n->expired },   { "dropped", n->dropped },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		buf_fmt(b, "%s\"%s\": %" PRIu64, i ? ", " : "", list[i].name, list[i].value);
}

void views_status(struct daemon *d, const struct snapshot *s, struct buf *b)
{
	buf_puts(b, "{\"version\": ");
	buf_json_str(b, version_text);
	buf_fmt(b, ", \"pid\": %ld, \"socket\": ", (long)getpid());
	buf_json_str(b, d->socket_path);
	buf_puts(b, ", \"http\": null, \"files\": [");
	for (size_t i = 0; i < d->m->nfiles; i++) {
		if (i)
			buf_puts(b, ", ");
		buf_json_str(b, d->m->files[i]);
	}
	buf_puts(b, "], \"osc\": [");
	for (size_t i = 0; i < d->nosc; i++)
		buf_fmt(b, "%s{\"port\": %d, \"buffer\": %d}", i ? ", " : "", d->osc_port[i],
		        d->osc_buffer[i]);
	buf_puts(b, "], \"ports\": {");
	add_ports(b, d);
	buf_puts(b, "}, \"counters\": {");
	add_counters(b, &s->counters);
	buf_puts(b, "}}");
}

static void add_number(struct buf *b, const char *key, bool known, float v)
{
	buf_fmt(b, ", \"%s\": ", key);
	if (known)
		buf_json_num(b, (double)v);
	else
		buf_puts(b, "null");
}

static void add_control(struct buf *b, const struct control_view *v, uint64_t now)
{
	const struct control_state *a = &v->asked;

	buf_puts(b, "{\"sent\": ");
	if (v->sent != SIM_UNKNOWN)
		buf_json_num(b, (double)v->sent);
	else
		buf_puts(b, "null");
	add_number(b, "simulated", v->simulated != SIM_UNKNOWN, v->simulated);
	buf_fmt(b, ", \"confirmed\": null, \"differs\": %s", v->differs ? "true" : "false");
	add_number(b, "value", a->touched, a->value);
	if (a->touched)
		buf_fmt(b, ", \"age_ms\": %" PRIu64 ", \"by\": ", (now - a->t_ns) / 1000000);
	else
		buf_puts(b, ", \"age_ms\": null, \"by\": ");
	buf_json_str(b, a->touched ? a->by ? a->by : a->by_copy : NULL);
	buf_putc(b, '}');
}

void views_state(struct daemon *d, const struct snapshot *s, struct buf *b)
{
	buf_puts(b, "{\"controls\": {");
	for (size_t i = 0; i < d->m->ncontrols; i++) {
		if (i)
			buf_puts(b, ", ");
		buf_json_str(b, d->m->controls[i].name);
		buf_puts(b, ": ");
		add_control(b, &s->controls[i], s->t_ns);
	}
	buf_puts(b, "}, \"decks\": {}}");
}
