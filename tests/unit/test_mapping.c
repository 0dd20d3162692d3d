#include "cuewire/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/midi.h"
#include "helpers.h"

static const char text[] =
	"{ 'ports': { 'out': { 'out': 'iac' }, 'pads': { 'in': 'pads' }, 'quiet': { 'in': 'q' } },"
	"'controls': ["
	"{ 'name': 'a.fader', 'kind': 'fader', 'port': 'out', 'cc': 1 },"
	"{ 'name': 'a.switch', 'kind': 'switch', 'port': 'out', 'cc': 2 },"
	"{ 'name': 'a.button', 'kind': 'button', 'port': 'out', 'note': 3 },"
	"{ 'name': 'a.wheel', 'kind': 'encoder', 'port': 'out', 'cc': 4 },"
	"{ 'name': 'a.lamp', 'kind': 'lamp' },"
	"{ 'name': 'b.fader', 'kind': 'fader', 'port': 'out', 'cc': 5 },"
	"{ 'name': 'shift', 'kind': 'button' } ],"
	"'routes': ["
	"{ 'osc': '/1/fader1', 'to': 'a.fader' },"
	"{ 'osc': '/1/fader1', 'arg': 1, 'to': 'b.fader' },"
	"{ 'osc': '/a/switch', 'to': 'a.fader' },"
	"{ 'osc': '/x/*', 'to': 'a.fader' },"
	"{ 'osc': '/y/[ab]', 'to': 'b.fader' },"
	"{ 'port': 'pads', 'cc': [7, 39], 'to': 'a.fader' },"
	"{ 'port': 'pads', 'cc': 7, 'channel': 2, 'to': 'b.fader' },"
	"{ 'port': 'pads', 'cc': 39, 'to': 'b.fader' },"
	"{ 'port': 'pads', 'note': 7, 'to': 'a.button', 'when': { 'shift': 0 } },"
	"{ 'port': 'pads', 'note': 7, 'to': 'a.switch', 'when': { 'shift': 1 } },"
	"{ 'port': 'pads', 'pitch_bend': true, 'channel': 16, 'to': 'a.fader' },"
	"{ 'port': 'pads', 'program': 7, 'to': 'a.button' },"
	"{ 'port': 'pads', 'program': true, 'to': 'a.fader' },"
	"{ 'port': 'pads', 'pressure': true, 'to': 'a.fader' },"
	"{ 'port': 'pads', 'poly_pressure': 7, 'to': 'a.lamp' } ],"
	"'intents': ["
	"{ 'name': 'go', 'steps': [ { 'set': 'a.switch', 'to': 1 } ] },"
	"{ 'name': 'halt', 'steps': [ { 'set': 'a.switch', 'to': 0 } ] } ] }";

static struct mapping *m;

static int load(void **state)
{
	(void)state;
	m = load_quoted(text);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	mapping_free(m);
	return 0;
}

/* "a.fader b.fader": the controls of a chain of routes. */
static void expect_chain(uint16_t route, const char *expected)
{
	char got[256] = "";

	for (; route != ROUTE_END; route = m->routes[route].next) {
		const size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s", len ? " " : "",
		         m->controls[m->routes[route].to].name);
	}
	assert_string_equal(got, expected);
}

/* ---- names ---- */

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < m->ncontrols; i++)
		assert_int_equal(control_of(m, m->controls[i].name), i);
	assert_int_equal(mapping_control(m, "a.fade", 6), -1);
	assert_int_equal(mapping_control(m, "a.faders", 8), -1);
	assert_int_equal(mapping_control(m, "", 0), -1);
	assert_int_equal(mapping_control(m, "a.fader and more", 7), 0); /* len decides */
	for (size_t i = 0; i < m->nports; i++)
		assert_int_equal(mapping_port(m, m->ports[i].name), i);
	assert_int_equal(mapping_port(m, "ou"), -1);
	for (size_t i = 0; i < m->nintents; i++)
		assert_int_equal(mapping_intent(m, m->intents[i].name), i);
	assert_int_equal(m->nintents, 2);
	assert_int_equal(mapping_intent(m, "stop"), -1);
}

/* ---- OSC ---- */

struct osc_case {
	const char *address, *controls;
};

