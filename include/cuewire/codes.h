/* What can be wrong with a mapping file, as one table: the code that programs are given, how grave
 * it is, and what a person is told who asks for more. `cuewire check --explain` and the list in
 * cuewire-mapping(5) are made from it.
 * Thread: any; constant data. */
#ifndef CUEWIRE_CODES_H
#define CUEWIRE_CODES_H

#include "cuewire/diag.h"

struct buf;

enum code {
	CODE_AI_TOGGLE,
	CODE_BAD_ADDRESS,
	CODE_BAD_BRACE,
	CODE_BAD_EACH,
	CODE_BAD_KIND,
	CODE_BAD_NAME,
	CODE_BAD_PATH,
	CODE_BAD_PORT,
	CODE_BAD_RANGE,
	CODE_BAD_SLOT,
	CODE_BAD_SYSEX,
	CODE_BAD_TIME,
	CODE_CANNOT_READ,
	CODE_CONFLICT,
	CODE_DUPLICATE_KEY,
	CODE_DUPLICATE_NAME,
	CODE_DUPLICATE_ROUTE,
	CODE_INCLUDE_CYCLE,
	CODE_JSON,
	CODE_LOOP,
	CODE_MISSING_KEY,
	CODE_OUT_OF_RANGE,
	CODE_PORT_TAKEN,
	CODE_REMOVES_NOTHING,
	CODE_REPLACED,
	CODE_RESERVED_CC,
	CODE_SAME_ADDRESS,
	CODE_SHARED_SOURCE,
	CODE_TOO_MANY,
	CODE_UNKNOWN_CONTROL,
	CODE_UNKNOWN_KEY,
	CODE_UNKNOWN_PLACEHOLDER,
	CODE_UNKNOWN_PORT,
	CODE_UNKNOWN_SLOT,
	CODE_UNKNOWN_WORD,
	CODE_UNREACHABLE,
	CODE_UNUSED_PORT,
	CODE_WRONG_TYPE,
	CODE_COUNT
};

/* The texts have single quotes for double ones; the functions below give these back. The examples
 * are parts of a mapping file: keys with their values, without the braces around all of it, and
 * without codes_frame_* where they need it. */
struct code_info {
	const char *name; /* "unknown-key": what a struct diag carries */
	enum severity severity;
	const char *summary; /* one line, a sentence but for its capital and its full stop */
	const char *text;    /* why it matters, and how to mend it; one long line */
	const char *wrong, *right;
};

extern const struct code_info codes[CODE_COUNT];

/* The rest of the file that the examples are parts of. */
extern const char codes_frame_ports[], codes_frame_controls[];

/* NULL when there is no such code. */
const struct code_info *code_find(const char *name);

/* An example as a whole mapping file, which says the code, or nothing where it is the right one. */
void code_file(struct buf *b, const char *example);

/* All that is known of a code, for a terminal; the same in one line. */
void code_explain(struct buf *b, const struct code_info *c);
void code_line(struct buf *b, const struct code_info *c);

/* One JSON object: code, severity, summary, text, and wrong and right as whole files. */
void code_json(struct buf *b, const struct code_info *c);

/* The list of codes in cuewire-mapping(5), in mdoc. */
void codes_mdoc(struct buf *b);

#endif
