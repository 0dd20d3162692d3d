"""What the tests of the built programs share: a bridge to start, OSC to send, TAP to print.

Nothing but Python's library. CUEWIRE_BUILD is the folder of the programs (build/release)."""

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
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("CUEWIRE_BUILD", "build/release"))
CUEWIRE = os.path.join(BUILD, "cuewire")
FAULT = os.path.join(BUILD, "fault")
# The sanitizers slow everything down; deadlines of ours that only catch a hang are long.
PATIENCE = 20
# What is promised to take no longer than this is held to so many times that: other tests run beside.
SLOW = 2 if "release" in BUILD else 10


def osc(address, types="", *args):
    """One OSC message as bytes."""

    def pad(b):
        return b + b"\0" * (4 - len(b) % 4)

    out = pad(address.encode()) + pad(b"," + types.encode())
    values = iter(args)
    for t in types:
        if t in "TFNI[]":
            continue
        v = next(values)
        if t == "s":
            out += pad(v.encode())
        elif t == "b":
            out += struct.pack(">i", len(v)) + v + b"\0" * (-len(v) % 4)
        else:
            out += struct.pack({"i": ">i", "f": ">f", "d": ">d", "h": ">q"}[t], v)
    return out


def bundle(tag, *elements):
    out = b"#bundle\0" + struct.pack(">Q", tag)
    for e in elements:
        out += struct.pack(">i", len(e)) + e
    return out


def wait_until(condition, what="it", seconds=PATIENCE):
    """The condition's first true value; an error when it does not come."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("%s did not happen within %g s" % (what, seconds))
        time.sleep(0.005)


def freeze(pid):
    """Stops a process, and waits until all its threads stand still."""

    def state(task):
        with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
            return f.read().rsplit(") ", 1)[1][0]

    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(state(t) == "T" for t in os.listdir("/proc/%d/task" % pid)), "the stop of %d" % pid)


class Lines:
    """Lines of a pipe as they come, without ever blocking for longer than it is told."""

    def __init__(self, pipe):
        self.fd = pipe.fileno()
        self.lines = []
        self.rest = b""
        self.open = True
        os.set_blocking(self.fd, False)

    def read(self, seconds=0.0):
        if self.open and select.select([self.fd], [], [], seconds)[0]:
            chunk = os.read(self.fd, 1 << 16)
            self.open = bool(chunk)
            *new, self.rest = (self.rest + chunk).split(b"\n")
            self.lines += [line.decode() for line in new]
        return self.lines

    def wait(self, match, seconds=PATIENCE):
        """The first line, from the first on, that match(line) holds for."""
        end = time.monotonic() + seconds
        seen = 0
        while True:
            self.read(0.02)
            for line in self.lines[seen:]:
                if match(line):
                    return line
            seen = len(self.lines)
            if time.monotonic() > end or not self.open:
                raise AssertionError("no such line within %g s in:\n%s" % (seconds, "\n".join(self.lines)))


class Bridge:
    """`cuewire run` on a free OSC port with a socket of its own."""

    def __init__(self, *args, mapping=None, faults=None, monitor="--monitor=json", env=None, stdin=False):
        self.dir = tempfile.TemporaryDirectory(prefix="cuewire-test.")
        self.socket = os.path.join(self.dir.name, "s")
        command = [CUEWIRE, "run", "--osc-port", "0", "--socket", self.socket]
        command += [monitor] if monitor else []
        command += ["--stdin"] if stdin else []
        command += args
        if mapping is not None:
            command.append(self.file("mapping.json", json.dumps(mapping)))
        environment = dict(os.environ, **(env or {}))
        if faults is not None:
            environment["LD_LIBRARY_PATH"] = FAULT
            environment.update(faults)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self):
        ready = self.err.wait(lambda line: line.startswith("ready "))
        self.port = int(ready.split("osc=")[1].split()[0])
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.udp.close()
        if exc[0]:
            self.err.read()
            print("# standard error was:\n# " + "\n# ".join(self.err.lines))

    def file(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def send(self, *message):
        """An OSC message (address, types, arguments), or a packet as it is."""
        packet = message[0] if isinstance(message[0], bytes) else osc(*message)
        self.udp.sendto(packet, ("127.0.0.1", self.port))

    def write(self, obj):
        """One line to standard input."""
        self.process.stdin.write((json.dumps(obj) + "\n").encode())
        self.process.stdin.flush()

    def monitored(self, seconds=PATIENCE, **fields):
        """The first monitor line with these fields."""

        def match(line):
            try:
                o = json.loads(line)
            except ValueError:
                return False
            return all(o.get(k) == v for k, v in fields.items())

        return json.loads(self.out.wait(match, seconds))

    def command(self, *args, code=0):
        """Another cuewire command for this bridge: what it prints."""
        done = cuewire(args[0], "--socket", self.socket, *args[1:])
        assert done.returncode == code, "%s: exit %d, %s%s" % (args, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def status(self):
        return json.loads(self.command("status", "--json"))

    def state(self):
        return json.loads(self.command("state", "--json"))["controls"]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.out.read(0.2)
        self.err.read(0.2)
        return code


def cuewire(*args, **more):
    return subprocess.run(
        [CUEWIRE, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=PATIENCE, **more
    )


def run_tests(tests):
    """Runs the functions and prints TAP."""
    failed = 0
    print("1..%d" % len(tests))
    for n, test in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (n, test.__name__))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (n, test.__name__))
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "))
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)
