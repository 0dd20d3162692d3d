/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Thread: any. */
#ifndef CUEWIRE_UTF8_H
#define CUEWIRE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many of the n bytes at s, 1 to 4, are its first character; 0: none is, or n is 0. */
size_t utf8_len(const char *s, size_t n);

/* The code point of a character of that length. */
uint32_t utf8_decode(const char *s, size_t len);

/* Writes a code point (no surrogate) to the 4 bytes at out; returns how many it took. */
size_t utf8_encode(char *out, uint32_t c);

#endif
