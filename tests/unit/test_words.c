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
		{ "iac ドライバ バス 1", "IACドライバ バス1", true },
		{ "iac bus 1", "IACドライバ Bus 1", true },
		{ "バス 1", "IACドライバ バス10", false },
		{ "iac", "IAC드라이버 버스 1", true },
		{ "gr", "grün", false },
		{ "iac bus 1", "Pilote IAC Bus 1", true },
		{ "iac bus 1", "Gestionnaire IAC Bus 1", true },
		/* an ordinal is no word */
		{ "mix #2", "Mix", true },
		{ "mix #12", "Mix", true },
		{ "mix#2", "Mix", false },
		{ "mix #2x", "Mix", false },
		{ "mix #2 ", "Mix", false },
		{ "mix #0", "Mix", false },
		{ "mix #12345", "Mix", false },
		{ "mix #", "Mix", true },
		{ "#2 mix", "Mix", false },
		{ "mix #2 #3", "Mix", false },
		{ "#2", "Mix 2", false },
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
		{ "Driver IAC Bus 1", true },
		{ "Pilote IAC Bus 1", true },
		{ "Gestionnaire IAC Bus 1", true },
		{ "Controlador IAC Bus 1", true },
		{ "IACドライバ バス1", true },
		{ "IAC驱动程序 总线 1", true },
		{ "Драйвер IAC Шина 1", true },
		{ "Midi Through Port-0", true },
		{ "VirMIDI 0-0", true },
		{ "Virtual Raw MIDI 1-0", true },
		{ "VirMIDI 1-0 #2", true },
		{ "X-TOUCH MINI MIDI 1", false },
		{ "nanoKONTROL2 CTRL", false },
		{ "Maniac 2", false },
		{ "IACé", false },
		{ "MIDI Mix", false },
		{ "Traktor Kontrol X1 MK2", false },
		{ "DDJ-400", false },
		{ "Virtual DJ Through", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (words_bus(cases[i].name) != cases[i].expected)
			fail_msg("\"%s\": expected %s", cases[i].name,
			         cases[i].expected ? "a bus" : "no bus");
}

static void knows_ordinals(void **state)
{
	static const struct {
		const char *wanted;
		int expected;
	} cases[] = {
		{ "x-touch mini", 1 },
		{ "x-touch mini #1", 1 },
		{ "x-touch mini #2", 2 },
		{ "x-touch mini #9999", 9999 },
		{ "mini #10000", 1 },
		{ "mini #0", 1 },
		{ "mini #02", 1 },
		{ "mini#2", 1 },
		{ "mini # 2", 1 },
		{ "mini #2 ", 1 },
		{ "#2 mini", 1 },
		{ "mini 2", 1 },
		{ "mini #3 #2", 2 },
		{ "#2", 2 },
		{ "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (words_ordinal(cases[i].wanted) != cases[i].expected)
			fail_msg("\"%s\": %d, expected %d", cases[i].wanted,
			         words_ordinal(cases[i].wanted), cases[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(knows_buses),
		cmocka_unit_test(knows_ordinals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
