#include "cuewire/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

static void test_no_limit(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, 0);
	budget_take(&b, S, 1000000);
	assert_true(budget_room(&b, S) == SIZE_MAX);
}

static void test_depth(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, BUDGET_BUS);
	assert_int_equal(budget_room(&b, 7 * S), BUDGET_DEPTH);
	for (size_t left = BUDGET_DEPTH; left; left -= 3) {
		assert_int_equal(budget_room(&b, 7 * S), left);
		budget_take(&b, 7 * S, 3);
	}
	assert_int_equal(budget_room(&b, 7 * S), 0);
	/* It fills again, and no further than to the brim. */
	assert_int_equal(budget_room(&b, 8 * S), BUDGET_DEPTH);
	assert_int_equal(budget_room(&b, 100 * S), BUDGET_DEPTH);
}

/* As soon as budget_when says, and not before. */
static void test_when(void **state)
{
	static const unsigned rates[] = { 1, 1000, BUDGET_BUS, 31250, 1000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct budget b;

		budget_init(&b, rates[i]);
		budget_take(&b, S, BUDGET_DEPTH);
		for (size_t n = 1; n <= BUDGET_DEPTH; n++) {
			const uint64_t t = budget_when(&b, n);

			assert_true(budget_room(&b, t) >= n);
			assert_true(budget_room(&b, t - 1) < n);
		}
	}
}

/* A second of as much as it lets through. */
static void test_rate(void **state)
{
	struct budget b;
	uint64_t now = S;
	size_t sent = 0;

	(void)state;
	budget_init(&b, BUDGET_BUS);
	while (now < 2 * S) {
		if (budget_room(&b, now) >= 3) {
			budget_take(&b, now, 3);
			sent += 3;
		} else {
			now = budget_when(&b, 3);
		}
	}
	assert_in_range(sent, BUDGET_BUS, BUDGET_BUS + BUDGET_DEPTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_rate),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
