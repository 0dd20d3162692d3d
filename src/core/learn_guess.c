/* What kind of thing a track is.
 *
 * An absolute fader and a relative encoder both send a CC with changing values. Each explains
 * them in its own way, and the one that is less surprised by them is taken for what it is, if by
 * far enough; else the answer is to move it once more. Surprise is counted in bits, the logarithm
 * of how improbable something is:
 *
 *   to a fader the first value is one of 128; from there it goes on by strides much like the one
 *   before, turns now and then, seldom leaps and hardly ever sends the same value twice running;
 *   to an encoder a value is a stride itself: small when it begins and where it turns back, and
 *   much like the one before as long as it goes on, so that the same value twice is usual.
 *
 * The encodings (value.h) are told apart by elimination: one fits when every value is a
 * plausible number of steps in it. Turned one way only, two may be left (1 is up in both "twos"
 * and "sign"). */
#include "learn_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ENCODINGS ((1u << ENC_COUNT) - (1u << ENC_TWOS))
#define VALUES_MIN 3    /* fewer say too little */
#define STEPS_MAX 40    /* more in one message than anybody turns */
#define STEPS_SLOW 2    /* of one message, where there is a pause before it */
#define SURE_BITS 6.0   /* 64 times as probable */
#define VALUE_BITS 7.0  /* one value of 128 */
#define EITHER_WAY 1.0  /* one of two directions */
#define GO_ON_BITS 0.2  /* 7 of 8 go on as before */
#define TURN_BITS 3.0   /* the others turn back */
#define REPEAT_BITS 6.0 /* a fader that sends a value twice running */
#define HURRY_BITS 4.0  /* many steps after a pause, in which some would have been sent */
#define END_BITS 5.0    /* a fader that ends where an encoder would */
#define PEAK 5          /* steps of a turn that is no slow one */
#define PAUSE_NS 60000000u
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

/* ---- a fader or an encoder ---- */

struct evidence {
	double fader, encoder; /* bits of surprise */
	unsigned fits;         /* bits 1 << enum encoding */
};

unsigned learn_misfits(uint8_t v)
{
	unsigned misfits = 0;

	for (int e = ENC_TWOS; e < ENC_COUNT; e++) {
		const int steps = steps_decode(v, (enum encoding)e);

		misfits |= (unsigned)(!steps || abs(steps) > STEPS_MAX) << e;
	}
	return misfits;
}

static unsigned find_fits(const struct learn_track *t)
{
	return ENCODINGS & ~t->misfits;
}

/* The encoding that fits, the first of several. */
static enum encoding first_fit(unsigned fits)
{
	int e = ENC_TWOS;

	while (e < ENC_COUNT - 1 && !(fits & 1u << e))
		e++;
	return (enum encoding)e;
}

/* Of a length where another is expected: Cauchy's distribution, whose tails are long. */
static double length_bits(double is, double expected, double width)
{
	const double x = (is - expected) / width;

	return log2(3.1416 * width * (1.0 + x * x));
}

/* Of the first stride of a direction, or the last. */
static double small_bits(double is)
{
	return length_bits(is, 1.0, 2.0);
}

/* Strides of one track, as far as the next one depends on them. */
struct pace {
	double last, trend; /* 0: none yet */
};

/* Of a stride after others. */
static double stride_bits(struct pace *p, double stride)
{
	const double is = fabs(stride), was = fabs(p->last);
	const bool goes_on = (stride > 0.0) == (p->last > 0.0);
	const double trend = p->trend;

	if (p->last == 0.0 || !goes_on) {
		const double bits = p->last == 0.0 ? EITHER_WAY : TURN_BITS;

		*p = (struct pace){ .last = stride };
		return bits + small_bits(is);
	}
	*p = (struct pace){ stride, is - was };
	return GO_ON_BITS + length_bits(is, fmax(1.0, was + trend / 2.0), 0.5 + was / 8.0);
}

