/* The flight recorder's memory: whole records only, in order, however often it wraps; and that an
 * engine goes on from what was saved as the one that it was saved from. */
#include "cuewire/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine_rig.h"

#define INPUTS 200000

static struct arena *mem;
static struct flight f;

static int set_up_flight(void **state)
{
	set_up(state);
	mem = arena_new(0);
	flight_init(&f, mem, r.m);
	return 0;
}

static int tear_down_flight(void **state)
{
	arena_free(mem);
	return tear_down(state);
}

/* The n-th input: of a length of its own, and each of its bytes says which one it is. */
static size_t length_of(uint32_t n)
{
	return n % 97 == 0 ? FLIGHT_LONGEST : n % 41;
}

static void add(uint32_t n)
{
	uint8_t data[FLIGHT_LONGEST];
	const size_t len = length_of(n);

	memset(data, (int)(n % 251), len);
	if (f.wants_saved)
		flight_save(&f, r.e, n);
	flight_data(&f, n, EVENT_INTENT, (uint16_t)n, data, len);
}

static void expect_record(const struct flight_record *x, uint64_t n)
{
	const uint8_t *data = (const void *)(x + 1);

	assert_int_equal(x->t_ns, n);
	assert_int_equal(x->event, EVENT_INTENT);
	assert_int_equal(x->who, (uint16_t)n);
	assert_int_equal(x->size, sizeof(*x) + length_of((uint32_t)n));
	for (size_t i = 0; i < length_of((uint32_t)n); i++)
		assert_int_equal(data[i], n % 251);
}

/* From the place where it begins up to the newest one, without a gap. Returns how many. */
static uint64_t expect_all(uint64_t newest)
{
	struct flight_copy *c = flight_copy_new(r.m, FLIGHT_ROOM);
	const struct flight_record *x;
	uint64_t n, first;
	size_t at;

	flight_take(&f, newest, c);
	at = c->begins;
	first = n = c->saved.t_ns;
	while ((x = flight_next(c, &at)))
		expect_record(x, n++);
	assert_int_equal(n, newest + 1);
	assert_int_equal(at, c->len);
	flight_copy_free(c);
	return n - first;
}

static void test_wraps(void **state)
{
	size_t looks = 0;

	(void)state;
	for (uint32_t n = 0; n < INPUTS; n++) {
		add(n);
		if (n % 9973 && n > 100)
			continue;
		looks++;
		if (f.turns < FLIGHT_BLOCKS)
			assert_int_equal(expect_all(n), n + 1); /* all that ever came */
		else /* seven blocks of eight at least, of records of 84 bytes at the mean */
			assert_true(expect_all(n) > 7 * FLIGHT_BLOCK / 96);
	}
	assert_true(looks > 100 && f.turns > 10 * FLIGHT_BLOCKS);
}

static void test_empty(void **state)
{
	struct flight_copy *c = flight_copy_new(r.m, FLIGHT_ROOM);
	size_t at = 0;

	(void)state;
	flight_take(&f, 1, c);
	assert_int_equal(c->len, 0);
	assert_null(flight_next(c, &at));
	flight_copy_free(c);
}

static void test_too_long(void **state)
{
	static const uint8_t data[FLIGHT_LONGEST + 1];
	struct flight_copy *c = flight_copy_new(r.m, FLIGHT_ROOM);
	const struct flight_record *x;
	size_t at = 0;

	(void)state;
	flight_save(&f, r.e, 1);
	flight_data(&f, 7, EVENT_OSC, 3, data, sizeof(data));
	flight_take(&f, 8, c);
	x = flight_next(c, &at);
	assert_non_null(x);
	assert_int_equal(x->event, EVENT_CUT);
	assert_int_equal(x->t_ns, 7);
	assert_int_equal(x->size, sizeof(*x));
	assert_null(flight_next(c, &at));
	flight_copy_free(c);
}

static void test_number(void **state)
{
	struct flight_copy *c = flight_copy_new(r.m, FLIGHT_ROOM);
	const struct flight_record *x;
	const struct flight_number *number;
	size_t at = 0, n = 0;

	(void)state;
	assert_false(flight_number(&f, 1, 2, 3, 0.5f)); /* a replay could not begin here */
	flight_save(&f, r.e, 1);
	while (flight_number(&f, 5, 2, 3, 0.25f))
		n++;
	assert_int_equal(n, FLIGHT_BLOCK / (sizeof(*x) + sizeof(*number)));
	assert_false(f.wants_saved); /* and nothing was begun for one that has no room */
	flight_take(&f, 8, c);
	while ((x = flight_next(c, &at))) {
		number = (const void *)(x + 1);
		assert_true(x->t_ns == 5 && x->event == EVENT_NUMBER && x->who == 2);
		assert_true(number->route == 3 && number->value == 0.25f);
		n--;
	}
	assert_int_equal(n, 0);
	flight_copy_free(c);
}

