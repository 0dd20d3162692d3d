/* The questions of cuewire's own commands: {"request": "status"} and the like, a line each. */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/mem.h"

struct question {
	uint16_t client;
	void (*view)(struct daemon *d, const struct snapshot *s, struct buf *b);
};

static void free_snapshot(struct snapshot *s)
{
	free(s->controls);
	free(s->ports);
	free(s->ref);
	free(s);
}

static void ask_snapshot(struct daemon *d, struct client *c,
                         void (*view)(struct daemon *, const struct snapshot *, struct buf *))
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct question *q = xmalloc(sizeof(*q));

	s->controls = xcalloc(d->m->ncontrols + 1, sizeof(*s->controls));
	s->ports = xcalloc(d->m->nports + 1, sizeof(*s->ports));
	s->ncontrols = d->m->ncontrols;
	s->nports = d->m->nports;
	*q = (struct question){ c->id, view };
	s->ref = q;
	c->pending++;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_SNAPSHOT, .snapshot = s })) {
		d->owed++;
		return;
	}
	c->pending--;
	free_snapshot(s);
	outlet_line(&c->out, "{\"error\": \"busy\"}", 17);
}

static void snapshot_taken(struct daemon *d, struct snapshot *s)
{
	struct question *q = s->ref;
	struct client *c = clients_find(d, q->client);
	struct buf b;

	if (c) {
		c->pending--;
		buf_init(&b, 16 * OUTLET_MAX);
		q->view(d, s, &b);
		outlet_line(&c->out, b.p, b.len);
		buf_finish(&b);
	}
	free_snapshot(s);
}

static void request_monitor(struct daemon *d, struct client *c, const cJSON *j)
{
	const cJSON *how = cJSON_GetObjectItemCaseSensitive(j, "how");

	c->watching = WATCHING_JSON;
	if (cJSON_IsString(how) && !strcmp(how->valuestring, "text"))
		c->watching = WATCHING_TEXT;
	if (cJSON_IsString(how) && !strcmp(how->valuestring, "trace"))
		c->watching = WATCHING_TRACE;
	notes_watch(d);
}

static void request_stop(struct daemon *d, struct client *c, const cJSON *j)
{
	const bool ok = queue_order(&d->q, &(struct order){ .kind = ORDER_CANCEL });
	const char *answer = ok ? "{\"stopped\": true}" : "{\"error\": \"busy\"}";

	(void)j;
	outlet_line(&c->out, answer, strlen(answer));
}

static void request_sync(struct daemon *d, struct client *c, const cJSON *j)
{
	(void)j;
	if (queue_order(&d->q, &(struct order){ .kind = ORDER_SYNC, .client = c->id })) {
		d->owed++;
		c->pending++;
	} else {
		outlet_line(&c->out, "{\"error\": \"busy\"}", 17);
	}
}

static void synced(struct daemon *d, const struct reply *r)
{
	struct client *c = clients_find(d, r->client);
	char answer[48];
	int n;

	if (!c)
		return;
	c->pending--;
	n = snprintf(answer, sizeof(answer), "{\"sent\": %zu}", r->back.sent);
	outlet_line(&c->out, answer, (size_t)n);
}

static void request_retry(struct daemon *d, struct client *c, const cJSON *j)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(j, "port");
	const int port = cJSON_IsString(name) ? mapping_port(d->m, name->valuestring) : -1;
	char text[128];
	struct buf b;

	buf_init(&b, 1024);
	if (name && port < 0) {
		snprintf(text, sizeof(text), "there is no port \"%.64s\"",
		         cJSON_IsString(name) ? name->valuestring : "");
		buf_puts(&b, "{\"error\": ");
		buf_json_str(&b, text);
	} else {
		buf_fmt(&b, "{\"retried\": %zu", ports_retry(d, port));
	}
	buf_putc(&b, '}');
	outlet_line(&c->out, b.p, b.len);
	buf_finish(&b);
}

static void request_reload(struct daemon *d, struct client *c, const cJSON *j)
{
	(void)j;
	reload_begin(d, c);
}

static void request_status(struct daemon *d, struct client *c, const cJSON *j)
{
	(void)j;
	ask_snapshot(d, c, views_status);
}

static void request_state(struct daemon *d, struct client *c, const cJSON *j)
{
	(void)j;
	ask_snapshot(d, c, views_state);
}

bool questions_take(struct daemon *d, struct client *c, const cJSON *j, const char *request)
{
	static const struct {
		const char *name;
		void (*take)(struct daemon *d, struct client *c, const cJSON *j);
	} all[] = {
		{ "status", request_status },   { "state", request_state },
		{ "monitor", request_monitor }, { "stop", request_stop },
		{ "sync", request_sync },       { "retry", request_retry },
		{ "reload", request_reload },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(all[i].name, request) != 0)
			continue;
		all[i].take(d, c, j);
		return true;
	}
	return false;
}

void questions_reply(struct daemon *d, const struct reply *r)
{
	if (r->kind == REPLY_SNAPSHOT)
		snapshot_taken(d, r->snapshot);
	else if (r->kind == REPLY_SYNCED)
		synced(d, r);
}
