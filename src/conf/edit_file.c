/* Mapping files on the disk: read, replaced as a whole, and put back.
 *
 * The journal beside a file has a line for each change, the oldest first: where it was, what was
 * there and what is there now, and what the file's text amounted to before and after. A change
 * is taken back only from a file that is still what that change made of it. */
#include "cuewire/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cuewire/buf.h"
#include "cuewire/clock.h"
#include "cuewire/json.h"
#include "cuewire/mem.h"
#include "cuewire/mapping.h"
#include "cuewire/platform.h"

#include "load_priv.h"

#define JOURNAL_LINES 64                /* changes that can be taken back */
#define JOURNAL_BYTES ((size_t)1 << 20) /* of more, the oldest go */
#define JOURNAL_MAX ((size_t)64 << 20)  /* one change alone may be larger than that */
#define HASH_TEXT 17

#define LOCK_NS UINT64_C(3000000000) /* a change takes some milliseconds */
#define LOCK_STEP_NS 5000000

/* ---- reading ---- */

static int fail(struct diags *d, const char *name, const char *code, const char *what,
                const char *why)
{
	diag_add(d, (struct where){ .file = source_name(name) }, SEV_ERROR, code, "%s: %s", what,
	         why);
	return -1;
}

/* The whole file, with a NUL behind it. Returns NULL with errno; EFBIG: it has more than max. */
static char *read_fd(int fd, size_t max, size_t *len)
{
	size_t cap = 0, n = 0;
	char *text = NULL;
	ssize_t got;

	do {
		text = xgrow(text, &cap, n + 4096 + 1, 1);
		got = read(fd, text + n, cap - n - 1);
		if (got > 0)
			n += (size_t)got;
	} while (n <= max && (got > 0 || (got < 0 && errno == EINTR)));
	if (got >= 0 && n <= max) {
		text[n] = '\0';
		*len = n;
		return text;
	}
	if (got >= 0)
		errno = EFBIG;
	free(text);
	return NULL;
}

static char *read_path(const char *path, size_t max, size_t *len, struct stat *st)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char *text = NULL;
	int err;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, st)) {
		errno = EINVAL;
		if (S_ISREG(st->st_mode))
			text = read_fd(fd, max, len);
	}
	err = errno;
	close(fd);
	errno = err;
	return text;
}

static const char *read_error(int err)
{
	return err == EINVAL  ? "it is no regular file"
	       : err == EFBIG ? "it is too large, at most 4 MiB"
	                      : strerror(err);
}

int edit_open(struct edit_file *f, const char *name, struct diags *d)
{
	struct stat st;

	*f = (struct edit_file){ .name = name, .path = realpath(name, NULL) };
	if (!f->path && errno == ENOENT && lstat(name, &st) < 0 && errno == ENOENT) {
		f->path = xstrdup(name);
		return 0;
	}
	if (!f->path)
		return fail(d, name, "cannot-read", "cannot read", strerror(errno));
	f->text = read_path(f->path, json_limits_file.bytes, &f->len, &f->st);
	if (f->text)
		return 0;
	fail(d, name, "cannot-read", "cannot read", read_error(errno));
	edit_finish(f);
	return -1;
}

void edit_finish(struct edit_file *f)
{
	free(f->path);
	free(f->text);
	*f = (struct edit_file){ 0 };
}

/* ---- writing ---- */

/* The folder's part of a path with its slash, and the name behind it. */
static int folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash + 1 - path) : 0;
}

static int open_folder(const char *path)
{
	char *folder = folder_len(path) ? xstrdup(path) : xstrdup("./");
	int fd;

	folder[folder_len(folder)] = '\0';
	fd = open(folder, O_RDONLY | O_CLOEXEC);
	free(folder);
	return fd;
}

/* So that the new name outlives a power cut, too. What cannot be had here is no reason to fail. */
static void sync_folder(const char *path)
{
	const int fd = open_folder(path);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* Two that change a file at once would both find it as they have read it, and the change of one be
 * lost. The folder is locked, for the file is replaced. Returns 0 with *fd to be closed (-1: the
 * folder cannot be locked, which is no reason to fail), or -1: another one has the lock for too
 * long. */
static int lock_folder(const char *path, int *fd)
{
	const uint64_t until = clock_ns() + LOCK_NS;

	*fd = open_folder(path);
	while (*fd >= 0 && platform_lock(*fd)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (clock_ns() >= until) {
			close(*fd);
			return -1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = LOCK_STEP_NS }, NULL);
	}
	return 0;
}

