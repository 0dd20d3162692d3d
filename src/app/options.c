#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/near.h"

static const struct option *find(const struct option *table, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) == len && !memcmp(table[i].name, name, len))
			return &table[i];
	return NULL;
}

static int unknown(const char *command, const struct option *table, size_t n, const char *arg)
{
	const char *start = arg + strspn(arg, "-");
	struct near near;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(start, "="), start);
	near_init(&near, name);
	for (size_t i = 0; i < n; i++)
		near_try(&near, table[i].name);
	fprintf(stderr, "cuewire %s: unknown option \"%s\"", command, arg);
	if (near.best)
		fprintf(stderr, ", did you mean \"--%s\"?", near.best);
	fprintf(stderr, "\n");
	return -1;
}

static int take_int(const char *command, const struct option *o, const char *text, void *at)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || !*text || *end || v < o->min || v > o->max) {
		fprintf(stderr,
		        "cuewire %s: --%s is \"%s\", expected a whole number from %d to %d\n",
		        command, o->name, text, o->min, o->max);
		return -1;
	}
	*(int *)at = (int)v;
	return 0;
}

static int take_word(const char *command, const struct option *o, const char *text, void *at)
{
	int n;

	for (n = 0; o->choices[n]; n++)
		if (!strcmp(o->choices[n], text)) {
			*(int *)at = n;
			return 0;
		}
	fprintf(stderr, "cuewire %s: --%s is \"%s\", expected ", command, o->name, text);
	for (int i = o->type == OPTION_MAYBE; i < n; i++)
		fprintf(stderr, "%s%s", o->choices[i],
		        i + 2 < n   ? ", "
		        : i + 1 < n ? " or "
		                    : "\n");
	return -1;
}

static int take(const char *command, const struct option *o, const char *text, void *out)
{
	void *at = (char *)out + o->offset;

	switch (o->type) {
	case OPTION_FLAG:
		if (text)
			break;
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_INT:
		return take_int(command, o, text, at);
	case OPTION_WORD:
	case OPTION_MAYBE:
		return take_word(command, o, text ? text : "", at);
	}
	fprintf(stderr, "cuewire %s: --%s takes no value\n", command, o->name);
	return -1;
}

int options_parse(const char *command, const struct option *table, size_t n, void *out, int argc,
                  char **argv)
{
	int left = 0;
	bool only_arguments = false;

	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i], *value = strchr(arg, '=');
		const struct option *o;

		if (only_arguments || arg[0] != '-' || !arg[1]) {
			argv[left++] = argv[i];
			continue;
		}
		if (arg[1] != '-')
			return unknown(command, table, n, arg);
		if (!arg[2]) {
			only_arguments = true;
			continue;
		}
		if (!strcmp(arg, "--help"))
			return -2;
		o = find(table, n, arg + 2, value ? (size_t)(value - arg - 2) : strlen(arg + 2));
		if (!o)
			return unknown(command, table, n, arg);
		value = value ? value + 1 : NULL;
		if (!value && o->type != OPTION_FLAG && o->type != OPTION_MAYBE) {
			if (i + 1 == argc) {
				fprintf(stderr, "cuewire %s: --%s needs a value: %s\n", command,
				        o->name, o->value);
				return -1;
			}
			value = argv[++i];
		}
		if (take(command, o, value, out))
			return -1;
	}
	return left;
}

void options_help(const struct option *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char left[64];
		const char *form = table[i].type == OPTION_FLAG    ? "--%s"
		                   : table[i].type == OPTION_MAYBE ? "--%s[=%s]"
		                                                   : "--%s %s";

		snprintf(left, sizeof(left), form, table[i].name, table[i].value);
		printf("  %-24s %s\n", left, table[i].help);
	}
}
