#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuewire/clock.h"
#include "cuewire/ring.h"

static bool push(struct ring *r, int v)
{
	int *slot = ring_slot(r);

	assert_non_null(slot);
	*slot = v;
	return ring_push(r);
}

static void pop(struct ring *r, int expected)
{
	const int *v = ring_peek(r);

	assert_non_null(v);
	assert_int_equal(*v, expected);
	ring_pop(r);
}

static void keeps_order_and_bounds(void **state)
{
	struct ring *r = ring_new(4, sizeof(int));
	int next = 0;

	(void)state;
	assert_null(ring_peek(r));
	/* full, half empty, full again: many times round, so that every index meets the edge */
	for (int i = 0; i < 4; i++)
		push(r, i);
	for (int round = 0; round < 100; round++) {
		assert_null(ring_slot(r));
		pop(r, next++);
		pop(r, next++);
		push(r, next + 2);
		assert_ptr_equal(ring_slot(r), ring_slot(r));
		push(r, next + 3);
	}
	for (int i = 0; i < 4; i++)
		pop(r, next++);
	assert_null(ring_peek(r));
	ring_free(r);
	ring_free(NULL);
}

static void a_slot_is_not_visible_before_its_push(void **state)
{
	struct ring *r = ring_new(2, sizeof(int));

	(void)state;
	*(int *)ring_slot(r) = 5;
	assert_null(ring_peek(r));
	ring_push(r);
	pop(r, 5);
	ring_free(r);
}

static void push_says_when_to_wake(void **state)
{
	struct ring *r = ring_new(4, sizeof(int));

	(void)state;
	assert_true(push(r, 1));
	assert_false(push(r, 2));
	pop(r, 1);
	assert_false(push(r, 3));
	pop(r, 2);
	pop(r, 3);
	assert_true(push(r, 4)); /* also before the reader has peeked once more */
	pop(r, 4);
	assert_null(ring_peek(r));
	assert_true(push(r, 5));
	ring_free(r);
}

static void one_slot_and_odd_sizes(void **state)
{
	static const size_t sizes[] = { 1, 3, 16, 17, 500 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct ring *r = ring_new(1, sizes[i]);

		for (int k = 0; k < 3; k++) {
			unsigned char *slot = ring_slot(r);

			assert_int_equal((uintptr_t)slot % _Alignof(max_align_t), 0);
			slot[sizes[i] - 1] = (unsigned char)k;
			assert_true(ring_push(r));
			assert_null(ring_slot(r));
			assert_int_equal(((const unsigned char *)ring_peek(r))[sizes[i] - 1], k);
			ring_pop(r);
		}
		ring_free(r);
	}
}

/* ---- two threads ---- */

#define ITEMS 10000
#define PATIENCE_MS 10000

struct item {
	int n;
	int check[5]; /* all ~n: an item is seen whole */
};

/* Returns what ring_push did. */
static bool push_item(struct ring *r, int n)
{
	struct item *slot;

	while (!(slot = ring_slot(r)))
		sched_yield();
	slot->n = n;
	for (int k = 0; k < 5; k++)
		slot->check[k] = ~n;
	return ring_push(r);
}

/* Pops all there is; *next: the item that is due. */
static const char *pop_items(struct ring *r, int *next)
{
	const struct item *i;

	while ((i = ring_peek(r))) {
		if (i->n != *next)
			return "an item is lost or there twice";
		for (int k = 0; k < 5; k++)
			if (i->check[k] != ~*next)
				return "half an item";
		ring_pop(r);
		++*next;
	}
	return NULL;
}

struct pair {
	struct ring *r;
	int wake[2];
};

static void *write_and_wake(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < ITEMS; i++)
		if (push_item(p->r, i) && write(p->wake[1], "", 1) != 1)
			return p;
	return NULL;
}

/* Sleeps as the header says. */
static const char *read_asleep(struct pair *p)
{
	struct pollfd fd = { .fd = p->wake[0], .events = POLLIN };
	const char *says = NULL;
	int next = 0;

	while (next < ITEMS && !says) {
		char bytes[64];

		if (poll(&fd, 1, PATIENCE_MS) != 1)
			return "a wake-up was missed";
		while (read(p->wake[0], bytes, sizeof(bytes)) > 0)
			;
		says = pop_items(p->r, &next);
	}
	return says;
}

static void a_thread_to_another(void **state)
{
	static const size_t slots[] = { 256, 2, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
		struct pair p = { .r = ring_new(slots[i], sizeof(struct item)) };
		const char *says;
		void *failed;
		pthread_t t;

		assert_int_equal(pipe(p.wake), 0);
		assert_int_equal(fcntl(p.wake[0], F_SETFL, O_NONBLOCK), 0);
		assert_int_equal(pthread_create(&t, NULL, write_and_wake, &p), 0);
		says = read_asleep(&p);
		if (says)
			fail_msg("%s", says);
		assert_int_equal(pthread_join(t, &failed), 0);
		assert_null(failed);
		close(p.wake[0]);
		close(p.wake[1]);
		ring_free(p.r);
	}
}

/* ---- the race for the wake-up ---- */

/* In each round the writer pushes twice and then stands still until both are read, so that nothing
 * later makes up for a wake-up that the second push owed: it falls, at ever other distances, on the
 * moment when the reader pops the first and looks for more. No system calls in between, as these
 * would order the memory. */
struct race {
	struct ring *r;
	atomic_int wakes, seen;
	atomic_bool over;
};

#define ROUNDS 50000

static void linger(int turns)
{
	for (volatile int i = 0; i < turns; i++)
		;
}

static void *race_writer(void *arg)
{
	struct race *x = arg;

	for (int i = 0; i < ROUNDS && !x->over; i++) {
		if (push_item(x->r, 2 * i))
			x->wakes++;
		linger(i % 200);
		if (push_item(x->r, 2 * i + 1))
			x->wakes++;
		for (unsigned turn = 1; !x->over; turn++) {
			if (atomic_load_explicit(&x->seen, memory_order_acquire) == 2 * i + 2)
				break;
			if (turn % 1024 == 0)
				sched_yield();
		}
	}
	return NULL;
}

static const char *await_wake(struct race *x, int *had)
{
	const uint64_t end = clock_ns() + UINT64_C(1000000) * PATIENCE_MS;

	for (unsigned long turn = 1; x->wakes == *had; turn++)
		if (turn % 1024 == 0) {
			if (clock_ns() > end)
				return "a wake-up was missed";
			sched_yield();
		}
	*had = x->wakes;
	return NULL;
}

static void a_push_during_the_last_pop_wakes(void **state)
{
	struct race x = { .r = ring_new(16, sizeof(struct item)) };
	const char *says = NULL;
	int next = 0, had = 0;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, race_writer, &x), 0);
	while (next < 2 * ROUNDS && !says) {
		says = await_wake(&x, &had);
		if (!says)
			says = pop_items(x.r, &next);
		atomic_store_explicit(&x.seen, next, memory_order_release);
	}
	x.over = true;
	assert_int_equal(pthread_join(t, NULL), 0);
	if (says)
		fail_msg("%s", says);
	ring_free(x.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_and_bounds),
		cmocka_unit_test(a_slot_is_not_visible_before_its_push),
		cmocka_unit_test(push_says_when_to_wake),
		cmocka_unit_test(one_slot_and_odd_sizes),
		cmocka_unit_test(a_thread_to_another),
		cmocka_unit_test(a_push_during_the_last_pop_wakes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
