#include "cuewire/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* An IPv4 address, mapped into IPv6. */
static const uint8_t *address(unsigned n)
{
	static uint8_t a[16];

	memset(a, 0, sizeof(a));
	a[10] = a[11] = 0xFF;
	a[12] = 10;
	a[14] = (uint8_t)(n >> 8);
	a[15] = (uint8_t)n;
	return a;
}

static uint16_t hear(struct peers *p, unsigned n, uint64_t t_ns)
{
	bool displaced = true;
	const uint16_t peer = peers_heard(p, address(n), t_ns, &displaced);

	assert_false(displaced);
	assert_true(peer < PEERS_MAX);
	return peer;
}

static void ping(struct peers *p, unsigned n, uint64_t t_ns)
{
	peers_ping(p, hear(p, n, t_ns), t_ns);
}

static void test_same_and_different(void **state)
{
	struct peers p = { 0 };
	const uint16_t a = hear(&p, 1, S), b = hear(&p, 2, S);

	(void)state;
	assert_int_not_equal(a, b);
	assert_int_equal(hear(&p, 1, 2 * S), a);
	assert_int_equal(hear(&p, 1, 3 * S), a);
	assert_int_equal(hear(&p, 2, 4 * S), b);
}

/* The free places are zeros, and so is this address. */
static void test_address_of_zeros(void **state)
{
	static const uint8_t zeros[16];
	struct peers p = { 0 };
	bool displaced;
	uint16_t a, b;

	(void)state;
	a = hear(&p, 1, S);
	b = peers_heard(&p, zeros, S, &displaced);
	assert_int_not_equal(a, b);
	assert_int_equal(peers_heard(&p, zeros, 2 * S, &displaced), b);
	assert_false(displaced);
}

static void test_without_pings_never(void **state)
{
	struct peers p = { 0 };

	(void)state;
	assert_true(peers_deadline(&p) == UINT64_MAX);
	hear(&p, 1, S);
	ping(&p, 2, S); /* one ping is no interval */
	assert_true(peers_deadline(&p) == UINT64_MAX);
	assert_int_equal(peers_gone(&p, 1000000 * S), -1);
}

static void test_gone_once(void **state)
{
	struct peers p = { 0 };

	(void)state;
	ping(&p, 1, 10 * S);
	ping(&p, 1, 12 * S);
	assert_int_equal(peers_deadline(&p), 18 * S);
	assert_int_equal(peers_gone(&p, 18 * S - 1), -1);
	assert_int_equal(peers_gone(&p, 18 * S), hear(&(struct peers){ 0 }, 1, S));
	assert_int_equal(peers_gone(&p, 100 * S), -1);
	assert_true(peers_deadline(&p) == UINT64_MAX);
}

/* Any packet says that the client lives. */
static void test_packets_count(void **state)
{
	struct peers p = { 0 };

	(void)state;
	ping(&p, 1, 10 * S);
	ping(&p, 1, 12 * S);
	hear(&p, 1, 17 * S);
	assert_int_equal(peers_gone(&p, 22 * S), -1);
	assert_int_equal(peers_deadline(&p), 23 * S);
	assert_int_equal(peers_gone(&p, 23 * S), 0);
}

static void test_back_again(void **state)
{
	struct peers p = { 0 };

	(void)state;
	ping(&p, 1, 10 * S);
	ping(&p, 1, 11 * S);
	assert_int_equal(peers_gone(&p, 14 * S), 0);
	assert_int_equal(peers_gone(&p, 14 * S), -1);
	hear(&p, 1, 100 * S);
	assert_int_equal(peers_deadline(&p), 103 * S); /* the interval is remembered */
	ping(&p, 1, 101 * S);                          /* and the long pause is not one */
	assert_int_equal(peers_gone(&p, 104 * S - 1), -1);
	assert_int_equal(peers_gone(&p, 104 * S), 0);
}

