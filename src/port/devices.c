#include "devices.h"

#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

void devices_add(struct devices *d, const struct link_record *r)
{
	if (d->n == DEVICES_MAX)
		return;
	if (d->n == d->cap)
		d->list = xgrow(d->list, &d->cap, d->n + 1, sizeof(*d->list));
	d->list[d->n++] = *r;
}

void devices_remove(struct devices *d, size_t i)
{
	d->n--;
	memmove(&d->list[i], &d->list[i + 1], (d->n - i) * sizeof(*d->list));
}

void devices_finish(struct devices *d)
{
	free(d->list);
	*d = (struct devices){ .list = NULL };
}

/* How many of the first n of a list are this one. */
static size_t count(const struct link_record *list, size_t n, const struct link_record *r)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += list[i].value == r->value && list[i].flags == r->flags &&
		         !strcmp(list[i].text, r->text);
	return found;
}

void devices_compare(const struct devices *a, const struct devices *b,
                     void (*fn)(const struct link_record *r))
{
	for (size_t i = 0; i < a->n; i++)
		if (count(a->list, i + 1, &a->list[i]) > count(b->list, b->n, &a->list[i]))
			fn(&a->list[i]);
}
