/* A mapping that takes the place of another one while an engine runs: what it keeps, and random
 * events with reloads among them. */
#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine_rig.h"

/* ---- variants of one mapping ---- */

#define PORTS "{ 'hold_ms': 0, 'ports': { 'out': { 'out': 'iac' }, 'pads': { 'in': 'pads' },"

#define FADERS                                                           \
	"{ 'name': 'volume', 'kind': 'fader', 'port': 'out', 'cc': 7 }," \
	"{ 'name': 'tempo', 'kind': 'fader', 'port': 'out', 'cc': [16, 48] },"

#define MACRO \
	"{ 'port': 'pads', 'note': 9, 'do': [{ 'press': 'cue' }, { 'release': 'cue', 'after': 30 }] },"

#define TIMED                                                                            \
	"{ 'port': 'pads', 'note': 20, 'to': 'play', 'as': 'toggle' },"                  \
	"{ 'port': 'pads', 'note': 21, 'press': 'long', 'as': 'toggle', 'to': 'deep' }," \
	"{ 'port': 'pads', 'cc': 20, 'to': 'volume', 'takeover': 'pickup' },"            \
	"{ 'port': 'pads', 'cc': 21, 'to': 'slow', 'delay': 40 },"                       \
	"{ 'port': 'pads', 'cc': [1, 33], 'to': 'tempo' },"                              \
	"{ 'port': 'pads', 'nrpn': 300, 'to': 'fine' },"                                 \
	"{ 'osc': '/any/*', 'to': 'far', 'as': 'toggle' },"                              \
	"{ 'every': 100, 'to': 'beat' }"

#define COMMON                                                             \
	"{ 'name': 'cue', 'kind': 'button', 'port': 'out', 'note': 1 },"   \
	"{ 'name': 'play', 'kind': 'switch', 'port': 'out', 'cc': 20 },"   \
	"{ 'name': 'far', 'kind': 'switch', 'port': 'out', 'cc': 23 },"    \
	"{ 'name': 'fine', 'kind': 'fader', 'port': 'out', 'cc': 24 },"    \
	"{ 'name': 'slow', 'kind': 'fader', 'port': 'out', 'cc': 25 },"    \
	"{ 'name': 'beat', 'kind': 'button', 'port': 'out', 'note': 40 }," \
	"{ 'name': 'shift', 'kind': 'button' },"                           \
	"{ 'name': 'deep', 'kind': 'switch', 'port': 'out', 'cc': 26 },"

static const char *const variants[] = {
	PORTS
	"'keys': { 'in': 'keys' } }, 'controls': [" FADERS COMMON
	"{ 'name': 'jump', 'kind': 'button', 'port': 'out', 'cc': 21 },"
	"{ 'name': 'load', 'kind': 'button', 'port': 'out', 'note': 3 } ],"
	"'routes': [ { 'port': 'pads', 'note': 1, 'to': 'cue', 'when': { 'shift': 0 } },"
	"{ 'port': 'pads', 'note': 1, 'to': 'jump', 'when': { 'shift': 1 } },"
	"{ 'port': 'pads', 'note': 2, 'to': 'cue' }, { 'port': 'pads', 'note': 3, 'to': 'load' },"
	"{ 'port': 'pads', 'note': 4, 'to': 'shift' }, { 'port': 'keys', 'note': 1, 'to': 'jump' },"
	"{ 'port': 'keys', 'note': 2, 'to': 'cue', 'when': { 'play': 1 } },"
	"{ 'osc': '/x', 'to': 'load' }, { 'from': 'shift', 'to': 'load', 'when': { 'play': 1 } }," MACRO
		TIMED "] }",
	/* Another order; 'jump' has moved, 'load' has gone, 'extra' may get its number later. */
	PORTS
	"'more': { 'in': 'more' }, 'keys': { 'in': 'keys' } }, 'controls': [" COMMON FADERS
	"{ 'name': 'jump', 'kind': 'button', 'port': 'out', 'cc': 31 },"
	"{ 'name': 'extra', 'kind': 'button', 'port': 'out', 'note': 5 } ],"
	"'routes': [ { 'port': 'more', 'note': 1, 'to': 'extra' },"
	"{ 'port': 'pads', 'note': 3, 'to': 'extra' }, { 'port': 'keys', 'note': 1, 'to': 'jump' },"
	"{ 'port': 'pads', 'note': 4, 'to': 'shift' }, { 'port': 'pads', 'note': 2, 'to': 'cue' },"
	"{ 'port': 'pads', 'note': 1, 'to': 'jump', 'when': { 'shift': 1 } },"
	"{ 'port': 'pads', 'note': 1, 'to': 'cue', 'when': { 'shift': 0 } }," MACRO TIMED "] }",
	/* No 'keys'; routes that pressed are other ones, or none; 'load' is there again. */
	PORTS
	"'more': { 'in': 'more' } }, 'controls': [" FADERS COMMON
	"{ 'name': 'load', 'kind': 'button', 'port': 'out', 'note': 3 },"
	"{ 'name': 'other', 'kind': 'button', 'port': 'out', 'note': 6 },"
	"{ 'name': 'jump', 'kind': 'button', 'port': 'out', 'cc': 21 } ],"
	"'routes': [ { 'port': 'pads', 'note': 1, 'to': 'cue', 'when': { 'play': 0 } },"
	"{ 'port': 'pads', 'note': 3, 'to': 'other' }, { 'port': 'pads', 'note': 4, 'to': 'shift' },"
	"{ 'osc': '/cue', 'to': 'cue', 'when': { 'shift': 0 } },"
	"{ 'port': 'more', 'note': 1, 'to': 'load' }," TIMED "] }",
};

