#include "recording_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

#define VALUE_MAX 127.0 /* an encoder's steps */
#define STATE_MEMORY ((size_t)16 << 10)
#define ANY_WHOLE 18446744073709551615.0

/* A time, or null: never. */
static int read_time(const struct reader *r, const cJSON *o, const char *key, uint64_t *out)
{
	const cJSON *j = line_get(o, key);

	*out = TIME_NEVER;
	return cJSON_IsNull(j) ? 0 : line_whole(r, j, key, UINT64_MAX, out);
}

static int read_hold(const struct reader *r, const cJSON *o, struct saved_control *c)
{
	const cJSON *held = line_get(o, "held");
	uint64_t from, who;

	if (!held)
		return 0;
	if (cJSON_GetArraySize(held) != 2)
		return line_bad(r, held, "\"held\" is not a list of two numbers");
	if (line_whole(r, held->child, "held", FROM_EXIT, &from) ||
	    line_whole(r, held->child->next, "held", UINT16_MAX, &who))
		return -1;
	c->held = true;
	c->from = (uint8_t)from;
	c->who = (uint16_t)who;
	return read_time(r, o, "until_ns", &c->until_ns);
}

static int read_saved_control(const struct reader *r, const cJSON *o, struct saved_control *c)
{
	const cJSON *value = line_get(o, "value");

	*c = (struct saved_control){ .until_ns = TIME_NEVER };
	if (!cJSON_IsNumber(value) || !(fabs(value->valuedouble) <= VALUE_MAX))
		return line_bad(r, o, "\"value\" is not a number that a control can be");
	c->value = (float)value->valuedouble;
	if (line_control(r, o, o->string, &c->control) ||
	    line_rank(r, line_get(o, "rank"), &c->rank) || read_time(r, o, "t_ns", &c->t_ns) ||
	    read_time(r, o, "lock_ns", &c->lock_ns))
		return -1;
	return read_hold(r, o, c);
}

static const char *text_of(const struct reader *r, const cJSON *number)
{
	return r->text + json_offset(&r->l->json, number);
}

static bool is_whole(const struct reader *r, const cJSON *number)
{
	const char *end = text_of(r, number);

	end += strspn(end, "0123456789");
	return *end != '.' && *end != 'e' && *end != 'E';
}

/* A list of numbers that belongs to a route or a transform. */
static int read_row(const struct reader *r, const cJSON *row, size_t n, const double *max,
                    double *v)
{
	const cJSON *j;
	size_t i = 0;

	if ((size_t)cJSON_GetArraySize(row) != n)
		return line_bad(r, row, "this is not a list of %zu numbers", n);
	cJSON_ArrayForEach(j, row)
	{
		if (!cJSON_IsNumber(j) ||
		    (max[i] >= 0 && !(j->valuedouble >= 0 && j->valuedouble <= max[i])) ||
		    (max[i] == ANY_WHOLE && !is_whole(r, j)))
			return line_bad(r, j, "this is not a number that can stand here");
		v[i++] = j->valuedouble;
	}
	return 0;
}

/* The i-th of the row, to its last digit. */
static uint64_t whole_at(const struct reader *r, const cJSON *row, int i)
{
	return strtoull(text_of(r, cJSON_GetArrayItem(row, i)), NULL, 10);
}

static int read_saved_route(const struct reader *r, const cJSON *row, struct saved_route *out)
{
	const double max[15] = { (double)r->m->nroutes - 1,
		                 UINT16_MAX,
		                 UINT16_MAX,
		                 1,
		                 1,
		                 2,
		                 1,
		                 1,
		                 127,
		                 127,
		                 ANY_WHOLE,
		                 ANY_WHOLE,
		                 ANY_WHOLE,
		                 ANY_WHOLE,
		                 -1 };
	double v[15] = { 0 };

	if (read_row(r, row, 15, max, v))
		return -1;
	if (!(fabs(v[14]) < 1))
		return line_bad(r, row, "this is no part of a step");
	*out = (struct saved_route){
		.route = (uint16_t)v[0],
		.who = (uint16_t)v[1],
		.presser = (uint16_t)v[2],
		.on = v[3] != 0,
		.moved = v[4] != 0,
		.came = (uint8_t)v[5],
		.has_msb = v[6] != 0,
		.has_lsb = v[7] != 0,
		.msb = (uint8_t)v[8],
		.lsb = (uint8_t)v[9],
		.step_ns = whole_at(r, row, 10),
		.wait_ns = whole_at(r, row, 11),
		.count = whole_at(r, row, 12),
		.due_ns = whole_at(r, row, 13),
		.rest = (float)v[14],
	};
	return 0;
}

