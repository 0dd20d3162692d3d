#include "load_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/near.h"

/* What reading a file needs to say where it went wrong. */
struct request {
	struct load *l;
	const struct source *by; /* NULL: the command line */
	const cJSON *include;
	const char *name;
};

const char *source_name(const char *name)
{
	static struct dict pool; /* for the rest of the process; as many as there are files */
	static char **names;
	static size_t cap;
	uint32_t *known = dict_get(&pool, name);

	if (known)
		return names[*known];
	if (!pool.arena)
		pool.arena = arena_new(0);
	names = arena_grow(pool.arena, names, &cap, pool.used + 1, sizeof(*names));
	names[pool.used] = arena_str(pool.arena, name);
	dict_put(&pool, names[pool.used], (uint32_t)pool.used);
	return names[pool.used - 1];
}

/* Says that the file cannot be had: in the include that names it, or at the file as a whole. */
static struct diag *fail(const struct request *r, const char *path, const char *why)
{
	struct diag *e;

	if (r->by)
		e = problem(r->l, r->by, r->include, CODE_CANNOT_READ, "cannot read \"%s\": %s",
		            shown(r->l, r->name), why);
	else
		e = problem_file(r->l, source_name(path), CODE_CANNOT_READ, "cannot read: %s", why);
	r->l->incomplete = true;
	return e;
}

/* Where the file could be; returns how many of the two places there are. */
static size_t places(const struct request *r, const char *paths[2])
{
	struct arena *a = r->l->scratch;
	const char *slash = r->by ? strrchr(r->by->name, '/') : NULL;
	size_t n = 0;

	if (r->name[0] == '/' || !slash)
		paths[n++] = r->name;
	else
		paths[n++] = arena_fmt(a, "%.*s%s", (int)(slash + 1 - r->by->name), r->by->name,
		                       r->name);
	if (r->l->mappings_dir && r->name[0] != '/' && (r->by || !strchr(r->name, '/')))
		paths[n++] = arena_fmt(a, "%s/%s", r->l->mappings_dir, r->name);
	return n;
}

/* The folder part of a path, for people. */
static const char *folder(struct load *l, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return "the current folder";
	return slash == path ? "/" : arena_strn(l->scratch, path, (size_t)(slash - path));
}

/* Hints at the shipped mapping whose name is nearest; false: none is near. */
static bool hint_shipped(const struct request *r, struct diag *e)
{
	DIR *dir = r->l->mappings_dir ? opendir(r->l->mappings_dir) : NULL;
	const struct dirent *file;
	struct near near;

	if (!dir)
		return false;
	near_init(&near, r->name);
	while ((file = readdir(dir)))
		if (file->d_name[0] != '.')
			near_try(&near, arena_str(r->l->scratch, file->d_name));
	closedir(dir);
	if (near.best)
		diag_hint(e, "did you mean \"%s\"?", near.best);
	return near.best;
}

static void fail_searched(const struct request *r, const char *const paths[], size_t n, int err)
{
	struct diag *e = fail(r, r->name, strerror(err));

	if (hint_shipped(r, e))
		return;
	if (n > 1)
		diag_hint(e, "looked in %s and in %s", folder(r->l, paths[0]),
		          folder(r->l, paths[1]));
	else
		diag_hint(e, "looked in %s", folder(r->l, paths[0]));
}

static const char *not_a_file(mode_t mode)
{
	if (S_ISDIR(mode))
		return "it is a folder, expected a file";
	if (S_ISFIFO(mode))
		return "it is a pipe, expected a file";
	return "it is a device or socket, expected a file";
}

