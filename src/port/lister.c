#include "lister.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/platform.h"

#define DEADLINE_NS UINT64_C(5000000000)

void lister_init(struct lister *l)
{
	*l = (struct lister){ .fd = -1 };
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
}

static pid_t spawn(int link_fd)
{
	char *argv[] = { (char *)"cuewire-port", (char *)"list", (char *)"--link", NULL };
	char dir[512], path[sizeof(dir) + sizeof("/cuewire-port")];

	if (!platform_program_dir(dir, sizeof(dir)))
		return -1;
	snprintf(path, sizeof(path), "%s/cuewire-port", dir);
	return platform_spawn(path, argv, link_fd, -1);
}

int lister_start(struct lister *l)
{
	int fds[2];

	if (l->pid > 0 && !kill(l->pid, 0))
		return -1;
	if (platform_socketpair(fds))
		return -1;
	l->pid = spawn(fds[1]);
	close(fds[1]);
	if (l->pid < 0) {
		close(fds[0]);
		return -1;
	}
	l->fd = fds[0];
	l->in_bytes = 0;
	l->found.n = 0;
	l->deadline_ns = clock_ns() + DEADLINE_NS;
	return 0;
}

void lister_end(struct lister *l)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	kill(l->pid, SIGKILL);
}

static enum lister_state take(struct lister *l)
{
	const ssize_t n = recv(l->fd, (char *)&l->in + l->in_bytes, sizeof(l->in) - l->in_bytes,
	                       MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return clock_ns() < l->deadline_ns ? LISTER_RUNS : LISTER_FAILED;
	if (n <= 0)
		return LISTER_FAILED;
	l->in_bytes += (size_t)n;
	if (l->in_bytes < sizeof(l->in))
		return LISTER_RUNS;
	l->in_bytes = 0;
	if (l->in.kind == LINK_DEVICE)
		devices_add(&l->found, &l->in);
	return l->in.kind == LINK_LISTED ? LISTER_DONE : LISTER_RUNS;
}

/* One record at a time: poll tells at once when there are more. */
enum lister_state lister_poll(struct lister *l)
{
	const enum lister_state state = take(l);

	if (state != LISTER_RUNS)
		lister_end(l);
	return state;
}
