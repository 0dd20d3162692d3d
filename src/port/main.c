/* cuewire-port: the only program of cuewire that is linked with the system's MIDI. The bridge
 * starts one for each MIDI port, and one for each list of devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "driver.h"
#include "host.h"
#include "list.h"

#include "cuewire/link.h"
#include "cuewire/mem.h"

static const char usage[] =
	"usage: cuewire-port list\n"
	"       cuewire-port open [--in WORDS]... [--out WORDS]... [--loop]\n"
	"\"open\" is for cuewire itself: it needs a socket as descriptor 3.\n"
	"WORDS name a device (\"iac bus 1\"); several stand in order of preference.\n"
	"--loop allows one bus both ways.\n";

static int usage_error(const char *problem, const char *what)
{
	fprintf(stderr, "cuewire-port: %s%s%s%s\n%s", problem, what ? " \"" : "", what ? what : "",
	        what ? "\"" : "", usage);
	return 2;
}

static bool is_link(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM;
}

/* Sets *want. Returns 0, or the exit status of a usage error. */
static int parse_open(int argc, char *argv[], struct host_options *want)
{
	want->in.words = xcalloc((size_t)argc, sizeof(*want->in.words));
	want->out.words = xcalloc((size_t)argc, sizeof(*want->out.words));
	for (int i = 2; i < argc; i++) {
		const bool in = !strcmp(argv[i], "--in");
		struct choice *c = in ? &want->in : &want->out;

		if (!strcmp(argv[i], "--loop")) {
			want->loop = true;
			continue;
		}
		if (!in && strcmp(argv[i], "--out"))
			return usage_error("unknown option", argv[i]);
		if (i + 1 == argc)
			return usage_error("words are missing after", argv[i]);
		c->words[c->n++] = argv[++i];
	}
	if (!want->in.n && !want->out.n)
		return usage_error("neither --in nor --out", NULL);
	return 0;
}

static int run_open(int argc, char *argv[])
{
	struct host_options want = { .loop = false };
	const int status = parse_open(argc, argv, &want);

	if (!status && is_link(LINK_FD))
		host_run(&want, driver_portmidi());
	free(want.in.words);
	free(want.out.words);
	return status ? status : usage_error("descriptor 3 is not a link", NULL);
}

static int run_list(int argc, char *argv[])
{
	if (argc > 2)
		return usage_error("unexpected", argv[2]);
	return list_run(driver_portmidi());
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(int argc, char *argv[]);
	} roles[] = {
		{ "list", run_list },
		{ "open", run_open },
	};

	if (argc < 2)
		return usage_error("no role", NULL);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(argv[1], roles[i].name))
			return roles[i].run(argc, argv);
	return usage_error("unknown role", argv[1]);
}
