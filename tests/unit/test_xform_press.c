/* Presses of all kinds and the steps of encoders, driven through an engine at random: what must hold
 * whatever comes. Their tables of examples are the golden traces. */
#include "cuewire/engine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "xform_rig.h"

static const char mapping[] =
	"{ 'hold_ms': 0, 'ports': { 'out': { 'out': 'iac' }, 'pads': { 'in': 'pads' } },"
	"'controls': ["
	"{ 'name': 'f', 'kind': 'fader', 'port': 'out', 'cc': [16, 48] },"
	"{ 'name': 'short', 'kind': 'button', 'port': 'out', 'cc': 71 },"
	"{ 'name': 'long', 'kind': 'button', 'port': 'out', 'cc': 72 },"
	"{ 'name': 'single', 'kind': 'button', 'port': 'out', 'cc': 73 },"
	"{ 'name': 'double', 'kind': 'button', 'port': 'out', 'cc': 74 },"
	"{ 'name': 'flip', 'kind': 'switch', 'port': 'out', 'cc': 75 },"
	"{ 'name': 'latch', 'kind': 'switch', 'port': 'out', 'cc': 76 },"
	"{ 'name': 'held', 'kind': 'switch', 'port': 'out', 'cc': 77 } ],"
	"'routes': ["
	"{ 'port': 'pads', 'note': 1, 'press': 'short', 'to': 'short' },"
	"{ 'port': 'pads', 'note': 1, 'press': 'long', 'to': 'long' },"
	"{ 'port': 'pads', 'note': 2, 'press': 'single', 'to': 'single' },"
	"{ 'port': 'pads', 'note': 2, 'press': 'double', 'to': 'double' },"
	"{ 'port': 'pads', 'note': 3, 'as': 'toggle', 'to': 'flip' },"
	"{ 'port': 'pads', 'note': 4, 'as': 'latch', 'press_ms': 200, 'to': 'latch' },"
	"{ 'port': 'pads', 'note': 5, 'as': 'momentary', 'to': 'held' },"
	"{ 'port': 'pads', 'cc': 3, 'encoder': 'twos', 'acceleration': 8, 'by': 0.001,"
	"  'to': 'f' } ] }";

static int open_rig(void **state)
{
	(void)state;
	xform_rig_open(mapping);
	return 0;
}

static float value_of(const char *control)
{
	return engine_state(r.e, control_of(r.m, control))->value;
}

static size_t presses_of(const char *control, size_t from)
{
	const uint16_t c = control_of(r.m, control);
	size_t n = 0;

	for (size_t i = from; i < r.n; i++)
		n += sent_at(i)->control == c && sent_at(i)->edge == EDGE_PRESS;
	return n;
}

/* ---- presses ---- */

static void pad(uint8_t note, bool on)
{
	midi(t, "pads", on ? 0x90 : 0x80, note, on ? 100 : 0);
}

static void expect_presses(size_t from, const char *what, size_t expected)
{
	const size_t n = presses_of(what, from);

	if (n != expected)
		fail_msg("%s has come %zu times, expected %zu, at %g ms", what, n, expected,
		         (double)(t - T0) / 1e6);
}

/* Each press is short or long, even those that follow while the bridge still holds a short one. */
static void test_short_or_long(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		const size_t from = r.n;
		size_t shorts = 0, longs = 0;

		for (size_t n = 1 + below(5); n; n--) {
			const uint64_t ms = below(3) ? 1 + below(200) : 400 + below(200);

			pad(1, true);
			wait(ms * MS);
			pad(1, false);
			*(ms < 500 ? &shorts : &longs) += 1;
			wait((1 + below(120)) * MS);
		}
		wait(50 * MS);
		expect_presses(from, "short", shorts);
		expect_presses(from, "long", longs);
		assert_true(value_of("short") == 0.0f && value_of("long") == 0.0f);
	}
}

/* Presses pair off: two within the time are a double one, and each that is left is a single one. */
static void test_single_or_double(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		const size_t from = r.n;
		size_t singles = 0, doubles = 0;
		uint64_t first = 0;

		for (size_t n = 1 + below(6); n; n--) {
			const bool second = first && t - first < 300 * MS;

			singles += first && !second;
			doubles += second;
			first = second ? 0 : t;
			pad(2, true);
			wait((1 + below(200)) * MS);
			pad(2, false);
			wait((1 + below(400)) * MS);
		}
		singles += first != 0;
		wait(400 * MS);
		expect_presses(from, "single", singles);
		expect_presses(from, "double", doubles);
		assert_true(value_of("single") == 0.0f && value_of("double") == 0.0f);
	}
}

/* ---- as ---- */

/* What each press makes of what was asked for last, whoever asked. */
static void test_flips(void **state)
{
	bool flip = false, latch = false;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		const bool before = latch;
		const uint64_t ms = 1 + below(400);

		if (!below(10))
			osc(t, 0, "/flip", 1, (double)(flip = below(2)));
		for (uint8_t note = 3; note <= 5; note++)
			pad(note, true);
		flip = !flip;
		latch = !before;
		assert_true(value_of("flip") == flip && value_of("latch") == latch);
		assert_true(value_of("held") == 1.0f);
		if (!below(5))
			pad(3, true); /* once more is no press */
		wait(ms * MS);
		for (uint8_t note = 3; note <= 5; note++)
			pad(note, false);
		latch = ms < 200 ? latch : before;
		assert_true(value_of("flip") == flip && value_of("latch") == latch);
		assert_true(value_of("held") == 0.0f);
		wait(below(100) * MS);
	}
}

/* ---- acceleration ---- */

/* How far a step goes that comes so long after the one before, in steps. */
static float step_after(uint64_t gap, bool up)
{
	float v;

	wait(1000 * MS);
	midi(t, "pads", 0xB0, 3, up ? 1 : 127);
	osc(t, 0, "/f", 1, 0.5);
	wait(gap);
	midi(t, "pads", 0xB0, 3, up ? 1 : 127);
	v = (value_of("f") - 0.5f) / 0.001f;
	return up ? v : -v;
}

static void test_acceleration(void **state)
{
	const float rounded = 1e-3f;

	(void)state;
	for (int up = 0; up < 2; up++) {
		float before = 8.0f;

		assert_true(fabsf(step_after(MS / 10, up) - 8.0f) <= rounded);
		for (uint64_t gap = MS; gap < 200 * MS; gap += 100 * (MS / 1000) + below(MS)) {
			const float v = step_after(gap, up);

			if (!(v <= before + rounded && v >= 1.0f - rounded))
				fail_msg("a step after %g ms counts %g, a quicker one %g",
				         (double)gap / 1e6, (double)v, (double)before);
			before = v;
		}
		assert_true(fabsf(before - 1.0f) <= rounded);
	}
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, xform_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_short_or_long),
		TEST(test_single_or_double),
		TEST(test_flips),
		TEST(test_acceleration),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("xform_press", tests, NULL, NULL);
}
