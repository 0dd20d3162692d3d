#include "subject.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS 20000
#define ANSWER_TRIES 100
#define ENV_MAX 256
#define STEP 7919 /* a prime: every rule has its turn, in no order */

extern char **environ;

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- starting ---- */

/* The environment and up to two more. */
static void make_env(char **env, const char *env1, const char *env2)
{
	size_t n = 0;

	for (char **e = environ; *e && n < ENV_MAX - 3; e++)
		env[n++] = *e;
	if (env1)
		env[n++] = (char *)env1;
	if (env2)
		env[n++] = (char *)env2;
	env[n] = NULL;
}

int spawn(pid_t *pid, const char *const argv[], const char *env1, const char *env2)
{
	posix_spawn_file_actions_t actions;
	char *env[ENV_MAX];
	int said[2], err;

	if (pipe(said))
		die("pipe: %s", strerror(errno));
	fcntl(said[0], F_SETFD, FD_CLOEXEC);
	make_env(env, env1, env2);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, said[1], 2);
	posix_spawn_file_actions_addclose(&actions, said[1]);
	err = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(said[1]);
	if (err)
		die("cannot start %s: %s", argv[0], strerror(err));
	return said[0];
}

int wait_ready(int said, const char *name)
{
	char text[8192];
	size_t len = 0;
	struct pollfd p = { .fd = said, .events = POLLIN };

	while (len < sizeof(text) - 1 && poll(&p, 1, READY_MS) > 0) {
		const ssize_t n = read(said, text + len, sizeof(text) - 1 - len);
		const char *ready;

		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
		ready = strstr(text, "ready osc=");
		if (ready && strchr(ready, '\n'))
			return atoi(ready + 10);
	}
	die("%s is not ready; it said:\n%.*s", name, (int)len, text);
}

static void open_fifo(struct subject *s)
{
	const int dummy = open(s->fifo, O_RDONLY | O_NONBLOCK);

	if (dummy < 0)
		die("%s: %s", s->fifo, strerror(errno));
	fcntl(dummy, F_SETFL, 0); /* open did not wait; reads do */
	fcntl(dummy, F_SETFD, FD_CLOEXEC);
	s->in = dummy;
}

static void open_socket(struct subject *s, int port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	s->out = socket(AF_INET, SOCK_DGRAM, 0);
	if (s->out < 0 || connect(s->out, (const struct sockaddr *)&a, sizeof(a)))
		die("socket: %s", strerror(errno));
	fcntl(s->out, F_SETFD, FD_CLOEXEC);
	setsockopt(s->out, SOL_SOCKET, SO_RCVBUF, &(int){ 1 << 20 }, sizeof(int));
}

/* A port may open after the bridge is ready: packets are sent until the first answer. */
static void wait_answer(struct subject *s)
{
	struct pollfd p = { .fd = s->in, .events = POLLIN };

	for (int i = 0; i < ANSWER_TRIES; i++) {
		subject_prepare(s);
		subject_send(s);
		if (poll(&p, 1, 50) > 0 && p.revents & POLLIN) {
			subject_drain(s, 100);
			return;
		}
	}
	die("%s does not answer", s->name);
}

void subject_start(struct subject *s)
{
	char library[SUBJECT_PATH + 32], log[SUBJECT_PATH + 32];

	if (s->fifo[0]) {
		unlink(s->fifo);
		if (mkfifo(s->fifo, 0600))
			die("%s: %s", s->fifo, strerror(errno));
		open_fifo(s);
	}
	if (s->fault_dir) {
		snprintf(library, sizeof(library), "LD_LIBRARY_PATH=%s", s->fault_dir);
		snprintf(log, sizeof(log), "CW_PM_LOG=%s", s->fifo);
	}
	s->said = spawn(&s->pid, s->argv, s->fault_dir ? library : NULL, s->fault_dir ? log : NULL);
	memcpy(s->packet, "/deck/a/volume\0\0,f\0\0", 20);
	if (s->rules)
		memcpy(s->packet, "/rule/00000/in", 14);
	open_socket(s, wait_ready(s->said, s->name));
	if (!s->fifo[0])
		s->in = s->out;
	wait_answer(s);
}

void subject_stop(struct subject *s)
{
	if (!s->pid)
		return;
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	close(s->said);
	close(s->out);
	if (s->in != s->out)
		close(s->in);
}

/* ---- packets ---- */

static uint8_t value_of(unsigned n)
{
	return (uint8_t)(n & 0x7F);
}

void subject_prepare(struct subject *s)
{
	const float value = value_of(s->sent) / 127.0f;
	uint32_t bits;

	if (s->rules) {
		unsigned rule = (unsigned)((uint64_t)s->sent * STEP % s->rules);

		for (int i = 10; i > 5; i--, rule /= 10)
			s->packet[i] = (uint8_t)('0' + rule % 10);
	}
	memcpy(&bits, &value, sizeof(bits));
	bits = htonl(bits);
	memcpy(s->packet + PACKET_SIZE - sizeof(bits), &bits, sizeof(bits));
	s->sent++;
}

void subject_send(struct subject *s)
{
	if (send(s->out, s->packet, PACKET_SIZE, 0) != PACKET_SIZE)
		die("%s: send: %s", s->name, strerror(errno));
}

/* ---- answers ---- */

static size_t count_lines(struct subject *s, const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (len > 2 && text[len - 1] == '\n')
		s->value = (uint8_t)strtoul(text + len - 3, NULL, 16);
	return lines;
}

size_t subject_read(struct subject *s)
{
	char b[4096];
	const ssize_t n = read(s->in, b, sizeof(b));
	size_t answers;

	if (n <= 0)
		die("%s has stopped answering: %s", s->name, n ? strerror(errno) : "gone");
	switch (s->form) {
	case FORM_LINE:
		return count_lines(s, b, (size_t)n);
	case FORM_PACKET:
		return 1;
	case FORM_CC:
		break;
	}
	s->value = (uint8_t)b[n - 1];
	s->part += (size_t)n;
	answers = s->part / 3;
	s->part %= 3;
	return answers;
}

size_t subject_drain(struct subject *s, int quiet_ms)
{
	struct pollfd p = { .fd = s->in, .events = POLLIN };
	size_t n = 0;

	while (poll(&p, 1, quiet_ms) > 0)
		n += subject_read(s);
	return n;
}

void subject_check(const struct subject *s)
{
	if (s->bridge && s->value != value_of(s->sent - 1))
		die("%s answered %d, expected %d", s->name, s->value, value_of(s->sent - 1));
}

uint64_t subject_cpu_ns(const struct subject *s)
{
#if defined(_POSIX_CPUTIME) && _POSIX_CPUTIME >= 0
	struct timespec t;
	clockid_t clock;

	if (!s->children && !clock_getcpuclockid(s->pid, &clock) && !clock_gettime(clock, &t))
		return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#else
	(void)s;
#endif
	return 0;
}
