/* How long the bridge takes from an OSC packet to MIDI bytes, beside programs that do as little as
 * can be done with the same packets (echo.c). All run at the same time and are measured in short
 * blocks by turns, so that whatever else the machine does meets all alike. Nothing is asserted:
 * the times are this machine's, and only ratios say something.
 *
 *	bench -b BUILD -w FOLDER [-f FAULT] [-r ROUNDS]
 *
 * BUILD holds cuewire and bench/echo. FOLDER is for FIFOs, and holds rules-1.json, rules-100.json
 * and rules-10000.json (rules.py). FAULT is the folder of the pretend PortMidi; without it no port
 * host is measured. It runs in the top folder of the source. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "measure.h"

#define SUBJECTS 8
#define STARTS 21
#define RATE_MESSAGES 20000
#define RATE_ROUNDS 5
#define BURSTS 5

/* What the others are compared with comes first. */
enum { ECHO_UDP, ECHO_FIFO, ECHO_HOP, CONTROLS };

/* A round is a number of short blocks of each, by turns. */
static const struct plan {
	unsigned per_second;
	size_t block, blocks;
} plans[] = {
	{ 200, 25, 8 },
	{ 1000, 100, 5 },
};

static struct {
	const char *build, *folder, *fault;
	size_t rounds;
	struct subject subjects[SUBJECTS];
	size_t n;
} bench = { .rounds = 10 };

/* ---- subjects ---- */

/* Returns a text that lives as long as the program. */
static __attribute__((format(printf, 1, 2))) char *text(const char *fmt, ...)
{
	char *out = malloc(SUBJECT_PATH);
	va_list ap;

	va_start(ap, fmt);
	if (!out || vsnprintf(out, SUBJECT_PATH, fmt, ap) >= SUBJECT_PATH)
		die("a path is too long");
	va_end(ap);
	return out;
}

static struct subject *add(const char *name, enum form form)
{
	struct subject *s = &bench.subjects[bench.n++];

	*s = (struct subject){ .name = name, .form = form };
	if (form != FORM_PACKET)
		snprintf(s->fifo, sizeof(s->fifo), "%s/fifo-%zu", bench.folder, bench.n);
	return s;
}

static void add_echo(const char *name, const char *how, enum form form)
{
	struct subject *s = add(name, form);

	s->argv[0] = text("%s/bench/echo", bench.build);
	s->argv[1] = how;
	s->argv[2] = s->fifo[0] ? s->fifo : NULL;
	s->children = !strcmp(how, "hop");
}

/* The mapping file that says where the port "traktor" leads. */
static char *write_port(const struct subject *s)
{
	char *name = text("%s.json", s->fifo);
	FILE *f = fopen(name, "w");

	if (!f)
		die("cannot write %s", name);
	if (s->fault_dir)
		fputs("{ \"ports\": { \"traktor\": { \"out\": \"iac bus 1\", \"bytes_per_s\": 0 } } }\n", f);
	else
		fprintf(f, "{ \"ports\": { \"traktor\": { \"raw\": { \"out\": \"%s\" } } } }\n",
		        s->fifo);
	if (fclose(f))
		die("cannot write %s", name);
	return name;
}

static void add_bridge(const char *name, unsigned rules, const char *fault)
{
	struct subject *s = add(name, fault ? FORM_LINE : FORM_CC);
	size_t n = 0;

	s->rules = rules;
	s->fault_dir = fault;
	s->bridge = true;
	s->children = fault;
	snprintf(s->socket, sizeof(s->socket), "%s/socket-%zu", bench.folder, bench.n);
	s->argv[n++] = text("%s/cuewire", bench.build);
	s->argv[n++] = "run";
	s->argv[n++] = rules ? text("%s/rules-%u.json", bench.folder, rules) : "mappings/club.json";
	s->argv[n++] = write_port(s);
	s->argv[n++] = "--osc-port";
	s->argv[n++] = "0";
	s->argv[n++] = "--no-http";
	s->argv[n++] = "--socket";
	s->argv[n++] = s->socket;
}

static void add_all(void)
{
	add_echo("echo: recvfrom, sendto", "udp", FORM_PACKET);
	add_echo("echo: recvfrom, write to FIFO", "fifo", FORM_CC);
	add_echo("echo: the same, one hop more", "hop", FORM_CC);
	add_bridge("cuewire, club.json", 0, NULL);
	add_bridge("cuewire, 1 rule", 1, NULL);
	add_bridge("cuewire, 10000 rules", 10000, NULL);
	if (bench.fault)
		add_bridge("cuewire, 100 rules, port host", 100, bench.fault);
	setenv("CW_PM_DEVICES", "out:IAC Driver Bus 1", 1);
	for (size_t i = 0; i < bench.n; i++)
		subject_start(&bench.subjects[i]);
}

