/* A million random events on a mapping with everything that can press: layers in layers, presses of
 * all kinds, values that take their time, macros. Hands, tablets and clients come and go. */
#include "cuewire/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

/* Four layers: one is held, one is toggled, one latched, one set on and off. Whatever is pressed in
 * them is a button; the switches and the fader are there to be moved meanwhile. */
#define MAPPING(hold_ms)                                                                            \
	"{ 'hold_ms': " hold_ms                                                                     \
	", 'ports': { 'out': { 'out': 'iac' }, 'lost': { 'out': 'iac 2' },"                         \
	"             'pads': { 'in': 'pads' }, 'keys': { 'in': 'keys' } },"                        \
	"'controls': ["                                                                             \
	"{ 'name': 'a', 'kind': 'button', 'port': 'out', 'note': 1 },"                              \
	"{ 'name': 'b', 'kind': 'button', 'port': 'out', 'note': 2 },"                              \
	"{ 'name': 'c', 'kind': 'button', 'port': 'out', 'cc': 3 },"                                \
	"{ 'name': 'd', 'kind': 'button', 'port': 'out', 'nrpn': 4 },"                              \
	"{ 'name': 'e', 'kind': 'button', 'port': 'lost', 'note': 5 },"                             \
	"{ 'name': 'f', 'kind': 'button', 'port': 'lost', 'cc': 6 },"                               \
	"{ 'name': 'g', 'kind': 'button', 'port': 'out', 'note': 7 },"                              \
	"{ 'name': 'h', 'kind': 'button' },"                                                        \
	"{ 'name': 'play', 'kind': 'switch', 'port': 'out', 'cc': 20 },"                            \
	"{ 'name': 'level', 'kind': 'fader', 'port': 'out', 'cc': 21 },"                            \
	"{ 'name': 'l1', 'kind': 'button' }, { 'name': 'l2', 'kind': 'switch' },"                   \
	"{ 'name': 'l3', 'kind': 'switch' }, { 'name': 'l4', 'kind': 'switch' } ],"                 \
	"'routes': ["                                                                               \
	"{ 'port': 'keys', 'note': 1, 'to': 'l1' },"                                                \
	"{ 'port': 'keys', 'note': 2, 'as': 'toggle', 'to': 'l2' },"                                \
	"{ 'port': 'keys', 'note': 3, 'as': 'latch', 'press_ms': 100, 'to': 'l3' },"                \
	"{ 'port': 'keys', 'note': 4, 'as': 'on', 'to': 'l4' },"                                    \
	"{ 'port': 'keys', 'note': 5, 'press': 'long', 'press_ms': 50, 'as': 'off', 'to': 'l4' },"  \
	"{ 'port': 'keys', 'note': 6, 'to': 'a' },"                                                 \
	"{ 'port': 'keys', 'note': 7, 'press': 'short', 'press_ms': 100, 'to': 'b' },"              \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 0, 'l2': 0 }, 'to': 'a' },"                   \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 1, 'l2': 0 }, 'to': 'b' },"                   \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 0, 'l2': 1 }, 'to': 'c' },"                   \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 1, 'l2': 1, 'l3': 0 }, 'to': 'd' },"          \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 1, 'l2': 1, 'l3': 1, 'l4': 0 }, 'to': 'e' }," \
	"{ 'port': 'pads', 'note': 1, 'when': { 'l1': 1, 'l2': 1, 'l3': 1, 'l4': 1 }, 'to': 'f' }," \
	"{ 'port': 'pads', 'note': 2, 'when': { 'or': [{ 'l1': 1 }, { 'l3': 1, 'l4': 0 }] },"       \
	"  'to': 'a' },"                                                                            \
	"{ 'port': 'pads', 'note': 2, 'when': { 'not': { 'or': [{ 'l1': 1 }, { 'l3': 1 }] } },"     \
	"  'to': ['e', 'g'] },"                                                                     \
	"{ 'port': 'pads', 'note': 3, 'when': { 'l3': 0 }, 'press': 'short', 'press_ms': 100,"      \
	"  'to': 'b' },"                                                                            \
	"{ 'port': 'pads', 'note': 3, 'when': { 'not': { 'l4': 1 } }, 'press': 'long',"             \
	"  'press_ms': 100, 'to': 'c' },"                                                           \
	"{ 'port': 'pads', 'note': 4, 'press': 'single', 'press_ms': 80, 'to': 'd' },"              \
	"{ 'port': 'pads', 'note': 4, 'when': { 'l2': 1 }, 'press': 'double', 'press_ms': 80,"      \
	"  'to': 'e' },"                                                                            \
	"{ 'port': 'pads', 'note': 5, 'when': { 'l1': 1 }, 'as': 'momentary', 'to': 'f' },"         \
	"{ 'port': 'pads', 'note': 6, 'when': { 'l2': 0 }, 'again': 'cancel', 'do': ["              \
	"  { 'press': 'a' }, { 'set': 'level', 'to': 1, 'over': 60, 'after': 20 },"                 \
	"  { 'release': 'a', 'after': 40 }, { 'press': 'e', 'after': 40 } ] },"                     \
	"{ 'port': 'pads', 'note': 6, 'when': { 'l2': 1 }, 'do': ["                                 \
	"  { 'press': 'l1' }, { 'press': 'b', 'after': 30 }, { 'release': 'l1', 'after': 30 },"     \
	"  { 'set': 'l2', 'to': 0, 'after': 50 }, { 'release': 'b' } ] },"                          \
	"{ 'port': 'pads', 'note': 7, 'again': 'ignore', 'do': ["                                   \
	"  { 'press': 'c', 'after': 30 }, { 'release': 'c', 'after': '0.25 beats' } ] },"           \
	"{ 'port': 'pads', 'note': 8, 'delay': 120, 'to': 'a' },"                                   \
	"{ 'port': 'pads', 'note': 9, 'when': { 'l3': 1 }, 'max_per_s': 10, 'to': 'g' },"           \
	"{ 'port': 'pads', 'note': 10, 'ramp': 60, 'to': 'f' },"                                    \
	"{ 'port': 'pads', 'note': 11, 'smooth': 60, 'to': 'h' },"                                  \
	"{ 'port': 'pads', 'cc': 1, 'deadband': 0.1, 'to': 'h' },"                                  \
	"{ 'port': 'pads', 'cc': 2, 'when': { 'level': { 'min': 0.3 } }, 'to': 'b' },"              \
	"{ 'port': 'pads', 'cc': 3, 'to': 'level' },"                                               \
	"{ 'from': 'l1', 'press': 'long', 'press_ms': 70, 'to': 'g' },"                             \
	"{ 'from': 'h', 'when': { 'l4': 1 }, 'to': 'e' },"                                          \
	"{ 'from': 'l3', 'when': { 'l2': 1 }, 'delay': 50, 'to': 'play' },"                         \
	"{ 'osc': '/1', 'when': { 'l1': 0 }, 'to': 'a' },"                                          \
	"{ 'osc': '/1', 'when': { 'l1': 1, 'not': { 'l3': 1 } }, 'to': 'f' },"                      \
	"{ 'osc': '/2', 'press': 'long', 'press_ms': 60, 'to': 'd' },"                              \
	"{ 'osc': '/3', 'when': { 'l2': 0 }, 'delay': 80, 'to': 'e' },"                             \
	"{ 'osc': '/4/*', 'when': { 'l4': 1 }, 'to': 'g' } ] }"

