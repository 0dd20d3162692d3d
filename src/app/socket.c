#include "socket.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cuewire/buf.h"
#include "cuewire/mem.h"
#include "cuewire/platform.h"

#define ANSWER_MAX (16 * 1024 * 1024)
#define ANSWER_S 10 /* for the bridge to say anything */

static const char *given(const char *asked)
{
	const char *env = getenv("CUEWIRE_SOCKET");

	return asked ? asked : env && *env ? env : NULL;
}

static const char *runtime_dir(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	return dir && *dir == '/' && !stat(dir, &st) && S_ISDIR(st.st_mode) ? dir : NULL;
}

int socket_path(const char *asked, char *path, size_t size, char *why, size_t why_size)
{
	const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	int n;

	if (given(asked))
		n = snprintf(path, size, "%s", given(asked));
	else if (runtime_dir())
		n = snprintf(path, size, "%s/cuewire.sock", runtime_dir());
	else
		n = snprintf(path, size, "/tmp/cuewire-%lu/cuewire.sock", (unsigned long)getuid());
	if (n > 0 && (size_t)n < size && (size_t)n < room)
		return 0;
	snprintf(why, why_size, "the socket's path has %d characters, expected 1 to %zu", n,
	         (room < size ? room : size) - 1);
	return -1;
}

int socket_prepare(const char *asked, const char *path, char *why, size_t why_size)
{
	char dir[128];
	struct stat st;

	if (given(asked) || runtime_dir())
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (mkdir(dir, 0700) && errno != EEXIST) {
		snprintf(why, why_size, "cannot make %s: %s", dir, strerror(errno));
		return -1;
	}
	if (lstat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_uid != getuid() || st.st_mode & 077) {
		snprintf(why, why_size,
		         "%s is not a folder of yours alone (mode 0700): remove it, or "
		         "choose a socket with --socket",
		         dir);
		return -1;
	}
	return 0;
}

int socket_connect(const char *asked)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char why[256], path[sizeof(a.sun_path)];
	int fd;

	if (socket_path(asked, path, sizeof(path), why, sizeof(why)) ||
	    socket_prepare(asked, path, why, sizeof(why))) {
		fprintf(stderr, "cuewire: %s\n", why);
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && !connect(fd, (const void *)&a, sizeof(a)))
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr,
		        "cuewire: no bridge is running (nobody answers on %s); start one with "
		        "\"cuewire run\"\n",
		        path);
	else
		fprintf(stderr, "cuewire: cannot reach the bridge on %s: %s\n", path,
		        strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The answer ends with a line feed. */
static char *read_line(int fd)
{
	struct buf b;
	char chunk[4096];
	ssize_t n;

	buf_init(&b, ANSWER_MAX);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		buf_add(&b, chunk, (size_t)n);
		if (b.p[b.len - 1] == '\n') {
			b.p[b.len - 1] = '\0';
			return b.p;
		}
	}
	buf_finish(&b);
	return NULL;
}

/* {"error": "..."}: said, and freed. */
static bool is_error(char *answer)
{
	cJSON *root = cJSON_Parse(answer);
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(root, "error");
	const bool is = cJSON_IsString(error);

	if (is) {
		fprintf(stderr, "cuewire: the bridge says: %s\n", error->valuestring);
		free(answer);
	}
	cJSON_Delete(root);
	return is;
}

char *socket_exchange(const char *asked, const char *line)
{
	const struct timeval wait = { .tv_sec = ANSWER_S };
	const int fd = socket_connect(asked);
	char *answer = NULL;

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	errno = 0;
	/* One that is turned away is told why before it has said anything. */
	if (!write_all(fd, line, strlen(line)))
		write_all(fd, "\n", 1);
	answer = read_line(fd);
	if (!answer && errno == EAGAIN)
		fprintf(stderr, "cuewire: the bridge has not answered within %d s\n", ANSWER_S);
	else if (!answer)
		fprintf(stderr, "cuewire: the bridge went away without an answer\n");
	close(fd);
	return answer;
}

char *socket_ask(const char *asked, const char *line)
{
	char *answer = socket_exchange(asked, line);

	return answer && is_error(answer) ? NULL : answer;
}

static char *join(const char *folder, const char *name)
{
	struct buf b;

	if (*name == '/' || !folder)
		return xstrdup(name);
	buf_init(&b, PATH_MAX);
	buf_fmt(&b, "%s/%s", folder, name);
	return b.p;
}

int socket_files(const char *asked, const char *files[], size_t max, size_t *n)
{
	char *answer = socket_ask(asked, "{\"request\": \"status\"}");
	cJSON *root = answer ? cJSON_Parse(answer) : NULL;
	const cJSON *folder = cJSON_GetObjectItemCaseSensitive(root, "folder"), *v;

	*n = 0;
	if (!answer)
		return -1;
	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(root, "files"))
	{
		if (cJSON_IsString(v) && *n < max)
			files[(*n)++] = join(cJSON_IsString(folder) ? folder->valuestring : NULL,
			                     v->valuestring);
	}
	cJSON_Delete(root);
	free(answer);
	return 0;
}
