#include "json_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cuewire/near.h"
#include "cuewire/utf8.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SHOWN_MAX 40 /* bytes of a word or key in a message */
#define WHAT_SIZE (SHOWN_MAX + 24)

static struct where place(const struct scan *s, const char *p)
{
	return json_where(s->src->file, s->src->line, s->lines, s->nlines,
	                  (size_t)(p - s->src->text));
}

const char *fault(struct scan *s, const char *p, const char *msg, ...)
{
	char text[sizeof(((struct diag *)0)->msg)];
	va_list args;

	va_start(args, msg);
	(void)vsnprintf(text, sizeof(text), msg, args);
	va_end(args);
	diag_add(s->src->d, place(s, p), SEV_ERROR, codes[CODE_JSON].name, "%s", text);
	return NULL;
}

const char *fault_hint(struct scan *s, const char *p, const char *msg, const char *hint)
{
	struct diag *e =
		diag_add(s->src->d, place(s, p), SEV_ERROR, codes[CODE_JSON].name, "%s", msg);

	if (hint)
		diag_hint(e, "%s", hint);
	return NULL;
}

/* What is not JSON, but is written where people think that it is. */
static const struct habit {
	const char *begins, *msg, *hint;
} habits[] = {
	{ "'", "text stands in double quotes (\"), not in single ones", NULL },
	{ "`", "text stands in double quotes (\"), not in backquotes", NULL },
	{ u8"\u201C", "text stands in straight double quotes (\"), not in curly ones", NULL },
	{ u8"\u201D", "text stands in straight double quotes (\"), not in curly ones", NULL },
	{ u8"\u201E", "text stands in straight double quotes (\"), not in curly ones", NULL },
	{ u8"\u2018", "text stands in straight double quotes (\"), not in curly ones", NULL },
	{ u8"\u2019", "text stands in straight double quotes (\"), not in curly ones", NULL },
	{ "//", "JSON has no comments", "a mapping takes a remark as \"note\": \"...\"" },
	{ "/*", "JSON has no comments", "a mapping takes a remark as \"note\": \"...\"" },
	{ "#", "JSON has no comments", "a mapping takes a remark as \"note\": \"...\"" },
};

static bool begins(const struct scan *s, const char *p, const char *with)
{
	const size_t len = strlen(with);

	return (size_t)(s->end - p) >= len && !memcmp(p, with, len);
}

static bool is_habit(struct scan *s, const char *p)
{
	for (size_t i = 0; i < COUNT(habits); i++)
		if (begins(s, p, habits[i].begins)) {
			fault_hint(s, p, habits[i].msg, habits[i].hint);
			return true;
		}
	return false;
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* Copies the word or number at p, or what begins it. */
static void word_at(const struct scan *s, const char *p, char out[SHOWN_MAX + 1])
{
	size_t n = 0;

	while (n < SHOWN_MAX && (is_letter(scan_look(s, p)) || is_digit(scan_look(s, p)) ||
	                         scan_look(s, p) == '.' || scan_look(s, p) == '-'))
		out[n++] = *p++;
	out[n] = '\0';
}

static void describe(const struct scan *s, const char *p, char out[WHAT_SIZE])
{
	const size_t n = utf8_len(p, (size_t)(s->end - p)), size = WHAT_SIZE;
	const int c = scan_look(s, p);
	char word[SHOWN_MAX + 1];

	word_at(s, p, word);
	if (c < 0)
		snprintf(out, size, "the end of the text");
	else if (c == '"')
		snprintf(out, size, "a string");
	else if (c == ',')
		snprintf(out, size, "a comma");
	else if (*word)
		snprintf(out, size, "\"%s\"", word);
	else if (c < 0x20 || c == 0x7F || !n)
		snprintf(out, size, "the byte 0x%02X", (unsigned)c);
	else if (n > 1)
		snprintf(out, size, "\"%.*s\" (U+%04X)", (int)n, p, (unsigned)utf8_decode(p, n));
	else
		snprintf(out, size, "\"%c\"", c);
}

const char *fault_expected(struct scan *s, const char *p, const char *wanted)
{
	const int c = scan_look(s, p);
	struct diag *e;
	char what[WHAT_SIZE];

	if (is_habit(s, p))
		return NULL;
	describe(s, p, what);
	e = diag_add(s->src->d, place(s, p), SEV_ERROR, codes[CODE_JSON].name,
	             "expected %s, found %s", wanted, what);
	if (s->open && (c < 0 || c == ']' || c == '}'))
		diag_hint(e, "the \"%c\" in line %d is not closed yet", *s->open,
		          place(s, s->open).line);
	return NULL;
}

/* Words of other languages that mean a value. */
static const struct {
	const char *word, *meant;
} foreign[] = {
	{ "None", "null" }, { "nil", "null" }, { "undefined", "null" }, { "yes", "true" },
	{ "on", "true" },   { "no", "false" }, { "off", "false" },
};

static const char *meant_by(const char *word)
{
	struct near n;

	for (size_t i = 0; i < COUNT(foreign); i++)
		if (!strcmp(word, foreign[i].word))
			return foreign[i].meant;
	near_init(&n, word);
	near_try(&n, "true");
	near_try(&n, "false");
	near_try(&n, "null");
	return n.best;
}

static const char *fault_word(struct scan *s, const char *p)
{
	char word[SHOWN_MAX + 1], msg[SHOWN_MAX + 40], hint[SHOWN_MAX + 40];
	const char *meant;

	word_at(s, p, word);
	meant = meant_by(word);
	snprintf(msg, sizeof(msg), "expected a value, found \"%s\"", word);
	if (meant)
		snprintf(hint, sizeof(hint), "did you mean %s?", meant);
	else
		snprintf(hint, sizeof(hint), "text needs double quotes: \"%s\"", word);
	return fault_hint(s, p, msg, hint);
}

const char *fault_value(struct scan *s, const char *p)
{
	if (scan_look(s, p) == '+')
		return fault(s, p, "a number does not begin with \"+\"");
	if (scan_look(s, p) == '.')
		return fault(s, p, "expected a digit before the point");
	if (begins(s, p, "NaN") || begins(s, p, "Infinity"))
		return fault(s, p, "JSON has neither NaN nor Infinity");
	return is_letter(scan_look(s, p)) ? fault_word(s, p) : fault_expected(s, p, "a value");
}

const char *fault_key(struct scan *s, const char *p)
{
	char word[SHOWN_MAX + 1];

	if (!is_letter(scan_look(s, p)))
		return fault_expected(s, p, "a key in double quotes");
	word_at(s, p, word);
	return fault(s, p, "the key %s needs double quotes: \"%s\"", word, word);
}

void fault_duplicate(struct scan *s, const struct scan_key *first, const struct scan_key *second)
{
	const bool cut = second->len > SHOWN_MAX;
	size_t shown = cut ? SHOWN_MAX : second->len;

	while (cut && shown && ((unsigned char)second->name[shown] & 0xC0) == 0x80)
		shown--;
	diag_hint(diag_add(s->src->d, place(s, second->at), SEV_ERROR,
	                   codes[CODE_DUPLICATE_KEY].name,
	                   "the key \"%.*s%s\" is there already, in line %d", (int)shown,
	                   second->name, cut ? "..." : "", place(s, first->at).line),
	          "take one of the two away");
}
