#include "cuewire/osc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *pattern, *address;
	bool match;
} cases[] = {
	{ "/a", "/a", true },
	{ "/a", "/b", false },
	{ "/a", "/ab", false },
	{ "/ab", "/a", false },
	{ "", "", true },
	{ "", "/a", false },
	{ "/a", "", false },
	{ "/A", "/a", false },
	{ "/a,b", "/a,b", true }, /* a comma means something only within braces */
	{ "/a!-b", "/a!-b", true },

	/* '?' */
	{ "/?", "/a", true },
	{ "/?", "/", false },
	{ "/?", "/ab", false },
	{ "/a?c", "/abc", true },
	{ "/a?c", "/a/c", false },
	{ "?a", "/a", false },

	/* '*' */
	{ "/*", "/", true },
	{ "/*", "/abc", true },
	{ "/*", "/abc/d", false },
	{ "/*/d", "/abc/d", true },
	{ "/*/d", "/abc/x/d", false },
	{ "/a*d", "/abc/d", false },
	{ "*", "/a", false },
	{ "/*a", "/aaab", false },
	{ "/*a", "/aaba", true },
	{ "/a*b*c", "/axxbxbxc", true },
	{ "/a*b*c", "/axxbxbx", false },
	{ "/**", "/abc", true },
	{ "/*/*/*", "/1/fader/2", true },
	{ "/*/*/*", "/1/fader", false },
	{ "/*/fader?", "/1/fader7", true },
	{ "/*/fader?", "/1/fader", false },

	/* brackets */
	{ "/[abc]", "/b", true },
	{ "/[abc]", "/d", false },
	{ "/[abc]", "/", false },
	{ "/[a-c]x", "/bx", true },
	{ "/[a-c]x", "/-x", false },
	{ "/[0-9][0-9]", "/42", true },
	{ "/[a-cx-z]", "/y", true },
	{ "/[a-cx-z]", "/d", false },
	{ "/[!a]", "/b", true },
	{ "/[!a]", "/a", false },
	{ "/[!a-c]", "/b", false },
	{ "/[!a]", "/", false },
	{ "/x[!a]y", "/x/y", false },
	{ "/[a!]", "/!", true },
	{ "/[a-]", "/-", true },
	{ "/[-a]", "/-", true },
	{ "/[!-]", "/-", false },
	{ "/[*]", "/*", true },
	{ "/[*]", "/x", false },
	{ "/[{,}]", "/,", true },
	{ "/[+-9]", "/5", true },
	{ "/x[+-9]y", "/x/y", false }, /* '/' lies within the range */
	{ "/[[]", "/[", true },

	/* braces */
	{ "/{foo,bar}", "/foo", true },
	{ "/{foo,bar}", "/bar", true },
	{ "/{foo,bar}", "/fobar", false },
	{ "/{foo,bar}", "/foo,bar", false },
	{ "/{foo,foobar}x", "/foobarx", true },
	{ "/{foobar,foo}x", "/foox", true },
	{ "/{a,ab}{c,bc}", "/abc", true },
	{ "/{a,ab}{c,bc}", "/abbc", true },
	{ "/{a,ab}{c,bc}", "/abb", false },
	{ "/{,un}mute", "/mute", true },
	{ "/{,un}mute", "/unmute", true },
	{ "/{}", "/", true },
	{ "/{a}", "/a", true },
	{ "/deck/{a,b}/play", "/deck/b/play", true },
	{ "/deck/{a,b}/play", "/deck/c/play", false },
	{ "/{a*,?b}c", "/axxc", true },
	{ "/{a*,?b}c", "/zbc", true },
	{ "/{a*,?b}c", "/zc", false },
	{ "/{[0-9],x}", "/7", true },
	{ "/{a,{b,c}d}e", "/cde", true },
	{ "/{a,{b,c}d}e", "/ae", true },
	{ "/{a,{b,c}d}e", "/ce", false },
	{ "/{{{{a}}}}", "/a", true },

	/* from the specification's own words */
	{ "/{first,this,that}/*", "/this/one", true },
	{ "/oscillator/[1-4]/{frequency,phase}", "/oscillator/3/phase", true },
	{ "/oscillator/[1-4]/{frequency,phase}", "/oscillator/5/phase", false },

	/* addresses are not patterns */
	{ "/a", "/*", false },
	{ "/?", "/*", true },
	{ "/\xc3\xa9*", "/\xc3\xa9t\xc3\xa9", true },
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (osc_match(cases[i].pattern, cases[i].address) != cases[i].match)
			fail_msg("\"%s\" %s \"%s\"", cases[i].pattern,
			         cases[i].match ? "does not match" : "matches", cases[i].address);
}

