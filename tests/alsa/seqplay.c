/* A sequencer client with one port under names of choice: plays a controller, and stands in for the
 * port that Traktor listens to.
 *
 *	seqplay [-t] CLIENT PORT
 *
 * It prints "ready CLIENT-NUMBER:PORT-NUMBER", then a line for each MIDI message that it gets ("B0 07
 * 40") and "subscribed" or "unsubscribed" when somebody connects or disconnects; with -t each line
 * after its time, CLOCK_MONOTONIC in nanoseconds. It reads commands, one a line, and sends to all that are
 * connected:
 *
 *	CC CHANNEL NUMBER VALUE		channels are 1 to 16
 *	NOTE_ON CHANNEL NOTE VELOCITY
 *	NOTE_OFF CHANNEL NOTE VELOCITY
 *	BEND CHANNEL VALUE		0 to 16383
 *	PROGRAM CHANNEL NUMBER
 *	PRESSURE CHANNEL VALUE
 *	RAW HEX...			whole messages, "RAW F0 7E F7"
 *	FLAP COUNT			another port comes and goes, that often
 *	RENAME PORT			the port has another name from now on
 *	GO				it is gone as when it is unplugged ("gone" is printed)
 *	COME				it is there again, under another number ("ready" is printed)
 *	SLEEP MILLISECONDS		the commands wait; what comes in is printed all the same
 *	QUIT				as the end of input does
 *
 * Exit status: 0, 1 without a sequencer, 2 for a wrong command. */
#include <alloca.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#define LINE_BYTES 4096
#define RAW_BYTES 1024 /* of one RAW line, and of one SysEx that comes in */
#define ARGS_MAX 3
#define HELD_MAX 64

struct player {
	const char *client_name, *port_name;
	snd_seq_t *seq; /* NULL: gone */
	snd_midi_event_t *in, *out; /* events to bytes, bytes to events */
	int client, port; /* its numbers, of the last time while it is gone */
	bool stamps;
	bool quit;
	unsigned line;         /* the command's */
	uint64_t wake_ns;      /* SLEEP: no command before that */
	char text[LINE_BYTES]; /* what was read and is not done */
	size_t len;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void __attribute__((noreturn, format(printf, 2, 3))) die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("seqplay: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(status);
}

/* err: of alsa-lib, negative for a failure. */
static int checked(int err, const char *what)
{
	if (err < 0)
		die(1, "%s: %s", what, snd_strerror(err));
	return err;
}

static void print_time(const struct player *p)
{
	if (p->stamps)
		printf("%llu ", (unsigned long long)now_ns());
}

static void print_line(const struct player *p, const char *text)
{
	print_time(p);
	puts(text);
}

/* ---- the port ---- */

/* The time of "ready" is that from before: as early as anybody may have known of it. */
static void open_port(struct player *p)
{
	const unsigned caps = SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ |
	                      SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE;
	const unsigned type = SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION;

	checked(snd_seq_open(&p->seq, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK),
	        "no sequencer");
	checked(snd_seq_set_client_name(p->seq, p->client_name), "client name");
	p->client = snd_seq_client_id(p->seq);
	print_time(p);
	p->port = checked(snd_seq_create_simple_port(p->seq, p->port_name, caps, type), "port");
	printf("ready %d:%d\n", p->client, p->port);
}

/* ---- out ---- */

static void send_bytes(struct player *p, const uint8_t *bytes, size_t len)
{
	snd_seq_event_t ev = { .type = SND_SEQ_EVENT_NONE };

	snd_midi_event_reset_encode(p->out); /* no running status from the line before */
	while (len > 0) {
		long used = snd_midi_event_encode(p->out, bytes, (long)len, &ev);

		if (used <= 0)
			die(2, "line %u: not a MIDI message", p->line);
		bytes += used;
		len -= (size_t)used;
		if (ev.type == SND_SEQ_EVENT_NONE)
			continue;
		snd_seq_ev_set_source(&ev, p->port);
		snd_seq_ev_set_subs(&ev);
		snd_seq_ev_set_direct(&ev);
		checked(snd_seq_event_output_direct(p->seq, &ev), "send");
	}
	if (ev.type == SND_SEQ_EVENT_NONE)
		die(2, "line %u: not a whole MIDI message", p->line);
}

/* Commands that are one channel message: a channel, then args numbers up to max. */
static const struct command {
	const char *name;
	uint8_t status;
	int args;
	long max;
	const char *usage;
} commands[] = {
	{ "CC", 0xB0, 2, 127, "CHANNEL NUMBER VALUE" },
	{ "NOTE_ON", 0x90, 2, 127, "CHANNEL NOTE VELOCITY" },
	{ "NOTE_OFF", 0x80, 2, 127, "CHANNEL NOTE VELOCITY" },
	{ "BEND", 0xE0, 1, 16383, "CHANNEL VALUE" },
	{ "PROGRAM", 0xC0, 1, 127, "CHANNEL NUMBER" },
	{ "PRESSURE", 0xD0, 1, 127, "CHANNEL VALUE" },
};

/* Takes the next number of *text. Returns false if there is none within [min, max]. */
static bool take_number(char **text, long min, long max, long *out)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(*text, &end, 10);
	if (end == *text || errno || v < min || v > max)
		return false;
	*text = end;
	*out = v;
	return true;
}

