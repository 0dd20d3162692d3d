#include "load_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"
#include "cuewire/near.h"
#include "cuewire/osc.h"
#include "cuewire/sysex.h"

/* One value on its way from a node to its field. */
struct reading {
	struct load *l;
	const struct source *s;
	const struct key *k;
	const cJSON *v;
	void *field;
	bool *given;
};

static struct diag *expected_at(const struct reading *r, const cJSON *v, enum code code,
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
static bool bad_type(const struct reading *r, const char *what)
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
	e = expected_at(r, r->v, CODE_WRONG_TYPE, what);
	if (text && is_quoted(text))
		diag_hint(e, "numbers, true and false stand without quotes: %s", shown(r->l, text));
	return false;
}

/* ---- numbers ---- */

static bool is_whole(double d)
{
	return d == floor(d);
}

static const char *range_of(const struct reading *r)
{
	const struct key *k = r->k;

	if (k->type == KEY_ABOVE)
		return arena_fmt(r->l->scratch, "more than %.9g, at most %.9g", k->min, k->max);
	return arena_fmt(r->l->scratch, "%.9g..%.9g", k->min, k->max);
}

/* Two habits: counting channels from 0, and writing percents or MIDI's 127 where 1 is all. */
static void hint_value(const struct reading *r, struct diag *e, double d)
{
	if (d == 0 && r->k->min == 1 && r->k->max == 16)
		diag_hint(e, "channels count from 1: what other programs call 0 is 1");
	else if (d > 1 && r->k->max == 1)
		diag_hint(e, "1 is all of its way, half is 0.5");
}

static bool in_range(const struct reading *r, const cJSON *v, bool whole)
{
	const double d = v->valuedouble;

	if (whole && !is_whole(d))
		expected_at(r, v, CODE_WRONG_TYPE,
		            arena_fmt(r->l->scratch, "a whole number %s", range_of(r)));
	else if (d < r->k->min || d > r->k->max || (r->k->type == KEY_ABOVE && d == r->k->min))
		hint_value(r, expected_at(r, v, CODE_OUT_OF_RANGE, range_of(r)), d);
	else
		return true;
	return false;
}

static bool read_int(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return bad_type(r, arena_fmt(r->l->scratch, "a whole number %s", range_of(r)));
	if (!in_range(r, r->v, true))
		return false;
	*(int *)r->field = (int)r->v->valuedouble;
	return true;
}

static bool read_any_int(const struct reading *r)
{
	if (cJSON_IsTrue(r->v)) {
		*(int *)r->field = KEY_ANY;
		return true;
	}
	if (!cJSON_IsNumber(r->v))
		return bad_type(r, arena_fmt(r->l->scratch, "%s or true", range_of(r)));
	return read_int(r);
}

static bool read_number(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return bad_type(r, r->k->max < KEY_FREE
		                           ? arena_fmt(r->l->scratch, "a number %s", range_of(r))
		                           : "a number");
	if (!in_range(r, r->v, false))
		return false;
	*(double *)r->field = r->v->valuedouble;
	return true;
}

/* A string is a remark; {name} alone is no remark that somebody would write. */
static bool read_note(const struct reading *r)
{
	if (cJSON_IsString(r->v) && !text_is_brace(r->v->valuestring)) {
		*r->given = false;
		return true;
	}
	if (!cJSON_IsNumber(r->v)) {
		*r->given = false; /* which of the two it is, nobody knows */
		return bad_type(r, "a MIDI note 0..127, or a remark");
	}
	return read_int(r);
}

static bool read_cc(const struct reading *r)
{
	struct cc *cc = r->field;
	const cJSON *v = r->v;

	if (cJSON_IsNumber(v)) {
		cc->n = 1;
		cc->v[0] = (int)fmin(fmax(v->valuedouble, 0), 127);
		return in_range(r, v, true);
	}
	if (!cJSON_IsArray(v))
		return bad_type(r, "0..127 or [msb, lsb]");
	if (cJSON_GetArraySize(v) != 2) {
		problem(r->l, r->s, v, CODE_WRONG_TYPE,
		        "\"cc\" is a list of %d, expected two numbers: [msb, lsb]",
		        cJSON_GetArraySize(v));
		return false;
	}
	for (v = v->child; v; v = v->next) {
		struct reading one = *r;

		one.v = v;
		one.field = &cc->v[cc->n];
		if (!read_int(&one))
			return false;
		cc->n++;
	}
	if (cc->v[0] != cc->v[1])
		return true;
	problem(r->l, r->s, r->v, CODE_CONFLICT, "\"cc\" is [%d, %d], expected two different CCs",
	        cc->v[0], cc->v[1]);
	return false;
}

