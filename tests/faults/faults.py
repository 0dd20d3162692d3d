"""One fault of a driver and what it costs: a bridge under load with a port on a pretend PortMidi
that misbehaves, a healthy port beside it, and a raw one."""

import json
import os
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

from cuewire import wait_until
from probe import LIGHTS, Probe, silence_ms
from rig import Rig

DEVICES = "out:Deck Out,out:Light Desk,in:Deck In"
RETRY = {"open_timeout_ms": 500, "retry_min_ms": 100, "retry_max_ms": 400, "bytes_per_s": 0}
PORTS = {
    "traktor": {"in": "deck in", "out": "deck out", **RETRY},
    "desk": {"out": "light desk", **RETRY},
    "raw": {"raw": {"out": "FIFO"}},
}
FADERS = ["deck.f%d" % i for i in range(4)]
BUTTONS = ["deck.b%d" % i for i in range(4)]
ONCE = "deck.once"  # moved once, while the port is simulated
CONTROLS = (
    [{"name": name, "kind": "fader", "port": "traktor", "cc": 10 + i} for i, name in enumerate(FADERS)]
    + [{"name": name, "kind": "button", "port": "traktor", "cc": 40 + i} for i, name in enumerate(BUTTONS)]
    + [{"name": ONCE, "kind": "fader", "port": "traktor", "cc": 50}]
    + [{"name": "light.f%d" % i, "kind": "fader", "port": "desk", "cc": 10 + i} for i in range(LIGHTS)]
    + [{"name": "raw.level", "kind": "fader", "port": "raw", "cc": 1}]
)
CC = {c["name"]: c["cc"] for c in CONTROLS}
LOAD_S = 3.0
MOVE_NS = 2000000   # between two moves of faders
EDGE_NS = 25000000  # between a press and a release
FEED_NS = 10000000  # between two messages that come in
STALL_S = 1.5       # after so long a fault that loses nothing is taken away

# After how many calls in one process a fault begins that begins later. Those of opening are called
# once, so there the host of a port that was open is ended, and the next one meets the fault.
LATER = {"Pm_Poll": 1000, "Pm_Read": 40, "Pm_WriteShort": 300}
OPENING = ["Pm_Initialize", "Pm_CountDevices", "Pm_OpenInput", "Pm_OpenOutput"]
NEVER = ["Pm_WriteSysEx", "Pm_Close", "Pm_Terminate"]
FAULTS = {"hang": "hang", "crash": "segv", "fail": "fail", "stall": "stall:300000"}


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
    """The lines about the port "traktor", each with the time when it was read."""

    def __init__(self, rig):
        self.rig, self.seen, self.lines = rig, 0, []

    def read(self):
        now = time.monotonic_ns()
        lines = self.rig.err.read()
        self.lines += [(line, now) for line in lines[self.seen:] if "port traktor: " in line]
        self.seen = len(lines)

    def when(self, part, since):
        """When the first such line came after then, or None."""
        return next((t for line, t in self.lines if part in line and t >= since), None)


