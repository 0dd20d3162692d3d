#include "load_priv.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/buf.h"
#include "cuewire/mem.h"
#include "cuewire/osc.h"

/* What building goes through: everything good by now, names resolved to indexes. */
struct build {
	struct load *l;
	struct mapping *m;
	struct arena *a;
	/* The place of the last object: the objects of one rule share it. */
	const struct source *src;
	int node;
	struct where at;
};

static struct where place(struct build *b, const struct head *h)
{
	if (b->src != h->src || b->node != h->obj->valueint) {
		b->src = h->src;
		b->node = h->obj->valueint;
		b->at = json_at(&h->src->json, h->obj);
	}
	return b->at;
}

static const char *keep(struct build *b, const char *s)
{
	return s ? arena_str(b->a, s) : NULL;
}

static const char *join(struct build *b, const char *s, const char *t)
{
	char *out = arena_alloc(b->a, strlen(s) + strlen(t) + 1);

	stpcpy(stpcpy(out, s), t);
	return out;
}

static void *list_of(struct build *b, size_t n, size_t size)
{
	return n ? arena_alloc(b->a, n * size) : NULL;
}

/* ---- ports ---- */

static struct names keep_names(struct build *b, const cJSON *texts)
{
	struct names out = { 0 };
	const cJSON *v = cJSON_IsArray(texts) ? texts->child : texts;

	if (!texts)
		return out;
	out.n = cJSON_IsArray(texts) ? (size_t)cJSON_GetArraySize(texts) : 1;
	out.list = list_of(b, out.n, sizeof(*out.list));
	for (size_t i = 0; i < out.n; i++, v = v->next)
		out.list[i] = keep(b, v->valuestring);
	return out;
}

static struct port build_port(struct build *b, const struct raw_port *p)
{
	return (struct port){
		.name = keep(b, p->name),
		.at = place(b, &p->h),
		.in = keep_names(b, p->in),
		.out = keep_names(b, p->out),
		.osc_listen = p->osc.listen,
		.osc_bind = keep(b, p->osc.bind),
		.osc_reply_port = p->osc.reply_port,
		.osc_feedback = p->osc.feedback,
		.osc_send = keep(b, p->osc.send),
		.raw_in = keep(b, p->raw.in),
		.raw_out = keep(b, p->raw.out),
		.simulated = p->simulated,
		.optional = p->optional,
		.open_timeout_ms = p->open_timeout_ms,
		.retry_min_ms = p->retry_min_ms,
		.retry_max_ms = p->retry_max_ms,
		.on_return = (enum port_return)p->on_return,
		.bytes_per_s = p->bytes_per_s,
		.is_virtual = p->is_virtual,
		.allow_loop = p->allow_loop,
	};
}

/* ---- controls ---- */

/* "deck.a.volume" to "/deck/a/volume". */
static const char *own_address(struct build *b, const char *name)
{
	const size_t len = strlen(name);
	char *out = arena_alloc(b->a, len + 2);

	out[0] = '/';
	for (size_t i = 0; i < len; i++)
		out[1 + i] = name[i] == '.' ? '/' : name[i];
	return out;
}

static struct control build_control(struct build *b, const struct raw_control *c)
{
	const bool encoder = c->kind == KIND_ENCODER, pair = c->up || c->on;
	struct control out = {
		.name = keep(b, c->name),
		.title = keep(b, c->title),
		.osc = own_address(b, c->name),
		.hold_ns = (uint64_t)(c->hold_ms >= 0 ? c->hold_ms : b->l->hold_ms) * 1000000,
		.at = place(b, &c->h),
		.kind = (enum kind)c->kind,
		.bipolar = c->bipolar,
		.toggles = c->toggles,
		.lsb_first = c->lsb_first,
		.encoding = encoder && !pair ? (enum encoding)c->encoding : ENC_NONE,
		.port = c->to_port,
		.up = pair_address(c, encoder ? c->up : c->on),
		.down = pair_address(c, encoder ? c->down : c->off),
	};

