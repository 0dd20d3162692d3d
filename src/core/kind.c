#include "cuewire/kind.h"

#define OPS(a, b) ((1u << (a)) | (1u << (b)))

/* A switch is kept by everything: play is on because it is held at 127. Pressing one means
 * setting it to 1 and releasing it means 0, but only when somebody says so. */
const struct kind_info kinds[KIND_COUNT] = {
	[KIND_FADER] = {
		.name = "fader", .keeps = true, .resent = true, .waits = WAITS_BEHIND,
		.ops = OPS(OP_SET, OP_NUDGE),
		.help = "0 to 1, kept: a volume, an equaliser, the crossfader",
	},
	[KIND_SWITCH] = {
		.name = "switch", .keeps = true, .binary = true, .resent = true, .waits = WAITS_LATEST,
		.ops = OPS(OP_SET, OP_PRESS) | 1u << OP_RELEASE,
		.help = "0 or 1, kept: play, sync, key lock; never released by an exit or a loss",
	},
	[KIND_BUTTON] = {
		.name = "button", .held = true, .binary = true,
		.ops = OPS(OP_SET, OP_PRESS) | 1u << OP_RELEASE,
		.help = "pressed and released: cue, a hotcue, load; released when its source ends",
	},
	[KIND_ENCODER] = {
		.name = "encoder", .ops = 1u << OP_NUDGE,
		.help = "signed steps, nothing kept: the browser's list, a jog wheel",
	},
	[KIND_LAMP] = {
		.name = "lamp",
		.help = "0 to 1, written by feedback only: a deck's \"loaded\", a level",
	},
};

const char *const op_names[OP_COUNT] = {
	[OP_SET] = "set",
	[OP_PRESS] = "press",
	[OP_RELEASE] = "release",
	[OP_NUDGE] = "nudge",
};
