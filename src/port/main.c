/* cuewire-port: the only program of cuewire that is linked with the system's MIDI. The bridge
 * starts one for each MIDI port, one that watches devices come and go, and one for each list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "host.h"
#include "list.h"
#include "uplink.h"
#include "watch.h"

#include "cuewire/mem.h"

static const char usage[] =
	"usage: cuewire-port list [--link]\n"
	"       cuewire-port open [--in WORDS]... [--out WORDS]... [--loop] [--virtual]\n"
	"                         [--clock]\n"
	"       cuewire-port watch\n"
	"All but a plain \"list\" are for cuewire itself: they need a socket as descriptor 3.\n"
	"WORDS name a device (\"iac bus 1\"); several stand in order of preference.\n"
	"--loop allows one bus both ways.\n"
	"--virtual makes a port named by the first WORDS; the others are for a PortMidi that cannot.\n"
	"--clock passes on the MIDI clock, which is left out else.\n";

static int usage_error(const char *problem, const char *what)
{
	fprintf(stderr, "cuewire-port: %s%s%s%s\n%s", problem, what ? " \"" : "", what ? what : "",
	        what ? "\"" : "", usage);
	return 2;
}

static int no_link(void)
{
	return usage_error("descriptor 3 is not a link", NULL);
}

/* NULL: no flag is called so. */
static bool *find_flag(struct host_options *want, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--loop", &want->loop },
		{ "--virtual", &want->make },
		{ "--clock", &want->clock },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (!strcmp(name, flags[i].name))
			return flags[i].flag;
	return NULL;
}

/* Sets *want. Returns 0, or the exit status of a usage error. */
static int parse_open(int argc, char *argv[], struct host_options *want)
{
	want->in.words = xcalloc((size_t)argc, sizeof(*want->in.words));
	want->out.words = xcalloc((size_t)argc, sizeof(*want->out.words));
	for (int i = 2; i < argc; i++) {
		const bool in = !strcmp(argv[i], "--in");
		struct choice *c = in ? &want->in : &want->out;
		bool *flag = find_flag(want, argv[i]);

		if (flag) {
			*flag = true;
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

	if (!status && uplink_start())
		host_run(&want, driver_portmidi());
	free(want.in.words);
	free(want.out.words);
	return status ? status : no_link();
}

static int run_list(int argc, char *argv[])
{
	const bool link = argc > 2 && !strcmp(argv[2], "--link");

	if (argc > 2 + link)
		return usage_error("unexpected", argv[2 + link]);
	if (link && uplink_start())
		list_send(driver_portmidi());
	return link ? no_link() : list_run(driver_portmidi());
}

static int run_watch(int argc, char *argv[])
{
	if (argc > 2)
		return usage_error("unexpected", argv[2]);
	if (uplink_start())
		watch_run();
	return no_link();
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(int argc, char *argv[]);
	} roles[] = {
		{ "list", run_list },
		{ "open", run_open },
		{ "watch", run_watch },
	};

	if (argc < 2)
		return usage_error("no role", NULL);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(argv[1], roles[i].name))
			return roles[i].run(argc, argv);
	return usage_error("unknown role", argv[1]);
}
