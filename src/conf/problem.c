#include "load_priv.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/near.h"

#define SHOWN_MAX 60

/* Whether this is the first problem of that code at that place. */
static bool is_new(struct load *l, const char *key)
{
	if (dict_get(&l->seen, key))
		return false;
	dict_put(&l->seen, arena_str(l->scratch, key), 0);
	return true;
}

static struct diag *add(struct load *l, struct where at, enum code code, const char *msg)
{
	const struct code_info *c = &codes[code];

	if (c->severity == SEV_ERROR)
		l->problems++;
	return diag_add(l->d, at, c->severity, c->name, "%s", msg);
}

#define FORMAT(msg, fmt)                                          \
	do {                                                      \
		va_list args;                                     \
		va_start(args, fmt);                              \
		(void)vsnprintf((msg), sizeof(msg), (fmt), args); \
		va_end(args);                                     \
	} while (0)

struct diag *problem(struct load *l, const struct source *s, const cJSON *v, enum code code,
                     const char *fmt, ...)
{
	char key[96], msg[256];

	snprintf(key, sizeof(key), "%p:%d:%d", (const void *)s, v->valueint, (int)code);
	FORMAT(msg, fmt);
	return is_new(l, key) ? add(l, json_at(&s->json, v), code, msg) : NULL;
}

struct diag *problem_key(struct load *l, const struct source *s, const cJSON *v, enum code code,
                         const char *fmt, ...)
{
	char key[96], msg[256];

	snprintf(key, sizeof(key), "%p:key %d:%d", (const void *)s, v->valueint, (int)code);
	FORMAT(msg, fmt);
	return is_new(l, key) ? add(l, json_key_at(&s->json, v), code, msg) : NULL;
}

struct diag *problem_file(struct load *l, const char *file, enum code code, const char *fmt, ...)
{
	const struct where at = { .file = file };
	char msg[256];

	FORMAT(msg, fmt);
	return add(l, at, code, msg);
}

static void try_name(void *ctx, const char *key)
{
	near_try(ctx, key);
}

void hint_near(struct diag *e, const char *word, const struct dict *names, const char *otherwise)
{
	struct near n;

	if (!e)
		return;
	near_init(&n, word);
	dict_each(names, try_name, &n);
	if (n.best)
		diag_hint(e, "did you mean \"%s\"?", n.best);
	else
		diag_hint(e, "%s", otherwise);
}

/* The word in small letters, with _ for all that is neither a letter, a digit nor kept, and with
 * nothing else at its ends or twice. */
static char *name_like(struct load *l, const char *word, char kept)
{
	char *out = arena_str(l->scratch, word);
	size_t n = 0;

	for (const char *p = word; *p; p++) {
		const char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n && c == kept && out[n - 1] == '_')
			out[n - 1] = c;
		else if (n && out[n - 1] != '_' && out[n - 1] != kept)
			out[n++] = c == kept ? c : '_';
	}
	if (n && (out[n - 1] == '_' || out[n - 1] == kept))
		n--;
	out[n] = '\0';
	return out;
}

void hint_name(struct load *l, struct diag *e, const char *word, const char *(*check)(const char *))
{
	for (const char *kept = ".-_"; *kept; kept++) {
		const char *like = name_like(l, word, *kept);

		if (check(like))
			continue;
		diag_hint(e, "did you mean \"%s\"?", like);
		return;
	}
}

const cJSON *member(const cJSON *obj, const char *key)
{
	for (const cJSON *v = obj->child; v; v = v->next)
		if (v->string[0] == key[0] && !strcmp(v->string, key))
			return v;
	return NULL;
}

const cJSON *member_or(const cJSON *obj, const char *key)
{
	const cJSON *v = member(obj, key);

	return v ? v : obj;
}

const char *shown(struct load *l, const char *s)
{
	size_t len = strlen(s);
	const bool cut = len > SHOWN_MAX;
	char *out;

	if (cut)
		for (len = SHOWN_MAX; len > 0 && (s[len] & 0xc0) == 0x80;)
			len--;
	out = arena_fmt(l->scratch, "%.*s%s", (int)len, s, cut ? "..." : "");
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return out;
}

const char *shown_value(struct load *l, const cJSON *v)
{
	if (cJSON_IsString(v))
		return arena_fmt(l->scratch, "\"%s\"", shown(l, v->valuestring));
	if (cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble) &&
	    fabs(v->valuedouble) < 1e9)
		return arena_fmt(l->scratch, "%d", (int)v->valuedouble);
	if (cJSON_IsNumber(v))
		return arena_fmt(l->scratch, "%.9g", v->valuedouble);
	if (cJSON_IsArray(v))
		return "a list";
	if (cJSON_IsObject(v))
		return "an object";
	return cJSON_IsNull(v) ? "null" : cJSON_IsTrue(v) ? "true" : "false";
}

bool load_spend(struct load *l, size_t cost)
{
	const bool enough = cost <= l->budget;

	l->budget -= enough ? cost : l->budget;
	return enough;
}
