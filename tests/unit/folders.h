/* Tests of which each is a folder of files: tests/golden/KIND/NAME. */
#ifndef CUEWIRE_TEST_FOLDERS_H
#define CUEWIRE_TEST_FOLDERS_H

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

static inline int folder_by_name(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

/* A test for each folder in root, by name, which is also its initial state. Returns how many. */
static inline size_t folder_tests(struct CMUnitTest *tests, size_t max, const char *root,
                                  CMUnitTestFunction fn)
{
	DIR *dir = opendir(root);
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || n == max)
			continue;
		tests[n] = (struct CMUnitTest){ .name = xstrdup(e->d_name), .test_func = fn };
		tests[n].initial_state = (void *)tests[n].name;
		n++;
	}
	if (dir)
		closedir(dir);
	qsort(tests, n, sizeof(*tests), folder_by_name);
	return n;
}

#endif
