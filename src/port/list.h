/* The list of devices. Thread: the one that runs the driver. */
#ifndef CUEWIRE_PORT_LIST_H
#define CUEWIRE_PORT_LIST_H

struct driver;

/* Prints {"inputs": [{"index", "name"}], "outputs": [...]}, or {"error": "..."}, as one line on
 * standard output. Returns the exit status: 0, or 1 for an error. */
int list_run(struct driver *d);

/* The same for the prober: sends LINK_DEVICE for each device, then LINK_LISTED, or LINK_FAILED, and
 * ends the process. uplink_start was called. */
_Noreturn void list_send(struct driver *d);

#endif
