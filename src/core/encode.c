#include "engine_priv.h"

#include "cuewire/outline.h"

static uint8_t put_cc(uint8_t *b, const struct address *a, uint8_t number, uint8_t v)
{
	b[0] = (uint8_t)(MIDI_CC | a->channel);
	b[1] = number;
	b[2] = v;
	return 3;
}

/* The parameter's number, then its value: all four every time, for what a receiver has chosen
 * meanwhile is not known here. */
static uint8_t put_param_number(uint8_t *b, const struct address *a)
{
	const bool rpn = address_is_rpn(a);

	put_cc(b, a, rpn ? MIDI_RPN_MSB : MIDI_NRPN_MSB, a->number);
	put_cc(b + 3, a, rpn ? MIDI_RPN_LSB : MIDI_NRPN_LSB, a->lsb);
	return 6;
}

OUTLINE static uint8_t put_param(uint8_t *b, const struct address *a, bool bipolar, float v)
{
	const uint16_t fine = value_to14(v, bipolar);
	uint8_t n = put_param_number(b, a);

	if (!address_is_fine(a))
		return (uint8_t)(n + put_cc(b + n, a, MIDI_DATA_MSB, value_to7(v, bipolar)));
	n = (uint8_t)(n + put_cc(b + n, a, MIDI_DATA_MSB, (uint8_t)(fine >> 7)));
	return (uint8_t)(n + put_cc(b + n, a, MIDI_DATA_LSB, fine & 127));
}

static uint8_t put_cc14(uint8_t *b, const struct address *a, uint16_t v, bool lsb_first)
{
	const uint8_t msb = (uint8_t)(v >> 7), lsb = v & 127;

	put_cc(b + (lsb_first ? 3 : 0), a, a->number, msb);
	put_cc(b + (lsb_first ? 0 : 3), a, a->lsb, lsb);
	return 6;
}

/* Velocity 0 would be a note-off to some receivers and a note-on to others. */
static uint8_t put_note(uint8_t *b, const struct address *a, uint8_t v)
{
	b[0] = (uint8_t)((v ? MIDI_NOTE_ON : MIDI_NOTE_OFF) | a->channel);
	b[1] = a->number;
	b[2] = v;
	return 3;
}

static uint8_t put_bend(uint8_t *b, const struct address *a, uint16_t v)
{
	b[0] = (uint8_t)(MIDI_BEND | a->channel);
	b[1] = v & 127;
	b[2] = (uint8_t)(v >> 7);
	return 3;
}

static uint8_t put(uint8_t *b, const struct address *a, bool bipolar, bool lsb_first, float v)
{
	switch ((enum addr_form)a->form) {
	case ADDR_CC:
		return put_cc(b, a, a->number, value_to7(v, bipolar));
	case ADDR_CC14:
		return put_cc14(b, a, value_to14(v, bipolar), lsb_first);
	case ADDR_NOTE:
		return put_note(b, a, value_to7(v, bipolar));
	case ADDR_BEND:
		return put_bend(b, a, value_to14(v, bipolar));
	case ADDR_NRPN:
	case ADDR_NRPN7:
	case ADDR_RPN:
	case ADDR_RPN7:
		return put_param(b, a, bipolar, v);
	default:
		return 0;
	}
}

void encode_place(const struct place *p, float v, struct msg *m)
{
	m->value = v;
	m->len = put(m->bytes, &p->at, p->bipolar, p->lsb_first, v);
}

bool encode_same(const struct control *c, float v, float w)
{
	if (!c->out.form)
		return v == w;
	if (address_is_fine(&c->out))
		return value_to14(v, c->bipolar) == value_to14(w, c->bipolar);
	return value_to7(v, c->bipolar) == value_to7(w, c->bipolar);
}

void encode_any(const struct control *c, float v, struct msg *m)
{
	if (c->up.form) /* a switch with an address for "on" and one for "off" */
		m->len = put(m->bytes, v >= 0.5f ? &c->up : &c->down, c->bipolar, c->lsb_first,
		             1.0f);
	else
		m->len = put(m->bytes, &c->out, c->bipolar, c->lsb_first, v);
}

void encode_toggle(const struct control *c, float v, struct msg *m)
{
	m->value = v;
	m->waits = WAITS_ALL; /* each of them counts */
	m->len = put(m->bytes, &c->out, false, false, 1.0f);
	m->len = (uint8_t)(m->len + put(m->bytes + m->len, &c->out, false, false, 0.0f));
}

uint8_t engine_release_bytes(const struct control *c, uint8_t out[MSG_BYTES])
{
	return put(out, &c->out, c->bipolar, c->lsb_first, 0.0f);
}

int encode_steps(const struct control *c, int steps, struct msg *m)
{
	const struct address *a = steps > 0 ? &c->up : &c->down;
	const int one = steps > 0 ? 1 : -1;

	if (a->form) {
		m->value = (float)one;
		m->len = put(m->bytes, a, c->bipolar, c->lsb_first, 1.0f);
		m->len = (uint8_t)(m->len +
		                   put(m->bytes + m->len, a, c->bipolar, c->lsb_first, 0.0f));
		return steps - one;
	}
	if (address_is_param(&c->out)) {
		m->value = (float)one;
		m->len = put_param_number(m->bytes, &c->out);
		m->len = (uint8_t)(m->len + put_cc(m->bytes + m->len, &c->out,
		                                   steps > 0 ? MIDI_DATA_UP : MIDI_DATA_DOWN, 0));
		return steps - one;
	}
	if (c->out.form) {
		const uint8_t v = steps_encode(steps, c->encoding);
		const int sent = steps_decode(v, c->encoding);

		m->value = (float)sent;
		m->len = put_cc(m->bytes, &c->out, c->out.number, v);
		return steps - sent;
	}
	m->value = (float)steps;
	return 0;
}
