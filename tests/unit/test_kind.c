#include "cuewire/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

#define BIT(op) (1u << (op))

/* The whole table once more, as the manual has it: a change of meaning must be made twice. */
static const struct kind_info expected[KIND_COUNT] = {
	[KIND_FADER] = { "fader", .keeps = true, .resent = true, .waits = WAITS_BEHIND,
	                 .ops = BIT(OP_SET) | BIT(OP_NUDGE) },
	[KIND_SWITCH] = { "switch", .keeps = true, .binary = true, .resent = true,
	                  .waits = WAITS_LATEST,
	                  .ops = BIT(OP_SET) | BIT(OP_PRESS) | BIT(OP_RELEASE) },
	[KIND_BUTTON] = { "button", .held = true, .binary = true,
	                  .ops = BIT(OP_SET) | BIT(OP_PRESS) | BIT(OP_RELEASE) },
	[KIND_ENCODER] = { "encoder", .ops = BIT(OP_NUDGE) },
	[KIND_LAMP] = { "lamp", .ops = 0 },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind_info *k = &kinds[i], *x = &expected[i];

		assert_string_equal(k->name, x->name);
		assert_int_equal(k->keeps, x->keeps);
		assert_int_equal(k->held, x->held);
		assert_int_equal(k->binary, x->binary);
		assert_int_equal(k->resent, x->resent);
		assert_int_equal(k->waits, x->waits);
		assert_int_equal(k->ops, x->ops);
		assert_true(k->help && *k->help);
	}
}

/* What is held must not be kept, what is not kept must not be sent again or merged. */
static void test_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		assert_false(kinds[i].held && kinds[i].keeps);
		assert_false(kinds[i].resent && !kinds[i].keeps);
		assert_true(kinds[i].waits == WAITS_ALL || kinds[i].keeps);
	}
}

static void test_op_names(void **state)
{
	static const char *const names[OP_COUNT] = { "set", "press", "release", "nudge" };

	(void)state;
	for (size_t i = 0; i < OP_COUNT; i++)
		assert_string_equal(op_names[i], names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sense),
		cmocka_unit_test(test_op_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kind", tests, NULL, NULL);
}
