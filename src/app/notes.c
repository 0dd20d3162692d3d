/* The monitor and the trace: what the engine reports, as JSON lines or for a person to read. */
#include "daemon.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/clock.h"
#include "cuewire/midi.h"
#include "cuewire/osc.h"
#include "cuewire/sim.h"

#define SAY_EVERY_NS UINT64_C(100000000) /* the stand-in's word on one fader */
#define EXPIRED_EVERY_NS UINT64_C(1000000000)

/* ---- JSON ---- */

static void add_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
	char hex[3 * NOTE_DATA];

	midi_fmt(hex, bytes, len);
	buf_json_str(b, hex);
}

static void add_arg(struct buf *b, const struct osc_arg *a)
{
	switch (a->type) {
	case 'h':
	case 't':
		buf_fmt(b, "%" PRId64, a->i64);
		break;
	case 'T':
	case 'F':
		buf_puts(b, a->type == 'T' ? "true" : "false");
		break;
	case 'N':
		buf_puts(b, "null");
		break;
	case 'I':
		buf_puts(b, "\"I\"");
		break;
	case 's':
	case 'S':
		buf_json_strn(b, a->str.p, a->str.len);
		break;
	case 'b':
		buf_fmt(b, "\"%" PRIu32 " bytes\"", a->str.len);
		break;
	case 'r':
	case 'm':
		add_hex(b, a->bytes, 4);
		break;
	default:
		buf_json_num(b, a->num);
		break;
	}
}

static void add_args(struct buf *b, const struct osc_msg *m)
{
	buf_putc(b, '[');
	for (size_t i = 0; i < m->nargs; i++) {
		if (i)
			buf_puts(b, ", ");
		add_arg(b, &m->args[i]);
	}
	buf_putc(b, ']');
}

/* "key": "osc:/x", "args": [...] */
static void add_osc_in(struct buf *b, const char *key, const struct note *n)
{
	struct osc_msg m;
	char name[320];

	if (n->in.len && !osc_read(&m, n->in.data, n->in.len)) {
		snprintf(name, sizeof(name), "osc:%.*s", (int)m.address_len, m.address);
		buf_fmt(b, ", \"%s\": ", key);
		buf_json_str(b, name);
		buf_puts(b, ", \"args\": ");
		add_args(b, &m);
	} else {
		snprintf(name, sizeof(name), "osc:%s", n->in.address);
		buf_fmt(b, ", \"%s\": ", key);
		buf_json_str(b, name);
		buf_puts(b, ", \"args\": null");
	}
}

static void add_midi_in(struct buf *b, const char *key, const struct daemon *d,
                        const struct note *n)
{
	buf_fmt(b, ", \"%s\": \"midi:%s\", \"midi\": ", key, d->m->ports[n->port].name);
	add_hex(b, n->in.data, n->in.len);
}

static void add_out(struct buf *b, const struct daemon *d, const struct note *n)
{
	const struct control *c = &d->m->controls[n->control];

	buf_fmt(b,
	        ", \"port\": \"%s\", \"state\": \"%s\", \"control\": ", d->m->ports[n->port].name,
	        n->out.simulated ? "simulated" : "open");
	buf_json_str(b, c->name);
	buf_puts(b, ", \"value\": ");
	buf_json_num(b, (double)n->out.value);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->out.label);
	buf_fmt(b, ", \"latency_us\": %.1f, ", (double)(n->out.written_ns - n->t_ns) / 1e3);
	if (n->out.len) {
		buf_puts(b, "\"midi\": ");
		add_hex(b, n->out.bytes, n->out.len);
	} else {
		buf_puts(b, "\"osc\": ");
		buf_json_str(b, c->osc_out ? c->osc_out : c->osc);
		buf_puts(b, ", \"args\": [");
		buf_json_num(b, (double)n->out.value);
		buf_putc(b, ']');
	}
}

