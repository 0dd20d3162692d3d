/* What kind of thing a track is.
 *
 * An absolute fader and a relative encoder both send a CC with changing values; what tells them
 * apart:
 *
 *   a fader never sends the same value twice running; it goes on by small steps in one
 *   direction, or leaps when it is pushed;
 *   an encoder repeats itself (1 1 1 2 1), never sends the value that means no steps, begins
 *   slowly, and where it turns back it jumps from the slowest step of one direction to that of
 *   the other (1 127), which is as good as a proof.
 *
 * Both are counted, and one must outweigh the other; else the answer is to move it once more.
 * The encodings (value.h) are told apart by elimination: one fits when every value is a
 * plausible number of steps in it. Turned one way only, two may be left (1 is up in both "twos"
 * and "sign"). */
#include "learn_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 40       /* more in one message than anybody turns */
#define FIRST_MAX 8        /* more in the first message */
#define STEPS_SLOW 2       /* where an encoder begins, ends and turns back */
#define ENCODER_MIN 4      /* weight of what an encoder must show */
#define FADER_MIN 3        /* steps onward that a fader must show */
#define LEAP 16            /* a larger step is none */
#define SLOW_NS 150000000u /* presses by hand follow each other no faster */
#define JOG_MESSAGES 40
#define JOG_GAP_NS 15000000u
#define JOG_TOUCHED 16 /* messages while its touch is held */
#define DETENTS 24 /* of one turn of a usual encoder: a movement as large as a fader's whole way */
#define PRESS_MOVEMENT 0.25

const char *const learn_guess_names[GUESS_COUNT] = {
	[GUESS_UNCLEAR] = "unclear",
	[GUESS_BUTTON] = "button",
	[GUESS_TOGGLE] = "toggle",
	[GUESS_TRIGGER] = "trigger",
	[GUESS_FADER] = "fader",
	[GUESS_FADER7] = "fader7",
	[GUESS_FADER14] = "fader14",
	[GUESS_BEND] = "pitch_bend",
	[GUESS_PARAMETER] = "parameter",
	[GUESS_PRESSURE] = "pressure",
	[GUESS_ENCODER] = "encoder",
	[GUESS_JOG] = "jog",
	[GUESS_XY] = "xy",
};

/* The half stands for what was not seen: nothing is ever sure. */
static double share(double speaks, double against)
{
	return speaks / (speaks + against + 0.5);
}

/* ---- what speaks for what ---- */

struct evidence {
	size_t n;
	size_t same;    /* values equal to the one before */
	size_t goes_on; /* small steps in the direction of the one before */
	size_t leaps;   /* large ones that are no turning back */
	size_t turns;   /* from slow one way to slow the other way */
	size_t slow;    /* that came long after the one before */
	size_t peak;    /* index of the value with most steps */
	unsigned fits;  /* bits 1 << enum encoding */
};

static int steps_at(const struct learn_track *t, size_t i, enum encoding e)
{
	return steps_decode((uint8_t)learn_sample(t, i)->v, e);
}

/* Whether every value is a plausible number of steps, and the very first a small one. */
static bool is_fitting(const struct learn_track *t, enum encoding e)
{
	for (size_t i = 0; i < learn_kept(t); i++) {
		const int max = i == 0 && t->n <= LEARN_SAMPLES ? FIRST_MAX : STEPS_MAX;
		const int steps = steps_at(t, i, e);

		if (!steps || steps > max || steps < -max)
			return false;
	}
	return true;
}

static unsigned find_fits(const struct learn_track *t)
{
	unsigned fits = 0;

	for (int e = ENC_TWOS; e < ENC_COUNT; e++)
		fits |= (unsigned)is_fitting(t, (enum encoding)e) << e;
	return fits;
}

/* The encoding that fits, the first of several. */
static enum encoding first_fit(unsigned fits)
{
	int e = ENC_TWOS;

	while (e < ENC_COUNT - 1 && !(fits & 1u << e))
		e++;
	return (enum encoding)e;
}