static void test_out(void **state)
{
	const struct msg m = { .t_ns = 5,
		               .label = "osc:/x",
		               .value = 0.5f,
		               .control = 2,
		               .port = 1,
		               .len = 3,
		               .bytes = { 0xB0, 7, 64 } };
	struct msg brief = m;
	char label[200];
	struct flight_copy *c = flight_copy_new(r.m, FLIGHT_ROOM);
	const struct flight_record *x;
	const struct flight_out *o;
	size_t at = 0;

	(void)state;
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	brief.brief = true;
	brief.label = label;
	flight_save(&f, r.e, 1);
	flight_out(&f, &m, true);
	flight_out(&f, &brief, false);
	flight_take(&f, 8, c);
	memset(label, 'y', sizeof(label) - 1); /* it was copied */

	x = flight_next(c, &at);
	o = (const void *)(x + 1);
	assert_int_equal(x->who, 2);
	assert_int_equal(x->flags, FLIGHT_SIMULATED);
	assert_ptr_equal(o->label, m.label);
	assert_true(o->value == 0.5f && o->port == 1 && o->len == 3);
	assert_memory_equal(o->bytes, m.bytes, 3);

	x = flight_next(c, &at);
	o = (const void *)(x + 1);
	assert_int_equal(x->flags, FLIGHT_BRIEF);
	assert_int_equal(strlen((const char *)(o + 1)), 127);
	assert_int_equal(strspn((const char *)(o + 1), "x"), 127);
	flight_copy_free(c);
}

/* Nothing is saved while something waits, but at half a block at the latest; at the very beginning, before
 * which there is nothing, in any case. */
static void test_saves_at_rest(void **state)
{
	(void)state;
	midi(T0, "pads", 0xB0, 1, 64);
	flight_save(&f, r.e, T0);
	assert_false(f.wants_saved);
	assert_false(f.blocks[0].saved.at_rest);
	engine_tick(r.e, T0 + 6 * MS);
	flight_turn(&f);
	osc(T0 + 10 * MS, 0, "/cue", 0, 0); /* released 50 ms later: that is in the save */
	assert_true(engine_at_rest(r.e));
	midi(T0 + 10 * MS, "pads", 0xB0, 1, 64); /* a half waits for the other */
	assert_false(engine_at_rest(r.e));
	flight_save(&f, r.e, T0);
	assert_true(f.wants_saved);
	while (f.at < f.end - FLIGHT_BLOCK / 2)
		flight_event(&f, T0, EVENT_STOP, 0);
	flight_save(&f, r.e, T0);
	assert_false(f.wants_saved);
	assert_false(f.blocks[1].saved.at_rest);
	engine_tick(r.e, T0 + 16 * MS);
	assert_true(engine_at_rest(r.e));
}

static void play_on(struct engine *e)
{
	r.e = e;
	r.n = 0;
	memset(r.down, 0, sizeof(r.down));
	r.down[control_of(r.m, "cue")] = true;
	midi(T0 + 10 * MS, "pads", 0x90, 5, 127);
	midi(T0 + 10 * MS, "pads", 0xB0, 33, 3); /* with the MSB of before */
	run_until(T0 + 20 * MS);
	midi(T0 + 30 * MS, "pads", 0x90, 1, 127); /* jump, in this layer */
	act(T0 + 40 * MS, 0, "volume", OP_NUDGE, 0.25f, 0);
	engine_gone(r.e, T0 + 45 * MS, FROM_MIDI, (uint16_t)mapping_port(r.m, "pads"));
	run_until(T0 + 60 * MS);
}

/* The same events make the same messages, in an engine that goes on from the save. */
static void test_goes_on(void **state)
{
	const struct sink sink = { .ctx = &r,
		                   .send = send,
		                   .unmapped_osc = unmapped_osc,
		                   .unmapped_midi = unmapped_midi };
	struct engine *first = r.e, *second = engine_new(r.m, &sink);
	struct sent was[64];
	struct arena *mine = arena_new(0);
	struct saved s;
	size_t n;

	(void)state;
	saved_init(&s, mine, r.m);
	osc(T0, 3, "/volume", 1, 0.25);
	midi(T0, "pads", 0x90, 5, 127); /* play on; its next press turns it off */
	midi(T0, "pads", 0x80, 5, 0);
	midi(T0, "pads", 0x90, 4, 127); /* shift is held: a layer */
	midi(T0, "pads", 0xB0, 1, 64);
	midi(T0, "pads", 0xB0, 33, 2);
	osc(T0 + MS, 3, "/cue", 0, 0); /* until T0 + 51 ms */
	engine_save(first, T0 + 2 * MS, &s);
	assert_true(s.at_rest);
	engine_restore(second, &s);

	play_on(first);
	n = r.n;
	assert_true(n >= 6);
	memcpy(was, r.sent, sizeof(was));
	play_on(second);
	assert_int_equal(r.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(r.sent[i].m.seq, was[i].m.seq);
		assert_int_equal(r.sent[i].m.t_ns, was[i].m.t_ns);
		assert_int_equal(r.sent[i].m.control, was[i].m.control);
		assert_true(r.sent[i].m.value == was[i].m.value);
		assert_memory_equal(r.sent[i].m.bytes, was[i].m.bytes, was[i].m.len);
	}
	arena_free(mine);
	engine_free(first);
}

#define FLIGHT(t) cmocka_unit_test_setup_teardown(t, set_up_flight, tear_down_flight)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLIGHT(test_wraps),   FLIGHT(test_empty), FLIGHT(test_too_long),
		FLIGHT(test_number),  FLIGHT(test_out),   FLIGHT(test_saves_at_rest),
		FLIGHT(test_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
