/* What several tests need: bytes from hex, files, and mappings from a text in the test. Included
 * after <cmocka.h>. */
#ifndef CUEWIRE_TESTS_HELPERS_H
#define CUEWIRE_TESTS_HELPERS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/load.h"
#include "cuewire/mem.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* Reads "B0 07 40" into b. Returns the number of bytes. */
static inline size_t hex_bytes(const char *hex, uint8_t *b, size_t size)
{
	size_t n = 0;
	char *end;

	for (;; hex = end) {
		const unsigned long v = strtoul(hex, &end, 16);

		if (end == hex)
			return n;
		assert_true(n < size && v < 256);
		b[n++] = (uint8_t)v;
	}
}

/* A small generator, so that a failure is the same everywhere: xorshift, s is never 0. */
static inline uint32_t random_next(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static inline uint32_t random_below(uint32_t *s, uint32_t n)
{
	return (uint32_t)(((uint64_t)random_next(s) * n) >> 32);
}

/* Prints what the loader says and fails. */
static inline void load_failed(const struct diags *d)
{
	diags_print(stderr, d);
	fail_msg("the mapping of the test is refused");
}

/* The text with ' in place of ", as a mapping. */
static inline struct mapping *load_quoted(const char *text)
{
	struct mapping *m = NULL;
	struct diags d = { 0 };
	char *json = xstrdup(text);

	for (char *p = json; (p = strchr(p, '\''));)
		*p = '"';
	if (mapping_load_text(&m, "test", json, strlen(json), NULL, &d))
		load_failed(&d);
	free(json);
	return m;
}

/* A control's number; it must be there. */
static inline uint16_t control_of(const struct mapping *m, const char *name)
{
	const int c = mapping_control(m, name, strlen(name));

	if (c < 0)
		fail_msg("no control %s", name);
	return (uint16_t)c;
}

#endif
