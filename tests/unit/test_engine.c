/* What the traces of tests/golden cannot show: deadlines, batches and their owners, what a message
 * carries, limits. */
#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

#define BATCHES_MAX 256 /* that may wait: engine_priv.h */

/* The i-th message was this, and that was all if it was the last that is asked for. */
static void expect(size_t i, const char *control, float v, uint64_t t_ns, const char *label)
{
	const struct sent *s = &r.sent[i];

	if (i >= r.n)
		fail_msg("no message %zu: %s", i, control);
	assert_string_equal(r.m->controls[s->m.control].name, control);
	assert_true(s->m.value == v);
	assert_int_equal(s->m.t_ns, t_ns);
	assert_string_equal(s->label, label);
}

/* ---- what it knows ---- */

static void test_state(void **state)
{
	const struct control_state *volume = engine_state(r.e, control_of(r.m, "volume"));
	const struct control_state *load = engine_state(r.e, control_of(r.m, "load"));
	const struct control_state *lamp = engine_state(r.e, control_of(r.m, "shift"));

	(void)state;
	assert_false(volume->touched);
	osc(T0, 0, "/volume", 1, 0.25);
	assert_true(volume->touched && volume->value == 0.25f && volume->t_ns == T0);
	assert_string_equal(volume->by, "osc:/volume");
	osc(T0 + 1, 0, "/any/thing", 1, 1);
	assert_null(load->by); /* its label is not the mapping's */
	assert_string_equal(load->by_copy, "osc:/any/thing");
	act(T0 + 2, 1, "volume", OP_NUDGE, 0.25f, 0);
	assert_true(volume->value == 0.5f);
	assert_null(volume->by);
	assert_string_equal(volume->by_copy, "intent:x");
	assert_false(lamp->touched);
	assert_int_equal(engine_counters(r.e)->osc_in, 2);
}

/* A long label is cut, not run over. */
static void test_long_label(void **state)
{
	const struct control_state *load = engine_state(r.e, control_of(r.m, "load"));
	char address[400] = "/any/";

	(void)state;
	memset(address + 5, 'x', sizeof(address) - 6);
	osc(T0, 0, address, 1, 1);
	assert_int_equal(strlen(load->by_copy), sizeof(load->by_copy) - 1);
	assert_memory_equal(load->by_copy, "osc:/any/xxx", 12);
}

static void test_message(void **state)
{
	(void)state;
	osc(T0, 0, "/jump", 1, 1);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.sent[0].m.port, mapping_port(r.m, "out"));
	assert_int_equal(r.sent[0].m.edge, EDGE_PRESS);
	assert_memory_equal(r.sent[0].m.bytes, "\xB0\x15\x7F", 3);
	osc(T0, 0, "/jump", 1, 0);
	assert_int_equal(r.sent[1].m.edge, EDGE_RELEASE);
	assert_memory_equal(r.sent[1].m.bytes, "\xB0\x15\x00", 3);
}

/* ---- time ---- */

static void test_deadlines(void **state)
{
	(void)state;
	assert_true(engine_deadline(r.e) == TIME_NEVER);
	osc(T0, 0, "/cue", 0, 0);
	engine_tick(r.e, T0); /* a new client is shown what there is */
	assert_int_equal(engine_deadline(r.e), T0 + 50 * MS);
	midi(T0, "pads", 0xB0, 1, 64);
	assert_int_equal(engine_deadline(r.e), T0 + 5 * MS);
	engine_tick(r.e, T0 + 5 * MS - 1);
	assert_int_equal(r.n, 1);
	engine_tick(r.e, T0 + 5 * MS);
	assert_int_equal(r.n, 2);
	engine_tick(r.e, T0 + 200 * MS); /* late: it still says when it was due */
	expect(2, "cue", 0, T0 + 50 * MS, "timer");
	assert_int_equal(r.n, 3);
	assert_true(engine_deadline(r.e) == TIME_NEVER);
}

/* A press for ten seconds that was released before must not lengthen a tap that comes later. */
static void test_tap_within_long_press(void **state)
{
	(void)state;
	act(T0, 1, "cue", OP_PRESS, 0, 10000);
	act(T0 + 10 * MS, 1, "cue", OP_RELEASE, 0, 0);
	osc(T0 + 20 * MS, 0, "/cue", 0, 0);
	engine_tick(r.e, T0 + 20 * MS);
	assert_int_equal(engine_deadline(r.e), T0 + 70 * MS);
	run_until(T0 + 1000 * MS);
	assert_int_equal(r.n, 4);
	expect(3, "cue", 0, T0 + 70 * MS, "timer");
	run_until(TIME_NEVER);
	assert_int_equal(r.n, 4);
}

