/* The tempo of MIDI clocks that are made here: with jitter, in whole milliseconds, with ticks lost,
 * held up and too many, of a tempo that changes. What is measured: how far the song is from where
 * the clock's sender is, in ms, and the tempo's error. */
#include "cuewire/pulse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/tempo.h"

#include "helpers.h"

#define S UINT64_C(1000000000)
#define MS 1e6
#define BEAT PULSE_PER_BEAT /* in ticks */
#define BAR (4 * BEAT)

/* A clock that has been started; what comes of it goes to t. */
struct clock {
	struct tempo t;
	double t_ns;   /* when the next tick is sent */
	double bpm;    /* what is sent */
	double jitter; /* ns, at most, to each side */
	double step;   /* ns: of the stamps; 0: none */
	long ticks;    /* that were sent */
	uint64_t last_ns;
	unsigned changes; /* of the state */
	uint32_t seed;
};

static void clock_init(struct clock *c, double bpm, uint32_t seed)
{
	*c = (struct clock){ .bpm = bpm, .seed = seed * 2654435761u | 1 };
	tempo_init(&c->t, 100, 4);
	c->t_ns = 5e9 + random_below(&c->seed, 50000000);
	tempo_start(&c->t, 4 * S);
}

/* -1..1 */
static double noise(struct clock *c)
{
	return random_next(&c->seed) / (double)UINT32_MAX * 2 - 1;
}

/* Sends the next tick into nowhere. Returns when it would have come. */
static uint64_t lose(struct clock *c)
{
	double came = c->t_ns + c->jitter * noise(c);

	if (c->step > 0)
		came = floor(came / c->step) * c->step;
	c->t_ns += 60e9 / BEAT / c->bpm;
	c->ticks++;
	return (uint64_t)came;
}

/* A tick comes. */
static void come(struct clock *c, uint64_t now_ns)
{
	if (now_ns > c->last_ns)
		c->last_ns = now_ns;
	c->changes += tempo_clock(&c->t, c->last_ns);
}

static void send(struct clock *c)
{
	come(c, lose(c));
}

static void run(struct clock *c, long ticks)
{
	while (ticks--)
		send(c);
}

/* How far the song is ahead of the sender's, in ms, when the latest tick has come. */
static double ahead_ms(const struct clock *c)
{
	const double tick_ns = 60e9 / BEAT / c->bpm;
	const double song = (double)tempo_at(&c->t, c->last_ns) / TEMPO_TICK;
	const double sent = (double)c->ticks - (c->t_ns - (double)c->last_ns) / tick_ns;

	return (song - sent) * tick_ns / MS;
}

static double bpm_off(const struct clock *c)
{
	return tempo_bpm(&c->t) - c->bpm;
}

/* Sends, and sees to it that the errors stay as small. */
static void hold(struct clock *c, long ticks, double ms, double bpm)
{
	while (ticks--) {
		send(c);
		if (fabs(ahead_ms(c)) > ms || fabs(bpm_off(c)) > bpm)
			fail_msg("%g BPM, tick %ld: %g ms and %g BPM off, expected %g and %g",
			         c->bpm, c->ticks, ahead_ms(c), bpm_off(c), ms, bpm);
	}
}

