/* The JSON Schema of mapping files. It refuses what it can see: types, ranges, words, unknown and
 * missing keys, keys that exclude each other, the form of names. References, sums over several
 * objects and what a variable of "each" stands for are left to the checker. */
#include "cuewire/load.h"

#include <string.h>

#include "keys.h"

/* In objects that "each" may multiply, one {name} may stand in a string. */
#define BRACE "\\\\{[a-z0-9_]+\\\\}"
#define NAME_WORD "([a-z0-9_]|" BRACE ")+"
#define NAME "^" NAME_WORD "(\\\\." NAME_WORD ")*$"
#define OSC_PLAIN "[^\\\\x00-\\\\x20#*,?\\\\[\\\\]{}\\\\x7f-\\\\uffff]"

#define TEMPLATE "{ \"$ref\": \"#/$defs/variable\" }"

/* One key on its way into the schema. */
struct emit {
	struct buf *b;
	const struct section *sec;
	const struct key *k;
};

static void separate(struct buf *b, bool *first)
{
	if (!*first)
		buf_puts(b, ", ");
	*first = false;
}

static void emit_string(struct emit *e, const char *pattern)
{
	buf_fmt(e->b, "\"type\": \"string\", \"pattern\": \"%s\"", pattern);
}

static void emit_range(struct emit *e, const char *type)
{
	const struct key *k = e->k;

	buf_fmt(e->b, "\"type\": \"%s\", \"%s\": ", type,
	        k->type == KEY_ABOVE ? "exclusiveMinimum" : "minimum");
	buf_json_num(e->b, k->min);
	buf_puts(e->b, ", \"maximum\": ");
	buf_json_num(e->b, k->max);
}

/* What follows may also be a variable. */
static void begin_variable(struct emit *e)
{
	if (e->sec->each)
		buf_puts(e->b, "\"anyOf\": [{ ");
}

static void end_variable(struct emit *e)
{
	if (e->sec->each)
		buf_puts(e->b, " }, " TEMPLATE "]");
}

/* A number or word, or the variable that stands for it. */
static void emit_scalar(struct emit *e, const char *type)
{
	begin_variable(e);
	emit_range(e, type);
	end_variable(e);
}

static void emit_text(struct emit *e)
{
	buf_puts(e->b, "\"type\": \"string\"");
}

static void emit_name(struct emit *e)
{
	emit_string(e, NAME);
}

static void emit_port(struct emit *e)
{
	emit_string(e, "^([a-z0-9_-]|" BRACE ")+$");
}

static void emit_controls(struct emit *e)
{
	buf_fmt(e->b,
	        "\"anyOf\": [{ \"type\": [\"string\", \"null\"], \"pattern\": \"" NAME
	        "\" }, { \"type\": \"array\", \"minItems\": 1, \"maxItems\": %d, \"items\": { "
	        "\"type\": \"string\", \"pattern\": \"" NAME "\" } }]",
	        (int)e->k->max);
}

static void emit_osc(struct emit *e)
{
	emit_string(e, "^/(" OSC_PLAIN "|" BRACE ")+$");
}

static void emit_pattern(struct emit *e)
{
	emit_string(e, "^/[^\\\\x00-\\\\x20#\\\\x7f-\\\\uffff]+$");
}

static void emit_path(struct emit *e)
{
	buf_puts(e->b, "\"type\": \"string\", \"minLength\": 1");
}

static void emit_host(struct emit *e)
{
	emit_string(e, "^(\\\\[[0-9a-fA-F:.%]+\\\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$");
}

static void emit_ip(struct emit *e)
{
	emit_string(e, "^[0-9a-fA-F:.]+$");
}

static void emit_bool(struct emit *e)
{
	begin_variable(e);
	buf_puts(e->b, "\"type\": \"boolean\"");
	end_variable(e);
}

static void emit_true(struct emit *e)
{
	begin_variable(e);
	buf_puts(e->b, "\"const\": true");
	end_variable(e);
}

