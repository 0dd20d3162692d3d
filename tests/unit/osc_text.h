/* OSC packets as tests write them, and what was read from one as text. Include it after cmocka. */
#ifndef CUEWIRE_TESTS_OSC_TEXT_H
#define CUEWIRE_TESTS_OSC_TEXT_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/osc.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A packet written as a string literal, without the NUL that C adds. */
#define P(literal) literal, sizeof(literal) - 1

/* A copy whose end is the end of an allocation, so that a sanitizer sees a read behind it. */
static inline uint8_t *exact(const void *bytes, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	assert_non_null(p);
	return memcpy(p, bytes, len);
}

struct message {
	const char *bytes;
	size_t len;
	const char *text; /* what is read, or why nothing is */
};

/* ---- what was read, as text ---- */

struct text {
	char s[2048];
	size_t len;
};

static inline void say(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->s + t->len, sizeof(t->s) - t->len, fmt, ap);
	va_end(ap);
	assert_true(t->len < sizeof(t->s));
}

static inline void say_bytes(struct text *t, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		say(t, "%02x", ((const uint8_t *)bytes)[i]);
}

static inline void say_arg(struct text *t, const struct osc_arg *a)
{
	say(t, " %c", a->type);
	switch (a->type) {
	case 's':
	case 'S':
		assert_int_equal(strlen(a->str.p), a->str.len);
		say(t, ":\"%s\"", a->str.p);
		break;
	case 'b':
		say(t, ":");
		say_bytes(t, a->str.p, a->str.len);
		break;
	case 'h':
		say(t, ":%" PRId64, a->i64);
		break;
	case 't':
		say(t, ":%" PRIu64, (uint64_t)a->i64);
		break;
	case 'r':
	case 'm':
		say(t, ":");
		say_bytes(t, a->bytes, sizeof(a->bytes));
		break;
	case 'N':
	case 'I':
		break;
	default:
		say(t, ":%.10g", a->num);
	}
}

static inline void say_msg(struct text *t, const struct osc_msg *m)
{
	assert_int_equal(strlen(m->address), m->address_len);
	say(t, "%s%s", m->pattern ? "~" : "", m->address);
	for (size_t i = 0; i < m->nargs; i++)
		say_arg(t, &m->args[i]);
}

static inline void walked(void *ctx, uint64_t tag, const struct osc_msg *m)
{
	struct text *t = ctx;

	say(t, "%s%" PRIu64 " ", t->len ? "; " : "", tag);
	say_msg(t, m);
}

/* What a user of the packet does: checks it, and walks it when it is good. */
static inline const char *take(const uint8_t *p, size_t len, struct text *t)
{
	const char *why = osc_check(p, len);

	*t = (struct text){ .len = 0 };
	if (!why)
		osc_walk(p, len, walked, t);
	return why;
}

#endif
