#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "cuewire/buf.h"
#include "cuewire/load.h"
#include "cuewire/xform.h"

#include "../../src/conf/keys.h"

/* Sets of keys are bits of 64, and help becomes sentences in the manual. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; sections[i]; i++) {
		const struct section *sec = sections[i];

		assert_in_range(sec->nkeys, 1, 63);
		for (size_t k = 0; k < sec->nkeys; k++) {
			const struct key *key = &sec->keys[k];
			const char *help = key_help(key);

			assert_non_null(key->name);
			assert_true(isalnum((unsigned char)*help));
			assert_int_not_equal(help[strlen(help) - 1], '.');
			assert_true(key->min <= key->max);
			if (key->has_def && key->type != KEY_BOOL)
				assert_true(key->min <= key->def && key->def <= key->max);
			for (size_t other = 0; other < k; other++)
				assert_string_not_equal(sec->keys[other].name, key->name);
		}
	}
}

/* Every transform has its key, under its own name. */
static void test_transforms(void **state)
{
	(void)state;
	for (int i = 0; i < XF_COLOURS; i++)
		assert_int_equal(key_xform(&section_route, xforms[i].name), i);
	assert_int_equal(key_xform(&section_route, "to"), -1);
	assert_int_equal(key_xform(&section_control, "range"), -1);
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; sections[i]; i++) {
		const uint64_t all = (UINT64_C(1) << sections[i]->nkeys) - 1;
		const struct rule *r = sections[i]->rules;

		for (; r && r->type != RULE_END; r++) {
			assert_int_equal(r->when & ~all, 0);
			assert_true(r->alts[0]);
			for (size_t k = 0; k < RULE_ALTS; k++)
				assert_int_equal(r->alts[k] & ~all, 0);
		}
	}
}

/* Every key is in the schema's section of that name. */
static void test_schema(void **state)
{
	struct buf b;
	cJSON *root, *defs;

	(void)state;
	buf_init(&b, 1 << 20);
	keys_schema(&b);
	assert_false(b.cut);
	root = cJSON_Parse(b.p);
	assert_non_null(root);
	defs = cJSON_GetObjectItemCaseSensitive(root, "$defs");
	for (size_t i = 0; sections[i]; i++) {
		const cJSON *sec = cJSON_GetObjectItemCaseSensitive(defs, sections[i]->name);
		const cJSON *keys = cJSON_GetObjectItemCaseSensitive(sec, "properties");

		assert_int_equal(cJSON_GetArraySize(keys), sections[i]->nkeys);
		for (size_t k = 0; k < sections[i]->nkeys; k++)
			assert_non_null(
				cJSON_GetObjectItemCaseSensitive(keys, sections[i]->keys[k].name));
	}
	cJSON_Delete(root);
	buf_finish(&b);
}

/* The manual has a list a section and an item a key, in lines that a terminal holds. */
static void test_mdoc(void **state)
{
	const char *p;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	keys_mdoc(&b);
	assert_false(b.cut);
	p = b.p;
	for (size_t i = 0; sections[i]; i++) {
		for (size_t k = 0; k < sections[i]->nkeys; k++) {
			char item[64];

			snprintf(item, sizeof(item), ".It Cm %s\n", sections[i]->keys[k].name);
			p = strstr(p, item);
			assert_non_null(p);
			p += strlen(item);
		}
		p = strstr(p, ".El\n");
		assert_non_null(p);
	}
	for (p = b.p; *p; p += strcspn(p, "\n") + 1) {
		assert_true(strcspn(p, "\n") <= 80);
		if (*p == '.')
			assert_true(isupper((unsigned char)p[1]));
	}
	buf_finish(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_transforms),
		cmocka_unit_test(test_rules), cmocka_unit_test(test_schema),
		cmocka_unit_test(test_mdoc),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
