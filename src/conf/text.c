#include "load_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/osc.h"

/* strspn builds a table at every call: too slow for what is done for every string. */
static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (is_word(s[n]))
		n++;
	return n;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

#define NAME_MAX_LEN 127
#define PORT_MAX_LEN 31
#define OSC_MAX_LEN 511

const char *text_name(const char *s)
{
	static const char expected[] = "words of a-z, 0-9 and _ with dots between";
	const char *start = s;

	for (;; s++) {
		const size_t n = word_len(s);

		s += n;
		if (!n || (*s && *s != '.'))
			return expected;
		if (!*s)
			return s - start > NAME_MAX_LEN ? "at most 127 characters" : NULL;
	}
}

const char *text_port(const char *s)
{
	size_t n = 0;

	while (is_word(s[n]) || s[n] == '-')
		n++;
	return n && !s[n] && n <= PORT_MAX_LEN ? NULL : "1 to 31 characters of a-z, 0-9, _ and -";
}

const char *text_word(const char *s)
{
	const size_t n = word_len(s);

	return n && !s[n] && n <= PORT_MAX_LEN ? NULL : "1 to 31 characters of a-z, 0-9 and _";
}

static const char *address(const char *s, const char *expected)
{
	if (*s != '/' || !s[1] || strlen(s) > OSC_MAX_LEN)
		return expected;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '#')
			return expected;
	return NULL;
}

const char *text_pattern(const char *s)
{
	return address(s, "an OSC address: / and printable ASCII but space and #");
}

const char *text_osc(const char *s)
{
	static const char expected[] = "an OSC address: / and printable ASCII, no pattern";

	if (osc_has_pattern(s) || strpbrk(s, "],}"))
		return expected;
	return address(s, expected);
}

const char *text_host(const char *s)
{
	static const char expected[] = "HOST:PORT, the port 1..65535";
	const char *colon = strrchr(s, ':');
	size_t len;
	long port;

	if (!colon || !colon[1] || strspn(colon + 1, DIGIT) != strlen(colon + 1) ||
	    strlen(colon) > 6)
		return expected;
	port = strtol(colon + 1, NULL, 10);
	len = (size_t)(colon - s);
	if (port < 1 || port > 65535 || !len || len > 253)
		return expected;
	if (*s == '[')
		return s[len - 1] == ']' && strspn(s + 1, DIGIT "abcdefABCDEF:.%") == len - 2
		               ? NULL
		               : expected;
	return strspn(s, LOWER UPPER DIGIT ".-_") == len ? NULL : expected;
}

const char *text_ip(const char *s)
{
	unsigned char addr[16];

	if (inet_pton(AF_INET, s, addr) == 1 || inet_pton(AF_INET6, s, addr) == 1)
		return NULL;
	return "a numeric address such as 127.0.0.1";
}

size_t text_brace(const char *s)
{
	size_t n;

	if (*s != '{')
		return 0;
	n = word_len(s + 1);
	return n && s[1 + n] == '}' ? n + 2 : 0;
}

bool text_is_brace(const char *s)
{
	const size_t n = text_brace(s);

	return n && !s[n];
}

const char *text_stray(const char *s, bool osc)
{
	for (;; s++) {
		size_t n;

		while (*s && *s != '{' && *s != '}')
			s++;
		if (!*s)
			return NULL;
		n = *s == '{' ? strcspn(s + 1, "{}") : 0;

		if (!osc || *s == '}' || s[1 + n] != '}' || !memchr(s + 1, ',', n))
			return s;
		s += n + 1;
	}
}
