#include "cuewire/xform.h"

#include <math.h>

#include "cuewire/tempo.h"
#include "cuewire/value.h"

const char *const curve_names[CURVE_TABLE] = { "linear", "log", "exp", "s" };
const char *const press_names[PRESS_COUNT] = { "short", "long", "single", "double" };
const char *const as_names[AS_COUNT] = { "value", "momentary", "toggle", "latch", "on", "off" };
const char *const takeover_names[TAKE_COUNT] = { "jump", "pickup", "scale" };

#define TICK_NS UINT64_C(10000000) /* between two values of what moves by itself */
#define TAP_NS UINT64_C(50000000)  /* a press that the bridge makes itself */
#define SPAN 99.0f                 /* of log and exp: 40 dB over the way */

static float clamp01(float v)
{
	return v > 0.0f ? v < 1.0f ? v : 1.0f : 0.0f;
}

/* ---- shapes ---- */

static bool range(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                  struct flow *f)
{
	(void)c;
	(void)now;
	f->v = clamp01((f->v - x->a) / (x->b - x->a));
	return true;
}

static bool range_back(const struct xform *x, float *v)
{
	*v = *v >= 1.0f ? x->b : x->a + clamp01(*v) * (x->b - x->a);
	return true;
}

static bool invert(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                   struct flow *f)
{
	(void)x;
	(void)c;
	(void)now;
	f->v = 1.0f - f->v;
	return true;
}

static bool invert_back(const struct xform *x, float *v)
{
	(void)x;
	*v = 1.0f - *v;
	return true;
}

/* Straight lines between the points; beside them the outermost value. */
static float table(const struct xform *x, float in)
{
	const struct point *p = x->points;
	size_t i = 1;

	if (in <= p[0].x)
		return p[0].y;
	while (i < x->n && in > p[i].x)
		i++;
	if (i == x->n || in == p[i].x)
		return p[i == x->n ? i - 1 : i].y;
	return p[i - 1].y + (p[i].y - p[i - 1].y) * (in - p[i - 1].x) / (p[i].x - p[i - 1].x);
}

/* log rises fast and then slowly, exp is its mirror image; both pass through 0 and 1 exactly, as
 * does s, which is 3v^2 - 2v^3. */
static float bend(enum curve c, float v)
{
	if (v <= 0.0f || v >= 1.0f)
		return clamp01(v);
	switch (c) {
	case CURVE_LOG:
		return log1pf(v * SPAN) / log1pf(SPAN);
	case CURVE_EXP:
		return expm1f(v * log1pf(SPAN)) / SPAN;
	case CURVE_S:
		return v * v * (3.0f - 2.0f * v);
	default:
		return v;
	}
}

static bool curve(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                  struct flow *f)
{
	(void)c;
	(void)now;
	f->v = clamp01(f->v);
	f->v = x->n ? table(x, f->v) : bend((enum curve)x->a, f->v);
	return true;
}

/* The first piece of the table that reaches v, whichever way it goes. */
static bool table_back(const struct xform *x, float *v)
{
	const struct point *p = x->points;

	for (size_t i = 0; i + 1 < x->n; i++) {
		const float lo = fminf(p[i].y, p[i + 1].y), hi = fmaxf(p[i].y, p[i + 1].y);

		if (*v < lo || *v > hi)
			continue;
		*v = lo == hi ? p[i].x
		              : p[i].x + (p[i + 1].x - p[i].x) * (*v - p[i].y) /
		                                 (p[i + 1].y - p[i].y);
		return true;
	}
	return false;
}

static bool curve_back(const struct xform *x, float *v)
{
	const float y = clamp01(*v);

	if (x->n)
		return table_back(x, v);
	*v = y;
	if (y <= 0.0f || y >= 1.0f)
		return true;
	if ((enum curve)x->a == CURVE_LOG)
		*v = bend(CURVE_EXP, y);
	else if ((enum curve)x->a == CURVE_EXP)
		*v = bend(CURVE_LOG, y);
	else if ((enum curve)x->a == CURVE_S)
		*v = 0.5f - sinf(asinf(1.0f - 2.0f * y) / 3.0f);
	return true;
}

static bool quantise(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                     struct flow *f)
{
	const float last = x->a - 1.0f; /* steps are the values 0, 1/last ... 1 */

	(void)c;
	(void)now;
	f->v = floorf(clamp01(f->v) * last + 0.5f) / last;
	return true;
}

/* A change smaller than the band is noise, but both ends are always reached. */
static bool deadband(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                     struct flow *f)
{
	const bool end = f->v <= 0.0f || f->v >= 1.0f;

	(void)now;
	if (!f->through)
		return true; /* it is of another layer: nothing is remembered */
	if (c->has_value && fabsf(f->v - c->value) < x->a && !(end && f->v != c->value))
		return false;
	c->value = f->v;
	c->has_value = true;
	return true;
}

