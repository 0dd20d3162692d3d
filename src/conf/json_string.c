#include "json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"
#include "cuewire/utf8.h"

/* With up to so many keys, comparing each with each is faster than sorting them. */
#define FEW_KEYS 16

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of \uXXXX at p, or -1 when that is not what is there. */
static long code_unit(const char *p, const char *end)
{
	long unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const int digit = hex_digit((unsigned char)p[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high(long unit)
{
	return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(long unit)
{
	return unit >= 0xDC00 && unit < 0xE000;
}

static const char *scan_unicode_escape(struct scan *s, const char *p)
{
	const long unit = code_unit(p, s->end);

	if (unit < 0)
		return fault(s, p, "expected four hexadecimal digits after \\u");
	if (!unit)
		return fault(s, p, "\\u0000 is not allowed in a string");
	if (is_low(unit))
		return fault(s, p,
		             "\\u%04lX is the second half of a pair, the first half is missing",
		             unit);
	if (!is_high(unit))
		return p + 6;
	if (!is_low(code_unit(p + 6, s->end)))
		return fault(s, p,
		             "\\u%04lX is the first half of a pair, expected \\uDC00 to "
		             "\\uDFFF after it",
		             unit);
	return p + 12;
}

static const char *scan_escape(struct scan *s, const char *p)
{
	switch (scan_look(s, p + 1)) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		return scan_unicode_escape(s, p);
	default:
		return fault_hint(s, p,
		                  "a backslash in a string begins an escape, but this is none",
		                  "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a "
		                  "backslash itself is written \\\\");
	}
}

static const char *fault_control(struct scan *s, const char *p)
{
	switch (scan_look(s, p)) {
	case -1:
		return fault(s, p, "the text ends within a string");
	case '\n':
	case '\r':
		return fault_hint(s, p, "the string is not closed on its line",
		                  "a line break within a string is written \\n");
	case '\t':
		return fault(s, p, "a tab within a string is written \\t");
	default:
		return fault(s, p, "a control character within a string is written \\u%04X",
		             (unsigned)(unsigned char)*p);
	}
}

static const char *fault_utf8(struct scan *s, const char *p)
{
	return fault_hint(s, p, "bytes within a string that are not UTF-8",
	                  "save the text as UTF-8");
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

const char *scan_string(struct scan *s, const char *p, bool *escaped)
{
	*escaped = false;
	p++;
	while (p) {
		size_t n;

		while (p < s->end && is_plain((unsigned char)*p))
			p++;
		if (scan_look(s, p) == '"')
			return p + 1;
		if (scan_look(s, p) < 0x20)
			return fault_control(s, p);
		if (*p == '\\') {
			*escaped = true;
			p = scan_escape(s, p);
			continue;
		}
		n = utf8_len(p, (size_t)(s->end - p));
		p = n ? p + n : fault_utf8(s, p);
	}
	return NULL;
}

/* ---- keys ---- */

static char unescaped(char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at = strchr(from, c);

	return at ? to[at - from] : c;
}

/* Only for a string that scan_string has accepted; it never grows. */
static void unescape(char *out, const char *p, const char *end)
{
	while (p < end) {
		long unit;

		if (*p != '\\') {
			*out++ = *p++;
			continue;
		}
		unit = code_unit(p, end);
		if (unit < 0) {
			*out++ = unescaped(p[1]);
			p += 2;
			continue;
		}
		p += 6;
		if (is_high(unit)) {
			unit = 0x10000 + ((unit - 0xD800) << 10) + (code_unit(p, end) - 0xDC00);
			p += 6;
		}
		out += utf8_encode(out, (uint32_t)unit);
	}
}

char *scan_copy(struct scan *s, const char *p, const char *end, bool escaped)
{
	const size_t len = (size_t)(end - p) - 2;
	char *copy = arena_text(s->arena, len);

	if (escaped)
		unescape(copy, p + 1, end - 1);
	else
		memcpy(copy, p + 1, len);
	return copy;
}

const char *scan_key(struct scan *s, const char *p)
{
	struct scan_key key = { .at = p };
	const char *end;
	bool escaped;

	if (scan_look(s, p) != '"')
		return fault_key(s, p);
	end = scan_string(s, p, &escaped);
	if (!end)
		return NULL;
	key.name = scan_copy(s, p, end, escaped);
	key.len = strlen(key.name);
	s->keys = arena_grow(s->arena, s->keys, &s->keys_cap, s->nkeys + 1, sizeof(*s->keys));
	s->keys[s->nkeys++] = key;
	return end;
}

static int compare_names(const struct scan_key *a, const struct scan_key *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->name, b->name, a->len);
}

static int compare_keys(const void *a, const void *b)
{
	const struct scan_key *x = a, *y = b;
	const int order = compare_names(x, y);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The first key in the text that another one before it equals, or NULL; *first: that other. */
static const struct scan_key *find_among_few(const struct scan_key *keys, size_t n,
                                             const struct scan_key **first)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (!compare_names(&keys[i], &keys[j])) {
				*first = &keys[j];
				return &keys[i];
			}
	return NULL;
}

static const struct scan_key *find_among_many(struct scan_key *keys, size_t n,
                                              const struct scan_key **first)
{
	const struct scan_key *found = NULL,
			      *run = keys; /* where the present run of equals begins */

	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (compare_names(run, &keys[i])) {
			run = &keys[i];
		} else if (!found || keys[i].at < found->at) {
			found = &keys[i];
			*first = run;
		}
	}
	return found;
}

bool scan_keys_differ(struct scan *s, size_t first)
{
	const size_t n = s->nkeys - first;
	const struct scan_key *original = NULL, *second;
	struct scan_key *keys;

	s->nkeys = first;
	if (n < 2)
		return true;
	keys = s->keys + first;
	second = n <= FEW_KEYS ? find_among_few(keys, n, &original)
	                       : find_among_many(keys, n, &original);
	if (second)
		fault_duplicate(s, original, second);
	return !second;
}
