#include "uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SIGPIPE is ignored anyway */
#endif

static bool is_link(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM;
}

/* A Ctrl-C at the terminal reaches the bridge and its hosts, and what is held must still be
 * released. */
bool uplink_start(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

	if (!is_link(LINK_FD))
		return false;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		sigaction(ignored[i], &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	fcntl(LINK_FD, F_SETFL, fcntl(LINK_FD, F_GETFL) & ~O_NONBLOCK);
	fcntl(LINK_FD, F_SETFD, FD_CLOEXEC);
	return true;
}

void uplink_send(const struct link_record *r)
{
	const char *p = (const char *)r;
	size_t left = sizeof(*r);

	while (left) {
		const ssize_t n = send(LINK_FD, p, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		p += n;
		left -= (size_t)n;
	}
}

void uplink_say(enum link_kind kind, const char *text)
{
	struct link_record r = { .kind = (uint8_t)kind };

	uplink_text(&r, text);
	uplink_send(&r);
}

_Noreturn void uplink_fail(enum link_reason code, const char *reason)
{
	struct link_record r = { .kind = LINK_FAILED, .code = (uint8_t)code };

	uplink_text(&r, reason);
	uplink_send(&r);
	_exit(1);
}

void uplink_text(struct link_record *r, const char *text)
{
	size_t len = strlen(text);

	if (len < LINK_TEXT) {
		memcpy(r->text, text, len + 1);
		return;
	}
	len = LINK_TEXT - sizeof("...");
	while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	memcpy(r->text, text, len);
	memcpy(r->text + len, "...", sizeof("..."));
}

struct link_record uplink_device(const char *name, bool input, uint32_t address)
{
	struct link_record r = { .kind = LINK_DEVICE,
		                 .flags = input ? LINK_IN : LINK_OUT,
		                 .value = address };

	uplink_text(&r, name);
	return r;
}
