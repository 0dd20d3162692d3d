/* Options of a command, from a table: --name, --name VALUE, --name=VALUE. Thread: control. */
#ifndef CUEWIRE_OPTIONS_H
#define CUEWIRE_OPTIONS_H

#include <stddef.h>

enum option_type {
	OPTION_FLAG,  /* bool: true */
	OPTION_TEXT,  /* const char * */
	OPTION_INT,   /* int, min..max */
	OPTION_WORD,  /* int: the value's index in choices */
	OPTION_MAYBE, /* as OPTION_WORD, but --name alone is choices[0], an empty word */
};

struct option {
	const char *name; /* without the dashes */
	enum option_type type;
	size_t offset;     /* in the command's own struct */
	const char *value; /* what help calls its value */
	const char *help;
	int min, max;
	const char *const *choices; /* NULL-terminated */
};

/* Sets what is given in *out and moves what is not an option to argv[0] and on.
 * Returns how many arguments are left, -1 after a message (exit 2), or -2 when --help was asked for. */
int options_parse(const char *command, const struct option *table, size_t n, void *out, int argc,
                  char **argv);

/* Prints the table for help. */
void options_help(const struct option *table, size_t n);

#endif
