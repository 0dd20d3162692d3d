/* The running bridge, as the control thread has it. Parts: daemon.c (start, loop, end), hosts.c
 * (processes of MIDI ports), prober.c (devices that come and go), reload.c (another mapping), ports.c (what is known of every
 * port, and those that have no process), clients.c (standard input and the socket), requests.c (intents of
 * clients), questions.c (what they ask), notes.c (monitor and trace), files.c (where traces go),
 * dump.c (the flight recorder), views.c (status and state).
 * Thread: control thread. */
#ifndef CUEWIRE_DAEMON_H
#define CUEWIRE_DAEMON_H

#include <poll.h>
#include <stdio.h>
#include <sys/types.h>

#include "cuewire/kept.h"
#include "cuewire/link.h"
#include "cuewire/live.h"
#include "cuewire/mapping.h"
#include "cuewire/osc_in.h"
#include "cuewire/queue.h"
#include "outlet.h"

struct cJSON;

#define DEFAULT_OSC_PORT 8000
#define CLIENTS_MAX 32
#define LINE_MAX_BYTES 65536    /* of a client's line; a longer one is refused */
#define STDIN_CLIENT 0          /* its place among the clients */
#define OWED_MAX 256            /* answers of the engine; then no further line is taken */
#define UNREAD_MAX (256 * 1024) /* bytes that a client has not read; then no line of its is taken */

/* ---- options of `cuewire run` ---- */

struct run_options {
	const char *const *files; /* NULL: the shipped club.json */
	size_t nfiles;
	bool sim;
	int osc_port;        /* -1: as the mapping says */
	const char *socket;  /* NULL: the default */
	int open_timeout_ms; /* -1: as the mapping says */
	enum { MONITOR_OFF, MONITOR_TEXT, MONITOR_JSON } monitor;
	const char *trace, *record; /* NULL: none */
	bool take_stdin;
	uint8_t stdin_rank;   /* enum rank */
	const char *mappings; /* NULL: found */
};

/* ---- ports ---- */

enum port_state {
	PORT_FIXED,   /* open or simulated for good: nothing more comes of it */
	PORT_OPENING, /* its process runs, the deadline too */
	PORT_OPEN,    /* the engine's */
	PORT_DYING,   /* lost: its process has not ended yet */
	PORT_DOWN,    /* tried again at deadline_ns */
};

/* One device that a MIDI port has open. */
struct port_device {
	char name[LINK_TEXT + 1]; /* empty: this direction is not asked for */
	uint32_t address;         /* LINK_UNKNOWN: not known */
};

/* What is known of a port, whatever it is made of. */
struct port_status {
	enum port_state state;
	uint64_t deadline_ns; /* of OPENING, DYING and DOWN */
	char reason[192]; /* simulated: why, as scripts compare it; empty while it first opens */
	char detail[192]; /* more of it, for people; may be empty */
	char device[2 * LINK_TEXT + 8];
	struct port_device in, out;
	unsigned bytes_per_s; /* at most; 0: no limit */

	double open_ms, worst_ms; /* the last and the longest opening; -1: never opened */
	unsigned opens, tries;
	uint64_t opened_ns;
	unsigned delay_ms; /* of the next try; 0: the shortest */
	bool again;        /* and do not wait: a device has come */

	pid_t pid;       /* of its host; 0: none, or it has ended */
	int fd;          /* the link while PORT_OPENING, else -1 */
	int ended;       /* how it did, from waitpid */
	bool has_reason; /* while DYING: the end of its process tells nothing more */
	bool killed;     /* while DYING */
	uint64_t started_ns;
};

/* Devices that have gone, for a port that was being opened meanwhile. */
#define GONE_MAX 16
struct prober {
	pid_t pid;
	int fd; /* -1: it does not run */
	struct link_record record;
	size_t have;               /* bytes of it that have come */
	bool listed;               /* all that was there when it began has been told: */
	struct link_record *first; /* owned; that, until all of it has been told */
	size_t nfirst, first_cap;
	uint64_t restart_ns; /* TIME_NEVER: it runs, or is not wanted */
	unsigned delay_ms;
	struct {
		uint32_t address;
		uint64_t t_ns;
	} gone[GONE_MAX];
	size_t ngone; /* all that ever were */
};

/* ---- clients ---- */

enum watching { WATCHING_NOT, WATCHING_TEXT, WATCHING_JSON, WATCHING_TRACE };