static bool at_end(const char *text)
{
	return text[strspn(text, " \t\r")] == '\0';
}

static void do_channel(struct player *p, const struct command *c, char *text)
{
	long channel, args[ARGS_MAX] = { 0 };
	uint8_t bytes[3];
	size_t len = 0;
	bool ok = take_number(&text, 1, 16, &channel);

	for (int i = 0; i < c->args; i++)
		ok = ok && take_number(&text, 0, c->max, &args[i]);
	if (!ok || !at_end(text))
		die(2, "line %u: expected %s %s, channels 1..16, the rest 0..%ld", p->line, c->name,
		    c->usage, c->max);
	bytes[len++] = (uint8_t)(c->status | (channel - 1));
	bytes[len++] = (uint8_t)(args[0] & 0x7F);
	if (c->max > 127)
		bytes[len++] = (uint8_t)(args[0] >> 7);
	else if (c->args == 2)
		bytes[len++] = (uint8_t)args[1];
	send_bytes(p, bytes, len);
}

static void do_raw(struct player *p, char *text)
{
	uint8_t bytes[RAW_BYTES];
	size_t len = 0;

	while (!at_end(text)) {
		char *end;
		unsigned long v = strtoul(text, &end, 16);

		if (end == text || v > 0xFF || len == sizeof(bytes))
			die(2, "line %u: expected at most %d bytes in hex", p->line, RAW_BYTES);
		bytes[len++] = (uint8_t)v;
		text = end;
	}
	send_bytes(p, bytes, len);
}

static void do_flap(struct player *p, char *text)
{
	long count;

	if (!take_number(&text, 1, 10000, &count) || !at_end(text))
		die(2, "line %u: expected FLAP COUNT", p->line);
	while (count--) {
		const int port = snd_seq_create_simple_port(
			p->seq, "flap", SND_SEQ_PORT_CAP_SUBS_READ, SND_SEQ_PORT_TYPE_APPLICATION);

		if (port < 0 || snd_seq_delete_simple_port(p->seq, port) < 0)
			die(1, "line %u: no other port comes and goes", p->line);
	}
}

static void do_rename(struct player *p, const char *name)
{
	snd_seq_port_info_t *info;

	snd_seq_port_info_alloca(&info);
	if (snd_seq_get_port_info(p->seq, p->port, info) < 0)
		die(1, "line %u: the port is gone", p->line);
	snd_seq_port_info_set_name(info, name);
	if (snd_seq_set_port_info(p->seq, p->port, info) < 0)
		die(1, "line %u: the port keeps its name", p->line);
}

static void do_go(struct player *p)
{
	print_line(p, "gone");
	checked(snd_seq_close(p->seq), "close");
	p->seq = NULL;
}

/* The sequencer gives the lowest number that is free: another client holds the old one. */
static void do_come(struct player *p)
{
	snd_seq_t *held[HELD_MAX];
	size_t n = 0;

	do {
		if (n == HELD_MAX)
			die(1, "line %u: client %d is not free", p->line, p->client);
		checked(snd_seq_open(&held[n], "default", SND_SEQ_OPEN_DUPLEX, 0), "open");
	} while (snd_seq_client_id(held[n++]) < p->client);
	for (size_t i = 0; i + 1 < n; i++)
		snd_seq_close(held[i]);
	open_port(p);
	snd_seq_close(held[n - 1]);
}

static void do_sleep(struct player *p, char *text)
{
	long ms;

	if (!take_number(&text, 0, 3600000, &ms) || !at_end(text))
		die(2, "line %u: expected SLEEP MILLISECONDS", p->line);
	p->wake_ns = now_ns() + (uint64_t)ms * 1000000u;
}

