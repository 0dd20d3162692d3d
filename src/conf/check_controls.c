#include "load_priv.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

/* Who sends where: per MIDI port and channel 128 CCs, 128 notes and the bend; per OSC port a
 * dict of addresses. Entries are indexes of controls, plus one. */
#define PER_CHANNEL (128 + 128 + 1)

struct taken {
	struct load *l;
	uint16_t *midi[MAPPING_PORTS_MAX]; /* in the scratch arena, NULL: nothing yet */
	struct dict osc;                   /* "port address" */
	struct dict params;                /* "port rpn channel number" */
};

/* ---- what port and address must have in common ---- */

static bool sends(const struct raw_port *p)
{
	return p->out || p->osc.send || p->raw.out || p->simulated;
}

static bool has_address(const struct raw_control *c)
{
	return numbers_address(&c->num).form != ADDR_NONE || c->on || c->up;
}

static void check_osc_port(struct load *l, const struct raw_control *c)
{
	static const char *const keys[] = { "cc", "note", "pitch_bend", "on",
		                            "up", "nrpn", "rpn",        "channel" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const cJSON *v = member(c->h.obj, keys[i]);

		if (!v || (!strcmp(keys[i], "note") && cJSON_IsString(v)))
			continue;
		diag_hint(
			problem_key(l, c->h.src, v, CODE_BAD_PORT,
		                    "\"%s\" on the OSC port \"%s\", expected \"osc\" or nothing",
		                    keys[i], c->port),
			"without one the address is the name: \"deck.a.volume\" is /deck/a/volume");
		return;
	}
}

static void check_midi_port(struct load *l, const struct raw_control *c)
{
	const cJSON *osc = member(c->h.obj, "osc");

	if (osc)
		diag_hint(
			problem_key(l, c->h.src, osc, CODE_BAD_PORT,
		                    "\"osc\" on port \"%s\", which is no OSC port with \"send\"",
		                    c->port),
			"write \"cc\" or \"note\", or give the port \"osc\": { \"send\": \"HOST:PORT\" }");
	else if (!has_address(c))
		problem(l, c->h.src, c->h.obj, CODE_MISSING_KEY,
		        "control \"%s\" without an address on port \"%s\": expected one of \"cc\", "
		        "\"note\", \"pitch_bend\", \"nrpn\", \"rpn\"%s",
		        c->name, c->port,
		        c->kind == KIND_SWITCH    ? " or \"on\" and \"off\""
		        : c->kind == KIND_ENCODER ? " or \"up\" and \"down\""
		                                  : "");
}

static void check_port_of(struct load *l, struct raw_control *c)
{
	const cJSON *at = member_or(c->h.obj, "port");
	const struct raw_port *p;

	c->to_port = c->port ? find_port(l, &c->h, at, c->port) : PORT_NONE;
	if (c->to_port == PORT_NONE)
		return;
	p = port_at(l, (size_t)c->to_port);
	if (!sends(p))
		diag_hint(problem(l, c->h.src, at, CODE_BAD_PORT,
		                  "port \"%s\" does not send: it has no %s", p->name,
		                  p->osc.h.obj ? "\"send\"" : "\"out\""),
		          "add it to the port, or name another port");
	else if (p->osc.send)
		check_osc_port(l, c);
	else
		check_midi_port(l, c);
}

/* ---- addresses that are taken or reserved ---- */

static bool is_reserved(int cc)
{
	return cc == 0 || cc == 6 || cc == 32 || cc == 38 || (cc >= 96 && cc <= 101) || cc >= 120;
}

static void check_reserved(struct load *l, const struct raw_control *c, const cJSON *at, int cc)
{
	if (is_reserved(cc))
		diag_hint(problem(l, c->h.src, at, CODE_RESERVED_CC,
		                  "CC %d of control \"%s\" is %s in MIDI", cc, c->name,
		                  cc >= 120             ? "a channel mode message"
		                  : cc == 0 || cc == 32 ? "bank select"
		                                        : "data entry or its number"),
		          "free ones are 1..5, 7..31, 33..37, 39..95 and 102..119");
}

/* The address, as the warning has it. */
static const char *address_text(struct load *l, struct address a)
{
	if (a.form == ADDR_BEND)
		return arena_fmt(l->scratch, "the pitch bend of channel %d", a.channel + 1);
	if (address_is_param(&a))
		return arena_fmt(l->scratch, "%s %d, channel %d,",
		                 address_is_rpn(&a) ? "RPN" : "NRPN", a.number << 7 | a.lsb,
		                 a.channel + 1);
	return arena_fmt(l->scratch, "%s %d, channel %d,", a.form == ADDR_NOTE ? "note" : "CC",
	                 a.number, a.channel + 1);
}

static void warn_same(struct taken *t, size_t first, size_t control, const cJSON *at,
                      struct address a)
{
	const struct raw_control *c = control_at(t->l, control), *other = control_at(t->l, first);

	if (other != c)
		problem(t->l, c->h.src, at, CODE_SAME_ADDRESS,
		        "controls \"%s\" and \"%s\" are both sent to %s of port \"%s\"",
		        other->name, c->name, address_text(t->l, a), c->port);
}

