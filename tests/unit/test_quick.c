/* The quick way of a float to a fader comes to the same as the way of all, which a double takes. */
#include "cuewire/engine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "helpers.h"

#define MS UINT64_C(1000000)
#define PEERS 3
#define EVENTS 40000
#define SENT 4

/* Shown at its own address and another, at several, also on a controller, at too many addresses, nowhere; a switch. */
static const char text[] =
	"{ 'hold_ms': 40, 'ports': { 'out': { 'out': 'iac' }, 'pads': { 'in': 'pads', 'out': 'pads' } },"
	"'controls': ["
	"{ 'name': 'solo', 'kind': 'fader', 'port': 'out', 'cc': 8 },"
	"{ 'name': 'one', 'kind': 'fader', 'port': 'out', 'cc': 7 },"
	"{ 'name': 'two', 'kind': 'fader', 'port': 'out', 'cc': [16, 48], 'bipolar': true },"
	"{ 'name': 'many', 'kind': 'fader', 'port': 'out', 'cc': 17 },"
	"{ 'name': 'leads', 'kind': 'fader' },"
	"{ 'name': 'play', 'kind': 'switch', 'port': 'out', 'cc': 20 } ],"
	"'feedback': [ { 'from': 'two', 'port': 'pads', 'cc': 5 } ],"
	"'routes': ["
	"{ 'osc': '/s', 'to': 'solo' },"
	"{ 'osc': '/1', 'to': 'one' }, { 'osc': '/2', 'to': 'two' }, { 'osc': '/play', 'to': 'play' },"
	"{ 'osc': '/m1', 'to': 'many' }, { 'osc': '/m2', 'to': 'many' }, { 'osc': '/m3', 'to': 'many' },"
	"{ 'osc': '/m4', 'to': 'many' }, { 'osc': '/m5', 'to': 'many' },"
	"{ 'osc': '/leads', 'to': 'leads' }, { 'from': 'leads', 'to': 'many' },"
	"{ 'osc': '/both', 'to': ['one', 'two'] },"
	"{ 'port': 'pads', 'cc': 5, 'to': 'two' } ] }";

static const char *const addresses[] = { "/s",   "/s",   "/1",    "/2",     "/m1",
	                                 "/m3",  "/m5",  "/play", "/leads", "/both",
	                                 "/one", "/two", "/solo", "/many" };
#define NAMED 10 /* those of routes */
static const float odd[] = {
	0, -0.0f, 1, 1.0000001f, -1e-9f, 2, -3, 0.5f, NAN, INFINITY, -INFINITY
};

struct side {
	struct engine *e;
	struct msg sent[SENT]; /* since the last look */
	size_t n, lights, refused;
	float shows[PEERS][64]; /* what each client has at each place, and the light */
	float light;
};
static struct mapping *m;
static struct side sides[2];

static void send(void *ctx, const struct msg *x)
{
	struct side *s = ctx;

	if (x->light) {
		s->light = x->value;
		s->lights++;
		return;
	}
	assert_true(s->n < SENT);
	s->sent[s->n++] = *x;
}

static void show(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t place, const float *values,
                 const struct source *from)
{
	struct side *s = ctx;

	(void)t_ns;
	(void)from;
	s->shows[peer][place] = values[0];
}

static void unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *x)
{
	(void)ctx;
	(void)t_ns;
	fail_msg("%s is mapped", x->address);
}

static void refused(void *ctx, uint64_t t_ns, uint16_t control, const struct source *from)
{
	struct side *s = ctx;

	(void)t_ns;
	(void)control;
	(void)from;
	s->refused++;
}

static void osc(struct side *s, uint64_t t_ns, uint16_t peer, const char *address, float v,
                char type)
{
	struct osc_msg x = { .address = address, .nargs = 1 };

	x.address_len = (uint32_t)strlen(address);
	x.args[0] = (struct osc_arg){ .type = type, .num = (double)v };
	engine_osc(s->e, t_ns, peer, &x);
	for (size_t i = 0; i < m->nplaces; i++)
		if (m->places[i].osc && !strcmp(m->places[i].osc, address) && isfinite(v))
			s->shows[peer][i] = v;
}

static void run_until(struct engine *e, uint64_t t_ns)
{
	uint64_t due;

	while ((due = engine_deadline(e)) <= t_ns && due != TIME_NEVER)
		engine_tick(e, due);
}

