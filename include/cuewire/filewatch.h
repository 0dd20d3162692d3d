/* Tells that something has happened to some files: written, replaced, removed. May tell it when
 * nothing has, so look. Thread: its owner's. */
#ifndef CUEWIRE_FILEWATCH_H
#define CUEWIRE_FILEWATCH_H

#include <stddef.h>

/* Watches the files and the folders that they lie in. Returns a descriptor that is readable when there
 * is news (close-on-exec, non-blocking), or -1 with errno; it is ended by close. */
int filewatch_open(const char *const files[], size_t n);

/* Takes the news. */
void filewatch_drain(int fd);

#endif