/* What shows a control: "shown" in place of "control", so that nobody takes it for what moves it. */
static void add_light(struct buf *b, const struct daemon *d, const struct note *n)
{
	buf_puts(b, ", \"shown\": ");
	buf_json_str(b, d->m->controls[n->control].name);
	buf_fmt(b, ", \"port\": \"%s\", \"value\": ", d->m->ports[n->port].name);
	buf_json_num(b, (double)n->out.value);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->out.label);
	buf_fmt(b,
	        ", \"latency_us\": %.1f, \"midi\": ", (double)(n->out.written_ns - n->t_ns) / 1e3);
	add_hex(b, n->out.bytes, n->out.len);
}

static void add_shown(struct buf *b, const struct daemon *d, const struct note *n)
{
	struct osc_msg m;

	buf_puts(b, ", \"shown\": ");
	buf_json_str(b, d->m->controls[n->control].name);
	buf_puts(b, ", \"client\": ");
	buf_json_str(b, n->in.address);
	buf_puts(b, ", \"from\": ");
	buf_json_str(b, n->in.label);
	if (!n->in.len || osc_read(&m, n->in.data, n->in.len))
		return;
	buf_puts(b, ", \"osc\": ");
	buf_json_strn(b, m.address, m.address_len);
	buf_puts(b, ", \"args\": ");
	add_args(b, &m);
}

/* What was not written: "expired": true or "differs": true in place of the bytes. */
static void add_unwritten(struct buf *b, const struct daemon *d, const struct note *n)
{
	buf_fmt(b, ", \"port\": \"%s\", \"control\": ", d->m->ports[n->port].name);
	buf_json_str(b, d->m->controls[n->control].name);
	buf_puts(b, ", \"value\": ");
	buf_json_num(b, (double)n->out.value);
	if (n->kind == NOTE_EXPIRED) {
		buf_puts(b, ", \"from\": ");
		buf_json_str(b, n->out.label);
	}
	buf_fmt(b, ", \"%s\": true", n->kind == NOTE_EXPIRED ? "expired" : "differs");
}

static void note_json(struct buf *b, const struct daemon *d, const struct note *n)
{
	if (n->kind == NOTE_LOST) {
		buf_fmt(b, "{\"dropped\": %" PRIu64 "}", n->lost);
		return;
	}
	buf_fmt(b, "{\"t_ns\": %" PRIu64, n->t_ns);
	switch (n->kind) {
	case NOTE_OUT:
		add_out(b, d, n);
		break;
	case NOTE_IN_OSC:
		add_osc_in(b, "in", n);
		break;
	case NOTE_UNMAPPED_OSC:
		add_osc_in(b, "unmapped", n);
		break;
	case NOTE_IN_MIDI:
		add_midi_in(b, "in", d, n);
		break;
	case NOTE_UNMAPPED_MIDI:
		add_midi_in(b, "unmapped", d, n);
		break;
	case NOTE_LIGHT:
		add_light(b, d, n);
		break;
	case NOTE_SHOWN:
		add_shown(b, d, n);
		break;
	case NOTE_TEMPO:
		buf_puts(b, ", \"tempo\": ");
		buf_json_num(b, (double)n->out.value);
		buf_fmt(b, ", \"state\": \"%s\"", tempo_names[n->control]);
		break;
	case NOTE_REFUSED:
		buf_puts(b, ", \"refused\": ");
		buf_json_str(b, d->m->controls[n->control].name);
		buf_puts(b, ", \"from\": ");
		buf_json_str(b, n->out.label);
		buf_fmt(b, ", \"held_by\": \"%s\"", rank_names[(int)n->out.value]);
		break;
	case NOTE_LOOP:
		buf_puts(b, ", \"loop\": ");
		buf_json_str(b, d->m->routes[n->control].macro
		                        ? "macro"
		                        : d->m->controls[d->m->routes[n->control].to].name);
		buf_puts(b, ", \"from\": ");
		buf_json_str(b, d->m->routes[n->control].label);
		break;
	case NOTE_EXPIRED:
	case NOTE_DIFFERS:
		add_unwritten(b, d, n);
		break;
	default:
		break;
	}
	buf_putc(b, '}');
}

/* ---- for a person ---- */

