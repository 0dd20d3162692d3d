#include "list.h"

#include <stdio.h>
#include <unistd.h>

#include "driver.h"
#include "uplink.h"

#include "cuewire/buf.h"

/* A lister whose driver hangs is killed by whoever started it; this is for the one that outlives
 * its parent. */
#define ORPHAN_S 60
#define PROBE_ORPHAN_S 6

#define LIST_MAX (1 << 20)

static void add_devices(struct buf *b, struct driver *d, bool input)
{
	const int count = d->ops->count(d);
	struct driver_device device;
	const char *before = "";

	for (int id = 0; id < count; id++) {
		if (!d->ops->device(d, id, &device) || device.input != input)
			continue;
		buf_fmt(b, "%s{\"index\":%d,\"name\":", before, id);
		buf_json_str(b, device.name);
		buf_putc(b, '}');
		before = ",";
	}
}

static int print_line(struct buf *b)
{
	buf_putc(b, '\n');
	if (b->cut || fwrite(b->p, 1, b->len, stdout) != b->len)
		return -1;
	return fflush(stdout);
}

int list_run(struct driver *d)
{
	struct buf b;
	int status = 0;

	alarm(ORPHAN_S);
	buf_init(&b, LIST_MAX);
	if (d->ops->start(d)) {
		buf_puts(&b, "{\"error\":");
		buf_json_str(&b, d->error);
		status = 1;
	} else {
		buf_puts(&b, "{\"inputs\":[");
		add_devices(&b, d, true);
		buf_puts(&b, "],\"outputs\":[");
		add_devices(&b, d, false);
		buf_putc(&b, ']');
	}
	buf_putc(&b, '}');
	if (print_line(&b))
		status = 1;
	buf_finish(&b);
	return status;
}

_Noreturn void list_send(struct driver *d)
{
	struct driver_device device;
	int count;

	alarm(PROBE_ORPHAN_S);
	if (d->ops->start(d))
		uplink_fail(LINK_R_FAILED, d->error);
	count = d->ops->count(d);
	for (int id = 0; id < count; id++) {
		struct link_record r;

		if (!d->ops->device(d, id, &device))
			continue;
		r = uplink_device(device.name, device.input, device.address);
		uplink_send(&r);
	}
	uplink_say(LINK_LISTED, "");
	_exit(0);
}
