#include "recording.h"

#include <inttypes.h>

#include "programs.h"

static void add_texts(struct buf *b, const struct kept *k, size_t i)
{
	const struct kept_text *t = &k->texts[i];

	buf_puts(b, i ? ", {\"name\": " : "{\"name\": ");
	buf_json_str(b, t->name);
	for (size_t first = 0; first < i; first++) {
		if (k->texts[first].text != t->text)
			continue;
		buf_puts(b, ", \"same\": ");
		buf_json_str(b, k->texts[first].name);
		buf_putc(b, '}');
		return;
	}
	buf_puts(b, ", \"text\": ");
	buf_json_strn(b, t->text, t->len);
	buf_putc(b, '}');
}

static void add_mapping(struct buf *b, const struct kept *k)
{
	buf_puts(b, "\"cuewire\": ");
	buf_json_str(b, version_text);
	buf_puts(b, ", \"files\": [");
	for (size_t i = 0; i < k->nfiles; i++) {
		buf_puts(b, i ? ", " : "");
		buf_json_str(b, k->files[i]);
	}
	buf_puts(b, "], \"mappings_dir\": ");
	buf_json_str(b, k->mappings_dir);
	buf_puts(b, ", \"mappings\": [");
	for (size_t i = 0; i < k->ntexts; i++)
		add_texts(b, k, i);
	buf_putc(b, ']');
}

static void add_name(struct buf *b, size_t i, const char *name)
{
	buf_puts(b, i ? ", " : "");
	buf_json_str(b, name);
}

static void add_numbers(struct buf *b, const struct mapping *m)
{
	buf_puts(b, ", \"ports\": [");
	for (size_t i = 0; i < m->nports; i++)
		add_name(b, i, m->ports[i].gone ? NULL : m->ports[i].name);
	buf_puts(b, "], \"controls\": [");
	for (size_t i = 0; i < m->ncontrols; i++)
		add_name(b, i, m->controls[i].gone ? NULL : m->controls[i].name);
	buf_putc(b, ']');
}

void recording_header(struct buf *b, const struct kept *k, const struct mapping *m)
{
	buf_putc(b, '{');
	add_mapping(b, k);
	if (m && m->numbered)
		add_numbers(b, m);
	buf_putc(b, '}');
}

void recording_reload(struct buf *b, const struct kept *k, uint64_t t_ns)
{
	buf_fmt(b, "{\"t_ns\": %" PRIu64 ", \"in\": \"reload\"", t_ns);
	if (k) {
		buf_puts(b, ", ");
		add_mapping(b, k);
	}
	buf_putc(b, '}');
}

/* ---- state ---- */

static void add_time(struct buf *b, const char *key, uint64_t t_ns)
{
	if (t_ns == TIME_NEVER)
		buf_fmt(b, ", \"%s\": null", key);
	else
		buf_fmt(b, ", \"%s\": %" PRIu64, key, t_ns);
}

static void add_control(struct buf *b, const struct mapping *m, const struct saved_control *c)
{
	buf_json_str(b, m->controls[c->control].name);
	buf_puts(b, ": {\"value\": ");
	buf_json_num(b, (double)c->value);
	buf_fmt(b, ", \"rank\": \"%s\"", rank_names[c->rank]);
	add_time(b, "t_ns", c->t_ns);
	add_time(b, "lock_ns", c->lock_ns);
	if (c->held) {
		buf_fmt(b, ", \"held\": [%u, %u]", c->from, c->who);
		add_time(b, "until_ns", c->until_ns);
	}
	buf_putc(b, '}');
}

static void add_route(struct buf *b, const struct saved_route *r)
{
	buf_fmt(b, "[%u, %u, %u, %d, %d, %u, %d, %d, %u, %u", r->route, r->who, r->presser, r->on,
	        r->moved, r->came, r->has_msb, r->has_lsb, r->msb, r->lsb);
	buf_fmt(b, ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", ", r->step_ns, r->wait_ns,
	        r->count, r->due_ns);
	buf_json_num(b, (double)r->rest);
	buf_putc(b, ']');
}

static void add_cell(struct buf *b, const struct saved_cell *c)
{
	buf_fmt(b, "[%" PRIu32 ", %d, %d, %d, %d, ", c->cell, c->has_value, c->on, c->fired,
	        c->through);
	buf_json_num(b, (double)c->value);
	buf_puts(b, ", ");
	buf_json_num(b, (double)c->target);
	buf_fmt(b, ", %" PRIu64 ", %u, %u, %u]", c->t_ns, c->n, c->from, c->who);
}

static void add_param(struct buf *b, const struct saved_param *p)
{
	buf_fmt(b, "[%u, %u, %u, %u, %u, %u]", p->place, p->form, p->msb[0], p->msb[1], p->lsb[0],
	        p->lsb[1]);
}

static void add_tempo(struct buf *b, const struct saved_tempo *t)
{
	buf_fmt(b, "[%u, %d, %d, %.17g", t->state, t->stopped, t->cued, t->bpm);
	buf_fmt(b, ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", t->from_ns,
	        t->from_run, t->beat_ns, t->origin, t->cue);
	if (!t->ntaps)
		return;
	buf_fmt(b, ", \"taps\": [%" PRIu64, t->tap_song);
	for (size_t i = 0; i < t->ntaps; i++)
		buf_fmt(b, ", %" PRIu64, t->taps[i]);
	buf_putc(b, ']');
}

void recording_state(struct buf *b, const struct mapping *m, const struct saved *s, uint64_t up)
{
	const char *comma = "";

	buf_fmt(b,
	        "{\"t_ns\": %" PRIu64 ", \"in\": \"state\", \"seq\": %" PRIu64 ", \"at_rest\": %s",
	        s->t_ns, s->seq, s->at_rest ? "true" : "false");
	buf_puts(b, ", \"up\": [");
	for (size_t i = 0; i < m->nports; i++) {
		if (!(up >> i & 1) || m->ports[i].gone)
			continue;
		buf_fmt(b, "%s\"%s\"", comma, m->ports[i].name);
		comma = ", ";
	}
	buf_puts(b, "], \"controls\": {");
	comma = "";
	for (size_t i = 0; i < s->ncontrols; i++) {
		if (m->controls[s->controls[i].control].gone)
			continue;
		buf_puts(b, comma);
		add_control(b, m, &s->controls[i]);
		comma = ", ";
	}
	buf_fmt(b, "}, \"of\": [%zu, %zu, %zu], \"routes\": [", m->nroutes, m->nremembering,
	        m->ncells);
	for (size_t i = 0; i < s->nroutes; i++) {
		buf_puts(b, i ? ", " : "");
		add_route(b, &s->routes[i]);
	}
	buf_puts(b, "], \"cells\": [");
	for (size_t i = 0; i < s->ncells; i++) {
		buf_puts(b, i ? ", " : "");
		add_cell(b, &s->cells[i]);
	}
	buf_puts(b, "], \"params\": [");
	for (size_t i = 0; i < s->nparams; i++) {
		buf_puts(b, i ? ", " : "");
		add_param(b, &s->params[i]);
	}
	buf_puts(b, "], \"tempo\": ");
	add_tempo(b, &s->tempo);
	buf_fmt(b, ", \"patterns\": [%.17g, %" PRIu64 "]}", s->pattern_tokens, s->pattern_t_ns);
}
