"""One fault of a driver and what it costs: a bridge under load with a port on a pretend PortMidi
that misbehaves, a healthy port beside it, and a raw one."""

import json
import os
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

from cuewire import BUILD, wait_until
from probe import LIGHTS, Probe, silence_ms
from rig import Rig

DEVICES = "out:Deck Out,out:Light Desk,in:Deck In"
OPEN_MS = 1000 if "release" in BUILD else 3000  # a program with a sanitizer takes its time to begin
RETRY = {"open_timeout_ms": OPEN_MS, "retry_min_ms": 100, "retry_max_ms": 400, "bytes_per_s": 0}
PORTS = {
    "traktor": {"in": "deck in", "out": "deck out", **RETRY},
    "desk": {"out": "light desk", **RETRY},
    "raw": {"raw": {"out": "FIFO"}},
}
FADERS = ["deck.f%d" % i for i in range(4)]
BUTTONS = ["deck.b%d" % i for i in range(4)]
ONCE = "deck.once"  # moved once, while the port is simulated
HELD = "deck.held"  # pressed from the start until the port is simulated
CONTROLS = (
    [{"name": name, "kind": "fader", "port": "traktor", "cc": 10 + i} for i, name in enumerate(FADERS)]
    + [{"name": name, "kind": "button", "port": "traktor", "cc": 40 + i} for i, name in enumerate(BUTTONS)]
    + [{"name": HELD, "kind": "button", "port": "traktor", "cc": 51}]
    + [{"name": ONCE, "kind": "fader", "port": "traktor", "cc": 50}]
    + [{"name": "light.f%d" % i, "kind": "fader", "port": "desk", "cc": 10 + i} for i in range(LIGHTS)]
    + [{"name": "raw.level", "kind": "fader", "port": "raw", "cc": 1}]
)
CC = {c["name"]: c["cc"] for c in CONTROLS}
LOAD_S = 3.0
MOVE_NS = 2000000   # between two moves of faders
EDGE_NS = 25000000  # between a press and a release
FEED_NS = 10000000  # between two messages that come in
PATIENCE_MS = OPEN_MS + 3000  # only what hangs takes so long
REOPEN_NS = 300000000  # after so long the host of a port that was open is ended
STALL_NS = 1500000000  # after so long a fault that loses nothing is taken away

# After how many calls in one process a fault begins that begins later. Those of opening are called
# once, so there the host of a port that was open is ended, and the next one meets the fault.
LATER = {"Pm_Poll": 1000, "Pm_Read": 40, "Pm_WriteShort": 300}
OPENING = ["Pm_Initialize", "Pm_CountDevices", "Pm_OpenInput", "Pm_OpenOutput"]
NEVER = ["Pm_WriteSysEx", "Pm_Close", "Pm_Terminate"]
FAULTS = {"hang": "hang", "crash": "segv", "fail": "fail", "stall": "stall:300000"}


