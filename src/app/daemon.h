/* The running bridge, as the control thread has it. Parts: daemon.c (start, loop, end), hosts.c
 * (ports and their processes), clients.c (standard input and the socket), requests.c (intents and
 * questions of clients), notes.c (monitor and trace), views.c (status and state).
 * Thread: control thread. */
#ifndef CUEWIRE_DAEMON_H
#define CUEWIRE_DAEMON_H

#include <poll.h>
#include <stdio.h>
#include <sys/types.h>

#include "cuewire/live.h"
#include "cuewire/mapping.h"
#include "cuewire/osc_in.h"
#include "cuewire/queue.h"
#include "outlet.h"

struct cJSON;

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
	const char *trace; /* NULL: none */
	bool take_stdin;
	const char *mappings; /* NULL: found */
};

/* ---- ports ---- */

enum host_state {
	HOST_NONE,    /* not a MIDI port, or simulated for good */
	HOST_OPENING, /* its process runs, the deadline too */
	HOST_OPEN,    /* the link is the engine's */
	HOST_DYING,   /* lost: the process's end will say why */
	HOST_DOWN,
};

/* What is known of a port, whatever it is made of. */
struct port_status {
	bool open;
	char reason[192]; /* simulated: why, as scripts compare it; empty while it opens */
	char detail[192]; /* more of it, for people; may be empty */
	char device[192];
	double open_ms; /* -1: never opened */
	enum host_state host;
	pid_t pid; /* of its host; 0: none, or it has ended */
	int ended; /* how it did, from waitpid */
	int fd;    /* the link while HOST_OPENING, else -1 */
	uint64_t deadline_ns, started_ns;
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
	bool one_shot;  /* `cuewire send`: presses outlive the connection, 10 s at most */
	size_t pending; /* answers that are still to come */
	enum watching watching;
	struct outlet out;
};

/* ---- the whole ---- */

struct daemon {
	struct run_options opt;
	struct mapping *m;
	char mappings_dir[512];
	struct queues q;
	struct live *live;
	struct port_status *ports; /* m->nports */
	int osc_port[OSC_PORTS_MAX], osc_buffer[OSC_PORTS_MAX];
	size_t nosc;
	char socket_path[108];
	int listen_fd;
	dev_t socket_dev; /* of the socket that is ours to remove */
	ino_t socket_ino;
	struct client clients[CLIENTS_MAX];
	uint16_t next_client;
	uint64_t next_id;    /* for intents without an id */
	struct outlet err;   /* standard error */
	struct outlet trace; /* its fd is -1 where there is none */
	size_t owed;         /* answers that the engine owes */
	unsigned watch;      /* what the engine was last told */
	bool color;
	bool quit;
	float *said; /* the stand-in's words: last value per control that was printed */
	uint64_t *said_ns;
	uint64_t
		say_next_ns; /* when fader values of the stand-in that wait are printed; TIME_NEVER */
};

/* daemon.c */
int daemon_run(const struct run_options *opt);

/* Prints a line on standard error, without ever waiting for it. */
void daemon_say(struct daemon *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* hosts.c */
void hosts_start(struct daemon *d);            /* every port, at the start */
void hosts_polled(struct daemon *d, int port); /* its link has something to say */
void hosts_lost(struct daemon *d, int port, const char *reason);
void hosts_reap(struct daemon *d); /* after SIGCHLD */
uint64_t hosts_deadline(const struct daemon *d);
void hosts_tick(struct daemon *d, uint64_t now);
void hosts_finish(struct daemon *d); /* no process is left after it */

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

/* notes.c */
void notes_watch(struct daemon *d); /* tells the engine what is wanted */
void notes_take(struct daemon *d);  /* prints what has come */
void notes_intent(struct daemon *d, const struct cJSON *intent);
void notes_tick(struct daemon *d, uint64_t now);

/* views.c */
void views_status(struct daemon *d, const struct snapshot *s, struct buf *b);
void views_state(struct daemon *d, const struct snapshot *s, struct buf *b);

#endif