struct client {
	int fd; /* -1: the place is free; standard input: 0 */
	uint16_t id;
	char *line; /* owned; a longest line, its line feed and a NUL */
	size_t line_len;
	bool ended;     /* nothing more comes from it */
	bool skipping;  /* the rest of a line that was too long */
	bool closing;   /* after what is written and answered */
	uint8_t rank;   /* enum rank: of what it asks for; it may lower it, never raise it */
	bool one_shot;  /* `cuewire send`: presses outlive the connection, 10 s at most */
	size_t pending; /* answers that are still to come */
	enum watching watching;
	struct outlet out;
};

/* ---- another mapping ---- */

struct reload_counts {
	size_t added, removed, changed;
};

struct reload {
	int watch_fd;     /* tells that something has happened to a file; -1: nobody does */
	uint64_t look_ns; /* when to look what; TIME_NEVER */
	uint64_t stamp;   /* of the files, as they were read last */
	uint8_t done;     /* how many there were, modulo 256 */
	bool busy;        /* the engine is going over */
	bool again;       /* and was asked to once more */
	bool asked;       /* by this client: */
	uint16_t client;
	bool waits; /* who asked for it to happen once more: */
	uint16_t next_client;
	struct mapping *next;
	struct kept kept; /* the texts of its files */
	struct reload_counts controls, routes, ports;
	bool reopen[MAPPING_PORTS_MAX]; /* is not what it was */
	int fds_now[OSC_PORTS_MAX];     /* the engine's sockets, for comparison */
	int fds[OSC_PORTS_MAX], osc_port[OSC_PORTS_MAX],
		osc_buffer[OSC_PORTS_MAX]; /* nosc of them */
	size_t nosc;
};

/* What the flight recorder had when another mapping came. */
#define PASTS_MAX 8
struct past {
	struct mapping *m;
	struct kept kept;
	struct flight_copy *flight;
	uint64_t reload_ns; /* when it ended */
};
struct pasts {
	struct past
		list[PASTS_MAX]; /* the newest is the last; one goes on where the one before ends */
	size_t n;
};

/* ---- files ---- */

enum { FILE_TRACE, FILE_RECORD, FILES };
#define RECORD_WAITS (64 * 1024 * 1024) /* bytes of a recording that may wait for the disk */

/* What is written down as it happens. */
struct file {
	const char *path;  /* NULL: none */
	struct outlet out; /* its fd is -1 where there is none */
};

/* ---- the whole ---- */

struct daemon {
	struct run_options opt;
	struct mapping *m;
	struct kept kept; /* its files */
	char mappings_dir[512];
	struct queues q;
	struct live *live;
	struct port_status *ports; /* MAPPING_PORTS_MAX; static */
	struct reload reload;
	struct pasts pasts;
	struct prober prober;
	uint32_t dice; /* for the jitter of retries */
	int osc_port[OSC_PORTS_MAX], osc_buffer[OSC_PORTS_MAX];
	size_t nosc;
	char socket_path[108];
	int listen_fd;
	dev_t socket_dev; /* of the socket that is ours to remove */
	ino_t socket_ino;
	struct client clients[CLIENTS_MAX];
	uint16_t next_client;
	uint64_t next_id;  /* for intents without an id */
	struct outlet err; /* standard error */
	struct file files[FILES];
	struct note long_note;   /* an input that takes several notes, */
	struct buf long_data;    /* as far as it has come */
	size_t owed;             /* answers that the engine owes */
	unsigned watch;          /* what the engine was last told */
	bool on_terminal, color; /* of standard error */
	bool quit;
	float *said; /* the stand-in's words: last value per control that was printed */
	uint64_t *said_ns;
	size_t expired; /* not spoken of yet */
	uint16_t expired_control;
	uint64_t expired_next_ns;
	uint64_t say_next_ns; /* when something that waits to be said is due; TIME_NEVER */
};

/* The mapping that the engine will have when it comes to what it is asked for now. */
static inline const struct mapping *daemon_coming(const struct daemon *d)
{
	return d->reload.busy ? d->reload.next : d->m;
}

/* daemon.c */
int daemon_run(const struct run_options *opt);