static void test_jitter(void **state)
{
	static const struct {
		double bpm, jitter_ms, step_ms;
		double off_ms, off_bpm; /* after 4 bars */
	} cases[] = {
		{ 20, 0, 0, 0.001, 0.0001 },  { 120, 0, 0, 0.001, 0.0001 },
		{ 128, 0, 0, 0.001, 0.0001 }, { 400, 0, 0, 0.001, 0.0001 },
		{ 128, 2, 0, 0.8, 0.05 },     { 128, 0, 1, 1.1, 0.05 },
		{ 128, 2, 1, 1.3, 0.05 },     { 60, 2, 0, 0.8, 0.02 },
		{ 174, 2, 0, 0.8, 0.08 },     { 125, 0, 1, 1.1, 0.05 },
		{ 125.01, 0, 1, 1.1, 0.05 },  { 127.3, 0, 1, 1.1, 0.05 },
		{ 128, 4, 0, 1.6, 0.08 },     { 200, 3, 0, 1.2, 0.15 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (uint32_t seed = 1; seed <= 10; seed++) {
			struct clock c;

			clock_init(&c, cases[i].bpm, seed);
			c.jitter = cases[i].jitter_ms * MS;
			c.step = cases[i].step_ms * MS;
			run(&c, 4 * BAR);
			assert_int_equal(c.t.state, TEMPO_LOCKED);
			hold(&c, 12 * BAR, cases[i].off_ms, cases[i].off_bpm);
			assert_int_equal(c.changes, 2); /* locking, locked */
		}
}

static void test_locks_within_beats(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 128, 1);
	send(&c);
	assert_int_equal(c.t.state, TEMPO_LOCKING);
	run(&c, BEAT - 2);
	assert_int_equal(c.t.state, TEMPO_LOCKING);
	send(&c);
	assert_int_equal(c.t.state, TEMPO_LOCKED);
	hold(&c, BEAT, 0.1, 0.001);
}

/* The song and the tempo are with the sender again within so many ticks, and nothing was skipped. */
static void test_steps(void **state)
{
	static const struct {
		double from, to, jitter_ms, step_ms;
		long ticks;
		double off_ms, off_bpm;
	} cases[] = {
		{ 120, 126, 0, 0, 2 * BAR, 0.5, 0.05 },   { 126, 120, 0, 0, 2 * BAR, 0.5, 0.05 },
		{ 120, 126, 2, 0, 2 * BAR, 1.5, 0.1 },    { 120, 126, 0, 1, 2 * BAR, 1.5, 0.1 },
		{ 128, 128.2, 0, 0, 2 * BAR, 0.5, 0.03 }, { 128, 129, 1, 0, 2 * BAR, 1.5, 0.1 },
		{ 120, 140, 1, 0, 3 * BAR, 1.5, 0.1 },    { 140, 120, 1, 0, 3 * BAR, 1.5, 0.1 },
		{ 120, 180, 1, 0, 4 * BAR, 1.5, 0.1 },    { 180, 120, 1, 0, 4 * BAR, 1.5, 0.1 },
		{ 90, 180, 1, 0, 4 * BAR, 1.5, 0.1 },     { 180, 90, 1, 0, 4 * BAR, 1.5, 0.1 },
		{ 60, 240, 1, 0, 4 * BAR, 1.5, 0.2 },     { 240, 60, 1, 0, 4 * BAR, 1.5, 0.1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (uint32_t seed = 1; seed <= 10; seed++) {
			struct clock c;

			clock_init(&c, cases[i].from, seed);
			c.jitter = cases[i].jitter_ms * MS;
			c.step = cases[i].step_ms * MS;
			run(&c, 8 * BAR);
			/* the next tick is the first that is at another distance */
			c.t_ns += 60e9 / BEAT / cases[i].to - 60e9 / BEAT / c.bpm;
			c.bpm = cases[i].to;
			run(&c, cases[i].ticks);
			hold(&c, 4 * BAR, cases[i].off_ms, cases[i].off_bpm);
		}
}

/* A pitch fader: 120 to 132 BPM in 8 bars. */
static void test_glide(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 120, 1);
	c.jitter = 1 * MS;
	run(&c, 4 * BAR);
	for (int i = 0; i < 8 * BAR; i++) {
		c.bpm += 12.0 / (8 * BAR);
		hold(&c, 1, 8, 2);
	}
	run(&c, 2 * BAR);
	hold(&c, 4 * BAR, 1, 0.1);
	assert_int_equal(c.changes, 2);
}

static void test_lost_ticks(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 128, 3);
	c.jitter = 1 * MS;
	run(&c, 4 * BAR);
	for (int i = 0; i < 100; i++) {
		lose(&c);
		hold(&c, 11, 1, 0.1); /* two a beat */
	}
	for (int i = 0; i < 20; i++) {
		lose(&c);
		lose(&c);
		lose(&c);
		hold(&c, 2 * BEAT, 1, 0.1);
	}
	assert_int_equal(c.changes, 2);
}

/* What was lost long ago has passed all the same: a clock that begins anew does not take it back. */
static void test_lost_for_good(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 120, 3);
	run(&c, BAR);
	for (int i = 0; i < 5; i++) {
		lose(&c);
		run(&c, BAR);
	}
	c.t_ns += 60e9 / BEAT / 190 - 60e9 / BEAT / c.bpm;
	c.bpm = 190;
	run(&c, 2 * BAR);
	hold(&c, BAR, 0.5, 0.1);
}

