#include "cuewire/duration.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum duration_unit unit;
	float times, max;
} units[] = {
	{ "ms", DURATION_MS, 1, 600000 },    { "s", DURATION_MS, 1000, 600000 },
	{ "beat", DURATION_BEATS, 1, 1024 }, { "beats", DURATION_BEATS, 1, 1024 },
	{ "bar", DURATION_BARS, 1, 256 },    { "bars", DURATION_BARS, 1, 256 },
};

bool duration_parse(const char *text, struct duration *out)
{
	const size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	float amount;

	if (!digits || digits > 6)
		return false;
	if (*unit == '.')
		unit += 1 + strspn(unit + 1, "0123456789");
	if (unit[-1] == '.')
		return false;
	amount = strtof(text, NULL);
	if (*unit == ' ')
		unit++;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (!(amount * units[i].times <= units[i].max))
			return false;
		*out = (struct duration){ amount * units[i].times, units[i].unit };
		return true;
	}
	return false;
}
