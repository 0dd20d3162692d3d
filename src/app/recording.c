#include "recording_priv.h"

#include <stdio.h>
#include <string.h>

#include "cuewire/mem.h"

/* A header has whole mapping files in it. */
static const struct json_limits limits = { (size_t)256 << 20, 32, 2000000 };

/* ---- inputs ---- */

static int read_midi(const struct reader *r, const char *port)
{
	const cJSON *root = r->l->json.root;
	struct line *l = r->l;
	const char *hex = "";
	size_t len;

	if (line_port(r, line_get(root, "in"), port, &l->who) || line_string(r, root, "midi", &hex))
		return -1;
	len = line_hex(hex, l->sysex, sizeof(l->sysex));
	if (len > 1 && l->sysex[0] == MIDI_SYSEX && l->sysex[len - 1] == MIDI_SYSEX_END)
		l->sysex_len = len;
	else if (!len || !midi_from_bytes(&l->midi, l->sysex, len))
		return line_bad(r, line_get(root, "midi"),
		                "\"%.40s\" is not one MIDI message in hexadecimal", hex);
	return 0;
}

/* One that was refused did nothing, and does nothing again. */
static int read_intent(const struct reader *r)
{
	const cJSON *root = r->l->json.root, *id = line_get(root, "id"),
		    *rank = line_get(root, "rank");
	struct line *l = r->l;

	l->intent.message = line_get(root, "intent");
	if (line_get(root, "refused") || cJSON_IsTrue(line_get(l->intent.message, "dry_run"))) {
		l->kind = LINE_OTHER;
		return 0;
	}
	if (cJSON_IsNull(l->intent.message)) {
		l->event = EVENT_CUT;
		return 0;
	}
	if (!cJSON_IsObject(l->intent.message))
		return line_bad(r, root, "\"intent\" is missing");
	l->intent.id = cJSON_IsString(id) ? id->valuestring : NULL;
	l->intent.rank = RANK_HARDWARE;
	l->intent.outlives = cJSON_IsTrue(line_get(root, "one_shot"));
	if (rank && line_rank(r, rank, &l->intent.rank))
		return -1;
	return line_u16(r, root, "client", UINT16_MAX, &l->who);
}

static int read_who(const struct reader *r, enum event event, const char *rest)
{
	const cJSON *root = r->l->json.root;
	const char *name = "";

	switch (event_info[event].who) {
	case WHO_PEER:
		return line_u16(r, root, "peer", PEERS_MAX - 1, &r->l->who);
	case WHO_CLIENT:
		return line_u16(r, root, "client", UINT16_MAX, &r->l->who);
	case WHO_PORT:
		return line_port(r, line_get(root, "in"), rest, &r->l->who);
	case WHO_CONTROL:
		if (line_string(r, root, "control", &name))
			return -1;
		return line_control(r, line_get(root, "control"), name, &r->l->who);
	case WHO_NOBODY:
		break;
	}
	return 0;
}

/* A name that ends in a colon has more behind it. */
static bool is_event(const char *in, enum event event)
{
	const char *name = event_info[event].name;
	const size_t len = strlen(name);

	return name[len - 1] == ':' ? !strncmp(in, name, len) : !strcmp(in, name);
}

static int read_event(const struct reader *r, const char *in)
{
	struct line *l = r->l;
	enum event e = EVENT_OSC;

	while (e < EVENT_OUT && !is_event(in, e))
		e++;
	if (e == EVENT_OUT)
		return line_bad(r, line_get(l->json.root, "in"),
		                "nothing is known of the input \"%.60s\"", in);
	if (!l->has_time)
		return line_bad(r, l->json.root, "\"t_ns\" is missing");
	l->kind = LINE_EVENT;
	l->event = e;
	in += strlen(event_info[e].name);
	if (e == EVENT_OSC)
		return line_osc(r, in);
	if (e == EVENT_MIDI)
		return read_midi(r, in);
	return e == EVENT_INTENT ? read_intent(r) : read_who(r, e, in);
}

/* ---- header ---- */

static int read_text(const struct reader *r, const cJSON *o)
{
	struct kept *k = &r->l->kept;
	const char *name = "", *text = "";

	if (line_string(r, o, "name", &name))
		return -1;
	if (line_get(o, "same")) {
		if (line_string(r, o, "same", &text))
			return -1;
		if (!kept_find(k, text))
			return line_bad(r, line_get(o, "same"),
			                "there is no file \"%.80s\" before this", text);
		kept_same(k, name, text);
		return 0;
	}
	if (line_string(r, o, "text", &text))
		return -1;
	kept_add(k, name, text, strlen(text));
	return 0;
}

/* The texts of a mapping. */
static int read_mapping(const struct reader *r)
{
	const cJSON *root = r->l->json.root, *files = line_get(root, "files"), *j;
	const cJSON *dir = line_get(root, "mappings_dir");
	const char *names[256];
	size_t n = 0;

	cJSON_ArrayForEach(j, files)
	{
		if (!cJSON_IsString(j) || n == sizeof(names) / sizeof(*names))
			return line_bad(r, j, "this is not the name of one of 256 files");
		names[n++] = j->valuestring;
	}
	if (!n)
		return line_bad(r, root, "\"files\" is not a list of names");
	kept_init(&r->l->kept, names, n, cJSON_IsString(dir) ? dir->valuestring : NULL);
	cJSON_ArrayForEach(j, line_get(root, "mappings"))
	{
		if (read_text(r, j))
			return -1;
	}
	return 0;
}