static void unlock_folder(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int fail_locked(struct diags *d, const char *name, const char *what)
{
	return fail(d, name, "busy", what, "another program is changing a file of this folder");
}

/* A temporary file in the same folder, then the rename. like: whose mode and owner it gets,
 * NULL: as a new file has them. Returns 0, or -1 with errno and nothing changed. */
static int write_whole(const char *path, const struct stat *like, const char *text, size_t len)
{
	const mode_t mask = umask(0);
	const mode_t mode = like ? like->st_mode & 07777 : 0666 & ~mask;
	struct buf tmp;
	int fd, err;

	umask(mask);
	buf_init(&tmp, PATH_MAX);
	buf_fmt(&tmp, "%.*s.%s.XXXXXX", folder_len(path), path, path + folder_len(path));
	fd = mkstemp(tmp.p);
	if (fd < 0)
		goto fail;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (like && fchown(fd, like->st_uid, like->st_gid) < 0) {
		/* not ours to give: it becomes a file of whoever edits it */
	}
	if (fchmod(fd, mode) || write_all(fd, text, len) || fsync(fd))
		goto fail_file;
	if (close(fd) || rename(tmp.p, path)) {
		fd = -1;
		goto fail_file;
	}
	sync_folder(path);
	buf_finish(&tmp);
	return 0;
fail_file:
	err = errno;
	if (fd >= 0)
		close(fd);
	unlink(tmp.p);
	errno = err;
fail:
	err = errno;
	buf_finish(&tmp);
	errno = err;
	return -1;
}

/* A rename asks no leave of the file itself: whoever has made it read-only meant it. */
static bool is_read_only(const struct edit_file *f)
{
	return !(f->st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) || access(f->path, W_OK);
}

static int write_edited(const struct edit_file *f, const char *text, size_t len)
{
	if (f->text && is_read_only(f)) {
		errno = EACCES;
		return -1;
	}
	return write_whole(f->path, f->text ? &f->st : NULL, text, len);
}

/* ---- the journal ---- */

/* One change: text [at, at + old_len) became another of new_len bytes. */
struct change {
	size_t at, old_len, new_len;
};

static bool is_inside_char(const char *text, size_t len, size_t at)
{
	return at < len && ((unsigned char)text[at] & 0xC0) == 0x80;
}

/* What differs between two texts, whole characters of UTF-8. */
static struct change find_change(const char *a, size_t na, const char *b, size_t nb)
{
	const size_t least = na < nb ? na : nb;
	size_t head = 0, tail = 0;

	while (head < least && a[head] == b[head])
		head++;
	while (head && (is_inside_char(a, na, head) || is_inside_char(b, nb, head)))
		head--;
	while (tail < least - head && a[na - 1 - tail] == b[nb - 1 - tail])
		tail++;
	while (tail && (is_inside_char(a, na, na - tail) || is_inside_char(b, nb, nb - tail)))
		tail--;
	return (struct change){ head, na - head - tail, nb - head - tail };
}

/* FNV-1a, 64 bits: tells a file that was changed from one that was not, and is no seal. */
static void hash_text(char out[HASH_TEXT], const char *text, size_t len)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
	snprintf(out, HASH_TEXT, "%016" PRIx64, h);
}

static char *journal_path(const char *path)
{
	struct buf b;

	buf_init(&b, PATH_MAX);
	buf_fmt(&b, "%.*s.%s.undo", folder_len(path), path, path + folder_len(path));
	return b.p;
}

/* The journal's text; empty where there is none. To be freed. */
static char *journal_read(const char *path, size_t *len)
{
	struct stat st;
	char *text = read_path(path, JOURNAL_MAX, len, &st);

	if (!text) {
		*len = 0;
		text = xstrdup("");
	}
	return text;
}

/* The begin of the last line, text[len] for none. */
static const char *last_line(const char *text, size_t len)
{
	const char *p = text + len;

	if (p > text)
		p--;
	while (p > text && p[-1] != '\n')
		p--;
	return p;
}

