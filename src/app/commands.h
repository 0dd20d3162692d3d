/* The commands: `cuewire NAME ...`, one function each. argv[0] is the first argument after the name.
 * Each returns the exit code: 0 ok, 1 failed, 2 usage. Thread: control (they are the program). */
#ifndef CUEWIRE_COMMANDS_H
#define CUEWIRE_COMMANDS_H

#include <stddef.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *synopsis;
	const char *help;
};

extern const struct command commands[]; /* ends with a NULL name */

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_ports(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_state(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_sync(int argc, char **argv);
int cmd_retry(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

struct option;

/* What a command does with a bad number of arguments, or a negative result of options_parse: the
 * usage of the command; when it was asked for, on standard output and with the options.
 * Returns the exit code. */
int command_usage(const char *name, int parsed, const struct option *table, size_t n);

#endif