static void emit_int(struct emit *e)
{
	emit_scalar(e, "integer");
}

static void emit_number(struct emit *e)
{
	emit_scalar(e, "number");
}

static void emit_word(struct emit *e)
{
	bool first = true;

	begin_variable(e);
	buf_puts(e->b, "\"enum\": [");
	for (int i = (int)e->k->min; i <= (int)e->k->max; i++) {
		separate(e->b, &first);
		buf_json_str(e->b, e->k->word(i));
	}
	buf_puts(e->b, "]");
	end_variable(e);
}

static void emit_note(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ ");
	emit_range(e, "integer");
	buf_puts(e->b, " }, { \"type\": \"string\" }]");
}

static void emit_any_int(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ ");
	emit_range(e, "integer");
	buf_puts(e->b, " }, { \"const\": true }, " TEMPLATE "]");
}

static void emit_cc(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ ");
	emit_range(e, "integer");
	buf_puts(e->b, " }, { \"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, "
	               "\"uniqueItems\": true, \"items\": { ");
	emit_scalar(e, "integer");
	buf_puts(e->b, " } }, " TEMPLATE "]");
}

static void emit_param(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ ");
	emit_range(e, "integer");
	buf_puts(e->b, " }, { \"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, "
	               "\"items\": { \"anyOf\": [{ \"type\": \"integer\", "
	               "\"minimum\": 0, \"maximum\": 127 }, " TEMPLATE "] }, "
	               "\"not\": { \"const\": [127, 127] } }, " TEMPLATE "]");
}

static void emit_bits(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ \"enum\": [7, 14] }, " TEMPLATE "]");
}

/* What the pattern means is for the program to say. */
static void emit_sysex(struct emit *e)
{
	buf_puts(e->b, "\"type\": \"string\", \"pattern\": "
	               "\"^ *([Ff]0|\\\\{[a-z0-9_]+\\\\})( .*)?([Ff]7|\\\\{[a-z0-9_]+\\\\}) *$\"");
}

static void emit_span(struct emit *e)
{
	buf_puts(e->b,
	         "\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"uniqueItems\": true, "
	         "\"items\": { ");
	emit_scalar(e, "number");
	buf_puts(e->b, " }");
}

static void emit_value(struct emit *e)
{
	buf_puts(e->b, "\"type\": [\"number\", \"string\"]");
}

static void emit_texts(struct emit *e)
{
	buf_fmt(e->b,
	        "\"anyOf\": [{ \"type\": \"string\", \"minLength\": 1 }, { \"type\": \"array\", "
	        "\"minItems\": 1, \"maxItems\": %d, \"items\": { \"type\": \"string\", "
	        "\"minLength\": 1 } }]",
	        (int)e->k->max);
}

static void emit_ref(struct emit *e)
{
	buf_fmt(e->b, "\"$ref\": \"#/$defs/%s\"", e->k->sub->name);
}

static void emit_list(struct emit *e)
{
	buf_fmt(e->b, "\"type\": \"array\", \"minItems\": %d, \"maxItems\": %d, \"items\": { ",
	        (int)e->k->min, (int)e->k->max);
	emit_ref(e);
	buf_puts(e->b, " }");
}

/* An entry of a map; a slot also has a short form. */
static void emit_entry(struct emit *e, bool note)
{
	buf_puts(e->b, "{ \"anyOf\": [{ ");
	emit_ref(e);
	buf_puts(e->b, " }");
	if (e->k->sub == &section_slot)
		buf_puts(e->b, ", { \"enum\": [\"deck\", \"number\"] }");
	if (note)
		buf_puts(e->b, ", { \"type\": \"string\" }");
	buf_puts(e->b, "] }");
}

static void emit_map(struct emit *e)
{
	buf_fmt(e->b,
	        "\"type\": \"object\", \"maxProperties\": %d, \"propertyNames\": { \"pattern\": "
	        "\"^[a-z0-9_%s]{1,31}$\" }, \"properties\": { \"note\": ",
	        (int)e->k->max, e->k->sub == &section_port ? "-" : "");
	emit_entry(e, true);
	buf_puts(e->b, " }, \"additionalProperties\": ");
	emit_entry(e, false);
}

