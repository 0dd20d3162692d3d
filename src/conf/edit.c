/* Changes to the text of a mapping file, in the style that it has. */
#include "cuewire/edit.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "edit_page.h"

#define UNIT "\t" /* one level of indentation where the file has none */

/* How a file writes objects, as far as it matters to a route. */
struct style {
	const char *newline;
	bool pad;   /* { "x": 1 } and not {"x": 1} */
	bool colon; /* a space behind a colon */
	bool comma; /* and behind a comma */
	bool lines; /* a key a line */
	const char *unit;
	size_t unit_len;
};

/* ---- style ---- */

/* The first character c of the object at p that is on its own level, or NULL. */
static const char *find_mark(const struct page *page, const char *p, char c)
{
	const char *end = page_end(page, p);

	for (p++; p < end; p++) {
		if (*p == c)
			return p;
		if (*p == '"')
			p = page_skip_string(p) - 1;
		else if (*p == '{' || *p == '[')
			p = page_end(page, p) - 1;
	}
	return NULL;
}

static void copy_style(struct style *s, const struct page *page, const char *obj)
{
	const char *colon = find_mark(page, obj, ':'), *comma = find_mark(page, obj, ',');

	s->pad = obj[1] == ' ';
	s->lines = obj[1] == '\n' || obj[1] == '\r';
	if (colon)
		s->colon = colon[1] == ' ';
	if (comma)
		s->comma = page_is_space(comma[1]);
}

/* The object that shows how routes look here: the last one, else one of the last list that has
 * any. */
static const cJSON *model(const struct page *p)
{
	const cJSON *found = NULL, *v;

	cJSON_ArrayForEach(v, p->json.root) if (cJSON_IsArray(v) && cJSON_IsObject(v->child) &&
	                                        v->child->child) found = page_last(v);
	v = page_last(p->routes);
	return v && cJSON_IsObject(v) && v->child ? v : found;
}

static struct style style_of(const struct page *p)
{
	struct style s = { .newline = "\n",
		           .pad = true,
		           .colon = true,
		           .comma = true,
		           .unit = UNIT,
		           .unit_len = strlen(UNIT) };
	const char *first = memchr(p->text, '\n', (size_t)(p->end - p->text));
	const cJSON *like = model(p);

	if (first && first > p->text && first[-1] == '\r')
		s.newline = "\r\n";
	if (p->json.root->child) {
		const char *key = page_where(p, json_key_at(&p->json, p->json.root->child));
		const char *line = page_newline(page_space(p, key), key);

		if (line && line + 1 < key) {
			s.unit = line + 1;
			s.unit_len = (size_t)(key - line - 1);
		}
	}
	if (like)
		copy_style(&s, p, page_start(p, like));
	return s;
}

/* ---- writing ---- */

struct indent {
	const char *text;
	size_t len;
};

static void add_newline(struct buf *out, const struct style *s, struct indent in, size_t levels)
{
	buf_puts(out, s->newline);
	buf_add(out, in.text, in.len);
	while (levels--)
		buf_add(out, s->unit, s->unit_len);
}

/* What a bracket, comma or colon of a route looks like in this style; depth: within how many
 * brackets it is, those that it opens or closes itself counted. */
static void add_mark(struct buf *out, const struct style *s, struct indent in, char c, size_t depth)
{
	const bool breaks = s->lines && depth == 1, pad = s->pad || s->lines;

	if (c == '}' && breaks)
		add_newline(out, s, in, 0);
	else if (c == '}' && pad)
		buf_putc(out, ' ');
	buf_putc(out, c);
	if ((c == '{' || c == ',') && breaks)
		add_newline(out, s, in, 1);
	else if ((c == '{' && pad) || (c == ':' && s->colon) || (c == ',' && s->comma))
		buf_putc(out, ' ');
}

/* The route in the style of the file; in: the indentation of the line that it begins on. */
static void add_route(struct buf *out, const struct style *s, struct indent in, const char *route)
{
	const char *end;
	size_t depth = 0;

	for (const char *p = route; *p; p = end) {
		end = *p == '"' ? page_skip_string(p) : p + 1;
		if (page_is_space(*p))
			continue;
		depth += *p == '{' || *p == '[';
		if (strchr("{}[],:", *p))
			add_mark(out, s, in, *p, depth);
		else
			buf_add(out, p, (size_t)(end - p));
		depth -= *p == '}' || *p == ']';
	}
}