static bool threshold(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                      struct flow *f)
{
	(void)c;
	(void)now;
	f->v = f->v >= x->a ? 1.0f : 0.0f;
	return true;
}

static bool output(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                   struct flow *f)
{
	(void)c;
	(void)now;
	return range_back(x, &f->v);
}

static bool output_back(const struct xform *x, float *v)
{
	*v = clamp01((*v - x->a) / (x->b - x->a));
	return true;
}

/* ---- buttons ---- */

static void wake_at(struct xform_now *now, struct xform_cell *c, uint64_t t_ns)
{
	now->wake_ns = c->wake_ns = t_ns;
}

static bool give(struct flow *f, float v, bool through)
{
	f->v = v;
	f->through = through;
	return true;
}

/* A press that nobody holds: 1 now, 0 a moment later. */
static bool tap(struct xform_cell *c, struct xform_now *now, struct flow *f)
{
	c->fired = true;
	wake_at(now, c, now->t_ns + TAP_NS);
	return give(f, 1.0f, c->through);
}

static bool press_tick(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                       struct flow *f)
{
	const enum press kind = (enum press)x->a;

	if (c->fired && !c->on) { /* the end of a tap */
		c->fired = false;
		return give(f, 0.0f, c->through);
	}
	if (kind == PRESS_LONG && c->on) {
		c->fired = true;
		return give(f, 1.0f, c->through);
	}
	c->n = 0;
	if (kind != PRESS_SINGLE || c->fired)
		return false;
	if (!c->on)
		return tap(c, now, f);
	c->fired = true; /* the first press is still held: so is what it does */
	return give(f, 1.0f, c->through);
}

/* Of a single or double press the second is no first: a third one may be. A tap that is not over when
 * the finger is back ends now, and does not take this press along. */
static bool press_down(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                       struct flow *f)
{
	const enum press kind = (enum press)x->a;
	const uint64_t by = now->t_ns + span_ns(x->time, now->tempo);
	const bool second = c->n && now->t_ns < c->t_ns;
	const bool taps = c->fired, through = c->through;

	if (kind == PRESS_DOUBLE && second && f->through) {
		c->n = 0;
		c->fired = c->through = true;
		return give(f, 1.0f, true);
	}
	c->t_ns = by;
	c->through = f->through;
	c->n = !(kind == PRESS_SINGLE && second);
	c->fired = false;
	c->wake_ns = TIME_NEVER;
	if (kind == PRESS_LONG || (kind == PRESS_SINGLE && !second))
		wake_at(now, c, by);
	return taps && give(f, 0.0f, through);
}

static bool press_up(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                     struct flow *f)
{
	if (c->fired) {
		c->fired = false;
		return give(f, 0.0f, c->through);
	}
	if ((enum press)x->a == PRESS_LONG)
		c->wake_ns = TIME_NEVER;
	if ((enum press)x->a == PRESS_SHORT && now->t_ns < c->t_ns)
		return tap(c, now, f);
	return false;
}

/* c->t_ns: when the time of the last press is over; c->n: 1, it may be the first of two. */
static bool press(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                  struct flow *f)
{
	const bool on = f->v >= 0.5f;

	if (now->tick)
		return press_tick(x, c, now, f);
	if (on == c->on)
		return false;
	c->on = on;
	return on ? press_down(x, c, now, f) : press_up(x, c, now, f);
}

/* A short press flips and stays, one that is held flips back when it ends. */
static bool latch(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                  struct flow *f, bool rise)
{
	const bool was_on = now->known && now->control >= 0.5f;

	if (rise) {
		c->t_ns = now->t_ns + span_ns(x->time, now->tempo);
		c->fired = f->through;
		c->value = was_on;
		f->v = !was_on;
		return f->through;
	}
	if (f->v >= 0.5f || !c->fired)
		return false;
	c->fired = false;
	return now->t_ns >= c->t_ns && give(f, c->value, true);
}

static bool as(const struct xform *x, struct xform_cell *c, struct xform_now *now, struct flow *f)
{
	const bool on = f->v >= 0.5f, rise = on && !c->on, held = c->on;

	c->on = on;
	switch ((enum as)x->a) {
	case AS_MOMENTARY:
		if (on)
			c->through = f->through || (held && c->through);
		else if (held) /* its end goes where it went */
			f->through = c->through;
		f->v = on;
		return true;
	case AS_TOGGLE:
		f->v = !(now->known && now->control >= 0.5f);
		return rise && f->through;
	case AS_LATCH:
		return latch(x, c, now, f, rise);
	case AS_ON:
	case AS_OFF:
		f->v = (enum as)x->a == AS_ON;
		return rise && f->through;
	default:
		return true;
	}
}

