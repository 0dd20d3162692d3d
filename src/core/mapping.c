#include "cuewire/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

const char *const again_names[AGAIN_COUNT] = { "restart", "ignore", "cancel" };
const char *const port_return_names[RETURN_COUNT] = { "recent", "all", "none" };
const char *const system_names[SYSTEM_COUNT] = {
	[SYSTEM_START] = "start",       [SYSTEM_STOP] = "stop",
	[SYSTEM_CONTINUE] = "continue", [SYSTEM_CLOCK] = "clock",
	[SYSTEM_SONG] = "song_select",  [SYSTEM_POSITION] = "song_position",
	[SYSTEM_PLAYING] = "playing",
};
const char *const slot_type_names[SLOT_TYPE_COUNT] = { "deck", "number", "choice" };

/* The table of a MIDI port: 16 channels of four families of 128 numbers (CC, note, program,
 * poly pressure), then 16 of bend, pressure and any program. */
enum { FAMILY_CC, FAMILY_NOTE, FAMILY_PROGRAM, FAMILY_POLY, FAMILIES };
enum { SINGLE_BEND, SINGLE_PRESSURE, SINGLE_PROGRAM, SINGLES };
#define PER_CHANNEL (FAMILIES * 128 + SINGLES)
#define PER_PORT (16 * PER_CHANNEL)

/* Open addressing; at most half full, so that a look-up ends soon. */
struct table {
	struct entry {
		const char *key; /* NULL: free; filled up with zeros to whole words */
		uint32_t size;   /* see struct padded */
		uint16_t value;
	} * entries;
	size_t mask;
	unsigned shift; /* leaves the upper bits of a hash, as many as mask has */
};

/* The same for parameters, whose keys are numbers: see param_key. */
struct params {
	struct param {
		uint32_t key; /* 0: free */
		uint16_t route;
	} * entries;
	size_t mask;
};

/* First routes of what belongs to no channel. */
struct port_index {
	uint16_t system[SYSTEM_COUNT];
	uint16_t sysex;
	uint16_t params; /* bit n: channel n has routes from parameters */
};

struct mapping_index {
	struct table controls, osc;
	struct params params;
	uint16_t **midi; /* per port PER_PORT first routes, NULL: nothing comes from it */
	struct port_index *ports;
	uint16_t *from; /* per control */
	uint16_t *exact, *patterns;
	size_t nexact, npatterns;
};

bool port_is_midi(const struct port *p)
{
	return p->in.n || p->out.n;
}

bool port_sends(const struct port *p)
{
	return p->out.n || p->osc_send || p->raw_out || p->simulated;
}

bool control_sends_same(const struct control *a, const struct control *b)
{
	return a->kind == b->kind && a->port == b->port && a->bipolar == b->bipolar &&
	       !memcmp(&a->out, &b->out, sizeof(a->out)) &&
	       !memcmp(&a->up, &b->up, sizeof(a->up)) &&
	       !memcmp(&a->down, &b->down, sizeof(a->down)) &&
	       (a->osc_out && b->osc_out ? !strcmp(a->osc_out, b->osc_out)
	                                 : a->osc_out == b->osc_out);
}

/* ---- names ---- */

#define WORD sizeof(uint64_t)

static uint64_t word_at(const char *s)
{
	uint64_t word;

	memcpy(&word, s, WORD);
	return word;
}

/* A name as OSC packets have it, with zeros behind it to a multiple of 4 bytes: words, and what is
 * left, which may be half a word. */
struct padded {
	const char *s;
	size_t size; /* with its zeros */
	size_t words;
	uint64_t rest;
};

static struct padded pad(const char *s, size_t len)
{
	struct padded p = { s, (len / 4 + 1) * 4, len / WORD, 0 };

	memcpy(&p.rest, s + p.words * WORD, len % WORD);
	return p;
}

