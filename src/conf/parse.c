#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/near.h"

static void *field_of(const struct key *k, void *out)
{
	return (char *)out + k->offset;
}

/* Gives every field what it is when its key is not there. */
static void set_defaults(const struct section *sec, void *out)
{
	for (size_t i = 0; i < sec->nkeys; i++) {
		const struct key *k = &sec->keys[i];

		switch (k->type) {
		case KEY_INT:
		case KEY_NOTE:
		case KEY_ANY_INT:
		case KEY_BITS:
			*(int *)field_of(k, out) = k->has_def ? (int)k->def : -1;
			break;
		case KEY_WORD:
			*(int *)field_of(k, out) = (int)k->def;
			break;
		case KEY_BOOL:
			*(bool *)field_of(k, out) = k->def != 0;
			break;
		case KEY_NUMBER:
			*(double *)field_of(k, out) = k->def;
			break;
		case KEY_OBJECT:
			set_defaults(k->sub, field_of(k, out));
			break;
		default: /* zero is right for the others */
			break;
		}
	}
}

/* first: the key that is tried first, as keys mostly stand in the order of the table. */
static int find_key_from(const struct section *sec, size_t first, const char *name)
{
	for (size_t n = 0, i = first; n < sec->nkeys; n++, i++) {
		if (i >= sec->nkeys)
			i -= sec->nkeys;
		if (sec->keys[i].name[0] == name[0] && !strcmp(sec->keys[i].name, name))
			return (int)i;
	}
	return -1;
}

static int find_key(const struct section *sec, const char *name)
{
	return find_key_from(sec, 0, name);
}

/* Reports a key that the section does not have. Returns the bit of the one that was meant. */
static uint64_t unknown_key(struct load *l, const struct source *s, const struct section *sec,
                            const cJSON *v)
{
	struct diag *e = problem_key(l, s, v, CODE_UNKNOWN_KEY, "unknown key \"%s\" in %s %s",
	                             shown(l, v->string),
	                             strchr("aeiou", sec->name[0]) ? "an" : "a", sec->name);
	struct near n;

	near_init(&n, v->string);
	for (size_t i = 0; i < sec->nkeys; i++)
		near_try(&n, sec->keys[i].name);
	if (!n.best) {
		diag_hint(e, "a remark goes into \"note\"; all keys are in cuewire-mapping(5)");
		return 0;
	}
	diag_hint(e, "did you mean \"%s\"?", n.best);
	return KEY_BIT(find_key(sec, n.best));
}

bool key_misspelt(struct load *l, const struct source *s, const struct section *sec,
                  const cJSON *obj, const char *key)
{
	const uint64_t bit = KEY_BIT(find_key(sec, key));
	uint64_t meant = 0;
	size_t next = 0;

	for (const cJSON *v = obj->child; v; v = v->next) {
		const int i = find_key_from(sec, next, v->string);

		if (i < 0)
			meant |= unknown_key(l, s, sec, v);
		next = i < 0 ? next : (size_t)i + 1;
	}
	return meant & bit;
}

/* ---- keys together ---- */

/* The names of the keys of a mask: "cc" or "note". */
static const char *names_of(struct load *l, const struct section *sec, uint64_t mask)
{
	const char *out = NULL;

	for (size_t i = 0; i < sec->nkeys; i++)
		if (mask >> i & 1)
			out = arena_fmt(l->scratch, "%s%s\"%s\"", out ? out : "", out ? " or " : "",
			                sec->keys[i].name);
	return out;
}

static const char *alts_of(struct load *l, const struct section *sec, const struct rule *r)
{
	const char *out = NULL;

	for (size_t i = 0; i < RULE_ALTS && r->alts[i]; i++)
		out = arena_fmt(l->scratch, "%s%s%s", out ? out : "", out ? ", " : "",
		                names_of(l, sec, r->alts[i]));
	return out;
}

/* The member of one of the keys in mask that stands first; NULL when none does. */
static const cJSON *first_of(const struct section *sec, const cJSON *obj, uint64_t mask)
{
	for (const cJSON *v = obj->child; v; v = v->next) {
		const int i = find_key(sec, v->string);

		if (i >= 0 && mask >> i & 1)
			return v;
	}
	return NULL;
}

