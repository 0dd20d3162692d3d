/* "when": conditions on controls, as an object of which all must hold, to a list in postfix order. */
#include "load_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#define MEMBERS_MAX 16 /* of one object, and of one "or" */

/* One "when" on its way. */
struct parse {
	struct load *l;
	const struct source *s;
	struct raw_condition *out; /* WHEN_MAX */
	size_t n;
	const cJSON *when;
};

static bool put(struct parse *p, const cJSON *node, struct raw_condition c)
{
	if (p->n == WHEN_MAX) {
		problem(p->l, p->s, p->when, CODE_TOO_MANY, "\"when\" has more than %d parts",
		        WHEN_MAX);
		return false;
	}
	c.node = node;
	p->out[p->n++] = c;
	return true;
}

static bool put_op(struct parse *p, const cJSON *node, enum condition_op op, size_t n)
{
	return put(p, node, (struct raw_condition){ .c = { .op = (uint8_t)op, .n = (uint8_t)n } });
}

static bool name_is_good(struct parse *p, const cJSON *v)
{
	const char *expected = text_name(v->string), *stray = text_stray(v->string, false);
	const size_t n = stray ? text_brace(stray) : 0;

	if (n)
		diag_hint(problem_key(
				  p->l, p->s, v, CODE_UNKNOWN_PLACEHOLDER,
				  "\"when\" has \"%s\", but no \"each\" has the variable \"%.*s\"",
				  shown(p->l, v->string), (int)(n - 2), stray + 1),
		          HINT_EACH, (int)(n - 2), stray + 1);
	else if (expected)
		hint_name(p->l,
		          problem_key(p->l, p->s, v, CODE_BAD_NAME,
		                      "\"when\" has \"%s\", expected %s", shown(p->l, v->string),
		                      expected),
		          v->string, text_name);
	return !expected;
}

static bool bad_value(struct parse *p, const cJSON *v)
{
	problem(p->l, p->s, v, CODE_WRONG_TYPE,
	        "\"%s\" is %s, expected 0, 1 or an object with \"min\" or \"max\"",
	        shown(p->l, v->string), shown_value(p->l, v));
	return false;
}

static bool read_limits(struct parse *p, const cJSON *v, struct condition *c)
{
	c->lo = -INFINITY;
	c->hi = INFINITY;
	for (const cJSON *k = v->child; k; k = k->next) {
		float *limit = !strcmp(k->string, "min")   ? &c->lo
		               : !strcmp(k->string, "max") ? &c->hi
		                                           : NULL;

		if (!limit) {
			problem_key(p->l, p->s, k, CODE_UNKNOWN_KEY,
			            "\"%s\" in a condition, expected \"min\" or \"max\"",
			            shown(p->l, k->string));
			return false;
		}
		if (!cJSON_IsNumber(k) || k->valuedouble < 0 || k->valuedouble > 1) {
			problem(p->l, p->s, k,
			        cJSON_IsNumber(k) ? CODE_OUT_OF_RANGE : CODE_WRONG_TYPE,
			        "\"%s\" is %s, expected 0..1", k->string, shown_value(p->l, k));
			return false;
		}
		*limit = (float)k->valuedouble;
	}
	return v->child || bad_value(p, v);
}