/* A scheduler's hiccup: some ticks come late, with the last of them. */
static void test_bursts(void **state)
{
	struct clock c;

	(void)state;
	for (int late = 1; late <= 9; late++)
		for (double part = 0; part < 1; part += 0.1) {
			clock_init(&c, 128, 5);
			c.jitter = 1 * MS;
			run(&c, 4 * BAR);
			for (int burst = 0; burst < 10; burst++) {
				const double tick_ns = 60e9 / BEAT / c.bpm;
				const uint64_t all =
					(uint64_t)(c.t_ns + (late - 1 + part) * tick_ns);

				for (int i = 0; i < late; i++) {
					lose(&c);
					come(&c, all);
				}
				hold(&c, BAR, 1, 0.1);
			}
			assert_int_equal(c.changes, 2);
		}
}

/* Ticks that come twice: they count once. */
static void test_doubled(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 128, 5);
	c.jitter = 1 * MS;
	run(&c, 4 * BAR);
	for (int i = 0; i < 50; i++) {
		hold(&c, 11, 1, 0.1);
		come(&c, c.last_ns);
	}
	assert_int_equal(c.changes, 2);
}

/* Beyond the limits there is no clock to be followed; the tempo stays. */
static void test_limits(void **state)
{
	static const double beyond[] = { 1, 10, 19, 420, 1000, 2500 };
	struct clock c;

	(void)state;
	for (size_t i = 0; i < COUNT(beyond); i++) {
		clock_init(&c, beyond[i], 1);
		for (int n = 0; n < 2 * BAR; n++) {
			send(&c);
			assert_int_not_equal(c.t.state, TEMPO_LOCKED);
			assert_true(tempo_bpm(&c.t) == 100);
		}
		tempo_tick(&c.t, tempo_deadline(&c.t));
		assert_int_equal(c.t.state, TEMPO_FIXED);
	}
}

/* A clock that leaves the limits, at once or slowly, is followed again when it is back, on the beat;
 * the beats in between are not made up for. */
static void test_beyond_for_a_while(void **state)
{
	static const long glides[] = { 1, 8 * BAR };

	(void)state;
	for (size_t i = 0; i < COUNT(glides); i++) {
		struct clock c;
		double off;

		clock_init(&c, 390, 1);
		run(&c, 4 * BAR);
		for (long n = 0; n < glides[i]; n++) {
			c.bpm += 60.0 / glides[i];
			send(&c);
		}
		run(&c, 60 * BAR);
		assert_int_equal(c.t.state, TEMPO_LOCKING);
		assert_in_range((uintmax_t)tempo_bpm(&c.t), 385, TEMPO_MAX);
		c.bpm = 200;
		run(&c, 3 * BAR);
		assert_int_equal(c.t.state, TEMPO_LOCKED);
		assert_true(fabs(bpm_off(&c)) < 0.05);
		off = ahead_ms(&c) / 300; /* beats */
		assert_true(off < -5 && fabs(off - round(off)) < 0.01);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jitter),        cmocka_unit_test(test_locks_within_beats),
		cmocka_unit_test(test_steps),         cmocka_unit_test(test_glide),
		cmocka_unit_test(test_lost_ticks),    cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_doubled),       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lost_for_good), cmocka_unit_test(test_beyond_for_a_while),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pulse", tests, NULL, NULL);
}
