#include "keys.h"

#include <string.h>

#include "cuewire/kind.h"
#include "cuewire/mapping.h"
#include "cuewire/value.h"
#include "cuewire/xform.h"

#include "raw.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *kind_word(int v)
{
	return kinds[v].name;
}

static const char *encoding_word(int v)
{
	return encoding_names[v];
}

static const char *curve_word(int v)
{
	return curve_names[v];
}

static const char *as_word(int v)
{
	return as_names[v];
}

static const char *press_word(int v)
{
	return press_names[v];
}

static const char *takeover_word(int v)
{
	return takeover_names[v];
}

static const char *again_word(int v)
{
	return again_names[v];
}

static const char *slot_word(int v)
{
	return slot_type_names[v];
}

static const char *return_word(int v)
{
	return port_return_names[v];
}

static const char *system_word(int v)
{
	return system_names[v];
}

static const char *interaction_word(int v)
{
	return v ? "toggle" : "hold";
}

static const char *order_word(int v)
{
	return v ? "lsb" : "msb";
}

/* A table, two or three lines a key. */
/* clang-format off */

#define REMARK { "note", KEY_REMARK, .help = "a remark, ignored" }
#define EACH                                                                                 \
	{ "each", KEY_EACH,                                                                  \
	  .help = "variables, each a list of values of one length; the object is made once " \
	          "for every index, with {name} replaced in its strings; a list of such "    \
	          "objects makes every combination" }
#define TITLE(type, field) \
	{ "title", KEY_TEXT, .offset = offsetof(type, field), .help = "a label for people" }

#define WORDS_OF(e_first, e_count, fn) .min = (e_first), .max = (e_count) - 1, .word = (fn)

/* ---- the file ---- */

#define AT(field) .offset = offsetof(struct raw_mapping, field)

static const struct key mapping_keys[] = {
	{ "$schema", KEY_REMARK, .help = "where the JSON Schema is, for editors" },
	{ "title", KEY_REMARK, .help = "what the mapping is for" },
	REMARK,
	{ "include", KEY_TEXTS, .max = 256, AT(include),
	  .help = "files that are read before the rest of this one, looked for beside it and then "
	          "in the folder of mappings" },
	{ "in_place_of", KEY_TEXT, AT(in_place_of),
	  .help = "name of a file, without folders, that includes of later files pass over because "
	          "this one stands in its place" },
	{ "tempo", KEY_OBJECT, .sub = &section_tempo, AT(tempo),
	  .help = "what beats and bars are counted by" },
	{ "hold_ms", KEY_INT, .max = 60000, AT(hold_ms),
	  .help = "how long whoever moved a control has it: in that while those of a lower rank are "
	          "refused (hardware, then tablets, then scripts, then AI); 500 unless given" },
	{ "ports", KEY_MAP, .sub = &section_port, .max = MAPPING_PORTS_MAX, AT(ports),
	  .help = "ports by name ([a-z0-9_-], at most 31 characters)" },
	{ "controls", KEY_LIST, .sub = &section_control, .max = MAPPING_CONTROLS_MAX, AT(controls),
	  .help = "what can be moved" },
	{ "routes", KEY_LIST, .sub = &section_route, .max = MAPPING_ROUTES_MAX, AT(routes),
	  .help = "what moves controls, beside their own OSC addresses" },
	{ "feedback", KEY_LIST, .sub = &section_feedback, .max = FEEDBACK_MAX, AT(feedback),
	  .help = "where controls are shown, beside the OSC addresses that routes name" },
	{ "intents", KEY_LIST, .sub = &section_intent, .max = 4096, AT(intents),
	  .help = "named sequences of steps" },
};
#undef AT

const struct section section_mapping = {
	.name = "mapping",
	.place = "The file itself",
	.help = "a mapping file of cuewire",
	.keys = mapping_keys,
	.nkeys = COUNT(mapping_keys),
};

/* ---- tempo ---- */

#define AT(field) .offset = offsetof(struct raw_tempo, field)

static const struct key tempo_keys[] = {
	REMARK,
	{ "bpm", KEY_NUMBER, .min = 20, .max = 400, .def = 120, .has_def = true, AT(bpm),
	  .help = "beats a minute, until a clock or taps say otherwise" },
	{ "beats_per_bar", KEY_INT, .min = 1, .max = 32, .def = 4, .has_def = true, AT(beats_per_bar),
	  .help = "beats of a bar" },
	{ "clock", KEY_PORT, AT(clock), .help = "the port whose MIDI clock is followed" },
	{ "tap", KEY_NAME, AT(tap), .help = "the button that taps the tempo" },
};
#undef AT

const struct section section_tempo = {
	.name = "tempo",
	.place = "\"tempo\" of the file",
	.help = "the tempo that beats and bars are counted by; a later file's takes its place",
	.keys = tempo_keys,
	.nkeys = COUNT(tempo_keys),
};

/* ---- ports ---- */

#define AT(field) .offset = offsetof(struct raw_port_osc, field)

enum { OSC_NOTE, OSC_LISTEN, OSC_BIND, OSC_REPLY_PORT, OSC_FEEDBACK, OSC_SEND };

