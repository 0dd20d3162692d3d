/* One load of mapping files, and the steps that it is made of:
 *
 *   load.c   files in order, includes first     source.c  finding, opening and reading one
 *   each.c   rules to one object per combination
 *   parse.c  an object to a struct of raw.h, by the table of keys
 *   conditions.c  "when"
 *   objects.c  ports, controls, routes, intents: what a table cannot say of one object
 *   merge.c  names and sources: twice in a file, replaced by a later one
 *   check_*.c  what only all objects together can tell
 *   build.c  to a struct mapping in one arena
 *
 * Every step goes on after a problem, so that all are found in one go; an object with a problem
 * goes no further, but its name stays known. */
#ifndef CUEWIRE_CONF_LOAD_PRIV_H
#define CUEWIRE_CONF_LOAD_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cuewire/codes.h"
#include "cuewire/diag.h"
#include "cuewire/json.h"
#include "cuewire/kept.h"
#include "cuewire/load.h"
#include "cuewire/mapping.h"

#include "dict.h"
#include "keys.h"
#include "raw.h"

struct arena;
struct cJSON;

#define FILES_MAX 256
#define INCLUDE_DEPTH_MAX 32

/* What rules and slots may multiply to in one load, in bytes that are looked at or made: bounds
 * time and memory whatever a file asks for. */
#define LOAD_BUDGET ((size_t)96 << 20)

/* One file. */
struct source {
	struct json json;
	const char *name; /* as it was opened */
	dev_t dev;
	ino_t ino;
	bool on_disk;              /* dev and ino are set */
	const char *text;          /* of one that was kept, else NULL */
	bool loading;              /* it, or what it includes, is being read */
	const struct source *from; /* that includes it, NULL: the command line */
};

/* The objects of one kind, by name (routes: by source and conditions). */
struct family {
	void **items; /* raw objects; NULL where one was taken away */
	size_t n, cap;
	struct dict names;
	bool unnamed; /* one has no good name: others may name it in vain */
};

/* A name that is known, of an object that had a problem or was taken away. */
#define BROKEN UINT32_MAX

/* All of it is in the scratch arena. */
struct load {
	struct arena *scratch;
	struct diags *d;
	size_t problems;  /* errors of this load */
	struct dict seen; /* places and codes of problems: an "each" tells each once */
	const char *mappings_dir;
	struct kept *keep;       /* gets every text; NULL: nobody wants them */
	const struct kept *from; /* has all files; NULL: they are on the disk */
	struct source **sources; /* in the order in which they were opened */
	size_t nsources, sources_cap;
	bool incomplete; /* a file is missing or broken: names may be unknown for that */
	size_t budget;   /* what is left of LOAD_BUDGET */
	const char *replaced[FILES_MAX]; /* files that another one stands in the place of */
	size_t nreplaced;
	const struct load_changed *changed; /* NULL: none */
	dev_t changed_dev;
	ino_t changed_ino;
	bool changed_there; /* it exists: the two above are set */
	bool changed_read;

	const struct mapping *before; /* whose numbers are kept, NULL: none */

	struct raw_tempo tempo; /* of the last file that has one; h.obj NULL: of none */
	int hold_ms;

	struct family ports, controls, routes, feedback, intents;
};

static inline struct raw_port *port_at(const struct load *l, size_t i)
{
	return l->ports.items[i];
}

static inline struct raw_control *control_at(const struct load *l, size_t i)
{
	return l->controls.items[i];
}

static inline struct raw_route *route_at(const struct load *l, size_t i)
{
	return l->routes.items[i];
}

static inline struct raw_route *show_at(const struct load *l, size_t i)
{
	return l->feedback.items[i];
}

static inline struct raw_intent *intent_at(const struct load *l, size_t i)
{
	return l->intents.items[i];
}

/* ---- problem.c ---- */

/* Adds a problem at a value, or at the key before it, unless one with that code stands there
 * already. Its code decides whether it is an error or a warning. Returns the entry for diag_hint,
 * or NULL. */
