#include "cuewire/xform.h"

#include <math.h>

const char *const curve_names[CURVE_COUNT] = {
	[CURVE_LINEAR] = "linear",
	[CURVE_LOG] = "log",
	[CURVE_EXP] = "exp",
	[CURVE_S] = "s",
};

static float clamp01(float v)
{
	return v > 0.0f ? v < 1.0f ? v : 1.0f : 0.0f;
}

static bool apply_range(const struct xform *x, float *state, float *v)
{
	(void)state;
	*v = clamp01((*v - x->a) / (x->b - x->a));
	return true;
}

static bool apply_invert(const struct xform *x, float *state, float *v)
{
	(void)x;
	(void)state;
	*v = 1.0f - *v;
	return true;
}

/* log rises fast and then slowly, exp is its mirror image (40 dB over the way, both pass
 * through 0 and 1 exactly); s is 3v^2 - 2v^3. */
static bool apply_curve(const struct xform *x, float *state, float *v)
{
	const float in = clamp01(*v), span = 99.0f;

	(void)state;
	if (in > 0.0f && in < 1.0f) {
		switch ((enum curve)x->a) {
		case CURVE_LOG:
			*v = log1pf(in * span) / log1pf(span);
			return true;
		case CURVE_EXP:
			*v = expm1f(in * log1pf(span)) / span;
			return true;
		case CURVE_S:
			*v = in * in * (3.0f - 2.0f * in);
			return true;
		default:
			break;
		}
	}
	*v = in;
	return true;
}

static bool apply_quantise(const struct xform *x, float *state, float *v)
{
	const float last = x->a - 1.0f; /* steps are the values 0, 1/last ... 1 */

	(void)state;
	*v = floorf(clamp01(*v) * last + 0.5f) / last;
	return true;
}

/* A change smaller than the band is noise, but both ends are always reached. */
static bool apply_deadband(const struct xform *x, float *state, float *v)
{
	const bool end = *v <= 0.0f || *v >= 1.0f;

	if (fabsf(*v - *state) < x->a && !(end && *v != *state))
		return false;
	*state = *v;
	return true;
}

static bool apply_threshold(const struct xform *x, float *state, float *v)
{
	(void)state;
	*v = *v >= x->a ? 1.0f : 0.0f;
	return true;
}

static bool apply_output(const struct xform *x, float *state, float *v)
{
	(void)state;
	*v = *v >= 1.0f ? x->b : x->a + clamp01(*v) * (x->b - x->a);
	return true;
}

const struct xform_info xforms[XF_COUNT] = {
	[XF_RANGE] = { "range", false, "the part [lo, hi] of the input becomes 0 to 1",
	               apply_range },
	[XF_INVERT] = { "invert", false, "turns 0 to 1 round", apply_invert },
	[XF_CURVE] = { "curve", false, "bends 0 to 1: linear, log, exp or s", apply_curve },
	[XF_QUANTISE] = { "quantise", false, "this many equal steps from 0 to 1", apply_quantise },
	[XF_DEADBAND] = { "deadband", true,
	                  "changes smaller than this are ignored, the ends excepted",
	                  apply_deadband },
	[XF_THRESHOLD] = { "threshold", false, "1 at this value and above, 0 below",
	                   apply_threshold },
	[XF_OUTPUT] = { "output", false, "0 to 1 becomes [lo, hi]", apply_output },
};
