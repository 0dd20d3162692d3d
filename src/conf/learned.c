#include "cuewire/learned.h"

#include <stddef.h>

#include "cuewire/value.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* ---- words ---- */

static const char *const nouns[GUESS_COUNT] = {
	[GUESS_UNCLEAR] = "something",
	[GUESS_BUTTON] = "button",
	[GUESS_TOGGLE] = "button that latches",
	[GUESS_TRIGGER] = "trigger",
	[GUESS_FADER] = "fader",
	[GUESS_FADER7] = "7-bit fader",
	[GUESS_FADER14] = "14-bit fader",
	[GUESS_BEND] = "14-bit fader",
	[GUESS_PARAMETER] = "fader",
	[GUESS_PRESSURE] = "pressure",
	[GUESS_ENCODER] = "encoder",
	[GUESS_JOG] = "jog wheel",
	[GUESS_XY] = "xy pad",
};

static const char *const asks[] = {
	[ASK_NOTHING] = "",
	[ASK_FURTHER] = ": it moved too little to say more; move it further",
	[ASK_OTHER_WAY] = ": turn it the other way, fast, then slowly",
	[ASK_BOTH_WAYS] = ": a fader or an encoder; move it further, and back, slowly",
	[ASK_AGAIN] = ": it was not let go, or it latches; let go of it and press it once more",
	[ASK_TURN] =
		": an encoder turned down, or a button without a release; turn it up, or try another",
};

static void add_osc(struct buf *b, const struct learn_source *s, bool alone)
{
	buf_puts(b, s->address);
	if (!alone)
		buf_fmt(b, ", argument %d", s->arg);
}

/* A source of MIDI; with_lsb: the pair's other number, 0: none. */
static void add_midi(struct buf *b, const struct learn_source *s, unsigned lsb, bool any)
{
	static const char *const forms[] = {
		[LEARN_CC] = "CC %u",
		[LEARN_NOTE] = "note %u",
		[LEARN_BEND] = "pitch bend",
		[LEARN_PROGRAM] = "program %u",
		[LEARN_PRESSURE] = "channel pressure",
		[LEARN_POLY] = "pressure of key %u",
		[LEARN_NRPN] = "NRPN %u",
		[LEARN_RPN] = "RPN %u",
	};

	if (any)
		buf_puts(b, "program changes");
	else if (s->form == LEARN_BEND || s->form == LEARN_PRESSURE)
		buf_puts(b, forms[s->form]);
	else
		buf_fmt(b, forms[s->form], (unsigned)s->number);
	if (lsb)
		buf_fmt(b, " and %u", lsb);
}

void learned_source_text(struct buf *b, const struct learn_source *s)
{
	if (s->form == LEARN_OSC) {
		add_osc(b, s, true);
		return;
	}
	add_midi(b, s, 0, false);
	buf_fmt(b, " on channel %d", s->channel + 1);
}

static unsigned lsb_of(const struct learn_thing *t)
{
	return t->guess == GUESS_FADER14 ? t->source.number + 32u : 0;
}

static void add_encodings(struct buf *b, const struct learn_thing *t)
{
	const char *between = "";

	if (t->source.form != LEARN_CC || !t->maybe ||
	    (t->guess != GUESS_ENCODER && t->guess != GUESS_JOG))
		return;
	buf_puts(b, " (");
	for (int e = ENC_TWOS; e < ENC_COUNT; e++) {
		if (!(t->maybe & 1u << e))
			continue;
		buf_fmt(b, "%s%s", between, encoding_names[e]);
		between = " or ";
	}
	buf_putc(b, ')');
}

static void add_details(struct buf *b, const struct learn_thing *t)
{
	if (t->lsb_first)
		buf_puts(b, ", LSB first");
	if (t->guess == GUESS_BUTTON && t->source.form == LEARN_NOTE && t->lo < t->hi)
		buf_fmt(b, ", velocity %.0f to %.0f", t->lo, t->hi);
	if (t->pad)
		buf_puts(b, ", with pressure");
	if (t->guess == GUESS_BUTTON && !t->released && !t->ask)
		buf_puts(b, ", never released");
	if (learn_is_param(&t->source))
		buf_puts(b, t->wide ? ", 14 bits" : ", 7 bits");
	if (!t->held)
		return;
	buf_puts(b, t->touched ? ", touched by " : ", while ");
	learned_source_text(b, &t->by);
	buf_puts(b, t->touched ? "" : " is held");
}

void learned_text(struct buf *b, const struct learn_thing *t)
{
	buf_puts(b, nouns[t->guess]);
	add_encodings(b, t);
	if (t->source.form == LEARN_OSC) {
		buf_puts(b, " at ");
		add_osc(b, &t->source, t->alone);
	} else {
		buf_fmt(b, " on channel %d, ", t->source.channel + 1);
		add_midi(b, &t->source, lsb_of(t), t->any);
	}
	add_details(b, t);
	buf_puts(b, asks[t->ask]);
	if (t->others)
		buf_fmt(b, " (%zu other thing%s moved, but less)", t->others,
		        t->others == 1 ? "" : "s");
}

