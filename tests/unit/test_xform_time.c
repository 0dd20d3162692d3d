/* Transforms that remember, driven through an engine by random inputs: what must hold whatever comes.
 * Their tables of examples are the golden traces. */
#include "cuewire/engine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/tempo.h"
#include "xform_rig.h"

#define TICK (10 * MS)

static const char mapping[] =
	"{ 'hold_ms': 0, 'tempo': { 'bpm': 120, 'tap': 'tap' },"
	"'ports': { 'out': { 'out': 'iac' }, 'pads': { 'in': 'pads' } },"
	"'controls': ["
	"{ 'name': 'f', 'kind': 'fader', 'port': 'out', 'cc': [16, 48] },"
	"{ 'name': 'tap', 'kind': 'button' }, { 'name': 'shift', 'kind': 'switch' } ],"
	"'routes': ["
	"{ 'osc': '/smooth/25', 'smooth': 25, 'to': 'f' },"
	"{ 'osc': '/smooth/400', 'smooth': 400, 'to': 'f' },"
	"{ 'osc': '/smooth/beat', 'smooth': '1 beat', 'to': 'f' },"
	"{ 'osc': '/ramp/7', 'ramp': 7, 'to': 'f' },"
	"{ 'osc': '/ramp/125', 'ramp': 125, 'to': 'f' },"
	"{ 'osc': '/ramp/beat', 'ramp': '0.5 beats', 'to': 'f' },"
	"{ 'osc': '/delay', 'delay': 300, 'to': 'f' },"
	"{ 'osc': '/delay/beat', 'delay': '1 beat', 'to': 'f' },"
	"{ 'osc': '/rate/7', 'max_per_s': 7, 'to': 'f' },"
	"{ 'osc': '/rate/300', 'max_per_s': 300, 'to': 'f' },"
	"{ 'port': 'pads', 'cc': 1, 'when': { 'shift': 0 }, 'takeover': 'pickup', 'to': 'f' },"
	"{ 'port': 'pads', 'cc': 2, 'when': { 'shift': 0 }, 'takeover': 'scale', 'to': 'f' } ] }";

static int open_rig(void **state)
{
	(void)state;
	xform_rig_open(mapping);
	return 0;
}

static float any_value(void)
{
	return (float)below(1001) / 1000;
}

static float value_of(const char *control)
{
	return engine_state(r.e, control_of(r.m, control))->value;
}

/* ---- what moves by itself ---- */

struct mover {
	const char *osc;
	uint64_t ns; /* at 120 BPM */
	bool softly;
};

static const struct mover movers[] = {
	{ "/smooth/25", 25 * MS, true },    { "/smooth/400", 400 * MS, true },
	{ "/smooth/beat", 500 * MS, true }, { "/ramp/7", 7 * MS, false },
	{ "/ramp/125", 125 * MS, false },   { "/ramp/beat", 250 * MS, false },
};

/* From where the control was at t0 it goes to `to`, without a step back or beyond. What was on its way
 * may have gone on for a moment, by as much as ahead. */
static void expect_way(const struct mover *m, size_t from, uint64_t t0, float start, float to,
                       float ahead)
{
	float at = start;

	for (size_t i = from; i < r.n; i++) {
		const struct msg *s = sent_at(i);

		if (i == from && fabsf(s->value - start) <= ahead)
			at = start = s->value;
		if (!(fabsf(s->value - to) <= fabsf(at - to) &&
		      (s->value - to) * (start - to) >= 0.0f))
			fail_msg("%s from %g to %g: %g after %g", m->osc, (double)start, (double)to,
			         (double)s->value, (double)at);
		/* e^-4 of the way are left after the time, not before */
		if (m->softly && ahead == 0.0f && s->t_ns <= t0 + m->ns)
			assert_true(fabsf(s->value - to) >= 0.0183f * fabsf(start - to) - 1e-4f);
		if (m->softly && s->t_ns >= t0 + m->ns + TICK)
			assert_true(fabsf(s->value - to) <= 0.0184f * fabsf(start - to) + 1e-6f);
		at = s->value;
	}
	if (at != to || value_of("f") != to)
		fail_msg("%s ends at %.9g, expected %.9g", m->osc, (double)at, (double)to);
}

