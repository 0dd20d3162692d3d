/* The text of a mapping file and the places of what is in it, for edit.c. */
#ifndef CUEWIRE_CONF_EDIT_PAGE_H
#define CUEWIRE_CONF_EDIT_PAGE_H

#include <stdbool.h>

#include "cuewire/edit.h"
#include "cuewire/json.h"

/* A scanned text, and pointers into it. */
struct page {
	struct json json;
	const char *text, *end;
	const struct cJSON *routes; /* NULL: none */
};

/* Scans the text; the result is finished with json_free(&p->json). Returns 0, or -1 with an error
 * in d. */
int page_open(struct page *p, const struct edit_text *in, struct diags *d);

/* Adds an error. Returns -1. */
int page_fail(struct diags *d, struct where at, const char *code, const char *msg);

/* The byte at a line and column; where a value begins. */
const char *page_where(const struct page *p, struct where w);
const char *page_start(const struct page *p, const struct cJSON *v);

/* The byte behind the value that begins at p. */
const char *page_end(const struct page *page, const char *p);

/* The byte behind the string that begins at p. */
const char *page_skip_string(const char *p);

bool page_is_space(char c);

/* Where the white space before p begins. */
const char *page_space(const struct page *page, const char *p);

/* The last line feed in [from, to), NULL: none. */
const char *page_newline(const char *from, const char *to);

/* The last item of a list or object, NULL: none. */
const struct cJSON *page_last(const struct cJSON *list);

#endif
