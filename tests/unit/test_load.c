#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/load.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- texts ---- */

static int load_text(struct mapping **m, const char *text, struct diags *d)
{
	*d = (struct diags){ 0 };
	return mapping_load_text(m, "test.json", text, strlen(text), NULL, d);
}

static void show(const struct diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		print_message("# %s:%d:%d: %s\n", d->list[i].file, d->list[i].line,
		              d->list[i].column, d->list[i].msg);
}

/* A mapping that must load without a word. */
static struct mapping *load_good(const char *text)
{
	struct mapping *m = NULL;
	struct diags d;

	if (load_text(&m, text, &d) || d.n) {
		show(&d);
		fail_msg("not accepted: %s", text);
	}
	return m;
}

/* Ports that the texts below share. */
#define PORTS                                                                                       \
	"\"ports\": { \"t\": { \"out\": [\"iac bus 1\", \"bus 1\"] }, \"k\": { \"in\": \"keys\" }," \
	"  \"x\": { \"osc\": { \"send\": \"127.0.0.1:9000\" } } }"
#define USED                                                                                          \
	"{ \"name\": \"used.t\", \"kind\": \"fader\", \"port\": \"t\", \"channel\": 16, \"cc\": 1 }," \
	"{ \"name\": \"used.x\", \"kind\": \"fader\", \"port\": \"x\" }"
#define USED_ROUTE "{ \"port\": \"k\", \"channel\": 16, \"cc\": 1, \"to\": \"used.t\" }"

static const struct control *control(const struct mapping *m, const char *name)
{
	const int i = mapping_control(m, name, strlen(name));

	if (i < 0)
		fail_msg("no control %s", name);
	return &m->controls[i];
}

static void test_empty(void **state)
{
	struct mapping *m =
		load_good("{ \"note\": \"nothing\", \"title\": \"x\", \"$schema\": \"y\" }");

	(void)state;
	assert_int_equal(m->ncontrols + m->nports + m->nroutes + m->nintents, 0);
	assert_int_equal(m->nfiles, 1);
	assert_string_equal(m->files[0], "test.json");
	mapping_free(m);
}

static void test_ports(void **state)
{
	struct mapping *m = load_good(
		"{ \"ports\": {\n"
		"  \"note\": \"a remark\",\n"
		"  \"pads\": { \"in\": \"launchpad\", \"out\": [\"launchpad mini\", \"launchpad\"],\n"
		"    \"optional\": true, \"open_timeout_ms\": 250 },\n"
		"  \"tablet\": { \"osc\": { \"listen\": 8000, \"bind\": \"::1\" } },\n"
		"  \"light\": { \"osc\": { \"send\": \"[::1]:7000\" } },\n"
		"  \"fifo\": { \"raw\": { \"in\": \"/tmp/a\", \"out\": \"/tmp/b\" } },\n"
		"  \"sim\": { \"simulated\": true } },\n"
		" \"controls\": [\n"
		"  { \"name\": \"a\", \"kind\": \"fader\", \"port\": \"pads\", \"cc\": 1 },\n"
		"  { \"name\": \"b\", \"kind\": \"fader\", \"port\": \"light\", \"osc\": \"/b/x\" },\n"
		"  { \"name\": \"c\", \"kind\": \"fader\", \"port\": \"fifo\", \"cc\": 1 },\n"
		"  { \"name\": \"d\", \"kind\": \"fader\", \"port\": \"sim\", \"cc\": 1 } ] }");
	const struct port *p = m->ports;

	(void)state;
	assert_int_equal(m->nports, 5);
	assert_string_equal(p[0].name, "pads");
	assert_int_equal(p[0].at.line, 3);
	assert_int_equal(p[0].at.column, 11);
	assert_int_equal(p[0].in.n, 1);
	assert_string_equal(p[0].in.list[0], "launchpad");
	assert_int_equal(p[0].out.n, 2);
	assert_string_equal(p[0].out.list[1], "launchpad");
	assert_true(p[0].optional && !p[0].simulated);
	assert_int_equal(p[0].open_timeout_ms, 250);
	assert_int_equal(p[0].osc_listen, -1);
	assert_int_equal(p[1].osc_listen, 8000);
	assert_string_equal(p[1].osc_bind, "::1");
	assert_int_equal(p[1].osc_reply_port, 9000);
	assert_int_equal(p[1].open_timeout_ms, 5000);
	assert_null(p[1].osc_send);
	assert_string_equal(p[2].osc_send, "[::1]:7000");
	assert_string_equal(p[3].raw_in, "/tmp/a");
	assert_string_equal(p[3].raw_out, "/tmp/b");
	assert_true(p[4].simulated);
	assert_string_equal(control(m, "b")->osc_out, "/b/x");
	mapping_free(m);
}

