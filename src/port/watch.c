/* How the prober works
 *
 * It keeps the list of devices that the bridge knows of, and looks again when the system announces
 * something; where there are no announcements, twice a second. A system that lists its devices
 * itself is asked itself; else a lister is started, and the list stays as it is until one comes
 * to its end. The differences are told.
 *
 * A device that goes and comes back between two looks is not the one that was opened: a system
 * that announces which device has gone is believed before it is looked at. */
#include "watch.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "devices.h"
#include "lister.h"
#include "system.h"
#include "uplink.h"

#include "cuewire/clock.h"
#include "cuewire/platform.h"

#define LOOK_NS UINT64_C(500000000)   /* between two looks where nothing is announced */
#define RETRY_NS UINT64_C(2000000000) /* after a lister that failed */
#define NEVER UINT64_MAX

struct watch {
	struct devices known; /* to the bridge */
	bool listed;          /* LINK_LISTED was sent */
	int news;             /* readable when something is announced; -1: nothing ever is */
	uint64_t look_ns;     /* when to look again, unless a lister runs */
	struct lister lister;
};

static void tell(const struct link_record *device)
{
	uplink_send(device);
}

static void tell_gone(const struct link_record *device)
{
	struct link_record r = *device;

	r.kind = LINK_GONE;
	uplink_send(&r);
}

/* Takes over the list, and leaves the old one in its place. */
static void update(struct watch *w, struct devices *now)
{
	const struct devices before = w->known;

	devices_compare(&before, now, tell_gone);
	devices_compare(now, &before, tell);
	w->known = *now;
	*now = before;
	if (!w->listed)
		uplink_say(LINK_LISTED, "");
	w->listed = true;
}

static void look(struct watch *w)
{
	struct devices now = { .list = NULL };

	w->look_ns = NEVER;
	if (w->news >= 0 && !system_list(&now)) {
		update(w, &now);
		devices_finish(&now);
	} else if (lister_start(&w->lister)) {
		w->look_ns = clock_ns() + LOOK_NS;
	}
}

static void take_lister(struct watch *w)
{
	const enum lister_state state = lister_poll(&w->lister);

	if (state == LISTER_DONE)
		update(w, &w->lister.found);
	if (state == LISTER_DONE && w->news < 0)
		w->look_ns = clock_ns() + LOOK_NS;
	if (state == LISTER_FAILED)
		w->look_ns = clock_ns() + RETRY_NS;
}

static void drop(struct watch *w, uint32_t first, uint32_t last)
{
	size_t i = 0;

	while (i < w->known.n) {
		const struct link_record *r = &w->known.list[i];

		if (r->value < first || r->value > last) {
			i++;
			continue;
		}
		tell_gone(r);
		devices_remove(&w->known, i);
	}
}

static void take_news(struct watch *w)
{
	struct system_news news;

	while (!system_next(&news)) {
		if (news.what == SYSTEM_GONE)
			drop(w, news.first, news.last);
		else
			w->look_ns = 0;
	}
}

_Noreturn void watch_run(void)
{
	struct watch w = { .news = system_listen() };

	lister_init(&w.lister);
	for (;;) {
		const bool lists = w.lister.fd >= 0;
		struct pollfd fds[] = {
			{ .fd = LINK_FD, .events = POLLHUP },
			{ .fd = w.news, .events = POLLIN },
			{ .fd = w.lister.fd, .events = POLLIN },
		};

		platform_poll(fds, 3, lists ? w.lister.deadline_ns : w.look_ns);
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			take_news(&w);
		if (lists)
			take_lister(&w);
		else if (clock_ns() >= w.look_ns)
			look(&w);
	}
	lister_end(&w.lister);
	_exit(0);
}
