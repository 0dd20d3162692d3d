/* Those who talk to the bridge in lines: standard input and connections to its Unix socket. */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cuewire/mem.h"
#include "cuewire/platform.h"
#include "socket.h"

#define CLIENT_BUFFER (LINE_MAX_BYTES + 2)

/* ---- the socket ---- */

/* A socket that nobody answers on is what a killed bridge left behind. */
static bool is_alive(const struct sockaddr_un *a)
{
	const int fd = platform_socket(AF_UNIX, SOCK_STREAM);
	bool alive;

	if (fd < 0)
		return false;
	alive = !connect(fd, (const void *)a, sizeof(*a)) || errno == EAGAIN;
	close(fd);
	return alive;
}

static int bind_socket(struct daemon *d, const struct sockaddr_un *a)
{
	const mode_t mask = umask(0177);
	int err = bind(d->listen_fd, (const void *)a, sizeof(*a));

	umask(mask);
	if (!err)
		err = listen(d->listen_fd, 16);
	return err;
}

int clients_listen(struct daemon *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	char why[256];

	if (socket_path(d->opt.socket, d->socket_path, sizeof(d->socket_path), why, sizeof(why)) ||
	    socket_prepare(d->opt.socket, d->socket_path, why, sizeof(why))) {
		daemon_say(d, "cuewire: %s", why);
		return -1;
	}
	memcpy(a.sun_path, d->socket_path, strlen(d->socket_path) + 1);
	if (is_alive(&a)) {
		daemon_say(d,
		           "cuewire: another bridge is running and answers on %s (choose another "
		           "with --socket)",
		           d->socket_path);
		return -1;
	}
	if (!lstat(d->socket_path, &st) && !S_ISSOCK(st.st_mode)) {
		daemon_say(d, "cuewire: %s is there and is no socket: choose another path",
		           d->socket_path);
		return -1;
	}
	unlink(d->socket_path);
	d->listen_fd = platform_socket(AF_UNIX, SOCK_STREAM);
	if (d->listen_fd >= 0 && !bind_socket(d, &a) && !lstat(d->socket_path, &st)) {
		d->socket_dev = st.st_dev;
		d->socket_ino = st.st_ino;
		return 0;
	}
	daemon_say(d, "cuewire: cannot listen on %s: %s", d->socket_path, strerror(errno));
	return -1;
}

/* ---- clients ---- */

struct client *clients_find(struct daemon *d, uint16_t id)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0 && d->clients[i].id == id)
			return &d->clients[i];
	return NULL;
}

static struct client *free_place(struct daemon *d)
{
	for (size_t i = STDIN_CLIENT + 1; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd < 0)
			return &d->clients[i];
	return NULL;
}

void clients_accept(struct daemon *d)
{
	static const char too_many[] = "{\"error\": \"too many programs are connected\"}\n";
	struct client *c = free_place(d);
	const int fd = platform_accept(d->listen_fd);

	if (fd < 0)
		return;
	if (!c) {
		if (write(fd, too_many, sizeof(too_many) - 1) < 0) {
			/* then it reads an end of file, which says less */
		}
		close(fd);
		return;
	}
	if (++d->next_client == STDIN_CLIENT)
		d->next_client++;
	*c = (struct client){ .fd = fd, .id = d->next_client, .rank = RANK_SCRIPT };
	c->line = xmalloc(CLIENT_BUFFER);
	outlet_init(&c->out, fd);
}

/* Nobody is served faster than the engine and he himself can take the answers. */
static bool may_take(const struct daemon *d, const struct client *c)
{
	return d->owed < OWED_MAX && c->out.buf.len - c->out.done < UNREAD_MAX;
}

static void take_line(struct daemon *d, struct client *c, const char *line, size_t len)
{
	if (c->skipping)
		c->skipping = false;
	else if (len > LINE_MAX_BYTES)
		requests_too_long(d, c);
	else
		requests_line(d, c, line, len);
}

/* Returns whether a whole line is left. */
static bool take_lines(struct daemon *d, struct client *c)
{
	char *start = c->line, *end;
	size_t left = c->line_len;

	while ((end = memchr(start, '\n', left)) && may_take(d, c)) {
		const size_t len = (size_t)(end - start);

		*end = '\0';
		take_line(d, c, start, len);
		left -= len + 1;
		start = end + 1;
	}
	memmove(c->line, start, left);
	c->line_len = left;
	if (!end && left > LINE_MAX_BYTES) {
		if (!c->skipping)
			requests_too_long(d, c);
		c->skipping = true;
		c->line_len = 0;
	}
	return end != NULL;
}

/* The end of standard input does not end the bridge, but what it held is released. A last line
 * without a line feed is one all the same. */
static void at_end(struct daemon *d, struct client *c)
{
	if (c->line_len) {
		c->line[c->line_len] = '\0';
		take_line(d, c, c->line, c->line_len);
	}
	c->line_len = 0;
	c->closing = true;
	if (c->id != STDIN_CLIENT)
		c->watching = WATCHING_NOT;
}

bool clients_wants(const struct daemon *d, const struct client *c)
{
	return !c->ended && c->line_len <= LINE_MAX_BYTES && may_take(d, c);
}

void clients_read(struct daemon *d, struct client *c)
{
	ssize_t n;

	if (!clients_wants(d, c))
		return;
	n = read(c->fd, c->line + c->line_len, LINE_MAX_BYTES + 1 - c->line_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->ended = true;
	else
		c->line_len += (size_t)n;
}

void clients_serve(struct daemon *d)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];

		if (c->fd < 0 || c->closing || (!c->line_len && !c->ended))
			continue;
		if (!take_lines(d, c) && c->ended)
			at_end(d, c);
	}
}

static bool is_through(const struct client *c)
{
	if (c->fd < 0 || (!c->closing && !c->out.broken))
		return false;
	return c->out.broken || (!c->pending && !outlet_waits(&c->out));
}

static void close_client(struct daemon *d, struct client *c)
{
	if (!c->one_shot)
		queue_order(&d->q, &(struct order){ .kind = ORDER_GONE, .client = c->id });
	outlet_finish(&c->out);
	free(c->line);
	close(c->fd);
	*c = (struct client){ .fd = -1 };
}

void clients_sweep(struct daemon *d)
{
	struct client *in = &d->clients[STDIN_CLIENT];

	if (in->closing && d->opt.take_stdin && !in->pending) {
		d->opt.take_stdin = false;
		queue_order(&d->q, &(struct order){ .kind = ORDER_GONE, .client = STDIN_CLIENT });
	}
	for (size_t i = STDIN_CLIENT + 1; i < CLIENTS_MAX; i++)
		if (is_through(&d->clients[i]))
			close_client(d, &d->clients[i]);
}

void clients_finish(struct daemon *d)
{
	struct stat st;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];

		if (c->fd < 0)
			continue;
		outlet_drain(&c->out, 100);
		outlet_finish(&c->out);
		free(c->line);
		if (i != STDIN_CLIENT)
			close(c->fd);
	}
	if (d->listen_fd < 0)
		return;
	close(d->listen_fd);
	/* Another bridge may have taken the path over. */
	if (!lstat(d->socket_path, &st) && st.st_dev == d->socket_dev && st.st_ino == d->socket_ino)
		unlink(d->socket_path);
}