def go_first(*pids):
    """With the right to it these run before all else on the machine, but not what they start."""
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            try:
                os.sched_setscheduler(int(task), os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
            except PermissionError:
                return False
    return True


class Table(Rig):
    """The rig with a fault that only the port "traktor" meets, and that can be taken away."""

    def __init__(self, fault=""):
        self.files = tempfile.TemporaryDirectory(prefix="cuewire-faults.")
        self.calls_path = os.path.join(self.files.name, "calls")
        self.fault_path = os.path.join(self.files.name, "fault")
        self.set_fault(fault)
        env = {"CW_PM_FAULT_FOR": "deck out", "CW_PM_LOG_TIMES": "1", "CW_PM_CALLS": self.calls_path}
        super().__init__(ports=PORTS, controls=CONTROLS, devices=DEVICES, fault="@" + self.fault_path, env=env)

    def __exit__(self, *exc):
        try:
            super().__exit__(*exc)
        finally:
            self.files.cleanup()

    def set_fault(self, text):
        with open(self.fault_path + ".new", "w") as f:
            f.write(text)
        os.rename(self.fault_path + ".new", self.fault_path)

    def calls(self):
        """[name or name=fault, nanoseconds] of all processes."""
        try:
            with open(self.calls_path) as f:
                return [(name, int(t)) for name, t in (line.split(" @") for line in f.read().splitlines())]
        except FileNotFoundError:
            return []

    def began(self):
        """When the fault began, or None."""
        return next((t for name, t in self.calls() if "=" in name), None)

    def written(self, device):
        """[CC, value, nanoseconds] as the device got them."""
        lines = (line.split() for line in self.log(device))
        return [(int(b[1], 16), int(b[2], 16), int(b[3][1:])) for b in lines]

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def holds(self):
        """Descriptors and children, when all that is under way has ended."""
        return self.descriptors(), len(self.children())


class Said:
    """The lines about ports, each with the time when it was read."""

    def __init__(self, rig):
        self.rig, self.seen, self.lines = rig, 0, []

    def wait_open(self, *ports):
        for port in ports:
            wait_until(lambda: self.read() or self.when("port %s: open (" % port, 0), port)

    def read(self):
        now = time.monotonic_ns()
        lines = self.rig.err.read()
        self.lines += [(line, now) for line in lines[self.seen:]]
        self.seen = len(lines)

    def when(self, part, since, but="\n"):
        """When the first such line came after then, or None."""
        return next((t for line, t in self.lines if part in line and but not in line and t >= since), None)


class Load:
    """Moves and edges to the port, each counted, from one clock."""

    def __init__(self, rig):
        self.rig = rig
        self.last = {}
        self.edges = {}
        self.n = self.nedges = 0
        self.press(HELD)
        self.next = dict.fromkeys(["move", "edge", "feed"], time.monotonic_ns())

    def set(self, control, value):
        self.rig.send("/" + control.replace(".", "/"), "f", value / 127)
        self.last[control] = value

    def move(self):
        self.set(FADERS[self.n % len(FADERS)], self.n // len(FADERS) % 128)
        self.n += 1

    def press(self, button, down=True):
        self.rig.send("/" + button.replace(".", "/"), "f", float(down))
        self.edges[button, down] = self.edges.get((button, down), 0) + 1

    def edge(self):
        self.press(BUTTONS[self.nedges // 2 % len(BUTTONS)], self.nedges % 2 == 0)
        self.nedges += 1

    def feed(self):
        with open(self.rig.input_path, "a") as f:
            f.write("Deck In B0 01 %02X\n" % (self.n % 128))

    def step(self):
        now = time.monotonic_ns()
        for name, period in ("move", MOVE_NS), ("edge", EDGE_NS), ("feed", FEED_NS):
            if now >= self.next[name]:
                getattr(self, name)()
                self.next[name] = max(self.next[name] + period, now)
        time.sleep(max(0, min(self.next.values()) - time.monotonic_ns()) / 1e9)
        self.rig.out.read()

    def let_go(self):
        if (HELD, False) not in self.edges:
            self.press(HELD, False)

    def end(self):
        """Lets go of what is pressed."""
        self.let_go()
        if self.nedges % 2:
            self.edge()


# ---- what became of it ----

def fates(rig):
    """Of each button's presses and releases that OSC asked for: how many were "open", "simulated"
    and "expired". And how many lines the monitor has lost."""
    found, lost = {}, 0
    for line in rig.out.lines:
        if '"dropped"' in line:
            lost += json.loads(line)["dropped"]
        if '"control": "deck.b' not in line and HELD not in line:
            continue
        o = json.loads(line)
        if not o.get("from", "osc:").startswith("osc:"):
            continue  # a release of the bridge's own
        key = o["control"], o["value"] == 1
        of = found.setdefault(key, {"open": 0, "simulated": 0, "expired": 0})
        of["expired" if o.get("expired") else o["state"]] += 1
    return found, lost


def edges_missing(load, found):
    """Edges whose fate nobody told, and presses whose fate was told twice. (A release of the bridge's
    own that expires looks like one that was asked for.)"""
    missing = 0
    for key, n in load.edges.items():
        told = sum(found.get(key, {}).values())
        missing += abs(n - told) if key[1] else max(0, n - told)
    return missing


def edges_unwritten(load, found, written):
    """Edges that count as written and are not in the log."""
    return sum(max(0, found.get((button, down), {}).get("open", 0)
                   - sum(1 for cc, value, _ in written if cc == CC[button] and (value == 127) == down))
               for button, down in load.edges)


def stuck(written):
    """Presses in the log that no release followed before the next, or at all."""
    n = 0
    for button in BUTTONS + [HELD]:
        values = [value for cc, value, _ in written if cc == CC[button]]
        n += sum(1 for a, b in zip(values, values[1:] + [127]) if a == b == 127)
    return n


def values_off(rig, load, written):
    """Faders whose last value is neither the last in the log nor told to differ."""
    state = rig.state()
    log = {cc: value for cc, value, _ in written}
    return [name for name, value in load.last.items()
            if log.get(CC[name]) != value and not state[name]["differs"]]


def is_settled(rig):
    s = rig.status()["ports"]["traktor"]
    return s["state"] == "open" and not s["backlog"]


# ---- one row ----

def problems(r, fault):
    """What is wrong with the result of a run with this fault, or without any (None)."""
    loses = fault not in (None, "stall")
    checks = [
        (r["began"] == (fault is not None), "the fault began: %(began)s"),
        ((r["simulated_ms"] is not None) == loses, "simulated after %(simulated_ms)s ms"),
        ((r["recovered_ms"] is not None) == loses, "open again after %(recovered_ms)s ms"),
        ((r["simulated_ms"] or 0) < PATIENCE_MS, "simulated only after %(simulated_ms)s ms"),
        ((r["recovered_ms"] or 0) < PATIENCE_MS, "open again only after %(recovered_ms)s ms"),
        (r["settled"], "the port was not open and at rest in the end"),
        (r["edges"] == 0, "%(edges)s edges are unaccounted for"),
        (r["stuck"] == 0, "%(stuck)s presses were never released"),
        (not r["values"], "neither written nor told to differ: %(values)s"),
        (r["leaks"] == 0, "descriptors and children: %(holds)s"),
        (r["other_opens"] == 1, "the healthy port was opened %(other_opens)s times"),
        (r["dropped"] == 0, "%(dropped)s packets or lines of the monitor were dropped"),
        (r["exit"] == 0, "exit status %(exit)s"),
    ]
    return [text % r for ok, text in checks if not ok]


def text_of(call, fault, later):
    text = "%s=%s" % (call, FAULTS[fault])
    return text + "@%d" % LATER[call] if later and call in LATER else text


class Fault:
    """The fault of a run: begun when it is due, and taken away when the port was seen to be lost."""

    def __init__(self, rig, text, reopens):
        self.rig, self.text, self.waits = rig, text, reopens
        self.began = self.simulated = self.removed = None
        self.start = time.monotonic_ns()
        self.since = 0  # the fault was to be met

    def step(self, said, load):
        now = time.monotonic_ns()
        if self.waits and now > self.start + REOPEN_NS:
            self.waits, self.since = False, now
            self.rig.set_fault(self.text)
            os.kill(self.rig.host("deck out"), signal.SIGKILL)
        if self.waits or not self.lasts():
            return
        self.look(said)
        if self.simulated or now > self.start + STALL_NS:
            self.rig.set_fault("")
            self.removed = time.monotonic_ns()
        if self.simulated:
            load.set(ONCE, 96)
            load.let_go()

    def lasts(self):
        return bool(self.text) and not self.removed

    def look(self, said):
        """The host that was ended for the next one to meet the fault is not what is meant."""
        self.began = self.rig.began()
        self.simulated = self.began and said.when("traktor: SIMULATED", self.since, "signal 9")

    def times_ms(self, said):
        """Until the port was simulated, and from the fault's end until it was open again."""
        self.look(said)
        if not self.simulated:
            return {"simulated_ms": None, "recovered_ms": None}
        back = said.when("port traktor: open (", max(self.removed, self.simulated))
        return {"simulated_ms": max(0, self.simulated - self.began) / 1e6,
                "recovered_ms": (back - self.removed) / 1e6 if back else None}


def run(call=None, fault=None, later=False, holds=None, seconds=LOAD_S, probe=True, text=""):
    """Returns what was found. call: None for a control run; holds: see Table.holds()."""
    text = text_of(call, fault, later) if call else text
    reopens = later and call in OPENING
    with Table("" if reopens else text) as rig:
        said = Said(rig)
        said.wait_open("desk", "raw")
        if later or call not in OPENING:
            said.wait_open("traktor")
        go_first(rig.process.pid, rig.host("light desk"))
        load = Load(rig)
        prober = Probe(rig.port, rig.fifo_fd, seconds) if probe else None
        go_first(*([prober.pid] if prober else []))
        f = Fault(rig, text if call else "", reopens)
        while time.monotonic_ns() < f.start + seconds * 1e9 or f.lasts():
            load.step()
            said.read()
            f.step(said, load)
        load.end()
        r = count(rig, said, load, f, holds)
        if prober:
            r.update(waits(rig, prober.result()))
        r["exit"] = rig.stop()
        r["calls"] = {name for name, _ in rig.calls()}
        return r


def happens(condition, seconds):
    try:
        return wait_until(condition, seconds=seconds)
    except AssertionError:
        return False


def count(rig, said, load, fault, holds):
    """Waits until all is well again, then counts."""
    settled = happens(lambda: is_settled(rig), 5)
    rig.out.read(0.2)
    said.read()
    found, lost = fates(rig)
    written = rig.written("Deck Out")
    status = rig.status()
    happens(lambda: holds in (None, rig.holds()), 2)
    now_holds = rig.holds()
    return {
        **fault.times_ms(said),
        "began": fault.began is not None,
        "settled": settled,
        "presses": sum(n for (_, down), n in load.edges.items() if down),
        "expired": status["ports"]["traktor"]["expired"],
        "edges": edges_missing(load, found) + edges_unwritten(load, found, written),
        "stuck": stuck(written),
        "values": values_off(rig, load, written),
        "other_opens": status["ports"]["desk"]["opens"],
        "dropped": lost + status["counters"]["dropped"],
        "holds": now_holds,
        "leaks": sum(abs(a - b) for a, b in zip(now_holds, holds or now_holds)),
    }


def waits(rig, probe):
    lights = [(cc - 10, value, t) for cc, value, t in rig.written("Light Desk")]
    return {"stall_ms": None if probe["lost"] else probe["stall_ms"],
            "silence_ms": silence_ms(probe["moves"], lights)}
