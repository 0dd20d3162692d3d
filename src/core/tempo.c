#include "cuewire/tempo.h"

#include <math.h>
#include <string.h>

#include "cuewire/duration.h"

#define TAP_MIN_NS (60000000000u / TEMPO_MAX)
#define TAP_MAX_NS UINT64_C(2000000000)
#define TAP_OFF 0.25 /* of the mean: such a tap begins anew */

/* In how many ticks the run makes up for what it differs from the clock. The pulse is smooth
 * already: only the steps of its corrections are to be spread. */
#define CATCH_UP 4.0
#define FASTEST 2.0
#define SLOWEST 0.5

const char *const tempo_names[TEMPO_STATES] = {
	[TEMPO_FIXED] = "fixed",   [TEMPO_TAPPED] = "tapped", [TEMPO_LOCKING] = "locking",
	[TEMPO_LOCKED] = "locked", [TEMPO_HELD] = "held",
};

/* ---- the run ---- */

/* Whole numbers throughout: there is no error that could add up, and each position has its time. */
static uint64_t beats_in(uint64_t ns, uint64_t beat_ns)
{
	return ns / beat_ns * TEMPO_BEAT + ns % beat_ns * TEMPO_BEAT / beat_ns;
}

uint64_t tempo_run_at(const struct tempo *t, uint64_t now_ns)
{
	return t->from_run + (now_ns > t->from_ns ? beats_in(now_ns - t->from_ns, t->beat_ns) : 0);
}

/* When the run is so much further than at from_ns. */
static uint64_t when_after(const struct tempo *t, uint64_t positions)
{
	const uint64_t beats = positions / TEMPO_BEAT;
	const uint64_t part = positions % TEMPO_BEAT * t->beat_ns;

	if (beats >= (TIME_NEVER - t->from_ns) / t->beat_ns)
		return TIME_NEVER;
	return t->from_ns + beats * t->beat_ns + (part + TEMPO_BEAT - 1) / TEMPO_BEAT;
}

uint64_t tempo_run_when(const struct tempo *t, uint64_t run)
{
	return run > t->from_run ? when_after(t, run - t->from_run) : t->from_ns;
}

/* Goes on from now at another speed. */
static void go(struct tempo *t, uint64_t now_ns, double beat_ns)
{
	t->from_run = tempo_run_at(t, now_ns);
	if (now_ns > t->from_ns)
		t->from_ns = now_ns;
	t->beat_ns = (uint64_t)llround(beat_ns);
}

static void go_at(struct tempo *t, uint64_t now_ns, double bpm)
{
	t->bpm = bpm;
	go(t, now_ns, 60e9 / bpm);
}

/* ---- the song ---- */

/* Where the song is when the run is there; the jitter of a tick must not take it before 0. */
static uint64_t song_at(const struct tempo *t, uint64_t run)
{
	return (int64_t)(run - t->origin) > 0 ? run - t->origin : 0;
}

uint64_t tempo_at(const struct tempo *t, uint64_t now_ns)
{
	return t->stopped ? t->cue : song_at(t, tempo_run_at(t, now_ns));
}

uint64_t tempo_when(const struct tempo *t, uint64_t position)
{
	if (t->stopped)
		return position <= t->cue ? t->from_ns : TIME_NEVER;
	if (position <= song_at(t, t->from_run))
		return t->from_ns;
	return when_after(t, position - (t->from_run - t->origin));
}

static uint64_t nearest(uint64_t position, uint64_t unit)
{
	return (position + unit / 2) / unit * unit;
}

/* Ends a standstill without a tick. */
static void resume(struct tempo *t, uint64_t now_ns)
{
	if (t->stopped)
		t->origin = tempo_run_at(t, now_ns) - t->cue;
	t->stopped = false;
}

void tempo_init(struct tempo *t, double bpm, unsigned beats_per_bar)
{
	*t = (struct tempo){ .beats_per_bar = beats_per_bar };
	go_at(t, 0, bpm);
}

double tempo_bpm(const struct tempo *t)
{
	return t->bpm;
}

static bool becomes(struct tempo *t, enum tempo_state state)
{
	const bool changed = t->state != state;

	t->state = state;
	return changed;
}

static bool follows(const struct tempo *t)
{
	return t->state == TEMPO_LOCKING || t->state == TEMPO_LOCKED;
}

bool tempo_set_bpm(struct tempo *t, uint64_t now_ns, double bpm)
{
	if (follows(t) || !(bpm >= TEMPO_MIN && bpm <= TEMPO_MAX))
		return false;
	resume(t, now_ns);
	go_at(t, now_ns, bpm);
	t->ntaps = 0;
	t->rest = TEMPO_FIXED;
	return becomes(t, TEMPO_FIXED);
}

/* ---- taps ---- */

/* From one tap to the next, on average. Needs two. */
static double taps_mean(const struct tempo *t)
{
	return (double)(t->taps[t->ntaps - 1] - t->taps[0]) / (t->ntaps - 1);
}

static bool taps_go_on(const struct tempo *t, uint64_t distance)
{
	if (distance > TAP_MAX_NS)
		return false;
	return t->ntaps < 2 || fabs((double)distance / taps_mean(t) - 1) <= TAP_OFF;
}

/* Returns false when it is no tap. */
static bool taps_add(struct tempo *t, uint64_t now_ns)
{
	if (t->ntaps) {
		const uint64_t last = t->taps[t->ntaps - 1];

		if (now_ns < last + TAP_MIN_NS)
			return false;
		if (!taps_go_on(t, now_ns - last))
			t->ntaps = 0;
	}
	if (t->ntaps == TEMPO_TAPS)
		memmove(t->taps, t->taps + 1, --t->ntaps * sizeof(*t->taps));
	t->taps[t->ntaps++] = now_ns;
	return true;
}

