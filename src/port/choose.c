#include "choose.h"

#include <string.h>

#include "driver.h"

#include "cuewire/buf.h"
#include "cuewire/words.h"

static bool same_name(const char *wanted, const char *name)
{
	return !strcmp(wanted, name);
}

/* Finds the nth that matches. */
static bool find(struct driver *d, bool input, const char *wanted, int nth,
                 bool (*match)(const char *wanted, const char *name), struct driver_device *out)
{
	const int count = d->ops->count(d);
	struct driver_device device;

	for (int id = 0; id < count; id++) {
		if (!d->ops->device(d, id, &device) || device.input != input)
			continue;
		if (!match(wanted, device.name) || --nth)
			continue;
		*out = device;
		return true;
	}
	return false;
}

bool choose_device(struct driver *d, const struct choice *c, bool input, struct driver_device *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *words = c->words[i];

		if (find(d, input, words, 1, same_name, out) ||
		    find(d, input, words, words_ordinal(words), words_match, out))
			return true;
	}
	return false;
}

void choose_explain(struct driver *d, const struct choice *c, bool input, struct buf *reason)
{
	const int count = d->ops->count(d);
	struct driver_device device;
	const char *before = " (seen: ";

	buf_fmt(reason, "no %s matches", input ? "input" : "output");
	for (size_t i = 0; i < c->n; i++)
		buf_fmt(reason, "%s \"%s\"", i ? " or" : "", c->words[i]);
	for (int id = 0; id < count; id++) {
		if (!d->ops->device(d, id, &device) || device.input != input)
			continue;
		buf_fmt(reason, "%s\"%s\"", before, device.name);
		before = ", ";
	}
	buf_puts(reason, *before == ',' ? ")" : " (there is none)");
}
