/* "when": random conditions as text, through the loader, asked by the engine and answered here from
 * the tree that the text was made of. */
#include "../../src/core/engine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/buf.h"
#include "engine_rig.h"

#define CONTROLS 8 /* the first half are faders */
#define MEMBERS 3
#define PARTS 32 /* the loader's limit for one "when" */

/* ---- trees ---- */

enum what { IS, NOT, OR };

struct member {
	enum what what;
	unsigned control;              /* IS */
	enum { OFF, ON, LIMITS } form; /* IS */
	bool has_min, has_max;         /* LIMITS */
	unsigned min, max;             /* tenths */
	size_t n, of[MEMBERS];         /* NOT, OR: objects */
};

struct object {
	size_t n;
	struct member members[MEMBERS];
};

static struct object objects[400];
static size_t nobjects;
static uint32_t seed = 31;

static unsigned below(unsigned n)
{
	return (unsigned)random_below(&seed, n);
}

static size_t grow(int depth);

static void grow_is(struct member *m, unsigned control)
{
	m->control = control;
	m->form = control < CONTROLS / 2 ? LIMITS : below(2) ? ON : OFF;
	m->min = below(11);
	m->max = below(11);
	m->has_min = below(3);
	m->has_max = !m->has_min || below(2);
}

/* Within an object each name comes once. */
static void grow_member(struct member *m, int depth, unsigned *names)
{
	const unsigned what = depth ? below(4) : IS;
	unsigned control = below(CONTROLS);

	m->what = what <= OR ? (enum what)what : IS;
	if (m->what != IS && *names >> (CONTROLS + m->what) & 1)
		m->what = IS;
	if (m->what != IS) {
		*names |= 1u << (CONTROLS + m->what);
		m->n = m->what == NOT ? 1 : 1 + below(MEMBERS);
		for (size_t i = 0; i < m->n; i++)
			m->of[i] = grow(depth - 1);
		return;
	}
	while (*names >> control & 1)
		control = (control + 1) % CONTROLS;
	*names |= 1u << control;
	grow_is(m, control);
}

static size_t grow(int depth)
{
	const size_t at = nobjects++;
	unsigned names = 0;

	objects[at] = (struct object){ .n = 1 + below(MEMBERS) };
	for (size_t i = 0; i < objects[at].n; i++)
		grow_member(&objects[at].members[i], depth, &names);
	return at;
}

/* How many parts the loader may make of it. */
static size_t parts(size_t object)
{
	const struct object *o = &objects[object];
	size_t n = 1;

	for (size_t i = 0; i < o->n; i++) {
		n++;
		for (size_t k = 0; k < o->members[i].n; k++)
			n += parts(o->members[i].of[k]);
	}
	return n;
}

/* A new tree, from the object ROOT down. */
#define ROOT 0

static void grow_tree(void)
{
	do {
		nobjects = 0;
		grow(3);
	} while (parts(ROOT) > PARTS);
}

static bool holds(size_t object, const float *values);

static bool member_holds(const struct member *m, const float *values)
{
	const float v = values[m->control];

	switch (m->what) {
	case NOT:
		return !holds(m->of[0], values);
	case OR:
		for (size_t i = 0; i < m->n; i++)
			if (holds(m->of[i], values))
				return true;
		return false;
	default:
		if (m->form != LIMITS)
			return m->form == ON ? v >= 0.5f : v < 0.5f;
		return (!m->has_min || v >= (float)(m->min / 10.0)) &&
		       (!m->has_max || v <= (float)(m->max / 10.0));
	}
}

static bool holds(size_t object, const float *values)
{
	const struct object *o = &objects[object];
	bool all = true;

	for (size_t i = 0; i < o->n; i++)
		all = all && member_holds(&o->members[i], values);
	return all;
}

/* ---- as text, in any order ---- */

static void print(struct buf *b, size_t object);

static void print_limits(struct buf *b, const struct member *m)
{
	const bool min_first = below(2);

	for (int i = 0; i < 2; i++) {
		const bool min = min_first == (i == 0);

		if (min ? !m->has_min : !m->has_max)
			continue;
		buf_fmt(b, "%s '%s': %g", i && m->has_min && m->has_max ? "," : "",
		        min ? "min" : "max", (min ? m->min : m->max) / 10.0);
	}
}

static void print_member(struct buf *b, const struct member *m)
{
	if (m->what == NOT) {
		buf_puts(b, "'not': ");
		print(b, m->of[0]);
	} else if (m->what == OR) {
		buf_puts(b, "'or': [");
		for (size_t i = 0; i < m->n; i++) {
			buf_puts(b, i ? ", " : " ");
			print(b, m->of[i]);
		}
		buf_puts(b, " ]");
	} else if (m->form == LIMITS) {
		buf_fmt(b, "'c%u': {", m->control);
		print_limits(b, m);
		buf_puts(b, " }");
	} else {
		static const char *const words[2][2] = { { "0", "false" }, { "1", "true" } };

		buf_fmt(b, "'c%u': %s", m->control, words[m->form == ON][below(2)]);
	}
}

