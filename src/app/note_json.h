/* Notes of the engine as JSON lines: the monitor, traces, recordings and replays have the same. See
 * cuewire(1), MONITOR AND TRACE and RECORDINGS. Thread: any. */
#ifndef CUEWIRE_NOTE_JSON_H
#define CUEWIRE_NOTE_JSON_H

#include "cuewire/buf.h"
#include "cuewire/mapping.h"
#include "cuewire/queue.h"

/* Adds the line, without a line feed. data: of an input, all of it, however many notes it took; NULL:
 * what is in the note. */
void note_json(struct buf *b, const struct mapping *m, const struct note *n, const void *data,
               size_t len);

/* Adds , "key": "osc:/x", "args": [...]. */
void note_json_osc(struct buf *b, const char *key, const struct osc_msg *m);

/* The arguments of a message as a JSON array. */
void note_json_args(struct buf *b, const struct osc_msg *m);

#endif