static void do_line(struct player *p, char *line)
{
	char *text;

	p->line++;
	line += strspn(line, " \t\r");
	text = line + strcspn(line, " \t\r");
	if (*text != '\0')
		*text++ = '\0';
	if (*line == '\0')
		return;
	if (!p->seq && strcmp(line, "COME") != 0 && strcmp(line, "SLEEP") != 0 &&
	    strcmp(line, "QUIT") != 0)
		die(2, "line %u: it is gone", p->line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(line, commands[i].name) == 0) {
			do_channel(p, &commands[i], text);
			return;
		}
	}
	if (strcmp(line, "RAW") == 0)
		do_raw(p, text);
	else if (strcmp(line, "FLAP") == 0)
		do_flap(p, text);
	else if (strcmp(line, "RENAME") == 0)
		do_rename(p, text);
	else if (strcmp(line, "SLEEP") == 0)
		do_sleep(p, text);
	else if (strcmp(line, "QUIT") == 0)
		p->quit = true;
	else if (strcmp(line, "COME") == 0 && !p->seq)
		do_come(p);
	else if (strcmp(line, "GO") == 0 && p->seq)
		do_go(p);
	else
		die(2, "line %u: unknown command \"%s\"", p->line, line);
}

/* Does the whole lines that were read, up to a SLEEP. */
static void do_lines(struct player *p)
{
	char *end;

	while (!p->quit && p->wake_ns <= now_ns() && (end = memchr(p->text, '\n', p->len))) {
		size_t used = (size_t)(end - p->text) + 1;

		*end = '\0';
		do_line(p, p->text);
		p->len -= used;
		memmove(p->text, p->text + used, p->len);
	}
}

/* Returns false at the end of input. */
static bool read_text(struct player *p)
{
	ssize_t n;

	if (p->len == sizeof(p->text))
		die(2, "line %u is too long", p->line + 1);
	n = read(STDIN_FILENO, p->text + p->len, sizeof(p->text) - p->len);
	if (n < 0)
		die(1, "read: %s", strerror(errno));
	if (n == 0 && p->len > 0 && p->text[p->len - 1] != '\n')
		p->text[p->len++] = '\n';
	p->len += (size_t)n;
	return n > 0;
}

/* ---- in ---- */

static void print_event(struct player *p, const snd_seq_event_t *ev)
{
	uint8_t bytes[RAW_BYTES];
	long len;

	if (ev->type == SND_SEQ_EVENT_PORT_SUBSCRIBED ||
	    ev->type == SND_SEQ_EVENT_PORT_UNSUBSCRIBED) {
		print_line(p, ev->type == SND_SEQ_EVENT_PORT_SUBSCRIBED ? "subscribed"
		                                                         : "unsubscribed");
		return;
	}
	len = snd_midi_event_decode(p->in, bytes, sizeof(bytes), ev);
	if (len <= 0)
		return; /* not MIDI: the system's own */
	print_time(p);
	for (long i = 0; i < len; i++)
		printf("%s%02X", i ? " " : "", (unsigned)bytes[i]);
	putchar('\n');
}

static void read_events(struct player *p)
{
	snd_seq_event_t *ev;
	int n;

	while ((n = snd_seq_event_input(p->seq, &ev)) != -EAGAIN) {
		if (n == -ENOSPC)
			print_line(p, "overrun");
		else if (checked(n, "receive") >= 0)
			print_event(p, ev);
	}
}

/* ---- start ---- */

static void start(struct player *p)
{
	open_port(p);
	checked(snd_midi_event_new(RAW_BYTES, &p->in), "decoder");
	checked(snd_midi_event_new(RAW_BYTES, &p->out), "encoder");
	snd_midi_event_no_status(p->in, 1); /* each line is a whole message */
}

static int wait_ms(const struct player *p)
{
	uint64_t now = now_ns();

	return p->wake_ns > now ? (int)((p->wake_ns - now) / 1000000u) + 1 : -1;
}

static void play(struct player *p)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	bool more = true;

	while (!p->quit) {
		bool sleeping = p->wake_ns > now_ns();

		fds[0].fd = -1;
		if (p->seq)
			snd_seq_poll_descriptors(p->seq, fds, 1, POLLIN);
		fds[1].fd = more && !sleeping ? STDIN_FILENO : -1;
		if (poll(fds, 2, wait_ms(p)) < 0 && errno != EINTR)
			die(1, "poll: %s", strerror(errno));
		if (p->seq)
			read_events(p);
		if (fds[1].fd >= 0 && fds[1].revents)
			more = read_text(p);
		do_lines(p);
		if (!more && p->wake_ns <= now_ns())
			p->quit = true;
	}
}

int main(int argc, char **argv)
{
	static struct player p;
	int opt;

	while ((opt = getopt(argc, argv, "t")) != -1) {
		if (opt != 't')
			die(2, "usage: seqplay [-t] CLIENT PORT");
		p.stamps = true;
	}
	if (argc - optind != 2)
		die(2, "usage: seqplay [-t] CLIENT PORT");
	setvbuf(stdout, NULL, _IOLBF, 0);
	p.client_name = argv[optind];
	p.port_name = argv[optind + 1];
	start(&p);
	play(&p);
	snd_midi_event_free(p.in);
	snd_midi_event_free(p.out);
	if (p.seq)
		snd_seq_close(p.seq);
	return 0;
}
