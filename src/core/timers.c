#include "cuewire/timers.h"

#include "cuewire/mem.h"

void timers_init(struct timers *t, struct arena *mem, size_t cap)
{
	*t = (struct timers){ .heap = arena_alloc(mem, (cap + 1) * sizeof(*t->heap)), .cap = cap };
	t->heap[0].t_ns = UINT64_MAX;
}

static void swap(struct timer *a, struct timer *b)
{
	const struct timer x = *a;

	*a = *b;
	*b = x;
}

static bool comes_before(const struct timer *a, const struct timer *b)
{
	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns;
	return a->kind != b->kind ? a->kind < b->kind : a->index < b->index;
}

static void sift_up(struct timer *h, size_t i)
{
	for (; i && comes_before(&h[i], &h[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&h[i], &h[(i - 1) / 2]);
}

static void sift_down(struct timer *h, size_t n, size_t i)
{
	for (size_t c; (c = 2 * i + 1) < n; i = c) {
		if (c + 1 < n && comes_before(&h[c + 1], &h[c]))
			c++;
		if (!comes_before(&h[c], &h[i]))
			return;
		swap(&h[i], &h[c]);
	}
}

static void end(struct timers *t)
{
	if (!t->n)
		t->heap[0].t_ns = UINT64_MAX;
}

bool timers_add(struct timers *t, struct timer x)
{
	if (t->n == t->cap)
		return false;
	t->heap[t->n] = x;
	sift_up(t->heap, t->n++);
	return true;
}

void timers_advance(struct timers *t, struct timer x)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->heap[i].kind != x.kind || t->heap[i].index != x.index)
			continue;
		t->heap[i].t_ns = x.t_ns;
		sift_up(t->heap, i);
		return;
	}
}

bool timers_pop(struct timers *t, uint64_t t_ns, struct timer *out)
{
	if (!t->n || t->heap[0].t_ns > t_ns)
		return false;
	*out = t->heap[0];
	t->heap[0] = t->heap[--t->n];
	sift_down(t->heap, t->n, 0);
	end(t);
	return true;
}

void timers_drop(struct timers *t, uint16_t kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->heap[i].kind != kind)
			t->heap[n++] = t->heap[i];
	t->n = n;
	for (size_t i = n / 2; i-- > 0;)
		sift_down(t->heap, n, i);
	end(t);
}
