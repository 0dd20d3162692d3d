/* The monitor and the trace: what the engine reports, as JSON lines or for a person to read. */
#include "daemon.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/clock.h"
#include "cuewire/midi.h"
#include "cuewire/osc.h"
#include "cuewire/sim.h"
#include "note_json.h"
#include "recording.h"

#define SAY_EVERY_NS UINT64_C(100000000) /* the stand-in's word on one fader */
#define EXPIRED_EVERY_NS UINT64_C(1000000000)

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
/* All of it, however many notes it took. */
static const void *data_of(const struct daemon *d, const struct note *n, size_t *len)
{
	const bool is_long = n == &d->long_note && d->long_data.len;

	*len = is_long ? d->long_data.len : n->in.len;
	return is_long ? (const void *)d->long_data.p : n->in.data;
}

static void unmapped_text(struct buf *b, const struct daemon *d, const struct note *n)
{
	struct osc_msg m;
	char hex[3 * NOTE_DATA];
	size_t len;
	const void *data = data_of(d, n, &len);

	if (n->kind == NOTE_UNMAPPED_MIDI) {
		const char *port = d->m->ports[n->port].name;

		midi_fmt(hex, n->in.data, n->in.len);
		buf_fmt(b, "midi:%s %s  UNMAPPED  { \"port\": \"%s\", ", port, hex, port);
		add_midi_source(b, n, hex);
	} else if (len && !osc_read(&m, data, len)) {
		buf_fmt(b, "osc:%s ", m.address);
		note_json_args(b, &m);
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
	buf_fmt(b, "%-24s -> %-28s -> %s  %s, not sent",
	        n->kind == NOTE_DIFFERS ? "return" : n->out.label, words, d->m->ports[n->port].name,
	        n->kind == NOTE_EXPIRED   ? "EXPIRED"
	        : n->kind == NOTE_DROPPED ? "DROPPED"
	                                  : "DIFFERS");
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
	else if (n->kind == NOTE_LOOP)
		loop_text(b, d, n);
	else if (n->kind == NOTE_LIGHT || n->kind == NOTE_SHOWN)
		shown_text(b, d, n);
	else if (n->kind == NOTE_TEMPO)
		buf_fmt(b, "tempo %.2f BPM, %s", (double)n->out.value, tempo_names[n->control]);
	else if (n->kind == NOTE_REFUSED)
		refused_text(b, d, n);
	else if (n->kind == NOTE_EXPIRED || n->kind == NOTE_DROPPED || n->kind == NOTE_DIFFERS)
		unwritten_text(b, d, n);
	else
		unmapped_text(b, d, n);
}

/* ---- to those who watch ---- */

/* That time begins is no news but to a recording. */
static bool wanted(enum watching w, const struct note *n)
{
	if (n->kind == NOTE_IN)
		return w == WATCHING_TRACE && n->event != EVENT_START;
	return w != WATCHING_NOT && n->kind != NOTE_SIM;
}

/* A word on the lines that had no room. Returns false when there is none for that either. */
static bool report_dropped(struct outlet *o, enum watching how)
{
	const uint64_t lost = o->dropped;
	char line[48];
	int n;

	if (how == WATCHING_TEXT)
		n = snprintf(line, sizeof(line), "(%" PRIu64 " lines dropped)", lost);
	else
		n = snprintf(line, sizeof(line), "{\"dropped\": %" PRIu64 "}", lost);
	outlet_line(o, line, (size_t)n);
	if (o->dropped > lost) {
		o->dropped = lost;
		return false;
	}
	o->dropped = 0;
	o->reported += lost;
	return true;
}

static void watch_line(struct outlet *o, enum watching how, const struct buf *b)
{
	if (o->broken)
		return;
	if (o->dropped && !report_dropped(o, how))
		o->dropped++;
	else
		outlet_line(o, b->p, b->len);
}

static void report_idle(struct outlet *o, enum watching how)
{
	if (o->fd >= 0 && !o->broken && o->dropped && !outlet_waits(o))
		report_dropped(o, how);
}

void notes_report(struct daemon *d)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0 && d->clients[i].watching != WATCHING_NOT)
			report_idle(&d->clients[i].out, d->clients[i].watching);
	for (size_t i = 0; i < FILES; i++)
		report_idle(&d->files[i].out, WATCHING_TRACE);
}

/* The engine thread had no room for notes: of those who watch, some have missed lines by that. */
static void lost_note(struct daemon *d, const struct note *n)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];

		if (c->fd < 0 || c->watching == WATCHING_NOT)
			continue;
		c->out.dropped += n->lost.lines;
		if (c->watching == WATCHING_TRACE)
			c->out.dropped += n->lost.inputs;
	}
	for (size_t i = 0; i < FILES; i++)
		if (d->files[i].out.fd >= 0)
			d->files[i].out.dropped += n->lost.lines + n->lost.inputs;
}

static void make_json(struct buf *b, const struct daemon *d, const struct note *n)
{
	size_t len;
	const void *data = data_of(d, n, &len);

	if (!b->len)
		note_json(b, d->m, n, n == &d->long_note ? data : NULL, len);
}