static const struct osc_case addresses[] = {
	{ "/1/fader1", "a.fader b.fader" },
	{ "/a/fader", "a.fader" },  /* its own */
	{ "/a/switch", "a.fader" }, /* a route stands in the place of its own */
	{ "/a/button", "a.button" },
	{ "/a/wheel", "a.wheel" },
	{ "/shift", "shift" },
	{ "/a/lamp", "" }, /* a lamp is only shown */
	{ "/x/*", "" },    /* a pattern is no address */
	{ "/x/1", "" },
	{ "/a/fade", "" },
	{ "/a/fader/", "" },
	{ "/", "" },
	{ "", "" },
};

static void test_osc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		expect_chain(mapping_osc(m, addresses[i].address, strlen(addresses[i].address)),
		             addresses[i].controls);
}

/* What a packet begins with finds the same, and nothing else does. */
static void test_osc_padded(void **state)
{
	const uint16_t *list;
	const size_t n = mapping_osc_exact(m, &list);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *osc = m->routes[list[i]].osc;
		const size_t len = strlen(osc), size = (len / 4 + 1) * 4;
		uint8_t bytes[64] = { 0 };

		memcpy(bytes, osc, len);
		assert_int_equal(mapping_osc_padded(m, bytes, size), list[i]);
		assert_int_equal(mapping_osc_padded(m, bytes, size + 4), ROUTE_END);
		assert_int_equal(mapping_osc_padded(m, bytes, size + 8), ROUTE_END);
		assert_int_equal(mapping_osc_padded(m, bytes, 4), size == 4 ? list[i] : ROUTE_END);
		for (size_t k = 0; k < size; k++) {
			bytes[k] ^= 0x80;
			assert_int_equal(mapping_osc_padded(m, bytes, size), ROUTE_END);
			bytes[k] ^= 0x80;
		}
	}
}

