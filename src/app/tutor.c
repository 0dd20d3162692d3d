/* The bridge that is listened to, its mapping, and the file that routes are written to. */
#include "tutor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cuewire/edit.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "programs.h"
#include "socket.h"

#define NEW_FILE "my-mapping.json"
#define NEW_TITLE "What was learned"
#define LINE_MAX_BYTES 65536
#define FILE_MAX_BYTES ((size_t)4 << 20) /* as json_limits_file */

/* ---- what the bridge runs ---- */

static bool is_same_file(const char *a, const char *b)
{
	char *x = realpath(a, NULL), *y = realpath(b, NULL);
	const bool same = x && y && !strcmp(x, y);

	free(x);
	free(y);
	return same;
}

static bool is_shipped(const struct tutor *t, const char *file)
{
	char *folder = realpath(t->mappings, NULL), *path = realpath(file, NULL);
	const size_t n = folder ? strlen(folder) : 0;
	const bool is = n && path && !strncmp(path, folder, n) && path[n] == '/';

	free(folder);
	free(path);
	return is;
}

/* A name as people would type it: without the folder where that is the current one. */
static const char *shorten(const char *file)
{
	char here[PATH_MAX];
	const size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	return n && !strncmp(file, here, n) && file[n] == '/' ? file + n + 1 : file;
}

static void choose_file(struct tutor *t, const char *asked)
{
	const char *file = asked;

	for (size_t i = t->nfiles; !file && i--;)
		if (!is_shipped(t, t->files[i]))
			file = t->files[i];
	snprintf(t->file, sizeof(t->file), "%s", file ? shorten(file) : NEW_FILE);
	for (size_t i = 0; i < t->nfiles; i++)
		t->runs |= is_same_file(t->files[i], t->file);
}

/* The bridge's files, and the one that is written behind them if it is none of them. */
static size_t list_files(const struct tutor *t, const char *list[TUTOR_FILES + 1])
{
	size_t n = t->nfiles;

	memcpy(list, t->files, n * sizeof(*list));
	if (!t->runs && !access(t->file, F_OK))
		list[n++] = t->file;
	return n;
}

/* NULL: the file that is written was not there. */
static const struct kept_text *find_text(const struct tutor *t)
{
	for (size_t i = 0; i < t->texts.ntexts; i++)
		if (is_same_file(t->texts.texts[i].name, t->file))
			return &t->texts.texts[i];
	return NULL;
}

static int read_mapping(struct tutor *t)
{
	struct kept texts;
	const char *list[TUTOR_FILES + 1];
	const size_t n = list_files(t, list);
	struct arena *scratch = arena_new(ARENA_LOAD);
	struct diags d = { 0 };
	struct mapping *m = NULL;
	const int err = mapping_load_keep(&m, scratch, list, n, t->mappings, &texts, &d);

	arena_free(scratch);
	if (err) {
		fprintf(stderr, "cuewire learn: the files that the bridge runs have errors now:\n");
		diags_print(stderr, &d);
		kept_finish(&texts);
		return -1;
	}
	mapping_free(t->old);
	t->old = t->m;
	t->m = m;
	kept_finish(&t->texts);
	t->texts = texts;
	t->mine = find_text(t);
	return 0;
}

static bool is_as_read(const struct edit_file *f, const struct kept_text *read)
{
	if (!f->text || !read)
		return !f->text && !read;
	return f->len == read->len && !memcmp(f->text, read->text, f->len);
}

static bool is_changed(const char *name, const struct kept_text *read)
{
	struct edit_file f;
	bool changed;

	if (edit_open(&f, name, NULL))
		return true;
	changed = !is_as_read(&f, read);
	edit_finish(&f);
	return changed;
}

int tutor_refresh(struct tutor *t)
{
	bool changed = is_changed(t->file, t->mine);

	for (size_t i = 0; i < t->texts.ntexts && !changed; i++)
		changed = is_changed(t->texts.texts[i].name, &t->texts.texts[i]);
	return changed ? read_mapping(t) : 0;
}

/* Returns when the bridge tells what comes in: it answers in order, and its engine, too. */
static int listen_to(struct tutor *t)
{
	static const char requests[] = "{\"request\": \"monitor\", \"how\": \"trace\"}\n"
				       "{\"request\": \"status\"}\n";

	t->fd = socket_connect(t->socket);
	if (t->fd < 0)
		return -1;
	if (write(t->fd, requests, sizeof(requests) - 1) == sizeof(requests) - 1 &&
	    tutor_listens(t))
		return 0;
	fprintf(stderr, "cuewire: the bridge went away, or does not answer\n");
	return -1;
}

