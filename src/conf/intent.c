#include "cuewire/intent.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/near.h"

#define SLOTS_MAX 16
#define OUTLIVE_MS 10000

static int refuse(struct intent_refusal *why, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct intent_refusal *why, const char *reason, const char *fmt, ...)
{
	va_list ap;

	why->reason = reason;
	va_start(ap, fmt);
	vsnprintf(why->message, sizeof(why->message), fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- one act ---- */

static void near_control(const struct mapping *m, const char *name, char *out, size_t size)
{
	struct near n;

	near_init(&n, name);
	for (size_t i = 0; i < m->ncontrols; i++)
		near_try(&n, m->controls[i].name);
	if (n.best)
		snprintf(out, size, ", did you mean \"%s\"?", n.best);
	else
		*out = '\0';
}

static void ops_of(enum kind k, char *out, size_t size)
{
	size_t len = 0;

	snprintf(out, size, "nothing from an intent");
	for (size_t i = 0; i < OP_COUNT; i++)
		if (kinds[k].ops & 1u << i)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "",
			                        op_names[i]);
}

static int check_range(double v, double lo, double hi, const char *what, struct intent_refusal *why)
{
	if (v >= lo && v <= hi)
		return 0;
	return refuse(why, "bad_slot", "\"%s\" is %g, expected %g to %g", what, v, lo, hi);
}

static int check_value(const struct control *c, enum op op, double v, struct intent_refusal *why)
{
	if (op == OP_SET)
		return check_range(v, 0, 1, "value", why);
	if (op != OP_NUDGE)
		return 0;
	if (c->kind != KIND_ENCODER)
		return check_range(v, -1, 1, "by", why);
	if (v != rint(v))
		return refuse(why, "bad_slot", "\"by\" is %g, %s takes whole steps", v, c->name);
	return check_range(v, -64, 64, "by", why);
}

static int add_act(const struct mapping *m, struct intent_request *r, enum op op,
                   const char *control, double v, const struct step *step,
                   struct intent_refusal *why)
{
	const int c = mapping_control(m, control, strlen(control));
	char text[160];

	if (c < 0) {
		near_control(m, control, text, sizeof(text));
		return refuse(why, "unknown_control", "no control is called \"%s\"%s", control,
		              text);
	}
	if (!(kinds[m->controls[c].kind].ops & 1u << op)) {
		ops_of(m->controls[c].kind, text, sizeof(text));
		return refuse(why, "bad_slot", "%s is %s %s: it takes %s, not %s", control,
		              m->controls[c].kind == KIND_ENCODER ? "an" : "a",
		              kinds[m->controls[c].kind].name, text, op_names[op]);
	}
	if (check_value(&m->controls[c], op, v, why))
		return -1;
	if (r->nacts == INTENT_ACTS_MAX)
		return refuse(why, "too_long", "more than %d steps", INTENT_ACTS_MAX);
	r->acts[r->nacts++] = (struct batch_act){
		.act = { .control = (uint16_t)c,
		         .op = op,
		         .value = (float)v,
		         .over = step ? step->over : (struct duration){ 0 } },
		.after = step ? step->after : (struct duration){ 0 },
	};
	return 0;
}

/* ---- slots ---- */

static bool number_of(const cJSON *j, double *v)
{
	if (cJSON_IsBool(j))
		*v = cJSON_IsTrue(j);
	else if (cJSON_IsNumber(j))
		*v = j->valuedouble;
	else
		return false;
	return true;
}

/* Every slot that was given must be one of those that are expected. */
static int check_names(const cJSON *slots, const char *const *names, size_t n, const char *intent,
                       struct intent_refusal *why)
{
	const cJSON *s;
	struct near near;
	size_t i;

	cJSON_ArrayForEach(s, slots)
	{
		near_init(&near, s->string);
		for (i = 0; i < n && strcmp(names[i], s->string); i++)
			near_try(&near, names[i]);
		if (i < n)
			continue;
		return refuse(why, "bad_slot", "%s has no slot \"%s\"%s%s%s", intent, s->string,
		              near.best ? ", did you mean \"" : "", near.best ? near.best : "",
		              near.best ? "\"?" : "");
	}
	return 0;
}

static int check_builtin(const struct mapping *m, enum op op, const cJSON *slots,
                         struct intent_request *r, struct intent_refusal *why)
{
	static const char *const amounts[OP_COUNT] = { [OP_SET] = "value", [OP_NUDGE] = "by" };
	const char *const names[] = { "control", amounts[op] };
	const cJSON *control = cJSON_GetObjectItemCaseSensitive(slots, "control"), *amount;
	double v = 0;

	if (check_names(slots, names, amounts[op] ? 2 : 1, op_names[op], why))
		return -1;
	if (!cJSON_IsString(control))
		return refuse(why, "bad_slot", "%s needs \"control\", the name of a control",
		              op_names[op]);
	if (amounts[op]) {
		amount = cJSON_GetObjectItemCaseSensitive(slots, amounts[op]);
		if (!number_of(amount, &v))
			return refuse(why, "bad_slot", "%s needs \"%s\", a number", op_names[op],
			              amounts[op]);
	}
	return add_act(m, r, op, control->valuestring, v, NULL, why);
}

bool intent_fill(char *out, size_t size, const char *text, const struct slot_value *v, size_t n)
{
	size_t len = 0;

	while (*text) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		size_t i = n;

		if (end)
			for (i = 0; i < n; i++)
				if (strlen(v[i].name) == (size_t)(end - text - 1) &&
				    !memcmp(v[i].name, text + 1, strlen(v[i].name)))
					break;
		if (len + 1 >= size)
			return false;
		if (i == n) {
			out[len++] = *text++;
			continue;
		}
		if (len + strlen(v[i].text) >= size)
			return false;
		len += (size_t)snprintf(out + len, size - len, "%s", v[i].text);
		text = end + 1;
	}
	out[len] = '\0';
	return true;
}

