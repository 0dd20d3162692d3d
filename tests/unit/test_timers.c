#include "cuewire/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "helpers.h"

#define CAP 64

static void test_empty(void **state)
{
	struct arena *mem = arena_new(0);
	struct timers t;
	struct timer x = { 7, 7, 7 };

	(void)state;
	timers_init(&t, mem, CAP);
	assert_true(timers_next(&t) == UINT64_MAX);
	assert_false(timers_pop(&t, UINT64_MAX, &x));
	assert_int_equal(x.t_ns, 7);
	timers_drop(&t, 0);
	arena_free(mem);
}

static void test_order(void **state)
{
	static const uint64_t times[] = { 50, 10, 40, 10, 30, 20, 60, 0 };
	static const uint64_t sorted[] = { 0, 10, 10, 20, 30, 40, 50, 60 };
	struct arena *mem = arena_new(0);
	struct timers t;
	struct timer x;

	(void)state;
	timers_init(&t, mem, CAP);
	for (size_t i = 0; i < COUNT(times); i++)
		assert_true(timers_add(&t, (struct timer){ times[i], 1, (uint16_t)i }));
	for (size_t i = 0; i < COUNT(sorted); i++) {
		assert_int_equal(timers_next(&t), sorted[i]);
		if (sorted[i])
			assert_false(timers_pop(&t, sorted[i] - 1, &x)); /* not yet */
		assert_true(timers_pop(&t, sorted[i], &x));
		assert_int_equal(x.t_ns, sorted[i]);
		assert_int_equal(times[x.index], sorted[i]);
	}
	arena_free(mem);
}

static void test_full(void **state)
{
	struct arena *mem = arena_new(0);
	struct timers t;
	struct timer x;

	(void)state;
	timers_init(&t, mem, 2);
	assert_true(timers_add(&t, (struct timer){ 2, 0, 0 }));
	assert_true(timers_add(&t, (struct timer){ 1, 0, 1 }));
	assert_false(timers_add(&t, (struct timer){ 0, 0, 2 }));
	assert_int_equal(timers_next(&t), 1);
	assert_true(timers_pop(&t, 5, &x));
	assert_true(timers_add(&t, (struct timer){ 0, 0, 2 }));
	assert_int_equal(timers_next(&t), 0);
	arena_free(mem);
}

static void test_drop(void **state)
{
	struct arena *mem = arena_new(0);
	struct timers t;
	struct timer x;
	uint64_t last = 0;
	size_t n = 0;

	(void)state;
	timers_init(&t, mem, CAP);
	for (unsigned i = 0; i < CAP; i++)
		timers_add(&t, (struct timer){ (i * 37) % CAP, (uint16_t)(i % 3), (uint16_t)i });
	timers_drop(&t, 1);
	for (; timers_pop(&t, CAP, &x); n++) {
		assert_int_not_equal(x.kind, 1);
		assert_true(x.t_ns >= last);
		last = x.t_ns;
	}
	assert_int_equal(n, CAP - CAP / 3);
	arena_free(mem);
}

static void test_advance(void **state)
{
	struct arena *mem = arena_new(0);
	struct timers t;
	struct timer x;

	(void)state;
	timers_init(&t, mem, CAP);
	for (uint16_t i = 0; i < 10; i++)
		timers_add(&t, (struct timer){ 100 + i, i % 2, i });
	timers_advance(&t, (struct timer){ 50, 0, 8 });
	timers_advance(&t, (struct timer){ 60, 1, 9 });
	assert_true(timers_pop(&t, 50, &x) && x.index == 8);
	assert_true(timers_pop(&t, 60, &x) && x.index == 9);
	assert_false(timers_pop(&t, 99, &x));
	for (uint16_t i = 0; i < 8; i++)
		assert_true(timers_pop(&t, 200, &x) && x.index == i);
	arena_free(mem);
}

/* ---- against a list that is searched ---- */

struct model {
	struct timer list[CAP];
	size_t n;
};

static size_t earliest(const struct model *m)
{
	size_t e = 0;

	for (size_t i = 1; i < m->n; i++)
		if (m->list[i].t_ns < m->list[e].t_ns)
			e = i;
	return e;
}

/* What came out is one of the earliest, and was there. */
static void model_remove(struct model *m, const struct timer *x)
{
	assert_int_equal(x->t_ns, m->list[earliest(m)].t_ns);
	for (size_t i = 0; i < m->n; i++) {
		if (m->list[i].index != x->index)
			continue;
		assert_int_equal(m->list[i].t_ns, x->t_ns);
		assert_int_equal(m->list[i].kind, x->kind);
		m->list[i] = m->list[--m->n];
		return;
	}
	fail_msg("%u came out twice", x->index);
}

static void model_drop(struct model *m, uint16_t kind)
{
	for (size_t i = m->n; i-- > 0;)
		if (m->list[i].kind == kind)
			m->list[i] = m->list[--m->n];
}

static void random_step(struct timers *t, struct model *m, uint32_t *seed, uint16_t index)
{
	struct timer x = { random_below(seed, 1000), (uint16_t)random_below(seed, 3), index };
	const uint32_t what = random_below(seed, 100);

	if (what < 50) {
		assert_int_equal(timers_add(t, x), m->n < CAP);
		if (m->n < CAP)
			m->list[m->n++] = x;
	} else if (what < 98) {
		const uint64_t now = random_below(seed, 1000);
		const bool due = m->n && m->list[earliest(m)].t_ns <= now;

		assert_int_equal(timers_pop(t, now, &x), due);
		if (due)
			model_remove(m, &x);
	} else {
		timers_drop(t, 2);
		model_drop(m, 2);
	}
	assert_int_equal(timers_next(t), m->n ? m->list[earliest(m)].t_ns : UINT64_MAX);
}

static void test_random(void **state)
{
	static struct model m;
	struct arena *mem = arena_new(0);
	struct timers t;
	uint32_t seed = 1;

	(void)state;
	timers_init(&t, mem, CAP);
	for (unsigned i = 0; i < 60000; i++)
		random_step(&t, &m, &seed, (uint16_t)i);
	arena_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),   cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),    cmocka_unit_test(test_drop),
		cmocka_unit_test(test_advance), cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
