#include "cuewire/near.h"

#include <string.h>

/* A word, or a candidate, that is longer is never near. */
#define LEN_MAX 127

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Three rows of the usual table are enough, as a swap looks back two. Returns limit + 1 as soon as
 * the distance must be above limit. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb, size_t limit)
{
	size_t rows[3][LEN_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2], *spare;

	for (size_t j = 0; j <= nb; j++)
		last[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t least = now[0] = i;

		for (size_t j = 1; j <= nb; j++) {
			const size_t differs = lower(a[i - 1]) != lower(b[j - 1]);

			now[j] = smaller(last[j - 1] + differs, smaller(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				now[j] = smaller(now[j], before[j - 2] + 1);
			least = smaller(least, now[j]);
		}
		/* Rows differ by one at most, so the row before, which a swap goes on from, will not
		 * help either. */
		if (least > limit)
			return limit + 1;
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

void near_init(struct near *n, const char *word)
{
	*n = (struct near){ .word = word };
}

void near_try(struct near *n, const char *candidate)
{
	const size_t nw = strlen(n->word), nc = strlen(candidate);
	size_t limit = nw < 6 ? 1 : nw / 3, d;

	if (nw > LEN_MAX || nc > LEN_MAX || nc > nw + limit || nw > nc + limit)
		return;
	if (n->best)
		limit = smaller(limit, n->distance);
	d = distance(n->word, nw, candidate, nc, limit);
	if (d > limit || d >= (nw > nc ? nw : nc) || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
