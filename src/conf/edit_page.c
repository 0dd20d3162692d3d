/* The strict scanner says where values begin; as the text is known to be JSON then, where they end
 * is a matter of brackets and strings. */
#include "edit_page.h"

#include <string.h>

#include <cjson/cJSON.h>

int page_fail(struct diags *d, struct where at, const char *code, const char *msg)
{
	diag_add(d, at, SEV_ERROR, code, "%s", msg);
	return -1;
}

int page_open(struct page *p, const struct edit_text *in, struct diags *d)
{
	const cJSON *root;

	*p = (struct page){ .text = in->text, .end = in->text + in->len };
	if (json_load(&p->json, in->name, in->text, in->len, &json_limits_file, d))
		return -1;
	root = p->json.root;
	p->routes = cJSON_GetObjectItemCaseSensitive(root, "routes");
	if (!cJSON_IsObject(root))
		page_fail(d, json_at(&p->json, root), "wrong-type",
		          "the file is no object, expected a mapping file");
	else if (p->routes && !cJSON_IsArray(p->routes))
		page_fail(d, json_at(&p->json, p->routes), "wrong-type",
		          "\"routes\" is no list, expected a list of objects");
	else
		return 0;
	json_free(&p->json);
	return -1;
}

const char *page_where(const struct page *p, struct where w)
{
	const size_t line = w.line > 1 ? p->json.lines[w.line - 2] : 0;

	return p->text + line + w.column - 1;
}

const char *page_start(const struct page *p, const cJSON *v)
{
	return page_where(p, json_at(&p->json, v));
}

const char *page_skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

const char *page_end(const struct page *page, const char *p)
{
	size_t depth = 0;

	do {
		if (*p == '"') {
			p = page_skip_string(p);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	} while (p < page->end && (depth || !strchr(",]} \t\r\n", *p)));
	return p;
}

bool page_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *page_space(const struct page *page, const char *p)
{
	while (p > page->text && page_is_space(p[-1]))
		p--;
	return p;
}

const char *page_newline(const char *from, const char *to)
{
	while (to > from)
		if (*--to == '\n')
			return to;
	return NULL;
}

const cJSON *page_last(const cJSON *list)
{
	const cJSON *v = list ? list->child : NULL;

	while (v && v->next)
		v = v->next;
	return v;
}
