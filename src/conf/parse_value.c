#include "reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/near.h"
#include "cuewire/osc.h"
#include "cuewire/sysex.h"

struct diag *reading_expected(const struct reading *r, const cJSON *v, enum code code,
                              const char *what)
{
	return problem(r->l, r->s, v, code, "\"%s\" is %s, expected %s", r->k->name,
	               shown_value(r->l, v), what);
}

/* Whether a text is a number, true or false in quotes, where the key does not take a text. */
static bool is_quoted(const char *s)
{
	char *end;

	if (!strcmp(s, "true") || !strcmp(s, "false"))
		return true;
	(void)strtod(s, &end);
	return *s && !*end;
}

/* A value of the wrong type; where it is a {name} that nothing stands for, that is the trouble. */
bool reading_bad_type(const struct reading *r, const char *what)
{
	const char *text = cJSON_IsString(r->v) ? r->v->valuestring : NULL;
	struct diag *e;

	if (text && text_is_brace(text)) {
		e = problem(r->l, r->s, r->v, CODE_UNKNOWN_PLACEHOLDER,
		            "\"%s\" is \"%s\", but no \"each\" has that variable", r->k->name,
		            shown(r->l, text));
		diag_hint(e, HINT_EACH, (int)strlen(text) - 2, text + 1);
		return false;
	}
	e = reading_expected(r, r->v, CODE_WRONG_TYPE, what);
	if (text && is_quoted(text))
		diag_hint(e, "numbers, true and false stand without quotes: %s", shown(r->l, text));
	return false;
}

/* ---- words and flags ---- */

static bool read_bool(const struct reading *r)
{
	if (!cJSON_IsBool(r->v))
		return reading_bad_type(r, "true or false");
	*(bool *)r->field = cJSON_IsTrue(r->v);
	*r->given = cJSON_IsTrue(r->v);
	return true;
}

static bool read_true(const struct reading *r)
{
	if (!cJSON_IsTrue(r->v))
		return reading_bad_type(r, "true");
	*(bool *)r->field = true;
	return true;
}

bool read_word(const struct reading *r)
{
	const char *list = NULL;
	struct near n;
	struct diag *e;

	near_init(&n, cJSON_IsString(r->v) ? r->v->valuestring : "");
	for (int i = (int)r->k->min; i <= (int)r->k->max; i++) {
		const char *word = r->k->word(i);

		if (cJSON_IsString(r->v) && !strcmp(r->v->valuestring, word)) {
			*(int *)r->field = i;
			return true;
		}
	}
	for (int i = (int)r->k->min; i <= (int)r->k->max; i++) {
		near_try(&n, r->k->word(i));
		list = arena_fmt(r->l->scratch, "%s%s%s", list ? list : "", list ? ", " : "",
		                 r->k->word(i));
	}
	if (!cJSON_IsString(r->v) || text_is_brace(r->v->valuestring))
		return reading_bad_type(r, arena_fmt(r->l->scratch, "one of %s", list));
	e = reading_expected(r, r->v, CODE_UNKNOWN_WORD,
	                     arena_fmt(r->l->scratch, "one of %s", list));
	if (n.best)
		diag_hint(e, "did you mean \"%s\"?", n.best);
	return false;
}

/* ---- strings ---- */

static bool read_remark(const struct reading *r)
{
	return cJSON_IsString(r->v) || reading_bad_type(r, "a string");
}

static bool read_text(const struct reading *r)
{
	if (!cJSON_IsString(r->v))
		return reading_bad_type(r, "a string");
	*(const char **)r->field = r->v->valuestring;
	return true;
}

/* A brace that nothing accounts for. Returns whether there is none. */
static bool no_stray(const struct reading *r, bool osc)
{
	const char *stray = text_stray(r->v->valuestring, osc);
	const size_t n = stray ? text_brace(stray) : 0;

	if (!stray)
		return true;
	if (n)
		diag_hint(problem(r->l, r->s, r->v, CODE_UNKNOWN_PLACEHOLDER,
		                  "\"%s\" is \"%s\", but no \"each\" has the variable \"%.*s\"",
		                  r->k->name, shown(r->l, r->v->valuestring), (int)(n - 2),
		                  stray + 1),
		          HINT_EACH, (int)(n - 2), stray + 1);
	else
		problem(r->l, r->s, r->v, CODE_BAD_BRACE,
		        "\"%s\" is \"%s\", expected braces only round a variable%s", r->k->name,
		        shown(r->l, r->v->valuestring), osc ? " or round a list with commas" : "");
	return false;
}

