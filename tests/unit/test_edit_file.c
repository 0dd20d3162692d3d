/* Mapping files written and put back on a disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuewire/edit.h"
#include "cuewire/platform.h"

#include "helpers.h"

#define BASE                                                                                       \
	"{ \"ports\": { \"pads\": { \"in\": \"pads\" } },\n"                                       \
	"  \"controls\": [{ \"name\": \"x\", \"kind\": \"fader\" }, { \"name\": \"y\", \"kind\": " \
	"\"fader\" }] }\n"
#define ROUTES "{\n  \"routes\": [\n    { \"port\": \"pads\", \"cc\": 1, \"to\": \"x\" }\n  ]\n}\n"

static char dir[64];

static const char *path_of(const char *name)
{
	static char paths[4][sizeof(dir) + 256];
	static size_t next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && !fclose(f));
}

static void assert_file(const char *name, const char *expected)
{
	char text[8192];
	FILE *f = fopen(path_of(name), "r");
	size_t n;

	if (!expected) {
		assert_null(f);
		return;
	}
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

/* Nothing but these names is left in the folder, temporary files least of all. */
static size_t count_files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/cuewire-edit.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	put("base.json", BASE);
	put("mine.json", ROUTES);
	return 0;
}

static int tear_down(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' || (e->d_name[1] && e->d_name[1] != '.'))
			unlink(path_of(e->d_name));
	if (d)
		closedir(d);
	return rmdir(dir);
}

/* Adds a route for a CC to a file that runs after base.json. */
static int add(const char *name, int cc, const char *to, struct diags *d)
{
	const char *files[] = { path_of("base.json"), path_of(name) };
	struct edit_file f;
	struct buf b;
	char route[128];
	int ret, line;

	snprintf(route, sizeof(route), "{\"port\":\"pads\",\"cc\":%d,\"to\":\"%s\"}", cc, to);
	buf_init(&b, 1 << 20);
	if (edit_open(&f, files[1], d))
		return -1;
	if (f.text)
		line = edit_add_route(&b, &(struct edit_text){ f.name, f.text, f.len }, route, d);
	else
		line = edit_new(&b, "mine", route);
	ret = edit_save(&f, &b, line, files, f.text ? 2 : 1, NULL, d);
	buf_finish(&b);
	edit_finish(&f);
	return ret;
}

#define ADDED                                                                         \
	"{\n  \"routes\": [\n    { \"port\": \"pads\", \"cc\": 1, \"to\": \"x\" },\n" \
	"    { \"port\": \"pads\", \"cc\": 2, \"to\": \"y\" }\n  ]\n}\n"

static void writes_and_takes_back(void **state)
{
	struct diags d = { 0 };
	struct stat st;
	int line = -1;

	(void)state;
	assert_int_equal(chmod(path_of("mine.json"), 0640), 0);
	assert_int_equal(add("mine.json", 2, "y", &d), 0);
	assert_file("mine.json", ADDED);
	assert_int_equal(stat(path_of("mine.json"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(count_files(), 3);
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), 0);
	assert_int_equal(line, 4);
	assert_file("mine.json", ROUTES);
	assert_int_equal(count_files(), 2); /* an empty journal is none */
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), -1);
	assert_string_equal(d.list[0].code, "no-undo");
}

static void takes_back_one_after_the_other(void **state)
{
	struct diags d = { 0 };
	int line;

	(void)state;
	for (int cc = 2; cc < 100; cc++)
		assert_int_equal(add("mine.json", cc, "y", &d), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), 0);
	assert_int_equal(line, 98 - 64 + 4);
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), -1); /* only 64 are kept */
	assert_int_equal(d.n, 1);
}

static void made_file_is_taken_back(void **state)
{
	struct diags d = { 0 };
	int line = -1;

	(void)state;
	assert_int_equal(add("new.json", 2, "y", &d), 0);
	assert_int_equal(add("new.json", 3, "y", &d), 0);
	assert_int_equal(edit_undo(path_of("new.json"), &line, &d), 0);
	assert_int_equal(line, 5);
	assert_int_equal(edit_undo(path_of("new.json"), &line, &d), 0);
	assert_int_equal(line, 0);
	assert_file("new.json", NULL);
	assert_int_equal(count_files(), 2);
}