/* Prints a line on standard error, without ever waiting for it. */
void daemon_say(struct daemon *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ports.c */
void ports_start(struct daemon *d);                              /* every port, at the start */
void ports_lost(struct daemon *d, int port, const char *reason); /* by the engine; may be "" */
void ports_back(struct daemon *d, int port, const struct back *b);
size_t ports_retry(struct daemon *d, int port); /* now; -1: every one. Returns how many */
uint64_t ports_deadline(const struct daemon *d);
void ports_tick(struct daemon *d, uint64_t now);
static inline bool port_is_open(const struct port_status *s, const struct port *p)
{
	return s->state == PORT_OPEN || (s->state == PORT_FIXED && !s->reason[0] && !p->simulated);
}
/* For those that move a port from one state to the next. reason: in words that scripts compare.
 * detail: more of it for people; may be NULL. "failed" and a text make "failed: text". */
void ports_set_open(struct daemon *d, int port, const char *device);
void ports_set_simulated(struct daemon *d, int port, const char *reason, const char *detail);
void ports_set_failed(struct daemon *d, int port, const char *how, const char *text);
void ports_set_down(struct daemon *d, int port); /* and tries it again after a while */

/* It is something else, or nothing, from now on: closed before the engine goes over, and after that
 * opened as what it is. is_new: it was not there at all. */

/* By a reload: the engine lets go of it then, this does the rest. */
void ports_close(struct daemon *d, int port);
void ports_reopen(struct daemon *d, int port, bool is_new);

/* Notes the number of the socket as its device, if it has one. */
void ports_name_socket(struct daemon *d, int port);

/* reload.c */
void reload_watch(struct daemon *d);  /* the files of the mapping */
void reload_polled(struct daemon *d); /* something has happened to them */
void reload_tick(struct daemon *d, uint64_t now);
void reload_begin(struct daemon *d, struct client *c); /* c: who asks; NULL: nobody */
void reload_done(struct daemon *d, const struct reply *r);

/* hosts.c */
void hosts_close(struct daemon *d, int port);
void hosts_open(struct daemon *d, int port);
void hosts_polled(struct daemon *d, int port); /* its link has something to say */
void hosts_overdue(struct daemon *d, int port);
void hosts_lost(struct daemon *d, int port, const char *reason);
void hosts_unplugged(struct daemon *d, int port, const char *device);
void hosts_reap(struct daemon *d);   /* after SIGCHLD */
void hosts_finish(struct daemon *d); /* no process is left after it, the prober's neither */

/* prober.c */
void prober_start_soon(struct daemon *d);
void prober_polled(struct daemon *d);
void prober_ended(struct daemon *d);  /* its process has */
void prober_forget(struct daemon *d); /* frees what it keeps */
bool prober_saw_go(const struct daemon *d, uint32_t address, uint64_t since_ns);
void prober_tick(struct daemon *d, uint64_t now);

/* files.c */
int files_open(struct daemon *d);   /* 0; -1 after a message */
void files_check(struct daemon *d); /* gives up those that cannot be written any more */
void files_close(struct daemon *d); /* and says what could not be kept */

/* clients.c */
int clients_listen(struct daemon *d); /* 0; -1 after a message */
void clients_accept(struct daemon *d);
bool clients_wants(const struct daemon *d, const struct client *c); /* to be read from */
void clients_read(struct daemon *d, struct client *c);
void clients_serve(struct daemon *d);                       /* takes lines that have been read */
struct client *clients_find(struct daemon *d, uint16_t id); /* NULL: it has gone */
void clients_sweep(struct daemon *d);                       /* closes those that are through */
void clients_finish(struct daemon *d);

/* requests.c */
void requests_line(struct daemon *d, struct client *c, const char *line, size_t len);
void requests_too_long(struct daemon *d, struct client *c);
void requests_reply(struct daemon *d, const struct reply *r);

/* questions.c */
bool questions_take(struct daemon *d, struct client *c, const struct cJSON *j,
                    const char *request); /* false: there is no such question */
void questions_reply(struct daemon *d, const struct reply *r);

/* dump.c */
void dump_request(struct daemon *d, struct client *c);
void dump_reply(struct daemon *d, struct flight_copy *copy);

/* Another mapping is there: keeps what was written down for the one of before, and takes over m and kept. */
void dump_keep(struct daemon *d, struct past *past, const struct flight *f);
void dump_forget(struct daemon *d); /* all of that */

/* notes.c */
unsigned notes_wanted(const struct daemon *d);
void notes_watch(struct daemon *d); /* tells the engine what is wanted */

/* Tells whoever watches, of so many notes at most. Returns false when there are more. */
bool notes_take(struct daemon *d, size_t most);
void notes_report(struct daemon *d); /* to who has missed lines, when there is room */
void notes_line(struct daemon *d, const struct buf *b); /* of a trace */
void notes_reloaded(struct daemon *d, uint64_t t_ns);   /* another mapping is in use */
void notes_tick(struct daemon *d, uint64_t now);

/* views.c */
void views_status(struct daemon *d, const struct snapshot *s, struct buf *b);
void views_state(struct daemon *d, const struct snapshot *s, struct buf *b);

#endif
