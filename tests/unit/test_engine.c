/* What the traces of tests/golden cannot show: deadlines, batches and their owners, what a message
 * carries, limits, and a million random events. */
#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"

#define MS UINT64_C(1000000)
#define T0 (1000 * MS)
#define SENT_MAX 512
#define BATCHES_MAX 256 /* that may wait: engine_priv.h */

static const char text[] =
	"{ 'ports': { 'out': { 'out': 'iac' }, 'lost': { 'out': 'iac 2' },"
	"             'pads': { 'in': 'pads' }, 'keys': { 'in': 'keys' } },"
	"'controls': ["
	"{ 'name': 'volume', 'kind': 'fader', 'port': 'out', 'cc': 7 },"
	"{ 'name': 'tempo', 'kind': 'fader', 'port': 'out', 'cc': [16, 48] },"
	"{ 'name': 'play', 'kind': 'switch', 'port': 'out', 'cc': 20 },"
	"{ 'name': 'cue', 'kind': 'button', 'port': 'out', 'note': 1 },"
	"{ 'name': 'jump', 'kind': 'button', 'port': 'out', 'cc': 21 },"
	"{ 'name': 'load', 'kind': 'button', 'port': 'lost', 'note': 3 },"
	"{ 'name': 'list', 'kind': 'encoder', 'port': 'out', 'cc': 22 },"
	"{ 'name': 'lamp', 'kind': 'lamp' },"
	"{ 'name': 'shift', 'kind': 'button' }, { 'name': 'alt', 'kind': 'button' } ],"
	"'routes': ["
	"{ 'port': 'pads', 'note': 1, 'to': 'cue', 'when': { 'shift': 0 } },"
	"{ 'port': 'pads', 'note': 1, 'to': 'jump', 'when': { 'shift': 1, 'alt': 0 } },"
	"{ 'port': 'pads', 'note': 1, 'to': 'load', 'when': { 'shift': 1, 'alt': 1 } },"
	"{ 'port': 'pads', 'note': 2, 'to': 'cue' },"
	"{ 'port': 'pads', 'note': 3, 'to': 'load', 'when': { 'alt': 1 } },"
	"{ 'port': 'pads', 'note': 4, 'to': 'shift' },"
	"{ 'port': 'pads', 'note': 5, 'to': 'play', 'as': 'toggle' },"
	"{ 'port': 'keys', 'note': 1, 'to': 'jump' },"
	"{ 'port': 'keys', 'note': 2, 'to': 'cue', 'when': { 'play': 1 } },"
	"{ 'port': 'keys', 'note': 3, 'to': 'alt' },"
	"{ 'port': 'keys', 'note': 4, 'to': 'list', 'when': { 'shift': 0 } },"
	"{ 'port': 'keys', 'note': 5, 'to': 'volume' },"
	"{ 'port': 'pads', 'cc': [1, 33], 'to': 'tempo' },"
	"{ 'port': 'pads', 'cc': 2, 'encoder': 'twos', 'to': 'volume', 'when': { 'shift': 0 } },"
	"{ 'osc': '/cue', 'to': 'cue' }, { 'osc': '/cue', 'arg': 1, 'to': 'load', 'when': { 'alt': 0 } },"
	"{ 'osc': '/layer', 'to': 'cue', 'when': { 'shift': 0 } },"
	"{ 'osc': '/layer', 'to': 'jump', 'when': { 'shift': 1 } },"
	"{ 'osc': '/any/*', 'to': 'load' } ] }";

/* ---- what is sent ---- */

struct sent {
	struct msg m;
	char label[64];
};

struct rig {
	struct mapping *m;
	struct engine *e;
	struct sent sent[SENT_MAX];
	size_t n;
	bool down[32];    /* per control, as its port knows it */
	uint64_t presses, unmapped;
};

static struct rig r;

/* No press without a release of the one before. (Releases may repeat: an explicit release is
 * always sent.) */
static void check_edge(const struct msg *m)
{
	const bool on = m->value >= 0.5f;

	if (r.m->controls[m->control].kind != KIND_BUTTON) {
		assert_int_equal(m->edge, EDGE_NONE);
		return;
	}
	assert_int_equal(m->edge, on ? EDGE_PRESS : EDGE_RELEASE);
	assert_int_equal(m->release_len, on ? 3 : 0);
	if (on && r.down[m->control])
		fail_msg("%s is pressed twice", r.m->controls[m->control].name);
	r.down[m->control] = on;
	r.presses += on;
}

