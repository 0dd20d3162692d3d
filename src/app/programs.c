#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cuewire/platform.h"
#include "version.h"

const char version_text[] = CUEWIRE_VERSION;

static bool find(const char *const *places, size_t n, const char *name, char *path, size_t size)
{
	char dir[512];

	if (!platform_program_dir(dir, sizeof(dir)))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((size_t)snprintf(path, size, "%s/%s%s", dir, places[i], name) < size &&
		    !access(path, R_OK))
			return true;
	return false;
}

bool programs_find(const char *name, char *path, size_t size)
{
	static const char *const places[] = { "", "../libexec/cuewire/" };

	return find(places, 2, name, path, size);
}

bool programs_mappings(char *path, size_t size)
{
	static const char *const places[] = { "../../", "../share/cuewire/" };
	char found[512], *real;

	if (!find(places, 2, "mappings", found, sizeof(found)) || !(real = realpath(found, NULL)))
		return false;
	snprintf(path, size, "%s", real);
	free(real);
	return true;
}
