/* The least that brings an OSC message to a sequencer client: one process, which receives, takes the
 * float from the packet's end, and sends a CC. What the bridge takes is measured beside it (hop.c).
 *
 *	bare CLIENT:PORT CC
 *
 * It prints "ready UDP-PORT" and goes on until it is killed. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static snd_seq_t *open_sequencer(const char *to)
{
	snd_seq_addr_t peer;
	snd_seq_t *seq;

	if (snd_seq_open(&seq, "default", SND_SEQ_OPEN_OUTPUT, 0) < 0 ||
	    snd_seq_create_simple_port(seq, "bare", SND_SEQ_PORT_CAP_READ,
	                               SND_SEQ_PORT_TYPE_APPLICATION) != 0 ||
	    snd_seq_parse_address(seq, &peer, to) < 0 ||
	    snd_seq_connect_to(seq, 0, peer.client, peer.port) < 0)
		die("no sequencer, or nobody there");
	return seq;
}

static int open_socket(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		die("no socket");
	printf("ready %d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static void pass_on(snd_seq_t *seq, int fd, unsigned cc)
{
	snd_seq_event_t ev = { .type = SND_SEQ_EVENT_NONE };
	unsigned char packet[2048];
	uint32_t bits;
	float value;
	const ssize_t n = recvfrom(fd, packet, sizeof(packet), 0, NULL, NULL);

	if (n < 4)
		die("not a message");
	memcpy(&bits, packet + n - 4, 4);
	bits = ntohl(bits);
	memcpy(&value, &bits, 4);
	snd_seq_ev_set_controller(&ev, 0, cc, (int)(value * 127 + 0.5f));
	snd_seq_ev_set_source(&ev, 0);
	snd_seq_ev_set_subs(&ev);
	snd_seq_ev_set_direct(&ev);
	if (snd_seq_event_output_direct(seq, &ev) < 0)
		die("cannot send");
}

int main(int argc, char **argv)
{
	snd_seq_t *seq;
	int fd;

	if (argc != 3)
		die("usage: bare CLIENT:PORT CC");
	seq = open_sequencer(argv[1]);
	fd = open_socket();
	for (;;)
		pass_on(seq, fd, (unsigned)atoi(argv[2]));
}