struct diag *problem(struct load *l, const struct source *s, const struct cJSON *v, enum code code,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
struct diag *problem_key(struct load *l, const struct source *s, const struct cJSON *v,
                         enum code code, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* At a file as a whole. */
struct diag *problem_file(struct load *l, const char *file, enum code code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Hints at the nearest key of the dict; where none is near, says what is in `otherwise`. */
void hint_near(struct diag *e, const char *word, const struct dict *names, const char *otherwise);

/* What becomes of a {name} that nothing declares: a hint that takes its length, an int, and it. */
#define HINT_EACH "declare it beside: \"each\": { \"%.*s\": [ ... ] }"

/* Hints at a name that is like the word and that the check (text.c) takes, if there is one. */
void hint_name(struct load *l, struct diag *e, const char *word,
               const char *(*check)(const char *));

/* A member of an object by its key, or the object itself where there is none: a place. */
const struct cJSON *member(const struct cJSON *obj, const char *key);
const struct cJSON *member_or(const struct cJSON *obj, const char *key);

/* A string as it may stand in a message: cut where it is long, and without what a terminal could
 * take for more than text. In the scratch arena. */
const char *shown(struct load *l, const char *s);
/* A value: "x" with quotes, 17, true, null, a list, an object. */
const char *shown_value(struct load *l, const struct cJSON *v);

/* Takes a cost from the budget; false when it is used up. */
bool load_spend(struct load *l, size_t cost);

/* ---- source.c ---- */

/* The name for the rest of the process: diags may outlive the load. */
const char *source_name(const char *name);

/* Opens and reads a file as it is named on the command line (by NULL) or in an include.
 * Returns the source, one that was loaded before (*again), or NULL after a problem. */
struct source *source_open(struct load *l, const struct source *by, const struct cJSON *include,
                           const char *name, bool *again);
struct source *source_add(struct load *l, const char *name);

/* ---- each.c ---- */

#define EACH_VARS 32
#define EACH_GROUPS 8

struct each {
	struct load *l;
	const struct source *src;
	struct each_var {
		const char *name;
		const struct cJSON *list, *now;
		const char *text; /* of now, NULL: not made yet */
		size_t group;
	} vars[EACH_VARS];
	size_t nvars;
	size_t len[EACH_GROUPS], at[EACH_GROUPS];
	size_t ngroups;
};

/* Begins with the first combination. Returns 0, or -1 after a problem. */
int each_begin(struct each *e, struct load *l, const struct source *src, const struct cJSON *spec);
bool each_next(struct each *e);

/* The object with the variables put in; it shares what holds none. In the scratch arena. NULL
 * after a problem: all of it would be too large. */
const struct cJSON *each_copy(struct each *e, const struct cJSON *obj);

/* ---- text.c ---- */

/* NULL when s is good, else what was expected. */
const char *text_name(const char *s);    /* dotted name */
const char *text_port(const char *s);    /* name of a port */
const char *text_word(const char *s);    /* name of a slot or variable */
const char *text_osc(const char *s);     /* OSC address without a pattern */
const char *text_pattern(const char *s); /* OSC address or pattern; brackets are not looked at */
const char *text_host(const char *s);    /* host:port */
const char *text_ip(const char *s);      /* numeric address */

/* The {name} at s; its length with braces, 0 when there is none. */
size_t text_brace(const char *s);
/* Whether s is one {name} and nothing else. */
bool text_is_brace(const char *s);
/* The first brace that is none of OSC's alternatives, NULL when there is none. */
const char *text_stray(const char *s, bool osc);

/* ---- parse.c ---- */

/* Reads an object into out, a struct of the section that begins with struct head.
 * Returns false after a problem. */
bool parse_object(struct load *l, const struct source *s, const struct section *sec,
                  const struct cJSON *obj, void *out);

/* Whether a key is there under a wrong name, which is told, as all keys that are unknown are. For
 * keys without which the rest of the object would be misunderstood. */
bool key_misspelt(struct load *l, const struct source *s, const struct section *sec,
                  const struct cJSON *obj, const char *key);

/* Reads one value into its field; bit: whether it counts as given. False after a problem. */
bool parse_value(struct load *l, const struct source *s, const struct key *k, const struct cJSON *v,
                 void *field, bool *given);

/* ---- objects.c, slots.c ---- */

void objects_ports(struct load *l, const struct source *s, const struct cJSON *map);
void objects_controls(struct load *l, const struct source *s, const struct cJSON *list);
void objects_routes(struct load *l, const struct source *s, const struct cJSON *list);
void objects_feedback(struct load *l, const struct source *s, const struct cJSON *list);
void objects_intents(struct load *l, const struct source *s, const struct cJSON *list);

/* Slots and steps of an intent. False after a problem. */
bool slots_parse(struct load *l, const struct source *s, struct raw_intent *in);
bool steps_parse(struct load *l, const struct source *s, struct raw_intent *in);

/* The slot that {name} at p stands for, NULL when there is none. */
const struct raw_slot *slot_find(const struct raw_intent *in, const char *p, size_t len);

/* ---- conditions.c ---- */

/* Reads "when" to a list in postfix order, in the scratch arena. False after a problem. */
bool conditions_parse(struct load *l, const struct source *s, const struct cJSON *when,
                      struct raw_condition **out, size_t *n);
/* Finds the controls. */
void conditions_check(struct load *l, const struct head *h, struct raw_condition *when, size_t n);
const struct condition *conditions_build(struct arena *a, const struct raw_condition *when,
                                         size_t n);

/* ---- merge.c ---- */

void merge_port(struct load *l, struct raw_port *p);
void merge_control(struct load *l, struct raw_control *c);
void merge_route(struct load *l, struct raw_route *r);
void merge_show(struct load *l, struct raw_route *r);
void merge_intent(struct load *l, struct raw_intent *in);
/* What tells the sources of routes apart, as a text; in the scratch arena. */
const char *route_source(struct load *l, const struct raw_route *r);

/* A long and a double press are other sources than the short one: what tells them apart, or "". */
const char *route_press(const struct raw_route *r);
/* Makes a name known whose object has a problem. */
void merge_broken(struct family *f, const char *name);

/* ---- check_*.c ---- */

void check_tempo(struct load *l);
void check_ports(struct load *l);
void check_unused(struct load *l);
void check_controls(struct load *l);
void check_routes(struct load *l);
void check_feedback(struct load *l);
void check_trails(struct load *l);
void check_intents(struct load *l);
void check_layers(struct load *l); /* only where there is no error */
void check_macro(struct load *l, struct raw_intent *macro);

/* The address that the keys of an object give; half: NULL for none. */
struct address numbers_address(const struct numbers *n);
struct address pair_address(const struct raw_control *c, const struct raw_address *half);

/* Index of a port or control; -1 after a problem, or for one that is BROKEN. */
int find_port(struct load *l, const struct head *h, const struct cJSON *at, const char *name);
int find_control(struct load *l, const struct head *h, const struct cJSON *at, const char *name);

/* ---- build_feedback.c ---- */

/* The places of m and what they show; its controls and routes are there. */
void build_feedback(struct load *l, struct mapping *m);

/* ---- renumber.c ---- */

/* Gives the ports and controls of m the numbers that they have in before; not yet indexed. controls,
 * ports: the new numbers by those that they had. False: there are too many, with what is gone. */
bool renumber(struct mapping *m, struct arena *scratch, const struct mapping *before,
              uint16_t **controls, uint16_t **ports);

/* As before, what numbers a mapping's names had, of which nothing else is known. As long as scratch. */
const struct mapping *renumber_names(struct arena *scratch, const struct kept *k);

/* ---- build.c ---- */

/* The transforms of a route or an entry of "feedback" (section), in the order of their keys. */
struct xform *build_xforms(struct arena *a, const struct section *sec, const struct raw_route *r,
                           uint8_t *n);

/* NULL after a problem. */
struct mapping *build_mapping(struct load *l);

#endif
