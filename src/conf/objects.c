#include "load_priv.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

/* ---- ports ---- */

void objects_ports(struct load *l, const struct source *s, const cJSON *map)
{
	for (const cJSON *v = map ? map->child : NULL; v; v = v->next) {
		struct raw_port *p;
		const char *expected = text_port(v->string);

		if (!strcmp(v->string, "note") && cJSON_IsString(v))
			continue;
		merge_broken(&l->ports, v->string);
		if (expected) {
			hint_name(l,
			          problem_key(l, s, v, CODE_BAD_NAME,
			                      "a port is called \"%s\", expected %s",
			                      shown(l, v->string), expected),
			          v->string, text_port);
			continue;
		}
		if (!cJSON_IsObject(v)) {
			diag_hint(
				problem(l, s, v, CODE_WRONG_TYPE,
			                "port \"%s\" is %s, expected an object", v->string,
			                shown_value(l, v)),
				"a port is { \"in\": ..., \"out\": ... }, { \"osc\": ... } or { \"raw\": ... }");
			continue;
		}
		p = arena_alloc(l->scratch, sizeof(*p));
		p->name = v->string;
		if (parse_object(l, s, &section_port, v, p))
			merge_port(l, p);
	}
}

/* ---- rules to objects ---- */

/* What is done with one object. False after a problem. */
typedef bool item_fn(struct load *l, const struct source *s, const cJSON *obj);

static void item_each(struct load *l, const struct source *s, const cJSON *obj, item_fn *fn,
                      struct family *names)
{
	const cJSON *spec = member(obj, "each"), *name;
	struct each e;
	bool good = true;

	if (each_begin(&e, l, s, spec)) {
		l->incomplete = true;
		return;
	}
	do {
		const cJSON *copy = each_copy(&e, obj);

		if (!copy) {
			l->incomplete = true;
			return;
		}
		/* One bad combination is told; of the others only the names matter then. */
		if (good)
			good = fn(l, s, copy);
		else if (names && cJSON_IsString(name = member_or(copy, "name")))
			merge_broken(names, name->valuestring);
	} while ((good || names) && each_next(&e));
}

static void items(struct load *l, const struct source *s, const struct section *sec,
                  const cJSON *list, item_fn *fn, struct family *names)
{
	for (const cJSON *v = list ? list->child : NULL; v; v = v->next) {
		if (!cJSON_IsObject(v))
			continue;
		if (member(v, "each"))
			item_each(l, s, v, fn, names);
		else if (key_misspelt(l, s, sec, v, "each"))
			l->incomplete = true;
		else
			fn(l, s, v);
	}
}

/* ---- controls ---- */

static struct address param_address(const struct numbers *n)
{
	const struct param *p = n->nrpn.given ? &n->nrpn : &n->rpn;
	const enum addr_form fine = n->nrpn.given ? ADDR_NRPN : ADDR_RPN;
	const enum addr_form coarse = n->nrpn.given ? ADDR_NRPN7 : ADDR_RPN7;

	return (struct address){ .form = (uint8_t)(n->bits == 7 ? coarse : fine),
		                 .channel = (uint8_t)(n->channel - 1),
		                 .number = (uint8_t)p->msb,
		                 .lsb = (uint8_t)p->lsb };
}

struct address numbers_address(const struct numbers *n)
{
	struct address a = { .channel = (uint8_t)(n->channel - 1) };

	if (n->nrpn.given || n->rpn.given)
		return param_address(n);
	if (n->cc.n == 2) {
		a.form = ADDR_CC14;
		a.number = (uint8_t)n->cc.v[0];
		a.lsb = (uint8_t)n->cc.v[1];
	} else if (n->cc.n == 1) {
		a.form = ADDR_CC;
		a.number = (uint8_t)n->cc.v[0];
	} else if (n->note >= 0) {
		a.form = ADDR_NOTE;
		a.number = (uint8_t)n->note;
	} else if (n->bend) {
		a.form = ADDR_BEND;
	} else if (n->pressure) {
		a.form = ADDR_PRESSURE;
	} else if (n->program >= 0) {
		a.form = ADDR_PROGRAM;
		a.number = (uint8_t)n->program;
	} else if (n->poly >= 0) {
		a.form = ADDR_POLY;
		a.number = (uint8_t)n->poly;
	} else if (n->system) {
		a.form = ADDR_SYSTEM;
		a.number = (uint8_t)n->system;
	} else if (n->sysex) {
		a.form = ADDR_SYSEX;
	}
	return a;
}

