/* An intent's steps name controls with {slot} in them. Here every value of deck and choice slots
 * is put in: of a deck slot those values stay for which the controls exist, all others must. */
#include "load_priv.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

#define COMBINATIONS_MAX 4096 /* of the slots of one step */
#define TARGET_MAX 512

/* One step on its way through the values of its slots. */
struct walk {
	struct load *l;
	const struct raw_intent *in;
	const struct raw_step *step;
	const struct raw_slot *slots[SLOTS_MAX]; /* those that the name holds */
	size_t at[SLOTS_MAX];
	size_t nslots;
	char name[TARGET_MAX];
};

static void walk_begin(struct walk *w, struct load *l, const struct raw_intent *in,
                       const struct raw_step *step)
{
	*w = (struct walk){ .l = l, .in = in, .step = step };
	for (const char *p = step->control; (p = strchr(p, '{')); p++) {
		const struct raw_slot *slot = slot_find(in, p + 1, text_brace(p) - 2);
		size_t i = 0;

		while (i < w->nslots && w->slots[i] != slot)
			i++;
		if (i == w->nslots)
			w->slots[w->nslots++] = slot;
	}
}

static const char *value_of(const struct walk *w, const struct raw_slot *slot)
{
	for (size_t i = 0; i < w->nslots; i++)
		if (w->slots[i] == slot)
			return slot->values[w->at[i]];
	return "";
}

static size_t put(char *out, size_t len, const char *s, size_t n)
{
	if (len + n >= TARGET_MAX)
		n = TARGET_MAX - 1 - len;
	memcpy(out + len, s, n);
	return len + n;
}

/* Writes the control's name of this combination. */
static void fill_name(struct walk *w)
{
	const char *p = w->step->control;
	size_t len = 0;

	while (*p) {
		const size_t plain = strcspn(p, "{"), brace = text_brace(p + plain);
		const char *value;

		len = put(w->name, len, p, plain);
		if (!brace)
			break;
		value = value_of(w, slot_find(w->in, p + plain + 1, brace - 2));
		len = put(w->name, len, value, strlen(value));
		p += plain + brace;
	}
	w->name[len] = '\0';
}

/* Steps to the next combination; fixed: a slot that keeps its value, or NULL. */
static bool walk_next(struct walk *w, const struct raw_slot *fixed)
{
	for (size_t i = w->nslots; i-- > 0;) {
		if (w->slots[i] == fixed)
			continue;
		if (++w->at[i] < w->slots[i]->nvalues)
			return true;
		w->at[i] = 0;
	}
	return false;
}

/* The control of this combination: its index, -1 when there is none, -2 when it is BROKEN. */
static int walk_control(struct walk *w)
{
	const uint32_t *known;

	fill_name(w);
	known = dict_get(&w->l->controls.names, w->name);
	return !known ? -1 : *known == BROKEN ? -2 : (int)*known;
}

static bool exists_with(struct walk *w, const struct raw_slot *deck, size_t value)
{
	size_t other_decks = 0;

	for (size_t i = 0; i < w->nslots; i++) {
		w->at[i] = w->slots[i] == deck ? value : 0;
		other_decks += w->slots[i] != deck && w->slots[i]->type == SLOT_DECK;
	}
	do {
		const bool exists = walk_control(w) != -1;

		/* Beside another deck slot one match is enough: that one has its own values. */
		if (exists && other_decks)
			return true;
		if (!exists && !other_decks)
			return false;
	} while (walk_next(w, deck));
	return !other_decks;
}

static const cJSON *target_node(const struct raw_step *step)
{
	return member_or(step->h.obj, op_names[step->op]);
}

static void no_such_control(struct walk *w, bool deck)
{
	struct load *l = w->l;
	struct diag *e;

	if (l->incomplete || l->controls.unnamed)
		return;
	if (deck)
		e = problem(l, w->step->h.src, target_node(w->step), CODE_UNKNOWN_CONTROL,
		            "no deck has a control \"%s\"", shown(l, w->step->control));
	else
		e = problem(l, w->step->h.src, target_node(w->step), CODE_UNKNOWN_CONTROL,
		            "there is no control \"%s\"", shown(l, w->name));
	hint_near(e, w->name, &l->controls.names,
	          "declare it in \"controls\", or include the file that does");
}

/* ---- decks ---- */

static bool uses(const struct walk *w, const struct raw_slot *slot)
{
	for (size_t i = 0; i < w->nslots; i++)
		if (w->slots[i] == slot)
			return true;
	return false;
}

/* Whether the deck has all controls that the steps want of it; else *lacking is the first
 * step whose control is missing. */
static bool deck_has_all(struct load *l, const struct raw_intent *in, const struct raw_slot *slot,
                         size_t value, size_t *lacking)
{
	for (size_t i = 0; i < in->nsteps; i++) {
		struct walk w;

		walk_begin(&w, l, in, &in->steps[i]);
		if (!uses(&w, slot) || exists_with(&w, slot, value))
			continue;
		*lacking = i;
		return false;
	}
	return true;
}

static bool keep_decks(struct load *l, const struct raw_intent *in, struct raw_slot *slot)
{
	const char *kept[CHOICES_MAX];
	size_t n = 0, lacking = 0, furthest = 0;

	for (size_t v = 0; v < slot->nvalues; v++) {
		if (deck_has_all(l, in, slot, v, &lacking))
			kept[n++] = slot->values[v];
		else if (lacking > furthest)
			furthest = lacking;
	}
	if (!n) {
		struct walk w;

		walk_begin(&w, l, in, &in->steps[furthest]);
		fill_name(&w);
		no_such_control(&w, true);
		return false;
	}
	memcpy(slot->values, kept, n * sizeof(*kept));
	slot->nvalues = n;
	return true;
}

