/* Mapping files with one slip: shipped and golden ones are taken, one token of each is broken at a
 * place that is known, and one error must be told, there. Where a slip is seen only later, as a
 * brace that is missing is, an automaton over the tokens, which shares nothing with the scanner,
 * says where that is, to the column.
 *
 * MUTATIONS=n tries more than the usual number, SEED=n others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/buf.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"

#include "seeds.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MUTATIONS 1500
#define TOLD_MAX 10

static uint64_t dice = 0x9E3779B97F4A7C15;

/* xorshift64*: the same numbers everywhere. */
static size_t roll(size_t n)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (size_t)((dice * 0x2545F4914F6CDD1D) >> 33) % n;
}

/* ---- a mutant ---- */

struct mutant {
	struct buf text;
	int line, column; /* where the error must be; column 0: anywhere in the line */
	const char *code; /* NULL: any */
	bool later;       /* a key that is twice may be seen before */
};

/* The text with one token replaced. */
static void replace(struct mutant *m, const struct seed *s, const struct token *t, const char *by)
{
	buf_add(&m->text, s->text, t->at);
	buf_puts(&m->text, by);
	buf_puts(&m->text, s->text + t->at + t->len);
	m->line = t->line;
}

static bool is_text(const struct seed *s, const struct token *t, const char *text)
{
	return t->len == strlen(text) + 2 && !memcmp(s->text + t->at + 1, text, t->len - 2);
}

/* Whether a token is, at any depth, within what the key of that name holds. */
static bool within(const struct seed *s, const struct token *t, const char *key)
{
	for (int in = t->in; in >= 0; in = s->tokens[in].in)
		if (s->tokens[in].key >= 0 && is_text(s, &s->tokens[s->tokens[in].key], key))
			return true;
	return false;
}

/* Whether the key that a token is the value of, or is listed in, has one of these names. */
static bool value_of(const struct seed *s, const struct token *t, const char *const *keys)
{
	for (; t->key >= 0 && *keys; keys++)
		if (is_text(s, &s->tokens[t->key], *keys))
			return true;
	return false;
}

/* ---- slips of meaning; each returns whether the token can make it ---- */

/* Keys of these objects are names that the file gives. */
static bool names_things(const struct seed *s, const struct token *t)
{
	static const char *const maps[] = { "ports", "slots", "each", "when", NULL };
	const struct token *in = &s->tokens[t->in];

	if (within(s, t, "each") || within(s, t, "when"))
		return true;
	return value_of(s, in, maps) && in->type == '{';
}

/* A letter too many. */
static bool misspell_key(struct mutant *m, const struct seed *s, const struct token *t)
{
	char word[80];

	if (!t->is_key || t->len < 4 || t->len + 2 > sizeof(word) || names_things(s, t))
		return false;
	snprintf(word, sizeof(word), "%.*sz\"", (int)t->len - 1, s->text + t->at);
	replace(m, s, t, word);
	m->code = "unknown-key";
	return true;
}

static bool is_scalar(const struct token *t)
{
	return (t->type == 's' && !t->is_key) || t->type == 'n' || t->type == 'w';
}

/* No key takes a list in a list of nothing. */
static bool retype_value(struct mutant *m, const struct seed *s, const struct token *t)
{
	if (!is_scalar(t))
		return false;
	replace(m, s, t, "[[]]");
	return true;
}

/* No key takes so much, but numbers of "each" are told where they are used. */
static bool enlarge_number(struct mutant *m, const struct seed *s, const struct token *t)
{
	if (t->type != 'n' || within(s, t, "each"))
		return false;
	replace(m, s, t, "1e12");
	return true;
}

static bool spoil_name(struct mutant *m, const struct seed *s, const struct token *t)
{
	static const char *const keys[] = { "name", NULL };

	if (t->type != 's' || t->is_key || !value_of(s, t, keys) || within(s, t, "each"))
		return false;
	replace(m, s, t, "\"No Name\"");
	m->code = "bad-name";
	return true;
}

