/* A pretend PortMidi that hangs, crashes and fails to order. The loader puts it in the place of
 * the real one (LD_LIBRARY_PATH), so that the program under test is the one that is shipped. Only
 * what a driver may call is here, and PortMidi 217 and 2.x both declare; with PRETEND_2 also what
 * makes ports, which 2.x alone has. The environment configures it:
 *
 * CW_PM_DEVICES  "out:IAC Driver Bus 1,in:nanoKONTROL2 CTRL,io:Midi Through Port-0"; io makes
 *                two devices, the output first. Of several of one name and direction, the log and
 *                the input below call the second "NAME #2".
 * CW_PM_LOG      file to which each written message is appended: "IAC Driver Bus 1 B0 07 40"
 * CW_PM_LOG_TIMES  "1": each of its lines ends in " @NANOSECONDS" (CLOCK_MONOTONIC)
 * CW_PM_INPUT    FIFO, or file that grows, of lines "nanoKONTROL2 CTRL B0 00 7F" that come in.
 *                Each process reads a file from where it ended when the input was opened; a
 *                line of a FIFO reaches one process only.
 * CW_PM_FAULT    "CALL=hang|abort|segv|exit|fail|slow:USEC|stall:USEC[@N],...": after N good calls
 *                of the function CALL, this and each later one misbehaves. "stall" is "slow" for
 *                this one only.
 * CW_PM_FAULT_FOR  "deck out": only processes that have this word as an argument misbehave
 * CW_PM_CALLS    file to which each process appends a line at its first call of a function and one
 *                when that function first misbehaves: "Pm_Poll @NANOSECONDS", "Pm_Poll=hang @..."
 *
 * CW_PM_DEVICES and CW_PM_FAULT may be "@FILE", whose text is read anew whenever it is asked for:
 * so devices come and go. A setting that is wrong ends the process with status 99.
 * As with the real one, all calls must come from one thread; else it aborts. */
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <portmidi.h>

#define DEVICES_MAX 64
#define NAME_MAX_LEN 128
#define EVENTS_MAX 1024
#define SETTING_MAX 8192
#define LINE_MAX_LEN 16384
#define TIME_MAX_LEN 32 /* at the end of a line */

/* ---- settings ---- */

static _Noreturn void bad(const char *what, const char *value)
{
	fprintf(stderr, "pretend PortMidi: %s \"%s\"\n", what, value);
	_exit(99);
}

