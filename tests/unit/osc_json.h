/* OSC arguments as traces have them: 1 is an i, 1.0 an f, true and false T and F, null N, "I" I,
 * other texts s; "nan" and "inf", which are no JSON, stand for such an f. Included after <cmocka.h>. */
#ifndef CUEWIRE_TESTS_OSC_JSON_H
#define CUEWIRE_TESTS_OSC_JSON_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/buf.h"
#include "cuewire/mem.h"
#include "cuewire/osc.h"

/* The text at p, without escapes. Returns what is behind it. */
static inline const char *osc_json_text(const char *p, struct osc_arg *a)
{
	const size_t len = strcspn(p + 1, "\"");
	char *text = xcalloc(1, len + 1);

	assert_true(p[1 + len] == '"');
	memcpy(text, p + 1, len);
	if (!strcmp(text, "nan") || !strcmp(text, "inf")) {
		*a = (struct osc_arg){ .type = 'f', .num = strtod(text, NULL) };
		free(text);
	} else {
		a->type = strcmp(text, "I") ? 's' : 'I';
		a->str.p = text;
		a->str.len = (uint32_t)len;
	}
	return p + len + 2;
}

/* One argument at p. cJSON does not keep whether a number had a point, so the text is read. */
static inline const char *osc_json_arg(const char *p, struct osc_arg *a)
{
	const size_t len = strcspn(p, ",] ");

	if (*p == '"')
		return osc_json_text(p, a);
	if (isalpha((unsigned char)*p)) {
		a->type = *p == 'n' ? 'N' : (char)toupper((unsigned char)*p);
		a->num = a->type == 'T';
	} else {
		a->type = memchr(p, '.', len) ? 'f' : 'i';
		a->num = strtod(p, NULL);
	}
	return p + len;
}

/* Reads "args": [...] of a line, if it is there. */
static inline void osc_json_read(struct osc_msg *m, const char *line)
{
	const char *p = strstr(line, "\"args\":");

	if (!p || !(p = strchr(p, '[')))
		return;
	for (p++; p += strspn(p, ", "), *p && *p != ']'; m->nargs++) {
		assert_true(m->nargs < OSC_ARGS_MAX);
		p = osc_json_arg(p, &m->args[m->nargs]);
	}
}

static inline void osc_json_free(struct osc_msg *m)
{
	for (size_t i = 0; i < m->nargs; i++)
		if (m->args[i].type == 's' || m->args[i].type == 'I')
			free((char *)m->args[i].str.p);
}

static inline void osc_json_print_arg(struct buf *b, const struct osc_arg *a)
{
	switch (a->type) {
	case 'T':
	case 'F':
		buf_puts(b, a->type == 'T' ? "true" : "false");
		break;
	case 'N':
		buf_puts(b, "null");
		break;
	case 'I':
		buf_puts(b, "\"I\"");
		break;
	case 's':
		buf_json_strn(b, a->str.p, a->str.len);
		break;
	default:
		buf_json_num(b, a->num);
		break;
	}
}

static inline void osc_json_print(struct buf *b, const struct osc_msg *m)
{
	buf_putc(b, '[');
	for (size_t i = 0; i < m->nargs; i++) {
		if (i)
			buf_puts(b, ", ");
		osc_json_print_arg(b, &m->args[i]);
	}
	buf_putc(b, ']');
}

#endif
