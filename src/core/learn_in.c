/* Messages to samples of sources: the pairs and parameters that several messages make together. */
#include <string.h>

#include "learn_priv.h"

#define PAIR_NS UINT64_C(5000000) /* as the engine waits for the other half */

enum { CC_DATA_MSB = 6, CC_DATA_LSB = 38, CC_INCREMENT = 96, CC_DECREMENT = 97, CC_RPN_LSB = 100 };

/* A pad that is pressed harder is still that pad. */
static bool is_of_pad(struct learn *l, const struct learn_source *s)
{
	bool found = false;

	if (s->form != LEARN_PRESSURE && s->form != LEARN_POLY)
		return false;
	for (size_t i = 0; i < LEARN_TRACKS; i++) {
		struct learn_track *t = &l->tracks[i];

		if (!t->used || t->id.form != LEARN_NOTE || !t->down || t->id.port != s->port ||
		    t->id.channel != s->channel ||
		    (s->form == LEARN_POLY && t->id.number != s->number))
			continue;
		t->pad = found = true;
	}
	return found;
}

/* ---- MIDI ---- */

/* Whether this half and the other one, which came just before, are a pair. */
static void add_half(struct learn *l, struct learn_track *t, uint64_t t_ns)
{
	const bool is_msb = t->id.number < 32;
	struct learn_source id = t->id;
	struct learn_track *other, *msb;

	if (t->id.form != LEARN_CC || t->id.number >= 64)
		return;
	id.number = (uint16_t)(is_msb ? id.number + 32 : id.number - 32);
	other = learn_find(l, &id);
	t->fresh = true;
	if (!other)
		return;
	msb = is_msb ? t : other;
	if (other->fresh && t_ns - other->last_ns <= PAIR_NS) {
		other->fresh = t->fresh = false;
		msb->pairs++;
		msb->pairs_lsb_first += is_msb;
	}
	t->half = other->half = learn_is_pair(l, msb);
	if (t->half)
		other->down = other->shifts = false; /* no button, as it may have seemed */
}

static struct learn_params *params_of(struct learn *l, const struct learn_source *s)
{
	const size_t n = sizeof(l->params) / sizeof(*l->params);
	struct learn_params *p = NULL;

	for (size_t i = 0; i < n; i++)
		if (l->params[i].port == s->port && l->params[i].channel == s->channel)
			return &l->params[i];
	for (size_t i = 0; i < n && !p; i++)
		if (l->params[i].port == LEARN_NONE)
			p = &l->params[i];
	if (!p)
		p = &l->params[l->next_param++ % n];
	*p = (struct learn_params){ .port = s->port, .channel = s->channel };
	return p;
}

static void select_param(struct learn_params *p, int cc, uint8_t v)
{
	const bool rpn = cc >= CC_RPN_LSB, msb = cc & 1;

	if (p->rpn != rpn || p->have == 3)
		p->have = 0;
	p->rpn = rpn;
	p->value[!msb] = v;
	p->have |= (uint8_t)(msb ? 1 : 2);
	if (p->have == 3 && rpn && p->value[0] == 127 && p->value[1] == 127)
		p->have = 0; /* the null parameter: nothing is selected */
}

/* What selected the parameter was no movement of its own. */
static void forget_selection(struct learn *l, const struct learn_source *s)
{
	struct learn_source id = *s;
	struct learn_track *t;

	for (id.number = LEARN_CC_SELECT; id.number < LEARN_CC_SELECT + 4; id.number++)
		if ((t = learn_find(l, &id)))
			t->moves = 0;
}

