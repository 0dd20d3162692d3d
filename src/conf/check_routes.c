#include "load_priv.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/sysex.h"

static void check_source(struct load *l, struct raw_route *r)
{
	const cJSON *at = member_or(r->h.obj, "port");
	const struct raw_port *p;

	r->from_port = r->port ? find_port(l, &r->h, at, r->port) : PORT_NONE;
	if (r->from_port == PORT_NONE)
		return;
	p = port_at(l, (size_t)r->from_port);
	if (!p->in && !p->raw.in)
		diag_hint(problem(l, r->h.src, at, CODE_BAD_PORT,
		                  "port \"%s\" does not receive MIDI: it has no \"in\"", p->name),
		          "add \"in\" to the port, or name another port");
}

static const cJSON *target_node(const struct raw_route *r, size_t i)
{
	const cJSON *to = member_or(r->h.obj, "to");

	return cJSON_IsArray(to) ? cJSON_GetArrayItem(to, (int)i) : to;
}

/* "by" moves what can be moved by a part of its way. */
static void check_by(struct load *l, const struct raw_route *r, const char *to, enum kind kind)
{
	const cJSON *at = member(r->h.obj, "by");

	if (!at)
		return;
	if (kind != KIND_FADER && kind != KIND_ENCODER)
		problem_key(
			l, r->h.src, at, CODE_BAD_KIND,
			"\"by\" to \"%s\", which is of kind \"%s\", expected a fader or encoder",
			to, kinds[kind].name);
	else if (r->by == 0 || (kind == KIND_FADER && fabs(r->by) > 1))
		problem(l, r->h.src, at, CODE_OUT_OF_RANGE,
		        "\"by\" is %.9g for the %s \"%s\", expected %s", r->by, kinds[kind].name,
		        to, kind == KIND_FADER ? "-1..1 but 0" : "-127..127 but 0");
}

/* Steps can be turned round, and no more. */
static void check_steps(struct load *l, const struct raw_route *r)
{
	for (const cJSON *v = r->h.obj->child; v; v = v->next) {
		const int kind = key_xform(&section_route, v->string);

		if (kind >= 0 && kind != XF_INVERT)
			problem_key(
				l, r->h.src, v, CODE_CONFLICT,
				"\"%s\" with \"encoder\", expected \"invert\" or \"by\" for steps",
				v->string);
	}
}

/* What a press becomes is 0 or 1; a fader can be held at an end of its "output". */
static void check_as(struct load *l, const struct raw_route *r, const char *to, enum kind kind)
{
	const cJSON *at = member(r->h.obj, "as");

	if (!at || r->as == AS_VALUE || kinds[kind].binary || kind == KIND_FADER)
		return;
	problem(l, r->h.src, at, CODE_BAD_KIND,
	        "\"%s\" of \"%s\", which is of kind \"%s\", expected a switch, button or fader",
	        as_names[r->as], to, kinds[kind].name);
}

static void check_takeover(struct load *l, const struct raw_route *r, const char *to,
                           enum kind kind)
{
	const cJSON *at = member(r->h.obj, "takeover");

	if (at && kind != KIND_FADER)
		problem(l, r->h.src, at, CODE_BAD_KIND,
		        "\"takeover\" of \"%s\", which is of kind \"%s\", expected a fader", to,
		        kinds[kind].name);
}

/* The key of a source that is a press and has no value, or NULL. */
static const char *press_key(const struct raw_route *r)
{
	struct sysex_pattern p;
	struct sysex_fault fault;

	if (r->every.amount > 0)
		return "every";
	if (r->num.program >= 0 && r->num.program != KEY_ANY)
		return "program";
	if (r->num.system >= SYSTEM_START && r->num.system <= SYSTEM_CLOCK)
		return "system";
	if (r->num.sysex && sysex_parse(&p, r->num.sysex, &fault) && !p.bits)
		return "sysex";
	return NULL;
}

/* A fader cannot be pressed, unless it is said what a press does to it. */
static void check_press(struct load *l, const struct raw_route *r, const char *to, enum kind kind)
{
	const char *key = press_key(r);

	if (!key || kind != KIND_FADER || r->by != 0 || r->as != AS_VALUE || r->press)
		return;
	problem_key(l, r->h.src, member(r->h.obj, key), CODE_BAD_KIND,
	            "\"%s\" without a value to \"%s\", which is of kind \"fader\", expected "
	            "\"by\", or \"as\" with \"output\"",
	            key, to);
}

/* It would be moved twice by each value. */
static void check_twice(struct load *l, const struct raw_route *r, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(r->to[k], r->to[i]) != 0)
			continue;
		problem(l, r->h.src, target_node(r, i), CODE_CONFLICT, "\"to\" names \"%s\" twice",
		        r->to[i]);
		return;
	}
}

