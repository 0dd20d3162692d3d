#!/usr/bin/env python3
"""cuewire-port behind its link, on a PortMidi that fails to order (tests/fault/portmidi.c).

CUEWIRE_BUILD is the folder that the programs lie in (build/release). Prints TAP.
"""
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("CUEWIRE_BUILD", os.path.join(ROOT, "build/release")))
PORT = os.path.join(BUILD, "cuewire-port")
FAULT = os.path.join(BUILD, "fault")

# include/cuewire/link.h
HEAD = struct.Struct("=BBBBIQIHBB")
TEXT = 168
SIZE = HEAD.size + TEXT
OPENED, FAILED, WRITE, DONE, MIDI = 1, 2, 3, 4, 5
R_NONE, R_MISSING, R_FAILED, R_LOOP = 0, 1, 2, 3
PRESS, RELEASE = 1, 2

DEADLINE_MS = 200  # within which a host is gone
SLACK_MS = 50      # for a machine that is busy with other tests
DEVICES = "out:IAC Driver Bus 1,in:IAC Driver Bus 1,out:IAC Driver Bus 10," \
    "in:nanoKONTROL2 CTRL,out:nanoKONTROL2 CTRL"

tests = []
failures = []


def test(fn):
    tests.append(fn)
    return fn


def check(what, got, expected):
    if got != expected:
        raise AssertionError("%s: got %r, expected %r" % (what, got, expected))


class Record:
    def __init__(self, data):
        (self.kind, self.code, self.len, self.flags, self.seq, self.t_ns, self.value,
         self.key, self.release_len, _) = HEAD.unpack_from(data)
        body = data[HEAD.size:]
        self.bytes = body[:self.len].hex(" ").upper()
        self.text = body.split(b"\0")[0]


def write_record(seq, midi, key=0, flags=0, release=""):
    b, r = bytes.fromhex(midi), bytes.fromhex(release)
    head = HEAD.pack(WRITE, 0, len(b), flags, seq, 0, 0, key, len(r), 0)
    return (head + b.ljust(8, b"\0") + r.ljust(8, b"\0")).ljust(SIZE, b"\0")


def environment(tmp, **settings):
    env = dict(os.environ, LD_LIBRARY_PATH=FAULT, DYLD_LIBRARY_PATH=FAULT,
               CW_PM_DEVICES=DEVICES, CW_PM_LOG=os.path.join(tmp, "log"))
    # ThreadSanitizer would sleep for a second at each end.
    env["TSAN_OPTIONS"] = env.get("TSAN_OPTIONS", "") + " atexit_sleep_ms=0"
    env.pop("CW_PM_FAULT", None)
    env.pop("CW_PM_INPUT", None)
    env.update(("CW_PM_" + k.upper(), v) for k, v in settings.items())
    return env


