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

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (!*name) {
		cmd_help(0, argv);
		return EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version"))
		name = "version";
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c->run(argc - 2, argv + 2);
	return unknown(name);
}
