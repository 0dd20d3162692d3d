/* The texts of a mapping's files as they were read. With them the mapping can be loaded again when
 * the files have changed since, or on a machine that does not have them.
 * Thread: control thread (allocates). */
#ifndef CUEWIRE_KEPT_H
#define CUEWIRE_KEPT_H

#include <stddef.h>

struct arena;

struct kept {
	struct arena *arena;      /* owned: all below */
	const char *mappings_dir; /* where shipped mappings were looked for; NULL: nowhere */
	const char **files;       /* that were asked for, in order */
	size_t nfiles;
	struct kept_text {
		const char *name; /* as it was opened */
		const char *text; /* of a file that was opened by several names: the same one */
		size_t len;
	} * texts; /* in the order in which they were opened */
	size_t ntexts, cap;
	/* Names in the order of their numbers, where they are not numbered as the files have them; NULL: none
	 * is there any more. */
	const char **ports, **controls;
	size_t nports, ncontrols;
};

/* Makes it empty, with copies of the names. */
void kept_init(struct kept *k, const char *const files[], size_t n, const char *mappings_dir);
void kept_finish(struct kept *k); /* a zeroed one is allowed */

/* Adds a copy of the text; kept_same: another name of one that is there. */
void kept_add(struct kept *k, const char *name, const char *text, size_t len);
void kept_same(struct kept *k, const char *name, const char *first);

/* Room for so many names, for the caller to set. */
void kept_numbers(struct kept *k, size_t nports, size_t ncontrols);

/* NULL: there is no file of that name. */
const struct kept_text *kept_find(const struct kept *k, const char *name);

#endif
