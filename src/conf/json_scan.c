#include "json_scan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

/* cJSON cuts what is longer. */
#define NUMBER_MAX 63

static const char *scan_value(struct scan *s, const char *p, const char *key, size_t depth);

static const char *skip_space(const struct scan *s, const char *p)
{
	while (p < s->end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* ---- numbers ---- */

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static const char *scan_digits(struct scan *s, const char *p, const char *wanted)
{
	if (!is_digit(scan_look(s, p)))
		return fault_expected(s, p, wanted);
	while (is_digit(scan_look(s, p)))
		p++;
	return p;
}

static const char *scan_whole_part(struct scan *s, const char *p)
{
	if (scan_look(s, p) != '0')
		return scan_digits(s, p, "a digit after \"-\"");
	p++;
	if (is_digit(scan_look(s, p)))
		return fault_hint(s, p - 1, "a number does not begin with 0",
		                  "but for 0 itself and decimals such as 0.5");
	if (scan_look(s, p) == 'x' || scan_look(s, p) == 'X')
		return fault(s, p, "JSON has no hexadecimal numbers");
	return p;
}

/* Without an exponent, NUMBER_MAX digits are never too much for a double. */
static bool is_too_large(const char *p, size_t len)
{
	char text[NUMBER_MAX + 1] = "";

	memcpy(text, p, len);
	return isinf(strtod(text, NULL));
}

static const char *scan_number(struct scan *s, const char *p)
{
	const char *start = p;
	bool exponent;

	if (*p == '-')
		p++;
	p = scan_whole_part(s, p);
	if (p && scan_look(s, p) == '.')
		p = scan_digits(s, p + 1, "a digit after the point");
	exponent = p && (scan_look(s, p) == 'e' || scan_look(s, p) == 'E');
	if (exponent) {
		p++;
		if (scan_look(s, p) == '+' || scan_look(s, p) == '-')
			p++;
		p = scan_digits(s, p, "a digit in the exponent");
	}
	if (p && p - start > NUMBER_MAX)
		return fault(s, start, "a number of more than %d characters", NUMBER_MAX);
	if (p && exponent && is_too_large(start, (size_t)(p - start)))
		return fault(s, start, "the number %.*s is too large", (int)(p - start), start);
	return p;
}

/* ---- lists and objects ---- */

static const char *scan_list(struct scan *s, const char *p, size_t depth)
{
	p = skip_space(s, p + 1);
	if (scan_look(s, p) == ']')
		return p + 1;
	for (;;) {
		const char *comma;

		p = scan_value(s, p, NULL, depth);
		if (!p)
			return NULL;
		p = skip_space(s, p);
		if (scan_look(s, p) == ']')
			return p + 1;
		if (scan_look(s, p) != ',')
			return fault_expected(s, p, "a comma or \"]\" after a value");
		comma = p;
		p = skip_space(s, p + 1);
		if (scan_look(s, p) == ']')
			return fault(s, comma, "trailing comma: no value follows, but \"]\"");
	}
}

static const char *scan_member(struct scan *s, const char *key, size_t depth)
{
	const char *p = scan_key(s, key);

	if (!p)
		return NULL;
	p = skip_space(s, p);
	if (scan_look(s, p) != ':')
		return fault_expected(s, p, "a colon after a key");
	p = scan_value(s, skip_space(s, p + 1), key, depth);
	return p ? skip_space(s, p) : NULL;
}

static const char *scan_members(struct scan *s, const char *p, size_t depth)
{
	p = skip_space(s, p + 1);
	if (scan_look(s, p) == '}')
		return p + 1;
	for (;;) {
		const char *comma;

		p = scan_member(s, p, depth);
		if (!p || scan_look(s, p) == '}')
			return p ? p + 1 : NULL;
		if (scan_look(s, p) != ',')
			return fault_expected(s, p, "a comma or \"}\" after a value");
		comma = p;
		p = skip_space(s, p + 1);
		if (scan_look(s, p) == '}')
			return fault(s, comma, "trailing comma: no key follows, but \"}\"");
	}
}

static const char *scan_object(struct scan *s, const char *p, size_t depth)
{
	const size_t first = s->nkeys;

	p = scan_members(s, p, depth);
	return p && scan_keys_differ(s, first) ? p : NULL;
}

static const char *scan_nested(struct scan *s, const char *p, size_t depth)
{
	const char *outer = s->open;

	if (depth >= s->src->lim->depth)
		return fault(s, p, "nested more than %zu deep", s->src->lim->depth);
	s->open = p;
	p = *p == '[' ? scan_list(s, p, depth + 1) : scan_object(s, p, depth + 1);
	s->open = outer;
	return p;
}

/* ---- values ---- */

static bool add_place(struct scan *s, const char *value, const char *key)
{
	const char *text = s->src->text;

	if (s->nplaces == s->src->lim->values) {
		fault(s, value, "more than %zu values", s->src->lim->values);
		return false;
	}
	s->places = xgrow(s->places, &s->places_cap, s->nplaces + 1, sizeof(*s->places));
	s->places[s->nplaces++] = (struct json_place){
		.value = (uint32_t)(value - text),
		.key = (uint32_t)((key ? key : value) - text),
	};
	return true;
}

static const char *scan_word(struct scan *s, const char *p)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const size_t len = strlen(words[i]);

		if ((size_t)(s->end - p) >= len && !memcmp(p, words[i], len))
			return p + len;
	}
	return fault_value(s, p);
}

