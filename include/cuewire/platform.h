/* What Linux and macOS do differently, and what needs more than POSIX. Thread: any. */
#ifndef CUEWIRE_PLATFORM_H
#define CUEWIRE_PLATFORM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* As poll, until the time clock_ns() reaches t_ns (UINT64_MAX: for ever). */
int platform_poll(struct pollfd *fds, size_t n, uint64_t until_ns);

/* As write; cheaper where the system allows. */
ssize_t platform_write(int fd, const void *bytes, size_t len);

/* Descriptors that are close-on-exec (and non-blocking where it says so) from birth, or as
 * near to it as the system allows. Return 0 or the descriptor, -1 with errno. */
int platform_pipe(int fds[2]);             /* both ends non-blocking */
int platform_socketpair(int fds[2]);       /* AF_UNIX, SOCK_STREAM; blocking */
int platform_socket(int domain, int type); /* non-blocking */
int platform_accept(int fd);               /* non-blocking */

/* Calls fn with each address of this machine that a tablet could use, as text. */
void platform_addresses(void (*fn)(void *ctx, const char *address), void *ctx);

/* Starts a program with default signals and no descriptor but the three standard ones and link_fd
 * as descriptor 3 (-1: none). stdout_fd -1: none. Its standard error goes to /dev/null unless
 * CUEWIRE_DEBUG is set. Returns its pid, or -1 with errno. */
pid_t platform_spawn(const char *path, char *const argv[], int link_fd, int stdout_fd);

/* Zeroed memory straight from the system, there as a whole at once where the system can: cheaper
 * than a page fault for each page, where most of it will be used. NULL with errno. */
void *platform_pages(size_t size);
void platform_pages_free(void *p, size_t size);

/* How many datagrams the socket has dropped for want of room; 0 where the system does not say. */
uint64_t platform_drops(int fd);

/* When a file was last written, in nanoseconds since 1970, as exactly as its file system knows. */
uint64_t platform_written_ns(const struct stat *st);

/* Locks what the descriptor is of, a folder too, for this one alone, until it is closed. Returns 0,
 * or -1 with errno; EWOULDBLOCK: another one has it. */
int platform_lock(int fd);

/* The folder that the running program lies in, without a slash at its end; false: not known. */
bool platform_program_dir(char *out, size_t size);

#endif