static int choice_text(const struct slot *s, const char *text, struct slot_value *v,
                       struct intent_refusal *why)
{
	char list[128];
	size_t len = 0;

	list[0] = '\0';
	for (size_t i = 0; i < s->nvalues; i++) {
		const bool upper = s->type == SLOT_DECK && text[0] >= 'A' && text[0] <= 'D' &&
		                   !text[1] && text[0] - 'A' + 'a' == s->values[i][0];

		if (upper || !strcmp(s->values[i], text)) {
			snprintf(v->text, sizeof(v->text), "%s", s->values[i]);
			return 0;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
			                        i ? ", " : "", s->values[i]);
	}
	return refuse(why, "bad_slot", "\"%s\" is \"%.40s\", expected one of %s", s->name, text,
	              list);
}

static int slot_text(const struct slot *s, const cJSON *given, struct slot_value *v,
                     struct intent_refusal *why)
{
	double d;

	v->name = s->name;
	if (!given) {
		if (!s->def)
			return refuse(why, "bad_slot", "slot \"%s\" is missing", s->name);
		snprintf(v->text, sizeof(v->text), "%s", s->def);
		return 0;
	}
	if (s->type != SLOT_NUMBER) {
		if (!cJSON_IsString(given))
			return refuse(why, "bad_slot",
			              "\"%s\" is not a text, expected \"%s\" or the like", s->name,
			              s->nvalues ? s->values[0] : "a");
		return choice_text(s, given->valuestring, v, why);
	}
	if (!number_of(given, &d))
		return refuse(why, "bad_slot", "\"%s\" is not a number", s->name);
	if (check_range(d, s->min, s->max, s->name, why))
		return -1;
	snprintf(v->text, sizeof(v->text), "%.9g", d);
	return 0;
}

/* ---- intents of the mapping ---- */

static int add_step(const struct mapping *m, const struct step *s, const struct slot_value *v,
                    size_t n, struct intent_request *r, struct intent_refusal *why)
{
	char control[128], value[64] = "0";

	if (!intent_fill(control, sizeof(control), s->control, v, n) ||
	    (s->value && !intent_fill(value, sizeof(value), s->value, v, n)))
		return refuse(why, "too_long", "the name of a control is too long");
	return add_act(m, r, s->op, control, strtod(value, NULL), s, why);
}

static int check_named(const struct mapping *m, const struct intent *in, const cJSON *slots,
                       struct intent_request *r, struct intent_refusal *why)
{
	struct slot_value v[SLOTS_MAX];
	const char *names[SLOTS_MAX];

	for (size_t i = 0; i < in->nslots; i++)
		names[i] = in->slots[i].name;
	if (check_names(slots, names, in->nslots, in->name, why))
		return -1;
	for (size_t i = 0; i < in->nslots; i++)
		if (slot_text(&in->slots[i], cJSON_GetObjectItemCaseSensitive(slots, names[i]),
		              &v[i], why))
			return -1;
	for (size_t i = 0; i < in->nsteps; i++)
		if (add_step(m, &in->steps[i], v, in->nslots, r, why))
			return -1;
	batch_taps(r->acts, r->nacts);
	return 0;
}