/* And the other way round: a tap that becomes a press for ten seconds. */
static void test_long_press_within_tap(void **state)
{
	(void)state;
	osc(T0, 0, "/cue", 0, 0);
	act(T0 + 10 * MS, 1, "cue", OP_PRESS, 0, 10000);
	run_until(T0 + 10009 * MS);
	assert_int_equal(r.n, 1);
	run_until(T0 + 10010 * MS);
	assert_int_equal(r.n, 2);
	expect(1, "cue", 0, T0 + 10010 * MS, "timer");
}

/* ---- who ends ---- */

static void test_gone_by_who(void **state)
{
	(void)state;
	act(T0, 1, "cue", OP_PRESS, 0, 0);
	act(T0, 2, "jump", OP_PRESS, 0, 0);
	act(T0, 1, "play", OP_PRESS, 0, 0);
	osc(T0, 1, "/load", 1, 1);
	engine_gone(r.e, T0 + MS, FROM_INTENT, 1); /* not client 2, not peer 1, not the switch */
	assert_int_equal(r.n, 5);
	expect(4, "cue", 0, T0 + MS, "timer");
	engine_gone(r.e, T0 + MS, FROM_INTENT, 1);
	assert_int_equal(r.n, 5);
	engine_gone(r.e, T0 + 2 * MS, FROM_OSC, 1);
	expect(5, "load", 0, T0 + 2 * MS, "timer");
	engine_release_all(r.e, T0 + 3 * MS);
	expect(6, "jump", 0, T0 + 3 * MS, "exit");
	assert_int_equal(r.n, 7);
}

/* Two tablets on one layered route: the one that goes does not take the other's release along. */
static void test_gone_beside_another(void **state)
{
	(void)state;
	osc(T0, 1, "/layer", 1, 1);
	osc(T0 + 1, 1, "/shift", 1, 1);
	osc(T0 + 2, 2, "/layer", 1, 1); /* presses jump */
	engine_gone(r.e, T0 + 3, FROM_OSC, 2);
	expect(2, "jump", 0, T0 + 3, "timer");
	osc(T0 + 4, 1, "/layer", 1, 0);
	expect(3, "cue", 0, T0 + 4, "osc:/layer");
}

/* ---- batches ---- */

static struct batch make_batch(const struct batch_act *acts, size_t n)
{
	return (struct batch){
		.source = { .from = FROM_INTENT, .rank = RANK_HARDWARE, .label = "intent:b" },
		.acts = acts,
		.n = n
	};
}

#define ACT(c, o, v, release, after_ms)                                                      \
	{                                                                                    \
		.act = { .control = (c), .op = (o), .value = (v), .release_ms = (release) }, \
		.after = {                                                                   \
			(after_ms),                                                          \
			DURATION_MS                                                          \
		}                                                                            \
	}

static void test_batch(void **state)
{
	const uint16_t volume = control_of(r.m, "volume"), cue = control_of(r.m, "cue");
	const struct batch_act acts[] = {
		ACT(volume, OP_SET, 0.25f, 0, 0),
		ACT(cue, OP_PRESS, 0, 50, 0),
		ACT(volume, OP_SET, 0.75f, 0, 100),
		ACT(volume, OP_SET, 1.0f, 0, 100),
	};
	struct batch b = make_batch(acts, COUNT(acts));

	(void)state;
	b.source.batch = &b;
	assert_true(engine_batch(r.e, T0, &b));
	assert_int_equal(b.next, 2);
	assert_ptr_equal(r.sent[0].m.batch, &b);
	assert_ptr_equal(r.sent[1].m.batch, &b);
	run_until(T0 + 60 * MS);
	expect(2, "cue", 0, T0 + 50 * MS, "timer");
	assert_int_equal(b.next, 2);
	engine_tick(r.e,
	            T0 + 150 * MS); /* late, but the next keeps its distance to when it was due */
	expect(3, "volume", 0.75f, T0 + 100 * MS, "intent:b");
	assert_int_equal(engine_deadline(r.e), T0 + 200 * MS);
	run_until(TIME_NEVER);
	expect(4, "volume", 1, T0 + 200 * MS, "intent:b");
	assert_int_equal(b.next, b.n);
}

static void test_batch_at_once(void **state)
{
	struct batch empty = make_batch(NULL, 0);

	(void)state;
	assert_true(engine_batch(r.e, T0, &empty));
	assert_int_equal(empty.next, empty.n);
	assert_true(engine_deadline(r.e) == TIME_NEVER);
}

