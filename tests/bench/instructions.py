#!/usr/bin/env python3
"""Instructions that the bridge needs for one OSC message, from the socket to the written CC.

    instructions.py -b BUILD -w FOLDER [-f FAULT] [-n MESSAGES] [-t TOP]

Counted by callgrind: user instructions of all threads, libc included, from one request for the
status to the next, less what a request alone takes. "one by one": the bridge waits in poll before
each message; "bursts": they come 32 at a time. FAULT is the folder of the pretend PortMidi: with it
the path through a port host is counted as well, as the difference of two whole runs, since the host
answers no requests.
"""
import argparse
import atexit
import collections
import glob
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WARM = 100        # messages before those that count
BURST = 32
IDLE_S = 0.002    # after which the bridge is back in poll
PATIENCE_S = 120  # valgrind is slow
STEP = 7919       # so that each rule has its turn, in no order
DEVICE = "IAC Driver Bus 1"
POLL = "platform_poll"
MARK = "views_status"  # is called once for each request for the status

PRETEND = "libportmidi"

# by_function: own cost by (program, object, function); calls: by function; pretend: cost of what
# others call in the pretend PortMidi, by program, with all that it calls itself
Counts = collections.namedtuple("Counts", "by_function calls pretend")


def read_profile(path, counts):
    """Adds what a callgrind file says."""
    names = {"fn": {}, "ob": {}}
    program = obj = fn = called = called_in = ""
    is_call = False

    def name(kind, text):
        number, _, rest = text.partition(") ")
        if rest:
            names[kind][number.rstrip(")")] = rest
        return names[kind].get(number.rstrip(")"), text)

    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            key, eq, rest = line.rstrip("\n").partition("=")
            if line.startswith("cmd: "):
                program = os.path.basename(line[5:].split()[0])
            elif eq and key == "ob":
                obj = name("ob", rest)
            elif eq and key == "fn":
                fn = name("fn", rest)
            elif eq and key == "cob":
                called_in = name("ob", rest)
            elif eq and key == "cfn":
                called = name("fn", rest)
            elif eq and key == "calls" and rest.split():  # the last line of a killed one may be cut
                counts.calls[called] += int(rest.split()[0])
                is_call = True
            elif line[:1] in "+-*0123456789" and len(line.split()) == 2:
                cost = int(line.split()[1])
                if not is_call:
                    counts.by_function[program, os.path.basename(obj), fn] += cost
                elif PRETEND in called_in and PRETEND not in obj:
                    counts.pretend[program] += cost
                if is_call:
                    is_call, called_in = False, ""


