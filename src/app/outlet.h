/* Lines for a descriptor that may be slow or stuck (a pipe nobody reads): they wait here, bounded,
 * and are written when there is room; nothing of ours ever blocks on them. Lines beyond the bound are
 * dropped whole and counted. Thread: control thread. */
#ifndef CUEWIRE_OUTLET_H
#define CUEWIRE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/buf.h"

#define OUTLET_MAX (1024 * 1024) /* bytes that wait, unless outlet_limit says otherwise */

struct outlet {
	int fd; /* borrowed; -1: closed, everything is thrown away */
	struct buf buf;
	size_t done;       /* bytes of buf that are written */
	uint64_t dropped;  /* lines that its reader has not been told of */
	uint64_t reported; /* and those that he has */
	bool broken;       /* nothing can be written to it any more; error: errno of that */
	int error;
};

void outlet_init(struct outlet *o, int fd);
void outlet_finish(struct outlet *o);

/* So many bytes may wait from now on. */
void outlet_limit(struct outlet *o, size_t max);

/* Adds one line (the line feed is added) and writes what can be written now. */
void outlet_line(struct outlet *o, const char *line, size_t len);

/* Writes what can be written without waiting. */
void outlet_flush(struct outlet *o);

bool outlet_waits(const struct outlet *o);

/* Waits for the reader, but not for longer than this: before an exit. */
void outlet_drain(struct outlet *o, int ms);

#endif
