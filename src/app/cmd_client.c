/* The commands that talk to the running bridge: status, state, send, stop, sync, retry, monitor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "commands.h"
#include "cuewire/buf.h"
#include "cuewire/json.h"
#include "options.h"
#include "socket.h"

struct args {
	bool json, dry_run, trace;
	const char *socket;
};

#define LINE_MAX_BYTES 65536
#define SEND_MAX 65000 /* with its envelope it must fit into a line */

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define JSON_OPTION                                                                               \
	{                                                                                         \
		"json", OPTION_FLAG, offsetof(struct args, json), .help = "prints one JSON value" \
	}
#define SOCKET_OPTION                                                       \
	{                                                                   \
		"socket", OPTION_TEXT, offsetof(struct args, socket),       \
			.value = "PATH", .help = "the bridge's Unix socket" \
	}

static const struct option ask_table[] = { SOCKET_OPTION, JSON_OPTION };
static const struct option send_table[] = {
	SOCKET_OPTION,
	JSON_OPTION,
	{ "dry-run", OPTION_FLAG, offsetof(struct args, dry_run),
	  .help = "only says what it would do" },
};
static const struct option monitor_table[] = {
	SOCKET_OPTION,
	JSON_OPTION,
	{ "trace", OPTION_FLAG, offsetof(struct args, trace), .help = "inputs too, as JSON lines" },
};

/* ---- status and state ---- */

static const char *text_of(const cJSON *o, const char *key)
{
	const cJSON *j = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsString(j) ? j->valuestring : NULL;
}

static double number_of(const cJSON *o, const char *key)
{
	const cJSON *j = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsNumber(j) ? j->valuedouble : 0;
}

static void print_port(const cJSON *p)
{
	const char *reason = text_of(p, "reason"), *device = text_of(p, "device");
	const char *detail = text_of(p, "detail");
	static const char *const counts[] = { "differ", "backlog", "coalesced", "expired",
		                              "dropped" };
	const bool open = !strcmp(text_of(p, "state"), "open");
	char why[512];

	snprintf(why, sizeof(why), "%s%s%s", reason ? reason : "opening", detail ? ": " : "",
	         detail ? detail : "");
	printf("port %-12s ", p->string);
	if (open)
		printf("open (%s)", device ? device : "");
	else if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(p, "optional")))
		printf("not connected (%s)", why);
	else
		printf("SIMULATED: %s", why);
	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(p, "next_try_ms")))
		printf(", next try in %.1f s", number_of(p, "next_try_ms") / 1000);
	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(p, "open_ms")))
		printf("\n%18sopened %.0f time%s, last in %.1f ms, worst %.1f ms", "",
		       number_of(p, "opens"), number_of(p, "opens") == 1 ? "" : "s",
		       number_of(p, "open_ms"), number_of(p, "open_worst_ms"));
	for (size_t i = 0; i < COUNT(counts); i++)
		if (number_of(p, counts[i]) > 0)
			printf(", %s %.0f", counts[i], number_of(p, counts[i]));
	printf("\n");
}

static void print_status(const cJSON *root)
{
	const cJSON *j;

	printf("cuewire %s, pid %.0f, socket %s\n", text_of(root, "version"),
	       number_of(root, "pid"), text_of(root, "socket"));
	cJSON_ArrayForEach(j, cJSON_GetObjectItemCaseSensitive(root, "files"))
		printf("file %s\n", j->valuestring);
	cJSON_ArrayForEach(j, cJSON_GetObjectItemCaseSensitive(root, "osc")) printf(
		"osc port %.0f, buffer %.0f bytes\n", number_of(j, "port"), number_of(j, "buffer"));
	cJSON_ArrayForEach(j, cJSON_GetObjectItemCaseSensitive(root, "ports")) print_port(j);
	j = cJSON_GetObjectItemCaseSensitive(root, "tempo");
	printf("tempo %.2f BPM, %s\n", number_of(j, "bpm"), text_of(j, "state"));
	cJSON_ArrayForEach(j, cJSON_GetObjectItemCaseSensitive(root, "counters")) printf(
		"%s%s %.0f", j->prev && j->prev->next ? ", " : "", j->string, j->valuedouble);
	printf("\n");
}

static void print_value(const cJSON *control, const char *key)
{
	const cJSON *j = cJSON_GetObjectItemCaseSensitive(control, key);

	if (cJSON_IsNumber(j))
		printf(" %s %.3g", key, j->valuedouble);
}

