#include "recording_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int line_bad(const struct reader *r, const cJSON *at, const char *fmt, ...)
{
	const struct where w = json_at(&r->l->json, at ? at : r->l->json.root);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_add(r->d, w, SEV_ERROR, "recording", "%s", text);
	return -1;
}

const cJSON *line_get(const cJSON *o, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(o, key);
}

/* Of a time cJSON's double would lose the last digits after 104 days: the text is read. */
int line_whole(const struct reader *r, const cJSON *j, const char *key, uint64_t max, uint64_t *out)
{
	const char *p = r->text + (j ? json_offset(&r->l->json, j) : 0);
	const size_t digits = strspn(p, "0123456789");
	uint64_t v;

	if (!cJSON_IsNumber(j) || !digits || digits > 20 || strchr(".eE", p[digits]))
		return line_bad(r, j ? j : r->l->json.root, "\"%s\" is not a whole number", key);
	v = strtoull(p, NULL, 10);
	if (v > max)
		return line_bad(r, j, "\"%s\" is more than %" PRIu64, key, max);
	*out = v;
	return 0;
}

int line_u16(const struct reader *r, const cJSON *o, const char *key, uint64_t max, uint16_t *out)
{
	const cJSON *j = line_get(o, key);
	uint64_t v = 0;

	if (j && line_whole(r, j, key, max, &v))
		return -1;
	*out = (uint16_t)v;
	return 0;
}

int line_string(const struct reader *r, const cJSON *o, const char *key, const char **out)
{
	const cJSON *j = line_get(o, key);

	if (!cJSON_IsString(j))
		return line_bad(r, j ? j : o, "\"%s\" is %s", key, j ? "not a text" : "missing");
	*out = j->valuestring;
	return 0;
}

int line_control(const struct reader *r, const cJSON *at, const char *name, uint16_t *out)
{
	const int c = mapping_control(r->m, name, strlen(name));

	if (c < 0)
		return line_bad(r, at, "the mapping has no control \"%.80s\"", name);
	*out = (uint16_t)c;
	return 0;
}

int line_port(const struct reader *r, const cJSON *at, const char *name, uint16_t *out)
{
	const int port = mapping_port(r->m, name);

	if (port < 0)
		return line_bad(r, at, "the mapping has no port \"%.80s\"", name);
	*out = (uint16_t)port;
	return 0;
}

int line_rank(const struct reader *r, const cJSON *j, uint8_t *out)
{
	for (uint8_t i = 0; cJSON_IsString(j) && i < RANK_COUNT; i++)
		if (!strcmp(rank_names[i], j->valuestring)) {
			*out = i;
			return 0;
		}
	return line_bad(r, j, "\"rank\" is not one of ai, script, ui, hardware, bridge");
}

size_t line_hex(const char *text, uint8_t *out, size_t max)
{
	size_t n = 0;
	char *end;

	for (const char *p = text; *p; p = end) {
		const unsigned long v = strtoul(p, &end, 16);

		if (end != p + 2 + (n > 0) || n == max)
			return 0;
		out[n++] = (uint8_t)v;
	}
	return n;
}
