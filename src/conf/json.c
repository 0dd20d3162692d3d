#include "cuewire/json.h"

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#include "json_scan.h"

const struct json_limits json_limits_file = { (size_t)4 << 20, 32, 500000 };
const struct json_limits json_limits_message = { (size_t)64 << 10, 16, 4096 };

/* A node and its text take about so many times the bytes that they are written with. */
#define TREE_FACTOR 6

static int load(struct json *j, struct arena *arena, const struct json_source *src)
{
	*j = (struct json){ .file = src->file, .line = src->line };
	return json_scan(src, arena, j);
}

int json_load_into(struct json *j, struct arena *arena, const char *file, const char *text,
                   size_t len, const struct json_limits *lim, struct diags *d)
{
	return load(j, arena, &(struct json_source){ file, text, len, lim, d, 1 });
}

int json_load(struct json *j, const char *file, const char *text, size_t len,
              const struct json_limits *lim, struct diags *d)
{
	return json_load_line(j, file, 1, text, len, lim, d);
}

int json_load_line(struct json *j, const char *file, int number, const char *text, size_t len,
                   const struct json_limits *lim, struct diags *d)
{
	const struct json_source src = { file, text, len, lim, d, number };
	const size_t chunk = TREE_FACTOR * (len < lim->bytes ? len : lim->bytes);
	struct arena *arena = arena_new(chunk < ARENA_LOAD ? chunk : ARENA_LOAD);

	if (load(j, arena, &src)) {
		arena_free(arena);
		return -1;
	}
	j->arena = arena;
	return 0;
}

void json_free(struct json *j)
{
	arena_free(j->arena);
	*j = (struct json){ 0 };
}

static const struct json_place *find_place(const struct json *j, const cJSON *v)
{
	return v->valueint >= 0 && (size_t)v->valueint < j->nplaces ? &j->places[v->valueint]
	                                                            : NULL;
}

static struct where where(const struct json *j, size_t offset)
{
	return json_where(j->file, j->line, j->lines, j->nlines, offset);
}

size_t json_offset(const struct json *j, const cJSON *v)
{
	const struct json_place *p = find_place(j, v);

	return p ? p->value : 0;
}

struct where json_at(const struct json *j, const cJSON *v)
{
	const struct json_place *p = find_place(j, v);

	return p ? where(j, p->value) : (struct where){ .file = j->file };
}

struct where json_key_at(const struct json *j, const cJSON *v)
{
	const struct json_place *p = find_place(j, v);

	return p ? where(j, p->key) : (struct where){ .file = j->file };
}

struct where json_where(const char *file, int first, const uint32_t *lines, size_t nlines,
                        size_t offset)
{
	size_t lo = 0, hi = nlines;

	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;

		if (lines[mid] <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (struct where){
		.file = file,
		.line = (int)lo + first,
		.column = (int)(offset - (lo ? lines[lo - 1] : 0)) + 1,
	};
}
