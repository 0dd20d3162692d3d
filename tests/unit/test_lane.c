#include "cuewire/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

#define CONTROLS 8

static struct msg fader(uint16_t control, float v)
{
	return (struct msg){ .control = control, .value = v, .last_wins = true };
}

static struct msg press(uint16_t control, float v)
{
	return (struct msg){ .control = control,
		             .value = v,
		             .edge = v >= 0.5f ? EDGE_PRESS : EDGE_RELEASE };
}

static enum lane_result push(struct lane *l, struct msg p)
{
	struct msg old;

	return lane_push(l, &p, &old);
}

static void expect(const struct msg *p, uint16_t control, float v)
{
	assert_non_null(p);
	assert_int_equal(p->control, control);
	assert_true(p->value == v);
}

/* ---- what is promised, one by one ---- */

static void test_empty(void **state)
{
	struct lane l;
	struct msg x;

	(void)state;
	lane_init(&l, CONTROLS);
	assert_null(lane_next(&l));
	assert_false(lane_done(&l, &x));
	assert_false(lane_drain(&l, &x));
	lane_finish(&l);
}

static void test_window(void **state)
{
	struct lane l;
	struct msg x;

	(void)state;
	lane_init(&l, CONTROLS);
	for (int i = 0; i < LINK_WINDOW + 2; i++)
		assert_int_equal(push(&l, press(0, (float)i)), LANE_QUEUED);
	for (int i = 0; i < LINK_WINDOW; i++)
		expect(lane_next(&l), 0, (float)i);
	assert_null(lane_next(&l));
	assert_true(lane_done(&l, &x));
	expect(&x, 0, 0);
	expect(lane_next(&l), 0, LINK_WINDOW);
	assert_null(lane_next(&l));
	lane_finish(&l);
}

static void test_coalesces(void **state)
{
	struct lane l;
	struct msg old, p = fader(1, 0.3f);

	(void)state;
	lane_init(&l, CONTROLS);
	assert_int_equal(push(&l, fader(1, 0.1f)), LANE_QUEUED);
	assert_int_equal(push(&l, fader(2, 0.2f)), LANE_QUEUED);
	assert_int_equal(lane_push(&l, &p, &old), LANE_COALESCED);
	expect(&old, 1, 0.1f);
	expect(lane_next(&l), 1, 0.3f);
	/* what is under way is out of reach */
	assert_int_equal(push(&l, fader(1, 0.4f)), LANE_QUEUED);
	expect(lane_next(&l), 2, 0.2f);
	expect(lane_next(&l), 1, 0.4f);
	assert_null(lane_next(&l));
	lane_finish(&l);
}

/* "Sync, then cue, then sync off" must not become "sync off, cue". */
static void test_order_across_edges(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, CONTROLS);
	assert_int_equal(push(&l, fader(1, 1)), LANE_QUEUED);
	assert_int_equal(push(&l, press(0, 1)), LANE_QUEUED);
	assert_int_equal(push(&l, fader(1, 0)), LANE_QUEUED);
	assert_int_equal(push(&l, fader(1, 0.5f)), LANE_COALESCED);
	expect(lane_next(&l), 1, 1);
	expect(lane_next(&l), 0, 1);
	expect(lane_next(&l), 1, 0.5f);
	assert_null(lane_next(&l));
	lane_finish(&l);
}

static void test_edges_bounded(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, CONTROLS);
	for (int i = 0; i < LANE_EDGES_MAX; i++)
		assert_int_equal(push(&l, press(0, (float)(i & 1))), LANE_QUEUED);
	assert_int_equal(push(&l, press(0, 0)), LANE_FULL);
	assert_int_equal(push(&l, fader(1, 0.5f)), LANE_QUEUED); /* a last value always fits */
	assert_non_null(lane_next(&l));
	assert_int_equal(push(&l, press(0, 0)), LANE_QUEUED);
	assert_int_equal(push(&l, press(0, 0)), LANE_FULL);
	lane_finish(&l);
}

static void test_drain(void **state)
{
	struct lane l;
	struct msg x;

	(void)state;
	lane_init(&l, CONTROLS);
	for (int i = 0; i < LINK_WINDOW + 3; i++)
		push(&l, press(0, (float)i));
	while (lane_next(&l))
		;
	for (int i = 0; i < LINK_WINDOW + 3; i++) {
		assert_true(lane_drain(&l, &x));
		expect(&x, 0, (float)i);
	}
	assert_false(lane_drain(&l, &x));
	/* and it works on */
	push(&l, fader(3, 0.5f));
	expect(lane_next(&l), 3, 0.5f);
	assert_true(lane_done(&l, &x));
	lane_finish(&l);
}

/* ---- a million random operations against a list ---- */

#define MODEL_MAX (2 * (CONTROLS + LANE_EDGES_MAX))
#define ROUND 50000 /* operations before it is emptied */

/* What waits, in order, from head on; and every control's last value that was pushed and that
 * came out. */