	if (c->to_port == PORT_NONE)
		return out;
	if (b->m->ports[c->to_port].osc_send)
		out.osc_out = c->osc ? keep(b, c->osc) : out.osc;
	else if (!pair)
		out.out = numbers_address(&c->num);
	return out;
}

/* ---- macros ---- */

static struct duration step_after(const struct raw_step *s)
{
	return s->after.amount > 0 ? s->after
	                           : (struct duration){ (float)s->after_ms, DURATION_MS };
}

/* The steps of a macro have no slots: they are acts at once. */
static const struct macro *build_macro(struct build *b, const struct raw_intent *in)
{
	struct macro *out = arena_alloc(b->a, sizeof(*out));
	struct batch_act *acts = list_of(b, in->nsteps, sizeof(*acts));

	for (size_t i = 0; i < in->nsteps; i++) {
		const struct raw_step *s = &in->steps[i];
		const uint32_t *control = dict_get(&b->l->controls.names, s->control);

		acts[i] = (struct batch_act){
			.act = { .control = (uint16_t)*control,
			         .op = s->op,
			         .value = (float)(s->op == OP_SET ? s->to.num : s->by.num),
			         .over = s->over },
			.after = step_after(s),
		};
	}
	batch_taps(acts, in->nsteps);
	*out = (struct macro){ acts, in->nsteps };
	return out;
}

/* ---- routes ---- */

static const struct point *build_points(struct arena *a, const cJSON *list, size_t n)
{
	struct point *out = arena_alloc(a, n * sizeof(*out)), *p = out;

	for (const cJSON *v = list->child; v; v = v->next, p++)
		*p = (struct point){ (float)v->child->valuedouble,
			             (float)v->child->next->valuedouble };
	return out;
}

/* What a press lasts, or how long its second is waited for. */
static struct duration press_time(const struct raw_route *r, enum xform_kind kind)
{
	const bool waits =
		kind == XF_PRESS && (r->press == PRESS_SINGLE || r->press == PRESS_DOUBLE);

	return (struct duration){ (float)(r->press_ms >= 0 ? r->press_ms
		                          : waits          ? 300
		                                           : 500),
		                  DURATION_MS };
}

static const uint8_t *build_colours(struct arena *a, const cJSON *list, size_t n)
{
	uint8_t *out = arena_alloc(a, n), *p = out;

	for (const cJSON *v = list->child; v; v = v->next)
		*p++ = (uint8_t)v->valuedouble;
	return out;
}

static struct xform build_xform(struct arena *a, const struct raw_route *r, enum xform_kind kind)
{
	struct xform x = { .kind = (uint8_t)kind };

	switch (kind) {
	case XF_RANGE:
		x.a = (float)r->range[0];
		x.b = (float)r->range[1];
		break;
	case XF_CURVE:
		x.a = (float)r->curve.word;
		if (r->curve.points) {
			x.n = (size_t)cJSON_GetArraySize(r->curve.points);
			x.points = build_points(a, r->curve.points, x.n);
		}
		break;
	case XF_QUANTISE:
		x.a = (float)r->quantise;
		break;
	case XF_DEADBAND:
		x.a = (float)r->deadband;
		break;
	case XF_THRESHOLD:
		x.a = (float)r->threshold;
		break;
	case XF_OUTPUT:
		x.a = (float)r->output[0];
		x.b = (float)r->output[1];
		break;
	case XF_PRESS:
		x.a = (float)r->press;
		x.time = press_time(r, kind);
		break;
	case XF_AS:
		x.a = (float)r->as;
		x.time = press_time(r, kind);
		break;
	case XF_SMOOTH:
		x.time = r->smooth;
		break;
	case XF_RAMP:
		x.time = r->ramp;
		break;
	case XF_DELAY:
		x.time = r->delay;
		break;
	case XF_RATE:
		x.a = (float)(1e9 / r->max_per_s);
		break;
	case XF_TAKEOVER:
		x.a = (float)r->takeover;
		break;
	case XF_COLOURS:
		x.n = (size_t)cJSON_GetArraySize(r->colours);
		x.colours = build_colours(a, r->colours, x.n);
		break;
	default:
		break;
	}
	return x;
}

