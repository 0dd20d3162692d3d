/* What clients ask, line by line: intents, which become jobs of the engine's and are answered when
 * their fate is known. The questions of cuewire's own commands ({"request": ...}) are in
 * questions.c. */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cuewire/clock.h"
#include "cuewire/intent.h"
#include "cuewire/json.h"
#include "cuewire/mem.h"

#define BATCH_MAX 64

/* ---- answers ---- */

struct answer {
	struct intent_request request;
	const char *status, *reason; /* static; reason NULL: none */
	char message[256];
	struct act_result out[ACTS_MAX];
	size_t nout;
};

/* One line that is to be answered with one line. */
struct ask {
	uint16_t client;
	bool batch;
	size_t n, left;
	struct answer answers[];
};

static void add_result(struct buf *b, const struct daemon *d, const struct act_result *r)
{
	static const char *const how[] = {
		[ACT_SENT] = "open",
		[ACT_SIMULATED] = "simulated",
		[ACT_FAILED] = "failed",
	};

	buf_puts(b, "{\"control\": ");
	buf_json_str(b, d->m->controls[r->control].name);
	buf_puts(b, ", \"value\": ");
	buf_json_num(b, (double)r->value);
	buf_puts(b, ", \"port\": ");
	buf_json_str(b, r->port == PORT_NONE ? NULL : d->m->ports[r->port].name);
	buf_fmt(b, ", \"state\": \"%s\"}", how[r->how]);
}

static void add_answer(struct buf *b, const struct daemon *d, const struct answer *a)
{
	buf_puts(b, "{\"id\": ");
	buf_json_str(b, a->request.id[0] ? a->request.id : NULL);
	buf_puts(b, ", \"intent\": ");
	buf_json_str(b, a->request.name[0] ? a->request.name : NULL);
	buf_fmt(b, ", \"status\": \"%s\", \"reason\": ", a->status);
	buf_json_str(b, a->reason);
	buf_puts(b, ", \"message\": ");
	buf_json_str(b, a->message[0] ? a->message : NULL);
	buf_puts(b, ", \"out\": [");
	for (size_t i = 0; i < a->nout; i++) {
		if (i)
			buf_puts(b, ", ");
		add_result(b, d, &a->out[i]);
	}
	buf_puts(b, "]}");
}

/* Of a batch's answers, the one that says most: what went wrong, then what is not real yet. */
static const char *worst_status(const struct ask *q)
{
	static const char *const order[] = { "refused",   "failed", "simulated",
		                             "scheduled", "sent",   "dry_run" };

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
		for (size_t i = 0; i < q->n; i++)
			if (!strcmp(q->answers[i].status, order[k]))
				return order[k];
	return "sent";
}

static void print_answer(struct daemon *d, struct ask *q)
{
	struct client *c = clients_find(d, q->client);
	struct buf b;

	if (c) {
		c->pending--;
		buf_init(&b, OUTLET_MAX);
		if (q->batch)
			buf_fmt(&b, "{\"status\": \"%s\", \"results\": [", worst_status(q));
		for (size_t i = 0; i < q->n; i++) {
			if (i)
				buf_puts(&b, ", ");
			add_answer(&b, d, &q->answers[i]);
		}
		if (q->batch)
			buf_puts(&b, "]}");
		outlet_line(&c->out, b.p, b.len);
		buf_finish(&b);
	}
	free(q);
}

static void say_refused(struct answer *a, const char *reason, const char *message)
{
	a->status = "refused";
	a->reason = reason;
	snprintf(a->message, sizeof(a->message), "%.*s", (int)sizeof(a->message) - 1, message);
}

static struct ask *new_ask(struct client *c, size_t n, bool batch)
{
	struct ask *q = xcalloc(1, sizeof(*q) + n * sizeof(*q->answers));

	q->client = c->id;
	q->batch = batch;
	q->n = n;
	c->pending++;
	return q;
}

static void refuse_line(struct daemon *d, struct client *c, const char *reason, const char *message)
{
	struct ask *q = new_ask(c, 1, false);

	say_refused(&q->answers[0], reason, message);
	print_answer(d, q);
}