static void emit_when(struct emit *e)
{
	buf_puts(e->b, "\"$ref\": \"#/$defs/conditions\"");
}

static void emit_time(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ \"type\": \"number\", \"minimum\": 0, \"maximum\": 600000 "
	               "}, { \"type\": \"string\", \"pattern\": "
	               "\"^[0-9]+(\\\\.[0-9]+)? ?(ms|s|beats?|bars?)$\" }, " TEMPLATE "]");
}

static void emit_curve(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ \"type\": \"array\", \"minItems\": 2, \"maxItems\": 64, "
	               "\"items\": { \"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, "
	               "\"items\": { \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 } } "
	               "}, { ");
	emit_word(e);
	buf_puts(e->b, " }]");
}

static void emit_bytes(struct emit *e)
{
	buf_fmt(e->b,
	        "\"type\": \"array\", \"minItems\": %d, \"maxItems\": %d, \"items\": { \"type\": "
	        "\"integer\", \"minimum\": 0, \"maximum\": 127 }",
	        (int)e->k->min, (int)e->k->max);
}

static void emit_each(struct emit *e)
{
	buf_puts(e->b, "\"anyOf\": [{ \"$ref\": \"#/$defs/variables\" }, { \"type\": \"array\", "
	               "\"minItems\": 1, \"maxItems\": 8, \"items\": "
	               "{ \"$ref\": \"#/$defs/variables\" } }]");
}

static void (*const emitters[KEY_TYPE_COUNT])(struct emit *e) = {
	[KEY_REMARK] = emit_text,
	[KEY_TEXT] = emit_text,
	[KEY_NAME] = emit_name,
	[KEY_PORT] = emit_port,
	[KEY_CONTROLS] = emit_controls,
	[KEY_TARGET] = emit_name,
	[KEY_OSC] = emit_osc,
	[KEY_PATTERN] = emit_pattern,
	[KEY_PATH] = emit_path,
	[KEY_HOST] = emit_host,
	[KEY_IP] = emit_ip,
	[KEY_BOOL] = emit_bool,
	[KEY_TRUE] = emit_true,
	[KEY_INT] = emit_int,
	[KEY_NUMBER] = emit_number,
	[KEY_ABOVE] = emit_number,
	[KEY_WORD] = emit_word,
	[KEY_NOTE] = emit_note,
	[KEY_ANY_INT] = emit_any_int,
	[KEY_CC] = emit_cc,
	[KEY_PARAM] = emit_param,
	[KEY_BITS] = emit_bits,
	[KEY_SYSEX] = emit_sysex,
	[KEY_SPAN] = emit_span,
	[KEY_AMOUNT] = emit_number,
	[KEY_VALUE] = emit_value,
	[KEY_TEXTS] = emit_texts,
	[KEY_LIST] = emit_list,
	[KEY_MAP] = emit_map,
	[KEY_WHEN] = emit_when,
	[KEY_TIME] = emit_time,
	[KEY_CURVE] = emit_curve,
	[KEY_BYTES] = emit_bytes,
	[KEY_EACH] = emit_each,
	[KEY_OBJECT] = emit_ref,
	[KEY_HALF] = emit_ref,
};

static void emit_default(struct emit *e)
{
	const struct key *k = e->k;

	if (!k->has_def)
		return;
	buf_puts(e->b, ", \"default\": ");
	if (k->type == KEY_BOOL)
		buf_puts(e->b, k->def != 0 ? "true" : "false");
	else if (k->type == KEY_WORD)
		buf_json_str(e->b, k->word((int)k->def));
	else
		buf_json_num(e->b, k->def);
}

