/* A list of devices that is made in a process of its own, `cuewire-port list --link`: PortMidi sees
 * what has come only when it starts anew, and may hang or crash then. Thread: one. */
#ifndef CUEWIRE_PORT_LISTER_H
#define CUEWIRE_PORT_LISTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "devices.h"

struct lister {
	int fd;               /* to be polled for input; -1: none runs */
	uint64_t deadline_ns; /* while one runs: when it is given up */
	pid_t pid;            /* the last one's */
	struct devices found;
	struct link_record in; /* what comes */
	size_t in_bytes;       /* of it */
};

enum lister_state { LISTER_RUNS, LISTER_DONE, LISTER_FAILED };

/* For all listers: nobody waits for the end of one, which may hang in the kernel. */
void lister_init(struct lister *l);

/* Starts one. Returns 0, or -1: it cannot be started, or the last one is still there. */
int lister_start(struct lister *l);

/* Takes what has come, without waiting. DONE: found has all devices. FAILED: it has ended, or its
 * time is over. With both it has been ended. */
enum lister_state lister_poll(struct lister *l);

/* Ends the one that runs. */
void lister_end(struct lister *l);

#endif