/* Several values come while it moves; what counts is the last. */
static void one_way(const struct mover *m)
{
	uint64_t end, t0;
	float start, to, ahead = 0.0f;
	size_t from;

	for (size_t n = below(4); n; n--) {
		ahead = (float)TICK / (float)m->ns;
		osc(t, 0, m->osc, 1, (double)any_value());
		wait(below(60) * MS + below(1000000));
	}
	start = value_of("f");
	to = any_value();
	from = r.n;
	t0 = t;
	osc(t, 0, m->osc, 1, (double)to);
	wait(3 * m->ns + 3 * TICK);
	assert_true(r.n > from);
	end = sent_at(r.n - 1)->t_ns - t0;
	expect_way(m, from, t0, start, to, ahead);
	if (m->softly ? end > m->ns * 5 / 2 + TICK : start != to && end + 1000 < m->ns)
		fail_msg("%s ends after %g ms", m->osc, (double)end / 1e6);
	if (!m->softly && end > m->ns)
		fail_msg("%s ends %g ms late", m->osc, (double)(end - m->ns) / 1e6);
}

static void test_movers(void **state)
{
	(void)state;
	osc(t, 0, "/f", 1, 0.5);
	for (int round = 0; round < 1200; round++)
		one_way(&movers[round % (int)COUNT(movers)]);
}

/* ---- delay ---- */

#define LINE 2000

/* What is to come out: the time and the value of each. */
static struct {
	uint64_t at;
	float v;
} line[LINE];
static size_t line_in, line_out;

static void line_push(uint64_t at, float v)
{
	if (line_in - line_out == DELAY_MAX) {
		line[(line_in - 1) % LINE].v = v;
		return;
	}
	line[line_in % LINE].at = at;
	line[line_in++ % LINE].v = v;
}

/* Every value comes at its time, those too many are merged into the one before. */
static void test_delay(void **state)
{
	float last = 0.0f;

	(void)state;
	line_in = line_out = 0;
	for (int i = 0; i < 20000; i++) {
		/* now and then a flood */
		const uint64_t gap = below(i / 500 % 2 ? 8 * MS : 20 * MS);
		const size_t from = r.n;

		wait(gap);
		for (size_t k = from; k < r.n; k++, line_out++) {
			assert_true(line_out < line_in);
			assert_true(sent_at(k)->t_ns == line[line_out % LINE].at);
			assert_true(sent_at(k)->value == line[line_out % LINE].v);
		}
		assert_true(line_out == line_in || line[line_out % LINE].at > t);
		last = any_value();
		osc(t, 0, "/delay", 1, (double)last);
		line_push(t + 300 * MS, last);
	}
	assert_true(line_in < 20000); /* the flood was one */
	wait(300 * MS);
	assert_true(value_of("f") == last);
}

/* While somebody taps another tempo, a beat is a beat: never early, and hardly late. */
static void test_delay_in_beats(void **state)
{
	static const uint64_t late_ms = 25;
	static uint64_t run[40000];
	uint64_t tap = 0, push = 0;
	size_t given = 0;

	(void)state;
	line_in = line_out = 0;
	for (size_t ms = 0; ms < COUNT(run); ms++) {
		const size_t from = r.n;

		wait(MS);
		run[ms] = tempo_run_at(engine_tempo(r.e), t);
		given += r.n - from;
		while (line_out < given) {
			assert_true(line_out < line_in);
			assert_true(sent_at(from + line_out - (given - (r.n - from)))->value ==
			            line[line_out % LINE].v);
			if (run[ms] < line[line_out % LINE].at)
				fail_msg("after %zu ms a value comes too early", ms);
			line_out++;
		}
		if (line_out < line_in && ms >= late_ms &&
		    run[ms - late_ms] >= line[line_out % LINE].at)
			fail_msg("after %zu ms a value has not come in time", ms);
		if (ms == push) {
			const float v = any_value();

			osc(t, 0, "/delay/beat", 1, (double)v);
			line_push(run[ms] + TEMPO_BEAT, v);
			push = ms + 30 + below(300);
		}
		if (ms == tap) {
			osc(t, 0, "/tap", 0, 0);
			tap = ms + 400 + below(ms % 20000 < 10000 ? 50 : 500);
		}
	}
	assert_true(given > 100);
}