/* The newest lines that there is room for, beside one of `room` bytes. */
static const char *newest(const char *text, size_t len, size_t room)
{
	const char *p = text + len;

	for (size_t n = 1; n < JOURNAL_LINES && p > text; n++) {
		const char *line = last_line(text, (size_t)(p - text));

		if ((size_t)(text + len - line) + room > JOURNAL_BYTES)
			break;
		p = line;
	}
	return p;
}

static void add_change(struct buf *b, const struct edit_file *f, const struct buf *now, int line)
{
	const char *was = f->text ? f->text : "";
	const struct change c = find_change(was, f->len, now->p, now->len);
	char hash[HASH_TEXT];

	buf_fmt(b, "{\"line\": %d, \"at\": %zu, \"removed\": ", line, c.at);
	buf_json_strn(b, was + c.at, c.old_len);
	buf_puts(b, ", \"inserted\": ");
	buf_json_strn(b, now->p + c.at, c.new_len);
	hash_text(hash, was, f->len);
	buf_fmt(b, ", \"before\": \"%s\"", f->text ? hash : "none");
	hash_text(hash, now->p, now->len);
	buf_fmt(b, ", \"after\": \"%s\"}\n", hash);
}

/* A change that is not in the journal cannot be taken back, and the file says so by its text. */
static int journal_add(const struct edit_file *f, const struct buf *now, int at)
{
	char *path = journal_path(f->path), *old;
	const char *keep;
	struct buf line, all;
	size_t len;
	int ret;

	old = journal_read(path, &len);
	buf_init(&line, JOURNAL_MAX);
	add_change(&line, f, now, at);
	keep = newest(old, len, line.len);
	buf_init(&all, JOURNAL_MAX);
	buf_add(&all, keep, (size_t)(old + len - keep));
	buf_add(&all, line.p, line.len);
	ret = write_whole(path, f->text ? &f->st : NULL, all.p, all.len);
	buf_finish(&line);
	buf_finish(&all);
	free(old);
	free(path);
	return ret;
}

/* ---- saving ---- */

/* Whether the file is not what it was when it was read. By its text: times differ too little. */
static bool is_changed(const struct edit_file *f)
{
	struct stat st;
	size_t len;
	char *text = read_path(f->path, json_limits_file.bytes, &len, &st);
	bool changed;

	if (!text)
		return f->text || errno != ENOENT;
	changed = !f->text || len != f->len || memcmp(text, f->text, len) != 0;
	free(text);
	return changed;
}

/* While the folder is locked. */
static int replace(const struct edit_file *f, const struct buf *text, int line, struct diags *d)
{
	if (is_changed(f))
		return fail(d, f->name, "changed", "not written",
		            "another program has changed it meanwhile");
	if (write_edited(f, text->p, text->len))
		return fail(d, f->name, "cannot-write", "cannot write", strerror(errno));
	if (journal_add(f, text, line))
		diag_add(d, (struct where){ .file = source_name(f->name) }, SEV_WARNING, "no-undo",
		         "written, but it cannot be taken back: no journal beside it: %s",
		         strerror(errno));
	return 0;
}

int edit_save(struct edit_file *f, const struct buf *text, int line, const char *const files[],
              size_t n, const char *mappings_dir, struct diags *d)
{
	const struct load_changed changed = { f->name, text->p, text->len };
	struct diags check = { 0 }; /* its warnings are nobody's business here */
	struct mapping *m;
	int lock, ret;

	if (text->cut)
		return fail(d, f->name, "too-large", "cannot write", "the file would be too large");
	if (mapping_load_changed(&m, files, n, &changed, mappings_dir, &check)) {
		if (d)
			*d = check;
		return EDIT_WRONG;
	}
	mapping_free(m);
	if (lock_folder(f->path, &lock))
		return fail_locked(d, f->name, "not written");
	ret = replace(f, text, line, d);
	unlock_folder(lock);
	return ret;
}

/* ---- taking back ---- */

static const char *text_of(const struct json *j, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(j->root, key);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

/* -1: it is missing, or none from `least` to `most`. */
static long number_of(const struct json *j, const char *key, long least, long most)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(j->root, key);

	return cJSON_IsNumber(v) && v->valuedouble >= (double)least &&
	                       v->valuedouble <= (double)most
	               ? (long)v->valuedouble
	               : -1;
}

