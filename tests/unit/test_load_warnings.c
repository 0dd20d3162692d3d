/* What is told of a mapping that loads all the same, and what is told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cuewire/load.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int load_text(struct mapping **m, const char *text, struct diags *d)
{
	*d = (struct diags){ 0 };
	return mapping_load_text(m, "test.json", text, strlen(text), NULL, d);
}

static const struct {
	const char *text, *code, *msg;
	int line;
} warning_cases[] = {
	{ "{ \"ports\": {\n \"a\": { \"in\": \"x\" } } }", "unused-port", "nothing uses port \"a\"",
	  2 },
	{ "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	  "{ \"name\": \"a\", \"kind\": \"fader\", \"port\": \"s\", \"cc\": [1, 33] },\n"
	  "{ \"name\": \"b\", \"kind\": \"fader\", \"port\": \"s\", \"cc\": 33 } ] }",
	  "same-address",
	  "controls \"a\" and \"b\" are both sent to CC 33, channel 1, of port \"s\"", 3 },
	{ "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	  "{ \"name\": \"a\", \"kind\": \"switch\", \"port\": \"s\", \"on\": { \"note\": 1 },\n"
	  "  \"off\": { \"note\": 2 } },\n"
	  "{ \"name\": \"b\", \"kind\": \"button\", \"port\": \"s\", \"note\": 2 } ] }",
	  "same-address",
	  "controls \"a\" and \"b\" are both sent to note 2, channel 1, of port \"s\"", 4 },
	{ "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	  "{ \"name\": \"a\", \"kind\": \"fader\", \"port\": \"s\", \"nrpn\": 259 },\n"
	  "{ \"name\": \"b\", \"kind\": \"fader\", \"port\": \"s\", \"rpn\": 259 },\n"
	  "{ \"name\": \"c\", \"kind\": \"fader\", \"port\": \"s\", \"channel\": 2, \"nrpn\": 259 },\n"
	  "{ \"name\": \"d\", \"kind\": \"fader\", \"port\": \"s\", \"nrpn\": [2, 3], \"bits\": 7 } ] }",
	  "same-address",
	  "controls \"a\" and \"d\" are both sent to NRPN 259, channel 1, of port \"s\"", 5 },
	{ "{ \"ports\": { \"s\": { \"osc\": { \"send\": \"h:1\" } } }, \"controls\": [\n"
	  "{ \"name\": \"a.b\", \"kind\": \"fader\", \"port\": \"s\" },\n"
	  "{ \"name\": \"b\", \"kind\": \"fader\", \"port\": \"s\", \"osc\": \"/a/b\" } ] }",
	  "same-address", "controls \"a.b\" and \"b\" are both sent to /a/b", 3 },
	{ "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	  "{ \"name\": \"a\", \"kind\": \"fader\", \"port\": \"s\", \"cc\": 120 } ] }",
	  "reserved-cc", "CC 120 of control \"a\" is a channel mode message in MIDI", 2 },
	{ "{ \"ports\": { \"s\": { \"simulated\": true } }, \"controls\": [\n"
	  "{ \"name\": \"a\", \"kind\": \"fader\", \"port\": \"s\", \"cc\": [6, 39] } ] }",
	  "reserved-cc", "CC 6 of control \"a\" is data entry or its number in MIDI", 2 },
	{ "{ \"controls\": [ { \"name\": \"a\", \"kind\": \"fader\" } ], \"routes\": [\n"
	  "{ \"osc\": \"/x\", \"to\": null } ] }",
	  "removes-nothing", "no earlier file has a route with this source and \"when\"", 2 },
};

static void test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(warning_cases); i++) {
		struct mapping *m = NULL;
		struct diags d;

		assert_int_equal(load_text(&m, warning_cases[i].text, &d), 0);
		assert_int_equal(d.n, 1);
		assert_int_equal(d.errors, 0);
		assert_int_equal(d.list[0].severity, SEV_WARNING);
		assert_string_equal(d.list[0].code, warning_cases[i].code);
		assert_string_equal(d.list[0].msg, warning_cases[i].msg);
		assert_string_equal(d.list[0].file, "test.json");
		assert_int_equal(d.list[0].line, warning_cases[i].line);
		mapping_free(m);
	}
}

/* What "each" repeats is told once. */
static void test_told_once(void **state)
{
	struct mapping *m = NULL;
	struct diags d;

	(void)state;
	assert_int_equal(load_text(&m,
	                           "{ \"controls\": [ { \"each\": { \"n\": [1, 2, 3, 4] },\n"
	                           "\"name\": \"x{n}\", \"kind\": \"fader\" } ], \"routes\": [\n"
	                           "{ \"each\": { \"n\": [1, 2, 3, 4] }, \"osc\": \"/{n}\",\n"
	                           "\"to\": \"other{n}\" } ] }",
	                           &d),
	                 -1);
	assert_int_equal(d.errors, 1);
	assert_string_equal(d.list[0].msg, "there is no control \"other1\"");
	assert_string_equal(d.list[0].hint,
	                    "declare it in \"controls\", or include the file that does");
	assert_int_equal(d.list[0].line, 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_told_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("load_warnings", tests, NULL, NULL);
}
