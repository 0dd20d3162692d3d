/* Every folder of tests/golden/traces holds a mapping.json, an in.trace and an out.trace. in.trace
 * is what `cuewire run --record` writes of inputs (an intent without a rank is above all), read and fed
 * to the engine as `cuewire replay` does it, with a clock that stands still between the lines but for
 * the engine's own deadlines; what comes of it must be out.trace, byte for byte. Lines that begin
 * with # are copied. BLESS=1 writes out.trace anew: review what changed. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/buf.h"
#include "cuewire/engine.h"
#include "../../src/app/note_json.h"
#include "../../src/app/recording.h"
#include "folders.h"
#include "helpers.h"

#define ROOT "tests/golden/traces"
#define CASES_MAX 256
#define OUT_MAX (1 << 20)

struct golden {
	struct mapping *m;
	struct engine *e;
	struct buf out, remark;
	struct player player;
	uint64_t last_ns;
	int line;
};

/* ---- what comes out ---- */

static void print_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
	char hex[3 * MIDI_SYSEX_MAX] = "";

	midi_fmt(hex, bytes, len);
	buf_json_str(b, hex);
}

static void print_show(void *ctx, uint64_t t_ns, uint16_t peer, uint16_t place, const float *values,
                       const struct source *s)
{
	struct golden *g = ctx;

	(void)s;
	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"shown\": \"peer %d\", \"osc\": ", t_ns, peer);
	buf_json_str(&g->out, g->m->places[place].osc);
	buf_puts(&g->out, ", \"args\": [");
	for (size_t i = 0; i < g->m->places[place].nargs; i++) {
		buf_puts(&g->out, i ? ", " : "");
		buf_json_num(&g->out, (double)values[i]);
	}
	buf_puts(&g->out, "]}\n");
}

static void print_refused(void *ctx, uint64_t t_ns, uint16_t control, const struct source *s)
{
	struct golden *g = ctx;

	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"refused\": \"%s\", \"from\": \"%s\"}\n", t_ns,
	        g->m->controls[control].name, s->label);
}

static void print_tempo(void *ctx, uint64_t t_ns, const struct tempo *t)
{
	struct golden *g = ctx;

	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"tempo\": %.1f, \"state\": \"%s\"}\n", t_ns,
	        tempo_bpm(t), tempo_names[t->state]);
}

static void print_msg(void *ctx, const struct msg *m)
{
	struct golden *g = ctx;
	const struct control *c = &g->m->controls[m->control];

	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"port\": ", m->t_ns);
	buf_json_str(&g->out, g->m->ports[m->port].name);
	buf_puts(&g->out, m->light ? ", \"shown\": " : ", \"control\": ");
	buf_json_str(&g->out, c->name);
	buf_puts(&g->out, ", \"value\": ");
	buf_json_num(&g->out, (double)m->value);
	buf_puts(&g->out, ", \"from\": ");
	buf_json_str(&g->out, m->label);
	if (m->len) {
		buf_puts(&g->out, ", \"midi\": ");
		print_hex(&g->out, m->bytes, m->len);
	} else {
		buf_puts(&g->out, ", \"osc\": ");
		buf_json_str(&g->out, c->osc_out);
		buf_puts(&g->out, ", \"args\": [");
		buf_json_num(&g->out, (double)m->value);
		buf_putc(&g->out, ']');
	}
	buf_puts(&g->out, "}\n");
}

static void print_unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	struct golden *g = ctx;
	char name[300];

	snprintf(name, sizeof(name), "osc:%s", m->address);
	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"unmapped\": ", t_ns);
	buf_json_str(&g->out, name);
	buf_puts(&g->out, ", \"args\": ");
	note_json_args(&g->out, m);
	buf_puts(&g->out, "}\n");
}

static void print_unmapped_bytes(void *ctx, uint64_t t_ns, int port, const uint8_t *bytes,
                                 size_t len)
{
	struct golden *g = ctx;

	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"unmapped\": \"midi:%s\", \"midi\": ", t_ns,
	        g->m->ports[port].name);
	print_hex(&g->out, bytes, len);
	buf_puts(&g->out, "}\n");
}

static void print_unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	const uint8_t bytes[3] = { m->status, m->d1, m->d2 };

	print_unmapped_bytes(ctx, t_ns, port, bytes, m->len);
}

static void print_counters(struct golden *g)
{
	const struct counters *n = engine_counters(g->e);
	const struct {
		const char *name;
		uint64_t n;
	} list[] = {
		{ "osc_in", n->osc_in },   { "midi_in", n->midi_in }, { "unmapped", n->unmapped },
		{ "bad", n->bad },         { "refused", n->refused }, { "coalesced", n->coalesced },
		{ "expired", n->expired }, { "dropped", n->dropped },
	};
	const char *comma = "";

	buf_puts(&g->out, "{\"counters\": {");
	for (size_t i = 0; i < COUNT(list); i++) {
		if (!list[i].n)
			continue;
		buf_fmt(&g->out, "%s\"%s\": %" PRIu64, comma, list[i].name, list[i].n);
		comma = ", ";
	}
	buf_puts(&g->out, "}}\n");
}

