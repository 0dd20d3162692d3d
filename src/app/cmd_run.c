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
static const uint8_t ranks[] = { RANK_UI, RANK_SCRIPT, RANK_AI };

#define AT(field) offsetof(struct args, field)

static const struct option table[] = {
	{ "sim", OPTION_FLAG, AT(run.sim), .help = "opens no hardware: every port is simulated" },
	{ "osc-port", OPTION_INT, AT(run.osc_port), .value = "N",
	  .help = "UDP port for OSC in place of the mapping's; 0: a free one", .max = 65535 },
	{ "http-port", OPTION_INT, AT(http_port), .value = "N",
	  .help = "accepted; there is no HTTP server yet", .max = 65535 },
	{ "no-http", OPTION_FLAG, AT(no_http), .help = "accepted; there is no HTTP server yet" },
	{ "http-bind", OPTION_TEXT, AT(http_bind), .value = "ADDR",
	  .help = "accepted; there is no HTTP server yet" },
	{ "socket", OPTION_TEXT, AT(run.socket), .value = "PATH",
	  .help = "Unix socket for cuewire's other commands" },
	{ "open-timeout", OPTION_INT, AT(run.open_timeout_ms), .value = "MS",
	  .help = "how long a port may take to open, for all ports", .min = 1, .max = 600000 },
	{ "monitor", OPTION_MAYBE, AT(monitor), .value = "json",
	  .help = "prints what comes and goes on standard output", .choices = monitors },
	{ "trace", OPTION_TEXT, AT(run.trace), .value = "FILE",
	  .help = "writes inputs and outputs as JSON lines" },
	{ "record", OPTION_TEXT, AT(run.record), .value = "FILE",
	  .help = "a trace with all that \"cuewire replay\" needs" },
	{ "stdin", OPTION_FLAG, AT(run.take_stdin),
	  .help = "takes intents from standard input, one a line" },
	{ "stdin-role", OPTION_WORD, AT(role), .value = "ROLE",
	  .help = "ui, script (unless given) or ai: whom standard input has to give way to",
	  .choices = roles },
	{ "mappings", OPTION_TEXT, AT(run.mappings), .value = "DIR",
	  .help = "where shipped mappings are looked for" },
};
#define NOPTIONS (sizeof(table) / sizeof(*table))

int cmd_run(int argc, char **argv)
{
	struct args a = { .run = { .osc_port = -1, .open_timeout_ms = -1 },
		          .monitor = -1,
		          .role = 1 };
	const int n = options_parse("run", table, NOPTIONS, &a, argc, argv);

	if (n < 0)
		return command_usage("run", n, table, NOPTIONS);
	if (a.monitor >= 0)
		a.run.monitor = a.monitor ? MONITOR_JSON : MONITOR_TEXT;
	a.run.stdin_rank = ranks[a.role];
	a.run.files = n ? (const char *const *)argv : NULL;
	a.run.nfiles = (size_t)n;
	return daemon_run(&a.run);
}