static void out_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	const struct control *c = &d->m->controls[n->control];
	char words[160], hex[3 * MSG_BYTES + 1] = "";

	sim_words(words, sizeof(words), c, n->out.value);
	if (n->out.len)
		midi_fmt(hex, n->out.bytes, n->out.len);
	buf_fmt(b, "%-24s -> %-28s -> %s %s", n->out.label, words, d->m->ports[n->port].name,
	        n->out.len   ? hex
	        : c->osc_out ? c->osc_out
	                     : c->osc);
	if (n->out.simulated)
		buf_puts(b, "  SIMULATED");
	else
		buf_fmt(b, "  %.0f us", (double)(n->out.written_ns - n->t_ns) / 1e3);
}

/* A message without a channel; those that have no route are never unmapped. */
static void add_system_source(struct buf *b, uint8_t status, const char *hex)
{
	static const char *const names[16] = {
		[MIDI_SONG_POSITION & 15] = "song_position",
		[MIDI_SONG_SELECT & 15] = "song_select",
		[MIDI_START & 15] = "start",
		[MIDI_CONTINUE & 15] = "continue",
		[MIDI_STOP & 15] = "stop",
	};

	if (status == MIDI_SYSEX)
		buf_fmt(b, "\"sysex\": \"%s\"", hex);
	else
		buf_fmt(b, "\"system\": \"%s\"", names[status & 15] ? names[status & 15] : "");
}

/* The source as a route would name it: "channel": 1, "cc": 21 */
static void add_midi_source(struct buf *b, const struct note *n, const char *hex)
{
	const uint8_t *m = n->in.data;
	static const char *const keys[8] = {
		[0] = "\"note\": %d", /* note off */
		[1] = "\"note\": %d",
		[2] = "\"poly_pressure\": %d",
		[3] = "\"cc\": %d",
		[4] = "\"program\": %d",
		[5] = "\"pressure\": true",
		[6] = "\"pitch_bend\": true",
		[7] = "", /* without a channel */
	};

	if (m[0] >= MIDI_SYSEX) {
		add_system_source(b, m[0], hex);
		return;
	}
	buf_fmt(b, "\"channel\": %d, ", (m[0] & 15) + 1);
	if (n->in.param.form)
		buf_fmt(b, "\"%s\": %d", address_is_rpn(&n->in.param) ? "rpn" : "nrpn",
		        n->in.param.number << 7 | n->in.param.lsb);
	else
		buf_fmt(b, keys[m[0] >> 4 & 7], m[1]);
}

/* Ends with what can be copied into a mapping. */
static void unmapped_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	struct osc_msg m;
	char hex[3 * NOTE_DATA];

	if (n->kind == NOTE_UNMAPPED_MIDI) {
		const char *port = d->m->ports[n->port].name;

		midi_fmt(hex, n->in.data, n->in.len);
		buf_fmt(b, "midi:%s %s  UNMAPPED  { \"port\": \"%s\", ", port, hex, port);
		add_midi_source(b, n, hex);
	} else if (n->in.len && !osc_read(&m, n->in.data, n->in.len)) {
		buf_fmt(b, "osc:%s ", m.address);
		add_args(b, &m);
		buf_puts(b, "  UNMAPPED  { \"osc\": ");
		buf_json_str(b, m.address);
	} else {
		buf_fmt(b, "osc:%s  UNMAPPED  { \"osc\": ", n->in.address);
		buf_json_str(b, n->in.address);
	}
	buf_puts(b, ", \"to\": ... }");
}

static void unwritten_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	char words[160];

	sim_words(words, sizeof(words), &d->m->controls[n->control], n->out.value);
	buf_fmt(b, "%-24s -> %-28s -> %s  %s", n->kind == NOTE_EXPIRED ? n->out.label : "return",
	        words, d->m->ports[n->port].name,
	        n->kind == NOTE_EXPIRED ? "EXPIRED, not sent" : "DIFFERS, not sent");
}

static void loop_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	const struct route *r = &d->m->routes[n->control];
	const struct control *c = r->macro ? NULL : &d->m->controls[r->to];

	buf_fmt(b,
	        "!!! loop: what %s sends to port %s comes back by %s and would move it again: such "
	        "echoes are ignored",
	        c ? c->name : "a macro",
	        !c || c->port == PORT_NONE ? "(none)" : d->m->ports[c->port].name, r->label);
}

static void refused_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	buf_fmt(b, "%-24s -> %-28s -> refused: %s has it", n->out.label,
	        d->m->controls[n->control].name, rank_names[(int)n->out.value]);
}