/* Marks one place of the table. A control that takes it twice has been told already. */
static void take(struct taken *t, uint16_t *place, size_t control, const cJSON *at,
                 struct address a)
{
	if (*place)
		warn_same(t, (size_t)*place - 1, control, at, a);
	else
		*place = (uint16_t)(control + 1);
}

/* There are too many parameters for a table. */
static void take_param(struct taken *t, size_t control, const cJSON *at, struct address a)
{
	const char *key =
		arena_fmt(t->l->scratch, "%d %d %d %d", control_at(t->l, control)->to_port,
	                  address_is_rpn(&a), a.channel, a.number << 7 | a.lsb);
	const uint32_t *known = dict_get(&t->params, key);

	if (known)
		warn_same(t, *known, control, at, a);
	else
		dict_put(&t->params, key, (uint32_t)control);
}

static void take_cc(struct taken *t, uint16_t *places, size_t control, const cJSON *at,
                    struct address a)
{
	check_reserved(t->l, control_at(t->l, control), at, a.number);
	take(t, &places[a.number], control, at, a);
}

/* at: the keys' value; the halves of a pair are told where they stand. */
static void take_midi(struct taken *t, size_t control, const cJSON *at, struct address a)
{
	const struct raw_control *c = control_at(t->l, control);
	uint16_t **table = &t->midi[c->to_port], *places;
	const bool pair = a.form == ADDR_CC14;

	if (!*table)
		*table = arena_alloc(t->l->scratch, 16 * PER_CHANNEL * sizeof(**table));
	places = *table + (a.channel & 15) * PER_CHANNEL;
	switch (a.form) {
	case ADDR_CC:
	case ADDR_CC14:
		take_cc(t, places, control, pair ? at->child : at, a);
		a.number = a.lsb;
		if (pair)
			take_cc(t, places, control, at->child->next, a);
		break;
	case ADDR_NOTE:
		take(t, &places[128 + a.number], control, at, a);
		break;
	case ADDR_BEND:
		take(t, &places[256], control, at, a);
		break;
	case ADDR_NRPN:
	case ADDR_NRPN7:
	case ADDR_RPN:
	case ADDR_RPN7:
		take_param(t, control, at, a);
		break;
	default:
		break;
	}
}

static void take_osc(struct taken *t, size_t control, const cJSON *at)
{
	const struct raw_control *c = control_at(t->l, control), *other;
	char *key = arena_fmt(t->l->scratch, "%s %s%s", c->port, c->osc ? "" : "/",
	                      c->osc ? c->osc : c->name);
	uint32_t *known;

	for (char *p = c->osc ? NULL : strchr(key, '/'); p && *p; p++)
		if (*p == '.')
			*p = '/';
	known = dict_get(&t->osc, key);
	if (!known) {
		dict_put(&t->osc, key, (uint32_t)control);
		return;
	}
	other = control_at(t->l, *known);
	diag_hint(problem(t->l, c->h.src, at, CODE_SAME_ADDRESS,
	                  "controls \"%s\" and \"%s\" are both sent to %s", other->name, c->name,
	                  strchr(key, '/')),
	          "give one of them an address of its own: \"osc\"");
}

static void take_all(struct taken *t, size_t control)
{
	const struct raw_control *c = control_at(t->l, control);
	const struct raw_address *const halves[] = { c->on, c->off, c->up, c->down };
	const cJSON *obj = c->h.obj;

	if (c->to_port == PORT_NONE)
		return;
	if (port_at(t->l, (size_t)c->to_port)->osc.send) {
		take_osc(t, control, member_or(obj, c->osc ? "osc" : "name"));
		return;
	}
	take_midi(t, control, c->num.cc.n ? member_or(obj, "cc") : obj, numbers_address(&c->num));
	for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++)
		if (halves[i])
			take_midi(t, control, halves[i]->h.obj, pair_address(c, halves[i]));
}

static void check_toggle(struct load *l, const struct raw_control *c)
{
	if (c->toggles)
		diag_hint(
			problem(l, c->h.src, member_or(c->h.obj, "interaction"), CODE_AI_TOGGLE,
		                "\"%s\" flips at each press: an intent may get the wrong one of on and "
		                "off",
		                c->name),
			"choose Hold in Traktor's Controller Manager, and leave \"interaction\" out");
}

void check_controls(struct load *l)
{
	struct taken t = { .l = l, .osc.arena = l->scratch, .params.arena = l->scratch };

	if (l->controls.n > MAPPING_CONTROLS_MAX) {
		const struct raw_control *c = control_at(l, MAPPING_CONTROLS_MAX);

		problem(l, c->h.src, c->h.obj, CODE_TOO_MANY, "more than %d controls",
		        MAPPING_CONTROLS_MAX);
		return;
	}
	for (size_t i = 0; i < l->controls.n; i++) {
		check_toggle(l, control_at(l, i));
		check_port_of(l, control_at(l, i));
		take_all(&t, i);
	}
}
