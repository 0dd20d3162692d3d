#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/pick.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const names[] = {
	"deck.a.volume",   "deck.b.volume",  "deck.a.eq.low",    "deck.a.eq.low.kill",
	"deck.a.hotcue.3", "deck.a.loop.in", "mixer.crossfader", "monitor.volume",
	"deck.a.gain",     "deck.a.play",    "browser.list",
};

/* The name that answers best; NULL: none, or two that do equally. */
static const char *best(const char *typed)
{
	const char *found = NULL;
	int most = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		const int score = pick_score(typed, names[i]);

		if (score == most)
			found = NULL;
		if (score > most) {
			most = score;
			found = names[i];
		}
	}
	return found;
}

static void finds(void **state)
{
	static const struct {
		const char *typed, *expected; /* NULL: none alone */
	} cases[] = {
		{ "vol a", "deck.a.volume" },
		{ "a vol", "deck.a.volume" },
		{ "A VOL", "deck.a.volume" },
		{ "deck b volume", "deck.b.volume" },
		{ "deck.b.vol", "deck.b.volume" },
		{ "cross", "mixer.crossfader" },
		{ "fader", "mixer.crossfader" },
		{ "mon", "monitor.volume" },
		{ "low", "deck.a.eq.low" }, /* the shorter one */
		{ "low kill", "deck.a.eq.low.kill" },
		{ "hot 3", "deck.a.hotcue.3" },
		{ "hc3", "deck.a.hotcue.3" },
		{ "mxf", "mixer.crossfader" },
		{ "deck.a.play", "deck.a.play" },
		{ "vol", "monitor.volume" },
		{ "deck vol", NULL }, /* of which deck? */
		{ "xyz", NULL },
		{ "vol z", NULL },
		{ "", NULL },
		{ " . ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *found = best(cases[i].typed);

		if ((found != NULL) != (cases[i].expected != NULL) ||
		    (found && strcmp(found, cases[i].expected) != 0))
			fail_msg("\"%s\": %s", cases[i].typed, found ? found : "none");
	}
}

static void exact_is_best(void **state)
{
	(void)state;
	assert_int_equal(pick_score("deck.a.eq.low", "deck.a.eq.low"), PICK_EXACT);
	assert_int_equal(pick_score("Deck.A.eq.low", "deck.a.eq.low"), PICK_EXACT);
	assert_true(pick_score("deck.a.eq.low", "deck.a.eq.low.kill") < PICK_EXACT);
	assert_true(pick_score("deck.a.eq.low", "deck.a.eq.low.kill") > 0);
	assert_int_equal(pick_score("", ""), 0);
	assert_int_equal(pick_score("a", ""), 0);
}

static void more_of_a_word_is_better(void **state)
{
	(void)state;
	assert_true(pick_score("in", "loop.in") > pick_score("in", "loop.inner"));
	assert_true(pick_score("in", "loop.inner") > pick_score("in", "deck.gain"));
	assert_true(pick_score("in", "deck.gain") > pick_score("in", "pitch.bend"));
	assert_true(pick_score("in", "pitch.bend") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(exact_is_best),
		cmocka_unit_test(more_of_a_word_is_better),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
