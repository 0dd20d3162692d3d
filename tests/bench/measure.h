/* What is measured of a subject. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "subject.h"

#define ROUNDS_MAX 100
#define BURST 512

/* Times from the sending of a packet to the reading of its answer, block after block. */
struct series {
	uint64_t *ns; /* owned; room for all rounds */
	size_t n;
	size_t open;            /* of n: those of the rounds that are over */
	double p50[ROUNDS_MAX]; /* of each round alone */
	double p99[ROUNDS_MAX];
	size_t rounds;
	uint64_t cpu_ns; /* processor time of all of them */
};

/* The value below which a part of the sorted values lies. */
uint64_t percentile(const uint64_t *sorted, size_t n, double part);

void sort_ns(uint64_t *v, size_t n);

/* Sorts them. */
double median(double *v, size_t n);

/* One block: n packets at a rate, each answered before the next is sent. */
void measure_latency(struct subject *s, struct series *out, size_t n, unsigned per_second);

/* Ends a round of blocks. */
void measure_round(struct series *x);

/* n packets, 64 of which are under way at any time. Sets the messages per second, and the processor
 * time of each in nanoseconds (0: not known). */
void measure_rate(struct subject *s, size_t n, double *per_second, double *cpu_ns);

/* Packets without a pause, while it runs or while it is stopped. Returns how many were answered. */
size_t measure_burst(struct subject *s, bool stopped);

/* Times from the start of a program until it says that it is ready, and until it has ended. *cpu_ns
 * grows by the processor time of its whole life. */
uint64_t measure_ready(const char *const argv[], uint64_t *cpu_ns);
uint64_t measure_run(const char *const argv[], uint64_t *cpu_ns);

#endif