static const char *const layers[] = { "l2", "l3", "l4" }; /* l1 is a finger's */

struct finger {
	enum { PAD, CC, KEY, TABLET, CLIENT } what;
	uint8_t number;      /* PAD, KEY: the note */
	uint16_t who;        /* TABLET: the peer, CLIENT */
	const char *address; /* TABLET: an address, CLIENT: a control */
	bool on;
};

static struct finger fingers[] = {
	{ PAD, 1, 0, NULL, 0 },    { PAD, 2, 0, NULL, 0 },     { PAD, 3, 0, NULL, 0 },
	{ PAD, 4, 0, NULL, 0 },    { PAD, 5, 0, NULL, 0 },     { PAD, 6, 0, NULL, 0 },
	{ PAD, 7, 0, NULL, 0 },    { PAD, 8, 0, NULL, 0 },     { PAD, 9, 0, NULL, 0 },
	{ PAD, 10, 0, NULL, 0 },   { PAD, 11, 0, NULL, 0 },    { CC, 1, 0, NULL, 0 },
	{ CC, 2, 0, NULL, 0 },     { KEY, 1, 0, NULL, 0 },     { KEY, 2, 0, NULL, 0 },
	{ KEY, 3, 0, NULL, 0 },    { KEY, 4, 0, NULL, 0 },     { KEY, 5, 0, NULL, 0 },
	{ KEY, 6, 0, NULL, 0 },    { KEY, 7, 0, NULL, 0 },     { TABLET, 0, 1, "/1", 0 },
	{ TABLET, 0, 1, "/2", 0 }, { TABLET, 0, 1, "/3", 0 },  { TABLET, 0, 2, "/4/1", 0 },
	{ TABLET, 0, 2, "/g", 0 }, { TABLET, 0, 2, "/l1", 0 }, { TABLET, 0, 1, "/{a,h}", 0 },
	{ CLIENT, 0, 1, "a", 0 },  { CLIENT, 0, 2, "l1", 0 },  { CLIENT, 0, 2, "f", 0 },
};

