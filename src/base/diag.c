#include "cuewire/diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "cuewire/buf.h"
#include "cuewire/utf8.h"

#define TEXT_MAX ((size_t)1 << 20) /* paths are the long part of it */

/* Drops the part of a character that the end of the room has left behind len bytes of text. */
static size_t whole_chars(const char *s, size_t len)
{
	size_t start = len;

	while (start > 0 && len - start < 3 && ((uint8_t)s[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && (uint8_t)s[start - 1] >= 0xC0)
		start--;
	return start < len && !utf8_len(s + start, len - start) ? start : len;
}

/* A message is one line, and what it quotes must not steer a terminal: C0, DEL and C1, which is
 * U+0080 to U+009F. */
static void tame(char *s)
{
	for (uint8_t *p = (uint8_t *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7F)
			*p = '?';
		else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
			p[0] = p[1] = '?';
	}
}

static void format(char *out, size_t size, const char *fmt, va_list args)
{
	static const char dots[] = "...";
	const int n = vsnprintf(out, size, fmt, args);

	if (n < 0)
		snprintf(out, size, "%s", fmt);
	else if ((size_t)n >= size)
		memcpy(out + whole_chars(out, size - sizeof(dots)), dots, sizeof(dots));
	tame(out);
}

struct diag *diag_add(struct diags *d, struct where at, enum severity sev, const char *code,
                      const char *msg, ...)
{
	struct diag *e;
	va_list args;

	if (!d)
		return NULL;
	d->errors += sev == SEV_ERROR;
	if (d->n == DIAGS_MAX) {
		d->more++;
		return NULL;
	}
	e = &d->list[d->n++];
	*e = (struct diag){
		.file = at.file, .line = at.line, .column = at.column, .severity = sev, .code = code
	};
	va_start(args, msg);
	format(e->msg, sizeof(e->msg), msg, args);
	va_end(args);
	return e;
}

void diag_hint(struct diag *e, const char *hint, ...)
{
	va_list args;

	if (!e)
		return;
	va_start(args, hint);
	format(e->hint, sizeof(e->hint), hint, args);
	va_end(args);
}

static void add_diag(struct buf *b, const struct diag *e)
{
	static const char *const names[] = { [SEV_ERROR] = "error", [SEV_WARNING] = "warning" };

	if (e->file)
		buf_fmt(b, "%s:", e->file);
	if (e->line)
		buf_fmt(b, "%d:", e->line);
	if (e->line && e->column)
		buf_fmt(b, "%d:", e->column);
	buf_fmt(b, "%s%s: %s\n", e->file || e->line ? " " : "", names[e->severity], e->msg);
	if (*e->hint)
		buf_fmt(b, "  %s\n", e->hint);
}

void diags_text(struct buf *b, const struct diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		add_diag(b, &d->list[i]);
	if (d->more)
		buf_fmt(b, "and %zu more %s\n", d->more, d->more == 1 ? "problem" : "problems");
}

static void print(FILE *f, struct buf *b)
{
	if (b->len)
		fwrite(b->p, 1, b->len, f);
	buf_finish(b);
}

void diag_print(FILE *f, const struct diag *e)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	add_diag(&b, e);
	print(f, &b);
}

void diags_print(FILE *f, const struct diags *d)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	diags_text(&b, d);
	print(f, &b);
}

static bool same_file(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

struct rank {
	size_t file; /* the first entry with this file */
	const struct diag *e;
};

static bool comes_after(const struct rank *a, const struct rank *b)
{
	if (a->file != b->file)
		return a->file > b->file;
	if (a->e->line != b->e->line)
		return a->e->line > b->e->line;
	return a->e->column > b->e->column;
}

/* By insertion: few entries, and those of one place keep their order. */
void diags_sort(struct diags *d)
{
	struct rank ranks[DIAGS_MAX];
	struct diag sorted[DIAGS_MAX];

	for (size_t i = 0; i < d->n; i++) {
		struct rank r = { .e = &d->list[i] };
		size_t to = i;

		while (!same_file(d->list[r.file].file, r.e->file))
			r.file++;
		for (; to > 0 && comes_after(&ranks[to - 1], &r); to--)
			ranks[to] = ranks[to - 1];
		ranks[to] = r;
	}
	for (size_t i = 0; i < d->n; i++)
		sorted[i] = *ranks[i].e;
	memcpy(d->list, sorted, d->n * sizeof(*sorted));
}

void diags_json(struct buf *b, const struct diags *d)
{
	buf_puts(b, "\"diagnostics\": [");
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *e = &d->list[i];

		buf_fmt(b, "%s{\"file\": ", i ? ", " : "");
		buf_json_str(b, e->file);
		buf_fmt(b,
		        ", \"line\": %d, \"column\": %d, \"severity\": \"%s\", \"code\": \"%s\", "
		        "\"message\": ",
		        e->line, e->column, e->severity == SEV_ERROR ? "error" : "warning",
		        e->code);
		buf_json_str(b, e->msg);
		buf_puts(b, ", \"hint\": ");
		buf_json_str(b, e->hint[0] ? e->hint : NULL);
		buf_putc(b, '}');
	}
	buf_fmt(b, "], \"more\": %zu", d->more);
}
