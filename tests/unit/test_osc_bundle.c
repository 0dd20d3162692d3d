#include "cuewire/osc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "osc_text.h"

#define HEAD "#bundle\0\0\0\0\0\0\0\0\1"
#define MSG_A "\0\0\0\010/a\0\0,\0\0\0" /* an element: "/a" without arguments */

static const struct message good_bundles[] = {
	{ P(HEAD), "" },
	{ P(HEAD MSG_A), "1 /a" },
	{ P("#bundle\0\0\0\0\2\0\0\0\0" MSG_A), "8589934592 /a" },
	{ P(HEAD MSG_A "\0\0\0\014/b\0\0,i\0\0\0\0\0\7"), "1 /a; 1 /b i:7" },
	{ P(HEAD "\0\0\0\020" HEAD MSG_A), "1 /a" },
	{ P(HEAD MSG_A "\0\0\0\034#bundle\0\0\0\0\0\0\0\0\7" MSG_A MSG_A), "1 /a; 7 /a; 1 /a" },
	{ P(HEAD "\0\0\0\044" HEAD "\0\0\0\020#bundle\0\0\0\0\0\0\0\0\7" MSG_A), "1 /a" },
	{ P(HEAD "\0\0\0\060" HEAD "\0\0\0\034#bundle\0\0\0\0\0\0\0\0\7" MSG_A), "7 /a" },
};

static const struct message bad_bundles[] = {
	{ P("#bun"), "a bundle that is cut short" },
	{ P("#bundle\0"), "a bundle that is cut short" },
	{ P("#bundle\0\0\0\0\0"), "a bundle that is cut short" },
	{ P("#bundlf\0\0\0\0\0\0\0\0\1"), "a '#' that does not begin a bundle" },
	{ P("#bundle \0\0\0\0\0\0\0\1"), "a '#' that does not begin a bundle" },
	{ P(HEAD "\0\0\0\0"), "a bundle element of length 0" },
	{ P(HEAD MSG_A "\0\0\0\0"), "a bundle element of length 0" },
	{ P(HEAD "\0\0\0\0" MSG_A), "a bundle element of length 0" },
	{ P(HEAD "\0\0\0\010"), "a bundle element longer than its bundle" },
	{ P(HEAD "\0\0\0\014/a\0\0,\0\0\0"), "a bundle element longer than its bundle" },
	{ P(HEAD "\xff\xff\xff\xfc/a\0\0"), "a bundle element longer than its bundle" },
	{ P(HEAD "\0\0\0\6/a\0\0,\0\0\0"), "a bundle element whose length is not a multiple of 4" },
	{ P(HEAD MSG_A "\0"), "a length that is not a multiple of 4" },
	{ P(HEAD "\0\0\0\010#bundle\0"), "a bundle that is cut short" },
	/* the inner bundle's element is within the packet, but not within the inner bundle */
	{ P(HEAD "\0\0\0\024" HEAD "\0\0\0\010/a\0\0,\0\0\0"),
	  "a bundle element longer than its bundle" },
	{ P(HEAD MSG_A "\0\0\0\010/b\0\0,f\0\0"), "an argument that is cut short" },
	{ P(HEAD MSG_A "\0\0\0\010/b\0\0,f\0\0\x3f\0\0\0"), "an argument that is cut short" },
	{ P(HEAD MSG_A "\0\0\0\010fad\0,\0\0\0"), "an address that does not begin with '/'" },
	{ P(HEAD "\0\0\0\044" HEAD MSG_A "\0\0\0\4ab\0\0" MSG_A),
	  "an address that does not begin with '/'" },
};

static void test_good_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_bundles); i++) {
		const struct message *b = &good_bundles[i];
		uint8_t *p = exact(b->bytes, b->len);
		struct text t;
		const char *why = take(p, b->len, &t);

		if (why)
			fail_msg("good_bundles[%zu] is %s", i, why);
		assert_string_equal(t.s, b->text);
		free(p);
	}
}

/* Nothing of a bad packet happens, not even the good elements before the bad one. */
static void test_bad_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_bundles); i++) {
		const struct message *b = &bad_bundles[i];
		uint8_t *p = exact(b->bytes, b->len);
		struct text t;
		const char *why = take(p, b->len, &t);

		if (!why || strcmp(why, b->text))
			fail_msg("bad_bundles[%zu] is %s", i, why ? why : "good");
		assert_string_equal(t.s, "");
		free(p);
	}
}

/* osc_walk of what was never checked stops at what is bad, within the packet. */
static void test_unchecked_walk(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_bundles); i++) {
		uint8_t *p = exact(bad_bundles[i].bytes, bad_bundles[i].len);
		struct text t = { .len = 0 };

		osc_walk(p, bad_bundles[i].len, walked, &t);
		assert_true(!*t.s || !strcmp(t.s, "1 /a"));
		free(p);
	}
}

static void test_read_refuses_bundles(void **state)
{
	struct osc_msg m;

	(void)state;
	assert_string_equal(osc_read(&m, (const uint8_t *)HEAD, 16),
	                    "a bundle where a message is expected");
}

/* Writes depth bundles, each within the one before. Returns the length. */
static size_t nest(uint8_t *p, size_t depth)
{
	const size_t len = 20 * depth - 4;

	for (size_t i = 0; i < depth; i++, p += 20) {
		const size_t rest = len - 20 * (i + 1);

		memcpy(p, HEAD, 16);
		if (i + 1 < depth)
			memcpy(p + 16, (uint8_t[]){ 0, 0, (uint8_t)(rest >> 8), (uint8_t)rest }, 4);
	}
	return len;
}

static void test_depth(void **state)
{
	static const struct {
		size_t depth;
		const char *why;
	} cases[] = {
		{ 1, NULL },
		{ OSC_DEPTH_MAX, NULL },
		{ OSC_DEPTH_MAX + 1, "bundles nested too deep" },
		{ 100, "bundles nested too deep" },
		{ 3276, "bundles nested too deep" }, /* as many as a packet can hold */
	};
	uint8_t *p = malloc(OSC_PACKET_MAX);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = osc_check(p, nest(p, cases[i].depth));

		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
		else
			assert_null(why);
	}
	free(p);
}

/* Depth is how many are open at once, not how many there are. */
static void test_many_bundles_side_by_side(void **state)
{
	uint8_t p[16 + 100 * 20] = HEAD;
	struct text t;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(p + 16 + 20 * i, "\0\0\0\020" HEAD, 20);
	assert_null(take(p, sizeof(p), &t));
	assert_string_equal(t.s, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_bundles),
		cmocka_unit_test(test_bad_bundles),
		cmocka_unit_test(test_unchecked_walk),
		cmocka_unit_test(test_read_refuses_bundles),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many_bundles_side_by_side),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
