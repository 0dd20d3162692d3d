#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/near.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void measures(void **state)
{
	static const struct {
		const char *word, *candidate;
		int expected; /* -1: not near */
	} cases[] = {
		{ "fader", "fader", 0 },
		{ "Fader", "fADER", 0 },
		{ "fadr", "fader", 1 },   /* insert */
		{ "faader", "fader", 1 }, /* delete */
		{ "fazer", "fader", 1 },  /* replace */
		{ "faedr", "fader", 1 },  /* swap */
		{ "afder", "fader", 1 },  /* swap at the start */
		{ "fadre", "fader", 1 },  /* swap at the end */
		{ "faddr1", "fader", 2 },
		{ "channnel", "channel", 1 },
		{ "chanell", "channel", 2 },
		{ "fdaer", "fader", 1 },
		{ "dfaer", "fader", -1 }, /* 2 of 5 letters */
		{ "fadxy", "fader", -1 },
		{ "button", "fader", -1 },
		{ "deck.a.eq.hgih", "deck.a.eq.high", 1 },
		{ "deck.a.equaliser.high", "deck.a.eq.high", 7 }, /* a third of 21 */
		{ "deck.a.equaliserx.high", "deck.a.eq.high", -1 },
		{ "c", "cc", 1 },
		{ "cc", "c", 1 },
		{ "x", "y", -1 }, /* nothing in common */
		{ "", "x", -1 },
		{ "x", "", -1 },
		{ "", "", -1 },
		{ "ab", "ba", 1 },
		{ "note", "node", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct near n;

		near_init(&n, cases[i].word);
		assert_null(n.best);
		near_try(&n, cases[i].candidate);
		if (cases[i].expected < 0) {
			assert_null(n.best);
		} else {
			assert_ptr_equal(n.best, cases[i].candidate);
			assert_int_equal(n.distance, cases[i].expected);
		}
	}
}

static void keeps_the_nearest(void **state)
{
	static const struct {
		const char *candidates[4], *expected;
	} cases[] = {
		{ { "invert", "curve", "threshold" }, "threshold" },
		{ { "thresholds", "threshold" }, "threshold" },
		{ { "threshold", "thresholds" }, "threshold" },
		{ { "treshhold", "treshhole" }, "treshhold" },
		{ { "treshola", "tresholb" }, "treshola" }, /* equally near: the first */
		{ { "range" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct near n;

		near_init(&n, "treshold");
		for (size_t k = 0; cases[i].candidates[k]; k++)
			near_try(&n, cases[i].candidates[k]);
		if (cases[i].expected)
			assert_string_equal(n.best, cases[i].expected);
		else
			assert_null(n.best);
	}
}

static void long_words_are_near_to_nothing(void **state)
{
	char word[300], candidate[300];
	static const size_t lens[] = { 120, 127, 128, 299 };

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		struct near n;

		memset(word, 'a', lens[i]);
		word[lens[i]] = '\0';
		strcpy(candidate, word);
		candidate[5] = 'b';
		near_init(&n, word);
		near_try(&n, candidate);
		if (lens[i] <= 127)
			assert_int_equal(n.distance, 1);
		assert_int_equal(n.best != NULL, lens[i] <= 127);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures),
		cmocka_unit_test(keeps_the_nearest),
		cmocka_unit_test(long_words_are_near_to_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
