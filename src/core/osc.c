/* OSC 1.0 packets. Everything in a packet is aligned to 4 bytes and big-endian:
 *
 *	message: address NUL pad, ',' type tags NUL pad, arguments
 *	bundle:  "#bundle" NUL, 8 bytes of time tag, elements
 *	element: 4 bytes of size, message or bundle
 *
 * Every position is an offset that has been compared with the end before it is read; a packet
 * and a bundle's element have a multiple of 4 bytes, so that one comparison covers a word. */
#include "cuewire/osc.h"

#include <math.h>
#include <string.h>

#define WORD 4
#define TIMETAG 8
#define BUNDLE_HEAD (sizeof(bundle_name) + TIMETAG)

static const char bundle_name[8] = "#bundle";

static const char unterminated[] = "a string without an end";
static const char bad_padding[] = "padding that is not zero";
static const char cut_short[] = "an argument that is cut short";
static const char too_many[] = "more than 64 arguments";

/* ---- words ---- */

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + WORD);
}

static float float_of(uint32_t bits)
{
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static double double_of(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* Where the word ends that holds the byte at i. */
static size_t word_end(size_t i)
{
	return (i / WORD + 1) * WORD;
}

/* Whether zeros follow from i to the end of its word; the word lies within the packet. */
static bool is_padded(const uint8_t *p, size_t i)
{
	return (be32(p + word_end(i) - WORD) << (8 * (i % WORD))) == 0;
}

/* ---- address ---- */

static bool may_be_in_address(uint8_t byte)
{
	return byte > ' ' && byte <= '~';
}

static const char *why_no_address(const uint8_t *p, size_t len)
{
	if (!*p)
		return "an empty address";
	if (*p == '#')
		return "a bundle where a message is expected";
	if (*p != '/')
		return "an address that does not begin with '/'";
	return memchr(p, '\0', len) ? "an address with a character that is not allowed"
	                            : unterminated;
}

static const char *read_address(struct osc_msg *m, const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && may_be_in_address(p[i]))
		i++;
	if (*p != '/' || i == len || p[i])
		return why_no_address(p, len);
	if (!is_padded(p, i))
		return bad_padding;
	m->address_len = (uint32_t)i;
	m->pattern = osc_has_pattern((const char *)p);
	return NULL;
}

/* ---- arguments ---- */

/* The rest of a message: what has not been read yet. */
struct rest {
	const uint8_t *p;
	size_t at, len;
};

static const char *read_string(struct osc_arg *a, struct rest *r)
{
	const uint8_t *s = r->p + r->at;
	const uint8_t *end = memchr(s, '\0', r->len - r->at);

	if (!end)
		return unterminated;
	if (!is_padded(s, (size_t)(end - s)))
		return bad_padding;
	a->str.p = (const char *)s;
	a->str.len = (uint32_t)(end - s);
	r->at += word_end(a->str.len);
	return NULL;
}

static const char *read_blob(struct osc_arg *a, struct rest *r)
{
	size_t size;

	if (r->len - r->at < WORD)
		return cut_short;
	size = be32(r->p + r->at);
	r->at += WORD;
	if (size > r->len - r->at)
		return "a blob longer than the message";
	a->str.p = (const char *)r->p + r->at;
	a->str.len = (uint32_t)size;
	if (size % WORD && !is_padded(r->p + r->at, size))
		return bad_padding;
	r->at += (size + WORD - 1) / WORD * WORD;
	return NULL;
}

static void read_fixed(struct osc_arg *a, const uint8_t *p)
{
	switch (a->type) {
	case 'f':
		a->num = float_of(be32(p));
		break;
	case 'i':
	case 'c':
		a->num = (int32_t)be32(p);
		break;
	case 'd':
		a->num = double_of(be64(p));
		break;
	case 'h':
	case 't':
		a->i64 = (int64_t)be64(p);
		break;
	default:
		memcpy(a->bytes, p, sizeof(a->bytes));
	}
}

/* Bytes of the arguments whose size depends on nothing but their type. */
static const uint8_t fixed_size[256] = {
	['i'] = 4, ['f'] = 4, ['c'] = 4, ['r'] = 4, ['m'] = 4, ['d'] = 8, ['h'] = 8, ['t'] = 8,
};

static const char *read_arg(struct osc_arg *a, struct rest *r)
{
	const size_t size = fixed_size[(uint8_t)a->type];

	if (size) {
		if (r->len - r->at < size)
			return cut_short;
		read_fixed(a, r->p + r->at);
		r->at += size;
		return NULL;
	}
	switch (a->type) {
	case 's':
	case 'S':
		return read_string(a, r);
	case 'b':
		return read_blob(a, r);
	case 'T':
	case 'F':
	case 'N':
	case 'I':
		a->num = a->type == 'T';
		return NULL;
	default:
		return "an unknown type tag";
	}
}

/* Reads what the tags stand for. '[' and ']' group arguments, one group within another if need
 * be; nobody asks for the groups. */
static const char *read_args(struct osc_msg *m, const char *tags, struct rest *r)
{
	unsigned n = 0, open = 0;

	for (; *tags; tags++) {
		const char *why;

		if (*tags == '[') {
			open++;
		} else if (*tags == ']') {
			if (!open--)
				return "a ']' without '[' in the type tags";
		} else if (n == OSC_ARGS_MAX) {
			return too_many;
		} else {
			m->args[n].type = *tags;
			why = read_arg(&m->args[n++], r);
			if (why)
				return why;
		}
	}
	m->nargs = (uint8_t)n;
	return open ? "a '[' that is not closed in the type tags" : NULL;
}

static const char *read_typed(struct osc_msg *m, struct rest *r)
{
	struct osc_arg tags;
	const char *why = read_string(&tags, r);

	if (!why)
		why = read_args(m, tags.str.p + 1, r);
	if (!why && r->at != r->len)
		why = "bytes left over after the last argument";
	return why;
}

/* A message without type tags: see osc.h. */
static const char *read_untyped(struct osc_msg *m, const struct rest *r)
{
	const size_t n = (r->len - r->at) / WORD;

	if (n > OSC_ARGS_MAX)
		return too_many;
	for (size_t i = 0; i < n; i++) {
		const uint32_t bits = be32(r->p + r->at + i * WORD);
		const double size = fabs((double)float_of(bits));
		const bool real = size >= 1e-6 && size <= 1e9;

		m->args[i].type = real ? 'f' : 'i';
		m->args[i].num = real ? (double)float_of(bits) : (int32_t)bits;
	}
	m->nargs = (uint8_t)n;
	return NULL;
}

/* ---- messages ---- */

static const char *why_bad_length(size_t len)
{
	if (!len)
		return "an empty packet";
	return len % WORD ? "a length that is not a multiple of 4"
	                  : "a packet longer than 65536 bytes";
}

static bool is_bad_length(size_t len)
{
	return !len || len % WORD || len > OSC_PACKET_MAX;
}

const char *osc_read(struct osc_msg *m, const uint8_t *p, size_t len)
{
	struct rest r = { .p = p, .len = len };
	const char *why;

	m->address = (const char *)p;
	m->size = (uint32_t)len;
	if (is_bad_length(len))
		return why_bad_length(len);
	why = read_address(m, p, len);
	if (why)
		return why;
	r.at = word_end(m->address_len);
	if (r.at == len || p[r.at] != ',')
		return read_untyped(m, &r);
	return read_typed(m, &r);
}

/* ---- bundles ---- */

/* Where in a packet the walk is, and the bundles round it. */
struct walk {
	const uint8_t *p;
	size_t at;
	unsigned depth;
	struct {
		size_t end;
		uint64_t tag;
	} bundles[OSC_DEPTH_MAX];
};

static const char *enter_bundle(struct walk *w, size_t size)
{
	if (w->depth == OSC_DEPTH_MAX)
		return "bundles nested too deep";
	if (size < BUNDLE_HEAD)
		return "a bundle that is cut short";
	if (memcmp(w->p + w->at, bundle_name, sizeof(bundle_name)))
		return "a '#' that does not begin a bundle";
	w->bundles[w->depth].end = w->at + size;
	w->bundles[w->depth].tag = be64(w->p + w->at + sizeof(bundle_name));
	w->depth++;
	w->at += BUNDLE_HEAD;
	return NULL;
}

/* Reads the size of the next element, which lies within the innermost bundle. */
static const char *element_size(struct walk *w, size_t *size)
{
	const size_t left = w->bundles[w->depth - 1].end - w->at - WORD;

	*size = be32(w->p + w->at);
	w->at += WORD;
	if (!*size)
		return "a bundle element of length 0";
	if (*size > left)
		return "a bundle element longer than its bundle";
	return *size % WORD ? "a bundle element whose length is not a multiple of 4" : NULL;
}

/* Takes what is at w->at, a whole packet or an element: goes into a bundle, reads a message. */
static const char *take(struct walk *w, size_t size, osc_fn *fn, void *ctx)
{
	struct osc_msg m;
	const char *why;

	if (w->p[w->at] == '#')
		return enter_bundle(w, size);
	why = osc_read(&m, w->p + w->at, size);
	if (why)
		return why;
	w->at += size;
	if (fn)
		fn(ctx, w->depth ? w->bundles[w->depth - 1].tag : OSC_NOW, &m);
	return NULL;
}

/* The one way through a packet. Everything is compared with its end here too, so that a
 * packet that nobody checked does no harm. */
static const char *walk(const uint8_t *p, size_t len, osc_fn *fn, void *ctx)
{
	struct walk w = { .p = p };
	const char *why;

	if (is_bad_length(len))
		return why_bad_length(len);
	why = take(&w, len, fn, ctx);
	while (!why && w.depth) {
		size_t size;

		if (w.at == w.bundles[w.depth - 1].end) {
			w.depth--;
			continue;
		}
		why = element_size(&w, &size);
		if (!why)
			why = take(&w, size, fn, ctx);
	}
	return why;
}

const char *osc_check(const uint8_t *p, size_t len)
{
	return walk(p, len, NULL, NULL);
}

void osc_walk(const uint8_t *p, size_t len, osc_fn *fn, void *ctx)
{
	walk(p, len, fn, ctx);
}

bool osc_is_chatter(const struct osc_msg *m)
{
	const size_t len = m->address_len;

	if (!strcmp(m->address, "/ping") || !strcmp(m->address, "/accxyz"))
		return true;
	if (len > 2 && !memcmp(m->address + len - 2, "/z", 2))
		return true;
	return m->address[1] && strspn(m->address + 1, "0123456789") == len - 1; /* a page: "/1" */
}
