#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/clock.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "cuewire/platform.h"
#include "note_json.h"
#include "recording.h"

#define AFTER_NS UINT64_C(600000000000) /* the longest that a step may wait: see duration.h */
#define SHOWN_MAX 10                    /* differences */

/* One message of the recording, and of the replay. */
struct message {
	uint64_t seq, t_ns;
	uint16_t control;
	bool lost; /* the port was not sent it */
	int line;  /* of the recording; 0: of the replay */
	char *text;
};

struct messages {
	struct message *list; /* owned, as are the texts */
	size_t n, cap;
};

struct run {
	const struct replay_options *o;
	const struct mapping *m;
	struct mapping *reloaded; /* owned: m, after a reload */
	struct sink sink;
	struct engine *engine; /* owned */
	struct player player;
	struct buf line;         /* that is printed */
	struct messages was, is; /* with check */
	uint64_t dropped;        /* lines that the recording misses */
	size_t cut;              /* inputs that were not kept whole */
	bool begun, ended;       /* an event has come; the bridge has said goodbye */
	bool restless; /* something was under way at its beginning: messages are missing in the replay */
	bool has_seq;
	uint64_t first_ns, last_ns; /* of the recording */
	uint64_t started_ns;        /* of the clock */
};

/* ---- what comes out ---- */

static void print_line(struct run *r)
{
	buf_putc(&r->line, '\n');
	fwrite(r->line.p, 1, r->line.len, stdout);
	if (r->o->speed > 0)
		fflush(stdout);
	buf_clear(&r->line);
}

static void print_note(struct run *r, const struct note *n, const void *data, size_t len)
{
	if (r->o->check)
		return;
	note_json(&r->line, r->m, n, data, len);
	print_line(r);
}

static void add_message(struct messages *list, const struct message *x, const char *text)
{
	list->list = xgrow(list->list, &list->cap, list->n + 1, sizeof(*list->list));
	list->list[list->n] = *x;
	list->list[list->n++].text = xstrdup(text);
}

static void keep_message(struct run *r, const struct msg *m)
{
	const struct control *c = &r->m->controls[m->control];
	char bytes[3 * MSG_BYTES + 1] = "", text[sizeof(((struct line *)0)->out.text)];

	midi_fmt(bytes, m->bytes, m->len);
	recording_out(text, sizeof(text), c->name, (double)m->value, r->m->ports[m->port].name,
	              m->len       ? bytes
	              : c->osc_out ? c->osc_out
	                           : c->osc,
	              m->label);
	add_message(&r->is,
	            &(struct message){ .seq = m->seq, .t_ns = m->t_ns, .control = m->control },
	            text);
}

/* There is no port: it is open where the recording says that it was. Lights show what controls are,
 * and move none: they are left out. */
static void send(void *ctx, const struct msg *m)
{
	struct run *r = ctx;
	struct note n = { .kind = NOTE_OUT,
		          .port = m->port,
		          .control = m->control,
		          .seq = m->seq,
		          .t_ns = m->t_ns };

	if (m->light)
		return;
	if (r->o->check) {
		keep_message(r, m);
		return;
	}
	n.out.value = m->value;
	n.out.simulated = !(r->player.up >> m->port & 1);
	n.out.len = m->len;
	memcpy(n.out.bytes, m->bytes, sizeof(n.out.bytes));
	snprintf(n.out.label, sizeof(n.out.label), "%s", m->label);
	print_note(r, &n, NULL, 0);
}

static void unmapped_osc(void *ctx, uint64_t t_ns, const struct osc_msg *m)
{
	struct run *r = ctx;

	if (r->o->check)
		return;
	buf_fmt(&r->line, "{\"t_ns\": %" PRIu64, t_ns);
	note_json_osc(&r->line, "unmapped", m);
	buf_putc(&r->line, '}');
	print_line(r);
}

static void unmapped_midi(void *ctx, uint64_t t_ns, int port, const struct midi_msg *m)
{
	const struct note n = { .kind = NOTE_UNMAPPED_MIDI, .port = (int16_t)port, .t_ns = t_ns };

	print_note(ctx, &n, (const uint8_t[]){ m->status, m->d1, m->d2 }, m->len);
}

