/* The nearest of some names, for "did you mean". Thread: any. */
#ifndef CUEWIRE_NEAR_H
#define CUEWIRE_NEAR_H

#include <stddef.h>

struct near {
	const char *word; /* borrowed: what was written */
	const char *best; /* borrowed: the nearest so far, NULL when none is near enough */
	size_t distance;
};

/* Edit distance (insert, delete, replace, swap of neighbours; the case of ASCII letters is ignored);
 * a candidate counts when it is at most a third of the word's length away (at least 1) and has
 * something in common with it. Of equally near ones the first stays. Words of more than 127 bytes
 * are near to nothing. */
void near_init(struct near *n, const char *word);
void near_try(struct near *n, const char *candidate);

#endif