static bool is_slow(const struct learn_track *t, size_t i, enum encoding e)
{
	return abs(steps_at(t, i, e)) <= STEPS_SLOW;
}

static void weigh_step(struct evidence *e, const struct learn_track *t, size_t i, enum encoding enc)
{
	const struct learn_sample *was = learn_sample(t, i - 1), *is = learn_sample(t, i);
	const float step = is->v - was->v;
	const float before = i > 1 ? was->v - learn_sample(t, i - 2)->v : 0.0f;
	const bool turns = (steps_at(t, i, enc) > 0) != (steps_at(t, i - 1, enc) > 0) &&
	                   is_slow(t, i, enc) && is_slow(t, i - 1, enc);

	e->same += step == 0.0f;
	e->slow += is->t_ns - was->t_ns >= SLOW_NS;
	e->turns += turns;
	if (fabsf(step) > LEAP)
		e->leaps += !turns;
	else
		e->goes_on += step * before > 0.0f;
}

static struct evidence weigh(const struct learn_track *t)
{
	struct evidence e = { .n = learn_kept(t), .fits = find_fits(t) };
	const enum encoding enc = first_fit(e.fits);
	int most = 0;

	for (size_t i = 0; i < e.n; i++) {
		const int far = abs(steps_at(t, i, enc));

		if (i)
			weigh_step(&e, t, i, enc);
		if (far > most) {
			most = far;
			e.peak = i;
		}
	}
	return e;
}

/* With 64 as no steps, turning back is a small step, 65 to 63, as a fader makes. */
static bool is_proof(const struct evidence *e)
{
	return e->turns && !e->leaps && e->n > 2 && e->fits && !(e->fits & 1u << ENC_OFFSET);
}

static size_t encoder_weight(const struct learn_track *t, const struct evidence *e)
{
	const enum encoding enc = first_fit(e->fits);
	size_t weight = 2 * e->same + e->turns;

	if (is_proof(e))
		return weight + ENCODER_MIN + 2 * e->goes_on;
	if (e->peak && e->peak + 1 < e->n && is_slow(t, 0, enc) && is_slow(t, e->n - 1, enc))
		weight += e->n / 2; /* it began and ended slowly, and was faster between */
	return weight;
}

static size_t fader_weight(const struct evidence *e)
{
	return e->goes_on + 2 * e->leaps;
}

/* ---- buttons ---- */

/* Presses and releases among the samples, and the values of the presses. */
static size_t count_presses(const struct learn_track *t, struct learn_thing *out)
{
	size_t presses = 0, releases = 0;

	for (size_t i = 0; i < learn_kept(t); i++) {
		const float v = learn_sample(t, i)->v;

		if (v == 0.0f) {
			releases++;
			continue;
		}
		if (!presses++)
			out->lo = out->hi = (double)v;
		out->lo = fmin(out->lo, (double)v);
		out->hi = fmax(out->hi, (double)v);
	}
	out->released = releases > 0;
	return presses;
}

/* One value a press: it latches. Two: it is held and let go. One that was not known before may be
 * either. */
static void classify_switch(const struct learn_track *t, struct learn_thing *out)
{
	const size_t since = t->asked_at ? t->n - t->asked_at : t->moves;
	const size_t presses = count_presses(t, out);

	out->pad = t->pad;
	if (!out->released && presses > 1) {
		out->guess = GUESS_BUTTON;
		out->confidence = share((double)presses, 1.0);
		return;
	}
	if ((t->asked_at || t->latches) && since == 1) {
		out->guess = GUESS_TOGGLE;
		out->confidence = share((double)learn_kept(t), 0.0);
		return;
	}
	out->guess = GUESS_BUTTON;
	out->confidence = share((double)learn_kept(t), 0.0);
	if (since > 1)
		return;
	out->ask = ASK_AGAIN;
	out->confidence /= 2;
}

/* ---- faders and encoders ---- */