/* A name or address that is nearly good. */
static void hint_text(const struct reading *r, struct diag *e, const char *(*check)(const char *))
{
	const char *s = r->v->valuestring, *address = arena_fmt(r->l->scratch, "/%s", s);

	if (check == text_name || check == text_port)
		hint_name(r->l, e, s, check);
	else if ((check == text_osc || check == text_pattern) && *s && *s != '/' && !check(address))
		diag_hint(e, "did you mean \"%s\"?", shown(r->l, address));
	else if (check == text_osc && !text_pattern(s))
		diag_hint(e, "a control is sent to one address; patterns are for routes");
}

static bool read_checked(const struct reading *r, const char *(*check)(const char *),
                         enum code code)
{
	const char *expected;

	if (!cJSON_IsString(r->v))
		return reading_bad_type(r, "a string");
	if (!no_stray(r, r->k->type == KEY_PATTERN))
		return false;
	expected = check(r->v->valuestring);
	if (expected) {
		hint_text(r, reading_expected(r, r->v, code, expected), check);
		return false;
	}
	*(const char **)r->field = r->v->valuestring;
	return true;
}

static bool read_name(const struct reading *r)
{
	return read_checked(r, text_name, CODE_BAD_NAME);
}

static bool read_port(const struct reading *r)
{
	return read_checked(r, text_port, CODE_BAD_NAME);
}

/* A name, a list of names, or null. */
static bool read_controls(const struct reading *r)
{
	const bool list = cJSON_IsArray(r->v);
	const int n = list ? cJSON_GetArraySize(r->v) : 1;
	const char *field;

	if (n < 1 || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d names, expected 1..%d",
		        r->k->name, n, (int)r->k->max);
		return false;
	}
	for (const cJSON *v = list ? r->v->child : r->v; v; v = list ? v->next : NULL) {
		struct reading one = *r;

		one.v = v;
		one.field = &field;
		if ((list || !cJSON_IsNull(v)) && !read_checked(&one, text_name, CODE_BAD_NAME))
			return false;
	}
	*(const cJSON **)r->field = r->v;
	return true;
}

static bool read_osc(const struct reading *r)
{
	return read_checked(r, text_osc, CODE_BAD_ADDRESS);
}

static bool read_pattern(const struct reading *r)
{
	const char *why;

	if (!read_checked(r, text_pattern, CODE_BAD_ADDRESS))
		return false;
	why = osc_pattern_check(r->v->valuestring);
	if (why)
		problem(r->l, r->s, r->v, CODE_BAD_ADDRESS, "\"%s\" is \"%s\", a bad pattern: %s",
		        r->k->name, shown(r->l, r->v->valuestring), why);
	return !why;
}

static void bad_sysex(const struct reading *r, const struct sysex_fault *f)
{
	if (f->len)
		problem(r->l, r->s, r->v, CODE_BAD_SYSEX,
		        "byte %zu of \"%s\" is \"%s\", expected %s", f->byte, r->k->name,
		        shown(r->l, arena_strn(r->l->scratch, f->word, f->len)), f->expected);
	else
		problem(r->l, r->s, r->v, CODE_BAD_SYSEX,
		        "\"%s\" ends before byte %zu, expected %s", r->k->name, f->byte,
		        f->expected);
}

static bool read_sysex(const struct reading *r)
{
	struct sysex_pattern p;
	struct sysex_fault fault;

	if (!cJSON_IsString(r->v))
		return reading_bad_type(r, "a string such as \"F0 7D .. vv F7\"");
	if (!no_stray(r, false))
		return false;
	if (!sysex_parse(&p, r->v->valuestring, &fault)) {
		bad_sysex(r, &fault);
		return false;
	}
	*(const char **)r->field = r->v->valuestring;
	return true;
}

static bool read_host(const struct reading *r)
{
	return read_checked(r, text_host, CODE_BAD_ADDRESS);
}

static bool read_ip(const struct reading *r)
{
	return read_checked(r, text_ip, CODE_BAD_ADDRESS);
}

static const char *check_path(const char *s)
{
	return *s && strlen(s) < 4096 ? NULL : "a path";
}

static bool read_path(const struct reading *r)
{
	const char *expected;

	if (!cJSON_IsString(r->v))
		return reading_bad_type(r, "a string");
	expected = check_path(r->v->valuestring);
	if (expected) {
		reading_expected(r, r->v, CODE_BAD_PATH, expected);
		return false;
	}
	*(const char **)r->field = r->v->valuestring;
	return true;
}

/* ---- nodes that others read ---- */

static bool read_value(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v) && !cJSON_IsString(r->v))
		return reading_bad_type(r, "a number or a string");
	*(const cJSON **)r->field = r->v;
	return true;
}

