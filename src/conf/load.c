#include "cuewire/load.h"

#include <string.h>
#include <sys/stat.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#include "load_priv.h"

#define HOLD_MS 500 /* how long a touched control is locked, unless a file says otherwise */

static struct load load_begin(struct arena *scratch, const char *mappings_dir, struct diags *d)
{
	const struct family empty = { .names.arena = scratch };

	return (struct load){
		.scratch = scratch,
		.d = d,
		.seen.arena = scratch,
		.mappings_dir = mappings_dir,
		.budget = LOAD_BUDGET,
		.tempo = { .bpm = 120, .beats_per_bar = 4 },
		.hold_ms = HOLD_MS,
		.ports = empty,
		.controls = empty,
		.routes = empty,
		.feedback = empty,
		.intents = empty,
	};
}

static void read_file(struct load *l, struct source *s, size_t depth);

/* Whether a file that was read before is in the place of this one. */
static bool is_replaced(const struct load *l, const char *name)
{
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < l->nreplaced; i++)
		if (!strcmp(l->replaced[i], slash ? slash + 1 : name))
			return true;
	return false;
}

static void include_one(struct load *l, const struct source *s, const cJSON *v, size_t depth)
{
	struct source *inner;
	bool again;

	if (depth == INCLUDE_DEPTH_MAX) {
		problem(l, s, v, CODE_TOO_MANY, "more than %d files include each other",
		        INCLUDE_DEPTH_MAX);
		return;
	}
	if (is_replaced(l, v->valuestring))
		return;
	inner = source_open(l, s, v, v->valuestring, &again);
	if (inner && !again)
		read_file(l, inner, depth + 1);
}

/* Reads the includes of a file, then its objects. */
static void read_file(struct load *l, struct source *s, size_t depth)
{
	struct raw_mapping raw = { 0 };
	const cJSON *root = s->json.root, *v;

	if (!cJSON_IsObject(root)) {
		diag_hint(problem(l, s, root, CODE_WRONG_TYPE, "the file is %s, expected an object",
		                  shown_value(l, root)),
		          "a mapping file is { \"controls\": [ ... ], \"routes\": [ ... ] }");
		l->incomplete = true;
		return;
	}
	s->loading = true;
	if (!parse_object(l, s, &section_mapping, root, &raw))
		l->incomplete = true;
	if (raw.in_place_of && l->nreplaced < FILES_MAX)
		l->replaced[l->nreplaced++] = raw.in_place_of;
	if (cJSON_IsString(raw.include))
		include_one(l, s, raw.include, depth);
	else
		for (v = raw.include ? raw.include->child : NULL; v; v = v->next)
			include_one(l, s, v, depth);
	if (raw.tempo.h.obj)
		l->tempo = raw.tempo;
	if (raw.hold_ms >= 0)
		l->hold_ms = raw.hold_ms;
	objects_ports(l, s, raw.ports);
	objects_controls(l, s, raw.controls);
	objects_routes(l, s, raw.routes);
	objects_feedback(l, s, raw.feedback);
	objects_intents(l, s, raw.intents);
	s->loading = false;
}

/* What only all files together tell; then the mapping, if all is well. */
static int finish(struct load *l, struct mapping **out)
{
	struct mapping *built;

	check_ports(l);
	if (l->ports.n <= MAPPING_PORTS_MAX)
		check_controls(l);
	check_routes(l);
	check_feedback(l);
	check_trails(l);
	check_intents(l);
	check_tempo(l);
	if (!l->problems) {
		check_unused(l);
		check_layers(l);
		built = build_mapping(l);
		if (built)
			*out = built;
	}
	diags_sort(l->d);
	return l->problems ? -1 : 0;
}

static void read_files(struct load *l, const char *const files[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool again;
		struct source *s = source_open(l, NULL, NULL, files[i], &again);

		if (s && !again)
			read_file(l, s, 0);
	}
}

static void read_text(struct load *l, const char *name, const char *text, size_t len)
{
	struct source *s = source_add(l, name);

	if (json_load_into(&s->json, l->scratch, s->name, text, len, &json_limits_file, l->d))
		l->problems++;
	else
		read_file(l, s, 0);
}

int mapping_load(struct mapping **out, struct arena *scratch, const char *const files[], size_t n,
                 const char *mappings_dir, struct diags *d)
{
	return mapping_load_after(out, scratch, NULL, files, n, mappings_dir, NULL, d);
}

int mapping_load_after(struct mapping **out, struct arena *scratch, const struct mapping *before,
                       const char *const files[], size_t n, const char *mappings_dir,
                       struct kept *keep, struct diags *d)
{
	struct load l = load_begin(scratch, mappings_dir, d);

	if (keep)
		kept_init(keep, files, n, mappings_dir);
	l.keep = keep;
	l.before = before;
	read_files(&l, files, n);
	return finish(&l, out);
}

int mapping_load_keep(struct mapping **out, struct arena *scratch, const char *const files[],
                      size_t n, const char *mappings_dir, struct kept *keep, struct diags *d)
{
	return mapping_load_after(out, scratch, NULL, files, n, mappings_dir, keep, d);
}

int mapping_load_kept(struct mapping **out, const struct mapping *before, const struct kept *k,
                      struct diags *d)
{
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct load l = load_begin(scratch, k->mappings_dir, d);
	int ret;

	l.from = k;
	l.before = before || !k->ncontrols ? before : renumber_names(scratch, k);
	read_files(&l, k->files, k->nfiles);
	ret = finish(&l, out);
	arena_free(scratch);
	return ret;
}

int mapping_load_changed(struct mapping **out, const char *const files[], size_t n,
                         const struct load_changed *changed, const char *mappings_dir,
                         struct diags *d)
{
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct load l = load_begin(scratch, mappings_dir, d);
	struct stat st;
	int ret;

	l.changed = changed;
	l.changed_there = !stat(changed->name, &st);
	if (l.changed_there) {
		l.changed_dev = st.st_dev;
		l.changed_ino = st.st_ino;
	}
	read_files(&l, files, n);
	if (!l.changed_read)
		read_text(&l, changed->name, changed->text, changed->len);
	ret = finish(&l, out);
	arena_free(scratch);
	return ret;
}

int mapping_load_text(struct mapping **out, const char *name, const char *text, size_t len,
                      const char *mappings_dir, struct diags *d)
{
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct load l = load_begin(scratch, mappings_dir, d);
	int ret;

	read_text(&l, name, text, len);
	ret = finish(&l, out);
	arena_free(scratch);
	return ret;
}