/* What changes nothing is left out. */
static bool does_nothing(const struct raw_route *r, int kind)
{
	return (kind == XF_INVERT && !r->invert) || (kind == XF_AS && r->as == AS_VALUE) ||
	       (kind == XF_TAKEOVER && r->takeover == TAKE_JUMP) ||
	       (kind == XF_CURVE && !r->curve.points && r->curve.word == CURVE_LINEAR);
}

struct xform *build_xforms(struct arena *a, const struct section *sec, const struct raw_route *r,
                           uint8_t *n)
{
	struct xform all[XF_COUNT];

	*n = 0;
	for (const cJSON *v = r->h.obj->child; v && *n < XF_COUNT; v = v->next) {
		const int kind = key_xform(sec, v->string);

		if (kind >= 0 && !does_nothing(r, kind))
			all[(*n)++] = build_xform(a, r, (enum xform_kind)kind);
	}
	return *n ? arena_dup(a, all, *n * sizeof(*all)) : NULL;
}

static const struct sysex_pattern *build_sysex(struct build *b, const char *text)
{
	struct sysex_pattern p;
	struct sysex_fault fault;

	return text && sysex_parse(&p, text, &fault) ? arena_dup(b->a, &p, sizeof(p)) : NULL;
}

static const char *route_label(struct build *b, const struct raw_route *r, bool feedback)
{
	if (r->osc)
		return join(b, "osc:", r->osc);
	if (r->from)
		return join(b, "control:", r->from);
	if (!r->port)
		return "timer";
	return join(b, feedback ? "feedback:" : "midi:", r->port);
}

/* A note is on or off, however hard it was hit, where presses are looked at, and for what can be pressed;
 * unless something before asks how hard. */
static bool is_pressed(const struct route *r)
{
	for (size_t i = 0; i < r->nxf; i++) {
		switch ((enum xform_kind)r->xf[i].kind) {
		case XF_PRESS:
		case XF_AS:
			return true;
		case XF_RANGE:
		case XF_CURVE:
		case XF_QUANTISE:
		case XF_DEADBAND:
		case XF_THRESHOLD:
		case XF_OUTPUT:
			return false;
		default:
			break;
		}
	}
	return r->pressed;
}

/* to: index of the control, CONTROL_NONE for a macro. */
static struct route build_route(struct build *b, const struct raw_route *r, int to)
{
	const struct raw_control *c = r->macro ? NULL : control_at(b->l, (size_t)to);
	struct route out = {
		.at = place(b, &r->h),
		.osc = keep(b, r->osc),
		.pattern = r->osc && osc_has_pattern(r->osc),
		.feedback = c && c->kind == KIND_LAMP,
		.bipolar = c && c->bipolar,
		.fader = c && c->kind == KIND_FADER,
		.pressed = !c || kinds[c->kind].binary || c->kind == KIND_ENCODER || r->by != 0,
		.holds = c && kinds[c->kind].held,
		.arg = r->arg,
		.port = r->from_port,
		.from = r->from ? (uint16_t)r->from_control : CONTROL_NONE,
		.every = r->every,
		.in = r->port ? numbers_address(&r->num) : (struct address){ 0 },
		.sysex = build_sysex(b, r->num.sysex),
		.encoding = (enum encoding)r->encoding,
		.acceleration = (float)r->acceleration,
		.by = (float)r->by,
		.to = c ? (uint16_t)to : CONTROL_NONE,
		.next = ROUTE_END,
		.place = PLACE_NONE,
		.again = (enum again)r->again,
		.when = conditions_build(b->a, r->when, r->nwhen),
		.nwhen = (uint8_t)r->nwhen,
		.macro = r->macro ? build_macro(b, r->macro) : NULL,
	};

	out.label = route_label(b, r, out.feedback);
	out.xf = build_xforms(b->a, &section_route, r, &out.nxf);
	for (size_t i = 0; i < out.nxf; i++)
		out.edges |= out.xf[i].kind == XF_PRESS || out.xf[i].kind == XF_AS;
	out.pressed = is_pressed(&out);
	return out;
}

