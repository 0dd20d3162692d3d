/* Valid mapping files as tokens, for tests that break them. Header only: for one test program. */
#ifndef CUEWIRE_TESTS_SEEDS_H
#define CUEWIRE_TESTS_SEEDS_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

struct token {
	char type; /* one of {}[]:, or s(tring), n(umber), w(ord) */
	bool is_key;
	size_t at, len;
	int line, column;
	int in;  /* the token that opens what it is in, -1: none */
	int key; /* the key that it is the value of or is listed under, -1: none */
};

struct seed {
	char *path, *text;
	struct token *tokens;
	size_t n, cap;
	int end_line, end_column;
};

static char *seed_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long size;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
		text = xcalloc(1, (size_t)size + 1);
		if (fread(text, 1, (size_t)size, f) != (size_t)size)
			text[0] = '\0';
	}
	fclose(f);
	return text;
}

static size_t token_len(const char *p)
{
	const char *start = p;

	if (strchr("{}[]:,", *p))
		return 1;
	if (*p != '"')
		return strcspn(p, "{}[]:, \t\r\n");
	for (p++; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return (size_t)(p + 1 - start);
}

static char token_type(char c)
{
	if (strchr("{}[]:,", c))
		return c;
	return c == '"' ? 's' : c == '-' || (c >= '0' && c <= '9') ? 'n' : 'w';
}

/* Who a token is in, and the value of which key it is. */
static void seed_place(struct seed *s, size_t i, int *in)
{
	struct token *t = &s->tokens[i];

	if (t->type == '}' || t->type == ']')
		*in = s->tokens[*in].in;
	t->in = *in;
	t->key = -1;
	if (i >= 2 && s->tokens[i - 1].type == ':') {
		s->tokens[i - 2].is_key = true;
		t->key = (int)i - 2;
	} else if (*in >= 0 && s->tokens[*in].type == '[') {
		t->key = s->tokens[*in].key;
	}
	if (t->type == '{' || t->type == '[')
		*in = (int)i;
}

static void seed_scan(struct seed *s)
{
	const char *p = s->text, *line = p;
	int in = -1, nline = 1;

	while (*p) {
		if (strchr(" \t\r\n", *p)) {
			if (*p++ == '\n') {
				nline++;
				line = p;
			}
			continue;
		}
		if (s->n == s->cap) {
			s->cap = s->cap ? s->cap * 2 : 1024;
			s->tokens = xrealloc(s->tokens, s->cap * sizeof(*s->tokens));
		}
		s->tokens[s->n] = (struct token){ .type = token_type(*p),
			                          .at = (size_t)(p - s->text),
			                          .len = token_len(p),
			                          .line = nline,
			                          .column = (int)(p - line) + 1 };
		seed_place(s, s->n, &in);
		p += s->tokens[s->n++].len;
	}
	s->end_line = nline;
	s->end_column = (int)(p - line) + 1;
}

static struct seed *seeds_load(size_t *n)
{
	struct seed *seeds;
	glob_t g;

	*n = 0;
	if (glob("mappings/*.json", 0, NULL, &g) ||
	    glob("tests/golden/traces/*/mapping.json", GLOB_APPEND, NULL, &g))
		return NULL;
	seeds = xcalloc(g.gl_pathc, sizeof(*seeds));
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if (strstr(g.gl_pathv[i], ".schema."))
			continue;
		seeds[*n].path = xstrdup(g.gl_pathv[i]);
		seeds[*n].text = seed_read(g.gl_pathv[i]);
		seed_scan(&seeds[(*n)++]);
	}
	globfree(&g);
	return seeds;
}

static void seeds_free(struct seed *seeds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(seeds[i].path);
		free(seeds[i].text);
		free(seeds[i].tokens);
	}
	free(seeds);
}

/* ---- an automaton for JSON's tokens ---- */

/* What may come next. */
enum {
	WANT_VALUE,
	WANT_VALUE_OR_END,
	WANT_KEY_OR_END,
	WANT_KEY,
	WANT_COLON,
	WANT_COMMA,
	WANT_NONE
};

struct automaton {
	int want;
	char open[64];
	size_t depth;
};

static void value_ends(struct automaton *a)
{
	a->want = a->depth ? WANT_COMMA : WANT_NONE;
}

static bool value_begins(struct automaton *a, char type)
{
	if (type == '{' || type == '[') {
		a->open[a->depth++] = type;
		a->want = type == '{' ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
		return true;
	}
	value_ends(a);
	return strchr("snw", type);
}

static bool closes(struct automaton *a, char type)
{
	if (!a->depth || type != (a->open[a->depth - 1] == '{' ? '}' : ']'))
		return false;
	a->depth--;
	value_ends(a);
	return true;
}

static bool accepts(struct automaton *a, char type)
{
	switch (a->want) {
	case WANT_VALUE_OR_END:
		return closes(a, type) || value_begins(a, type);
	case WANT_VALUE:
		return value_begins(a, type);
	case WANT_KEY_OR_END:
		if (closes(a, type))
			return true;
		a->want = WANT_COLON;
		return type == 's';
	case WANT_KEY:
		a->want = WANT_COLON;
		return type == 's';
	case WANT_COLON:
		a->want = WANT_VALUE;
		return type == ':';
	case WANT_COMMA:
		if (type == ',') {
			a->want = a->open[a->depth - 1] == '{' ? WANT_KEY : WANT_VALUE;
			return true;
		}
		return closes(a, type);
	default:
		return false;
	}
}

/* The first token that cannot stand where it does, with the changed one of another type, or left
 * out for 0; the end for none. Of a comma before a closing bracket it is the comma. */
static size_t first_fault(const struct seed *s, size_t changed, char type)
{
	struct automaton a = { .want = WANT_VALUE };
	size_t before = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char now = i == changed ? type : s->tokens[i].type;
		const char last = before == changed ? type : s->tokens[before].type;

		if (!now)
			continue;
		if (!accepts(&a, now))
			return i && last == ',' && strchr("]}", now) ? before : i;
		before = i;
	}
	return s->n;
}

#endif
