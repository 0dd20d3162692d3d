/* A program under measurement: it gets OSC packets by UDP and answers each one, the bridge by the
 * MIDI bytes that it writes to a FIFO. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SUBJECT_ARGS 16
#define SUBJECT_PATH 512
#define PACKET_SIZE 24

/* What one answer looks like. */
enum form {
	FORM_CC,     /* three bytes */
	FORM_LINE,   /* a line of tests/fault/portmidi.c: "DEVICE B0 07 40" */
	FORM_PACKET, /* the packet itself */
};

struct subject {
	const char *name;
	const char *argv[SUBJECT_ARGS]; /* NULL-terminated */
	const char *fault_dir; /* of a PortMidi that writes to the FIFO; NULL: the system's */
	unsigned rules;        /* packets go to each in turn; 0: to /deck/a/volume */
	enum form form;
	bool bridge;   /* it answers with the value that it got */
	bool children; /* it has processes of its own */

	char fifo[SUBJECT_PATH];   /* "": it answers by UDP */
	char socket[SUBJECT_PATH]; /* of the bridge, "": none */
	pid_t pid;
	int said; /* its standard error */
	int out;  /* the socket that packets leave by */
	int in;   /* what answers come by */
	uint8_t packet[PACKET_SIZE];
	unsigned sent; /* packets so far */
	size_t part;   /* bytes of an answer that is not complete */
	uint8_t value; /* of the last answer */
};

_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_ns(void);

/* Starts a program with its standard error as a pipe. env: NAME=VALUE, two at most, or NULLs.
 * Returns the pipe's end; dies if it cannot. */
int spawn(pid_t *pid, const char *const argv[], const char *env1, const char *env2);

/* Reads what a program says until it is ready. Returns its OSC port; or dies with what it said. */
int wait_ready(int said, const char *name);

/* Starts it and waits until it answers. Dies if it does not. */
void subject_start(struct subject *s);
void subject_stop(struct subject *s);

/* Makes the next packet, and sends it. */
void subject_prepare(struct subject *s);
void subject_send(struct subject *s);

/* Waits for answers. Returns how many have come; dies when alarm() rings first. */
size_t subject_read(struct subject *s);

/* Reads answers until none has come for some time. Returns how many there were. */
size_t subject_drain(struct subject *s, int quiet_ms);

/* Dies if a bridge's last answer is not what the last packet asked for. */
void subject_check(const struct subject *s);

/* Processor time that it has used, in nanoseconds; 0 where that is not known. */
uint64_t subject_cpu_ns(const struct subject *s);

#endif
