#include "json_scan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#define NUMBER_MAX 63
#define PLAIN_MAX 15 /* digits that a double holds whatever they are */

static const char *scan_value(struct scan *s, const char *p, const struct scan_key *key,
                              size_t depth, cJSON **out);

static void add_line(struct scan *s, const char *start)
{
	s->lines = arena_grow(s->arena, s->lines, &s->lines_cap, s->nlines + 1, sizeof(*s->lines));
	s->lines[s->nlines++] = (uint32_t)(start - s->src->text);
}

/* Nowhere else can a line end. */
static const char *skip_space(struct scan *s, const char *p)
{
	for (; p < s->end; p++)
		if (*p == '\n')
			add_line(s, p + 1);
		else if (*p != ' ' && *p != '\t' && *p != '\r')
			break;
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

static double number_of(const char *p, size_t len)
{
	char text[NUMBER_MAX + 1] = "";
	double d = 0;
	size_t i = 0;

	while (len <= PLAIN_MAX && i < len && is_digit(p[i]))
		d = d * 10 + (p[i++] - '0');
	if (i == len)
		return d;
	memcpy(text, p, len);
	return strtod(text, NULL);
}

static const char *scan_number(struct scan *s, const char *p, cJSON *v)
{
	const char *start = p;

	if (*p == '-')
		p++;
	p = scan_whole_part(s, p);
	if (p && scan_look(s, p) == '.')
		p = scan_digits(s, p + 1, "a digit after the point");
	if (p && (scan_look(s, p) == 'e' || scan_look(s, p) == 'E')) {
		p++;
		if (scan_look(s, p) == '+' || scan_look(s, p) == '-')
			p++;
		p = scan_digits(s, p, "a digit in the exponent");
	}
	if (!p)
		return NULL;
	if (p - start > NUMBER_MAX)
		return fault(s, start, "a number of more than %d characters", NUMBER_MAX);
	v->type = cJSON_Number;
	v->valuedouble = number_of(start, (size_t)(p - start));
	if (isinf(v->valuedouble))
		return fault(s, start, "the number %.*s is too large", (int)(p - start), start);
	return p;
}

/* ---- lists and objects ---- */

static const char *scan_list(struct scan *s, const char *p, size_t depth, cJSON **next)
{
	p = skip_space(s, p + 1);
	if (scan_look(s, p) == ']')
		return p + 1;
	for (;;) {
		const char *comma;

		p = scan_value(s, p, NULL, depth, next);
		if (!p)
			return NULL;
		next = &(*next)->next;
		p = skip_space(s, p);
		if (scan_look(s, p) == ']')
			return p + 1;
		if (scan_look(s, p) != ',')
			return fault_expected(s, p, "a comma or \"]\" after a value");
		comma = p;
		p = skip_space(s, p + 1);
		if (scan_look(s, p) == ']')
			return fault_hint(s, comma, "trailing comma: no value follows, but \"]\"",
			                  "take the comma away");
	}
}

static const char *scan_member(struct scan *s, const char *p, size_t depth, cJSON **out)
{
	p = scan_key(s, p);
	if (!p)
		return NULL;
	p = skip_space(s, p);
	if (scan_look(s, p) != ':')
		return fault_expected(s, p, "a colon after a key");
	p = scan_value(s, skip_space(s, p + 1), &s->keys[s->nkeys - 1], depth, out);
	return p ? skip_space(s, p) : NULL;
}

static const char *scan_members(struct scan *s, const char *p, size_t depth, cJSON **next)
{
	p = skip_space(s, p + 1);
	if (scan_look(s, p) == '}')
		return p + 1;
	for (;;) {
		const char *comma;

		p = scan_member(s, p, depth, next);
		if (!p || scan_look(s, p) == '}')
			return p ? p + 1 : NULL;
		if (scan_look(s, p) != ',')
			return fault_expected(s, p, "a comma or \"}\" after a value");
		next = &(*next)->next;
		comma = p;
		p = skip_space(s, p + 1);
		if (scan_look(s, p) == '}')
			return fault_hint(s, comma, "trailing comma: no key follows, but \"}\"",
			                  "take the comma away");
	}
}

static const char *scan_object(struct scan *s, const char *p, size_t depth, cJSON **child)
{
	const size_t first = s->nkeys;

	p = scan_members(s, p, depth, child);
	return p && scan_keys_differ(s, first) ? p : NULL;
}

static const char *scan_nested(struct scan *s, const char *p, size_t depth, cJSON *v)
{
	const char *outer = s->open;

	if (depth >= s->src->lim->depth)
		return fault(s, p, "nested more than %zu deep", s->src->lim->depth);
	s->open = p;
	v->type = *p == '[' ? cJSON_Array : cJSON_Object;
	p = *p == '[' ? scan_list(s, p, depth + 1, &v->child)
	              : scan_object(s, p, depth + 1, &v->child);
	s->open = outer;
	return p;
}

/* ---- values ---- */

/* Its index in the list of places is a node's valueint. */
static cJSON *add_node(struct scan *s, const char *value, const struct scan_key *key)
{
	const char *text = s->src->text;
	cJSON *v;

	if (s->nplaces == s->src->lim->values) {
		fault(s, value, "more than %zu values", s->src->lim->values);
		return NULL;
	}
	v = arena_alloc(s->arena, sizeof(*v));
	v->string = key ? key->name : NULL;
	v->valueint = (int)s->nplaces;
	s->places =
		arena_grow(s->arena, s->places, &s->places_cap, s->nplaces + 1, sizeof(*s->places));
	s->places[s->nplaces++] = (struct json_place){
		.value = (uint32_t)(value - text),
		.key = (uint32_t)((key ? key->at : value) - text),
	};
	return v;
}

static const char *scan_quoted(struct scan *s, const char *p, cJSON *v)
{
	bool escaped;
	const char *end = scan_string(s, p, &escaped);

	if (!end)
		return NULL;
	v->type = cJSON_String;
	v->valuestring = scan_copy(s, p, end, escaped);
	return end;
}

static const char *scan_word(struct scan *s, const char *p, cJSON *v)
{
	static const struct {
		const char *word;
		int type;
	} words[] = { { "true", cJSON_True }, { "false", cJSON_False }, { "null", cJSON_NULL } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const size_t len = strlen(words[i].word);

		if ((size_t)(s->end - p) < len || memcmp(p, words[i].word, len))
			continue;
		v->type = words[i].type;
		return p + len;
	}
	return fault_value(s, p);
}

static const char *scan_value(struct scan *s, const char *p, const struct scan_key *key,
                              size_t depth, cJSON **out)
{
	const int c = scan_look(s, p);
	cJSON *v;

	if (c < 0)
		return fault_value(s, p);
	*out = v = add_node(s, p, key);
	if (!v)
		return NULL;
	if (c == '"')
		return scan_quoted(s, p, v);
	if (c == '{' || c == '[')
		return scan_nested(s, p, depth, v);
	if (c == '-' || is_digit(c))
		return scan_number(s, p, v);
	return scan_word(s, p, v);
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

static const char *scan_text(struct scan *s, cJSON **root)
{
	const struct json_limits *lim = s->src->lim;
	const char *p = s->src->text;

	if (s->src->len > lim->bytes) {
		diag_add(s->src->d,
		         (struct where){ .file = s->src->file,
		                         .line = s->src->line > 1 ? s->src->line : 0 },
		         SEV_ERROR, codes[CODE_JSON].name,
		         "%zu bytes, more than the %zu that are allowed", s->src->len, lim->bytes);
		return NULL;
	}
	p = scan_start(s, p);
	if (p)
		p = scan_value(s, p, NULL, 0, root);
	if (!p)
		return NULL;
	p = skip_space(s, p);
	return p == s->end ? p : fault_expected(s, p, "nothing after the value");
}

int json_scan(const struct json_source *src, struct arena *arena, struct json *out)
{
	struct scan s = { .src = src, .end = src->text + src->len, .arena = arena };
	cJSON *root = NULL;
	const char *end;

	assert(src->lim->bytes <= UINT32_MAX);
	end = scan_text(&s, &root);
	if (!end)
		return -1;
	out->root = root;
	out->places = s.places;
	out->nplaces = s.nplaces;
	out->lines = s.lines;
	out->nlines = s.nlines;
	return 0;
}