/* Opens the first that is there. O_NONBLOCK: a FIFO without a writer must not hold us up. */
static int open_first(const struct request *r, const char **path)
{
	const char *paths[2];
	const size_t n = places(r, paths);

	for (size_t i = 0; i < n; i++) {
		const int fd = open(paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

		*path = paths[i];
		if (fd >= 0)
			return fd;
		if (errno == ENOENT || errno == ENOTDIR)
			continue;
		fail(r, paths[i], errno == ENXIO ? not_a_file(S_IFSOCK) : strerror(errno));
		return -1;
	}
	fail_searched(r, paths, n, ENOENT);
	return -1;
}

/* Reads up to max bytes into the arena; likely: how many there seem to be. Returns the length, or -1 with errno;
 * EFBIG: there are more. */
static ssize_t read_all(int fd, struct arena *a, char **text, size_t likely, size_t max)
{
	size_t room = (likely < max ? likely : max) + 1, len = 0;
	char *p = arena_text(a, room);
	ssize_t n;

	do {
		if (len == room)
			p = memcpy(arena_text(a, room *= 2), p, len);
		n = read(fd, p + len, room - len);
		if (n > 0)
			len += (size_t)n;
	} while (len <= max && (n > 0 || (n < 0 && errno == EINTR)));
	if (n >= 0 && len > max) {
		errno = EFBIG;
		n = -1;
	}
	*text = p;
	return n < 0 ? -1 : (ssize_t)len;
}

static struct source *find_same(const struct load *l, const struct stat *st)
{
	for (size_t i = 0; i < l->nsources; i++) {
		struct source *s = l->sources[i];

		if (s->on_disk && s->dev == st->st_dev && s->ino == st->st_ino)
			return s;
	}
	return NULL;
}

/* The way from the file that is included again to the include that closes the circle. */
static void fail_cycle(const struct request *r, const struct source *same)
{
	const char *way = same->name;

	for (const struct source *s = r->by; s && s != same; s = s->from)
		way = arena_fmt(r->l->scratch, "%s -> %s", s->name, way);
	diag_hint(problem(r->l, r->by, r->include, CODE_INCLUDE_CYCLE,
	                  "\"%s\" includes itself: %s -> %s", shown(r->l, r->name), same->name,
	                  way),
	          "take one of these includes away");
}

struct source *source_add(struct load *l, const char *name)
{
	struct source *s = arena_alloc(l->scratch, sizeof(*s));

	s->name = source_name(name);
	l->sources = arena_grow(l->scratch, l->sources, &l->sources_cap, l->nsources + 1,
	                        sizeof(struct source *));
	l->sources[l->nsources++] = s;
	return s;
}

/* The text of the open file, or what it would be. Returns its length, -1 with errno. */
static ssize_t read_text(struct load *l, int fd, const struct stat *st, char **text)
{
	if (l->changed_there && st->st_dev == l->changed_dev && st->st_ino == l->changed_ino) {
		l->changed_read = true;
		*text = arena_strn(l->scratch, l->changed->text, l->changed->len);
		return (ssize_t)l->changed->len;
	}
	return read_all(fd, l->scratch, text, (size_t)st->st_size, json_limits_file.bytes);
}

/* Parses a file's text. Returns s, or NULL. */
static struct source *parse_source(const struct request *r, struct source *s, const char *text,
                                   size_t len)
{
	s->from = r->by;
	if (!json_load_into(&s->json, r->l->scratch, s->name, text, len, &json_limits_file,
	                    r->l->d))
		return s;
	r->l->problems++;
	r->l->incomplete = true;
	return NULL;
}

/* Checks that the open file may be read, and reads and parses it into a new source. */
static struct source *read_source(const struct request *r, int fd, const struct stat *st,
                                  const char *path)
{
	const size_t max = json_limits_file.bytes;
	struct source *s;
	char *text;
	ssize_t len;

	len = read_text(r->l, fd, st, &text);
	if (len < 0) {
		fail(r, path,
		     errno == EFBIG
		             ? arena_fmt(r->l->scratch, "it is too large, at most %zu bytes", max)
		             : strerror(errno));
		return NULL;
	}
	if (r->l->keep)
		kept_add(r->l->keep, path, text, (size_t)len);
	s = source_add(r->l, path);
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	s->on_disk = true;
	return parse_source(r, s, text, (size_t)len);
}

/* As source_open, of what was kept. */
static struct source *open_kept(const struct request *r, bool *again)
{
	const char *paths[2];
	const size_t n = places(r, paths);
	const struct kept_text *t = NULL;
	struct source *s;
	size_t i;

	for (i = 0; i < n && !t; i++)
		t = kept_find(r->l->from, paths[i]);
	if (!t) {
		fail(r, r->name, "it is not among the files that were kept");
		return NULL;
	}
	for (i = 0; i < r->l->nsources; i++) {
		if (r->l->sources[i]->text != t->text)
			continue;
		*again = true;
		if (r->l->sources[i]->loading)
			fail_cycle(r, r->l->sources[i]);
		return r->l->sources[i];
	}
	if (r->l->nsources >= FILES_MAX) {
		fail(r, t->name, "there are too many files, at most 256");
		return NULL;
	}
	s = source_add(r->l, t->name);
	s->text = t->text;
	return parse_source(r, s, t->text, t->len);
}

struct source *source_open(struct load *l, const struct source *by, const cJSON *include,
                           const char *name, bool *again)
{
	const struct request r = { .l = l, .by = by, .include = include, .name = name };
	struct source *s = NULL;
	const char *path;
	struct stat st;
	int fd;

	*again = false;
	if (l->from)
		return open_kept(&r, again);
	fd = open_first(&r, &path);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0) {
		fail(&r, path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		fail(&r, path, not_a_file(st.st_mode));
	} else if ((s = find_same(l, &st))) {
		*again = true;
		if (l->keep)
			kept_same(l->keep, path, s->name);
		if (s->loading)
			fail_cycle(&r, s);
	} else if (l->nsources >= FILES_MAX) {
		fail(&r, path, "there are too many files, at most 256");
	} else {
		s = read_source(&r, fd, &st, path);
	}
	close(fd);
	return s;
}
