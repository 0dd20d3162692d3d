/* `cuewire dump`: what the running bridge did in the last minutes, as a recording. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "commands.h"
#include "cuewire/buf.h"
#include "cuewire/mem.h"
#include "options.h"
#include "socket.h"

#define ANSWER_S 10
#define MAPPINGS_MAX 256

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

/* The mapping files of the bridge. */
struct mappings {
	const char *names[MAPPINGS_MAX];
	size_t n;
};

static bool is_mapping(const struct mappings *m, const struct stat *file)
{
	struct stat st;

	for (size_t i = 0; i < m->n; i++)
		if (!stat(m->names[i], &st) && st.st_dev == file->st_dev &&
		    st.st_ino == file->st_ino)
			return true;
	return false;
}

/* Nothing of a file is lost before it is known that it is no mapping whose name was given by
 * mistake. Returns NULL, or why not. */
static const char *write_file(int fd, const struct mappings *m, const char *text, size_t len)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return strerror(errno);
	if (is_mapping(m, &st))
		return "it is one of the mapping files";
	if ((S_ISREG(st.st_mode) && ftruncate(fd, 0)) || write_all(fd, text, len))
		return strerror(errno);
	return NULL;
}

/* A file is made only when there is something to write into it. */
static int write_dump(const char *path, const struct mappings *m, const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	const char *why = write_file(fd, m, text, len);

	if (fd >= 0 && close(fd) && !why)
		why = strerror(errno);
	if (why)
		fprintf(stderr, "cuewire: cannot write %s: %s\n", path, why);
	return why ? EXIT_FAILED : EXIT_OK;
}

static int print_dump(const char *text, size_t len)
{
	return fwrite(text, 1, len, stdout) == len ? EXIT_OK : EXIT_FAILED;
}

static int dump(const char *socket, const char *path, const struct mappings *m)
{
	static const char request[] = "{\"request\": \"dump\"}\n";
	const struct timeval wait = { .tv_sec = ANSWER_S };
	const int fd = socket_connect(socket);
	int code = EXIT_FAILED;
	size_t len = 0;
	char *text;

	if (fd < 0)
		return EXIT_FAILED;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (write(fd, request, sizeof(request) - 1) < 0)
		errno = 0; /* why it hung up is there to be read */
	text = read_dump(fd, &len);
	if (text)
		code = path ? write_dump(path, m, text, len) : print_dump(text, len);
	free(text);
	close(fd);
	return code;
}

int cmd_dump(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("dump", table, NOPTIONS, &a, argc, argv);
	const char *path = n > 0 ? argv[0] : NULL;
	struct mappings m = { .n = 0 };
	int code = EXIT_FAILED;

	if (n < 0 || n > 1)
		return command_usage("dump", n < 0 ? n : -1, table, NOPTIONS);
	if (!path || !socket_files(a.socket, m.names, MAPPINGS_MAX, &m.n))
		code = dump(a.socket, path, &m);
	while (m.n)
		free((void *)m.names[--m.n]);
	return code;
}
