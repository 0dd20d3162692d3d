/* A loop of the second order: each tick is compared with when it was due, and the difference moves
 * both the phase and the period. How much is what a line of least squares through the last
 * `memory` ticks would say (the growing-memory g-h filter: E. Brookner, Tracking and Kalman
 * Filtering Made Easy, 1998). So the bandwidth is as wide as it can be at the first ticks, and falls
 * with each until the memory is full. When the ticks come earlier and earlier or later and later, the
 * tempo has changed: most of the memory is dropped, and it begins again.
 *
 * A locked loop gives each tick the slot nearest to it. A tick that is a slot late means that one
 * is missing: lost, or held up by somebody's scheduler. If it comes after all, it finds its slot
 * taken, and is not counted. So lost ticks and bursts shift nothing; what remains unexplained is
 * trouble, and enough of that means another clock than was thought. Then the loop begins anew, and
 * takes the slots back that it counted without a tick. */
#include "cuewire/pulse.h"

#include <math.h>

#include "cuewire/tempo.h"

#define TICK_MIN_NS (60e9 / PULSE_PER_BEAT / TEMPO_MAX)
#define TICK_MAX_NS (60e9 / PULSE_PER_BEAT / TEMPO_MIN)
#define TOLERANCE 0.02 /* beyond the limits: a clock at a limit has jitter too */

#define MEMORY_USABLE 3 /* ticks */
#define MEMORY_LOCKED 24
#define MEMORY_TURN 10 /* what is left when the tempo changes */
#define MEMORY_FULL 160

#define DRIFT_TICKS 6 /* of the means */
#define NOISE_TICKS 64
#define DRIFT_MIN_NS 1.2e6 /* senders that count milliseconds step by one */

#define TROUBLE 3 /* for a tick out of its slot; one in its slot takes 1 away */
#define TROUBLE_MAX 12
#define FORGIVEN 24 /* after so many regular ticks what is missing does not come any more */

#define LOST_NS UINT64_C(250000000)
#define LOST_TICKS 6

static bool in_limits(double tick_ns, double tolerance)
{
	return tick_ns >= TICK_MIN_NS * (1 - tolerance) && tick_ns <= TICK_MAX_NS * (1 + tolerance);
}

static double late_by(const struct pulse *p, uint64_t now_ns)
{
	return (double)(int64_t)(now_ns - p->due_ns);
}

void pulse_begin(struct pulse *p, uint64_t now_ns)
{
	*p = (struct pulse){ .last_ns = now_ns, .memory = 1 };
}

bool pulse_usable(const struct pulse *p)
{
	return p->memory >= MEMORY_USABLE && in_limits(p->tick_ns, TOLERANCE);
}

uint64_t pulse_lost_ns(const struct pulse *p)
{
	const uint64_t ticks = (uint64_t)(LOST_TICKS * p->tick_ns);

	return p->last_ns + (ticks > LOST_NS ? ticks : LOST_NS);
}

/* A tick that was late by so much moves the phase and the period. */
static void adjust(struct pulse *p, double late)
{
	double n, phase, period;

	if (p->memory < MEMORY_FULL)
		p->memory++;
	n = p->memory;
	phase = 2 * (2 * n - 1) / (n * (n + 1));
	period = 6 / (n * (n + 1));
	p->tick_ns += period * late;
	p->due_ns += (uint64_t)llround(p->tick_ns + phase * late);
}

/* Whether the tempo has changed: the ticks are off by more than they usually are, and all to one
 * side. */
static bool drifts(struct pulse *p, double late)
{
	const double usual = fmax(DRIFT_MIN_NS, p->tick_ns / 16) + p->noise_ns;
	const double most = p->tick_ns / 4; /* a single one proves nothing */
	const double e = fmax(-most, fmin(late, most));

	p->drift_ns += (e - p->drift_ns) / DRIFT_TICKS;
	p->noise_ns += (fabs(e - p->drift_ns) - p->noise_ns) / NOISE_TICKS;
	return fabs(p->drift_ns) > usual;
}

/* The second tick gives the first estimate. */
static void begin_period(struct pulse *p, uint64_t now_ns)
{
	const double tick_ns = (double)(now_ns - p->last_ns);

	pulse_begin(p, now_ns);
	if (!in_limits(tick_ns, 0.5)) /* one of the two is off, or both came at once */
		return;
	p->memory = 2;
	p->tick_ns = tick_ns;
	p->due_ns = now_ns + (uint64_t)tick_ns;
}

static int tick_unlocked(struct pulse *p, uint64_t now_ns)
{
	const double late = late_by(p, now_ns);

	if (p->memory == 1) {
		begin_period(p, now_ns);
		return 1;
	}
	if (fabs(late) > 0.75 * p->tick_ns) {
		pulse_begin(p, now_ns);
		return 1;
	}
	p->last_ns = now_ns;
	adjust(p, late);
	p->noise_ns += (fabs(late) - p->noise_ns) / p->memory;
	if (p->memory >= MEMORY_LOCKED && !(p->locked = pulse_usable(p)))
		pulse_begin(p, now_ns);
	return 1;
}

/* Begins anew with a tick that was going to count as so many. */
static int give_up(struct pulse *p, uint64_t now_ns, int ticks)
{
	ticks -= p->behind;
	pulse_begin(p, now_ns);
	return ticks;
}

/* A tick that came when one was due, after some that did not come. */
static int tick_due(struct pulse *p, uint64_t now_ns, int missing, double late)
{
	p->due_ns += (uint64_t)llround(missing * p->tick_ns);
	p->behind += missing;
	p->last_ns = now_ns;
	p->late_ns = late;
	adjust(p, late);
	if (p->trouble >= TROUBLE_MAX || !in_limits(p->tick_ns, TOLERANCE))
		return give_up(p, now_ns, 1 + missing);
	if (drifts(p, late)) {
		p->memory = MEMORY_TURN;
		p->drift_ns = 0;
	}
	return 1 + missing;
}

/* A tick out of its slot. When the one before it was near the border too, and their distance is
 * that of two ticks in a row, it is the clock that slipped: its tempo is another. */
static void out_of_slot(struct pulse *p, double late)
{
	const bool slipped = fabs(late - p->late_ns) < 0.4 * p->tick_ns;

	p->trouble += slipped ? TROUBLE_MAX : TROUBLE;
}

/* A tick whose slot is taken: one that was missing, or one too many. */
static int tick_early(struct pulse *p, uint64_t now_ns, double late)
{
	p->last_ns = now_ns;
	if (--p->behind < 0)
		out_of_slot(p, late);
	return p->trouble >= TROUBLE_MAX ? give_up(p, now_ns, 0) : 0;
}

int pulse_tick(struct pulse *p, uint64_t now_ns)
{
	double late;
	int slot;

	if (now_ns < p->last_ns)
		now_ns = p->last_ns;
	if (!p->locked)
		return tick_unlocked(p, now_ns);
	late = late_by(p, now_ns);
	slot = (int)floor(late / p->tick_ns + 0.5);
	p->regular = slot ? 0 : p->regular + 1;
	if (slot < 0)
		return tick_early(p, now_ns, late);
	if (slot)
		out_of_slot(p, late);
	else if (p->trouble)
		p->trouble--;
	if (p->regular >= FORGIVEN)
		p->behind = 0;
	return tick_due(p, now_ns, slot, late - slot * p->tick_ns);
}
