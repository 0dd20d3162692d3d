/* What has moved: tracks of sources, buttons that are held, and when a movement is over.
 *
 * A movement begins with the first message after an answer. Of all that moves, the one that has
 * moved most is meant; it is over when that one rests. A button that is held may be a shift key,
 * so it is waited for; what moves meanwhile is told with it, and the button itself then is not. */
#include "cuewire/learn.h"

#include <string.h>

#include "learn_priv.h"

#define NS_PER_MS UINT64_C(1000000)
#define REST_NS (350 * NS_PER_MS) /* no message for so long: it rests */
#define AGAIN_NS \
	(1500 * NS_PER_MS) /* from letting go to the next press, by one who takes his time */
#define HOLD_NS (2000 * NS_PER_MS) /* a button that is held for longer may be one that latches */

#define LOW 16.0f               /* CC */
#define TAP_NS (50 * NS_PER_MS) /* a finger that presses, or lets go, does so no faster */

#define OTHERS_SHARE 0.25 /* of the largest movement: what moved less is an accident */

void learn_init(struct learn *l)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < LEARN_TRACKS; i++)
		l->tracks[i].by = LEARN_NONE;
	for (size_t i = 0; i < sizeof(l->params) / sizeof(*l->params); i++)
		l->params[i].port = LEARN_NONE;
}

/* ---- tracks ---- */

static bool is_same(const struct learn_source *a, const struct learn_source *b)
{
	return a->form == b->form && a->port == b->port && a->channel == b->channel &&
	       a->number == b->number && a->arg == b->arg && !strcmp(a->address, b->address);
}

struct learn_track *learn_find(struct learn *l, const struct learn_source *id)
{
	for (size_t i = 0; i < LEARN_TRACKS; i++)
		if (l->tracks[i].used && is_same(&l->tracks[i].id, id))
			return &l->tracks[i];
	return NULL;
}

/* A free place, or that of the one that is still for longest. */
static struct learn_track *make_room(struct learn *l)
{
	struct learn_track *oldest = &l->tracks[0];

	for (size_t i = 0; i < LEARN_TRACKS; i++) {
		struct learn_track *t = &l->tracks[i];

		if (!t->used)
			return t;
		if (t->last_ns < oldest->last_ns)
			oldest = t;
	}
	for (size_t i = 0; i < LEARN_TRACKS; i++)
		if (l->tracks[i].by == oldest - l->tracks)
			l->tracks[i].by = LEARN_NONE;
	return oldest;
}

struct learn_track *learn_track_of(struct learn *l, const struct learn_source *id)
{
	struct learn_track *t = learn_find(l, id);

	if (t)
		return t;
	t = make_room(l);
	*t = (struct learn_track){ .id = *id, .used = true, .by = LEARN_NONE };
	return t;
}

const struct learn_track *learn_other_cc(const struct learn *l, const struct learn_track *t, int n)
{
	const int number = t->id.number + n;

	for (size_t i = 0; t->id.form == LEARN_CC && i < LEARN_TRACKS; i++) {
		const struct learn_track *o = &l->tracks[i];

		if (o->used && o->id.form == LEARN_CC && o->id.port == t->id.port &&
		    o->id.channel == t->id.channel && o->id.number == number)
			return o;
	}
	return NULL;
}

/* ---- buttons ---- */

/* A value of OSC or CC that a press may send. A low one is a fader's at its end, too, if it does not
 * come and go again and again, as slowly as a finger. */
static bool is_button_value(const struct learn_track *t, float v)
{
	const size_t n = learn_kept(t);

	if (t->id.form == LEARN_OSC)
		return v == 1.0f;
	return v >= LOW || (n >= 4 && t->last_ns - learn_sample(t, 0)->t_ns >= n * TAP_NS);
}

/* One value alone is a press or a release only where it is an end of the scale: 40 is a fader's. */
static bool is_end(const struct learn_track *t, float v)
{
	return v == 0.0f || v == (t->id.form == LEARN_OSC ? 1.0f : 127.0f);
}

/* A CC that selects a parameter, of which 127 is part of "none". */
static bool is_selecting(const struct learn_track *t)
{
	return t->id.form == LEARN_CC && t->id.number >= LEARN_CC_SELECT &&
	       t->id.number < LEARN_CC_SELECT + 4;
}

bool learn_is_switching(const struct learn_track *t)
{
	const size_t n = learn_kept(t);
	float on = 0.0f;

	if (t->id.form == LEARN_NOTE)
		return true;
	if ((t->id.form != LEARN_CC && t->id.form != LEARN_OSC) || t->trigger || t->half ||
	    is_selecting(t) || !n)
		return false;
	if (n == 1)
		return is_end(t, learn_sample(t, 0)->v);
	for (size_t i = 0; i < n; i++) {
		const float v = learn_sample(t, i)->v;

		if (i && (v == 0.0f) == (learn_sample(t, i - 1)->v == 0.0f))
			return false;
		if (v == 0.0f)
			continue;
		if (!is_button_value(t, v) || (on != 0.0f && v != on))
			return false;
		on = v;
	}
	return true;
}

/* Whether it is held at this time. One value that stays may also be a button that latches or a step
 * of an encoder; nor is it a shift key of which has just been said that it is not sure. */
static bool is_held(const struct learn_track *t, uint64_t now_ns)
{
	if (!t->used || !t->down || t->latches || (t->asked_at && t->asked_at == t->n))
		return false;
	return t->lets_go || now_ns - t->down_ns < HOLD_NS;
}