static void send(void *ctx, const struct msg *m)
{
	struct sent *s = &r.sent[r.n % SENT_MAX];

	(void)ctx;
	r.n++;
	s->m = *m;
	snprintf(s->label, sizeof(s->label), "%s", m->source->label);
	check_edge(m);
}

static void unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	(void)ctx;
	(void)t_ns;
	(void)m;
	r.unmapped++;
}

static void unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	(void)ctx;
	(void)t_ns;
	(void)port;
	(void)m;
	r.unmapped++;
}

static int set_up(void **state)
{
	const struct sink sink = { &r, send, unmapped_osc, unmapped_midi };

	(void)state;
	memset(&r, 0, sizeof(r));
	r.m = load_quoted(text);
	r.e = engine_new(r.m, &sink);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(r.e);
	mapping_free(r.m);
	return 0;
}

/* The i-th message was this, and that was all if it was the last that is asked for. */
static void expect(size_t i, const char *control, float v, uint64_t t_ns, const char *label)
{
	const struct sent *s = &r.sent[i];

	if (i >= r.n)
		fail_msg("no message %zu: %s", i, control);
	assert_string_equal(r.m->controls[s->m.control].name, control);
	assert_true(s->m.value == v);
	assert_int_equal(s->m.t_ns, t_ns);
	assert_string_equal(s->label, label);
}

/* ---- events ---- */

static void osc(uint64_t t_ns, uint16_t peer, const char *address, size_t nargs, double v)
{
	struct osc_msg m = { .address = address, .address_len = (uint32_t)strlen(address),
		             .pattern = osc_has_pattern(address), .nargs = (uint8_t)nargs };

	for (size_t i = 0; i < nargs; i++)
		m.args[i] = (struct osc_arg){ .type = 'f', .num = v };
	engine_osc(r.e, t_ns, peer, &m);
}

static void midi(uint64_t t_ns, const char *port, uint8_t status, uint8_t d1, uint8_t d2)
{
	const struct midi_msg m = { status, d1, d2, 3 };

	engine_midi(r.e, t_ns, mapping_port(r.m, port), &m);
}

static void act(uint64_t t_ns, uint16_t who, const char *control, enum op op, float v,
                uint32_t release_ms)
{
	const struct source s = { .from = FROM_INTENT, .who = who, .brief = true, .label = "intent:x" };
	const struct act a = { control_of(r.m, control), op, v, release_ms };

	engine_act(r.e, t_ns, &a, &s);
}

static void run_until(uint64_t t_ns)
{
	uint64_t due;

	while ((due = engine_deadline(r.e)) <= t_ns && due != TIME_NEVER)
		engine_tick(r.e, due);
}

/* ---- what it knows ---- */

static void test_state(void **state)
{
	const struct control_state *volume = engine_state(r.e, control_of(r.m, "volume"));
	const struct control_state *load = engine_state(r.e, control_of(r.m, "load"));
	const struct control_state *lamp = engine_state(r.e, control_of(r.m, "shift"));

	(void)state;
	assert_false(volume->touched);
	osc(T0, 0, "/volume", 1, 0.25);
	assert_true(volume->touched && volume->value == 0.25f && volume->t_ns == T0);
	assert_string_equal(volume->by, "osc:/volume");
	osc(T0 + 1, 0, "/any/thing", 1, 1);
	assert_null(load->by); /* its label is not the mapping's */
	assert_string_equal(load->by_copy, "osc:/any/thing");
	act(T0 + 2, 1, "volume", OP_NUDGE, 0.25f, 0);
	assert_true(volume->value == 0.5f);
	assert_null(volume->by);
	assert_string_equal(volume->by_copy, "intent:x");
	assert_false(lamp->touched);
	assert_int_equal(engine_counters(r.e)->osc_in, 2);
}

/* A long label is cut, not run over. */
static void test_long_label(void **state)
{
	const struct control_state *load = engine_state(r.e, control_of(r.m, "load"));
	char address[400] = "/any/";

	(void)state;
	memset(address + 5, 'x', sizeof(address) - 6);
	osc(T0, 0, address, 1, 1);
	assert_int_equal(strlen(load->by_copy), sizeof(load->by_copy) - 1);
	assert_memory_equal(load->by_copy, "osc:/any/xxx", 12);
}

static void test_message(void **state)
{
	(void)state;
	osc(T0, 0, "/jump", 1, 1);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.sent[0].m.port, mapping_port(r.m, "out"));
	assert_int_equal(r.sent[0].m.edge, EDGE_PRESS);
	assert_memory_equal(r.sent[0].m.bytes, "\xB0\x15\x7F", 3);
	assert_int_equal(r.sent[0].m.release_len, 3);
	assert_memory_equal(r.sent[0].m.release, "\xB0\x15\x00", 3);
	osc(T0, 0, "/jump", 1, 0);
	assert_int_equal(r.sent[1].m.edge, EDGE_RELEASE);
	assert_int_equal(r.sent[1].m.release_len, 0);
}