static void unmapped_sysex(void *ctx, uint64_t t_ns, int port, const uint8_t *bytes, size_t len)
{
	const struct note n = { .kind = NOTE_UNMAPPED_MIDI, .port = (int16_t)port, .t_ns = t_ns };

	print_note(ctx, &n, bytes, len);
}

static void tempo(void *ctx, uint64_t t_ns, const struct tempo *t)
{
	struct note n = { .kind = NOTE_TEMPO, .control = (uint16_t)t->state, .t_ns = t_ns };

	n.out.value = (float)tempo_bpm(t);
	print_note(ctx, &n, NULL, 0);
}

static void loop(void *ctx, uint64_t t_ns, uint16_t route)
{
	print_note(ctx, &(struct note){ .kind = NOTE_LOOP, .control = route, .t_ns = t_ns }, NULL,
	           0);
}

static void refused(void *ctx, uint64_t t_ns, uint16_t control, const struct source *s)
{
	struct run *r = ctx;
	struct note n = { .kind = NOTE_REFUSED, .control = control, .t_ns = t_ns };

	n.out.value = (float)engine_state(r->engine, control)->rank;
	snprintf(n.out.label, sizeof(n.out.label), "%s", s->label);
	print_note(r, &n, NULL, 0);
}

static void intent_refused(void *ctx, uint64_t t_ns, const char *reason, const char *message)
{
	struct run *r = ctx;

	if (r->o->check)
		return;
	buf_fmt(&r->line, "{\"t_ns\": %" PRIu64 ", \"refused\": \"%s\", \"message\": ", t_ns,
	        reason);
	buf_json_str(&r->line, message);
	buf_putc(&r->line, '}');
	print_line(r);
}

/* ---- time ---- */

static void wait_for(const struct run *r, uint64_t t_ns)
{
	if (r->o->speed > 0 && t_ns > r->first_ns)
		platform_poll(NULL, 0,
		              r->started_ns +
		                      (uint64_t)((double)(t_ns - r->first_ns) / r->o->speed));
}

/* All that is due by then, each thing at its own time. */
static void run_until(struct run *r, uint64_t t_ns)
{
	uint64_t due;

	while ((due = engine_deadline(r->engine)) <= t_ns && due != TIME_NEVER) {
		wait_for(r, due);
		engine_tick(r->engine, due);
	}
}

/* Time begins with the first input, if the trace does not say when. */
static void begin(struct run *r, const struct line *l)
{
	r->begun = true;
	r->first_ns = l->t_ns;
	r->started_ns = clock_ns();
	if (l->kind == LINE_EVENT && l->event != EVENT_START)
		engine_start(r->engine, l->t_ns);
}

/* ---- lines ---- */

static void feed(struct run *r, const struct line *l)
{
	if (!r->begun)
		begin(r, l);
	run_until(r, l->t_ns);
	wait_for(r, l->t_ns);
	r->cut += l->kind == LINE_EVENT && l->event == EVENT_CUT;
	r->ended = l->kind == LINE_EVENT && (l->event == EVENT_EXIT || r->ended);
	player_feed(&r->player, l);
}

/* The new engine takes over from the old one, as it did when it was recorded. */
static void go_over(struct run *r, uint64_t t_ns, struct mapping *m)
{
	struct engine *e = engine_new(m, &r->sink);
	uint16_t *was = xcalloc(m->nroutes + 1, sizeof(*was));

	mapping_match(m, r->m, was);
	engine_adopt(e, engine_until(r->engine, t_ns), r->engine, was);
	free(was);
	engine_free(r->engine);
	mapping_free(r->reloaded);
	r->reloaded = m;
	r->m = r->player.m = m;
	r->engine = r->player.engine = e;
}