static int check_intent(const struct mapping *m, const cJSON *slots, struct intent_request *r,
                        struct intent_refusal *why)
{
	struct near n;
	int i;

	near_init(&n, r->name);
	for (size_t op = 0; op < OP_COUNT; op++) {
		if (!strcmp(r->name, op_names[op]))
			return check_builtin(m, (enum op)op, slots, r, why);
		near_try(&n, op_names[op]);
	}
	i = mapping_intent(m, r->name);
	if (i >= 0)
		return check_named(m, &m->intents[i], slots, r, why);
	for (size_t k = 0; k < m->nintents; k++)
		near_try(&n, m->intents[k].name);
	return refuse(why, "unknown_intent", "no intent is called \"%s\"%s%s%s", r->name,
	              n.best ? ", did you mean \"" : "", n.best ? n.best : "", n.best ? "\"?" : "");
}

/* ---- the message ---- */

static int take_text(const cJSON *j, const char *key, char *out, size_t size,
                     struct intent_refusal *why)
{
	if (!cJSON_IsString(j))
		return refuse(why, "bad_json", "\"%s\" is not a text", key);
	if (strlen(j->valuestring) >= size)
		return refuse(why, "too_long", "\"%s\" has more than %zu characters", key,
		              size - 1);
	snprintf(out, size, "%s", j->valuestring);
	return 0;
}

static int take_expiry(const cJSON *j, struct intent_request *r, struct intent_refusal *why)
{
	if (!cJSON_IsNumber(j) || j->valuedouble > 86400000)
		return refuse(why, "bad_json", "\"expires_ms\" is not a number of milliseconds");
	r->expires_ms = j->valuedouble > 0 ? (int64_t)j->valuedouble : 0;
	return 0;
}

/* A number is taken as its text. */
static int take_id(const cJSON *j, struct intent_request *r, struct intent_refusal *why)
{
	if (!cJSON_IsNumber(j) && take_text(j, "id", r->id, sizeof(r->id), why))
		return -1;
	for (const char *p = r->id; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			return refuse(why, "bad_json", "\"id\" has a control character");
	if (!cJSON_IsNumber(j))
		return 0;
	snprintf(r->id, sizeof(r->id), "%.17g", j->valuedouble);
	return 0;
}

static int take_key(const cJSON *j, struct intent_request *r, struct intent_refusal *why)
{
	if (!strcmp(j->string, "intent"))
		return take_text(j, "intent", r->name, sizeof(r->name), why);
	if (!strcmp(j->string, "id"))
		return take_id(j, r, why);
	if (!strcmp(j->string, "expires_ms"))
		return take_expiry(j, r, why);
	if (!strcmp(j->string, "slots"))
		return cJSON_IsObject(j) ? 0
		                         : refuse(why, "bad_json", "\"slots\" is not an object");
	if (!strcmp(j->string, "dry_run")) {
		r->dry_run = cJSON_IsTrue(j);
		return cJSON_IsBool(j)
		               ? 0
		               : refuse(why, "bad_json", "\"dry_run\" is not true or false");
	}
	return refuse(why, "bad_json",
	              "unknown key \"%.60s\", expected intent, slots, id, expires_ms, dry_run",
	              j->string);
}

/* The id and the name are read even of a bad message, so that the refusal can name it. */
int intent_check(const struct mapping *m, const struct cJSON *message, struct intent_request *r,
                 struct intent_refusal *why)
{
	const cJSON *j;
	int bad = 0;

	*r = (struct intent_request){ .expires_ms = -1 };
	if (!cJSON_IsObject(message))
		return refuse(why, "bad_json",
		              "an intent is an object: {\"intent\": \"set\", ...}");
	cJSON_ArrayForEach(j, message)
	{
		struct intent_refusal first;

		if (take_key(j, r, bad ? &first : why))
			bad = -1;
	}
	if (bad)
		return -1;
	if (!r->name[0])
		return refuse(why, "bad_json", "\"intent\" is missing, the intent's name");
	if (r->expires_ms == 0)
		return refuse(why, "expired", "\"expires_ms\" leaves no time");
	return check_intent(m, cJSON_GetObjectItemCaseSensitive(message, "slots"), r, why);
}

static void outlive(const struct mapping *m, struct act *a)
{
	const bool press = a->op == OP_PRESS || (a->op == OP_SET && a->value >= 0.5f);

	if (!press || a->release_ms || m->controls[a->control].kind != KIND_BUTTON)
		return;
	a->op = OP_PRESS;
	a->release_ms = OUTLIVE_MS;
}

void intent_outlive(const struct mapping *m, struct batch_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		outlive(m, &acts[i].act);
}