static bool lose_reference(struct mutant *m, const struct seed *s, const struct token *t)
{
	static const char *const keys[] = { "to",      "from",  "port",  "set", "press",
		                            "release", "nudge", "clock", "tap", NULL };

	if (t->type != 's' || t->is_key || !value_of(s, t, keys) || within(s, t, "each"))
		return false;
	replace(m, s, t, "\"nowhere_at_all\"");
	return true;
}

static bool lose_condition(struct mutant *m, const struct seed *s, const struct token *t)
{
	if (!t->is_key || !within(s, t, "when") || is_text(s, t, "or") || is_text(s, t, "not") ||
	    is_text(s, t, "min") || is_text(s, t, "max"))
		return false;
	replace(m, s, t, "\"nowhere_at_all\"");
	m->code = "unknown-control";
	return true;
}

static bool repeat_member(struct mutant *m, const struct seed *s, const struct token *t)
{
	const struct token *value = t + 2;

	if (!t->is_key || !is_scalar(value))
		return false;
	buf_add(&m->text, s->text, value->at + value->len);
	buf_fmt(&m->text, ",\n%.*s", (int)(value->at + value->len - t->at), s->text + t->at);
	buf_puts(&m->text, s->text + value->at + value->len);
	m->line = value->line + 1;
	m->code = "duplicate-key";
	return true;
}

static bool leave_placeholder(struct mutant *m, const struct seed *s, const struct token *t)
{
	static const char *const keys[] = { "name", "to", "port", "channel", "cc", "kind", NULL };

	if (!is_scalar(t) || !value_of(s, t, keys) || within(s, t, "each") ||
	    within(s, t, "intents") || within(s, t, "do") || within(s, t, "when"))
		return false;
	replace(m, s, t, "\"{nothing}\"");
	m->code = "unknown-placeholder";
	return true;
}

/* ---- slips of form ---- */

/* Where the tokens, one of them (but for kind 0) of another type, can no longer be JSON. */
static void expect_fault(struct mutant *m, const struct seed *s, const struct token *changed,
                         char type)
{
	const size_t bad = first_fault(s, (size_t)(changed - s->tokens), type);

	m->line = bad < s->n ? s->tokens[bad].line : s->end_line;
	m->column = bad < s->n ? s->tokens[bad].column : s->end_column;
	m->later = true;
}

static bool is_mark(const struct token *t)
{
	return strchr("{}[]:,", t->type);
}

static bool drop_mark(struct mutant *m, const struct seed *s, const struct token *t)
{
	if (!is_mark(t))
		return false;
	replace(m, s, t, " ");
	expect_fault(m, s, t, 0);
	return true;
}

static bool swap_mark(struct mutant *m, const struct seed *s, const struct token *t)
{
	static const char of[] = "{}[]:,", by[] = "[]{},:";
	const char *p = strchr(of, t->type);
	char text[2] = "";

	if (!is_mark(t))
		return false;
	text[0] = by[p - of];
	replace(m, s, t, text);
	expect_fault(m, s, t, text[0]);
	return true;
}

static bool drop_quote(struct mutant *m, const struct seed *s, const struct token *t)
{
	char text[128];

	if (t->type != 's' || t->len < 3 || t->len > sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)t->len - 1, s->text + t->at + roll(2));
	replace(m, s, t, text);
	m->code = "json";
	return true;
}

static bool cut_text(struct mutant *m, const struct seed *s, const struct token *t)
{
	if (t == s->tokens || t->line < 2)
		return false;
	buf_add(&m->text, s->text, t->at);
	m->line = t->line;
	m->column = t->column;
	m->code = "json";
	return true;
}

