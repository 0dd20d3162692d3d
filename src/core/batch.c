/* Acts: at once, one after the other, and what of them waits for its time. */
#include "engine_priv.h"

void engine_act(struct engine *e, uint64_t t_ns, const struct act *a, const struct source *s)
{
	switch (a->op) {
	case OP_SET:
		engine_set(e, t_ns, a->control, a->value, s);
		break;
	case OP_PRESS:
		if (a->release_ms && e->m->controls[a->control].kind == KIND_BUTTON)
			engine_tap(e, t_ns, a->control, a->release_ms, s);
		else
			engine_set(e, t_ns, a->control, 1.0f, s);
		break;
	case OP_RELEASE:
		engine_set(e, t_ns, a->control, 0.0f, s);
		break;
	default:
		engine_nudge(e, t_ns, a->control, a->value, s);
		break;
	}
}

/* Does what is due of the batch in this slot, then frees the slot or waits for the next act. */
void engine_batch_due(struct engine *e, uint64_t t_ns, size_t slot)
{
	struct batch *b = e->batches[slot];

	while (b->next < b->n && e->batch_due[slot] <= t_ns) {
		engine_act(e, e->batch_due[slot], &b->acts[b->next].act, &b->source);
		if (++b->next < b->n)
			e->batch_due[slot] += b->acts[b->next].after_ms * NS_PER_MS;
	}
	if (b->next == b->n)
		e->batches[slot] = NULL;
	else
		timers_add(&e->timers,
		           (struct timer){ e->batch_due[slot], TIMER_BATCH, (uint16_t)slot });
}

bool engine_batch(struct engine *e, uint64_t t_ns, struct batch *b)
{
	size_t slot = 0;

	while (slot < BATCHES_MAX && e->batches[slot])
		slot++;
	if (slot == BATCHES_MAX)
		return false;
	e->batches[slot] = b;
	e->batch_due[slot] = t_ns + (b->n ? b->acts[0].after_ms : 0) * NS_PER_MS;
	engine_batch_due(e, t_ns, slot);
	return true;
}

static void release_rest(struct engine *e, uint64_t t_ns, struct batch *b)
{
	for (; b->next < b->n; b->next++) {
		const struct act *a = &b->acts[b->next].act;

		if (a->op == OP_RELEASE && e->hold[a->control].held)
			engine_release(e, t_ns, a->control, &b->source);
	}
}

void engine_cancel(struct engine *e, uint64_t t_ns)
{
	timers_drop(&e->timers, TIMER_BATCH);
	for (size_t i = 0; i < BATCHES_MAX; i++) {
		if (e->batches[i])
			release_rest(e, t_ns, e->batches[i]);
		e->batches[i] = NULL;
	}
}
