#include "cuewire/sim.h"

#include <stdio.h>

#include "cuewire/mem.h"

void sim_init(struct sim *s, struct arena *mem, const struct mapping *m)
{
	s->value = arena_alloc(mem, (m->ncontrols + 1) * sizeof(*s->value));
	for (size_t i = 0; i < m->ncontrols; i++)
		s->value[i] = SIM_UNKNOWN;
}

bool sim_take(struct sim *s, const struct mapping *m, size_t control, float value)
{
	const bool changed = s->value[control] != value;

	s->value[control] = value;
	return changed || m->controls[control].kind == KIND_ENCODER;
}

void sim_words(char *out, size_t size, const struct control *c, float value)
{
	switch (c->kind) {
	case KIND_SWITCH:
		snprintf(out, size, "%s %s", c->name, value >= 0.5f ? "on" : "off");
		break;
	case KIND_BUTTON:
		snprintf(out, size, "%s %s", c->name, value >= 0.5f ? "pressed" : "released");
		break;
	case KIND_ENCODER:
		snprintf(out, size, "%s %+d", c->name, (int)value);
		break;
	default:
		snprintf(out, size, "%s %.2f", c->name, (double)value);
		break;
	}
}
