/* A recording once more, through an engine like the one that it was made with, and without any port.
 * Thread: control thread (allocates, prints). */
#ifndef CUEWIRE_REPLAY_H
#define CUEWIRE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "cuewire/mapping.h"

struct replay_options {
	const char *name; /* of the recording, for messages */
	const char *text; /* all of it, with a NUL behind it */
	size_t len;
	double speed; /* 0: as fast as it goes; 2: twice as fast as it was */
	bool given;   /* the mapping is not that of its header: none of its reloads happens */
	bool check;   /* compares with what the recording says went out, in place of printing */
};

/* m: from its header, or what is to be tried in its place. has_header: it ends where it ends; a trace
 * without one is played to the end of what it began. Returns the exit code. */
int replay(const struct replay_options *o, const struct mapping *m, bool has_header);

#endif