static void expect_same(void)
{
	struct side *a = &sides[0], *b = &sides[1];

	assert_int_equal(a->n, b->n);
	assert_int_equal(a->refused, b->refused);
	for (size_t i = 0; i < a->n; i++) {
		const struct msg *x = &a->sent[i], *y = &b->sent[i];

		assert_true(x->t_ns == y->t_ns && x->seq == y->seq && x->port == y->port);
		assert_int_equal(x->control, y->control);
		assert_true(x->value == y->value && !signbit(x->value) == !signbit(y->value));
		assert_int_equal(x->len, y->len);
		assert_memory_equal(x->bytes, y->bytes, x->len);
		assert_string_equal(x->label, y->label);
	}
	a->n = b->n = 0;
	for (size_t i = 0; i < m->ncontrols; i++) {
		const struct control_state *x = engine_state(a->e, i), *y = engine_state(b->e, i);

		assert_true(x->value == y->value && x->touched == y->touched);
		assert_true(x->lock_ns == y->lock_ns && x->rank == y->rank && x->via == y->via);
	}
	assert_memory_equal(engine_counters(a->e), engine_counters(b->e), sizeof(struct counters));
}

/* When all is still, each client has what its places show, whichever way the numbers took. */
static void expect_shown(void)
{
	for (size_t p = 0; p < PEERS; p++)
		for (size_t i = 0; i < m->nplaces; i++)
			assert_true(sides[0].shows[p][i] == sides[1].shows[p][i]);
	assert_true(sides[0].light == sides[1].light);
}

static int set_up(void **state)
{
	(void)state;
	m = load_quoted(text);
	assert_true(m->nplaces < COUNT(sides[0].shows[0]));
	for (size_t i = 0; i < COUNT(sides); i++) {
		const struct sink sink = { .ctx = &sides[i],
			                   .send = send,
			                   .show = show,
			                   .unmapped_osc = unmapped_osc,
			                   .refused = refused };

		sides[i] = (struct side){ .e = engine_new(m, &sink) };
		engine_port_up(sides[i].e, 1, mapping_port(m, "pads"));
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(sides[0].e);
	engine_free(sides[1].e);
	mapping_free(m);
	return 0;
}

static void by_script(struct engine *e, uint64_t t_ns, uint16_t control, float v)
{
	const struct source s = { .from = FROM_INTENT, .rank = RANK_HARDWARE, .label = "intent:1" };

	engine_act(e, t_ns, &(struct act){ .control = control, .op = OP_SET, .value = v }, &s);
}

/* One client that uses the addresses of routes, then all, then several clients; what locks a fader; what is shown on a controller. */
static void test_comes_to_the_same(void **state)
{
	uint64_t t = 10000 * MS, sent = 0;
	uint32_t seed = 7;

	(void)state;
	for (int n = 0; n < EVENTS; n++) {
		const uint32_t what = random_below(&seed, 100),
			       a = random_below(&seed, n < EVENTS / 4 ? NAMED : COUNT(addresses));
		const uint16_t peer = (uint16_t)(n < EVENTS / 2 ? 0 : random_below(&seed, PEERS));
		const float v = what % 10 ? (float)random_below(&seed, 129) / 128
		                          : odd[random_below(&seed, COUNT(odd))];

		t += random_below(&seed, 200) ? random_below(&seed, 20) * MS : 6000 * MS;
		for (size_t i = 0; i < COUNT(sides); i++) {
			run_until(sides[i].e, t);
			if (what < 90)
				osc(&sides[i], t, peer, addresses[a], v, i ? 'd' : 'f');
			else if (what < 95)
				by_script(sides[i].e, t, (uint16_t)(n % 2), v >= 0 ? v : 0);
			else
				engine_midi(sides[i].e, t, mapping_port(m, "pads"),
				            &(struct midi_msg){ 0xB0, 5, (uint8_t)(n % 128), 3 });
		}
		sent += sides[0].n;
		expect_same();
		if (n % 4)
			continue;
		t += 300 * MS;
		for (size_t i = 0; i < COUNT(sides); i++)
			run_until(sides[i].e, t);
		expect_shown();
	}
	assert_true(sent > EVENTS / 2 && sides[0].refused > 100 && sides[0].lights > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_comes_to_the_same, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("quick", tests, NULL, NULL);
}
