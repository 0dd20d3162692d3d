#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#define EACH_LEN_MAX 1024

/* ---- variables ---- */

static bool is_scalar(const cJSON *v)
{
	return cJSON_IsString(v) || cJSON_IsNumber(v) || cJSON_IsBool(v);
}

/* The length of a list of values, or -1 after a problem. */
static int list_len(const struct each *e, const cJSON *list)
{
	int n = 0;

	if (!cJSON_IsArray(list)) {
		problem(e->l, e->src, list, CODE_BAD_EACH,
		        "\"%s\" of \"each\" is %s, expected a list of values",
		        shown(e->l, list->string), shown_value(e->l, list));
		return -1;
	}
	for (const cJSON *v = list->child; v; v = v->next, n++) {
		if (is_scalar(v))
			continue;
		problem(e->l, e->src, v, CODE_BAD_EACH,
		        "\"%s\" of \"each\" holds %s, expected strings, numbers, true or false",
		        shown(e->l, list->string), shown_value(e->l, v));
		return -1;
	}
	if (n >= 1 && n <= EACH_LEN_MAX)
		return n;
	problem(e->l, e->src, list, CODE_BAD_EACH,
	        "\"%s\" of \"each\" has %d values, expected 1..%d", shown(e->l, list->string), n,
	        EACH_LEN_MAX);
	return -1;
}

static int add_var(struct each *e, const cJSON *list)
{
	const char *name = list->string, *expected = text_word(name);

	if (expected) {
		hint_name(e->l,
		          problem_key(e->l, e->src, list, CODE_BAD_NAME,
		                      "a variable is called \"%s\", expected %s", shown(e->l, name),
		                      expected),
		          name, text_word);
		return -1;
	}
	for (size_t i = 0; i < e->nvars; i++) {
		if (strcmp(e->vars[i].name, name))
			continue;
		problem_key(e->l, e->src, list, CODE_BAD_EACH, "\"%s\" is in this \"each\" twice",
		            name);
		return -1;
	}
	if (e->nvars == EACH_VARS) {
		problem_key(e->l, e->src, list, CODE_BAD_EACH, "more than %d variables", EACH_VARS);
		return -1;
	}
	e->vars[e->nvars++] = (struct each_var){
		.name = name, .list = list, .now = list->child, .group = e->ngroups
	};
	return 0;
}

/* One object of parallel lists. */
static int add_group(struct each *e, const cJSON *obj)
{
	int first = 0;

	if (!cJSON_IsObject(obj)) {
		problem(e->l, e->src, obj, CODE_WRONG_TYPE,
		        "\"each\" is %s, expected an object of lists or a list of such objects",
		        shown_value(e->l, obj));
		return -1;
	}
	for (const cJSON *v = obj->child; v; v = v->next) {
		int n;

		if (!strcmp(v->string, "note") && cJSON_IsString(v))
			continue;
		n = list_len(e, v);
		if (n < 0 || add_var(e, v))
			return -1;
		if (first && n != first) {
			diag_hint(
				problem(e->l, e->src, v, CODE_BAD_EACH,
			                "\"%s\" has %d values, but the first list of this \"each\" has %d",
			                v->string, n, first),
				"lists of one object go side by side; for all combinations write a list of objects");
			return -1;
		}
		first = n;
	}
	if (!first) {
		problem(e->l, e->src, obj, CODE_BAD_EACH, "\"each\" has no variables");
		return -1;
	}
	e->len[e->ngroups++] = (size_t)first;
	return 0;
}

/* Bounds how many objects one rule makes. */
static int check_count(struct each *e, const cJSON *spec)
{
	size_t count = 1;

	for (size_t g = 0; g < e->ngroups; g++)
		count *= count <= MAPPING_ROUTES_MAX ? e->len[g] : 1;
	if (count <= MAPPING_ROUTES_MAX)
		return 0;
	diag_hint(problem(e->l, e->src, spec, CODE_TOO_MANY, "\"each\" makes more than %d objects",
	                  MAPPING_ROUTES_MAX),
	          "lists of one object go side by side and do not multiply");
	return -1;
}

int each_begin(struct each *e, struct load *l, const struct source *src, const cJSON *spec)
{
	*e = (struct each){ .l = l, .src = src };
	if (!cJSON_IsArray(spec))
		return add_group(e, spec);
	if (!spec->child) {
		problem(l, src, spec, CODE_BAD_EACH, "\"each\" has no variables");
		return -1;
	}
	for (const cJSON *v = spec->child; v; v = v->next) {
		if (e->ngroups == EACH_GROUPS) {
			problem(l, src, v, CODE_BAD_EACH, "more than %d objects in \"each\"",
			        EACH_GROUPS);
			return -1;
		}
		if (add_group(e, v))
			return -1;
	}
	return check_count(e, spec);
}