static const struct key port_osc_keys[] = {
	[OSC_NOTE] = REMARK,
	[OSC_LISTEN] = { "listen", KEY_INT, .min = 1, .max = 65535, AT(listen),
	                 .help = "UDP port to listen on" },
	[OSC_BIND] = { "bind", KEY_IP, AT(bind),
	               .help = "numeric address to listen on; all unless given" },
	[OSC_REPLY_PORT] = { "reply_port", KEY_INT, .min = 1, .max = 65535, .def = 9000,
	                     .has_def = true, AT(reply_port),
	                     .help = "UDP port at the sender's address that answers go to" },
	[OSC_FEEDBACK] = { "feedback", KEY_BOOL, .def = true, .has_def = true, AT(feedback),
	                   .help = "whether clients that were heard there are shown what controls are" },
	[OSC_SEND] = { "send", KEY_HOST, AT(send),
	               .help = "host:port that controls of this port are sent to" },
};
#undef AT

static const struct rule port_osc_rules[] = {
	{ RULE_SOME, 0, { KEY_BIT(OSC_LISTEN), KEY_BIT(OSC_SEND) } },
	{ RULE_NEEDS, KEY_BIT(OSC_BIND) | KEY_BIT(OSC_REPLY_PORT), { KEY_BIT(OSC_LISTEN) } },
	{ .type = RULE_END },
};

const struct section section_port_osc = {
	.name = "osc",
	.place = "\"osc\" of a port",
	.help = "Open Sound Control over UDP",
	.keys = port_osc_keys,
	.nkeys = COUNT(port_osc_keys),
	.rules = port_osc_rules,
};

#define AT(field) .offset = offsetof(struct raw_port_raw, field)

enum { RAW_NOTE, RAW_IN, RAW_OUT };

static const struct key port_raw_keys[] = {
	[RAW_NOTE] = REMARK,
	[RAW_IN] = { "in", KEY_PATH, AT(in), .help = "path to read MIDI bytes from" },
	[RAW_OUT] = { "out", KEY_PATH, AT(out), .help = "path to write MIDI bytes to" },
};
#undef AT

static const struct rule port_raw_rules[] = {
	{ RULE_SOME, 0, { KEY_BIT(RAW_IN), KEY_BIT(RAW_OUT) } },
	{ .type = RULE_END },
};

const struct section section_port_raw = {
	.name = "raw",
	.place = "\"raw\" of a port",
	.help = "MIDI bytes from or to a FIFO, file or device",
	.keys = port_raw_keys,
	.nkeys = COUNT(port_raw_keys),
	.rules = port_raw_rules,
};

#define AT(field) .offset = offsetof(struct raw_port, field)

enum {
	PORT_NOTE, PORT_TITLE, PORT_IN, PORT_OUT, PORT_OSC, PORT_RAW, PORT_SIMULATED, PORT_OPTIONAL,
	PORT_TIMEOUT, PORT_RETRY_MIN, PORT_RETRY_MAX, PORT_ON_RETURN, PORT_BYTES, PORT_VIRTUAL, PORT_LOOP,
};

static const struct key port_keys[] = {
	[PORT_NOTE] = REMARK,
	[PORT_TITLE] = { "title", KEY_REMARK, .help = "a label for people" },
	[PORT_IN] = { "in", KEY_TEXTS, .max = 16, AT(in),
	              .help = "words of the name of a MIDI device to receive from; a list has the "
	                      "best first" },
	[PORT_OUT] = { "out", KEY_TEXTS, .max = 16, AT(out),
	               .help = "words of the name of a MIDI device to send to; a list has the best "
	                       "first" },
	[PORT_OSC] = { "osc", KEY_OBJECT, .sub = &section_port_osc, AT(osc),
	               .help = "Open Sound Control in place of MIDI" },
	[PORT_RAW] = { "raw", KEY_OBJECT, .sub = &section_port_raw, AT(raw),
	               .help = "MIDI bytes from or to paths in place of a MIDI device" },
	[PORT_SIMULATED] = { "simulated", KEY_BOOL, .has_def = true, AT(simulated),
	               .help = "never more than the stand-in" },
	[PORT_OPTIONAL] = { "optional", KEY_BOOL, .has_def = true, AT(optional),
	               .help = "may be absent without a fuss" },
	[PORT_TIMEOUT] = { "open_timeout_ms", KEY_INT, .min = 100, .max = 60000, .def = 5000,
	                .has_def = true, AT(open_timeout_ms),
	                .help = "how long opening may take before the stand-in takes over" },
	[PORT_RETRY_MIN] = { "retry_min_ms", KEY_INT, .min = 50, .max = 600000, .def = 250,
	                     .has_def = true, AT(retry_min_ms),
	                     .help = "when a port that is simulated is tried again; each further time "
	                             "is twice as long" },
	[PORT_RETRY_MAX] = { "retry_max_ms", KEY_INT, .min = 50, .max = 600000, .def = 30000,
	                     .has_def = true, AT(retry_max_ms), .help = "the longest of these times" },
	[PORT_ON_RETURN] = { "on_return", KEY_WORD, .has_def = true, AT(on_return),
	                     WORDS_OF(RETURN_RECENT, RETURN_COUNT, return_word),
	                     .help = "which faders and switches that moved meanwhile are sent when the "
	                             "port is real again: those of the last 2 s, all or none" },
	[PORT_BYTES] = { "bytes_per_s", KEY_INT, .max = 1000000, AT(bytes_per_s),
	                 .help = "the most that is sent to it, 0: no limit; unless given 5400 for a bus "
	                         "(IAC, Midi Through, VirMIDI, a virtual port), no limit for hardware" },
	[PORT_VIRTUAL] = { "virtual", KEY_BOOL, .has_def = true, AT(is_virtual),
	                   .help = "the names of \"in\" and \"out\" are of ports that cuewire makes; further ones in "
	                           "them are devices to take where that cannot be done" },
	[PORT_LOOP] = { "allow_loop", KEY_BOOL, .has_def = true, AT(allow_loop),
	                .help = "one bus may be both \"in\" and \"out\"" },
};
#undef AT