/* ---- time ---- */

static void test_deadlines(void **state)
{
	(void)state;
	assert_true(engine_deadline(r.e) == TIME_NEVER);
	osc(T0, 0, "/cue", 0, 0);
	assert_int_equal(engine_deadline(r.e), T0 + 50 * MS);
	midi(T0, "pads", 0xB0, 1, 64);
	assert_int_equal(engine_deadline(r.e), T0 + 5 * MS);
	engine_tick(r.e, T0 + 5 * MS - 1);
	assert_int_equal(r.n, 1);
	engine_tick(r.e, T0 + 5 * MS);
	assert_int_equal(r.n, 2);
	engine_tick(r.e, T0 + 200 * MS); /* late: it still says when it was due */
	expect(2, "cue", 0, T0 + 50 * MS, "timer");
	assert_int_equal(r.n, 3);
	assert_true(engine_deadline(r.e) == TIME_NEVER);
}

/* A press for ten seconds that was released before must not lengthen a tap that comes later. */
static void test_tap_within_long_press(void **state)
{
	(void)state;
	act(T0, 1, "cue", OP_PRESS, 0, 10000);
	act(T0 + 10 * MS, 1, "cue", OP_RELEASE, 0, 0);
	osc(T0 + 20 * MS, 0, "/cue", 0, 0);
	assert_int_equal(engine_deadline(r.e), T0 + 70 * MS);
	run_until(T0 + 1000 * MS);
	assert_int_equal(r.n, 4);
	expect(3, "cue", 0, T0 + 70 * MS, "timer");
	run_until(TIME_NEVER);
	assert_int_equal(r.n, 4);
}

/* And the other way round: a tap that becomes a press for ten seconds. */
static void test_long_press_within_tap(void **state)
{
	(void)state;
	osc(T0, 0, "/cue", 0, 0);
	act(T0 + 10 * MS, 1, "cue", OP_PRESS, 0, 10000);
	run_until(T0 + 10009 * MS);
	assert_int_equal(r.n, 1);
	run_until(T0 + 10010 * MS);
	assert_int_equal(r.n, 2);
	expect(1, "cue", 0, T0 + 10010 * MS, "timer");
}

/* ---- who ends ---- */

static void test_gone_by_who(void **state)
{
	(void)state;
	act(T0, 1, "cue", OP_PRESS, 0, 0);
	act(T0, 2, "jump", OP_PRESS, 0, 0);
	act(T0, 1, "play", OP_PRESS, 0, 0);
	osc(T0, 1, "/load", 1, 1);
	engine_gone(r.e, T0 + MS, FROM_INTENT, 1); /* not client 2, not peer 1, not the switch */
	assert_int_equal(r.n, 5);
	expect(4, "cue", 0, T0 + MS, "timer");
	engine_gone(r.e, T0 + MS, FROM_INTENT, 1);
	assert_int_equal(r.n, 5);
	engine_gone(r.e, T0 + 2 * MS, FROM_OSC, 1);
	expect(5, "load", 0, T0 + 2 * MS, "timer");
	engine_release_all(r.e, T0 + 3 * MS);
	expect(6, "jump", 0, T0 + 3 * MS, "exit");
	assert_int_equal(r.n, 7);
}

/* Two tablets on one layered route: the one that goes does not take the other's release along. */
static void test_gone_beside_another(void **state)
{
	(void)state;
	osc(T0, 1, "/layer", 1, 1);
	osc(T0 + 1, 1, "/shift", 1, 1);
	osc(T0 + 2, 2, "/layer", 1, 1); /* presses jump */
	engine_gone(r.e, T0 + 3, FROM_OSC, 2);
	expect(2, "jump", 0, T0 + 3, "timer");
	osc(T0 + 4, 1, "/layer", 1, 0);
	expect(3, "cue", 0, T0 + 4, "osc:/layer");
}

/* ---- batches ---- */

static struct batch make_batch(const struct batch_act *acts, size_t n)
{
	return (struct batch){ .source = { .from = FROM_INTENT, .label = "intent:b" },
		               .acts = acts, .n = n };
}

