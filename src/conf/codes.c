/* The texts speak to somebody who has to play tonight: first what would happen, then what to do. A
 * single quote in them stands for a double one, as JSON in C is hard to read otherwise. */
#include "cuewire/codes.h"

#include <string.h>

const char codes_frame_ports[] = "'ports': { 'pads': { 'in': 'pads', 'out': 'pads' } }";

const char codes_frame_controls[] = "'controls': [ { 'name': 'level', 'kind': 'fader' },\n"
				    "              { 'name': 'mute', 'kind': 'switch' },\n"
				    "              { 'name': 'cue', 'kind': 'button' },\n"
				    "              { 'name': 'shift', 'kind': 'button' } ]";

const struct code_info codes[CODE_COUNT] = {
	[CODE_AI_TOGGLE] = {
		.name = "ai-toggle",
		.severity = SEV_WARNING,
		.summary = "a switch that flips at each press, which an intent could get wrong",
		.text = "Nobody can tell from here whether it is on: a press on the mouse, and 'play' stops "
		        "the deck. A script gets what it asks for only as long as nothing else moves it; an AI "
		        "is refused until it has been moved by somebody once. Choose Hold as its Interaction "
		        "Mode in the Controller Manager and leave 'interaction' out.",
		.wrong = "'controls': [\n"
		         "  { 'name': 'play', 'kind': 'switch', 'port': 'pads', 'cc': 20,\n"
		         "    'interaction': 'toggle' } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'play', 'kind': 'switch', 'port': 'pads', 'cc': 20 } ]",
	},
	[CODE_BAD_ADDRESS] = {
		.name = "bad-address",
		.severity = SEV_ERROR,
		.summary = "an OSC address, a host or an IP address that is not formed as one",
		.text = "Nothing could ever arrive at such an address, or leave for it. An OSC "
		        "address begins with a slash and has neither spaces nor #; one that a "
		        "control is sent to has no pattern characters either. A host to send to is "
		        "HOST:PORT, and 'bind' wants a numeric address, since no name is looked up "
		        "while music plays.",
		.wrong = "'routes': [ { 'osc': 'fader1', 'to': 'level' } ]",
		.right = "'routes': [ { 'osc': '/fader1', 'to': 'level' } ]",
	},
	[CODE_BAD_BRACE] = {
		.name = "bad-brace",
		.severity = SEV_ERROR,
		.summary = "braces that stand for nothing",
		.text = "Braces in a name put a variable of 'each' or a slot in their place, and "
		        "there is no name with braces otherwise. In an OSC pattern they may also "
		        "hold a list with commas: /deck/{a,b}/play. Close the brace, or take it "
		        "away.",
		.wrong = "'controls': [\n"
		         "  { 'name': 'deck.{d', 'kind': 'fader', 'each': { 'd': ['a', 'b'] } } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'deck.{d}', 'kind': 'fader', 'each': { 'd': ['a', 'b'] } } ]",
	},
	[CODE_BAD_EACH] = {
		.name = "bad-each",
		.severity = SEV_ERROR,
		.summary = "an 'each' whose lists do not fit together",
		.text = "The lists of one object are walked side by side, so that they must be of "
		        "one length: a list that is too short would leave a deck without its rule. "
		        "For every value of one list with every value of another, write a list of "
		        "objects: [ { 'd': [...] }, { 'n': [...] } ].",
		.wrong = "'controls': [\n"
		         "  { 'name': 'eq.{d}{n}', 'kind': 'fader',\n"
		         "    'each': { 'd': ['a', 'b'], 'n': [1, 2, 3] } } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'eq.{d}{n}', 'kind': 'fader',\n"
		         "    'each': [ { 'd': ['a', 'b'] }, { 'n': [1, 2, 3] } ] } ]",
	},
	[CODE_BAD_KIND] = {
		.name = "bad-kind",
		.severity = SEV_ERROR,
		.summary = "a control of a kind that cannot do this",
		.text = "The kind decides what becomes of a control when its source or its port is "
		        "lost, and what can be done with it: a switch has no way between 0 and 1, "
		        "an encoder no place at which to stand, and a lamp is written by MIDI that "
		        "comes in and by nothing else. Choose another control, or drop the key "
		        "that its kind does not take.",
		.wrong = "'routes': [ { 'osc': '/1', 'to': 'mute', 'takeover': 'pickup' } ]",
		.right = "'routes': [ { 'osc': '/1', 'to': 'level', 'takeover': 'pickup' } ]",
	},
	[CODE_BAD_NAME] = {
		.name = "bad-name",
		.severity = SEV_ERROR,
		.summary = "a name that is not formed as names are",
		.text = "Names are OSC addresses too ('deck.a.volume' is /deck/a/volume), and are "
		        "typed in scripts: words of a-z, 0-9 and _ with dots between them. What "
		        "people are to read goes into 'title', where anything may stand.",
		.wrong = "'controls': [ { 'name': 'Deck A', 'kind': 'fader' } ]",
		.right = "'controls': [ { 'name': 'deck.a', 'kind': 'fader', 'title': 'Deck A' } ]",
	},
	[CODE_BAD_PATH] = {
		.name = "bad-path",
		.severity = SEV_ERROR,
		.summary = "a path that names nothing",
		.text = "An empty path, or one of more than 4095 bytes, can never be opened: the "
		        "port would be simulated for ever. Write the path of the FIFO, file or "
		        "device.",
		.wrong = "'ports': { 'pipe': { 'raw': { 'out': '' } } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pipe', 'cc': 7 } ]",
		.right = "'ports': { 'pipe': { 'raw': { 'out': '/tmp/midi' } } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pipe', 'cc': 7 } ]",
	},
	[CODE_BAD_PORT] = {
		.name = "bad-port",
		.severity = SEV_ERROR,
		.summary = "a port that does not do what is wanted of it",
		.text = "A control is sent to a port that has 'out' (or 'send', for OSC); a route "
		        "from MIDI comes from one that has 'in'. Without it nothing would happen "
		        "when the control moves. Give the port what it lacks, or name another one. "
		        "A port for OSC takes OSC addresses and no CCs or notes, a MIDI port the "
		        "other way round.",
		.wrong = "'ports': { 'pads': { 'in': 'pads' } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 7 } ]",
		.right = "'ports': { 'pads': { 'in': 'pads', 'out': 'pads' } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 7 } ]",
	},
	[CODE_BAD_RANGE] = {
		.name = "bad-range",
		.severity = SEV_ERROR,
		.summary = "a minimum above its maximum",
		.text = "A port that is not there is tried again after 'retry_min_ms', then more "
		        "and more seldom, up to 'retry_max_ms': the first is at most the second.",
		.wrong = "'ports': { 'pads': { 'in': 'pads',\n"
		         "                     'retry_min_ms': 5000, 'retry_max_ms': 1000 } },\n"
		         "'routes': [ { 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
		.right = "'ports': { 'pads': { 'in': 'pads',\n"
		         "                     'retry_min_ms': 1000, 'retry_max_ms': 5000 } },\n"
		         "'routes': [ { 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
	},
	[CODE_BAD_SLOT] = {
		.name = "bad-slot",
		.severity = SEV_ERROR,
		.summary = "a slot that is declared or used in a wrong way",
		.text = "What a script puts into a slot ends in a step. All that the slot allows "
		        "must be good there, or an intent could fail half way through a song: a "
		        "slot of type 'number' where a number stands, within its range, and a deck "
		        "or a choice where a part of a name stands.",
		.wrong = "'intents': [\n"
		         "  { 'name': 'up', 'slots': { 'n': 'deck' },\n"
		         "    'steps': [ { 'set': 'level', 'to': '{n}' } ] } ]",
		.right = "'intents': [\n"
		         "  { 'name': 'up', 'slots': { 'n': 'number' },\n"
		         "    'steps': [ { 'set': 'level', 'to': '{n}' } ] } ]",
	},
	[CODE_BAD_SYSEX] = {
		.name = "bad-sysex",
		.severity = SEV_ERROR,
		.summary = "a pattern of a System Exclusive message that is none",
		.text = "The bytes are written in hexadecimal with spaces between, from F0 to F7; '..' is any "
		        "byte, '*' any number of them, 'vv' the value, 'mm' and 'll' its two halves where it has "
		        "14 bits. The column is that of the byte.",
		.wrong = "'routes': [ { 'port': 'pads', 'sysex': 'F0 7E vv', 'to': 'level' } ]",
		.right = "'routes': [ { 'port': 'pads', 'sysex': 'F0 7E vv F7', 'to': 'level' } ]",
	},
	[CODE_BAD_TIME] = {
		.name = "bad-time",
		.severity = SEV_ERROR,
		.summary = "a text that is no time",
		.text = "A time is a number of milliseconds, or a text with a unit: '250 ms', '1.5 "
		        "s', '2 beats', '1 bar'. Beats and bars follow the tempo.",
		.wrong = "'routes': [ { 'osc': '/1', 'to': 'level', 'ramp': 'soon' } ]",
		.right = "'routes': [ { 'osc': '/1', 'to': 'level', 'ramp': '2 beats' } ]",
	},
	[CODE_CANNOT_READ] = {
		.name = "cannot-read",
		.severity = SEV_ERROR,
		.summary = "a file that is not there or cannot be read",
		.text = "What an include names is looked for beside the file that includes it, "
		        "then among the shipped mappings; a name on the command line in the "
		        "current folder, then there too. Nothing is loaded without it, as half of "
		        "a mapping could leave decks that do not answer. Compare the name with "
		        "what is in the folder, or say with --mappings where shipped mappings are.",
		.wrong = "'include': 'tracktor.json'",
		.right = "'include': 'traktor.json'",
	},
	[CODE_CONFLICT] = {
		.name = "conflict",
		.severity = SEV_ERROR,
		.summary = "keys or values that exclude each other",
		.text = "Both cannot be right, and the bridge does not guess which one was meant. "
		        "Keep one of them. For two sources of one control write two routes.",
		.wrong = "'routes': [ { 'osc': '/1', 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
		.right = "'routes': [ { 'osc': '/1', 'to': 'level' },\n"
		         "            { 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
	},
	[CODE_DUPLICATE_KEY] = {
		.name = "duplicate-key",
		.severity = SEV_ERROR,
		.summary = "a key that is twice in one object",
		.text = "Other programs silently take the last one; which one was meant is not "
		        "known here. Take one away, or, where they are two things, make two "
		        "objects in a list.",
		.wrong = "'controls': [ { 'name': 'level', 'kind': 'fader', 'kind': 'switch' } ]",
		.right = "'controls': [ { 'name': 'level', 'kind': 'fader' } ]",
	},
	[CODE_DUPLICATE_NAME] = {
		.name = "duplicate-name",
		.severity = SEV_ERROR,
		.summary = "two things of one name in one file",
		.text = "A route or a script that names it could mean either. Rename one of them. "
		        "A name of an earlier file may be used again: the later one then replaces "
		        "it, which is told as a warning.",
		.wrong = "'controls': [ { 'name': 'level', 'kind': 'fader' },\n"
		         "              { 'name': 'level', 'kind': 'switch' } ]",
		.right = "'controls': [ { 'name': 'level', 'kind': 'fader' },\n"
		         "              { 'name': 'level.on', 'kind': 'switch' } ]",
	},
	[CODE_DUPLICATE_ROUTE] = {
		.name = "duplicate-route",
		.severity = SEV_ERROR,
		.summary = "two routes of one source under the same conditions",
		.text = "What the two would do together is not what either says. To move several "
		        "controls by one source, list them in 'to'; to move one or the other, give "
		        "each route its condition in 'when'.",
		.wrong = "'routes': [ { 'osc': '/1', 'to': 'level' },\n"
		         "            { 'osc': '/1', 'to': 'mute' } ]",
		.right = "'routes': [ { 'osc': '/1', 'to': ['level', 'mute'] } ]",
	},
	[CODE_INCLUDE_CYCLE] = {
		.name = "include-cycle",
		.severity = SEV_ERROR,
		.summary = "a file that includes itself",
		.text = "Reading it would never end. The message shows the way round: take one "
		        "include of it away. What two files both need goes into a third that both "
		        "include; a file that is reached twice is read once.",
		.wrong = "'include': 'mapping.json'",
		.right = "'include': 'traktor.json'",
	},
	[CODE_JSON] = {
		.name = "json",
		.severity = SEV_ERROR,
		.summary = "text that is not strict JSON",
		.text = "The place is where the text can no longer be JSON; what is wrong may "
		        "stand just before it: a comma that is missing or too much, a quote or a "
		        "bracket that is not closed. A mapping is strict JSON, without comments, "
		        "so that every editor and jq can read it; remarks go into 'note'.",
		.wrong = "'controls': [ { 'name': 'level', 'kind': 'fader' }, ]",
		.right = "'controls': [ { 'name': 'level', 'kind': 'fader' } ]",
	},
	[CODE_LOOP] = {
		.name = "loop",
		.severity = SEV_ERROR,
		.summary = "one bus is both read and written, or controls lead back to themselves",
		.text = "What is sent comes back and is taken for a new movement: faders jump back "
		        "under the hand, or messages run round without end. Use two buses, one for "
		        "each direction. Where the other side is known not to repeat what it gets, "
		        "say 'allow_loop': true. Of routes from controls one must go, for a "
		        "circle of them would move for ever.",
		.wrong = "'ports': { 'daw': { 'in': 'iac bus 1', 'out': 'iac bus 1' } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'daw', 'cc': 7 } ]",
		.right = "'ports': { 'daw': { 'in': 'iac bus 2', 'out': 'iac bus 1' } },\n"
		         "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'daw', 'cc': 7 } ]",
	},
	[CODE_MISSING_KEY] = {
		.name = "missing-key",
		.severity = SEV_ERROR,
		.summary = "a key is missing without which this means nothing",
		.text = "A control needs a name and a kind, a route a source and what it moves, "
		        "and some keys need others beside them. The message names what is "
		        "expected.",
		.wrong = "'controls': [ { 'name': 'level' } ]",
		.right = "'controls': [ { 'name': 'level', 'kind': 'fader' } ]",
	},
	[CODE_OUT_OF_RANGE] = {
		.name = "out-of-range",
		.severity = SEV_ERROR,
		.summary = "a number, or the length of a list, beyond its limits",
		.text = "MIDI has channels 1 to 16 and CCs, notes and values 0 to 127; values of "
		        "controls go from 0 to 1. A number beyond that is never cut to fit, as it "
		        "would then move something else than was meant.",
		.wrong = "'routes': [ { 'port': 'pads', 'channel': 17, 'cc': 1, 'to': 'level' } ]",
		.right = "'routes': [ { 'port': 'pads', 'channel': 16, 'cc': 1, 'to': 'level' } ]",
	},
	[CODE_PORT_TAKEN] = {
		.name = "port-taken",
		.severity = SEV_ERROR,
		.summary = "two ports listen on one UDP port",
		.text = "Only one of them could be opened. Give one of them another number and set "
		        "it in the tablet too, or let both tablets send to one port: the bridge "
		        "tells them apart by their addresses.",
		.wrong = "'ports': { 'left': { 'osc': { 'listen': 8000 } },\n"
		         "           'right': { 'osc': { 'listen': 8000 } } }",
		.right = "'ports': { 'left': { 'osc': { 'listen': 8000 } },\n"
		         "           'right': { 'osc': { 'listen': 8001 } } }",
	},
	[CODE_REMOVES_NOTHING] = {
		.name = "removes-nothing",
		.severity = SEV_WARNING,
		.summary = "'to': null without a route that it could take away",
		.text = "A route with 'to': null removes the one of an earlier file that has "
		        "exactly the same source and 'when'. There is none, so the route that was "
		        "to go may still be there: compare port, channel and number, or address, "
		        "and the conditions. The file that has it must come before, or be "
		        "included.",
		.wrong = "'include': 'touchosc.json',\n"
		         "'routes': [ { 'osc': '/1/fadr5', 'to': null } ]",
		.right = "'include': 'touchosc.json',\n"
		         "'routes': [ { 'osc': '/1/fader5', 'to': null } ]",
	},
	[CODE_REPLACED] = {
		.name = "replaced",
		.severity = SEV_WARNING,
		.summary = "it takes the place of one of an earlier file",
		.text = "That is how a shipped mapping is changed without touching its file, and "
		        "then all is well. Where it was not meant, two files use one name for "
		        "different things: rename yours.",
		.wrong = "'include': 'traktor.json',\n"
		         "'controls': [ { 'name': 'deck.a.play', 'kind': 'button' } ]",
		.right = "'include': 'traktor.json',\n"
		         "'controls': [ { 'name': 'my.play', 'kind': 'button' } ]",
	},
	[CODE_RESERVED_CC] = {
		.name = "reserved-cc",
		.severity = SEV_WARNING,
		.summary = "a CC that MIDI uses for something else",
		.text = "CC 0 and 32 select banks, 6, 38 and 96 to 101 enter data, and 120 to 127 "
		        "are channel modes: 123 silences a synthesizer, and some drivers swallow "
		        "them. Traktor takes them as any other. Choose a CC that is free: 1 to 5, "
		        "7 to 31, 33 to 37, 39 to 95 or 102 to 119.",
		.wrong = "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 120 } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 20 } ]",
	},
	[CODE_SAME_ADDRESS] = {
		.name = "same-address",
		.severity = SEV_WARNING,
		.summary = "two controls are sent as the same message",
		.text = "Who receives it cannot tell them apart: the fader of one deck would move "
		        "that of the other too. Give one of them another CC, note or channel.",
		.wrong = "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 7 },\n"
		         "  { 'name': 'gain', 'kind': 'fader', 'port': 'pads', 'cc': 7 } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'port': 'pads', 'cc': 7 },\n"
		         "  { 'name': 'gain', 'kind': 'fader', 'port': 'pads', 'cc': 8 } ]",
	},
	[CODE_SHARED_SOURCE] = {
		.name = "shared-source",
		.severity = SEV_WARNING,
		.summary = "two routes of one source that can both hold at once",
		.text = "One touch then moves two things: with shift held, a pad that was to set a "
		        "cue point also starts the deck. Give the route without the condition the "
		        "opposite one. Where both are meant, list both controls in 'to' of one "
		        "route.",
		.wrong = "'routes': [\n"
		         "  { 'port': 'pads', 'note': 1, 'to': 'shift' },\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'mute' },\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'cue', 'when': { 'shift': 1 } } ]",
		.right = "'routes': [\n"
		         "  { 'port': 'pads', 'note': 1, 'to': 'shift' },\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'mute', 'when': { 'shift': 0 } },\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'cue', 'when': { 'shift': 1 } } ]",
	},
	[CODE_TOO_MANY] = {
		.name = "too-many",
		.severity = SEV_ERROR,
		.summary = "more than there is room for",
		.text = "The bridge takes all its memory when it starts, so that nothing can run "
		        "short during a set: 64 ports, 16384 controls, 65000 routes, 256 files, "
		        "and limits for what multiplies. Nobody plays that many: mostly an 'each' "
		        "multiplies lists that were meant to go side by side, in one object.",
		.wrong = "'controls': [\n"
		         "  { 'name': 'x.{a}{b}{c}{d}{e}{f}{g}{h}', 'kind': 'fader',\n"
		         "    'each': [ { 'a': [0, 1, 2, 3] }, { 'b': [0, 1, 2, 3] },\n"
		         "              { 'c': [0, 1, 2, 3] }, { 'd': [0, 1, 2, 3] },\n"
		         "              { 'e': [0, 1, 2, 3] }, { 'f': [0, 1, 2, 3] },\n"
		         "              { 'g': [0, 1, 2, 3] }, { 'h': [0, 1, 2, 3] } ] } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'x.{a}{b}{c}', 'kind': 'fader',\n"
		         "    'each': { 'a': [0, 1, 2, 3], 'b': [0, 1, 2, 3],\n"
		         "              'c': [0, 1, 2, 3] } } ]",
	},
	[CODE_UNKNOWN_CONTROL] = {
		.name = "unknown-control",
		.severity = SEV_ERROR,
		.summary = "a control that does not exist",
		.text = "Nothing would move, and nobody would see why. Mostly it is a slip, and "
		        "the hint has the nearest name; or the file that brings the control is not "
		        "included.",
		.wrong = "'routes': [ { 'osc': '/1', 'to': 'levle' } ]",
		.right = "'routes': [ { 'osc': '/1', 'to': 'level' } ]",
	},
	[CODE_UNKNOWN_KEY] = {
		.name = "unknown-key",
		.severity = SEV_ERROR,
		.summary = "a key that does not exist here",
		.text = "A key that is misspelt would do nothing, and be found out on stage; so it "
		        "is an error. The hint has the nearest one. Remarks go into 'note', which "
		        "may stand in every object.",
		.wrong = "'controls': [ { 'name': 'level', 'kind': 'fader', 'titel': 'Left' } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'level', 'kind': 'fader', 'title': 'Left' } ]",
	},
	[CODE_UNKNOWN_PLACEHOLDER] = {
		.name = "unknown-placeholder",
		.severity = SEV_ERROR,
		.summary = "a {name} that no 'each' of the rule declares",
		.text = "It would stay in the text as it is. Declare the variable in an 'each' of "
		        "the same object, or use one that is declared there: those of other rules "
		        "do not count.",
		.wrong = "'controls': [ { 'name': 'deck.{d}', 'kind': 'fader' } ]",
		.right = "'controls': [\n"
		         "  { 'name': 'deck.{d}', 'kind': 'fader', 'each': { 'd': ['a', 'b'] } } ]",
	},
	[CODE_UNKNOWN_PORT] = {
		.name = "unknown-port",
		.severity = SEV_ERROR,
		.summary = "a port that does not exist",
		.text = "Ports have the names that 'ports' gives them, which are not those of "
		        "devices. Declare the port there, or include the file that does.",
		.wrong = "'routes': [ { 'port': 'launchpad', 'note': 1, 'to': 'cue' } ]",
		.right = "'ports': { 'launchpad': { 'in': 'launchpad' } },\n"
		         "'routes': [ { 'port': 'launchpad', 'note': 1, 'to': 'cue' } ]",
	},
	[CODE_UNKNOWN_SLOT] = {
		.name = "unknown-slot",
		.severity = SEV_ERROR,
		.summary = "a {name} that is no slot of the intent",
		.text = "Whoever sends the intent could not fill it in. Declare it in 'slots', or "
		        "use one that is there.",
		.wrong = "'intents': [\n"
		         "  { 'name': 'up', 'slots': { 'n': 'number' },\n"
		         "    'steps': [ { 'set': 'level', 'to': '{x}' } ] } ]",
		.right = "'intents': [\n"
		         "  { 'name': 'up', 'slots': { 'n': 'number' },\n"
		         "    'steps': [ { 'set': 'level', 'to': '{n}' } ] } ]",
	},
	[CODE_UNKNOWN_WORD] = {
		.name = "unknown-word",
		.severity = SEV_ERROR,
		.summary = "a text that is none of the words that are allowed",
		.text = "The message lists them, and the hint has the nearest one. Words are in "
		        "small letters.",
		.wrong = "'controls': [ { 'name': 'level', 'kind': 'Fader' } ]",
		.right = "'controls': [ { 'name': 'level', 'kind': 'fader' } ]",
	},
	[CODE_UNREACHABLE] = {
		.name = "unreachable",
		.severity = SEV_WARNING,
		.summary = "conditions that never hold",
		.text = "The route will never do anything. Either its conditions contradict each "
		        "other, or they wait for something that nothing moves: a lamp that no MIDI "
		        "writes, a control without a port that no route, macro or intent reaches. "
		        "Write the route that moves it, or mend the conditions. Where the mapping "
		        "takes OSC a control may be moved by its own address, and nothing is said.",
		.wrong = "'routes': [\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'mute', 'when': { 'shift': 1 } } ]",
		.right = "'routes': [\n"
		         "  { 'port': 'pads', 'note': 1, 'to': 'shift' },\n"
		         "  { 'port': 'pads', 'note': 2, 'to': 'mute', 'when': { 'shift': 1 } } ]",
	},
	[CODE_UNUSED_PORT] = {
		.name = "unused-port",
		.severity = SEV_WARNING,
		.summary = "nothing uses the port",
		.text = "It would be opened, and perhaps be taken from another program, for "
		        "nothing. Take it away, or name it in 'port' of a control or route.",
		.wrong = "'ports': { 'pads': { 'in': 'pads' } }",
		.right = "'ports': { 'pads': { 'in': 'pads' } },\n"
		         "'routes': [ { 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
	},
	[CODE_WRONG_TYPE] = {
		.name = "wrong-type",
		.severity = SEV_ERROR,
		.summary = "a value of another type than the key takes",
		.text = "Numbers stand without quotes and texts in them; true, false and null "
		        "without. The message says what the key takes.",
		.wrong = "'routes': [ { 'port': 'pads', 'cc': '1', 'to': 'level' } ]",
		.right = "'routes': [ { 'port': 'pads', 'cc': 1, 'to': 'level' } ]",
	},
};

const struct code_info *code_find(const char *name)
{
	for (size_t i = 0; i < CODE_COUNT; i++)
		if (!strcmp(codes[i].name, name))
			return &codes[i];
	return NULL;
}
