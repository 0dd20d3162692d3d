/* One problem in a user's file: where it is, what it is, what was expected.
 * Thread: any; a diags is a value on one caller's stack. */
#ifndef CUEWIRE_DIAG_H
#define CUEWIRE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum severity { SEV_ERROR, SEV_WARNING };

#define DIAGS_MAX 20

struct diag {
	const char *file; /* borrowed */
	int line, column; /* from 1; 0: the file as a whole */
	enum severity severity;
	const char *code; /* static, lower case with hyphens: "unknown-key" */
	char msg[256];
	char hint[160]; /* empty: none */
};

/* The first DIAGS_MAX problems and a count of the rest. Zeroed = empty. */
struct diags {
	struct diag list[DIAGS_MAX];
	size_t n;      /* used entries of list */
	size_t more;   /* problems beyond them */
	size_t errors; /* all errors, listed or not */
};

/* The place that a diag speaks of. */
struct where {
	const char *file; /* borrowed */
	int line, column;
};

/* Adds a problem. msg is a printf format; says what and what was expected. What is too long ends in
 * "..."; control characters, which a message quotes from a file, become "?".
 * Returns the entry, for diag_hint, or NULL when the list is full or d is NULL (nobody asks). */
struct diag *diag_add(struct diags *d, struct where at, enum severity sev, const char *code,
                      const char *msg, ...) __attribute__((format(printf, 5, 6)));

/* Gives the entry its remedy; e may be NULL. */
void diag_hint(struct diag *e, const char *hint, ...) __attribute__((format(printf, 2, 3)));

/* Prints "file:line:col: error|warning: message", without what is not known of the place, and the
 * hint, if any, on a line of its own, indented by two spaces. */
void diag_print(FILE *f, const struct diag *e);

/* All of the list, and a last line on how many more there were. */
void diags_print(FILE *f, const struct diags *d);

/* Appends what diags_print prints; "diagnostics": [...], "more": n as `cuewire check --json` has them. */
struct buf;
void diags_text(struct buf *b, const struct diags *d);
void diags_json(struct buf *b, const struct diags *d);

/* Orders the list by file (in order of first appearance), line and column. */
void diags_sort(struct diags *d);

#endif