static void stop_all(void)
{
	for (size_t i = 0; i < bench.n; i++)
		subject_stop(&bench.subjects[i]);
}

/* ---- latency ---- */

/* The median over the rounds of the ratio to a control in the same round. */
static double ratio(const double *v, const double *control)
{
	double r[ROUNDS_MAX];

	for (size_t i = 0; i < bench.rounds; i++)
		r[i] = v[i] / control[i];
	return median(r, bench.rounds);
}

static void print_latency(const struct subject *s, struct series *x, const struct series *all)
{
	sort_ns(x->ns, x->n);
	printf("%-30s %6.1f %6.1f %7.1f", s->name, (double)percentile(x->ns, x->n, 0.5) / 1e3,
	       (double)percentile(x->ns, x->n, 0.99) / 1e3,
	       (double)percentile(x->ns, x->n, 0.999) / 1e3);
	if (x->cpu_ns)
		printf(" %6.1f |", (double)x->cpu_ns / 1e3 / (double)x->n);
	else
		printf("      - |");
	for (size_t c = 0; c < CONTROLS; c++)
		printf(" %5.2f", ratio(x->p50, all[c].p50));
	printf(" |");
	for (size_t c = 0; c < CONTROLS; c++)
		printf(" %5.2f", ratio(x->p99, all[c].p99));
	printf("\n");
}

/* Of one round; who begins changes from round to round. */
static void run_round(struct series *all, const struct plan *p, size_t round)
{
	for (size_t block = 0; block < p->blocks; block++)
		for (size_t i = 0; i < bench.n; i++) {
			const size_t k = (i + round) % bench.n;

			measure_latency(&bench.subjects[k], &all[k], p->block, p->per_second);
		}
	for (size_t i = 0; i < bench.n; i++)
		measure_round(&all[i]);
}

static void latency(const struct plan *p)
{
	const size_t n = bench.rounds * p->blocks * p->block;
	struct series all[SUBJECTS] = { 0 };

	for (size_t i = 0; i < bench.n; i++)
		if (!(all[i].ns = calloc(n, sizeof(*all[i].ns))))
			die("no memory");
	for (size_t round = 0; round < bench.rounds; round++)
		run_round(all, p, round);
	printf("\n%4u messages/s, %5zu of each   microseconds                | p50 to that of  | "
	       "p99 to that of\n",
	       p->per_second, n);
	printf("%-30s %6s %6s %7s %6s | %5s %5s %5s | %5s %5s %5s\n", "", "p50", "p99", "p99.9",
	       "cpu", "udp", "fifo", "hop", "udp", "fifo", "hop");
	for (size_t i = 0; i < bench.n; i++)
		print_latency(&bench.subjects[i], &all[i], all);
	for (size_t i = 0; i < bench.n; i++)
		free(all[i].ns);
	fflush(stdout);
}

/* ---- rate ---- */

static void rates(void)
{
	double rate[SUBJECTS][ROUNDS_MAX], cpu[SUBJECTS][ROUNDS_MAX];

	for (size_t round = 0; round < RATE_ROUNDS; round++)
		for (size_t i = 0; i < bench.n; i++)
			measure_rate(&bench.subjects[i], RATE_MESSAGES, &rate[i][round],
			             &cpu[i][round]);
	printf("\nat saturation, 64 under way      messages/s  cpu, us   to udp  fifo\n");
	for (size_t i = 0; i < bench.n; i++) {
		const double cpu_us = median(cpu[i], RATE_ROUNDS) / 1e3;

		printf("%-30s %12.0f", bench.subjects[i].name, median(rate[i], RATE_ROUNDS));
		if (cpu_us > 0)
			printf(" %8.2f %8.2f %5.2f\n", cpu_us,
			       cpu_us * 1e3 / median(cpu[ECHO_UDP], RATE_ROUNDS),
			       cpu_us * 1e3 / median(cpu[ECHO_FIFO], RATE_ROUNDS));
		else
			printf("        -\n");
	}
	fflush(stdout);
}

/* ---- bursts ---- */