static inline struct padded padded(const char *s, size_t size)
{
	struct padded p = { s, size, (size - 1) / WORD, 0 };

	if (size % WORD)
		memcpy(&p.rest, s + p.words * WORD, WORD / 2);
	else
		p.rest = word_at(s + p.words * WORD);
	return p;
}

/* Every OSC message is hashed: a multiplication for each word, which carries every bit of it to the
 * upper ones, is all that it costs. Good within this process only. */
static inline uint64_t hash(const struct padded *p)
{
	const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
	uint64_t h = p->rest * golden;

	for (size_t i = 0; i < p->words; i++)
		h = (h ^ word_at(p->s + i * WORD)) * golden;
	return h;
}

static inline bool is_same(const char *key, const struct padded *p)
{
	for (size_t i = 0; i < p->words; i++)
		if (word_at(key + i * WORD) != word_at(p->s + i * WORD))
			return false;
	return word_at(key + p->words * WORD) == p->rest;
}

static void table_init(struct table *t, struct arena *a, size_t n)
{
	size_t size = 16;

	t->shift = 60;
	for (; size < 2 * n; size *= 2)
		t->shift--;
	t->entries = arena_alloc(a, size * sizeof(*t->entries));
	t->mask = size - 1;
}

/* The entry of the name, or the free one where it belongs. */
static inline struct entry *table_find(const struct table *t, const struct padded *p)
{
	for (size_t i = hash(p) >> t->shift;; i++) {
		struct entry *e = &t->entries[i & t->mask];

		if (!e->key || (e->size == p->size && is_same(e->key, p)))
			return e;
	}
}

static struct entry *table_slot(const struct table *t, const char *s, size_t len)
{
	const struct padded p = pad(s, len);

	return table_find(t, &p);
}

static void table_put(struct table *t, struct arena *a, const char *name, uint16_t value)
{
	const size_t len = strlen(name);
	const struct padded p = pad(name, len);
	char *key = arena_alloc(a, p.size + WORD);

	memcpy(key, name, len);
	*table_find(t, &p) = (struct entry){ key, (uint32_t)p.size, value };
}

int mapping_control(const struct mapping *m, const char *name, size_t len)
{
	const struct entry *e = table_slot(&m->index->controls, name, len);

	return e->key ? e->value : -1;
}

int mapping_intent(const struct mapping *m, const char *name)
{
	for (size_t i = 0; i < m->nintents; i++)
		if (!strcmp(m->intents[i].name, name))
			return (int)i;
	return -1;
}

int mapping_port(const struct mapping *m, const char *name)
{
	for (size_t i = 0; i < m->nports; i++)
		if (!m->ports[i].gone && !strcmp(m->ports[i].name, name))
			return (int)i;
	return -1;
}

/* ---- sources ---- */

static size_t midi_slot(enum addr_form form, uint8_t channel, uint8_t number)
{
	static const uint8_t family[ADDR_FORM_COUNT] = {
		[ADDR_CC] = FAMILY_CC,     [ADDR_CC14] = FAMILY_CC,
		[ADDR_NOTE] = FAMILY_NOTE, [ADDR_PROGRAM] = FAMILY_PROGRAM,
		[ADDR_POLY] = FAMILY_POLY,
	};
	const size_t base = (size_t)(channel & 15) * PER_CHANNEL, singles = base + FAMILIES * 128;

	if (form == ADDR_BEND)
		return singles + SINGLE_BEND;
	if (form == ADDR_PRESSURE)
		return singles + SINGLE_PRESSURE;
	if (form == ADDR_PROGRAM && number == ADDR_ANY)
		return singles + SINGLE_PROGRAM;
	return base + family[form] * 128u + (number & 127);
}

uint16_t mapping_midi(const struct mapping *m, int port, enum addr_form form, uint8_t channel,
                      uint8_t number)
{
	const uint16_t *t = m->index->midi[port];

	return t ? t[midi_slot(form, channel, number)] : ROUTE_END;
}

