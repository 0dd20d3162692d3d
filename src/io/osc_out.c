#include "cuewire/osc_out.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lo/lo_lowlevel.h>

#include "cuewire/platform.h"

static size_t serialise(lo_message m, void *out, size_t size, const char *address)
{
	size_t len = 0;

	if (lo_message_length(m, address) <= size)
		lo_message_serialise(m, address, out, &len);
	lo_message_free(m);
	return len;
}

size_t osc_out_number(void *out, size_t size, const char *address, float v, bool whole)
{
	const lo_message m = lo_message_new();

	if (!m)
		return 0;
	if (whole)
		lo_message_add_int32(m, (int32_t)v);
	else
		lo_message_add_float(m, v);
	return serialise(m, out, size, address);
}

size_t osc_out_numbers(void *out, size_t size, const char *address, const float *v, size_t n)
{
	const lo_message m = lo_message_new();

	if (!m)
		return 0;
	for (size_t i = 0; i < n; i++)
		lo_message_add_float(m, v[i]);
	return serialise(m, out, size, address);
}

int osc_out_open(const char *to, const char **reason)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	const char *colon = strrchr(to, ':');
	struct addrinfo *ai;
	char host[256];
	int fd, err;

	snprintf(host, sizeof(host), "%.*s", (int)(colon - to), to);
	err = getaddrinfo(host, colon + 1, &hints, &ai);
	if (err) {
		*reason = gai_strerror(err);
		return -1;
	}
	fd = platform_socket(ai->ai_family, SOCK_DGRAM);
	if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		*reason = strerror(errno);
	freeaddrinfo(ai);
	return fd;
}
