/* The bridge's Unix socket: where it lies, and talking to it from a command. Thread: control. */
#ifndef CUEWIRE_SOCKET_H
#define CUEWIRE_SOCKET_H

#include <stddef.h>
#include <stdio.h>

/* The path: asked (NULL: not), else CUEWIRE_SOCKET, else $XDG_RUNTIME_DIR/cuewire.sock, else
 * /tmp/cuewire-UID/cuewire.sock. Returns 0, or -1 with why. */
int socket_path(const char *asked, char *path, size_t size, char *why, size_t why_size);

/* Makes the folder of the default path in /tmp, 0700, and checks whose it is: the bridge and its
 * commands alike refuse one that somebody else could have put there. Returns 0, or -1 with why. */
int socket_prepare(const char *asked, const char *path, char *why, size_t why_size);

/* Connects to the running bridge. Returns a descriptor, or -1 after a message on standard error. */
int socket_connect(const char *asked);

/* Sends one line and returns the answer's, without its line feed, to be freed; NULL after a message
 * on standard error: no bridge, it went away, said an error, or nothing for 10 s. */
char *socket_ask(const char *asked, const char *line);

/* As socket_ask, but an error that the bridge says is an answer as any other. */
char *socket_exchange(const char *asked, const char *line);

/* The mapping files that the bridge runs, as they are found from here, whatever its folder is; each
 * to be freed. Returns 0, or -1 after a message and with none of them. */
int socket_files(const char *asked, const char *files[], size_t max, size_t *n);

#endif