struct address pair_address(const struct raw_control *c, const struct raw_address *half)
{
	struct numbers n;

	if (!half)
		return (struct address){ 0 };
	n = half->num;
	n.program = n.poly = -1;
	if (n.channel < 1)
		n.channel = c->num.channel;
	n.cc.n = n.cc.v[0] >= 0;
	return numbers_address(&n);
}

/* A key that only some kinds take. False when the control is of another. */
static bool only_kind(struct load *l, const struct raw_control *c, enum kind kind, const char *key)
{
	const cJSON *v = member(c->h.obj, key);

	if (!v || c->kind == (int)kind)
		return true;
	diag_hint(problem_key(l, c->h.src, v, CODE_BAD_KIND,
	                      "\"%s\" in a control of kind \"%s\", expected only in kind \"%s\"",
	                      key, kinds[c->kind].name, kinds[kind].name),
	          "take it away, or say \"kind\": \"%s\"", kinds[kind].name);
	return false;
}

static bool same_halves(struct load *l, const struct raw_control *c, const struct raw_address *a,
                        const struct raw_address *b)
{
	const struct address x = pair_address(c, a), y = pair_address(c, b);

	if (!a || !b || x.form != y.form || x.channel != y.channel || x.number != y.number)
		return false;
	diag_hint(problem(l, c->h.src, b->h.obj, CODE_CONFLICT,
	                  "both halves of the pair have the same address"),
	          "one message for both is \"cc\" or \"note\" of the control itself");
	return true;
}

/* A press and its end are two messages of one address. */
static bool can_toggle(struct load *l, const struct raw_control *c)
{
	const char *const others[] = { "on", "nrpn", "rpn" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && c->toggles; i++) {
		if (!member(c->h.obj, others[i]))
			continue;
		diag_hint(problem_key(l, c->h.src, member(c->h.obj, others[i]), CODE_CONFLICT,
		                      "\"%s\" and \"interaction\": \"toggle\", which sends a press",
		                      others[i]),
		          "a press is one \"cc\" or \"note\" of the control itself");
		return false;
	}
	return !c->toggles || only_kind(l, c, KIND_SWITCH, "interaction");
}

static bool fits_kind(struct load *l, const struct raw_control *c)
{
	const bool fine = c->num.cc.n == 2 || c->num.bend;

	if (c->kind == KIND_LAMP && c->port) {
		diag_hint(problem_key(l, c->h.src, member_or(c->h.obj, "port"), CODE_BAD_KIND,
		                      "a lamp has no port: it is written by feedback only"),
		          "take \"port\" away, and write a route from MIDI to it");
		return false;
	}
	if (fine && c->kind != KIND_FADER) {
		diag_hint(
			problem(l, c->h.src, member_or(c->h.obj, c->num.bend ? "pitch_bend" : "cc"),
		                CODE_BAD_KIND,
		                "%s in a control of kind \"%s\", expected only in kind \"fader\"",
		                c->num.bend ? "pitch bend" : "a 14-bit pair", kinds[c->kind].name),
			"write one CC or a note, or say \"kind\": \"fader\"");
		return false;
	}
	if (c->num.cc.n != 2 && member(c->h.obj, "order")) {
		problem_key(l, c->h.src, member(c->h.obj, "order"), CODE_MISSING_KEY,
		            "\"order\" needs a 14-bit pair in \"cc\"");
		return false;
	}
	return only_kind(l, c, KIND_SWITCH, "on") && only_kind(l, c, KIND_SWITCH, "radio") &&
	       can_toggle(l, c) && only_kind(l, c, KIND_ENCODER, "up") &&
	       only_kind(l, c, KIND_ENCODER, "encoder") &&
	       (!c->bipolar || only_kind(l, c, KIND_FADER, "bipolar")) &&
	       !same_halves(l, c, c->on, c->off) && !same_halves(l, c, c->up, c->down);
}

