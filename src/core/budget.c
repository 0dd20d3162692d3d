#include "cuewire/budget.h"

void budget_init(struct budget *b, unsigned bytes_per_s)
{
	*b = (struct budget){ .ns_per_byte = bytes_per_s ? 1000000000u / bytes_per_s : 0 };
}

static uint64_t depth_ns(const struct budget *b)
{
	return BUDGET_DEPTH * b->ns_per_byte;
}

size_t budget_room(const struct budget *b, uint64_t now_ns)
{
	if (!b->ns_per_byte)
		return SIZE_MAX;
	if (b->full_ns <= now_ns)
		return BUDGET_DEPTH;
	if (b->full_ns - now_ns >= depth_ns(b))
		return 0;
	return (size_t)((depth_ns(b) - (b->full_ns - now_ns)) / b->ns_per_byte);
}

void budget_take(struct budget *b, uint64_t now_ns, size_t bytes)
{
	if (b->full_ns < now_ns)
		b->full_ns = now_ns;
	b->full_ns += bytes * b->ns_per_byte;
}

uint64_t budget_when(const struct budget *b, size_t bytes)
{
	const uint64_t early = (BUDGET_DEPTH - bytes) * b->ns_per_byte;

	return b->full_ns > early ? b->full_ns - early : 0;
}