static const char *values_text(struct load *l, const struct raw_slot *slot)
{
	const char *out = "";

	for (size_t i = 0; i < slot->nvalues; i++)
		out = arena_fmt(l->scratch, "%s%s\"%s\"", out, *out ? ", " : "", slot->values[i]);
	return out;
}

static void deck_default(struct load *l, const struct raw_intent *in, const struct raw_slot *slot)
{
	if (!slot->def || slot->type != SLOT_DECK)
		return;
	for (size_t i = 0; i < slot->nvalues; i++)
		if (!strcmp(slot->values[i], slot->def->valuestring))
			return;
	diag_hint(
		problem(l, in->h.src, slot->def, CODE_BAD_SLOT,
	                "\"default\" of slot \"%s\" is \"%s\", a deck without the controls of this intent",
	                slot->name, slot->def->valuestring),
		"those with all of them: %s", values_text(l, slot));
}

/* ---- all combinations ---- */

/* A fader moves by a part of its way, an encoder by whole steps. */
static void check_by(struct walk *w, enum kind kind)
{
	const struct amount *by = &w->step->by;
	const struct raw_slot *slot =
		by->slot ? slot_find(w->in, by->slot + 1, strlen(by->slot) - 2) : NULL;
	const double lo = slot ? slot->min : by->num, hi = slot ? slot->max : by->num;

	if (!by->node)
		return;
	if (kind == KIND_FADER && (lo < -1 || hi > 1))
		problem(w->l, w->step->h.src, by->node, CODE_OUT_OF_RANGE,
		        "\"by\" is %s for the fader \"%s\", expected -1..1",
		        slot ? by->slot : shown_value(w->l, by->node), w->name);
	if (kind == KIND_ENCODER && !slot && by->num != floor(by->num))
		problem(w->l, w->step->h.src, by->node, CODE_WRONG_TYPE,
		        "\"by\" is %.9g for the encoder \"%s\", expected whole steps", by->num,
		        w->name);
}

/* What a control of that kind takes. */
static const char *ops_text(struct load *l, const struct kind_info *k)
{
	const char *out = NULL;

	for (int op = 0; op < OP_COUNT; op++)
		if (k->ops >> op & 1)
			out = arena_fmt(l->scratch, "%s%s\"%s\"", out ? out : "", out ? " or " : "",
			                op_names[op]);
	return out ? out : "a control that intents may move";
}

static void check_op(struct walk *w, struct raw_control *c)
{
	const struct kind_info *k = &kinds[c->kind];

	c->moved = true;
	if (!(k->ops >> w->step->op & 1))
		problem(w->l, w->step->h.src, target_node(w->step), CODE_BAD_KIND,
		        "\"%s\" of \"%s\", which is of kind \"%s\", expected %s",
		        op_names[w->step->op], w->name, k->name, ops_text(w->l, k));
	else
		check_by(w, c->kind);
	if (w->step->over.amount > 0.0f && c->kind != KIND_FADER)
		problem(w->l, w->step->h.src, member_or(w->step->h.obj, "over"), CODE_BAD_KIND,
		        "\"over\" for \"%s\", which is of kind \"%s\", expected a fader", w->name,
		        k->name);
}

static void check_step(struct load *l, const struct raw_intent *in, const struct raw_step *step)
{
	struct walk w;

	walk_begin(&w, l, in, step);
	do {
		const int control = walk_control(&w);

		if (control == -1) {
			no_such_control(&w, false);
			return;
		}
		if (control >= 0)
			check_op(&w, control_at(l, (size_t)control));
	} while (walk_next(&w, NULL));
}

/* Bounds what trying every value takes, for the step and for the whole load. */
static bool affordable(struct load *l, const struct raw_intent *in, const struct raw_step *step)
{
	size_t count = 1;
	struct walk w;

	walk_begin(&w, l, in, step);
	for (size_t i = 0; i < w.nslots; i++)
		count *= count <= COMBINATIONS_MAX ? w.slots[i]->nvalues : 1;
	if (count <= COMBINATIONS_MAX && load_spend(l, count * (w.nslots + 1) * 64))
		return true;
	diag_hint(problem(l, step->h.src, target_node(step), CODE_TOO_MANY,
	                  "\"%s\" has too many combinations of slot values",
	                  shown(l, step->control)),
	          "write fewer \"values\", or fewer slots in one name");
	return false;
}

static void check_intent(struct load *l, struct raw_intent *in)
{
	for (size_t i = 0; i < in->nsteps; i++)
		if (!affordable(l, in, &in->steps[i]))
			return;
	for (size_t i = 0; i < in->nslots; i++)
		if (in->slots[i].type == SLOT_DECK && !keep_decks(l, in, &in->slots[i]))
			return;
	for (size_t i = 0; i < in->nslots; i++)
		deck_default(l, in, &in->slots[i]);
	for (size_t i = 0; i < in->nsteps; i++)
		check_step(l, in, &in->steps[i]);
}

void check_macro(struct load *l, struct raw_intent *macro)
{
	check_intent(l, macro);
}

void check_intents(struct load *l)
{
	for (size_t i = 0; i < l->intents.n; i++)
		check_intent(l, intent_at(l, i));
}
