/* What a message becomes, beyond what the traces of tests/golden show of its effects: ids, ids of
 * bad messages, limits, defaults, taps, and texts with slots in them. */
#include "cuewire/intent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "helpers.h"

static const char text[] =
	"{ 'ports': { 'out': { 'out': 'iac' } },"
	"'controls': ["
	"{ 'each': { 'd': ['a', 'b'], 'ch': [1, 2] }, 'name': 'deck.{d}.volume', 'kind': 'fader',"
	"  'port': 'out', 'channel': '{ch}', 'cc': 7 },"
	"{ 'each': { 'd': ['a', 'b'], 'ch': [1, 2] }, 'name': 'deck.{d}.cue', 'kind': 'button',"
	"  'port': 'out', 'channel': '{ch}', 'cc': 8 },"
	"{ 'name': 'list', 'kind': 'encoder', 'port': 'out', 'cc': 9 } ],"
	"'intents': ["
	"{ 'name': 'mix', 'slots': { 'deck': 'deck',"
	"    'level': { 'type': 'number', 'default': 0.25 } },"
	"  'steps': [ { 'set': 'deck.{deck}.volume', 'to': '{level}' },"
	"             { 'press': 'deck.{deck}.cue', 'after_ms': 1500 } ] },"
	"{ 'name': 'twice', 'steps': [ { 'press': 'deck.a.cue' }, { 'release': 'deck.a.cue' },"
	"  { 'press': 'deck.b.cue' }, { 'press': 'deck.a.cue' } ] },"
	"{ 'name': 'turn', 'slots': {"
	"    'n': { 'type': 'number', 'min': -5, 'max': 5, 'default': 2 } },"
	"  'steps': [ { 'nudge': 'list', 'by': '{n}' } ] } ] }";

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

/* The message with ' in place of ". Returns what intent_check does. */
static int check(const char *quoted, struct intent_request *r, struct intent_refusal *why)
{
	char *json = xstrdup(quoted);
	cJSON *j;
	int bad;

	for (char *p = json; (p = strchr(p, '\''));)
		*p = '"';
	j = cJSON_Parse(json);
	if (!j)
		fail_msg("not JSON: %s", json);
	bad = intent_check(m, j, r, why);
	cJSON_Delete(j);
	free(json);
	return bad;
}

static void accept(const char *quoted, struct intent_request *r)
{
	struct intent_refusal why = { 0 };

	if (check(quoted, r, &why))
		fail_msg("%s: %s: %s", quoted, why.reason, why.message);
}

static void expect_act(const struct intent_request *r, size_t i, const char *control, enum op op,
                       float v, uint32_t after_ms, uint32_t release_ms)
{
	assert_true(i < r->nacts);
	assert_int_equal(r->acts[i].act.control, control_of(m, control));
	assert_int_equal(r->acts[i].act.op, op);
	assert_true(r->acts[i].act.value == v);
	assert_int_equal((uint32_t)r->acts[i].after.amount, after_ms);
	assert_int_equal(r->acts[i].act.release_ms, release_ms);
}

/* ---- good ones ---- */

static void test_built_in(void **state)
{
	struct intent_request r;

	(void)state;
	accept("{'intent': 'set', 'slots': {'control': 'deck.a.volume', 'value': 0.5}}", &r);
	assert_int_equal(r.nacts, 1);
	expect_act(&r, 0, "deck.a.volume", OP_SET, 0.5f, 0, 0);
	assert_string_equal(r.id, "");
	assert_string_equal(r.name, "set");
	assert_int_equal(r.expires_ms, -1);
	assert_false(r.dry_run);

	accept("{'slots': {'control': 'deck.a.cue'}, 'intent': 'press', 'dry_run': true,"
	       "'expires_ms': 250.7, 'id': 'x'}",
	       &r);
	expect_act(&r, 0, "deck.a.cue", OP_PRESS, 0, 0, 0); /* held until it is released */
	assert_string_equal(r.id, "x");
	assert_int_equal(r.expires_ms, 250);
	assert_true(r.dry_run);

	accept("{'intent': 'nudge', 'slots': {'control': 'list', 'by': -3}}", &r);
	expect_act(&r, 0, "list", OP_NUDGE, -3, 0, 0);
	accept("{'intent': 'set', 'slots': {'control': 'deck.b.cue', 'value': false}}", &r);
	expect_act(&r, 0, "deck.b.cue", OP_SET, 0, 0, 0);
}