static void test_osc_lists(void **state)
{
	const uint16_t *list;
	size_t n = mapping_osc_patterns(m, &list);

	(void)state;
	assert_int_equal(n, 2);
	assert_string_equal(m->routes[list[0]].osc, "/x/*");
	assert_string_equal(m->routes[list[1]].osc, "/y/[ab]");
	/* Each address once, though one has two routes: 6 controls that are no lamp, one of them
	 * behind a route, and two addresses of routes. */
	n = mapping_osc_exact(m, &list);
	assert_int_equal(n, 7);
	for (size_t i = 0; i < n; i++) {
		const char *osc = m->routes[list[i]].osc;

		assert_false(m->routes[list[i]].pattern);
		assert_int_equal(mapping_osc(m, osc, strlen(osc)), list[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(osc, m->routes[list[k]].osc);
	}
}

static void test_own(void **state)
{
	size_t own = 0;

	(void)state;
	for (size_t i = 0; i < m->nroutes; i++) {
		const struct route *r = &m->routes[i];

		own += r->own;
		if (!r->own)
			continue;
		assert_string_equal(r->osc, m->controls[r->to].osc);
		assert_int_equal(r->arg, -1);
		assert_int_equal(r->port, PORT_NONE);
		assert_int_equal(r->nwhen + r->nxf, 0);
	}
	assert_int_equal(own, 5);
}

/* ---- MIDI ---- */

struct midi_case {
	enum addr_form form;
	uint8_t channel, number;
	const char *controls;
};

static const struct midi_case sources[] = {
	{ ADDR_CC, 0, 7, "a.fader b.fader" }, /* the pair's chain; the engine looks at the number */
	{ ADDR_CC, 0, 39, "a.fader b.fader" }, /* led to from its other half too */
	{ ADDR_CC, 1, 7, "b.fader" },
	{ ADDR_CC, 1, 39, "" },
	{ ADDR_CC, 0, 8, "" },
	{ ADDR_NOTE, 0, 7, "a.button a.switch" },
	{ ADDR_NOTE, 1, 7, "" },
	{ ADDR_BEND, 15, 0, "a.fader" },
	{ ADDR_BEND, 0, 0, "" },
	{ ADDR_PROGRAM, 0, 7, "a.button" },
	{ ADDR_PROGRAM, 0, 8, "" },
	{ ADDR_PROGRAM, 0, ADDR_ANY, "a.fader" },
	{ ADDR_PROGRAM, 1, ADDR_ANY, "" },
	{ ADDR_PRESSURE, 0, 0, "a.fader" },
	{ ADDR_PRESSURE, 2, 0, "" },
	{ ADDR_POLY, 0, 7, "a.lamp" },
	{ ADDR_POLY, 0, 6, "" },
};

static void test_midi(void **state)
{
	const int pads = mapping_port(m, "pads"), quiet = mapping_port(m, "quiet");

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		const struct midi_case *c = &sources[i];

		expect_chain(mapping_midi(m, pads, c->form, c->channel, c->number), c->controls);
		assert_int_equal(mapping_midi(m, quiet, c->form, c->channel, c->number), ROUTE_END);
	}
}

/* No two sources share a place: of all of them, only those of the mapping lead anywhere. */
static void test_midi_places(void **state)
{
	const int pads = mapping_port(m, "pads");
	size_t found = 0;

	(void)state;
	for (int form = ADDR_CC; form <= ADDR_POLY; form++) {
		const bool single = form == ADDR_BEND || form == ADDR_PRESSURE;

		for (uint8_t ch = 0; ch < 16 && form != ADDR_CC14; ch++)
			for (int n = 0; n < (single ? 1 : 128); n++)
				found += mapping_midi(m, pads, (enum addr_form)form, ch,
				                      (uint8_t)n) != ROUTE_END;
	}
	assert_int_equal(found, 8);
}

/* ---- parameters, SysEx, system messages ---- */

/* Every parameter of a crowd is found by its number and no other: of two ports, both sorts and all
 * channels. */
static void test_params(void **state)
{
	struct mapping *e = load_quoted(
		"{ 'ports': { 'out': { 'out': 'iac' }, 'p': { 'in': 'p' }, 'q': { 'in': 'q' } },"
		"'controls': [ { 'name': 'x', 'kind': 'fader', 'port': 'out', 'cc': 1 },"
		"{ 'name': 'y', 'kind': 'fader', 'port': 'out', 'cc': 2 } ],"
		"'routes': ["
		"{ 'each': [ { 'p': ['p', 'q'] }, { 'c': [1, 2, 16] },"
		"            { 'm': [0, 1, 2, 3, 64, 127] }, { 'l': [0, 1, 2, 3, 64, 126] } ],"
		"  'port': '{p}', 'channel': '{c}', 'nrpn': ['{m}', '{l}'], 'to': 'x' },"
		"{ 'port': 'q', 'rpn': 130, 'bits': 7, 'to': 'y' } ] }");
	const struct address rpn = { ADDR_RPN, 0, 1, 2 };
	size_t found = 0;

	(void)state;
	for (int port = 1; port < 3; port++)
		for (unsigned i = 0; i < 16 * 16384; i++) {
			const struct address a = { ADDR_NRPN, (uint8_t)(i >> 14), i >> 7 & 127,
				                   i & 127 };
			const uint16_t r = mapping_param(e, port, &a);

			if (r == ROUTE_END)
				continue;
			found++;
			assert_int_equal(e->routes[r].port, port);
			assert_memory_equal(&e->routes[r].in, &a, sizeof(a));
			assert_int_equal(e->routes[r].next, ROUTE_END);
		}
	assert_int_equal(found, 2 * 3 * 6 * 6);
	assert_int_equal(mapping_param(e, 1, &rpn), ROUTE_END);
	assert_int_equal(e->routes[mapping_param(e, 2, &rpn)].to, control_of(e, "y"));
	for (uint8_t channel = 0; channel < 16; channel++)
		assert_int_equal(mapping_has_params(e, 1, channel), channel < 2 || channel == 15);
	assert_false(mapping_has_params(e, 0, 0));
	mapping_free(e);
}

/* A CC that carries parameters is told from one that is only routed. */
static void test_params_beside_ccs(void **state)
{
	struct mapping *e = load_quoted(
		"{ 'ports': { 'out': { 'out': 'iac' }, 'p': { 'in': 'p' } },"
		"'controls': [ { 'name': 'x', 'kind': 'fader', 'port': 'out', 'cc': 1 } ],"
		"'routes': [ { 'port': 'p', 'nrpn': 1, 'to': 'x' },"
		"{ 'port': 'p', 'cc': 38, 'to': 'x' }, { 'port': 'p', 'cc': 7, 'to': 'x' },"
		"{ 'port': 'p', 'channel': 2, 'cc': 38, 'to': 'x' } ] }");
	const struct route *first = &e->routes[mapping_midi(e, 1, ADDR_CC, 0, 38)];
	const struct route *plain = &e->routes[mapping_midi(e, 1, ADDR_CC, 0, 7)];
	const struct route *other = &e->routes[mapping_midi(e, 1, ADDR_CC, 1, 38)];

	(void)state;
	assert_true(first->params && !first->direct);
	assert_true(plain->direct && !plain->params);
	assert_true(other->direct && !other->params);
	mapping_free(e);
}

static void test_without_channel(void **state)
{
	struct mapping *e = load_quoted(
		"{ 'ports': { 'out': { 'out': 'iac' }, 'p': { 'in': 'p' }, 'q': { 'in': 'q' },"
		"             'r': { 'in': 'r' } },"
		"'tempo': { 'clock': 'r' },"
		"'controls': [ { 'name': 'x', 'kind': 'button', 'port': 'out', 'cc': 1 },"
		"{ 'name': 'y', 'kind': 'button', 'port': 'out', 'cc': 2 } ],"
		"'routes': [ { 'port': 'p', 'sysex': 'F0 01 F7', 'to': ['x', 'y'] },"
		"{ 'port': 'p', 'sysex': 'F0 02 F7', 'to': 'y' },"
		"{ 'port': 'p', 'system': 'stop', 'to': 'x' },"
		"{ 'port': 'q', 'system': 'clock', 'to': 'y' } ] }");

	(void)state;
	for (int port = 0; port < 4; port++) {
		const bool p = port == 1, q = port == 2;
		uint16_t r = mapping_sysex(e, port);
		size_t n = 0;

		for (; r != ROUTE_END; r = e->routes[r].next)
			n++;
		assert_int_equal(n, p ? 3 : 0);
		for (enum system_source s = SYSTEM_START; s < SYSTEM_COUNT; s++)
			assert_int_equal(mapping_system(e, port, s) != ROUTE_END,
			                 (p && s == SYSTEM_STOP) || (q && s == SYSTEM_CLOCK));
		assert_int_equal(e->ports[port].clock, port >= 2);
	}
	mapping_free(e);
}

/* ---- nothing at all ---- */

static void test_empty(void **state)
{
	struct mapping *e = load_quoted("{ }");
	const uint16_t *list;

	(void)state;
	assert_int_equal(mapping_control(e, "a", 1), -1);
	assert_int_equal(mapping_port(e, "a"), -1);
	assert_int_equal(mapping_intent(e, "a"), -1);
	assert_int_equal(mapping_osc(e, "/a", 2), ROUTE_END);
	assert_int_equal(mapping_osc_exact(e, &list), 0);
	assert_int_equal(mapping_osc_patterns(e, &list), 0);
	mapping_free(e);
	mapping_free(NULL);
}

/* As large as the look-up tables may become on a stage, and every name is found. */
static void test_many(void **state)
{
	struct mapping *e = load_quoted(
		"{ 'controls': [ { 'each': [ { 'x': ['a','b','c','d','e','f','g','h','i','j'] },"
		"{ 'y': ['k','l','m','n','o','p','q','r','s','t'] },"
		"{ 'z': ['u','v','w','x','y','z','aa','bb','cc','dd'] } ],"
		"'name': 'deck.{x}.{y}.{z}', 'kind': 'fader' } ] }");

	(void)state;
	assert_int_equal(e->ncontrols, 1000);
	for (size_t i = 0; i < e->ncontrols; i++) {
		const struct control *c = &e->controls[i];
		const uint16_t r = mapping_osc(e, c->osc, strlen(c->osc));

		assert_int_equal(control_of(e, c->name), i);
		assert_int_not_equal(r, ROUTE_END);
		assert_int_equal(e->routes[r].to, i);
	}
	mapping_free(e);
}

static void test_ports(void **state)
{
	static const struct port in = { .in = { .n = 1 } }, out = { .out = { .n = 1 } },
				 listens = { .osc_listen = 8000 }, sends = { .osc_send = "a:1" },
				 raw_in = { .raw_in = "f" }, raw_out = { .raw_out = "f" },
				 simulated = { .simulated = true };

	(void)state;
	assert_true(port_is_midi(&in) && port_is_midi(&out));
	assert_false(port_is_midi(&sends) || port_is_midi(&raw_out) || port_is_midi(&simulated));
	assert_true(port_sends(&out) && port_sends(&sends) && port_sends(&raw_out));
	assert_true(port_sends(&simulated));
	assert_false(port_sends(&in) || port_sends(&listens) || port_sends(&raw_in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_osc),
		cmocka_unit_test(test_osc_padded),
		cmocka_unit_test(test_osc_lists),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_midi),
		cmocka_unit_test(test_midi_places),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_params_beside_ccs),
		cmocka_unit_test(test_without_channel),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mapping", tests, load, unload);
}
