#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#else
#define _GNU_SOURCE
#endif
#include "cuewire/platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <linux/sock_diag.h>
#include <sys/syscall.h>
#endif

#include "cuewire/clock.h"
#include "cuewire/datagrams.h"
#include "cuewire/mem.h"
#include "cuewire/outline.h"

OUTLINE static int poll_until(struct pollfd *fds, size_t n, uint64_t until_ns)
{
	const uint64_t now = clock_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;

#ifdef __APPLE__
	/* No ppoll: the last fraction of a millisecond is waited for as a whole one. */
	left = (left + 999999) / 1000000;
	return poll(fds, (nfds_t)n, left > INT_MAX ? INT_MAX : (int)left);
#else
	return ppoll(fds, (nfds_t)n,
	             &(struct timespec){ .tv_sec = (time_t)(left / 1000000000u),
	                                 .tv_nsec = (long)(left % 1000000000u) },
	             NULL);
#endif
}

#ifdef __APPLE__
int platform_poll(struct pollfd *fds, size_t n, uint64_t until_ns)
{
	return until_ns == UINT64_MAX ? poll(fds, (nfds_t)n, -1) : poll_until(fds, n, until_ns);
}

ssize_t platform_write(int fd, const void *bytes, size_t len)
{
	return write(fd, bytes, len);
}

bool datagram_receive(int fd, struct datagram *d)
{
	socklen_t from_len = sizeof(d->from);
	const ssize_t len = recvfrom(fd, d->bytes, d->size, MSG_DONTWAIT,
	                             (struct sockaddr *)&d->from, &from_len);

	d->len = (size_t)len;
	return len >= 0;
}

static int set_flags(int fd, bool nonblock)
{
	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (nonblock)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

int platform_pipe(int fds[2])
{
	if (pipe(fds))
		return -1;
	set_flags(fds[0], true);
	set_flags(fds[1], true);
	return 0;
}

int platform_socketpair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	set_flags(fds[0], false);
	set_flags(fds[1], false);
	return 0;
}

int platform_socket(int domain, int type)
{
	return set_flags(socket(domain, type, 0), true);
}

int platform_accept(int fd)
{
	return set_flags(accept(fd, NULL, NULL), true);
}

void datagrams_init(struct datagrams *d, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < DATAGRAMS_MAX; i++)
		d->list[i] = (struct datagram){ .bytes = bytes + i * size, .size = size };
	d->system = NULL;
}

void datagrams_finish(struct datagrams *d)
{
	(void)d;
}

int datagrams_receive(int fd, struct datagrams *d, int n)
{
	int got = 0;

	while (got < n && datagram_receive(fd, &d->list[got]))
		got++;
	return got;
}

uint64_t platform_drops(int fd)
{
	(void)fd;
	return 0;
}

bool platform_program_dir(char *out, size_t size)
{
	char path[PATH_MAX];
	uint32_t len = sizeof(path);
	char real[PATH_MAX];
	char *slash;

	if (_NSGetExecutablePath(path, &len) || !realpath(path, real))
		return false;
	slash = strrchr(real, '/');
	*slash = '\0';
	return (size_t)snprintf(out, size, "%s", real) < size;
}
#else
int platform_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
}

int platform_socketpair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
}

