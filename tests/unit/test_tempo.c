#include "cuewire/tempo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/duration.h"

#include "helpers.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define YEAR (UINT64_C(31556952) * S)

static double beats(uint64_t position)
{
	return (double)position / (double)TEMPO_BEAT;
}

#define assert_beats(position, expected)                                                 \
	do {                                                                             \
		const double is_ = beats(position);                                      \
		if (fabs(is_ - (expected)) > 1e-6)                                       \
			fail_msg("line %d: at %.9g beats, expected %.9g", __LINE__, is_, \
			         (double)(expected));                                    \
	} while (0)

/* ---- positions and times ---- */

static void test_fixed(void **state)
{
	struct tempo t;

	(void)state;
	tempo_init(&t, 120, 4);
	assert_int_equal(t.state, TEMPO_FIXED);
	assert_int_equal(t.beats_per_bar, 4);
	assert_true(tempo_bpm(&t) == 120);
	assert_true(tempo_deadline(&t) == TIME_NEVER);
	assert_true(tempo_at(&t, 0) == 0);
	assert_true(tempo_at(&t, 500 * MS) == TEMPO_BEAT);
	assert_true(tempo_at(&t, 500 * MS - 1) == TEMPO_BEAT - 1);
	assert_true(tempo_when(&t, 7 * TEMPO_BEAT) == 3500 * MS);
	/* A day later nothing has got lost. */
	assert_true(tempo_at(&t, 86400 * S) == 172800 * TEMPO_BEAT);
	assert_true(tempo_when(&t, 172800 * TEMPO_BEAT) == 86400 * S);
}

/* tempo_when gives the first time at which the position is reached, and every position has one. */
static void test_round_trip(void **state)
{
	static const double bpms[] = { TEMPO_MIN, 59.94, 60, 120, 127.3, 128, 174.01, TEMPO_MAX };
	uint32_t seed = 3;

	(void)state;
	for (size_t i = 0; i < COUNT(bpms); i++)
		for (int n = 0; n < 2000; n++) {
			const uint64_t from = random_below(&seed, 1000) * S;
			const uint64_t span = n & 1 ? 30 * YEAR : 10 * S;
			const uint64_t now =
				from +
				((uint64_t)random_next(&seed) << 31 ^ random_next(&seed)) % span;
			struct tempo t;
			uint64_t p, when;

			tempo_init(&t, 100, 4);
			tempo_set_bpm(&t, from, bpms[i]);
			p = tempo_at(&t, now);
			when = tempo_when(&t, p);
			assert_true(when <= now && now - when < 200);
			assert_true(tempo_at(&t, when) == p);
			if (when > from)
				assert_true(tempo_at(&t, when - 1) < p);
			assert_true(tempo_run_when(&t, tempo_run_at(&t, now)) == when);
			assert_true(tempo_at(&t, tempo_when(&t, p + 1)) == p + 1);
		}
}

static void test_far(void **state)
{
	struct tempo t;

	(void)state;
	tempo_init(&t, TEMPO_MAX, 4);
	/* 500 years at the highest tempo are still counted. */
	assert_true(tempo_at(&t, 500 * YEAR) / TEMPO_BEAT == 500 * YEAR / (150 * MS));
	tempo_init(&t, TEMPO_MIN, 4);
	tempo_set_bpm(&t, 5 * S, TEMPO_MIN + 1);
	assert_true(tempo_when(&t, UINT64_MAX) == TIME_NEVER);
	assert_true(tempo_run_when(&t, UINT64_MAX) == TIME_NEVER);
	/* What has passed has no time that is to be waited for. */
	assert_true(tempo_when(&t, 0) <= 5 * S);
	assert_true(tempo_run_when(&t, 0) <= 5 * S);
	assert_true(tempo_at(&t, 4 * S) == tempo_at(&t, 5 * S));
}

