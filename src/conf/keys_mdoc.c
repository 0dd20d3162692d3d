/* The list of keys in cuewire-mapping(5). */
#include "cuewire/load.h"

#include <ctype.h>
#include <string.h>

#include "keys.h"
#include "prose.h"

static void number(struct buf *b, double v)
{
	buf_json_num(b, v);
}

static void range(struct buf *b, const char *what, const struct key *k)
{
	buf_puts(b, what);
	if (k->type == KEY_ABOVE) {
		buf_puts(b, " above ");
		number(b, k->min);
		buf_puts(b, ", up to ");
	} else {
		buf_puts(b, " ");
		number(b, k->min);
		buf_puts(b, " to ");
	}
	number(b, k->max);
}

static void words(struct buf *b, const struct key *k)
{
	for (int i = (int)k->min; i <= (int)k->max; i++) {
		if (i > (int)k->min)
			buf_puts(b, i == (int)k->max ? " or " : ", ");
		buf_json_str(b, k->word(i));
	}
}

static const char *const type_texts[KEY_TYPE_COUNT] = {
	[KEY_REMARK] = "text",
	[KEY_TEXT] = "text",
	[KEY_NAME] = "name",
	[KEY_PORT] = "name of a port",
	[KEY_CONTROLS] = "name of a control, list of names, or null",
	[KEY_TARGET] = "name of a control",
	[KEY_OSC] = "OSC address",
	[KEY_PATTERN] = "OSC address or pattern",
	[KEY_PATH] = "path",
	[KEY_HOST] = "host:port",
	[KEY_IP] = "IP address",
	[KEY_BOOL] = "true or false",
	[KEY_TRUE] = "true",
	[KEY_NOTE] = "0 to 127, or text",
	[KEY_CC] = "0 to 127, or two of them",
	[KEY_PARAM] = "0 to 16382, or two numbers 0 to 127",
	[KEY_BITS] = "7 or 14",
	[KEY_SYSEX] = "pattern of a SysEx",
	[KEY_VALUE] = "number or text",
	[KEY_TEXTS] = "text or list of texts",
	[KEY_WHEN] = "object",
	[KEY_TIME] = "milliseconds, or text: \\(dq1.5 s\\(dq, \\(dq2 beats\\(dq, \\(dq1 bar\\(dq",
	[KEY_EACH] = "object of lists, or list of such objects",
};

static void type(struct buf *b, const struct key *k)
{
	switch (k->type) {
	case KEY_INT:
		range(b, "whole number", k);
		break;
	case KEY_NUMBER:
	case KEY_ABOVE:
		range(b, "number", k);
		break;
	case KEY_SPAN:
		if (k->max < KEY_FREE)
			range(b, "two numbers", k);
		else
			buf_puts(b, "two numbers");
		break;
	case KEY_ANY_INT:
		range(b, "true, or whole number", k);
		break;
	case KEY_AMOUNT:
		range(b, "{slot}, or number", k);
		break;
	case KEY_CURVE:
		words(b, k);
		buf_puts(b, "; or points: list of [in, out]");
		break;
	case KEY_BYTES:
		buf_puts(b, "list of whole numbers 0 to 127");
		break;
	case KEY_WORD:
		words(b, k);
		break;
	case KEY_LIST:
		buf_fmt(b, "list of objects: %s", k->sub->name);
		break;
	case KEY_MAP:
		buf_fmt(b, "object with names: %s", k->sub->name);
		break;
	case KEY_OBJECT:
	case KEY_HALF:
		buf_fmt(b, "object: %s", k->sub->name);
		break;
	default:
		buf_puts(b, type_texts[k->type]);
		break;
	}
}

static void default_value(struct buf *b, const struct key *k)
{
	buf_puts(b, "; default ");
	if (k->type == KEY_BOOL)
		buf_puts(b, k->def != 0 ? "true" : "false");
	else if (k->type == KEY_WORD)
		buf_json_str(b, k->word((int)k->def));
	else
		number(b, k->def);
}

static void item(struct buf *b, const struct key *k)
{
	struct buf text;

	buf_init(&text, 1024);
	buf_putc(&text, '(');
	type(&text, k);
	if (k->has_def)
		default_value(&text, k);
	buf_puts(&text, k->required ? "; required)" : ")");
	buf_fmt(b, ".It Cm %s\n", k->name);
	prose_wrap(b, text.p);
	buf_finish(&text);
	prose_sentence(b, key_help(k));
}

void keys_mdoc(struct buf *b)
{
	for (size_t i = 0; sections[i]; i++) {
		const struct section *sec = sections[i];

		buf_fmt(b, ".Ss %c%s\n%s:\n", toupper((unsigned char)sec->name[0]), sec->name + 1,
		        sec->place);
		prose_sentence(b, sec->help);
		buf_puts(b, ".Bl -tag -width Ds\n");
		for (size_t k = 0; k < sec->nkeys; k++)
			item(b, &sec->keys[k]);
		buf_puts(b, ".El\n");
	}
}
