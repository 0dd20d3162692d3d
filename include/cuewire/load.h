/* Mapping files to a mapping: scanned, merged, checked, indexed; all problems in one go.
 * Thread: control thread (allocates, reads files). */
#ifndef CUEWIRE_LOAD_H
#define CUEWIRE_LOAD_H

#include <stddef.h>

#include "cuewire/buf.h"
#include "cuewire/diag.h"
#include "cuewire/kept.h"
#include "cuewire/mapping.h"

struct arena;

/* Loads and merges files in order, with what they include. A name without a slash that is not
 * a file here is looked for in mappings_dir. The result and the diags' file names live until
 * mapping_free; where it fails, the names live for the rest of the process.
 * What only the load needs is taken from scratch and of no use afterwards. It is the caller's to
 * free, when there is time: giving memory back takes longer than getting it.
 * Returns 0 (d may hold warnings) or -1 (d holds an error); *out is set only on success. */
int mapping_load(struct mapping **out, struct arena *scratch, const char *const files[], size_t n,
                 const char *mappings_dir, struct diags *d);

/* As mapping_load, for what takes the place of `before` (NULL: nothing) while it is in use: ports and
 * controls keep the numbers that they have there; those that are not there any more stay, `gone`.
 * keep: as that of mapping_load_keep, or NULL. */
int mapping_load_after(struct mapping **out, struct arena *scratch, const struct mapping *before,
                       const char *const files[], size_t n, const char *mappings_dir,
                       struct kept *keep, struct diags *d);

/* As mapping_load, and keeps the text of every file. keep is set in any case, and the caller's to finish. */
int mapping_load_keep(struct mapping **out, struct arena *scratch, const char *const files[],
                      size_t n, const char *mappings_dir, struct kept *keep, struct diags *d);

/* Loads it again from what was kept; no file is looked at. before: as of mapping_load_after, or NULL. */
int mapping_load_kept(struct mapping **out, const struct mapping *before, const struct kept *k,
                      struct diags *d);

/* As mapping_load for one text that is in memory; name stands for the file in messages and in
 * the search for includes. */
int mapping_load_text(struct mapping **out, const char *name, const char *text, size_t len,
                      const char *mappings_dir, struct diags *d);

/* A file as it would be with another text: what mapping_load_changed reads in its place. */
struct load_changed {
	const char *name;
	const char *text;
	size_t len;
};

/* As mapping_load, as if the changed file held its new text already. Where the files and what
 * they include do not name it, or it does not exist yet, it is read after them. */
int mapping_load_changed(struct mapping **out, const char *const files[], size_t n,
                         const struct load_changed *changed, const char *mappings_dir,
                         struct diags *d);

/* The JSON Schema (draft 2020-12) and the list of keys of cuewire-mapping(5) in mdoc, from the
 * table of keys that the parser uses. */
void keys_schema(struct buf *b);
void keys_mdoc(struct buf *b);

#endif