static void test_set_bpm(void **state)
{
	static const double wrong[] = { 0, -120, 19.99, 400.01, NAN, INFINITY };
	struct tempo t;
	uint64_t before;

	(void)state;
	tempo_init(&t, 120, 4);
	before = tempo_at(&t, 10 * S);
	assert_false(tempo_set_bpm(&t, 10 * S, 60)); /* fixed as before */
	assert_true(tempo_at(&t, 10 * S) == before);
	assert_beats(tempo_at(&t, 20 * S), 30);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(tempo_set_bpm(&t, 20 * S, wrong[i]));
		assert_true(tempo_bpm(&t) == 60);
	}
	assert_beats(tempo_at(&t, 21 * S), 31);
}

/* ---- taps ---- */

static void test_taps(void **state)
{
	static const struct {
		const char *what;
		unsigned ms[12]; /* from 10 s on; ends with a 0 after the first */
		double bpm;
		enum tempo_state state;
	} cases[] = {
		{ "one tap", { 0 }, 120, TEMPO_FIXED },
		{ "two taps", { 0, 600 }, 100, TEMPO_TAPPED },
		{ "the mean", { 0, 480, 1000, 1500 }, 120, TEMPO_TAPPED },
		{ "a mean of all", { 0, 480, 960, 1500 }, 120, TEMPO_TAPPED },
		{ "of the last 8",
		  { 0, 400, 850, 1300, 1750, 2200, 2650, 3100, 3550 },
		  60000 / 450.0,
		  TEMPO_TAPPED },
		{ "a pause", { 0, 500, 1000, 3001 }, 120, TEMPO_TAPPED },
		{ "anew after a pause", { 0, 500, 3000, 3400 }, 150, TEMPO_TAPPED },
		{ "2 s are none", { 0, 2000 }, 30, TEMPO_TAPPED },
		{ "more are", { 0, 2001 }, 120, TEMPO_FIXED },
		{ "the fastest", { 0, 150, 300 }, 400, TEMPO_TAPPED },
		{ "a bounce", { 0, 20, 500, 520, 1000, 1149 }, 120, TEMPO_TAPPED },
		{ "one was missed", { 0, 500, 1000, 2000 }, 120, TEMPO_TAPPED },
		{ "and goes on", { 0, 500, 1000, 2000, 2400, 2800 }, 150, TEMPO_TAPPED },
		{ "another tempo", { 0, 500, 1000, 1350, 1700 }, 60000 / 350.0, TEMPO_TAPPED },
		{ "within a quarter", { 0, 400, 900 }, 60000 / 450.0, TEMPO_TAPPED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tempo t;

		tempo_init(&t, 120, 4);
		for (size_t n = 0; n < COUNT(cases[i].ms) && (!n || cases[i].ms[n]); n++) {
			const enum tempo_state was = t.state;
			const bool changed = tempo_tap(&t, 10 * S + cases[i].ms[n] * MS);

			assert_int_equal(changed, t.state != was);
		}
		if (fabs(tempo_bpm(&t) - cases[i].bpm) > 1e-9 || t.state != cases[i].state)
			fail_msg("%s: %g BPM and %s, expected %g and %s", cases[i].what,
			         tempo_bpm(&t), tempo_names[t.state], cases[i].bpm,
			         tempo_names[cases[i].state]);
	}
}

/* A tap is on the nearest beat, those that follow on the next ones, whatever the tempo was. */
static void test_tap_phase(void **state)
{
	struct tempo t;

	(void)state;
	tempo_init(&t, 120, 4);
	tempo_tap(&t, 10200 * MS); /* beat 20.4 */
	assert_beats(tempo_at(&t, 10200 * MS), 20);
	assert_beats(tempo_at(&t, 10700 * MS), 21);
	tempo_tap(&t, 20000 * MS); /* beat 39.6 */
	assert_beats(tempo_at(&t, 20000 * MS), 40);
	for (unsigned i = 1; i < 20; i++) {
		tempo_tap(&t, 20000 * MS + i * 200 * MS); /* 300 BPM */
		assert_beats(tempo_at(&t, 20000 * MS + i * 200 * MS), 40 + i);
	}
	assert_true(tempo_bpm(&t) == 300);
	assert_beats(tempo_at(&t, 23900 * MS), 59.5);
	/* The bounce of a pad is no tap, and moves nothing. */
	tempo_tap(&t, 23830 * MS);
	assert_beats(tempo_at(&t, 23900 * MS), 59.5);
	/* The run goes on as if nothing had been. */
	assert_in_range(tempo_run_at(&t, 23800 * MS), 55 * TEMPO_BEAT, 60 * TEMPO_BEAT);
}

/* ---- MIDI clock ---- */

#define TICK_NS (500 * MS / PULSE_PER_BEAT + 1) /* a little below 120 BPM */

/* So many ticks without jitter from the time on. Returns when the next one is due. */
static uint64_t ticks(struct tempo *t, uint64_t now, unsigned n)
{
	for (; n--; now += TICK_NS)
		tempo_clock(t, now);
	return now;
}

static double ticks_at(const struct tempo *t, uint64_t now)
{
	return (double)tempo_at(t, now) / (double)TEMPO_TICK;
}

static void assert_ticks_at(const struct tempo *t, uint64_t now, double expected)
{
	if (fabs(ticks_at(t, now) - expected) > 0.01)
		fail_msg("at tick %.4f, expected %.4f", ticks_at(t, now), expected);
}

/* The tick after Start is beat 0, with a clock that was there before and one that comes then. */
static void test_start(void **state)
{
	struct tempo t;
	uint64_t now;

	(void)state;
	tempo_init(&t, 120, 4);
	assert_false(tempo_start(&t, 9 * S));
	assert_beats(tempo_at(&t, 10 * S - 1), 20); /* not yet */
	assert_true(tempo_clock(&t, 10 * S));
	assert_true(tempo_at(&t, 10 * S) == 0);
	now = ticks(&t, 10 * S + TICK_NS, 99);
	assert_ticks_at(&t, now - TICK_NS, 99);

	tempo_start(&t, now - 5 * MS);
	assert_ticks_at(&t, now - 1, 100);
	tempo_clock(&t, now);
	assert_ticks_at(&t, now, 0);
	now = ticks(&t, now + TICK_NS, 250);
	assert_ticks_at(&t, now, 251);
}

/* Even where the run still makes up for what it was off. */
static void test_start_while_locking(void **state)
{
	struct tempo t;
	uint64_t now;

	(void)state;
	tempo_init(&t, 300, 4);
	now = ticks(&t, 10 * S, 4);
	tempo_start(&t, now - 1 * MS);
	now = ticks(&t, now, 1);
	assert_ticks_at(&t, now - TICK_NS, 0);
	assert_ticks_at(&t, now, 1);
}

static void test_stop_continue(void **state)
{
	struct tempo t;
	uint64_t now, run;

	(void)state;
	tempo_init(&t, 120, 4);
	tempo_start(&t, 9 * S);
	now = ticks(&t, 10 * S, 100); /* 0..99 */
	assert_false(tempo_stop(&t, now - 10 * MS));
	run = tempo_run_at(&t, now);
	now = ticks(&t, now, 70); /* the clock goes on */
	assert_int_equal(t.state, TEMPO_LOCKED);
	assert_true(tempo_at(&t, now) == 100 * TEMPO_TICK);
	assert_true(tempo_when(&t, 100 * TEMPO_TICK) <= now);
	assert_true(tempo_when(&t, 100 * TEMPO_TICK + 1) == TIME_NEVER);
	assert_int_equal((tempo_run_at(&t, now) - run + TEMPO_TICK / 2) / TEMPO_TICK, 70);

	tempo_continue(&t, now - 1 * MS);
	assert_true(tempo_at(&t, now - 1) == 100 * TEMPO_TICK);
	now = ticks(&t, now, 1);
	assert_ticks_at(&t, now - TICK_NS, 100);
	now = ticks(&t, now, 47);
	assert_ticks_at(&t, now, 148);
	tempo_continue(&t, now - 1 * MS); /* it goes on already */
	now = ticks(&t, now, 2);
	assert_ticks_at(&t, now, 150);
}

static void test_song_position(void **state)
{
	struct tempo t;
	uint64_t now;

	(void)state;
	tempo_init(&t, 120, 4);
	now = ticks(&t, 10 * S, 100);
	tempo_stop(&t, now - 1 * MS);
	tempo_song_position(&t, now - 1 * MS, 10);
	now = ticks(&t, now, 10);
	assert_beats(tempo_at(&t, now), 2.5);
	tempo_continue(&t, now - 1 * MS);
	now = ticks(&t, now, 7);
	assert_ticks_at(&t, now, 67);

	/* while it goes on: at the next tick */
	tempo_song_position(&t, now - 1 * MS, 16383);
	assert_ticks_at(&t, now - 1, 67);
	now = ticks(&t, now, 1);
	assert_ticks_at(&t, now - TICK_NS, 16383 * 6);

	/* Start after it is the beginning all the same */
	tempo_stop(&t, now - 2 * MS);
	tempo_song_position(&t, now - 2 * MS, 500);
	tempo_start(&t, now - 1 * MS);
	now = ticks(&t, now, 1);
	assert_ticks_at(&t, now - TICK_NS, 0);
}

/* A sender that stops its clock with the song; and a Stop that nobody's clock belongs to. */
static void test_stop_without_clock(void **state)
{
	struct tempo t;
	uint64_t now;

	(void)state;
	tempo_init(&t, 120, 4);
	assert_false(tempo_stop(&t, 1 * S));
	assert_beats(tempo_at(&t, 2 * S), 4);

	tempo_start(&t, 9 * S);
	now = ticks(&t, 10 * S, 48);
	tempo_stop(&t, now - 1 * MS);
	assert_true(tempo_tick(&t, tempo_deadline(&t)));
	assert_int_equal(t.state, TEMPO_HELD);
	assert_true(tempo_at(&t, now + 60 * S) == 48 * TEMPO_TICK);
	tempo_continue(&t, now + 60 * S);
	now = ticks(&t, now + 61 * S, 12);
	assert_ticks_at(&t, now - TICK_NS, 59);

	/* A tap takes it on, without a clock. */
	tempo_stop(&t, now);
	tempo_tick(&t, tempo_deadline(&t));
	tempo_tap(&t, now + 5 * S);
	assert_beats(tempo_at(&t, now + 5 * S), 3); /* 60 ticks are 2.5 */
	assert_true(tempo_at(&t, now + 6 * S) > 4 * TEMPO_BEAT);
}

/* Without Start and Stop the beats go on where they are. */
static void test_clock_alone(void **state)
{
	struct tempo t;
	uint64_t now, before;

	(void)state;
	tempo_init(&t, 120, 4);
	before = tempo_at(&t, 10 * S);
	now = ticks(&t, 10 * S, 1);
	assert_true(tempo_at(&t, 10 * S) == before);
	now = ticks(&t, now, 480);
	assert_ticks_at(&t, now, 480 + 481);
}

/* While a clock is followed a tap says where the beat is, to the tick, and a number says nothing. */
static void test_clock_and_taps(void **state)
{
	struct tempo t;
	uint64_t now;

	(void)state;
	tempo_init(&t, 120, 4);
	tempo_start(&t, 9 * S);
	now = ticks(&t, 10 * S, 101); /* 0..100: beat 4 and 4 ticks */
	assert_false(tempo_tap(&t, now - TICK_NS + 3 * MS));
	assert_ticks_at(&t, now, 97);
	now = ticks(&t, now, 24);
	assert_false(tempo_tap(&t, now - TICK_NS - 3 * MS)); /* the next beat */
	assert_ticks_at(&t, now, 121);
	assert_false(tempo_set_bpm(&t, now, 60));
	assert_int_equal(t.state, TEMPO_LOCKED);
	assert_int_equal((int)(tempo_bpm(&t) + 0.5), 120);
	now = ticks(&t, now, 50);
	assert_ticks_at(&t, now, 171);
	/* A little before a tick: it is that one. */
	tempo_tap(&t, now - 3 * MS);
	now = ticks(&t, now, 1);
	assert_ticks_at(&t, now - TICK_NS, 168);
}

static void test_held(void **state)
{
	struct tempo t;
	uint64_t now, lost, position;
	double bpm;

	(void)state;
	tempo_init(&t, 90, 4);
	tempo_start(&t, 9 * S);
	now = ticks(&t, 10 * S, 240);
	bpm = tempo_bpm(&t);
	lost = tempo_deadline(&t);
	assert_true(lost == now - TICK_NS + 250 * MS);
	assert_false(tempo_tick(&t, lost - 1));
	position = tempo_at(&t, lost);
	assert_true(tempo_tick(&t, lost));
	assert_int_equal(t.state, TEMPO_HELD);
	assert_true(tempo_deadline(&t) == TIME_NEVER);
	assert_true(tempo_at(&t, lost) == position);
	assert_true(tempo_bpm(&t) == bpm);
	assert_false(tempo_tick(&t, lost + 1));

	/* It comes again after 100 s, in its grid: the count goes on as if it had not been away. */
	now += 4800 * TICK_NS;
	assert_true(tempo_clock(&t, now));
	assert_int_equal(t.state, TEMPO_LOCKING);
	now = ticks(&t, now + TICK_NS, 100);
	assert_int_equal(t.state, TEMPO_LOCKED);
	assert_ticks_at(&t, now, 240 + 4800 + 101);
	assert_true(fabs(tempo_bpm(&t) - bpm) < 0.001);

	/* Nobody has asked in between: it was lost all the same. */
	assert_true(tempo_clock(&t, now + 10 * S));
	assert_int_equal(t.state, TEMPO_LOCKING);
}

/* In another phase and tempo: no beat is skipped and none comes twice, at twice the tempo at most. */
static void test_held_other(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 24; shift++) {
		struct tempo t;
		uint64_t now, last, from;

		tempo_init(&t, 120, 4);
		now = ticks(&t, 10 * S, 200);
		tempo_tick(&t, tempo_deadline(&t));
		now += 3 * S + shift * MS;
		from = last = tempo_at(&t, now);
		for (int i = 0; i < 96; i++, now += 18 * MS) {
			const uint64_t is = tempo_at(&t, now);

			assert_in_range(is - last, 0, 2 * TEMPO_TICK + TEMPO_TICK / 100);
			last = is;
			tempo_clock(&t, now);
			assert_true(tempo_at(&t, now) == is);
		}
		assert_true(fabs(beats(last - from) - 95 / 24.0) <= 0.51 / 24);
		assert_true(fabs(tempo_bpm(&t) - 60000 / (18.0 * 24)) < 0.001);
	}
}

