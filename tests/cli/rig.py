"""A bridge on a PortMidi that hangs, crashes and fails to order (tests/fault/portmidi.c): what it
wrote, its port hosts, what came in."""

import glob
import json
import os
import re
import signal
import tempfile

from cuewire import Bridge, wait_until

BUS = "IAC Driver Bus 1"
DEVICES = "out:%s,out:Light Desk,in:nanoKONTROL2 CTRL" % BUS

ONCE = {"retry_min_ms": 600000, "retry_max_ms": 600000}  # what is lost stays lost
TRAKTOR = {"out": "iac bus 1", **ONCE}
PADS = {"in": "nanokontrol2", **ONCE}
CONTROLS = [
    {"name": "deck.a.volume", "kind": "fader", "port": "traktor", "cc": 7},
    {"name": "deck.a.tempo", "kind": "fader", "port": "traktor", "cc": [3, 35]},
    {"name": "deck.a.play", "kind": "switch", "port": "traktor", "cc": 20},
    {"name": "deck.a.cue", "kind": "button", "port": "traktor", "cc": 21},
    {"name": "deck.b.cue", "kind": "button", "port": "traktor", "channel": 2, "cc": 21},
]
LIGHTS = [
    {"name": "light.flash", "kind": "button", "port": "lights", "cc": 1},
    {"name": "light.level", "kind": "fader", "port": "lights", "cc": 2},
]


class Rig(Bridge):
    """A bridge on pretend devices. Whatever it comes to, no process of it may be left behind."""

    def __init__(self, *args, fault="", devices=DEVICES, ports=None, controls=(), routes=(), **more):
        self.rig = tempfile.TemporaryDirectory(prefix="cuewire-rig.")
        self.log_path = os.path.join(self.rig.name, "log")
        self.input_path = os.path.join(self.rig.name, "input")
        self.fifo_path = os.path.join(self.rig.name, "fifo")
        open(self.input_path, "w").close()
        os.mkfifo(self.fifo_path)
        self.fifo_fd = os.open(self.fifo_path, os.O_RDONLY | os.O_NONBLOCK)
        self.fifo = b""
        ports = dict(ports or {"traktor": TRAKTOR, "lights": {"raw": {"out": "FIFO"}}})
        controls = CONTROLS + (LIGHTS if "lights" in ports else []) + list(controls)
        text = json.dumps({"hold_ms": 0, "ports": ports, "controls": controls, "routes": list(routes)})
        san = "log_path=%s/san" % self.rig.name
        faults = {"CW_PM_DEVICES": devices, "CW_PM_LOG": self.log_path, "CW_PM_FAULT": fault,
                  "CW_PM_INPUT": self.input_path, "ASAN_OPTIONS": san, "UBSAN_OPTIONS": san,
                  "TSAN_OPTIONS": san + " atexit_sleep_ms=0"}
        # The pretend devices are not on a real sequencer, if there is one.
        faults["ALSA_CONFIG_PATH"] = "/dev/null"
        super().__init__(*args, mapping=json.loads(text.replace("FIFO", self.fifo_path)), faults=faults, **more)

    def __exit__(self, *exc):
        super().__exit__(*exc)
        os.close(self.fifo_fd)
        try:
            if not exc[0]:
                wait_until(lambda: not self.processes(), "the end of all port hosts", 2)
            for report in glob.glob(self.rig.name + "/san*"):
                raise AssertionError(open(report).read())
        finally:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
            self.rig.cleanup()

    def hosts(self):
        """Living port hosts of this bridge, orphans too, and how each was called."""
        return {pid: args for pid, args in self.processes().items() if args[1] == "open"}

    def processes(self):
        """The same of all that cuewire-port does: hosts, the prober, its lists."""
        found = {}
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == self.process.pid:
                continue
            try:
                with open("/proc/%s/environ" % name, "rb") as f:
                    ours = ("CW_PM_LOG=" + self.log_path).encode() in f.read().split(b"\0")
                with open("/proc/%s/cmdline" % name, "rb") as f:
                    args = f.read().decode().split("\0")
            except OSError:
                continue
            if ours and "cuewire-port" in args[0] and len(args) > 1:
                found[int(name)] = args
        return found

    def host(self, word):
        """The process of the host that was called with this word."""
        (pid,) = [pid for pid, args in self.hosts().items() if word in args]
        return pid

    def children(self):
        """Children of the bridge but its prober, zombies too."""
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as f:
            return [pid for pid in map(int, f.read().split()) if self.role(pid) != "watch"]

    @staticmethod
    def role(pid):
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                return f.read().split("\0")[1]
        except (OSError, IndexError):
            return None

    def log(self, device=BUS):
        try:
            with open(self.log_path) as f:
                lines = f.read().splitlines()
        except FileNotFoundError:
            return []
        return [line[len(device) + 1:] for line in lines if line.startswith(device + " ")]

    def wait_log(self, *expected):
        """Until the log is this, and nothing else."""
        wait_until(lambda: len(self.log()) >= len(expected), "%s (so far %s)" % (expected, self.log()))
        assert self.log() == list(expected), (self.log(), expected)

    def wait_fifo(self, expected):
        def read():
            try:
                self.fifo += os.read(self.fifo_fd, 65536)
            except BlockingIOError:
                pass
            return len(self.fifo) * 3 > len(expected)

        wait_until(read, expected)
        assert self.fifo.hex(" ").upper() == expected, self.fifo.hex(" ")
        self.fifo = b""

    def feed(self, line):
        with open(self.input_path, "a") as f:
            f.write("nanoKONTROL2 CTRL %s\n" % line)

    def wait_open(self, *ports):
        for port in ports:
            self.err.wait(lambda line: line.startswith("port %s: open (" % port))

    def port_status(self, port="traktor"):
        return self.status()["ports"][port]

    def wait_simulated(self, reason, port="traktor"):
        """Until the port is simulated for this reason; what status says of it."""
        s = wait_until(lambda: (lambda s: s["reason"] and s)(self.port_status(port)), "a reason")
        assert s["state"] == "simulated" and re.fullmatch(reason, s["reason"]), s
        return s

    def intent(self, control, value):
        text = json.dumps({"intent": "set", "slots": {"control": control, "value": value}})
        return json.loads(self.command("send", text))

    def untouched_port_goes_on(self):
        self.send("/light/flash", "f", 1.0)
        self.send("/light/level", "f", 1.0)
        self.send("/light/flash", "f", 0.0)
        self.wait_fifo("B0 01 7F B0 02 7F B0 01 00")
        assert self.intent("light.level", 0)["status"] == "sent"
        self.wait_fifo("B0 02 00")
        assert self.port_status("lights")["state"] == "open"