static void shown_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	const bool light = n->kind == NOTE_LIGHT;
	const char *label = light ? n->out.label : n->in.label;
	char hex[3 * MSG_BYTES + 1] = "";

	if (light)
		midi_fmt(hex, n->out.bytes, n->out.len);
	buf_fmt(b, "%-24s -> %-28s -> shown on %s %s", label, d->m->controls[n->control].name,
	        light ? d->m->ports[n->port].name : n->in.address, hex);
}

static void note_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	if (n->kind == NOTE_OUT)
		out_text(b, d, n);
	else if (n->kind == NOTE_LOST)
		buf_fmt(b, "(%" PRIu64 " lines could not be kept)", n->lost);
	else if (n->kind == NOTE_LOOP)
		loop_text(b, d, n);
	else if (n->kind == NOTE_LIGHT || n->kind == NOTE_SHOWN)
		shown_text(b, d, n);
	else if (n->kind == NOTE_TEMPO)
		buf_fmt(b, "tempo %.2f BPM, %s", (double)n->out.value, tempo_names[n->control]);
	else if (n->kind == NOTE_REFUSED)
		refused_text(b, d, n);
	else if (n->kind == NOTE_EXPIRED || n->kind == NOTE_DIFFERS)
		unwritten_text(b, d, n);
	else
		unmapped_text(b, d, n);
}

/* ---- to those who watch ---- */

static bool wanted(enum watching w, enum note_kind k)
{
	if (k == NOTE_IN_OSC || k == NOTE_IN_MIDI)
		return w == WATCHING_TRACE;
	return w != WATCHING_NOT && k != NOTE_SIM;
}

/* A line, after a word on those that had no room. */
static void watch_line(struct outlet *o, enum watching how, const struct buf *b)
{
	const uint64_t lost = o->broken ? 0 : outlet_dropped(o);
	char line[48];

	if (lost) {
		const int n =
			how == WATCHING_TEXT
				? snprintf(line, sizeof(line), "(%" PRIu64 " lines dropped)", lost)
				: snprintf(line, sizeof(line), "{\"dropped\": %" PRIu64 "}", lost);

		outlet_line(o, line, (size_t)n);
	}
	outlet_line(o, b->p, b->len);
}

/* Text and JSON are made once, when the first who wants them is met. */
static void show(struct daemon *d, const struct note *n)
{
	struct buf json, text;

	buf_init(&json, 65536);
	buf_init(&text, 65536);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];
		struct buf *b = c->watching == WATCHING_TEXT ? &text : &json;

		if (c->fd < 0 || !wanted(c->watching, n->kind))
			continue;
		if (!b->len)
			(b == &text ? note_text : note_json)(b, d, n);
		watch_line(&c->out, c->watching, b);
	}
	if (d->trace.fd >= 0 && wanted(WATCHING_TRACE, n->kind)) {
		if (!json.len)
			note_json(&json, d, n);
		watch_line(&d->trace, WATCHING_TRACE, &json);
	}
	buf_finish(&json);
	buf_finish(&text);
}

/* An intent is known here before the engine hears of it. */
void notes_intent(struct daemon *d, const struct cJSON *intent)
{
	char *text;
	struct buf b;

	if (!(d->watch & WATCH_IN))
		return;
	text = cJSON_PrintUnformatted(intent);
	buf_init(&b, LINE_MAX_BYTES + 128);
	buf_fmt(&b, "{\"t_ns\": %" PRIu64 ", \"in\": \"intent\", \"intent\": %s}", clock_ns(),
	        text ? text : "null");
	cJSON_free(text);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0 && d->clients[i].watching == WATCHING_TRACE)
			watch_line(&d->clients[i].out, WATCHING_TRACE, &b);
	if (d->trace.fd >= 0)
		watch_line(&d->trace, WATCHING_TRACE, &b);
	buf_finish(&b);
}

/* ---- the stand-in's words ---- */

static void say_words(struct daemon *d, size_t control, float v, uint64_t now)
{
	char words[160];

	sim_words(words, sizeof(words), &d->m->controls[control], v);
	daemon_say(d, "simulated: %s", words);
	d->said[control] = SIM_UNKNOWN;
	d->said_ns[control] = now;
}

