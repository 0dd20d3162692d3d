#!/usr/bin/env python3
"""SysEx, parameters and system messages: from a FIFO and from a device through a port host to what
they move, and what the monitor says of those that move nothing."""

import json
import os
import re
import signal
import tempfile

import cuewire
from cuewire import Bridge, wait_until
from rig import PADS, TRAKTOR, Rig

LONGEST = 256  # bytes of a SysEx with its ends

CONTROLS = [
    {"name": "level", "kind": "fader", "port": "out", "cc": 1},
    {"name": "fine", "kind": "fader", "port": "out", "cc": [2, 34]},
    {"name": "play", "kind": "switch", "port": "out", "cc": 3},
]
ROUTES = [
    {"port": "pads", "sysex": "F0 7D * vv F7", "to": "level"},
    {"port": "pads", "nrpn": 259, "to": "fine"},
    {"port": "pads", "system": "playing", "to": "play"},
]


def long_sysex(size, last):
    """One of so many bytes, the last data byte is its value."""
    return bytes([0xF0, 0x7D] + [0x11] * (size - 4) + [last, 0xF7])


class FromFifo(Bridge):
    """A bridge with a FIFO to write MIDI to."""

    def __init__(self, *args, routes=ROUTES, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="cuewire-sources.")
        self.path = os.path.join(self.folder.name, "fifo")
        os.mkfifo(self.path)
        ports = {"pads": {"raw": {"in": self.path}}, "out": {"simulated": True}}
        mapping = {"hold_ms": 0, "ports": ports, "controls": CONTROLS, "routes": routes}
        super().__init__(*args, mapping=mapping, **more)

    def __enter__(self):
        super().__enter__()
        self.err.wait(lambda s: s.startswith("port pads: open"))
        self.fifo = open(self.path, "wb", buffering=0)
        return self

    def __exit__(self, *exc):
        self.fifo.close()
        super().__exit__(*exc)
        self.folder.cleanup()

    def play(self, text):
        self.fifo.write(bytes.fromhex(text))

    def sent(self):
        return [json.loads(s)["midi"] for s in self.out.read(0.02) if "control" in s]

    def wait_sent(self, *expected):
        wait_until(lambda: len(self.sent()) >= len(expected), "%s (so far %s)" % (expected, self.sent()))
        assert self.sent() == list(expected), (self.sent(), expected)


def bytes_of_a_fifo_move_controls():
    with FromFifo() as b:
        b.play("F0 7D 01 40 F7 B0 63 02 62 03 06 40 26 01 FA")
        b.wait_sent("B0 01 40", "B0 02 40 B0 22 01", "B0 03 7F")
        b.play("F0 7D F8 01 F8 7F FE F7 FC")  # real-time bytes within it
        b.wait_sent("B0 01 40", "B0 02 40 B0 22 01", "B0 03 7F", "B0 01 7F", "B0 03 00")


def sysex_comes_in_pieces():
    sysex = long_sysex(LONGEST, 0x22)
    with FromFifo() as b:
        for k in range(0, len(sysex), 50):
            b.fifo.write(sysex[k:k + 50])
        b.wait_sent("B0 01 22")


def bad_sysex_is_counted_and_does_nothing():
    with FromFifo() as b:
        b.fifo.write(long_sysex(LONGEST + 1, 0x11))
        b.fifo.write(long_sysex(100000, 0x11))
        b.play("F0 7D 01 B0 63 02")            # cut off by a control change
        b.play("F0 7D 01 F0 7D 02 33 F7")      # by another one
        b.play("7D 44 F7")                     # an end without a beginning
        b.wait_sent("B0 01 33")
        assert b.status()["counters"]["bad"] == 4, b.status()["counters"]