/* A beat of a clock is always at one of its ticks: the nearest one. */
static void tap_at_tick(struct tempo *t, uint64_t now_ns)
{
	const struct pulse *p = &t->pulse;
	uint64_t tick = t->tick_run - TEMPO_TICK;

	if (p->tick_ns > 0 && now_ns + (uint64_t)(p->tick_ns / 2) >= p->due_ns)
		tick += TEMPO_TICK;
	t->origin = tick - nearest(song_at(t, tick), TEMPO_BEAT);
}

bool tempo_tap(struct tempo *t, uint64_t now_ns)
{
	if (!taps_add(t, now_ns))
		return false;
	resume(t, now_ns);
	if (follows(t)) {
		tap_at_tick(t, now_ns);
		t->tap_song = nearest(tempo_at(t, now_ns), TEMPO_BEAT);
		return false;
	}
	t->tap_song =
		t->ntaps > 1 ? t->tap_song + TEMPO_BEAT : nearest(tempo_at(t, now_ns), TEMPO_BEAT);
	t->origin = tempo_run_at(t, now_ns) - t->tap_song;
	if (t->ntaps < 2)
		return false;
	go_at(t, now_ns, 60e9 / taps_mean(t));
	t->rest = TEMPO_TAPPED;
	return becomes(t, TEMPO_TAPPED);
}

/* ---- MIDI clock ---- */

/* The first tick is taken for the one that is nearest to the song. */
static void clock_begin(struct tempo *t, uint64_t now_ns)
{
	const uint64_t song = song_at(t, tempo_run_at(t, now_ns));

	pulse_begin(&t->pulse, now_ns);
	t->tick_run = t->origin + nearest(song, TEMPO_TICK) + TEMPO_TICK;
}

/* How far the run is behind the clock, in positions. */
static double run_lag(const struct tempo *t, uint64_t now_ns)
{
	const struct pulse *p = &t->pulse;
	const double to_tick = (double)(int64_t)(t->tick_run - tempo_run_at(t, now_ns));

	if (!(p->tick_ns > 0))
		return to_tick - (double)TEMPO_TICK;
	return to_tick - (double)(int64_t)(p->due_ns - now_ns) / p->tick_ns * (double)TEMPO_TICK;
}

/* Where the tick that has just come is the one that the song was to go on with. */
static void clock_cue(struct tempo *t, uint64_t now_ns)
{
	t->tick_run -= (uint64_t)llround(run_lag(t, now_ns));
	t->origin = t->tick_run - TEMPO_TICK - t->cue;
	t->cued = t->stopped = false;
}

/* Aims the run at the clock. Where they are more than a beat apart, which takes a clock that was
 * beyond the limits for a while, whole beats are not made up for. */
static void clock_steer(struct tempo *t, uint64_t now_ns)
{
	const double beat_ns = t->pulse.tick_ns * PULSE_PER_BEAT;
	double lag = run_lag(t, now_ns) / (double)TEMPO_TICK;

	if (fabs(lag) > PULSE_PER_BEAT) {
		const double beats = round(lag / PULSE_PER_BEAT);

		t->tick_run -= (uint64_t)(int64_t)beats * TEMPO_BEAT;
		lag -= beats * PULSE_PER_BEAT;
	}
	t->bpm = fmax(TEMPO_MIN, fmin(60e9 / beat_ns, TEMPO_MAX));
	t->rest = TEMPO_HELD;
	go(t, now_ns, beat_ns / fmax(SLOWEST, fmin(1 + lag / CATCH_UP, FASTEST)));
}

bool tempo_clock(struct tempo *t, uint64_t now_ns)
{
	const enum tempo_state before = t->state;

	tempo_tick(t, now_ns);
	if (follows(t))
		t->tick_run += (uint64_t)pulse_tick(&t->pulse, now_ns) * TEMPO_TICK;
	else
		clock_begin(t, now_ns);
	if (t->cued)
		clock_cue(t, now_ns);
	if (pulse_usable(&t->pulse))
		clock_steer(t, now_ns);
	t->state = t->pulse.locked ? TEMPO_LOCKED : TEMPO_LOCKING;
	return t->state != before;
}

uint64_t tempo_deadline(const struct tempo *t)
{
	return follows(t) ? pulse_lost_ns(&t->pulse) : TIME_NEVER;
}

bool tempo_tick(struct tempo *t, uint64_t now_ns)
{
	if (now_ns < tempo_deadline(t))
		return false;
	go_at(t, now_ns, t->bpm);
	return becomes(t, t->rest);
}

bool tempo_start(struct tempo *t, uint64_t now_ns)
{
	tempo_song_position(t, now_ns, 0);
	return tempo_continue(t, now_ns);
}

bool tempo_continue(struct tempo *t, uint64_t now_ns)
{
	(void)now_ns;
	if (t->stopped)
		t->cued = true;
	return false;
}

bool tempo_stop(struct tempo *t, uint64_t now_ns)
{
	const bool changed = tempo_tick(t, now_ns);

	if (!follows(t) || t->stopped)
		return changed;
	if (!t->cued)
		t->cue = song_at(t, t->tick_run);
	t->stopped = true;
	t->cued = false;
	return changed;
}

bool tempo_song_position(struct tempo *t, uint64_t now_ns, unsigned sixteenths)
{
	(void)now_ns;
	t->cue = (sixteenths & 0x3FFF) * (TEMPO_BEAT / 4);
	t->cued = t->cued || !t->stopped;
	t->ntaps = 0;
	return false;
}