/* Text and JSON are made once, when the first who wants them is met. */
static void show(struct daemon *d, const struct note *n)
{
	struct buf json, text;

	buf_init(&json, OUTLET_MAX);
	buf_init(&text, 65536);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];
		struct buf *b = c->watching == WATCHING_TEXT ? &text : &json;

		if (c->fd < 0 || !wanted(c->watching, n))
			continue;
		if (b == &json)
			make_json(b, d, n);
		else if (!b->len)
			note_text(b, d, n);
		watch_line(&c->out, c->watching, b);
	}
	for (size_t i = 0; i < FILES; i++) {
		if (d->files[i].out.fd < 0 || (i != FILE_RECORD && !wanted(WATCHING_TRACE, n)))
			continue;
		make_json(&json, d, n);
		watch_line(&d->files[i].out, WATCHING_TRACE, &json);
	}
	buf_finish(&json);
	buf_finish(&text);
}

/* A trace says that there was one, a recording what the mapping is now. */
void notes_reloaded(struct daemon *d, uint64_t t_ns)
{
	struct file *record = &d->files[FILE_RECORD];
	struct buf line, whole;

	buf_init(&line, 256);
	recording_reload(&line, NULL, t_ns);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0 && d->clients[i].watching == WATCHING_TRACE)
			watch_line(&d->clients[i].out, WATCHING_TRACE, &line);
	if (d->files[FILE_TRACE].out.fd >= 0)
		watch_line(&d->files[FILE_TRACE].out, WATCHING_TRACE, &line);
	buf_finish(&line);
	if (record->out.fd < 0)
		return;
	buf_init(&whole, RECORD_WAITS - 2);
	recording_reload(&whole, &d->kept, t_ns);
	watch_line(&record->out, WATCHING_TRACE, &whole);
	buf_finish(&whole);
}

void notes_line(struct daemon *d, const struct buf *b)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (d->clients[i].fd >= 0 && d->clients[i].watching == WATCHING_TRACE)
			watch_line(&d->clients[i].out, WATCHING_TRACE, b);
	for (size_t i = 0; i < FILES; i++)
		if (d->files[i].out.fd >= 0)
			watch_line(&d->files[i].out, WATCHING_TRACE, b);
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

unsigned notes_wanted(const struct daemon *d)
{
	unsigned watch = WATCH_SIM;

	if (d->files[FILE_TRACE].out.fd >= 0 || d->files[FILE_RECORD].out.fd >= 0)
		watch |= WATCH_OUT | WATCH_UNMAPPED | WATCH_IN;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (d->clients[i].fd < 0 || d->clients[i].watching == WATCHING_NOT)
			continue;
		watch |= WATCH_OUT | WATCH_UNMAPPED;
		if (d->clients[i].watching == WATCHING_TRACE)
			watch |= WATCH_IN;
	}
	return watch;
}

void notes_watch(struct daemon *d)
{
	const unsigned watch = notes_wanted(d);

	if (watch == d->watch)
		return;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_WATCH, .watch = watch }))
		d->watch = watch;
}

/* ---- inputs that take several notes ---- */

static void begin_long(struct daemon *d, const struct note *n)
{
	d->long_note = *n;
	d->long_note.in.more = true;
	buf_clear(&d->long_data);
	buf_add(&d->long_data, (const char *)n->in.data, n->in.len);
}

/* Its rest had no room: it is shown by its address alone. */
static void end_cut(struct daemon *d)
{
	struct note *n = &d->long_note;

	n->in.more = false;
	buf_clear(&d->long_data);
	snprintf(n->in.address, sizeof(n->in.address), "%.127s",
	         n->event == EVENT_OSC ? (const char *)n->in.data : "");
	n->in.len = 0;
	show(d, n);
}

static void go_on(struct daemon *d, const struct note *n)
{
	buf_add(&d->long_data, (const char *)n->in.data, n->in.len);
	if (n->in.more)
		return;
	d->long_note.in.more = false;
	show(d, &d->long_note);
}

/* ---- in and out of the daemon ---- */

static void take(struct daemon *d, const struct note *n)
{
	if (n->kind == NOTE_MORE) {
		if (d->long_note.in.more)
			go_on(d, n);
		return;
	}
	if (d->long_note.in.more)
		end_cut(d);
	if (n->kind == NOTE_EXPIRED)
		expired_note(d, n);
	if (n->kind == NOTE_LOOP)
		say_loop(d, n);
	if (n->kind == NOTE_TEMPO)
		say_tempo(d, n);
	if (n->kind == NOTE_SIM)
		sim_note(d, n);
	else if (n->kind == NOTE_LOST)
		lost_note(d, n);
	else if ((n->kind == NOTE_IN || n->kind == NOTE_UNMAPPED_OSC) && n->in.more)
		begin_long(d, n);
	else
		show(d, n);
}

/* What is of a mapping that reload_done has not been told of waits for that. */
bool notes_take(struct daemon *d, size_t most)
{
	const struct note *n;

	while ((n = ring_peek(d->q.notes)) && n->mapping == d->reload.done) {
		if (!most--)
			return false;
		take(d, n);
		ring_pop(d->q.notes);
	}
	return true;
}
