/* What a port host asks of the system's MIDI: a small table of operations, so that a native one
 * can stand beside PortMidi's. Thread: all calls from one, the driver thread; any of them may
 * block for as long as the system's driver does, and may crash. There is no close: the end of
 * the process closes everything, and a driver that hangs while it closes helps nobody. */
#ifndef CUEWIRE_PORT_DRIVER_H
#define CUEWIRE_PORT_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/midi.h"

#define DRIVER_ERROR 256

struct driver_device {
	int id;
	bool input;       /* else an output */
	const char *name; /* borrowed from the driver, for as long as the process lives */
	uint32_t address; /* LINK_UNKNOWN, or which of those of this name; see cuewire/link.h */
};

struct driver_event {
	uint8_t bytes[MIDI_SYSEX_MAX]; /* one whole message */
	uint16_t len;
};

struct driver {
	const struct driver_ops *ops;
	bool clock;         /* read gives the MIDI clock, too; set before open */
	uint32_t discarded; /* SysEx that were too long or cut off; its reader may set it to 0 */
	char error[DRIVER_ERROR]; /* what went wrong, after a call that returned -1 */
};

struct driver_ops {
	/* Comes first. Returns 0 or -1. */
	int (*start)(struct driver *d);

	/* Devices have the ids 0..count-1. device returns false where there is none. */
	int (*count)(struct driver *d);
	bool (*device)(struct driver *d, int id, struct driver_device *out);

	/* Makes a port of our own under this name, a device for as long as the process lives: other
	 * programs write to an input and read from an output. Returns 0, -1, or 1 where the driver
	 * makes no ports. */
	int (*create)(struct driver *d, const char *name, bool input, struct driver_device *out);

	/* Opens one device of each direction at most. Returns 0 or -1. */
	int (*open)(struct driver *d, const struct driver_device *device);

	/* Writes whole short messages, one after the other, to the open output; it returns when
	 * they are on their way. Returns 0 or -1; after -1 nothing can be written any more. */
	int (*write)(struct driver *d, const uint8_t *bytes, size_t len);

	/* Takes what has come in, without waiting and without active sensing.
	 * Returns how many messages are at out, or -1. */
	int (*read)(struct driver *d, struct driver_event *out, int max);

	/* A descriptor that is readable when read has something to take, or -1: read must be called
	 * again and again. After open; what read has left for want of room does not count. */
	int (*input_fd)(struct driver *d);

	/* How long a message that was written may still wait in this process. */
	uint64_t linger_ns;
};

/* The one PortMidi; a process has no more than this. */
struct driver *driver_portmidi(void);

#endif