static void move(struct finger *f, uint64_t t, bool on)
{
	f->on = on;
	switch (f->what) {
	case PAD:
	case KEY:
		midi(t, f->what == PAD ? "pads" : "keys", on ? 0x90 : 0x80, f->number, on ? 99 : 0);
		break;
	case CC:
		midi(t, "pads", 0xB0, f->number, on ? 127 : 0);
		break;
	case TABLET:
		osc(t, f->who, f->address, 1, on);
		break;
	case CLIENT:
		act(t, f->who, f->address, on ? OP_PRESS : OP_RELEASE, 0, 0);
		break;
	}
}

/* Whoever has gone has no finger on anything. */
static void lift(int first, int last, uint16_t who)
{
	for (size_t i = 0; i < COUNT(fingers); i++)
		if ((int)fingers[i].what >= first && (int)fingers[i].what <= last &&
		    fingers[i].who == who)
			fingers[i].on = false;
}

/* Or all that waits is cancelled. */
static void somebody_goes(uint64_t t, uint32_t which)
{
	const uint16_t who = 1 + which / 6 % 2;

	switch (which % 6) {
	case 0:
		engine_gone(r.e, t, FROM_OSC, who);
		lift(TABLET, TABLET, who);
		break;
	case 1:
		engine_gone(r.e, t, FROM_INTENT, who);
		lift(CLIENT, CLIENT, who);
		break;
	case 2:
		engine_port_down(r.e, t, mapping_port(r.m, "pads"));
		lift(PAD, CC, 0);
		break;
	case 3:
		engine_port_down(r.e, t, mapping_port(r.m, "keys"));
		lift(KEY, KEY, 0);
		break;
	case 4:
		engine_cancel(r.e, t);
		break;
	default:
		engine_port_down(r.e, t, mapping_port(r.m, who == 1 ? "lost" : "out"));
		break;
	}
}

static void random_event(uint64_t t, uint32_t *seed)
{
	const uint32_t what = random_below(seed, 1000);
	struct finger *f = &fingers[random_below(seed, COUNT(fingers))];

	if (what < 900)
		move(f, t, what < 40 ? f->on : !f->on); /* now and then the same again */
	else if (what < 930)
		act(t, 1, layers[what % COUNT(layers)], OP_SET, what / 3 % 2, 0);
	else if (what < 945)
		osc(t, 1 + what % 2, what % 3 ? "/1" : "/2", 0, 0);
	else if (what < 960)
		act(t, 1 + what % 2, "e", OP_PRESS, 0, 1 + what % 100);
	else if (what < 990)
		midi(t, "pads", 0xB0, 3, (uint8_t)random_below(seed, 128));
	else
		somebody_goes(t, random_next(seed));
}

