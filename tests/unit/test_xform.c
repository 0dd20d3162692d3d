#include "cuewire/xform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "helpers.h"

#define CHAIN_MAX 3

/* ---- one value through one or several ---- */

struct run {
	const char *what;
	struct xform chain[CHAIN_MAX];
	size_t n;
	float in, out;
};

static const struct run runs[] = {
	{ "range", { { XF_RANGE, 0, 0.2f, 0.6f } }, 1, 0.4f, 0.5f },
	{ "range, its lower end", { { XF_RANGE, 0, 0.2f, 0.6f } }, 1, 0.2f, 0.0f },
	{ "range, its upper end", { { XF_RANGE, 0, 0.2f, 0.6f } }, 1, 0.6f, 1.0f },
	{ "range, below", { { XF_RANGE, 0, 0.2f, 0.6f } }, 1, 0.1f, 0.0f },
	{ "range, above", { { XF_RANGE, 0, 0.2f, 0.6f } }, 1, 0.9f, 1.0f },
	{ "range of another unit", { { XF_RANGE, 0, -64.0f, 64.0f } }, 1, 0.0f, 0.5f },
	{ "range turned round", { { XF_RANGE, 0, 1.0f, 0.0f } }, 1, 0.25f, 0.75f },
	{ "range turned round, above", { { XF_RANGE, 0, 1.0f, 0.0f } }, 1, 7.0f, 0.0f },
	{ "range of infinity", { { XF_RANGE, 0, 0.0f, 1.0f } }, 1, INFINITY, 1.0f },

	{ "invert 0", { { XF_INVERT, 0, 0, 0 } }, 1, 0.0f, 1.0f },
	{ "invert 1", { { XF_INVERT, 0, 0, 0 } }, 1, 1.0f, 0.0f },
	{ "invert", { { XF_INVERT, 0, 0, 0 } }, 1, 0.25f, 0.75f },

	{ "linear", { { XF_CURVE, 0, CURVE_LINEAR, 0 } }, 1, 0.3f, 0.3f },
	{ "log", { { XF_CURVE, 0, CURVE_LOG, 0 } }, 1, 9 / 99.0f, 0.5f },
	{ "exp", { { XF_CURVE, 0, CURVE_EXP, 0 } }, 1, 0.5f, 9 / 99.0f },
	{ "s", { { XF_CURVE, 0, CURVE_S, 0 } }, 1, 0.25f, 0.15625f },
	{ "s, the middle", { { XF_CURVE, 0, CURVE_S, 0 } }, 1, 0.5f, 0.5f },
	{ "curve, above", { { XF_CURVE, 0, CURVE_LOG, 0 } }, 1, 1.5f, 1.0f },
	{ "curve, below", { { XF_CURVE, 0, CURVE_EXP, 0 } }, 1, -1.5f, 0.0f },

	{ "quantise to 2, low", { { XF_QUANTISE, 0, 2, 0 } }, 1, 0.49f, 0.0f },
	{ "quantise to 2, half goes up", { { XF_QUANTISE, 0, 2, 0 } }, 1, 0.5f, 1.0f },
	{ "quantise to 5", { { XF_QUANTISE, 0, 5, 0 } }, 1, 0.3f, 0.25f },
	{ "quantise to 5, its end", { { XF_QUANTISE, 0, 5, 0 } }, 1, 1.0f, 1.0f },
	{ "quantise, above", { { XF_QUANTISE, 0, 5, 0 } }, 1, 2.0f, 1.0f },

	{ "threshold, below", { { XF_THRESHOLD, 0, 0.7f, 0 } }, 1, 0.69f, 0.0f },
	{ "threshold, at", { { XF_THRESHOLD, 0, 0.7f, 0 } }, 1, 0.7f, 1.0f },
	{ "threshold, above", { { XF_THRESHOLD, 0, 0.7f, 0 } }, 1, 0.9f, 1.0f },
	{ "threshold 0 is always on", { { XF_THRESHOLD, 0, 0.0f, 0 } }, 1, 0.0f, 1.0f },

	{ "output", { { XF_OUTPUT, 0, 0.2f, 0.6f } }, 1, 0.5f, 0.4f },
	{ "output, its lower end", { { XF_OUTPUT, 0, 0.2f, 0.6f } }, 1, 0.0f, 0.2f },
	{ "output, its upper end", { { XF_OUTPUT, 0, 0.1f, 0.7f } }, 1, 1.0f, 0.7f },
	{ "output, above", { { XF_OUTPUT, 0, 0.1f, 0.7f } }, 1, 3.0f, 0.7f },
	{ "output turned round", { { XF_OUTPUT, 0, 1.0f, 0.0f } }, 1, 0.25f, 0.75f },

	/* the order in which they are written is the order in which they work */
	{ "invert, threshold",
	  { { XF_INVERT, 0, 0, 0 }, { XF_THRESHOLD, 0, 0.7f, 0 } },
	  2,
	  0.4f,
	  0.0f },
	{ "threshold, invert",
	  { { XF_THRESHOLD, 0, 0.7f, 0 }, { XF_INVERT, 0, 0, 0 } },
	  2,
	  0.4f,
	  1.0f },
	{ "range, output, invert",
	  { { XF_RANGE, 0, 0.0f, 0.5f }, { XF_OUTPUT, 0, 0.0f, 0.5f }, { XF_INVERT, 0, 0, 0 } },
	  3,
	  0.25f,
	  0.75f },
	{ "output, invert, range",
	  { { XF_OUTPUT, 0, 0.0f, 0.5f }, { XF_INVERT, 0, 0, 0 }, { XF_RANGE, 0, 0.0f, 0.5f } },
	  3,
	  0.25f,
	  1.0f },
	{ "quantise, s",
	  { { XF_QUANTISE, 0, 5, 0 }, { XF_CURVE, 0, CURVE_S, 0 } },
	  2,
	  0.3f,
	  0.15625f },
};

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		const struct run *r = &runs[i];
		float v = r->in;

		for (size_t k = 0; k < r->n; k++)
			assert_true(xforms[r->chain[k].kind].apply(&r->chain[k], NULL, &v));
		if (!(fabsf(v - r->out) <= 1e-6f))
			fail_msg("%s: %g becomes %.9g, expected %g", r->what, (double)r->in,
			         (double)v, (double)r->out);
		if ((r->out == 0.0f || r->out == 1.0f) && v != r->out)
			fail_msg("%s: the end is not exact", r->what);
	}
}

