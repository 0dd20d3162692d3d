#include "held.h"

#include <string.h>

#include "cuewire/mem.h"

void held_drop(struct held *h, uint16_t key)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->keys[i].key != key)
			continue;
		h->n--;
		memmove(&h->keys[i], &h->keys[i + 1], (h->n - i) * sizeof(*h->keys));
		return;
	}
}

void held_add(struct held *h, const struct link_record *press)
{
	struct held_key k = { .key = press->key, .len = press->release_len };

	if (k.len > sizeof(k.release))
		k.len = sizeof(k.release);
	memcpy(k.release, press->release, sizeof(k.release));
	held_drop(h, k.key);
	if (h->n == h->cap)
		h->keys = xgrow(h->keys, &h->cap, h->n + 1, sizeof(*h->keys));
	h->keys[h->n++] = k;
}