/* The client whose pings came at these times is there until just before `gone`. */
static void check_interval(const uint64_t *pings, size_t n, uint64_t gone)
{
	struct peers p = { 0 };

	for (size_t i = 0; i < n; i++)
		ping(&p, 1, pings[i]);
	assert_true(peers_deadline(&p) <= gone);
	assert_int_equal(peers_gone(&p, gone - 1), -1);
	assert_int_equal(peers_deadline(&p), gone);
	assert_int_equal(peers_gone(&p, gone), 0);
}

static void test_interval_changes(void **state)
{
	(void)state;
	check_interval((uint64_t[]){ 10 * S, 11 * S, 13 * S }, 3, 19 * S); /* slower */
	/* too close to be a measure */
	check_interval((uint64_t[]){ 10 * S, 12 * S, 12 * S + 50 * MS }, 3, 18 * S + 50 * MS);
	check_interval((uint64_t[]){ 10 * S, 12 * S, 12 * S + 500 * MS }, 3, 14 * S); /* faster */
	/* one long pause is an absence, two are how it pings */
	check_interval((uint64_t[]){ 10 * S, 11 * S, 31 * S }, 3, 34 * S);
	check_interval((uint64_t[]){ 10 * S, 11 * S, 31 * S, 51 * S }, 4, 111 * S);
}

static void test_two_gone(void **state)
{
	struct peers p = { 0 };
	bool seen[PEERS_MAX] = { false };

	(void)state;
	for (unsigned n = 1; n <= 3; n++) {
		ping(&p, n, 10 * S);
		ping(&p, n, 11 * S);
	}
	hear(&p, 2, 13 * S);
	assert_int_equal(peers_deadline(&p), 14 * S);
	for (int i = 0; i < 2; i++) {
		const int gone = peers_gone(&p, 15 * S);

		assert_in_range(gone, 0, PEERS_MAX - 1);
		assert_false(seen[gone]);
		seen[gone] = true;
	}
	assert_int_equal(peers_gone(&p, 15 * S), -1);
	assert_false(seen[hear(&p, 2, 15 * S)]);
}

/* A full table: the one that was silent longest makes room, and is forgotten. */
static void test_displaced(void **state)
{
	struct peers p = { 0 };
	bool displaced = false;
	uint16_t third;

	(void)state;
	for (unsigned n = 0; n < PEERS_MAX; n++) {
		ping(&p, n, (10 + n) * S);
		ping(&p, n, (11 + n) * S);
	}
	for (unsigned n = 0; n < PEERS_MAX; n++)
		if (n != 3)
			hear(&p, n, 100 * S);
	third = peers_heard(&p, address(1000), 101 * S, &displaced);
	assert_true(displaced);
	assert_int_equal(hear(&p, 1000, 102 * S), third);
	assert_int_equal(p.list[third].interval_ns, 0); /* its pings were another's */
	for (unsigned n = 0; n < PEERS_MAX; n++)
		if (n != 3)
			assert_int_not_equal(hear(&p, n, 103 * S), third);
	peers_heard(&p, address(3), 104 * S, &displaced);
	assert_true(displaced);
}

/* Many more than there is room for: always within the table, one place for one address. */
static void test_crowd(void **state)
{
	struct peers p = { 0 };
	uint32_t seed = 7;
	bool displaced;

	(void)state;
	for (uint64_t t = 1; t <= 20000; t++) {
		const unsigned n = random_below(&seed, 3 * PEERS_MAX);
		const uint16_t peer = peers_heard(&p, address(n), t * MS, &displaced);

		assert_true(peer < PEERS_MAX);
		for (uint16_t i = 0; i < PEERS_MAX; i++) {
			const bool same = !memcmp(p.list[i].address, address(n), 16);

			assert_int_equal(same && p.list[i].heard_ns, i == peer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_and_different),  cmocka_unit_test(test_address_of_zeros),
		cmocka_unit_test(test_without_pings_never), cmocka_unit_test(test_gone_once),
		cmocka_unit_test(test_packets_count),       cmocka_unit_test(test_back_again),
		cmocka_unit_test(test_interval_changes),    cmocka_unit_test(test_two_gone),
		cmocka_unit_test(test_displaced),           cmocka_unit_test(test_crowd),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