/* A fader that moves is spoken of ten times a second; its last value always is. */
static void say_later(struct daemon *d, size_t control, float v, uint64_t due)
{
	d->said[control] = v;
	if (due < d->say_next_ns)
		d->say_next_ns = due;
}

static void sim_note(struct daemon *d, const struct note *n)
{
	const uint64_t now = clock_ns(), due = d->said_ns[n->control] + SAY_EVERY_NS;

	if (d->m->controls[n->control].kind == KIND_FADER && d->said_ns[n->control] && now < due)
		say_later(d, n->control, n->out.value, due);
	else
		say_words(d, n->control, n->out.value, now);
}

static void say_tempo(struct daemon *d, const struct note *n)
{
	static const char *const words[TEMPO_STATES] = {
		[TEMPO_FIXED] = "%.1f BPM, of the mapping",
		[TEMPO_TAPPED] = "%.1f BPM, tapped",
		[TEMPO_LOCKED] = "%.1f BPM, by the MIDI clock",
		[TEMPO_HELD] = "!!! the MIDI clock is lost: %.1f BPM is held",
	};
	char text[80];

	if (!words[n->control])
		return;
	snprintf(text, sizeof(text), words[n->control], (double)n->out.value);
	daemon_say(d, "tempo: %s", text);
}

static void say_loop(struct daemon *d, const struct note *n)
{
	struct buf b;

	buf_init(&b, 1024);
	loop_text(&b, d, n);
	daemon_say(d, "%s", b.p);
	buf_finish(&b);
}

/* ---- what has expired ---- */

/* Said at once, then once a second at most. */
static void say_expired(struct daemon *d, uint64_t now)
{
	if (!d->expired)
		return;
	if (now < d->expired_next_ns) {
		if (d->expired_next_ns < d->say_next_ns)
			d->say_next_ns = d->expired_next_ns;
		return;
	}
	daemon_say(d,
	           "!!! %zu edge%s expired (the last: %s): its port did not take it in time, "
	           "so it was not sent",
	           d->expired, d->expired == 1 ? "" : "s", d->m->controls[d->expired_control].name);
	d->expired = 0;
	d->expired_next_ns = now + EXPIRED_EVERY_NS;
}

static void expired_note(struct daemon *d, const struct note *n)
{
	d->expired++;
	d->expired_control = n->control;
	say_expired(d, clock_ns());
}

void notes_tick(struct daemon *d, uint64_t now)
{
	if (now < d->say_next_ns)
		return;
	d->say_next_ns = TIME_NEVER;
	say_expired(d, now);
	for (size_t i = 0; i < d->m->ncontrols; i++) {
		if (d->said[i] == SIM_UNKNOWN)
			continue;
		if (d->said_ns[i] + SAY_EVERY_NS <= now)
			say_words(d, i, d->said[i], now);
		else
			say_later(d, i, d->said[i], d->said_ns[i] + SAY_EVERY_NS);
	}
}

/* ---- in and out of the daemon ---- */

void notes_watch(struct daemon *d)
{
	unsigned watch = WATCH_SIM;

	if (d->trace.fd >= 0)
		watch |= WATCH_OUT | WATCH_UNMAPPED | WATCH_IN;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (d->clients[i].fd < 0 || d->clients[i].watching == WATCHING_NOT)
			continue;
		watch |= WATCH_OUT | WATCH_UNMAPPED;
		if (d->clients[i].watching == WATCHING_TRACE)
			watch |= WATCH_IN;
	}
	if (watch == d->watch)
		return;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_WATCH, .watch = watch }))
		d->watch = watch;
}

void notes_take(struct daemon *d)
{
	const struct note *n;

	while ((n = ring_peek(d->q.notes))) {
		if (n->kind == NOTE_EXPIRED)
			expired_note(d, n);
		if (n->kind == NOTE_LOOP)
			say_loop(d, n);
		if (n->kind == NOTE_TEMPO)
			say_tempo(d, n);
		if (n->kind == NOTE_SIM)
			sim_note(d, n);
		else
			show(d, n);
		ring_pop(d->q.notes);
	}
}