/* What was touched; the rest is as the DJ left it. */
static void print_state(const cJSON *root)
{
	const cJSON *c;
	size_t untouched = 0;

	cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(root, "controls"))
	{
		if (!text_of(c, "by")) {
			untouched++;
			continue;
		}
		printf("%-28s", c->string);
		print_value(c, "sent");
		print_value(c, "simulated");
		print_value(c, "confirmed");
		if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c, "differs")))
			printf(" DIFFERS");
		printf(" by %s, %.1f s ago\n", text_of(c, "by"), number_of(c, "age_ms") / 1000);
	}
	printf("%zu control%s untouched\n", untouched, untouched == 1 ? "" : "s");
}

/* {"request": NAME, KEY: VALUE}; the second only where there is a value. To be freed. */
static char *request_of(const char *name, const char *key, const char *value)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	buf_fmt(&b, "{\"request\": \"%s\"", name);
	if (value) {
		buf_fmt(&b, ", \"%s\": ", key);
		buf_json_str(&b, value);
	}
	buf_putc(&b, '}');
	return b.p;
}

/* Asks the bridge and prints what it says. key: of the argument that may be given; NULL: none may. */
static int ask(const char *name, const char *key, int argc, char **argv,
               void (*print)(const cJSON *))
{
	struct args a = { 0 };
	const int n = options_parse(name, ask_table, COUNT(ask_table), &a, argc, argv);
	char *request, *answer;
	cJSON *root;

	if (n < 0 || n > (key ? 1 : 0))
		return command_usage(name, n < 0 ? n : -1, ask_table, COUNT(ask_table));
	request = request_of(name, key, n ? argv[0] : NULL);
	answer = socket_ask(a.socket, request);
	free(request);
	if (!answer)
		return EXIT_FAILED;
	root = cJSON_Parse(answer);
	if (a.json)
		puts(answer);
	else
		print(root);
	cJSON_Delete(root);
	free(answer);
	return EXIT_OK;
}

int cmd_status(int argc, char **argv)
{
	return ask("status", NULL, argc, argv, print_status);
}

int cmd_state(int argc, char **argv)
{
	return ask("state", NULL, argc, argv, print_state);
}

static void print_stopped(const cJSON *root)
{
	(void)root;
	printf("stopped: nothing waits for its time any more; no fader or switch was moved\n");
}

int cmd_stop(int argc, char **argv)
{
	return ask("stop", NULL, argc, argv, print_stopped);
}

static void print_synced(const cJSON *root)
{
	const double n = number_of(root, "sent");

	printf("%.0f control%s differed and %s sent\n", n, n == 1 ? "" : "s",
	       n == 1 ? "was" : "were");
}

int cmd_sync(int argc, char **argv)
{
	return ask("sync", NULL, argc, argv, print_synced);
}

/* ---- retry ---- */

static void print_retried(const cJSON *root)
{
	const double n = number_of(root, "retried");

	if (n > 0)
		printf("%.0f port%s tried again now; \"cuewire status\" says what came of it\n", n,
		       n == 1 ? " is" : "s are");
	else
		printf("there is nothing to be tried again\n");
}

static void print_counts(const cJSON *root, const char *what)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(root, what);

	printf("%-9s %.0f new, %.0f gone, %.0f changed\n", what, number_of(n, "added"),
	       number_of(n, "removed"), number_of(n, "changed"));
}

static void print_reloaded(const cJSON *root)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(root, "diagnostics"))
	{
		fprintf(stderr, "%s:%.0f:%.0f: %s: %s\n", text_of(e, "file"), number_of(e, "line"),
		        number_of(e, "column"), text_of(e, "severity"), text_of(e, "message"));
		if (text_of(e, "hint"))
			fprintf(stderr, "  %s\n", text_of(e, "hint"));
	}
	if (text_of(root, "error")) {
		fprintf(stderr, "cuewire: not reloaded: %s\n", text_of(root, "error"));
		return;
	}
	print_counts(root, "controls");
	print_counts(root, "routes");
	print_counts(root, "ports");
}