static void test_patterns_of_the_cases_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (osc_pattern_check(cases[i].pattern))
			fail_msg("\"%s\": %s", cases[i].pattern,
			         osc_pattern_check(cases[i].pattern));
}

static const struct {
	const char *pattern, *address, *why; /* address: what it may seem to match */
} malformed[] = {
	{ "/[", "/[", "a '[' that is not closed" },
	{ "/[a", "/a", "a '[' that is not closed" },
	{ "/[a-", "/a", "a '[' that is not closed" },
	{ "/[!", "/a", "a '[' that is not closed" },
	{ "/[a/b]", "/a", "a '[' that is not closed" },
	{ "/[a-/]", "/a", "a '[' that is not closed" },
	{ "/[]", "/", "nothing between '[' and ']'" },
	{ "/[]a]", "/a", "nothing between '[' and ']'" },
	{ "/[!]", "/a", "nothing between '[' and ']'" },
	{ "/[z-a]", "/b", "a range that runs backwards" },
	{ "/a]", "/a]", "a ']' without '['" },
	{ "/{", "/{", "a '{' that is not closed" },
	{ "/{a", "/a", "a '{' that is not closed" },
	{ "/{a,", "/a", "a '{' that is not closed" },
	{ "/{a,{b}", "/a", "a '{' that is not closed" },
	{ "/{a/b}", "/a/b", "a '{' that is not closed" },
	{ "/{a,[b}", "/a", "a '[' that is not closed" },
	{ "/a}", "/a}", "a '}' without '{'" },
	{ "/{a}}", "/a", "a '}' without '{'" },
	{ "/*}", "/a}", "a '}' without '{'" },
	{ "/{{{{{a}}}}}", "/a", "braces nested too deep" },
	{ "/*/[", "/a/[", "a '[' that is not closed" },
	{ "/a/{a,b", "/a/a", "a '{' that is not closed" },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		const char *why = osc_pattern_check(malformed[i].pattern);

		if (!why || strcmp(why, malformed[i].why))
			fail_msg("\"%s\": %s, expected %s", malformed[i].pattern,
			         why ? why : "good", malformed[i].why);
		if (osc_match(malformed[i].pattern, malformed[i].address))
			fail_msg("\"%s\" matches \"%s\"", malformed[i].pattern,
			         malformed[i].address);
	}
}