static uint32_t param_key(int port, const struct address *a)
{
	const uint32_t place = (uint32_t)port << 5 | address_is_rpn(a) << 4 | a->channel;

	return (place << 14 | (uint32_t)a->number << 7 | a->lsb) + 1;
}

/* The entry of the key, or the free one where it belongs. */
static struct param *param_slot(const struct params *t, uint32_t key)
{
	for (size_t i = key * UINT32_C(0x9E3779B9) >> 8;; i++) {
		struct param *p = &t->entries[i & t->mask];

		if (!p->key || p->key == key)
			return p;
	}
}

uint16_t mapping_param(const struct mapping *m, int port, const struct address *a)
{
	const struct param *p = param_slot(&m->index->params, param_key(port, a));

	return p->key ? p->route : ROUTE_END;
}

bool mapping_has_params(const struct mapping *m, int port, uint8_t channel)
{
	return m->index->ports[port].params >> channel & 1;
}

uint16_t mapping_system(const struct mapping *m, int port, enum system_source what)
{
	return m->index->ports[port].system[what];
}

uint16_t mapping_sysex(const struct mapping *m, int port)
{
	return m->index->ports[port].sysex;
}

uint16_t mapping_osc(const struct mapping *m, const char *address, size_t len)
{
	const struct entry *e = table_slot(&m->index->osc, address, len);

	return e->key ? e->value : ROUTE_END;
}

uint16_t mapping_osc_padded(const struct mapping *m, const uint8_t *address, size_t size)
{
	const struct padded p = padded((const char *)address, size);
	const struct entry *e = table_find(&m->index->osc, &p);

	return e->key ? e->value : ROUTE_END;
}

size_t mapping_osc_exact(const struct mapping *m, const uint16_t **routes)
{
	*routes = m->index->exact;
	return m->index->nexact;
}

size_t mapping_osc_patterns(const struct mapping *m, const uint16_t **routes)
{
	*routes = m->index->patterns;
	return m->index->npatterns;
}

uint16_t mapping_from(const struct mapping *m, uint16_t control)
{
	return m->index->from[control];
}

/* Appends the route to the chain that begins at *head. */
static void chain(struct mapping *m, uint16_t *head, uint16_t route)
{
	while (*head != ROUTE_END)
		head = &m->routes[*head].next;
	*head = route;
}

static void index_param(struct mapping *m, uint16_t i)
{
	const struct route *r = &m->routes[i];
	const uint32_t key = param_key(r->port, &r->in);
	struct param *p = param_slot(&m->index->params, key);

	if (!p->key)
		*p = (struct param){ key, ROUTE_END };
	chain(m, &p->route, i);
	m->index->ports[r->port].params |= (uint16_t)(1 << r->in.channel);
}

static void index_midi(struct mapping *m, uint16_t i)
{
	const struct route *r = &m->routes[i];
	struct port_index *port = &m->index->ports[r->port];
	uint16_t **t = &m->index->midi[r->port];

	if (address_is_param(&r->in)) {
		index_param(m, i);
		return;
	}
	if (r->in.form == ADDR_SYSTEM || r->in.form == ADDR_SYSEX) {
		chain(m, r->in.form == ADDR_SYSEX ? &port->sysex : &port->system[r->in.number], i);
		return;
	}
	if (!*t) {
		*t = arena_alloc(m->arena, PER_PORT * sizeof(**t));
		for (size_t k = 0; k < PER_PORT; k++)
			(*t)[k] = ROUTE_END;
	}
	chain(m, &(*t)[midi_slot(r->in.form, r->in.channel, r->in.number)], i);
	/* The pair's other half leads to the same chain, which begins with the pair. */
	if (r->in.form == ADDR_CC14) {
		uint16_t *lsb = &(*t)[midi_slot(ADDR_CC, r->in.channel, r->in.lsb)];

		if (*lsb == ROUTE_END)
			*lsb = i;
	}
}

