/* Address patterns, one part of an address (what lies between two slashes) at a time.
 *
 * A part without pattern characters is compared byte for byte. Any other is run as a set of
 * places: where in the address's part can the pattern, as far as it has been read, end? It
 * begins as { 0 }; a character moves each place on by one, or drops it; '*' adds all places
 * behind the first. At '{' the set is put aside, at ',' it is taken up again for the next
 * alternative, and at '}' what the alternatives have left is put together. The part matches
 * when its end is in the set. So each byte of the pattern costs one pass over the part and
 * nothing is ever tried twice. */
#include "cuewire/osc.h"

#include <string.h>

#define PART_MAX OSC_PATTERN_MAX

bool osc_has_pattern(const char *address)
{
	return strpbrk(address, "?*[{");
}

/* Whether the character does not stand for itself outside of braces. */
static bool is_special(char c)
{
	return c == '?' || c == '*' || c == '[' || c == ']' || c == '{' || c == '}';
}

/* ---- sets of characters ---- */

struct charset {
	uint64_t bits[4];
};

static void charset_add(struct charset *s, uint8_t c)
{
	s->bits[c / 64] |= UINT64_C(1) << (c % 64);
}

static bool charset_has(const struct charset *s, uint8_t c)
{
	return (s->bits[c / 64] >> (c % 64)) & 1;
}

static void charset_negate(struct charset *s)
{
	for (size_t i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

/* Adds what stands between brackets, up to ']', and moves *p behind that. A '-' that has no
 * neighbour on one side, and a '!' that is not the first, are themselves.
 * Returns NULL, or what is wrong. */
static const char *charset_parse(struct charset *s, const char **p)
{
	const bool negated = **p == '!';
	const char *q = *p + negated;

	if (*q == ']')
		return "nothing between '[' and ']'";
	for (; *q != ']'; q++) {
		const uint8_t first = (uint8_t)*q;
		uint8_t last = first;

		if (!*q || *q == '/')
			return "a '[' that is not closed";
		if (q[1] == '-' && q[2] && q[2] != ']' && q[2] != '/') {
			q += 2;
			last = (uint8_t)*q;
		}
		if (first > last)
			return "a range that runs backwards";
		for (unsigned c = first; c <= last; c++)
			charset_add(s, (uint8_t)c);
	}
	if (negated)
		charset_negate(s);
	*p = q + 1;
	return NULL;
}

/* The characters that the pattern takes at *p, where no '*' and no brace is; moves on. */
static const char *charset_next(struct charset *s, const char **p)
{
	const char c = *(*p)++;

	*s = (struct charset){ 0 };
	if (c == '[')
		return charset_parse(s, p);
	if (c == ']')
		return "a ']' without '['";
	if (c == '?')
		charset_negate(s);
	else
		charset_add(s, (uint8_t)c);
	return NULL;
}

/* ---- well formed ---- */

static const char *check_brace(char c, unsigned *depth)
{
	if (c == '{' && ++*depth > OSC_NEST_MAX)
		return "braces nested too deep";
	if (c == '}' && !(*depth)--)
		return "a '}' without '{'";
	return NULL;
}

const char *osc_pattern_check(const char *pattern)
{
	struct charset ignored;
	unsigned depth = 0;
	const char *why = NULL;

	if (strlen(pattern) > OSC_PATTERN_MAX)
		return "a pattern longer than 511 bytes";
	while (*pattern && !why) {
		if (*pattern == '/' && depth)
			break;
		if (*pattern == '*')
			pattern++;
		else if (*pattern == '{' || *pattern == '}')
			why = check_brace(*pattern++, &depth);
		else
			why = charset_next(&ignored, &pattern);
	}
	return !why && depth ? "a '{' that is not closed" : why;
}

/* ---- matching ---- */

/* A part of an address, and the places in it that the pattern has got to. */
struct part {
	const char *s;
	size_t len;
	bool at[PART_MAX + 1];
	unsigned depth; /* braces open */
	struct {
		bool from[PART_MAX + 1]; /* where each alternative begins */
		bool to[PART_MAX + 1];   /* where those so far have ended */
	} braces[OSC_NEST_MAX];
};

static void step(struct part *a, const struct charset *s)
{
	for (size_t i = a->len; i > 0; i--)
		a->at[i] = a->at[i - 1] && charset_has(s, (uint8_t)a->s[i - 1]);
	a->at[0] = false;
}

static void star(struct part *a)
{
	for (size_t i = 1; i <= a->len; i++)
		a->at[i] |= a->at[i - 1];
}

static bool open_brace(struct part *a)
{
	if (a->depth == OSC_NEST_MAX)
		return false;
	memcpy(a->braces[a->depth].from, a->at, a->len + 1);
	memset(a->braces[a->depth].to, 0, a->len + 1);
	a->depth++;
	return true;
}

static void next_alternative(struct part *a)
{
	bool *to = a->braces[a->depth - 1].to;

	for (size_t i = 0; i <= a->len; i++)
		to[i] |= a->at[i];
	memcpy(a->at, a->braces[a->depth - 1].from, a->len + 1);
}

static bool close_brace(struct part *a)
{
	if (!a->depth)
		return false;
	next_alternative(a);
	a->depth--;
	memcpy(a->at, a->braces[a->depth].to, a->len + 1);
	return true;
}

/* Reads one element of the pattern. Returns false when it is not well formed. */
static bool advance(struct part *a, const char **p)
{
	struct charset s;

	switch (**p) {
	case '*':
		(*p)++;
		star(a);
		return true;
	case '{':
		(*p)++;
		return open_brace(a);
	case '}':
		(*p)++;
		return close_brace(a);
	case ',':
		if (!a->depth)
			break;
		(*p)++;
		next_alternative(a);
		return true;
	}
	if (charset_next(&s, p))
		return false;
	step(a, &s);
	return true;
}

/* Matches the pattern up to its next '/' or its end with s[0..len). Returns where it got to,
 * or NULL. */
static const char *match_part(const char *p, const char *s, size_t len)
{
	struct part a;

	if (len > PART_MAX)
		return NULL;
	a.s = s;
	a.len = len;
	a.depth = 0;
	memset(a.at, 0, len + 1);
	a.at[0] = true;
	while (*p && (*p != '/' || a.depth)) {
		if (*p == '/' || !advance(&a, &p))
			return NULL;
		if (!a.depth && !memchr(a.at, true, len + 1))
			return NULL;
	}
	return !a.depth && a.at[len] ? p : NULL;
}

bool osc_match(const char *pattern, const char *address)
{
	const char *p = pattern, *a = address;

	if (strnlen(pattern, OSC_PATTERN_MAX + 1) > OSC_PATTERN_MAX)
		return false;
	for (;;) {
		size_t len;

		while (*p && *p == *a && !is_special(*p)) {
			p++;
			a++;
		}
		if (!*p && !*a)
			return true;
		if (!is_special(*p))
			return false;
		len = strcspn(a, "/");
		p = match_part(p, a, len);
		if (!p)
			return false;
		a += len;
	}
}
