/* Where controls are shown: what "feedback" says, and the OSC addresses that routes name, for whoever
 * sends there wants to see it there. */
#include "load_priv.h"

#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

struct build {
	struct mapping *m;
	struct arena *scratch;
	struct dict places; /* by OSC address or "PORT FORM CHANNEL NUMBER LSB" */
	size_t cap_places, cap_shows;
	uint8_t *named; /* per control: addresses of routes that show it */
};

/* One control moved must not mean ever so many messages: where more routes lead to it, their
 * addresses do not show it by themselves. */
#define NAMED_MAX 4

/* ---- places ---- */

static struct place *add_place(struct build *b, const struct place *made)
{
	struct mapping *m = b->m;

	if (m->nplaces == PLACE_NONE)
		return NULL;
	m->places = arena_grow(b->scratch, m->places, &b->cap_places, m->nplaces + 1,
	                       sizeof(*m->places));
	m->places[m->nplaces] = *made;
	return &m->places[m->nplaces++];
}

/* The one that is known by the key, or a new one. */
static struct place *place_at(struct build *b, const char *key, const struct place *made)
{
	const uint32_t *known = dict_get(&b->places, key);
	struct place *p;

	if (known)
		return &b->m->places[*known];
	p = add_place(b, made);
	if (p)
		dict_put(&b->places, key, (uint32_t)(p - b->m->places));
	return p;
}

static struct place *osc_place(struct build *b, const char *address)
{
	const struct place made = {
		.port = PORT_NONE, .osc = address, .nargs = 1, .first = PLACE_NONE
	};

	return place_at(b, address, &made);
}

static struct place *midi_place(struct build *b, const struct raw_route *r)
{
	const struct address a = numbers_address(&r->num);
	const struct control *c = &b->m->controls[r->from_control];
	const struct place made = {
		.port = r->from_port,
		.at = a,
		.lsb_first = r->lsb_first,
		.bipolar = c->bipolar,
		.moves = c->kind == KIND_FADER && a.form != ADDR_NOTE,
		.nargs = 1,
		.first = PLACE_NONE,
	};

	return place_at(b,
	                arena_fmt(b->scratch, "%d %d %d %d %d", r->from_port, a.form, a.channel,
	                          a.number, a.lsb),
	                &made);
}

/* Shows come in the order of the files: each goes to the end of its place's list. */
static void add_show(struct build *b, struct place *p, struct show show)
{
	struct mapping *m = b->m;
	uint16_t *last = &p->first;

	if (!p || m->nshows == PLACE_NONE)
		return;
	m->shows =
		arena_grow(b->scratch, m->shows, &b->cap_shows, m->nshows + 1, sizeof(*m->shows));
	while (*last != PLACE_NONE)
		last = &m->shows[*last].next;
	show.place = (uint16_t)(p - m->places);
	show.next = PLACE_NONE;
	*last = (uint16_t)m->nshows;
	m->shows[m->nshows++] = show;
	if (show.arg >= p->nargs)
		p->nargs = (uint8_t)(show.arg + 1);
}

static void add_rule(struct build *b, const struct raw_route *r)
{
	struct mapping *m = b->m;
	struct place *p = r->osc ? osc_place(b, arena_str(m->arena, r->osc)) : midi_place(b, r);
	struct show show = {
		.control = (uint16_t)r->from_control,
		.arg = (uint8_t)(r->arg > 0 ? r->arg : 0),
		.nwhen = (uint8_t)r->nwhen,
		.when = conditions_build(m->arena, r->when, r->nwhen),
	};

	show.xf = build_xforms(m->arena, &section_feedback, r, &show.nxf);
	add_show(b, p, show);
}

/* Whether a value of the control tells what would have to be sent there. */
static bool shows_itself(const struct mapping *m, const struct route *r)
{
	return r->osc && !r->pattern && !r->macro && r->by == 0.0f &&
	       m->controls[r->to].kind != KIND_ENCODER;
}

static void add_route(struct build *b, struct place *p, struct route *r)
{
	add_show(b, p,
	         (struct show){ .control = r->to,
	                        .arg = (uint8_t)(r->arg > 0 ? r->arg : 0),
	                        .nwhen = r->nwhen,
	                        .when = r->when,
	                        .nxf = r->nxf,
	                        .xf = r->xf,
	                        .back = true });
	if (p)
		r->place = (uint16_t)(p - b->m->places);
}

/* An address that "feedback" names shows that alone; the one that a control has by itself is no
 * other route's. */
static void add_routes(struct build *b)
{
	const size_t named = b->m->nplaces;

	for (size_t i = 0; i < b->m->nroutes; i++) {
		struct route *r = &b->m->routes[i];
		const uint32_t *known = r->osc && !r->own ? dict_get(&b->places, r->osc) : NULL;

		r->place_arg = (uint8_t)(r->arg > 0 ? r->arg : 0);
		if (known && *known < named)
			r->place = (uint16_t)*known;
		else if (!shows_itself(b->m, r) || (!r->own && b->named[r->to] > NAMED_MAX))
			continue;
		else if (r->own)
			add_route(b,
			          add_place(b, &(struct place){ .port = PORT_NONE,
			                                        .osc = r->osc,
			                                        .own = true,
			                                        .nargs = 1,
			                                        .first = PLACE_NONE }),
			          r);
		else
			add_route(b, osc_place(b, r->osc), r);
	}
}