/* A CC that is routed for itself and carries parameters as well has to be looked at for both: the
 * first route of its chain says so. */
static void mark_params(struct mapping *m, int port, uint8_t channel)
{
	static const uint8_t ccs[] = { MIDI_DATA_MSB, MIDI_DATA_LSB, MIDI_DATA_UP, MIDI_DATA_DOWN,
		                       MIDI_NRPN_LSB, MIDI_NRPN_MSB, MIDI_RPN_LSB, MIDI_RPN_MSB };

	for (size_t i = 0; i < sizeof(ccs); i++) {
		const uint16_t first = mapping_midi(m, port, ADDR_CC, channel, ccs[i]);

		if (first == ROUTE_END)
			continue;
		m->routes[first].params = true;
		m->routes[first].direct = false;
	}
}

static void index_params(struct mapping *m)
{
	for (size_t i = 0; i < m->nports; i++)
		for (uint8_t channel = 0; channel < 16; channel++)
			if (mapping_has_params(m, (int)i, channel))
				mark_params(m, (int)i, channel);
}

static void index_osc(struct mapping *m, uint16_t i)
{
	struct mapping_index *x = m->index;
	const struct route *r = &m->routes[i];
	struct entry *e;

	if (r->pattern) {
		x->patterns[x->npatterns++] = i;
		return;
	}
	e = table_slot(&x->osc, r->osc, strlen(r->osc));
	if (e->key) {
		chain(m, &e->value, i);
		return;
	}
	table_put(&x->osc, m->arena, r->osc, i);
	x->exact[x->nexact++] = i;
}

static const char *label_of(struct arena *a, const char *address)
{
	static const char prefix[] = "osc:";
	const size_t len = strlen(address);
	char *s = arena_alloc(a, sizeof(prefix) + len);

	memcpy(s, prefix, sizeof(prefix) - 1);
	memcpy(s + sizeof(prefix) - 1, address, len);
	return s;
}

/* Every control but a lamp answers to its own address, unless a route names that address. */
static void add_own_routes(struct mapping *m)
{
	struct route *all = arena_alloc(m->arena, (m->nroutes + m->ncontrols) * sizeof(*all));
	struct table named;

	if (m->nroutes)
		memcpy(all, m->routes, m->nroutes * sizeof(*all));
	m->routes = all;
	table_init(&named, m->arena, m->nroutes);
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].osc)
			table_put(&named, m->arena, m->routes[i].osc, 0);
	for (size_t c = 0; c < m->ncontrols; c++) {
		const struct control *ctl = &m->controls[c];

		if (ctl->gone || ctl->kind == KIND_LAMP ||
		    table_slot(&named, ctl->osc, strlen(ctl->osc))->key)
			continue;
		all[m->nroutes++] = (struct route){
			.at = ctl->at,
			.osc = ctl->osc,
			.own = true,
			.arg = -1,
			.port = PORT_NONE,
			.from = CONTROL_NONE,
			.place = PLACE_NONE,
			.bipolar = ctl->bipolar,
			.fader = ctl->kind == KIND_FADER,
			.pressed = kinds[ctl->kind].binary || ctl->kind == KIND_ENCODER,
			.holds = kinds[ctl->kind].held,
			.acceleration = 1.0f,
			.to = (uint16_t)c,
			.label = label_of(m->arena, ctl->osc),
		};
	}
}

static bool is_plain(const struct mapping *m, const struct route *r)
{
	return !r->nwhen && !r->nxf && !r->macro && r->by == 0.0f && r->to != CONTROL_NONE &&
	       m->controls[r->to].kind != KIND_ENCODER;
}

static bool is_quick(const struct route *r)
{
	return r->plain && r->fader && r->osc && !r->pattern && r->arg <= 0 && r->next == ROUTE_END;
}

/* Whether the engine need not look at how the value comes. */
static bool is_direct(const struct route *r)
{
	return !r->encoding && r->in.form != ADDR_CC14 && !(r->in.form == ADDR_NOTE && r->pressed);
}