/* "when" needs these words. */
static bool is_reserved_name(struct load *l, const struct raw_control *c)
{
	if (strcmp(c->name, "or") && strcmp(c->name, "not"))
		return false;
	problem(l, c->h.src, member(c->h.obj, "name"), CODE_BAD_NAME,
	        "\"%s\" is a word of \"when\", expected another name", c->name);
	return true;
}

static bool item_control(struct load *l, const struct source *s, const cJSON *obj)
{
	struct raw_control *c = arena_alloc(l->scratch, sizeof(*c));
	const cJSON *name = member(obj, "name");

	c->num.program = c->num.poly = -1; /* keys of routes */
	if (parse_object(l, s, &section_control, obj, c) && fits_kind(l, c) &&
	    !is_reserved_name(l, c)) {
		merge_control(l, c);
		return true;
	}
	if (name && cJSON_IsString(name) && !text_name(name->valuestring))
		merge_broken(&l->controls, name->valuestring);
	else
		l->controls.unnamed = true;
	return false;
}

void objects_controls(struct load *l, const struct source *s, const cJSON *list)
{
	items(l, s, &section_control, list, item_control, &l->controls);
}

/* ---- routes ---- */

static void list_targets(struct raw_route *r)
{
	const bool list = cJSON_IsArray(r->to_node);
	const cJSON *v = list ? r->to_node->child : r->to_node;

	for (; v && !cJSON_IsNull(v); v = list ? v->next : NULL)
		r->to[r->nto++] = v->valuestring;
}

/* A macro is an intent without a name and slots. */
static bool parse_macro(struct load *l, const struct source *s, struct raw_route *r)
{
	r->macro = arena_alloc(l->scratch, sizeof(*r->macro));
	r->macro->h = r->h;
	r->macro->steps_node = r->do_node;
	return steps_parse(l, s, r->macro);
}

static bool item_route(struct load *l, const struct source *s, const cJSON *obj)
{
	struct raw_route *r = arena_alloc(l->scratch, sizeof(*r));

	if (!parse_object(l, s, &section_route, obj, r))
		return false;
	if (r->when_node && !conditions_parse(l, s, r->when_node, &r->when, &r->nwhen))
		return false;
	if (r->to_node)
		list_targets(r);
	if (r->do_node && !parse_macro(l, s, r))
		return false;
	if (r->encoding != ENC_NONE && r->num.cc.n != 1) {
		problem_key(l, s, member_or(obj, "encoder"), CODE_CONFLICT,
		            "\"encoder\" with a 14-bit pair, expected one CC");
		return false;
	}
	merge_route(l, r);
	return true;
}

void objects_routes(struct load *l, const struct source *s, const cJSON *list)
{
	items(l, s, &section_route, list, item_route, NULL);
}

/* ---- feedback ---- */

static bool item_show(struct load *l, const struct source *s, const cJSON *obj)
{
	struct raw_route *r = arena_alloc(l->scratch, sizeof(*r));

	r->num.program = r->num.poly = -1; /* keys of routes */
	if (!parse_object(l, s, &section_feedback, obj, r))
		return false;
	if (r->when_node && !conditions_parse(l, s, r->when_node, &r->when, &r->nwhen))
		return false;
	merge_show(l, r);
	return true;
}

void objects_feedback(struct load *l, const struct source *s, const cJSON *list)
{
	items(l, s, &section_feedback, list, item_show, NULL);
}

/* ---- intents ---- */

static bool item_intent(struct load *l, const struct source *s, const cJSON *obj)
{
	struct raw_intent *in = arena_alloc(l->scratch, sizeof(*in));
	bool good = parse_object(l, s, &section_intent, obj, in);

	for (int op = 0; in->name && op < OP_COUNT; op++) {
		if (strcmp(in->name, op_names[op]))
			continue;
		problem(l, s, member_or(obj, "name"), CODE_BAD_NAME,
		        "\"%s\" is built in, expected another name", in->name);
		good = false;
	}
	if (!slots_parse(l, s, in))
		good = false;
	else if (!key_misspelt(l, s, &section_intent, obj, "slots") && !steps_parse(l, s, in))
		good = false;
	if (good)
		merge_intent(l, in);
	else if (in->name)
		merge_broken(&l->intents, in->name);
	return good;
}

void objects_intents(struct load *l, const struct source *s, const cJSON *list)
{
	items(l, s, &section_intent, list, item_intent, &l->intents);
}