static void test_batches_full_and_cancelled(void **state)
{
	const struct batch_act acts[] = { ACT(control_of(r.m, "play"), OP_SET, 1, 0, 100) };
	static struct batch b[BATCHES_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= BATCHES_MAX; i++) {
		b[i] = make_batch(acts, 1);
		assert_int_equal(engine_batch(r.e, T0, &b[i]), i < BATCHES_MAX);
		assert_int_equal(b[i].next, 0);
	}
	osc(T0, 0, "/cue", 0, 0);
	engine_cancel(r.e, 0);
	for (size_t i = 0; i < BATCHES_MAX; i++)
		assert_int_equal(b[i].next, 1);
	assert_int_equal(b[BATCHES_MAX].next, 0); /* it was never taken */
	run_until(TIME_NEVER);
	assert_int_equal(r.n, 2); /* the tap, whole */
	b[0] = make_batch(acts, 1);
	assert_true(engine_batch(r.e, T0 + 1000 * MS, &b[0])); /* there is room again */
	run_until(TIME_NEVER);
	expect(2, "play", 1, T0 + 1100 * MS, "intent:b");
	assert_int_equal(r.n, 3);
}

/* Only what is due at once may be refused for who has the control now. */
static void test_batch_may(void **state)
{
	const uint16_t volume = control_of(r.m, "volume"), cue = control_of(r.m, "cue");
	const struct {
		uint32_t first_ms, second_ms;
		bool may;
	} cases[] = { { 0, 0, false }, { 0, 1, true }, { 1, 0, true }, { 1, 1, true } };

	(void)state;
	osc(T0, 0, "/cue", 1, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct batch_act acts[] = {
			ACT(volume, OP_SET, 0.25f, 0, (float)cases[i].first_ms),
			ACT(cue, OP_PRESS, 0, 50, (float)cases[i].second_ms),
		};
		struct batch b = make_batch(acts, COUNT(acts)), second = make_batch(acts + 1, 1);
		uint16_t locked = CONTROL_NONE;

		b.source.rank = second.source.rank = RANK_AI;
		assert_int_equal(engine_may(r.e, T0, &b, &locked), cases[i].may);
		assert_int_equal(locked, cases[i].may ? CONTROL_NONE : cue);
		assert_int_equal(engine_may(r.e, T0, &second, &locked), cases[i].second_ms != 0);
	}
}

/* ---- limits ---- */

/* Patterns from outside are tried against every address: only so many a second. */
static void test_pattern_rate(void **state)
{
	const struct counters *n = engine_counters(r.e);

	(void)state;
	osc(T0, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n, 1);
	for (int i = 0; i < 1000; i++)
		osc(T0, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n + n->refused, 1001);
	assert_int_equal(r.n, 200);
	osc(T0, 0, "/volume", 1, 0.5); /* an address is no pattern */
	assert_int_equal(r.n, 201);
	osc(T0 + 2 * MS, 0, "/vol*", 1, 0.5); /* 500 a second: one each 2 ms */
	assert_int_equal(r.n, 202);
	osc(T0 + 3 * MS, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n, 202);
	assert_int_equal(r.unmapped, 0);
}

/* ---- time ---- */

/* Nobody has called engine_tick: what was due comes all the same, before the event, at its time. */
static void test_due_comes_first(void **state)
{
	(void)state;
	osc(T0, 0, "/cue", 0, 0); /* released 50 ms later */
	osc(T0 + 50 * MS, 0, "/volume", 1, 0.5);
	assert_int_equal(r.n, 3);
	expect(1, "cue", 0, T0 + 50 * MS, "timer");
	expect(2, "volume", 0.5f, T0 + 50 * MS, "osc:/volume");
	assert_int_equal(r.sent[0].m.seq, 0);
	assert_int_equal(r.sent[2].m.seq, 2);
}

/* What was on its way while a timer was served happens now, and not before the timer. */
static void test_time_goes_on(void **state)
{
	(void)state;
	osc(T0, 0, "/cue", 0, 0);
	engine_tick(r.e, T0 + 60 * MS);
	expect(1, "cue", 0, T0 + 50 * MS, "timer");
	assert_int_equal(engine_until(r.e, T0 + 40 * MS), T0 + 50 * MS);
	osc(T0 + 40 * MS, 0, "/volume", 1, 0.5);
	expect(2, "volume", 0.5f, T0 + 50 * MS, "osc:/volume");
	osc(T0 + 55 * MS, 0, "/volume", 1, 1); /* a tick alone is no event */
	expect(3, "volume", 1, T0 + 55 * MS, "osc:/volume");
	assert_int_equal(engine_until(r.e, T0 + 70 * MS), T0 + 70 * MS);
	assert_int_equal(r.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state),
		TEST(test_long_label),
		TEST(test_message),
		TEST(test_deadlines),
		TEST(test_tap_within_long_press),
		TEST(test_long_press_within_tap),
		TEST(test_gone_by_who),
		TEST(test_gone_beside_another),
		TEST(test_batch),
		TEST(test_batch_at_once),
		TEST(test_batches_full_and_cancelled),
		TEST(test_batch_may),
		TEST(test_pattern_rate),
		TEST(test_due_comes_first),
		TEST(test_time_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
