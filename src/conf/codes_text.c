/* A code's explanation: for a terminal, for programs, and for cuewire-mapping(5). */
#include "cuewire/codes.h"

#include <string.h>

#include "cuewire/buf.h"

#include "prose.h"

#define TEXT_MAX 4096

static const char *severity_text(const struct code_info *c)
{
	return c->severity == SEV_ERROR ? "error" : "warning";
}

/* A text of the table as it is meant: each line after an indent, single quotes made double. */
static void quoted(struct buf *b, const char *s, const char *indent)
{
	buf_puts(b, indent);
	for (; *s; s++) {
		buf_putc(b, *s == '\'' ? '"' : *s);
		if (*s == '\n')
			buf_puts(b, indent);
	}
}

/* The same in lines of the usual length. */
static void quoted_prose(struct buf *b, const char *s, void (*put)(struct buf *, const char *))
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	quoted(&text, s, "");
	put(b, text.p);
	buf_finish(&text);
}

void code_explain(struct buf *b, const struct code_info *c)
{
	buf_fmt(b, "%s (%s)\n", c->name, severity_text(c));
	quoted_prose(b, c->summary, prose_sentence);
	buf_putc(b, '\n');
	quoted_prose(b, c->text, prose_wrap);
	buf_puts(b, "\nWrong:\n\n");
	quoted(b, c->wrong, "    ");
	buf_puts(b, "\n\nRight:\n\n");
	quoted(b, c->right, "    ");
	buf_putc(b, '\n');
}

void code_line(struct buf *b, const struct code_info *c)
{
	buf_fmt(b, "%-20s %-8s ", c->name, severity_text(c));
	quoted(b, c->summary, "");
	buf_putc(b, '\n');
}

/* ---- for programs ---- */

void code_file(struct buf *b, const char *example)
{
	buf_puts(b, "{\n");
	if (strstr(example, "'pads'") && !strstr(example, "'ports'")) {
		quoted(b, codes_frame_ports, "");
		buf_puts(b, ",\n");
	}
	if (!strstr(example, "'controls'")) {
		quoted(b, codes_frame_controls, "");
		buf_puts(b, ",\n");
	}
	quoted(b, example, "");
	buf_puts(b, "\n}\n");
}

static void member(struct buf *b, const char *key, const char *value)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	quoted(&text, value, "");
	buf_fmt(b, ", \"%s\": ", key);
	buf_json_str(b, text.p);
	buf_finish(&text);
}

static void file_member(struct buf *b, const char *key, const char *example)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	code_file(&text, example);
	buf_fmt(b, ", \"%s\": ", key);
	buf_json_str(b, text.p);
	buf_finish(&text);
}

void code_json(struct buf *b, const struct code_info *c)
{
	buf_fmt(b, "{\"code\": \"%s\", \"severity\": \"%s\"", c->name, severity_text(c));
	member(b, "summary", c->summary);
	member(b, "text", c->text);
	file_member(b, "wrong", c->wrong);
	file_member(b, "right", c->right);
	buf_putc(b, '}');
}

/* ---- for the manual ---- */

static void mdoc_example(struct buf *b, const char *title, const char *example)
{
	buf_fmt(b, ".Pp\n%s:\n.Bd -literal -offset indent -compact\n", title);
	quoted(b, example, "");
	buf_puts(b, "\n.Ed\n");
}

/* mdoc wants each sentence to begin a line. */
static void mdoc_prose(struct buf *b, const char *s)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	while (*s) {
		const char *end = strstr(s, ". ");
		const size_t n = end ? (size_t)(end - s) + 1 : strlen(s);

		buf_clear(&text);
		buf_add(&text, s, n);
		prose_wrap(b, text.p);
		s += n + (end != NULL);
	}
	buf_finish(&text);
}

static void mdoc_code(struct buf *b, const struct code_info *c)
{
	buf_fmt(b, ".It Cm %s Pq %s\n", c->name, severity_text(c));
	quoted_prose(b, c->summary, prose_sentence);
	quoted_prose(b, c->text, mdoc_prose);
	mdoc_example(b, "Wrong", c->wrong);
	mdoc_example(b, "Right", c->right);
}

void codes_mdoc(struct buf *b)
{
	buf_puts(b, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < CODE_COUNT; i++)
		mdoc_code(b, &codes[i]);
	buf_puts(b, ".El\n.Pp\n"
	            "Examples that name them take these from the same file, or from one before:\n"
	            ".Bd -literal -offset indent\n");
	quoted(b, codes_frame_ports, "");
	buf_puts(b, ",\n");
	quoted(b, codes_frame_controls, "");
	buf_puts(b, "\n.Ed\n");
}