/* ---- jobs ---- */

static uint64_t expiry(const struct intent_request *r)
{
	return r->expires_ms < 0 ? TIME_NEVER : clock_ns() + (uint64_t)r->expires_ms * 1000000u;
}

/* How a trace has it; what a replay needs beside the intent is behind it. */
static void add_trace(struct buf *b, const struct client *c, const struct intent_request *r,
                      const cJSON *intent)
{
	char *text = cJSON_PrintUnformatted(intent);

	buf_fmt(b, "\"in\": \"intent\", \"intent\": %s, \"id\": ", text ? text : "null");
	buf_json_str(b, r->id);
	buf_fmt(b, ", \"client\": %u, \"rank\": \"%s\"%s", c->id, rank_names[c->rank],
	        c->one_shot ? ", \"one_shot\": true" : "");
	cJSON_free(text);
}

/* One that never gets to the engine; reason NULL: it is a dry run. */
static void trace_refused(struct daemon *d, const struct client *c, const struct answer *a,
                          const cJSON *intent, const char *reason)
{
	struct buf b;

	if (!(d->watch & WATCH_IN))
		return;
	buf_init(&b, 2 * LINE_MAX_BYTES);
	buf_fmt(&b, "{\"t_ns\": %llu, ", (unsigned long long)clock_ns());
	add_trace(&b, c, &a->request, intent);
	buf_fmt(&b, ", \"refused\": \"%s\"}", reason ? reason : "dry_run");
	notes_line(d, &b);
	buf_finish(&b);
}

static struct job *make_job(struct daemon *d, const struct client *c, struct ask *q, size_t i,
                            const cJSON *intent)
{
	const struct intent_request *r = &q->answers[i].request;
	struct buf b;
	struct job *j;

	buf_init(&b, 2 * LINE_MAX_BYTES);
	add_trace(&b, c, r, intent);
	j = xcalloc(1, sizeof(*j) + b.len + 1);
	j->text_len = b.len;
	memcpy(j->text, b.p, b.len);
	buf_finish(&b);
	memcpy(j->acts, r->acts, r->nacts * sizeof(*j->acts));
	if (c->one_shot)
		intent_outlive(daemon_coming(d), j->acts, r->nacts);
	snprintf(j->label, sizeof(j->label), "intent:%s", r->id);
	j->batch = (struct batch){
		.source = { .from = FROM_INTENT,
		            .rank = c->rank,
		            .who = c->id,
		            .brief = true,
		            .label = j->label,
		            .batch = &j->batch },
		.acts = j->acts,
		.n = r->nacts,
	};
	j->expires_ns = expiry(r);
	j->ref = q;
	j->index = i;
	return j;
}

static bool is_real(const struct daemon *d, int port)
{
	return port_is_open(&d->ports[port], &d->m->ports[port]);
}

/* Nothing was to be written: what is held already is not pressed again, and some controls have no
 * port. */
static void answer_nothing(const struct daemon *d, struct answer *a, const struct job *j)
{
	const int port = d->m->controls[j->acts[0].act.control].port;

	if (port != PORT_NONE && !is_real(d, port))
		a->status = "simulated";
	snprintf(a->message, sizeof(a->message), "%s",
	         port == PORT_NONE               ? "it has no port: nothing was to be sent"
	         : j->acts[0].act.op == OP_PRESS ? "it is held already: nothing was sent again"
	                                         : "there was nothing to be sent");
}

