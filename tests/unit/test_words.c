#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cuewire/words.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void matches(void **state)
{
	static const struct {
		const char *wanted, *name;
		bool expected;
	} cases[] = {
		{ "iac bus 1", "IAC Driver Bus 1", true },
		{ "iac bus 1", "Driver IAC Bus 1", true },
		{ "iac bus 1", "IAC-Treiber Bus 1", true },
		{ "iac bus 1", "IAC Driver Bus 10", false },
		{ "iac bus 10", "IAC Driver Bus 1", false },
		{ "iac bus 1", "IAC Driver Bus 2", false },
		{ "IAC  Bus_1", "iac driver bus 1", true },
		{ "iac driver bus 1", "IAC Bus 1", false },
		{ "through", "Midi Through Port-0", true },
		{ "midi port 0", "Midi Through Port-0", true },
		{ "midi port-0", "Midi Through Port-0", true },
		{ "thro", "Midi Through Port-0", false },
		{ "hrough", "Midi Through Port-0", false },
		/* letters next to digits are one word */
		{ "nanokontrol2", "nanoKONTROL2 CTRL", true },
		{ "nanokontrol", "nanoKONTROL2 CTRL", false },
		{ "nanokontrol 2", "nanoKONTROL2 CTRL", false },
		{ "bus1", "IAC Driver Bus 1", false },
		/* a word that is asked for twice need not be there twice */
		{ "bus bus", "Bus 1", true },
		/* other scripts: the case of ASCII letters alone is ignored */
		{ "gerät", "Gerät 1", true },
		{ "gerat", "Gerät 1", false },
		{ "ger", "Gerät 1", false },
		{ "t", "Gerät 1", false },
		{ "バス 1", "IACドライバ バス 1", true },
		{ "バス", "IACドライバ バス1", false },
		{ "ÉCRAN", "écran", false },
		{ "ÉCRAN", "Écran", true },
		/* bytes that are no UTF-8 are compared as they are */
		{ "caf\xE9", "CAF\xE9 1", true },
		{ "caf\xE9", "CAF\xE8 1", false },
		/* without a word nothing matches */
		{ "", "IAC Driver Bus 1", false },
		{ " - / ", "IAC - Driver", false },
		{ "", "", false },
		{ "iac", "", false },
		{ "iac", "---", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (words_match(cases[i].wanted, cases[i].name) != cases[i].expected)
			fail_msg("\"%s\" and \"%s\": expected %s", cases[i].wanted, cases[i].name,
			         cases[i].expected ? "a match" : "no match");
}

static void knows_buses(void **state)
{
	static const struct {
		const char *name;
		bool expected;
	} cases[] = {
		{ "IAC Driver Bus 1", true },
		{ "IAC-Treiber Bus 1", true },
		{ "Midi Through Port-0", true },
		{ "VirMIDI 0-0", true },
		{ "X-TOUCH MINI MIDI 1", false },
		{ "nanoKONTROL2 CTRL", false },
		{ "Maniac 2", false },
		{ "MIDI Mix", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (words_bus(cases[i].name) != cases[i].expected)
			fail_msg("\"%s\": expected %s", cases[i].name,
			         cases[i].expected ? "a bus" : "no bus");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(knows_buses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
