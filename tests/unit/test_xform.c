#include "cuewire/xform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/value.h"
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

static float through(const struct xform *x, float v)
{
	struct flow f = { .v = v, .through = true };

	assert_true(xforms[x->kind].apply(x, NULL, NULL, &f));
	return f.v;
}

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		const struct run *r = &runs[i];
		float v = r->in;

		for (size_t k = 0; k < r->n; k++)
			v = through(&r->chain[k], v);
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
	return through(&(struct xform){ .kind = XF_CURVE, .a = (float)c }, v);
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

/* ---- tables ---- */

/* Points with x from 0 to 1 that rise, and y that rises or, with flat, stays now and then. */
static struct xform random_table(uint32_t *seed, struct point *points, bool flat)
{
	const size_t n = 2 + random_below(seed, 8);
	float x = 0.0f, y = 0.0f;

	for (size_t i = 0; i < n; i++) {
		points[i] = (struct point){ x, y };
		x += 0.01f + (float)random_below(seed, 1000) / 1000;
		y += flat && !random_below(seed, 3)
		             ? 0.0f
		             : 0.01f + (float)random_below(seed, 1000) / 1000;
	}
	x = points[n - 1].x;
	y = points[n - 1].y;
	for (size_t i = 1; i < n; i++) {
		points[i].x /= x;
		points[i].y /= y > 0.0f ? y : 1.0f;
	}
	return (struct xform){ .kind = XF_CURVE, .a = CURVE_TABLE, .n = n, .points = points };
}

static void test_tables_rise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct point points[CURVE_POINTS_MAX];
		const struct xform x = random_table(&seed, points, true);
		float before = points[0].y;

		for (int i = 0; i <= 1000; i++) {
			const float v = through(&x, (float)i / 1000);

			if (!(v >= before && v <= points[x.n - 1].y))
				fail_msg("table %d falls at %g: %.9g after %.9g", round,
				         (double)i / 1000, (double)v, (double)before);
			before = v;
		}
		for (size_t i = 0; i < x.n; i++)
			assert_true(through(&x, points[i].x) == points[i].y);
	}
}

/* ---- the way back ---- */

/* What goes through and back comes from lo to hi; its ends do exactly. */
static void comes_back(const char *what, const struct xform *x, float lo, float hi, float error)
{
	for (int i = 0; i <= 500; i++) {
		const float v = i < 500 ? lo + (hi - lo) * (float)i / 500 : hi;
		const bool end = i == 0 || i == 500;
		float back = through(x, v);

		if (!xforms[x->kind].back(x, &back))
			fail_msg("%s: there is no way back from %g", what, (double)v);
		if (!(fabsf(back - v) <= (end ? 0.0f : error)))
			fail_msg("%s: %.9g comes back as %.9g", what, (double)v, (double)back);
	}
}

/* s is flat at its ends: what is left of a value there are the few bits near 0 and 1. */
static void test_words_come_back(void **state)
{
	static const struct {
		const char *what;
		struct xform x;
		float error;
	} cases[] = {
		{ "invert", { .kind = XF_INVERT }, 1e-7f },
		{ "linear", { .kind = XF_CURVE, .a = CURVE_LINEAR }, 0.0f },
		{ "log", { .kind = XF_CURVE, .a = CURVE_LOG }, 2e-6f },
		{ "exp", { .kind = XF_CURVE, .a = CURVE_EXP }, 2e-6f },
		{ "s", { .kind = XF_CURVE, .a = CURVE_S }, 3e-4f },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		comes_back(cases[i].what, &cases[i].x, 0.0f, 1.0f, cases[i].error);
}

static void test_tables_come_back(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct point points[CURVE_POINTS_MAX];
		const struct xform x = random_table(&seed, points, false);

		comes_back("table", &x, 0.0f, 1.0f, 2e-5f);
	}
}

/* Either way round, of any unit. */
static void test_ranges_come_back(void **state)
{
	static const float units[] = { 1.0f, 64.0f, 127.0f, 20000.0f };
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		const float unit = units[random_below(&seed, COUNT(units))];
		struct xform x = { .kind = XF_RANGE };

		do {
			x.a = unit * ((float)random_below(&seed, 2001) / 1000 - 1);
			x.b = unit * ((float)random_below(&seed, 2001) / 1000 - 1);
		} while (fabsf(x.a - x.b) < 0.05f * unit);
		comes_back("range", &x, x.a, x.b, 1e-6f * unit);
		x.kind = XF_OUTPUT;
		comes_back("output", &x, 0.0f, 1.0f, 1e-5f);
	}
}

/* ---- colours ---- */

/* Each has as much of the way as any other, but the ends, which have half, and are exact. */
static void test_colours(void **state)
{
	uint8_t colours[COLOURS_MAX];
	struct xform x = { .kind = XF_COLOURS, .colours = colours };

	(void)state;
	for (size_t i = 0; i < COLOURS_MAX; i++)
		colours[i] = (uint8_t)(i * 37 % 128); /* all of them, and none in order */
	for (x.n = 1; x.n <= COLOURS_MAX; x.n++) {
		size_t at = 0;

		for (int v = -100; v <= 25600; v++) {
			const float colour = through(&x, (float)v / 25500);

			while (at < x.n && colour != value_from7(colours[at], false))
				at++;
			if (at == x.n)
				fail_msg("of %zu colours none is %g at %g, in order", x.n,
				         (double)colour, (double)v / 25500);
			if (v <= 0)
				assert_int_equal(at, 0);
		}
		assert_int_equal(at, x.n - 1);
		assert_true(through(&x, 1.0f) == value_from7(colours[x.n - 1], false));
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
			const float v = through(&x, (float)k / 100000);

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
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_curves_rise),
		cmocka_unit_test(test_curves_mirror),
		cmocka_unit_test(test_tables_rise),
		cmocka_unit_test(test_words_come_back),
		cmocka_unit_test(test_tables_come_back),
		cmocka_unit_test(test_ranges_come_back),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_quantise_steps),
		cmocka_unit_test(test_deadband),
		cmocka_unit_test(test_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("xform", tests, NULL, NULL);
}
