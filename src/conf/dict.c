#include "dict.h"

#include <string.h>

#include "cuewire/mem.h"

struct dict_entry {
	const char *key; /* NULL: free */
	uint32_t hash, value;
};

/* FNV-1a: the keys are short. */
static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* The entry of the key, or the free one where it belongs. */
static struct dict_entry *slot_of(const struct dict *d, const char *key, uint32_t hash)
{
	size_t i = hash & (d->size - 1);

	for (;; i = (i + 1) & (d->size - 1)) {
		struct dict_entry *e = &d->entries[i];

		if (!e->key || (e->hash == hash && !strcmp(e->key, key)))
			return e;
	}
}

static void grow(struct dict *d)
{
	const struct dict old = *d;

	d->size = old.size ? old.size * 2 : 64;
	d->entries = arena_alloc(d->arena, d->size * sizeof(*d->entries));
	for (size_t i = 0; i < old.size; i++)
		if (old.entries[i].key)
			*slot_of(d, old.entries[i].key, old.entries[i].hash) = old.entries[i];
}

uint32_t *dict_get(const struct dict *d, const char *key)
{
	struct dict_entry *e;

	if (!d->size)
		return NULL;
	e = slot_of(d, key, hash_of(key));
	return e->key ? &e->value : NULL;
}

void dict_put(struct dict *d, const char *key, uint32_t value)
{
	const uint32_t hash = hash_of(key);

	if (2 * (d->used + 1) > d->size)
		grow(d);
	*slot_of(d, key, hash) = (struct dict_entry){ .key = key, .hash = hash, .value = value };
	d->used++;
}

void dict_each(const struct dict *d, void (*fn)(void *ctx, const char *key), void *ctx)
{
	for (size_t i = 0; i < d->size; i++)
		if (d->entries[i].key)
			fn(ctx, d->entries[i].key);
}
