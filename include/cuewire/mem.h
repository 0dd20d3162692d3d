/* Memory: allocation that cannot fail, and an arena that is freed whole.
 * Sizes that come from outside are bounded by the caller first.
 * Thread: any, except the engine thread; an arena belongs to one thread at a time. */
#ifndef CUEWIRE_MEM_H
#define CUEWIRE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, calloc, realloc and strdup, but abort with a message when there is no memory. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/* Doubles *cap until it holds n items of the given size; returns the moved block. */
void *xgrow(void *p, size_t *cap, size_t n, size_t size);

struct arena;

/* An arena that takes its memory in chunks of about that size; ARENA_LOAD: for much that will be
 * filled. What is larger than a quarter of it gets a chunk of its own. The pages of a chunk are there
 * from the beginning, where the system can do that: whoever touches them first does not wait for them. */
struct arena *arena_new(size_t chunk_size);
void arena_free(struct arena *a); /* NULL is allowed */

#define ARENA_LOAD ((size_t)128 << 10)

/* Whether each block has a chunk of its own, so that AddressSanitizer sees whoever writes past its end. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_APART true
#elif defined(__has_feature)
#define ARENA_APART __has_feature(address_sanitizer)
#else
#define ARENA_APART false
#endif

/* Zeroed memory, aligned for any type, that lives until arena_free. */
void *arena_alloc(struct arena *a, size_t size);
/* As xgrow; the block that is left behind stays in the arena. */
void *arena_grow(struct arena *a, void *p, size_t *cap, size_t n, size_t size);
void *arena_dup(struct arena *a, const void *p, size_t size);
/* Room for a string of so many bytes, zeroed; without the alignment it is packed. */
char *arena_text(struct arena *a, size_t len);
char *arena_str(struct arena *a, const char *s);
char *arena_strn(struct arena *a, const char *s, size_t len);
char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