static const struct slip {
	const char *name;
	bool (*make)(struct mutant *m, const struct seed *s, const struct token *t);
} slips[] = {
	{ "a key misspelt", misspell_key },
	{ "a value of another type", retype_value },
	{ "a number too large", enlarge_number },
	{ "a bad name", spoil_name },
	{ "a control or port that is not there", lose_reference },
	{ "a condition on what is not there", lose_condition },
	{ "a key twice", repeat_member },
	{ "a variable that is not declared", leave_placeholder },
	{ "a mark left out", drop_mark },
	{ "a wrong mark", swap_mark },
	{ "a quote left out", drop_quote },
	{ "the text cut off", cut_text },
};

/* ---- trying them ---- */

static size_t tried[COUNT(slips)], missed[COUNT(slips)];

static bool is_told(const struct mutant *m, const struct diag *e)
{
	if (m->later && !strcmp(e->code, "duplicate-key"))
		return e->line <= m->line;
	return e->line == m->line && (!m->column || e->column == m->column);
}

/* The error, which must have the code that is expected. */
static const struct diag *error_of(const struct diags *d, const struct mutant *m)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].severity == SEV_ERROR)
			return m->later || !m->code || !strcmp(d->list[i].code, m->code)
			               ? &d->list[i]
			               : NULL;
	return NULL;
}

static void report(const struct seed *s, const struct slip *slip, const struct mutant *m,
                   const struct token *t, const struct diags *d)
{
	static int told;

	if (told++ >= TOLD_MAX)
		return;
	printf("# %s: %s, %.*s in line %d: expected %d:%d, %s\n", s->path, slip->name, (int)t->len,
	       s->text + t->at, t->line, m->line, m->column, m->code ? m->code : "any");
	for (size_t i = 0; i < d->n && i < 3; i++)
		printf("#   %s:%d:%d: %s: %s\n", d->list[i].file, d->list[i].line,
		       d->list[i].column, d->list[i].code, d->list[i].msg);
}

static void try_one(const struct seed *s, size_t slip, const struct token *t, struct mutant *m)
{
	struct mapping *map = NULL;
	struct diags d = { 0 };
	const int err = mapping_load_text(&map, s->path, m->text.p, m->text.len, "mappings", &d);
	const struct diag *e = err ? error_of(&d, m) : NULL;

	tried[slip]++;
	if (!e || d.errors != 1 || strcmp(e->file, s->path) || !is_told(m, e)) {
		missed[slip]++;
		report(s, &slips[slip], m, t, &d);
	}
	mapping_free(map);
}

/* Breaks the first token that can be, of those that the dice give. */
static void break_one(const struct seed *seeds, size_t nseeds)
{
	const size_t slip = roll(COUNT(slips));
	bool made = false;

	while (!made) {
		const struct seed *s = &seeds[roll(nseeds)];
		const struct token *t = &s->tokens[roll(s->n)];
		struct mutant m = { 0 };

		buf_init(&m.text, 4 << 20);
		made = slips[slip].make(&m, s, t);
		if (made)
			try_one(s, slip, t, &m);
		buf_finish(&m.text);
	}
}

static size_t number(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? (size_t)strtoul(text, NULL, 10) : otherwise;
}

static void test_mutations(void **state)
{
	const size_t n = number("MUTATIONS", MUTATIONS);
	size_t nseeds, wrong = 0;
	struct seed *seeds = seeds_load(&nseeds);

	(void)state;
	dice ^= number("SEED", 0) * 0x9E3779B97F4A7C15;
	assert_true(nseeds > 20);
	for (size_t i = 0; i < n; i++)
		break_one(seeds, nseeds);
	for (size_t i = 0; i < COUNT(slips); i++) {
		printf("# %-40s %5zu tried, %zu told otherwise\n", slips[i].name, tried[i],
		       missed[i]);
		assert_true(tried[i] > 0);
		wrong += missed[i];
	}
	seeds_free(seeds, nseeds);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_mutations) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mutations", tests, NULL, NULL);
}