/* ---- time ---- */

static bool idle(const struct xform_cell *c)
{
	return c->wake_ns == TIME_NEVER;
}

/* What moves by itself begins where the control is; where that is not known, it jumps there.
 * Returns whether there is a way to go. What comes from a layer that does not hold does not get here: it is
 * let by, and what is under way goes on. */
static bool sets_out(struct xform_cell *c, const struct xform_now *now, const struct flow *f)
{
	if (idle(c))
		c->value = now->known ? now->control : f->v;
	c->target = f->v;
	c->through = f->through;
	return c->value != c->target;
}

/* Each tick goes so much of what is left that 2 % are left after the time (e^-4). */
static bool smooth(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                   struct flow *f)
{
	const float ticks = (float)span_ns(x->time, now->tempo) / (float)TICK_NS;

	if (!now->tick && !f->through)
		return true;
	if (!now->tick) {
		const bool moves = !idle(c);

		if (!sets_out(c, now, f))
			return !moves;
		if (!moves)
			wake_at(now, c, now->t_ns + TICK_NS);
		return false;
	}
	c->value += (c->target - c->value) * (1.0f - expf(-4.0f / fmaxf(ticks, 0.01f)));
	f->on_way = fabsf(c->target - c->value) >= 1.0f / 16384;
	if (f->on_way)
		wake_at(now, c, now->t_ns + TICK_NS);
	else
		c->value = c->target;
	return give(f, c->value, c->through);
}

/* c->value is where it set out. */
static bool ramp(const struct xform *x, struct xform_cell *c, struct xform_now *now, struct flow *f)
{
	const bool moves = now->tick || !idle(c);
	float part = moves ? span_part(&c->span, now->tempo, now->t_ns) : 0.0f;
	const float here = c->value + (c->target - c->value) * part;

	if (!now->tick && !f->through)
		return true;
	if (!now->tick) {
		c->value = here;
		c->span = span_begin(x->time, now->tempo, now->t_ns);
		if (!sets_out(c, now, f)) {
			c->wake_ns = TIME_NEVER;
			return true;
		}
		part = span_part(&c->span, now->tempo, now->t_ns);
	}
	if (part < 1.0f) {
		const uint64_t end = span_end(&c->span, now->tempo), next = now->t_ns + TICK_NS;

		f->on_way = true;
		wake_at(now, c, end < next ? end : next);
		return now->tick && give(f, here, c->through);
	}
	c->wake_ns = TIME_NEVER;
	return give(f, c->target, c->through);
}

/* Values that come faster than the line is long are merged into its last: none is late for it, and
 * the last one always arrives. */
static bool delay(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                  struct flow *f)
{
	struct delayed *at = &c->line[(c->first + c->n) % DELAY_MAX];
	bool given = false;

	if (!now->tick && c->n == DELAY_MAX)
		c->line[(c->first + c->n - 1) % DELAY_MAX].flow = *f;
	else if (!now->tick) {
		*at = (struct delayed){ span_begin(x->time, now->tempo, now->t_ns), *f };
		c->n++;
	}
	at = &c->line[c->first];
	if (now->tick && c->n && span_part(&at->span, now->tempo, now->t_ns) >= 1.0f) {
		*f = at->flow;
		given = true;
		c->first = (c->first + 1) % DELAY_MAX;
		c->n--;
		at = &c->line[c->first];
	}
	if (c->n)
		wake_at(now, c, span_look(&at->span, now->tempo, now->t_ns));
	return given;
}

/* At most one value in the time; the last one is given when it is over. */
static bool rate(const struct xform *x, struct xform_cell *c, struct xform_now *now, struct flow *f)
{
	const uint64_t gap = (uint64_t)x->a;

	if (now->tick) {
		c->t_ns = now->t_ns;
		return give(f, c->target, c->through);
	}
	if (!f->through)
		return true;
	if (!c->has_value || now->t_ns - c->t_ns >= gap) {
		c->has_value = true;
		c->t_ns = now->t_ns;
		c->wake_ns = TIME_NEVER;
		return true;
	}
	c->target = f->v;
	c->through = f->through;
	if (idle(c))
		wake_at(now, c, c->t_ns + gap);
	return false;
}

/* ---- what is coming ---- */

static bool target_coming(const struct xform_cell *c, float *v)
{
	if (idle(c))
		return false;
	*v = c->target;
	return true;
}

