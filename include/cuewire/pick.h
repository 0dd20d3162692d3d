/* Names found by a part of them: "vol a" finds deck.a.volume. Thread: any; pure. */
#ifndef CUEWIRE_PICK_H
#define CUEWIRE_PICK_H

/* How well a name (words with dots or underscores between) answers to what was typed (words,
 * with spaces, dots or underscores between, in any order; the case of ASCII letters is ignored).
 * Every word typed must be a word of the name, its begin, a part of it or, at worst, letters of
 * the whole name in order. Better is more; 0: not at all. Without a word, nothing is found. */
int pick_score(const char *typed, const char *name);

#define PICK_EXACT 100000 /* the name itself */

#endif
