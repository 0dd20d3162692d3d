#include "cuewire/span.h"

#include "cuewire/tempo.h"

#define NS_PER_MS 1000000.0

/* A tempo that changes must not make the end late: far ahead of it, it is looked at half way. */
#define NEAR_NS UINT64_C(40000000)

static double beats_of(struct duration d, const struct tempo *t)
{
	return (double)d.amount * (d.unit == DURATION_BARS ? t->beats_per_bar : 1);
}

struct span span_begin(struct duration d, const struct tempo *t, uint64_t now_ns)
{
	if (d.unit == DURATION_MS)
		return (struct span){ now_ns, (uint64_t)((double)d.amount * NS_PER_MS), false };
	return (struct span){ tempo_run_at(t, now_ns), span_positions(d, t), true };
}

uint64_t span_positions(struct duration d, const struct tempo *t)
{
	return (uint64_t)(beats_of(d, t) * TEMPO_BEAT);
}

float span_part(const struct span *s, const struct tempo *t, uint64_t now_ns)
{
	const uint64_t at = s->beats ? tempo_run_at(t, now_ns) : now_ns;

	if (at < s->start)
		return s->len ? 0.0f : 1.0f;
	if (at - s->start >= s->len)
		return 1.0f;
	return (float)((double)(at - s->start) / (double)s->len);
}

uint64_t span_end(const struct span *s, const struct tempo *t)
{
	return s->beats ? tempo_run_when(t, s->start + s->len) : s->start + s->len;
}

uint64_t span_look_at(uint64_t end_ns, uint64_t now_ns)
{
	return end_ns <= now_ns + NEAR_NS ? end_ns : now_ns + (end_ns - now_ns) / 2;
}

uint64_t span_look(const struct span *s, const struct tempo *t, uint64_t now_ns)
{
	const uint64_t end = span_end(s, t);

	return s->beats ? span_look_at(end, now_ns) : end;
}

uint64_t span_ns(struct duration d, const struct tempo *t)
{
	if (d.unit == DURATION_MS)
		return (uint64_t)((double)d.amount * NS_PER_MS);
	return (uint64_t)(beats_of(d, t) * 60e9 / tempo_bpm(t));
}