/* ---- who looks at whom ---- */

/* A fader with a motor, a button with a light. */
static void link_midi(struct build *b)
{
	struct mapping *m = b->m;

	for (size_t i = 0; i < m->nroutes && b->places.used; i++) {
		struct route *r = &m->routes[i];
		const uint32_t *known;

		if (r->port == PORT_NONE)
			continue;
		known = dict_get(&b->places,
		                 arena_fmt(b->scratch, "%d %d %d %d %d", r->port, r->in.form,
		                           r->in.channel, r->in.number, r->in.lsb));
		if (known)
			r->place = (uint16_t)*known;
	}
}

/* Every control that a show looks at, and its place; twice is no harm. */
static size_t pairs_of(const struct mapping *m, uint16_t (*pairs)[2])
{
	size_t n = 0;

	for (size_t i = 0; i < m->nshows; i++) {
		const struct show *s = &m->shows[i];

		if (pairs) {
			pairs[n][0] = s->control;
			pairs[n][1] = s->place;
		}
		n++;
		for (size_t k = 0; k < s->nwhen; k++) {
			if (s->when[k].op != COND_IS)
				continue;
			if (pairs) {
				pairs[n][0] = s->when[k].control;
				pairs[n][1] = s->place;
			}
			n++;
		}
	}
	return n;
}

static int by_control(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return x[0] != y[0] ? (int)x[0] - y[0] : (int)x[1] - y[1];
}

static void link_controls(struct build *b)
{
	struct mapping *m = b->m;
	const size_t n = pairs_of(m, NULL);
	uint16_t(*pairs)[2] = arena_alloc(b->scratch, (n + 1) * sizeof(*pairs));
	uint16_t *list = arena_alloc(m->arena, (n + 1) * sizeof(*list));

	pairs_of(m, pairs);
	qsort(pairs, n, sizeof(*pairs), by_control);
	for (size_t i = 0; i < n; i++) {
		struct control *c = &m->controls[pairs[i][0]];

		if (i && !by_control(pairs[i - 1], pairs[i]))
			continue;
		if (!c->nshown)
			c->shown = list;
		*list++ = pairs[i][1];
		c->nshown++;
		c->leads = true;
	}
}

/* Whether the control is shown at one place of its kind only: an OSC client has the addresses of
 * routes or those of controls. */
static bool is_shown_once(const struct mapping *m, const struct route *r)
{
	const struct control *c = &m->controls[r->to];

	for (size_t i = 0; i < c->nshown; i++) {
		const struct place *p = &m->places[c->shown[i]];

		if (c->shown[i] != r->place && (p->port != PORT_NONE || p->own == r->own))
			return false;
	}
	return true;
}

/* Whether nothing else moves with the control. */
static bool moves_alone(const struct mapping *m, uint16_t control)
{
	return mapping_from(m, control) == ROUTE_END && m->controls[control].radio == control &&
	       m->tempo.tap != control;
}

/* A route whose sender sees at once what he sends, or sees nothing, with nobody else to be told. */
static void mark_settled(struct mapping *m)
{
	for (size_t i = 0; i < m->nroutes; i++) {
		struct route *r = &m->routes[i];

		r->settled = r->quick && moves_alone(m, r->to) && is_shown_once(m, r);
	}
}

void build_feedback(struct load *l, struct mapping *m)
{
	struct build b = { .m = m, .scratch = l->scratch, .places.arena = l->scratch };

	b.named = arena_alloc(l->scratch, m->ncontrols + 1);
	for (size_t i = 0; i < m->nroutes; i++)
		if (shows_itself(m, &m->routes[i]) && !m->routes[i].own &&
		    b.named[m->routes[i].to] <= NAMED_MAX)
			b.named[m->routes[i].to]++;
	for (size_t i = 0; i < l->feedback.n; i++)
		add_rule(&b, show_at(l, i));
	link_midi(&b);
	add_routes(&b);
	for (size_t i = 0; i < m->nplaces; i++) {
		m->places[i].slot = (uint32_t)m->nslots;
		if (m->places[i].port != PORT_NONE)
			m->nlights = i + 1;
		m->nslots += m->places[i].nargs;
	}
	m->places = arena_dup(m->arena, m->places, m->nplaces * sizeof(*m->places));
	m->shows = arena_dup(m->arena, m->shows, m->nshows * sizeof(*m->shows));
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].place != PLACE_NONE)
			m->routes[i].slot =
				m->places[m->routes[i].place].slot + m->routes[i].place_arg;
	link_controls(&b);
	mark_settled(m);
}
