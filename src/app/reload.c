/* Another mapping while everything goes on: asked for by `cuewire reload`, SIGHUP, or a file that was
 * written. The files are read and checked as at the start; when nothing is wrong with them, ports that
 * are not the same are closed, the engine goes over between two events, and what is new is opened. What
 * is wrong is said, and nothing has happened. */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cuewire/clock.h"
#include "cuewire/filewatch.h"
#include "cuewire/load.h"
#include "cuewire/mem.h"
#include "cuewire/osc_in.h"
#include "cuewire/platform.h"
#include "cuewire/sim.h"

#define SETTLE_NS \
	UINT64_C(150000000) /* after the last news of a file: it may not be written whole */

/* ---- files ---- */

static uint64_t stamp_of(const char *file)
{
	struct stat st;

	if (stat(file, &st))
		return 0;
	return platform_written_ns(&st) ^ (uint64_t)st.st_size << 20 ^ (uint64_t)st.st_ino;
}

static uint64_t stamp(const struct daemon *d)
{
	uint64_t all = 0;

	for (size_t i = 0; i < d->m->nfiles; i++)
		all = all * 31 + stamp_of(d->m->files[i]);
	return all;
}

void reload_watch(struct daemon *d)
{
	if (d->reload.watch_fd >= 0)
		close(d->reload.watch_fd);
	d->reload.watch_fd = filewatch_open(d->m->files, d->m->nfiles);
	d->reload.stamp = stamp(d);
}

void reload_polled(struct daemon *d)
{
	filewatch_drain(d->reload.watch_fd);
	d->reload.look_ns = clock_ns() + SETTLE_NS;
}

void reload_tick(struct daemon *d, uint64_t now)
{
	if (now < d->reload.look_ns)
		return;
	d->reload.look_ns = TIME_NEVER;
	if (stamp(d) != d->reload.stamp)
		reload_begin(d, NULL);
}

/* ---- what is said ---- */

static void answer(struct client *c, const struct buf *b)
{
	if (c)
		outlet_line(&c->out, b->p, b->len);
}

static void say_diags(struct daemon *d, const struct diags *diags)
{
	struct buf b;

	buf_init(&b, 65536);
	diags_text(&b, diags);
	if (b.len)
		outlet_line(&d->err, b.p, b.len - 1);
	buf_finish(&b);
}

/* {"reloaded": false, "error": "...", "diagnostics": [...]} */
static void refuse(struct daemon *d, struct client *c, const char *why, const struct diags *diags)
{
	struct buf b;

	daemon_say(d, "!!! reload: %s: the mapping of before goes on", why);
	buf_init(&b, 65536);
	buf_puts(&b, "{\"reloaded\": false, \"error\": ");
	buf_json_str(&b, why);
	buf_puts(&b, ", ");
	diags_json(&b, diags);
	buf_putc(&b, '}');
	answer(c, &b);
	buf_finish(&b);
}

/* ---- what is different ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_names(const struct names *a, const struct names *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	return a->n == b->n;
}

/* What is open can stay so. */
static bool same_port(const struct port *a, const struct port *b)
{
	return a->gone == b->gone && same_names(&a->in, &b->in) && same_names(&a->out, &b->out) &&
	       a->osc_listen == b->osc_listen && same_text(a->osc_bind, b->osc_bind) &&
	       same_text(a->osc_send, b->osc_send) && same_text(a->raw_in, b->raw_in) &&
	       same_text(a->raw_out, b->raw_out) && a->simulated == b->simulated &&
	       a->bytes_per_s == b->bytes_per_s && a->is_virtual == b->is_virtual &&
	       a->allow_loop == b->allow_loop && a->clock == b->clock;
}

static void count_controls(const struct mapping *m, const struct mapping *before,
                           struct reload_counts *n)
{
	for (size_t i = 0; i < m->ncontrols; i++) {
		const bool was = i < before->ncontrols && !before->controls[i].gone;

		n->added += !m->controls[i].gone && !was;
		n->removed += m->controls[i].gone && was;
		n->changed += !m->controls[i].gone && was &&
		              (!control_sends_same(&m->controls[i], &before->controls[i]) ||
		               m->controls[i].hold_ns != before->controls[i].hold_ns);
	}
}

static void count_routes(const struct mapping *m, const struct mapping *before,
                         struct reload_counts *n)
{
	uint16_t *was = xcalloc(m->nroutes + 1, sizeof(*was));
	bool *stays = xcalloc(before->nroutes + 1, sizeof(*stays));

	mapping_match(m, before, was);
	for (size_t i = 0; i < m->nroutes; i++) {
		if (m->routes[i].own)
			continue;
		if (was[i] == ROUTE_END || before->routes[was[i]].own || stays[was[i]])
			n->added++;
		else
			stays[was[i]] = true;
	}
	for (size_t i = 0; i < before->nroutes; i++)
		n->removed += !before->routes[i].own && !stays[i];
	free(was);
	free(stays);
}

