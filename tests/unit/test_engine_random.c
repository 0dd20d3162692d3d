/* A million random events: hands, tablets, clients, layers, and all of them going. */
#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

/* Everything that can press, and whether it does. */
struct finger {
	enum { PAD, KEY, TABLET, CLIENT } what;
	uint8_t note;        /* PAD, KEY */
	uint16_t who;        /* TABLET: the peer, CLIENT */
	const char *address; /* TABLET: an address, CLIENT: a control */
	bool on;
};

static struct finger fingers[] = {
	{ PAD, 1, 0, NULL, 0 },
	{ PAD, 2, 0, NULL, 0 },
	{ PAD, 3, 0, NULL, 0 },
	{ PAD, 4, 0, NULL, 0 },
	{ PAD, 5, 0, NULL, 0 },
	{ KEY, 1, 0, NULL, 0 },
	{ KEY, 2, 0, NULL, 0 },
	{ KEY, 3, 0, NULL, 0 },
	{ KEY, 4, 0, NULL, 0 },
	{ KEY, 5, 0, NULL, 0 },
	{ TABLET, 0, 1, "/cue", 0 },
	{ TABLET, 0, 1, "/layer", 0 },
	{ TABLET, 0, 2, "/layer", 0 },
	{ TABLET, 0, 2, "/jump", 0 },
	{ TABLET, 0, 2, "/any/1", 0 },
	{ TABLET, 0, 1, "/shift", 0 },
	{ TABLET, 0, 2, "/{alt,cue}", 0 },
	{ TABLET, 0, 1, "/play", 0 },
	{ CLIENT, 0, 1, "cue", 0 },
	{ CLIENT, 0, 2, "jump", 0 },
	{ CLIENT, 0, 2, "load", 0 },
	{ CLIENT, 0, 1, "play", 0 },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine_random", tests, NULL, NULL);
}