static bool is_jog(const struct learn *l, const struct learn_track *t)
{
	const size_t n = learn_kept(t), k = t->moves < n ? t->moves : n;
	const struct learn_track *by = t->by == LEARN_NONE ? NULL : &l->tracks[t->by];

	if (by && by->id.form == LEARN_NOTE && by->id.port == t->id.port && t->moves >= JOG_TOUCHED)
		return true;
	return t->moves >= JOG_MESSAGES &&
	       t->last_ns - learn_sample(t, n - k)->t_ns <= (k - 1) * (uint64_t)JOG_GAP_NS;
}

static void classify_encoder(const struct learn *l, const struct learn_track *t, unsigned fits,
                             struct learn_thing *out)
{
	out->guess = is_jog(l, t) ? GUESS_JOG : GUESS_ENCODER;
	out->maybe = fits;
	if (fits & (fits - 1)) {
		out->ask = ASK_OTHER_WAY;
		out->confidence /= 2;
	} else {
		out->encoding = first_fit(fits);
	}
}

static void classify_pair(const struct learn *l, const struct learn_track *t,
                          struct learn_thing *out)
{
	const size_t n = learn_other_cc(l, t, 32)->n, fewer = t->n < n ? t->n : n;

	out->guess = GUESS_FADER14;
	out->lsb_first = 2 * t->pairs_lsb_first > t->pairs;
	out->confidence = share((double)(2 * t->pairs), (double)(fewer - t->pairs));
	if (t->pairs == 1)
		out->ask = ASK_FURTHER;
}

/* Always the one value, slowly: a button that has no release, or an encoder turned one way. */
static bool is_pressed_or_turned(const struct learn_track *t, const struct evidence *e)
{
	return e->n > 1 && e->same == e->n - 1 && e->slow == e->n - 1 &&
	       learn_sample(t, 0)->v == 127.0f;
}

static void classify_cc(const struct learn *l, const struct learn_track *t, struct learn_thing *out)
{
	const struct evidence e = weigh(t);
	const size_t encoder = encoder_weight(t, &e), fader = fader_weight(&e);

	out->maybe = e.fits;
	if (is_pressed_or_turned(t, &e)) {
		out->ask = ASK_TURN;
		out->confidence = share((double)e.n, (double)e.n);
	} else if (!e.fits) {
		out->guess = GUESS_FADER7;
		out->confidence = share((double)e.n, 0.0);
	} else if (encoder >= ENCODER_MIN && encoder >= 2 * fader) {
		out->confidence = share((double)encoder, (double)fader);
		classify_encoder(l, t, e.fits, out);
	} else if (fader >= FADER_MIN && fader >= 2 * encoder) {
		out->guess = GUESS_FADER7;
		out->confidence = share((double)fader, (double)encoder);
	} else {
		out->ask = encoder || fader >= FADER_MIN ? ASK_BOTH_WAYS : ASK_FURTHER;
		out->confidence = 0.0;
	}
}

/* ---- OSC ---- */

/* Small whole numbers, of which some come twice running or are negative: steps. */
static bool is_steps(const struct learn_track *t)
{
	bool negative = false;
	size_t same = 0;

	for (size_t i = 0; i < learn_kept(t); i++) {
		const float v = learn_sample(t, i)->v;

		if (v != roundf(v) || v == 0.0f || fabsf(v) > STEPS_MAX)
			return false;
		negative |= v < 0.0f;
		same += i && v == learn_sample(t, i - 1)->v;
	}
	return negative || (same > 1 && t->hi > 1.0f);
}

/* Nothing but 1, which nobody releases. */
static bool is_ones(const struct learn_track *t)
{
	for (size_t i = 0; i < learn_kept(t); i++)
		if (learn_sample(t, i)->v != 1.0f)
			return false;
	return true;
}