static const struct rule port_rules[] = {
	{ RULE_ONE, 0,
	  { KEY_BIT(PORT_IN) | KEY_BIT(PORT_OUT), KEY_BIT(PORT_OSC), KEY_BIT(PORT_RAW), KEY_BIT(PORT_SIMULATED) } },
	{ RULE_NEEDS, KEY_BIT(PORT_VIRTUAL), { KEY_BIT(PORT_IN), KEY_BIT(PORT_OUT) } },
	{ RULE_NEEDS, KEY_BIT(PORT_LOOP), { KEY_BIT(PORT_IN), KEY_BIT(PORT_OUT), KEY_BIT(PORT_RAW) } },
	{ RULE_NEEDS, KEY_BIT(PORT_BYTES), { KEY_BIT(PORT_OUT) } },
	{ RULE_NEEDS, KEY_BIT(PORT_ON_RETURN), { KEY_BIT(PORT_OUT), KEY_BIT(PORT_RAW) } },
	{ RULE_NEEDS, KEY_BIT(PORT_RETRY_MIN) | KEY_BIT(PORT_RETRY_MAX),
	  { KEY_BIT(PORT_IN), KEY_BIT(PORT_OUT), KEY_BIT(PORT_RAW) } },
	{ .type = RULE_END },
};

const struct section section_port = {
	.name = "port",
	.place = "An entry of \"ports\"",
	.help = "a MIDI device, an OSC port, a raw path or the stand-in alone",
	.keys = port_keys,
	.nkeys = COUNT(port_keys),
	.rules = port_rules,
};

/* ---- controls ---- */

#define CC_KEY(off) \
	{ "cc", KEY_CC, .max = 127, .offset = (off), \
	  .help = "a control change, or [msb, lsb] for 14 bits" }
#define NOTE_KEY(off) \
	{ "note", KEY_NOTE, .max = 127, .offset = (off), .help = "a MIDI note; a string is a remark" }
#define NRPN_KEY(off) \
	{ "nrpn", KEY_PARAM, .max = 16382, .offset = (off), \
	  .help = "a non-registered parameter: its number, or the two halves of it, [msb, lsb]" }
#define RPN_KEY(off) \
	{ "rpn", KEY_PARAM, .max = 16382, .offset = (off), .help = "a registered parameter, as \"nrpn\"" }
#define BITS_KEY(off) \
	{ "bits", KEY_BITS, .min = 7, .max = 14, .def = 14, .has_def = true, .offset = (off), \
	  .help = "of \"nrpn\" and \"rpn\": 14, the value in CC 6 and 38, or 7, in CC 6 alone" }
#define CHANNEL_KEY(off) \
	{ "channel", KEY_INT, .min = 1, .max = 16, .def = 1, .has_def = true, .offset = (off), \
	  .help = "MIDI channel" }

enum { ADDRESS_CHANNEL, ADDRESS_CC, ADDRESS_NOTE };

static const struct key address_keys[] = {
	[ADDRESS_CHANNEL] = { "channel", KEY_INT, .min = 1, .max = 16,
	                      .offset = offsetof(struct raw_address, num.channel),
	                      .help = "MIDI channel; that of the control unless given" },
	[ADDRESS_CC] = { "cc", KEY_INT, .max = 127,
	                 .offset = offsetof(struct raw_address, num.cc.v[0]),
	                 .help = "a control change" },
	[ADDRESS_NOTE] = NOTE_KEY(offsetof(struct raw_address, num.note)),
};

static const struct rule address_rules[] = {
	{ RULE_ONE, 0, { KEY_BIT(ADDRESS_CC), KEY_BIT(ADDRESS_NOTE) } },
	{ .type = RULE_END },
};

const struct section section_address = {
	.name = "address",
	.place = "\"on\", \"off\", \"up\" or \"down\" of a control",
	.help = "one half of a pair of MIDI addresses",
	.each = true,
	.keys = address_keys,
	.nkeys = COUNT(address_keys),
	.rules = address_rules,
};

#define AT(field) .offset = offsetof(struct raw_control, field)
#define PAIR(word, of, what)                                         \
	{ #word, KEY_HALF, .sub = &section_address, AT(word), \
	  .help = "of " of ": the address that gets " what }

enum {
	CONTROL_EACH, CONTROL_NAME, CONTROL_TITLE, CONTROL_KIND, CONTROL_PORT, CONTROL_CHANNEL,
	CONTROL_CC, CONTROL_NOTE, CONTROL_BEND, CONTROL_NRPN, CONTROL_RPN, CONTROL_BITS, CONTROL_ON, CONTROL_OFF, CONTROL_UP, CONTROL_DOWN,
	CONTROL_OSC, CONTROL_ORDER, CONTROL_BIPOLAR, CONTROL_ENCODER, CONTROL_RADIO, CONTROL_HOLD, CONTROL_INTERACTION,
};

