/* The engine thread: the engine with the sockets, links and files that it lives on.
 * Thread: live_start and live_join, control thread; in between everything goes by queue.h. */
#ifndef CUEWIRE_LIVE_H
#define CUEWIRE_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "cuewire/flight.h"
#include "cuewire/mapping.h"
#include "cuewire/queue.h"

struct live;

/* Starts the thread. m and q are borrowed until live_join; the OSC sockets become its own. watch: as
 * of ORDER_WATCH, from the first message on.
 * Returns NULL with errno when there is no thread to be had. */
struct live *live_start(const struct mapping *m, struct queues *q, const int *osc_fds, size_t n,
                        unsigned watch);

/* A mapping that takes the place of `before`, whose numbers it has kept (mapping_load_after), with all
 * that the engine thread needs for it; for ORDER_RELOAD. closes: per port number
 * (MAPPING_PORTS_MAX of them), whether the one of before is closed. osc_fds: all sockets from then on;
 * those of before that are not among them are closed. What comes back with REPLY_RELOADED is what was there
 * before; then `before` is in use no more. */
struct live_next *live_prepare(struct live *l, const struct mapping *m,
                               const struct mapping *before, const bool *closes, const int *osc_fds,
                               size_t n);
void live_next_free(struct live_next *x);

/* What was written down in flight, as long as it; the mapping must live still. */
const struct flight *live_next_flight(const struct live_next *x);

/* Waits for the thread, which ends after ORDER_QUIT, and frees it. */
void live_join(struct live *l);

#endif
