/* Conditions that can hold together, and such that never do: what is said of routes, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/buf.h"
#include "cuewire/load.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The file around the routes of a case; single quotes stand for double ones. Routes begin in
 * line 8, where page.x, shift and ctrl have theirs. */
static const char before[] =
	"{ 'ports': { 'pads': { 'in': 'pads' } }, 'controls': [\n"
	"{ 'name': 'mute', 'kind': 'switch' }, { 'name': 'cue', 'kind': 'button' },\n"
	"{ 'name': 'level', 'kind': 'fader' }, { 'name': 'gain', 'kind': 'fader' },\n"
	"{ 'name': 'page.1', 'kind': 'switch', 'radio': 'page' },\n"
	"{ 'name': 'page.2', 'kind': 'switch', 'radio': 'page' },\n"
	"{ 'name': 'shift', 'kind': 'button' }, { 'name': 'ctrl', 'kind': 'button' },\n"
	"{ 'name': 'still', 'kind': 'switch' }, { 'name': 'dark', 'kind': 'lamp' },\n"
	"{ 'name': 'lit', 'kind': 'lamp' }, { 'name': 'lit2', 'kind': 'lamp' } ], 'routes': [\n"
	"{ 'port': 'pads', 'note': 1, 'to': 'shift' }, { 'port': 'pads', 'note': 2, 'to': 'ctrl' },"
	"{ 'port': 'pads', 'note': 3, 'to': 'page.1' }, { 'port': 'pads', 'note': 4, 'to': 'page.2' },"
	"{ 'port': 'pads', 'cc': 1, 'to': 'level' }, { 'port': 'pads', 'cc': 2, 'to': 'lit' },\n";

#define PAD "{ 'port': 'pads', 'note': 9, "

/* A route to mute and, in the line below, one to cue: both from one pad, under these conditions. */
#define TWO(first, second) \
	PAD "'to': 'mute', 'when': {" first "} },\n" PAD "'to': 'cue', 'when': {" second "} }"

static const struct {
	const char *routes;
	int line;
	const char *msg, *hint;
} shared_cases[] = {
	{ PAD "'to': 'mute' },\n" PAD "'to': 'cue', 'when': { 'shift': 1 } }", 10,
	  "when \"shift\" is 1: the route in line 11 has the same source and moves \"cue\", this one "
	  "\"mute\"",
	  "add \"when\": { \"shift\": 0 } here if only one is meant to move" },
	{ PAD "'to': 'cue', 'when': { 'shift': 0 } },\n" PAD "'to': 'mute' }", 11,
	  "when \"shift\" is 0: the route in line 10 has the same source and moves \"cue\", this one "
	  "\"mute\"",
	  "add \"when\": { \"shift\": 1 } here if only one is meant to move" },
	{ TWO("'shift': 1", "'ctrl': 1"), 11,
	  "when \"shift\" is 1 and \"ctrl\" is 1: the route in line 10 has the same source and moves "
	  "\"mute\", this one \"cue\"",
	  "add \"shift\": 0 to this \"when\" if only one is meant to move" },
	{ TWO("'level': { 'min': 0.4 }", "'level': { 'max': 0.4 }"), 11,
	  "when \"level\" is 0.4: the route in line 10 has the same source and moves \"mute\", this "
	  "one \"cue\"",
	  "give one of them the opposite condition, or let one route move both" },
	{ TWO("'level': { 'min': 0.2, 'max': 0.4 }", "'level': { 'min': 0.3, 'max': 0.5 }"), 11,
	  "when \"level\" is 0.3: the route in line 10 has the same source and moves \"mute\", this "
	  "one \"cue\"",
	  "give one of them the opposite condition, or let one route move both" },
	{ TWO("'level': { 'min': 0.6 }", "'shift': 1"), 11,
	  "when \"level\" is 0.6 and \"shift\" is 1: the route in line 10 has the same source and "
	  "moves \"mute\", this one \"cue\"",
	  "add \"not\": { \"level\": ... } to this \"when\" if only one is meant to move" },
	{ TWO("'or': [ { 'shift': 1 }, { 'ctrl': 1 } ]", "'ctrl': 1"), 11,
	  "when \"shift\" is 0 and \"ctrl\" is 1: the route in line 10 has the same source and moves "
	  "\"mute\", this one \"cue\"",
	  "give one of them the opposite condition, or let one route move both" },
	{ TWO("'not': { 'shift': 1, 'ctrl': 1 }", "'ctrl': 1"), 11,
	  "when \"ctrl\" is 1 and \"shift\" is 0: the route in line 10 has the same source and moves "
	  "\"mute\", this one \"cue\"",
	  "give one of them the opposite condition, or let one route move both" },
	{ TWO("'page.1': 1", "'page.2': 0"), 11,
	  "when \"page.1\" is 1 and \"page.2\" is 0: the route in line 10 has the same source and "
	  "moves \"mute\", this one \"cue\"",
	  "add \"page.1\": 0 to this \"when\" if only one is meant to move" },
	{ "{ 'osc': '/1', 'do': [ { 'press': 'cue' } ] },\n"
	  "{ 'osc': '/1', 'to': 'mute', 'when': { 'shift': true } }",
	  10,
	  "when \"shift\" is 1: the route in line 11 has the same source and moves \"mute\", this one "
	  "a macro",
	  "add \"when\": { \"shift\": 0 } here if only one is meant to move" },
	{ PAD "'to': 'mute', 'when': { 'still': 0 } },\n" PAD "'to': 'cue' }", 11,
	  "when \"still\" is 0: the route in line 10 has the same source and moves \"mute\", this one "
	  "\"cue\"",
	  "add \"when\": { \"still\": 1 } here if only one is meant to move" },
};

