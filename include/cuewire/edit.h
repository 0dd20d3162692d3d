/* Changes to mapping files that leave everything else as it is, byte for byte: notes, order, blank
 * lines, line ends, a missing last line feed. What is put in follows the style of the file.
 * Thread: control thread (allocates, reads and writes files). */
#ifndef CUEWIRE_EDIT_H
#define CUEWIRE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "cuewire/buf.h"
#include "cuewire/diag.h"
#include "cuewire/load.h"

/* ---- texts ---- */

/* A file's text; name stands for it in messages. */
struct edit_text {
	const char *name;
	const char *text;
	size_t len;
};

/* Each appends the whole new text to out, which is empty. route is one JSON object. Returns the
 * line of the change, from 1, or -1 with an error in d: the text is no mapping file, or there is
 * no route at that place. */

/* Puts the route behind the last of "routes"; makes "routes" where there is none. */
int edit_add_route(struct buf *out, const struct edit_text *in, const char *route, struct diags *d);

/* Puts the route in the place of the one that stands at line and column `at`. */
int edit_replace_route(struct buf *out, const struct edit_text *in, struct where at,
                       const char *route, struct diags *d);

/* Makes the route at that place move this control, too: its "to" becomes a list, or a longer
 * one. */
int edit_add_to(struct buf *out, const struct edit_text *in, struct where at, const char *control,
                struct diags *d);

/* Takes the route at that place away, with its comma. */
int edit_remove_route(struct buf *out, const struct edit_text *in, struct where at,
                      struct diags *d);

/* Whether the route at that place is one of several that an "each" makes: it cannot be replaced
 * without the others. False when there is none. */
bool edit_is_each(const struct edit_text *in, struct where at);

/* A new file that holds one route. Cannot fail. */
int edit_new(struct buf *out, const char *title, const char *route);

/* ---- files ---- */

struct edit_file {
	const char *name; /* borrowed: as it was asked for */
	char *path;       /* owned: the real file, behind symbolic links */
	char *text;       /* owned; NULL: it does not exist yet */
	size_t len;
	struct stat st; /* as it was read */
};

/* Reads a file that is to be changed. One that does not exist is no error. Returns 0, or -1 with
 * an error in d; then there is nothing to finish. */
int edit_open(struct edit_file *f, const char *name, struct diags *d);
void edit_finish(struct edit_file *f);

#define EDIT_WRONG (-2)

/* Writes the new text, if the mapping of these files, this one with its new text among them, has
 * no error, and if nobody else has changed the file since edit_open. The file is replaced as a
 * whole or not at all; its permissions stay. Of several that save at once one is first, and the
 * others are refused. What was is kept in a journal beside it
 * (".NAME.undo"), with the line of the change.
 * Returns 0; EDIT_WRONG with the errors that the mapping would have in d; or -1 with the error that
 * kept the file from being written. Then nothing was written. */
int edit_save(struct edit_file *f, const struct buf *text, int line, const char *const files[],
              size_t n, const char *mappings_dir, struct diags *d);

/* Takes back the last change that edit_save has made to a file, the first one by removing the
 * file it has made. Refused when the file was changed by anybody else since. *line: where the
 * change was; 0: the file was removed. Returns 0, or -1 with an error in d: then nothing was
 * changed. */
int edit_undo(const char *name, int *line, struct diags *d);

#endif
