#include "cuewire/flight.h"

#include "cuewire/mem.h"

const struct event_info event_info[EVENT_COUNT] = {
	[EVENT_OSC] = { "osc:", WHO_PEER },
	[EVENT_MIDI] = { "midi:", WHO_PORT },
	[EVENT_INTENT] = { "intent", WHO_CLIENT },
	[EVENT_START] = { "start", WHO_NOBODY },
	[EVENT_GONE_OSC] = { "gone:osc", WHO_PEER },
	[EVENT_GONE_CLIENT] = { "gone:client", WHO_CLIENT },
	[EVENT_UP] = { "up:", WHO_PORT },
	[EVENT_DOWN] = { "down:", WHO_PORT },
	[EVENT_RETURN] = { "return", WHO_CONTROL },
	[EVENT_SYNC] = { "sync", WHO_CONTROL },
	[EVENT_STOP] = { "stop", WHO_NOBODY },
	[EVENT_EXIT] = { "exit", WHO_NOBODY },
	[EVENT_CUT] = { "cut", WHO_NOBODY },
	[EVENT_OUT] = { "out", WHO_NOBODY },
	[EVENT_NUMBER] = { "osc:", WHO_PEER },
};

_Static_assert(MAPPING_PORTS_MAX <= 64, "a bit for each port");

static struct flight_block *block_of(struct flight *f)
{
	return &f->blocks[f->turns % FLIGHT_BLOCKS];
}

static uint8_t *bytes_of(const struct flight *f, size_t turn)
{
	return f->bytes + turn % FLIGHT_BLOCKS * FLIGHT_BLOCK;
}

static void begin(struct flight *f)
{
	struct flight_block *b = block_of(f);

	f->at = bytes_of(f, f->turns);
	f->end = f->at + FLIGHT_BLOCK;
	b->used = 0;
	b->has_saved = false;
	f->wants_saved = true;
}

void flight_init(struct flight *f, struct arena *mem, const struct mapping *m)
{
	*f = (struct flight){ .bytes = arena_alloc(mem, FLIGHT_BLOCKS * FLIGHT_BLOCK) };
	for (size_t i = 0; i < FLIGHT_BLOCKS; i++)
		saved_init(&f->blocks[i].saved, mem, m);
	begin(f);
}

void flight_turn(struct flight *f)
{
	block_of(f)->used = (size_t)(f->at - bytes_of(f, f->turns));
	f->turns++;
	begin(f);
}

void flight_save(struct flight *f, const struct engine *e, uint64_t t_ns)
{
	const size_t used = (size_t)(f->at - bytes_of(f, f->turns));
	struct flight_block *b = block_of(f);

	if (f->turns && used < FLIGHT_BLOCK / 2 && !engine_at_rest(e))
		return;
	engine_save(e, t_ns, &b->saved);
	b->saved_at = used;
	b->saved_up = f->up;
	b->has_saved = true;
	f->wants_saved = false;
}

void flight_event(struct flight *f, uint64_t t_ns, enum event event, uint16_t who)
{
	flight_add(f, t_ns, event, who, 0, 0);
	if (event == EVENT_UP)
		f->up |= UINT64_C(1) << who;
	else if (event == EVENT_DOWN)
		f->up &= ~(UINT64_C(1) << who);
}

void flight_data(struct flight *f, uint64_t t_ns, enum event event, uint16_t who, const void *data,
                 size_t len)
{
	if (len <= FLIGHT_LONGEST)
		memcpy(flight_add(f, t_ns, event, who, 0, len), data, len);
	else
		flight_event(f, t_ns, EVENT_CUT, who);
}

void flight_out(struct flight *f, const struct msg *m, bool simulated)
{
	const size_t len = m->brief ? strnlen(m->label, 127) + 1 : 0;
	const int flags = (m->brief ? FLIGHT_BRIEF : 0) | (simulated ? FLIGHT_SIMULATED : 0);
	struct flight_out *o =
		flight_add(f, m->t_ns, EVENT_OUT, m->control, (uint8_t)flags, sizeof(*o) + len);
	char *label = (char *)(o + 1);

	memcpy(o, &m->label, sizeof(*o));
	if (!m->brief)
		return;
	memcpy(label, m->label, len);
	label[len - 1] = '\0';
}

_Static_assert(FLIGHT_OUT_ROOM % 8 == 0 && FLIGHT_NUMBER_ROOM % 8 == 0, "records are so aligned");

/* ---- what was recorded ---- */

#define COPY_MEMORY ((size_t)16 << 10) /* a chunk */

struct flight_copy *flight_copy_new(const struct mapping *m, size_t room)
{
	struct arena *mem = arena_new(COPY_MEMORY);
	struct flight_copy *c = arena_alloc(mem, sizeof(*c));

	c->mem = mem;
	c->bytes = arena_alloc(mem, room);
	saved_init(&c->saved, mem, m);
	return c;
}

void flight_copy_free(struct flight_copy *c)
{
	arena_free(c->mem);
}

static size_t oldest(const struct flight *f)
{
	return f->turns < FLIGHT_BLOCKS ? 0 : f->turns + 1 - FLIGHT_BLOCKS;
}

static size_t used(const struct flight *f, size_t turn)
{
	return turn == f->turns ? (size_t)(f->at - bytes_of(f, turn))
	                        : f->blocks[turn % FLIGHT_BLOCKS].used;
}

size_t flight_used(const struct flight *f)
{
	size_t n = 0;

	for (size_t turn = oldest(f); turn <= f->turns; turn++)
		n += used(f, turn);
	return n;
}

static void begin_here(struct flight_copy *c, const struct flight_block *b)
{
	c->begins = c->len + b->saved_at;
	saved_copy(&c->saved, &b->saved);
	c->up = b->saved_up;
}

void flight_take(const struct flight *f, uint64_t t_ns, struct flight_copy *c)
{
	size_t first = oldest(f);

	c->len = 0;
	c->taken_ns = t_ns;
	c->whole = !first;
	while (first <= f->turns && !f->blocks[first % FLIGHT_BLOCKS].has_saved)
		first++;
	for (size_t turn = c->whole ? 0 : first; turn <= f->turns; turn++) {
		if (turn == first)
			begin_here(c, &f->blocks[turn % FLIGHT_BLOCKS]);
		memcpy(c->bytes + c->len, bytes_of(f, turn), used(f, turn));
		c->len += used(f, turn);
	}
	if (first > f->turns)
		c->begins = c->len;
}

const struct flight_record *flight_next(const struct flight_copy *c, size_t *at)
{
	const struct flight_record *r = (const void *)(c->bytes + *at);

	if (*at >= c->len)
		return NULL;
	*at += (r->size + 7) & ~(size_t)7;
	return r;
}
