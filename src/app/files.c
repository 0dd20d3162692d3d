/* What is written down while the bridge runs: the trace and the recording. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cuewire/platform.h"
#include "recording.h"

/* A trace must not take the place of a mapping whose name it was given by mistake. */
static bool is_mapping(const struct daemon *d, const struct stat *file)
{
	struct stat st;

	for (size_t i = 0; i < d->m->nfiles; i++)
		if (!stat(d->m->files[i], &st) && st.st_dev == file->st_dev &&
		    st.st_ino == file->st_ino)
			return true;
	return false;
}

static const char *const file_names[FILES] = {
	[FILE_TRACE] = "trace",
	[FILE_RECORD] = "recording",
};

static int open_file(struct daemon *d, int which)
{
	struct file *f = &d->files[which];
	const char *why = NULL;
	struct stat st;
	int fd;

	if (!f->path)
		return 0;
	fd = open(f->path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		why = errno == ENXIO ? "nobody reads it" : strerror(errno);
	else if (fstat(fd, &st))
		why = strerror(errno);
	else if (is_mapping(d, &st))
		why = "it is one of the mapping files";
	else if (S_ISREG(st.st_mode) && platform_lock(fd))
		why = errno == EWOULDBLOCK ? "another one is being written to it" : strerror(errno);
	else if (S_ISREG(st.st_mode) && ftruncate(fd, 0))
		why = strerror(errno);
	if (!why) {
		outlet_init(&f->out, fd);
		return 0;
	}
	daemon_say(d, "cuewire: cannot write the %s %s: %s", file_names[which], f->path, why);
	if (fd >= 0)
		close(fd);
	return -1;
}

int files_open(struct daemon *d)
{
	struct outlet *record = &d->files[FILE_RECORD].out;
	struct buf header;

	d->files[FILE_TRACE].path = d->opt.trace;
	d->files[FILE_RECORD].path = d->opt.record;
	if (open_file(d, FILE_TRACE) || open_file(d, FILE_RECORD))
		return -1;
	if (record->fd < 0)
		return 0;
	outlet_limit(record, RECORD_WAITS);
	buf_init(&header, RECORD_WAITS - 2);
	recording_header(&header, &d->kept, NULL);
	if (header.cut)
		daemon_say(d, "cuewire: the mapping is too large to be recorded");
	else
		outlet_line(record, header.p, header.len);
	buf_finish(&header);
	return header.cut ? -1 : 0;
}

/* Said once; the bridge goes on without it. */
void files_check(struct daemon *d)
{
	for (int i = 0; i < FILES; i++) {
		struct outlet *o = &d->files[i].out;

		if (o->fd < 0 || !o->broken)
			continue;
		daemon_say(d, "!!! %s %s: %s; it has ended", file_names[i], d->files[i].path,
		           strerror(o->error));
		close(o->fd);
		o->fd = -1;
		notes_watch(d);
	}
}

void files_close(struct daemon *d)
{
	for (int i = 0; i < FILES; i++) {
		struct file *f = &d->files[i];
		uint64_t lost;

		if (f->out.fd >= 0) {
			outlet_drain(&f->out, i == FILE_RECORD ? 2000 : 100);
			close(f->out.fd);
		}
		lost = f->out.reported + f->out.dropped;
		if (i == FILE_RECORD && lost)
			daemon_say(d,
			           "!!! recording %s has gaps: %llu line%s could not be kept, a "
			           "replay of it may differ",
			           f->path, (unsigned long long)lost, lost == 1 ? "" : "s");
		outlet_finish(&f->out);
	}
}