static const struct {
	const char *routes;
	int line;
	const char *msg, *hint;
} unreachable_cases[] = {
	{ PAD "'to': 'mute',\n'when': { 'still': 1 } }", 11,
	  "this never holds: nothing moves \"still\"",
	  "write a route with \"to\": \"still\", or name another control" },
	{ PAD "'to': 'mute', 'when': { 'shift': 1,\n'dark': { 'min': 0.1 } } }", 11,
	  "this never holds: nothing writes the lamp \"dark\"",
	  "a lamp is written by a route from MIDI with \"to\": \"dark\"" },
	{ PAD "'to': 'mute',\n'when': { 'shift': 1, 'not': { 'shift': 1 } } }", 11,
	  "this \"when\" never holds: its conditions contradict each other",
	  "take one of them away, or put them into \"or\"" },
	{ PAD "'to': 'mute', 'when': { 'level': { 'min': 0.5, 'max': 0.4 } } }", 10,
	  "this \"when\" never holds: its conditions contradict each other",
	  "take one of them away, or put them into \"or\"" },
	{ PAD "'to': 'mute', 'when': { 'page.1': 1, 'page.2': 1 } }", 10,
	  "this \"when\" never holds: its conditions contradict each other",
	  "take one of them away, or put them into \"or\"" },
	{ PAD "'to': 'mute', 'when': { 'or': [ { 'still': 1 }, { 'dark': 1 } ] } }", 10,
	  "this never holds: nothing moves \"still\"",
	  "write a route with \"to\": \"still\", or name another control" },
	{ "{ 'from': 'level', 'to': 'gain', 'when': { 'not': { 'still': 0 } } }", 10,
	  "this never holds: nothing moves \"still\"",
	  "write a route with \"to\": \"still\", or name another control" },
};