static const char *scan_value(struct scan *s, const char *p, const char *key, size_t depth)
{
	bool escaped;
	int c = scan_look(s, p);

	if (c < 0)
		return fault_value(s, p);
	if (!add_place(s, p, key))
		return NULL;
	if (c == '"')
		return scan_string(s, p, &escaped);
	if (c == '{' || c == '[')
		return scan_nested(s, p, depth);
	if (c == '-' || is_digit(c))
		return scan_number(s, p);
	return scan_word(s, p);
}

/* ---- the text ---- */

static const char *scan_start(struct scan *s, const char *p)
{
	static const struct {
		const char *bytes, *msg;
	} marks[] = {
		{ "\xEF\xBB\xBF", "the text begins with a byte order mark (BOM)" },
		{ "\xFF\xFE", "the text is UTF-16" },
		{ "\xFE\xFF", "the text is UTF-16" },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (s->src->len >= strlen(marks[i].bytes) &&
		    !memcmp(p, marks[i].bytes, strlen(marks[i].bytes)))
			return fault_hint(s, p, marks[i].msg, "save it as UTF-8 without a BOM");
	p = skip_space(s, p);
	if (p == s->end)
		return fault(s, p, "the text is empty, expected a value");
	return p;
}

static const char *scan_text(struct scan *s)
{
	const struct json_limits *lim = s->src->lim;
	const char *p = s->src->text;

	if (s->src->len > lim->bytes) {
		diag_add(s->src->d, (struct where){ .file = s->src->file }, SEV_ERROR, "json",
		         "%zu bytes, more than the %zu that are allowed", s->src->len, lim->bytes);
		return NULL;
	}
	p = scan_start(s, p);
	if (p)
		p = scan_value(s, p, NULL, 0);
	if (!p)
		return NULL;
	p = skip_space(s, p);
	return p == s->end ? p : fault_expected(s, p, "nothing after the value");
}

int json_scan(const struct json_source *src, struct json_place **places, size_t *n)
{
	struct scan s = { .src = src, .end = src->text + src->len };
	const char *end;

	assert(src->lim->bytes <= UINT32_MAX);
	end = scan_text(&s);
	free(s.keys);
	arena_free(s.names);
	if (!end) {
		free(s.places);
		return -1;
	}
	*places = s.places;
	*n = s.nplaces;
	return 0;
}