static const struct key control_keys[] = {
	[CONTROL_EACH] = EACH,
	[CONTROL_NAME] = { "name", KEY_NAME, .required = true, AT(name),
	                   .help = "words ([a-z0-9_]) with dots between; its own OSC address has "
	                           "slashes for the dots" },
	[CONTROL_TITLE] = TITLE(struct raw_control, title),
	[CONTROL_KIND] = { "kind", KEY_WORD, .required = true, AT(kind),
	                   WORDS_OF(KIND_FADER, KIND_COUNT, kind_word), .help = "how it behaves" },
	[CONTROL_PORT] = { "port", KEY_PORT, AT(port),
	                   .help = "the port that it is sent to; none: it is internal, as a shift "
	                           "key is" },
	[CONTROL_CHANNEL] = CHANNEL_KEY(offsetof(struct raw_control, num.channel)),
	[CONTROL_CC] = CC_KEY(offsetof(struct raw_control, num.cc)),
	[CONTROL_NOTE] = NOTE_KEY(offsetof(struct raw_control, num.note)),
	[CONTROL_BEND] = { "pitch_bend", KEY_TRUE, AT(num.bend), .help = "pitch bend; faders only" },
	[CONTROL_NRPN] = NRPN_KEY(offsetof(struct raw_control, num.nrpn)),
	[CONTROL_RPN] = RPN_KEY(offsetof(struct raw_control, num.rpn)),
	[CONTROL_BITS] = BITS_KEY(offsetof(struct raw_control, num.bits)),
	[CONTROL_ON] = PAIR(on, "a switch", "127 for 1"),
	[CONTROL_OFF] = PAIR(off, "a switch", "127 for 0"),
	[CONTROL_UP] = PAIR(up, "an encoder", "127 and 0 for every step up"),
	[CONTROL_DOWN] = PAIR(down, "an encoder", "127 and 0 for every step down"),
	[CONTROL_OSC] = { "osc", KEY_OSC, AT(osc),
	                  .help = "address on an OSC port; its own unless given" },
	[CONTROL_ORDER] = { "order", KEY_WORD, .has_def = true, AT(lsb_first),
	                    WORDS_OF(0, 2, order_word),
	                    .help = "which half of a 14-bit pair goes out first" },
	[CONTROL_BIPOLAR] = { "bipolar", KEY_BOOL, .has_def = true, AT(bipolar),
	                      .help = "0.5 is an exact centre; faders only" },
	[CONTROL_ENCODER] = { "encoder", KEY_WORD, .has_def = true, .def = ENC_TWOS, AT(encoding),
	                      WORDS_OF(ENC_TWOS, ENC_COUNT, encoding_word),
	                      .help = "how an encoder with one CC sends its steps" },
	[CONTROL_RADIO] = { "radio", KEY_NAME, AT(radio),
	                    .help = "name of a group of switches of which one at most is on: setting one "
	                            "to 1 sets the others to 0" },
	[CONTROL_HOLD] = { "hold_ms", KEY_INT, .max = 60000, AT(hold_ms),
	                   .help = "as that of the file, for this control" },
	[CONTROL_INTERACTION] = { "interaction", KEY_WORD, .has_def = true, AT(toggles),
	                          WORDS_OF(0, 2, interaction_word),
	                          .help = "of a switch, as Traktor's Controller Manager has it: hold, 127 is on "
	                                  "and 0 is off; toggle, each press flips it, and one is sent when it "
	                                  "is not as it should be" },
};
#undef AT

static const struct rule control_rules[] = {
	{ RULE_MOST, 0,
	  { KEY_BIT(CONTROL_CC), KEY_BIT(CONTROL_NOTE), KEY_BIT(CONTROL_BEND), KEY_BIT(CONTROL_NRPN),
	    KEY_BIT(CONTROL_RPN), KEY_BIT(CONTROL_ON) | KEY_BIT(CONTROL_OFF),
	    KEY_BIT(CONTROL_UP) | KEY_BIT(CONTROL_DOWN), KEY_BIT(CONTROL_OSC) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_ON), { KEY_BIT(CONTROL_OFF) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_OFF), { KEY_BIT(CONTROL_ON) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_UP), { KEY_BIT(CONTROL_DOWN) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_DOWN), { KEY_BIT(CONTROL_UP) } },
	{ RULE_NEEDS,
	  KEY_BIT(CONTROL_CHANNEL) | KEY_BIT(CONTROL_CC) | KEY_BIT(CONTROL_NOTE) | KEY_BIT(CONTROL_BEND) |
	          KEY_BIT(CONTROL_NRPN) | KEY_BIT(CONTROL_RPN) |
	          KEY_BIT(CONTROL_ON) | KEY_BIT(CONTROL_UP) | KEY_BIT(CONTROL_OSC),
	  { KEY_BIT(CONTROL_PORT) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_BITS), { KEY_BIT(CONTROL_NRPN), KEY_BIT(CONTROL_RPN) } },
	{ RULE_NEEDS, KEY_BIT(CONTROL_ORDER) | KEY_BIT(CONTROL_ENCODER), { KEY_BIT(CONTROL_CC) } },
	{ .type = RULE_END },
};

const struct section section_control = {
	.name = "control",
	.place = "An entry of \"controls\"",
	.help = "something that can be moved, and where its value goes",
	.each = true,
	.keys = control_keys,
	.nkeys = COUNT(control_keys),
	.rules = control_rules,
};

/* ---- routes ---- */

#define AT(field) .offset = offsetof(struct raw_route, field)

enum {
	ROUTE_EACH, ROUTE_TITLE, ROUTE_OSC, ROUTE_ARG, ROUTE_PORT, ROUTE_CHANNEL, ROUTE_CC,
	ROUTE_NOTE, ROUTE_BEND, ROUTE_PROGRAM, ROUTE_PRESSURE, ROUTE_POLY, ROUTE_NRPN,
	ROUTE_RPN, ROUTE_BITS, ROUTE_SYSEX, ROUTE_SYSTEM, ROUTE_FROM, ROUTE_EVERY,
	ROUTE_ENCODER, ROUTE_ACCELERATION, ROUTE_TO, ROUTE_DO, ROUTE_AGAIN, ROUTE_WHEN, ROUTE_RANGE,
	ROUTE_INVERT, ROUTE_CURVE, ROUTE_QUANTISE, ROUTE_DEADBAND, ROUTE_THRESHOLD, ROUTE_OUTPUT,
	ROUTE_PRESS, ROUTE_PRESS_MS, ROUTE_AS, ROUTE_SMOOTH, ROUTE_RAMP, ROUTE_DELAY, ROUTE_RATE,
	ROUTE_TAKEOVER, ROUTE_BY,
};