static bool line_coming(const struct xform_cell *c, float *v)
{
	for (size_t i = c->n; i-- > 0;) {
		const struct flow *f = &c->line[(c->first + i) % DELAY_MAX].flow;

		if (!f->through)
			continue;
		*v = f->v;
		return true;
	}
	return false;
}

/* ---- takeover ---- */

#define NEAR (1.5f / 127) /* a 7-bit fader is there when it is the next value beside it */

/* Moves the control by as much of its way as the fader moves of its own: both meet at the end. */
static float scaled(float control, float from, float to)
{
	if (to > from)
		return to >= 1.0f ? 1.0f : control + (to - from) * (1.0f - control) / (1.0f - from);
	return to <= 0.0f ? 0.0f : control - (from - to) * control / from;
}

/* Whether the fader is where the control is, or has just passed it. */
static bool meets(const struct xform_cell *c, float control, float v)
{
	return fabsf(v - control) <= NEAR ||
	       (c->has_value && (c->value - control) * (v - control) <= 0.0f);
}

/* c->value: where the fader was, in another layer, too. Once they have met it is this fader's, until somebody
 * else moves the control. */
static bool takeover(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                     struct flow *f)
{
	const float v = clamp01(f->v), from = c->value;
	const bool seen = c->has_value, holds = c->on && now->mine;

	if (!f->through) {
		c->on = false; /* it moves for another layer */
		c->value = v;
		c->has_value = true;
		return true;
	}
	c->on = (enum takeover)x->a == TAKE_JUMP || !now->known || (holds && seen) ||
	        meets(c, now->control, v);
	c->value = v;
	c->has_value = true;
	if (!c->on && (enum takeover)x->a == TAKE_SCALE && seen) {
		f->v = scaled(now->control, from, v);
		return true;
	}
	f->v = v;
	return c->on;
}

/* ---- lights ---- */

static bool colours(const struct xform *x, struct xform_cell *c, struct xform_now *now,
                    struct flow *f)
{
	const size_t i = (size_t)(clamp01(f->v) * (float)(x->n - 1) + 0.5f);

	(void)c;
	(void)now;
	f->v = value_from7(x->colours[i], false);
	return true;
}

/* What not all of them have is named. */
const struct xform_info xforms[XF_COUNT] = {
	[XF_RANGE] = { "range", "[lo, hi]", false, "the part [lo, hi] of the input becomes 0 to 1",
	               range, .back = range_back },
	[XF_INVERT] = { "invert", "true", false, "turns 0 to 1 round", invert,
	                .back = invert_back },
	[XF_CURVE] = { "curve", "word or [[in, out], ...]", false,
	               "bends 0 to 1: linear, log, exp or s; or straight lines between points",
	               curve, .back = curve_back },
	[XF_QUANTISE] = { "quantise", "n", false, "this many equal steps from 0 to 1", quantise,
	                  .back = NULL },
	[XF_DEADBAND] = { "deadband", "d", true,
	                  "changes smaller than this are ignored, the ends excepted", deadband,
	                  .back = NULL },
	[XF_THRESHOLD] = { "threshold", "v", false, "1 at this value and above, 0 below", threshold,
	                   .back = NULL },
	[XF_OUTPUT] = { "output", "[lo, hi]", false, "0 to 1 becomes [lo, hi]", output,
	                .back = output_back },
	[XF_PRESS] = { "press", "word", true,
	               "lets through only a short, long, single or double press", press,
	               .back = NULL },
	[XF_AS] = { "as", "word", true,
	            "what a press does: value (as it comes), momentary (1 while held), toggle, "
	            "latch (a short press flips, a long one while it is held), on, off",
	            as, .back = NULL },
	[XF_SMOOTH] = { "smooth", "time", true,
	                "follows the value softly: after this time 2 % of the way is left", smooth,
	                .coming = target_coming, .moves = true },
	[XF_RAMP] = { "ramp", "time", true, "goes to the value in a straight line", ramp,
	              .coming = target_coming, .moves = true },
	[XF_DELAY] = { "delay", "time", true, "gives the value so much later", delay,
	               .coming = line_coming },
	[XF_RATE] = { "max_per_s", "n", true,
	              "at most so many values a second; the last one always arrives", rate,
	              .coming = target_coming },
	[XF_TAKEOVER] = { "takeover", "word", true,
	                  "when the control is not where the fader is: jump, pickup (nothing "
	                  "until they meet) or scale (the rest of the way is shared)",
	                  takeover, .back = NULL },
	[XF_COLOURS] = { "colours", "[n, ...]", false,
	                 "0 to 1 picks one of these 7-bit values, for a light", colours,
	                 .back = NULL },
};
