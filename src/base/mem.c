#include "cuewire/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW_MIN 16
#define CHUNK_MIN ((size_t)16 << 10)
#define CHUNK_MAX ((size_t)1 << 20)

static _Noreturn void die(size_t size)
{
	fprintf(stderr, "cuewire: out of memory (%zu bytes asked for)\n", size);
	abort();
}

/* A block of no bytes is a block all the same: NULL only ever means "none". */
static void *must(void *p, size_t size)
{
	if (!p)
		die(size);
	return p;
}

static size_t times(size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		die(SIZE_MAX);
	return n * size;
}

void *xmalloc(size_t size)
{
	return must(malloc(size ? size : 1), size);
}

void *xcalloc(size_t n, size_t size)
{
	const size_t total = times(n, size);

	return must(calloc(1, total ? total : 1), total);
}

void *xrealloc(void *p, size_t size)
{
	return must(realloc(p, size ? size : 1), size);
}

char *xstrdup(const char *s)
{
	const size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

void *xgrow(void *p, size_t *cap, size_t n, size_t size)
{
	size_t c = *cap ? *cap : GROW_MIN;

	if (p && *cap >= n)
		return p;
	while (c < n)
		c = times(c, 2);
	p = xrealloc(p, times(c, size));
	*cap = c;
	return p;
}

/* ---- arena ---- */

/* Chunks come zeroed and are never used twice, so nothing has to be cleared. */
struct chunk {
	struct chunk *next; /* owned: the one before it in time */
	size_t used, size;
	max_align_t data[];
};

struct arena {
	struct chunk *chunks; /* owned; the first is being filled */
	size_t next_size;
};

struct arena *arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->next_size = CHUNK_MIN;
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

static struct chunk *new_chunk(size_t size)
{
	struct chunk *c;

	if (size > SIZE_MAX - sizeof(*c))
		die(size);
	c = xcalloc(1, sizeof(*c) + size);
	c->size = size;
	return c;
}

/* What is large gets a chunk of its own behind the first, which goes on being filled. */
static void *alloc_large(struct arena *a, size_t size)
{
	struct chunk *c = new_chunk(size);

	c->used = size;
	if (a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		a->chunks = c;
	}
	return c->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct chunk *c = a->chunks;
	void *p;

	if (size > SIZE_MAX - align)
		die(size);
	size = size ? (size + align - 1) / align * align : align;
	if (!c || size > c->size - c->used) {
		if (size > a->next_size / 4)
			return alloc_large(a, size);
		c = new_chunk(a->next_size);
		c->next = a->chunks;
		a->chunks = c;
		if (a->next_size < CHUNK_MAX)
			a->next_size *= 2;
	}
	p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

void *arena_dup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_str(struct arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s) + 1);
}

char *arena_strn(struct arena *a, const char *s, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		die(len);
	copy = arena_alloc(a, len + 1);
	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *s;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		die(SIZE_MAX);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, args);
	va_end(args);
	return s;
}
