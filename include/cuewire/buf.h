/* A growing text with a maximum; what does not fit is cut and remembered, and nothing is added after
 * it.
 * Thread: any; one buffer belongs to one thread. */
#ifndef CUEWIRE_BUF_H
#define CUEWIRE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p; /* owned; NUL-terminated once anything was added */
	size_t len, cap;
	size_t max; /* of len; the NUL comes on top */
	bool cut;   /* something did not fit */
};

void buf_init(struct buf *b, size_t max);
void buf_finish(struct buf *b);
void buf_clear(struct buf *b); /* empties, keeps the memory, forgets the cut */

void buf_add(struct buf *b, const char *s, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends s as a JSON string, quotes included; NULL becomes null. Bytes that are not
 * UTF-8 become U+FFFD. */
void buf_json_str(struct buf *b, const char *s);
void buf_json_strn(struct buf *b, const char *s, size_t len);

/* Appends the shortest decimal that reads back as the same float ("0.1" for 0.1f), or, if v is no
 * float's value, as the same double; not finite: null. */
void buf_json_num(struct buf *b, double v);

/* Writes all of it to a descriptor that blocks. Returns 0, or -1 with errno. */
int write_all(int fd, const char *p, size_t len);

#endif