static void count_ports(struct daemon *d)
{
	const struct mapping *m = d->reload.next, *before = d->m;
	struct reload_counts *n = &d->reload.ports;

	for (size_t i = 0; i < m->nports; i++) {
		const bool was = i < before->nports && !before->ports[i].gone;

		d->reload.reopen[i] =
			i >= before->nports || !same_port(&m->ports[i], &before->ports[i]);
		n->added += !m->ports[i].gone && !was;
		n->removed += m->ports[i].gone && was;
		n->changed += d->reload.reopen[i] && was && !m->ports[i].gone;
	}
}

/* ---- sockets ---- */

/* What the nth socket of a mapping is asked to be; a mapping without any has the usual one. Returns
 * false where there is no such. */
static bool asked_socket(const struct daemon *d, const struct mapping *m, size_t nth,
                         const char **bind, int *number)
{
	const bool by_option = d->opt.osc_port >= 0 && !nth;
	size_t n = 0;

	for (size_t i = 0; i < m->nports; i++) {
		if (m->ports[i].osc_listen < 0 || n++ != nth)
			continue;
		*bind = m->ports[i].osc_bind;
		*number = by_option ? d->opt.osc_port : m->ports[i].osc_listen;
		return true;
	}
	*bind = NULL;
	*number = by_option ? d->opt.osc_port : DEFAULT_OSC_PORT;
	return !n && !nth;
}

static bool is_one_of(const int *fds, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

/* Which of the open sockets is what is asked for, and not taken yet; or -1. */
static int find_socket(const struct daemon *d, const char *bind, int number)
{
	const char *its_bind;
	int its_number;

	for (size_t k = 0; asked_socket(d, d->m, k, &its_bind, &its_number); k++)
		if (number == its_number && same_text(bind, its_bind) &&
		    !is_one_of(d->reload.fds, d->reload.nosc, d->reload.fds_now[k]))
			return (int)k;
	return -1;
}

/* The one that is open on this port of another address, or -1. */
static int beside(const struct daemon *d, int number)
{
	const char *bind;
	int its_number;

	for (size_t k = 0; asked_socket(d, d->m, k, &bind, &its_number); k++)
		if (number && number == its_number)
			return d->reload.fds_now[k];
	return -1;
}

/* The one that listens there already, or a new one: the last of r->fds. Returns it, or -1. */
static int take_socket(struct daemon *d, const char *bind, int number)
{
	struct reload *r = &d->reload;
	const int k = find_socket(d, bind, number);

	r->osc_port[r->nosc] = k >= 0 ? d->osc_port[k] : number;
	r->osc_buffer[r->nosc] = k >= 0 ? d->osc_buffer[k] : 0;
	r->fds[r->nosc] = k >= 0 ? r->fds_now[k]
	                         : osc_in_open(bind, &r->osc_port[r->nosc], &r->osc_buffer[r->nosc],
	                                       beside(d, number));
	return r->fds[r->nosc];
}

static void close_new_sockets(struct daemon *d)
{
	struct reload *r = &d->reload;

	for (size_t i = 0; i < r->nosc; i++)
		if (!is_one_of(r->fds_now, d->nosc, r->fds[i]))
			close(r->fds[i]);
}

/* Returns NULL, or why not. */
static const char *open_sockets(struct daemon *d)
{
	struct reload *r = &d->reload;
	static char why[128];
	const char *bind;
	int number;

	for (r->nosc = 0; asked_socket(d, r->next, r->nosc, &bind, &number); r->nosc++) {
		if (r->nosc == OSC_PORTS_MAX)
			return "too many OSC ports";
		if (take_socket(d, bind, number) >= 0)
			continue;
		snprintf(why, sizeof(why), "cannot listen on OSC port %d: %s", number,
		         strerror(errno));
		return why;
	}
	return NULL;
}

/* ---- going over ---- */

static void close_ports(struct daemon *d)
{
	for (size_t i = 0; i < d->m->nports; i++)
		if (d->reload.reopen[i] && !d->m->ports[i].gone)
			ports_close(d, (int)i);
}

static const char *go_over(struct daemon *d)
{
	struct reload *r = &d->reload;
	const char *why = open_sockets(d);
	struct live_next *x;

	if (why) {
		close_new_sockets(d);
		return why;
	}
	r->controls = r->routes = r->ports = (struct reload_counts){ 0 };
	count_controls(r->next, d->m, &r->controls);
	count_routes(r->next, d->m, &r->routes);
	count_ports(d);
	x = live_prepare(d->live, r->next, d->m, r->reopen, r->fds, r->nosc);
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_RELOAD, .next = x })) {
		close_ports(d);
		d->owed++;
		r->busy = true;
		return NULL;
	}
	live_next_free(x);
	close_new_sockets(d);
	return "the engine is busy";
}