static const struct {
	const char *keys;
	struct control want;
} control_cases[] = {
	{ "\"kind\": \"fader\"", { .kind = KIND_FADER, .port = PORT_NONE } },
	{ "\"kind\": \"lamp\"", { .kind = KIND_LAMP, .port = PORT_NONE } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"cc\": 7",
	  { .kind = KIND_FADER, .out = { ADDR_CC, 0, 7, 0 } } },
	{ "\"kind\": \"button\", \"port\": \"t\", \"channel\": 16, \"note\": 0",
	  { .kind = KIND_BUTTON, .out = { ADDR_NOTE, 15, 0, 0 } } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"cc\": [1, 33], \"order\": \"lsb\", \"bipolar\": true",
	  { .kind = KIND_FADER,
	    .bipolar = true,
	    .lsb_first = true,
	    .out = { ADDR_CC14, 0, 1, 33 } } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"cc\": [1, 33], \"order\": \"msb\"",
	  { .kind = KIND_FADER, .out = { ADDR_CC14, 0, 1, 33 } } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"pitch_bend\": true, \"channel\": 2",
	  { .kind = KIND_FADER, .out = { ADDR_BEND, 1, 0, 0 } } },
	{ "\"kind\": \"encoder\", \"port\": \"t\", \"cc\": 5",
	  { .kind = KIND_ENCODER, .encoding = ENC_TWOS, .out = { ADDR_CC, 0, 5, 0 } } },
	{ "\"kind\": \"encoder\", \"port\": \"t\", \"cc\": 5, \"encoder\": \"sign\"",
	  { .kind = KIND_ENCODER, .encoding = ENC_SIGN, .out = { ADDR_CC, 0, 5, 0 } } },
	{ "\"kind\": \"encoder\", \"port\": \"t\", \"channel\": 3, \"up\": { \"note\": 1 },"
	  "\"down\": { \"channel\": 4, \"cc\": 2 }",
	  { .kind = KIND_ENCODER, .up = { ADDR_NOTE, 2, 1, 0 }, .down = { ADDR_CC, 3, 2, 0 } } },
	{ "\"kind\": \"switch\", \"port\": \"t\", \"on\": { \"cc\": 10 }, \"off\": { \"cc\": 11 }",
	  { .kind = KIND_SWITCH, .up = { ADDR_CC, 0, 10, 0 }, .down = { ADDR_CC, 0, 11, 0 } } },
	{ "\"kind\": \"switch\", \"port\": \"x\"",
	  { .kind = KIND_SWITCH, .port = 2, .osc_out = "/deck/a/x_1" } },
	{ "\"kind\": \"switch\", \"port\": \"x\", \"osc\": \"/play\"",
	  { .kind = KIND_SWITCH, .port = 2, .osc_out = "/play" } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"cc\": 7, \"note\": \"a remark\", \"title\": \"A\"",
	  { .kind = KIND_FADER, .title = "A", .out = { ADDR_CC, 0, 7, 0 } } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"nrpn\": 259, \"channel\": 2",
	  { .kind = KIND_FADER, .out = { ADDR_NRPN, 1, 2, 3 } } },
	{ "\"kind\": \"button\", \"port\": \"t\", \"rpn\": [0, 127], \"bits\": 7",
	  { .kind = KIND_BUTTON, .out = { ADDR_RPN7, 0, 0, 127 } } },
	{ "\"kind\": \"encoder\", \"port\": \"t\", \"nrpn\": 16382, \"bits\": 14",
	  { .kind = KIND_ENCODER, .encoding = ENC_TWOS, .out = { ADDR_NRPN, 0, 127, 126 } } },
	{ "\"kind\": \"fader\", \"port\": \"t\", \"cc\": 7.0, \"channel\": 1e0",
	  { .kind = KIND_FADER, .out = { ADDR_CC, 0, 7, 0 } } },
};

