/* Datagrams that are read together: in a burst one call of the system for many, where it can (Linux).
 * In platform.c. Thread: their owner's. */
#ifndef CUEWIRE_DATAGRAMS_H
#define CUEWIRE_DATAGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define DATAGRAMS_MAX 8
struct datagram {
	struct sockaddr_storage from;
	uint8_t *bytes; /* borrowed: room for size */
	size_t size, len;
};
struct datagrams {
	struct datagram list[DATAGRAMS_MAX];
	void *system; /* owned */
};

/* Each reads into size bytes of its own, one behind the other. */
void datagrams_init(struct datagrams *d, uint8_t *bytes, size_t size);
void datagrams_finish(struct datagrams *d);

/* Reads one, without waiting. False: there is none, or there is an error that is not the caller's to mend. */
bool datagram_receive(int fd, struct datagram *d);

/* Reads what has come, n at most, without waiting. Returns how many; 0 also where there is an error. */
int datagrams_receive(int fd, struct datagrams *d, int n);

#endif
