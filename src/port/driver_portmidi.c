#include "driver.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <portmidi.h>

#include "devices.h"
#include "system.h"

#include "cuewire/clock.h"

#define INPUT_EVENTS 8192 /* also of a long SysEx, of which each holds four bytes */
#define OUTPUT_EVENTS 256

struct portmidi {
	struct driver base;    /* first: the two are cast into each other */
	struct devices system; /* in PortMidi's order; empty: the system does not tell */
	struct driver_device in_device, out_device;
	PmStream *in, *out;        /* NULL: not open */
	struct midi_parser parser; /* of what comes in */
};

static struct portmidi *self(struct driver *d)
{
	return (struct portmidi *)(void *)d;
}

/* PortMidi would start a clock of its own. */
static PmTimestamp now_ms(void *info)
{
	(void)info;
	return (PmTimestamp)(uint32_t)(clock_ns() / 1000000u);
}

/* The text of an error without PortMidi's decoration: "PortMidi: `Bad pointer'" */
static void error_text(PmError err, char *out, size_t size)
{
	static const char prefix[] = "PortMidi: ";
	const char *s = Pm_GetErrorText(err);

	out[0] = '\0';
	if (err == pmHostError)
		Pm_GetHostErrorText(out, (unsigned)size);
	if (out[0])
		return;
	if (!strncmp(s, prefix, sizeof(prefix) - 1))
		s += sizeof(prefix) - 1;
	s += *s == '`';
	snprintf(out, size, "%.*s", (int)strcspn(s, "'"), s);
}

/* Leaves the reason in d->error: 'cannot VERB "NAME": what PortMidi says'. Returns -1. */
static int fail(struct driver *d, const char *verb, const char *name, PmError err)
{
	char text[PM_HOST_ERROR_MSG_LEN];

	error_text(err, text, sizeof(text));
	if (name)
		snprintf(d->error, sizeof(d->error), "cannot %s \"%.64s\": %.160s", verb, name,
		         text);
	else
		snprintf(d->error, sizeof(d->error), "cannot %s: %.200s", verb, text);
	return -1;
}

static int portmidi_start(struct driver *d)
{
	struct devices *system = &self(d)->system;
	const PmError err = Pm_Initialize();

	if (err < 0)
		return fail(d, "start PortMidi", NULL, err);
	system_list(system);
	return 0;
}

static int portmidi_count(struct driver *d)
{
	(void)d;
	return Pm_CountDevices();
}

/* PortMidi has the address of a device but does not tell it. The system's own list, made just after
 * PortMidi's, does, where the two agree. */
static uint32_t address_of(const struct devices *system, int id, const PmDeviceInfo *info)
{
	const struct link_record *r;

	if (system->n != (size_t)Pm_CountDevices())
		return LINK_UNKNOWN;
	r = &system->list[id];
	if (r->flags != (info->input ? LINK_IN : LINK_OUT) || strcmp(r->text, info->name))
		return LINK_UNKNOWN;
	return r->value;
}

static bool portmidi_device(struct driver *d, int id, struct driver_device *out)
{
	const PmDeviceInfo *info = Pm_GetDeviceInfo(id);

	if (!info || !info->name)
		return false;
	*out = (struct driver_device){
		.id = id,
		.input = info->input != 0,
		.name = info->name,
		.address = address_of(&self(d)->system, id, info),
	};
	return true;
}

/* PortMidi 2.x makes ports, 217 does not have the function: it is looked for when it is needed, so
 * that one program runs with both. */
static int portmidi_create(struct driver *d, const char *name, bool input,
                           struct driver_device *out)
{
	typedef PmError create_fn(const char *name, const char *interf, void *more);
	create_fn *create =
		(create_fn *)dlsym(dlopen(NULL, RTLD_LAZY),
	                           input ? "Pm_CreateVirtualInput" : "Pm_CreateVirtualOutput");
	int id;

	if (!create)
		return 1;
	id = create(name, NULL, NULL);
	if (id >= 0 && portmidi_device(d, id, out))
		return 0;
	return fail(d, input ? "make input" : "make output", name,
	            id < 0 ? (PmError)id : pmInvalidDeviceId);
}

static int open_input(struct portmidi *p, const struct driver_device *device)
{
	PmError err = Pm_OpenInput(&p->in, device->id, NULL, INPUT_EVENTS, now_ms, NULL);

	if (err < 0)
		goto fail;
	err = Pm_SetFilter(p->in, PM_FILT_ACTIVE | (p->base.clock ? 0 : PM_FILT_CLOCK));
	if (err < 0)
		goto fail;
	p->in_device = *device;
	return 0;

fail:
	p->in = NULL;
	return fail(&p->base, "open input", device->name, err);
}