#define ROUTE_OF_CHANNEL                                                           \
	KEY_BIT(ROUTE_CC), KEY_BIT(ROUTE_NOTE), KEY_BIT(ROUTE_BEND), KEY_BIT(ROUTE_PROGRAM), \
		KEY_BIT(ROUTE_PRESSURE), KEY_BIT(ROUTE_POLY), KEY_BIT(ROUTE_NRPN), KEY_BIT(ROUTE_RPN)
#define ROUTE_ADDRESS ROUTE_OF_CHANNEL, KEY_BIT(ROUTE_SYSEX), KEY_BIT(ROUTE_SYSTEM)

#define ROUTE_SOURCES KEY_BIT(ROUTE_OSC), KEY_BIT(ROUTE_FROM), KEY_BIT(ROUTE_EVERY)
#define ROUTE_NO_PORT KEY_BIT(ROUTE_OSC) | KEY_BIT(ROUTE_FROM) | KEY_BIT(ROUTE_EVERY)

static const struct key route_keys[] = {
	[ROUTE_EACH] = EACH,
	[ROUTE_TITLE] = TITLE(struct raw_route, title),
	[ROUTE_OSC] = { "osc", KEY_PATTERN, AT(osc), .help = "an OSC address or pattern" },
	[ROUTE_ARG] = { "arg", KEY_INT, .max = 63, AT(arg),
	                .help = "which argument of the OSC message counts, from 0; the first number "
	                        "unless given" },
	[ROUTE_PORT] = { "port", KEY_PORT, AT(port), .help = "a port that receives MIDI" },
	[ROUTE_CHANNEL] = CHANNEL_KEY(offsetof(struct raw_route, num.channel)),
	[ROUTE_CC] = CC_KEY(offsetof(struct raw_route, num.cc)),
	[ROUTE_NOTE] = NOTE_KEY(offsetof(struct raw_route, num.note)),
	[ROUTE_BEND] = { "pitch_bend", KEY_TRUE, AT(num.bend), .help = "pitch bend" },
	[ROUTE_PROGRAM] = { "program", KEY_ANY_INT, .max = 127, AT(num.program),
	                    .help = "a program change; true: any, its number is the value" },
	[ROUTE_PRESSURE] = { "pressure", KEY_TRUE, AT(num.pressure), .help = "channel pressure" },
	[ROUTE_POLY] = { "poly_pressure", KEY_INT, .max = 127, AT(num.poly),
	                 .help = "pressure of this key" },
	[ROUTE_NRPN] = NRPN_KEY(offsetof(struct raw_route, num.nrpn)),
	[ROUTE_RPN] = RPN_KEY(offsetof(struct raw_route, num.rpn)),
	[ROUTE_BITS] = BITS_KEY(offsetof(struct raw_route, num.bits)),
	[ROUTE_SYSEX] = { "sysex", KEY_SYSEX, AT(num.sysex),
	                  .help = "a SysEx: \"F0 00 20 29 .. vv F7\", bytes in hexadecimal, with \"..\" for "
	                          "any byte, \"vv\" for the byte that is the value, \"mm\" and \"ll\" for "
	                          "MSB and LSB of a value of 14 bits, \"*\" (once) for any number of bytes; "
	                          "without a value it is a trigger" },
	[ROUTE_SYSTEM] = { "system", KEY_WORD, AT(num.system),
	                   WORDS_OF(SYSTEM_START, SYSTEM_COUNT, system_word),
	                   .help = "a message without a channel: start, stop, continue and each clock are "
	                           "triggers, song_position (in sixteenths, 16383 is 1) and song_select "
	                           "values; playing is 1 from start or continue to stop" },
	[ROUTE_ENCODER] = { "encoder", KEY_WORD, AT(encoding),
	                    WORDS_OF(ENC_TWOS, ENC_COUNT, encoding_word),
	                    .help = "the CC's value is steps, coded like this" },
	[ROUTE_FROM] = { "from", KEY_NAME, AT(from),
	                 .help = "a control whose value is the source, whatever moved it" },
	[ROUTE_EVERY] = { "every", KEY_TIME, AT(every),
	                  .help = "a press each time that this time is over; beats and bars keep to the "
	                          "grid of the tempo" },
	[ROUTE_ACCELERATION] = { "acceleration", KEY_NUMBER, .min = 1, .max = 32, .def = 1,
	                         .has_def = true, AT(acceleration),
	                         .help = "of an encoder: how many times as far a step goes when they come "
	                                 "quickly (10 ms apart); slow ones (100 ms) go their usual way" },
	[ROUTE_TO] = { "to", KEY_CONTROLS, .max = TARGETS_MAX, AT(to_node),
	               .help = "the control that is moved, or a list of them; null takes away the route "
	                       "of the same source and \"when\" that an earlier file made" },
	[ROUTE_DO] = { "do", KEY_LIST, .sub = &section_step, .min = 1, .max = STEPS_MAX, AT(do_node),
	               .help = "a macro in place of \"to\": steps as those of an intent, done at each "
	                       "press" },
	[ROUTE_AGAIN] = { "again", KEY_WORD, .has_def = true, AT(again),
	                  WORDS_OF(AGAIN_RESTART, AGAIN_COUNT, again_word),
	                  .help = "a press while \"do\" is under way: restart (what is left is "
	                          "cancelled), ignore, or cancel (and that is all)" },
	[ROUTE_WHEN] = { "when", KEY_WHEN, .max = WHEN_MAX, AT(when_node),
	                 .help = "conditions, all of which must hold: a control and 0, 1 or an object "
	                         "with \"min\" or \"max\"; \"or\": a list of such objects of which one "
	                         "must hold; \"not\": one that must not" },
	[ROUTE_RANGE] = { "range", KEY_SPAN, .min = -KEY_FREE, .max = KEY_FREE, AT(range),
	                  .xform = 1 + XF_RANGE },
	[ROUTE_INVERT] = { "invert", KEY_BOOL, .has_def = true, AT(invert), .xform = 1 + XF_INVERT },
	[ROUTE_CURVE] = { "curve", KEY_CURVE, AT(curve), .xform = 1 + XF_CURVE,
	                  WORDS_OF(CURVE_LINEAR, CURVE_TABLE, curve_word) },
	[ROUTE_QUANTISE] = { "quantise", KEY_INT, .min = 2, .max = 1024, AT(quantise),
	                     .xform = 1 + XF_QUANTISE },
	[ROUTE_DEADBAND] = { "deadband", KEY_ABOVE, .max = 0.5, AT(deadband),
	                     .xform = 1 + XF_DEADBAND },
	[ROUTE_THRESHOLD] = { "threshold", KEY_NUMBER, .max = 1, AT(threshold),
	                      .xform = 1 + XF_THRESHOLD },
	[ROUTE_OUTPUT] = { "output", KEY_SPAN, .max = 1, AT(output), .xform = 1 + XF_OUTPUT },
	[ROUTE_PRESS] = { "press", KEY_WORD, AT(press), .xform = 1 + XF_PRESS,
	                  WORDS_OF(PRESS_SHORT, PRESS_COUNT, press_word) },
	[ROUTE_PRESS_MS] = { "press_ms", KEY_INT, .min = 50, .max = 5000, AT(press_ms),
	                     .help = "of \"press\" and \"latch\": what a long press lasts (500 unless "
	                             "given), or how long a second one is waited for (300)" },
	[ROUTE_AS] = { "as", KEY_WORD, .has_def = true, AT(as), .xform = 1 + XF_AS,
	               WORDS_OF(AS_VALUE, AS_COUNT, as_word) },
	[ROUTE_SMOOTH] = { "smooth", KEY_TIME, AT(smooth), .xform = 1 + XF_SMOOTH },
	[ROUTE_RAMP] = { "ramp", KEY_TIME, AT(ramp), .xform = 1 + XF_RAMP },
	[ROUTE_DELAY] = { "delay", KEY_TIME, AT(delay), .xform = 1 + XF_DELAY },
	[ROUTE_RATE] = { "max_per_s", KEY_NUMBER, .min = 0.1, .max = 1000, AT(max_per_s),
	                 .xform = 1 + XF_RATE },
	[ROUTE_TAKEOVER] = { "takeover", KEY_WORD, .has_def = true, AT(takeover),
	                     .xform = 1 + XF_TAKEOVER, WORDS_OF(TAKE_JUMP, TAKE_COUNT, takeover_word) },
	[ROUTE_BY] = { "by", KEY_NUMBER, .min = -127, .max = 127, AT(by),
	               .help = "how far one step of \"encoder\", or one press, moves a fader or an "
	                       "encoder" },
};
#undef AT