static void test_of_mapping(void **state)
{
	struct intent_request r;

	(void)state;
	accept("{'intent': 'mix', 'slots': {'deck': 'B', 'level': 0.1}}", &r);
	assert_int_equal(r.nacts, 2);
	expect_act(&r, 0, "deck.b.volume", OP_SET, 0.1f, 0, 0);
	expect_act(&r, 1, "deck.b.cue", OP_PRESS, 0, 1500, BATCH_TAP_MS);
	accept("{'intent': 'mix', 'slots': {'deck': 'a'}}", &r);
	expect_act(&r, 0, "deck.a.volume", OP_SET, 0.25f, 0, 0);
	accept("{'intent': 'turn'}", &r);
	expect_act(&r, 0, "list", OP_NUDGE, 2, 0, 0);
}

/* Only a press that nothing releases later is a tap. */
static void test_taps(void **state)
{
	struct intent_request r;

	(void)state;
	accept("{'intent': 'twice'}", &r);
	assert_int_equal(r.nacts, 4);
	expect_act(&r, 0, "deck.a.cue", OP_PRESS, 0, 0, 0);
	expect_act(&r, 2, "deck.b.cue", OP_PRESS, 0, 0, BATCH_TAP_MS);
	expect_act(&r, 3, "deck.a.cue", OP_PRESS, 0, 0, BATCH_TAP_MS);
}

struct id_case {
	const char *json, *id;
};

static const struct id_case ids[] = {
	{ "'abc'", "abc" },
	{ "7", "7" },
	{ "0", "0" },
	{ "-1", "-1" },
	{ "1234567890123", "1234567890123" },
	{ "'1234567890123456789012345678901234567890123456789012345678901234'",
	  "1234567890123456789012345678901234567890123456789012345678901234" },
};

static void test_ids(void **state)
{
	struct intent_request r;
	char message[256];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		snprintf(message, sizeof(message), "{'intent': 'turn', 'id': %s}", ids[i].json);
		accept(message, &r);
		assert_string_equal(r.id, ids[i].id);
	}
}

/* ---- refusals ---- */

struct refusal {
	const char *message, *reason, *part; /* of what is said */
	const char *id, *name;               /* what is known of it all the same */
};

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct refusal refusals[] = {
	{ "[]", "bad_json", "an object", "", "" },
	{ "'set'", "bad_json", "an object", "", "" },
	{ "null", "bad_json", "an object", "", "" },
	{ "{}", "bad_json", "\"intent\" is missing", "", "" },
	{ "{'id': 'a'}", "bad_json", "\"intent\" is missing", "a", "" },
	{ "{'intent': ''}", "bad_json", "\"intent\" is missing", "", "" },
	{ "{'intent': 1, 'id': 'a'}", "bad_json", "\"intent\" is not a text", "a", "" },
	{ "{'intent': null}", "bad_json", "\"intent\" is not a text", "", "" },
	{ "{'intent': 'turn', 'id': true}", "bad_json", "\"id\" is not a text", "", "turn" },
	{ "{'intent': 'turn', 'slots': []}", "bad_json", "\"slots\" is not an object", "", "turn" },
	{ "{'intent': 'turn', 'dry_run': 1}", "bad_json", "true or false", "", "turn" },
	{ "{'intent': 'turn', 'expires_ms': '1'}", "bad_json", "milliseconds", "", "turn" },
	{ "{'intent': 'turn', 'expires_ms': 1e12}", "bad_json", "milliseconds", "", "turn" },
	{ "{'intent': 'turn', 'expires_ms': 0}", "expired", "no time", "", "turn" },
	{ "{'intent': 'turn', 'expires_ms': -5}", "expired", "no time", "", "turn" },
	/* the first fault is told, and what comes after it is still read */
	{ "{'cc': 7, 'dry_run': 1, 'intent': 'turn', 'id': 9}", "bad_json", "unknown key \"cc\"",
	  "9", "turn" },
	{ "{'intent': 'turn', 'id': '" X64 "x'}", "too_long", "more than 64", "", "turn" },
	{ "{'intent': '" X64 X64 "'}", "too_long", "more than 96", "", "" },
	{ "{'intent': 'tur', 'id': 'q'}", "unknown_intent", "did you mean \"turn\"", "q", "tur" },
	{ "{'intent': 'zzzzzz'}", "unknown_intent", "called \"zzzzzz\"", "", "zzzzzz" },
	{ "{'intent': 'SET'}", "unknown_intent", "called \"SET\"", "", "SET" },
	{ "{'intent': 'set'}", "bad_slot", "needs \"control\"", "", "set" },
	{ "{'intent': 'set', 'slots': {'control': 7, 'value': 1}}", "bad_slot", "needs \"control\"",
	  "", "set" },
	{ "{'intent': 'set', 'slots': {'control': '', 'value': 1}}", "unknown_control",
	  "called \"\"", "", "set" },
	{ "{'intent': 'set', 'slots': {'control': 'deck.a.volume', 'value': -0.001}}", "bad_slot",
	  "expected 0 to 1", "", "set" },
	{ "{'intent': 'set', 'slots': {'control': 'deck.a.volume', 'value': 1e999}}", "bad_slot",
	  "expected 0 to 1", "", "set" },
	{ "{'intent': 'set', 'slots': {'control': 'deck.a.volume', 'value': null}}", "bad_slot",
	  "needs \"value\"", "", "set" },
	{ "{'intent': 'set', 'slots': {'control': 'deck.{d}.volume', 'value': 1}}",
	  "unknown_control", "deck.{d}.volume", "", "set" },
	{ "{'intent': 'nudge', 'slots': {'control': 'list', 'by': -65}}", "bad_slot", "-64 to 64",
	  "", "nudge" },
	{ "{'intent': 'turn', 'slots': {'n': 6}}", "bad_slot", "expected -5 to 5", "", "turn" },
	{ "{'intent': 'turn', 'slots': {'n': 0.5}}", "bad_slot", "whole steps", "", "turn" },
	{ "{'intent': 'turn', 'slots': {'control': 'list'}}", "bad_slot", "no slot \"control\"", "",
	  "turn" },
	{ "{'intent': 'mix'}", "bad_slot", "\"deck\" is missing", "", "mix" },
	{ "{'intent': 'mix', 'slots': {'deck': 'AA'}}", "bad_slot", "one of a, b", "", "mix" },
	{ "{'intent': 'mix', 'slots': {'deck': 'D'}}", "bad_slot", "one of a, b", "", "mix" },
	{ "{'intent': 'mix', 'slots': {'deck': ''}}", "bad_slot", "one of a, b", "", "mix" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *x = &refusals[i];
		struct intent_refusal why = { 0 };
		struct intent_request r;

		if (!check(x->message, &r, &why))
			fail_msg("%s is accepted", x->message);
		if (strcmp(why.reason, x->reason) || !strstr(why.message, x->part))
			fail_msg("%s: %s: %s", x->message, why.reason, why.message);
		assert_string_equal(r.id, x->id);
		assert_string_equal(r.name, x->name);
	}
}