/* ---- max_per_s ---- */

static void test_rate(void **state)
{
	static const struct {
		const char *osc;
		uint64_t gap;
	} rates[] = { { "/rate/7", 1000 * MS / 7 }, { "/rate/300", 1000 * MS / 300 } };

	(void)state;
	for (int round = 0; round < 400; round++) {
		const uint64_t gap = rates[round % 2].gap, rounded = 100; /* it is a float */
		const size_t from = r.n;
		float last = 0.0f;

		for (size_t n = 1 + below(30); n; n--) {
			wait(below((uint32_t)gap) * below(3) / 2);
			osc(t, 0, rates[round % 2].osc, 1, (double)(last = any_value()));
		}
		wait(gap + rounded);
		assert_true(r.n > from && value_of("f") == last);
		assert_true(sent_at(r.n - 1)->value == last);
		for (size_t i = from + 1; i < r.n; i++)
			assert_true(sent_at(i)->t_ns - sent_at(i - 1)->t_ns + rounded >= gap);
		wait(gap);
	}
}

/* ---- takeover ---- */

#define NEAR 2.0f / 127

static uint8_t fader;

static void move_fader(uint8_t cc, uint8_t v)
{
	const float was = value_of("f"), before = (float)fader / 127, now = (float)v / 127;
	const size_t from = r.n;
	float is;

	midi(t, "pads", 0xB0, cc, v);
	fader = v;
	is = value_of("f");
	if (is == was)
		return;
	assert_int_equal(r.n, from + 1);
	if (cc == 1 && !(fabsf(is - was) <= fabsf(now - before) + NEAR))
		fail_msg("the fader goes from %g to %g, and the control from %g to %g",
		         (double)before, (double)now, (double)was, (double)is);
	/* scale: however far it goes, it does not go away from the fader */
	if (cc == 2 && !(fabsf(is - now) <= fabsf(was - before) + NEAR))
		fail_msg("the fader goes from %g to %g, and the control leaves it from %g to %g",
		         (double)before, (double)now, (double)was, (double)is);
	if (cc == 2 && fabsf(is - was) > NEAR)
		assert_true((is - was) * (now - before) >= 0.0f);
}

/* A hand moves by small steps, and now and then its messages are far apart. */
static uint8_t next_fader(void)
{
	const int by = (int)below(13) - 6, v = below(20) ? fader + by : (int)below(128);

	return (uint8_t)(v < 0 ? 0 : v > 127 ? 127 : v);
}

static void takeover(uint8_t cc)
{
	uint64_t follows = 0;

	osc(t, 0, "/f", 1, 0.3);
	fader = 0;
	for (int i = 0; i < 100000; i++) {
		const uint64_t what = below(100);
		const uint8_t v = next_fader();

		wait(MS);
		if (what == 0)
			osc(t, 0, "/f", 1, (double)any_value());
		else if (what == 1)
			osc(t, 0, "/shift", 1, (double)below(2));
		move_fader(cc, v);
		follows += value_of("f") == (float)fader / 127;
	}
	assert_true(follows > 10000);
	osc(t, 0, "/shift", 1, 0);
	for (int i = 0; i < 100; i++) { /* both ends are reached, from wherever it is */
		osc(t, 0, "/f", 1, (double)any_value());
		move_fader(cc, (uint8_t)below(128));
		for (int k = fader; k < 127; k += 1 + (int)below(9))
			move_fader(cc, (uint8_t)k);
		move_fader(cc, 127);
		assert_true(value_of("f") == 1.0f);
		osc(t, 0, "/f", 1, (double)any_value());
		for (int k = fader; k > 0; k -= 1 + (int)below(9))
			move_fader(cc, (uint8_t)k);
		move_fader(cc, 0);
		assert_true(value_of("f") == 0.0f);
	}
}

static void test_pickup(void **state)
{
	(void)state;
	takeover(1);
}

static void test_scale(void **state)
{
	(void)state;
	takeover(2);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, xform_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_movers), TEST(test_delay),  TEST(test_delay_in_beats),
		TEST(test_rate),   TEST(test_pickup), TEST(test_scale),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("xform_time", tests, NULL, NULL);
}
