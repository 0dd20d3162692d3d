/* The strict scanner behind json_load; nobody but json*.c includes this.
 *
 *   json_scan.c    values, objects, lists, numbers     json_string.c  strings and keys
 *   json_fault.c   what is said of a text that is wrong
 *
 * A scan function gets a pointer to the first byte of what it scans and returns one to the byte
 * behind it, or NULL when it has reported an error. */
#ifndef CUEWIRE_JSON_SCAN_H
#define CUEWIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/codes.h"
#include "cuewire/json.h"

/* Byte offsets into the text. */
struct json_place {
	uint32_t value;
	uint32_t key; /* of its opening quote; a value without a key: as value */
};

struct arena;

struct json_source {
	const char *file, *text; /* borrowed */
	size_t len;
	const struct json_limits *lim;
	struct diags *d; /* may be NULL */
	int line;        /* as in struct json */
};

struct scan_key {
	const char *at; /* the opening quote */
	char *name;     /* without escapes */
	size_t len;
};

struct scan {
	const struct json_source *src;
	const char *end;     /* of the text */
	const char *open;    /* the innermost bracket or brace that is not closed yet, or NULL */
	struct arena *arena; /* everything is in it */
	struct json_place *places;
	size_t nplaces, places_cap;
	uint32_t *lines; /* as in struct json: up to where the scan is */
	size_t nlines, lines_cap;
	struct scan_key *keys; /* of all open objects, the innermost one's last */
	size_t nkeys, keys_cap;
};

/* Makes a tree of the text if it is one JSON value within the limits. Returns 0 and the tree, the
 * places of all values, an object or a list before what it holds, and the lines, all in the arena;
 * or -1 with one error in d. */
int json_scan(const struct json_source *src, struct arena *arena, struct json *out);

/* Line and column of the byte at offset; first: the number of the text's first line. */
struct where json_where(const char *file, int first, const uint32_t *lines, size_t nlines,
                        size_t offset);

/* ---- within the scanner ---- */

/* The byte at p, or -1 at the end. */
static inline int scan_look(const struct scan *s, const char *p)
{
	return p < s->end ? (unsigned char)*p : -1;
}

/* A string with its quotes; *escaped: it holds a backslash. */
const char *scan_string(struct scan *s, const char *p, bool *escaped);

/* The same string without quotes and escapes, in the arena. */
char *scan_copy(struct scan *s, const char *p, const char *end, bool escaped);

/* A key with its quotes; adds it to keys. */
const char *scan_key(struct scan *s, const char *p);

/* Takes the keys from index first on away. False, and an error, when two are the same. */
bool scan_keys_differ(struct scan *s, size_t first);

/* Report an error at p and return NULL. fault_hint has a remedy; fault_expected says what is found
 * in place of the thing wanted, and knows what people write by habit. */
const char *fault(struct scan *s, const char *p, const char *msg, ...)
	__attribute__((format(printf, 3, 4)));
const char *fault_hint(struct scan *s, const char *p, const char *msg, const char *hint);
const char *fault_expected(struct scan *s, const char *p, const char *wanted);

/* The same for a place where a value, or a key, should begin, and for a key that is there twice. */
const char *fault_value(struct scan *s, const char *p);
const char *fault_key(struct scan *s, const char *p);
void fault_duplicate(struct scan *s, const struct scan_key *first, const struct scan_key *second);

#endif
