#include "cuewire/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

#define CONTROLS 8
#define ANY SIZE_MAX
#define MS UINT64_C(1000000)

static struct arena *mem;

static int make_memory(void **state)
{
	(void)state;
	mem = arena_new(0);
	return 0;
}

static int free_memory(void **state)
{
	(void)state;
	arena_free(mem);
	return 0;
}

static struct msg of(enum waits waits, uint64_t t_ns, uint16_t control, float v)
{
	return (struct msg){ .t_ns = t_ns,
		             .control = control,
		             .key = control,
		             .value = v,
		             .waits = (uint8_t)waits,
		             .len = 3 };
}

static struct msg fader(uint64_t t_ns, uint16_t control, float v)
{
	return of(WAITS_BEHIND, t_ns, control, v);
}

static struct msg toggle(uint64_t t_ns, uint16_t control, float v)
{
	return of(WAITS_LATEST, t_ns, control, v);
}

static struct msg step(uint64_t t_ns, uint16_t control)
{
	return of(WAITS_ALL, t_ns, control, 1);
}

static struct msg button(uint64_t t_ns, uint16_t control, bool on)
{
	struct msg m = of(WAITS_ALL, t_ns, control, on);

	m.edge = on ? EDGE_PRESS : EDGE_RELEASE;
	return m;
}

static enum lane_result push(struct lane *l, struct msg m)
{
	struct msg old;

	return lane_push(l, &m, &old);
}

#define assert_queued(l, m) assert_int_equal(push(l, m), LANE_QUEUED)

static void expect(struct lane *l, uint64_t now_ns, enum lane_turn turn, uint16_t control, float v)
{
	const struct msg *m;

	assert_int_equal(lane_next(l, now_ns, ANY, &m), turn);
	assert_int_equal(m->control, control);
	assert_true(m->value == v);
}

static void expect_nothing(struct lane *l)
{
	const struct msg *m;

	assert_int_equal(lane_next(l, 0, ANY, &m), LANE_NOTHING);
}

static void finish_all(struct lane *l)
{
	struct msg m;

	while (lane_done(l, true, &m))
		;
}

/* ---- what is promised, one by one ---- */

static void test_empty(void **state)
{
	struct lane l;
	struct msg m;
	bool under_way;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	expect_nothing(&l);
	assert_false(lane_done(&l, true, &m));
	assert_false(lane_drain(&l, &m, &under_way));
	assert_int_equal(lane_backlog(&l), 0);
}

static void test_window(void **state)
{
	struct lane l;
	struct msg m;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (uint16_t i = 0; i < LINK_WINDOW + 2; i++)
		assert_queued(&l, step(1, i % CONTROLS));
	for (uint16_t i = 0; i < LINK_WINDOW; i++)
		expect(&l, 1, LANE_WRITE, i % CONTROLS, 1);
	expect_nothing(&l);
	assert_true(lane_done(&l, true, &m));
	assert_int_equal(m.control, 0);
	expect(&l, 1, LANE_WRITE, LINK_WINDOW % CONTROLS, 1);
	expect_nothing(&l);
}

static void test_fader_coalesces(void **state)
{
	struct lane l;
	struct msg old, m = fader(3, 1, 0.3f);

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, fader(1, 1, 0.1f));
	assert_queued(&l, fader(2, 2, 0.2f));
	assert_int_equal(lane_push(&l, &m, &old), LANE_COALESCED);
	assert_true(old.control == 1 && old.value == 0.1f);
	expect(&l, 3, LANE_WRITE, 1, 0.3f);
	/* what is under way is out of reach */
	assert_queued(&l, fader(4, 1, 0.4f));
	expect(&l, 4, LANE_WRITE, 2, 0.2f);
	expect(&l, 4, LANE_WRITE, 1, 0.4f);
	expect_nothing(&l);
}

static void test_buttons_first(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, fader(1, 1, 0.1f));
	assert_queued(&l, fader(1, 2, 0.2f));
	assert_queued(&l, button(2, 0, true));
	assert_queued(&l, toggle(3, 4, 1));
	expect(&l, 3, LANE_WRITE, 0, 1);
	expect(&l, 3, LANE_WRITE, 4, 1);
	expect(&l, 3, LANE_WRITE, 1, 0.1f);
	expect(&l, 3, LANE_WRITE, 2, 0.2f);
	expect_nothing(&l);
}

