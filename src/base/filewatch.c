#include "cuewire/filewatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Editors write a new file and rename it over the old one: so it is the folder that is watched. */
static void folder_of(const char *file, char *out, size_t size)
{
	const char *slash = strrchr(file, '/');

	if (slash)
		snprintf(out, size, "%.*s", slash == file ? 1 : (int)(slash - file), file);
	else
		snprintf(out, size, ".");
}

#ifdef __linux__

#include <sys/inotify.h>

int filewatch_open(const char *const files[], size_t n)
{
	const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char folder[4096];

	for (size_t i = 0; i < n && fd >= 0; i++) {
		folder_of(files[i], folder, sizeof(folder));
		inotify_add_watch(fd, folder,
		                  IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
	}
	return fd;
}

void filewatch_drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

#else

#include <sys/event.h>
#include <sys/time.h>

/* A folder tells of renames, a file of being written in place. What is watched stays open as long as
 * the process: there are few, and the same again after a reload. */
static void watch(int queue, const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct kevent e;

	if (fd < 0)
		return;
	EV_SET(&e, (uintptr_t)fd, EVFILT_VNODE, EV_ADD | EV_CLEAR,
	       NOTE_WRITE | NOTE_DELETE | NOTE_RENAME | NOTE_EXTEND, 0, NULL);
	if (kevent(queue, &e, 1, NULL, 0, NULL))
		close(fd);
}

int filewatch_open(const char *const files[], size_t n)
{
	const int queue = kqueue();
	char folder[4096];

	if (queue < 0)
		return -1;
	fcntl(queue, F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < n; i++) {
		folder_of(files[i], folder, sizeof(folder));
		watch(queue, folder);
		watch(queue, files[i]);
	}
	return queue;
}

void filewatch_drain(int fd)
{
	const struct timespec now = { 0, 0 };
	struct kevent e[16];

	while (kevent(fd, NULL, 0, e, 16, &now) > 0)
		;
}

#endif
