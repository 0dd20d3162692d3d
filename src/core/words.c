#include "cuewire/words.h"

#include <stddef.h>

struct word {
	const char *p; /* borrowed from the text */
	size_t len;
};

static const char *const buses[] = { "iac", "midi through", "virmidi" };

/* ctype.h would ask the locale, and ports are matched alike everywhere. */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_word(char c)
{
	const char f = fold(c);

	return (f >= 'a' && f <= 'z') || (f >= '0' && f <= '9') || (unsigned char)f >= 0x80;
}

/* Takes the next word off *text. Returns false when there is none. */
static bool next_word(const char **text, struct word *out)
{
	const char *p = *text;

	while (*p && !in_word(*p))
		p++;
	*out = (struct word){ .p = p };
	while (in_word(*p))
		p++;
	out->len = (size_t)(p - out->p);
	*text = p;
	return out->len > 0;
}

static bool same_word(struct word a, struct word b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

static bool has_word(const char *name, struct word wanted)
{
	struct word w;

	while (next_word(&name, &w))
		if (same_word(w, wanted))
			return true;
	return false;
}

bool words_match(const char *wanted, const char *name)
{
	struct word w;
	bool any = false;

	for (; next_word(&wanted, &w); any = true)
		if (!has_word(name, w))
			return false;
	return any;
}

bool words_bus(const char *name)
{
	for (size_t i = 0; i < sizeof(buses) / sizeof(*buses); i++)
		if (words_match(buses[i], name))
			return true;
	return false;
}
