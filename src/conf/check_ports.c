#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/words.h"

/* One string of "in" or "out", whether a list or not. */
static const cJSON *first_text(const cJSON *texts)
{
	return cJSON_IsArray(texts) ? texts->child : texts;
}

static const cJSON *next_text(const cJSON *texts, const cJSON *v)
{
	return cJSON_IsArray(texts) ? v->next : NULL;
}

/* Both sides can be open at once only where the words say the same. */
static bool same_words(const char *a, const char *b)
{
	return words_match(a, b) && words_match(b, a) && words_ordinal(a) == words_ordinal(b);
}

/* A bus gives back what is written to it: read by the same mapping, that is a loop. */
static void check_loop(struct load *l, const struct raw_port *in, const struct raw_port *out)
{
	if (in->allow_loop || out->allow_loop)
		return;
	for (const cJSON *a = first_text(in->in); a; a = next_text(in->in, a)) {
		if (!words_bus(a->valuestring))
			continue;
		for (const cJSON *b = first_text(out->out); b; b = next_text(out->out, b))
			if (same_words(a->valuestring, b->valuestring))
				diag_hint(
					problem(l, in->h.src, a, CODE_LOOP,
				                "the bus \"%s\" is \"in\" of port \"%s\" and \"out\" of port "
				                "\"%s\": what is sent comes back",
				                shown(l, a->valuestring), in->name, out->name),
					"read another bus, or say \"allow_loop\": true");
	}
}

static bool one_socket(const struct raw_port_osc *a, const struct raw_port_osc *b)
{
	return a->listen > 0 && a->listen == b->listen &&
	       (!a->bind || !b->bind || !strcmp(a->bind, b->bind));
}

static void check_sockets(struct load *l, const struct raw_port *p, const struct raw_port *other)
{
	if (one_socket(&p->osc, &other->osc))
		diag_hint(
			problem(l, p->h.src, member_or(p->osc.h.obj, "listen"), CODE_PORT_TAKEN,
		                "port \"%s\" listens on %d, as port \"%s\" does", p->name,
		                p->osc.listen, other->name),
			"write another number, and set it in the tablet too; or let both send to one port");
}

static void check_retry(struct load *l, const struct raw_port *p)
{
	const bool given = member(p->h.obj, "retry_min_ms");

	if (p->retry_min_ms > p->retry_max_ms)
		diag_hint(problem(l, p->h.src,
		                  member_or(p->h.obj, given ? "retry_min_ms" : "retry_max_ms"),
		                  CODE_BAD_RANGE,
		                  "\"retry_min_ms\" is %d, more than \"retry_max_ms\", which is %d",
		                  p->retry_min_ms, p->retry_max_ms),
		          "write a smaller \"retry_min_ms\" or a larger \"retry_max_ms\"");
}

void check_ports(struct load *l)
{
	if (l->ports.n > MAPPING_PORTS_MAX) {
		const struct raw_port *p = port_at(l, MAPPING_PORTS_MAX);

		problem_key(l, p->h.src, p->h.obj, CODE_TOO_MANY, "more than %d ports",
		            MAPPING_PORTS_MAX);
	}
	for (size_t i = 0; i < l->ports.n; i++) {
		check_retry(l, port_at(l, i));
		for (size_t k = 0; k < l->ports.n; k++)
			check_loop(l, port_at(l, i), port_at(l, k));
		for (size_t k = 0; k < i; k++)
			check_sockets(l, port_at(l, i), port_at(l, k));
	}
}

void check_unused(struct load *l)
{
	for (size_t i = 0; i < l->ports.n; i++) {
		const struct raw_port *p = port_at(l, i);

		if (!p->used && p->osc.listen < 1)
			diag_hint(problem(l, p->h.src, p->h.obj, CODE_UNUSED_PORT,
			                  "nothing uses port \"%s\"", p->name),
			          "take it away, or name it in a control or route");
	}
}

int find_port(struct load *l, const struct head *h, const cJSON *at, const char *name)
{
	const uint32_t *known = dict_get(&l->ports.names, name);

	if (known && *known != BROKEN) {
		port_at(l, *known)->used = true;
		return (int)*known;
	}
	if (!known && !l->incomplete)
		hint_near(
			problem(l, h->src, at, CODE_UNKNOWN_PORT, "there is no port \"%s\"", name),
			name, &l->ports.names,
			"declare it in \"ports\", or include the file that does");
	return -1;
}

int find_control(struct load *l, const struct head *h, const cJSON *at, const char *name)
{
	const uint32_t *known = dict_get(&l->controls.names, name);

	if (known && *known != BROKEN)
		return (int)*known;
	if (!known && !l->incomplete && !l->controls.unnamed)
		hint_near(problem_key(l, h->src, at, CODE_UNKNOWN_CONTROL,
		                      "there is no control \"%s\"", name),
		          name, &l->controls.names,
		          "declare it in \"controls\", or include the file that does");
	return -1;
}

void check_tempo(struct load *l)
{
	const struct raw_tempo *t = &l->tempo;
	int port, tap;

	if (t->clock) {
		port = find_port(l, &t->h, member(t->h.obj, "clock"), t->clock);
		if (port >= 0 && !port_at(l, (size_t)port)->in && !port_at(l, (size_t)port)->raw.in)
			diag_hint(problem(l, t->h.src, member(t->h.obj, "clock"), CODE_BAD_PORT,
			                  "port \"%s\" does not receive MIDI: it has no \"in\"",
			                  t->clock),
			          "add \"in\" to the port, or name another port");
	}
	if (t->tap) {
		tap = find_control(l, &t->h, member(t->h.obj, "tap"), t->tap);
		if (tap >= 0 && control_at(l, (size_t)tap)->kind != KIND_BUTTON)
			problem(l, t->h.src, member(t->h.obj, "tap"), CODE_BAD_KIND,
			        "\"%s\" is of kind \"%s\", expected a button", t->tap,
			        kinds[control_at(l, (size_t)tap)->kind].name);
	}
}
