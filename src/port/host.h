/* A port host: one MIDI port behind a link (cuewire/link.h), in a process of its own. */
#ifndef CUEWIRE_PORT_HOST_H
#define CUEWIRE_PORT_HOST_H

#include <stdbool.h>

#include "choose.h"

struct driver;

struct host_options {
	struct choice in, out;
	bool loop;  /* one bus both ways is wanted */
	bool clock; /* so is the MIDI clock that comes in */
	bool make;  /* the first words of each direction name a port to be made; where that cannot
	            * be, the others are looked for */
};

/* Runs until the link ends or the driver fails, and ends the process. uplink_start was called.
 * Takes over the calling thread, which must be the only one. */
_Noreturn void host_run(const struct host_options *want, struct driver *d);

#endif