/* The text of a setting, to be used up before the next call; "" where there is none. */
static const char *setting(const char *name)
{
	static char text[SETTING_MAX];
	const char *value = getenv(name);
	ssize_t n;
	int fd;

	if (!value || value[0] != '@')
		return value ? value : "";
	fd = open(value + 1, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "";
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		bad("cannot read", value + 1);
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return text;
}

/* Takes the next part of a list separated by commas. Returns false at its end. */
static bool next_part(const char **list, char *out, size_t size)
{
	const size_t len = strcspn(*list, ",");

	if (!**list)
		return false;
	if (len >= size)
		bad("too long:", *list);
	memcpy(out, *list, len);
	out[len] = '\0';
	*list += len + ((*list)[len] == ',');
	return true;
}

/* ---- faults ---- */

static struct call {
	const char *name;
	unsigned long count;
	bool misbehaved;
} calls[] = {
	{ .name = "Pm_Initialize" },
	{ .name = "Pm_CountDevices" },
	{ .name = "Pm_GetDeviceInfo" },
	{ .name = "Pm_OpenInput" },
	{ .name = "Pm_OpenOutput" },
	{ .name = "Pm_Poll" },
	{ .name = "Pm_Read" },
	{ .name = "Pm_WriteShort" },
	{ .name = "Pm_WriteSysEx" },
	{ .name = "Pm_Abort" },
	{ .name = "Pm_Close" },
	{ .name = "Pm_Terminate" },
#ifdef PRETEND_2
	{ .name = "Pm_CreateVirtualInput" },
	{ .name = "Pm_CreateVirtualOutput" },
#endif
};

static struct call *find_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	bad("CW_PM_FAULT: no such call:", name);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* fault: NULL for a mere call. */
static void log_call(const char *call, const char *fault)
{
	const char *path = getenv("CW_PM_CALLS");
	char line[NAME_MAX_LEN];
	int fd, n;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	n = snprintf(line, sizeof(line), "%s%s%.64s @%lld\n", call, fault ? "=" : "",
	             fault ? fault : "", now_ns());
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		bad("cannot write", path);
	close(fd);
}

/* Whether this process has the argument that CW_PM_FAULT_FOR asks for. */
static bool is_concerned(void)
{
	const char *word = getenv("CW_PM_FAULT_FOR");
	static int known = -1;
	char args[SETTING_MAX];
	ssize_t n;
	int fd;

	if (!word)
		return true;
	if (known >= 0)
		return known;
	known = 0;
	fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	n = read(fd, args, sizeof(args) - 1);
	if (n < 0)
		bad("CW_PM_FAULT_FOR: no arguments to look for", word);
	close(fd);
	args[n] = '\0';
	for (const char *a = args; a < args + n; a += strlen(a) + 1)
		known |= !strcmp(a, word);
	return known;
}

/* Waits as the fault says; first: this is the first call that it concerns. Returns false for
 * another fault. */
static bool wait_for(const char *fault, bool first)
{
	const bool stalls = !strncmp(fault, "stall:", 6);
	unsigned long usec;

	if (sscanf(fault, stalls ? "stall:%lu" : "slow:%lu", &usec) != 1)
		return false;
	if (stalls && !first)
		return true;
	nanosleep(&(struct timespec){ .tv_sec = (time_t)(usec / 1000000),
	                              .tv_nsec = (long)(usec % 1000000 * 1000) },
	          NULL);
	return true;
}

/* Does what the fault says. Returns true when the call is to fail. */
static bool act(const char *fault, bool first)
{
	if (!strcmp(fault, "fail"))
		return true;
	if (!strcmp(fault, "abort"))
		abort();
	if (!strcmp(fault, "exit"))
		_exit(3);
	if (!strcmp(fault, "segv")) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	while (!strcmp(fault, "hang"))
		pause();
	if (!wait_for(fault, first))
		bad("CW_PM_FAULT: unknown fault", fault);
	return false;
}

static void check_thread(void)
{
	static pthread_t first;
	static bool known;

	if (!known)
		first = pthread_self();
	known = true;
	if (pthread_equal(first, pthread_self()))
		return;
	fputs("pretend PortMidi: called from two threads\n", stderr);
	abort();
}

/* Comes first in each function. Returns true when it is to fail. */
static bool misbehave(const char *call)
{
	const char *list = is_concerned() ? setting("CW_PM_FAULT") : "";
	struct call *c = find_call(call);
	char part[NAME_MAX_LEN], *fault, *at;
	unsigned long good;
	bool fails = false;

	check_thread();
	if (!c->count++)
		log_call(call, NULL);
	while (next_part(&list, part, sizeof(part))) {
		fault = strchr(part, '=');
		if (!fault)
			bad("CW_PM_FAULT: expected CALL=FAULT:", part);
		*fault++ = '\0';
		if (find_call(part) != c)
			continue;
		at = strchr(fault, '@');
		if (at)
			*at++ = '\0';
		good = at ? strtoul(at, NULL, 10) : 0;
		if (c->count <= good)
			continue;
		if (!c->misbehaved)
			log_call(call, fault);
		c->misbehaved = true;
		fails = act(fault, c->count == good + 1) || fails;
	}
	return fails;
}

/* ---- devices ---- */

static struct device {
	PmDeviceInfo info;
	char name[NAME_MAX_LEN], label[NAME_MAX_LEN + 8];
	int32_t filters;
	PmEvent events[EVENTS_MAX]; /* a ring */
	size_t head, count;
	bool overflow;
} devices[DEVICES_MAX];

static int device_count;
static bool initialized;
static int log_fd = -1, input_fd = -1;

static void add_device(const char *name, bool input)
{
	struct device *d = &devices[device_count];
	int nth = 1;

	if (device_count == DEVICES_MAX)
		bad("CW_PM_DEVICES: too many at", name);
	*d = (struct device){ .filters = PM_FILT_ACTIVE };
	for (int i = 0; i < device_count; i++)
		nth += !devices[i].info.input == !input && !strcmp(devices[i].name, name);
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->label, sizeof(d->label), nth > 1 ? "%s #%d" : "%s", name, nth);
	d->info.interf = "pretend";
	d->info.name = d->name;
	d->info.input = input;
	d->info.output = !input;
	device_count++;
}