int tutor_begin(struct tutor *t, const char *asked)
{
	t->fd = -1;
	buf_init(&t->in, (size_t)1 << 20);
	buf_init(&t->key, LINE_MAX_BYTES);
	learn_init(&t->learn);
	if (!t->mappings) {
		programs_mappings(t->mappings_buf, sizeof(t->mappings_buf));
		t->mappings = t->mappings_buf;
	}
	if (asked && strlen(asked) >= sizeof(t->file)) {
		fprintf(stderr, "cuewire learn: the file's name is too long\n");
		return -1;
	}
	if (socket_files(t->socket, t->files, TUTOR_FILES, &t->nfiles))
		return -1;
	choose_file(t, asked);
	return read_mapping(t) || listen_to(t) ? -1 : 0;
}

void tutor_finish(struct tutor *t)
{
	for (size_t i = 0; i < t->nfiles; i++)
		free((void *)t->files[i]);
	mapping_free(t->m);
	mapping_free(t->old);
	kept_finish(&t->texts);
	buf_finish(&t->in);
	buf_finish(&t->key);
	if (t->fd >= 0)
		close(t->fd);
}

const char *tutor_port(const struct tutor *t, const struct learn_source *s)
{
	return s->form == LEARN_OSC ? NULL : t->ports[s->port];
}

/* ---- what is mapped ---- */

static enum addr_form form_of(enum learn_form form)
{
	static const enum addr_form forms[] = {
		[LEARN_CC] = ADDR_CC,
		[LEARN_NOTE] = ADDR_NOTE,
		[LEARN_BEND] = ADDR_BEND,
		[LEARN_PROGRAM] = ADDR_PROGRAM,
		[LEARN_PRESSURE] = ADDR_PRESSURE,
		[LEARN_POLY] = ADDR_POLY,
		[LEARN_NRPN] = ADDR_NRPN,
		[LEARN_RPN] = ADDR_RPN,
		[LEARN_OSC] = ADDR_NONE,
	};

	return forms[form];
}

/* The number that a route has for it, of "any program" that. */
static uint8_t route_number(const struct learn_source *s, bool any)
{
	return any ? ADDR_ANY : (uint8_t)s->number;
}

static uint16_t first_route(const struct tutor *t, const struct learn_source *s, bool any)
{
	int port;

	if (s->form == LEARN_OSC)
		return mapping_osc(t->m, s->address, strlen(s->address));
	port = mapping_port(t->m, tutor_port(t, s));
	if (port < 0)
		return ROUTE_END; /* the files have changed since the bridge has read them */
	if (learn_is_param(s))
		return mapping_param(t->m, port,
		                     &(struct address){ (uint8_t)form_of(s->form), s->channel,
		                                        (uint8_t)(s->number >> 7),
		                                        s->number & 127 });
	return mapping_midi(t->m, port, form_of(s->form), s->channel, route_number(s, any));
}

/* A chain has the routes of several sources where pairs are in it. */
static bool is_of(const struct route *r, const struct learn_source *s, bool any)
{
	const uint8_t number = route_number(s, any);

	if (r->osc)
		return r->arg < 0 || r->arg == s->arg;
	if (learn_is_param(s))
		return true;
	return r->in.number == number || (r->in.form == ADDR_CC14 && r->in.lsb == number);
}

/* Whether a route holds just while this control is on; NULL: always. */
static bool is_when(const struct tutor *t, const struct route *r, const char *when)
{
	const struct condition *c = r->when;

	if (!when)
		return r->nwhen == 0;
	return r->nwhen == 1 && c->op == COND_IS && c->lo == 0.5f && isinf(c->hi) &&
	       !strcmp(t->m->controls[c->control].name, when);
}

/* Whether a new route of the thing would have the same source, to the number. */
static bool is_same_source(const struct route *r, const struct learn_thing *thing)
{
	const bool pair = thing->guess == GUESS_FADER14;

	if (r->osc)
		return r->arg == (thing->alone ? -1 : thing->source.arg);
	if (learn_is_param(&thing->source))
		return true; /* whatever its bits */
	return (r->in.form == ADDR_CC14) == pair &&
	       r->in.number == route_number(&thing->source, thing->any);
}

static bool made_by_each(const struct route *r)
{
	struct edit_file f;
	bool is;

	if (edit_open(&f, r->at.file, NULL))
		return false;
	is = f.text && edit_is_each(&(struct edit_text){ f.name, f.text, f.len }, r->at);
	edit_finish(&f);
	return is;
}

/* Where there is no room, one that a new route takes the place of comes instead of the last that
 * is none. */
static void add_mapped(struct tutor_mapped *list, size_t *n, struct tutor_mapped m)
{
	size_t i = *n;

	if (*n < TUTOR_MAPPED) {
		list[(*n)++] = m;
		return;
	}
	while (m.same && i && list[i - 1].same)
		i--;
	if (!m.same || !i)
		return;
	memmove(&list[i - 1], &list[i], (*n - i) * sizeof(*list));
	list[*n - 1] = m;
}

size_t tutor_mapped(const struct tutor *t, const struct learn_thing *thing, const char *when,
                    struct tutor_mapped *out)
{
	uint16_t i = first_route(t, &thing->source, thing->any);
	size_t n = 0;