static char folder[] = "/tmp/cuewire-adopt.XXXXXX";
static char names[COUNT(variants)][sizeof(folder) + 8];

static bool write_variant(size_t which)
{
	FILE *f;

	snprintf(names[which], sizeof(names[which]), "%s/%zu.json", folder, which);
	f = fopen(names[which], "w");
	if (!f)
		return false;
	for (const char *p = variants[which]; *p; p++)
		putc(*p == '\'' ? '"' : *p, f);
	return !fclose(f);
}

static struct mapping *load_after(const struct mapping *before, size_t which)
{
	struct arena *scratch = arena_new(65536);
	const char *const files[] = { names[which] };
	struct mapping *m = NULL;
	struct diags d = { 0 };

	if (mapping_load_after(&m, scratch, before, files, 1, NULL, NULL, &d))
		load_failed(&d);
	arena_free(scratch);
	return m;
}

/* ---- what is sent, by address ---- */

/* Whether a button is down at: note or CC, its number. There is one port and channel. */
static bool down[2][128];
static size_t released; /* messages that release */

static void send_checked(void *ctx, const struct msg *m)
{
	bool *at = &down[(m->bytes[0] & 0xF0) == 0xB0][m->bytes[1]];

	(void)ctx;
	r.sent[r.n++ % SENT_MAX].m = *m;
	if (r.m->controls[m->control].kind != KIND_BUTTON)
		return;
	if (m->edge == EDGE_PRESS && *at)
		fail_msg("%s: %02X %02X is pressed twice", r.m->controls[m->control].name,
		         m->bytes[0], m->bytes[1]);
	*at = m->edge == EDGE_PRESS;
	r.presses += *at;
	released += !*at;
}

static const struct sink checked = { .send = send_checked,
	                             .unmapped_osc = unmapped_osc,
	                             .unmapped_midi = unmapped_midi };

/* ---- going over ---- */

/* Names keep their numbers; a number that was in use is not another's before it was gone. */
static void check_numbers(const struct mapping *m, const struct mapping *before)
{
	assert_true(m->ncontrols >= before->ncontrols && m->nports >= before->nports);
	for (size_t i = 0; i < before->ncontrols; i++) {
		const char *name = before->controls[i].name;
		const int now = mapping_control(m, name, strlen(name));

		if (before->controls[i].gone)
			continue;
		assert_true(now < 0 ? m->controls[i].gone : now == (int)i);
	}
	for (size_t i = 0; i < before->nports; i++) {
		const int now = mapping_port(m, before->ports[i].name);

		if (!before->ports[i].gone)
			assert_true(now < 0 ? m->ports[i].gone : now == (int)i);
	}
}

/* What is known of a control is known still; of a new one nothing is. */
static void check_state(const struct mapping *m, const struct engine *now)
{
	for (size_t i = 0; i < r.m->ncontrols; i++) {
		const struct control_state *a = engine_state(r.e, i), *b = engine_state(now, i);

		if (r.m->controls[i].gone && !m->controls[i].gone) {
			assert_false(b->touched);
			continue;
		}
		assert_true(a->touched == b->touched && a->value == b->value &&
		            a->t_ns == b->t_ns && a->lock_ns == b->lock_ns && a->rank == b->rank);
		if (a->touched)
			assert_string_equal(a->by ? a->by : a->by_copy, b->by ? b->by : b->by_copy);
	}
}