static int read_saved_cell(const struct reader *r, const cJSON *row, struct saved_cell *out)
{
	const double max[11] = {
		(double)r->m->ncells - 1, 1, 1, 1, 1, -1, -1, ANY_WHOLE, 1, FROM_EXIT, UINT16_MAX
	};
	double v[11] = { 0 };

	if (read_row(r, row, 11, max, v))
		return -1;
	*out = (struct saved_cell){
		.cell = (uint32_t)v[0],
		.has_value = v[1] != 0,
		.on = v[2] != 0,
		.fired = v[3] != 0,
		.through = v[4] != 0,
		.value = (float)v[5],
		.target = (float)v[6],
		.t_ns = whole_at(r, row, 7),
		.n = (uint8_t)v[8],
		.from = (uint8_t)v[9],
		.who = (uint16_t)v[10],
	};
	return 0;
}

static int read_saved_param(const struct reader *r, const cJSON *row, struct saved_param *out)
{
	const double max[6] = {
		16 * (double)r->m->nports - 1, ADDR_FORM_COUNT - 1, 128, 128, 128, 128
	};
	double v[6] = { 0 };

	if (read_row(r, row, 6, max, v))
		return -1;
	*out = (struct saved_param){
		.place = (uint16_t)v[0],
		.form = (uint8_t)v[1],
		.msb = { (uint8_t)v[2], (uint8_t)v[3] },
		.lsb = { (uint8_t)v[4], (uint8_t)v[5] },
	};
	return 0;
}

/* Where the last tap was in the song, and when they came: later and later. */
static int read_taps(const struct reader *r, struct saved_tempo *out)
{
	const cJSON *row = line_get(r->l->json.root, "taps");
	const int n = cJSON_GetArraySize(row);
	double max[1 + TEMPO_TAPS], v[1 + TEMPO_TAPS] = { 0 };

	if (!row)
		return 0;
	if (n < 2 || n > 1 + TEMPO_TAPS)
		return line_bad(r, row, "these are not 1 to %d taps", TEMPO_TAPS);
	for (size_t i = 0; i < 1 + TEMPO_TAPS; i++)
		max[i] = ANY_WHOLE;
	if (read_row(r, row, (size_t)n, max, v))
		return -1;
	out->tap_song = whole_at(r, row, 0);
	for (int i = 1; i < n; i++) {
		out->taps[i - 1] = whole_at(r, row, i);
		if (i > 1 && out->taps[i - 1] <= out->taps[i - 2])
			return line_bad(r, row, "taps come one after the other");
	}
	out->ntaps = (uint8_t)(n - 1);
	return 0;
}

static int read_tempo(const struct reader *r, struct saved_tempo *out)
{
	const double max[9] = { TEMPO_STATES - 1, 1,         1,         TEMPO_MAX, ANY_WHOLE,
		                ANY_WHOLE,        ANY_WHOLE, ANY_WHOLE, ANY_WHOLE };
	const cJSON *row = line_get(r->l->json.root, "tempo");
	double v[9] = { 0 };

	if (read_row(r, row, 9, max, v))
		return -1;
	if (v[3] < TEMPO_MIN || !whole_at(r, row, 6))
		return line_bad(r, row, "this is no tempo");
	*out = (struct saved_tempo){
		.state = (uint8_t)v[0],
		.stopped = v[1] != 0,
		.cued = v[2] != 0,
		.bpm = v[3],
		.from_ns = whole_at(r, row, 4),
		.from_run = whole_at(r, row, 5),
		.beat_ns = whole_at(r, row, 6),
		.origin = whole_at(r, row, 7),
		.cue = whole_at(r, row, 8),
	};
	return read_taps(r, out);
}