static void print_refusal(void *ctx, uint64_t t_ns, const char *reason, const char *message)
{
	struct golden *g = ctx;

	buf_fmt(&g->out, "{\"t_ns\": %" PRIu64 ", \"refused\": \"%s\", \"message\": ", t_ns,
	        reason);
	buf_json_str(&g->out, message);
	buf_puts(&g->out, "}\n");
}

/* ---- a trace ---- */

/* Everything that is due before t_ns, each at its own time. */
static void run_until(struct golden *g, uint64_t t_ns)
{
	uint64_t due;

	while ((due = engine_deadline(g->e)) < t_ns)
		engine_tick(g->e, due);
}

/* A remark stands above what comes of the lines below it. */
static void print_remark(struct golden *g)
{
	if (g->remark.len)
		buf_add(&g->out, g->remark.p, g->remark.len);
	buf_clear(&g->remark);
}

static void play_line(struct golden *g, const char *line)
{
	struct diags d = { 0 };
	struct line l;

	if (recording_line(&l, g->m, "in.trace", g->line, line, strlen(line), &d)) {
		diags_print(stderr, &d);
		fail_msg("line %d: %s", g->line, d.list[0].msg);
	}
	assert_int_equal(l.kind, LINE_EVENT);
	g->last_ns = l.t_ns;
	run_until(g, l.t_ns);
	print_remark(g);
	player_feed(&g->player, &l);
	recording_line_free(&l);
}

static void play(struct golden *g, char *text)
{
	char *rest = text, *line;

	while ((line = rest) && *line) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		g->line++;
		if (*line == '#')
			buf_fmt(&g->remark, "%s\n", line);
		else if (*line)
			play_line(g, line);
	}
	run_until(g, g->m->nevery ? g->last_ns + 1 : TIME_NEVER);
	print_remark(g);
	print_counters(g);
}

/* ---- a folder ---- */

static char *slurp(const char *folder, const char *name, bool must)
{
	char path[512], *text = xcalloc(1, OUT_MAX + 1);
	FILE *f;

	snprintf(path, sizeof(path), ROOT "/%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f && must)
		fail_msg("no file %s", path);
	if (f) {
		assert_true(fread(text, 1, OUT_MAX, f) < OUT_MAX);
		fclose(f);
	}
	return text;
}

static void bless(const char *folder, const struct buf *b)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), ROOT "/%s/out.trace", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(b->p, 1, b->len, f);
	assert_int_equal(fclose(f), 0);
}

static struct mapping *load(const char *folder)
{
	char path[512];
	const char *const files[] = { path };
	struct mapping *m = NULL;
	struct diags d = { 0 };
	struct arena *scratch = arena_new(ARENA_LOAD);

	snprintf(path, sizeof(path), ROOT "/%s/mapping.json", folder);
	if (mapping_load(&m, scratch, files, 1, "mappings", &d))
		load_failed(&d);
	arena_free(scratch);
	return m;
}

static void run_trace(const char *folder, struct buf *out)
{
	struct golden g = { .m = load(folder) };
	const struct sink sink = { .ctx = &g,
		                   .send = print_msg,
		                   .unmapped_osc = print_unmapped_osc,
		                   .unmapped_midi = print_unmapped_midi,
		                   .show = strncmp(folder, "feedback", 8) ? NULL : print_show,
		                   .tempo = print_tempo,
		                   .refused = print_refused,
		                   .unmapped_sysex = print_unmapped_bytes };
	char *in = slurp(folder, "in.trace", true);

	buf_init(&g.out, OUT_MAX - 1);
	buf_init(&g.remark, 65536);
	g.e = engine_new(g.m, &sink);
	g.player = (struct player){ .m = g.m, .engine = g.e, .ctx = &g, .refused = print_refusal };
	play(&g, in);
	assert_false(g.out.cut);
	*out = g.out;
	engine_free(g.e);
	mapping_free(g.m);
	player_finish(&g.player);
	buf_finish(&g.remark);
	free(in);
}

/* The first line that differs says more than a page of both. */
static void compare(const char *got, const char *expected)
{
	for (int line = 1; *got || *expected; line++) {
		const size_t g = strcspn(got, "\n"), x = strcspn(expected, "\n");

		if (g != x || memcmp(got, expected, g))
			fail_msg("out.trace:%d: expected\n%.*s\nbut got\n%.*s", line, (int)x,
			         expected, (int)g, got);
		got += g + (got[g] == '\n');
		expected += x + (expected[x] == '\n');
	}
}

static void test_case(void **state)
{
	const char *folder = *state;
	struct buf out, again;
	char *expected;

	run_trace(folder, &out);
	if (getenv("BLESS"))
		bless(folder, &out);
	expected = slurp(folder, "out.trace", true);
	compare(out.p, expected);
	assert_string_equal(out.p, expected);
	run_trace(folder, &again); /* the same again */
	assert_string_equal(out.p, again.p);
	buf_finish(&out);
	buf_finish(&again);
	free(expected);
}

int main(void)
{
	static struct CMUnitTest tests[CASES_MAX];
	const size_t n = folder_tests(tests, CASES_MAX, ROOT, test_case);
	int failed;

	if (!n) {
		printf("1..1\nnot ok 1 - no folders in " ROOT " (run from the top of the tree)\n");
		return 1;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests("golden", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free((void *)tests[i].name);
	return failed;
}
