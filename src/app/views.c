/* `cuewire status` and `cuewire state`, as the one JSON line that the bridge answers. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/sim.h"
#include "daemon.h"
#include "programs.h"

/* Simulated because that was asked for: there is no real port that could differ. */
static bool is_asked(const struct daemon *d, size_t port)
{
	return d->m->ports[port].simulated || d->opt.sim;
}

static void add_ms(struct buf *b, const char *key, double ms)
{
	buf_fmt(b, ", \"%s\": ", key);
	if (ms >= 0)
		buf_fmt(b, "%.1f", ms);
	else
		buf_puts(b, "null");
}

static void add_port(struct buf *b, const struct daemon *d, size_t i, const struct port_view *v)
{
	const struct port *p = &d->m->ports[i];
	const struct port_status *s = &d->ports[i];
	const uint64_t now = clock_ns();

	buf_fmt(b, "\"%s\": {\"state\": \"%s\", \"reason\": ", p->name,
	        port_is_open(s, p) ? "open" : "simulated");
	buf_json_str(b, s->reason[0] ? s->reason : NULL);
	buf_puts(b, ", \"detail\": ");
	buf_json_str(b, s->detail[0] ? s->detail : NULL);
	buf_fmt(b, ", \"optional\": %s, \"device\": ", p->optional ? "true" : "false");
	buf_json_str(b, s->device[0] ? s->device : NULL);
	add_ms(b, "open_ms", s->open_ms);
	add_ms(b, "open_worst_ms", s->worst_ms);
	buf_fmt(b, ", \"opens\": %u, \"tries\": %u", s->opens, s->tries);
	add_ms(b, "next_try_ms",
	       s->state != PORT_DOWN   ? -1.0
	       : s->deadline_ns <= now ? 0.0
	                               : (double)(s->deadline_ns - now) / 1e6);
	buf_fmt(b,
	        ", \"bytes_per_s\": %u, \"backlog\": %" PRIu64 ", \"coalesced\": %" PRIu64
	        ", \"expired\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"differ\": %zu",
	        s->bytes_per_s, v->backlog, v->coalesced, v->expired, v->dropped,
	        is_asked(d, i) ? 0 : v->differ);
	buf_puts(b, ", \"traktor\": null}");
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

/* What the names of its files are relative to. */
static void add_folder(struct buf *b)
{
	char folder[PATH_MAX];

	buf_puts(b, ", \"folder\": ");
	buf_json_str(b, getcwd(folder, sizeof(folder)));
}

void views_status(struct daemon *d, const struct snapshot *s, struct buf *b)
{
	size_t ports = 0;

	buf_puts(b, "{\"version\": ");
	buf_json_str(b, version_text);
	buf_fmt(b, ", \"pid\": %ld, \"socket\": ", (long)getpid());
	buf_json_str(b, d->socket_path);
	add_folder(b);
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
	for (size_t i = 0; i < s->nports; i++) {
		if (d->m->ports[i].gone)
			continue;
		if (ports++)
			buf_puts(b, ", ");
		add_port(b, d, i, &s->ports[i]);
	}
	buf_fmt(b, "}, \"tempo\": {\"bpm\": %.2f, \"state\": \"%s\"}", s->bpm,
	        tempo_names[s->tempo]);
	buf_puts(b, ", \"counters\": {");
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

/* Who has it, and for how long still; -1: as long as he holds it. */
static void add_lock(struct buf *b, const struct control_state *a, uint64_t now)
{
	if (!a->touched || a->lock_ns <= now)
		buf_puts(b, ", \"held_by\": null, \"held_ms\": null");
	else if (a->lock_ns == TIME_NEVER)
		buf_fmt(b, ", \"held_by\": \"%s\", \"held_ms\": -1", rank_names[a->rank]);
	else
		buf_fmt(b, ", \"held_by\": \"%s\", \"held_ms\": %" PRIu64, rank_names[a->rank],
		        (a->lock_ns - now) / 1000000);
}

static void add_control(struct buf *b, const struct control_view *v, bool differs, uint64_t now)
{
	const struct control_state *a = &v->asked;

	buf_puts(b, "{\"sent\": ");
	if (v->sent != SIM_UNKNOWN)
		buf_json_num(b, (double)v->sent);
	else
		buf_puts(b, "null");
	add_number(b, "simulated", v->simulated != SIM_UNKNOWN, v->simulated);
	buf_fmt(b, ", \"confirmed\": null, \"differs\": %s", differs ? "true" : "false");
	add_number(b, "value", a->touched, a->value);
	if (a->touched)
		buf_fmt(b, ", \"age_ms\": %" PRIu64 ", \"by\": ", (now - a->t_ns) / 1000000);
	else
		buf_puts(b, ", \"age_ms\": null, \"by\": ");
	buf_json_str(b, a->touched ? a->by ? a->by : a->by_copy : NULL);
	add_lock(b, a, now);
	buf_putc(b, '}');
}

void views_state(struct daemon *d, const struct snapshot *s, struct buf *b)
{
	size_t controls = 0;

	buf_puts(b, "{\"controls\": {");
	for (size_t i = 0; i < s->ncontrols; i++) {
		if (d->m->controls[i].gone)
			continue;
		if (controls++)
			buf_puts(b, ", ");
		buf_json_str(b, d->m->controls[i].name);
		buf_puts(b, ": ");
		add_control(b, &s->controls[i],
		            s->controls[i].differs && !is_asked(d, (size_t)d->m->controls[i].port),
		            s->t_ns);
	}
	buf_puts(b, "}, \"decks\": {}}");
}