static void reload(uint64_t t, size_t which)
{
	struct mapping *m = load_after(r.m, which);
	struct engine *e = engine_new(m, &checked);
	uint16_t *was = xcalloc(m->nroutes + 1, sizeof(*was));

	check_numbers(m, r.m);
	mapping_match(m, r.m, was);
	engine_tick(r.e, t);
	for (size_t i = 0; i < m->nports && i < r.m->nports; i++)
		if (m->ports[i].gone && !r.m->ports[i].gone)
			engine_port_down(r.e, t, (int)i);
	engine_adopt(e, t, r.e, was);
	check_state(m, e);
	engine_free(r.e);
	mapping_free(r.m); /* nothing of it may be looked at any more */
	free(was);
	r.e = e;
	r.m = m;
}

static int set_up_first(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	memset(down, 0, sizeof(down));
	released = 0;
	r.m = load_after(NULL, 0);
	r.e = engine_new(r.m, &checked);
	engine_start(r.e, T0);
	return 0;
}

/* ---- one by one ---- */

static void pad(uint64_t t, uint8_t status, uint8_t d1, uint8_t d2)
{
	midi(t, "pads", status, d1, d2);
}

static float value_of(const char *control)
{
	return engine_state(r.e, control_of(r.m, control))->value;
}

static const struct move_at {
	unsigned ms; /* of the event; then time runs until the next one */
	uint8_t status, d1, d2;
} toggles[] = { { 0, 0x90, 20, 9 }, { 5, 0x80, 20, 0 } },
  pairs[] = { { 0, 0xB0, 1, 64 }, { 2, 0xB0, 33, 1 } },
  pickups[] = { { 0, 0xB0, 20, 0 }, { 5, 0xB0, 20, 100 }, { 10, 0xB0, 20, 90 } },
  longs[] = { { 0, 0x90, 21, 9 }, { 700, 0xB0, 99, 0 } },
  delays[] = { { 0, 0xB0, 21, 127 }, { 60, 0xB0, 99, 0 } },
  params[] = { { 0, 0xB0, 99, 2 }, { 1, 0xB0, 98, 44 }, { 2, 0xB0, 6, 127 }, { 3, 0xB0, 38, 127 } },
  macros[] = { { 0, 0x90, 9, 9 }, { 50, 0x80, 9, 0 } },
  layers[] = { { 0, 0x90, 1, 9 }, { 20, 0x80, 1, 0 } };

/* Whatever comes between two steps, the end is the same. */
static const struct {
	const char *control;
	const struct move_at *steps;
	size_t n;
	float expected;
} goes_on[] = {
	{ "play", toggles, COUNT(toggles), 1 },
	{ "tempo", pairs, COUNT(pairs), 8193.0f / 16383 },
	{ "volume", pickups, COUNT(pickups), 90.0f / 127 },
	{ "deep", longs, COUNT(longs), 1 },
	{ "slow", delays, COUNT(delays), 1 },
	{ "fine", params, COUNT(params), 1 },
	{ "cue", macros, COUNT(macros), 0 },
	{ "cue", layers, COUNT(layers), 0 },
};

static void play(const struct move_at *steps, size_t n, uint64_t t, size_t at, size_t which)
{
	for (size_t i = 0; i < n; i++) {
		run_until(t + steps[i].ms * MS);
		if (i == at)
			reload(t + steps[i].ms * MS, which);
		pad(t + steps[i].ms * MS, steps[i].status, steps[i].d1, steps[i].d2);
	}
	run_until(t + 1000 * MS);
}

static void test_goes_on(void **state)
{
	for (size_t i = 0; i < COUNT(goes_on); i++)
		for (size_t at = 0; at < goes_on[i].n; at++)
			for (size_t which = 0; which < COUNT(variants); which++) {
				act(T0, 1, "volume", OP_SET, 0.75f, 0);
				play(goes_on[i].steps, goes_on[i].n, T0 + MS, at, which);
				if (value_of(goes_on[i].control) != goes_on[i].expected)
					fail_msg("%s is %g, reload to %zu before step %zu",
					         goes_on[i].control,
					         (double)value_of(goes_on[i].control), which, at);
				assert_false(down[0][1]);
				tear_down(state);
				set_up_first(state);
			}
}