static const struct rule route_rules[] = {
	{ RULE_ONE, 0, { KEY_BIT(ROUTE_PORT), ROUTE_SOURCES } },
	{ RULE_ONE, 0, { KEY_BIT(ROUTE_TO), KEY_BIT(ROUTE_DO) } },
	{ RULE_ONE, KEY_BIT(ROUTE_PORT), { ROUTE_ADDRESS } },
	{ RULE_MOST, ROUTE_NO_PORT, { ROUTE_SOURCES, ROUTE_ADDRESS } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_ARG), { KEY_BIT(ROUTE_OSC) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_CHANNEL), { KEY_BIT(ROUTE_PORT) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_CHANNEL), { ROUTE_OF_CHANNEL } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_BITS), { KEY_BIT(ROUTE_NRPN), KEY_BIT(ROUTE_RPN) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_ENCODER), { KEY_BIT(ROUTE_CC) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_ACCELERATION), { KEY_BIT(ROUTE_ENCODER) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_AGAIN), { KEY_BIT(ROUTE_DO) } },
	{ RULE_NEEDS, KEY_BIT(ROUTE_PRESS_MS), { KEY_BIT(ROUTE_PRESS), KEY_BIT(ROUTE_AS) } },
	{ .type = RULE_END },
};

const struct section section_route = {
	.name = "route",
	.place = "An entry of \"routes\"",
	.help = "a source that moves a control",
	.each = true,
	.keys = route_keys,
	.nkeys = COUNT(route_keys),
	.rules = route_rules,
};

/* ---- feedback ---- */

#define AT(field) .offset = offsetof(struct raw_route, field)

enum {
	SHOW_EACH, SHOW_TITLE, SHOW_FROM, SHOW_PORT, SHOW_CHANNEL, SHOW_CC, SHOW_NOTE, SHOW_BEND, SHOW_NRPN,
	SHOW_RPN, SHOW_BITS, SHOW_OSC,
	SHOW_ARG, SHOW_ORDER, SHOW_WHEN, SHOW_RANGE, SHOW_INVERT, SHOW_CURVE, SHOW_QUANTISE, SHOW_THRESHOLD,
	SHOW_OUTPUT, SHOW_COLOURS,
};

