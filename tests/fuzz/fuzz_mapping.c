/* Mapping files: whatever the bytes, a mapping on which the engine can rely, or a word about what
 * is wrong with them. */
#include "fuzz.h"

#include <string.h>

#include "cuewire/codes.h"
#include "cuewire/load.h"

/* What the engine relies on without looking. */
static void check_mapping(const struct mapping *m)
{
	for (size_t i = 0; i < m->ncontrols; i++) {
		const struct control *c = &m->controls[i];

		MUST(c->port == PORT_NONE || (size_t)c->port < m->nports);
		MUST(mapping_control(m, c->name, strlen(c->name)) == (int)i);
	}
	for (size_t i = 0; i < m->nroutes; i++) {
		const struct route *r = &m->routes[i];

		MUST(r->macro ? r->to == CONTROL_NONE : r->to < m->ncontrols);
		MUST(r->osc || r->from < m->ncontrols || r->every.amount > 0 ||
		     (size_t)r->port < m->nports);
		MUST((r->in.form == ADDR_SYSEX) == (r->sysex != NULL));
		MUST(r->next == ROUTE_END || r->next < m->nroutes);
		for (size_t k = 0; k < r->nwhen; k++)
			MUST(r->when[k].op != COND_IS || r->when[k].control < m->ncontrols);
		for (size_t k = 0; k < r->nxf; k++)
			MUST(r->xf[k].kind < XF_COUNT &&
			     (!xforms[r->xf[k].kind].has_cell || r->xf[k].cell < m->ncells));
	}
}

/* The place is one that an editor can go to: a byte of the text or its end. */
static void check_place(const struct diag *e, const char *text, size_t size)
{
	const char *p = text, *const end = text + size, *newline;

	MUST(e->line >= 1 && e->column >= 1);
	for (int line = 1; line < e->line; line++) {
		newline = memchr(p, '\n', (size_t)(end - p));
		MUST(newline);
		p = newline + 1;
	}
	newline = memchr(p, '\n', (size_t)(end - p));
	MUST(e->column <= (newline ? newline : end) - p + 1);
}

static void check_diag(const struct diag *e, const char *text, size_t size)
{
	const struct code_info *c = code_find(e->code);

	MUST(e->file && e->msg[0]);
	MUST(c && c->severity == e->severity && e->code == c->name);
	if (!strcmp(e->file, "fuzz.json") && e->line)
		check_place(e, text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mapping *m = NULL;
	struct diags d = { 0 };

	if (mapping_load_text(&m, "fuzz.json", (const char *)data, size, NULL, &d)) {
		MUST(!m && d.errors && d.n);
	} else {
		MUST(m && !d.errors);
		check_mapping(m);
	}
	for (size_t i = 0; i < d.n; i++)
		check_diag(&d.list[i], (const char *)data, size);
	mapping_free(m);
	return 0;
}