static void test_batch(void **state)
{
	const uint16_t volume = control_of(r.m, "volume"), cue = control_of(r.m, "cue");
	const struct batch_act acts[] = {
		{ { volume, OP_SET, 0.25f, 0 }, 0 },
		{ { cue, OP_PRESS, 0, 50 }, 0 },
		{ { volume, OP_SET, 0.75f, 0 }, 100 },
		{ { volume, OP_SET, 1.0f, 0 }, 100 },
	};
	struct batch b = make_batch(acts, COUNT(acts));

	(void)state;
	b.source.batch = &b;
	assert_true(engine_batch(r.e, T0, &b));
	assert_int_equal(b.next, 2);
	assert_ptr_equal(r.sent[0].m.source, &b.source);
	assert_ptr_equal(r.sent[1].m.source->batch, &b);
	run_until(T0 + 60 * MS);
	expect(2, "cue", 0, T0 + 50 * MS, "timer");
	assert_int_equal(b.next, 2);
	engine_tick(r.e, T0 + 150 * MS); /* late, but the next keeps its distance to when it was due */
	expect(3, "volume", 0.75f, T0 + 100 * MS, "intent:b");
	assert_int_equal(engine_deadline(r.e), T0 + 200 * MS);
	run_until(TIME_NEVER);
	expect(4, "volume", 1, T0 + 200 * MS, "intent:b");
	assert_int_equal(b.next, b.n);
}

static void test_batch_at_once(void **state)
{
	struct batch empty = make_batch(NULL, 0);

	(void)state;
	assert_true(engine_batch(r.e, T0, &empty));
	assert_int_equal(empty.next, empty.n);
	assert_true(engine_deadline(r.e) == TIME_NEVER);
}

static void test_batches_full_and_cancelled(void **state)
{
	const struct batch_act acts[] = { { { control_of(r.m, "play"), OP_SET, 1, 0 }, 100 } };
	static struct batch b[BATCHES_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= BATCHES_MAX; i++) {
		b[i] = make_batch(acts, 1);
		assert_int_equal(engine_batch(r.e, T0, &b[i]), i < BATCHES_MAX);
		assert_int_equal(b[i].next, 0);
	}
	osc(T0, 0, "/cue", 0, 0);
	engine_cancel(r.e);
	for (size_t i = 0; i < BATCHES_MAX; i++)
		assert_int_equal(b[i].next, 1);
	assert_int_equal(b[BATCHES_MAX].next, 0); /* it was never taken */
	run_until(TIME_NEVER);
	assert_int_equal(r.n, 2); /* the tap, whole */
	b[0] = make_batch(acts, 1);
	assert_true(engine_batch(r.e, T0 + 1000 * MS, &b[0])); /* there is room again */
	run_until(TIME_NEVER);
	expect(2, "play", 1, T0 + 1100 * MS, "intent:b");
	assert_int_equal(r.n, 3);
}

/* ---- limits ---- */

/* Patterns from outside are tried against every address: only so many a second. */
static void test_pattern_rate(void **state)
{
	const struct counters *n = engine_counters(r.e);

	(void)state;
	osc(T0, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n, 1);
	for (int i = 0; i < 1000; i++)
		osc(T0, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n + n->refused, 1001);
	assert_int_equal(r.n, 200);
	osc(T0, 0, "/volume", 1, 0.5); /* an address is no pattern */
	assert_int_equal(r.n, 201);
	osc(T0 + 2 * MS, 0, "/vol*", 1, 0.5); /* 500 a second: one each 2 ms */
	assert_int_equal(r.n, 202);
	osc(T0 + 3 * MS, 0, "/vol*", 1, 0.5);
	assert_int_equal(r.n, 202);
	assert_int_equal(r.unmapped, 0);
}

/* ---- a million random events ---- */

/* Everything that can press, and whether it does. */
struct finger {
	enum { PAD, KEY, TABLET, CLIENT } what;
	uint8_t note;        /* PAD, KEY */
	uint16_t who;        /* TABLET: the peer, CLIENT */
	const char *address; /* TABLET: an address, CLIENT: a control */
	bool on;
};

static struct finger fingers[] = {
	{ PAD, 1, 0, NULL, 0 },          { PAD, 2, 0, NULL, 0 },
	{ PAD, 3, 0, NULL, 0 },          { PAD, 4, 0, NULL, 0 },
	{ PAD, 5, 0, NULL, 0 },          { KEY, 1, 0, NULL, 0 },
	{ KEY, 2, 0, NULL, 0 },          { KEY, 3, 0, NULL, 0 },
	{ KEY, 4, 0, NULL, 0 },          { KEY, 5, 0, NULL, 0 },
	{ TABLET, 0, 1, "/cue", 0 },     { TABLET, 0, 1, "/layer", 0 },
	{ TABLET, 0, 2, "/layer", 0 },   { TABLET, 0, 2, "/jump", 0 },
	{ TABLET, 0, 2, "/any/1", 0 },   { TABLET, 0, 1, "/shift", 0 },
	{ TABLET, 0, 2, "/{alt,cue}", 0 }, { TABLET, 0, 1, "/play", 0 },
	{ CLIENT, 0, 1, "cue", 0 },      { CLIENT, 0, 2, "jump", 0 },
	{ CLIENT, 0, 2, "load", 0 },     { CLIENT, 0, 1, "play", 0 },
};

