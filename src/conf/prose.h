/* Text in lines, for the manual and for terminals. */
#ifndef CUEWIRE_CONF_PROSE_H
#define CUEWIRE_CONF_PROSE_H

struct buf;

/* Words in lines of at most 78 bytes, the last one ended too. In mdoc a line must not begin with a
 * point or a quote: no text here has a word that does. */
void prose_wrap(struct buf *b, const char *s);

/* The same with a capital letter at its beginning and a full stop at its end. */
void prose_sentence(struct buf *b, const char *s);

#endif