/* [msb, lsb] of a parameter. */
static bool read_halves(const struct reading *r)
{
	struct param *p = r->field;
	int *halves[] = { &p->msb, &p->lsb };
	const struct key half = { .name = r->k->name, .type = KEY_INT, .max = 127 };
	const cJSON *v = r->v->child;

	if (!cJSON_IsArray(r->v) || cJSON_GetArraySize(r->v) != 2)
		return bad_type(r, arena_fmt(r->l->scratch, "%s or [msb, lsb]", range_of(r)));
	for (size_t i = 0; i < 2; i++, v = v->next) {
		struct reading one = *r;

		one.k = &half;
		one.v = v;
		one.field = halves[i];
		if (!read_int(&one))
			return false;
	}
	return true;
}

/* A number of 14 bits, or its two halves; the highest one means that no parameter is chosen. */
static bool read_param(const struct reading *r)
{
	struct param *p = r->field;

	if (!cJSON_IsNumber(r->v)) {
		if (!read_halves(r))
			return false;
	} else if (in_range(r, r->v, true)) {
		p->msb = (int)r->v->valuedouble >> 7;
		p->lsb = (int)r->v->valuedouble & 127;
	} else {
		return false;
	}
	p->given = true;
	if (p->msb != 127 || p->lsb != 127)
		return true;
	problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE,
	        "\"%s\" is [127, 127], which chooses no parameter, expected another one",
	        r->k->name);
	return false;
}

static bool read_bits(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return bad_type(r, "7 or 14");
	if (r->v->valuedouble != 7 && r->v->valuedouble != 14) {
		expected_at(r, r->v, CODE_OUT_OF_RANGE, "7 or 14");
		return false;
	}
	*(int *)r->field = (int)r->v->valuedouble;
	return true;
}

static bool read_span(const struct reading *r)
{
	double *d = r->field;
	const cJSON *v = r->v;

	if (!cJSON_IsArray(v) || cJSON_GetArraySize(v) != 2)
		return bad_type(r, "two numbers: [lo, hi]");
	for (v = v->child; v; v = v->next) {
		struct reading one = *r;

		one.v = v;
		one.field = d++;
		if (!read_number(&one))
			return false;
	}
	d = r->field;
	if ((float)d[0] != (float)d[1])
		return true;
	problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE,
	        "\"%s\" is [%.9g, %.9g], expected two different numbers", r->k->name, d[0], d[1]);
	return false;
}

/* A number, or a slot of which slots_parse looks whether there is one. */
static bool read_amount(const struct reading *r)
{
	struct amount *a = r->field;

	a->node = r->v;
	if (cJSON_IsString(r->v) && text_is_brace(r->v->valuestring)) {
		a->slot = r->v->valuestring;
		return true;
	}
	a->num = r->v->valuedouble;
	if (!cJSON_IsNumber(r->v))
		return bad_type(r,
		                arena_fmt(r->l->scratch, "a number %s or \"{slot}\"", range_of(r)));
	return in_range(r, r->v, false);
}

/* ---- words and flags ---- */

static bool read_bool(const struct reading *r)
{
	if (!cJSON_IsBool(r->v))
		return bad_type(r, "true or false");
	*(bool *)r->field = cJSON_IsTrue(r->v);
	*r->given = cJSON_IsTrue(r->v);
	return true;
}

static bool read_true(const struct reading *r)
{
	if (!cJSON_IsTrue(r->v))
		return bad_type(r, "true");
	*(bool *)r->field = true;
	return true;
}

static bool read_word(const struct reading *r)
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
		return bad_type(r, arena_fmt(r->l->scratch, "one of %s", list));
	e = expected_at(r, r->v, CODE_UNKNOWN_WORD, arena_fmt(r->l->scratch, "one of %s", list));
	if (n.best)
		diag_hint(e, "did you mean \"%s\"?", n.best);
	return false;
}

/* ---- time ---- */

static bool read_time(const struct reading *r)
{
	static const char expected[] =
		"milliseconds 0..600000, or a text such as \"1.5 s\", \"2 beats\", \"1 bar\"";
	struct duration d = { 0 };

	if (cJSON_IsString(r->v) && text_is_brace(r->v->valuestring))
		return bad_type(r, expected);
	if (cJSON_IsString(r->v)) {
		if (duration_parse(r->v->valuestring, &d)) {
			*(struct duration *)r->field = d;
			return true;
		}
		expected_at(r, r->v, CODE_BAD_TIME, expected);
		return false;
	}
	if (!cJSON_IsNumber(r->v))
		return bad_type(r, expected);
	if (r->v->valuedouble < 0 || r->v->valuedouble > 600000) {
		expected_at(r, r->v, CODE_OUT_OF_RANGE, expected);
		return false;
	}
	*(struct duration *)r->field = (struct duration){ (float)r->v->valuedouble, DURATION_MS };
	return true;
}

/* ---- lists of numbers ---- */

static bool bad_point(const struct reading *r, const cJSON *v)
{
	expected_at(r, v, CODE_WRONG_TYPE, "points [in, out], each 0..1, \"in\" rising");
	return false;
}

