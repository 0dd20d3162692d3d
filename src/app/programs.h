/* Where the program's own parts lie: beside it in the build folder, or in PREFIX. Thread: any. */
#ifndef CUEWIRE_PROGRAMS_H
#define CUEWIRE_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

extern const char version_text[];

/* A helper program: beside this one, or in libexec/cuewire next to its bin folder. */
bool programs_find(const char *name, char *path, size_t size);

/* The shipped mappings: in the source tree above the build folder, or in share/cuewire. */
bool programs_mappings(char *path, size_t size);

#endif
