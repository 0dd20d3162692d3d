/* How long an OSC message takes to a sequencer client: it is both ends, so that there is one clock.
 *
 *	hop CLIENT PORT COUNT PERIOD-US
 *
 * It prints "ready CLIENT-NUMBER:PORT-NUMBER". For each line "UDP-PORT ADDRESS" of its input it sends
 * COUNT messages with a float, one each PERIOD, and waits for the CC that each comes to; then it prints
 * a line with the nanoseconds of each, from before it was sent to when it was received. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#define ADDRESS_MAX 128
#define COUNT_MAX 10000
#define PATIENCE_S 2

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "hop: %s\n", what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t t_ns)
{
	const struct timespec t = { .tv_sec = (time_t)(t_ns / 1000000000u),
		                    .tv_nsec = (long)(t_ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static snd_seq_t *open_sequencer(const char *client, const char *port)
{
	snd_seq_t *seq;
	int n;

	if (snd_seq_open(&seq, "default", SND_SEQ_OPEN_DUPLEX, 0) < 0 ||
	    snd_seq_set_client_name(seq, client) < 0)
		die("no sequencer");
	n = snd_seq_create_simple_port(seq, port, SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE,
	                               SND_SEQ_PORT_TYPE_MIDI_GENERIC);
	if (n < 0)
		die("no port");
	printf("ready %d:%d\n", snd_seq_client_id(seq), n);
	fflush(stdout);
	return seq;
}

/* Returns when the next CC was received, and *value, what it says. SIGALRM ends it when none comes. */
static uint64_t receive(snd_seq_t *seq, int *value)
{
	snd_seq_event_t *ev;

	while (snd_seq_event_input(seq, &ev) >= 0) {
		if (ev->type == SND_SEQ_EVENT_CONTROLLER) {
			*value = ev->data.control.value;
			return now_ns();
		}
	}
	die("cannot receive");
}

/* Returns the length. */
static size_t make_packet(char *out, const char *address, int cc)
{
	const size_t len = strlen(address) / 4 * 4 + 4;
	float value = (float)cc / 127;
	uint32_t bits;

	memset(out, 0, len);
	memcpy(out, address, strlen(address));
	memcpy(out + len, ",f\0", 4);
	memcpy(&bits, &value, 4);
	bits = htonl(bits);
	memcpy(out + len + 4, &bits, 4);
	return len + 8;
}

static void measure(snd_seq_t *seq, int fd, const char *address, int count, uint64_t period_ns)
{
	char packet[ADDRESS_MAX + 12];
	static uint64_t times[COUNT_MAX];
	uint64_t due = now_ns();

	for (int i = 0; i < count; i++) {
		const size_t len = make_packet(packet, address, i % 128);
		uint64_t sent, there;
		int value = -1;

		alarm(PATIENCE_S);
		sleep_until(due += period_ns);
		sent = now_ns();
		if (send(fd, packet, len, 0) < 0)
			die("cannot send");
		there = receive(seq, &value);
		if (value != i % 128)
			die("another message came");
		times[i] = there - sent;
	}
	alarm(0);
	for (int i = 0; i < count; i++)
		printf("%llu%c", (unsigned long long)times[i], i + 1 < count ? ' ' : '\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char address[ADDRESS_MAX];
	unsigned udp;
	snd_seq_t *seq;
	int fd;

	if (argc != 5 || atoi(argv[3]) < 1 || atoi(argv[3]) > COUNT_MAX)
		die("usage: hop CLIENT PORT COUNT PERIOD-US");
	seq = open_sequencer(argv[1], argv[2]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	while (scanf("%u %127s", &udp, address) == 2) {
		to.sin_port = htons((uint16_t)udp);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
			die("no socket");
		measure(seq, fd, address, atoi(argv[3]), strtoull(argv[4], NULL, 10) * 1000);
	}
	snd_seq_close(seq);
	return 0;
}
