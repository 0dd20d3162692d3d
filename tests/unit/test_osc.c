#include "cuewire/osc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "osc_text.h"

/* ---- messages ---- */

static const struct message good[] = {
	{ P("/1/fader1\0\0\0,f\0\0\x3f\0\0\0"), "/1/fader1 f:0.5" },
	{ P("/a\0\0,\0\0\0"), "/a" },
	{ P("/abc\0\0\0\0,i\0\0\xff\xff\xff\xff"), "/abc i:-1" },
	{ P("/\0\0\0,i\0\0\x7f\xff\xff\xff"), "/ i:2147483647" },
	{ P("/a\0\0,TFNI\0\0\0"), "/a T:1 F:0 N I" },
	{ P("/a\0\0,d\0\0\x3f\xe0\0\0\0\0\0\0"), "/a d:0.5" },
	{ P("/a\0\0,h\0\0\xff\xff\xff\xff\xff\xff\xff\xfe"), "/a h:-2" },
	{ P("/a\0\0,t\0\0\x80\0\0\0\0\0\0\1"), "/a t:9223372036854775809" },
	{ P("/a\0\0,c\0\0\0\0\0A"), "/a c:65" },
	{ P("/a\0\0,rm\0\1\2\3\4\0\x90\x3c\x7f"), "/a r:01020304 m:00903c7f" },
	{ P("/a\0\0,s\0\0hi\0\0"), "/a s:\"hi\"" },
	{ P("/a\0\0,sS\0\0\0\0\0four\0\0\0\0"), "/a s:\"\" S:\"four\"" },
	{ P("/a\0\0,s\0\0\xc3\xa9\0\0"), "/a s:\"\xc3\xa9\"" },
	{ P("/a\0\0,b\0\0\0\0\0\0"), "/a b:" },
	{ P("/a\0\0,b\0\0\0\0\0\4\1\2\3\4"), "/a b:01020304" },
	{ P("/a\0\0,bi\0\0\0\0\1\xff\0\0\0\0\0\0\7"), "/a b:ff i:7" },
	{ P("/a\0\0,ifs\0\0\0\0\0\0\0\1\x40\0\0\0x\0\0\0"), "/a i:1 f:2 s:\"x\"" },

	/* arrays are flattened */
	{ P("/a\0\0,[ff]\0\0\0\x3f\x80\0\0\x40\0\0\0"), "/a f:1 f:2" },
	{ P("/a\0\0,i[[T]F]\0\0\0\0\0\0\0\5"), "/a i:5 T:1 F:0" },
	{ P("/a\0\0,[]\0"), "/a" },

	/* NaN and infinity are well formed; osc_number has no use for them */
	{ P("/a\0\0,f\0\0\x7f\xc0\0\0"), "/a f:nan" },
	{ P("/a\0\0,f\0\0\xff\x80\0\0"), "/a f:-inf" },

	/* no type tag string */
	{ P("/a\0\0"), "/a" },
	{ P("/abc/def\0\0\0\0"), "/abc/def" },
	{ P("/a\0\0\x3f\0\0\0"), "/a f:0.5" },
	{ P("/a\0\0\0\0\0\1\xbf\x80\0\0\0\0\0\0"), "/a i:1 f:-1 i:0" },
	{ P("/a\0\0\xff\xff\xff\xff\x7f\x80\0\0\x80\0\0\0"), "/a i:-1 i:2139095040 i:-2147483648" },
	{ P("/a\0\0\x35\x86\x37\xbd\x35\x86\x37\xbe"), "/a i:897988541 f:1.000000111e-06" },
	{ P("/a\0\0\x4e\x6e\x6b\x28\x4e\x6e\x6b\x29"), "/a f:1000000000 i:1315859241" },

	/* patterns, and characters that are let through */
	{ P("/*/x\0\0\0\0,\0\0\0"), "~/*/x" },
	{ P("/a?\0,\0\0\0"), "~/a?" },
	{ P("/[ab]c\0\0,\0\0\0"), "~/[ab]c" },
	{ P("/abcd{x,y}\0\0,\0\0\0"), "~/abcd{x,y}" },
	{ P("/]}\0,\0\0\0"), "/]}" },
	{ P("/a#b,c~!\0\0\0\0,\0\0\0"), "/a#b,c~!" },
	{ P("//\0\0,\0\0\0"), "//" },
};