/* A tick or two make no clock: what was before is again. */
static void test_stray(void **state)
{
	static const enum tempo_state before[] = { TEMPO_FIXED, TEMPO_TAPPED };

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++)
		for (unsigned n = 1; n <= 2; n++) {
			struct tempo t;

			tempo_init(&t, 100, 4);
			if (before[i] == TEMPO_TAPPED) {
				tempo_tap(&t, 1 * S);
				tempo_tap(&t, 1600 * MS);
			}
			ticks(&t, 10 * S, n);
			assert_int_equal(t.state, TEMPO_LOCKING);
			assert_true(tempo_tick(&t, tempo_deadline(&t)));
			assert_int_equal(t.state, before[i]);
			assert_true(fabs(tempo_bpm(&t) - 100) < 1e-9);
		}
}

/* ---- whatever happens ---- */

enum what { IS_NUMBER, IS_TAP, IS_CLOCK, IS_START, IS_CONTINUE, IS_STOP, IS_SONG, IS_TICK, IS_END };

static bool happen(struct tempo *t, uint64_t now, enum what what, uint32_t *seed)
{
	switch (what) {
	case IS_NUMBER:
		return tempo_set_bpm(t, now, random_below(seed, 500));
	case IS_TAP:
		return tempo_tap(t, now);
	case IS_CLOCK:
		return tempo_clock(t, now);
	case IS_START:
		return tempo_start(t, now);
	case IS_CONTINUE:
		return tempo_continue(t, now);
	case IS_STOP:
		return tempo_stop(t, now);
	case IS_SONG:
		return tempo_song_position(t, now, random_next(seed));
	default:
		return tempo_tick(t, now);
	}
}

