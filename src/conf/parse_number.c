#include "reading.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

/* ---- numbers ---- */

static bool is_whole(double d)
{
	return d == floor(d);
}

const char *reading_range(const struct reading *r)
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
		reading_expected(r, v, CODE_WRONG_TYPE,
		                 arena_fmt(r->l->scratch, "a whole number %s", reading_range(r)));
	else if (d < r->k->min || d > r->k->max || (r->k->type == KEY_ABOVE && d == r->k->min))
		hint_value(r, reading_expected(r, v, CODE_OUT_OF_RANGE, reading_range(r)), d);
	else
		return true;
	return false;
}

bool read_int(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(
			r, arena_fmt(r->l->scratch, "a whole number %s", reading_range(r)));
	if (!in_range(r, r->v, true))
		return false;
	*(int *)r->field = (int)r->v->valuedouble;
	return true;
}

bool read_any_int(const struct reading *r)
{
	if (cJSON_IsTrue(r->v)) {
		*(int *)r->field = KEY_ANY;
		return true;
	}
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(r,
		                        arena_fmt(r->l->scratch, "%s or true", reading_range(r)));
	return read_int(r);
}

bool read_number(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(
			r, r->k->max < KEY_FREE
				   ? arena_fmt(r->l->scratch, "a number %s", reading_range(r))
				   : "a number");
	if (!in_range(r, r->v, false))
		return false;
	*(double *)r->field = r->v->valuedouble;
	return true;
}

/* A string is a remark; {name} alone is no remark that somebody would write. */
bool read_note(const struct reading *r)
{
	if (cJSON_IsString(r->v) && !text_is_brace(r->v->valuestring)) {
		*r->given = false;
		return true;
	}
	if (!cJSON_IsNumber(r->v)) {
		*r->given = false; /* which of the two it is, nobody knows */
		return reading_bad_type(r, "a MIDI note 0..127, or a remark");
	}
	return read_int(r);
}

bool read_cc(const struct reading *r)
{
	struct cc *cc = r->field;
	const cJSON *v = r->v;

	if (cJSON_IsNumber(v)) {
		cc->n = 1;
		cc->v[0] = (int)fmin(fmax(v->valuedouble, 0), 127);
		return in_range(r, v, true);
	}
	if (!cJSON_IsArray(v))
		return reading_bad_type(r, "0..127 or [msb, lsb]");
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
		return reading_bad_type(
			r, arena_fmt(r->l->scratch, "%s or [msb, lsb]", reading_range(r)));
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
bool read_param(const struct reading *r)
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

bool read_bits(const struct reading *r)
{
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(r, "7 or 14");
	if (r->v->valuedouble != 7 && r->v->valuedouble != 14) {
		reading_expected(r, r->v, CODE_OUT_OF_RANGE, "7 or 14");
		return false;
	}
	*(int *)r->field = (int)r->v->valuedouble;
	return true;
}

bool read_span(const struct reading *r)
{
	double *d = r->field;
	const cJSON *v = r->v;

	if (!cJSON_IsArray(v) || cJSON_GetArraySize(v) != 2)
		return reading_bad_type(r, "two numbers: [lo, hi]");
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
bool read_amount(const struct reading *r)
{
	struct amount *a = r->field;

	a->node = r->v;
	if (cJSON_IsString(r->v) && text_is_brace(r->v->valuestring)) {
		a->slot = r->v->valuestring;
		return true;
	}
	a->num = r->v->valuedouble;
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(
			r, arena_fmt(r->l->scratch, "a number %s or \"{slot}\"", reading_range(r)));
	return in_range(r, r->v, false);
}

/* ---- time ---- */

bool read_time(const struct reading *r)
{
	static const char expected[] =
		"milliseconds 0..600000, or a text such as \"1.5 s\", \"2 beats\", \"1 bar\"";
	struct duration d = { 0 };

	if (cJSON_IsString(r->v) && text_is_brace(r->v->valuestring))
		return reading_bad_type(r, expected);
	if (cJSON_IsString(r->v)) {
		if (duration_parse(r->v->valuestring, &d)) {
			*(struct duration *)r->field = d;
			return true;
		}
		reading_expected(r, r->v, CODE_BAD_TIME, expected);
		return false;
	}
	if (!cJSON_IsNumber(r->v))
		return reading_bad_type(r, expected);
	if (r->v->valuedouble < 0 || r->v->valuedouble > 600000) {
		reading_expected(r, r->v, CODE_OUT_OF_RANGE, expected);
		return false;
	}
	*(struct duration *)r->field = (struct duration){ (float)r->v->valuedouble, DURATION_MS };
	return true;
}

/* ---- lists of numbers ---- */

static bool bad_point(const struct reading *r, const cJSON *v)
{
	reading_expected(r, v, CODE_WRONG_TYPE, "points [in, out], each 0..1, \"in\" rising");
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

bool read_curve(const struct reading *r)
{
	struct reading word = *r;

	if (cJSON_IsArray(r->v))
		return read_points(r);
	word.field = &((struct curve_value *)r->field)->word;
	return read_word(&word);
}

bool read_bytes(const struct reading *r)
{
	const int n = cJSON_IsArray(r->v) ? cJSON_GetArraySize(r->v) : 0;

	if (!cJSON_IsArray(r->v))
		return reading_bad_type(r, "a list of numbers 0..127");
	if (n < (int)r->k->min || n > (int)r->k->max) {
		problem(r->l, r->s, r->v, CODE_OUT_OF_RANGE, "\"%s\" has %d numbers, expected %s",
		        r->k->name, n, reading_range(r));
		return false;
	}
	for (const cJSON *v = r->v->child; v; v = v->next)
		if (!cJSON_IsNumber(v) || !is_whole(v->valuedouble) || v->valuedouble < 0 ||
		    v->valuedouble > 127) {
			reading_expected(r, v, CODE_OUT_OF_RANGE, "whole numbers 0..127");
			return false;
		}
	*(const cJSON **)r->field = r->v;
	return true;
}