/* What a step moved before its button goes before it; what it moves afterwards does not. */
static void test_step_keeps_order(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, fader(1, 1, 0.1f));
	assert_queued(&l, fader(2, 2, 0.2f));
	assert_queued(&l, fader(2, 3, 0.3f));
	assert_queued(&l, button(2, 0, true));
	assert_queued(&l, fader(2, 2, 0.9f));
	expect(&l, 2, LANE_WRITE, 2, 0.2f);
	expect(&l, 2, LANE_WRITE, 3, 0.3f);
	expect(&l, 2, LANE_WRITE, 0, 1);
	expect(&l, 2, LANE_WRITE, 1, 0.1f);
	expect(&l, 2, LANE_WRITE, 2, 0.9f);
	expect_nothing(&l);
}

/* "Sync, then cue, then sync off" must not become "sync off, cue". */
static void test_switches_keep_order(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, toggle(1, 1, 1));
	assert_queued(&l, button(2, 0, true));
	assert_queued(&l, toggle(3, 1, 0));
	assert_int_equal(push(&l, toggle(4, 1, 1)), LANE_COALESCED);
	expect(&l, 4, LANE_WRITE, 1, 1);
	expect(&l, 4, LANE_WRITE, 0, 1);
	expect(&l, 4, LANE_WRITE, 1, 1);
	expect_nothing(&l);
}

/* A flood of steps does not keep a fader for ever. */
static void test_faders_have_turns(void **state)
{
	struct lane l;
	struct msg m;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, fader(1, 1, 0.1f));
	for (int i = 0; i < 2 * LANE_TURNS; i++)
		assert_queued(&l, step(2, 0));
	for (int i = 0; i < LANE_TURNS; i++) {
		expect(&l, 2, LANE_WRITE, 0, 1);
		assert_true(lane_done(&l, true, &m));
	}
	expect(&l, 2, LANE_WRITE, 1, 0.1f);
	expect(&l, 2, LANE_WRITE, 0, 1);
}

static void test_room(void **state)
{
	struct lane l;
	const struct msg *m;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, fader(1, 1, 0.1f));
	assert_int_equal(lane_next(&l, 1, 2, &m), LANE_NO_ROOM);
	assert_int_equal(m->len, 3);
	assert_int_equal(lane_backlog(&l), 1);
	assert_int_equal(lane_next(&l, 1, 3, &m), LANE_WRITE);
}

/* ---- what expires ---- */

#define LATE (LANE_EXPIRES_NS + 2)

static void test_pair_expires(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, button(1, 0, true));
	assert_queued(&l, button(2, 0, false));
	assert_queued(&l, step(2, 3));
	assert_queued(&l, toggle(2, 4, 1));
	expect(&l, LATE + 1, LANE_EXPIRED, 0, 1);
	expect(&l, LATE + 1, LANE_EXPIRED, 0, 0);
	expect(&l, LATE + 1, LANE_EXPIRED, 3, 1);
	expect(&l, LATE + 1, LANE_WRITE, 4, 1);
	assert_false(lane_owes_release(&l, 0));
}

/* The release that comes after its press has expired, and the next pair, which has not. */
static void test_release_follows_its_press(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, button(1, 0, true));
	expect(&l, LATE, LANE_EXPIRED, 0, 1);
	assert_queued(&l, button(LATE, 0, false));
	expect(&l, LATE, LANE_EXPIRED, 0, 0);
	assert_queued(&l, button(LATE, 0, true));
	assert_queued(&l, button(LATE, 0, false));
	expect(&l, LATE, LANE_WRITE, 0, 1);
	expect(&l, LATE, LANE_WRITE, 0, 0);
}

static void test_release_never_expires(void **state)
{
	struct lane l;
	struct msg m;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, button(1, 0, true));
	expect(&l, 1, LANE_WRITE, 0, 1);
	assert_queued(&l, button(2, 0, false));
	expect(&l, 1000 * MS * 1000, LANE_WRITE, 0, 0);
	assert_true(lane_owes_release(&l, 0));
	assert_true(lane_done(&l, true, &m));
	assert_true(lane_done(&l, true, &m));
	assert_false(lane_owes_release(&l, 0));
	/* One that nobody pressed does no harm, and is wanted. */
	assert_queued(&l, button(3, 1, false));
	expect(&l, 1000 * MS * 1000, LANE_WRITE, 1, 0);
}

