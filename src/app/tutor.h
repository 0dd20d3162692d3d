/* `cuewire learn`: what is moved on the devices of a running bridge, and the mapping file that its
 * routes go to. Thread: control (it is the program). */
#ifndef CUEWIRE_TUTOR_H
#define CUEWIRE_TUTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/buf.h"
#include "cuewire/kept.h"
#include "cuewire/learn.h"
#include "cuewire/learned.h"
#include "cuewire/mapping.h"

#define TUTOR_FILES 256
#define TUTOR_MAPPED 8 /* routes of one source that are told */

struct tutor {
	const char *socket;   /* as asked, NULL: the usual one */
	const char *mappings; /* folder of the shipped ones */
	char mappings_buf[512];

	const char *files
		[TUTOR_FILES]; /* owned: those that the bridge runs, as they are found from here */
	size_t nfiles;
	char file[PATH_MAX];          /* the one that is written */
	bool runs;                    /* the bridge runs it */
	struct mapping *m;            /* what these files said when they were read last ... */
	struct kept texts;            /* ... and what was read */
	const struct kept_text *mine; /* of the file that is written; NULL: it was not there */
	struct mapping
		*old; /* what they said before the last change: what was told of it holds still */

	int fd;         /* the bridge's trace */
	bool listening; /* the bridge has answered there */
	struct buf in,
		key; /* what was read of it, and of standard input, and is no whole line yet */
	bool key_ended;
	char ports[MAPPING_PORTS_MAX][32]; /* numbers that the learner has for ports */
	size_t nports;
	struct learn learn;
};

/* ---- tutor.c ---- */

/* Asks the bridge what it runs, chooses the file (asked: NULL: the last that is not shipped),
 * reads the mapping and begins to listen. Returns 0, or -1 after a message. */
int tutor_begin(struct tutor *t, const char *asked);
void tutor_finish(struct tutor *t);

/* Reads the mapping anew if one of its files is not what was read: others edit them, too. What
 * points into the mapping before this one holds still, but not longer. Returns 0, or -1 after a
 * message: the files have errors now, and the mapping is the old one. */
int tutor_refresh(struct tutor *t);

const char *tutor_port(const struct tutor *t, const struct learn_source *s);

/* A route of the mapping that a source has already. */
struct tutor_mapped {
	const struct route *route;
	const char *moves; /* the name of its control, or "a macro" */
	bool here;         /* in the file that is written */
	bool same;         /* under the same condition: a new route takes its place */
	bool each;         /* made by an "each" with others */
};

/* The routes of a source, at most TUTOR_MAPPED, those that are the same among them; when: the
 * control of the condition that a new route would have, NULL: none. */
size_t tutor_mapped(const struct tutor *t, const struct learn_thing *thing, const char *when,
                    struct tutor_mapped *out);

/* The control that the button which was held moves, to be a condition; NULL: none, or it was a
 * touch. */
const struct control *tutor_shift(const struct tutor *t, const struct learn_thing *thing);

/* A change of the file. */
struct tutor_change {
	enum { TUTOR_NEW, TUTOR_REPLACE, TUTOR_ADD_TO, TUTOR_REMOVE } how;
	const struct tutor_mapped *at; /* the route that is changed; of a new one NULL */
	const char *text;              /* the route; of TUTOR_ADD_TO the control */
};

#define TUTOR_STALE (-2) /* the file is not what was read: what was asked of it may be wrong */

/* Writes it and reads the mapping anew. Says on standard error what was refused. Returns the
 * line of the change, -1, or TUTOR_STALE. */
int tutor_change(struct tutor *t, const struct tutor_change *c);

/* Takes the last change back. Returns its line, 0: the file was removed; or -1 after a message. */
int tutor_undo(struct tutor *t);

/* What the bridge made of the last change: "the bridge uses it now". */
const char *tutor_news(const struct tutor *t);

/* ---- tutor_in.c ---- */

/* Waits until the bridge has answered the status that was asked for behind its trace: from then on
 * nothing that is moved is missed. False: it has not, within 10 s. */
bool tutor_listens(struct tutor *t);

enum tutor_event { TUTOR_MOVED, TUTOR_TYPED, TUTOR_LATE, TUTOR_CLOSED, TUTOR_BRIDGE_ENDED };

enum { TUTOR_LISTENS = 1, TUTOR_READS = 2 }; /* to what is moved; standard input */

/* Waits until something was moved, or a line was typed (into line, without its line feed), or
 * the time until_ns (UINT64_MAX: never) is over. */
enum tutor_event tutor_wait(struct tutor *t, unsigned what, uint64_t until_ns,
                            struct learn_thing *thing, struct buf *line);

/* ---- tutor_talk.c ---- */

/* The dialogue on a terminal. Returns the exit code. */
int tutor_talk(struct tutor *t, bool once, uint64_t until_ns);

#endif