/* Once more, when the one that is under way is done; who asks is answered then. */
static void begin_later(struct daemon *d, struct client *c)
{
	struct reload *r = &d->reload;

	r->again = true;
	if (!c)
		return;
	if (r->waits) {
		refuse(d, c, "another reload is under way", &(struct diags){ 0 });
		return;
	}
	r->waits = true;
	r->next_client = c->id;
	c->pending++;
}

static void begin_again(struct daemon *d)
{
	struct reload *r = &d->reload;
	struct client *c = r->waits ? clients_find(d, r->next_client) : NULL;

	r->again = r->waits = false;
	if (c)
		c->pending--;
	reload_begin(d, c);
}

void reload_begin(struct daemon *d, struct client *c)
{
	struct arena *scratch;
	struct diags diags = { 0 };
	const char *why = NULL;

	if (d->reload.busy) {
		begin_later(d, c);
		return;
	}
	scratch = arena_new(ARENA_LOAD);
	d->reload.next = NULL;
	d->reload.stamp = stamp(d);
	if (mapping_load_after(&d->reload.next, scratch, d->m, d->opt.files, d->opt.nfiles,
	                       d->mappings_dir, &d->reload.kept, &diags))
		why = "the files have errors";
	arena_free(scratch);
	say_diags(d, &diags);
	if (!why)
		why = go_over(d);
	if (why) {
		refuse(d, c, why, &diags);
		mapping_free(d->reload.next);
		kept_finish(&d->reload.kept);
		d->reload.next = NULL;
	} else if (c) {
		d->reload.client = c->id;
		d->reload.asked = true;
		c->pending++;
	}
}

/* ---- gone over ---- */

/* Makes room for what was said of new controls: nothing. */
static void grow(struct daemon *d, const struct mapping *before)
{
	const size_t n = d->m->ncontrols;

	d->said = xrealloc(d->said, (n + 1) * sizeof(*d->said));
	d->said_ns = xrealloc(d->said_ns, (n + 1) * sizeof(*d->said_ns));
	for (size_t i = 0; i < n; i++) {
		if (i < before->ncontrols &&
		    control_stays(&d->m->controls[i], &before->controls[i]))
			continue;
		d->said[i] = SIM_UNKNOWN;
		d->said_ns[i] = 0;
	}
}

static void add_counts(struct buf *b, const char *key, const struct reload_counts *n)
{
	buf_fmt(b, ", \"%s\": {\"added\": %zu, \"removed\": %zu, \"changed\": %zu}", key, n->added,
	        n->removed, n->changed);
}

static void say_done(struct daemon *d)
{
	const struct reload *r = &d->reload;
	struct client *c = r->asked ? clients_find(d, r->client) : NULL;
	struct buf b;

	daemon_say(
		d,
		"reloaded: controls %zu new, %zu gone, %zu changed; routes %zu new, %zu gone; ports "
		"%zu new, %zu gone, %zu changed",
		r->controls.added, r->controls.removed, r->controls.changed, r->routes.added,
		r->routes.removed, r->ports.added, r->ports.removed, r->ports.changed);
	if (!c)
		return;
	c->pending--;
	buf_init(&b, 1024);
	buf_puts(&b, "{\"reloaded\": true");
	add_counts(&b, "controls", &r->controls);
	add_counts(&b, "routes", &r->routes);
	add_counts(&b, "ports", &r->ports);
	buf_putc(&b, '}');
	answer(c, &b);
	buf_finish(&b);
}

void reload_done(struct daemon *d, const struct reply *reply)
{
	struct reload *r = &d->reload;
	struct mapping *before = d->m;

	r->again |= stamp(d) != r->stamp; /* written since they were read */
	dump_keep(d, &(struct past){ .m = before, .kept = d->kept, .reload_ns = reply->t_ns },
	          live_next_flight(reply->next));
	live_next_free(reply->next);
	d->owed--;
	d->m = r->next;
	r->next = NULL;
	r->busy = false;
	r->done++;
	d->kept = r->kept;
	r->kept = (struct kept){ 0 };
	d->nosc = r->nosc;
	memcpy(d->osc_port, r->osc_port, sizeof(d->osc_port));
	memcpy(d->osc_buffer, r->osc_buffer, sizeof(d->osc_buffer));
	memcpy(r->fds_now, r->fds, sizeof(r->fds_now));
	grow(d, before);
	for (size_t i = 0; i < d->m->nports; i++)
		if (r->reopen[i])
			ports_reopen(d, (int)i, i >= before->nports);
		else if (!d->m->ports[i].osc_send)
			ports_name_socket(d, (int)i);
	notes_reloaded(d, reply->t_ns);
	reload_watch(d);
	say_done(d);
	r->asked = false;
	prober_start_soon(d);
	if (r->again)
		begin_again(d);
}
