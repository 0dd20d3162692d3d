#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuewire/mem.h"

static void grows_by_doubling(void **state)
{
	size_t cap = 0, moves = 0;
	int *p = NULL;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		const size_t before = cap;

		p = xgrow(p, &cap, (size_t)i + 1, sizeof(*p));
		assert_true(cap > (size_t)i);
		moves += cap != before;
		p[i] = i;
	}
	for (int i = 0; i < 10000; i++)
		assert_int_equal(p[i], i);
	assert_true(moves <= 14);
	p = xgrow(p, &cap, 100000, sizeof(*p));
	assert_true(cap >= 100000);
	assert_int_equal(p[9999], 9999);
	free(p);
}

/* NULL means "none" everywhere, so nothing may return it. */
static void no_bytes_are_a_block(void **state)
{
	size_t cap = 0;
	void *p[] = { xmalloc(0), xcalloc(0, 8), xcalloc(8, 0), xrealloc(NULL, 0),
		      xgrow(NULL, &cap, 0, 4) };

	(void)state;
	for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++) {
		assert_non_null(p[i]);
		free(p[i]);
	}
}

static void copies(void **state)
{
	char *s = xstrdup("deck.a.play");

	(void)state;
	assert_string_equal(s, "deck.a.play");
	s = xrealloc(s, 1000);
	assert_string_equal(s, "deck.a.play");
	free(s);
}

static void ask_for_too_much(int what)
{
	size_t cap = 0;

	switch (what) {
	case 0:
		(void)xcalloc(SIZE_MAX / 4, 8);
		break;
	case 1:
		(void)xgrow(NULL, &cap, SIZE_MAX / 4, 8);
		break;
	case 2:
		(void)xgrow(NULL, &cap, SIZE_MAX, 1);
		break;
	case 3:
		(void)arena_alloc(arena_new(16384), SIZE_MAX);
		break;
	case 4:
		(void)arena_alloc(arena_new(16384), SIZE_MAX - 40);
		break;
	default:
		(void)arena_strn(arena_new(16384), "", SIZE_MAX);
	}
}

/* Sizes that overflow must not become small ones. */
static void too_much_aborts(void **state)
{
	(void)state;
	for (int what = 0; what <= 5; what++) {
		int status, fds[2];
		char said[200] = "";
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			const struct rlimit none = { 0, 0 };

			setrlimit(RLIMIT_CORE, &none);
			dup2(fds[1], STDERR_FILENO);
			ask_for_too_much(what);
			_exit(0);
		}
		close(fds[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(read(fds[0], said, sizeof(said) - 1) > 0);
		close(fds[0]);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_non_null(strstr(said, "out of memory"));
	}
}

static void arena_gives_aligned_zeroed_blocks(void **state)
{
	struct arena *a = arena_new(16384);
	enum { N = 3000 };
	unsigned char *p[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		const size_t size = i % 100 ? i % 97 : 30000; /* some larger than a chunk */

		p[i] = arena_alloc(a, size);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)(i % 255 + 1), size);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < (i % 100 ? i % 97 : 30000); k++)
			assert_int_equal(p[i][k], i % 255 + 1);
	arena_free(a);
	arena_free(NULL);
}

static void arena_copies(void **state)
{
	struct arena *a = arena_new(16384);
	static const int numbers[] = { 1, 2, 3 };
	char big[5000];
	int *copy;

	(void)state;
	assert_string_equal(arena_str(a, "deck"), "deck");
	assert_string_equal(arena_str(a, ""), "");
	assert_string_equal(arena_strn(a, "deck", 2), "de");
	assert_string_equal(arena_strn(a, NULL, 0), "");
	copy = arena_dup(a, numbers, sizeof(numbers));
	assert_memory_equal(copy, numbers, sizeof(numbers));
	assert_ptr_not_equal(copy, numbers);
	assert_non_null(arena_dup(a, NULL, 0));
	assert_string_equal(arena_fmt(a, "%s.%d", "deck", 7), "deck.7");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(arena_fmt(a, "%s", big), big);
	arena_free(a);
}

/* Blocks and text fill a chunk from both of its ends; neither may reach into the other, and chunks of
 * either origin must be given back. */
static void arena_packs_text(void **state)
{
	static const size_t chunk_sizes[] = { 0, 1000, ARENA_LOAD };

	(void)state;
	for (size_t k = 0; k < sizeof(chunk_sizes) / sizeof(*chunk_sizes); k++) {
		struct arena *a = arena_new(chunk_sizes[k]);
		char *text[3000], *before = arena_text(a, 3);
		size_t *number[3000];

		assert_true(arena_text(a, 4) == before - 5 || ARENA_APART);
		for (size_t i = 0; i < 3000; i++) {
			number[i] = arena_dup(a, &i, sizeof(i));
			text[i] = arena_fmt(a, "%0*zu", (int)(i % 60 + 1), i);
		}
		for (size_t i = 0; i < 3000; i++) {
			assert_int_equal(*number[i], i);
			assert_int_equal(strlen(text[i]) > i % 60, 1);
			assert_int_equal(atoi(text[i]), i);
		}
		arena_free(a);
	}
}

static void arena_grows_by_doubling(void **state)
{
	struct arena *a = arena_new(0);
	size_t cap = 0, moves = 0;
	int *p = NULL;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		const size_t before = cap;

		p = arena_grow(a, p, &cap, (size_t)i + 1, sizeof(*p));
		moves += cap != before;
		p[i] = i;
	}
	for (int i = 0; i < 10000; i++)
		assert_int_equal(p[i], i);
	assert_true(moves <= 14);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_by_doubling),
		cmocka_unit_test(no_bytes_are_a_block),
		cmocka_unit_test(copies),
		cmocka_unit_test(too_much_aborts),
		cmocka_unit_test(arena_gives_aligned_zeroed_blocks),
		cmocka_unit_test(arena_copies),
		cmocka_unit_test(arena_packs_text),
		cmocka_unit_test(arena_grows_by_doubling),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
