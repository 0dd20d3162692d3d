#include "cuewire/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json_scan.h"

const struct json_limits json_limits_file = { (size_t)4 << 20, 32, 500000 };
const struct json_limits json_limits_message = { (size_t)64 << 10, 16, 4096 };

/* Gives a list of siblings, and all below them, their indexes in document order. Returns the index
 * after the last. No deeper than the scanner let pass. */
static int number_nodes(cJSON *v, int next)
{
	for (; v; v = v->next) {
		v->valueint = next++;
		next = number_nodes(v->child, next);
	}
	return next;
}

int json_load(struct json *j, const char *file, const char *text, size_t len,
              const struct json_limits *lim, struct diags *d)
{
	const struct json_source src = { file, text, len, lim, d };
	struct json_place *places;
	cJSON *root;
	size_t n;
	int numbered;

	if (json_scan(&src, &places, &n))
		return -1;
	root = cJSON_ParseWithLength(text, len);
	if (!root)
		goto fail;
	numbered = number_nodes(root, 0);
	assert((size_t)numbered == n);
	(void)numbered;
	*j = (struct json){
		.root = root, .file = file, .text = text, .places = places, .nplaces = n
	};
	return 0;
fail:
	/* All that cJSON can refuse here is a text that it has no memory for. */
	diag_add(d, (struct where){ .file = file }, SEV_ERROR, "json", "no memory to read it");
	free(places);
	return -1;
}

void json_free(struct json *j)
{
	cJSON_Delete(j->root);
	free(j->places);
	*j = (struct json){ 0 };
}

static const struct json_place *find_place(const struct json *j, const cJSON *v)
{
	return v->valueint >= 0 && (size_t)v->valueint < j->nplaces ? &j->places[v->valueint]
	                                                            : NULL;
}

struct where json_at(const struct json *j, const cJSON *v)
{
	const struct json_place *p = find_place(j, v);

	return p ? json_where(j->file, j->text, p->value) : (struct where){ .file = j->file };
}

struct where json_key_at(const struct json *j, const cJSON *v)
{
	const struct json_place *p = find_place(j, v);

	return p ? json_where(j->file, j->text, p->key) : (struct where){ .file = j->file };
}

struct where json_where(const char *file, const char *text, size_t offset)
{
	struct where at = { .file = file, .line = 1 };
	const char *line = text, *end = text + offset, *nl;

	while ((nl = memchr(line, '\n', (size_t)(end - line)))) {
		line = nl + 1;
		at.line++;
	}
	at.column = (int)(end - line) + 1;
	return at;
}
