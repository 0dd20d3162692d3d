#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cuewire/near.h"
#include "commands.h"

static int unknown(const char *name)
{
	struct near near;

	near_init(&near, name);
	for (const struct command *c = commands; c->name; c++)
		near_try(&near, c->name);
	fprintf(stderr, "cuewire: unknown command \"%s\"", name);
	if (near.best)
		fprintf(stderr, ", did you mean \"%s\"?", near.best);
	fprintf(stderr, "\n\"cuewire help\" lists the commands\n");
	return EXIT_USAGE;
}

static int run(const char *name, int argc, char **argv)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c->run(argc, argv);
	return unknown(name);
}

/* What was printed must have got there: scripts rely on the exit code. */
static int check_output(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "cuewire: cannot write to standard output: %s\n", strerror(errno));
	return code ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (!*name) {
		cmd_help(0, argv);
		return EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version"))
		name = "version";
	return check_output(run(name, argc - 2, argv + 2));
}
