/* JSON: a strict RFC 8259 reader that makes trees of cJSON's nodes and knows the place of every value.
 * cJSON's own parser accepts 01, 1., control characters in strings, bad UTF-8, duplicate keys, a cut
 * \u0000, garbage behind the end, and says nothing of where a value stood.
 * Thread: any. */
#ifndef CUEWIRE_JSON_H
#define CUEWIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/diag.h"

struct arena;
struct cJSON;

struct json_limits {
	size_t bytes;  /* of the text */
	size_t depth;  /* of nesting */
	size_t values; /* values in all */
};
extern const struct json_limits json_limits_file;    /* mapping files: 4 MiB, 32, 500,000 */
extern const struct json_limits json_limits_message; /* one message: 64 KiB, 16, 4,096 */

struct json {
	const struct cJSON *root; /* to be read only: its nodes are not cJSON's to change or free */
	const char *file;         /* borrowed; for diags */
	int line;                 /* of the file, from 1: the first of the text */
	struct arena *arena;      /* owned: all below; NULL: that is in the caller's */
	struct json_place *places; /* byte offsets of values and keys in document order */
	size_t nplaces;
	uint32_t *lines; /* byte offsets at which the lines after the first begin */
	size_t nlines;
};

/* Reads text into a tree of cJSON's nodes. Returns 0, or -1 with one error in d (code "json") whose
 * place is the byte at fault. On success every node's `valueint` is its index into places (numbers
 * are read from valuedouble), so that copies made with cJSON_Duplicate keep their place. A duplicate
 * key is an error "duplicate-key" at the second one. d may be NULL. */
int json_load(struct json *j, const char *file, const char *text, size_t len,
              const struct json_limits *lim, struct diags *d);
void json_free(struct json *j);

/* As json_load, with all in an arena of the caller's. */
int json_load_into(struct json *j, struct arena *arena, const char *file, const char *text,
                   size_t len, const struct json_limits *lim, struct diags *d);

/* As json_load, of a text that is a line of a file: places and messages have its number. */
int json_load_line(struct json *j, const char *file, int number, const char *text, size_t len,
                   const struct json_limits *lim, struct diags *d);

/* Where a value, or the key before it, stands (line and column from 1; columns count bytes). */
size_t json_offset(const struct json *j, const struct cJSON *v); /* in the text, of a value */
struct where json_at(const struct json *j, const struct cJSON *v);
struct where json_key_at(const struct json *j, const struct cJSON *v);

#endif
