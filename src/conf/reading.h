/* How the values of mapping files are read: parse_value.c (words, texts, nodes) and parse_number.c
 * (numbers, times and lists of them). A reader returns false after a problem. */
#ifndef CUEWIRE_CONF_READING_H
#define CUEWIRE_CONF_READING_H

#include "load_priv.h"

/* One value on its way from a node to its field. */
struct reading {
	struct load *l;
	const struct source *s;
	const struct key *k;
	const struct cJSON *v;
	void *field;
	bool *given;
};

/* "key" is so and so, expected something else. */
struct diag *reading_expected(const struct reading *r, const struct cJSON *v, enum code code,
                              const char *what);

/* A value of the wrong type; returns false. */
bool reading_bad_type(const struct reading *r, const char *what);

bool read_word(const struct reading *r);

/* ---- parse_number.c ---- */

/* The limits of the key, as a text in the scratch arena. */
const char *reading_range(const struct reading *r);

bool read_int(const struct reading *r);
bool read_any_int(const struct reading *r);
bool read_number(const struct reading *r);
bool read_note(const struct reading *r);
bool read_cc(const struct reading *r);
bool read_param(const struct reading *r);
bool read_bits(const struct reading *r);
bool read_span(const struct reading *r);
bool read_amount(const struct reading *r);
bool read_time(const struct reading *r);
bool read_curve(const struct reading *r);
bool read_bytes(const struct reading *r);

#endif