static void emit_properties(struct buf *b, const struct section *sec)
{
	buf_puts(b, "      \"properties\": {\n");
	for (size_t i = 0; i < sec->nkeys; i++) {
		struct emit e = { .b = b, .sec = sec, .k = &sec->keys[i] };

		buf_fmt(b, "        \"%s\": { \"description\": ", e.k->name);
		buf_json_str(b, key_help(e.k));
		buf_puts(b, ",\n          ");
		emitters[e.k->type](&e);
		emit_default(&e);
		buf_puts(b, i + 1 < sec->nkeys ? " },\n" : " }\n");
	}
	buf_puts(b, "      }");
}

/* ---- rules ---- */

/* That a key is given, in the sense of the rules: a remark is no note, false is no flag. */
static void emit_given(struct buf *b, const struct key *k)
{
	buf_fmt(b, "{ \"required\": [\"%s\"]", k->name);
	if (k->type == KEY_NOTE)
		buf_puts(
			b,
			", \"properties\": { \"note\": { \"anyOf\": [{ \"type\": \"number\" }, " TEMPLATE
			"] } }");
	if (k->type == KEY_BOOL)
		buf_fmt(b, ", \"properties\": { \"%s\": { \"const\": true } }", k->name);
	buf_puts(b, " }");
}

static void emit_mask(struct buf *b, const struct section *sec, uint64_t mask, const char *how)
{
	const bool single = !(mask & (mask - 1));
	bool first = true;

	if (!single)
		buf_fmt(b, "{ \"%s\": [", how);
	for (size_t i = 0; i < sec->nkeys; i++) {
		if (!(mask >> i & 1))
			continue;
		separate(b, &first);
		emit_given(b, &sec->keys[i]);
	}
	if (!single)
		buf_puts(b, "] }");
}

static void emit_alts(struct buf *b, const struct section *sec, const struct rule *r)
{
	bool first = true;

	for (size_t i = 0; i < RULE_ALTS && r->alts[i]; i++) {
		separate(b, &first);
		emit_mask(b, sec, r->alts[i], r->type == RULE_NEEDS ? "allOf" : "anyOf");
	}
}

static void emit_rule(struct buf *b, const struct section *sec, const struct rule *r)
{
	const bool exclusive = r->type == RULE_ONE || r->type == RULE_MOST;

	if (r->when) {
		buf_puts(b, "{ \"if\": ");
		emit_mask(b, sec, r->when, "anyOf");
		buf_puts(b, ", \"then\": ");
	}
	buf_fmt(b, "{ \"%s\": [", exclusive ? "oneOf" : "anyOf");
	emit_alts(b, sec, r);
	if (r->type == RULE_MOST) {
		buf_puts(b, ", { \"not\": { \"anyOf\": [");
		emit_alts(b, sec, r);
		buf_puts(b, "] } }");
	}
	buf_puts(b, r->when ? "] } }" : "] }");
}

/* Whether the key's own schema lets a variable stand for the value. A note does not count: there
 * it may be a remark. */
static bool takes_variable(const struct key *k)
{
	static const bool takes[KEY_TYPE_COUNT] = {
		[KEY_BOOL] = true,  [KEY_TRUE] = true, [KEY_INT] = true,     [KEY_NUMBER] = true,
		[KEY_ABOVE] = true, [KEY_WORD] = true, [KEY_ANY_INT] = true, [KEY_CC] = true,
		[KEY_PARAM] = true, [KEY_BITS] = true,
	};

	return takes[k->type];
}

/* Without an "each" of its own an object has no variables. */
static void emit_no_variables(struct buf *b, const struct section *sec)
{
	bool first = true;

	buf_puts(
		b,
		"{ \"if\": { \"not\": { \"required\": [\"each\"] } }, \"then\": { \"properties\": { ");
	for (size_t i = 0; i < sec->nkeys; i++) {
		if (!takes_variable(&sec->keys[i]))
			continue;
		separate(b, &first);
		buf_fmt(b, "\"%s\": { \"not\": " TEMPLATE " }", sec->keys[i].name);
	}
	buf_puts(b, " } } }");
}

