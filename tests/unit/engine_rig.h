/* An engine with a small mapping, what it sends, and words to move it. Included after
 * <cmocka.h>. */
#ifndef CUEWIRE_TESTS_ENGINE_RIG_H
#define CUEWIRE_TESTS_ENGINE_RIG_H

#include "cuewire/engine.h"
#include "helpers.h"

#define MS UINT64_C(1000000)
#define T0 (1000 * MS)
#define SENT_MAX 512

static const char text[] =
	"{ 'hold_ms': 0, 'ports': { 'out': { 'out': 'iac' }, 'lost': { 'out': 'iac 2' },"
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
	"{ 'osc': '/cue', 'to': 'cue' },"
	"{ 'osc': '/cue', 'arg': 1, 'to': 'load', 'when': { 'alt': 0 } },"
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

/* No press without a release of the one before, at the same address. (Releases may repeat: an explicit release is
 * always sent.) */
static inline void check_edge(const struct msg *m)
{
	const bool on = m->value >= 0.5f;
	uint8_t bytes[MSG_BYTES];

	assert_int_equal(m->port, r.m->controls[m->control].port);
	if (r.m->controls[m->control].kind != KIND_BUTTON) {
		assert_int_equal(m->edge, EDGE_NONE);
		return;
	}
	assert_int_equal(m->edge, on ? EDGE_PRESS : EDGE_RELEASE);
	if (on && r.down[m->control])
		fail_msg("%s is pressed twice", r.m->controls[m->control].name);
	if (!on) {
		assert_int_equal(engine_release_bytes(&r.m->controls[m->control], bytes), m->len);
		assert_memory_equal(bytes, m->bytes, m->len);
	}
	r.down[m->control] = on;
	r.presses += on;
}

static inline void send(void *ctx, const struct msg *m)
{
	struct sent *s = &r.sent[r.n % SENT_MAX];

	(void)ctx;
	r.n++;
	s->m = *m;
	snprintf(s->label, sizeof(s->label), "%s", m->label);
	check_edge(m);
}

static inline void unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	(void)ctx;
	(void)t_ns;
	(void)m;
	r.unmapped++;
}

static inline void unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	(void)ctx;
	(void)t_ns;
	(void)port;
	(void)m;
	r.unmapped++;
}

static inline void rig_open(const char *mapping)
{
	const struct sink sink = { .ctx = &r,
		                   .send = send,
		                   .unmapped_osc = unmapped_osc,
		                   .unmapped_midi = unmapped_midi };

	memset(&r, 0, sizeof(r));
	r.m = load_quoted(mapping);
	assert_true(r.m->ncontrols <= COUNT(r.down));
	r.e = engine_new(r.m, &sink);
}

static inline void rig_close(void)
{
	engine_free(r.e);
	mapping_free(r.m);
}

static inline int set_up(void **state)
{
	(void)state;
	rig_open(text);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	rig_close();
	return 0;
}

/* ---- events ---- */

static inline void osc(uint64_t t_ns, uint16_t peer, const char *address, size_t nargs, double v)
{
	struct osc_msg m = { .address = address, .address_len = (uint32_t)strlen(address),
		             .pattern = osc_has_pattern(address), .nargs = (uint8_t)nargs };

	for (size_t i = 0; i < nargs; i++)
		m.args[i] = (struct osc_arg){ .type = 'f', .num = v };
	engine_osc(r.e, t_ns, peer, &m);
}

static inline void midi(uint64_t t_ns, const char *port, uint8_t status, uint8_t d1, uint8_t d2)
{
	const struct midi_msg m = { status, d1, d2, 3 };

	engine_midi(r.e, t_ns, mapping_port(r.m, port), &m);
}

static inline void act(uint64_t t_ns, uint16_t who, const char *control, enum op op, float v,
                uint32_t release_ms)
{
	const struct source s = {
		.from = FROM_INTENT, .rank = RANK_HARDWARE, .who = who, .brief = true, .label = "intent:x"
	};
	const struct act a = { .control = control_of(r.m, control),
		               .op = op,
		               .value = v,
		               .release_ms = release_ms };

	engine_act(r.e, t_ns, &a, &s);
}

static inline void run_until(uint64_t t_ns)
{
	uint64_t due;

	while ((due = engine_deadline(r.e)) <= t_ns && due != TIME_NEVER)
		engine_tick(r.e, due);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