class Bridge:
    """One run of the bridge under callgrind."""

    def __init__(self, args, mapping, address, host):
        self.args, self.address, self.host = args, address, host
        self.fifo = os.path.join(args.w, "counted")
        self.profile = os.path.join(args.w, "callgrind")
        self.control = os.path.join(args.w, "counted.socket")
        for path in glob.glob(self.profile + ".*") + [self.fifo]:
            if os.path.exists(path):
                os.unlink(path)
        os.mkfifo(self.fifo)
        self.answers = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.start(mapping)

    def start(self, mapping):
        to = {"out": DEVICE, "bytes_per_s": 0} if self.host else {"raw": {"out": self.fifo}}
        port = self.fifo + ".json"
        with open(port, "w", encoding="utf-8") as f:
            json.dump({"ports": {"traktor": to}}, f)
        env = dict(os.environ)
        if self.host:
            env.update(LD_LIBRARY_PATH=self.args.f, CW_PM_LOG=self.fifo,
                       CW_PM_DEVICES="out:" + DEVICE)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + self.profile + ".%p",
                   "--trace-children=yes" if self.host else "--dump-before=" + MARK,
                   os.path.join(self.args.b, "cuewire"), "run", mapping, port, "--osc-port", "0",
                   "--no-http", "--socket", self.control,
                   "--open-timeout", str(PATIENCE_S * 1000)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE)
        atexit.register(self.process.kill)  # does nothing once it has ended
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", self.wait_ready()))

    def wait_ready(self):
        said = b""
        for line in self.process.stderr:
            said += line
            found = re.match(rb"ready osc=(\d+)", line)
            if found:
                return int(found.group(1))
        sys.exit("instructions.py: the bridge is not ready:\n" + said.decode())

    def send(self, i):
        self.socket.send(self.address(i).encode() + b"\0\0,f\0\0" + struct.pack(">f", i % 128 / 127))

    def wait(self, messages):
        """Reads that many answers; how they look depends on who writes them."""
        got = b""
        while (got.count(b"\n") if self.host else len(got) // 3) < messages:
            if not select.select([self.answers], [], [], PATIENCE_S)[0]:
                sys.exit("instructions.py: no answer")
            got += os.read(self.answers, 4096)

    def first_answer(self):
        """A port host may open long after the bridge is ready: its first messages are simulated."""
        for _ in range(PATIENCE_S * 2):
            self.send(0)
            if select.select([self.answers], [], [], 0.5)[0]:
                break
        time.sleep(0.5)
        os.read(self.answers, 4096)

    def paced(self, messages):
        for i in range(messages):
            self.send(i)
            self.wait(1)
            time.sleep(IDLE_S)

    def bursts(self, messages):
        for first in range(0, messages, BURST):
            for i in range(first, first + BURST):
                self.send(i)
            self.wait(BURST)
            time.sleep(IDLE_S)

    def mark(self):
        """Ends a part of the profile."""
        subprocess.run([os.path.join(self.args.b, "cuewire"), "status", "--socket", self.control],
                       stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE_S)
        time.sleep(IDLE_S)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()
        os.close(self.answers)
        self.socket.close()

    def counts(self, part=None):
        """What the profile says, or a part of it: 1 is what came before the first mark."""
        end = "" if part is None else ".%d" % part
        files = glob.glob("%s.[0-9]*%s" % (self.profile, end))
        if not files:
            sys.exit("instructions.py: no profile; is there still a function %s?" % MARK)
        counts = Counts(*(collections.Counter() for _ in Counts._fields))
        for path in files:
            read_profile(path, counts)
        return counts


def count_parts(args, mapping, address):
    """Returns what a message costs one by one, and in bursts."""
    bridge = Bridge(args, mapping, address, False)
    bridge.paced(WARM)
    for step in (lambda n: None, lambda n: None, bridge.paced, bridge.bursts):
        step(args.n)
        bridge.mark()
    bridge.end()
    base = bridge.counts(2)
    return [per_message(bridge.counts(part), base, args.n) for part in (3, 4)]


def count_whole(args, mapping, address, messages):
    bridge = Bridge(args, mapping, address, True)
    bridge.first_answer()
    bridge.paced(messages)
    bridge.end()
    return bridge.counts()


def per_message(more, base, n):
    """What one message costs."""
    def part(a, b):
        return {k: (a[k] - b[k]) / n for k in a.keys() | b.keys() if a[k] != b[k]}
    return Counts(*(part(a, b) for a, b in zip(more, base)))


def total(counts, program):
    return sum(v for (p, _, _), v in counts.by_function.items() if p == program)


def print_top(title, counts, program, top):
    print("\nwhere they go, %s:" % title)
    cost = {k: v for k, v in counts.by_function.items() if k[0] == program}
    for (_, obj, fn), v in sorted(cost.items(), key=lambda x: -x[1])[:top]:
        print("%8.1f  %s (%s)" % (v, fn, obj))


def cases(args):
    def rule(n):
        return lambda i: "/rule/%05d/in" % (i * STEP % n)
    for n in (1, 100, 10000):
        path = os.path.join(args.w, "rules-%d.json" % n)
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as f:
                json.dump(rules.mapping(n), f, indent=1)
        yield "%d rule%s" % (n, "s" if n > 1 else ""), path, rule(n)
    yield "club.json", "mappings/club.json", lambda i: "/deck/a/volume"


def count_raw(args):
    print("%-24s %11s %8s   %s" % ("instructions a message", "one by one", "bursts",
                                   "wake-ups a message, one by one"))
    for name, path, address in cases(args):
        paced, burst = count_parts(args, path, address)
        print("%-24s %11.0f %8.0f   %.2f" % (name, total(paced, "cuewire"), total(burst, "cuewire"),
                                             paced.calls.get(POLL, 0)), flush=True)
    print_top("%s, one by one" % name, paced, "cuewire", args.t)
    print_top("%s, bursts" % name, burst, "cuewire", args.t)


def count_host(args):
    path, address = next((p, a) for n, p, a in cases(args) if n == "100 rules")
    base = count_whole(args, path, address, WARM)
    paced = per_message(count_whole(args, path, address, WARM + args.n), base, args.n)
    pretend = paced.pretend.get("cuewire-port", 0)
    print("\nthrough a port host, one by one: %.0f in the bridge, %.0f in the port host"
          " (and %.0f in the pretend PortMidi)" %
          (total(paced, "cuewire"), total(paced, "cuewire-port") - pretend, pretend))
    print_top("through a port host, the bridge", paced, "cuewire", args.t)
    print_top("through a port host, the port host", paced, "cuewire-port", args.t)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-b", required=True, metavar="BUILD")
    parser.add_argument("-w", required=True, metavar="FOLDER")
    parser.add_argument("-f", metavar="FAULT")
    parser.add_argument("-n", type=int, default=3200, metavar="MESSAGES")
    parser.add_argument("-t", type=int, default=12, metavar="TOP")
    args = parser.parse_args()
    args.b, args.w = os.path.abspath(args.b), os.path.abspath(args.w)
    args.n = max(args.n // BURST, 1) * BURST
    if not shutil.which("valgrind"):
        print("instructions: not counted, there is no valgrind")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    count_raw(args)
    if args.f:
        args.f = os.path.abspath(args.f)
        count_host(args)


if __name__ == "__main__":
    main()