static bool in_unit(const cJSON *v)
{
	return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble <= 1;
}

static bool read_points(const struct reading *r)
{
	const int n = cJSON_GetArraySize(r->v);
	double before = -1;

	if (n < 2 || n > CURVE_POINTS_MAX) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d points, expected 2..%d",
		        r->k->name, n, CURVE_POINTS_MAX);
		return false;
	}
	for (const cJSON *p = r->v->child; p; p = p->next) {
		if (!cJSON_IsArray(p) || cJSON_GetArraySize(p) != 2 || !in_unit(p->child) ||
		    !in_unit(p->child->next))
			return bad_point(r, p);
		if ((float)p->child->valuedouble <= (float)before)
			return bad_point(r, p->child);
		before = p->child->valuedouble;
	}
	*(struct curve_value *)r->field = (struct curve_value){ CURVE_TABLE, r->v };
	return true;
}

static bool read_word(const struct reading *r);

static bool read_curve(const struct reading *r)
{
	struct reading word = *r;

	if (cJSON_IsArray(r->v))
		return read_points(r);
	word.field = &((struct curve_value *)r->field)->word;
	return read_word(&word);
}

static bool read_bytes(const struct reading *r)
{
	const int n = cJSON_IsArray(r->v) ? cJSON_GetArraySize(r->v) : 0;

	if (!cJSON_IsArray(r->v))
		return bad_type(r, "a list of numbers 0..127");
	if (n < (int)r->k->min || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d numbers, expected %s",
		        r->k->name, n, range_of(r));
		return false;
	}
	for (const cJSON *v = r->v->child; v; v = v->next)
		if (!cJSON_IsNumber(v) || !is_whole(v->valuedouble) || v->valuedouble < 0 ||
		    v->valuedouble > 127) {
			expected_at(r, v, CODE_OUT_OF_RANGE, "whole numbers 0..127");
			return false;
		}
	*(const cJSON **)r->field = r->v;
	return true;
}

/* ---- strings ---- */

static bool read_remark(const struct reading *r)
{
	return cJSON_IsString(r->v) || bad_type(r, "a string");
}

static bool read_text(const struct reading *r)
{
	if (!cJSON_IsString(r->v))
		return bad_type(r, "a string");
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
	else if ((check == text_osc || check == text_pattern) && *s && !check(address))
		diag_hint(e, "did you mean \"%s\"?", shown(r->l, address));
	else if (check == text_osc && !text_pattern(s))
		diag_hint(e, "a control is sent to one address; patterns are for routes");
}

static bool read_checked(const struct reading *r, const char *(*check)(const char *),
                         enum code code)
{
	const char *expected;

	if (!cJSON_IsString(r->v))
		return bad_type(r, "a string");
	if (!no_stray(r, r->k->type == KEY_PATTERN))
		return false;
	expected = check(r->v->valuestring);
	if (expected) {
		hint_text(r, expected_at(r, r->v, code, expected), check);
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
		return bad_type(r, "a string such as \"F0 7D .. vv F7\"");
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
		return bad_type(r, "a string");
	expected = check_path(r->v->valuestring);
	if (expected) {
		expected_at(r, r->v, CODE_BAD_PATH, expected);
		return false;
	}
	*(const char **)r->field = r->v->valuestring;
	return true;
}

/* ---- nodes that others read ---- */

static bool read_value(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v) && !cJSON_IsString(r->v))
		return bad_type(r, "a number or a string");
	*(const cJSON **)r->field = r->v;
	return true;
}

static bool read_texts(const struct reading *r)
{
	const int n = cJSON_IsArray(r->v) ? cJSON_GetArraySize(r->v) : 1;
	const cJSON *v = cJSON_IsArray(r->v) ? r->v->child : r->v;

	if (!cJSON_IsString(r->v) && !cJSON_IsArray(r->v))
		return bad_type(r, "a string or a list of strings");
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
		return bad_type(r, "a list of objects");
	for (const cJSON *v = r->v->child; v; v = v->next, n++) {
		if (cJSON_IsObject(v))
			continue;
		problem(r->l, r->s, v, CODE_WRONG_TYPE, "\"%s\" holds %s, expected objects",
		        r->k->name, shown_value(r->l, v));
		good = false;
	}
	if (n < (int)r->k->min || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d entries, expected %s",
		        r->k->name, n, range_of(r));
		return false;
	}
	*(const cJSON **)r->field = r->v;
	return good;
}

static bool read_map(const struct reading *r)
{
	const int n = cJSON_IsObject(r->v) ? cJSON_GetArraySize(r->v) : 0;

	if (!cJSON_IsObject(r->v))
		return bad_type(r, "an object");
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
		return bad_type(r, "an object");
	return parse_object(r->l, r->s, r->k->sub, r->v, r->field);
}

static bool read_half(const struct reading *r)
{
	struct raw_address *half;

	if (!cJSON_IsObject(r->v))
		return bad_type(r, "an object");
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