static void test_edges_bounded(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (int i = 0; i < LANE_EDGES_MAX; i++) {
		assert_queued(&l, button(1, 0, true));
		assert_queued(&l, button(1, 0, false));
	}
	assert_int_equal(push(&l, step(1, 2)), LANE_FULL);
	assert_int_equal(push(&l, button(1, 1, true)), LANE_FULL);
	assert_queued(&l, button(1, 1, false));
	assert_int_equal(push(&l, button(1, 1, false)), LANE_COALESCED);
	assert_queued(&l, fader(1, 3, 0.5f)); /* a last value always fits */
	assert_queued(&l, toggle(1, 4, 1));
	expect(&l, 1, LANE_WRITE, 0, 1);
	assert_queued(&l, step(1, 2));
	assert_int_equal(push(&l, step(1, 2)), LANE_FULL);
}

/* A press that found no place takes its release along. */
static void test_refused_press(void **state)
{
	struct lane l;
	const struct msg *m;
	enum lane_turn turn;
	struct msg done;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (int i = 0; i < LANE_EDGES_MAX; i++)
		assert_queued(&l, step(1, 2));
	assert_int_equal(push(&l, button(1, 1, true)), LANE_FULL);
	assert_queued(&l, button(1, 1, false));
	while ((turn = lane_next(&l, 1, ANY, &m)) == LANE_WRITE) {
		assert_int_equal(m->control, 2);
		lane_done(&l, true, &done);
	}
	assert_int_equal(turn, LANE_EXPIRED);
	assert_int_equal(m->edge, EDGE_RELEASE);
}

static void test_drain(void **state)
{
	struct lane l;
	struct msg m;
	bool under_way;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	assert_queued(&l, button(1, 0, true));
	expect(&l, 1, LANE_WRITE, 0, 1);
	assert_queued(&l, fader(2, 5, 0.5f));
	assert_queued(&l, button(3, 0, false));
	assert_queued(&l, button(4, 1, true));
	for (int i = 0; i < 4; i++) {
		static const uint16_t order[] = { 0, 0, 1, 5 };

		assert_true(lane_drain(&l, &m, &under_way));
		assert_int_equal(m.control, order[i]);
		assert_int_equal(under_way, i == 0);
	}
	assert_false(lane_drain(&l, &m, &under_way));
	/* The press of 0 may have been written, that of 1 was not. */
	assert_true(lane_owes_release(&l, 0));
	assert_false(lane_owes_release(&l, 1));
	assert_queued(&l, button(5, 0, false));
	expect(&l, 5, LANE_WRITE, 0, 0);
	finish_all(&l);
	assert_false(lane_owes_release(&l, 0));
}

/* A release that is written pays for its own press, not for the next one that is under way. */
static void test_owes_the_second(void **state)
{
	struct lane l;
	struct msg m;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (uint64_t t = 1; t < 5; t++) {
		assert_queued(&l, button(t, 0, t % 2));
		expect(&l, t, LANE_WRITE, 0, (float)(t % 2));
	}
	assert_true(lane_done(&l, true, &m));
	assert_true(lane_done(&l, true, &m));
	assert_true(lane_owes_release(&l, 0));
	assert_true(lane_done(&l, true, &m));
	assert_true(lane_owes_release(&l, 0));
	assert_true(lane_done(&l, true, &m));
	assert_false(lane_owes_release(&l, 0));
}

/* ---- a million random operations ---- */

#define BUTTONS 3 /* controls 0..2; 3 is an encoder, 4 and 5 are switches, 6 and 7 faders */

struct model {
	uint64_t now;
	bool on[CONTROLS];                         /* buttons, as pushed last */
	bool written_on[CONTROLS];                 /* and as written last */
	float pushed[CONTROLS], written[CONTROLS]; /* of the others */
	uint64_t in, out;                          /* edges and steps */
	uint64_t last_edge_ns;                     /* of the last one that came out: order */
};

static void model_push(struct model *m, struct lane *l, uint32_t *seed)
{
	const uint16_t c = (uint16_t)random_below(seed, CONTROLS);
	const float v = (float)random_below(seed, 1000) / 1000;
	enum lane_result how;

	if (c < BUTTONS) {
		m->on[c] = !m->on[c];
		how = push(l, button(m->now, c, m->on[c]));
	} else if (c == BUTTONS) {
		how = push(l, step(m->now, c));
	} else {
		m->pushed[c] = v;
		assert_true(push(l, c < 6 ? toggle(m->now, c, v) : fader(m->now, c, v)) !=
		            LANE_FULL);
		return;
	}
	m->in++;
	m->out += how != LANE_QUEUED;
}

