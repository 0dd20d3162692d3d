#include "cuewire/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "helpers.h"

/* ---- one value ---- */

struct edge7 {
	float in;
	bool bipolar;
	unsigned v7, v14;
};

static const struct edge7 edges[] = {
	{ 0.0f, false, 0, 0 },
	{ 1.0f, false, 127, 16383 },
	{ 0.5f, false, 64, 8192 }, /* 63.5 and 8191.5: half goes up */
	{ 0.25f, false, 32, 4096 },
	{ 0.0f, true, 0, 0 },
	{ 1.0f, true, 127, 16383 },
	{ 0.5f, true, 64, 8192 },
	{ 0.25f, true, 32, 4096 },
	{ 0.75f, true, 96, 12288 }, /* 64 + 31.5, 8192 + 4095.5 */
	/* outside: clamped, and what is no number is the lower end */
	{ -0.1f, false, 0, 0 },
	{ 1.1f, false, 127, 16383 },
	{ -1e30f, true, 0, 0 },
	{ 1e30f, true, 127, 16383 },
	{ -INFINITY, false, 0, 0 },
	{ INFINITY, true, 127, 16383 },
	{ NAN, false, 0, 0 },
	{ NAN, true, 0, 0 },
	/* beside the ends */
	{ 0.0039f, false, 0, 64 },
	{ 0.0040f, false, 1, 66 },
	{ 0.9960f, false, 126, 16317 },
	{ 0.9999999f, false, 127, 16383 },
	{ 1e-30f, true, 0, 0 },
};

static void test_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(edges); i++) {
		const struct edge7 *e = &edges[i];

		if (value_to7(e->in, e->bipolar) != e->v7 ||
		    value_to14(e->in, e->bipolar) != e->v14)
			fail_msg("%g%s: %u %u, expected %u %u", (double)e->in,
			         e->bipolar ? " bipolar" : "", value_to7(e->in, e->bipolar),
			         value_to14(e->in, e->bipolar), e->v7, e->v14);
	}
}

static void test_exact_from(void **state)
{
	(void)state;
	for (int bipolar = 0; bipolar < 2; bipolar++) {
		assert_true(value_from7(0, bipolar) == 0.0f);
		assert_true(value_from7(127, bipolar) == 1.0f);
		assert_true(value_from14(0, bipolar) == 0.0f);
		assert_true(value_from14(16383, bipolar) == 1.0f);
	}
	assert_true(value_from7(64, true) == 0.5f);
	assert_true(value_from14(8192, true) == 0.5f);
	assert_true(value_from7(64, false) > 0.5f);
	assert_true(value_from7(32, true) == 0.25f);
	assert_true(value_from14(4096, true) == 0.25f);
}

/* The documented curve of a bipolar value: v/128 up to the middle, then 0.5 + (v - 64)/126. */
static void test_bipolar_formula(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 128; v++) {
		const double expected = v <= 64 ? v / 128.0 : 0.5 + (v - 64) / 126.0;

		assert_true(value_from7((uint8_t)v, true) == (float)expected);
	}
	for (unsigned v = 0; v < 16384; v++) {
		const double expected = v <= 8192 ? v / 16384.0 : 0.5 + (v - 8192) / 16382.0;

		assert_true(value_from14((uint16_t)v, true) == (float)expected);
	}
}

/* ---- all values ---- */

static void test_round_trip(void **state)
{
	(void)state;
	for (int bipolar = 0; bipolar < 2; bipolar++) {
		for (unsigned v = 0; v < 128; v++)
			assert_int_equal(value_to7(value_from7((uint8_t)v, bipolar), bipolar), v);
		for (unsigned v = 0; v < 16384; v++)
			assert_int_equal(value_to14(value_from14((uint16_t)v, bipolar), bipolar),
			                 v);
	}
}

static void test_from_rises(void **state)
{
	(void)state;
	for (int bipolar = 0; bipolar < 2; bipolar++) {
		for (unsigned v = 1; v < 128; v++)
			assert_true(value_from7((uint8_t)v, bipolar) >
			            value_from7((uint8_t)(v - 1), bipolar));
		for (unsigned v = 1; v < 16384; v++)
			assert_true(value_from14((uint16_t)v, bipolar) >
			            value_from14((uint16_t)(v - 1), bipolar));
	}
}