static void print(struct buf *b, size_t object)
{
	const struct object *o = &objects[object];
	const size_t first = below((unsigned)o->n), back = below(2) ? o->n - 1 : 1;

	buf_puts(b, "{ ");
	for (size_t i = 0; i < o->n; i++) {
		buf_puts(b, i ? ", " : "");
		print_member(b, &o->members[(first + i * back) % o->n]);
	}
	buf_puts(b, " }");
}

static void print_mapping(struct buf *b, bool twice)
{
	buf_init(b, 65536);
	buf_puts(b, "{ 'hold_ms': 0, 'controls': [ { 'name': 'to', 'kind': 'fader' }");
	for (unsigned i = 0; i < CONTROLS; i++)
		buf_fmt(b, ", { 'name': 'c%u', 'kind': '%s' }", i,
		        i < CONTROLS / 2 ? "fader" : "switch");
	buf_puts(b, " ], 'routes': [ { 'osc': '/x', 'to': 'to', 'when': ");
	print(b, ROOT);
	buf_puts(b, " }");
	if (twice) {
		buf_puts(b, ",\n{ 'osc': '/x', 'to': 'c0', 'when': ");
		print(b, ROOT);
		buf_puts(b, " }");
	}
	buf_puts(b, " ] }");
}

/* ---- what they are ---- */

static void random_values(float *values, uint64_t t)
{
	char address[8];

	for (unsigned i = 0; i < CONTROLS; i++) {
		values[i] = i < CONTROLS / 2 ? (float)(below(11) / 10.0) : (float)below(2);
		snprintf(address, sizeof(address), "/c%u", i);
		osc(t, 0, address, 1, (double)values[i]);
	}
}

static void test_conditions_hold(void **state)
{
	size_t yes = 0, no = 0;

	(void)state;
	for (int round = 0; round < 400; round++) {
		const struct route *route;
		struct buf b;

		grow_tree();
		print_mapping(&b, false);
		rig_open(b.p);
		route = &r.m->routes[mapping_osc(r.m, "/x", 2)];
		for (int i = 0; i < 60; i++) {
			float values[CONTROLS];
			bool expected;

			random_values(values, T0 + (uint64_t)i);
			expected = holds(ROOT, values);
			*(expected ? &yes : &no) += 1;
			if (conditions_hold(r.e, route->when, route->nwhen) != expected)
				fail_msg("expected %s of %s", expected ? "yes" : "no", b.p);
		}
		rig_close();
		buf_finish(&b);
	}
	assert_true(yes > 2000 && no > 2000);
}

/* ---- which are the same ---- */

static void load(struct buf *b, struct diags *d)
{
	struct mapping *m = NULL;

	for (char *p = b->p; (p = strchr(p, '\''));)
		*p = '"';
	*d = (struct diags){ 0 };
	mapping_load_text(&m, "test", b->p, b->len, NULL, d);
	mapping_free(m);
}

static bool has_code(const struct diags *d, const char *code)
{
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->list[i].code, code))
			return true;
	return false;
}

/* Whatever the order of the keys, the same conditions make the same route. */
static void test_same_route(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct diags d;
		struct buf b;

		grow_tree();
		print_mapping(&b, true);
		load(&b, &d);
		if (!has_code(&d, "duplicate-route"))
			fail_msg("not the same route: %s", b.p);
		buf_finish(&b);
	}
}

/* With another limit it is another route. */
static void test_other_route(void **state)
{
	static const char head[] = "{ 'controls': [ { 'name': 'to', 'kind': 'fader' },"
				   "{ 'name': 'c', 'kind': 'fader' } ], 'routes': [ ";
	uint32_t bits = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		const float min = (float)random_below(&bits, 1u << 24) / (1 << 24);
		const float other = min + 1.0f / (1 << 23);
		struct diags d;
		struct buf b;

		buf_init(&b, 65536);
		buf_puts(&b, head);
		buf_fmt(&b, "{ 'osc': '/x', 'to': 'to', 'when': { 'c': { 'min': %.9g } } },",
		        (double)min);
		buf_fmt(&b, "{ 'osc': '/x', 'to': 'c', 'when': { 'c': { 'min': %.9g } } } ] }",
		        (double)(other <= 1.0f ? other : 0.0f));
		load(&b, &d);
		if (has_code(&d, "duplicate-route"))
			fail_msg("taken for the same route: %s", b.p);
		buf_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions_hold),
		cmocka_unit_test(test_same_route),
		cmocka_unit_test(test_other_route),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conditions", tests, NULL, NULL);
}
