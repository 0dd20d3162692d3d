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
	{ "range", { { .kind = XF_RANGE, .a = 0.2f, .b = 0.6f } }, 1, 0.4f, 0.5f },
	{ "range, its lower end", { { .kind = XF_RANGE, .a = 0.2f, .b = 0.6f } }, 1, 0.2f, 0.0f },
	{ "range, its upper end", { { .kind = XF_RANGE, .a = 0.2f, .b = 0.6f } }, 1, 0.6f, 1.0f },
	{ "range, below", { { .kind = XF_RANGE, .a = 0.2f, .b = 0.6f } }, 1, 0.1f, 0.0f },
	{ "range, above", { { .kind = XF_RANGE, .a = 0.2f, .b = 0.6f } }, 1, 0.9f, 1.0f },
	{ "range of another unit",
	  { { .kind = XF_RANGE, .a = -64.0f, .b = 64.0f } },
	  1,
	  0.0f,
	  0.5f },
	{ "range turned round", { { .kind = XF_RANGE, .a = 1.0f, .b = 0.0f } }, 1, 0.25f, 0.75f },
	{ "range turned round, above",
	  { { .kind = XF_RANGE, .a = 1.0f, .b = 0.0f } },
	  1,
	  7.0f,
	  0.0f },
	{ "range of infinity", { { .kind = XF_RANGE, .a = 0.0f, .b = 1.0f } }, 1, INFINITY, 1.0f },

	{ "invert 0", { { .kind = XF_INVERT, .a = 0, .b = 0 } }, 1, 0.0f, 1.0f },
	{ "invert 1", { { .kind = XF_INVERT, .a = 0, .b = 0 } }, 1, 1.0f, 0.0f },
	{ "invert", { { .kind = XF_INVERT, .a = 0, .b = 0 } }, 1, 0.25f, 0.75f },

	{ "linear", { { .kind = XF_CURVE, .a = CURVE_LINEAR, .b = 0 } }, 1, 0.3f, 0.3f },
	{ "log", { { .kind = XF_CURVE, .a = CURVE_LOG, .b = 0 } }, 1, 9 / 99.0f, 0.5f },
	{ "exp", { { .kind = XF_CURVE, .a = CURVE_EXP, .b = 0 } }, 1, 0.5f, 9 / 99.0f },
	{ "s", { { .kind = XF_CURVE, .a = CURVE_S, .b = 0 } }, 1, 0.25f, 0.15625f },
	{ "s, the middle", { { .kind = XF_CURVE, .a = CURVE_S, .b = 0 } }, 1, 0.5f, 0.5f },
	{ "curve, above", { { .kind = XF_CURVE, .a = CURVE_LOG, .b = 0 } }, 1, 1.5f, 1.0f },
	{ "curve, below", { { .kind = XF_CURVE, .a = CURVE_EXP, .b = 0 } }, 1, -1.5f, 0.0f },

	{ "quantise to 2, low", { { .kind = XF_QUANTISE, .a = 2, .b = 0 } }, 1, 0.49f, 0.0f },
	{ "quantise to 2, half goes up",
	  { { .kind = XF_QUANTISE, .a = 2, .b = 0 } },
	  1,
	  0.5f,
	  1.0f },
	{ "quantise to 5", { { .kind = XF_QUANTISE, .a = 5, .b = 0 } }, 1, 0.3f, 0.25f },
	{ "quantise to 5, its end", { { .kind = XF_QUANTISE, .a = 5, .b = 0 } }, 1, 1.0f, 1.0f },
	{ "quantise, above", { { .kind = XF_QUANTISE, .a = 5, .b = 0 } }, 1, 2.0f, 1.0f },

	{ "threshold, below", { { .kind = XF_THRESHOLD, .a = 0.7f, .b = 0 } }, 1, 0.69f, 0.0f },
	{ "threshold, at", { { .kind = XF_THRESHOLD, .a = 0.7f, .b = 0 } }, 1, 0.7f, 1.0f },
	{ "threshold, above", { { .kind = XF_THRESHOLD, .a = 0.7f, .b = 0 } }, 1, 0.9f, 1.0f },
	{ "threshold 0 is always on",
	  { { .kind = XF_THRESHOLD, .a = 0.0f, .b = 0 } },
	  1,
	  0.0f,
	  1.0f },

	{ "output", { { .kind = XF_OUTPUT, .a = 0.2f, .b = 0.6f } }, 1, 0.5f, 0.4f },
	{ "output, its lower end", { { .kind = XF_OUTPUT, .a = 0.2f, .b = 0.6f } }, 1, 0.0f, 0.2f },
	{ "output, its upper end", { { .kind = XF_OUTPUT, .a = 0.1f, .b = 0.7f } }, 1, 1.0f, 0.7f },
	{ "output, above", { { .kind = XF_OUTPUT, .a = 0.1f, .b = 0.7f } }, 1, 3.0f, 0.7f },
	{ "output turned round", { { .kind = XF_OUTPUT, .a = 1.0f, .b = 0.0f } }, 1, 0.25f, 0.75f },

	/* the order in which they are written is the order in which they work */
	{ "invert, threshold",
	  { { .kind = XF_INVERT, .a = 0, .b = 0 }, { .kind = XF_THRESHOLD, .a = 0.7f, .b = 0 } },
	  2,
	  0.4f,
	  0.0f },
	{ "threshold, invert",
	  { { .kind = XF_THRESHOLD, .a = 0.7f, .b = 0 }, { .kind = XF_INVERT, .a = 0, .b = 0 } },
	  2,
	  0.4f,
	  1.0f },
	{ "range, output, invert",
	  { { .kind = XF_RANGE, .a = 0.0f, .b = 0.5f },
	    { .kind = XF_OUTPUT, .a = 0.0f, .b = 0.5f },
	    { .kind = XF_INVERT, .a = 0, .b = 0 } },
	  3,
	  0.25f,
	  0.75f },
	{ "output, invert, range",
	  { { .kind = XF_OUTPUT, .a = 0.0f, .b = 0.5f },
	    { .kind = XF_INVERT, .a = 0, .b = 0 },
	    { .kind = XF_RANGE, .a = 0.0f, .b = 0.5f } },
	  3,
	  0.25f,
	  1.0f },
	{ "quantise, s",
	  { { .kind = XF_QUANTISE, .a = 5, .b = 0 }, { .kind = XF_CURVE, .a = CURVE_S, .b = 0 } },
	  2,
	  0.3f,
	  0.15625f },
};

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		const struct run *r = &runs[i];
		struct flow f = { .v = r->in, .through = true };
		float v;

		for (size_t k = 0; k < r->n; k++)
			assert_true(xforms[r->chain[k].kind].apply(&r->chain[k], NULL, NULL, &f));
		v = f.v;
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
	const struct xform x = { .kind = XF_CURVE, .a = (float)c };
	struct flow f = { .v = v, .through = true };

	assert_true(xforms[XF_CURVE].apply(&x, NULL, NULL, &f));
	return f.v;
}