/* Never falls, skips no number, and is the nearest one. */
static void test_to_rises(void **state)
{
	(void)state;
	for (int bipolar = 0; bipolar < 2; bipolar++) {
		unsigned before7 = 0, before14 = 0;

		for (unsigned i = 0; i <= 1u << 17; i++) {
			const float v = (float)i / (float)(1u << 17);
			const unsigned v7 = value_to7(v, bipolar), v14 = value_to14(v, bipolar);

			assert_in_range(v7, before7, before7 + 1);
			assert_in_range(v14, before14, before14 + 1);
			assert_true(fabsf(value_from7((uint8_t)v7, bipolar) - v) <=
			            0.5f / 126 + 1e-6f);
			assert_true(fabsf(value_from14((uint16_t)v14, bipolar) - v) <=
			            0.5f / 16382 + 1e-6f);
			before7 = v7;
			before14 = v14;
		}
		assert_int_equal(before7, 127);
		assert_int_equal(before14, 16383);
	}
}

/* The upper half of 14 bits is what a receiver of 7 bits sees: it must be as exact at its ends. */
static void test_msb(void **state)
{
	(void)state;
	assert_int_equal(value_to14(1.0f, false) >> 7, 127);
	assert_int_equal(value_to14(0.5f, true) >> 7, 64);
	assert_int_equal(value_to14(0.5f, true) & 127, 0);
}

/* ---- steps ---- */

struct code {
	enum encoding e;
	uint8_t v;
	int steps;
};

static const struct code codes[] = {
	{ ENC_TWOS, 0, 0 },      { ENC_TWOS, 1, 1 },     { ENC_TWOS, 0x7F, -1 },
	{ ENC_TWOS, 63, 63 },    { ENC_TWOS, 64, -64 },  { ENC_TWOS, 0x7E, -2 },
	{ ENC_OFFSET, 64, 0 },   { ENC_OFFSET, 65, 1 },  { ENC_OFFSET, 63, -1 },
	{ ENC_OFFSET, 127, 63 }, { ENC_OFFSET, 0, -64 }, { ENC_SIGN, 0, 0 },
	{ ENC_SIGN, 1, 1 },      { ENC_SIGN, 65, -1 },   { ENC_SIGN, 63, 63 },
	{ ENC_SIGN, 127, -63 },
};

static void test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		assert_int_equal(steps_decode(codes[i].v, codes[i].e), codes[i].steps);
		assert_int_equal(steps_encode(codes[i].steps, codes[i].e), codes[i].v);
	}
	assert_int_equal(steps_decode(64, ENC_SIGN), 0); /* minus nothing */
}

static void test_steps_round_trip(void **state)
{
	(void)state;
	for (int e = ENC_TWOS; e < ENC_COUNT; e++)
		for (int v = 0; v < 128; v++) {
			const int steps = steps_decode((uint8_t)v, (enum encoding)e);

			if (e != ENC_SIGN || v != 64)
				assert_int_equal(steps_encode(steps, (enum encoding)e), v);
		}
}

/* From far below to far above what they hold: what comes back is the nearest that they hold. */
static void test_steps_come_back(void **state)
{
	static const int lo[ENC_COUNT] = { 0, -64, -64, -63 };

	(void)state;
	for (int e = ENC_TWOS; e < ENC_COUNT; e++)
		for (int steps = -1000; steps <= 1000; steps++) {
			const uint8_t v = steps_encode(steps, (enum encoding)e);
			const int held = steps < lo[e] ? lo[e] : steps > 63 ? 63 : steps;

			assert_true(v < 128);
			assert_int_equal(steps_decode(v, (enum encoding)e), held);
		}
}

static void test_steps_clamped(void **state)
{
	(void)state;
	assert_int_equal(steps_encode(1000, ENC_TWOS), 63);
	assert_int_equal(steps_encode(-1000, ENC_TWOS), 64);
	assert_int_equal(steps_encode(64, ENC_OFFSET), 127);
	assert_int_equal(steps_encode(-65, ENC_OFFSET), 0);
	assert_int_equal(steps_encode(64, ENC_SIGN), 63);
	assert_int_equal(steps_encode(-64, ENC_SIGN), 127);
}

static void test_names(void **state)
{
	(void)state;
	assert_null(encoding_names[ENC_NONE]);
	assert_string_equal(encoding_names[ENC_TWOS], "twos");
	assert_string_equal(encoding_names[ENC_OFFSET], "offset");
	assert_string_equal(encoding_names[ENC_SIGN], "sign");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_exact_from),
		cmocka_unit_test(test_bipolar_formula),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_from_rises),
		cmocka_unit_test(test_to_rises),
		cmocka_unit_test(test_msb),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_steps_round_trip),
		cmocka_unit_test(test_steps_come_back),
		cmocka_unit_test(test_steps_clamped),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