static void move(struct finger *f, uint64_t t, bool on)
{
	f->on = on;
	switch (f->what) {
	case PAD:
	case KEY:
		midi(t, f->what == PAD ? "pads" : "keys", on ? 0x90 : 0x80, f->note, on ? 9 : 0);
		break;
	case TABLET:
		osc(t, f->who, f->address, 2, on);
		break;
	case CLIENT:
		act(t, f->who, f->address, on ? OP_PRESS : OP_RELEASE, 0, 0);
		break;
	}
}

/* Whoever has gone has no finger on anything. */
static void lift(int what, uint16_t who)
{
	for (size_t i = 0; i < COUNT(fingers); i++)
		if ((int)fingers[i].what == what && (what < TABLET || fingers[i].who == who))
			fingers[i].on = false;
}

static void somebody_ends(uint64_t t, uint32_t which)
{
	const uint16_t who = 1 + which / 4 % 2;

	switch (which % 4) {
	case 0:
		engine_gone(r.e, t, FROM_OSC, who);
		lift(TABLET, who);
		break;
	case 1:
		engine_gone(r.e, t, FROM_INTENT, who);
		lift(CLIENT, who);
		break;
	case 2:
		engine_port_down(r.e, t, mapping_port(r.m, who == 1 ? "pads" : "keys"));
		lift(who == 1 ? PAD : KEY, 0);
		break;
	default:
		engine_port_down(r.e, t, mapping_port(r.m, "lost"));
		break;
	}
}

static void random_event(uint64_t t, uint32_t *seed)
{
	const uint32_t what = random_below(seed, 1000);
	struct finger *f = &fingers[random_below(seed, COUNT(fingers))];

	if (what < 850)
		move(f, t, what < 50 ? f->on : !f->on); /* now and then the same again */
	else if (what < 900)
		osc(t, 1 + what % 2, what % 3 ? "/cue" : "/layer", 0, 0);
	else if (what < 930)
		act(t, 1 + what % 2, "load", OP_PRESS, 0, 1 + what % 100);
	else if (what < 960)
		midi(t, "pads", 0xB0, what % 2 ? 1 : 33, (uint8_t)(what % 128));
	else if (what < 990)
		midi(t, "pads", 0xB0, 2, (uint8_t)random_below(seed, 128));
	else
		somebody_ends(t, random_next(seed));
}

static void expect_nothing_held(uint64_t t)
{
	const size_t before = r.n;

	engine_release_all(r.e, t);
	assert_int_equal(r.n, before);
	for (size_t i = 0; i < r.m->ncontrols; i++) {
		if (r.m->controls[i].kind != KIND_BUTTON)
			continue;
		if (r.down[i] || engine_state(r.e, i)->value != 0.0f)
			fail_msg("%s is still held", r.m->controls[i].name);
	}
}

/* However layers change, whoever goes: when every finger is lifted and time has passed, nothing is
 * held; and in the output no press follows a press. */
static void test_random(void **state)
{
	uint32_t seed = 4711;
	uint64_t t = T0;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		for (int i = 0; i < 200; i++) {
			t += random_below(&seed, 20) * MS;
			run_until(t);
			random_event(t, &seed);
		}
		for (size_t i = 0; i < COUNT(fingers); i++)
			if (fingers[i].on)
				move(&fingers[i], t, false);
		run_until(t += 1000 * MS);
		assert_true(engine_deadline(r.e) == TIME_NEVER);
		expect_nothing_held(t);
	}
	assert_true(r.presses > 100000); /* else it has tried nothing */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state),
		TEST(test_long_label),
		TEST(test_message),
		TEST(test_deadlines),
		TEST(test_tap_within_long_press),
		TEST(test_long_press_within_tap),
		TEST(test_gone_by_who),
		TEST(test_gone_beside_another),
		TEST(test_batch),
		TEST(test_batch_at_once),
		TEST(test_batches_full_and_cancelled),
		TEST(test_pattern_rate),
		TEST(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
