#include "cuewire/buf.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuewire/mem.h"
#include "cuewire/utf8.h"

void buf_init(struct buf *b, size_t max)
{
	assert(max < SIZE_MAX / 2);
	*b = (struct buf){ .max = max };
}

void buf_finish(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->cut = false;
	if (b->p)
		*b->p = '\0';
}

/* Makes room for len bytes and the NUL; returns how many of them fit. */
static size_t reserve(struct buf *b, size_t len)
{
	if (b->cut)
		len = 0;
	if (len > b->max - b->len) {
		len = b->max - b->len;
		b->cut = true;
	}
	b->p = xgrow(b->p, &b->cap, b->len + len + 1, 1);
	return len;
}

void buf_add(struct buf *b, const char *s, size_t len)
{
	len = reserve(b, len);
	if (len)
		memcpy(b->p + b->len, s, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* Most texts fit into the room there is; the others are formatted twice. */
void buf_fmt(struct buf *b, const char *fmt, ...)
{
	const size_t room =
		b->cap - b->len; /* of it one byte for the NUL; 0: nothing was added yet */
	va_list args;
	size_t fits;
	int n;

	va_start(args, fmt);
	n = vsnprintf(room ? b->p + b->len : NULL, room, fmt, args);
	va_end(args);
	if (n < 0)
		n = 0;
	fits = reserve(b, (size_t)n);
	if ((size_t)n >= room && fits) {
		va_start(args, fmt);
		(void)vsnprintf(b->p + b->len, fits + 1, fmt, args);
		va_end(args);
	}
	b->len += fits;
	b->p[b->len] = '\0';
}

/* ---- JSON ---- */

static void add_escaped(struct buf *b, char c)
{
	static const char shorts[128] = { ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		                          ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't' };

	if (shorts[(uint8_t)c])
		buf_add(b, (char[]){ '\\', shorts[(uint8_t)c] }, 2);
	else
		buf_fmt(b, "\\u%04x", (unsigned)(uint8_t)c);
}

static bool needs_escape(char c)
{
	return (uint8_t)c < 0x20 || c == '"' || c == '\\';
}

void buf_json_strn(struct buf *b, const char *s, size_t len)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	size_t from = 0, i = 0;

	buf_putc(b, '"');
	while (i < len) {
		const size_t n = utf8_len(s + i, len - i);

		if (n && !needs_escape(s[i])) {
			i += n;
			continue;
		}
		buf_add(b, s + from, i - from);
		if (n)
			add_escaped(b, s[i]);
		else
			buf_puts(b, replacement);
		from = ++i;
	}
	buf_add(b, s + from, len - from);
	buf_putc(b, '"');
}

void buf_json_str(struct buf *b, const char *s)
{
	if (s)
		buf_json_strn(b, s, strlen(s));
	else
		buf_puts(b, "null");
}

static bool is_float(double v)
{
	return fabs(v) <= FLT_MAX && (double)(float)v == v;
}

/* Prints and reads by the C locale, which the program never leaves. */
void buf_json_num(struct buf *b, double v)
{
	const bool single = is_float(v);
	char text[32] = "null";

	if (v == 0)
		v = 0; /* no -0 */
	if (isfinite(v) && fabs(v) < 1e15 && v == floor(v))
		snprintf(text, sizeof(text), "%.0f", v);
	else if (isfinite(v))
		for (int digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, v);
			if (single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v)
				break;
		}
	buf_puts(b, text);
}

int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		const ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}
