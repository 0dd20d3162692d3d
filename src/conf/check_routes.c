#include "load_priv.h"

#include <math.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

static void check_source(struct load *l, struct raw_route *r)
{
	const cJSON *at = member_or(r->h.obj, "port");
	const struct raw_port *p;

	r->from_port = r->port ? find_port(l, &r->h, at, r->port) : PORT_NONE;
	if (r->from_port == PORT_NONE)
		return;
	p = port_at(l, (size_t)r->from_port);
	if (!p->in && !p->raw.in)
		problem(l, r->h.src, at, "bad-port",
		        "port \"%s\" does not receive MIDI: it has no \"in\"", p->name);
}

/* "by" moves what can be moved by a part of its way. */
static void check_by(struct load *l, const struct raw_route *r, enum kind kind)
{
	const cJSON *at = member(r->h.obj, "by");

	if (!at)
		return;
	if (kind != KIND_FADER && kind != KIND_ENCODER)
		problem_key(
			l, r->h.src, at, "bad-kind",
			"\"by\" to \"%s\", which is of kind \"%s\", expected a fader or encoder",
			r->to, kinds[kind].name);
	else if (r->by == 0 || (kind == KIND_FADER && fabs(r->by) > 1))
		problem(l, r->h.src, at, "out-of-range",
		        "\"by\" is %.9g for the %s \"%s\", expected %s", r->by, kinds[kind].name,
		        r->to, kind == KIND_FADER ? "-1..1 but 0" : "-127..127 but 0");
}

/* Steps can be turned round, and no more. */
static void check_steps(struct load *l, const struct raw_route *r)
{
	for (const cJSON *v = r->h.obj->child; v; v = v->next) {
		const int kind = key_xform(&section_route, v->string);

		if (kind >= 0 && kind != XF_INVERT)
			problem_key(
				l, r->h.src, v, "conflict",
				"\"%s\" with \"encoder\", expected \"invert\" or \"by\" for steps",
				v->string);
	}
}

static void check_target(struct load *l, struct raw_route *r)
{
	const cJSON *at = member_or(r->h.obj, "to");
	enum kind kind;

	r->target = find_control(l, &r->h, at, r->to);
	if (r->target < 0)
		return;
	kind = (enum kind)control_at(l, (size_t)r->target)->kind;
	if (r->osc && kind == KIND_LAMP)
		problem(l, r->h.src, at, "bad-kind",
		        "\"%s\" is a lamp, expected a route from MIDI: a lamp is written by feedback only",
		        r->to);
	if (r->as == AS_TOGGLE && !kinds[kind].binary)
		problem(l, r->h.src, member_or(r->h.obj, "as"), "bad-kind",
		        "\"toggle\" of \"%s\", which is of kind \"%s\", expected a switch or button",
		        r->to, kinds[kind].name);
	if (r->encoding != ENC_NONE && kinds[kind].binary)
		problem_key(l, r->h.src, member_or(r->h.obj, "encoder"), "bad-kind",
		            "steps to \"%s\", which is of kind \"%s\", expected a fader or encoder",
		            r->to, kinds[kind].name);
	if (r->encoding != ENC_NONE)
		check_steps(l, r);
	check_by(l, r, kind);
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
			problem(l, r->h.src, member_or(r->h.obj, "cc"), "conflict",
			        "the pair [%d, %d] shares CC %d with the pair [%d, %d] of another "
			        "route",
			        cc->v[0], cc->v[1], cc->v[i], v[0], v[1]);
			return;
		}
	}
	of[cc->v[0]] = of[cc->v[1]] = r;
}

void check_routes(struct load *l)
{
	struct halves *ports[MAPPING_PORTS_MAX] = { NULL };
	size_t count = l->controls.n;

	for (size_t i = 0; i < l->routes.n; i++) {
		struct raw_route *r = route_at(l, i);

		if (!r)
			continue;
		check_source(l, r);
		check_target(l, r);
		check_pair(l, r, ports);
		for (size_t k = 0; k < r->nwhen; k++)
			r->when[k].control =
				find_control(l, &r->h, r->when[k].node, r->when[k].name);
		if (++count == MAPPING_ROUTES_MAX + 1)
			problem(l, r->h.src, r->h.obj, "too-many",
			        "more than %d routes, with those that controls have by themselves",
			        MAPPING_ROUTES_MAX);
	}
}