static void same_address(struct address a, struct address b)
{
	assert_int_equal(a.form, b.form);
	if (a.form == ADDR_NONE)
		return;
	assert_int_equal(a.channel, b.channel);
	assert_int_equal(a.number, b.number);
	assert_int_equal(a.lsb, b.lsb);
}

static void same_text(const char *a, const char *b)
{
	if (!b)
		assert_null(a);
	else
		assert_string_equal(a, b);
}

static void test_controls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(control_cases); i++) {
		const struct control *want = &control_cases[i].want, *c;
		struct mapping *m;
		char text[2048];

		snprintf(text, sizeof(text),
		         "{ " PORTS ", \"controls\": [ " USED
		         ",\n { \"name\": \"deck.a.x_1\", %s } ],"
		         "\"routes\": [ " USED_ROUTE " ] }",
		         control_cases[i].keys);
		m = load_good(text);
		c = control(m, "deck.a.x_1");
		assert_string_equal(c->osc, "/deck/a/x_1");
		assert_int_equal(c->at.line, 2);
		assert_int_equal(c->at.column, 2);
		assert_int_equal(c->kind, want->kind);
		assert_int_equal(c->bipolar, want->bipolar);
		assert_int_equal(c->lsb_first, want->lsb_first);
		assert_int_equal(c->encoding, want->encoding);
		assert_int_equal(c->port, want->port);
		same_address(c->out, want->out);
		same_address(c->up, want->up);
		same_address(c->down, want->down);
		same_text(c->osc_out, want->osc_out);
		same_text(c->title, want->title);
		mapping_free(m);
	}
}