/* The receive buffer that the bridge was granted, as it says itself; -1: it does not say. */
static long granted(const struct subject *s)
{
	char *command = text("'%s' status --json --socket '%s'", s->argv[0], s->socket);
	FILE *f = popen(command, "r");
	char line[8192] = "";
	const char *at;

	if (!f || !fgets(line, sizeof(line), f) || !(at = strstr(line, "\"buffer\": ")))
		at = NULL;
	if (f)
		pclose(f);
	free(command);
	return at ? strtol(at + 10, NULL, 10) : -1;
}

static size_t fewest(struct subject *s, bool stopped)
{
	size_t least = BURST;

	for (int i = 0; i < BURSTS; i++) {
		const size_t n = measure_burst(s, stopped);

		if (n < least)
			least = n;
	}
	return least;
}

static void bursts(void)
{
	printf("\na burst of %d, fewest answered of %d       running  stopped meanwhile\n", BURST,
	       BURSTS);
	for (size_t i = 0; i < bench.n; i++) {
		struct subject *s = &bench.subjects[i];

		if (s->children) /* only one process is stopped; and faders coalesce in a link */
			continue;
		printf("%-40s %9zu", s->name, fewest(s, false));
		printf(" %9zu", fewest(s, true));
		if (s->bridge)
			printf("   buffer %ld bytes", granted(s));
		printf("\n");
	}
	fflush(stdout);
}

/* ---- starts ---- */

static void print_start(const char *what, const uint64_t *sorted, uint64_t cpu_ns)
{
	printf("%-47s %7.2f %7.2f %5.2f\n", what, (double)sorted[STARTS / 2] / 1e6,
	       (double)sorted[0] / 1e6, (double)cpu_ns / STARTS / 1e6);
}

static void starts(void)
{
	const char *const cuewire[] = { text("%s/cuewire", bench.build),
		                        "run",
		                        "mappings/club.json",
		                        "--sim",
		                        "--osc-port",
		                        "0",
		                        "--no-http",
		                        "--socket",
		                        text("%s/socket", bench.folder),
		                        NULL };
	const char *const nothing[] = { "true", NULL };
	uint64_t ready[STARTS], none[STARTS], ready_cpu = 0, none_cpu = 0;

	measure_ready(cuewire, &(uint64_t){ 0 });
	for (size_t i = 0; i < STARTS; i++) {
		none[i] = measure_run(nothing, &none_cpu);
		ready[i] = measure_ready(cuewire, &ready_cpu);
	}
	sort_ns(ready, STARTS);
	sort_ns(none, STARTS);
	printf("\n%d starts, warm, milliseconds                   median fastest   cpu (and its end)\n",
	       STARTS);
	print_start("cuewire run club.json --sim, until \"ready\"", ready, ready_cpu);
	print_start("true, until it has ended", none, none_cpu);
	fflush(stdout);
}

/* ---- main ---- */

/* It makes read() fail, which subject_read reports. */
static void ring(int sig)
{
	(void)sig;
}

/* No bridge is left behind. */
static void interrupted(int sig)
{
	for (size_t i = 0; i < bench.n; i++)
		if (bench.subjects[i].pid > 0)
			kill(bench.subjects[i].pid, SIGTERM);
	_exit(128 + sig);
}

static void set_signals(void)
{
	struct sigaction sa = { .sa_handler = ring };

	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = interrupted;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static int options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "b:w:f:r:")) != -1) {
		if (c == 'b')
			bench.build = optarg;
		else if (c == 'w')
			bench.folder = optarg;
		else if (c == 'f')
			bench.fault = optarg;
		else if (c == 'r')
			bench.rounds = (size_t)atoi(optarg);
		else
			return -1;
	}
	return optind == argc && bench.build && bench.folder && bench.rounds > 0 &&
	                       bench.rounds <= ROUNDS_MAX
	               ? 0
	               : -1;
}

static void print_machine(void)
{
	struct utsname u;

	uname(&u);
	printf("%s %s %s, %ld processors\n", u.sysname, u.release, u.machine,
	       sysconf(_SC_NPROCESSORS_ONLN));
	printf("From the sending of a packet of %d bytes to the reading of its answer; cpu: that of the "
	       "answering process.\n",
	       PACKET_SIZE);
	printf("Ratios: median over %zu rounds of the ratio to the echo in the same round.\n",
	       bench.rounds);
}

int main(int argc, char **argv)
{
	if (options(argc, argv)) {
		fprintf(stderr, "usage: bench -b BUILD -w FOLDER [-f FAULT] [-r ROUNDS]\n");
		return 2;
	}
	set_signals();
	atexit(stop_all);
	print_machine();
	starts();
	add_all();
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		latency(&plans[i]);
	rates();
	bursts();
	return 0;
}