#define SHOW_ADDRESS                                                               \
	KEY_BIT(SHOW_CC), KEY_BIT(SHOW_NOTE), KEY_BIT(SHOW_BEND), KEY_BIT(SHOW_NRPN), KEY_BIT(SHOW_RPN)

static const struct key show_keys[] = {
	[SHOW_EACH] = EACH,
	[SHOW_TITLE] = TITLE(struct raw_route, title),
	[SHOW_FROM] = { "from", KEY_NAME, .required = true, AT(from), .help = "the control that is shown" },
	[SHOW_PORT] = { "port", KEY_PORT, AT(port), .help = "a port that sends MIDI" },
	[SHOW_CHANNEL] = CHANNEL_KEY(offsetof(struct raw_route, num.channel)),
	[SHOW_CC] = CC_KEY(offsetof(struct raw_route, num.cc)),
	[SHOW_NOTE] = NOTE_KEY(offsetof(struct raw_route, num.note)),
	[SHOW_BEND] = { "pitch_bend", KEY_TRUE, AT(num.bend), .help = "pitch bend" },
	[SHOW_NRPN] = NRPN_KEY(offsetof(struct raw_route, num.nrpn)),
	[SHOW_RPN] = RPN_KEY(offsetof(struct raw_route, num.rpn)),
	[SHOW_BITS] = BITS_KEY(offsetof(struct raw_route, num.bits)),
	[SHOW_OSC] = { "osc", KEY_OSC, AT(osc),
	               .help = "an OSC address, at every client that was heard" },
	[SHOW_ARG] = { "arg", KEY_INT, .max = PLACE_ARGS_MAX - 1, AT(arg),
	               .help = "which argument of the OSC message, from 0" },
	[SHOW_ORDER] = { "order", KEY_WORD, .has_def = true, AT(lsb_first),
	                 WORDS_OF(0, 2, order_word),
	                 .help = "which half of a 14-bit pair goes out first" },
	[SHOW_WHEN] = { "when", KEY_WHEN, .max = WHEN_MAX, AT(when_node),
	                .help = "conditions as those of a route; without any that hold it shows 0" },
	[SHOW_RANGE] = { "range", KEY_SPAN, .min = -KEY_FREE, .max = KEY_FREE, AT(range),
	                 .xform = 1 + XF_RANGE },
	[SHOW_INVERT] = { "invert", KEY_BOOL, .has_def = true, AT(invert), .xform = 1 + XF_INVERT },
	[SHOW_CURVE] = { "curve", KEY_CURVE, AT(curve), .xform = 1 + XF_CURVE,
	                 WORDS_OF(CURVE_LINEAR, CURVE_TABLE, curve_word) },
	[SHOW_QUANTISE] = { "quantise", KEY_INT, .min = 2, .max = 1024, AT(quantise),
	                    .xform = 1 + XF_QUANTISE },
	[SHOW_THRESHOLD] = { "threshold", KEY_NUMBER, .max = 1, AT(threshold),
	                     .xform = 1 + XF_THRESHOLD },
	[SHOW_OUTPUT] = { "output", KEY_SPAN, .max = 1, AT(output), .xform = 1 + XF_OUTPUT },
	[SHOW_COLOURS] = { "colours", KEY_BYTES, .min = 2, .max = COLOURS_MAX, AT(colours),
	                   .xform = 1 + XF_COLOURS },
};
#undef AT

static const struct rule show_rules[] = {
	{ RULE_ONE, 0, { KEY_BIT(SHOW_PORT), KEY_BIT(SHOW_OSC) } },
	{ RULE_ONE, KEY_BIT(SHOW_PORT), { SHOW_ADDRESS } },
	{ RULE_MOST, KEY_BIT(SHOW_OSC), { KEY_BIT(SHOW_OSC), SHOW_ADDRESS } },
	{ RULE_NEEDS, KEY_BIT(SHOW_ARG), { KEY_BIT(SHOW_OSC) } },
	{ RULE_NEEDS, KEY_BIT(SHOW_CHANNEL) | KEY_BIT(SHOW_COLOURS), { KEY_BIT(SHOW_PORT) } },
	{ RULE_NEEDS, KEY_BIT(SHOW_BITS), { KEY_BIT(SHOW_NRPN), KEY_BIT(SHOW_RPN) } },
	{ RULE_NEEDS, KEY_BIT(SHOW_ORDER), { KEY_BIT(SHOW_CC) } },
	{ .type = RULE_END },
};

const struct section section_feedback = {
	.name = "feedback",
	.place = "An entry of \"feedback\"",
	.help = "a light, a motor fader or an OSC address that shows a control",
	.each = true,
	.keys = show_keys,
	.nkeys = COUNT(show_keys),
	.rules = show_rules,
};

/* ---- intents ---- */

#define AT(field) .offset = offsetof(struct raw_slot, field)

enum { SLOT_NOTE, SLOT_KEY_TYPE, SLOT_MIN, SLOT_MAX, SLOT_VALUES, SLOT_DEFAULT };