/* The button that is held, the last pressed one of several; LEARN_NONE: none but t. */
static int find_held(const struct learn *l, const struct learn_track *t, uint64_t now_ns)
{
	int held = LEARN_NONE;

	for (int i = 0; i < LEARN_TRACKS; i++) {
		const struct learn_track *o = &l->tracks[i];

		if (o != t && is_held(o, now_ns) &&
		    (held == LEARN_NONE || o->down_ns > l->tracks[held].down_ns))
			held = i;
	}
	return held;
}

static void set_down(struct learn_track *t, uint64_t t_ns, float v)
{
	const bool down = v != 0.0f && learn_is_switching(t);

	if (down && !t->down)
		t->down_ns = t_ns;
	t->lets_go |= t->down && v == 0.0f;
	t->down = down;
}

/* ---- samples ---- */

static void add_movement(struct learn_track *t, float v)
{
	if (!t->moves++)
		t->lo = t->hi = v;
	if (v < t->lo)
		t->lo = v;
	if (v > t->hi)
		t->hi = v;
}

void learn_add(struct learn *l, struct learn_track *t, uint64_t t_ns, float v)
{
	const int held = find_held(l, t, t_ns);

	t->ring[t->n++ % LEARN_SAMPLES] = (struct learn_sample){ t_ns, v };
	t->last_ns = t_ns;
	if (t->id.form == LEARN_CC)
		t->misfits |= learn_misfits((uint8_t)v);
	set_down(t, t_ns, v);
	if (t->shifts) {
		t->shifts = t->down; /* its release is no movement */
		return;
	}
	add_movement(t, v);
	if (held == LEARN_NONE) {
		t->moves_free = true;
		return;
	}
	t->by = held;
	l->tracks[held].shifts = true;
	l->tracks[held].moves = 0;
}

bool learn_is_pair(const struct learn *l, const struct learn_track *t)
{
	const struct learn_track *lsb = t->id.number < 32 ? learn_other_cc(l, t, 32) : NULL;

	/* Some devices send only the half that changed, so the rarer half decides. */
	return t->id.form == LEARN_CC && lsb && t->pairs &&
	       4 * t->pairs >= 3 * (t->n < lsb->n ? t->n : lsb->n);
}

/* ---- answers ---- */

/* The thing that a track is a part of: of an LSB, its MSB. */
static int thing_of(const struct learn *l, int i)
{
	const struct learn_track *t = &l->tracks[i], *msb;

	if (t->id.form != LEARN_CC || t->id.number < 32 || t->id.number >= 64)
		return i;
	msb = learn_other_cc(l, t, -32);
	return msb && learn_is_pair(l, msb) ? (int)(msb - l->tracks) : i;
}

static bool is_moving(const struct learn_track *t)
{
	return t->used && t->moves && !t->shifts;
}

/* What has moved most; LEARN_NONE: nothing has. */
static int find_leader(const struct learn *l)
{
	int leader = LEARN_NONE;
	double most = 0.0;

	for (int i = 0; i < LEARN_TRACKS; i++) {
		double far;
		int thing;

		if (!is_moving(&l->tracks[i]))
			continue;
		thing = thing_of(l, i);
		far = learn_movement(l, &l->tracks[thing]);
		if (far > most) {
			most = far;
			leader = thing;
		}
	}
	return leader;
}

/* The arguments of one OSC message are one thing. */
static bool is_one_thing(const struct learn_track *a, const struct learn_track *b)
{
	return a == b || (a->id.form == LEARN_OSC && b->id.form == LEARN_OSC &&
	                  !strcmp(a->id.address, b->id.address));
}

static size_t count_others(const struct learn *l, const struct learn_track *leader)
{
	const double least = OTHERS_SHARE * learn_movement(l, leader);
	size_t n = 0;

	for (int i = 0; i < LEARN_TRACKS; i++) {
		const struct learn_track *t = &l->tracks[i];

		n += is_moving(t) && !is_one_thing(leader, t) && thing_of(l, i) == i &&
		     learn_movement(l, t) >= least;
	}
	return n;
}

static uint64_t rests_at(const struct learn *l, const struct learn_track *t)
{
	const struct learn_track *lsb = learn_is_pair(l, t) ? learn_other_cc(l, t, 32) : NULL;
	const uint64_t last = lsb && lsb->last_ns > t->last_ns ? lsb->last_ns : t->last_ns;

	if (t->down && !t->latches)
		return t->down_ns + HOLD_NS;
	/* Asked to let go and press again: the press follows, if it does not latch. */
	return last + (t->asked_at && t->moves == 1 ? AGAIN_NS : REST_NS);
}

uint64_t learn_due(const struct learn *l)
{
	const int leader = find_leader(l);

	return leader == LEARN_NONE ? UINT64_MAX : rests_at(l, &l->tracks[leader]);
}

void learn_skip(struct learn *l)
{
	for (size_t i = 0; i < LEARN_TRACKS; i++) {
		l->tracks[i].moves = 0;
		l->tracks[i].by = LEARN_NONE;
	}
}

bool learn_next(struct learn *l, uint64_t now_ns, struct learn_thing *out)
{
	const int leader = find_leader(l);
	struct learn_track *t = leader == LEARN_NONE ? NULL : &l->tracks[leader];

	if (!t || now_ns < rests_at(l, t))
		return false;
	learn_classify(l, t, out);
	out->others = count_others(l, t);
	if (t->by != LEARN_NONE) {
		const struct learn_source *by = &l->tracks[t->by].id;

		out->held = true;
		out->by = *by;
		out->moves_free = t->moves_free;
		out->touched =
			out->guess == GUESS_JOG && by->form == LEARN_NOTE && by->port == t->id.port;
	}
	t->latches = out->guess == GUESS_TOGGLE;
	t->asked_at = out->ask == ASK_AGAIN ? t->n : 0;
	learn_skip(l);
	return true;
}
