/* What comes back. A cable, a bus or a program that returns what is sent makes a loop when a route
 * leads from there to a control that sends it again. The engine remembers for a moment what it has
 * sent; what comes in and is the same may be an echo, and what is sent because of it is one
 * generation older. Parts: echo.c; the engine asks it at what goes out and what comes in.
 *
 * Age alone proves nothing: a jog wheel whose messages are passed on as they are looks just so. So
 * an old echo puts its route to the test: for a moment nothing of it is let through. A loop is
 * silent then, for it lives on what it gets; a hand goes on. */
#ifndef CUEWIRE_CORE_ECHO_H
#define CUEWIRE_CORE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/midi.h"

#define ECHO_SLOTS 256                    /* what was sent last, by its hash */
#define ECHO_NS UINT64_C(100000000)       /* later it is no echo */
#define ECHO_AGE_MAX 32                   /* generations */
#define ECHO_SETTLE_NS UINT64_C(20000000) /* of a test: what was under way has arrived */
#define ECHO_TEST_MS 60
#define ECHO_TRUST_NS UINT64_C(60000000000) /* how long the result of a test holds */

struct echo {
	bool on;     /* the mapping has something that could come back ... */
	bool osc;    /* ... by OSC, too */
	uint8_t age; /* of the event that is being handled: 0: no echo */
	struct echo_sent {
		uint64_t key; /* 0: none */
		uint64_t t_ns;
		uint8_t age;
	} sent[ECHO_SLOTS];
};

/* Of a route. */
enum echo_verdict { ECHO_NONE, ECHO_TESTED, ECHO_LOOP, ECHO_HAND };
struct echo_route {
	uint8_t verdict; /* enum echo_verdict */
	uint64_t since_ns;
};

uint64_t echo_midi_key(uint8_t status, uint8_t d1, uint8_t d2);
uint64_t echo_osc_key(const char *address, float value);

/* Notes what is sent because of the event that is being handled. */
void echo_sent(struct echo *e, uint64_t t_ns, uint64_t key);
void echo_sent_bytes(struct echo *e, uint64_t t_ns, const uint8_t *bytes, size_t len);

/* Sets the age of what has come in. */
void echo_heard(struct echo *e, uint64_t t_ns, uint64_t key);

enum echo_answer { ECHO_PASS, ECHO_STOP, ECHO_TEST };

/* Whether what has come in may go through a route. ECHO_TEST: not now, and after ECHO_TEST_MS
 * echo_is_loop is to be asked. */
enum echo_answer echo_ask(const struct echo *e, struct echo_route *r, uint64_t t_ns);

/* The test is over. Returns whether it is a loop. */
bool echo_is_loop(struct echo_route *r, uint64_t t_ns);

#endif
