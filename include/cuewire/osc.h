/* OSC 1.0 packets: checked whole, then read in place; and address patterns.
 * Nothing here allocates or keeps state. Thread: any.
 * Sources: OSC 1.0 specification (opensoundcontrol.org/spec-1_0), OSC 1.1 (Freed & Schmeder 2009)
 * for the types T F N I.
 *
 * An address begins with '/' and is printable ASCII without spaces. '#', ',' and closing
 * brackets, which OSC 1.0 keeps out of addresses, are let through: senders use them.
 *
 * A message without a type tag string, as older senders make them: each 4 bytes after the
 * address are one argument. It is a float (f) when its magnitude as one lies within 1e-6..1e9,
 * else an integer (i): 0x3F000000 is 0.5f, 0x00000001 is 1 and 0 is 0. (Integers of 897,988,542
 * and above are taken for floats.) Data that begins with ',' is a type tag string. */
#ifndef CUEWIRE_OSC_H
#define CUEWIRE_OSC_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OSC_PACKET_MAX 65536
#define OSC_DEPTH_MAX 8     /* bundles within each other, the outermost counted */
#define OSC_ARGS_MAX 64     /* arguments of a message; more: a bad packet */
#define OSC_PATTERN_MAX 511 /* bytes of a pattern, and of an address part that it matches */
#define OSC_NEST_MAX 4      /* braces within braces */
#define OSC_NOW 1u          /* the time tag "immediately" */

struct osc_arg {
	char type; /* the type tag: i f d h s S b c r m t T F N I; array brackets are left out */
	union {
		double num;       /* i f d, c: its code; T: 1, F: 0 */
		int64_t i64;      /* h, t (as uint64_t) */
		uint8_t bytes[4]; /* r m */
		struct {
			const char *p; /* s S (NUL-terminated) b; within the packet */
			uint32_t len;  /* without the NUL */
		} str;
	};
};

struct osc_msg {
	const char *address; /* NUL-terminated; where the message begins in the packet */
	uint32_t address_len;
	uint32_t size; /* bytes of the whole message, from its address on */
	bool pattern;  /* the address holds one of ? * [ { */
	uint8_t nargs;
	struct osc_arg args[OSC_ARGS_MAX];
};

/* Why a packet is bad: a static text for the log, NULL when it is good. Checks everything of
 * the packet: length a multiple of 4, padding zeros, terminated strings that fit, type tags
 * known, arguments that fit exactly, elements of bundles that fit, depth. That an inner
 * bundle's time tag is not earlier than the outer one's is not asked: senders do not care. */
const char *osc_check(const uint8_t *p, size_t len);

/* Called for every message of a packet, in order; tag is the time tag of the innermost bundle
 * round it, OSC_NOW for a plain message. m lives until the call returns. */
typedef void osc_fn(void *ctx, uint64_t tag, const struct osc_msg *m);

/* Reads a packet that osc_check found good. */
void osc_walk(const uint8_t *p, size_t len, osc_fn *fn, void *ctx);

/* Reads one plain message, checking it on the way. Returns NULL, or why it is bad; then *m is
 * undefined. Not for bundles ('#'). */
const char *osc_read(struct osc_msg *m, const uint8_t *p, size_t len);

/* Nearly every message is a fader's: an address, ",f" and a float. Returns the size of the address
 * with the zeros behind it, which nobody has looked at, or 0 when the packet does not end so. */
static inline size_t osc_before_float(const uint8_t *p, size_t len)
{
	return len % 4 == 0 && len >= 12 && !memcmp(p + len - 8, ",f\0", 4) ? len - 8 : 0;
}

/* A float as a message has it. */
static inline float osc_float(const uint8_t v[4])
{
	const uint32_t bits =
		(uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* The argument as a number: i f d h T F. False for others, for NaN and infinity. */
static inline bool osc_number(const struct osc_arg *a, double *out)
{
	double v;

	switch (a->type) {
	case 'i':
	case 'f':
	case 'd':
	case 'T':
	case 'F':
		v = a->num;
		break;
	case 'h':
		v = (double)a->i64;
		break;
	default:
		return false;
	}
	if (!isfinite(v))
		return false;
	*out = v;
	return true;
}

/* What TouchOSC sends beside its controls: pings, acceleration, touches, changes of page. */
bool osc_is_chatter(const struct osc_msg *m);

/* Whether the address holds one of ? * [ {. */
bool osc_has_pattern(const char *address);

/* Whether the pattern is well formed: brackets and braces closed and within one part of the
 * address, neither too long nor too deep. NULL, or what is wrong. */
const char *osc_pattern_check(const char *pattern);

/* OSC 1.0 address pattern matching: ? * [a-z] [!a] {foo,bar}; none of them matches '/'.
 * Alternatives may hold patterns and alternatives. What osc_pattern_check refuses matches
 * nothing. Time is bounded by pattern length times address length; no recursion. */
bool osc_match(const char *pattern, const char *address);

#endif
