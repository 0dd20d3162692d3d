/* What the system's MIDI tells beside PortMidi: which of two devices of one name is which, and
 * when one comes or goes. There is one implementation a system; the Makefile takes the right one.
 * Thread: one. */
#ifndef CUEWIRE_PORT_SYSTEM_H
#define CUEWIRE_PORT_SYSTEM_H

#include <stdint.h>

struct devices;

/* Adds all devices, in the order in which PortMidi numbers them. Returns 0, or -1 where the system
 * does not tell: then nothing is added. */
int system_list(struct devices *out);

/* The descriptor from which the PortMidi of this process takes what comes in, once it has started;
 * -1: there is none to be seen. */
int system_input_fd(void);

/* Asks for announcements, once in a process. Returns a descriptor that is readable when something
 * has been announced, or -1: there are no announcements here. */
int system_listen(void);

struct system_news {
	enum { SYSTEM_GONE, SYSTEM_CHANGED } what;
	uint32_t first, last; /* gone: the devices of these addresses */
};

/* Takes the next announcement, without waiting. Returns 0, or -1: there is none now. What is
 * CHANGED the list says. */
int system_next(struct system_news *out);

#endif
