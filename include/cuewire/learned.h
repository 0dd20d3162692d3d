/* What was learned of a thing (learn.h) as words for people and as keys of a route. Thread: any. */
#ifndef CUEWIRE_LEARNED_H
#define CUEWIRE_LEARNED_H

#include <stdbool.h>

#include "cuewire/buf.h"
#include "cuewire/kind.h"
#include "cuewire/learn.h"

/* "14-bit fader on channel 1, CC 1 and 33", and what is to be known beside that: what was held,
 * what else moved, what has to be done to be sure. */
void learned_text(struct buf *b, const struct learn_thing *t);

/* "note 15 on channel 1", "/1/push1": a source alone. */
void learned_source_text(struct buf *b, const struct learn_source *s);

/* The keys that name the source, as a JSON object: {"port": "pads", "channel": 1, "cc": [1, 33]}.
 * port: the name of the source's port; not used for OSC. */
void learned_source(struct buf *b, const struct learn_thing *t, const char *port);

struct learned_target {
	const char *control; /* NULL: not known yet; the route then has no "to" */
	enum kind kind;
	const char *when; /* the control that must be on, NULL: none */
};

/* The route as a JSON object: the source, how its values are to be read, and the target. */
void learned_route(struct buf *b, const struct learn_thing *t, const char *port,
                   const struct learned_target *to);

/* Why a thing of this kind cannot move such a control: words for "deck.a.play ...". NULL: it
 * can. */
const char *learned_refusal(const struct learn_thing *t, enum kind kind);

#endif