static void test_has_pattern(void **state)
{
	static const struct {
		const char *address;
		bool has;
	} addresses[] = {
		{ "/1/fader1", false }, { "/a,b-c!]}", false }, { "", false },  { "/a?", true },
		{ "/*", true },         { "/[a]", true },       { "/{", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		assert_int_equal(osc_has_pattern(addresses[i].address), addresses[i].has);
}

/* ---- length ---- */

static void test_longest(void **state)
{
	char pattern[OSC_PATTERN_MAX + 2] = "/*", address[OSC_PATTERN_MAX + 3] = "/";

	(void)state;
	memset(address + 1, 'a', OSC_PATTERN_MAX); /* the longest part that '*' matches */
	assert_true(osc_match("/*", address));
	address[OSC_PATTERN_MAX + 1] = 'a';
	assert_false(osc_match("/*", address));

	memset(pattern + 2, '*', OSC_PATTERN_MAX - 2);
	assert_null(osc_pattern_check(pattern));
	assert_true(osc_match(pattern, "/a"));
	pattern[OSC_PATTERN_MAX] = '*';
	assert_string_equal(osc_pattern_check(pattern), "a pattern longer than 511 bytes");
	assert_false(osc_match(pattern, "/a"));
}

static void repeat(char *out, size_t size, const char *unit)
{
	size_t n = strlen(out);

	for (; n + strlen(unit) < size; n += strlen(unit))
		strcpy(out + n, unit);
}

/* Whoever tries each way that a '*' or a brace can go is not done before the sun is; the
 * alarm ends the program. */
static void test_exponential(void **state)
{
	static const struct {
		const char *unit, *end;
		bool match;
	} patterns[] = {
		{ "*a", "", true },
		{ "*a", "b", false },
		{ "*a", "*", true },
		{ "**a", "b", false },
		{ "*?", "b", false },
		{ "{a,aa}", "b", false },
		{ "{a,aa,*}", "", true },
		{ "{*,*a}", "b", false },
		{ "{*,{*,{*a,a*}}}", "b", false },
		{ "[a-z]*", "b", false },
		{ "{,a}", "b", false },
	};
	char address[OSC_PATTERN_MAX] = "/";

	(void)state;
	repeat(address, sizeof(address), "a");
	alarm(20);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		char pattern[OSC_PATTERN_MAX + 1] = "/";

		repeat(pattern, sizeof(pattern) - 1, patterns[i].unit);
		strcat(pattern, patterns[i].end);
		assert_null(osc_pattern_check(pattern));
		assert_int_equal(osc_match(pattern, address), patterns[i].match);
	}
	alarm(0);
}

/* ---- against a matcher that is too simple to be wrong, and too slow to be used ---- */

static bool slow(const char *p, const char *a);

/* Whether c is one of [...]; *p is behind '[' and moves behind ']'. */
static bool slow_set(const char **p, char c)
{
	const bool negated = **p == '!';
	bool in = false;

	*p += negated;
	do {
		if ((*p)[1] == '-' && (*p)[2] != ']') {
			in |= (*p)[0] <= c && c <= (*p)[2];
			*p += 3;
		} else {
			in |= *(*p)++ == c;
		}
	} while (**p != ']');
	(*p)++;
	return in != negated && c != '/';
}

/* Where the alternative that begins at p ends: at its ',' or '}'. */
static const char *slow_end(const char *p)
{
	unsigned depth = 0;

	for (; depth || (*p != ',' && *p != '}'); p++) {
		if (*p == '[')
			p = strchr(p + 1 + (p[1] == '!'), ']');
		else if (*p == '{')
			depth++;
		else if (*p == '}')
			depth--;
	}
	return p;
}

/* Every alternative in turn, with what follows the braces behind it. */
static bool slow_brace(const char *p, const char *a)
{
	const char *close = slow_end(p), *end;

	while (*close == ',')
		close = slow_end(close + 1);
	for (;; p = end + 1) {
		char text[64];

		end = slow_end(p);
		snprintf(text, sizeof(text), "%.*s%s", (int)(end - p), p, close + 1);
		if (slow(text, a))
			return true;
		if (end == close)
			return false;
	}
}

static bool slow(const char *p, const char *a)
{
	switch (*p) {
	case '\0':
		return !*a;
	case '*':
		return slow(p + 1, a) || (*a && *a != '/' && slow(p, a + 1));
	case '?':
		return *a && *a != '/' && slow(p + 1, a + 1);
	case '[':
		p++;
		return *a && slow_set(&p, *a) && slow(p, a + 1);
	case '{':
		return slow_brace(p + 1, a);
	default:
		return *p == *a && slow(p + 1, a + 1);
	}
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void random_text(char *s, size_t max, const char *alphabet, uint32_t *seed)
{
	const size_t len = next(seed) % (max + 1), n = strlen(alphabet);

	for (size_t i = 0; i < len; i++)
		s[i] = alphabet[next(seed) % n];
	s[len] = '\0';
}

static void test_against_the_slow_one(void **state)
{
	uint32_t seed = 1, good = 0, matched = 0;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char pattern[16], address[8];
		bool want;

		random_text(pattern, 9, "aab/*?{{},}[]!-", &seed);
		random_text(address, 5, "aab/-,", &seed);
		want = !osc_pattern_check(pattern) && slow(pattern, address);
		if (osc_match(pattern, address) != want)
			fail_msg("\"%s\" %s \"%s\"", pattern, want ? "does not match" : "matches",
			         address);
		good += !osc_pattern_check(pattern);
		matched += want;
	}
	assert_true(good > 20000 && matched > 2000); /* else the random texts are no test */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_patterns_of_the_cases_are_well_formed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_has_pattern),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_exponential),
		cmocka_unit_test(test_against_the_slow_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