static void wait(uint64_t *t, uint64_t ms)
{
	run_until(*t += ms * MS);
}

static void lift_all(uint64_t *t)
{
	for (size_t i = 0; i < COUNT(fingers); i++)
		if (fingers[i].on)
			move(&fingers[i], *t, false);
	for (size_t i = 0; i < COUNT(layers); i++)
		act(*t, 1, layers[i], OP_SET, 0, 0);
	wait(t, 2000);
}

static void expect_nothing_held(int round)
{
	for (size_t i = 0; i < r.m->ncontrols; i++)
		if (r.m->controls[i].kind == KIND_BUTTON &&
		    (r.down[i] || engine_state(r.e, i)->value != 0.0f))
			fail_msg("round %d: %s is still held, by %s", round, r.m->controls[i].name,
			         engine_state(r.e, i)->by ? engine_state(r.e, i)->by
			                                  : engine_state(r.e, i)->by_copy);
}

static void expect_the_end(int round)
{
	expect_nothing_held(round);
	if (engine_deadline(r.e) != TIME_NEVER)
		fail_msg("round %d: something is still to be done", round);
}

#define EVENTS 200 /* a round */

static void play(const char *mapping, int rounds)
{
	uint32_t seed = 815;
	uint64_t t = T0;

	rig_open(mapping);
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < EVENTS; i++) {
			wait(&t, random_below(&seed, 30));
			random_event(t, &seed);
		}
		lift_all(&t);
		expect_the_end(round);
	}
	assert_true(r.presses > (uint64_t)rounds * EVENTS / 10); /* else it has tried nothing */
	rig_close();
}

/* However layers change and whoever goes: when every finger is lifted and time has passed, nothing is
 * held; and in the output no press follows a press. */
static void test_everybody_may(void **state)
{
	(void)state;
	play(MAPPING("0"), 2500);
}

/* Those of a lower rank are refused for a while. */
static void test_hands_first(void **state)
{
	(void)state;
	play(MAPPING("150"), 2500);
}

/* What would press after its source has gone: nobody would release it. */
static void test_gone_before(void **state)
{
	static const struct {
		struct finger f;
		const char *presses;
	} late[] = {
		{ { PAD, 8, 0, NULL, 0 }, "a" },    /* a delay */
		{ { PAD, 10, 0, NULL, 0 }, "f" },   /* a ramp */
		{ { PAD, 11, 0, NULL, 0 }, "h" },   /* smooth */
		{ { TABLET, 0, 1, "/2", 0 }, "d" }, /* a long press */
		{ { TABLET, 0, 1, "/3", 0 }, "e" }, /* a delay */
	};
	uint64_t t = T0;

	(void)state;
	rig_open(MAPPING("0"));
	for (size_t i = 0; i < COUNT(late); i++) {
		const uint16_t control = control_of(r.m, late[i].presses);
		struct finger finger = late[i].f, *f = &finger;

		move(f, t, true);
		wait(&t, 5);
		if (f->what == PAD)
			engine_port_down(r.e, t, mapping_port(r.m, "pads"));
		else
			engine_gone(r.e, t, FROM_OSC, f->who);
		for (int k = 0; k < 100; k++) {
			wait(&t, 20);
			expect_nothing_held((int)i);
		}
		move(f, t, true); /* it comes again, and is as before */
		wait(&t, 300);
		if (engine_state(r.e, control)->value != 1.0f)
			fail_msg("%s is not pressed again: it is %g", late[i].presses,
			         (double)engine_state(r.e, control)->value);
		move(f, t, false);
		wait(&t, 2000);
		expect_the_end((int)i);
	}
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_may),
		cmocka_unit_test(test_hands_first),
		cmocka_unit_test(test_gone_before),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("layers_random", tests, NULL, NULL);
}