/* What stands between the line's begin and its first word. */
static struct indent indent_of(const struct page *page, const char *p)
{
	const char *line = page_newline(page->text, p), *q = line ? line + 1 : page->text;
	struct indent in = { .text = q };

	while (q < page->end && (*q == ' ' || *q == '\t'))
		q++;
	in.len = (size_t)(q - in.text);
	return in;
}

static void add_span(struct buf *out, const char *from, const char *to)
{
	buf_add(out, from, (size_t)(to - from));
}

/* The functions that write a new text return where in it the route begins. */

/* Behind the last route, on a line of its own if that has one. */
static size_t append(struct buf *out, const struct page *p, const struct style *s,
                     const char *route)
{
	const char *last = page_start(p, page_last(p->routes)), *end = page_end(p, last);
	const bool own_line = page_newline(page_space(p, last), last);
	size_t at;

	add_span(out, p->text, end);
	buf_putc(out, ',');
	if (own_line)
		add_newline(out, s, indent_of(p, last), 0);
	else if (s->comma)
		buf_putc(out, ' ');
	at = out->len;
	add_route(out, s, indent_of(p, last), route);
	add_span(out, end, p->end);
	return at;
}

/* The list with its brackets; in: of the line that it begins on. */
static size_t add_list(struct buf *out, const struct style *s, struct indent in, bool own_line,
                       const char *route)
{
	char deeper[128];
	struct indent inner = { deeper, 0 };
	size_t at;

	if (in.len + s->unit_len < sizeof(deeper)) {
		memcpy(deeper, in.text, in.len);
		memcpy(deeper + in.len, s->unit, s->unit_len);
		inner.len = in.len + s->unit_len;
	}
	buf_putc(out, '[');
	if (own_line)
		add_newline(out, s, inner, 0);
	at = out->len;
	add_route(out, s, inner, route);
	if (own_line)
		add_newline(out, s, in, 0);
	buf_putc(out, ']');
	return at;
}

static bool is_one_line(const struct page *p)
{
	const char *root = page_start(p, p->json.root);

	return !memchr(root, '\n', (size_t)(page_end(p, root) - root));
}

static size_t fill_list(struct buf *out, const struct page *p, const struct style *s,
                        const char *route)
{
	const char *list = page_start(p, p->routes);
	size_t at;

	add_span(out, p->text, list);
	at = add_list(out, s, indent_of(p, list), !is_one_line(p), route);
	add_span(out, page_end(p, list), p->end);
	return at;
}

/* Behind the last key of the file, with as many line feeds as stand before that. */
static size_t add_section(struct buf *out, const struct page *p, const struct style *s,
                          const char *route)
{
	const cJSON *root = p->json.root, *last = page_last(root);
	const char *key = page_where(p, json_key_at(&p->json, last));
	const char *end = page_end(p, page_start(p, last)), *space = page_space(p, key);
	const bool own_line = page_newline(space, key);
	size_t at;

	add_span(out, p->text, end);
	buf_putc(out, ',');
	if (own_line)
		add_span(out, space, key);
	else if (s->comma)
		buf_putc(out, ' ');
	buf_puts(out, s->colon ? "\"routes\": " : "\"routes\":");
	at = add_list(out, s, indent_of(p, key), own_line, route);
	add_span(out, end, p->end);
	return at;
}

/* A file that is {}. */
static size_t fill_file(struct buf *out, const struct page *p, const struct style *s,
                        const char *route)
{
	const char *root = page_start(p, p->json.root);
	const struct indent in = { s->unit, s->unit_len };
	size_t at;

	add_span(out, p->text, root);
	buf_putc(out, '{');
	add_newline(out, s, in, 0);
	buf_puts(out, "\"routes\": ");
	at = add_list(out, s, in, true, route);
	add_newline(out, s, (struct indent){ "", 0 }, 0);
	buf_putc(out, '}');
	add_span(out, page_end(p, root), p->end);
	return at;
}

/* The line, from 1, of a place in the text. */
static int line_of(const struct buf *b, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += b->p[i] == '\n';
	return line;
}