/* Two alternatives where one is allowed: told at the one that stands second. */
static void conflict(struct load *l, const struct section *sec, const struct head *h,
                     const struct rule *r)
{
	const cJSON *first = NULL, *second = NULL;
	uint64_t group = 0;

	for (const cJSON *v = h->obj->child; v && !second; v = v->next) {
		const int key = find_key(sec, v->string);

		for (size_t i = 0; key >= 0 && i < RULE_ALTS && r->alts[i]; i++) {
			if (!(r->alts[i] & h->seen & KEY_BIT(key)))
				continue;
			if (!first) {
				first = v;
				group = r->alts[i];
			} else if (r->alts[i] != group) {
				second = v;
			}
		}
	}
	if (second)
		problem_key(l, h->src, second, CODE_CONFLICT,
		            "\"%s\" beside \"%s\", expected only one of %s", second->string,
		            first->string, alts_of(l, sec, r));
}

/* Whether the keys follow the rule; given: how many alternatives are there. */
static bool follows(const struct rule *r, uint64_t seen, size_t *given)
{
	size_t whole = 0;

	*given = 0;
	for (size_t i = 0; i < RULE_ALTS && r->alts[i]; i++) {
		*given += (seen & r->alts[i]) != 0;
		whole += (seen & r->alts[i]) == r->alts[i];
	}
	switch (r->type) {
	case RULE_ONE:
		return *given == 1;
	case RULE_MOST:
		return *given <= 1;
	case RULE_SOME:
		return *given >= 1;
	default:
		return whole >= 1;
	}
}

/* An alternative is missing: told at the key that needs it, or at the object. */
static void lacks(struct load *l, const struct section *sec, const struct head *h,
                  const struct rule *r)
{
	const cJSON *key = r->when ? first_of(sec, h->obj, r->when & h->seen) : NULL;
	const char *one_of = r->alts[1] ? "one of " : "";

	if (key)
		problem_key(l, h->src, key, CODE_MISSING_KEY, "\"%s\" needs %s%s", key->string,
		            one_of, alts_of(l, sec, r));
	else
		problem(l, h->src, h->obj, CODE_MISSING_KEY, "%s without %s%s", sec->name, one_of,
		        alts_of(l, sec, r));
}

/* meant: keys that are there under a wrong name, or may be; they count, so that one slip is one message. */
static bool check_rules(struct load *l, const struct section *sec, const struct head *h,
                        uint64_t meant)
{
	const uint64_t seen = h->seen | meant;
	bool good = true, told = false;
	size_t given;

	for (const struct rule *r = sec->rules; r && r->type != RULE_END; r++) {
		if ((r->when && !(seen & r->when)) || follows(r, seen, &given))
			continue;
		good = false;
		if (r->type == RULE_NEEDS || !given)
			lacks(l, sec, h, r);
		else if (!told)
			conflict(l, sec, h, r);
		told = told || given;
	}
	return good;
}

/* All required keys that are missing, in one message. */
static bool check_required(struct load *l, const struct section *sec, const struct head *h,
                           uint64_t present)
{
	const char *list = NULL;

	for (size_t i = 0; i < sec->nkeys; i++)
		if (sec->keys[i].required && !(present >> i & 1))
			list = arena_fmt(l->scratch, "%s%s\"%s\"", list ? list : "",
			                 list ? " and " : "", sec->keys[i].name);
	if (list)
		problem(l, h->src, h->obj, CODE_MISSING_KEY, "%s without %s", sec->name, list);
	return !list;
}

bool parse_object(struct load *l, const struct source *s, const struct section *sec,
                  const cJSON *obj, void *out)
{
	struct head *h = out;
	uint64_t meant = 0, present = 0;
	size_t next = 0;
	bool good = true;

	set_defaults(sec, out);
	h->src = s;
	h->obj = obj;
	for (const cJSON *v = obj->child; v; v = v->next) {
		const int i = find_key_from(sec, next, v->string);
		bool given = true;

		if (i < 0) {
			meant |= unknown_key(l, s, sec, v);
			good = false;
			continue;
		}
		next = (size_t)i + 1;
		if (!parse_value(l, s, &sec->keys[i], v, field_of(&sec->keys[i], out), &given)) {
			good = false;
			meant |= given ? 0 : KEY_BIT(i);
		}
		present |= KEY_BIT(i);
		h->seen |= (uint64_t)given << i;
	}
	if (!check_required(l, sec, h, present | meant))
		good = false;
	return check_rules(l, sec, h, meant) && good;
}
