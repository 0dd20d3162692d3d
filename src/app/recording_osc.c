#include "recording_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuewire/mem.h"

/* What an argument is without "types". */
static char guess(const struct reader *r, const cJSON *j)
{
	const char *p = r->text + json_offset(&r->l->json, j);

	if (cJSON_IsString(j))
		return strcmp(j->valuestring, "I") ? 's' : 'I';
	if (cJSON_IsNumber(j))
		return strchr(".eE", p[strspn(p, "-0123456789")]) ? 'f' : 'i';
	return cJSON_IsTrue(j) ? 'T' : cJSON_IsFalse(j) ? 'F' : 'N';
}

static int wrong_type(const struct reader *r, const cJSON *j, char type)
{
	return line_bad(r, j, "an argument of type %c cannot be this", type);
}

static int number_arg(const struct reader *r, const cJSON *j, struct osc_arg *a)
{
	if (cJSON_IsNumber(j))
		a->num = a->type == 'f' ? (double)(float)j->valuedouble : j->valuedouble;
	else if (cJSON_IsNull(j) && a->type != 'i')
		a->num = NAN;
	else
		return wrong_type(r, j, a->type);
	return 0;
}

static int whole_arg(const struct reader *r, const cJSON *j, struct osc_arg *a)
{
	const char *p = r->text + json_offset(&r->l->json, j);

	if (!cJSON_IsNumber(j))
		return wrong_type(r, j, a->type);
	a->i64 = *p == '-' ? strtoll(p, NULL, 10) : (int64_t)strtoull(p, NULL, 10);
	return 0;
}

/* Of a blob a trace has the length alone; no control is moved by what is in it. */
static int blob_arg(const struct reader *r, const cJSON *j, struct osc_arg *a)
{
	unsigned len;

	if (!cJSON_IsString(j) || sscanf(j->valuestring, "%6u bytes", &len) != 1 ||
	    len > OSC_PACKET_MAX)
		return wrong_type(r, j, a->type);
	a->str.len = len;
	a->str.p = arena_alloc(r->l->json.arena, len + 1);
	return 0;
}

static int text_arg(const struct reader *r, const cJSON *j, struct osc_arg *a)
{
	if (!cJSON_IsString(j))
		return wrong_type(r, j, a->type);
	a->str.p = j->valuestring;
	a->str.len = (uint32_t)strlen(j->valuestring);
	return 0;
}

static int read_arg(const struct reader *r, const cJSON *j, char type, struct osc_arg *a)
{
	*a = (struct osc_arg){ .type = type };
	switch (type) {
	case 'i':
	case 'f':
	case 'd':
	case 'c':
		return number_arg(r, j, a);
	case 'h':
	case 't':
		return whole_arg(r, j, a);
	case 's':
	case 'S':
		return text_arg(r, j, a);
	case 'b':
		return blob_arg(r, j, a);
	case 'r':
	case 'm':
		if (!cJSON_IsString(j) || line_hex(j->valuestring, a->bytes, 4) != 4)
			return wrong_type(r, j, type);
		return 0;
	case 'T':
		a->num = 1;
		return 0;
	case 'F':
	case 'N':
	case 'I':
		return 0;
	default:
		return line_bad(r, j, "\"types\" has the unknown type %c", type);
	}
}

static int read_args(const struct reader *r, const cJSON *args, const cJSON *types)
{
	const size_t n = (size_t)cJSON_GetArraySize(args);
	const char *type = cJSON_IsString(types) ? types->valuestring : NULL;
	struct osc_msg *m = &r->l->osc;
	const cJSON *j;

	if (n > OSC_ARGS_MAX)
		return line_bad(r, args, "%zu arguments, a message has at most %d", n,
		                OSC_ARGS_MAX);
	if (types && (!type || *type != ',' || strlen(type) != n + 1))
		return line_bad(r, types,
		                "\"types\" is not \",\" and a letter for each of %zu arguments", n);
	cJSON_ArrayForEach(j, args)
	{
		const char t = type ? *++type : guess(r, j);

		if (read_arg(r, j, t, &m->args[m->nargs++]))
			return -1;
	}
	return 0;
}

/* Without its arguments it was cut: it had no room among the notes. */
int line_osc(const struct reader *r, const char *address)
{
	const cJSON *root = r->l->json.root, *args = line_get(root, "args");
	struct osc_msg *m = &r->l->osc;

	if (*address != '/')
		return line_bad(r, line_get(root, "in"), "an OSC address begins with a slash");
	if (cJSON_IsNull(args)) {
		r->l->event = EVENT_CUT;
		return 0;
	}
	if (!cJSON_IsArray(args))
		return line_bad(r, args ? args : root, "\"args\" is %s",
		                args ? "not a list" : "missing");
	*m = (struct osc_msg){ .address = address,
		               .address_len = (uint32_t)strlen(address),
		               .pattern = osc_has_pattern(address) };
	return read_args(r, args, line_get(root, "types")) ||
	                       line_u16(r, root, "peer", PEERS_MAX - 1, &r->l->who)
	               ? -1
	               : 0;
}