int edit_add_route(struct buf *out, const struct edit_text *in, const char *route, struct diags *d)
{
	struct page p;
	struct style s;
	size_t at;

	if (page_open(&p, in, d))
		return -1;
	s = style_of(&p);
	if (p.routes && p.routes->child)
		at = append(out, &p, &s, route);
	else if (p.routes)
		at = fill_list(out, &p, &s, route);
	else if (p.json.root->child)
		at = add_section(out, &p, &s, route);
	else
		at = fill_file(out, &p, &s, route);
	json_free(&p.json);
	return line_of(out, at);
}

/* ---- one route ---- */

static const cJSON *find_route(const struct page *p, struct where at)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, p->routes)
	{
		const struct where w = json_at(&p->json, v);

		if (w.line == at.line && w.column == at.column)
			return v;
	}
	return NULL;
}

static int open_at(struct page *p, const struct edit_text *in, struct where at, const cJSON **route,
                   struct diags *d)
{
	if (page_open(p, in, d))
		return -1;
	*route = find_route(p, at);
	if (*route)
		return 0;
	at.file = in->name;
	page_fail(d, at, "no-route", "no route begins here any more: the file was changed");
	json_free(&p->json);
	return -1;
}

int edit_replace_route(struct buf *out, const struct edit_text *in, struct where at,
                       const char *route, struct diags *d)
{
	const cJSON *v;
	const char *start;
	struct page p;
	struct style s;

	if (open_at(&p, in, at, &v, d))
		return -1;
	s = style_of(&p);
	start = page_start(&p, v);
	if (cJSON_IsObject(v) && v->child)
		copy_style(&s, &p, start);
	add_span(out, p.text, start);
	add_route(out, &s, indent_of(&p, start), route);
	add_span(out, page_end(&p, start), p.end);
	json_free(&p.json);
	return at.line;
}

int edit_add_to(struct buf *out, const struct edit_text *in, struct where at, const char *control,
                struct diags *d)
{
	const cJSON *v, *to;
	const char *start, *end;
	struct page p;
	bool list;

	if (open_at(&p, in, at, &v, d))
		return -1;
	to = cJSON_GetObjectItemCaseSensitive(v, "to");
	list = cJSON_IsArray(to) && to->child;
	if (!list && !cJSON_IsString(to)) {
		page_fail(d, at, "no-target",
		          "this route has no \"to\" that could get another control");
		json_free(&p.json);
		return -1;
	}
	start = page_start(&p, to);
	end = list ? page_end(&p, page_start(&p, page_last(to))) : page_end(&p, start);
	add_span(out, p.text, start);
	buf_puts(out, list ? "" : "[");
	add_span(out, start, end);
	buf_puts(out, ", ");
	buf_json_str(out, control);
	buf_puts(out, list ? "" : "]");
	add_span(out, end, p.end);
	json_free(&p.json);
	return at.line;
}

int edit_remove_route(struct buf *out, const struct edit_text *in, struct where at, struct diags *d)
{
	const char *from, *to;
	const cJSON *v, *before;
	struct page p;

	if (open_at(&p, in, at, &v, d))
		return -1;
	for (before = p.routes->child; before != v && before->next != v;)
		before = before->next;
	from = page_start(&p, v);
	to = page_end(&p, from);
	if (before != v) { /* with the comma before it */
		from = page_end(&p, page_start(&p, before));
	} else if (v->next) {
		to = page_start(&p, v->next);
	} else {
		from = page_start(&p, p.routes) + 1;
		to = page_end(&p, from - 1) - 1;
	}
	add_span(out, p.text, from);
	add_span(out, to, p.end);
	json_free(&p.json);
	return at.line;
}

bool edit_is_each(const struct edit_text *in, struct where at)
{
	const cJSON *v;
	struct page p;
	bool is;

	if (open_at(&p, in, at, &v, NULL))
		return false;
	is = cJSON_GetObjectItemCaseSensitive(v, "each");
	json_free(&p.json);
	return is;
}

int edit_new(struct buf *out, const char *title, const char *route)
{
	const struct style s = { .newline = "\n",
		                 .pad = true,
		                 .colon = true,
		                 .comma = true,
		                 .unit = UNIT,
		                 .unit_len = strlen(UNIT) };
	const struct indent in = { UNIT, strlen(UNIT) };
	size_t at;

	buf_puts(out, "{\n\t\"title\": ");
	buf_json_str(out, title);
	buf_puts(out, ",\n\t\"routes\": ");
	at = add_list(out, &s, in, true, route);
	buf_puts(out, "\n}\n");
	return line_of(out, at);
}