/* ---- keys ---- */

static void add_number_key(struct buf *b, const struct learn_thing *t)
{
	const struct learn_source *s = &t->source;

	switch (s->form) {
	case LEARN_CC:
		if (lsb_of(t))
			buf_fmt(b, "\"cc\": [%d, %u]", s->number, lsb_of(t));
		else
			buf_fmt(b, "\"cc\": %d", s->number);
		break;
	case LEARN_NOTE:
		buf_fmt(b, "\"note\": %d", s->number);
		break;
	case LEARN_BEND:
		buf_puts(b, "\"pitch_bend\": true");
		break;
	case LEARN_PROGRAM:
		if (t->any)
			buf_puts(b, "\"program\": true");
		else
			buf_fmt(b, "\"program\": %d", s->number);
		break;
	case LEARN_PRESSURE:
		buf_puts(b, "\"pressure\": true");
		break;
	case LEARN_POLY:
		buf_fmt(b, "\"poly_pressure\": %d", s->number);
		break;
	default:
		buf_fmt(b, "\"%s\": %d%s", s->form == LEARN_RPN ? "rpn" : "nrpn", s->number,
		        t->wide ? "" : ", \"bits\": 7");
		break;
	}
}

/* The object without its closing brace. */
static void add_source(struct buf *b, const struct learn_thing *t, const char *port)
{
	const struct learn_source *s = &t->source;

	if (s->form == LEARN_OSC) {
		buf_puts(b, "{\"osc\": ");
		buf_json_str(b, s->address);
		if (!t->alone)
			buf_fmt(b, ", \"arg\": %d", s->arg);
		return;
	}
	buf_puts(b, "{\"port\": ");
	buf_json_str(b, port);
	buf_fmt(b, ", \"channel\": %d, ", s->channel + 1);
	add_number_key(b, t);
}

void learned_source(struct buf *b, const struct learn_thing *t, const char *port)
{
	add_source(b, t, port);
	buf_putc(b, '}');
}

/* The scale that a program's fader most likely has, from the values that were seen. */
static void add_range(struct buf *b, const struct learn_thing *t)
{
	static const struct {
		double lo, hi;
	} scales[] = { { 0, 1 },   { -1, 1 },  { 0, 10 },  { 0, 12 },
		       { 0, 100 }, { 0, 127 }, { 0, 255 }, { 0, 1023 } };

	for (size_t i = 0; i < COUNT(scales); i++) {
		if (t->lo < scales[i].lo || t->hi > scales[i].hi)
			continue;
		if (i)
			buf_fmt(b, ", \"range\": [%.0f, %.0f]", scales[i].lo, scales[i].hi);
		return;
	}
	buf_puts(b, ", \"range\": [");
	buf_json_num(b, t->lo);
	buf_puts(b, ", ");
	buf_json_num(b, t->hi);
	buf_putc(b, ']');
}

static bool is_press(const struct learn_thing *t)
{
	return t->guess == GUESS_BUTTON || (t->guess == GUESS_TRIGGER && !t->any);
}

static bool is_steps(const struct learn_thing *t)
{
	return t->guess == GUESS_ENCODER || t->guess == GUESS_JOG;
}

/* How the values are to be read for this control. */
static void add_reading(struct buf *b, const struct learn_thing *t, const struct learned_target *to)
{
	if (t->encoding != ENC_NONE)
		buf_fmt(b, ", \"encoder\": \"%s\"", encoding_names[t->encoding]);
	if (t->guess == GUESS_FADER || t->guess == GUESS_XY)
		add_range(b, t);
	if (to->control && is_press(t) && to->kind == KIND_SWITCH)
		buf_puts(b, ", \"as\": \"toggle\"");
	if (to->control && is_press(t) && to->kind == KIND_ENCODER)
		buf_puts(b, ", \"by\": 1");
}

void learned_route(struct buf *b, const struct learn_thing *t, const char *port,
                   const struct learned_target *to)
{
	add_source(b, t, port);
	add_reading(b, t, to);
	if (to->when) {
		buf_puts(b, ", \"when\": {");
		buf_json_str(b, to->when);
		buf_puts(b, ": 1}");
	}
	if (to->control) {
		buf_puts(b, ", \"to\": ");
		buf_json_str(b, to->control);
	}
	buf_putc(b, '}');
}

const char *learned_refusal(const struct learn_thing *t, enum kind kind)
{
	if (kind == KIND_LAMP)
		return "is a lamp: it shows what Traktor says, and nobody moves it";
	if (is_steps(t) && kinds[kind].binary)
		return "is on or off: an encoder cannot move it";
	if (is_steps(t) && t->source.form == LEARN_OSC && kind != KIND_ENCODER)
		return "takes values: steps by OSC move encoders only";
	if (kind == KIND_ENCODER && !is_steps(t) && !is_press(t))
		return "takes steps: only an encoder, a jog wheel or a button moves it";
	if (kind == KIND_FADER && t->guess == GUESS_TRIGGER && !t->any)
		return "takes values: a trigger has none";
	return NULL;
}