static const struct message bad[] = {
	{ P(""), "an empty packet" },
	{ P("/a\0"), "a length that is not a multiple of 4" },
	{ P("/a\0\0,f\0\0\x3f\0\0"), "a length that is not a multiple of 4" },

	{ P("\0\0\0\0"), "an empty address" },
	{ P("\0\0\0\0,f\0\0\x3f\0\0\0"), "an empty address" },
	{ P("fade\0\0\0\0,f\0\0\x3f\0\0\0"), "an address that does not begin with '/'" },
	{ P("*/a\0,\0\0\0"), "an address that does not begin with '/'" },
	{ P("/abc"), "a string without an end" },
	{ P("/abcdef*"), "a string without an end" },
	{ P("/a b\0\0\0\0"), "an address with a character that is not allowed" },
	{ P("/a\tb\0\0\0\0"), "an address with a character that is not allowed" },
	{ P("/a\x7f\0"), "an address with a character that is not allowed" },
	{ P("/abc\xc3\xa9\0\0"), "an address with a character that is not allowed" },
	{ P("/a\0x,\0\0\0"), "padding that is not zero" },
	{ P("/abc\0\0\0x,\0\0\0"), "padding that is not zero" },

	{ P("/a\0\0,TTT"), "a string without an end" },
	{ P("/a\0\0,f\0x\x3f\0\0\0"), "padding that is not zero" },
	{ P("/a\0\0,T\0TT\0\0\0"), "padding that is not zero" },
	{ P("/a\0\0,\0f\0"), "padding that is not zero" },
	{ P("/a\0\0,x\0\0\0\0\0\0"), "an unknown type tag" },
	{ P("/a\0\0,\xff\0\0"), "an unknown type tag" },
	{ P("/a\0\0,,\0\0"), "an unknown type tag" },
	{ P("/a\0\0,[f\0\x3f\0\0\0"), "a '[' that is not closed in the type tags" },
	{ P("/a\0\0,[T[\0\0\0\0"), "a '[' that is not closed in the type tags" },
	{ P("/a\0\0,]\0\0"), "a ']' without '[' in the type tags" },
	{ P("/a\0\0,[]][\0\0\0"), "a ']' without '[' in the type tags" },

	{ P("/a\0\0,f\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,fi\0\x3f\0\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,r\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,d\0\0\x3f\xe0\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,h\0\0\0\0\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,t\0\0\0\0\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,s\0\0"), "a string without an end" },
	{ P("/a\0\0,s\0\0abcd"), "a string without an end" },
	{ P("/a\0\0,s\0\0a\0b\0"), "padding that is not zero" },
	{ P("/a\0\0,b\0\0"), "an argument that is cut short" },
	{ P("/a\0\0,ib\0\0\0\0\1"), "an argument that is cut short" },
	{ P("/a\0\0,b\0\0\0\0\0\1"), "a blob longer than the message" },
	{ P("/a\0\0,b\0\0\0\0\0\5abcd"), "a blob longer than the message" },
	{ P("/a\0\0,b\0\0\xff\xff\xff\xff"), "a blob longer than the message" },
	{ P("/a\0\0,b\0\0\x7f\xff\xff\xfd\1\2\3\4"), "a blob longer than the message" },
	{ P("/a\0\0,b\0\0\0\0\0\2ab\0x"), "padding that is not zero" },

	{ P("/a\0\0,\0\0\0\0\0\0\0"), "bytes left over after the last argument" },
	{ P("/a\0\0,f\0\0\x3f\0\0\0\0\0\0\0"), "bytes left over after the last argument" },
	{ P("/a\0\0,T\0\0\0\0\0\1"), "bytes left over after the last argument" },
};