/* Latency 0: PortMidi hands over at once, and a write does not wait for a queue. */
static int open_output(struct portmidi *p, const struct driver_device *device)
{
	const PmError err =
		Pm_OpenOutput(&p->out, device->id, NULL, OUTPUT_EVENTS, now_ms, NULL, 0);

	if (err < 0) {
		p->out = NULL;
		return fail(&p->base, "open output", device->name, err);
	}
	p->out_device = *device;
	return 0;
}

static int portmidi_open(struct driver *d, const struct driver_device *device)
{
	return device->input ? open_input(self(d), device) : open_output(self(d), device);
}

/* Bytes of the short message that starts at b; 0: none does. */
static size_t message_len(const uint8_t *b, size_t len)
{
	const int data = b[0] & 0x80 ? midi_data_len(b[0]) : -1;

	return data >= 0 && (size_t)data < len ? (size_t)data + 1 : 0;
}

static int portmidi_write(struct driver *d, const uint8_t *bytes, size_t len)
{
	struct portmidi *p = self(d);
	size_t n;

	for (; len; bytes += n, len -= n) {
		uint32_t message = 0;
		PmError err;

		n = message_len(bytes, len);
		if (!n || !p->out) {
			snprintf(d->error, sizeof(d->error), "%s",
			         n ? "no output is open" : "not a short MIDI message");
			return -1;
		}
		for (size_t i = 0; i < n; i++)
			message |= (uint32_t)bytes[i] << 8 * i;
		err = Pm_WriteShort(p->out, 0, (PmMessage)message);
		if (err < 0)
			return fail(d, "write to", p->out_device.name, err);
	}
	return 0;
}

static void take_message(const struct midi_msg *m, struct driver_event *out)
{
	out->bytes[0] = m->status;
	out->bytes[1] = m->d1;
	out->bytes[2] = m->d2;
	out->len = m->len;
}

static void take_sysex(const struct midi_parser *p, struct driver_event *out)
{
	memcpy(out->bytes, p->sysex, p->sysex_len);
	out->len = (uint16_t)p->sysex_len;
}

/* One PmEvent is a short message or up to four bytes of a SysEx, and real-time messages may come
 * between these. A piece of a SysEx starts with F0, with its end F7 or with a data byte, which no
 * short message does; without its beginning it is nothing. Returns whether *out is a message. */
static bool event_message(struct portmidi *p, const PmEvent *e, struct driver_event *out)
{
	const uint32_t m = (uint32_t)e->message;
	const uint8_t b[4] = { (uint8_t)m, (uint8_t)(m >> 8), (uint8_t)(m >> 16),
		               (uint8_t)(m >> 24) };
	const size_t short_len = message_len(b, 3), n = short_len ? short_len : sizeof(b);
	struct midi_msg msg;

	if (b[0] < 0x80 && !p->parser.in_sysex)
		return false;
	for (size_t i = 0; i < n; i++) {
		switch (midi_parse(&p->parser, b[i], &msg)) {
		case MIDI_MESSAGE:
			take_message(&msg, out);
			return true;
		case MIDI_WHOLE_SYSEX:
			take_sysex(&p->parser, out);
			return true;
		case MIDI_NOTHING:
			break;
		}
	}
	return false;
}

/* After an overflow PortMidi has emptied the buffer; what comes then is whole again. */
static int portmidi_read(struct driver *d, struct driver_event *out, int max)
{
	struct portmidi *p = self(d);
	const PmError ready = Pm_Poll(p->in);
	PmEvent e;
	int got = ready, n = 0;

	while (got > 0 && n < max) {
		got = Pm_Read(p->in, &e, 1);
		if (got > 0)
			n += event_message(p, &e, &out[n]);
	}
	if (got == pmBufferOverflow)
		midi_parse_lost(&p->parser);
	d->discarded += p->parser.discarded;
	p->parser.discarded = 0;
	if (got < 0 && got != pmBufferOverflow)
		return fail(d, "read from", p->in_device.name, (PmError)got);
	return n;
}

static int portmidi_input_fd(struct driver *d)
{
	(void)d;
	return system_input_fd();
}

/* PortMidi 2.x spreads a burst to the IAC Driver by time stamps in the near future. */
static const struct driver_ops ops = {
	.start = portmidi_start,
	.count = portmidi_count,
	.device = portmidi_device,
	.create = portmidi_create,
	.open = portmidi_open,
	.write = portmidi_write,
	.read = portmidi_read,
	.input_fd = portmidi_input_fd,
#ifdef __APPLE__
	.linger_ns = 20000000,
#endif
};

struct driver *driver_portmidi(void)
{
	static struct portmidi portmidi = { .base.ops = &ops };

	return &portmidi.base;
}
