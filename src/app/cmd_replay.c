/* `cuewire replay`: a recording, a dump or a trace, played again. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "options.h"
#include "programs.h"
#include "recording.h"
#include "replay.h"

#define SPEED_MAX 1e6

struct args {
	const char *speed, *mappings;
	bool check;
};

static const struct option table[] = {
	{ "speed", OPTION_TEXT, offsetof(struct args, speed), .value = "N",
	  .help = "in time: 1 as it was, 2 twice as fast; without it as fast as it goes" },
	{ "check", OPTION_FLAG, offsetof(struct args, check),
	  .help = "compares with what the recording says went out" },
	{ "mappings", OPTION_TEXT, offsetof(struct args, mappings), .value = "DIR",
	  .help = "where shipped mappings are looked for" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

static int read_speed(const struct args *a, double *speed)
{
	char *end;

	*speed = 0;
	if (!a->speed)
		return 0;
	*speed = strtod(a->speed, &end);
	if (end != a->speed && !*end && *speed > 0 && *speed <= SPEED_MAX)
		return 0;
	fprintf(stderr,
	        "cuewire replay: --speed is \"%s\", expected a number above 0, at most %g\n",
	        a->speed, SPEED_MAX);
	return -1;
}

/* All that there is, with a NUL behind it; to be freed. NULL after a message. */
static char *read_all(const char *name, size_t *len)
{
	const int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY) : 0;
	size_t cap = 1 << 16, n = 0;
	char *text = xmalloc(cap);
	ssize_t got = fd < 0 ? -1 : 1;

	while (fd >= 0 && (got > 0 || (got < 0 && errno == EINTR))) {
		text = xgrow(text, &cap, n + 2, 1);
		got = read(fd, text + n, cap - n - 1);
		if (got > 0)
			n += (size_t)got;
	}
	if (got < 0) {
		fprintf(stderr, "cuewire: cannot read %s: %s\n", name, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[n] = '\0';
		*len = n;
	}
	if (fd > 0)
		close(fd);
	return text;
}

static int load_files(struct mapping **m, const char *dir, char **files, int n)
{
	struct arena *scratch = arena_new(ARENA_LOAD);
	char shipped[512];
	struct diags d = { 0 };
	int err;

	if (!dir) {
		programs_mappings(shipped, sizeof(shipped));
		dir = shipped;
	}
	err = mapping_load(m, scratch, (const char *const *)files, (size_t)n, dir, &d);
	diags_print(stderr, &d);
	arena_free(scratch);
	return err;
}

/* The mapping that the first line has. */
static int load_header(struct mapping **m, const struct line *header)
{
	struct diags d = { 0 };
	const int err = mapping_load_kept(m, NULL, &header->kept, &d);

	diags_print(stderr, &d);
	return err;
}

static int say_no_mapping(const struct replay_options *o)
{
	fprintf(stderr,
	        "cuewire: %s has no mapping in its first line, as what \"run --record\" and "
	        "\"dump\" write has: name the mapping files behind it\n",
	        o->name);
	return -1;
}

/* The mapping, from the header or from files; *headed: there is a header. */
static int find_mapping(const struct replay_options *o, const struct args *a, char **files, int n,
                        struct mapping **m, bool *headed)
{
	const size_t len = strcspn(o->text, "\n");
	struct diags d = { 0 };
	struct line l = { .kind = LINE_OTHER };
	int err = 0;

	*headed = false;
	if (len && *o->text != '#')
		err = recording_line(&l, NULL, o->name, 1, o->text, len, &d);
	diags_print(stderr, &d);
	*headed = l.kind == LINE_HEADER;
	if (!err && n)
		err = load_files(m, a->mappings, files, n);
	else if (!err)
		err = *headed ? load_header(m, &l) : say_no_mapping(o);
	recording_line_free(&l);
	return err;
}

int cmd_replay(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("replay", table, NOPTIONS, &a, argc, argv);
	struct replay_options o = { .check = a.check };
	struct mapping *m = NULL;
	bool headed;
	char *text;
	int code;

	if (n < 1)
		return command_usage("replay", n < 0 ? n : -1, table, NOPTIONS);
	if (read_speed(&a, &o.speed))
		return EXIT_USAGE;
	text = read_all(argv[0], &o.len);
	if (!text)
		return EXIT_FAILED;
	o.name = argv[0];
	o.text = text;
	o.given = n > 1;
	if (find_mapping(&o, &a, argv + 1, n - 1, &m, &headed))
		code = EXIT_FAILED;
	else
		code = replay(&o, m, headed) ? EXIT_FAILED : EXIT_OK;
	mapping_free(m);
	free(text);
	return code;
}