	for (; i != ROUTE_END; i = t->m->routes[i].next) {
		const struct route *r = &t->m->routes[i];

		if (!is_of(r, &thing->source, thing->any))
			continue;
		add_mapped(
			out, &n,
			(struct tutor_mapped){
				.route = r,
				.moves = r->macro ? "a macro" : t->m->controls[r->to].name,
				.here = !r->own && is_same_file(r->at.file, t->file),
				.same = !r->own && is_when(t, r, when) && is_same_source(r, thing),
			});
	}
	for (size_t k = 0; k < n; k++) /* each of them reads a file */
		out[k].each = !out[k].route->own && made_by_each(out[k].route);
	return n;
}

const struct control *tutor_shift(const struct tutor *t, const struct learn_thing *thing)
{
	uint16_t i;

	if (!thing->held || thing->touched)
		return NULL;
	i = first_route(t, &thing->by, false);
	for (; i != ROUTE_END; i = t->m->routes[i].next) {
		const struct route *r = &t->m->routes[i];
		const struct control *c = r->macro ? NULL : &t->m->controls[r->to];

		if (c && is_of(r, &thing->by, false) && kinds[c->kind].binary &&
		    c->kind != KIND_LAMP)
			return c;
	}
	return NULL;
}

/* ---- writing ---- */

/* Saves the new text and reads the mapping anew. Returns the line of the change, or -1. */
static int save(struct tutor *t, struct edit_file *f, struct buf *b, int line, struct diags *d)
{
	const int err = edit_save(f, b, line, t->files, t->nfiles, t->mappings, d);

	if (err) {
		fprintf(stderr, "cuewire learn: nothing was written%s:\n",
		        err == EDIT_WRONG ? ", for it would not be right" : "");
		diags_print(stderr, d);
		return -1;
	}
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->list[i].code, "no-undo"))
			diag_print(stderr, &d->list[i]);
	return read_mapping(t) ? -1 : line;
}

/* The new text of the file. Returns the line of the change, or -1. */
static int make_text(struct buf *b, const struct edit_file *f, const struct tutor_change *c,
                     struct diags *d)
{
	const struct edit_text in = { f->name, f->text, f->len };
	const struct where at = c->at ? c->at->route->at : (struct where){ 0 };

	switch (c->how) {
	case TUTOR_REPLACE:
		return edit_replace_route(b, &in, at, c->text, d);
	case TUTOR_ADD_TO:
		return edit_add_to(b, &in, at, c->text, d);
	case TUTOR_REMOVE:
		return edit_remove_route(b, &in, at, d);
	default:
		return f->text ? edit_add_route(b, &in, c->text, d)
		               : edit_new(b, NEW_TITLE, c->text);
	}
}

int tutor_change(struct tutor *t, const struct tutor_change *c)
{
	struct diags d = { 0 };
	struct edit_file f;
	struct buf b;
	int line;

	if (edit_open(&f, t->file, &d)) {
		diags_print(stderr, &d);
		return -1;
	}
	if (!is_as_read(&f, t->mine)) {
		fprintf(stderr,
		        "cuewire learn: %s was changed since it was read: nothing was written\n",
		        t->file);
		edit_finish(&f);
		return TUTOR_STALE;
	}
	buf_init(&b, FILE_MAX_BYTES);
	line = make_text(&b, &f, c, &d);
	if (line < 0)
		diags_print(stderr, &d);
	else
		line = save(t, &f, &b, line, &d);
	buf_finish(&b);
	edit_finish(&f);
	return line;
}

int tutor_undo(struct tutor *t)
{
	struct diags d = { 0 };
	int line;

	if (edit_undo(t->file, &line, &d)) {
		diags_print(stderr, &d);
		return -1;
	}
	return read_mapping(t) ? -1 : line;
}

/* ---- the bridge ---- */

/* Words on an answer to "reload"; the request may be unknown to the bridge that runs. */
static const char *reload_news(const char *answer)
{
	cJSON *root = cJSON_Parse(answer);
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(root, "error");
	const cJSON *reason = cJSON_GetObjectItemCaseSensitive(root, "reason");
	static char news[512];

	if (cJSON_IsString(error))
		snprintf(news, sizeof(news), "the bridge goes on with what it had: %s",
		         error->valuestring);
	else if (cJSON_IsString(reason))
		snprintf(news, sizeof(news), "start the bridge again to use it");
	else
		snprintf(news, sizeof(news), "the bridge uses it now");
	cJSON_Delete(root);
	return news;
}

const char *tutor_news(const struct tutor *t)
{
	static char news[PATH_MAX + 128];
	char *answer;
	const char *said;

	if (!t->runs) {
		snprintf(news, sizeof(news),
		         "to use it, start the bridge with it behind its other files: cuewire run "
		         "... %s",
		         t->file);
		return news;
	}
	answer = socket_exchange(t->socket, "{\"request\": \"reload\"}");
	if (!answer)
		return "the bridge does not answer";
	said = reload_news(answer);
	free(answer);
	return said;
}