/* How long until the next event: mostly as in a clock, and anything. */
static uint64_t wait_random(uint32_t *seed)
{
	static const uint64_t most[] = { 1, 1 * MS, 22 * MS, 22 * MS, 22 * MS, 150 * MS, 3 * S };

	if (random_below(seed, 2000) == 0)
		return random_below(seed, 40000) * S;
	return random_next(seed) % (most[random_below(seed, COUNT(most))] + 1);
}

static void random_event(struct tempo *t, uint64_t *now, uint32_t *seed)
{
	const enum what any = random_below(seed, 8) ? IS_CLOCK : random_below(seed, IS_END);
	const enum tempo_state was = t->state;
	const bool cued = t->cued, stopped = t->stopped;
	uint64_t run, song, due;
	bool changed;

	run = tempo_run_at(t, *now);
	song = tempo_at(t, *now);
	*now += wait_random(seed);
	assert_true(tempo_run_at(t, *now) >= run);
	assert_true(tempo_at(t, *now) >= song);
	run = tempo_run_at(t, *now);
	song = tempo_at(t, *now);

	changed = happen(t, *now, any, seed);
	assert_int_equal(changed, t->state != was);
	assert_true(tempo_run_at(t, *now) == run); /* it never jumps */
	if (any == IS_NUMBER || any == IS_TICK || (any == IS_CLOCK && !cued))
		assert_true(tempo_at(t, *now) == song);
	assert_true(tempo_bpm(t) >= TEMPO_MIN && tempo_bpm(t) <= TEMPO_MAX);
	assert_true(t->beat_ns >= 70 * MS && t->beat_ns <= 6200 * MS);

	due = tempo_run_at(t, *now) + random_next(seed);
	assert_true(tempo_run_at(t, tempo_run_when(t, due)) == due);
	song = tempo_at(t, *now) + random_next(seed);
	if (t->stopped)
		assert_true(tempo_when(t, song + 1) == TIME_NEVER);
	else if (tempo_at(t, *now))
		assert_true(tempo_at(t, tempo_when(t, song)) == song);
	if (any == IS_CLOCK && !cued)
		assert_int_equal(t->stopped, stopped); /* a tick alone does not end it */
}

