/* The bridge's end of a link: runs cuewire-port and prints what it says.
 *
 *	link PROGRAM ROLE [ARGUMENT]...
 *
 * It prints "pid PID", then a line for each record with the time when it was read (CLOCK_MONOTONIC in
 * milliseconds): "DEVICE in 14:0 Midi Through Port-0 @4711", and at last "ended STATUS". It closes the
 * link when there is anything on standard input, or its end. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/link.h"
#include "cuewire/platform.h"

static const char *const kinds[] = {
	[LINK_OPENED] = "OPENED", [LINK_FAILED] = "FAILED", [LINK_DONE] = "DONE",
	[LINK_MIDI] = "MIDI",     [LINK_DEVICE] = "DEVICE", [LINK_LISTED] = "LISTED",
	[LINK_GONE] = "GONE",     [LINK_SYSEX] = "SYSEX",
};

static void print_record(const struct link_record *r)
{
	printf("%s", kinds[r->kind]);
	if (r->kind == LINK_DEVICE || r->kind == LINK_GONE)
		printf(" %s %u:%u", r->flags & LINK_IN ? "in" : "out", (unsigned)r->value >> 8,
		       (unsigned)r->value & 0xFF);
	if (r->kind == LINK_MIDI)
		for (int i = 0; i < r->len; i++)
			printf(" %02X", r->bytes[i]);
	else if (r->kind == LINK_SYSEX)
		for (int i = 0; i < r->len; i++)
			printf(" %02X", (uint8_t)r->text[i]);
	else if (r->text[0])
		printf(" %s", r->text);
	printf(" @%llu\n", (unsigned long long)(clock_ns() / 1000000));
}

/* Returns when the link has ended or is to end. */
static void print_all(int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	struct link_record r;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		if (recv(fd, &r, sizeof(r), MSG_WAITALL) != (ssize_t)sizeof(r))
			return;
		print_record(&r);
	}
}

int main(int argc, char *argv[])
{
	int fds[2], status;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3 || platform_socketpair(fds))
		return 2;
	pid = platform_spawn(argv[1], argv + 1, fds[1], -1);
	close(fds[1]);
	if (pid < 0)
		return 2;
	printf("pid %d\n", (int)pid);
	print_all(fds[0]);
	close(fds[0]);
	waitpid(pid, &status, 0);
	printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	return 0;
}