static void test_good_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		uint8_t *p = exact(good[i].bytes, good[i].len);
		struct text t = { .len = 0 };
		struct osc_msg m;
		const char *why = osc_read(&m, p, good[i].len);

		if (why)
			fail_msg("\"%s\" is %s", good[i].text, why);
		say_msg(&t, &m);
		assert_string_equal(t.s, good[i].text);
		assert_ptr_equal(m.address, p);
		assert_int_equal(m.size, good[i].len);
		free(p);
	}
}

static void test_bad_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t *p = exact(bad[i].bytes, bad[i].len);
		struct osc_msg m;
		const char *why = osc_read(&m, p, bad[i].len);

		if (!why || strcmp(why, bad[i].text))
			fail_msg("bad[%zu] is %s, expected %s", i, why ? why : "good", bad[i].text);
		assert_string_equal(osc_check(p, bad[i].len), bad[i].text);
		free(p);
	}
}

/* A plain message is the same to the walk as it is to osc_read. */
static void test_walk_of_a_message(void **state)
{
	struct text t, want;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		uint8_t *p = exact(good[i].bytes, good[i].len);

		want = (struct text){ .len = 0 };
		say(&want, "1 %s", good[i].text);
		assert_null(take(p, good[i].len, &t));
		assert_string_equal(t.s, want.s);
		free(p);
	}
}

/* Packets come from anywhere in a buffer: an element of a bundle, a TCP stream. */
static void test_unaligned(void **state)
{
	uint8_t room[128];
	struct osc_msg m;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct text t = { .len = 0 };

		memcpy(room + 1 + i % 3, good[i].bytes, good[i].len);
		assert_null(osc_read(&m, room + 1 + i % 3, good[i].len));
		say_msg(&t, &m);
		assert_string_equal(t.s, good[i].text);
	}
}

static void test_too_many_arguments(void **state)
{
	char tagged[4 + 68] = "/a\0\0,", untagged[4 + 4 * (OSC_ARGS_MAX + 1)] = "/a";
	struct osc_msg m;

	(void)state;
	memset(tagged + 5, 'T', OSC_ARGS_MAX);
	assert_null(osc_read(&m, (uint8_t *)tagged, sizeof(tagged)));
	assert_int_equal(m.nargs, OSC_ARGS_MAX);
	tagged[5 + OSC_ARGS_MAX] = 'T';
	assert_string_equal(osc_read(&m, (uint8_t *)tagged, sizeof(tagged)),
	                    "more than 64 arguments");

	assert_null(osc_read(&m, (uint8_t *)untagged, sizeof(untagged) - 4));
	assert_int_equal(m.nargs, OSC_ARGS_MAX);
	assert_string_equal(osc_read(&m, (uint8_t *)untagged, sizeof(untagged)),
	                    "more than 64 arguments");
}

static void test_longest_packet(void **state)
{
	uint8_t *p = calloc(1, OSC_PACKET_MAX + 4);
	struct osc_msg m;

	(void)state;
	assert_non_null(p);
	memset(p, '/', OSC_PACKET_MAX - 1);
	assert_null(osc_read(&m, p, OSC_PACKET_MAX));
	assert_int_equal(m.address_len, OSC_PACKET_MAX - 1);
	p[OSC_PACKET_MAX - 1] = '/';
	assert_string_equal(osc_read(&m, p, OSC_PACKET_MAX + 4),
	                    "a packet longer than 65536 bytes");
	assert_string_equal(osc_check(p, OSC_PACKET_MAX + 4), "a packet longer than 65536 bytes");
	free(p);
}

/* Every cut and every changed byte of the good packets: osc_read and osc_check are of one mind,
 * and a sanitizer finds nothing. */
