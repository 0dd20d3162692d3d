#include "load_priv.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

void merge_broken(struct family *f, const char *name)
{
	if (!dict_get(&f->names, name))
		dict_put(&f->names, name, BROKEN);
}

static void append(struct family *f, void *raw, const char *name, uint32_t *known)
{
	f->items = arena_grow(f->names.arena, f->items, &f->cap, f->n + 1, sizeof(*f->items));
	f->items[f->n] = raw;
	if (known)
		*known = (uint32_t)f->n;
	else
		dict_put(&f->names, name, (uint32_t)f->n);
	f->n++;
}

static struct where where_of(const struct head *h)
{
	return json_at(&h->src->json, h->obj);
}

/* Adds an object, or puts it in the place of the one of an earlier file. raw begins with its
 * head; at is where its name stands. */
static void merge_named(struct load *l, struct family *f, void *raw, const char *what,
                        const char *name, const cJSON *at)
{
	const struct head *h = raw, *old;
	uint32_t *known = dict_get(&f->names, name);
	struct where first;
	struct diag *e;

	if (!known || *known == BROKEN) {
		append(f, raw, name, known);
		return;
	}
	old = f->items[*known];
	first = where_of(old);
	if (old->src == h->src) {
		e = problem(l, h->src, at, CODE_DUPLICATE_NAME, "%s \"%s\" is already in line %d",
		            what, name, first.line);
		diag_hint(e,
		          h->obj->valueint == old->obj->valueint
		                  ? "\"each\" makes several: the name needs a {variable} of it"
		                  : "rename one of them; only a later file replaces what is there");
		return;
	}
	diag_hint(problem(l, h->src, at, CODE_REPLACED, "%s \"%s\" replaces the one of %s:%d", what,
	                  name, first.file, first.line),
	          "give it another name if that is not meant");
	f->items[*known] = raw;
}

void merge_port(struct load *l, struct raw_port *p)
{
	merge_named(l, &l->ports, p, "port", p->name, p->h.obj);
}

void merge_control(struct load *l, struct raw_control *c)
{
	merge_named(l, &l->controls, c, "control", c->name, member(c->h.obj, "name"));
}

void merge_intent(struct load *l, struct raw_intent *in)
{
	merge_named(l, &l->intents, in, "intent", in->name, member(in->h.obj, "name"));
}

/* ---- routes ---- */

/* One number of an address as two letters. */
static char *put_byte(char *p, int v)
{
	*p++ = (char)('a' + (v >> 4 & 15));
	*p++ = (char)('a' + (v & 15));
	return p;
}

/* A pattern as two letters a byte, however it was written. */
static const char *sysex_text(struct load *l, const char *pattern)
{
	struct sysex_pattern x;
	struct sysex_fault fault;
	char *text = arena_alloc(l->scratch, 2 * MIDI_SYSEX_MAX + 4), *p = text;

	if (!sysex_parse(&x, pattern, &fault))
		return "";
	for (size_t i = 0; i < (size_t)x.head + x.tail; i++) {
		if (x.gap && i == x.head)
			*p++ = '-';
		p = put_byte(p, x.bytes[i]);
	}
	if (x.gap && !x.tail)
		*p++ = '-';
	*p = '\0';
	return text;
}

/* Texts without spaces in their parts. */
static const char *midi_text(struct load *l, const struct raw_route *r)
{
	struct address a = numbers_address(&r->num);
	char text[16], *p = text;

	if (address_is_param(&a)) /* whatever its bits */
		a.form = address_is_rpn(&a) ? ADDR_RPN : ADDR_NRPN;
	p = put_byte(put_byte(put_byte(put_byte(p, a.form), a.channel), a.number), a.lsb);
	*p = '\0';
	return arena_fmt(l->scratch, "%s m%s%s", r->port, text,
	                 r->num.sysex ? sysex_text(l, r->num.sysex) : "");
}

const char *route_source(struct load *l, const struct raw_route *r)
{
	if (r->osc)
		return arena_fmt(l->scratch, "%s o%d", r->osc, r->arg);
	if (r->from)
		return arena_fmt(l->scratch, "%s c", r->from);
	if (!r->port)
		return arena_fmt(l->scratch, "%.9g %d t", (double)r->every.amount,
		                 (int)r->every.unit);
	return midi_text(l, r);
}

const char *route_press(const struct raw_route *r)
{
	return r->press == PRESS_LONG ? " long" : r->press == PRESS_DOUBLE ? " double" : "";
}

/* What tells routes, and entries of "feedback", apart: address, kind of press and conditions. Nine digits
 * tell any two floats apart. */
static const char *route_key(struct load *l, const struct raw_route *r, const char *key)
{
	key = arena_fmt(l->scratch, "%s%s", key, route_press(r));
	for (size_t i = 0; i < r->nwhen; i++) {
		const struct raw_condition *w = &r->when[i];

		key = w->c.op == COND_IS ? arena_fmt(l->scratch, "%s %.9g..%.9g %s", key,
		                                     (double)w->c.lo, (double)w->c.hi, w->name)
		                         : arena_fmt(l->scratch, "%s %d/%d", key, w->c.op, w->c.n);
	}
	return key;
}

/* "to": null takes a route away instead of bringing one. */
static void take_away(struct load *l, const struct raw_route *r, uint32_t *known)
{
	const cJSON *at = member_or(r->h.obj, "to");

	if (known && *known != BROKEN) {
		l->routes.items[*known] = NULL;
		*known = BROKEN;
	} else {
		diag_hint(
			problem(l, r->h.src, at, CODE_REMOVES_NOTHING,
		                "no earlier file has a route with this source and \"when\""),
			"its port or address, its number and its \"when\" must be the same; is its file included?");
	}
}

static const cJSON *source_node(const struct raw_route *r)
{
	return member(r->h.obj, r->osc ? "osc" : r->from ? "from" : r->port ? "port" : "every");
}

void merge_route(struct load *l, struct raw_route *r)
{
	const char *key = route_key(l, r, route_source(l, r));
	uint32_t *known = dict_get(&l->routes.names, key);
	const struct raw_route *old = known && *known != BROKEN ? route_at(l, *known) : NULL;

	if (old && old->h.src == r->h.src) {
		diag_hint(
			problem(l, r->h.src, source_node(r), CODE_DUPLICATE_ROUTE,
		                "the route in line %d has the same source and \"when\"",
		                where_of(&old->h).line),
			"let one route move both, as in \"to\": [\"a\", \"b\"], or tell them apart by \"when\"");
		return;
	}
	if (!r->nto && !r->macro)
		take_away(l, r, known);
	else if (old)
		l->routes.items[*known] = r;
	else
		append(&l->routes, r, key, known);
}

void merge_show(struct load *l, struct raw_route *r)
{
	const char *key = route_key(
		l, r, r->osc ? arena_fmt(l->scratch, "%s o%d", r->osc, r->arg) : midi_text(l, r));
	uint32_t *known = dict_get(&l->feedback.names, key);
	const struct raw_route *old = known ? show_at(l, *known) : NULL;

	if (old && old->h.src == r->h.src)
		problem(l, r->h.src, member(r->h.obj, r->osc ? "osc" : "port"),
		        CODE_DUPLICATE_ROUTE,
		        "the feedback in line %d has the same address and \"when\"",
		        where_of(&old->h).line);
	else if (old)
		l->feedback.items[*known] = r;
	else
		append(&l->feedback, r, key, known);
}