class Load:
    """Moves and edges to the port, each counted, from one clock."""

    def __init__(self, rig):
        self.rig = rig
        self.last = {}
        self.edges = {}
        self.n = self.nedges = 0
        self.next = dict.fromkeys(["move", "edge", "feed"], time.monotonic_ns())

    def set(self, control, value):
        self.rig.send("/" + control.replace(".", "/"), "f", value / 127)
        self.last[control] = value

    def move(self):
        self.set(FADERS[self.n % len(FADERS)], self.n // len(FADERS) % 128)
        self.n += 1

    def edge(self):
        button, down = BUTTONS[self.nedges // 2 % len(BUTTONS)], self.nedges % 2 == 0
        self.rig.send("/" + button.replace(".", "/"), "f", float(down))
        self.edges[button, down] = self.edges.get((button, down), 0) + 1
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

    def end(self):
        """Lets go of what is pressed."""
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
        if '"control": "deck.b' not in line:
            continue
        o = json.loads(line)
        if o.get("from") == "return":
            continue
        key = o["control"], o["value"] == 1
        of = found.setdefault(key, {"open": 0, "simulated": 0, "expired": 0, "return": 0})
        of["expired" if o.get("expired") else o["state"]] += 1
    return found, lost


def edges_missing(load, found):
    """Edges whose fate nobody told, or was told twice."""
    return sum(abs(n - sum(found.get(key, {}).values())) for key, n in load.edges.items())


def edges_unwritten(load, found, written):
    """Edges that count as written and are not in the log."""
    return sum(max(0, found.get((button, down), {}).get("open", 0)
                   - sum(1 for cc, value, _ in written if cc == CC[button] and (value == 127) == down))
               for button, down in load.edges)


def stuck(written):
    """Presses in the log that no release followed before the next, or at all."""
    n = 0
    for button in BUTTONS:
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

def begin(rig, call, later):
    """Whatever it takes for the fault to begin in a moment."""
    if later and call in OPENING:
        os.kill(rig.host("deck out"), signal.SIGKILL)


def run(call=None, fault=None, later=False, probe=True, seconds=LOAD_S, holds=None):
    """Returns what was found. call: None for a control run; holds: see Table.holds()."""
    text = "%s=%s" % (call, FAULTS[fault]) if call else ""
    reopens = later and call in OPENING
    if later and call in LATER:
        text += "@%d" % LATER[call]
    with Table("" if reopens else text) as rig:
        rig.wait_open("desk", "raw")
        if not call or later or call not in OPENING:
            rig.wait_open("traktor")
        said, load = Said(rig), Load(rig)
        prober = Probe(rig.port, rig.fifo_fd, seconds) if probe else None
        started = time.monotonic_ns()
        end = started + int(seconds * 1e9)
        armed = not reopens
        removed = simulated = None
        while time.monotonic_ns() < end:
            load.step()
            said.read()
            now = time.monotonic_ns()
            if not armed and now > started + 300000000:
                rig.set_fault(text)
                begin(rig, call, later)
                armed = True
            if not call or removed or not armed:
                continue
            began = rig.began()
            simulated = began and said.when("SIMULATED", began)
            if simulated or now > started + int(STALL_S * 1e9):
                rig.set_fault("")
                removed = time.monotonic_ns()
                if simulated:
                    load.set(ONCE, 96)
        load.end()
        return finish(rig, said, load, prober, removed, holds)


def finish(rig, said, load, prober, removed, holds):
    """Waits until all is well again, then counts."""
    rest = {"settled": True}
    try:
        wait_until(lambda: is_settled(rig), "the port to be open and at rest", 5)
    except AssertionError:
        rest["settled"] = False
    rig.out.read(0.2)
    said.read()
    began = rig.began()
    simulated = began and said.when("SIMULATED", began)
    back = removed and simulated and said.when("port traktor: open (", max(removed, simulated))
    found, lost = fates(rig)
    written = rig.written("Deck Out")
    off = values_off(rig, load, written)
    status = rig.status()
    if holds:
        try:
            wait_until(lambda: rig.holds() == holds, "the end of what was lost", 2)
        except AssertionError:
            pass
    now_holds = rig.holds()
    result = {
        "began": began is not None,
        "simulated_ms": (simulated - began) / 1e6 if simulated else None,
        "recovered_ms": (back - removed) / 1e6 if back else None,
        "presses": sum(n for (_, down), n in load.edges.items() if down),
        "expired": status["ports"]["traktor"]["expired"],
        "edges": edges_missing(load, found) + edges_unwritten(load, found, written),
        "stuck": stuck(written),
        "values": len(off),
        "other_opens": status["ports"]["desk"]["opens"],
        "lost_lines": lost + status["counters"]["dropped"],
        "calls": sorted({name for name, _ in rig.calls()}),
        "holds": now_holds,
        "leaks": sum(abs(a - b) for a, b in zip(now_holds, holds or now_holds)),
        "said": [line for line, _ in said.lines],
        **rest,
    }
    if prober:
        p = prober.result()
        lights = [(cc - 10, value, t) for cc, value, t in rig.written("Light Desk")]
        result["stall_ms"] = None if p["lost"] else p["stall_ms"]
        result["late_ms"] = p["late_ms"]
        result["silence_ms"] = silence_ms(p["moves"], lights)
    stopped = rig.stop()
    result["exit"] = stopped
    wait_until(lambda: not rig.processes(), "the end of all port hosts", 2)
    return result