/* ---- curves ---- */

static float curve(enum curve c, float v)
{
	const struct xform x = { XF_CURVE, 0, (float)c, 0 };

	assert_true(xforms[XF_CURVE].apply(&x, NULL, &v));
	return v;
}

static void test_curves_rise(void **state)
{
	(void)state;
	for (int c = 0; c < CURVE_COUNT; c++) {
		float before = curve((enum curve)c, 0.0f);

		assert_true(before == 0.0f);
		for (int i = 1; i <= 16383; i++) {
			const float v = curve((enum curve)c, (float)i / 16383);

			assert_true(v >= before && v <= 1.0f);
			before = v;
		}
		assert_true(before == 1.0f);
	}
}

/* exp undoes log, and each is the other's mirror image. */
static void test_curves_mirror(void **state)
{
	(void)state;
	for (int i = 0; i <= 1000; i++) {
		const float v = (float)i / 1000;

		assert_true(fabsf(curve(CURVE_EXP, curve(CURVE_LOG, v)) - v) < 1e-5f);
		assert_true(curve(CURVE_LOG, v) >= v);
		assert_true(curve(CURVE_EXP, v) <= v);
		assert_true(fabsf(curve(CURVE_S, v) + curve(CURVE_S, 1 - v) - 1) < 1e-6f);
	}
}

/* ---- quantise ---- */

static void test_quantise_steps(void **state)
{
	static const int steps[] = { 2, 3, 5, 12, 128, 1024 };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct xform x = { XF_QUANTISE, 0, (float)steps[i], 0 };
		float before = -1;
		int seen = 0;

		for (int k = 0; k <= 100000; k++) {
			float v = (float)k / 100000;

			assert_true(xforms[XF_QUANTISE].apply(&x, NULL, &v));
			assert_true(v >= before);
			seen += v != before;
			before = v;
		}
		assert_int_equal(seen, steps[i]);
		assert_true(before == 1.0f);
	}
}

/* ---- deadband ---- */

struct move {
	float in;
	bool passes;
};

static const struct move
	moves[] = {
		{ 0.5f, true }, /* the first always does */
		{ 0.5f, false },  { 0.54f, false },
		{ 0.46f, false }, /* against what passed last, not what came last */
		{ 0.55f, true },  /* as much as the band */
		{ 0.51f, false }, { 0.49f, true },
		{ 0.03f, true },  { 0.0f, true }, /* an end is always reached */
		{ 0.0f, false },                  /* once */
		{ 0.02f, false }, { 0.98f, true },
		{ 1.0f, true },   { 1.0f, false },
		{ 0.99f, false },
	};

static void test_deadband(void **state)
{
	const struct xform x = { XF_DEADBAND, 0, 0.05f, 0 };
	float memory = XFORM_STATE_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(moves); i++) {
		float v = moves[i].in;

		if (xforms[XF_DEADBAND].apply(&x, &memory, &v) != moves[i].passes)
			fail_msg("move %zu to %g: expected it %s", i, (double)moves[i].in,
			         moves[i].passes ? "to pass" : "to be ignored");
		assert_true(v == moves[i].in);
	}
}

/* ---- the table ---- */

static void test_table(void **state)
{
	static const char *const names[XF_COUNT] = { "range",    "invert",    "curve", "quantise",
		                                     "deadband", "threshold", "output" };
	static const char *const curves[CURVE_COUNT] = { "linear", "log", "exp", "s" };

	(void)state;
	for (size_t i = 0; i < XF_COUNT; i++) {
		assert_string_equal(xforms[i].name, names[i]);
		assert_true(xforms[i].help && *xforms[i].help);
		assert_non_null(xforms[i].apply);
		assert_int_equal(xforms[i].has_state, i == XF_DEADBAND);
	}
	for (size_t i = 0; i < CURVE_COUNT; i++)
		assert_string_equal(curve_names[i], curves[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),          cmocka_unit_test(test_curves_rise),
		cmocka_unit_test(test_curves_mirror), cmocka_unit_test(test_quantise_steps),
		cmocka_unit_test(test_deadband),      cmocka_unit_test(test_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("xform", tests, NULL, NULL);
}
