/* The ALSA sequencer. PortMidi numbers its devices by client and port number, for each port the
 * output first, then the input, and calls them by the name of the port. It leaves out the system's
 * own client, and ports to which nobody may subscribe, as PortMidi's own and ours are. */
#include "system.h"

#include <alloca.h>
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include <alsa/asoundlib.h>

#include "devices.h"
#include "uplink.h"

#define FDS_SEEN 64 /* a host has a handful */

static snd_seq_t *listener; /* NULL: system_listen was not called, or failed */

static void silence(const char *file, int line, const char *function, int err, const char *fmt, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)fmt;
}

/* Where there is no sequencer alsa-lib would say so on standard error, each time. */
static snd_seq_t *sequencer(void)
{
	snd_seq_t *seq;

	snd_lib_error_set_handler(silence);
	return snd_seq_open(&seq, "default", SND_SEQ_OPEN_INPUT, SND_SEQ_NONBLOCK) ? NULL : seq;
}

static uint32_t address_of(int client, int port)
{
	return (uint32_t)client << 8 | (uint32_t)port;
}

/* ---- the list ---- */

static void add_port(struct devices *out, const snd_seq_port_info_t *port)
{
	static const struct {
		unsigned capability;
		bool input;
	} ways[] = { { SND_SEQ_PORT_CAP_SUBS_WRITE, false }, { SND_SEQ_PORT_CAP_SUBS_READ, true } };
	const unsigned can = snd_seq_port_info_get_capability(port);
	const uint32_t address =
		address_of(snd_seq_port_info_get_client(port), snd_seq_port_info_get_port(port));

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct link_record r;

		if (!(can & ways[i].capability))
			continue;
		r = uplink_device(snd_seq_port_info_get_name(port), ways[i].input, address);
		devices_add(out, &r);
	}
}

static void add_client(struct devices *out, snd_seq_t *seq, int client)
{
	snd_seq_port_info_t *port;

	snd_seq_port_info_alloca(&port);
	snd_seq_port_info_set_client(port, client);
	snd_seq_port_info_set_port(port, -1);
	while (snd_seq_query_next_port(seq, port) >= 0)
		add_port(out, port);
}

/* A client of our own for the time of a list is itself announced, so the listener lists as itself. */
int system_list(struct devices *out)
{
	snd_seq_t *seq = listener ? listener : sequencer();
	snd_seq_client_info_t *client;

	if (!seq)
		return -1;
	snd_seq_client_info_alloca(&client);
	snd_seq_client_info_set_client(client, -1);
	while (snd_seq_query_next_client(seq, client) >= 0)
		if (snd_seq_client_info_get_client(client) != SND_SEQ_CLIENT_SYSTEM)
			add_client(out, seq, snd_seq_client_info_get_client(client));
	if (seq != listener)
		snd_seq_close(seq);
	return 0;
}

/* PortMidi does not show its sequencer, but reads from it in Pm_Poll and Pm_Read alone, until it is
 * empty; and no other is open in a process that does not listen. */
int system_input_fd(void)
{
	struct stat sequencer_st, st;

	if (stat("/dev/snd/seq", &sequencer_st))
		return -1;
	for (int fd = 0; fd < FDS_SEEN; fd++)
		if (!fstat(fd, &st) && S_ISCHR(st.st_mode) && st.st_rdev == sequencer_st.st_rdev)
			return fd;
	return -1;
}

/* ---- announcements ---- */

/* Returns the descriptor to poll, or -1. */
static int subscribe(snd_seq_t *seq)
{
	const int port = snd_seq_create_simple_port(
		seq, "announcements", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_NO_EXPORT,
		SND_SEQ_PORT_TYPE_APPLICATION);
	struct pollfd fd;

	if (port < 0 ||
	    snd_seq_connect_from(seq, port, SND_SEQ_CLIENT_SYSTEM, SND_SEQ_PORT_SYSTEM_ANNOUNCE))
		return -1;
	return snd_seq_poll_descriptors(seq, &fd, 1, POLLIN) == 1 ? fd.fd : -1;
}

int system_listen(void)
{
	snd_seq_t *seq = sequencer();
	int fd;

	if (!seq)
		return -1;
	snd_seq_set_client_name(seq, "cuewire");
	fd = subscribe(seq);
	if (fd < 0)
		snd_seq_close(seq);
	else
		listener = seq;
	return fd;
}

/* Returns false for what concerns no device: a client that starts has no ports yet, and one that
 * ends takes its ports with it without a word about them. */
static bool translate(const snd_seq_event_t *e, struct system_news *out)
{
	const uint32_t client = address_of(e->data.addr.client, 0);
	const uint32_t port = client | e->data.addr.port;

	switch (e->type) {
	case SND_SEQ_EVENT_CLIENT_EXIT:
		*out = (struct system_news){ SYSTEM_GONE, client, client | 0xFF };
		return true;
	case SND_SEQ_EVENT_PORT_EXIT:
		*out = (struct system_news){ SYSTEM_GONE, port, port };
		return true;
	case SND_SEQ_EVENT_PORT_START:
	case SND_SEQ_EVENT_PORT_CHANGE:
		*out = (struct system_news){ .what = SYSTEM_CHANGED };
		return true;
	default:
		return false;
	}
}

/* ENOSPC: announcements were lost, and the others are thrown away. */
int system_next(struct system_news *out)
{
	snd_seq_event_t *e;
	int err;

	while ((err = snd_seq_event_input(listener, &e)) >= 0)
		if (translate(e, out))
			return 0;
	*out = (struct system_news){ .what = SYSTEM_CHANGED };
	return err == -ENOSPC ? 0 : -1;
}
