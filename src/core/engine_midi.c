/* MIDI that takes more than a look-up: parameters (RPN, NRPN), whose number comes before their
 * value, SysEx, and messages without a channel.
 *
 * Parameters. Sources: MIDI 1.0 Detailed Specification, "Registered and Non-Registered Parameter
 * Numbers", and RP-018. A channel has one parameter chosen; data entry is for it until another one
 * is. The number 7F 7F chooses none. Both halves of a number are remembered, for some devices send
 * only the one that changes. */
#include "engine_priv.h"

#include <string.h>

/* ---- parameters ---- */

#define PARAM_NULL 127 /* both halves of it */

static struct param_state *param_state(const struct engine *e, int port, uint8_t channel)
{
	return &e->params[16 * port + channel];
}

static void choose(struct param_state *p, enum addr_form form, bool msb, uint8_t v)
{
	uint8_t *half = msb ? p->msb : p->lsb;

	half[form == ADDR_RPN] = (uint8_t)(v + 1);
	p->form = (uint8_t)form;
}

bool engine_param(const struct engine *e, int port, uint8_t channel, struct address *out)
{
	const struct param_state *p = param_state(e, port, channel);
	const bool rpn = p->form == ADDR_RPN;
	const uint8_t msb = p->msb[rpn], lsb = p->lsb[rpn];

	if (p->form == ADDR_NONE || !msb || !lsb)
		return false;
	if (msb - 1 == PARAM_NULL && lsb - 1 == PARAM_NULL)
		return false;
	*out = (struct address){ p->form, channel, (uint8_t)(msb - 1), (uint8_t)(lsb - 1) };
	return true;
}

void engine_params_forget(struct engine *e, int port)
{
	memset(param_state(e, port, 0), 0, 16 * sizeof(*e->params));
}

/* Data increment and decrement are steps; what is only on or off goes on or off. */
static struct input step(const struct engine *e, const struct route *r, bool up)
{
	if (r->to != CONTROL_NONE && kinds[e->m->controls[r->to].kind].binary)
		return (struct input){ IN_VALUE, up ? 1.0f : 0.0f };
	return (struct input){ IN_STEPS, up ? 1.0f : -1.0f };
}

static void param_route(struct engine *e, uint64_t t_ns, uint16_t route, uint8_t number, uint8_t v)
{
	const struct route *r = &e->m->routes[route];
	const bool msb = number == MIDI_DATA_MSB;

	if (number == MIDI_DATA_UP || number == MIDI_DATA_DOWN)
		midi_deliver(e, t_ns, route, step(e, r, number == MIDI_DATA_UP));
	else if (address_is_fine(&r->in))
		pair_half(e, t_ns, route, msb, v);
	else if (msb)
		midi_deliver(e, t_ns, route,
		             (struct input){ IN_VALUE, value_from7(v, r->bipolar) });
}

/* Data for no parameter is nobody's fault where parameters are used. */
static bool param_data(struct engine *e, uint64_t t_ns, int port, uint8_t channel, uint8_t number,
                       uint8_t v)
{
	struct address a;
	uint16_t route;
	bool hit;

	if (!engine_param(e, port, channel, &a))
		return mapping_has_params(e->m, port, channel);
	route = mapping_param(e->m, port, &a);
	hit = route != ROUTE_END;
	for (; route != ROUTE_END; route = e->m->routes[route].next)
		param_route(e, t_ns, route, number, v);
	return hit;
}

bool engine_param_cc(struct engine *e, uint64_t t_ns, int port, uint8_t channel, uint8_t number,
                     uint8_t v)
{
	switch (number) {
	case MIDI_NRPN_MSB:
	case MIDI_NRPN_LSB:
		choose(param_state(e, port, channel), ADDR_NRPN, number == MIDI_NRPN_MSB, v);
		return mapping_has_params(e->m, port, channel);
	case MIDI_RPN_MSB:
	case MIDI_RPN_LSB:
		choose(param_state(e, port, channel), ADDR_RPN, number == MIDI_RPN_MSB, v);
		return mapping_has_params(e->m, port, channel);
	case MIDI_DATA_MSB:
	case MIDI_DATA_LSB:
	case MIDI_DATA_UP:
	case MIDI_DATA_DOWN:
		return param_data(e, t_ns, port, channel, number, v);
	default:
		return false;
	}
}

/* ---- without a channel ---- */

/* To each route of the source. Returns whether there is one. */
static bool to_each(struct engine *e, uint64_t t_ns, uint16_t route, struct input in)
{
	const bool hit = route != ROUTE_END;

	for (; route != ROUTE_END; route = e->m->routes[route].next)
		midi_deliver(e, t_ns, route, in);
	return hit;
}

static bool transport(struct engine *e, uint64_t t_ns, int port, enum system_source what,
                      bool playing)
{
	const bool hit = to_each(e, t_ns, mapping_system(e->m, port, what),
	                         (struct input){ IN_TRIGGER, 0.0f });

	return to_each(e, t_ns, mapping_system(e->m, port, SYSTEM_PLAYING),
	               (struct input){ IN_VALUE, playing }) ||
	       hit;
}

bool engine_system(struct engine *e, uint64_t t_ns, int port, const struct midi_msg *m)
{
	const uint16_t position = (uint16_t)(m->d2 << 7 | m->d1);

	switch (m->status) {
	case MIDI_START:
		return transport(e, t_ns, port, SYSTEM_START, true);
	case MIDI_CONTINUE:
		return transport(e, t_ns, port, SYSTEM_CONTINUE, true);
	case MIDI_STOP:
		return transport(e, t_ns, port, SYSTEM_STOP, false);
	case MIDI_SONG_POSITION:
		return to_each(e, t_ns, mapping_system(e->m, port, SYSTEM_POSITION),
		               (struct input){ IN_VALUE, value_from14(position, false) });
	case MIDI_SONG_SELECT:
		return to_each(e, t_ns, mapping_system(e->m, port, SYSTEM_SONG),
		               (struct input){ IN_VALUE, value_from7(m->d1, false) });
	case MIDI_CLOCK:
		to_each(e, t_ns, mapping_system(e->m, port, SYSTEM_CLOCK),
		        (struct input){ IN_TRIGGER, 0.0f });
		return true;
	default:
		return true; /* time code, active sensing and the like are nobody's fault */
	}
}

/* ---- SysEx ---- */

static struct input sysex_input(const struct route *r, uint16_t value)
{
	if (r->sysex->bits == 7)
		return (struct input){ IN_VALUE, value_from7((uint8_t)value, r->bipolar) };
	if (r->sysex->bits == 14)
		return (struct input){ IN_VALUE, value_from14(value, r->bipolar) };
	return (struct input){ IN_TRIGGER, 0.0f };
}

/* Patterns are tried one by one: the cost is bounded by how many the port has. */
void engine_sysex(struct engine *e, uint64_t t_ns, int port, const uint8_t *bytes, size_t len)
{
	uint16_t route = mapping_sysex(e->m, port), value = 0;
	bool hit = false;

	t_ns = engine_begin(e, t_ns);
	e->n.midi_in++;
	for (; route != ROUTE_END; route = e->m->routes[route].next) {
		const struct route *r = &e->m->routes[route];

		if (!sysex_match(r->sysex, bytes, len, &value))
			continue;
		hit = true;
		midi_deliver(e, t_ns, route, sysex_input(r, value));
	}
	if (hit)
		return;
	e->n.unmapped++;
	if (e->sink.unmapped_sysex)
		e->sink.unmapped_sysex(e->sink.ctx, t_ns, port, bytes, len);
}
