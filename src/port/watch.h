/* The prober: tells the bridge, through a link, which devices there are and which come and go. */
#ifndef CUEWIRE_PORT_WATCH_H
#define CUEWIRE_PORT_WATCH_H

/* Runs until the link ends, and ends the process. uplink_start was called. */
_Noreturn void watch_run(void);

#endif