static const struct {
	const char *keys;
	struct route want;
} route_cases[] = {
	{ "\"osc\": \"/a\"", { .osc = "/a", .arg = -1, .port = PORT_NONE, .label = "osc:/a" } },
	{ "\"osc\": \"/a/{b,c}\", \"arg\": 63",
	  { .osc = "/a/{b,c}",
	    .pattern = true,
	    .arg = 63,
	    .port = PORT_NONE,
	    .label = "osc:/a/{b,c}" } },
	{ "\"port\": \"k\", \"cc\": 0",
	  { .arg = -1, .port = 1, .in = { ADDR_CC, 0, 0, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"channel\": 2, \"cc\": [1, 33]",
	  { .arg = -1, .port = 1, .in = { ADDR_CC14, 1, 1, 33 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"note\": 127",
	  { .arg = -1, .port = 1, .in = { ADDR_NOTE, 0, 127, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"pitch_bend\": true",
	  { .arg = -1, .port = 1, .in = { ADDR_BEND, 0, 0, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"program\": 0, \"by\": 0.5",
	  { .arg = -1,
	    .port = 1,
	    .in = { ADDR_PROGRAM, 0, 0, 0 },
	    .by = 0.5f,
	    .label = "midi:k" } },
	{ "\"port\": \"k\", \"program\": true",
	  { .arg = -1, .port = 1, .in = { ADDR_PROGRAM, 0, ADDR_ANY, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"pressure\": true",
	  { .arg = -1, .port = 1, .in = { ADDR_PRESSURE, 0, 0, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"poly_pressure\": 60, \"note\": \"not the note\"",
	  { .arg = -1, .port = 1, .in = { ADDR_POLY, 0, 60, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"channel\": 3, \"nrpn\": 128",
	  { .arg = -1, .port = 1, .in = { ADDR_NRPN, 2, 1, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"nrpn\": [1, 2], \"bits\": 7",
	  { .arg = -1, .port = 1, .in = { ADDR_NRPN7, 0, 1, 2 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"rpn\": 2",
	  { .arg = -1, .port = 1, .in = { ADDR_RPN, 0, 0, 2 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"system\": \"playing\"",
	  { .arg = -1,
	    .port = 1,
	    .in = { ADDR_SYSTEM, 0, SYSTEM_PLAYING, 0 },
	    .label = "midi:k" } },
	{ "\"port\": \"k\", \"sysex\": \"F0 vv F7\"",
	  { .arg = -1, .port = 1, .in = { ADDR_SYSEX, 0, 0, 0 }, .label = "midi:k" } },
	{ "\"port\": \"k\", \"cc\": 1, \"encoder\": \"offset\", \"by\": -0.5",
	  { .arg = -1,
	    .port = 1,
	    .in = { ADDR_CC, 0, 1, 0 },
	    .encoding = ENC_OFFSET,
	    .by = -0.5f,
	    .label = "midi:k" } },
};

static void test_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(route_cases); i++) {
		const struct route *want = &route_cases[i].want, *r;
		struct mapping *m;
		char text[2048];

		snprintf(text, sizeof(text),
		         "{ " PORTS ", \"controls\": [ " USED " ], \"routes\": [\n"
		         "    { %s, \"to\": \"used.x\" }, " USED_ROUTE " ] }",
		         route_cases[i].keys);
		m = load_good(text);
		r = &m->routes[0];
		assert_int_equal(r->at.line, 2);
		assert_int_equal(r->at.column, 5);
		same_text(r->osc, want->osc);
		assert_string_equal(r->label, want->label);
		assert_int_equal(r->pattern, want->pattern);
		assert_false(r->own);
		assert_int_equal(r->arg, want->arg);
		assert_int_equal(r->port, want->port);
		assert_int_equal(r->encoding, want->encoding);
		assert_true(r->by == want->by);
		assert_int_equal(r->nxf + r->nwhen, 0);
		assert_int_equal(r->to, mapping_control(m, "used.x", 6));
		same_address(r->in, want->in);
		mapping_free(m);
	}
}

/* Order of the file; only what has a memory gets a state, each its own. */
static void test_transforms(void **state)
{
	static const struct xform want[] = {
		{ .kind = XF_OUTPUT, .a = 0.25f, .b = 1.0f },
		{ .kind = XF_DEADBAND, .a = 0.5f, .b = 0.0f },
		{ .kind = XF_INVERT, .a = 0.0f, .b = 0.0f },
		{ .kind = XF_RANGE, .a = 127.0f, .b = -1.5f },
		{ .kind = XF_CURVE, .a = CURVE_S, .b = 0.0f },
		{ .kind = XF_QUANTISE, .a = 1024.0f, .b = 0.0f },
		{ .kind = XF_THRESHOLD, .a = 0.75f, .b = 0.0f },
		{ .kind = XF_AS, .a = AS_TOGGLE },
	};
	struct mapping *m = load_good(
		"{ \"controls\": [ { \"name\": \"a\", \"kind\": \"switch\" } ], \"routes\": [\n"
		"  { \"output\": [0.25, 1], \"to\": \"a\", \"deadband\": 0.5, \"invert\": true,\n"
		"    \"range\": [127, -1.5], \"osc\": \"/x\", \"curve\": \"s\", \"quantise\": 1024,\n"
		"    \"threshold\": 0.75, \"as\": \"toggle\" },\n"
		"  { \"osc\": \"/y\", \"to\": \"a\", \"invert\": false, \"deadband\": 0.1 } ] }");

	(void)state;
	assert_int_equal(m->routes[0].nxf, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(m->routes[0].xf[i].kind, want[i].kind);
		assert_true(m->routes[0].xf[i].a == want[i].a && m->routes[0].xf[i].b == want[i].b);
	}
	assert_true(m->routes[0].edges);
	assert_int_equal(m->ncells, 3);
	assert_ptr_equal(m->cells[0], &m->routes[0].xf[1]);
	assert_ptr_equal(m->cells[1], &m->routes[0].xf[7]);
	assert_int_equal(m->routes[1].nxf, 1);
	assert_ptr_equal(m->cells[2], &m->routes[1].xf[0]);
	for (size_t i = 0; i < m->ncells; i++) {
		assert_int_equal(m->cells[i]->cell, i);
		assert_int_equal(m->cells[i]->route, i == 2);
	}
	mapping_free(m);
}

static void test_when(void **state)
{
	struct mapping *m = load_good(
		"{ \"controls\": [ { \"name\": \"a\", \"kind\": \"fader\" },\n"
		"  { \"name\": \"shift\", \"kind\": \"button\" }, { \"name\": \"note\", \"kind\": \"switch\" } ],\n"
		"  \"routes\": [ { \"osc\": \"/x\", \"to\": \"a\",\n"
		"    \"when\": { \"shift\": 0, \"note\": true, \"a\": 1 } },\n"
		"  { \"osc\": \"/x\", \"to\": \"a\", \"when\": { \"note\": \"remark\", \"shift\": true } } ] }");
	const struct route *r = m->routes;

	(void)state;
	assert_int_equal(r[0].nwhen, 4);
	for (size_t i = 0; i < 3; i++) {
		const char *name = m->controls[r[0].when[i].control].name;
		const bool on = strcmp(name, "shift") != 0;

		assert_true(r[0].when[i].lo == (on ? 0.5f : -INFINITY));
		assert_true(on ? r[0].when[i].hi == INFINITY : r[0].when[i].hi < 0.5f);
	}
	assert_int_equal(r[0].when[3].op, COND_AND);
	assert_int_equal(r[0].when[3].n, 3);
	assert_int_equal(r[1].nwhen, 1);
	assert_true(r[1].when[0].lo == 0.5f);
	mapping_free(m);
}

/* ---- each ---- */

static void test_each(void **state)
{
	struct mapping *m = load_good(
		"{ " PORTS ", \"controls\": [ " USED ",\n"
		"  { \"each\": { \"d\": [\"a\", \"b\"], \"ch\": [1, 2] }, \"name\": \"deck.{d}.vol\",\n"
		"    \"title\": \"Deck {d} {none}\", \"kind\": \"fader\", \"port\": \"t\", \"channel\": \"{ch}\",\n"
		"    \"cc\": [\"{ch}\", 40] },\n"
		"  { \"each\": [ { \"d\": [\"a\", \"b\"], \"note\": \"decks\" }, { \"n\": [1, 2, 3], \"k\":\n"
		"    [\"button\", \"switch\", \"button\"] } ], \"name\": \"deck.{d}.pad{n}.x\",\n"
		"    \"kind\": \"{k}\" },\n"
		"  { \"each\": { \"n\": [60], \"pad\": [\"x\"] }, \"name\": \"{pad}\", \"kind\": \"button\",\n"
		"    \"port\": \"t\", \"note\": \"{n}\" } ],\n"
		" \"routes\": [ " USED_ROUTE ",\n"
		"  { \"each\": { \"d\": [\"a\", \"b\"], \"o\": [true, false] }, \"osc\": \"/{d}/{x,y}\",\n"
		"    \"to\": \"deck.{d}.vol\", \"when\": { \"deck.{d}.pad1.x\": \"{o}\" }, \"invert\": \"{o}\" } ],\n"
		" \"intents\": [ { \"each\": { \"n\": [1, 3] }, \"name\": \"hit{n}\", \"slots\": { \"d\": \"deck\" },\n"
		"    \"steps\": [ { \"press\": \"deck.{d}.pad{n}.x\", \"after_ms\": \"{n}\" } ] } ] }");

	(void)state;
	assert_int_equal(m->ncontrols, 2 + 2 + 6 + 1);
	assert_string_equal(control(m, "deck.b.vol")->title, "Deck b {none}");
	same_address(control(m, "deck.b.vol")->out, (struct address){ ADDR_CC14, 1, 2, 40 });
	assert_int_equal(control(m, "deck.b.vol")->at.line, 2);
	assert_int_equal(control(m, "deck.a.pad2.x")->kind, KIND_SWITCH);
	assert_int_equal(control(m, "deck.b.pad3.x")->kind, KIND_BUTTON);
	same_address(control(m, "x")->out, (struct address){ ADDR_NOTE, 0, 60, 0 });
	assert_string_equal(m->routes[2].osc, "/b/{x,y}");
	assert_int_equal(m->routes[1].nxf, 1);
	assert_int_equal(m->routes[2].nxf, 0);
	assert_true(m->routes[1].when[0].lo == 0.5f && m->routes[2].when[0].hi < 0.5f);
	assert_int_equal(m->nintents, 2);
	assert_string_equal(m->intents[1].name, "hit3");
	assert_string_equal(m->intents[1].steps[0].control, "deck.{d}.pad3.x");
	assert_int_equal(m->intents[1].steps[0].after.amount, 3);
	mapping_free(m);
}

/* What "each" multiplies to is bounded, whatever it is asked for. */
static void test_each_budget(void **state)
{
	static const char head[] =
		"{ \"controls\": [ { \"each\": [ { \"a\": [1,2,3,4,5,6,7,8,9,10] }, { \"b\":"
		"[1,2,3,4,5,6,7,8,9,10] }, { \"c\": [1,2,3,4,5,6,7,8,9,10] } ], \"kind\": \"button\","
		"\"name\": \"x{a}.{b}.{c}\", \"title\": \"{a}";
	static const char tail[] = "\" } ] }";
	const size_t long_title = 200000;
	char *text = malloc(sizeof(head) + sizeof(tail) + long_title);
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	assert_non_null(text);
	strcpy(text, head);
	memset(text + strlen(head), 'x', long_title);
	strcpy(text + strlen(head) + long_title, tail);
	assert_int_equal(load_text(&m, text, &d), -1);
	assert_string_equal(d.list[0].code, "too-many");
	assert_int_equal(d.errors, 1);
	free(text);
}

/* ---- intents ---- */

static void test_intents(void **state)
{
	struct mapping *m = load_good(
		"{ \"controls\": [ { \"each\": { \"d\": [\"a\", \"c\"] }, \"name\": \"deck.{d}.vol\","
		"\"kind\": \"fader\" }, { \"name\": \"deck.b.rem\", \"kind\": \"button\" },"
		"{ \"name\": \"list\", \"kind\": \"encoder\" } ],\n"
		"\"intents\": [ { \"name\": \"mix\", \"title\": \"Mix\", \"slots\": { \"note\": \"remark\",\n"
		"  \"d\": \"deck\", \"v\": \"number\", \"w\": { \"type\": \"number\", \"min\": -0.5, \"max\": 0.5,\n"
		"  \"default\": 0.25 }, \"c\": { \"type\": \"choice\", \"values\": [\"a\", \"c\"],\n"
		"  \"default\": \"c\" }, \"e\": { \"type\": \"deck\", \"default\": \"b\" } }, \"steps\": [\n"
		"  { \"set\": \"deck.{d}.vol\", \"to\": \"{v}\" },\n"
		"  { \"nudge\": \"deck.{c}.vol\", \"by\": \"{w}\", \"after_ms\": 600000 },\n"
		"  { \"press\": \"deck.{e}.rem\" }, { \"release\": \"deck.b.rem\", \"note\": \"x\" },\n"
		"  { \"set\": \"deck.a.vol\", \"to\": 0.1 }, { \"nudge\": \"list\", \"by\": -3 } ] } ] }");
	const struct intent *in = &m->intents[0];

	(void)state;
	assert_int_equal(mapping_intent(m, "mix"), 0);
	assert_string_equal(in->title, "Mix");
	assert_int_equal(in->nslots, 5);
	assert_int_equal(in->slots[0].type, SLOT_DECK);
	assert_int_equal(in->slots[0].nvalues, 2);
	assert_string_equal(in->slots[0].values[1], "c");
	assert_null(in->slots[0].def);
	assert_true(in->slots[1].min == 0 && in->slots[1].max == 1);
	assert_true(in->slots[2].min == -0.5 && in->slots[2].max == 0.5);
	assert_string_equal(in->slots[2].def, "0.25");
	assert_int_equal(in->slots[3].nvalues, 2);
	assert_string_equal(in->slots[3].def, "c");
	assert_int_equal(in->slots[4].nvalues, 1);
	assert_string_equal(in->slots[4].values[0], "b");
	assert_int_equal(in->nsteps, 6);
	assert_int_equal(in->steps[0].op, OP_SET);
	assert_string_equal(in->steps[0].value, "{v}");
	assert_int_equal(in->steps[0].at.line, 6);
	assert_int_equal(in->steps[1].after.amount, 600000);
	assert_int_equal(in->steps[2].op, OP_PRESS);
	assert_null(in->steps[2].value);
	assert_int_equal(in->steps[3].op, OP_RELEASE);
	assert_string_equal(in->steps[4].value, "0.1");
	assert_string_equal(in->steps[5].value, "-3");
	mapping_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),      cmocka_unit_test(test_ports),
		cmocka_unit_test(test_controls),   cmocka_unit_test(test_routes),
		cmocka_unit_test(test_transforms), cmocka_unit_test(test_when),
		cmocka_unit_test(test_each),       cmocka_unit_test(test_each_budget),
		cmocka_unit_test(test_intents),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