/* What is left of the messages with patterns that may come; all, where it does not say. */
static int read_patterns(const struct reader *r, struct saved *out)
{
	const double max[2] = { PATTERN_BURST, ANY_WHOLE };
	const cJSON *row = line_get(r->l->json.root, "patterns");
	double v[2] = { PATTERN_BURST };

	out->pattern_tokens = PATTERN_BURST;
	if (!row)
		return 0;
	if (read_row(r, row, 2, max, v))
		return -1;
	out->pattern_tokens = v[0];
	out->pattern_t_ns = whole_at(r, row, 1);
	return 0;
}

static int read_up(const struct reader *r, const cJSON *up)
{
	const cJSON *j;
	uint16_t port = 0;

	cJSON_ArrayForEach(j, up)
	{
		if (!cJSON_IsString(j))
			return line_bad(r, j, "this is not the name of a port");
		if (line_port(r, j, j->valuestring, &port))
			return -1;
		r->l->up |= UINT64_C(1) << port;
	}
	return 0;
}

/* Routes and transforms are numbered: with another mapping they are others, and begin as new. */
static bool same_mapping(const struct reader *r, const cJSON *of)
{
	const double max[3] = { 1e9, 1e9, 1e9 };
	double v[3] = { 0 };

	return cJSON_IsArray(of) && !read_row(r, of, 3, max, v) && v[0] == (double)r->m->nroutes &&
	       v[1] == (double)r->m->nremembering && v[2] == (double)r->m->ncells;
}

static int read_lists(const struct reader *r, struct saved *s)
{
	const cJSON *j;

	cJSON_ArrayForEach(j, line_get(r->l->json.root, "routes"))
	{
		if (s->nroutes == r->m->nremembering)
			return line_bad(r, j, "there are more routes than the mapping has");
		if (read_saved_route(r, j, &s->routes[s->nroutes++]))
			return -1;
	}
	cJSON_ArrayForEach(j, line_get(r->l->json.root, "params"))
	{
		if (s->nparams == 16 * r->m->nports)
			return line_bad(r, j, "there are more parameters than ports have channels");
		if (read_saved_param(r, j, &s->params[s->nparams++]))
			return -1;
	}
	cJSON_ArrayForEach(j, line_get(r->l->json.root, "cells"))
	{
		if (s->ncells == r->m->ncells)
			return line_bad(r, j, "there are more transforms than the mapping has");
		if (read_saved_cell(r, j, &s->cells[s->ncells++]))
			return -1;
	}
	return 0;
}

int line_state(const struct reader *r)
{
	const cJSON *root = r->l->json.root, *j;
	struct saved *s = &r->l->saved;

	r->l->kind = LINE_STATE;
	if (!r->l->has_time)
		return line_bad(r, root, "\"t_ns\" is missing");
	r->l->mem = arena_new(STATE_MEMORY);
	saved_init(s, r->l->mem, r->m);
	s->t_ns = r->l->t_ns;
	s->at_rest = cJSON_IsTrue(line_get(root, "at_rest"));
	if (line_whole(r, line_get(root, "seq"), "seq", UINT64_MAX, &s->seq) ||
	    read_up(r, line_get(root, "up")))
		return -1;
	if (read_tempo(r, &s->tempo) || read_patterns(r, s))
		return -1;
	cJSON_ArrayForEach(j, line_get(root, "controls"))
	{
		if (s->ncontrols == r->m->ncontrols)
			return line_bad(r, j, "there are more controls than the mapping has");
		if (read_saved_control(r, j, &s->controls[s->ncontrols++]))
			return -1;
	}
	return same_mapping(r, line_get(root, "of")) ? read_lists(r, s) : 0;
}