/* CC as parts of a parameter. Returns whether that is all it was. */
static bool add_param(struct learn *l, uint64_t t_ns, const struct learn_source *s, uint8_t v)
{
	struct learn_source id = *s;
	struct learn_params *p;
	struct learn_track *t;

	if (s->number >= LEARN_CC_SELECT && s->number < LEARN_CC_SELECT + 4) {
		p = params_of(l, s);
		select_param(p, s->number, v);
		return p->seen;
	}
	if (s->number != CC_DATA_MSB && s->number != CC_DATA_LSB && s->number != CC_INCREMENT &&
	    s->number != CC_DECREMENT)
		return false;
	p = params_of(l, s);
	if (p->have != 3)
		return false;
	if (!p->seen)
		forget_selection(l, s);
	p->seen = true;
	id.form = p->rpn ? LEARN_RPN : LEARN_NRPN;
	id.number = (uint16_t)(p->value[0] << 7 | p->value[1]);
	t = learn_track_of(l, &id);
	switch (s->number) {
	case CC_DATA_MSB:
		p->data = v;
		break;
	case CC_DATA_LSB:
		t->wide = true;
		break;
	default:
		p->data = (uint8_t)(p->data + (s->number == CC_INCREMENT ? 1 : -1)) & 127;
		break;
	}
	learn_add(l, t, t_ns, (float)(p->data << 7 | (s->number == CC_DATA_LSB ? v : 0)));
	return true;
}

static bool source_of(const struct midi_msg *m, int port, struct learn_source *s, float *v)
{
	*s = (struct learn_source){ .port = port, .channel = m->status & 15, .number = m->d1 };
	*v = m->d2;
	switch (m->status & 0xF0) {
	case MIDI_NOTE_OFF:
		*v = 0.0f;
		/* fall through */
	case MIDI_NOTE_ON:
		s->form = LEARN_NOTE;
		return true;
	case MIDI_CC:
		s->form = LEARN_CC;
		return true;
	case MIDI_POLY_PRESSURE:
		s->form = LEARN_POLY;
		return true;
	case MIDI_PROGRAM:
		s->form = LEARN_PROGRAM;
		break;
	case MIDI_PRESSURE:
		s->form = LEARN_PRESSURE;
		break;
	case MIDI_BEND:
		s->form = LEARN_BEND;
		*v = (float)(m->d2 << 7 | m->d1);
		s->number = 0;
		return true;
	default:
		return false;
	}
	*v = m->d1; /* those two have one byte, which is the value */
	s->number = 0;
	return true;
}

void learn_midi(struct learn *l, uint64_t t_ns, int port, const struct midi_msg *m)
{
	struct learn_source s;
	struct learn_track *t;
	float v;

	if (!source_of(m, port, &s, &v) || is_of_pad(l, &s))
		return;
	if (s.form == LEARN_CC && add_param(l, t_ns, &s, m->d2))
		return;
	t = learn_track_of(l, &s);
	add_half(l, t, t_ns);
	learn_add(l, t, t_ns, v);
}

/* ---- OSC ---- */

static void add_trigger(struct learn *l, uint64_t t_ns, struct learn_source *s)
{
	struct learn_track *t = learn_track_of(l, s);

	t->trigger = t->alone = true;
	learn_add(l, t, t_ns, 1.0f);
}

void learn_osc(struct learn *l, uint64_t t_ns, const struct osc_msg *m)
{
	struct learn_source s = { .form = LEARN_OSC, .port = LEARN_NONE };
	size_t numbers = 0;
	bool bang = m->nargs == 0;
	double v;

	if (m->address_len >= LEARN_ADDRESS || m->pattern || osc_is_chatter(m))
		return;
	memcpy(s.address, m->address, m->address_len + 1);
	for (size_t i = 0; i < m->nargs; i++) {
		numbers += osc_number(&m->args[i], &v);
		bang |= m->args[i].type == 'I';
	}
	if (!numbers && bang)
		add_trigger(l, t_ns, &s);
	for (uint8_t i = 0; i < m->nargs && i < LEARN_ARGS; i++) {
		struct learn_track *t;

		if (!osc_number(&m->args[i], &v))
			continue;
		s.arg = i;
		t = learn_track_of(l, &s);
		t->alone = numbers == 1;
		learn_add(l, t, t_ns, (float)v);
	}
}
