/* One intent message, checked against the mapping: to acts, or to a refusal with its reason.
 * Every entrance (standard input, socket, later others) goes through here.
 * Thread: control thread. The format of a message: cuewire(1), INTENTS. */
#ifndef CUEWIRE_INTENT_H
#define CUEWIRE_INTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/engine.h"
#include "cuewire/mapping.h"

struct cJSON;

#define INTENT_ID_MAX 64
#define INTENT_NAME_MAX 96
#define INTENT_ACTS_MAX 64

struct intent_request {
	char id[INTENT_ID_MAX + 1]; /* empty: none was given */
	char name[INTENT_NAME_MAX + 1];
	bool dry_run;
	int64_t expires_ms; /* -1: none was given */
	struct batch_act acts[INTENT_ACTS_MAX];
	size_t nacts;
};

struct intent_refusal {
	const char *reason; /* of the interface: "unknown_intent", "bad_slot" ...; static */
	char message[256];
};

/* Returns 0, or -1 with *why filled (and as much of id and name as could be read). */
int intent_check(const struct mapping *m, const struct cJSON *message, struct intent_request *r,
                 struct intent_refusal *why);

/* What `cuewire send` presses outlives its connection, but not for ever: presses that nothing releases
 * are released after 10 s. */
void intent_outlive(const struct mapping *m, struct batch_act *acts, size_t n);

/* Puts the slots' texts in place of {slot} in a template of the mapping. Returns false when it
 * does not fit. Used by the checker of mappings too. */
struct slot_value {
	const char *name;
	char text[64];
};
bool intent_fill(char *out, size_t size, const char *text, const struct slot_value *v, size_t n);

#endif
