/* `cuewire dump`: what the running bridge did in the last minutes, as a recording. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "commands.h"
#include "cuewire/mem.h"
#include "options.h"
#include "socket.h"

#define ANSWER_S 10

struct args {
	const char *socket;
};

static const struct option table[] = {
	{ "socket", OPTION_TEXT, offsetof(struct args, socket), .value = "PATH",
	  .help = "the bridge's Unix socket" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

static bool has_end(const char *text, size_t len)
{
	static const char end[] = "\"end\": true}\n";

	return len >= sizeof(end) - 1 &&
	       !memcmp(text + len - (sizeof(end) - 1), end, sizeof(end) - 1);
}

/* Reads to the line that says it is the last. Returns the text, to be freed, or NULL after a message. */
static char *read_dump(int fd, size_t *len)
{
	char *text = NULL;
	size_t n = 0, cap = 0;
	ssize_t got;

	do {
		text = xgrow(text, &cap, n + 65536, 1);
		got = read(fd, text + n, cap - n);
		if (got > 0)
			n += (size_t)got;
	} while ((got > 0 && !has_end(text, n)) || (got < 0 && errno == EINTR));
	*len = n;
	if (has_end(text, n))
		return text;
	if (n > 10 && !memcmp(text, "{\"error\": ", 10))
		fprintf(stderr, "cuewire: the bridge says: %.*s", (int)(n - 10), text + 10);
	else
		fprintf(stderr, "cuewire: the bridge %s\n",
		        got < 0 ? "has not answered in time" : "went away without an answer");
	free(text);
	return NULL;
}

/* A file is made only when there is something to write into it. */
static int write_dump(const char *path, const char *text, size_t len)
{
	FILE *f = path ? fopen(path, "w") : stdout;
	bool ok = f && fwrite(text, 1, len, f) == len;

	if (f && path && fclose(f))
		ok = false;
	if (!ok && path)
		fprintf(stderr, "cuewire: cannot write %s: %s\n", path, strerror(errno));
	return ok ? EXIT_OK : EXIT_FAILED;
}

int cmd_dump(int argc, char **argv)
{
	static const char request[] = "{\"request\": \"dump\"}\n";
	const struct timeval wait = { .tv_sec = ANSWER_S };
	struct args a = { 0 };
	const int n = options_parse("dump", table, NOPTIONS, &a, argc, argv);
	int fd, code = EXIT_FAILED;
	size_t len = 0;
	char *text;

	if (n < 0 || n > 1)
		return command_usage("dump", n < 0 ? n : -1, table, NOPTIONS);
	fd = socket_connect(a.socket);
	if (fd < 0)
		return EXIT_FAILED;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (write(fd, request, sizeof(request) - 1) < 0)
		errno = 0; /* why it hung up is there to be read */
	text = read_dump(fd, &len);
	if (text)
		code = write_dump(n ? argv[0] : NULL, text, len);
	free(text);
	close(fd);
	return code;
}
