#include "cuewire/sysex.h"

#include <string.h>

#define EXPECTED "00..7F, \"..\", \"vv\", \"mm\", \"ll\" or \"*\""

/* One pattern while it is read. */
struct reading {
	struct sysex_pattern *out;
	struct sysex_fault at;     /* the word at hand */
	struct sysex_fault mm, ll; /* where they stand; byte 0: nowhere */
	unsigned values;           /* how many of "vv", "mm" and "ll" */
};

static bool fail(struct reading *r, const char *expected)
{
	r->at.expected = expected;
	return false;
}

static bool is_word(const struct reading *r, const char *s)
{
	return r->at.len == strlen(s) && !memcmp(r->at.word, s, r->at.len);
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
	const int hi = r->at.len == 2 ? digit(r->at.word[0]) : -1;
	const int lo = r->at.len == 2 ? digit(r->at.word[1]) : -1;

	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

/* What the word stands for: a byte, or one of enum sysex_wild; -1: nothing. */
static int meaning(const struct reading *r)
{
	static const struct {
		const char *word;
		int meaning;
	} wild[] = {
		{ "..", SYSEX_ANY },
		{ "vv", SYSEX_VALUE },
		{ "mm", SYSEX_MSB },
		{ "ll", SYSEX_LSB },
	};
	const int byte = byte_of(r);

	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++)
		if (is_word(r, wild[i].word))
			return wild[i].meaning;
	return byte < 0x80 ? byte : -1;
}

/* One value at most: a "vv", or an "mm" and an "ll". */
static bool add_value(struct reading *r, int what)
{
	struct sysex_fault *half = what == SYSEX_MSB ? &r->mm : &r->ll;

	if (what == SYSEX_VALUE ? r->values : half->byte || r->out->bits == 7)
		return fail(r, "one value, \"vv\" or \"mm\" and \"ll\"");
	r->values++;
	r->out->bits = what == SYSEX_VALUE ? 7 : 14;
	if (what != SYSEX_VALUE)
		*half = r->at;
	return true;
}

static bool add_gap(struct reading *r)
{
	if (r->out->gap)
		return fail(r, "one \"*\" at most");
	r->out->gap = true;
	return true;
}

static bool add_byte(struct reading *r)
{
	struct sysex_pattern *p = r->out;
	const int byte = meaning(r);

	if (byte < 0)
		return fail(r, EXPECTED);
	if (byte >= SYSEX_VALUE && !add_value(r, byte))
		return false;
	if ((size_t)p->head + p->tail == sizeof(p->bytes))
		return fail(r, "F7: at most 256 bytes");
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
	r->at.word += r->at.len;
	r->at.word += strspn(r->at.word, " ");
	r->at.len = strcspn(r->at.word, " ");
	r->at.byte++;
	return r->at.len;
}

/* Half a value is none: told at the half that is there. */
static bool is_whole(struct reading *r)
{
	if (!r->mm.byte == !r->ll.byte)
		return true;
	r->at = r->mm.byte ? r->mm : r->ll;
	return fail(r, r->mm.byte ? "\"ll\" as well, or \"vv\"" : "\"mm\" as well, or \"vv\"");
}

static bool add_words(struct reading *r)
{
	if (!next_word(r) || byte_of(r) != MIDI_SYSEX)
		return fail(r, "F0");
	while (next_word(r) && byte_of(r) != MIDI_SYSEX_END)
		if (!(is_word(r, "*") ? add_gap(r) : add_byte(r)))
			return false;
	if (!r->at.len)
		return fail(r, "F7");
	return next_word(r) ? fail(r, "nothing after F7") : is_whole(r);
}

bool sysex_parse(struct sysex_pattern *out, const char *text, struct sysex_fault *fault)
{
	struct sysex_pattern p = { 0 };
	struct reading r = { .out = &p, .at.word = text };

	if (!add_words(&r)) {
		*fault = r.at;
		return false;
	}
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