static bool is_xy(const struct learn *l, const struct learn_track *t)
{
	for (size_t i = 0; i < LEARN_TRACKS; i++) {
		const struct learn_track *o = &l->tracks[i];
		const bool same = o->used && o->id.form == LEARN_OSC && o != t && o->moves &&
		                  !strcmp(o->id.address, t->id.address);

		if (same && o->lo < o->hi && t->lo < t->hi)
			return true;
	}
	return false;
}

static void classify_osc(const struct learn *l, const struct learn_track *t,
                         struct learn_thing *out)
{
	out->alone = t->alone;
	out->confidence = share((double)learn_kept(t), 0.0);
	if (t->trigger || (t->n > 1 && is_ones(t)))
		out->guess = GUESS_TRIGGER;
	else if (learn_is_switching(t))
		classify_switch(t, out);
	else if (is_xy(l, t))
		out->guess = GUESS_XY;
	else
		out->guess = is_steps(t) ? GUESS_ENCODER : GUESS_FADER;
}

/* ---- all ---- */

/* A worn pot goes to and fro between two neighbours all the time. */
static bool is_trembling(const struct learn_track *t)
{
	if (t->id.form != LEARN_CC || t->moves < 4 || t->hi - t->lo != 1.0f)
		return false;
	for (size_t i = 1; i < learn_kept(t); i++)
		if (learn_sample(t, i)->v == learn_sample(t, i - 1)->v)
			return false;
	return true;
}

static double cc_movement(const struct learn *l, const struct learn_track *t)
{
	const double way = (double)(t->hi - t->lo) / 127.0;
	struct evidence e;

	if (learn_is_pair(l, t))
		return way + 1.0 / 16383.0;
	if (is_trembling(t))
		return 0.0;
	e = weigh(t);
	if (e.fits && encoder_weight(t, &e) >= fader_weight(&e))
		return fmin(1.0, (double)t->moves / DETENTS);
	return fmax(way, 1.0 / 127.0);
}

double learn_movement(const struct learn *l, const struct learn_track *t)
{
	double way = (double)(t->hi - t->lo);

	if (learn_is_switching(t) || t->trigger)
		return PRESS_MOVEMENT;
	switch (t->id.form) {
	case LEARN_CC:
		return cc_movement(l, t);
	case LEARN_PROGRAM:
		return PRESS_MOVEMENT;
	case LEARN_BEND:
	case LEARN_NRPN:
	case LEARN_RPN:
		way /= 16383.0;
		break;
	case LEARN_OSC:
		way /= fmax(1.0, fmax(fabs((double)t->lo), fabs((double)t->hi)));
		break;
	default:
		way /= 127.0;
		break;
	}
	return fmax(way, 1.0 / 127.0);
}

void learn_classify(const struct learn *l, const struct learn_track *t, struct learn_thing *out)
{
	*out = (struct learn_thing){ .source = t->id,
		                     .messages = t->moves,
		                     .confidence = 1.0, /* of what its form alone says */
		                     .lo = (double)t->lo,
		                     .hi = (double)t->hi };
	switch (t->id.form) {
	case LEARN_NOTE:
		classify_switch(t, out);
		break;
	case LEARN_CC:
		if (learn_is_pair(l, t))
			classify_pair(l, t, out);
		else if (learn_is_switching(t))
			classify_switch(t, out);
		else
			classify_cc(l, t, out);
		break;
	case LEARN_BEND:
		out->guess = GUESS_BEND;
		break;
	case LEARN_PROGRAM:
		out->guess = GUESS_TRIGGER;
		out->any = t->lo != t->hi;
		out->source.number = (uint16_t)learn_sample(t, learn_kept(t) - 1)->v;
		break;
	case LEARN_PRESSURE:
	case LEARN_POLY:
		out->guess = GUESS_PRESSURE;
		break;
	case LEARN_NRPN:
	case LEARN_RPN:
		out->guess = GUESS_PARAMETER;
		out->wide = t->wide;
		break;
	case LEARN_OSC:
		classify_osc(l, t, out);
		break;
	}
}
