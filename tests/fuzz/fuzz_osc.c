/* Any bytes as an OSC packet: checked, walked and read, and its addresses as patterns. */
#include <stdlib.h>
#include <string.h>

#include "cuewire/osc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

struct seen {
	const uint8_t *p;
	size_t len, messages;
};

static bool within(const struct seen *s, const char *bytes, size_t len)
{
	const uint8_t *p = (const uint8_t *)bytes;

	return p >= s->p && p <= s->p + s->len && len <= (size_t)(s->p + s->len - p);
}

static void visit_arg(const struct seen *s, const struct osc_arg *a)
{
	double v;

	expect(a->type && strchr("ifdhsSbcrmtTFNI", a->type));
	if (a->type == 's' || a->type == 'S') {
		expect(within(s, a->str.p, a->str.len + 1));
		expect(strlen(a->str.p) == a->str.len);
	} else if (a->type == 'b') {
		expect(within(s, a->str.p, a->str.len));
	}
	if (osc_number(a, &v))
		expect(v - v == 0); /* neither NaN nor infinite */
}

static void visit_pattern(const char *address)
{
	static const char *const addresses[] = { "/1/fader1", "/deck/a/eq/high",
		                                 "/aaaaaaaaaaaaab" };

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
		if (osc_match(address, addresses[i]))
			expect(!osc_pattern_check(address));
}

static void visit(void *ctx, uint64_t tag, const struct osc_msg *m)
{
	struct seen *s = ctx;

	(void)tag;
	s->messages++;
	expect(within(s, m->address, m->size) && m->size % 4 == 0);
	expect(m->address[0] == '/' && strlen(m->address) == m->address_len);
	expect(m->pattern == osc_has_pattern(m->address));
	expect(m->nargs <= OSC_ARGS_MAX);
	for (size_t i = 0; i < m->nargs; i++)
		visit_arg(s, &m->args[i]);
	visit_pattern(m->address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = osc_check(data, size);
	struct seen s = { .p = data, .len = size };
	struct osc_msg m;

	if (!why)
		osc_walk(data, size, visit, &s);
	if (size && data[0] != '#') {
		expect(osc_read(&m, data, size) == why);
		expect(s.messages == !why);
	}
	return 0;
}
