#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/load.h"
#include "cuewire/mapping.h"
#include "helpers.h"

#define MS UINT64_C(1000000)

static const char text[] =
	"{ 'hold_ms': 0, 'ports': { 'out': { 'out': 'desk' }, 'in': { 'in': 'desk' },"
	"             'net': { 'osc': { 'send': '127.0.0.1:8000' } } },"
	"'controls': ["
	"{ 'name': 'volume', 'kind': 'fader', 'port': 'out', 'cc': 7 },"
	"{ 'name': 'tempo', 'kind': 'fader', 'port': 'out', 'cc': [16, 48] },"
	"{ 'name': 'left', 'kind': 'fader', 'port': 'out', 'cc': 30 },"
	"{ 'name': 'right', 'kind': 'fader', 'port': 'out', 'cc': 31 },"
	"{ 'name': 'jog', 'kind': 'encoder', 'port': 'out', 'cc': 22 },"
	"{ 'name': 'cue', 'kind': 'button', 'port': 'out', 'note': 5 },"
	"{ 'name': 'light', 'kind': 'fader', 'port': 'net' } ],"
	"'routes': ["
	"{ 'port': 'in', 'cc': 7, 'to': 'volume' },"
	"{ 'port': 'in', 'cc': [16, 48], 'to': 'tempo' },"
	"{ 'port': 'in', 'cc': 30, 'to': 'right' },"
	"{ 'port': 'in', 'cc': 31, 'to': 'left' },"
	"{ 'port': 'in', 'note': 5, 'to': 'cue' },"
	"{ 'port': 'in', 'cc': 22, 'encoder': 'twos', 'to': 'jog' } ] }";

/* The desk's output is plugged into its input: what is sent comes back, one millisecond later. */
static struct {
	struct mapping *m;
	struct engine *e;
	bool plugged;
	uint64_t now;
	struct msg under_way[64];
	size_t n, sent, loops;
	const char *looping; /* the control that was named */
} r;

static void on_send(void *ctx, const struct msg *m)
{
	(void)ctx;
	r.sent++;
	assert_true(r.n < 64);
	if (r.plugged)
		r.under_way[r.n++] = *m;
}

static void on_unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	(void)ctx, (void)t_ns, (void)port, (void)m;
}

static void on_unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	(void)ctx, (void)t_ns, (void)m;
}

static void on_loop(void *ctx, uint64_t t_ns, uint16_t route)
{
	(void)ctx, (void)t_ns;
	r.loops++;
	r.looping = r.m->controls[r.m->routes[route].to].name;
}

static int set_up(void **state)
{
	const struct sink sink = { .send = on_send,
		                   .unmapped_osc = on_unmapped_osc,
		                   .unmapped_midi = on_unmapped_midi,
		                   .loop = on_loop };
	char json[sizeof(text)];
	struct diags d = { 0 };

	(void)state;
	memset(&r, 0, sizeof(r));
	for (size_t i = 0; i < sizeof(text); i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	assert_int_equal(mapping_load_text(&r.m, "t", json, strlen(json), "", &d), 0);
	r.e = engine_new(r.m, &sink);
	r.now = 1000 * MS;
	r.plugged = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(r.e);
	mapping_free(r.m);
	return 0;
}

static void bytes_in(const uint8_t *b, size_t len)
{
	struct midi_msg m;

	for (size_t i = 0; i + 2 < len; i += 3) {
		assert_true(midi_from_bytes(&m, b + i, 3));
		engine_midi(r.e, r.now, mapping_port(r.m, "in"), &m);
	}
}

static void osc_in(const char *address, float v)
{
	struct osc_msg m = { .address = address,
		             .address_len = (uint32_t)strlen(address),
		             .nargs = 1 };

	m.args[0].type = 'f';
	m.args[0].num = (double)v;
	engine_osc(r.e, r.now, 0, &m);
}

/* Lets time go on, and what is under way come back. */
static void run(uint64_t ms)
{
	for (; ms; ms--) {
		struct msg back[64];
		const size_t n = r.n;

		memcpy(back, r.under_way, sizeof(back));
		r.n = 0;
		r.now += MS;
		engine_tick(r.e, r.now);
		for (size_t i = 0; i < n; i++) {
			if (back[i].len)
				bytes_in(back[i].bytes, back[i].len);
			else
				osc_in("/light", back[i].value);
		}
	}
}

static void set(const char *control, float v)
{
	const struct source s = { .from = FROM_INTENT, .rank = RANK_HARDWARE, .label = "intent:1" };
	const struct act a = { .control = (uint16_t)mapping_control(r.m, control, strlen(control)),
		               .op = OP_SET,
		               .value = v };

	engine_act(r.e, r.now, &a, &s);
}

/* It goes round for a while, is found, and then nothing goes round any more. */
static void check_loop(const char *control, const char *other)
{
	set(control, 0.25f);
	run(500);
	assert_in_range(r.sent, 8, 80);
	assert_int_equal(r.loops, 1);
	assert_true(!strcmp(r.looping, control) || !strcmp(r.looping, other));
	r.sent = 0;
	set(control, 0.75f);
	run(500);
	assert_in_range(r.sent, 1, 2);
	assert_int_equal(r.loops, 1);
}

static void test_cable(void **state)
{
	(void)state;
	check_loop("volume", "volume");
}

static void test_pair(void **state)
{
	(void)state;
	check_loop("tempo", "tempo");
}

static void test_ring_of_two(void **state)
{
	(void)state;
	check_loop("left", "right");
}

static void test_osc(void **state)
{
	(void)state;
	check_loop("light", "light");
}

/* A whole fader move is under way in the loop at once. */
static void test_many(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		set("volume", (float)i / 20);
		run(1);
	}
	run(500);
	assert_int_equal(r.loops, 1);
	r.sent = 0;
	run(500);
	assert_int_equal(r.sent, 0);
}

/* A jog wheel whose ticks are passed on as they are, a thousand a second, is no loop. */
static void test_jog(void **state)
{
	const uint8_t tick[] = { 0xB0, 22, 1 };

	(void)state;
	r.plugged = false;
	for (int i = 0; i < 5000; i++) {
		bytes_in(tick, sizeof(tick));
		run(1);
	}
	run(500);
	assert_int_equal(r.loops, 0);
	assert_in_range(r.sent, 4950, 5000);
}

/* A pad that is hit, and a fader that is moved, with the numbers that they are sent with. */
static void test_hand(void **state)
{
	(void)state;
	r.plugged = false;
	for (int i = 0; i < 200; i++) {
		const uint8_t fader[] = { 0xB0, 7, (uint8_t)(i % 3) };
		const uint8_t pad[] = { (uint8_t)(i % 2 ? 0x80 : 0x90), 5,
			                (uint8_t)(i % 2 ? 0 : 127) };

		bytes_in(fader, sizeof(fader));
		bytes_in(pad, sizeof(pad));
		run(150);
	}
	assert_int_equal(r.sent, 400);
	assert_int_equal(r.loops, 0);
}

/* It is asked again after a minute: a cable may have been pulled out. */
static void test_forgets(void **state)
{
	const uint8_t move[] = { 0xB0, 7, 100 };

	(void)state;
	check_loop("volume", "volume");
	r.plugged = false;
	run(61000);
	r.sent = 0;
	bytes_in(move, sizeof(move));
	bytes_in(move, sizeof(move));
	assert_int_equal(r.sent, 2);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_cable), TEST(test_pair), TEST(test_ring_of_two), TEST(test_osc),
		TEST(test_many),  TEST(test_jog),  TEST(test_hand),        TEST(test_forgets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("echo", tests, NULL, NULL);
}
