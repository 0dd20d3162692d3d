#include "cuewire/sysex.h"

#include <stdio.h>
#include <string.h>

#define EXPECTED "expected 00..7F, \"..\", \"vv\", \"mm\", \"ll\" or \"*\""

/* One pattern while it is read. */
struct reading {
	struct sysex_pattern *out;
	char *why;
	size_t words;        /* read so far, F0 with them */
	unsigned vv, mm, ll; /* how many of each */
	const char *word;    /* at hand */
	size_t len;
};

static bool fail(const struct reading *r, const char *expected)
{
	if (r->len)
		snprintf(r->why, SYSEX_WHY, "byte %zu is \"%.*s\", %s", r->words + 1,
		         (int)(r->len < 16 ? r->len : 16), r->word, expected);
	else
		snprintf(r->why, SYSEX_WHY, "it ends after %zu bytes, %s", r->words, expected);
	return false;
}

static bool is_word(const struct reading *r, const char *s)
{
	return r->len == strlen(s) && !memcmp(r->word, s, r->len);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of two hexadecimal digits, -1: the word is something else. */
static int byte_of(const struct reading *r)
{
	const int hi = r->len == 2 ? digit(r->word[0]) : -1;
	const int lo = r->len == 2 ? digit(r->word[1]) : -1;

	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

/* What the word stands for: a byte, or one of enum sysex_wild; -1: nothing. */
static int meaning(struct reading *r)
{
	struct {
		const char *word;
		int meaning;
		unsigned *count;
	} const wild[] = {
		{ "..", SYSEX_ANY, NULL },
		{ "vv", SYSEX_VALUE, &r->vv },
		{ "mm", SYSEX_MSB, &r->mm },
		{ "ll", SYSEX_LSB, &r->ll },
	};
	const int byte = byte_of(r);

	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		if (!is_word(r, wild[i].word))
			continue;
		if (wild[i].count)
			++*wild[i].count;
		return wild[i].meaning;
	}
	return byte < 0x80 ? byte : -1;
}

static bool add_gap(struct reading *r)
{
	if (r->out->gap)
		return fail(r, "expected one \"*\" at most");
	r->out->gap = true;
	return true;
}

static bool add_byte(struct reading *r)
{
	struct sysex_pattern *p = r->out;
	const int byte = meaning(r);

	if (byte < 0)
		return fail(r, EXPECTED);
	if (r->vv + r->mm > 1 || r->vv + r->ll > 1)
		return fail(r, "expected one value, \"vv\" or \"mm\" and \"ll\"");
	if ((size_t)p->head + p->tail == sizeof(p->bytes))
		return fail(r, "expected 256 bytes at most");
	p->bytes[p->head + p->tail] = (uint8_t)byte;
	if (p->gap)
		p->tail++;
	else
		p->head++;
	return true;
}

/* Goes to the next word. Returns false at the end of the text. */
static bool next_word(struct reading *r)
{
	r->word += r->len;
	r->word += strspn(r->word, " ");
	r->len = strcspn(r->word, " ");
	return r->len;
}

static bool add_words(struct reading *r)
{
	if (!next_word(r) || byte_of(r) != MIDI_SYSEX)
		return fail(r, "expected F0");
	for (r->words = 1; next_word(r) && byte_of(r) != MIDI_SYSEX_END; r->words++)
		if (!(is_word(r, "*") ? add_gap(r) : add_byte(r)))
			return false;
	if (!r->len)
		return fail(r, "expected F7 at the end");
	r->words++;
	return !next_word(r) || fail(r, "expected nothing after F7");
}

bool sysex_parse(struct sysex_pattern *out, const char *text, char why[SYSEX_WHY])
{
	struct sysex_pattern p = { 0 };
	struct reading r = { .out = &p, .why = why, .word = text };

	if (!add_words(&r))
		return false;
	if (r.mm != r.ll) {
		snprintf(why, SYSEX_WHY, "\"%s\" without \"%s\", expected both, or \"vv\"",
		         r.mm ? "mm" : "ll", r.mm ? "ll" : "mm");
		return false;
	}
	p.bits = r.vv ? 7 : r.mm ? 14 : 0;
	*out = p;
	return true;
}

/* Compares n bytes; takes what is the value out of them. */
static bool match(const uint8_t *pattern, const uint8_t *bytes, size_t n, uint16_t *value)
{
	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == SYSEX_VALUE || pattern[i] == SYSEX_LSB)
			*value |= bytes[i];
		else if (pattern[i] == SYSEX_MSB)
			*value |= (uint16_t)(bytes[i] << 7);
		else if (pattern[i] != SYSEX_ANY && pattern[i] != bytes[i])
			return false;
	}
	return true;
}

bool sysex_match(const struct sysex_pattern *p, const uint8_t *bytes, size_t len, uint16_t *value)
{
	const size_t fixed = (size_t)p->head + p->tail, n = len < 2 ? 0 : len - 2;
	uint16_t v = 0;

	if (len < 2 || (p->gap ? n < fixed : n != fixed))
		return false;
	if (!match(p->bytes, bytes + 1, p->head, &v) ||
	    !match(p->bytes + p->head, bytes + 1 + n - p->tail, p->tail, &v))
		return false;
	if (p->bits)
		*value = v;
	return true;
}
