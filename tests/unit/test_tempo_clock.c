/* Musical time that follows a MIDI clock: Start, Stop, Continue, Song Position, its loss and its
 * return. How well it is followed is measured in test_pulse.c. */
#include "cuewire/tempo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/duration.h"

#include "beats.h"

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
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_while_locking),
		cmocka_unit_test(test_stop_continue),
		cmocka_unit_test(test_song_position),
		cmocka_unit_test(test_stop_without_clock),
		cmocka_unit_test(test_clock_alone),
		cmocka_unit_test(test_clock_and_taps),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_other),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_hours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tempo_clock", tests, NULL, NULL);
}