static void answer_from_job(const struct daemon *d, struct answer *a, const struct job *j)
{
	a->status = j->scheduled ? "scheduled" : "sent";
	if (j->refused_busy)
		say_refused(a, "busy", "too much waits for its time already");
	if (j->refused_unsure) {
		say_refused(a, "toggle_state_unknown", "");
		snprintf(a->message, sizeof(a->message),
		         "whether %s is on is not known, and a press would flip it",
		         d->m->controls[j->locked].name);
	} else if (j->refused_rank) {
		say_refused(a, "human_override", "");
		snprintf(a->message, sizeof(a->message),
		         "somebody of a higher rank has just moved %s",
		         d->m->controls[j->locked].name);
	}
	if (j->refused_expired)
		say_refused(a, "expired", "it came too late to be done");
	memcpy(a->out, j->results, j->nresults * sizeof(*a->out));
	a->nout = j->nresults;
	if (!j->nresults && !strcmp(a->status, "sent"))
		answer_nothing(d, a, j);
	for (size_t i = 0; i < j->nresults; i++) {
		if (j->results[i].how == ACT_FAILED) {
			a->status = "failed";
			snprintf(a->message, sizeof(a->message),
			         "the port was lost on the way, or has "
			         "more waiting than it can take");
			return;
		}
		if (j->results[i].how == ACT_SIMULATED && !j->scheduled)
			a->status = "simulated";
	}
}

static void dry_answer(const struct daemon *d, struct answer *a)
{
	a->status = "dry_run";
	for (size_t i = 0; i < a->request.nacts; i++) {
		const struct act *act = &a->request.acts[i].act;
		const int port = d->m->controls[act->control].port;
		const float v = act->op == OP_PRESS     ? 1.0f
		                : act->op == OP_RELEASE ? 0.0f
		                                        : act->value;
		const bool real = port == PORT_NONE || is_real(d, port);

		a->out[a->nout++] = (struct act_result){ act->control, (int16_t)port, v,
			                                 real ? ACT_SENT : ACT_SIMULATED };
	}
}

static void free_jobs(struct job *j)
{
	while (j) {
		struct job *next = j->sibling;

		free(j);
		j = next;
	}
}

/* All were found good: all start together. */
static void start(struct daemon *d, const struct client *c, struct ask *q, const cJSON *intents)
{
	struct job *first = NULL, **last = &first;
	const cJSON *intent = intents;

	for (size_t i = 0; i < q->n; i++, intent = intent->next) {
		if (q->answers[i].request.dry_run) {
			trace_refused(d, c, &q->answers[i], intent, NULL);
			dry_answer(d, &q->answers[i]);
			continue;
		}
		*last = make_job(d, c, q, i, intent);
		last = &(*last)->sibling;
		q->left++;
		d->owed += 2; /* REPLY_JOB and REPLY_JOB_DONE */
	}
	if (first && !queue_order(&d->q, &(struct order){ .kind = ORDER_JOB, .job = first })) {
		free_jobs(first);
		d->owed -= 2 * q->left;
		for (size_t i = 0; i < q->n; i++, intents = intents->next) {
			say_refused(&q->answers[i], "busy", "the bridge has too much to do");
			trace_refused(d, c, &q->answers[i], intents, "busy");
		}
		q->left = 0;
	}
	if (!q->left)
		print_answer(d, q);
}

/* ---- intents ---- */

/* Returns whether all are good. If not, nothing of the batch happens, and each says so. */
static bool check_all(struct daemon *d, const struct client *c, struct ask *q, const cJSON *first)
{
	struct intent_refusal why;
	const char *reason = NULL;
	const cJSON *j = first;

	for (size_t i = 0; i < q->n; i++, j = j->next) {
		struct answer *a = &q->answers[i];

		if (intent_check(daemon_coming(d), j, &a->request, &why)) {
			say_refused(a, why.reason, why.message);
			reason = why.reason;
		}
		if (!a->request.id[0])
			snprintf(a->request.id, sizeof(a->request.id), "b%llu",
			         (unsigned long long)++d->next_id);
	}
	for (size_t i = 0; i < q->n && reason; i++)
		if (!q->answers[i].status)
			say_refused(&q->answers[i], reason,
			            "not done, because another intent of its batch was refused");
	for (size_t i = 0; i < q->n && reason; i++, first = first->next)
		trace_refused(d, c, &q->answers[i], first, q->answers[i].reason);
	return !reason;
}

