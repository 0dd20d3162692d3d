#include "prose.h"

#include <ctype.h>
#include <string.h>

#include "cuewire/buf.h"

#define LINE 78

void prose_wrap(struct buf *b, const char *s)
{
	size_t column = 0;

	while (*s) {
		const size_t n = strcspn(s, " ");

		if (column)
			buf_putc(b, column + 1 + n > LINE ? '\n' : ' ');
		column = column && column + 1 + n <= LINE ? column + 1 + n : n;
		buf_add(b, s, n);
		s += n + (s[n] == ' ');
	}
	buf_putc(b, '\n');
}

void prose_sentence(struct buf *b, const char *s)
{
	struct buf text;

	buf_init(&text, 1024);
	buf_fmt(&text, "%c%s.", toupper((unsigned char)*s), s + 1);
	prose_wrap(b, text.p);
	buf_finish(&text);
}
