/* The host's end of the link (cuewire/link.h). Thread: any; a record is sent by one at a time. */
#ifndef CUEWIRE_PORT_UPLINK_H
#define CUEWIRE_PORT_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "cuewire/link.h"

/* Makes descriptor LINK_FD ours alone, and this process deaf to what ends programs: whatever ends
 * the bridge ends the link, and that alone ends a host. Returns false where LINK_FD is no link. */
bool uplink_start(void);

/* Sends a record whole; blocks while the link is full. Errors are no concern: without a reader the
 * link ends, which whoever waits for that sees. */
void uplink_send(const struct link_record *r);

/* Sends a record of this kind, with no more than a text, which may be "". */
void uplink_say(enum link_kind kind, const char *text);

/* Sends LINK_FAILED and ends the process. */
_Noreturn void uplink_fail(enum link_reason code, const char *reason);

/* Sets the text: as much as fits, cut between characters and marked. */
void uplink_text(struct link_record *r, const char *text);

/* The LINK_DEVICE of a device. */
struct link_record uplink_device(const char *name, bool input, uint32_t address);

#endif