/* Nothing is said of these. */
static const char *const good_cases[] = {
	TWO("'shift': 0", "'shift': 1"),
	TWO("'shift': false, 'ctrl': 1", "'shift': true"),
	TWO("'page.1': 1", "'page.2': 1"),
	TWO("'level': { 'min': 0.4 }", "'not': { 'level': { 'min': 0.4 } }"),
	TWO("'level': { 'min': 0.5 }", "'level': 0"),
	TWO("'level': { 'max': 0.3 }", "'level': { 'min': 0.4 }"),
	TWO("'or': [ { 'shift': 1 }, { 'ctrl': 1 } ]",
	    "'not': { 'or': [ { 'shift': 1 }, { 'ctrl': 1 } ] }"),
	TWO("'or': [ { 'shift': 1 }, { 'ctrl': 1 } ]", "'shift': 0, 'ctrl': 0"),
	/* one source, but another key, channel or argument */
	PAD "'to': 'mute' },\n{ 'port': 'pads', 'note': 10, 'to': 'cue' }",
	PAD "'to': 'mute' },\n{ 'port': 'pads', 'channel': 2, 'note': 9, 'to': 'cue' }",
	"{ 'osc': '/xy', 'arg': 0, 'to': 'gain' }, { 'osc': '/xy', 'arg': 1, 'to': 'level' }",
	/* several at once, as it is meant to be written */
	PAD "'to': ['mute', 'cue'] }",
	/* lamps, controls and timers may lead to several things */
	"{ 'port': 'pads', 'cc': 9, 'to': 'dark' },\n"
	"{ 'port': 'pads', 'cc': 9, 'to': 'lit2', 'when': { 'shift': 1 } }",
	"{ 'from': 'level', 'to': 'gain' },\n"
	"{ 'from': 'level', 'to': 'mute', 'when': { 'shift': 1 } }",
	"{ 'every': '1 s', 'to': 'cue' }, { 'every': '1 s', 'to': 'mute', 'when': { 'shift': 1 } }",
	/* a short and a long press are two */
	PAD "'press': 'short', 'to': 'mute' },\n" PAD
	    "'press': 'long', 'to': 'cue', 'when': { 'shift': 1 } }",
	/* moved by a macro, by a lamp's feedback, or at rest */
	PAD "'do': [ { 'set': 'still', 'to': 1 } ] },\n"
	    "{ 'port': 'pads', 'note': 10, 'to': 'mute', 'when': { 'still': 1 } }",
	PAD "'to': 'mute', 'when': { 'lit': 1 } }",
	PAD "'to': 'mute', 'when': { 'still': 0, 'dark': 0 } }",
	/* where one route is from OSC, others may come from there by the addresses of controls */
	PAD "'to': 'mute', 'when': { 'still': 1 } },\n{ 'osc': '/1', 'to': 'gain' }",
};

static int load_routes(const char *routes, const char *after, struct diags *d)
{
	struct mapping *m = NULL;
	struct buf b;
	int err;

	buf_init(&b, 65536);
	buf_fmt(&b, "%s%s ]%s }\n", before, routes, after);
	for (char *p = b.p; *p; p++)
		if (*p == '\'')
			*p = '"';
	*d = (struct diags){ 0 };
	err = mapping_load_text(&m, "test.json", b.p, b.len, NULL, d);
	mapping_free(m);
	buf_finish(&b);
	return err;
}

static void check_one(const char *routes, const char *code, int line, const char *msg,
                      const char *hint)
{
	struct diags d;

	assert_int_equal(load_routes(routes, "", &d), 0);
	if (d.n != 1)
		fail_msg("%zu warnings, expected one, of: %s", d.n, routes);
	assert_string_equal(d.list[0].code, code);
	assert_int_equal(d.list[0].severity, SEV_WARNING);
	assert_string_equal(d.list[0].msg, msg);
	assert_string_equal(d.list[0].hint, hint);
	assert_int_equal(d.list[0].line, line);
}

static void test_shared(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shared_cases); i++)
		check_one(shared_cases[i].routes, "shared-source", shared_cases[i].line,
		          shared_cases[i].msg, shared_cases[i].hint);
}

