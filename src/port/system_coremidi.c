/* CoreMIDI. It tells that something has changed, not what: PortMidi's list in a fresh process says
 * that.
 *
 * CoreMIDI speaks to the run loop of the thread that made the process's first client. That thread
 * is not the prober's: MIDIClientCreate starts the system's MIDI server and may wait for it, while
 * the prober must see the end of its link. The two share a pipe. */
#ifdef __APPLE__
#include "system.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include <CoreFoundation/CoreFoundation.h>
#include <CoreMIDI/CoreMIDI.h>

#include "cuewire/platform.h"

#define LOOK_NS 500000000L /* without announcements: as often as where there never are any */

static int news[2]; /* a byte is in it when something was announced; nobody waits to write one */

int system_list(struct devices *out)
{
	(void)out;
	return -1;
}

int system_input_fd(void)
{
	return -1;
}

static void announce(void)
{
	const ssize_t n = write(news[1], "", 1);

	(void)n; /* full: what is in it says the same */
}

/* Every change ends in one of these, whatever else is told about it. */
static void notified(const MIDINotification *message, void *arg)
{
	(void)arg;
	if (message->messageID == kMIDIMsgSetupChanged)
		announce();
}

/* What came before the client was there was not announced. The run loop ends only if it has nothing
 * to wait for. */
static void *listen_main(void *arg)
{
	MIDIClientRef client;

	(void)arg;
	if (!MIDIClientCreate(CFSTR("cuewire"), notified, NULL, &client)) {
		announce();
		CFRunLoopRun();
	}
	for (;;) {
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
		announce();
	}
	return NULL;
}

int system_listen(void)
{
	pthread_t thread;

	if (platform_pipe(news))
		return -1;
	if (!pthread_create(&thread, NULL, listen_main, NULL))
		return news[0];
	close(news[0]);
	close(news[1]);
	return -1;
}

int system_next(struct system_news *out)
{
	char bytes[64];
	bool any = false;

	while (read(news[0], bytes, sizeof(bytes)) > 0)
		any = true;
	*out = (struct system_news){ .what = SYSTEM_CHANGED };
	return any ? 0 : -1;
}
#endif