static void test_curves_rise(void **state)
{
	(void)state;
	for (int c = 0; c < CURVE_TABLE; c++) {
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
		const struct xform x = { .kind = XF_QUANTISE, .a = (float)steps[i], .b = 0 };
		float before = -1;
		int seen = 0;

		for (int k = 0; k <= 100000; k++) {
			struct flow f = { .v = (float)k / 100000, .through = true };

			assert_true(xforms[XF_QUANTISE].apply(&x, NULL, NULL, &f));
			assert_true(f.v >= before);
			seen += f.v != before;
			before = f.v;
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
	const struct xform x = { .kind = XF_DEADBAND, .a = 0.05f };
	struct xform_cell cell = { .wake_ns = TIME_NEVER };
	struct xform_now now = { .wake_ns = TIME_NEVER };

	(void)state;
	for (size_t i = 0; i < COUNT(moves); i++) {
		struct flow f = { .v = moves[i].in, .through = true };

		if (xforms[XF_DEADBAND].apply(&x, &cell, &now, &f) != moves[i].passes)
			fail_msg("move %zu to %g: expected it %s", i, (double)moves[i].in,
			         moves[i].passes ? "to pass" : "to be ignored");
		assert_true(f.v == moves[i].in);
	}
}

/* ---- the table ---- */

static void test_table(void **state)
{
	static const char *const names[XF_COUNT] = { "range",     "invert",    "curve",  "quantise",
		                                     "deadband",  "threshold", "output", "press",
		                                     "as",        "smooth",    "ramp",   "delay",
		                                     "max_per_s", "takeover",  "colours" };
	static const char *const curves[CURVE_TABLE] = { "linear", "log", "exp", "s" };

	(void)state;
	for (size_t i = 0; i < XF_COUNT; i++) {
		assert_string_equal(xforms[i].name, names[i]);
		assert_true(xforms[i].help && *xforms[i].help);
		assert_true(xforms[i].params && *xforms[i].params);
		assert_non_null(xforms[i].apply);
	}
	for (size_t i = 0; i < CURVE_TABLE; i++)
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
