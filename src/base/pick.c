#include "cuewire/pick.h"

#include <stdbool.h>
#include <stddef.h>

/* A word that was typed, by how well a word of the name answers to it. */
enum { WHOLE = 100, BEGIN = 80, PART = 50, LETTERS = 20 };

#define EXTRA_WORD \
	2 /* taken off for each word of the name: of two that answer, the shorter is meant */

struct word {
	const char *p;
	size_t len;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_between(char c)
{
	return c == ' ' || c == '\t' || c == '.' || c == '_' || c == '/';
}

/* The next word from *p on; length 0: there is none. */
static struct word next_word(const char **p)
{
	struct word w;

	while (is_between(**p))
		(*p)++;
	w.p = *p;
	while (**p && !is_between(**p))
		(*p)++;
	w.len = (size_t)(*p - w.p);
	return w;
}

/* Where a begins in b, b.len: nowhere. */
static size_t find(struct word a, struct word b)
{
	for (size_t i = 0; i + a.len <= b.len; i++) {
		size_t k = 0;

		while (k < a.len && lower(a.p[k]) == lower(b.p[i + k]))
			k++;
		if (k == a.len)
			return i;
	}
	return b.len;
}

static int score_word(struct word typed, struct word of)
{
	const size_t at = find(typed, of);

	if (at == of.len)
		return 0;
	if (at)
		return PART;
	return typed.len == of.len ? WHOLE : BEGIN;
}

static bool has_letters(struct word typed, const char *name)
{
	size_t k = 0;

	for (; *name && k < typed.len; name++)
		k += lower(*name) == lower(typed.p[k]);
	return k == typed.len;
}

static int best_word(struct word typed, const char *name)
{
	int best = has_letters(typed, name) ? LETTERS : 0;
	struct word of;

	while ((of = next_word(&name)).len) {
		const int score = score_word(typed, of);

		if (score > best)
			best = score;
	}
	return best;
}

static bool is_equal(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

int pick_score(const char *typed, const char *name)
{
	const char *p = typed, *q = name;
	int score = 0;
	struct word w;

	if (*typed && is_equal(typed, name))
		return PICK_EXACT;
	while ((w = next_word(&p)).len) {
		const int best = best_word(w, name);

		if (!best)
			return 0;
		score += best;
	}
	while (score > EXTRA_WORD && next_word(&q).len)
		score -= EXTRA_WORD;
	return score;
}