def the_monitor_names_what_has_no_route():
    played = "F0 00 20 F7 B0 63 01 62 02 06 05 B3 65 00 64 01 06 05 26 05 C4 09 FA F2 01 02 F3 05 F8 FE F1 23 B5 06 07"
    with FromFifo(routes=[], monitor="--monitor") as b:
        b.play(played)
        b.out.wait(lambda s: "B5 06 07" in s)
        routes = [s.split("UNMAPPED  ")[1] for s in b.out.lines]
    assert routes == [
        '{ "port": "pads", "sysex": "F0 00 20 F7", "to": ... }',
        '{ "port": "pads", "channel": 1, "cc": 99, "to": ... }',
        '{ "port": "pads", "channel": 1, "cc": 98, "to": ... }',
        '{ "port": "pads", "channel": 1, "nrpn": 130, "to": ... }',
        '{ "port": "pads", "channel": 4, "cc": 101, "to": ... }',
        '{ "port": "pads", "channel": 4, "cc": 100, "to": ... }',
        '{ "port": "pads", "channel": 4, "rpn": 1, "to": ... }',
        '{ "port": "pads", "channel": 4, "rpn": 1, "to": ... }',
        '{ "port": "pads", "channel": 5, "program": 9, "to": ... }',
        '{ "port": "pads", "system": "start", "to": ... }',
        '{ "port": "pads", "system": "song_position", "to": ... }',
        '{ "port": "pads", "system": "song_select", "to": ... }',
        '{ "port": "pads", "channel": 6, "cc": 6, "to": ... }',
    ], "\n".join(routes)
    # What it says can be loaded: a press for a switch, the rest for a fader.
    made = [json.loads(s.replace("...", '"play"' if re.search("sysex|program|start", s) else '"level"')) for s in routes]
    made = [r for k, r in enumerate(made) if r not in made[:k]]
    with FromFifo(routes=made) as b:
        b.play("B3 65 00 64 01 06 40 26 00")
        b.out.wait(lambda s: "B0 01 40" in s)


def monitor_and_trace_show_sysex():
    with tempfile.TemporaryDirectory(prefix="cuewire-sources.") as folder:
        trace = os.path.join(folder, "trace")
        with FromFifo("--trace", trace) as b:
            b.play("F0 7D 01 40 F7 F0 55 F7 F8 FE FC")
            b.out.wait(lambda s: '"unmapped": "midi:pads", "midi": "F0 55 F7"' in s)
            b.wait_sent("B0 01 40", "B0 03 00")
            assert b.stop() == 0
        lines = [json.loads(s) for s in open(trace)]
    assert [x["midi"] for x in lines if x.get("in") == "midi:pads"] == ["F0 7D 01 40 F7", "F0 55 F7", "FC"], lines


def on_devices(routes, **more):
    controls = [dict(c, port="traktor") for c in CONTROLS]
    return Rig(ports={"traktor": TRAKTOR, "pads": PADS}, controls=controls, routes=routes, **more)


def a_device_moves_controls():
    with on_devices(ROUTES) as b:
        b.wait_open("traktor", "pads")
        for size, value in ((5, 1), (168, 2), (169, 3), (LONGEST, 4)):
            b.feed(long_sysex(size, value).hex(" "))
        b.feed(long_sysex(LONGEST + 1, 5).hex(" "))
        b.feed("F0 7D 01")
        for line in ("B0 63 02", "B0 62 03", "B0 06 40", "B0 26 01"):
            b.feed(line)
        wait_until(lambda: b.log()[-2:] == ["B0 02 40", "B0 22 01"], "the parameter's value")
        assert b.log()[-3] == "B0 01 04", b.log()  # of the values before it, that may be all
        wait_until(lambda: b.status()["counters"]["bad"] == 2, "what was discarded")


def the_clock_comes_only_where_it_is_wanted():
    clock = [{"port": "pads", "system": "clock", "to": "level", "by": 0.25}]
    for routes, wanted in ((ROUTES, False), (clock, True)):
        with on_devices(routes) as b:
            b.wait_open("traktor", "pads")
            assert ("--clock" in b.hosts()[b.host("--in")]) == wanted, b.hosts()
            for line in ("F8", "F8", "FC"):
                b.feed(line)
            b.out.wait(lambda s: ('"level"' if wanted else '"play"') in s)
            assert b.status()["counters"]["midi_in"] >= (2 if wanted else 1)
            assert wanted or b.status()["counters"]["midi_in"] == 1, b.status()


def a_button_by_parameter_is_released_when_the_bridge_dies():
    held = [{"name": "held", "kind": "button", "port": "traktor", "channel": 2, "nrpn": [3, 4]}]
    number = ["B1 63 03", "B1 62 04"]
    with Rig(ports={"traktor": TRAKTOR}, controls=held) as b:
        b.wait_open("traktor")
        b.send("/held", "f", 1)
        b.wait_log(*number, "B1 06 7F", "B1 26 7F")
        os.kill(b.process.pid, signal.SIGKILL)
        b.wait_log(*number, "B1 06 7F", "B1 26 7F", *number, "B1 06 00", "B1 26 00")


tests = [
    bytes_of_a_fifo_move_controls,
    sysex_comes_in_pieces,
    bad_sysex_is_counted_and_does_nothing,
    the_monitor_names_what_has_no_route,
    monitor_and_trace_show_sysex,
    a_device_moves_controls,
    the_clock_comes_only_where_it_is_wanted,
    a_button_by_parameter_is_released_when_the_bridge_dies,
]

if __name__ == "__main__":
    cuewire.run_tests(tests)