static int read_names(const struct reader *r, const cJSON *list, const char **out)
{
	const cJSON *j;
	size_t n = 0;

	cJSON_ArrayForEach(j, list)
	{
		if (!cJSON_IsString(j) && !cJSON_IsNull(j))
			return line_bad(r, j, "this is not a name");
		out[n++] = cJSON_IsString(j) ? arena_str(r->l->kept.arena, j->valuestring) : NULL;
	}
	return 0;
}

static int read_numbers(const struct reader *r)
{
	const cJSON *ports = line_get(r->l->json.root, "ports"),
		    *controls = line_get(r->l->json.root, "controls");
	const int nports = cJSON_GetArraySize(ports), ncontrols = cJSON_GetArraySize(controls);
	struct kept *k = &r->l->kept;

	if (nports > MAPPING_PORTS_MAX || ncontrols > MAPPING_CONTROLS_MAX)
		return line_bad(r, r->l->json.root,
		                "there are more ports or controls than a mapping has");
	kept_numbers(k, (size_t)nports, (size_t)ncontrols);
	return read_names(r, ports, k->ports) || read_names(r, controls, k->controls) ? -1 : 0;
}

static int read_header(const struct reader *r)
{
	r->l->kind = LINE_HEADER;
	return read_mapping(r) ? -1 : read_numbers(r);
}

static int read_reload(const struct reader *r)
{
	r->l->kind = LINE_RELOAD;
	if (!r->l->has_time)
		return line_bad(r, r->l->json.root, "\"t_ns\" is missing");
	return line_get(r->l->json.root, "cuewire") ? read_mapping(r) : 0;
}

/* ---- outputs ---- */

void recording_out(char *out, size_t size, const char *control, double value, const char *port,
                   const char *bytes, const char *from)
{
	struct buf b;

	buf_init(&b, size - 1);
	buf_fmt(&b, "%s ", control);
	buf_json_num(&b, value);
	buf_fmt(&b, " -> %s %s by %s", port, bytes, from);
	snprintf(out, size, "%s", b.p);
	buf_finish(&b);
}

/* What expired, or its port had no room for. */
static bool is_lost(const cJSON *root)
{
	return cJSON_IsTrue(line_get(root, "expired")) || cJSON_IsTrue(line_get(root, "dropped"));
}

static int read_out(const struct reader *r)
{
	const cJSON *root = r->l->json.root, *value = line_get(root, "value"),
		    *seq = line_get(root, "seq");
	const char *control = "", *port = "", *from = "", *bytes = "";
	int number;

	r->l->kind = LINE_OUT;
	r->l->out.lost = is_lost(root);
	if (line_string(r, root, "control", &control) || line_string(r, root, "port", &port) ||
	    line_string(r, root, "from", &from) ||
	    (!r->l->out.lost &&
	     line_string(r, root, line_get(root, "midi") ? "midi" : "osc", &bytes)))
		return -1;
	if (!cJSON_IsNumber(value))
		return line_bad(r, value ? value : root, "\"value\" is not a number");
	if (!r->l->has_time)
		return line_bad(r, root, "\"t_ns\" is missing");
	recording_out(r->l->out.text, sizeof(r->l->out.text), control, value->valuedouble, port,
	              bytes, from);
	r->l->out.has_seq = seq != NULL;
	if (seq && line_whole(r, seq, "seq", UINT64_MAX, &r->l->out.seq))
		return -1;
	number = mapping_control(r->m, control, strlen(control));
	r->l->out.control = number < 0 ? CONTROL_NONE : (uint16_t)number;
	return 0;
}

/* ---- a line ---- */

static int read_kind(const struct reader *r)
{
	const cJSON *root = r->l->json.root, *t = line_get(root, "t_ns"),
		    *in = line_get(root, "in");
	const cJSON *dropped = line_get(root, "dropped");

	if (!cJSON_IsObject(root))
		return line_bad(r, root, "a line of a recording is an object");
	if (t && line_whole(r, t, "t_ns", UINT64_MAX - 1, &r->l->t_ns))
		return -1;
	r->l->has_time = t != NULL;
	if (line_get(root, "cuewire") && !in)
		return read_header(r);
	if (!r->m)
		return 0;
	if (dropped && !is_lost(root)) {
		r->l->kind = LINE_DROPPED;
		return line_whole(r, dropped, "dropped", UINT64_MAX, &r->l->dropped);
	}
	if (in && !cJSON_IsString(in))
		return line_bad(r, in, "\"in\" is not a text");
	if (in && !strcmp(in->valuestring, "state"))
		return line_state(r);
	if (in && !strcmp(in->valuestring, "reload"))
		return read_reload(r);
	if (in)
		return read_event(r, in->valuestring);
	if (line_get(root, "midi") || line_get(root, "osc") || is_lost(root))
		return line_get(root, "control") ? read_out(r) : 0;
	return 0;
}

int recording_line(struct line *l, const struct mapping *m, const char *file, int number,
                   const char *text, size_t len, struct diags *d)
{
	const struct reader r = { l, m, file, text, d };

	*l = (struct line){ .kind = LINE_OTHER, .number = number };
	if (json_load_line(&l->json, file, number, text, len, &limits, d))
		return -1;
	return read_kind(&r);
}

void recording_line_free(struct line *l)
{
	json_free(&l->json);
	arena_free(l->mem);
	kept_finish(&l->kept);
}
