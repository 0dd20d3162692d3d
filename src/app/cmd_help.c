#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "cuewire/codes.h"
#include "cuewire/load.h"
#include "cuewire/xform.h"
#include "options.h"
#include "programs.h"

const struct command commands[] = {
	{ "run", cmd_run, "[OPTIONS] [FILE...]", "runs the bridge (default mapping: club.json)" },
	{ "check", cmd_check, "[--json] FILE... | --explain [CODE...]", "checks mapping files" },
	{ "ports", cmd_ports, "[--json] [--watch]", "lists this machine's MIDI ports" },
	{ "status", cmd_status, "[--json]", "what the running bridge has open, and its counters" },
	{ "state", cmd_state, "[--json]", "what every control was last set to, and by whom" },
	{ "monitor", cmd_monitor, "[--json|--trace]", "what comes in and goes out, as it happens" },
	{ "learn", cmd_learn, "[OPTIONS] [FILE]",
	  "what you move becomes a route of a mapping file" },
	{ "send", cmd_send, "[--dry-run] JSON", "sends an intent, prints the reply" },
	{ "sync", cmd_sync, "[--json]", "sends what moved while its port was simulated" },
	{ "reload", cmd_reload, "[--json]",
	  "reads the mapping files again while everything goes on" },
	{ "retry", cmd_retry, "[--json] [PORT]", "tries simulated ports again now" },
	{ "stop", cmd_stop, "", "forgets everything that waits for its time; moves nothing" },
	{ "dump", cmd_dump, "[FILE]", "what the running bridge did last, as a recording" },
	{ "replay", cmd_replay, "[--speed N|--check] FILE [MAPPING...]",
	  "plays a recording again" },
	{ "version", cmd_version, "", "prints the version" },
	{ "help", cmd_help, "[COMMAND|transforms]", "this, or more about one command" },
	{ NULL, NULL, NULL, NULL },
};

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int command_usage(const char *name, int parsed, const struct option *table, size_t n)
{
	const struct command *c = find(name);
	FILE *f = parsed == -2 ? stdout : stderr;

	fprintf(f, "usage: cuewire %s %s\n", c->name, c->synopsis);
	if (parsed == -2)
		options_help(table, n);
	return parsed == -2 ? EXIT_OK : EXIT_USAGE;
}

int cmd_version(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return command_usage("version", 0, NULL, 0);
	printf("cuewire %s\n", version_text);
	return EXIT_OK;
}

static void print_transforms(void)
{
	for (size_t i = 0; i < XF_COUNT; i++)
		printf("%-10s %-25s %s\n", xforms[i].name, xforms[i].params, xforms[i].help);
}

static void print_buf(void (*fill)(struct buf *))
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	fill(&b);
	fputs(b.p, stdout);
	buf_finish(&b);
}

/* Topics that are no commands; all but the first are for the build. */
static bool print_topic(const char *topic)
{
	if (!strcmp(topic, "transforms"))
		print_transforms();
	else if (!strcmp(topic, "schema"))
		print_buf(keys_schema);
	else if (!strcmp(topic, "keys"))
		print_buf(keys_mdoc);
	else if (!strcmp(topic, "codes"))
		print_buf(codes_mdoc);
	else
		return false;
	return true;
}

int cmd_help(int argc, char **argv)
{
	if (argc > 0) {
		const struct command *c = find(argv[0]);
		char *help[] = { (char *)"--help", NULL };

		if (print_topic(argv[0]))
			return EXIT_OK;
		if (c && c->run != cmd_help && c->run != cmd_version)
			return c->run(1, help);
		if (!c) {
			fprintf(stderr, "cuewire help: nothing is known of \"%s\"\n", argv[0]);
			return EXIT_USAGE;
		}
	}
	printf("usage: cuewire COMMAND ...\n\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-8s %-20s %s\n", c->name, c->synopsis, c->help);
	printf("\nThe manual: man cuewire, man cuewire-mapping\n");
	return EXIT_OK;
}
