/* Names of MIDI ports matched by words, not strings: "iac bus 1" matches "IAC Driver Bus 1",
 * "Driver IAC Bus 1" and "IAC-Treiber Bus 1", not "Bus 10". Thread: any; pure. */
#ifndef CUEWIRE_WORDS_H
#define CUEWIRE_WORDS_H

#include <stdbool.h>

/* Every word of wanted is a word of name, in any order, the case of ASCII letters ignored. A word
 * is a run of letters and digits of any script (in UTF-8, every byte above 0x7F counts as one); a
 * change from letters to digits does not split it. Without a word, wanted matches nothing. */
bool words_match(const char *wanted, const char *name);

/* Whether a port of this name is a bus, that is, gives back what is written to it:
 * IAC, Midi Through, VirMIDI. */
bool words_bus(const char *name);

#endif