/* A route that repeats keeps its grid. */
static void test_every(void **state)
{
	uint64_t t = T0;
	uint64_t before;

	(void)state;
	for (int i = 0; i < 50; i++) {
		run_until(t += 30 * MS);
		reload(t, (size_t)i % 3);
	}
	before = r.presses;
	assert_int_equal(before, 15); /* 1500 ms */
	run_until(t += 1000 * MS);
	assert_int_equal(r.presses, 25);
}

static void expect_sent(size_t from, const char *hex)
{
	char text_of[128] = "";

	for (size_t i = from; i < r.n; i++)
		for (size_t k = 0; k < r.sent[i].m.len; k++)
			snprintf(text_of + strlen(text_of), sizeof(text_of) - strlen(text_of),
			         "%s%02X", *text_of ? " " : "", r.sent[i].m.bytes[k]);
	assert_string_equal(text_of, hex);
}

/* Who presses what, and what is sent when the next mapping comes; then by his release. */
static const struct {
	const char *port;
	uint8_t note;
	size_t which;
	const char *at_reload, *at_release;
} held[] = {
	{ "pads", 2, 0, "", "80 01 00" },
	{ "pads", 2, 1, "", "80 01 00" },
	{ "pads", 1, 1, "", "80 01 00" },
	{ "pads", 1, 2, "80 01 00", "" },         /* by another condition */
	{ "pads", 2, 2, "80 01 00", "" },         /* the route is no more */
	{ "keys", 1, 1, "B0 15 00", "B0 1F 00" }, /* another address */
	{ "pads", 3, 1, "80 03 00", "80 05 00" }, /* the control is no more */
	{ "keys", 1, 2, "B0 15 00", "" },         /* nor is the port */
};

static void test_held(void **state)
{
	for (size_t i = 0; i < COUNT(held); i++) {
		size_t n;

		midi(T0, held[i].port, 0x90, held[i].note, 9);
		assert_int_equal(r.presses, 1);
		n = r.n;
		reload(T0 + MS, held[i].which);
		expect_sent(n, held[i].at_reload);
		n = r.n;
		if (mapping_port(r.m, held[i].port) >= 0)
			midi(T0 + 2 * MS, held[i].port, 0x80, held[i].note, 0);
		expect_sent(n, held[i].at_release);
		tear_down(state);
		set_up_first(state);
	}
}

/* By OSC there is the address that a control has by itself, where no route has it. */
static void test_held_by_address(void **state)
{
	(void)state;
	osc(T0, 1, "/cue", 1, 1);
	reload(T0 + MS, 1);
	assert_true(down[0][1]);
	reload(T0 + 2 * MS, 2); /* a route with a condition has it now */
	assert_false(down[0][1]);
	osc(T0 + 3 * MS, 1, "/cue", 1, 1);
	assert_true(down[0][1]);
	reload(T0 + 4 * MS, 0);
	assert_true(down[0][1]); /* by itself again: that lets any release through */
	osc(T0 + 5 * MS, 1, "/cue", 1, 0);
	assert_false(down[0][1]);
	act(T0 + 6 * MS, 1, "cue", OP_PRESS, 0, 0);
	reload(T0 + 7 * MS, 2);
	assert_true(down[0][1]); /* a client needs no route */
	engine_gone(r.e, T0 + 8 * MS, FROM_INTENT, 1);
	assert_false(down[0][1]);
}

/* ---- batches ---- */

static void test_batches(void **state)
{
	const struct batch_act acts[] = {
		{ .act = { .control = control_of(r.m, "load"), .op = OP_PRESS } },
		{ .act = { .control = control_of(r.m, "load"), .op = OP_RELEASE },
		  .after = { 50, DURATION_MS } },
	};
	struct batch b = { .source = { .from = FROM_INTENT, .rank = RANK_HARDWARE, .label = "x" },
		           .acts = acts,
		           .n = 2 };

	(void)state;
	assert_true(engine_batch(r.e, T0, &b));
	reload(T0 + 10 * MS, 2); /* it has 'load', too */
	assert_true(down[0][3] && b.next == 1);
	run_until(T0 + 49 * MS);
	assert_true(down[0][3]);
	run_until(T0 + 50 * MS);
	assert_true(!down[0][3] && b.next == 2);
	b.next = 0;
	assert_true(engine_batch(r.e, T0 + 60 * MS, &b));
	reload(T0 + 70 * MS,
	       1); /* it has not: the rest would move nothing, or what gets its number */
	assert_true(!down[0][3] && b.next == 2);
	run_until(T0 + 200 * MS);
	assert_int_equal(r.presses, 2 + 2); /* with those of `every` */
}