static void test_unreachable(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unreachable_cases); i++)
		check_one(unreachable_cases[i].routes, "unreachable", unreachable_cases[i].line,
		          unreachable_cases[i].msg, unreachable_cases[i].hint);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_cases); i++) {
		struct diags d;

		assert_int_equal(load_routes(good_cases[i], "", &d), 0);
		if (d.n)
			fail_msg("\"%s\" is said of: %s", d.list[0].msg, good_cases[i]);
	}
}

/* An intent moves a control too, whatever its slots are. */
static void test_intents_move(void **state)
{
	static const char waits[] = PAD "'to': 'mute', 'when': { 'still': 1 } }";
	struct diags d;

	(void)state;
	assert_int_equal(load_routes(waits,
	                             ", 'intents': [ { 'name': 'go', 'slots': { 's': {"
	                             " 'type': 'choice', 'values': ['mute', 'still'] } },"
	                             " 'steps': [ { 'press': '{s}' } ] } ]",
	                             &d),
	                 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(load_routes(waits,
	                             ", 'intents': [ { 'name': 'go',"
	                             " 'steps': [ { 'press': 'mute' } ] } ]",
	                             &d),
	                 0);
	assert_int_equal(d.n, 1);
}

/* Where a port listens to OSC, every control has an address by which it may move, but a lamp. */
static void test_osc_moves(void **state)
{
	static const char text[] =
		"{ \"ports\": { \"t\": { \"osc\": { \"listen\": 8000 } }, \"p\": { \"in\": \"p\" } },\n"
		"\"controls\": [ { \"name\": \"a\", \"kind\": \"fader\" },\n"
		"{ \"name\": \"s\", \"kind\": \"switch\" }, { \"name\": \"l\", \"kind\": \"lamp\" } ],\n"
		"\"routes\": [\n"
		"{ \"port\": \"p\", \"cc\": 1, \"to\": \"a\", \"when\": { \"s\": 1 } },\n"
		"{ \"port\": \"p\", \"cc\": 2, \"to\": \"a\", \"when\": { \"l\": 1 } } ] }";
	struct mapping *m = NULL;
	struct diags d = { 0 };

	(void)state;
	assert_int_equal(mapping_load_text(&m, "test.json", text, strlen(text), NULL, &d), 0);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.list[0].line, 6);
	assert_string_equal(d.list[0].code, "unreachable");
	mapping_free(m);
}

/* What would take for ever to try is given up and not told: a contradiction over 14 faders. */
static void test_given_up(void **state)
{
	struct mapping *m = NULL;
	struct diags d = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	buf_puts(&b, "{ \"controls\": [ { \"name\": \"to\", \"kind\": \"fader\" }, {"
	             " \"each\": { \"n\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] },"
	             " \"name\": \"f{n}\", \"kind\": \"fader\" } ], \"routes\": [ {"
	             " \"each\": { \"n\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] },"
	             " \"osc\": \"/{n}\", \"to\": \"f{n}\" },\n"
	             "{ \"osc\": \"/x\", \"to\": \"to\", \"when\": { \"or\": [ { \"f1\": 1 }");
	for (int i = 2; i <= 14; i++)
		buf_fmt(&b, ", { \"f%d\": 1 }", i);
	buf_puts(&b, " ], \"not\": { \"or\": [ { \"f14\": 1 }");
	for (int i = 13; i >= 1; i--)
		buf_fmt(&b, ", { \"f%d\": 1 }", i);
	buf_puts(&b, " ] } } } ] }");
	assert_int_equal(mapping_load_text(&m, "test.json", b.p, b.len, NULL, &d), 0);
	assert_int_equal(d.n, 0);
	mapping_free(m);
	buf_finish(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),    cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_good),      cmocka_unit_test(test_intents_move),
		cmocka_unit_test(test_osc_moves), cmocka_unit_test(test_given_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