/* ---- intents ---- */

/* A number as the text that reads back as the same. */
static const char *number_text(struct build *b, double d)
{
	struct buf text;
	const char *out;

	buf_init(&text, 64);
	buf_json_num(&text, d);
	out = arena_str(b->a, text.p);
	buf_finish(&text);
	return out;
}

static const char *node_text(struct build *b, const cJSON *v)
{
	if (!v)
		return NULL;
	return cJSON_IsString(v) ? keep(b, v->valuestring) : number_text(b, v->valuedouble);
}

static struct slot build_slot(struct build *b, const struct raw_slot *s)
{
	struct slot out = {
		.name = keep(b, s->name),
		.type = (enum slot_type)s->type,
		.min = s->min,
		.max = s->max,
		.nvalues = s->nvalues,
		.values = list_of(b, s->nvalues, sizeof(*out.values)),
		.def = node_text(b, s->def),
	};

	for (size_t i = 0; i < s->nvalues; i++)
		out.values[i] = keep(b, s->values[i]);
	return out;
}

static struct step build_step(struct build *b, const struct raw_step *s)
{
	const struct amount *amount = s->op == OP_SET ? &s->to : &s->by;

	return (struct step){
		.at = place(b, &s->h),
		.op = s->op,
		.control = keep(b, s->control),
		.value = node_text(b, amount->node),
		.over = s->over,
		.after = step_after(s),
	};
}

static struct intent build_intent(struct build *b, const struct raw_intent *in)
{
	struct intent out = {
		.name = keep(b, in->name),
		.title = keep(b, in->title),
		.at = place(b, &in->h),
		.slots = list_of(b, in->nslots, sizeof(*out.slots)),
		.nslots = in->nslots,
		.steps = list_of(b, in->nsteps, sizeof(*out.steps)),
		.nsteps = in->nsteps,
	};

	for (size_t i = 0; i < in->nslots; i++)
		out.slots[i] = build_slot(b, &in->slots[i]);
	for (size_t i = 0; i < in->nsteps; i++)
		out.steps[i] = build_step(b, &in->steps[i]);
	return out;
}

/* ---- the whole ---- */

/* Every transform knows its place; those with a memory have a cell. */
static void build_cells(struct build *b)
{
	struct mapping *m = b->m;

	for (size_t i = 0; i < m->nroutes; i++)
		for (size_t k = 0; k < m->routes[i].nxf; k++)
			m->ncells += xforms[m->routes[i].xf[k].kind].has_cell;
	m->cells = list_of(b, m->ncells, sizeof(*m->cells));
	m->ncells = 0;
	for (size_t i = 0; i < m->nroutes; i++) {
		for (size_t k = 0; k < m->routes[i].nxf; k++) {
			struct xform *x = &m->routes[i].xf[k];

			x->route = (uint16_t)i;
			x->place = (uint8_t)k;
			x->cell = (uint32_t)m->ncells;
			if (xforms[x->kind].has_cell)
				m->cells[m->ncells++] = x;
		}
	}
}

static void build_routes(struct build *b)
{
	struct mapping *m = b->m;
	size_t n = 0;

	for (size_t i = 0; i < b->l->routes.n; i++)
		n += route_at(b->l, i) ? route_at(b->l, i)->nto + 1 : 0;
	m->routes = list_of(b, n, sizeof(*m->routes));
	for (size_t i = 0; i < b->l->routes.n; i++) {
		const struct raw_route *r = route_at(b->l, i);

		if (r && r->macro)
			m->routes[m->nroutes++] = build_route(b, r, -1);
		for (size_t k = 0; r && k < r->nto; k++)
			m->routes[m->nroutes++] = build_route(b, r, r->target[k]);
	}
	build_cells(b);
}

