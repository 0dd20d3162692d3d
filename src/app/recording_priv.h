/* What the parts that read a line of a recording share: recording.c (lines), recording_values.c
 * (what a value may be), recording_osc.c (messages), recording_state.c (where a replay from the
 * middle begins). */
#ifndef CUEWIRE_APP_RECORDING_PRIV_H
#define CUEWIRE_APP_RECORDING_PRIV_H

#include "recording.h"

#include <cjson/cJSON.h>

struct reader {
	struct line *l;
	const struct mapping *m;
	const char *file, *text;
	struct diags *d;
};

/* Adds an error at that place of the line; returns -1. */
int line_bad(const struct reader *r, const cJSON *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const cJSON *line_get(const cJSON *o, const char *key); /* NULL: it has none */

/* Each of these returns 0 with *out set, or -1 after line_bad. j NULL: the key is missing. */
int line_whole(const struct reader *r, const cJSON *j, const char *key, uint64_t max,
               uint64_t *out);
int line_u16(const struct reader *r, const cJSON *o, const char *key, uint64_t max, uint16_t *out);
int line_string(const struct reader *r, const cJSON *o, const char *key, const char **out);
int line_control(const struct reader *r, const cJSON *at, const char *name, uint16_t *out);
int line_port(const struct reader *r, const cJSON *at, const char *name, uint16_t *out);
int line_rank(const struct reader *r, const cJSON *j, uint8_t *out);

/* "B0 07 40". Returns how many bytes, 0 if it is no such thing. */
size_t line_hex(const char *text, uint8_t *out, size_t max);

/* These fill the line, and return 0 or -1. */
int line_osc(const struct reader *r, const char *address);
int line_state(const struct reader *r);

#endif
