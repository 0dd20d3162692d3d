/* What is the same in two mappings, of which one takes the place of the other (mapping_load_after). */
#include "cuewire/mapping.h"

#include <string.h>

static bool same_duration(struct duration a, struct duration b)
{
	return a.amount == b.amount && a.unit == b.unit;
}

static bool same_source(const struct route *a, const struct route *b)
{
	if (a->osc || b->osc)
		return a->osc && b->osc && a->arg == b->arg && !strcmp(a->osc, b->osc);
	if (a->port != b->port || a->from != b->from)
		return false;
	if (a->port == PORT_NONE && a->from == CONTROL_NONE)
		return same_duration(a->every, b->every);
	return !memcmp(&a->in, &b->in, sizeof(a->in)) &&
	       (!a->sysex || !memcmp(a->sysex, b->sysex, sizeof(*a->sysex)));
}

static bool same_acts(const struct macro *a, const struct macro *b)
{
	if (!a || !b || a->n != b->n)
		return a == b;
	for (size_t i = 0; i < a->n; i++) {
		const struct act *x = &a->acts[i].act, *y = &b->acts[i].act;

		if (x->control != y->control || x->op != y->op || x->value != y->value ||
		    x->release_ms != y->release_ms || !same_duration(x->over, y->over) ||
		    !same_duration(a->acts[i].after, b->acts[i].after))
			return false;
	}
	return true;
}

static bool same_route(const struct route *a, const struct route *b)
{
	if (a->to != b->to || a->nwhen != b->nwhen || a->nxf != b->nxf || !same_source(a, b) ||
	    !same_acts(a->macro, b->macro))
		return false;
	for (size_t i = 0; i < a->nxf; i++)
		if (a->xf[i].kind != b->xf[i].kind)
			return false;
	return !a->nwhen || !memcmp(a->when, b->when, a->nwhen * sizeof(*a->when));
}

static uint16_t first_of_port(const struct mapping *before, const struct route *r)
{
	if ((size_t)r->port >= before->nports)
		return ROUTE_END;
	if (r->in.form == ADDR_SYSEX)
		return mapping_sysex(before, r->port);
	if (r->in.form == ADDR_SYSTEM)
		return mapping_system(before, r->port, (enum system_source)r->in.number);
	if (address_is_param(&r->in))
		return mapping_param(before, r->port, &r->in);
	return mapping_midi(before, r->port, (enum addr_form)r->in.form, r->in.channel,
	                    r->in.number);
}

/* Where the routes of before with the source of r begin. */
static uint16_t first_of(const struct mapping *before, const struct route *r)
{
	if (r->osc)
		return mapping_osc(before, r->osc, strlen(r->osc));
	if (r->from != CONTROL_NONE)
		return r->from < before->ncontrols ? mapping_from(before, r->from) : ROUTE_END;
	return first_of_port(before, r);
}

/* Patterns, and what begins by itself, are in no chain. */
static bool is_alone(const struct route *r)
{
	return r->pattern || (!r->osc && r->port == PORT_NONE && r->from == CONTROL_NONE);
}

static uint16_t match_one(const struct mapping *before, const struct route *r)
{
	uint16_t i = 0;

	if (is_alone(r)) {
		while (i < before->nroutes && !same_route(r, &before->routes[i]))
			i++;
		return i < before->nroutes ? i : ROUTE_END;
	}
	i = first_of(before, r);
	while (i != ROUTE_END && !same_route(r, &before->routes[i]))
		i = before->routes[i].next;
	return i;
}

void mapping_match(const struct mapping *m, const struct mapping *before, uint16_t *was)
{
	for (size_t i = 0; i < m->nroutes; i++)
		was[i] = m->routes[i].own ? ROUTE_END : match_one(before, &m->routes[i]);
}
