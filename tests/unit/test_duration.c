#include "cuewire/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cuewire/buf.h"

#include "helpers.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		struct duration d;
	} cases[] = {
		{ "500 ms", { 500, DURATION_MS } },
		{ "500ms", { 500, DURATION_MS } },
		{ "0 ms", { 0, DURATION_MS } },
		{ "1.5 s", { 1500, DURATION_MS } },
		{ "0.0015 s", { 1.5f, DURATION_MS } },
		{ "600 s", { 600000, DURATION_MS } },
		{ "600000 ms", { 600000, DURATION_MS } },
		{ "1 beat", { 1, DURATION_BEATS } },
		{ "2 beats", { 2, DURATION_BEATS } },
		{ "0.25 beats", { 0.25f, DURATION_BEATS } },
		{ "1024 beats", { 1024, DURATION_BEATS } },
		{ "1 bar", { 1, DURATION_BARS } },
		{ "4 bars", { 4, DURATION_BARS } },
		{ "256 bars", { 256, DURATION_BARS } },
		{ "007 bars", { 7, DURATION_BARS } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct duration d = { -1, DURATION_MS };

		if (!duration_parse(cases[i].text, &d))
			fail_msg("\"%s\" is refused", cases[i].text);
		if (d.amount != cases[i].d.amount || d.unit != cases[i].d.unit)
			fail_msg("\"%s\" is %g of unit %d", cases[i].text, (double)d.amount,
			         d.unit);
	}
}

static void test_refuse(void **state)
{
	static const char *const cases[] = {
		"",         "ms",         " 1 ms",      "1 ms ",         "1",          "1 ",
		"1  ms",    "-1 ms",      "+1 ms",      ".5 s",          "1. s",       "1.5. s",
		"1,5 s",    "1 minute",   "1 Beat",     "1 beatss",      "1e2 ms",     "0x10 ms",
		"inf ms",   "nan beats",  "600.001 s",  "600000.1 ms",   "601 s",      "1025 beats",
		"257 bars", "1000000 ms", "0000001 ms", "1024.01 beats", "256.1 bars", "1 ms\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct duration d = { 42, DURATION_BARS };

		if (duration_parse(cases[i], &d))
			fail_msg("\"%s\" is taken", cases[i]);
		assert_true(d.amount == 42 && d.unit == DURATION_BARS);
	}
}

static void test_print(void **state)
{
	static const struct {
		struct duration d;
		const char *text;
	} cases[] = {
		{ { 0, DURATION_MS }, "0 ms" },
		{ { 500, DURATION_MS }, "500 ms" },
		{ { 1, DURATION_MS }, "1 ms" },
		{ { 0.1f, DURATION_MS }, "0.1 ms" },
		{ { 999.5f, DURATION_MS }, "999.5 ms" },
		{ { 1000, DURATION_MS }, "1 s" },
		{ { 1500, DURATION_MS }, "1.5 s" },
		{ { 1550, DURATION_MS }, "1550 ms" },
		{ { 600000, DURATION_MS }, "600 s" },
		{ { 1, DURATION_BEATS }, "1 beat" },
		{ { 0.5f, DURATION_BEATS }, "0.5 beats" },
		{ { 16, DURATION_BEATS }, "16 beats" },
		{ { 1, DURATION_BARS }, "1 bar" },
		{ { 4, DURATION_BARS }, "4 bars" },
		{ { 1e-7f, DURATION_MS }, "0.0000001 ms" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;

		buf_init(&b, 256);
		duration_print(&b, cases[i].d);
		assert_string_equal(b.p, cases[i].text);
		buf_finish(&b);
	}
}

/* What is printed is read as the same. */
static void round_trip(struct duration d)
{
	struct duration back = { -1, DURATION_MS };
	struct buf b;

	buf_init(&b, 256);
	duration_print(&b, d);
	if (!duration_parse(b.p, &back) || back.amount != d.amount || back.unit != d.unit)
		fail_msg("%a of unit %d is printed as \"%s\"", (double)d.amount, d.unit, b.p);
	buf_finish(&b);
}

static void test_round_trip(void **state)
{
	static const float max[] = { 600000, 1024, 256 };
	uint32_t seed = 7;

	(void)state;
	for (unsigned tenths = 0; tenths <= 6000; tenths++)
		round_trip((struct duration){ (float)tenths * 100, DURATION_MS });
	for (unsigned i = 0; i < 6000; i++) {
		const unsigned unit = random_below(&seed, 3);
		const float part = (float)random_next(&seed) / (float)UINT32_MAX;
		const float scale = i & 1 ? 1 : part * part * part; /* small ones too */

		round_trip((struct duration){ part * scale * max[unit], unit });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_round_trip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
