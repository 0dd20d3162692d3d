/* The keys of mapping files as one table: the parser, the messages, the JSON Schema and the manual
 * page are made from it, so that they cannot disagree. Constant data. */
#ifndef CUEWIRE_CONF_KEYS_H
#define CUEWIRE_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a key holds, and the type of the field that it is read into. */
enum key_type {
	KEY_REMARK,   /* any string, read into nothing */
	KEY_TEXT,     /* any string: const char * */
	KEY_NAME,     /* dotted name of a control or intent: const char * */
	KEY_PORT,     /* name of a port: const char * */
	KEY_CONTROLS, /* name of a control, list of 1..max of them, or null: the cJSON node */
	KEY_TARGET,   /* name of a control that may hold {slot}: const char * */
	KEY_OSC,      /* OSC address: const char * */
	KEY_PATTERN,  /* OSC address or pattern: const char * */
	KEY_PATH,     /* path of a file: const char * */
	KEY_HOST,     /* "host:port": const char * */
	KEY_IP,       /* numeric IP address: const char * */
	KEY_BOOL,     /* bool */
	KEY_TRUE,     /* true and nothing else: bool */
	KEY_INT,      /* whole number within min..max: int, -1 unless given */
	KEY_NUMBER,   /* number within min..max: double */
	KEY_ABOVE,    /* number above min, up to max: double */
	KEY_WORD,     /* a word for an enum value within min..max: int */
	KEY_NOTE,     /* MIDI note (int, -1 unless given) or a remark */
	KEY_ANY_INT,  /* whole number within min..max, or true: int, KEY_ANY for true, else -1 */
	KEY_CC,       /* CC or [msb, lsb]: struct cc */
	KEY_PARAM,    /* number within min..max, or [msb, lsb]: struct param */
	KEY_BITS,     /* 7 or 14: int */
	KEY_SYSEX,    /* pattern of a SysEx: const char * */
	KEY_SPAN,     /* [lo, hi], each within min..max, not equal: double[2] */
	KEY_AMOUNT,   /* number within min..max, or "{slot}": struct amount */
	KEY_VALUE,    /* number or string: the cJSON node */
	KEY_TEXTS,    /* string or list of 1..max strings: the cJSON node */
	KEY_LIST,     /* list of min..max objects of `sub`: the cJSON node */
	KEY_MAP,      /* object, name to object of `sub`: the cJSON node */
	KEY_WHEN,     /* conditions on controls: the cJSON node */
	KEY_TIME,     /* milliseconds, or a text such as "2 beats": struct duration */
	KEY_CURVE, /* a word as KEY_WORD, or a list of 2..max points [in, out]: struct curve_value */
	KEY_BYTES,  /* list of min..max whole numbers 0..127: the cJSON node */
	KEY_EACH,   /* variables: read by each.c, into nothing */
	KEY_OBJECT, /* object of `sub`: the struct that `sub` reads into */
	KEY_HALF,   /* object of section_address: struct raw_address *, NULL unless given */
	KEY_TYPE_COUNT
};

#define KEY_ANY 255
#define KEY_FREE 1e9 /* a maximum that is only there to keep numbers sane */

struct key {
	const char *name;
	enum key_type type;
	bool required;
	bool has_def;  /* the field is `def` unless the key is given */
	uint8_t xform; /* 1 + enum xform_kind: a transform, whose help text holds */
	size_t offset; /* of the field */
	double min, max, def;
	const char *(*word)(int value);
	const struct section *sub;
	const char *help;
};

/* A set of keys of a section: bit n is its n-th key. */
#define KEY_BIT(n) (UINT64_C(1) << (n))

/* What keys mean together. */
enum rule_type {
	RULE_END,
	RULE_ONE,   /* exactly one of the alternatives */
	RULE_MOST,  /* at most one */
	RULE_SOME,  /* at least one */
	RULE_NEEDS, /* all keys of at least one alternative */
};

#define RULE_ALTS 16

struct rule {
	enum rule_type type;
	uint64_t when;            /* holds where one of these is given; 0: always */
	uint64_t alts[RULE_ALTS]; /* ends at 0; an alternative is given when any of its keys is */
};

struct section {
	const char *name;  /* as in messages, in $defs and in the manual */
	const char *place; /* where such an object stands: "an entry of \"controls\"" */
	const char *help;
	bool each; /* may hold {name} of an "each" */
	const struct key *keys;
	size_t nkeys;
	const struct rule *rules; /* ends with RULE_END, NULL: none */
};

extern const struct section section_mapping, section_tempo, section_port, section_port_osc,
	section_port_raw, section_control, section_address, section_route, section_feedback,
	section_intent, section_slot, section_step;

/* All sections, outermost first; ends with NULL. */
extern const struct section *const sections[];

const char *key_help(const struct key *k);

/* The enum xform_kind of a key that is a transform, -1 for others. */
int key_xform(const struct section *sec, const char *name);

#endif