int cmd_reload(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("reload", ask_table, COUNT(ask_table), &a, argc, argv);
	char *answer;
	bool failed;
	cJSON *root;

	if (n)
		return command_usage("reload", n < 0 ? n : -1, ask_table, COUNT(ask_table));
	answer = socket_exchange(a.socket, "{\"request\": \"reload\"}");
	if (!answer)
		return EXIT_FAILED;
	root = cJSON_Parse(answer);
	failed = !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "reloaded"));
	if (a.json)
		puts(answer);
	else
		print_reloaded(root);
	cJSON_Delete(root);
	free(answer);
	return failed ? EXIT_FAILED : EXIT_OK;
}

int cmd_retry(int argc, char **argv)
{
	return ask("retry", "port", argc, argv, print_retried);
}

/* ---- send ---- */

/* As the bridge would answer. */
static void print_refusal(const char *reason, const char *message)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_fmt(&b,
	        "{\"id\": null, \"intent\": null, \"status\": \"refused\", \"reason\": \"%s\", "
	        "\"message\": ",
	        reason);
	buf_json_str(&b, message);
	buf_puts(&b, ", \"out\": []}");
	puts(b.p);
	buf_finish(&b);
}

static void print_bad_json(const struct diags *d)
{
	char message[320];

	snprintf(message, sizeof(message), "line %d, column %d: %s", d->list[0].line,
	         d->list[0].column, d->list[0].msg);
	print_refusal("bad_json", message);
}

static void set_dry_run(cJSON *message)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(message, "intents"), *j;

	if (cJSON_IsArray(message))
		list = message;
	if (!list) {
		cJSON_DeleteItemFromObjectCaseSensitive(message, "dry_run");
		cJSON_AddTrueToObject(message, "dry_run");
		return;
	}
	cJSON_ArrayForEach(j, list) if (cJSON_IsObject(j)) set_dry_run(j);
}

/* The line for the bridge: the message on one line, in the envelope of `send`. To be freed. */
static char *envelope(const char *text, bool dry_run)
{
	struct diags d = { 0 };
	struct json j;
	struct buf b;
	cJSON *root;
	char *one_line;

	if (strlen(text) > SEND_MAX) {
		print_refusal("too_long", "a message has at most 65000 bytes");
		return NULL;
	}
	if (json_load(&j, "", text, strlen(text), &json_limits_message, &d)) {
		print_bad_json(&d);
		return NULL;
	}
	json_free(&j);
	root = cJSON_Parse(text);
	if (dry_run)
		set_dry_run(root);
	one_line = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	buf_init(&b, 1024 * 1024);
	buf_fmt(&b, "{\"request\": \"send\", \"message\": %s}", one_line);
	cJSON_free(one_line);
	return b.p;
}

static bool is_bad(const char *answer)
{
	cJSON *root = cJSON_Parse(answer);
	const char *status = text_of(root, "status");
	const bool bad = !status || !strcmp(status, "refused") || !strcmp(status, "failed");

	cJSON_Delete(root);
	return bad;
}

int cmd_send(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("send", send_table, COUNT(send_table), &a, argc, argv);
	char *line, *answer;
	bool bad;

	if (n != 1)
		return command_usage("send", n < 0 ? n : -1, send_table, COUNT(send_table));
	line = envelope(argv[0], a.dry_run);
	answer = line ? socket_ask(a.socket, line) : NULL;
	free(line);
	if (!answer)
		return EXIT_FAILED;
	puts(answer);
	bad = is_bad(answer);
	free(answer);
	return bad ? EXIT_FAILED : EXIT_OK;
}

/* ---- monitor ---- */

int cmd_monitor(int argc, char **argv)
{
	struct args a = { 0 };
	const int n = options_parse("monitor", monitor_table, COUNT(monitor_table), &a, argc, argv);
	char chunk[4096];
	ssize_t len;
	int fd;

	if (n)
		return command_usage("monitor", n < 0 ? n : -1, monitor_table,
		                     COUNT(monitor_table));
	fd = socket_connect(a.socket);
	if (fd < 0)
		return EXIT_FAILED;
	if (dprintf(fd, "{\"request\": \"monitor\", \"how\": \"%s\"}\n",
	            a.trace  ? "trace"
	            : a.json ? "json"
	                     : "text") < 0)
		return EXIT_FAILED;
	while ((len = read(fd, chunk, sizeof(chunk))) > 0 || (len < 0 && errno == EINTR))
		if (len > 0 &&
		    (fwrite(chunk, 1, (size_t)len, stdout) != (size_t)len || fflush(stdout)))
			return EXIT_OK; /* nobody reads it any more */
	fprintf(stderr, "cuewire: the bridge has ended\n");
	return EXIT_FAILED;
}
