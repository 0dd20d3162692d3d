#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

/* ---- slots ---- */

static bool one_choice(struct load *l, const struct source *s, struct raw_slot *slot,
                       const cJSON *v)
{
	for (size_t i = 0; i < slot->nvalues; i++) {
		if (strcmp(slot->values[i], v->valuestring))
			continue;
		problem(l, s, v, CODE_CONFLICT, "\"values\" has \"%s\" twice",
		        shown(l, v->valuestring));
		return false;
	}
	slot->values[slot->nvalues++] = v->valuestring;
	return true;
}

/* A key that only one type of slot takes. False when the slot is of another. */
static bool only_type(struct load *l, const struct raw_slot *slot, enum slot_type type,
                      const char *key)
{
	const cJSON *v = member(slot->h.obj, key);

	if (!v || slot->type == (int)type)
		return true;
	problem_key(l, slot->h.src, v, CODE_BAD_SLOT,
	            "\"%s\" in a slot of type \"%s\", expected only in a "
	            "\"%s\"",
	            key, slot_type_names[slot->type], slot_type_names[type]);
	return false;
}

static bool slot_values(struct load *l, const struct source *s, struct raw_slot *slot)
{
	static const char *const decks[] = { "a", "b", "c", "d" };
	const cJSON *v = slot->values_node;

	if (slot->type == SLOT_DECK) {
		slot->values = arena_dup(l->scratch, decks, sizeof(decks));
		slot->nvalues = sizeof(decks) / sizeof(*decks);
	}
	if (slot->type != SLOT_CHOICE)
		return true;
	if (!v) {
		problem(l, s, slot->h.obj, CODE_MISSING_KEY,
		        "slot \"%s\" is a choice without \"values\"", slot->name);
		return false;
	}
	slot->values = arena_alloc(l->scratch, CHOICES_MAX * sizeof(*slot->values));
	if (cJSON_IsString(v))
		return one_choice(l, s, slot, v);
	for (v = v->child; v; v = v->next)
		if (!one_choice(l, s, slot, v))
			return false;
	return true;
}

static bool has_value(const struct raw_slot *slot, const char *value)
{
	for (size_t i = 0; i < slot->nvalues; i++)
		if (!strcmp(slot->values[i], value))
			return true;
	return false;
}

static bool good_default(struct load *l, const struct source *s, const struct raw_slot *slot)
{
	const cJSON *v = slot->def;
	const char *expected;

	if (slot->type == SLOT_NUMBER) {
		if (cJSON_IsNumber(v) && v->valuedouble >= slot->min && v->valuedouble <= slot->max)
			return true;
		expected = arena_fmt(l->scratch, "a number %.9g..%.9g", slot->min, slot->max);
	} else {
		if (cJSON_IsString(v) && has_value(slot, v->valuestring))
			return true;
		expected = slot->type == SLOT_DECK ? "\"a\", \"b\", \"c\" or \"d\""
		                                   : "one of \"values\"";
	}
	problem(l, s, v, CODE_BAD_SLOT, "\"default\" of slot \"%s\" is %s, expected %s", slot->name,
	        shown_value(l, v), expected);
	return false;
}

static bool check_slot(struct load *l, const struct source *s, struct raw_slot *slot)
{
	if (!only_type(l, slot, SLOT_NUMBER, "min") || !only_type(l, slot, SLOT_NUMBER, "max") ||
	    !only_type(l, slot, SLOT_CHOICE, "values") || !slot_values(l, s, slot))
		return false;
	if (slot->min >= slot->max) {
		problem(l, s, member_or(slot->h.obj, "min"), CODE_OUT_OF_RANGE,
		        "slot \"%s\" goes from %.9g to %.9g, expected \"min\" below \"max\"",
		        slot->name, slot->min, slot->max);
		return false;
	}
	return !slot->def || good_default(l, s, slot);
}

/* "deck" and "number" are short for an object that says no more than that. */
static bool short_slot(struct load *l, const struct source *s, struct raw_slot *slot,
                       const cJSON *v)
{
	static const cJSON no_members = { .type = cJSON_Object };

	for (int type = SLOT_DECK; type <= SLOT_NUMBER; type++) {
		if (!cJSON_IsString(v) || strcmp(v->valuestring, slot_type_names[type]))
			continue;
		slot->h = (struct head){ .src = s, .obj = &no_members };
		slot->type = type;
		slot->max = 1;
		return check_slot(l, s, slot);
	}
	problem(l, s, v, CODE_BAD_SLOT,
	        "slot \"%s\" is %s, expected \"deck\", \"number\" or an object", slot->name,
	        shown_value(l, v));
	return false;
}

static bool one_slot(struct load *l, const struct source *s, struct raw_slot *slot, const cJSON *v)
{
	const char *expected = text_word(v->string);

	slot->name = v->string;
	if (expected) {
		hint_name(l,
		          problem_key(l, s, v, CODE_BAD_NAME,
		                      "a slot is called \"%s\", expected %s", shown(l, v->string),
		                      expected),
		          v->string, text_word);
		return false;
	}
	if (!cJSON_IsObject(v))
		return short_slot(l, s, slot, v);
	return parse_object(l, s, &section_slot, v, slot) && check_slot(l, s, slot);
}