static void add_part(const char *part)
{
	static const struct {
		const char *prefix;
		bool out, in;
	} kinds[] = { { "out:", true, false }, { "in:", false, true }, { "io:", true, true } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const size_t len = strlen(kinds[i].prefix);

		if (strncmp(part, kinds[i].prefix, len))
			continue;
		if (kinds[i].out)
			add_device(part + len, false);
		if (kinds[i].in)
			add_device(part + len, true);
		return;
	}
	bad("CW_PM_DEVICES: expected in:, out: or io:", part);
}

PmError Pm_Initialize(void)
{
	const char *list;
	char part[NAME_MAX_LEN];

	if (misbehave("Pm_Initialize"))
		return pmHostError;
	if (initialized)
		return pmNoError;
	initialized = true;
	for (list = setting("CW_PM_DEVICES"); next_part(&list, part, sizeof(part));)
		add_part(part);
	return pmNoError;
}

int Pm_CountDevices(void)
{
	return misbehave("Pm_CountDevices") ? 0 : device_count;
}

const PmDeviceInfo *Pm_GetDeviceInfo(PmDeviceID id)
{
	if (misbehave("Pm_GetDeviceInfo") || id < 0 || id >= device_count)
		return NULL;
	return &devices[id].info;
}

const char *Pm_GetErrorText(PmError error)
{
	return error == pmHostError ? "PortMidi: `Host error'" : "PortMidi: `Some error'";
}

void Pm_GetHostErrorText(char *out, unsigned int len)
{
	snprintf(out, len, "%s", "pretend fault");
}

#ifdef PRETEND_2
PmError Pm_CreateVirtualInput(const char *name, const char *interf, void *more);
PmError Pm_CreateVirtualOutput(const char *name, const char *interf, void *more);

/* Returns the device's id. */
PmError Pm_CreateVirtualInput(const char *name, const char *interf, void *more)
{
	(void)interf, (void)more;
	if (misbehave("Pm_CreateVirtualInput"))
		return pmHostError;
	add_device(name, true);
	return (PmError)(device_count - 1);
}

PmError Pm_CreateVirtualOutput(const char *name, const char *interf, void *more)
{
	(void)interf, (void)more;
	if (misbehave("Pm_CreateVirtualOutput"))
		return pmHostError;
	add_device(name, false);
	return (PmError)(device_count - 1);
}
#endif

static PmError open_device(PortMidiStream **stream, PmDeviceID id, bool input)
{
	if (id < 0 || id >= device_count || devices[id].info.opened)
		return pmInvalidDeviceId;
	if (!devices[id].info.input == input)
		return pmInvalidDeviceId;
	devices[id].info.opened = 1;
	*stream = &devices[id];
	return pmNoError;
}

/* The device behind a stream, or NULL. */
static struct device *opened(PortMidiStream *stream, bool input)
{
	for (int i = 0; i < device_count; i++)
		if (stream == &devices[i] && devices[i].info.opened &&
		    !devices[i].info.input == !input)
			return &devices[i];
	return NULL;
}

/* ---- output ---- */