static bool read_texts(const struct reading *r)
{
	const int n = cJSON_IsArray(r->v) ? cJSON_GetArraySize(r->v) : 1;
	const cJSON *v = cJSON_IsArray(r->v) ? r->v->child : r->v;

	if (!cJSON_IsString(r->v) && !cJSON_IsArray(r->v))
		return reading_bad_type(r, "a string or a list of strings");
	if (n < 1 || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE,
		        "\"%s\" has %d strings, expected 1..%d", r->k->name, n, (int)r->k->max);
		return false;
	}
	for (int i = 0; i < n; i++, v = v->next) {
		if (cJSON_IsString(v) && *v->valuestring)
			continue;
		problem(r->l, r->s, v, CODE_WRONG_TYPE,
		        "\"%s\" holds %s, expected strings that are not empty", r->k->name,
		        shown_value(r->l, v));
		return false;
	}
	*(const cJSON **)r->field = r->v;
	return true;
}

/* Entries that are no objects are told and passed over. */
static bool read_list(const struct reading *r)
{
	bool good = true;
	int n = 0;

	if (!cJSON_IsArray(r->v))
		return reading_bad_type(r, "a list of objects");
	for (const cJSON *v = r->v->child; v; v = v->next, n++) {
		if (cJSON_IsObject(v))
			continue;
		problem(r->l, r->s, v, CODE_WRONG_TYPE, "\"%s\" holds %s, expected objects",
		        r->k->name, shown_value(r->l, v));
		good = false;
	}
	if (n < (int)r->k->min || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d entries, expected %s",
		        r->k->name, n, reading_range(r));
		return false;
	}
	*(const cJSON **)r->field = r->v;
	return good;
}

static bool read_map(const struct reading *r)
{
	const int n = cJSON_IsObject(r->v) ? cJSON_GetArraySize(r->v) : 0;

	if (!cJSON_IsObject(r->v))
		return reading_bad_type(r, "an object");
	if (n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE,
		        "\"%s\" has %d entries, expected at most %d", r->k->name, n,
		        (int)r->k->max);
		return false;
	}
	*(const cJSON **)r->field = r->v;
	return true;
}

/* each.c has read it before. */
static bool read_each(const struct reading *r)
{
	(void)r;
	return true;
}

static bool read_object(const struct reading *r)
{
	if (!cJSON_IsObject(r->v))
		return reading_bad_type(r, "an object");
	return parse_object(r->l, r->s, r->k->sub, r->v, r->field);
}

static bool read_half(const struct reading *r)
{
	struct raw_address *half;

	if (!cJSON_IsObject(r->v))
		return reading_bad_type(r, "an object");
	half = arena_alloc(r->l->scratch, sizeof(*half));
	*(struct raw_address **)r->field = half;
	return parse_object(r->l, r->s, r->k->sub, r->v, half);
}

static bool (*const readers[KEY_TYPE_COUNT])(const struct reading *r) = {
	[KEY_REMARK] = read_remark,
	[KEY_TEXT] = read_text,
	[KEY_NAME] = read_name,
	[KEY_PORT] = read_port,
	[KEY_CONTROLS] = read_controls,
	[KEY_TARGET] = read_text,
	[KEY_OSC] = read_osc,
	[KEY_PATTERN] = read_pattern,
	[KEY_PATH] = read_path,
	[KEY_HOST] = read_host,
	[KEY_IP] = read_ip,
	[KEY_BOOL] = read_bool,
	[KEY_TRUE] = read_true,
	[KEY_INT] = read_int,
	[KEY_NUMBER] = read_number,
	[KEY_ABOVE] = read_number,
	[KEY_WORD] = read_word,
	[KEY_NOTE] = read_note,
	[KEY_ANY_INT] = read_any_int,
	[KEY_CC] = read_cc,
	[KEY_PARAM] = read_param,
	[KEY_BITS] = read_bits,
	[KEY_SYSEX] = read_sysex,
	[KEY_SPAN] = read_span,
	[KEY_AMOUNT] = read_amount,
	[KEY_VALUE] = read_value,
	[KEY_TEXTS] = read_texts,
	[KEY_LIST] = read_list,
	[KEY_MAP] = read_map,
	[KEY_WHEN] = read_map,
	[KEY_TIME] = read_time,
	[KEY_CURVE] = read_curve,
	[KEY_BYTES] = read_bytes,
	[KEY_EACH] = read_each,
	[KEY_OBJECT] = read_object,
	[KEY_HALF] = read_half,
};

bool parse_value(struct load *l, const struct source *s, const struct key *k, const cJSON *v,
                 void *field, bool *given)
{
	const struct reading r = { .l = l, .s = s, .k = k, .v = v, .field = field, .given = given };

	return readers[k->type](&r);
}