bool slots_parse(struct load *l, const struct source *s, struct raw_intent *in)
{
	const cJSON *v = in->slots_node ? in->slots_node->child : NULL;
	bool good = true;

	in->slots = arena_alloc(l->scratch, ((size_t)cJSON_GetArraySize(in->slots_node) + 1) *
	                                            sizeof(*in->slots));
	for (; v; v = v->next) {
		if (!strcmp(v->string, "note") && cJSON_IsString(v))
			continue;
		if (!one_slot(l, s, &in->slots[in->nslots++], v))
			good = false;
	}
	return good;
}

const struct raw_slot *slot_find(const struct raw_intent *in, const char *p, size_t len)
{
	for (size_t i = 0; i < in->nslots; i++)
		if (!strncmp(in->slots[i].name, p, len) && !in->slots[i].name[len])
			return &in->slots[i];
	return NULL;
}

/* ---- steps ---- */

static const struct raw_slot *need_slot(struct load *l, const struct source *s,
                                        const struct raw_intent *in, const cJSON *v, const char *p,
                                        size_t len)
{
	const struct raw_slot *slot = slot_find(in, p, len);
	struct dict names = { .arena = l->scratch };
	struct diag *e;

	if (slot)
		return slot;
	e = problem(l, s, v, CODE_UNKNOWN_SLOT, "\"%s\" is \"%s\", but there is no slot \"%.*s\"",
	            v->string, shown(l, v->valuestring), (int)len, p);
	for (size_t i = 0; i < in->nslots; i++)
		if (!dict_get(&names, in->slots[i].name))
			dict_put(&names, in->slots[i].name, 0);
	hint_near(e, arena_strn(l->scratch, p, len), &names,
	          "declare it in \"slots\" of the intent");
	return NULL;
}

/* The control's name: words in which {slot} may stand for a part. */
static bool check_target(struct load *l, const struct source *s, const struct raw_intent *in,
                         const cJSON *v)
{
	char *plain = arena_str(l->scratch, v->valuestring);
	const char *expected;

	for (const char *p = plain; (p = strpbrk(p, "{}"));) {
		const size_t n = text_brace(p);
		const struct raw_slot *slot;

		if (!n) {
			problem(l, s, v, CODE_BAD_BRACE,
			        "\"%s\" is \"%s\", expected braces only round a slot", v->string,
			        shown(l, v->valuestring));
			return false;
		}
		slot = need_slot(l, s, in, v, p + 1, n - 2);
		if (!slot)
			return false;
		if (slot->type == SLOT_NUMBER) {
			problem(l, s, v, CODE_BAD_SLOT,
			        "\"%s\" is \"%s\", but slot \"%s\" is a number, expected a deck or choice",
			        v->string, shown(l, v->valuestring), slot->name);
			return false;
		}
		memset(plain + (p - plain), 'x', n); /* as any word */
		p += n;
	}
	expected = text_name(plain);
	if (expected)
		problem(l, s, v, CODE_BAD_NAME, "\"%s\" is \"%s\", expected %s", v->string,
		        shown(l, v->valuestring), expected);
	return !expected;
}

/* A slot in the place of a number: all that it can be must be within lo..hi. */
static bool check_amount(struct load *l, const struct source *s, const struct raw_intent *in,
                         const struct amount *a)
{
	const double lo = strcmp(a->node->string, "to") ? -127 : 0, hi = lo < 0 ? 127 : 1;
	const struct raw_slot *slot;

	if (!a->slot)
		return true;
	slot = need_slot(l, s, in, a->node, a->slot + 1, strlen(a->slot) - 2);
	if (!slot)
		return false;
	if (slot->type != SLOT_NUMBER) {
		problem(l, s, a->node, CODE_BAD_SLOT, "slot \"%s\" is a %s, expected a number",
		        slot->name, slot_type_names[slot->type]);
		return false;
	}
	if (slot->min >= lo && slot->max <= hi)
		return true;
	diag_hint(problem(l, s, a->node, CODE_BAD_SLOT,
	                  "slot \"%s\" is %.9g..%.9g, expected within %.9g..%.9g", slot->name,
	                  slot->min, slot->max, lo, hi),
	          "give it \"min\": %.9g and \"max\": %.9g, or what lies between", lo, hi);
	return false;
}

static bool one_step(struct load *l, const struct source *s, const struct raw_intent *in,
                     struct raw_step *step, const cJSON *obj)
{
	if (!parse_object(l, s, &section_step, obj, step))
		return false;
	for (int op = 0; op < OP_COUNT; op++) {
		if (!step->target[op])
			continue;
		step->op = (enum op)op;
		step->control = step->target[op];
	}
	if (!check_target(l, s, in, member(obj, op_names[step->op])))
		return false;
	return (!step->to.node || check_amount(l, s, in, &step->to)) &&
	       (!step->by.node || check_amount(l, s, in, &step->by));
}

bool steps_parse(struct load *l, const struct source *s, struct raw_intent *in)
{
	const cJSON *v = in->steps_node ? in->steps_node->child : NULL;
	bool good = true;

	in->steps = arena_alloc(l->scratch, ((size_t)cJSON_GetArraySize(in->steps_node) + 1) *
	                                            sizeof(*in->steps));
	for (; v; v = v->next) {
		if (!cJSON_IsObject(v))
			continue;
		if (!one_step(l, s, in, &in->steps[in->nsteps++], v))
			good = false;
	}
	return good;
}
