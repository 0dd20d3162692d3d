#include "echo.h"

#include <string.h>

uint64_t echo_midi_key(uint8_t status, uint8_t d1, uint8_t d2)
{
	return UINT64_C(1) << 32 | (uint64_t)status << 16 | (uint64_t)d1 << 8 | d2;
}

/* FNV-1a, then the value. */
uint64_t echo_osc_key(const char *address, float value)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);
	uint32_t bits;

	for (; *address; address++)
		h = (h ^ (uint8_t)*address) * UINT64_C(0x100000001B3);
	memcpy(&bits, &value, sizeof(bits));
	return (h ^ bits) | UINT64_C(1) << 63;
}

static struct echo_sent *slot(struct echo *e, uint64_t key)
{
	return &e->sent[key * UINT64_C(0x9E3779B97F4A7C15) >> 56];
}

void echo_sent(struct echo *e, uint64_t t_ns, uint64_t key)
{
	*slot(e, key) = (struct echo_sent){ key, t_ns, e->age };
}

void echo_sent_bytes(struct echo *e, uint64_t t_ns, const uint8_t *bytes, size_t len)
{
	struct midi_msg m;

	for (size_t n; len && (n = (size_t)midi_data_len(bytes[0]) + 1) <= len;
	     bytes += n, len -= n)
		if (midi_from_bytes(&m, bytes, n))
			echo_sent(e, t_ns, echo_midi_key(m.status, m.d1, m.d2));
}

/* Each is the echo of one thing that was sent. */
void echo_heard(struct echo *e, uint64_t t_ns, uint64_t key)
{
	struct echo_sent *s = slot(e, key);

	e->age = 0;
	if (s->key != key || t_ns - s->t_ns > ECHO_NS)
		return;
	e->age = s->age < UINT8_MAX ? (uint8_t)(s->age + 1) : UINT8_MAX;
	s->key = 0;
}

enum echo_answer echo_ask(const struct echo *e, struct echo_route *r, uint64_t t_ns)
{
	const uint64_t since = t_ns - r->since_ns;

	if (!e->age)
		return ECHO_PASS;
	if (r->verdict == ECHO_TESTED && since > ECHO_SETTLE_NS)
		*r = (struct echo_route){ ECHO_HAND, t_ns };
	else if (r->verdict == ECHO_TESTED)
		return ECHO_STOP;
	else if (r->verdict != ECHO_NONE && since > ECHO_TRUST_NS)
		r->verdict = ECHO_NONE;
	if (r->verdict == ECHO_LOOP)
		return ECHO_STOP;
	if (r->verdict == ECHO_HAND || e->age <= ECHO_AGE_MAX)
		return ECHO_PASS;
	*r = (struct echo_route){ ECHO_TESTED, t_ns };
	return ECHO_TEST;
}

bool echo_is_loop(struct echo_route *r, uint64_t t_ns)
{
	if (r->verdict != ECHO_TESTED)
		return false;
	*r = (struct echo_route){ ECHO_LOOP, t_ns };
	return true;
}
