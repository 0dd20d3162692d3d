#include "measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTSTANDING 64
#define WATCHDOG_S 30
#define QUIET_MS 300 /* after which nothing more comes */

/* ---- figures ---- */

static int compare_ns(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void sort_ns(uint64_t *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_ns);
}

uint64_t percentile(const uint64_t *sorted, size_t n, double part)
{
	const size_t i = (size_t)(part * (double)n);

	return sorted[i < n ? i : n - 1];
}

double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_double);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- latency ---- */

static void sleep_until(uint64_t t_ns)
{
	const uint64_t now = now_ns();

	if (now < t_ns)
		nanosleep(&(struct timespec){ .tv_sec = (time_t)((t_ns - now) / 1000000000u),
		                              .tv_nsec = (long)((t_ns - now) % 1000000000u) },
		          NULL);
}

static uint64_t round_trip(struct subject *s)
{
	uint64_t start, end;

	subject_prepare(s);
	start = now_ns();
	subject_send(s);
	while (!subject_read(s))
		;
	end = now_ns();
	subject_check(s);
	return end - start;
}

void measure_latency(struct subject *s, struct series *out, size_t n, unsigned per_second)
{
	const uint64_t step = 1000000000u / per_second;
	const uint64_t cpu = subject_cpu_ns(s);
	uint64_t *ns = out->ns + out->n;
	uint64_t due = now_ns() + step;

	alarm(WATCHDOG_S + (unsigned)n / per_second);
	for (size_t i = 0; i < n; i++, due += step) {
		sleep_until(due);
		ns[i] = round_trip(s);
	}
	alarm(0);
	out->cpu_ns += subject_cpu_ns(s) - cpu;
	out->n += n;
}

void measure_round(struct series *x)
{
	uint64_t *ns = x->ns + x->open;
	const size_t n = x->n - x->open;

	sort_ns(ns, n);
	x->p50[x->rounds] = (double)percentile(ns, n, 0.5);
	x->p99[x->rounds] = (double)percentile(ns, n, 0.99);
	x->rounds++;
	x->open = x->n;
}

/* ---- rate ---- */

void measure_rate(struct subject *s, size_t n, double *per_second, double *cpu_ns)
{
	const uint64_t cpu = subject_cpu_ns(s), start = now_ns();
	size_t sent = 0, answered = 0;

	alarm(WATCHDOG_S);
	while (answered < n) {
		while (sent < n && sent - answered < OUTSTANDING) {
			subject_prepare(s);
			subject_send(s);
			sent++;
		}
		answered += subject_read(s);
	}
	alarm(0);
	*per_second = (double)n * 1e9 / (double)(now_ns() - start);
	*cpu_ns = (double)(subject_cpu_ns(s) - cpu) / (double)n;
}

/* ---- bursts ---- */

size_t measure_burst(struct subject *s, bool stopped)
{
	size_t n;

	if (stopped) {
		kill(s->pid, SIGSTOP);
		waitpid(s->pid, NULL, WUNTRACED);
	}
	for (size_t i = 0; i < BURST; i++) {
		subject_prepare(s);
		subject_send(s);
	}
	if (stopped)
		kill(s->pid, SIGCONT);
	alarm(WATCHDOG_S);
	n = subject_drain(s, QUIET_MS);
	alarm(0);
	return n;
}

/* ---- starts ---- */

/* Waits until the program has ended. Returns the processor time of its life. */
static uint64_t wait_end(pid_t pid)
{
	struct rusage before, after;
	int64_t us;

	getrusage(RUSAGE_CHILDREN, &before);
	waitpid(pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &after);
	us = (int64_t)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
	     (after.ru_utime.tv_usec - before.ru_utime.tv_usec) +
	     (int64_t)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
	     (after.ru_stime.tv_usec - before.ru_stime.tv_usec);
	return (uint64_t)us * 1000;
}

uint64_t measure_ready(const char *const argv[], uint64_t *cpu_ns)
{
	const uint64_t start = now_ns();
	uint64_t ready;
	pid_t pid;
	const int said = spawn(&pid, argv, NULL, NULL);

	wait_ready(said, argv[0]);
	ready = now_ns();
	kill(pid, SIGTERM);
	*cpu_ns += wait_end(pid);
	close(said);
	return ready - start;
}

uint64_t measure_run(const char *const argv[], uint64_t *cpu_ns)
{
	const uint64_t start = now_ns();
	uint64_t end;
	pid_t pid;
	const int said = spawn(&pid, argv, NULL, NULL);

	*cpu_ns += wait_end(pid);
	end = now_ns();
	close(said);
	return end - start;
}
