/* What the bridge is compared with: the least that can answer a packet.
 *
 *	echo udp		recvfrom -> sendto, back to where it came from
 *	echo fifo FIFO		recvfrom -> write of three bytes to a FIFO
 *	echo hop FIFO		recvfrom -> a second process -> write of three bytes to a FIFO
 *
 * It says "ready osc=PORT" on standard error, as the bridge does, and ends with SIGTERM. Its socket
 * asks for the same buffer. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (1 << 20)
#define PACKET_MAX 65536

static const uint8_t answer[] = { 0xB0, 0x07, 0x40 };

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ BUFFER }, sizeof(int));
	fprintf(stderr, "ready osc=%d\n", ntohs(a.sin_port));
	return fd;
}

static _Noreturn void answer_udp(int fd)
{
	static uint8_t b[PACKET_MAX];
	struct sockaddr_storage from;

	for (;;) {
		socklen_t len = sizeof(from);
		const ssize_t n = recvfrom(fd, b, sizeof(b), 0, (struct sockaddr *)&from, &len);

		if (n < 0 || sendto(fd, b, (size_t)n, 0, (struct sockaddr *)&from, len) != n)
			die("answer");
	}
}

static _Noreturn void answer_to(int fd, int out)
{
	static uint8_t b[PACKET_MAX];
	struct sockaddr_storage from;

	for (;;) {
		socklen_t len = sizeof(from);

		if (recvfrom(fd, b, sizeof(b), 0, (struct sockaddr *)&from, &len) < 0 ||
		    write(out, answer, sizeof(answer)) != sizeof(answer))
			die("answer");
	}
}

/* The second process: what comes by the link goes out, until the first one is gone. */
static _Noreturn void pass_on(int link, int out)
{
	uint8_t b[sizeof(answer)];

	while (recv(link, b, sizeof(b), MSG_WAITALL) == sizeof(b))
		if (write(out, b, sizeof(b)) != sizeof(b))
			die("pass on");
	exit(0);
}

/* Returns the link to a process that passes on what it gets. */
static int start_hop(int out)
{
	int link[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, link) || (pid = fork()) < 0)
		die("second process");
	if (!pid) {
		close(link[0]);
		pass_on(link[1], out);
	}
	close(link[1]);
	close(out);
	return link[0];
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int out = -1;

	if (argc == 3 && (out = open(argv[2], O_WRONLY)) < 0)
		die(argv[2]);
	if (argc == 2 && !strcmp(how, "udp"))
		answer_udp(open_socket());
	if (argc == 3 && !strcmp(how, "fifo"))
		answer_to(open_socket(), out);
	if (argc == 3 && !strcmp(how, "hop")) {
		out = start_hop(out);
		answer_to(open_socket(), out);
	}
	fprintf(stderr, "usage: echo udp | fifo FIFO | hop FIFO\n");
	return 2;
}
