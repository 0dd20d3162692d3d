/* Any text is either refused with one error inside it, or a tree whose every node knows its place and
 * that, printed, is read again; and whatever buf_json_strn writes is a JSON string. */
#include "fuzz.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/buf.h"
#include "cuewire/json.h"

static void must_fit(const char *text, size_t size, const struct diags *d)
{
	const struct diag *e = &d->list[0];
	const char *line = text;

	MUST(d->n == 1 && d->errors == 1 && *e->msg);
	MUST(!strcmp(e->code, "json") || !strcmp(e->code, "duplicate-key"));
	if (!e->line) /* too large as a whole */
		return;
	for (int i = 1; i < e->line; i++) {
		line = memchr(line, '\n', (size_t)(text + size - line));
		MUST(line);
		line++;
	}
	MUST(e->column >= 1 && line + e->column - 1 <= text + size);
}

static size_t offset_of(const char *text, struct where at)
{
	const char *p = text;

	while (--at.line)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - text) + (size_t)at.column - 1;
}

static char first_byte(const cJSON *v)
{
	static const struct {
		int type;
		char c;
	} types[] = { { cJSON_False, 'f' },  { cJSON_True, 't' },  { cJSON_NULL, 'n' },
		      { cJSON_String, '"' }, { cJSON_Array, '[' }, { cJSON_Object, '{' } };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == (v->type & 0xFF))
			return types[i].c;
	return '0';
}

static int must_know_places(const struct json *j, const char *text, const cJSON *v, int n)
{
	for (; v; v = v->next) {
		const char *at = text + offset_of(text, json_at(j, v));
		const char *key = text + offset_of(text, json_key_at(j, v));

		MUST(v->valueint == n);
		if (first_byte(v) == '0')
			MUST(*at == '-' || (*at >= '0' && *at <= '9'));
		else
			MUST(*at == first_byte(v));
		MUST(v->string ? *key == '"' && key < at : key == at);
		n = must_know_places(j, text, v->child, n + 1);
	}
	return n;
}

/* The places of a large text cost time: each counts the lines before it. */
#define PLACES_MAX 300

static void must_be_read_again(const struct json *j)
{
	char *text = cJSON_PrintUnformatted(j->root);
	struct diags d = { 0 };
	struct json again;

	MUST(text);
	MUST(!json_load(&again, NULL, text, strlen(text), &json_limits_file, &d));
	MUST(again.nplaces == j->nplaces);
	MUST(cJSON_Compare(j->root, again.root, 1));
	json_free(&again);
	free(text);
}

static void must_write_a_string(const char *text, size_t size)
{
	struct json j;
	struct buf b;

	buf_init(&b, 6 * size + 2);
	buf_json_strn(&b, text, size);
	MUST(!b.cut);
	/* A NUL becomes \u0000, which is JSON but refused. */
	if (!memchr(text, '\0', size)) {
		MUST(!json_load(&j, NULL, b.p, b.len, &json_limits_file, NULL));
		MUST(cJSON_IsString(j.root));
		json_free(&j);
	}
	buf_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct diags d = { 0 };
	struct json j;

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	must_write_a_string(text, size);
	if (json_load(&j, "input", (const char *)data, size, &json_limits_message, &d)) {
		must_fit(text, size, &d);
	} else {
		MUST(!d.n);
		if (j.nplaces <= PLACES_MAX)
			MUST((size_t)must_know_places(&j, text, j.root, 0) == j.nplaces);
		must_be_read_again(&j);
		json_free(&j);
	}
	free(text);
	return 0;
}