static const struct key slot_keys[] = {
	[SLOT_NOTE] = REMARK,
	[SLOT_KEY_TYPE] = { "type", KEY_WORD, .required = true, AT(type),
	                    WORDS_OF(SLOT_DECK, SLOT_TYPE_COUNT, slot_word), .help = "what it takes" },
	[SLOT_MIN] = { "min", KEY_NUMBER, .min = -1e6, .max = 1e6, .has_def = true, AT(min),
	               .help = "least value of a number" },
	[SLOT_MAX] = { "max", KEY_NUMBER, .min = -1e6, .max = 1e6, .def = 1, .has_def = true, AT(max),
	               .help = "greatest value of a number" },
	[SLOT_VALUES] = { "values", KEY_TEXTS, .max = CHOICES_MAX, AT(values_node),
	                  .help = "what a choice is between" },
	[SLOT_DEFAULT] = { "default", KEY_VALUE, AT(def),
	                   .help = "value of the slot where it is left out; without, it must be given" },
};
#undef AT

const struct section section_slot = {
	.name = "slot",
	.place = "An entry of \"slots\" of an intent",
	.help = "a parameter of an intent; \"deck\" and \"number\" are short for an object with that "
	        "type",
	.each = true,
	.keys = slot_keys,
	.nkeys = COUNT(slot_keys),
};

#define AT(field) .offset = offsetof(struct raw_step, field)

enum {
	STEP_NOTE, STEP_SET, STEP_PRESS, STEP_RELEASE, STEP_NUDGE, STEP_TO, STEP_BY, STEP_OVER, STEP_AFTER,
	STEP_AFTER_MS,
};

static const struct key step_keys[] = {
	[STEP_NOTE] = REMARK,
	[STEP_SET] = { "set", KEY_TARGET, AT(target[OP_SET]), .help = "the control to set" },
	[STEP_PRESS] = { "press", KEY_TARGET, AT(target[OP_PRESS]), .help = "the control to press" },
	[STEP_RELEASE] = { "release", KEY_TARGET, AT(target[OP_RELEASE]),
	                   .help = "the control to release" },
	[STEP_NUDGE] = { "nudge", KEY_TARGET, AT(target[OP_NUDGE]),
	                 .help = "the control to move from where it is" },
	[STEP_TO] = { "to", KEY_AMOUNT, .max = 1, AT(to), .help = "of set: the value, or a slot" },
	[STEP_BY] = { "by", KEY_AMOUNT, .min = -127, .max = 127, AT(by),
	              .help = "of nudge: the distance of a fader, the steps of an encoder, or a slot" },
	[STEP_OVER] = { "over", KEY_TIME, AT(over),
	                .help = "of set: how long the control takes to get there, in a straight line" },
	[STEP_AFTER] = { "after", KEY_TIME, AT(after), .help = "time after the step before" },
	[STEP_AFTER_MS] = { "after_ms", KEY_INT, .max = 600000, .has_def = true, AT(after_ms),
	                    .help = "the same in milliseconds" },
};
#undef AT

static const struct rule step_rules[] = {
	{ RULE_ONE, 0, { KEY_BIT(STEP_SET), KEY_BIT(STEP_PRESS), KEY_BIT(STEP_RELEASE), KEY_BIT(STEP_NUDGE) } },
	{ RULE_NEEDS, KEY_BIT(STEP_SET), { KEY_BIT(STEP_TO) } },
	{ RULE_NEEDS, KEY_BIT(STEP_TO), { KEY_BIT(STEP_SET) } },
	{ RULE_NEEDS, KEY_BIT(STEP_NUDGE), { KEY_BIT(STEP_BY) } },
	{ RULE_NEEDS, KEY_BIT(STEP_BY), { KEY_BIT(STEP_NUDGE) } },
	{ RULE_NEEDS, KEY_BIT(STEP_OVER), { KEY_BIT(STEP_SET) } },
	{ RULE_MOST, 0, { KEY_BIT(STEP_AFTER), KEY_BIT(STEP_AFTER_MS) } },
	{ .type = RULE_END },
};

const struct section section_step = {
	.name = "step",
	.place = "An entry of \"steps\" of an intent",
	.help = "one thing that an intent does; names of controls may hold {slot}",
	.each = true,
	.keys = step_keys,
	.nkeys = COUNT(step_keys),
	.rules = step_rules,
};

#define AT(field) .offset = offsetof(struct raw_intent, field)

static const struct key intent_keys[] = {
	EACH,
	{ "name", KEY_NAME, .required = true, AT(name), .help = "as that of a control" },
	TITLE(struct raw_intent, title),
	REMARK,
	{ "slots", KEY_MAP, .sub = &section_slot, .max = SLOTS_MAX, AT(slots_node),
	  .help = "its parameters by name ([a-z0-9_])" },
	{ "steps", KEY_LIST, .required = true, .sub = &section_step, .min = 1, .max = STEPS_MAX,
	  AT(steps_node), .help = "what it does, in order" },
};
#undef AT

const struct section section_intent = {
	.name = "intent",
	.place = "An entry of \"intents\"",
	.help = "a named sequence of steps that scripts and people can ask for",
	.each = true,
	.keys = intent_keys,
	.nkeys = COUNT(intent_keys),
};

const struct section *const sections[] = {
	&section_mapping, &section_tempo, &section_port,  &section_port_osc, &section_port_raw, &section_control,
	&section_address, &section_route, &section_feedback, &section_intent,   &section_slot,     &section_step,
	NULL,
};

const char *key_help(const struct key *k)
{
	return k->xform ? xforms[k->xform - 1].help : k->help;
}

/* clang-format on */

int key_xform(const struct section *sec, const char *name)
{
	for (size_t i = 0; i < sec->nkeys; i++)
		if (sec->keys[i].xform && !strcmp(sec->keys[i].name, name))
			return sec->keys[i].xform - 1;
	return -1;
}