static void what_does_not_check_is_not_written(void **state)
{
	struct diags d = { 0 };

	(void)state;
	assert_int_equal(add("mine.json", 2, "nobody", &d), EDIT_WRONG);
	assert_string_equal(d.list[0].code, "unknown-control");
	assert_int_equal(d.list[0].line, 4);
	assert_file("mine.json", ROUTES);
	assert_int_equal(count_files(), 2);
	d = (struct diags){ 0 };
	assert_int_equal(add("mine.json", 1, "y", &d), EDIT_WRONG); /* the source is taken */
	assert_string_equal(d.list[0].code, "duplicate-route");
	assert_file("mine.json", ROUTES);
}

static void change_by_others_is_respected(void **state)
{
	const char *files[] = { path_of("base.json"), path_of("mine.json") };
	struct diags d = { 0 };
	struct edit_file f;
	struct buf b;
	int line;

	(void)state;
	assert_int_equal(edit_open(&f, files[1], &d), 0);
	put("mine.json", "{ \"routes\": [] }");
	buf_init(&b, 4096);
	buf_puts(&b, ADDED);
	assert_int_equal(edit_save(&f, &b, 1, files, 2, NULL, &d), -1);
	assert_string_equal(d.list[0].code, "changed");
	assert_file("mine.json", "{ \"routes\": [] }");
	edit_finish(&f);
	buf_finish(&b);

	d = (struct diags){ 0 };
	assert_int_equal(add("mine.json", 2, "y", &d), 0);
	put("mine.json", ADDED);
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), -1);
	assert_string_equal(d.list[0].code, "changed");
	assert_file("mine.json", ADDED);
}

static void link_stays_a_link(void **state)
{
	struct diags d = { 0 };
	struct stat st;
	int line;

	(void)state;
	assert_int_equal(symlink("mine.json", path_of("link.json")), 0);
	assert_int_equal(add("link.json", 2, "y", &d), 0);
	assert_int_equal(lstat(path_of("link.json"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_file("mine.json", ADDED);
	assert_int_equal(edit_undo(path_of("link.json"), &line, &d), 0);
	assert_file("mine.json", ROUTES);
}

static void undo_in_a_text_of_many_bytes_a_letter(void **state)
{
	/* U+20AC and U+20AD differ in their last byte only. */
	static const char was[] = "{ \"title\": \"\xE2\x82\xAC\" }",
			  is[] = "{ \"title\": \"\xE2\x82\xAD\" }";
	const char *files[] = { path_of("base.json"), path_of("mine.json") };
	struct diags d = { 0 };
	struct edit_file f;
	struct buf b;
	int line;

	(void)state;
	put("mine.json", was);
	assert_int_equal(edit_open(&f, files[1], &d), 0);
	buf_init(&b, 4096);
	buf_puts(&b, is);
	assert_int_equal(edit_save(&f, &b, 1, files, 2, NULL, &d), 0);
	edit_finish(&f);
	buf_finish(&b);
	assert_file("mine.json", is);
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), 0);
	assert_file("mine.json", was);
}

static void damaged_journal_changes_nothing(void **state)
{
	static const char *const journals[] = { "{", "[]\n", "{\"at\": 4}\n", "nonsense\n", "\n" };
	int line;

	(void)state;
	for (size_t i = 0; i < COUNT(journals); i++) {
		struct diags d = { 0 };

		put(".mine.json.undo", journals[i]);
		assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), -1);
		assert_int_equal(d.n, 1);
		assert_file("mine.json", ROUTES);
	}
}

/* What the mapping's warnings are does not hide why. */
static void what_cannot_be_written_is_told(void **state)
{
	struct diags d = { 0 };
	char name[252];

	(void)state;
	memset(name, 'x', sizeof(name) - 1); /* too long for that of a temporary file */
	name[sizeof(name) - 1] = '\0';
	put(name, ROUTES);
	assert_int_equal(add(name, 2, "y", &d), -1);
	assert_int_equal(d.n, 1);
	assert_string_equal(d.list[0].code, "cannot-write");
	assert_file(name, ROUTES);
}