/* ---- random ---- */

static struct finger {
	const char *port; /* NULL: OSC from who, or a client where it has no slash */
	const char *name;
	uint8_t note;
	uint16_t who;
	bool on;
} fingers[] = {
	{ "pads", NULL, 1, 0, 0 },        { "pads", NULL, 2, 0, 0 },   { "pads", NULL, 3, 0, 0 },
	{ "pads", NULL, 4, 0, 0 },        { "pads", NULL, 9, 0, 0 },   { "pads", NULL, 20, 0, 0 },
	{ "pads", NULL, 21, 0, 0 },       { "keys", NULL, 1, 0, 0 },   { "keys", NULL, 2, 0, 0 },
	{ "more", NULL, 1, 0, 0 },        { NULL, "/cue", 0, 1, 0 },   { NULL, "/jump", 0, 1, 0 },
	{ NULL, "/x", 0, 2, 0 },          { NULL, "/shift", 0, 2, 0 }, { NULL, "/any/1", 0, 2, 0 },
	{ NULL, "/{cue,jump}", 0, 2, 0 }, { NULL, "cue", 0, 1, 0 },    { NULL, "load", 0, 2, 0 },
	{ NULL, "extra", 0, 2, 0 },
};

static void move(struct finger *f, uint64_t t, bool on)
{
	f->on = on;
	if (f->port && mapping_port(r.m, f->port) >= 0)
		midi(t, f->port, on ? 0x90 : 0x80, f->note, on ? 9 : 0);
	else if (!f->port && f->name[0] == '/')
		osc(t, f->who, f->name, 1, on);
	else if (!f->port && mapping_control(r.m, f->name, strlen(f->name)) >= 0)
		act(t, f->who, f->name, on ? OP_PRESS : OP_RELEASE, 0, 0);
}

static void random_event(uint64_t t, uint32_t *seed)
{
	const uint32_t what = random_below(seed, 100);
	struct finger *f = &fingers[random_below(seed, COUNT(fingers))];
	static const uint8_t ccs[] = { 1, 33, 20, 21, 99, 98, 6, 38 };

	if (what < 70)
		move(f, t, !f->on);
	else if (what < 90)
		pad(t, 0xB0, ccs[random_below(seed, COUNT(ccs))], (uint8_t)random_below(seed, 128));
	else if (what < 95)
		act(t, 1, "jump", OP_PRESS, 0, 1 + what);
	else
		osc(t, 1, what < 97 ? "/any/1" : "/cue", 0, 0);
}

#define EVERY 50  /* so many events between two reloads */
#define EVENTS 50 /* a round, then all fingers are lifted */
#define ROUNDS 4000

static void test_random(void **state)
{
	uint32_t seed = 4711;
	uint64_t t = T0;
	size_t n = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < EVENTS; i++, n++) {
			run_until(t += random_below(&seed, 20) * MS);
			if (n % EVERY == 0)
				reload(t, random_below(&seed, COUNT(variants)));
			random_event(t, &seed);
		}
		for (size_t i = 0; i < COUNT(fingers); i++)
			if (fingers[i].on)
				move(&fingers[i], t, false);
		run_until(t += 1090 * MS);
		if (down[0][40])
			run_until(t += 50 * MS); /* of `every` */
		for (size_t i = 0; i < 256; i++)
			if (down[i / 128][i % 128])
				fail_msg("round %d: %s %zu is still down", round,
				         i < 128 ? "note" : "cc", i % 128);
	}
	assert_true(r.m->ncontrols < 32 && r.presses > 30000);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_first, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_goes_on),         TEST(test_every),   TEST(test_held),
		TEST(test_held_by_address), TEST(test_batches), TEST(test_random),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	for (size_t i = 0; i < COUNT(variants); i++)
		if (!write_variant(i))
			return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
	for (size_t i = 0; i < COUNT(variants); i++)
		unlink(names[i]);
	rmdir(folder);
	return failed;
}
