/* The link between the bridge and a port host: a SOCK_STREAM pair, on the host's side
 * descriptor LINK_FD, that carries records of one fixed size in both directions. Both programs
 * are built together, so a record is in this machine's byte order. One size for all, the longest
 * reason included: 40 and 256 bytes were measured to take equally long.
 *
 * Host to bridge: LINK_DEVICE for each device that is open, and LINK_OPENED; or LINK_FAILED. Then
 * LINK_DONE for every LINK_WRITE, in order, and LINK_MIDI and LINK_SYSEX for what the device sends.
 * Bridge to host: LINK_WRITE, of which at most LINK_WINDOW are without their LINK_DONE.
 * After a write that failed (its LINK_DONE says so) comes a LINK_FAILED, and the host is gone.
 * The bridge ends a host by closing its end (a mere shutdown would not wake a host whose driver
 * hangs): what was sent is still written, then the host releases what is held and goes, within
 * 200 ms, also when its driver hangs.
 * Prober to bridge: LINK_DEVICE for each device that is there, and LINK_LISTED; then LINK_DEVICE and
 * LINK_GONE as devices come and go.
 *
 * Exit status of a host: 0 the link was closed and everything held is released; 1 LINK_FAILED was
 * sent, or the driver could not release in time; 2 usage. */
#ifndef CUEWIRE_LINK_H
#define CUEWIRE_LINK_H

#include <stdint.h>

#define LINK_FD 3
#define LINK_WINDOW 8
#define LINK_TEXT 168
#define LINK_BYTES 16 /* of a write; SysEx, which only comes in, uses the text */

enum link_kind {
	LINK_OPENED = 1, /* value: microseconds of opening; text: a remark for people, may be "" */
	LINK_FAILED,     /* text: reason in words; code: enum link_reason */
	LINK_WRITE,      /* len bytes to write, whole messages; see flags */
	LINK_DONE,       /* seq of the write; t_ns: when it returned; code: 0 or LINK_R_FAILED */
	LINK_MIDI,       /* len bytes that came in, one whole message; t_ns: when they were read */
	LINK_DEVICE,     /* text: name; flags: LINK_IN or LINK_OUT; value: see below */
	LINK_LISTED,     /* all devices have been named */
	LINK_GONE,       /* as LINK_DEVICE */
	LINK_SYSEX,      /* len bytes of text: a SysEx that came in, or the next part of one that is
	                  * longer; value: how many were discarded before, too long or cut off */
};

enum link_reason { LINK_R_NONE, LINK_R_MISSING, LINK_R_FAILED, LINK_R_LOOP };

enum link_flag {
	LINK_PRESS = 1,   /* key is held from now on; release holds the bytes that release it */
	LINK_RELEASE = 2, /* key is no longer held */
	LINK_IN = 4,      /* an input device */
	LINK_OUT = 8,     /* an output device */
};

/* Which device it is, for as long as it is there: two of one name differ in it, and one that comes
 * back may have another. On Linux client << 8 | port of the ALSA sequencer. */
#define LINK_UNKNOWN 0 /* the system does not tell */

struct link_record {
	uint8_t kind; /* enum link_kind */
	uint8_t code;
	uint8_t len; /* bytes used */
	uint8_t flags;
	uint32_t seq;
	uint64_t t_ns; /* CLOCK_MONOTONIC */
	uint32_t value;
	uint16_t key; /* the control */
	uint8_t release_len;
	uint8_t pad;
	union {
		struct {
			uint8_t bytes[LINK_BYTES];
			uint8_t release[LINK_BYTES];
		};
		char text[LINK_TEXT];
	};
};

_Static_assert(sizeof(struct link_record) == 192, "both ends must agree");

#endif