/* The switches of a group lead to each other in a ring. */
static void build_radio(struct build *b)
{
	struct mapping *m = b->m;
	struct dict last = { .arena = b->l->scratch };

	for (size_t i = 0; i < m->ncontrols; i++) {
		const char *group = control_at(b->l, i)->radio;
		uint32_t *known = group ? dict_get(&last, group) : NULL;

		m->controls[i].radio = (uint16_t)i;
		if (!group)
			continue;
		if (!known) {
			dict_put(&last, group, (uint32_t)i);
			continue;
		}
		m->controls[i].radio = m->controls[*known].radio;
		m->controls[*known].radio = (uint16_t)i;
		*known = (uint32_t)i;
	}
}

static void build_tempo(struct build *b)
{
	const struct raw_tempo *t = &b->l->tempo;
	const uint32_t *tap = t->tap ? dict_get(&b->l->controls.names, t->tap) : NULL;
	const uint32_t *clock = t->clock ? dict_get(&b->l->ports.names, t->clock) : NULL;

	b->m->tempo.bpm = t->bpm;
	b->m->tempo.beats_per_bar = (unsigned)t->beats_per_bar;
	b->m->tempo.tap = tap ? (uint16_t)*tap : CONTROL_NONE;
	if (tap)
		b->m->controls[*tap].leads = true;
	b->m->tempo.clock = clock ? (int)*clock : PORT_NONE;
}

/* Ports whose clock somebody wants; nobody is bothered with that of the others. */
static void build_clocks(struct build *b)
{
	struct mapping *m = b->m;

	if (m->tempo.clock != PORT_NONE)
		m->ports[m->tempo.clock].clock = true;
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].in.form == ADDR_SYSTEM && m->routes[i].in.number == SYSTEM_CLOCK)
			m->ports[m->routes[i].port].clock = true;
}

/* What is built later still has the numbers of this load. */
static bool keep_numbers(struct load *l, struct mapping *m)
{
	uint16_t *controls, *ports;

	if (!renumber(m, l->scratch, l->before, &controls, &ports)) {
		problem_file(l, l->sources[0]->name, CODE_TOO_MANY,
		             "more ports or controls than there is room for, with those of before: "
		             "start the bridge again");
		return false;
	}
	for (size_t i = 0; i < l->feedback.n; i++) {
		struct raw_route *r = show_at(l, i);

		r->from_control = controls[r->from_control];
		if (r->from_port != PORT_NONE)
			r->from_port = ports[r->from_port];
		for (size_t k = 0; k < r->nwhen; k++)
			if (r->when[k].c.op == COND_IS)
				r->when[k].control = controls[r->when[k].control];
	}
	return true;
}

struct mapping *build_mapping(struct load *l)
{
	struct arena *a = arena_new(ARENA_LOAD);
	struct mapping *m = arena_alloc(a, sizeof(*m));
	struct build b = { .l = l, .m = m, .a = a };

	m->arena = a;
	m->nfiles = l->nsources;
	m->files = list_of(&b, m->nfiles, sizeof(*m->files));
	for (size_t i = 0; i < m->nfiles; i++)
		m->files[i] = l->sources[i]->name;
	m->nports = l->ports.n;
	m->ports = list_of(&b, m->nports, sizeof(*m->ports));
	for (size_t i = 0; i < m->nports; i++)
		m->ports[i] = build_port(&b, port_at(l, i));
	m->ncontrols = l->controls.n;
	m->controls = list_of(&b, m->ncontrols, sizeof(*m->controls));
	for (size_t i = 0; i < m->ncontrols; i++)
		m->controls[i] = build_control(&b, control_at(l, i));
	build_radio(&b);
	build_tempo(&b);
	build_routes(&b);
	build_clocks(&b);
	m->nintents = l->intents.n;
	m->intents = list_of(&b, m->nintents, sizeof(*m->intents));
	for (size_t i = 0; i < m->nintents; i++)
		m->intents[i] = build_intent(&b, intent_at(l, i));
	if (l->before && !keep_numbers(l, m)) {
		mapping_free(m);
		return NULL;
	}
	mapping_index(m);
	build_feedback(l, m);
	return m;
}