static int reload(struct run *r, const struct line *l, struct diags *d)
{
	struct mapping *m = NULL;

	if (!r->begun)
		begin(r, l);
	run_until(r, l->t_ns);
	wait_for(r, l->t_ns);
	if (r->o->given || !l->kept.nfiles) {
		fprintf(stderr,
		        "cuewire: %s:%d: the mapping was reloaded here; that of before goes on\n",
		        r->o->name, l->number);
		return 0;
	}
	if (mapping_load_kept(&m, r->m, &l->kept, d))
		return -1;
	go_over(r, l->t_ns, m);
	return 0;
}

static void take_out(struct run *r, const struct line *l)
{
	const struct message x = { .seq = l->out.has_seq ? l->out.seq : r->was.n,
		                   .t_ns = l->t_ns,
		                   .control = l->out.control,
		                   .lost = l->out.lost,
		                   .line = l->number };

	r->has_seq = l->out.has_seq;
	if (r->o->check)
		add_message(&r->was, &x, l->out.text);
}

static int take_line(struct run *r, const struct line *l, struct diags *d)
{
	const struct where at = { r->o->name, l->number, 1 };

	if (l->kind == LINE_STATE && r->begun) {
		diag_add(d, at, SEV_ERROR, "recording",
		         "a state stands before the first input, not behind one");
		return -1;
	}
	if (l->kind == LINE_STATE && !l->saved.at_rest) {
		r->restless = true;
		fprintf(stderr,
		        "cuewire: %s:%d: something was under way when it begins; what came of that "
		        "is not replayed\n",
		        r->o->name, l->number);
	}
	if (l->kind == LINE_DROPPED)
		r->dropped += l->dropped;
	if (l->kind == LINE_OUT)
		take_out(r, l);
	if (l->kind == LINE_RELOAD && reload(r, l, d))
		return -1;
	if (l->kind == LINE_EVENT || l->kind == LINE_STATE)
		feed(r, l);
	else if (l->kind == LINE_OUT && r->begun) /* other lines may not be the engine's */
		run_until(r, l->t_ns);
	if (l->has_time && l->t_ns > r->last_ns)
		r->last_ns = l->t_ns;
	return 0;
}

static int one_line(struct run *r, int number, const char *text, size_t len)
{
	struct diags d = { 0 };
	struct line l;
	int err = recording_line(&l, r->m, r->o->name, number, text, len, &d);

	if (!err)
		err = take_line(r, &l, &d);
	recording_line_free(&l);
	fflush(stdout);
	diags_print(stderr, &d);
	return err;
}

static int all_lines(struct run *r)
{
	const char *p = r->o->text, *end = p + r->o->len;

	for (int number = 1; p < end; number++) {
		const char *line = p, *nl = memchr(p, '\n', (size_t)(end - p));
		const size_t len = (size_t)((nl ? nl : end) - line);

		p = line + len + 1;
		if (len && *line != '#' && one_line(r, number, line, len))
			return -1;
	}
	return 0;
}

/* ---- check ---- */

