#include "cuewire/duration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/buf.h"

static const struct {
	const char *name;
	enum duration_unit unit;
	double times, max;
} units[] = {
	{ "ms", DURATION_MS, 1, 600000 },    { "s", DURATION_MS, 1000, 600000 },
	{ "beat", DURATION_BEATS, 1, 1024 }, { "beats", DURATION_BEATS, 1, 1024 },
	{ "bar", DURATION_BARS, 1, 256 },    { "bars", DURATION_BARS, 1, 256 },
};

bool duration_parse(const char *text, struct duration *out)
{
	const size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;

	if (!digits || digits > 6)
		return false;
	if (*unit == '.')
		unit += 1 + strspn(unit + 1, "0123456789");
	if (unit[-1] == '.')
		return false;
	if (*unit == ' ')
		unit++;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const double amount = strtod(text, NULL) * units[i].times;

		if (strcmp(unit, units[i].name))
			continue;
		if (!(amount <= units[i].max))
			return false;
		*out = (struct duration){ (float)amount, units[i].unit };
		return true;
	}
	return false;
}

#define DECIMALS_MAX 60 /* enough for the smallest float */

/* No exponent: duration_parse knows none. */
static void print_amount(struct buf *b, float v)
{
	char text[DECIMALS_MAX + 16];

	for (int decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
		snprintf(text, sizeof(text), "%.*f", decimals, (double)v);
		if (strtof(text, NULL) == v)
			break;
	}
	buf_puts(b, text);
}

void duration_print(struct buf *b, struct duration d)
{
	static const char *const names[][2] = {
		[DURATION_MS] = { "ms", "ms" },
		[DURATION_BEATS] = { "beat", "beats" },
		[DURATION_BARS] = { "bar", "bars" },
	};

	if (d.unit == DURATION_MS && d.amount >= 1000 && fmodf(d.amount, 100) == 0) {
		print_amount(b, d.amount / 1000);
		buf_puts(b, " s");
		return;
	}
	print_amount(b, d.amount);
	buf_putc(b, ' ');
	buf_puts(b, names[d.unit][d.amount != 1]);
}