static void take_intents(struct daemon *d, struct client *c, const cJSON *first, size_t n,
                         bool batch)
{
	struct ask *q;

	if (n == 0 || n > BATCH_MAX) {
		refuse_line(d, c, n ? "too_long" : "bad_json",
		            n ? "more than 64 intents in one batch" : "an empty batch");
		return;
	}
	q = new_ask(c, n, batch);
	if (check_all(d, c, q, first))
		start(d, c, q, first);
	else
		print_answer(d, q);
}

static void take_message(struct daemon *d, struct client *c, const cJSON *j)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(j, "intents");

	if (cJSON_IsArray(j))
		take_intents(d, c, j->child, (size_t)cJSON_GetArraySize(j), true);
	else if (cJSON_IsArray(list) && cJSON_GetArraySize(j) == 1)
		take_intents(d, c, list->child, (size_t)cJSON_GetArraySize(list), true);
	else
		take_intents(d, c, j, 1, false);
}

static void take_request(struct daemon *d, struct client *c, const cJSON *j, const char *request)
{
	const cJSON *intents = cJSON_GetObjectItemCaseSensitive(j, "message");

	if (!strcmp(request, "send") && intents) {
		c->one_shot = true;
		take_message(d, c, intents);
	} else if (!questions_take(d, c, j, request)) {
		refuse_line(d, c, "bad_json",
		            "unknown request, expected status, state, monitor, stop, "
		            "sync, retry, reload, dump or send");
	}
}

/* A connection says who speaks on it: it can only come down. No answer, unless it is wrong. */
static void take_role(struct daemon *d, struct client *c, const cJSON *role)
{
	for (int r = RANK_AI; cJSON_IsString(role) && r <= RANK_UI; r++) {
		if (strcmp(role->valuestring, rank_names[r]))
			continue;
		if (r <= c->rank)
			c->rank = (uint8_t)r;
		else
			refuse_line(d, c, "bad_slot",
			            "\"role\" can be lowered on a connection, never raised");
		return;
	}
	refuse_line(d, c, "bad_slot", "\"role\" is unknown, expected \"ui\", \"script\" or \"ai\"");
}

/* ---- lines ---- */

void requests_too_long(struct daemon *d, struct client *c)
{
	refuse_line(d, c, "too_long", "a line has at most 65536 bytes");
}

static bool is_blank(const char *line, size_t len)
{
	return strspn(line, " \t\r") >= len;
}

void requests_line(struct daemon *d, struct client *c, const char *line, size_t len)
{
	struct diags diags = { 0 };
	const cJSON *request, *role;
	struct json j;
	char message[320];

	if (is_blank(line, len))
		return;
	if (json_load(&j, "", line, len, &json_limits_message, &diags)) {
		snprintf(message, sizeof(message), "column %d: %s", diags.list[0].column,
		         diags.list[0].msg);
		refuse_line(d, c, "bad_json", message);
		return;
	}
	request = cJSON_GetObjectItemCaseSensitive(j.root, "request");
	role = cJSON_GetObjectItemCaseSensitive(j.root, "role");
	if (role && cJSON_IsObject(j.root) && cJSON_GetArraySize(j.root) == 1)
		take_role(d, c, role);
	else if (cJSON_IsString(request) && c->id != STDIN_CLIENT)
		take_request(d, c, j.root, request->valuestring);
	else
		take_message(d, c, j.root);
	json_free(&j);
}

void requests_reply(struct daemon *d, const struct reply *r)
{
	struct ask *q;

	d->owed -= r->kind == REPLY_JOB || r->kind == REPLY_JOB_DONE || r->kind == REPLY_SNAPSHOT ||
	           r->kind == REPLY_SYNCED || r->kind == REPLY_FLIGHT;
	switch (r->kind) {
	case REPLY_JOB:
		q = r->job->ref;
		answer_from_job(d, &q->answers[r->job->index], r->job);
		if (--q->left == 0)
			print_answer(d, q);
		break;
	case REPLY_JOB_DONE:
		free(r->job);
		break;
	default:
		questions_reply(d, r);
		break;
	}
}