static void test_random(void **state)
{
	(void)state;
	for (uint32_t s = 1; s <= 40; s++) {
		uint32_t seed = s * 2654435761u;
		struct tempo t;
		uint64_t now = random_below(&seed, 10) * YEAR + 1;

		tempo_init(&t, 120, 4);
		for (int i = 0; i < 5000; i++)
			random_event(&t, &now, &seed);
	}
}

/* Six hours of a clock: the count is the sender's. */
static void test_hours(void **state)
{
	struct tempo t;
	uint64_t now = 10 * S;

	(void)state;
	tempo_init(&t, 120, 4);
	tempo_start(&t, 9 * S);
	now = ticks(&t, now, 6 * 3600 * 48);
	assert_ticks_at(&t, now, 6 * 3600 * 48);
	assert_int_equal(t.state, TEMPO_LOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),         cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_far),           cmocka_unit_test(test_set_bpm),
		cmocka_unit_test(test_taps),          cmocka_unit_test(test_tap_phase),
		cmocka_unit_test(test_start),         cmocka_unit_test(test_stop_continue),
		cmocka_unit_test(test_song_position), cmocka_unit_test(test_stop_without_clock),
		cmocka_unit_test(test_clock_alone),   cmocka_unit_test(test_clock_and_taps),
		cmocka_unit_test(test_held),          cmocka_unit_test(test_held_other),
		cmocka_unit_test(test_stray),         cmocka_unit_test(test_random),
		cmocka_unit_test(test_hours),         cmocka_unit_test(test_start_while_locking),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tempo", tests, NULL, NULL);
}
