/* Strings to numbers: a hash table with open addressing. Keys are borrowed.
 * Thread: one at a time. Empty, and of no cost, when all but the arena is zero. */
#ifndef CUEWIRE_CONF_DICT_H
#define CUEWIRE_CONF_DICT_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct dict {
	struct arena *arena;        /* borrowed: where the entries are */
	struct dict_entry *entries; /* size is a power of two */
	size_t size, used;
};

/* The number of a key, NULL when there is none. Valid until the next dict_put. */
uint32_t *dict_get(const struct dict *d, const char *key);

/* Adds a key that is not there. */
void dict_put(struct dict *d, const char *key, uint32_t value);

/* Calls fn for every key, in no order. */
void dict_each(const struct dict *d, void (*fn)(void *ctx, const char *key), void *ctx);

#endif
