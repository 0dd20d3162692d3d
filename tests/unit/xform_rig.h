/* For tests of transforms: an engine on a mapping, time that goes on, chance. */
#ifndef XFORM_RIG_H
#define XFORM_RIG_H

#include "engine_rig.h"

static uint32_t seed;
static uint64_t t;

static void xform_rig_open(const char *mapping)
{
	rig_open(mapping);
	seed = 99;
	t = T0;
}

static int xform_rig_close(void **state)
{
	(void)state;
	rig_close();
	return 0;
}

static uint64_t below(uint32_t n)
{
	return random_below(&seed, n);
}

static void wait(uint64_t ns)
{
	run_until(t += ns);
}

static const struct msg *sent_at(size_t i)
{
	assert_true(i < r.n && r.n - i <= SENT_MAX);
	return &r.sent[i % SENT_MAX].m;
}

#endif