static void index_from(struct mapping *m, uint16_t i)
{
	chain(m, &m->index->from[m->routes[i].from], i);
	m->controls[m->routes[i].from].leads = true;
}

/* The table of parameters is at most half full, as the other ones. */
static void ports_init(struct mapping *m)
{
	struct mapping_index *x = m->index;
	size_t params = 0, size = 16;

	for (size_t i = 0; i < m->nroutes; i++)
		params += address_is_param(&m->routes[i].in);
	while (size < 2 * params)
		size *= 2;
	x->params.entries = arena_alloc(m->arena, size * sizeof(*x->params.entries));
	x->params.mask = size - 1;
	x->midi = arena_alloc(m->arena, (m->nports + 1) * sizeof(*x->midi));
	x->ports = arena_alloc(m->arena, (m->nports + 1) * sizeof(*x->ports));
	for (size_t i = 0; i < m->nports; i++) {
		x->ports[i].sysex = ROUTE_END;
		for (size_t k = 0; k < SYSTEM_COUNT; k++)
			x->ports[i].system[k] = ROUTE_END;
	}
}

void mapping_index(struct mapping *m)
{
	struct mapping_index *x = m->index = arena_alloc(m->arena, sizeof(*x));

	table_init(&x->controls, m->arena, m->ncontrols);
	for (size_t i = 0; i < m->ncontrols; i++)
		if (!m->controls[i].gone)
			table_put(&x->controls, m->arena, m->controls[i].name, (uint16_t)i);
	add_own_routes(m);
	table_init(&x->osc, m->arena, m->nroutes);
	ports_init(m);
	x->from = arena_alloc(m->arena, (m->ncontrols + 1) * sizeof(*x->from));
	for (size_t i = 0; i < m->ncontrols; i++)
		x->from[i] = ROUTE_END;
	x->exact = arena_alloc(m->arena, (m->nroutes + 1) * sizeof(*x->exact));
	x->patterns = arena_alloc(m->arena, (m->nroutes + 1) * sizeof(*x->patterns));
	m->every = arena_alloc(m->arena, (m->nroutes + 1) * sizeof(*m->every));
	m->remembering = arena_alloc(m->arena, (m->nroutes + 1) * sizeof(*m->remembering));
	for (size_t i = 0; i < m->nroutes; i++) {
		m->routes[i].next = ROUTE_END;
		m->routes[i].plain = is_plain(m, &m->routes[i]);
		m->routes[i].direct = is_direct(&m->routes[i]);
		if (!m->routes[i].plain || !m->routes[i].osc)
			m->remembering[m->nremembering++] = (uint16_t)i;
	}
	/* Pairs first, so that a chain that both halves lead to begins with the pair. */
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].port != PORT_NONE && m->routes[i].in.form == ADDR_CC14)
			index_midi(m, (uint16_t)i);
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].port != PORT_NONE && m->routes[i].in.form != ADDR_CC14)
			index_midi(m, (uint16_t)i);
	index_params(m);
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].osc)
			index_osc(m, (uint16_t)i);
		else if (m->routes[i].from != CONTROL_NONE)
			index_from(m, (uint16_t)i);
		else if (m->routes[i].port == PORT_NONE)
			m->every[m->nevery++] = (uint16_t)i;
	for (size_t i = 0; i < m->nroutes; i++)
		m->routes[i].quick = is_quick(&m->routes[i]);
}

void mapping_free(struct mapping *m)
{
	if (m)
		arena_free(m->arena);
}

void batch_taps(struct batch_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct act *a = &acts[i].act;
		size_t k = i + 1;

		while (k < n && (acts[k].act.op != OP_RELEASE || acts[k].act.control != a->control))
			k++;
		if (a->op == OP_PRESS && k == n)
			a->release_ms = BATCH_TAP_MS;
	}
}