static bool put_is(struct parse *p, const cJSON *v)
{
	struct raw_condition w = { .name = v->string };
	const bool on = cJSON_IsTrue(v) || (cJSON_IsNumber(v) && v->valuedouble == 1);

	if (!name_is_good(p, v))
		return false;
	if (cJSON_IsObject(v)) {
		if (!read_limits(p, v, &w.c))
			return false;
	} else if (cJSON_IsBool(v) || on || (cJSON_IsNumber(v) && v->valuedouble == 0)) {
		w.c.lo = on ? 0.5f : -INFINITY;
		w.c.hi = on ? INFINITY : nextafterf(0.5f, 0.0f);
	} else {
		return bad_value(p, v);
	}
	return put(p, v, w);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* Remarks aside, sorted by name, so that the order in the file makes no difference. */
static bool members_of(struct parse *p, const cJSON *obj, const cJSON **list, size_t *n)
{
	*n = 0;
	for (const cJSON *v = obj->child; v; v = v->next) {
		if (!strcmp(v->string, "note") && cJSON_IsString(v))
			continue;
		if (*n == MEMBERS_MAX) {
			problem(p->l, p->s, obj, CODE_OUT_OF_RANGE,
			        "\"%s\" has more than %d entries", obj->string ? obj->string : "or",
			        MEMBERS_MAX);
			return false;
		}
		list[(*n)++] = v;
	}
	qsort(list, *n, sizeof(*list), by_name);
	for (size_t i = 1; i < *n; i++) {
		if (strcmp(list[i - 1]->string, list[i]->string))
			continue;
		diag_hint(problem_key(p->l, p->s, list[i], CODE_CONFLICT,
		                      "\"when\" has \"%s\" twice", list[i]->string),
		          "name it once; a range has \"min\" and \"max\"");
		return false;
	}
	return true;
}

static bool put_all(struct parse *p, const cJSON *obj);

/* An object within: it must say something, and a remark says nothing. */
static bool put_inner(struct parse *p, const cJSON *v, const char *of)
{
	const size_t before = p->n;

	if (cJSON_IsObject(v) && !put_all(p, v))
		return false;
	if (p->n > before)
		return true;
	problem(p->l, p->s, v, CODE_WRONG_TYPE, "\"%s\" has %s, expected an object of conditions",
	        of, cJSON_IsObject(v) ? "an object without any" : shown_value(p->l, v));
	return false;
}

static bool put_or(struct parse *p, const cJSON *list)
{
	const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;

	if (n < 1 || n > MEMBERS_MAX) {
		problem(p->l, p->s, list, cJSON_IsArray(list) ? CODE_OUT_OF_RANGE : CODE_WRONG_TYPE,
		        "\"or\" is %s, expected a list of 1..%d objects of conditions",
		        n ? "too long" : shown_value(p->l, list), MEMBERS_MAX);
		return false;
	}
	for (const cJSON *v = list->child; v; v = v->next)
		if (!put_inner(p, v, "or"))
			return false;
	return put_op(p, list, COND_OR, (size_t)n);
}

static bool put_member(struct parse *p, const cJSON *v)
{
	if (!strcmp(v->string, "or"))
		return put_or(p, v);
	if (!strcmp(v->string, "not"))
		return put_inner(p, v, "not") && put_op(p, v, COND_NOT, 1);
	return put_is(p, v);
}

static bool put_all(struct parse *p, const cJSON *obj)
{
	const cJSON *list[MEMBERS_MAX];
	size_t n;

	if (!members_of(p, obj, list, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!put_member(p, list[i]))
			return false;
	return n < 2 || put_op(p, obj, COND_AND, n);
}

bool conditions_parse(struct load *l, const struct source *s, const cJSON *when,
                      struct raw_condition **out, size_t *n)
{
	struct parse p = { .l = l, .s = s, .when = when };

	p.out = arena_alloc(l->scratch, WHEN_MAX * sizeof(*p.out));
	if (!put_all(&p, when))
		return false;
	*out = p.out;
	*n = p.n;
	return true;
}

void conditions_check(struct load *l, const struct head *h, struct raw_condition *when, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (when[i].c.op == COND_IS)
			when[i].control = find_control(l, h, when[i].node, when[i].name);
}

const struct condition *conditions_build(struct arena *a, const struct raw_condition *when,
                                         size_t n)
{
	struct condition *out = n ? arena_alloc(a, n * sizeof(*out)) : NULL;

	for (size_t i = 0; i < n; i++) {
		out[i] = when[i].c;
		out[i].control = (uint16_t)when[i].control;
	}
	return out;
}