static bool is_paused(const struct learn_track *t, size_t i, uint64_t ns)
{
	return i && learn_sample(t, i)->t_ns - learn_sample(t, i - 1)->t_ns >= ns;
}

/* Whether a movement ends with sample i. */
static bool is_last(const struct learn_track *t, size_t i)
{
	return i + 1 == learn_kept(t) || is_paused(t, i + 1, PAUSE_NS);
}

static double fader_bits(const struct learn_track *t)
{
	struct pace pace = { 0 };
	double bits = VALUE_BITS;

	for (size_t i = 1; i < learn_kept(t); i++) {
		const double stride = (double)(learn_sample(t, i)->v - learn_sample(t, i - 1)->v);

		if (stride == 0.0) {
			bits += REPEAT_BITS;
			continue;
		}
		bits += stride_bits(&pace, stride);
	}
	return bits;
}

static double encoder_bits(const struct learn_track *t, enum encoding e)
{
	struct pace pace = { 0 };
	double bits = 0.0;

	for (size_t i = 0; i < learn_kept(t); i++) {
		const int steps = steps_decode((uint8_t)learn_sample(t, i)->v, e);
		const bool hurries = abs(steps) > STEPS_SLOW && is_paused(t, i, PAUSE_NS);

		bits += stride_bits(&pace, steps) + (hurries ? HURRY_BITS : 0.0);
		if (is_last(t, i))
			bits += small_bits(abs(steps)) - small_bits(1.0);
	}
	return bits;
}

/* Movements that began and ended by the slowest steps, as an encoder's do, and were faster between. */
static size_t count_turns(const struct learn_track *t, enum encoding e)
{
	size_t turns = 0;
	int first = 0, peak = 0;

	for (size_t i = 0; i < learn_kept(t); i++) {
		const int steps = abs(steps_decode((uint8_t)learn_sample(t, i)->v, e));

		if (!i || is_paused(t, i, PAUSE_NS)) {
			first = steps;
			peak = 0;
		}
		peak = steps > peak ? steps : peak;
		turns +=
			is_last(t, i) && first <= STEPS_SLOW && peak >= PEAK && steps <= STEPS_SLOW;
	}
	return turns;
}

static struct evidence weigh(const struct learn_track *t)
{
	struct evidence e = { .fits = find_fits(t) };
	const enum encoding encoding = first_fit(e.fits);

	e.encoder = encoder_bits(t, encoding);
	e.fader = fader_bits(t) + END_BITS * (double)count_turns(t, encoding);
	return e;
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
static bool is_pressed_or_turned(const struct learn_track *t)
{
	for (size_t i = 0; i < learn_kept(t); i++)
		if (learn_sample(t, i)->v != 127.0f || (i && !is_paused(t, i, SLOW_NS)))
			return false;
	return learn_kept(t) > 1;
}

static void classify_cc(const struct learn *l, const struct learn_track *t, struct learn_thing *out)
{
	const struct evidence e = weigh(t);
	const double far = e.fits ? e.fader - e.encoder : -HUGE_VAL;

	out->maybe = e.fits;
	out->confidence = 1.0 / (1.0 + exp2(-fabs(far)));
	if (is_pressed_or_turned(t)) {
		out->ask = ASK_TURN;
		out->confidence = 0.5;
	} else if (learn_kept(t) < VALUES_MIN) {
		out->ask = ASK_FURTHER;
		out->confidence = 0.0;
	} else if (far >= SURE_BITS) {
		classify_encoder(l, t, e.fits, out);
	} else if (far <= -SURE_BITS) {
		out->guess = GUESS_FADER7;
	} else {
		out->ask = ASK_BOTH_WAYS;
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
	if (t->id.form != LEARN_CC || t->moves < 4 || t->hi - t->lo != 1.0f ||
	    learn_is_switching(t))
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
	if (e.fits && e.fader > e.encoder)
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