static void emit_rules(struct buf *b, const struct section *sec)
{
	const bool each = sec->keys[0].type == KEY_EACH;
	const char *before = "\n        ";

	if (!sec->rules && !each)
		return;
	buf_puts(b, ",\n      \"allOf\": [");
	for (const struct rule *r = sec->rules; r && r->type != RULE_END; r++) {
		buf_puts(b, before);
		emit_rule(b, sec, r);
		before = ",\n        ";
	}
	if (each) {
		buf_puts(b, before);
		emit_no_variables(b, sec);
	}
	buf_puts(b, "\n      ]");
}

static void emit_required(struct buf *b, const struct section *sec)
{
	bool first = true;

	for (size_t i = 0; i < sec->nkeys; i++) {
		if (!sec->keys[i].required)
			continue;
		if (first)
			buf_puts(b, ",\n      \"required\": [");
		separate(b, &first);
		buf_json_str(b, sec->keys[i].name);
	}
	if (!first)
		buf_puts(b, "]");
}

static void emit_section(struct buf *b, const struct section *sec)
{
	buf_fmt(b, ",\n    \"%s\": {\n      \"title\": \"%s\",\n      \"description\": ", sec->name,
	        sec->name);
	buf_json_str(b, sec->help);
	buf_puts(b, ",\n      \"type\": \"object\",\n      \"additionalProperties\": false,\n");
	emit_properties(b, sec);
	emit_required(b, sec);
	emit_rules(b, sec);
	buf_puts(b, "\n    }");
}

void keys_schema(struct buf *b)
{
	buf_puts(b, "{\n"
	            "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
	            "  \"title\": \"cuewire mapping\",\n"
	            "  \"description\": ");
	buf_json_str(b, section_mapping.help);
	buf_puts(
		b,
		",\n  \"$ref\": \"#/$defs/mapping\",\n  \"$defs\": {\n"
		"    \"variable\": { \"type\": \"string\", \"pattern\": \"^" BRACE "$\" },\n"
		"    \"variables\": {\n"
		"      \"type\": \"object\",\n"
		"      \"minProperties\": 1,\n"
		"      \"propertyNames\": { \"pattern\": \"^[a-z0-9_]{1,31}$\" },\n"
		"      \"properties\": { \"note\": { \"type\": [\"string\", \"array\"] } },\n"
		"      \"additionalProperties\": { \"type\": \"array\", \"minItems\": 1, "
		"\"maxItems\": 1024,\n"
		"        \"items\": { \"type\": [\"string\", \"number\", \"boolean\"] } }\n"
		"    },\n"
		"    \"condition\": { \"anyOf\": [{ \"enum\": [0, 1, true, false] },\n"
		"      { \"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": false,\n"
		"        \"properties\": { \"min\": { \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 },\n"
		"          \"max\": { \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 } } },\n"
		"      " TEMPLATE "] },\n"
		"    \"conditions\": {\n"
		"      \"type\": \"object\",\n"
		"      \"maxProperties\": 17,\n"
		"      \"propertyNames\": { \"pattern\": \"" NAME "\" },\n"
		"      \"properties\": {\n"
		"        \"note\": { \"anyOf\": [{ \"$ref\": \"#/$defs/condition\" }, { \"type\": "
		"\"string\" }] },\n"
		"        \"or\": { \"type\": \"array\", \"minItems\": 1, \"maxItems\": 16, \"items\": {\n"
		"          \"$ref\": \"#/$defs/conditions\", \"minProperties\": 1 } },\n"
		"        \"not\": { \"$ref\": \"#/$defs/conditions\", \"minProperties\": 1 }\n"
		"      },\n"
		"      \"additionalProperties\": { \"$ref\": \"#/$defs/condition\" }\n"
		"    }");
	for (size_t i = 0; sections[i]; i++)
		emit_section(b, sections[i]);
	buf_puts(b, "\n  }\n}\n");
}