/* Anybody may have written the journal. */
static bool is_record(const struct json *j)
{
	return text_of(j, "removed") && text_of(j, "inserted") && text_of(j, "before") &&
	       text_of(j, "after") && number_of(j, "at", 0, JOURNAL_MAX) >= 0 &&
	       number_of(j, "line", 1, INT_MAX) > 0;
}

/* Returns 0 with a record that is finished with json_free, or -1. */
static int read_record(struct json *j, const char *text, size_t len)
{
	if (json_load(j, "journal", text, len, &json_limits_file, NULL))
		return -1;
	if (is_record(j))
		return 0;
	json_free(j);
	return -1;
}

/* The text before the change, or NULL when the record does not fit the file. To be freed. */
static char *take_back(const struct edit_file *f, const struct json *j, size_t *len)
{
	const char *removed = text_of(j, "removed"), *inserted = text_of(j, "inserted");
	const char *before = text_of(j, "before"), *after = text_of(j, "after");
	const size_t pos = (size_t)number_of(j, "at", 0, JOURNAL_MAX);
	const size_t n = strlen(inserted), m = strlen(removed);
	char hash[HASH_TEXT], *text;

	hash_text(hash, f->text, f->len);
	if (strcmp(hash, after) != 0 || pos > f->len || n > f->len - pos ||
	    memcmp(f->text + pos, inserted, n) != 0)
		return NULL;
	*len = f->len - n + m;
	text = xmalloc(*len + 1);
	memcpy(text, f->text, pos);
	memcpy(text + pos, removed, m);
	memcpy(text + pos + m, f->text + pos + n, f->len - pos - n);
	text[*len] = '\0';
	hash_text(hash, text, *len);
	if (!strcmp(before, "none") ? *len == 0 : !strcmp(hash, before))
		return text;
	free(text);
	return NULL;
}

/* Puts the old text in place; a file that was made is removed. */
static int put_back(const struct edit_file *f, const struct json *j, const char *text, size_t len)
{
	if (!strcmp(text_of(j, "before"), "none"))
		return unlink(f->path);
	return write_edited(f, text, len);
}

static int undo_last(struct edit_file *f, const char *journal, size_t len, const char *path,
                     int *line, struct diags *d)
{
	const char *last = last_line(journal, len);
	struct json j;
	size_t n;
	char *text = NULL;
	int ret = -1;

	if (read_record(&j, last, (size_t)(journal + len - last)))
		return fail(d, f->name, "no-undo", "nothing was changed", "its journal is damaged");
	text = take_back(f, &j, &n);
	if (!text || is_changed(f)) {
		fail(d, f->name, "changed", "nothing was changed",
		     "the file was edited after the last change of learn; take it back by hand");
	} else if (put_back(f, &j, text, n)) {
		fail(d, f->name, "cannot-write", "cannot write", strerror(errno));
	} else {
		*line = strcmp(text_of(&j, "before"), "none") != 0
		                ? (int)number_of(&j, "line", 1, INT_MAX)
		                : 0;
		ret = last > journal ? write_whole(path, &f->st, journal, (size_t)(last - journal))
		                     : unlink(path);
		if (ret) {
			fail(d, f->name, "cannot-write",
			     "taken back, but its journal cannot be written", strerror(errno));
			ret = 0;
		}
	}
	free(text);
	json_free(&j);
	return ret;
}

static int undo_locked(struct edit_file *f, int *line, struct diags *d)
{
	char *path = journal_path(f->path), *journal;
	size_t len;
	int ret;

	journal = journal_read(path, &len);
	if (!f->text)
		ret = fail(d, f->name, "no-undo", "nothing to take back", "there is no such file");
	else if (!len)
		ret = fail(d, f->name, "no-undo", "nothing to take back",
		           "learn has changed nothing in it, or all was taken back");
	else
		ret = undo_last(f, journal, len, path, line, d);
	free(journal);
	free(path);
	return ret;
}

int edit_undo(const char *name, int *line, struct diags *d)
{
	struct edit_file f;
	int lock, ret;

	if (edit_open(&f, name, d))
		return -1;
	if (lock_folder(f.path, &lock)) {
		ret = fail_locked(d, name, "nothing was changed");
	} else {
		ret = undo_locked(&f, line, d);
		unlock_folder(lock);
	}
	edit_finish(&f);
	return ret;
}