PmError Pm_OpenOutput(PortMidiStream **stream, PmDeviceID id, void *driver_info, int32_t size,
                      PmTimeProcPtr time_proc, void *time_info, int32_t latency)
{
	const char *path = getenv("CW_PM_LOG");

	(void)driver_info, (void)size, (void)time_proc, (void)time_info, (void)latency;
	if (misbehave("Pm_OpenOutput"))
		return pmHostError;
	if (path && log_fd < 0)
		log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (path && log_fd < 0)
		bad("cannot write", path);
	return open_device(stream, id, false);
}

/* One line, one write: lines of several processes do not mix. */
static PmError log_bytes(const struct device *d, const unsigned char *b, size_t len)
{
	char line[LINE_MAX_LEN];
	size_t n;

	if (log_fd < 0)
		return pmNoError;
	n = (size_t)snprintf(line, sizeof(line), "%s", d->label);
	for (size_t i = 0; i < len && n + TIME_MAX_LEN < sizeof(line); i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %02X", b[i]);
	if (!strcmp(setting("CW_PM_LOG_TIMES"), "1"))
		n += (size_t)snprintf(line + n, sizeof(line) - n, " @%lld", now_ns());
	line[n++] = '\n';
	return write(log_fd, line, n) == (ssize_t)n ? pmNoError : pmInternalError;
}

static size_t short_len(unsigned char status)
{
	static const unsigned char channel[] = { 3, 3, 3, 3, 2, 2, 3 };
	static const unsigned char system[] = { 1, 2, 3, 2 };

	if (status < 0xF0)
		return channel[(status - 0x80) >> 4];
	return status < 0xF4 ? system[status - 0xF0] : 1;
}

/* The message is an int32_t in PortMidi 217 and unsigned in 2.x; PmMessage is right in both. */
PmError Pm_WriteShort(PortMidiStream *stream, PmTimestamp when, PmMessage message)
{
	const uint32_t m = (uint32_t)message;
	const unsigned char b[] = { (unsigned char)m, (unsigned char)(m >> 8),
		                    (unsigned char)(m >> 16) };
	const struct device *d = opened(stream, false);

	(void)when;
	if (misbehave("Pm_WriteShort"))
		return pmHostError;
	if (!d)
		return pmBadPtr;
	if (b[0] < 0x80)
		return pmBadData;
	return log_bytes(d, b, short_len(b[0]));
}

PmError Pm_WriteSysEx(PortMidiStream *stream, PmTimestamp when, unsigned char *bytes)
{
	const struct device *d = opened(stream, false);
	size_t len = 0;

	(void)when;
	if (misbehave("Pm_WriteSysEx"))
		return pmHostError;
	if (!d)
		return pmBadPtr;
	while (bytes[len++] != 0xF7)
		if (len == LINE_MAX_LEN / 3)
			return pmBadData;
	return log_bytes(d, bytes, len);
}

/* ---- the end ---- */

PmError Pm_Abort(PortMidiStream *stream)
{
	if (misbehave("Pm_Abort"))
		return pmHostError;
	return opened(stream, false) ? pmNoError : pmBadPtr;
}

PmError Pm_Close(PortMidiStream *stream)
{
	if (misbehave("Pm_Close"))
		return pmHostError;
	for (int i = 0; i < device_count; i++) {
		if (stream != &devices[i] || !devices[i].info.opened)
			continue;
		devices[i].info.opened = 0;
		return pmNoError;
	}
	return pmBadPtr;
}

PmError Pm_Terminate(void)
{
	if (misbehave("Pm_Terminate"))
		return pmHostError;
	initialized = false;
	device_count = 0;
	return pmNoError;
}

/* ---- input ---- */

PmError Pm_OpenInput(PortMidiStream **stream, PmDeviceID id, void *driver_info, int32_t size,
                     PmTimeProcPtr time_proc, void *time_info)
{
	const char *path = getenv("CW_PM_INPUT");

	(void)driver_info, (void)size, (void)time_proc, (void)time_info;
	if (misbehave("Pm_OpenInput"))
		return pmHostError;
	if (path && input_fd < 0) {
		input_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (input_fd < 0)
			bad("cannot read", path);
		lseek(input_fd, 0, SEEK_END);
	}
	return open_device(stream, id, true);
}

PmError Pm_SetFilter(PortMidiStream *stream, int32_t filters)
{
	struct device *d = opened(stream, true);

	check_thread();
	if (!d)
		return pmBadPtr;
	d->filters = filters;
	return pmNoError;
}

static void push(struct device *d, uint32_t message)
{
	if (d->count == EVENTS_MAX) {
		d->count = 0;
		d->overflow = true;
		return;
	}
	d->events[(d->head + d->count++) % EVENTS_MAX].message = (PmMessage)message;
}

/* A real-time byte goes ahead of the message around it, as in the real one. */
static bool realtime(struct device *d, unsigned char byte)
{
	if (byte < 0xF8)
		return false;
	if (!(d->filters & 1 << (byte & 0xF)))
		push(d, byte);
	return true;
}

/* SysEx comes in pieces of four bytes whatever the filter says: PortMidi 217 lets its first byte
 * through as well. */
static void arrive(struct device *d, const unsigned char *b, size_t len)
{
	const size_t piece = b[0] == 0xF0 ? 4 : 3;
	uint32_t message = 0;
	size_t have = 0;

	for (size_t i = 0; i < len; i++) {
		if (realtime(d, b[i]))
			continue;
		message |= (uint32_t)b[i] << 8 * have++;
		if (have < piece)
			continue;
		push(d, message);
		message = 0;
		have = 0;
	}
	if (have)
		push(d, message);
}

/* Gives a line to the open input whose name it starts with. */
static void take_line(const char *line)
{
	unsigned char b[LINE_MAX_LEN / 3];

	for (int i = 0; i < device_count; i++) {
		struct device *d = &devices[i];
		const size_t name = strlen(d->label);
		size_t n = 0;
		char *end;

		if (!d->info.opened || !d->info.input || strncmp(line, d->label, name))
			continue;
		for (const char *p = line + name; *p; p = end) {
			if (*p != ' ' || !isxdigit((unsigned char)p[1]))
				break;
			b[n++] = (unsigned char)strtoul(p, &end, 16);
		}
		if (n)
			arrive(d, b, n);
	}
}

static void pump(void)
{
	static char text[LINE_MAX_LEN];
	static size_t len;
	char *end, *from = text;
	ssize_t n;

	n = input_fd < 0 ? 0 : read(input_fd, text + len, sizeof(text) - 1 - len);
	if (n <= 0)
		return;
	len += (size_t)n;
	text[len] = '\0';
	for (; (end = strchr(from, '\n')); from = end + 1) {
		*end = '\0';
		take_line(from);
	}
	len -= (size_t)(from - text);
	if (len == sizeof(text) - 1)
		bad("CW_PM_INPUT: line too long:", text);
	memmove(text, from, len);
}

PmError Pm_Poll(PortMidiStream *stream)
{
	struct device *d = opened(stream, true);

	if (misbehave("Pm_Poll"))
		return pmHostError;
	if (!d)
		return pmBadPtr;
	pump();
	return d->count || d->overflow ? pmGotData : pmNoData;
}

int Pm_Read(PortMidiStream *stream, PmEvent *buffer, int32_t length)
{
	struct device *d = opened(stream, true);
	int n;

	if (misbehave("Pm_Read"))
		return pmHostError;
	if (!d)
		return pmBadPtr;
	pump();
	if (d->overflow) {
		d->overflow = false;
		return pmBufferOverflow;
	}
	for (n = 0; n < length && d->count; n++, d->count--) {
		buffer[n] = d->events[d->head];
		d->head = (d->head + 1) % EVENTS_MAX;
	}
	return n;
}
