#include "cuewire/kept.h"

#include <string.h>

#include "cuewire/mem.h"

void kept_init(struct kept *k, const char *const files[], size_t n, const char *mappings_dir)
{
	*k = (struct kept){ .arena = arena_new(ARENA_LOAD), .nfiles = n };
	if (mappings_dir)
		k->mappings_dir = arena_str(k->arena, mappings_dir);
	k->files = arena_alloc(k->arena, n * sizeof(*k->files));
	for (size_t i = 0; i < n; i++)
		k->files[i] = arena_str(k->arena, files[i]);
}

void kept_finish(struct kept *k)
{
	arena_free(k->arena);
	*k = (struct kept){ 0 };
}

static void add(struct kept *k, const char *name, const char *text, size_t len)
{
	k->texts = arena_grow(k->arena, k->texts, &k->cap, k->ntexts + 1, sizeof(*k->texts));
	k->texts[k->ntexts++] = (struct kept_text){ arena_str(k->arena, name), text, len };
}

void kept_add(struct kept *k, const char *name, const char *text, size_t len)
{
	add(k, name, arena_strn(k->arena, text, len), len);
}

void kept_same(struct kept *k, const char *name, const char *first)
{
	const struct kept_text *t = kept_find(k, first);

	if (t && !kept_find(k, name))
		add(k, name, t->text, t->len);
}

void kept_numbers(struct kept *k, size_t nports, size_t ncontrols)
{
	k->ports = arena_alloc(k->arena, (nports + 1) * sizeof(*k->ports));
	k->nports = nports;
	k->controls = arena_alloc(k->arena, (ncontrols + 1) * sizeof(*k->controls));
	k->ncontrols = ncontrols;
}

const struct kept_text *kept_find(const struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->ntexts; i++)
		if (!strcmp(k->texts[i].name, name))
			return &k->texts[i];
	return NULL;
}