/* Puts the variables of a group at its next values, or back at the first ones. */
static void turn(struct each *e, size_t group, bool back)
{
	for (size_t i = 0; i < e->nvars; i++) {
		struct each_var *v = &e->vars[i];

		if (v->group != group)
			continue;
		v->now = back ? v->list->child : v->now->next;
		v->text = NULL;
	}
}

bool each_next(struct each *e)
{
	for (size_t g = e->ngroups; g-- > 0;) {
		const bool back = ++e->at[g] == e->len[g];

		turn(e, g, back);
		if (!back)
			return true;
		e->at[g] = 0;
	}
	return false;
}

/* ---- copies ---- */

static struct each_var *find_var(struct each *e, const char *name, size_t len)
{
	for (size_t i = 0; i < e->nvars; i++)
		if (!strncmp(e->vars[i].name, name, len) && !e->vars[i].name[len])
			return &e->vars[i];
	return NULL;
}

/* The variable whose {name} begins at s, NULL when none does. */
static struct each_var *var_at(struct each *e, const char *s, size_t *len)
{
	*len = text_brace(s);
	return *len ? find_var(e, s + 1, *len - 2) : NULL;
}

/* The value of a variable as a part of a string. */
static const char *var_text(struct each *e, struct each_var *v)
{
	if (!v->text)
		v->text = cJSON_IsString(v->now) ? v->now->valuestring : shown_value(e->l, v->now);
	return v->text;
}

/* A text of which only what has room is kept. */
struct text {
	char *out;
	size_t len, size;
};

static void put(struct text *t, const char *s, size_t len)
{
	if (t->len + len <= t->size)
		memcpy(t->out + t->len, s, len);
	t->len += len;
}

/* Writes the string with the values put in. Returns its length, whether it had room or not. */
static size_t put_values(struct each *e, const char *s, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };
	size_t n;

	while (*s) {
		const char *brace = strchr(s, '{');
		const size_t plain = brace ? (size_t)(brace - s) : strlen(s);
		struct each_var *v;

		put(&t, s, plain);
		s += plain;
		if (!brace)
			break;
		v = var_at(e, s, &n);
		if (v)
			put(&t, var_text(e, v), strlen(var_text(e, v)));
		else
			put(&t, s, n = 1);
		s += n;
	}
	return t.len;
}

/* The string with the values put in; NULL when that costs too much. */
static char *fill(struct each *e, const char *s)
{
	char few[256], *out;
	const size_t len = put_values(e, s, few, sizeof(few));

	if (!load_spend(e->l, len + 1))
		return NULL;
	if (len <= sizeof(few))
		return arena_strn(e->l->scratch, few, len);
	out = arena_text(e->l->scratch, len);
	put_values(e, s, out, len);
	return out;
}

/* Whether anything in a chain of values holds a brace; counts what it looks at. */
static bool holds_brace(struct each *e, const cJSON *v)
{
	for (; v; v = v->next) {
		if (!load_spend(e->l, sizeof(*v)))
			return true;
		if ((cJSON_IsString(v) && strchr(v->valuestring, '{')) ||
		    (v->string && strchr(v->string, '{')) || holds_brace(e, v->child))
			return true;
	}
	return false;
}

/* Fills one copied node; its place stays that of the original. */
static bool fill_node(struct each *e, cJSON *v)
{
	const struct each_var *var;
	size_t n;

	if (v->string && strchr(v->string, '{') && !(v->string = fill(e, v->string)))
		return false;
	if (!cJSON_IsString(v) || !strchr(v->valuestring, '{'))
		return true;
	var = var_at(e, v->valuestring, &n);
	if (!var || v->valuestring[n])
		return (v->valuestring = fill(e, v->valuestring)) != NULL;
	v->type = var->now->type;
	v->valuedouble = var->now->valuedouble;
	v->valuestring = var->now->valuestring;
	return true;
}

/* Copies a chain of values without the key `skip`; what holds no brace is shared. */
static bool copy_chain(struct each *e, const cJSON *from, cJSON **to, const char *skip)
{
	cJSON *last = NULL;

	for (*to = NULL; from; from = from->next) {
		cJSON *v;

		if (skip && !strcmp(from->string, skip))
			continue;
		if (!load_spend(e->l, sizeof(*v)))
			return false;
		v = arena_dup(e->l->scratch, from, sizeof(*v));
		v->next = NULL;
		v->prev = last;
		*(last ? &last->next : to) = v;
		last = v;
		if (!fill_node(e, v))
			return false;
		if (holds_brace(e, from->child) && !copy_chain(e, from->child, &v->child, NULL))
			return false;
	}
	return true;
}

const cJSON *each_copy(struct each *e, const cJSON *obj)
{
	cJSON *copy = arena_dup(e->l->scratch, obj, sizeof(*copy));

	copy->next = copy->prev = NULL;
	if (load_spend(e->l, sizeof(*copy)) && copy_chain(e, obj->child, &copy->child, "each"))
		return copy;
	problem(e->l, e->src, obj, CODE_TOO_MANY, "all that \"each\" makes is too large");
	return NULL;
}