static void test_cut_and_changed(void **state)
{
	static const uint8_t changes[] = {
		0, 1, ',', '/', '[', ']', 'b', 's', 'h', 'T', 0x7f, 0xff
	};
	struct osc_msg m;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t len = 0; len < good[i].len; len++) {
			uint8_t *p = exact(good[i].bytes, len);

			assert_ptr_equal(osc_read(&m, p, len), osc_check(p, len));
			free(p);
		}
		for (size_t k = 0; k < good[i].len * COUNT(changes); k++) {
			uint8_t *p = exact(good[i].bytes, good[i].len);

			p[k / COUNT(changes)] = changes[k % COUNT(changes)];
			assert_ptr_equal(osc_read(&m, p, good[i].len), osc_check(p, good[i].len));
			free(p);
		}
	}
}

/* A message of one float is read by a way of its own: every byte at every place of an address of any
 * length is to it what it is before other arguments, which take the way of all. */
static void test_one_float(void **state)
{
	static const uint8_t one[8] = ",f\0\0\x3f\0\0";

	(void)state;
	for (size_t len = 1; len <= 20; len++) {
		const size_t end = (len / 4 + 1) * 4, size = end + sizeof(one);
		uint8_t bytes[40] = { 0 }, *p;
		struct osc_msg a;

		memcpy(bytes, "/deck/b/hotcue/volume", len);
		memcpy(bytes + end, one, sizeof(one));
		p = exact((const char *)bytes, size);
		assert_int_equal(osc_before_float(p, size), end);
		assert_null(osc_read(&a, p, size));
		assert_int_equal(a.address_len, len);
		assert_true(a.args[0].num == 0.5 && osc_float(p + size - 4) == 0.5f);
		for (size_t i = 0; i < 4; i++) {
			p[end + i] ^= 1; /* other tags */
			assert_int_equal(osc_before_float(p, size), 0);
			p[end + i] ^= 1;
			assert_int_equal(osc_before_float(p, size - 1 - i), 0);
		}
		free(p);
	}
	assert_int_equal(osc_before_float(one, sizeof(one)), 0);
	assert_int_equal(osc_before_float(one, 0), 0);
}

/* ---- numbers ---- */

static void test_number(void **state)
{
	static const struct {
		struct osc_arg arg;
		bool is_number;
		double v;
	} cases[] = {
		{ { .type = 'i', .num = -7 }, true, -7 },
		{ { .type = 'f', .num = 0.25 }, true, 0.25 },
		{ { .type = 'd', .num = 1e300 }, true, 1e300 },
		{ { .type = 'h', .i64 = -1234567890123 }, true, -1234567890123.0 },
		{ { .type = 'T', .num = 1 }, true, 1 },
		{ { .type = 'F', .num = 0 }, true, 0 },
		{ { .type = 'f', .num = NAN }, false, 0 },
		{ { .type = 'f', .num = INFINITY }, false, 0 },
		{ { .type = 'd', .num = -INFINITY }, false, 0 },
		{ { .type = 'c', .num = 65 }, false, 0 },
		{ { .type = 'N' }, false, 0 },
		{ { .type = 'I' }, false, 0 },
		{ { .type = 't', .i64 = 1 }, false, 0 },
		{ { .type = 's', .str = { "1", 1 } }, false, 0 },
		{ { .type = 'b', .str = { "1", 1 } }, false, 0 },
		{ { .type = 'r' }, false, 0 },
		{ { .type = 'm' }, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double v = 42;

		assert_int_equal(osc_number(&cases[i].arg, &v), cases[i].is_number);
		assert_true(v == (cases[i].is_number ? cases[i].v : 42));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_messages),
		cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_walk_of_a_message),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_too_many_arguments),
		cmocka_unit_test(test_longest_packet),
		cmocka_unit_test(test_cut_and_changed),
		cmocka_unit_test(test_one_float),
		cmocka_unit_test(test_number),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