class Host:
    """A port host, its link, and the log of what it wrote."""

    def __init__(self, *args, **settings):
        self.tmp = tempfile.TemporaryDirectory()
        self.link, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.link.settimeout(5)
        far_fd = fcntl.fcntl(far.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)
        far.close()
        self.pid = os.posix_spawn(
            PORT, [PORT, "open", *args], environment(self.tmp.name, **settings),
            file_actions=[(os.POSIX_SPAWN_DUP2, far_fd, 3)])
        os.close(far_fd)
        self.status = None
        self.seq = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.tmp.cleanup()

    def read(self):
        """The next record; None at the end of the link."""
        data = b""
        while len(data) < SIZE:
            try:
                part = self.link.recv(SIZE - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                return None
            data += part
        return Record(data)

    def opened(self):
        r = self.read()
        check("first record", (r.kind, r.code), (OPENED, 0))
        return r

    def send(self, midi, **rest):
        self.seq += 1
        self.link.sendall(write_record(self.seq, midi, **rest))
        return self.seq

    def done(self, code=R_NONE):
        r = self.read()
        check("answer", r and (r.kind, r.code), (DONE, code))
        return r

    def write(self, midi, **rest):
        seq = self.send(midi, **rest)
        r = self.done()
        check("seq", r.seq, seq)
        return r

    def log(self):
        try:
            with open(os.path.join(self.tmp.name, "log")) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def await_log(self, lines):
        end = time.monotonic() + 5
        while len(self.log()) < lines and time.monotonic() < end:
            time.sleep(0.002)
        check("lines of the log", len(self.log()), lines)

    def wait(self, seconds=5):
        """(exit status or -signal, milliseconds that it took), or fails."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status, (time.monotonic() - start) * 1000
            time.sleep(0.001)
        raise AssertionError("the host is still there after %g s" % seconds)

    def close(self):
        self.link.close()
        return self.wait()


def timed(what, run, limit=DEADLINE_MS + SLACK_MS):
    """The best of three runs, each of which returns (exit status, ms), is within the limit."""
    best, all_ms = None, []
    for _ in range(3):
        status, ms = run()
        all_ms.append(ms)
        if best is None or ms < best[1]:
            best = status, ms
        if ms <= limit:
            break
    print("# %s: gone after %s ms" % (what, ", ".join("%.0f" % m for m in all_ms)))
    if best[1] > limit:
        raise AssertionError("%s: %.0f ms, expected %d at most" % (what, best[1], limit))
    return best[0]


# ---- opening ----

@test
def opens_by_words():
    cases = [
        (["--out", "iac bus 1"], "IAC Driver Bus 1"),
        (["--out", "bus 10"], "IAC Driver Bus 10"),
        (["--in", "nanokontrol2"], "nanoKONTROL2 CTRL"),
        (["--out", "xdj", "--out", "bus 10", "--out", "bus 1"], "IAC Driver Bus 10"),
        (["--in", "nanokontrol2", "--out", "nanokontrol2"], "nanoKONTROL2 CTRL"),
        (["--in", "nanokontrol2", "--out", "iac bus 1"], "nanoKONTROL2 CTRL, IAC Driver Bus 1"),
    ]
    for args, name in cases:
        with Host(*args) as h:
            r = h.opened()
            check(args, r.text.decode(), name)
            if r.value > 5000000:
                raise AssertionError("opening took %d us" % r.value)
            check("exit", h.close()[0], 0)


@test
def prefers_the_exact_name():
    with Host("--out", "Mix", devices="out:Mix 2 Extra,out:Mix Two,out:Mix") as h:
        check("device", h.opened().text, b"Mix")
    with Host("--out", "mix", devices="out:Mix 2 Extra,out:Mix Two,out:Mix") as h:
        check("device", h.opened().text, b"Mix 2 Extra")


@test
def says_what_is_missing():
    long = ",".join("out:" + "\u00e4" * 40 + " %d" % i for i in range(9))
    cases = [
        (["--out", "xdj"], "out:Midi Through Port-0,in:XDJ",
         'no output matches "xdj" (seen: "Midi Through Port-0")'),
        (["--in", "a", "--in", "b"], "in:One,out:A,in:Two",
         'no input matches "a" or "b" (seen: "One", "Two")'),
        (["--out", "xdj"], "", 'no output matches "xdj" (there is none)'),
        (["--in", "xdj", "--out", "through"], "io:Midi Through Port-0",
         'no input matches "xdj" (seen: "Midi Through Port-0")'),
        (["--in", "through", "--out", "xdj"], "io:Midi Through Port-0",
         'no output matches "xdj" (seen: "Midi Through Port-0")'),
    ]
    for args, devices, text in cases:
        with Host(*args, devices=devices) as h:
            r = h.read()
            check(args, (r.kind, r.code, r.text.decode()), (FAILED, R_MISSING, text))
            check("end of the link", h.read(), None)
            check("exit", h.wait()[0], 1)
    # A long reason is cut between characters, wherever the cut falls.
    for words in ("x", "xx"):
        with Host("--out", words, devices=long) as h:
            text = h.read().text.decode()
            check("end", text[-3:], "...")
            if not TEXT - 5 <= len(text.encode()) < TEXT:
                raise AssertionError("cut to %d bytes" % len(text.encode()))


@test
def refuses_one_bus_both_ways():
    both = ["--in", "iac bus 1", "--out", "iac bus 1"]
    with Host(*both) as h:
        r = h.read()
        check("record", (r.kind, r.code), (FAILED, R_LOOP))
        check("text", r.text, b'"IAC Driver Bus 1" gives back what is written to it')
        check("exit", h.wait()[0], 1)
    with Host(*both, "--loop") as h:
        h.opened()
    two = "in:IAC Driver Bus 1,out:IAC Driver Bus 2"
    with Host("--in", "iac 1", "--out", "iac 2", devices=two) as h:
        h.opened()


@test
def reports_failures_of_opening():
    cases = [
        ("Pm_Initialize=fail", "cannot start PortMidi: pretend fault"),
        ("Pm_OpenOutput=fail", 'cannot open output "IAC Driver Bus 1": pretend fault'),
        ("Pm_OpenInput=fail", 'cannot open input "nanoKONTROL2 CTRL": pretend fault'),
    ]
    for fault, text in cases:
        with Host("--in", "nanokontrol2", "--out", "bus 1", fault=fault) as h:
            r = h.read()
            check(fault, (r.kind, r.code, r.text.decode()), (FAILED, R_FAILED, text))
            check("exit", h.wait()[0], 1)


@test
def dies_with_its_driver():
    cases = [("Pm_Initialize=abort", -signal.SIGABRT), ("Pm_OpenOutput=segv", -signal.SIGSEGV),
             ("Pm_CountDevices=exit", 3)]
    for fault, status in cases:
        with Host("--out", "bus 1", fault=fault) as h:
            check("link", h.read(), None)
            check(fault, h.wait()[0], status)


@test
def hanging_while_it_opens():
    for call in ("Pm_Initialize", "Pm_GetDeviceInfo", "Pm_OpenOutput"):
        def run():
            with Host("--out", "bus 1", fault=call + "=hang") as h:
                check("silence", select.select([h.link], [], [], 0.1)[0], [])
                return h.close()
        check("exit", timed(call + " hangs", run), 1)


# ---- writing ----

@test
def acknowledges_in_order():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        before = time.monotonic_ns()
        for i in range(8):
            h.send("B0 07 %02X" % i)
        last = before
        for i in range(8):
            r = h.done()
            check("seq", r.seq, i + 1)
            if not last <= r.t_ns <= time.monotonic_ns():
                raise AssertionError("t_ns %d is not after %d" % (r.t_ns, last))
            last = r.t_ns
        check("log", h.log(), ["IAC Driver Bus 1 B0 07 %02X" % i for i in range(8)])


@test
def splits_messages():
    cases = [
        ("B0 07 40 B0 27 00", ["B0 07 40", "B0 27 00"]),
        ("C5 03", ["C5 03"]),
        ("FA", ["FA"]),
        ("C5 03 B0 07 40 FA D0 01", ["C5 03", "B0 07 40", "FA", "D0 01"]),
        ("", []),
    ]
    for midi, lines in cases:
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.write(midi)
            check(midi, h.log(), ["IAC Driver Bus 1 " + line for line in lines])


@test
def refuses_what_is_no_message():
    for midi in ("07 40", "B0 07", "F0 01 F7", "F4"):
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.send(midi)
            h.done(R_FAILED)
            r = h.read()
            check(midi, (r.kind, r.text), (FAILED, b"not a short MIDI message"))
            check("exit", h.wait()[0], 1)
            check("log", h.log(), [])


@test
def takes_records_in_pieces():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        data = b"".join(write_record(i, "B0 07 %02X" % i) for i in range(3))
        for at in range(0, len(data), 100):
            h.link.sendall(data[at:at + 100])
            time.sleep(0.005)
        check("seqs", [h.done().seq for _ in range(3)], [0, 1, 2])


@test
def ends_after_one_failed_write():
    with Host("--out", "iac bus 1", fault="Pm_WriteShort=fail@2") as h:
        h.opened()
        h.write("B0 07 01", key=5, flags=PRESS, release="B0 07 00")
        h.write("B0 07 02")
        for i in (3, 4):
            try:
                h.send("B0 07 %02X" % i)
            except BrokenPipeError:  # it was quick
                pass
        r = h.done(R_FAILED)
        check("seq", r.seq, 3)
        r = h.read()
        check("record", (r.kind, r.code, r.text),
              (FAILED, R_FAILED, b'cannot write to "IAC Driver Bus 1": pretend fault'))
        check("end", h.read(), None)
        check("exit", h.wait()[0], 1)
        check("log", len(h.log()), 2)


# ---- the end ----

@test
def releases_what_is_held():
    def run():
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
            h.write("B0 07 40")
            h.write("90 3C 7F", key=2, flags=PRESS, release="80 3C 00")
            end = h.close()
            check("log", h.log()[3:], ["IAC Driver Bus 1 B0 10 00", "IAC Driver Bus 1 80 3C 00"])
            return end
    check("exit", timed("held buttons", run, DEADLINE_MS), 0)


@test
def releases_once():
    cases = [
        ("nothing held", [("B0 07 7F", 0, 0)], []),
        ("released", [("B0 10 7F", 1, PRESS), ("B0 10 00", 1, RELEASE)], []),
        ("one of two", [("B0 10 7F", 1, PRESS), ("B0 11 7F", 2, PRESS),
                        ("B0 10 00", 1, RELEASE)], ["B0 11 00"]),
        ("pressed twice", [("B0 10 7F", 1, PRESS), ("B0 10 70", 1, PRESS)], ["B0 10 00"]),
        ("pressed anew", [("B0 10 7F", 1, PRESS), ("B0 10 00", 1, RELEASE),
                          ("B0 10 7F", 1, PRESS)], ["B0 10 00"]),
        ("another's release", [("B0 10 7F", 1, PRESS), ("B0 11 00", 2, RELEASE)], ["B0 10 00"]),
        ("a tap in one", [("B0 10 7F B0 10 00", 1, PRESS | RELEASE)], []),
        ("twenty", [("B0 %02X 7F" % k, k, PRESS) for k in range(20)],
         ["B0 %02X 00" % k for k in range(20)]),
    ]
    for name, writes, expected in cases:
        with Host("--out", "iac bus 1") as h:
            h.opened()
            for midi, key, flags in writes:
                h.write(midi, key=key, flags=flags, release=midi[:5] + " 00")
            written = len(h.log())
            check("exit", h.close()[0], 0)
            check(name, [line[17:] for line in h.log()[written:]], expected)


@test
def writes_what_was_sent_before_the_end():
    # Slow enough for all of it to lie in the link when it is closed, answers unread.
    with Host("--out", "iac bus 1", fault="Pm_WriteShort=slow:5000") as h:
        h.opened()
        h.send("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        h.send("B0 07 01")
        h.send("B0 07 02")
        check("exit", h.close()[0], 0)
        check("log", [line[17:] for line in h.log()],
              ["B0 10 7F", "B0 07 01", "B0 07 02", "B0 10 00"])


@test
def hanging_while_it_writes():
    for unread in (0, 7):
        def run():
            with Host("--out", "iac bus 1", fault="Pm_WriteShort=hang@1") as h:
                h.opened()
                h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
                for i in range(1 + unread):
                    h.send("B0 07 40")
                check("silence", select.select([h.link], [], [], 0.05)[0], [])
                end = h.close()
                check("log", len(h.log()), 1)
                return end
        check("exit", timed("Pm_WriteShort hangs, %d unread" % unread, run), 1)


@test
def hanging_while_it_releases():
    def run():
        with Host("--out", "iac bus 1", fault="Pm_WriteShort=hang@1") as h:
            h.opened()
            h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
            return h.close()
    check("exit", timed("a release hangs", run), 1)


@test
def hanging_while_it_polls():
    def run():
        with Host("--in", "nanokontrol2", fault="Pm_Poll=hang@3") as h:
            h.opened()
            time.sleep(0.05)
            return h.close()
    check("exit", timed("Pm_Poll hangs", run), 1)


@test
def signals_do_not_end_it():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
            os.kill(h.pid, s)
        h.write("B0 07 40")
        check("exit", h.close()[0], 0)
        check("log", h.log()[2:], ["IAC Driver Bus 1 B0 10 00"])


def orphan(tmp, fault):
    """Kills the parent of a host; returns (log, ms until the host was gone)."""
    done_read, done_write = os.pipe()  # in the end the host alone has the writing end
    env = environment(tmp, **({"fault": fault} if fault else {}))
    press = write_record(1, "B0 10 7F", key=1, flags=PRESS, release="B0 10 00").hex()
    code = (
        "import fcntl, os, socket, time\n"
        "near, far = socket.socketpair()\n"
        "high = fcntl.fcntl(far.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)\n"
        "os.posix_spawn(%r, [%r, 'open', '--out', 'bus 1'], os.environ,\n"
        "               file_actions=[(os.POSIX_SPAWN_DUP2, high, 3)])\n"
        "os.close(high); far.close(); os.close(%d)\n"
        "near.recv(%d, socket.MSG_WAITALL)\n"
        "near.sendall(bytes.fromhex(%r))\n"
        "%s\n"
        "print('written', flush=True)\n"
        "time.sleep(60)\n"
    ) % (PORT, PORT, done_write, SIZE, press,
         "time.sleep(0.1)" if fault else "near.recv(%d, socket.MSG_WAITALL)" % SIZE)
    parent = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE,
                              pass_fds=[done_write])
    os.close(done_write)
    try:
        check("parent", parent.stdout.readline(), b"written\n")
    finally:
        parent.kill()
        start = time.monotonic()
        parent.wait()
        parent.stdout.close()
    ready = select.select([done_read], [], [], 5)[0]
    ms = (time.monotonic() - start) * 1000
    os.close(done_read)
    check("host gone", bool(ready), True)
    with open(os.path.join(tmp, "log"), "a+") as f:
        f.seek(0)
        return f.read().splitlines(), ms


@test
def leaves_no_orphan():
    def run():
        with tempfile.TemporaryDirectory() as tmp:
            log, ms = orphan(tmp, None)
            check("log", log, ["IAC Driver Bus 1 B0 10 7F", "IAC Driver Bus 1 B0 10 00"])
            return 0, ms

    def run_hanging():
        with tempfile.TemporaryDirectory() as tmp:
            return 0, orphan(tmp, "Pm_WriteShort=hang")[1]
    timed("killed parent", run)
    timed("killed parent, the driver hangs", run_hanging)


# ---- input ----

class Input:
    """What a device sends, for CW_PM_INPUT."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile("a")
        self.name = self.file.name

    def send(self, *lines):
        self.file.write("".join("nanoKONTROL2 CTRL %s\n" % line for line in lines))
        self.file.flush()


@test
def passes_on_what_comes_in():
    i = Input()
    i.send("B0 00 11")  # before the port was open
    with Host("--in", "nanokontrol2", input=i.name) as h:
        h.opened()
        before = time.monotonic_ns()
        i.send("B0 00 7F", "90 3C 40", "C2 05", "E0 01 02")
        got = [h.read() for _ in range(4)]
        check("records", {r.kind for r in got}, {MIDI})
        check("bytes", [r.bytes for r in got], ["B0 00 7F", "90 3C 40", "C2 05", "E0 01 02"])
        for r in got:
            if not before <= r.t_ns <= time.monotonic_ns():
                raise AssertionError("t_ns %d is not after %d" % (r.t_ns, before))


@test
def skips_sysex_clock_and_sensing():
    i = Input()
    with Host("--in", "nanokontrol2", input=i.name) as h:
        h.opened()
        i.send("F8", "B0 00 01", "FE", "F0 7E 7F 06 01 F7", "B0 00 02",
               "F0 01 02 03 04 05 06 F7", "B0 00 03",  # its end starts an event
               "F0 01 02 FA 03 04 05 F7", "B0 00 04",  # a start within it
               "F0 01 02 F8 03", "B0 00 05",           # cut off
               "F0", "B0 00 06", "F4", "FD", "FF", "F2 01 02", "F7", "B0 00 07")
        got = []
        while not got or got[-1] != "B0 00 07":
            got.append(h.read().bytes)
        check("bytes", got, ["B0 00 01", "B0 00 02", "B0 00 03", "FA", "B0 00 04", "B0 00 05",
                             "B0 00 06", "FF", "F2 01 02", "B0 00 07"])


@test
def survives_an_overflow():
    i = Input()
    with Host("--in", "nanokontrol2", input=i.name, fault="Pm_Poll=slow:20000") as h:
        h.opened()
        i.send(*["B0 00 01"] * 1025)  # more than the pretend buffer holds
        time.sleep(0.1)
        i.send("B0 00 02")
        while h.read().bytes != "B0 00 02":
            pass


@test
def works_both_ways_at_once():
    i = Input()
    with Host("--in", "nanokontrol2", "--out", "iac bus 1", input=i.name) as h:
        h.opened()
        for k in range(20):
            i.send("B0 00 %02X" % k)
            h.send("B0 07 %02X" % k)
            got = sorted((h.read() for _ in range(2)), key=lambda r: r.kind)
            check("kinds", [r.kind for r in got], [DONE, MIDI])
            check("answer", (got[0].code, got[0].seq), (0, k + 1))
            check("input", got[1].bytes, "B0 00 %02X" % k)
        h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        check("exit", h.close()[0], 0)
        check("log", h.log()[-1], "IAC Driver Bus 1 B0 10 00")


@test
def input_that_fails():
    for call, writes in (("Pm_Poll", 0), ("Pm_Read", 1)):
        i = Input()
        with Host("--in", "nanokontrol2", input=i.name, fault=call + "=fail@2") as h:
            h.opened()
            for _ in range(3 * writes):
                i.send("B0 00 01")
                time.sleep(0.01)
            r = h.read()
            while r.kind == MIDI:
                r = h.read()
            check(call, (r.kind, r.code, r.text),
                  (FAILED, R_FAILED, b'cannot read from "nanoKONTROL2 CTRL": pretend fault'))
            check("exit", h.wait()[0], 1)


# ---- the list, and usage ----

def run_port(*args, **settings):
    with tempfile.TemporaryDirectory() as tmp:
        return subprocess.run([PORT, *args], env=environment(tmp, **settings), text=True,
                              capture_output=True, timeout=10)


@test
def lists_devices():
    cases = [
        ("", {"inputs": [], "outputs": []}),
        ('out:IAC Driver Bus 1,io:Midi "Through" \\ Port-0,in:Ger\u00e4t',
         {"inputs": [{"index": 2, "name": 'Midi "Through" \\ Port-0'},
                     {"index": 3, "name": "Ger\u00e4t"}],
          "outputs": [{"index": 0, "name": "IAC Driver Bus 1"},
                      {"index": 1, "name": 'Midi "Through" \\ Port-0'}]}),
    ]
    for devices, expected in cases:
        r = run_port("list", devices=devices)
        check("exit and stderr", (r.returncode, r.stderr), (0, ""))
        check("list", json.loads(r.stdout), expected)
        check("lines", r.stdout.count("\n"), 1)
    r = run_port("list", fault="Pm_Initialize=fail")
    check("exit and stderr", (r.returncode, r.stderr), (1, ""))
    check("error", json.loads(r.stdout), {"error": "cannot start PortMidi: pretend fault"})
    with open("/dev/full", "w") as full, tempfile.TemporaryDirectory() as tmp:
        check("full disk", subprocess.call([PORT, "list"], env=environment(tmp), stdout=full), 1)


@test
def tells_usage():
    cases = [
        ([], "no role"),
        (["lost"], 'unknown role "lost"'),
        (["list", "x"], 'unexpected "x"'),
        (["open"], "neither --in nor --out"),
        (["open", "--in"], 'words are missing after "--in"'),
        (["open", "--inn", "x"], 'unknown option "--inn"'),
        (["open", "--in", "x"], "descriptor 3 is not a link"),
    ]
    for args, message in cases:
        r = run_port(*args)
        check(args, (r.returncode, r.stdout), (2, ""))
        check("first line", r.stderr.splitlines()[0], "cuewire-port: " + message)


def main():
    if sys.platform != "linux":
        print("1..0 # SKIP the pretend PortMidi is put in place by Linux's loader")
        return 0
    for path in (PORT, os.path.join(FAULT, "libportmidi.so.0")):
        if not os.path.exists(path):
            print("Bail out! %s is not built" % path)
            return 1
    print("1..%d" % len(tests))
    failed = 0
    for number, fn in enumerate(tests, 1):
        name = fn.__name__.replace("_", " ")
        try:
            fn()
            print("ok %d - %s" % (number, name), flush=True)
        except Exception as e:
            failed += 1
            print("not ok %d - %s" % (number, name))
            print("\n".join("# " + line for line in
                            ("%s: %s" % (type(e).__name__, e)).splitlines()), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
