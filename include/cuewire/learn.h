/* What was moved last, and what kind of thing it is: a button, a fader of 7 or 14 bits, an
 * encoder and its encoding, a jog wheel. Fed with everything that comes in, it keeps the last
 * values of each source and answers when the one that moved most has come to rest.
 * Thread: any, one at a time. Pure: times come in, in nanoseconds of one clock, and never go
 * back. */
#ifndef CUEWIRE_LEARN_H
#define CUEWIRE_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuewire/midi.h"
#include "cuewire/osc.h"
#include "cuewire/value.h"

#define LEARN_TRACKS \
	128 /* sources told apart; of more, the one that is still for longest is forgotten */
#define LEARN_SAMPLES 64  /* last values of each that are looked at */
#define LEARN_ADDRESS 128 /* bytes of an OSC address with its NUL; longer ones are passed over */
#define LEARN_ARGS 4      /* arguments of an OSC message that are looked at */

#define LEARN_NONE (-1)

enum learn_form {
	LEARN_CC,
	LEARN_NOTE,
	LEARN_BEND,
	LEARN_PROGRAM,
	LEARN_PRESSURE,
	LEARN_POLY,
	LEARN_NRPN, /* parameters by CC 99 and 98, data by CC 6 and 38 (MIDI 1.0, control changes) */
	LEARN_RPN,  /* the same by CC 101 and 100 */
	LEARN_OSC,
};

struct learn_source {
	enum learn_form form;
	int port;        /* the caller's number; OSC: LEARN_NONE */
	uint8_t channel; /* 0..15 */
	uint16_t number; /* CC, note, program, key: 0..127; parameter: 0..16383 */
	uint8_t arg;     /* OSC: which argument, from 0 */
	char address[LEARN_ADDRESS];
};

static inline bool learn_is_param(const struct learn_source *s)
{
	return s->form == LEARN_NRPN || s->form == LEARN_RPN;
}

enum learn_guess {
	GUESS_UNCLEAR,
	GUESS_BUTTON,  /* 1 and, when it is let go, 0 */
	GUESS_TOGGLE,  /* 1 and 0 in turn, one a press */
	GUESS_TRIGGER, /* a press and no release: a program change, OSC without a number */
	GUESS_FADER,   /* OSC */
	GUESS_FADER7,
	GUESS_FADER14, /* CC n and n + 32 */
	GUESS_BEND,
	GUESS_PARAMETER, /* NRPN, RPN */
	GUESS_PRESSURE,
	GUESS_ENCODER,
	GUESS_JOG, /* an encoder that sends a lot */
	GUESS_XY,  /* OSC: two arguments that move */
	GUESS_COUNT
};
extern const char *const learn_guess_names[GUESS_COUNT];

/* What has to be done to be sure. */
enum learn_ask {
	ASK_NOTHING,
	ASK_FURTHER,   /* move it further: it was too little */
	ASK_OTHER_WAY, /* turn the encoder the other way, fast, then slowly: two encodings fit */
	ASK_BOTH_WAYS, /* a fader or an encoder: move it further, and back */
	ASK_AGAIN,     /* let go of the button and press it again: it may be one that latches */
	ASK_TURN, /* a button without a release, or an encoder turned down: turn it the other way */
};

struct learn_thing {
	enum learn_guess guess;
	enum learn_ask ask;
	/* 0..1: the share of the evidence that speaks for the guess. Not a probability. */
	double confidence;
	struct learn_source source; /* of a pair: its MSB; of an xy: the argument that moved more */
	enum encoding encoding;     /* of an encoder or a jog; ENC_NONE: `maybe` has what fits */
	unsigned maybe;             /* bits 1 << enum encoding */
	size_t messages;            /* of this movement */
	double lo, hi;              /* values that it went through, of a button: velocities */
	bool released;              /* button: its release was seen */
	bool lsb_first;             /* pair: its LSB comes before its MSB */
	bool wide;                  /* NRPN, RPN: with CC 38 */
	bool any;                   /* program: several were sent */
	bool alone;                 /* OSC: its message has no other number */
	bool pad;                   /* button: it sends pressure while it is held */

	bool held; /* while it moved, this button was held ... */
	struct learn_source by;
	bool moves_free; /* ... but it has moved without, too: it has no address of its own for that */
	bool touched;    /* jog: `by` is its touch, not a shift key */
	size_t others; /* things that moved at the same time, but less */
};

struct learn_sample {
	uint64_t t_ns;
	float v;
};

/* One source, and what was seen of it. */
struct learn_track {
	struct learn_source id;
	bool used;
	uint64_t last_ns;
	size_t n; /* samples in all; the last of them are in ring */
	struct learn_sample ring[LEARN_SAMPLES];
	unsigned
		misfits; /* CC: the encodings in which some value makes no sense, 1 << enum encoding */

	bool down; /* a button that is held: note, CC or OSC argument with two values */
	uint64_t down_ns;
	bool lets_go; /* a release was seen: what is down is held, for however long */
	bool shifts;  /* something moved while it was held: it is no thing itself, till released */
	bool moves_free; /* it has moved while no button was held */
	size_t asked_at; /* n when it was asked to be pressed again; 0: not */
	bool latches;    /* that gave one value and not two */
	bool pad;
	bool alone;
	bool trigger; /* OSC without a number */
	bool wide;    /* a parameter with CC 38 */

	bool fresh; /* half of a pair: the other half may follow */
	bool half;  /* it is one */
	size_t pairs, pairs_lsb_first;

	/* since the last thing was told */
	size_t moves;
	float lo, hi;
	int by; /* track of the button that was held meanwhile, LEARN_NONE */
};

struct learn {
	struct learn_track tracks[LEARN_TRACKS];
	struct learn_params {
		int port; /* LEARN_NONE: free */
		uint8_t channel;
		uint8_t value[2]; /* MSB and LSB of the selected parameter */
		uint8_t have;     /* bits: which of them */
		bool rpn;
		bool seen; /* its data came: what selects it is no thing */
		uint8_t data;
	} params[16];
	size_t next_param; /* the place that is taken next where none is free */
};

void learn_init(struct learn *l);

/* A message as it came; a note-on with velocity 0 is a note-off already (midi.h). */
void learn_midi(struct learn *l, uint64_t t_ns, int port, const struct midi_msg *m);
void learn_osc(struct learn *l, uint64_t t_ns, const struct osc_msg *m);

/* When learn_next is to be asked, if nothing more comes; UINT64_MAX: nothing has moved. */
uint64_t learn_due(const struct learn *l);

/* Whether what moved most has come to rest; then *out is what it is, and the next movement begins.
 * One whose `ask` is not ASK_NOTHING is not sure; what comes next of it adds to what is known. */
bool learn_next(struct learn *l, uint64_t now_ns, struct learn_thing *out);

/* Forgets what has moved since the last answer, not what is known of it. */
void learn_skip(struct learn *l);

#endif
