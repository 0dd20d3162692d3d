/* Names of MIDI ports matched by words, not strings: "iac bus 1" matches "IAC Driver Bus 1",
 * "Driver IAC Bus 1" and "IAC-Treiber Bus 1", not "Bus 10". Of several ports that match, "#2" at the
 * end of the words takes the second: "x-touch mini #2". Thread: any; pure. */
#ifndef CUEWIRE_WORDS_H
#define CUEWIRE_WORDS_H

#include <stdbool.h>

/* Every word of wanted is a word of name, in any order, the case of ASCII letters ignored. A word
 * is a run of letters and digits of any script (in UTF-8, every byte above 0x7F counts as one); a
 * change from letters to digits does not split it, but one to or from a script that is written
 * without spaces (all from U+3000 on) does: "IACドライバ" is two words. An ordinal at the end of wanted
 * is none of its words. Without a word, wanted matches nothing. */
bool words_match(const char *wanted, const char *name);

/* Which of the ports that match, in the order of the system's list, is meant: 2 where wanted is "#2"
 * after its last space; 1 where it does not end so. */
int words_ordinal(const char *wanted);

/* Whether a port of this name is a bus, that is, gives back what is written to it:
 * IAC in the names that macOS gives it, Midi Through, VirMIDI. */
bool words_bus(const char *name);

#endif