static void read_only_file_stays(void **state)
{
	struct diags d = { 0 };
	struct stat st;

	(void)state;
	put("mine.json", ROUTES);
	assert_int_equal(chmod(path_of("mine.json"), 0444), 0);
	assert_int_equal(add("mine.json", 2, "y", &d), -1);
	assert_string_equal(d.list[0].code, "cannot-write");
	assert_non_null(strstr(d.list[0].msg, "Permission denied"));
	assert_file("mine.json", ROUTES);
	assert_int_equal(stat(path_of("mine.json"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(chmod(path_of("mine.json"), 0644), 0);
}

/* Adds `n` routes, each as often as it is refused because another one was first. */
static int add_all(int cc, int n)
{
	for (int i = 0; i < n; i++) {
		struct diags d = { 0 };

		while (add("mine.json", cc + i, "y", &d)) {
			if (strcmp(d.list[0].code, "changed") != 0)
				return 1;
			d = (struct diags){ 0 };
		}
	}
	return 0;
}

static void two_at_once_lose_nothing(void **state)
{
	struct diags d = { 0 };
	int line, status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(add_all(2, 30));
	assert_int_equal(add_all(60, 30), 0);
	assert_true(waitpid(pid, &status, 0) == pid && status == 0);
	for (int i = 0; i < 60; i++)
		assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), 0);
	assert_file("mine.json", ROUTES);
	assert_int_equal(edit_undo(path_of("mine.json"), &line, &d), -1);
}

/* Whoever holds the folder is waited for, and what he made of the file is seen. */
static void one_that_changes_the_file_is_waited_for(void **state)
{
	const int fd = open(dir, O_RDONLY | O_CLOEXEC);
	struct diags d = { 0 };
	int status = -1;
	pid_t pid;

	(void)state;
	assert_true(fd >= 0 && !platform_lock(fd));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fd);
		_exit(add("mine.json", 2, "y", &d) && !strcmp(d.list[0].code, "changed") ? 0 : 1);
	}
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	put("mine.json", "{ \"routes\": [] }");
	close(fd);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
	assert_file("mine.json", "{ \"routes\": [] }");
}

static void numbers_of_a_journal_are_checked(void **state)
{
	static const char *const lines[] = { "1e300", "-1", "0", "4e9", "\"4\"", "null" };
	static const char *const places[] = { "1e300", "-1e300", "-1", "null" };
	const char *path = path_of(".mine.json.undo");
	struct diags d = { 0 };
	char record[1024], journal[2048];
	const char *line, *at, *rest;
	FILE *f;
	int n;

	(void)state;
	assert_int_equal(add("mine.json", 2, "y", &d), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(record, sizeof(record), f));
	fclose(f);
	assert_memory_equal(record, "{\"line\": ", 9);
	line = record + 9;
	at = strstr(line, "\"at\": ");
	assert_non_null(at);
	rest = strchr(at, ',');
	for (size_t i = 0; i < COUNT(lines) + COUNT(places); i++) {
		d = (struct diags){ 0 };
		if (i < COUNT(lines))
			snprintf(journal, sizeof(journal), "{\"line\": %s, %s", lines[i], at);
		else
			snprintf(journal, sizeof(journal), "{\"line\": 4, \"at\": %s%s",
			         places[i - COUNT(lines)], rest);
		put(".mine.json.undo", journal);
		assert_int_equal(edit_undo(path_of("mine.json"), &n, &d), -1);
		assert_string_equal(d.list[0].code, "no-undo");
		assert_file("mine.json", ADDED);
	}
	put(".mine.json.undo", record);
	assert_int_equal(edit_undo(path_of("mine.json"), &n, &d), 0);
	assert_file("mine.json", ROUTES);
}

static void folders_are_refused(void **state)
{
	struct diags d = { 0 };
	struct edit_file f;

	(void)state;
	assert_int_equal(edit_open(&f, dir, &d), -1);
	assert_string_equal(d.list[0].msg, "cannot read: it is no regular file");
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(writes_and_takes_back),
		IN_FOLDER(takes_back_one_after_the_other),
		IN_FOLDER(made_file_is_taken_back),
		IN_FOLDER(what_does_not_check_is_not_written),
		IN_FOLDER(change_by_others_is_respected),
		IN_FOLDER(link_stays_a_link),
		IN_FOLDER(undo_in_a_text_of_many_bytes_a_letter),
		IN_FOLDER(damaged_journal_changes_nothing),
		IN_FOLDER(what_cannot_be_written_is_told),
		IN_FOLDER(read_only_file_stays),
		IN_FOLDER(two_at_once_lose_nothing),
		IN_FOLDER(one_that_changes_the_file_is_waited_for),
		IN_FOLDER(numbers_of_a_journal_are_checked),
		IN_FOLDER(folders_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