int platform_socket(int domain, int type)
{
	return socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int platform_accept(int fd)
{
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* poll, write and recvfrom of the C library are points where a thread may be cancelled: each call has two
 * atomic operations for that, which are dearer than all that a message needs of this program. */

int platform_poll(struct pollfd *fds, size_t n, uint64_t until_ns)
{
	return until_ns == UINT64_MAX ? (int)syscall(SYS_ppoll, fds, n, NULL, NULL, 0)
	                              : poll_until(fds, n, until_ns);
}

ssize_t platform_write(int fd, const void *bytes, size_t len)
{
	return syscall(SYS_write, fd, bytes, len);
}

bool datagram_receive(int fd, struct datagram *d)
{
	socklen_t from_len = sizeof(d->from);
	const long len =
		syscall(SYS_recvfrom, fd, d->bytes, d->size, MSG_DONTWAIT, &d->from, &from_len);

	d->len = (size_t)len;
	return len >= 0;
}

struct system {
	struct mmsghdr heads[DATAGRAMS_MAX];
	struct iovec rooms[DATAGRAMS_MAX];
};

void datagrams_init(struct datagrams *d, uint8_t *bytes, size_t size)
{
	struct system *s = xcalloc(1, sizeof(*s));

	for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
		d->list[i] = (struct datagram){ .bytes = bytes + i * size, .size = size };
		s->rooms[i] = (struct iovec){ bytes + i * size, size };
		s->heads[i].msg_hdr = (struct msghdr){ .msg_name = &d->list[i].from,
			                               .msg_namelen = sizeof(d->list[i].from),
			                               .msg_iov = &s->rooms[i],
			                               .msg_iovlen = 1 };
	}
	d->system = s;
}

void datagrams_finish(struct datagrams *d)
{
	free(d->system);
}

int datagrams_receive(int fd, struct datagrams *d, int n)
{
	struct system *s = d->system;
	const int got = recvmmsg(fd, s->heads, (unsigned)n, MSG_DONTWAIT, NULL);

	for (int i = 0; i < got; i++) {
		d->list[i].len = s->heads[i].msg_len;
		s->heads[i].msg_hdr.msg_namelen = sizeof(d->list[i].from);
	}
	return got > 0 ? got : 0;
}

uint64_t platform_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return 0;
	return info[SK_MEMINFO_DROPS];
}

bool platform_program_dir(char *out, size_t size)
{
	char path[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len <= 0)
		return false;
	path[len] = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	return (size_t)snprintf(out, size, "%s", path) < size;
}
#endif

/* ---- memory ---- */

#ifndef MAP_POPULATE
#define MAP_POPULATE 0
#endif

void *platform_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_POPULATE,
	               -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void platform_pages_free(void *p, size_t size)
{
	munmap(p, size);
}

/* ---- network ---- */

void platform_addresses(void (*fn)(void *ctx, const char *address), void *ctx)
{
	struct ifaddrs *all, *i;
	char text[INET_ADDRSTRLEN];

	if (getifaddrs(&all))
		return;
	for (i = all; i; i = i->ifa_next) {
		const struct sockaddr_in *a = (const void *)i->ifa_addr;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		if (!(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK)
			continue;
		if (inet_ntop(AF_INET, &a->sin_addr, text, sizeof(text)))
			fn(ctx, text);
	}
	freeifaddrs(all);
}

extern char **environ;

uint64_t platform_written_ns(const struct stat *st)
{
#ifdef __APPLE__
	const struct timespec *t = &st->st_mtimespec;
#else
	const struct timespec *t = &st->st_mtim;
#endif

	return (uint64_t)t->tv_sec * UINT64_C(1000000000) + (uint64_t)t->tv_nsec;
}

int platform_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

/* Every descriptor of ours is close-on-exec; the system closes the rest where it can. */
static int spawn_attributes(posix_spawnattr_t *a)
{
	sigset_t all, none;
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

#ifdef __APPLE__
	flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(a, &all);
	posix_spawnattr_setsigmask(a, &none);
	return posix_spawnattr_setflags(a, flags);
}

static void spawn_files(posix_spawn_file_actions_t *f, int link_fd, int stdout_fd)
{
	posix_spawn_file_actions_addopen(f, 0, "/dev/null", O_RDONLY, 0);
	if (stdout_fd >= 0)
		posix_spawn_file_actions_adddup2(f, stdout_fd, 1);
	else
		posix_spawn_file_actions_addopen(f, 1, "/dev/null", O_WRONLY, 0);
	if (getenv("CUEWIRE_DEBUG"))
		posix_spawn_file_actions_adddup2(f, 2, 2);
	else
		posix_spawn_file_actions_addopen(f, 2, "/dev/null", O_WRONLY, 0);
	if (link_fd >= 0)
		posix_spawn_file_actions_adddup2(f, link_fd, 3);
}

pid_t platform_spawn(const char *path, char *const argv[], int link_fd, int stdout_fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid = -1;
	int high = -1, err;

	/* dup2 onto itself would leave it close-on-exec. */
	if (link_fd >= 0) {
		high = fcntl(link_fd, F_DUPFD_CLOEXEC, 16);
		if (high < 0)
			return -1;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	spawn_files(&files, high, stdout_fd);
	err = spawn_attributes(&attributes);
	if (!err)
		err = posix_spawn(&pid, path, &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (high >= 0)
		close(high);
	if (!err)
		return pid;
	errno = err;
	return -1;
}