static int by_seq(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

struct difference {
	const struct run *r;
	size_t n;
};

static void differs(struct difference *x, const struct message *was, const struct message *is)
{
	if (++x->n > SHOWN_MAX)
		return;
	if (was)
		printf("%s:%d: recorded %s at %" PRIu64 "\n", x->r->o->name, was->line, was->text,
		       was->t_ns);
	if (is)
		printf("%s %s at %" PRIu64 "\n", was ? "  replayed" : "replayed only:", is->text,
		       is->t_ns);
	else
		printf("  replayed nothing\n");
}

/* A port that is slow is sent the last value of a fader or switch and not all before: those that
 * are not there had a successor. Behind the last one there are more only if the recording did not
 * end with the bridge. */
static bool may_miss(const struct run *r, size_t at, const struct message *is)
{
	if (at == r->was.n)
		return !r->ended;
	for (; at < r->was.n; at++)
		if (r->was.list[at].control == is->control)
			return true;
	return false;
}

/* Which of them comes first: below 0, the recorded one. Where messages are missing in the replay they
 * have other numbers, but not another time. */
static int order(const struct run *r, const struct message *was, const struct message *is,
                 uint64_t base)
{
	const uint64_t a = r->restless ? was->t_ns : was->seq + base;
	const uint64_t b = r->restless ? is->t_ns : is->seq;

	return a < b ? -1 : a > b;
}

static bool is_same(const struct message *was, const struct message *is)
{
	if (was->lost)
		return was->control == is->control;
	return was->t_ns == is->t_ns && !strcmp(was->text, is->text);
}

static void compare(struct run *r, struct difference *x)
{
	const uint64_t base = r->has_seq || !r->is.n ? 0 : r->is.list[0].seq;
	size_t w = 0;

	for (size_t i = 0; i < r->is.n; i++) {
		const struct message *is = &r->is.list[i];

		for (; w < r->was.n && order(r, &r->was.list[w], is, base) < 0; w++)
			differs(x, &r->was.list[w], NULL);
		if (w == r->was.n || order(r, &r->was.list[w], is, base) > 0) {
			if (!may_miss(r, w, is))
				differs(x, NULL, is);
			continue;
		}
		if (!is_same(&r->was.list[w], is))
			differs(x, &r->was.list[w], is);
		w++;
	}
	for (; w < r->was.n; w++)
		differs(x, &r->was.list[w], NULL);
}

/* A trace that began while the bridge ran: its messages are counted from the first that it has. */
static void count_anew(struct run *r, bool has_header)
{
	const uint64_t first = r->was.n ? r->was.list[0].seq : 0;

	for (size_t i = 0; i < r->was.n && !has_header && r->has_seq; i++)
		r->was.list[i].seq -= first;
}

static int check(struct run *r, bool has_header)
{
	struct difference x = { .r = r };

	if (r->was.n)
		qsort(r->was.list, r->was.n, sizeof(*r->was.list), by_seq);
	count_anew(r, has_header);
	compare(r, &x);
	if (x.n > SHOWN_MAX)
		printf("and %zu more\n", x.n - SHOWN_MAX);
	if (x.n)
		printf("%zu of %zu messages differ\n", x.n, r->was.n);
	else
		printf("%zu message%s went out as recorded\n", r->was.n, r->was.n == 1 ? "" : "s");
	return x.n ? 1 : 0;
}

/* ---- the whole ---- */

static void say_gaps(const struct run *r)
{
	if (r->dropped)
		fprintf(stderr,
		        "cuewire: !!! %s has gaps: %" PRIu64
		        " line%s could not be kept when it was made, "
		        "what follows them may differ\n",
		        r->o->name, r->dropped, r->dropped == 1 ? "" : "s");
	if (r->cut)
		fprintf(stderr,
		        "cuewire: !!! %s has gaps: %zu input%s too long to be kept, and left out\n",
		        r->o->name, r->cut, r->cut == 1 ? " was" : "s were");
}

static void free_messages(struct messages *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->list[i].text);
	free(m->list);
}

int replay(const struct replay_options *o, const struct mapping *m, bool has_header)
{
	struct run r = { .o = o, .m = m };
	int code;

	r.sink = (struct sink){
		.ctx = &r,
		.send = send,
		.unmapped_osc = unmapped_osc,
		.unmapped_midi = unmapped_midi,
		.unmapped_sysex = unmapped_sysex,
		.loop = loop,
		.tempo = tempo,
		.refused = refused,
	};
	r.engine = engine_new(m, &r.sink);
	r.player =
		(struct player){ .m = m, .engine = r.engine, .ctx = &r, .refused = intent_refused };
	buf_init(&r.line, OSC_PACKET_MAX * 8);
	code = all_lines(&r) ? 1 : 0;
	if (!code && !has_header && r.begun && !r.m->nevery)
		run_until(&r, r.last_ns + AFTER_NS);
	if (!code && o->check)
		code = check(&r, has_header);
	say_gaps(&r);
	engine_free(r.engine);
	mapping_free(r.reloaded);
	player_finish(&r.player);
	buf_finish(&r.line);
	free_messages(&r.was);
	free_messages(&r.is);
	return code;
}