/* What comes out keeps its order, and nothing is pressed twice. */
static void model_next(struct model *m, struct lane *l)
{
	const struct msg *x;
	const enum lane_turn turn = lane_next(l, m->now, ANY, &x);

	if (turn == LANE_NOTHING)
		return;
	assert_true(turn == LANE_WRITE || x->waits == WAITS_ALL);
	if (x->waits != WAITS_ALL) {
		m->written[x->control] = x->value;
		return;
	}
	assert_true(x->t_ns > m->last_edge_ns);
	m->last_edge_ns = x->t_ns;
	m->out++;
	if (turn == LANE_WRITE && x->control < BUTTONS) {
		assert_true(x->edge == EDGE_RELEASE || !m->written_on[x->control]);
		m->written_on[x->control] = x->edge == EDGE_PRESS;
	}
}

static void model_empty(struct model *m, struct lane *l)
{
	while (lane_backlog(l) || l->under_way) {
		model_next(m, l);
		finish_all(l);
	}
	assert_int_equal(m->in, m->out);
	for (uint16_t c = 0; c < BUTTONS; c++)
		assert_true(m->on[c] || !m->written_on[c]);
	for (uint16_t c = BUTTONS + 1; c < CONTROLS; c++)
		assert_true(m->written[c] == m->pushed[c]);
}

/* Pushing and writing are fast by turns, so that it is empty, full and in between, and time goes
 * fast enough for some to expire. */
static void test_random(void **state)
{
	struct model m = { .now = 1 };
	struct lane l;
	uint32_t seed = 12345;
	uint64_t expired = 0;
	size_t most = 0;
	struct msg done;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (int i = 0; i < 1000000; i++) {
		const uint32_t pushes = i / 10000 % 2 ? 32 : 68;
		const uint32_t what = random_below(&seed, 100);
		const uint64_t out = m.out;

		m.now += random_below(&seed, 1000000) ? 1 + MS / 4 : 1000 * MS;
		if (what < pushes)
			model_push(&m, &l, &seed);
		else if (what % 2)
			model_next(&m, &l);
		else
			lane_done(&l, true, &done);
		expired += m.out - out;
		most = l.n > most ? l.n : most;
		assert_true(l.n <= l.cap && l.under_way <= LINK_WINDOW &&
		            l.edges <= LANE_EDGES_MAX);
		if (i % 50000 == 49999)
			model_empty(&m, &l);
	}
	assert_true(most > LANE_EDGES_MAX &&
	            expired > 1000); /* else it has not tried what matters */
}

/* The worst for the bound: edges and values take turns, so that nothing coalesces until it is
 * half full, then every control has its value waiting and every edge its place. */
static void test_never_overflows(void **state)
{
	struct lane l;

	(void)state;
	lane_init(&l, mem, CONTROLS);
	for (uint64_t i = 1; i < 8 * LANE_EDGES_MAX; i++) {
		for (uint16_t c = 5; c < CONTROLS; c++)
			push(&l, fader(i, c, (float)i));
		push(&l, toggle(i, 4, (float)i));
		push(&l, button(i, (uint16_t)(i % 4), true));
		push(&l, button(i, (uint16_t)(i % 4), false));
		assert_true(l.n <= l.cap);
	}
	for (uint16_t c = 0; c < CONTROLS; c++)
		push(&l, toggle(1, c, 0.25f));
	assert_true(l.n > l.cap / 2 && l.n <= l.cap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_fader_coalesces),
		cmocka_unit_test(test_buttons_first),
		cmocka_unit_test(test_step_keeps_order),
		cmocka_unit_test(test_switches_keep_order),
		cmocka_unit_test(test_faders_have_turns),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_pair_expires),
		cmocka_unit_test(test_release_follows_its_press),
		cmocka_unit_test(test_release_never_expires),
		cmocka_unit_test(test_edges_bounded),
		cmocka_unit_test(test_refused_press),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_owes_the_second),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_never_overflows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lane", tests, make_memory, free_memory);
}
