#include "cuewire/words.h"

#include <stddef.h>
#include <string.h>

#define ORDINAL_DIGITS 4

struct word {
	const char *p; /* borrowed from the text */
	size_t len;
};

/* Of the last, some systems give the card's name to the port. */
static const char *const buses[] = { "iac", "midi through", "virmidi", "virtual raw midi" };

/* ctype.h would ask the locale, and ports are matched alike everywhere. */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum script { NO_LETTER, SPACED, UNSPACED };

/* What the byte after a byte of the script "before" belongs to. In UTF-8 the characters from U+3000
 * on start with a byte above 0xE2, and each ends in bytes below 0xC0. */
static enum script script_of(char c, enum script before)
{
	const char f = fold(c);

	if (is_digit(f) || (f >= 'a' && f <= 'z'))
		return SPACED;
	if ((unsigned char)f < 0x80)
		return NO_LETTER;
	if ((unsigned char)f < 0xC0 && before != NO_LETTER)
		return before;
	return (unsigned char)f > 0xE2 ? UNSPACED : SPACED;
}

/* Takes the next word off *text. Returns false when there is none. */
static bool next_word(const char **text, struct word *out)
{
	const char *p = *text;
	enum script script;

	while (*p && !script_of(*p, NO_LETTER))
		p++;
	*out = (struct word){ .p = p };
	script = script_of(*p, NO_LETTER);
	while (*p && script_of(*p, script) == script)
		p++;
	out->len = (size_t)(p - out->p);
	*text = p;
	return out->len > 0;
}

/* Where "#2" starts at the end of the text; NULL: it does not end so. */
static const char *ordinal(const char *text)
{
	const char *p = strrchr(text, '#');
	size_t digits = 0;

	if (!p || (p > text && p[-1] != ' ') || p[1] == '0')
		return NULL;
	while (is_digit(p[1 + digits]))
		digits++;
	return digits && digits <= ORDINAL_DIGITS && !p[1 + digits] ? p : NULL;
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
	const char *end = ordinal(wanted);
	struct word w;
	bool any = false;

	for (; next_word(&wanted, &w) && (!end || w.p < end); any = true)
		if (!has_word(name, w))
			return false;
	return any;
}

int words_ordinal(const char *wanted)
{
	const char *p = ordinal(wanted);
	int n = 0;

	while (p && *++p)
		n = 10 * n + (*p - '0');
	return p ? n : 1;
}

bool words_bus(const char *name)
{
	for (size_t i = 0; i < sizeof(buses) / sizeof(*buses); i++)
		if (words_match(buses[i], name))
			return true;
	return false;
}
