#include "cuewire/utf8.h"

/* By first byte: the length, and the bounds of the second byte, which keep out overlong forms,
 * surrogates and what lies above U+10FFFF. All later bytes are 0x80 to 0xBF. */
static const struct lead {
	uint8_t first, last, len, low, high;
} leads[] = {
	{ 0xC2, 0xDF, 2, 0x80, 0xBF }, { 0xE0, 0xE0, 3, 0xA0, 0xBF }, { 0xE1, 0xEC, 3, 0x80, 0xBF },
	{ 0xED, 0xED, 3, 0x80, 0x9F }, { 0xEE, 0xEF, 3, 0x80, 0xBF }, { 0xF0, 0xF0, 4, 0x90, 0xBF },
	{ 0xF1, 0xF3, 4, 0x80, 0xBF }, { 0xF4, 0xF4, 4, 0x80, 0x8F },
};

static const struct lead *find_lead(uint8_t c)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++)
		if (c >= leads[i].first && c <= leads[i].last)
			return &leads[i];
	return NULL;
}

size_t utf8_len(const char *s, size_t n)
{
	const uint8_t *u = (const uint8_t *)s;
	const struct lead *l;

	if (!n)
		return 0;
	if (u[0] < 0x80)
		return 1;
	l = find_lead(u[0]);
	if (!l || n < l->len || u[1] < l->low || u[1] > l->high)
		return 0;
	for (size_t i = 2; i < l->len; i++)
		if ((u[i] & 0xC0) != 0x80)
			return 0;
	return l->len;
}

uint32_t utf8_decode(const char *s, size_t len)
{
	static const uint8_t mask[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t c = (uint8_t)s[0] & mask[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3F);
	return c;
}

size_t utf8_encode(char *out, uint32_t c)
{
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	const size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[len] | c);
	return len;
}
