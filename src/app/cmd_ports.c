/* `cuewire ports`: the list is made by cuewire-port, which may hang in a driver; this does not. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "commands.h"
#include "cuewire/buf.h"
#include "cuewire/clock.h"
#include "cuewire/link.h"
#include "cuewire/platform.h"
#include "options.h"
#include "programs.h"

struct args {
	bool json, watch;
	int timeout_ms;
};

static const struct option table[] = {
	{ "json", OPTION_FLAG, offsetof(struct args, json), .help = "prints one JSON value" },
	{ "watch", OPTION_FLAG, offsetof(struct args, watch),
	  .help = "goes on, and tells what comes and goes" },
	{ "open-timeout", OPTION_INT, offsetof(struct args, timeout_ms), .value = "MS",
	  .help = "how long the drivers may take (5000)", .min = 1, .max = 600000 },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

/* Reads all until the end of file or the deadline. Returns NULL or why not. */
static const char *read_all(int fd, uint64_t until_ns, struct buf *b)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char chunk[4096];
	ssize_t n;

	for (;;) {
		if (platform_poll(&p, 1, until_ns) == 0)
			return "timed out";
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return NULL;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return strerror(errno);
		if (n > 0)
			buf_add(b, chunk, (size_t)n);
	}
}

static const char *ended_badly(int status)
{
	static char text[96];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "crashed: signal %d, %s", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(text, sizeof(text), "failed: cuewire-port ended with status %d",
		         WEXITSTATUS(status));
	else
		return NULL;
	return text;
}

/* Runs `cuewire-port list`. Returns NULL or what went wrong. */
static const char *list(int timeout_ms, struct buf *b)
{
	char *argv[] = { (char *)"cuewire-port", (char *)"list", NULL };
	const char *error;
	char path[512];
	int fds[2], status = 0;
	pid_t pid;

	if (!programs_find("cuewire-port", path, sizeof(path)))
		return "cuewire-port is not there";
	if (platform_pipe(fds))
		return strerror(errno);
	pid = platform_spawn(path, argv, -1, fds[1]);
	close(fds[1]);
	if (pid < 0)
		error = strerror(errno);
	else
		error = read_all(fds[0], clock_ns() + (uint64_t)timeout_ms * 1000000u, b);
	close(fds[0]);
	if (pid < 0)
		return error;
	if (error)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return error ? error : ended_badly(status);
}

static void print_direction(const cJSON *root, const char *key, const char *title)
{
	const cJSON *p, *all = cJSON_GetObjectItemCaseSensitive(root, key);

	printf("%s:%s\n", title, cJSON_GetArraySize(all) ? "" : " none");
	cJSON_ArrayForEach(p, all)
	{
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(p, "name");

		printf("  %s\n", cJSON_IsString(name) ? name->valuestring : "?");
	}
}

/* ---- --watch ---- */

static void print_change(const struct link_record *r, bool json)
{
	const char *what = r->kind == LINK_DEVICE ? "there" : "gone";
	const char *way = r->flags & LINK_IN ? "input" : "output";
	char name[LINK_TEXT + 1];
	struct buf b;

	snprintf(name, sizeof(name), "%.*s", LINK_TEXT, r->text);
	if (!json) {
		printf("%-5s %-6s %s\n", what, way, name);
		return;
	}
	buf_init(&b, 2048);
	buf_fmt(&b, "{\"t_ns\": %" PRIu64 ", \"%s\": \"%s\", \"name\": ", clock_ns(), what, way);
	buf_json_str(&b, name);
	printf("%s}\n", b.p);
	buf_finish(&b);
}

/* One record, or false at the end. */
static bool read_record(int fd, struct link_record *r)
{
	size_t have = 0;

	while (have < sizeof(*r)) {
		const ssize_t n = read(fd, (char *)r + have, sizeof(*r) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

/* What cuewire-port tells, until it or the reader ends. */
static int watch(bool json)
{
	char *argv[] = { (char *)"cuewire-port", (char *)"watch", NULL };
	struct link_record r;
	char path[512];
	int fds[2];
	pid_t pid;

	if (!programs_find("cuewire-port", path, sizeof(path)) || platform_socketpair(fds)) {
		fprintf(stderr, "cuewire: cuewire-port is not there\n");
		return EXIT_FAILED;
	}
	pid = platform_spawn(path, argv, fds[1], -1);
	close(fds[1]);
	while (pid > 0 && read_record(fds[0], &r)) {
		if (r.kind == LINK_DEVICE || r.kind == LINK_GONE)
			print_change(&r, json);
		if (fflush(stdout))
			return EXIT_OK; /* nobody reads it any more */
	}
	close(fds[0]);
	fprintf(stderr, "cuewire: the MIDI ports could not be watched any longer\n");
	return EXIT_FAILED;
}

int cmd_ports(int argc, char **argv)
{
	struct args a = { .timeout_ms = 5000 };
	const int n = options_parse("ports", table, NOPTIONS, &a, argc, argv);
	const char *error;
	struct buf b;
	cJSON *root;

	if (n)
		return command_usage("ports", n < 0 ? n : -1, table, NOPTIONS);
	if (a.watch)
		return watch(a.json);
	buf_init(&b, 1024 * 1024);
	error = list(a.timeout_ms, &b);
	root = error ? NULL : cJSON_Parse(b.p ? b.p : "");
	if (!error && !root)
		error = "failed: cuewire-port said nothing that can be read";
	if (error)
		fprintf(stderr, "cuewire: the MIDI ports could not be listed: %s\n", error);
	if (error && a.json)
		printf("{\"error\": \"%s\"}\n", error);
	if (root && a.json)
		printf("%s\n", b.p[b.len - 1] == '\n' ? (b.p[b.len - 1] = '\0', b.p) : b.p);
	if (root && !a.json) {
		print_direction(root, "inputs", "inputs");
		print_direction(root, "outputs", "outputs");
	}
	cJSON_Delete(root);
	buf_finish(&b);
	return error ? EXIT_FAILED : EXIT_OK;
}
