/* What liblo sends is read: most programs that speak OSC are built on it. */
#include "cuewire/osc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <lo/lo.h>

#include <cmocka.h>

#include "osc_text.h"

static void expect_lo(lo_message lo, const char *address, const char *text)
{
	size_t len;
	uint8_t *p = lo_message_serialise(lo, address, NULL, &len);
	uint8_t *q = exact(p, len);
	struct text t = { .len = 0 };
	struct osc_msg m;
	const char *why = osc_read(&m, q, len);

	if (why)
		fail_msg("liblo's \"%s\" is %s", text, why);
	say_msg(&t, &m);
	assert_string_equal(t.s, text);
	free(q);
	free(p);
	lo_message_free(lo);
}

static lo_message lo_all_types(void)
{
	const lo_timetag tag = { 0x83AA7E80, 0x40000000 };
	lo_blob blob = lo_blob_new(5, "\1\2\3\4\5");
	lo_message m = lo_message_new();

	lo_message_add_int32(m, -123456789);
	lo_message_add_float(m, 0.5f);
	lo_message_add_string(m, "Cue A");
	lo_message_add_blob(m, blob);
	lo_message_add_int64(m, INT64_MIN);
	lo_message_add_timetag(m, tag);
	lo_message_add_double(m, 0.1);
	lo_message_add_symbol(m, "sym");
	lo_message_add_char(m, 'x');
	lo_message_add_midi(m, (uint8_t[]){ 1, 0xB0, 7, 64 });
	lo_message_add_true(m);
	lo_message_add_false(m);
	lo_message_add_nil(m);
	lo_message_add_infinitum(m);
	lo_blob_free(blob);
	return m;
}

static void test_liblo_messages(void **state)
{
	lo_message m;

	(void)state;
	expect_lo(lo_all_types(), "/deck/a/all",
	          "/deck/a/all i:-123456789 f:0.5 s:\"Cue A\" b:0102030405"
	          " h:-9223372036854775808 t:9487534654304026624 d:0.1 S:\"sym\" c:120"
	          " m:01b00740 T:1 F:0 N I");
	expect_lo(lo_message_new(), "/nothing", "/nothing");
	expect_lo(lo_message_new(), "/*/[a-d]", "~/*/[a-d]");

	m = lo_message_new();
	lo_message_add(m, "sff", "", 0.25, 1.0);
	expect_lo(m, "/x", "/x s:\"\" f:0.25 f:1");
}

/* Addresses and strings of every length round a word, where padding is easily got wrong. */
static void test_liblo_padding(void **state)
{
	static const char long_text[] = "/abcdefgh";

	(void)state;
	for (size_t n = 1; n < sizeof(long_text); n++) {
		char text[16];
		struct text want = { .len = 0 };
		lo_message m = lo_message_new();
		lo_blob blob = lo_blob_new((int32_t)n, long_text);

		snprintf(text, sizeof(text), "%.*s", (int)n, long_text);
		say(&want, "%s s:\"%s\" b:", text, text);
		say_bytes(&want, text, n);
		say(&want, " i:5");
		lo_message_add_string(m, text);
		lo_message_add_blob(m, blob);
		lo_message_add_int32(m, 5);
		lo_blob_free(blob);
		expect_lo(m, text, want.s);
	}
}

static void test_liblo_bundle(void **state)
{
	lo_bundle inner = lo_bundle_new((lo_timetag){ 0, 9 }), b = lo_bundle_new(LO_TT_IMMEDIATE);
	lo_message one = lo_message_new(), two = lo_message_new();
	size_t len;
	uint8_t *p;
	struct text t;

	(void)state;
	lo_message_add_float(one, 0.5f);
	lo_message_add_string(two, "x");
	lo_bundle_add_message(b, "/one", one);
	lo_bundle_add_message(inner, "/two", two);
	lo_bundle_add_bundle(b, inner);
	lo_bundle_add_message(b, "/one", one);
	p = lo_bundle_serialise(b, NULL, &len);
	assert_null(take(p, len, &t));
	assert_string_equal(t.s, "1 /one f:0.5; 9 /two s:\"x\"; 1 /one f:0.5");
	free(p);
	lo_bundle_free_recursive(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_liblo_messages),
		cmocka_unit_test(test_liblo_padding),
		cmocka_unit_test(test_liblo_bundle),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
