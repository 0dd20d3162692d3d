/* OSC messages that leave. Built by liblo, sent by whoever owns the socket. Thread: any. */
#ifndef CUEWIRE_OSC_OUT_H
#define CUEWIRE_OSC_OUT_H

#include <stdbool.h>
#include <stddef.h>

/* Writes a message of one number (whole: type i, else f). Returns its length, 0: no room. */
size_t osc_out_number(void *out, size_t size, const char *address, float v, bool whole);

/* The same of n numbers, type f. */
size_t osc_out_numbers(void *out, size_t size, const char *address, const float *v, size_t n);

/* A UDP socket that sends to "host:port". Resolves the name: control thread only.
 * Returns the descriptor, or -1 with a reason. */
int osc_out_open(const char *to, const char **reason);

#endif
