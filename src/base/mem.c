#include "cuewire/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/platform.h"

#define GROW_MIN 16
#define CHUNK_MIN 2048
#define PAGES_MIN ((size_t)16 << 10) /* chunks from here on are asked of the system itself */

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

/* The capacity that doubling cap gets to for n items. */
static size_t doubled(size_t cap, size_t n)
{
	if (!cap)
		cap = GROW_MIN;
	while (cap < n)
		cap = times(cap, 2);
	return cap;
}

void *xgrow(void *p, size_t *cap, size_t n, size_t size)
{
	if (p && *cap >= n)
		return p;
	*cap = doubled(*cap, n);
	return xrealloc(p, times(*cap, size));
}

/* ---- arena ---- */

/* Chunks come zeroed and no part of one is used twice, so nothing has to be cleared. Blocks are
 * taken from the front, text, which needs no alignment, from the back. */
struct chunk {
	struct chunk *next; /* owned: the one before it in time */
	size_t size;        /* with this head */
	size_t front, back; /* what is free, from the chunk's beginning */
	max_align_t data[];
};

struct arena {
	struct chunk *chunks; /* owned; the first is being filled */
	size_t chunk_size;
};

struct arena *arena_new(size_t chunk_size)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->chunk_size = chunk_size > CHUNK_MIN ? chunk_size : CHUNK_MIN;
	return a;
}

static bool has_pages(size_t size)
{
	return size >= PAGES_MIN && !ARENA_APART;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		if (has_pages(c->size))
			platform_pages_free(c, c->size);
		else
			free(c);
	}
	free(a);
}

static struct chunk *new_chunk(size_t size)
{
	struct chunk *c;

	c = must(has_pages(size) ? platform_pages(size) : calloc(1, size), size);
	c->size = c->back = size;
	c->front = sizeof(*c);
	return c;
}

/* What is large gets a chunk of its own behind the first, which goes on being filled. */
static struct chunk *large_chunk(struct arena *a, size_t size)
{
	struct chunk *c = new_chunk(sizeof(*c) + size);

	if (a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		a->chunks = c;
	}
	return c;
}

/* A chunk with so many bytes free. */
static struct chunk *chunk_for(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;

	if (c && size <= c->back - c->front)
		return c;
	if (ARENA_APART || size > a->chunk_size / 4)
		return large_chunk(a, size);
	c = new_chunk(a->chunk_size);
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct chunk *c;
	void *p;

	if (size > SIZE_MAX / 2)
		die(size);
	size = size ? (size + align - 1) / align * align : align;
	c = chunk_for(a, size);
	p = (char *)c + c->front;
	c->front += size;
	return p;
}

void *arena_grow(struct arena *a, void *p, size_t *cap, size_t n, size_t size)
{
	const size_t used = p ? *cap * size : 0;
	void *more;

	if (p && *cap >= n)
		return p;
	*cap = doubled(*cap, n);
	more = arena_alloc(a, times(*cap, size));
	return used ? memcpy(more, p, used) : more;
}

void *arena_dup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_text(struct arena *a, size_t len)
{
	struct chunk *c;

	if (len > SIZE_MAX / 2)
		die(len);
	c = chunk_for(a, len + 1);
	c->back -= len + 1;
	return (char *)c + c->back;
}

char *arena_str(struct arena *a, const char *s)
{
	return arena_strn(a, s, strlen(s));
}

char *arena_strn(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_text(a, len);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char shortly[128], *s;
	int n;

	va_start(args, fmt);
	n = vsnprintf(shortly, sizeof(shortly), fmt, args);
	va_end(args);
	if (n < 0)
		die(SIZE_MAX);
	if ((size_t)n < sizeof(shortly))
		return arena_strn(a, shortly, (size_t)n);
	s = arena_text(a, (size_t)n);
	va_start(args, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, args);
	va_end(args);
	return s;
}
