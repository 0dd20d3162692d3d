#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "daemon.h"
#include "options.h"

/* What the options say beside what the bridge takes already. */
struct args {
	struct run_options run;
	int http_port;
	bool no_http;
	const char *http_bind;
	int monitor;
	int role;
};

static const char *const monitors[] = { "", "json", NULL };
static const char *const roles[] = { "ui", "script", "ai", NULL };

#define AT(field) offsetof(struct args, field)

static const struct option table[] = {
	{ "sim", OPTION_FLAG, AT(run.sim), NULL, "opens no hardware: every port is simulated", 0, 0, NULL },
	{ "osc-port", OPTION_INT, AT(run.osc_port), "N",
	  "UDP port for OSC in place of the mapping's; 0: a free one", 0, 65535, NULL },
	{ "http-port", OPTION_INT, AT(http_port), "N", "accepted; there is no HTTP server yet", 0, 65535,
	  NULL },
	{ "no-http", OPTION_FLAG, AT(no_http), NULL, "accepted; there is no HTTP server yet", 0, 0, NULL },
	{ "http-bind", OPTION_TEXT, AT(http_bind), "ADDR", "accepted; there is no HTTP server yet", 0, 0,
	  NULL },
	{ "socket", OPTION_TEXT, AT(run.socket), "PATH", "Unix socket for cuewire's other commands", 0, 0,
	  NULL },
	{ "open-timeout", OPTION_INT, AT(run.open_timeout_ms), "MS",
	  "how long a port may take to open, for all ports", 1, 600000, NULL },
	{ "monitor", OPTION_MAYBE, AT(monitor), "json", "prints what comes and goes on standard output",
	  0, 0, monitors },
	{ "trace", OPTION_TEXT, AT(run.trace), "FILE", "writes inputs and outputs as JSON lines", 0, 0,
	  NULL },
	{ "stdin", OPTION_FLAG, AT(run.take_stdin), NULL, "takes intents from standard input, one a line",
	  0, 0, NULL },
	{ "stdin-role", OPTION_WORD, AT(role), "ROLE",
	  "ui, script or ai: accepted; ranks have no effect yet", 0, 0, roles },
	{ "mappings", OPTION_TEXT, AT(run.mappings), "DIR", "where shipped mappings are looked for", 0, 0,
	  NULL },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

int cmd_run(int argc, char **argv)
{
	struct args a = { .run = { .osc_port = -1, .open_timeout_ms = -1 }, .monitor = -1 };
	const int n = options_parse("run", table, NOPTIONS, &a, argc, argv);

	if (n < 0)
		return command_usage("run", n, table, NOPTIONS);
	if (a.monitor >= 0)
		a.run.monitor = a.monitor ? MONITOR_JSON : MONITOR_TEXT;
	a.run.files = n ? (const char *const *)argv : NULL;
	a.run.nfiles = (size_t)n;
	return daemon_run(&a.run);
}