static void check_target(struct load *l, struct raw_route *r, size_t i)
{
	const cJSON *at = target_node(r, i);
	const char *to = r->to[i];
	enum kind kind;

	check_twice(l, r, i);
	r->target[i] = find_control(l, &r->h, at, to);
	if (r->target[i] < 0)
		return;
	control_at(l, (size_t)r->target[i])->moved = true;
	kind = (enum kind)control_at(l, (size_t)r->target[i])->kind;
	if (!r->port && kind == KIND_LAMP)
		problem(l, r->h.src, at, CODE_BAD_KIND,
		        "\"%s\" is a lamp, expected a route from MIDI: a lamp is written by feedback only",
		        to);
	if (r->encoding != ENC_NONE && kinds[kind].binary)
		problem_key(l, r->h.src, member_or(r->h.obj, "encoder"), CODE_BAD_KIND,
		            "steps to \"%s\", which is of kind \"%s\", expected a fader or encoder",
		            to, kinds[kind].name);
	check_as(l, r, to, kind);
	check_takeover(l, r, to, kind);
	check_by(l, r, to, kind);
	check_press(l, r, to, kind);
}

/* It is done again and again: not in no time. */
static void check_every(struct load *l, const struct raw_route *r)
{
	const cJSON *at = member(r->h.obj, "every");
	const float least = r->every.unit == DURATION_MS ? 10.0f : 1.0f / 24;

	if (at && r->every.amount < least)
		problem(l, r->h.src, at, CODE_OUT_OF_RANGE, "\"every\" is %s, expected at least %s",
		        shown_value(l, at), r->every.unit == DURATION_MS ? "10 ms" : "1/24 beat");
}

static void check_targets(struct load *l, struct raw_route *r)
{
	check_every(l, r);
	for (size_t i = 0; i < r->nto; i++)
		check_target(l, r, i);
	if (r->encoding != ENC_NONE)
		check_steps(l, r);
	if (r->macro)
		check_macro(l, r->macro);
	r->from_control = r->from ? find_control(l, &r->h, member(r->h.obj, "from"), r->from) : -1;
}

/* The pair that each CC of each channel of a port is a half of. */
struct halves {
	const struct raw_route *of[16][128];
};

/* A half that two different pairs have would complete neither. */
static void check_pair(struct load *l, const struct raw_route *r, struct halves **ports)
{
	const struct cc *cc = &r->num.cc;
	const struct raw_route **of;

	if (cc->n != 2 || r->from_port < 0 || r->from_port >= MAPPING_PORTS_MAX)
		return;
	if (!ports[r->from_port])
		ports[r->from_port] = arena_alloc(l->scratch, sizeof(**ports));
	of = ports[r->from_port]->of[r->num.channel - 1];
	for (size_t i = 0; i < 2; i++) {
		const struct raw_route *other = of[cc->v[i]];
		const int *v = other ? other->num.cc.v : NULL;

		if (other && (v[0] != cc->v[0] || v[1] != cc->v[1])) {
			diag_hint(
				problem(l, r->h.src, member_or(r->h.obj, "cc"), CODE_CONFLICT,
			                "the pair [%d, %d] shares CC %d with the pair [%d, %d] of another "
			                "route",
			                cc->v[0], cc->v[1], cc->v[i], v[0], v[1]),
				"a pair is [MSB, LSB], and the LSB mostly the MSB + 32");
			return;
		}
	}
	of[cc->v[0]] = of[cc->v[1]] = r;
}

void check_routes(struct load *l)
{
	struct halves *ports[MAPPING_PORTS_MAX] = { NULL };
	size_t count = l->controls.n, before;

	for (size_t i = 0; i < l->routes.n; i++) {
		struct raw_route *r = route_at(l, i);

		if (!r)
			continue;
		check_source(l, r);
		check_targets(l, r);
		check_pair(l, r, ports);
		conditions_check(l, &r->h, r->when, r->nwhen);
		before = count;
		count += r->nto > 1 ? r->nto : 1;
		if (before <= MAPPING_ROUTES_MAX && count > MAPPING_ROUTES_MAX)
			problem(l, r->h.src, r->h.obj, CODE_TOO_MANY,
			        "more than %d routes, with those that controls have by themselves",
			        MAPPING_ROUTES_MAX);
	}
}

/* ---- feedback ---- */

static void check_show(struct load *l, struct raw_route *r)
{
	const cJSON *at = member(r->h.obj, "port");
	const struct raw_port *p;
	const struct raw_control *c;

	r->from_control = find_control(l, &r->h, member(r->h.obj, "from"), r->from);
	r->from_port = r->port ? find_port(l, &r->h, at, r->port) : PORT_NONE;
	conditions_check(l, &r->h, r->when, r->nwhen);
	if (r->from_port != PORT_NONE && r->from_port >= 0) {
		p = port_at(l, (size_t)r->from_port);
		if (!p->out && !p->raw.out)
			problem(l, r->h.src, at, CODE_BAD_PORT,
			        "port \"%s\" does not send MIDI: it has no \"out\"", p->name);
	}
	c = r->from_control < 0 ? NULL : control_at(l, (size_t)r->from_control);
	if (c && c->kind == KIND_ENCODER)
		problem(l, r->h.src, member(r->h.obj, "from"), CODE_BAD_KIND,
		        "\"%s\" is of kind \"encoder\", which has no value to show", r->from);
}

void check_feedback(struct load *l)
{
	for (size_t i = 0; i < l->feedback.n; i++)
		check_show(l, show_at(l, i));
}
