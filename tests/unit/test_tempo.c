#include "cuewire/tempo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/duration.h"

#include "beats.h"

#define YEAR (UINT64_C(31556952) * S)

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),  cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_far),    cmocka_unit_test(test_set_bpm),
		cmocka_unit_test(test_taps),   cmocka_unit_test(test_tap_phase),
		cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tempo", tests, NULL, NULL);
}
