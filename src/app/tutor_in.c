/* What comes from the bridge's trace and from the keyboard. */
#include "tutor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cuewire/clock.h"
#include "cuewire/platform.h"

#define ANSWER_NS UINT64_C(10000000000) /* for the bridge to answer in */

/* ---- lines of the trace ---- */

/* The number that a port has here; LEARN_NONE: there are too many. */
static int number_of(struct tutor *t, const char *port)
{
	for (size_t i = 0; i < t->nports; i++)
		if (!strcmp(t->ports[i], port))
			return (int)i;
	if (t->nports == MAPPING_PORTS_MAX || strlen(port) >= sizeof(t->ports[0]))
		return LEARN_NONE;
	strcpy(t->ports[t->nports], port);
	return (int)t->nports++;
}

static void take_midi(struct tutor *t, uint64_t t_ns, const char *port, const cJSON *line)
{
	const cJSON *hex = cJSON_GetObjectItemCaseSensitive(line, "midi");
	const int number = number_of(t, port);
	struct midi_msg m;
	uint8_t bytes[3];
	size_t n = 0;
	char *p = cJSON_IsString(hex) ? hex->valuestring : NULL, *end;

	while (p && n < sizeof(bytes)) {
		const unsigned long v = strtoul(p, &end, 16);

		if (end == p)
			break;
		bytes[n++] = (uint8_t)v;
		p = end;
	}
	if (number != LEARN_NONE && midi_from_bytes(&m, bytes, n))
		learn_midi(&t->learn, t_ns, number, &m);
}

/* An argument as the trace prints it; its exact type is lost, which does not matter here. */
static struct osc_arg arg_of(const cJSON *v)
{
	if (cJSON_IsNumber(v))
		return (struct osc_arg){ .type = 'd', .num = v->valuedouble };
	if (cJSON_IsBool(v))
		return (struct osc_arg){ .type = cJSON_IsTrue(v) ? 'T' : 'F',
			                 .num = cJSON_IsTrue(v) };
	if (cJSON_IsString(v) && !strcmp(v->valuestring, "I"))
		return (struct osc_arg){ .type = 'I' };
	return (struct osc_arg){ .type = 'N' };
}

static void take_osc(struct tutor *t, uint64_t t_ns, const char *address, const cJSON *line)
{
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(line, "args"), *v;
	struct osc_msg m = { .address = address,
		             .address_len = (uint32_t)strlen(address),
		             .pattern = osc_has_pattern(address) };

	if (!cJSON_IsArray(args))
		return;
	cJSON_ArrayForEach(v, args) if (m.nargs < OSC_ARGS_MAX) m.args[m.nargs++] = arg_of(v);
	learn_osc(&t->learn, t_ns, &m);
}

static void take_line(struct tutor *t, const char *text)
{
	cJSON *line = cJSON_Parse(text);
	const cJSON *in = cJSON_GetObjectItemCaseSensitive(line, "in");
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(line, "t_ns");

	if (cJSON_GetObjectItemCaseSensitive(line, "files"))
		t->listening = true;
	if (cJSON_IsString(in) && cJSON_IsNumber(at)) {
		const uint64_t t_ns = (uint64_t)at->valuedouble;

		if (!strncmp(in->valuestring, "midi:", 5))
			take_midi(t, t_ns, in->valuestring + 5, line);
		else if (!strncmp(in->valuestring, "osc:", 4))
			take_osc(t, t_ns, in->valuestring + 4, line);
	}
	cJSON_Delete(line);
}

/* ---- reading ---- */

/* Takes the first line out of a buffer. False: there is no whole one. */
static bool next_line(struct buf *from, struct buf *line)
{
	const char *end = from->len ? memchr(from->p, '\n', from->len) : NULL;
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - from->p);
	buf_clear(line);
	buf_add(line, from->p, n && end[-1] == '\r' ? n - 1 : n);
	buf_puts(line, "");
	memmove(from->p, end + 1, from->len - n - 1);
	from->len -= n + 1;
	from->cut = false;
	return true;
}

/* What is left where no more will come: a script's last answer may lack its line feed. */
static bool last_line(struct buf *from, struct buf *line)
{
	if (!from->len)
		return false;
	buf_putc(from, '\n');
	return next_line(from, line);
}

/* Adds what is there to read. False: no more will come. */
static bool read_some(int fd, struct buf *b)
{
	char chunk[4096];
	const ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n > 0)
		buf_add(b, chunk, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool take_trace(struct tutor *t)
{
	const bool open = read_some(t->fd, &t->in);
	struct buf line;

	buf_init(&line, t->in.max);
	while (next_line(&t->in, &line))
		take_line(t, line.p);
	if (t->in.cut)
		buf_clear(&t->in); /* a line without an end is none of the bridge's */
	buf_finish(&line);
	return open;
}

bool tutor_listens(struct tutor *t)
{
	const uint64_t until = clock_ns() + ANSWER_NS;
	struct pollfd fd = { .fd = t->fd, .events = POLLIN };

	while (!t->listening && clock_ns() < until) {
		if (platform_poll(&fd, 1, until) < 0 && errno != EINTR)
			return false;
		if (fd.revents && !take_trace(t))
			return false;
		fd.revents = 0;
	}
	learn_skip(&t->learn);
	return t->listening;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

enum tutor_event tutor_wait(struct tutor *t, unsigned what, uint64_t until_ns,
                            struct learn_thing *thing, struct buf *line)
{
	struct pollfd fds[2] = { { .fd = t->fd, .events = POLLIN },
		                 { .fd = -1, .events = POLLIN } };

	for (;;) {
		const uint64_t now = clock_ns();
		uint64_t due = until_ns;

		if (what & TUTOR_READS && next_line(&t->key, line))
			return TUTOR_TYPED;
		if (what & TUTOR_READS && t->key_ended)
			return last_line(&t->key, line) ? TUTOR_TYPED : TUTOR_CLOSED;
		if (what & TUTOR_LISTENS && learn_next(&t->learn, now, thing))
			return TUTOR_MOVED;
		if (now >= until_ns)
			return TUTOR_LATE;
		if (what & TUTOR_LISTENS)
			due = earlier(due, learn_due(&t->learn));
		fds[1].fd = what & TUTOR_READS ? STDIN_FILENO : -1;
		if (platform_poll(fds, 2, due) < 0 && errno != EINTR)
			return TUTOR_BRIDGE_ENDED;
		if (fds[0].revents && !take_trace(t))
			return TUTOR_BRIDGE_ENDED;
		if (fds[1].revents)
			t->key_ended = !read_some(STDIN_FILENO, &t->key);
		fds[0].revents = fds[1].revents = 0;
	}
}