struct model {
	struct msg list[ROUND];
	size_t head, n, edges, under_way;
	struct msg way[LINK_WINDOW];
	float pushed[CONTROLS], popped[CONTROLS];
};

/* The newest waiting value of the control, if it may be replaced; else NULL. */
static struct msg *replaceable(struct model *m, uint16_t control)
{
	for (size_t i = m->n; i-- > 0;) {
		struct msg *p = &m->list[m->head + i];

		if (!p->last_wins && m->n < MODEL_MAX / 2)
			return NULL;
		if (p->last_wins && p->control == control)
			return p;
	}
	return NULL;
}

static enum lane_result model_push(struct model *m, const struct msg *p)
{
	struct msg *old = p->last_wins ? replaceable(m, p->control) : NULL;

	if (!p->last_wins && m->edges == LANE_EDGES_MAX)
		return LANE_FULL;
	m->pushed[p->control] = p->value;
	if (old) {
		*old = *p;
		return LANE_COALESCED;
	}
	assert_true(m->n < MODEL_MAX);
	m->edges += !p->last_wins;
	m->list[m->head + m->n++] = *p;
	return LANE_QUEUED;
}

static void check_same(const struct msg *a, const struct msg *b)
{
	assert_int_equal(a->t_ns, b->t_ns);
	assert_int_equal(a->control, b->control);
	assert_int_equal(a->last_wins, b->last_wins);
}

static void model_next(struct model *m, struct lane *l)
{
	const struct msg *p = lane_next(l);

	if (!m->n || m->under_way == LINK_WINDOW) {
		assert_null(p);
		return;
	}
	assert_non_null(p);
	check_same(p, &m->list[m->head]);
	m->popped[p->control] = p->value;
	m->edges -= !p->last_wins;
	m->way[m->under_way++] = *p;
	m->head++;
	m->n--;
}

static void model_done(struct model *m, struct lane *l)
{
	struct msg x;

	assert_int_equal(lane_done(l, &x), m->under_way > 0);
	if (!m->under_way)
		return;
	check_same(&x, &m->way[0]);
	memmove(m->way, m->way + 1, --m->under_way * sizeof(*m->way));
}

/* Controls 0..2 are buttons or encoders, the others faders and switches. */
static void random_push(struct model *m, struct lane *l, uint32_t *seed, uint64_t t)
{
	const uint16_t control = (uint16_t)random_below(seed, CONTROLS);
	const float v = (float)random_below(seed, 1000) / 1000;
	struct msg p = control < 3 ? press(control, v) : fader(control, v), old;

	p.t_ns = t;
	assert_int_equal(lane_push(l, &p, &old), model_push(m, &p));
}

static void empty_out(struct model *m, struct lane *l)
{
	while (m->n || m->under_way) {
		model_next(m, l);
		model_done(m, l);
	}
	for (size_t c = 3; c < CONTROLS; c++)
		assert_true(m->popped[c] == m->pushed[c]);
	m->head = 0;
}

/* Pushing and writing are fast by turns, so that the queue is empty, full and in between. */
static void test_random(void **state)
{
	static struct model m;
	struct lane l;
	uint32_t seed = 12345;
	size_t most = 0;

	(void)state;
	lane_init(&l, CONTROLS);
	for (uint64_t t = 0; t < 1000000; t++) {
		const uint32_t pushes = t / 10000 % 2 ? 32 : 68;
		const uint32_t what = random_below(&seed, 100);

		if (what < pushes)
			random_push(&m, &l, &seed, t);
		else if (what % 2)
			model_next(&m, &l);
		else
			model_done(&m, &l);
		most = l.n > most ? l.n : most;
		assert_int_equal(l.n, m.n);
		assert_true(l.under_way == m.under_way && l.under_way <= LINK_WINDOW);
		if (t % ROUND == ROUND - 1)
			empty_out(&m, &l);
	}
	assert_true(most > l.cap / 2); /* else it has not tried what matters */
	lane_finish(&l);
}

/* The worst for the bound: edges and values take turns, so that nothing coalesces until it is
 * half full, then every control has its value waiting and every edge its place. */
static void test_never_overflows(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, CONTROLS);
	for (int i = 0; i < 4 * LANE_EDGES_MAX; i++) {
		push(&l, fader((uint16_t)(3 + i % 5), (float)i));
		push(&l, press(0, (float)(i & 1)));
		assert_true(l.n <= l.cap);
		assert_true(l.edges <= LANE_EDGES_MAX);
	}
	for (uint16_t c = 0; c < CONTROLS; c++)
		push(&l, fader(c, 0.25f));
	assert_true(l.n <= l.cap);
	lane_finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),         cmocka_unit_test(test_window),
		cmocka_unit_test(test_coalesces),     cmocka_unit_test(test_order_across_edges),
		cmocka_unit_test(test_edges_bounded), cmocka_unit_test(test_drain),
		cmocka_unit_test(test_random),        cmocka_unit_test(test_never_overflows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
