/* The quick way: what nearly every message is, one float that a fader becomes as it is, from the route to
 * what leaves, in one piece and without a call. Whatever is not so takes the way of all (engine_in.c), and
 * what is so would come to the same by it. */
#include "control_priv.h"

static inline void become_it(struct engine *e, uint64_t t_ns, uint16_t peer, const struct route *r,
                             bool settled, float v)
{
	const struct source s = { .from = FROM_OSC,
		                  .rank = RANK_UI,
		                  .who = peer,
		                  .label = r->label,
		                  .settled = settled };
	const struct control *c = &e->m->controls[r->to];
	const bool shows = settled && r->place != PLACE_NONE;

	if (shows)
		feedback_settled(&e->feedback.watchers[peer], t_ns, r, v);
	if (take(e, t_ns, r->to, c, &s))
		become(e, t_ns, r->to, c, v, &s);
	else if (shows)
		feedback_after(e, t_ns, peer, r, &s); /* it is locked: who sends is told */
}

/* For who sends it shows it, and nobody else is to be told; or the fader is shown nowhere. Else nothing is
 * done, and false returned. */
static inline bool quick_number(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route,
                                float v)
{
	const struct route *r = &e->m->routes[route];
	const uint8_t uses = e->feedback.watchers[peer].uses, use = route_use(r);
	const bool settled = r->settled && e->feedback.npeers <= 1 && uses == use;

	if (!r->quick || !(v >= 0.0f && v <= 1.0f) ||
	    !(settled || (r->place == PLACE_NONE && uses & use)))
		return false;
	become_it(e, t_ns, peer, r, settled, v + 0.0f); /* no -0 */
	return true;
}

void engine_number(struct engine *e, uint64_t t_ns, uint16_t peer, uint16_t route, float v)
{
	watcher_heard(e, t_ns, peer);
	if (e->echo.osc || !quick_number(e, t_ns, peer, route, v))
		osc_any_number(e, t_ns, peer, route, v);
}
