/* A main for a fuzz target without a fuzzer: gives it every file named, and every file in a folder
 * named, once. Exit 1 when one cannot be read or there was none; what the target finds wrong it ends
 * the program with, the name of the file being the last line printed. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cuewire/mem.h"
#include "fuzz.h"

#define PATH_SIZE 4096

static size_t replayed;

/* The target gets a block of exactly the file's size, so that a byte read too far is seen. */
static int replay_file(const char *path, size_t size)
{
	uint8_t *data = xmalloc(size);
	FILE *f = fopen(path, "rb");
	size_t n;

	n = f ? fread(data, 1, size, f) : 0;
	if (!f || n != size) {
		perror(path);
		free(data);
		if (f)
			fclose(f);
		return -1;
	}
	fclose(f);
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	replayed++;
	free(data);
	return 0;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	char file[PATH_SIZE];
	int r = 0;

	if (!dir) {
		perror(path);
		return -1;
	}
	while ((e = readdir(dir))) {
		if (*e->d_name == '.')
			continue;
		if ((size_t)snprintf(file, sizeof(file), "%s/%s", path, e->d_name) >= sizeof(file))
			r = -1;
		else
			r |= replay(file);
	}
	closedir(dir);
	return r;
}

static int replay(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		return -1;
	}
	return S_ISDIR(st.st_mode) ? replay_folder(path) : replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	int r = 0;

	for (int i = 1; i < argc; i++)
		r |= replay(argv[i]);
	printf("# %zu inputs\n", replayed);
	return r || !replayed;
}
