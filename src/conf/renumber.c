/* A mapping that takes the place of another one while everything goes on: ports and controls keep
 * their numbers, for whoever holds, waits or moves knows them by these. What is not there any more
 * keeps its number, too, without a name: nothing leads to it, but a release that is under way does
 * not go astray. A new one may have such a number later. */
#include "load_priv.h"

#include <string.h>

#include "cuewire/mem.h"

struct renumber {
	struct mapping *m;
	const struct mapping *before;
	uint16_t *controls, *ports; /* new numbers by old */
	size_t ncontrols, nports;
};

/* Gives everything its number: that of its name before, else one that is free. before_of: the number
 * before, -1: it is new; is_gone: whether a number of before is free. Returns how many there are. */
static size_t number(const struct renumber *r, size_t n, size_t nbefore, uint16_t *out,
                     int (*before_of)(const struct renumber *, size_t),
                     bool (*is_gone)(const struct renumber *, size_t))
{
	size_t next = 0;

	for (size_t i = 0; i < n; i++) {
		const int known = before_of(r, i);

		if (known >= 0)
			out[i] = (uint16_t)known;
	}
	for (size_t i = 0; i < n; i++) {
		if (before_of(r, i) >= 0)
			continue;
		while (next < nbefore && !is_gone(r, next))
			next++;
		out[i] = (uint16_t)next++;
	}
	return next > nbefore ? next : nbefore;
}

static int control_before(const struct renumber *r, size_t i)
{
	const char *name = r->m->controls[i].name;

	return mapping_control(r->before, name, strlen(name));
}

static bool control_gone(const struct renumber *r, size_t i)
{
	return r->before->controls[i].gone;
}

static int port_before(const struct renumber *r, size_t i)
{
	return mapping_port(r->before, r->m->ports[i].name);
}

static bool port_gone(const struct renumber *r, size_t i)
{
	return r->before->ports[i].gone;
}

/* ---- what is gone ---- */

static struct control gone_control(struct arena *a, const struct control *c, uint16_t number)
{
	struct control out = *c;

	out.name = arena_str(a, c->name);
	out.title = NULL;
	out.osc = arena_str(a, c->osc);
	out.osc_out = c->osc_out ? arena_str(a, c->osc_out) : NULL;
	out.shown = NULL;
	out.nshown = 0;
	out.radio = number;
	out.leads = false;
	out.gone = true;
	return out;
}

static struct port gone_port(struct arena *a, const struct port *p)
{
	return (struct port){ .name = arena_str(a, p->name),
		              .at = p->at,
		              .osc_listen = -1,
		              .open_timeout_ms = p->open_timeout_ms,
		              .retry_min_ms = p->retry_min_ms,
		              .retry_max_ms = p->retry_max_ms,
		              .optional = true,
		              .gone = true };
}

static void move_controls(struct renumber *r)
{
	struct mapping *m = r->m;
	struct control *all = arena_alloc(m->arena, (r->ncontrols + 1) * sizeof(*all));

	for (size_t i = 0; i < m->ncontrols; i++) {
		struct control c = m->controls[i];

		c.radio = r->controls[c.radio];
		if (c.port != PORT_NONE)
			c.port = r->ports[c.port];
		all[r->controls[i]] = c;
	}
	for (size_t i = 0; i < r->ncontrols; i++)
		if (!all[i].name)
			all[i] = gone_control(m->arena, &r->before->controls[i], (uint16_t)i);
	m->controls = all;
	m->ncontrols = r->ncontrols;
}

static void move_ports(struct renumber *r)
{
	struct mapping *m = r->m;
	struct port *all = arena_alloc(m->arena, (r->nports + 1) * sizeof(*all));

	for (size_t i = 0; i < m->nports; i++)
		all[r->ports[i]] = m->ports[i];
	for (size_t i = 0; i < r->nports; i++)
		if (!all[i].name)
			all[i] = gone_port(m->arena, &r->before->ports[i]);
	m->ports = all;
	m->nports = r->nports;
}

/* ---- who names them ---- */

static void move_acts(const struct renumber *r, const struct macro *macro)
{
	/* Made by build.c a moment ago: nobody else has seen it. */
	struct batch_act *acts = (struct batch_act *)macro->acts;

	for (size_t i = 0; i < macro->n; i++)
		acts[i].act.control = r->controls[acts[i].act.control];
}

static void move_when(const struct renumber *r, const struct route *route)
{
	struct condition *when = (struct condition *)route->when;

	for (size_t i = 0; i < route->nwhen; i++)
		if (when[i].op == COND_IS)
			when[i].control = r->controls[when[i].control];
}

static void move_routes(const struct renumber *r)
{
	for (size_t i = 0; i < r->m->nroutes; i++) {
		struct route *route = &r->m->routes[i];

		if (route->port != PORT_NONE)
			route->port = r->ports[route->port];
		if (route->from != CONTROL_NONE)
			route->from = r->controls[route->from];
		if (route->to != CONTROL_NONE)
			route->to = r->controls[route->to];
		if (route->macro)
			move_acts(r, route->macro);
		move_when(r, route);
	}
	if (r->m->tempo.tap != CONTROL_NONE)
		r->m->tempo.tap = r->controls[r->m->tempo.tap];
	if (r->m->tempo.clock != PORT_NONE)
		r->m->tempo.clock = r->ports[r->m->tempo.clock];
}

/* A mapping of nothing but names, as if it had been in use before. */
const struct mapping *renumber_names(struct arena *scratch, const struct kept *k)
{
	struct mapping *m = arena_alloc(scratch, sizeof(*m));

	m->arena = scratch;
	m->nports = k->nports;
	m->ports = arena_alloc(scratch, (k->nports + 1) * sizeof(*m->ports));
	for (size_t i = 0; i < k->nports; i++)
		m->ports[i] = (struct port){ .name = k->ports[i] ? k->ports[i] : "",
			                     .osc_listen = -1,
			                     .gone = !k->ports[i] };
	m->ncontrols = k->ncontrols;
	m->controls = arena_alloc(scratch, (k->ncontrols + 1) * sizeof(*m->controls));
	for (size_t i = 0; i < k->ncontrols; i++)
		m->controls[i] = (struct control){ .name = k->controls[i] ? k->controls[i] : "",
			                           .osc = "",
			                           .kind = KIND_LAMP, /* no route of its own */
			                           .port = PORT_NONE,
			                           .gone = !k->controls[i] };
	mapping_index(m);
	return m;
}

bool renumber(struct mapping *m, struct arena *scratch, const struct mapping *before,
              uint16_t **controls, uint16_t **ports)
{
	struct renumber r = { .m = m, .before = before };

	r.controls = arena_alloc(scratch, (m->ncontrols + 1) * sizeof(*r.controls));
	r.ports = arena_alloc(scratch, (m->nports + 1) * sizeof(*r.ports));
	r.ncontrols = number(&r, m->ncontrols, before->ncontrols, r.controls, control_before,
	                     control_gone);
	r.nports = number(&r, m->nports, before->nports, r.ports, port_before, port_gone);
	if (r.ncontrols > MAPPING_CONTROLS_MAX || r.nports > MAPPING_PORTS_MAX)
		return false;
	move_controls(&r);
	move_ports(&r);
	move_routes(&r);
	m->numbered = true;
	*controls = r.controls;
	*ports = r.ports;
	return true;
}