/* A name may be as long as a line: what is said of it stays within its bounds. */
static void test_long_names(void **state)
{
	static char message[2048];
	char name[1024];
	struct intent_refusal why = { 0 };
	struct intent_request r;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(message, sizeof(message), "{'intent': 'press', 'slots': {'control': '%s'}}", name);
	assert_int_equal(check(message, &r, &why), -1);
	assert_string_equal(why.reason, "unknown_control");
	snprintf(message, sizeof(message), "{'intent': 'mix', 'slots': {'deck': '%s'}}", name);
	assert_int_equal(check(message, &r, &why), -1);
	assert_string_equal(why.reason, "bad_slot");
	snprintf(message, sizeof(message), "{'intent': 'mix', 'slots': {'%s': 1}}", name);
	assert_int_equal(check(message, &r, &why), -1);
	assert_string_equal(why.reason, "bad_slot");
	snprintf(message, sizeof(message), "{'%s': 1}", name);
	assert_int_equal(check(message, &r, &why), -1);
	assert_string_equal(why.reason, "bad_json");
}

/* ---- texts with slots ---- */

struct fill {
	const char *text, *out; /* NULL: does not fit in 16 */
};

static const struct fill fills[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "{d}", "a" },
	{ "deck.{d}.play", "deck.a.play" },
	{ "{d}{d}{word}", "aalonger" },
	{ "{x}", "{x}" }, /* no slot of that name */
	{ "{dd} {", "{dd} {" },
	{ "}{d}{", "}a{" },
	{ "{{d}", "{a" }, /* the first brace is only a brace */
	{ "123456789012345", "123456789012345" },
	{ "1234567890123456", NULL },
	{ "12345678901234{d}", "12345678901234a" },
	{ "123456789012345{d}", NULL },
	{ "123456789{word}", "123456789longer" },
	{ "1234567890{word}", NULL },
};

static void test_fill(void **state)
{
	static const struct slot_value slots[] = { { "d", "a" }, { "word", "longer" } };

	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++) {
		char out[16];
		const bool fits = intent_fill(out, sizeof(out), fills[i].text, slots, COUNT(slots));

		if (fits != (fills[i].out != NULL))
			fail_msg("%s: %s", fills[i].text, fits ? "fits" : "does not fit");
		if (fits)
			assert_string_equal(out, fills[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in), cmocka_unit_test(test_of_mapping),
		cmocka_unit_test(test_taps),     cmocka_unit_test(test_ids),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_fill),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("intent", tests, load, unload);
}
