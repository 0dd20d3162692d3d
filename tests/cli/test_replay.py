#!/usr/bin/python3
"""Recordings: what `run --record` and `dump` write is played again by `replay`, to the same messages."""

import glob
import json
import os
import random
import signal
import socket
import tempfile
import time

import cuewire
from cuewire import ROOT, Bridge, bundle, freeze, osc, wait_until
from rig import Rig

MAPPING = {
    "hold_ms": 0,
    "ports": {"out": {"raw": {"out": "OUT"}}, "pads": {"raw": {"in": "PADS"}}, "tablet": {"osc": {"listen": 8000}}},
    "controls": [
        {"name": "volume", "kind": "fader", "port": "out", "cc": 7},
        {"name": "tempo", "kind": "fader", "port": "out", "cc": [3, 35]},
        {"name": "play", "kind": "switch", "port": "out", "cc": 20},
        {"name": "cue", "kind": "button", "port": "out", "cc": 21},
        {"name": "load", "kind": "button", "port": "out", "cc": 23},
        {"name": "list", "kind": "encoder", "port": "out", "cc": 22},
    ],
    "routes": [
        {"port": "pads", "note": 1, "to": "play", "as": "toggle"},
        {"port": "pads", "note": 2, "to": "cue"},
        {"port": "pads", "note": 3, "to": "load", "press": "double", "press_ms": 5000},
        {"port": "pads", "cc": [1, 33], "to": "tempo"},
        {"port": "pads", "cc": 2, "to": "volume", "smooth": 40},
        {"port": "pads", "sysex": "F0 7D vv F7", "to": "volume"},
        {"osc": "/late", "to": "cue", "delay": 30},
        {"osc": "/soft", "to": "volume", "smooth": 50},
    ],
    "intents": [{"name": "fade", "steps": [{"set": "volume", "to": 1, "over": 200},
                                           {"press": "cue", "after": 100}]}],
}
WHAT = "t_ns", "port", "control", "value", "from", "midi", "osc", "args"


class Recorded(Bridge):
    """A bridge with that mapping, between FIFOs, that records."""

    def __init__(self, *args, record=True, clock=False):
        self.fifos = tempfile.TemporaryDirectory(prefix="cuewire-replay.")
        paths = [os.path.join(self.fifos.name, name) for name in ("out", "pads", "recording")]
        self.recording = paths[2]
        for path in paths[:2]:
            os.mkfifo(path)
        self.out_fd = os.open(paths[0], os.O_RDONLY | os.O_NONBLOCK)
        mapping = dict(MAPPING, tempo={"clock": "pads"}) if clock else MAPPING
        text = json.dumps(mapping).replace("OUT", paths[0]).replace("PADS", paths[1])
        args += ("--record", self.recording) if record else ()
        super().__init__(*args, mapping=json.loads(text), stdin=True)
        self.pads_fd = os.open(paths[1], os.O_RDWR)

    def __exit__(self, *exc):
        super().__exit__(*exc)
        os.close(self.out_fd)
        os.close(self.pads_fd)
        self.fifos.cleanup()

    def midi(self, text):
        os.write(self.pads_fd, bytes.fromhex(text))

    def play(self):
        """Something of everything that can come in."""
        for v in (0, 0.1, 1 / 3, 1.0):
            self.send("/volume", "f", v)
        for message in (("/volume", "i", 1), ("/volume", "d", 0.1), ("/volume", "h", 1), ("/play", "T"), ("/play", "F"),
                        ("/cue",), ("/cue", "I"), ("/cue", "N"), ("/volume", "sf", "I", 0.25), ("/list", "i", -3),
                        ("/volume", "f", float("nan")), ("/v*", "f", 0.75), ("/nobody", "is", 1, "x"),
                        ("/late",), ("/volume", "bf", b"\1" * 3000, 0.5)):
            self.send(*message)
        self.midi("90 01 7F 80 01 00 B0 01 40 21 7F B0 02 7F 90 63 01 F0 7D 20 F7")
        self.midi("B0 01 11")  # the other half of the pair never comes
        self.write({"intent": "set", "slots": {"control": "tempo", "value": 0.3}})
        self.write([{"intent": "fade", "id": "f"}, {"intent": "nudge", "slots": {"control": "list", "by": 2}}])
        self.write({"intent": "set", "slots": {"control": "nothing", "value": 1}})
        self.write({"intent": "press", "slots": {"control": "cue"}, "dry_run": True})
        self.command("send", '{"intent": "press", "slots": {"control": "load"}}')
        now = time.time() + 2208988800 + 0.1
        self.send(bundle((int(now) << 32) | int((now % 1) * (1 << 32)), osc("/tempo", "f", 1.0)))
        for i in range(300):
            self.send("/soft", "f", i % 10 / 10)
            self.send("/tempo", "f", i / 300)
        time.sleep(0.4)
        self.command("stop")


def lines_of(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def moved(lines):
    """What of lines left for ports and moved a control."""
    return [{k: o.get(k) for k in WHAT} for o in lines if "control" in o and ("midi" in o or "osc" in o)]


def replayed(*args, code=0, **more):
    done = cuewire.cuewire("replay", *args, **more)
    assert done.returncode == code, "exit %d\n%s%s" % (done.returncode, done.stdout[-2000:], done.stderr)
    return done


def check(path):
    assert "went out as recorded" in replayed(path, "--check").stdout


def a_recording_replays_anywhere():
    with Recorded() as b:
        b.play()
        assert b.stop() == 0
        assert not [line for line in b.err.lines if "gaps" in line]
        recording = b.recording
        recorded = lines_of(recording)
        os.unlink(os.path.join(b.dir.name, "mapping.json"))
        first = replayed(recording, cwd="/")
        assert moved(map(json.loads, first.stdout.splitlines())) == moved(recorded)
        assert len(moved(recorded)) > 320
        assert first.stdout == replayed(recording).stdout  # and to the byte
        check(recording)
    assert recorded[0]["cuewire"] and recorded[0]["mappings"][0]["text"].startswith("{")
    intents = [o for o in recorded if o.get("in") == "intent"]
    assert [o.get("refused") for o in intents].count(None) == 4, intents
    assert {"unknown_control", "dry_run"} <= {o.get("refused") for o in intents}, intents
    assert sum(o.get("in") == "osc:/soft" for o in recorded) == 300


def types_that_json_loses():
    sent = [("f", 1.0), ("i", 1), ("h", 1 << 40), ("d", 0.1), ("T",), ("F",), ("N",), ("I",), ("s", "I"), ("s", "x"),
            ("b", b"\1\2\3"), ("f", 0.5)]
    with Recorded() as b:
        for types, *values in sent:
            b.send("/x", types, *values)
        b.monitored(unmapped="osc:/x", args=[0.5])
        b.stop()
        found = [(o["args"], o.get("types")) for o in lines_of(b.recording) if o.get("in") == "osc:/x"]
    assert found == [([1], ",f"), ([1], None), ([1 << 40], ",h"), ([0.1], ",d"), ([True], None), ([False], None),
                     ([None], None), (["I"], None), (["I"], ",s"), (["x"], None), (["3 bytes"], ",b"),
                     ([0.5], None)], found


def a_tablet_that_goes():
    with Recorded() as b:
        for _ in range(4):  # closer together than 100 ms they tell nothing
            b.send("/ping")
            time.sleep(0.2)
        b.send("/cue", "f", 1.0)
        b.monitored(control="cue", value=0)
        b.stop()
        gone = [o for o in lines_of(b.recording) if o.get("in") == "gone:osc"]
        assert len(gone) == 1 and gone[0]["peer"] == 0, gone
        check(b.recording)


def a_client_that_goes():
    """What a connection holds is released with it."""
    with Recorded() as b:
        s = cuewire.socket.socket(cuewire.socket.AF_UNIX)
        s.connect(b.socket)
        s.sendall(b'{"intent": "press", "slots": {"control": "cue"}}\n')
        b.monitored(control="cue", value=1)
        s.close()
        b.monitored(control="cue", value=0)
        b.stop()
        check(b.recording)


def ports_that_go_and_come_back():
    with tempfile.TemporaryDirectory(prefix="cuewire-replay.") as folder:
        recording = os.path.join(folder, "r")
        with Rig("--record", recording) as r:
            r.wait_open("traktor")
            for i in range(200):
                r.send("/deck/a/volume", "f", i / 200)
                r.send("/deck/a/cue", "f", float(i % 2 == 0))
            r.send("/deck/a/cue", "f", 1.0)
            r.send("/deck/a/tempo", "f", 0.5)
            r.monitored(control="deck.a.tempo")
            os.kill(r.host("iac bus 1"), signal.SIGKILL)
            r.wait_simulated(".*")
            r.send("/deck/a/volume", "f", 0.25)
            r.send("/deck/a/play", "T")
            r.command("retry")
            r.monitored(control="deck.a.play", state="open")
            r.send("/deck/b/cue", "f", 1.0)
            r.monitored(control="deck.b.cue", state="open")
            r.command("sync")
            assert r.stop() == 0
        lines = lines_of(recording)
        came = [o["in"] for o in lines if "in" in o]
        assert [i for i in came if i.endswith(":traktor")] == ["up:traktor", "down:traktor", "up:traktor",
                                                               "down:traktor"], came
        assert "return" in came
        check(recording)
        played = [json.loads(line) for line in replayed(recording).stdout.splitlines()]
        state = {(o["control"], o["value"], o["from"]): o["state"] for o in played if "control" in o and "state" in o}
        assert state["deck.a.volume", 0.25, "osc:/deck/a/volume"] == "simulated"
        assert state["deck.a.play", 1, "return"] == "open", state


def in_time():
    with Recorded() as b:
        b.send("/volume", "f", 0.5)
        b.monitored(control="volume")
        time.sleep(2.4)  # so much that the start of the program, which may be slow, makes no difference
        b.send("/volume", "f", 0.25)
        b.monitored(control="volume", value=0.25)
        b.stop()
        fast = timed(b.recording)
        as_it_was = timed(b.recording, "--speed", "1")
        twice = timed(b.recording, "--speed=2")
    assert as_it_was[0] >= 2.4 and twice[0] >= 1.2, (as_it_was[0], twice[0])
    assert as_it_was[0] > twice[0] > fast[0], (as_it_was[0], twice[0], fast[0])
    assert fast[1] == as_it_was[1] == twice[1]


def timed(*args):
    start = time.monotonic()
    done = replayed(*args)
    return time.monotonic() - start, done.stdout


def a_dump_in_the_middle():
    """Under traffic, many times as much as it keeps; something is held while it is taken."""
    with Recorded("--sim", record=False) as b:
        dump = os.path.join(b.dir.name, "dump")
        dice = random.Random(1)
        b.command("dump", dump)
        check(dump)
        assert [o.get("in") for o in lines_of(dump)][1:3] == ["state", "start"], lines_of(dump)[:3]
        for _ in range(16):
            for i in range(1000):
                b.send(dice.choice(["/volume", "/tempo"]), "f", dice.random())
                if i % 10 == 0:
                    b.midi("90 01 7F 80 01 00")
            b.send("/cue", "f", 1.0)
            b.write({"intent": "set", "slots": {"control": "tempo", "value": 0.5}})
            time.sleep(0.4)
            b.send("/cue", "f", 0.0)
            b.out.read()
        b.command("dump", dump)
        text = b.command("dump")
        lines = lines_of(dump)
        check(dump)
        assert len(moved(lines)) > 3000 and os.path.getsize(dump) < 8 << 20, (len(lines), os.path.getsize(dump))
        assert lines[1]["in"] == "state" and lines[1]["seq"] > 0 and "volume" in lines[1]["controls"], lines[1]
        assert lines[-1]["end"] is True
        played = [json.loads(line) for line in replayed(dump).stdout.splitlines()]
        assert moved(played) == moved(lines)
        with open(dump, "w") as f:
            f.write(text)
        check(dump)
        assert b.stop() == 0


def others(mapping):
    """The mapping with other controls before, an address moved, a route gone, one more, and another port."""
    m = json.loads(json.dumps(mapping))
    m["controls"][0]["cc"] = 8
    m["controls"][:0] = [{"name": "new", "kind": "fader", "port": "out", "channel": 2, "cc": 1}]
    m["ports"]["out"]["raw"]["out"] = "/." + m["ports"]["out"]["raw"]["out"]  # it is closed and opened again
    m["routes"] = [r for r in m["routes"] if r.get("osc") != "/late"] + [{"osc": "/new", "to": ["new", "volume"]}]
    return m


def reloads_of(b):
    """Those that were asked for, and those that the bridge made when it saw by itself what was written."""
    return sum(line.startswith("reloaded: ") for line in b.err.read(0.2))


def reload_in_the_middle(b):
    """With something of everything under way."""
    path = os.path.join(b.dir.name, "mapping.json")
    with open(path) as f:
        mapping = json.load(f)
    for n in range(4):
        b.send("/soft", "f", 0.9)
        b.send("/cue", "f", 1.0)
        b.send("/late")
        b.midi("90 03 7F 80 03 00 B0 01 40")
        b.write({"intent": "fade", "id": "fade-%d" % n})
        b.monitored(control="cue", value=1)
        time.sleep(0.02)
        with open(path + ".new", "w") as f:
            json.dump(mapping if n % 2 else others(mapping), f)
        os.rename(path + ".new", path)
        b.command("reload")
        b.send("/new", "f", 0.1 * n)
        b.midi("B0 21 7F 90 03 7F 80 03 00")
        b.send("/cue", "f", 0.0)
        time.sleep(0.3)
        b.out.lines.clear()
    b.command("stop")


def a_recording_goes_through_reloads():
    with Recorded() as b:
        b.err.wait(lambda line: line.startswith("port pads: open"))
        reload_in_the_middle(b)
        assert b.stop() == 0
        lines = lines_of(b.recording)
        reloads = [o for o in lines if o.get("in") == "reload"]
        assert len(reloads) == reloads_of(b) >= 4 and all("mappings" in o for o in reloads), reloads
        check(b.recording)
        played = replayed(b.recording)
        assert moved(map(json.loads, played.stdout.splitlines())) == moved(lines)
        assert {"new", "volume", "cue", "load", "tempo"} <= {o["control"] for o in moved(lines)}
        # With a mapping that was named there is that one alone.
        named = replayed(b.recording, os.path.join(b.dir.name, "mapping.json"))
        assert named.stderr.count("the mapping was reloaded here") == len(reloads), named.stderr


def a_trace_says_that_there_was_a_reload():
    with Recorded(record=False) as b:
        trace = os.path.join(b.dir.name, "trace")
        with open(trace, "w") as f:
            watcher = cuewire.subprocess.Popen([cuewire.CUEWIRE, "monitor", "--trace", "--socket", b.socket], stdout=f)
            b.send("/volume", "f", 0.5)
            wait_until(lambda: b.send("/volume", "f", 0.5) or os.path.getsize(trace), "the trace")
            b.command("reload")
            b.send("/volume", "f", 1.0)
            wait_until(lambda: [o for o in lines_of(trace) if o.get("value") == 1], "the last move")
            assert b.stop() == 0
            watcher.wait()
        assert [sorted(o) for o in lines_of(trace) if o.get("in") == "reload"] == [["in", "t_ns"]]
        done = replayed(trace, os.path.join(b.dir.name, "mapping.json"))
        assert "the mapping was reloaded here; that of before goes on" in done.stderr, done.stderr
        assert moved(map(json.loads, done.stdout.splitlines())) == moved(lines_of(trace))


def a_dump_has_what_was_before_reloads():
    with Recorded(record=False) as b:
        b.err.wait(lambda line: line.startswith("port pads: open"))
        dump = os.path.join(b.dir.name, "dump")
        b.send("/volume", "f", 0.25)
        b.monitored(control="volume", value=0.25)
        reload_in_the_middle(b)
        b.command("dump", dump)
        lines = lines_of(dump)
        assert sum(o.get("in") == "reload" for o in lines) == reloads_of(b) and lines[-1]["end"] is True
        assert moved(lines)[0]["value"] == 0.25, moved(lines)[0]
        assert [o["seq"] for o in lines if "seq" in o and "control" in o] == list(range(len(moved(lines))))
        check(dump)
        for _ in range(10):  # more than are kept
            b.send("/volume", "f", 0.5)
            b.command("reload")
        b.command("dump", dump)
        lines = lines_of(dump)
        assert sum(o.get("in") == "reload" for o in lines) == 8 and lines[1]["in"] == "state", len(lines)
        check(dump)
        for n in range(20000):  # the recorder has forgotten how it began after the last one
            b.send("/volume", "f", n % 100 / 100)
            if n % 50 == 0:
                b.out.read()
                time.sleep(0.001)
        b.send("/volume", "f", 0.125)
        b.monitored(control="volume", value=0.125)
        b.command("dump", dump)
        assert not [o for o in lines_of(dump) if o.get("in") == "reload"]
        check(dump)
        assert b.stop() == 0


def a_dump_is_asked_for_while_the_mapping_changes():
    with Recorded(record=False) as b:
        b.err.wait(lambda line: line.startswith("port pads: open"))
        b.send("/volume", "f", 0.5)
        b.monitored(control="volume", value=0.5)
        with open(os.path.join(b.dir.name, "mapping.json"), "r+") as f, socket.socket(socket.AF_UNIX) as reload, \
                socket.socket(socket.AF_UNIX) as dump:
            text = json.dumps(others(json.load(f)))
            freeze(b.process.pid)
            f.seek(0)
            f.write(text)
            f.flush()
            for s, request in (reload, "reload"), (dump, "dump"):
                s.settimeout(cuewire.PATIENCE)
                s.connect(b.socket)
                s.sendall(b'{"request": "%s"}\n' % request.encode())
            b.process.send_signal(signal.SIGCONT)
            lines = []
            for line in dump.makefile():
                lines.append(line)
                if '"end": true' in line:
                    break
            assert json.loads(reload.makefile().readline())["reloaded"] is True
        path = b.file("dump", "".join(lines))
        assert sum('"in": "reload"' in line for line in lines) == 1
        check(path)


def a_dump_between_two_presses():
    """Here with the first of two presses behind a reload."""
    with Recorded(record=False) as b:
        b.err.wait(lambda line: line.startswith("port pads: open"))
        b.midi("90 02 7F 80 02 00")
        b.monitored(control="cue", value=1)
        b.monitored(control="cue", value=0)
        b.midi("90 03 7F 80 03 00 90 02 7F 80 02 00")
        b.command("reload")
        b.midi("90 03 7F 80 03 00")
        b.monitored(control="load", value=0)
        dump = os.path.join(b.dir.name, "dump")
        b.command("dump", dump)
        assert "load" in [o["control"] for o in moved(lines_of(dump))], lines_of(dump)
        check(dump)


def a_dump_while_a_clock_runs():
    """It is never at rest, and has all that came since the bridge was started."""
    with Recorded(record=False, clock=True) as b:
        b.err.wait(lambda line: line.startswith("port pads: open"))
        for _ in range(60):
            b.midi("F8")
            time.sleep(0.005)
        for i in range(20):
            b.midi("F8")
            b.send("/volume", "f", i / 20)
        b.monitored(control="volume", value=0.95)
        dump = os.path.join(b.dir.name, "dump")
        b.command("dump", dump)
        assert len(moved(lines_of(dump))) == 20, lines_of(dump)
        check(dump)


def a_dump_without_a_bridge_makes_no_file():
    with tempfile.TemporaryDirectory(prefix="cuewire-replay.") as folder:
        path = os.path.join(folder, "dump")
        done = cuewire.cuewire("dump", "--socket", os.path.join(folder, "s"), path)
        assert done.returncode == 1 and "bridge" in done.stderr, done
        assert not os.path.exists(path)


def a_dump_does_not_replace_a_mapping():
    with tempfile.TemporaryDirectory(prefix="cuewire-replay.") as folder:
        inner, outer, link = (os.path.join(folder, name) for name in ("inner.json", "outer.json", "link"))
        with open(inner, "w") as f:
            f.write('{ "controls": [{ "name": "x", "kind": "fader" }] }')
        with open(outer, "w") as f:
            f.write('{ "include": "inner.json", "title": "outer" }')
        os.symlink(outer, link)
        # Its names are relative to the bridge's folder, which is not that of the command.
        with Bridge(os.path.relpath(outer)) as b:
            for path in inner, outer, link:
                with open(path) as f:
                    was = f.read()
                done = cuewire.cuewire("dump", "--socket", b.socket, path, cwd=folder)
                assert done.returncode == 1 and "it is one of the mapping files" in done.stderr, done
                with open(path) as f:
                    assert f.read() == was
            dump = os.path.join(folder, "dump")
            with open(dump, "w") as f:
                f.write("what was there before\n" * 10000)
            b.command("dump", dump)
            assert lines_of(dump)[-1]["end"] is True


def every_golden_trace_replays():
    folders = sorted(glob.glob(os.path.join(ROOT, "tests/golden/traces/*/")))
    assert len(folders) > 20
    for folder in folders:
        with open(folder + "out.trace") as f:
            expected = moved(json.loads(line) for line in f if line.startswith("{"))
        played = replayed(folder + "in.trace", folder + "mapping.json").stdout.splitlines()
        got = moved(map(json.loads, played))
        for n, (x, y) in enumerate(zip(got, expected)):
            assert x == y, "%s, message %d: got %s, expected %s" % (folder, n, x, y)
        assert len(got) == len(expected), folder


HEADER = {"cuewire": "test", "files": ["m.json"], "mappings_dir": None, "mappings": [{"name": "m.json", "text": json.dumps(
    {"hold_ms": 0, "ports": {"out": {"simulated": True}},
     "controls": [{"name": "volume", "kind": "fader", "port": "out", "cc": 7}]})}]}
IN = '{"t_ns": 1000, "in": "osc:/volume", "args": [0.5]}'
OUT = '{"t_ns": 1000, "port": "out", "control": "volume", "value": 0.5, "from": "osc:/volume", "midi": "B0 07 40", "seq": 0}'


def of_lines(*lines, header=HEADER, args=(), code=0):
    with tempfile.TemporaryDirectory(prefix="cuewire-replay.") as folder:
        with open(os.path.join(folder, "r"), "w") as f:
            f.write("\n".join(([json.dumps(header)] if header else []) + list(lines)) + "\n")
        return replayed("r", *args, cwd=folder, code=code)


def bad_lines_are_told_where():
    for line, where, what in (
        ("{", "2:2", "expected"),
        ("[1]", "2:1", "a line of a recording is an object"),
        ('{"in": "osc:/volume", "args": []}', "2:1", '"t_ns" is missing'),
        ('{"t_ns": 1.5, "in": "stop"}', "2:10", '"t_ns" is not a whole number'),
        ('{"t_ns": 1, "in": "osc:volume", "args": []}', "2:19", "begins with a slash"),
        ('{"t_ns": 1, "in": "osc:/volume"}', "2:1", '"args" is missing'),
        ('{"t_ns": 1, "in": "osc:/volume", "args": [1], "types": ",ff"}', "2:56", "a letter for each of 1 arguments"),
        ('{"t_ns": 1, "in": "osc:/volume", "args": ["x"], "types": ",f"}', "2:43", "type f cannot be this"),
        ('{"t_ns": 1, "in": "osc:/volume", "args": [], "peer": 32}', "2:54", '"peer" is more than 31'),
        ('{"t_ns": 1, "in": "midi:pads", "midi": "B0 07 40"}', "2:19", 'no port "pads"'),
        ('{"t_ns": 1, "in": "midi:out", "midi": "B0 7 40"}', "2:39", "not one MIDI message"),
        ('{"t_ns": 1, "in": "what"}', "2:19", 'nothing is known of the input "what"'),
        ('{"t_ns": 1, "in": "intent", "intent": {}, "rank": "dj"}', "2:51", '"rank" is not one of'),
        ('{"t_ns": 1, "in": "return", "control": "x"}', "2:40", 'no control "x"'),
        ('{"t_ns": 1, "in": "state"}', "2:1", '"seq" is not a whole number'),
    ):
        done = of_lines(line, code=1)
        assert done.stderr.startswith("r:%s: error: " % where) and what in done.stderr, (line, done.stderr)
    for line, what in (('{"t_ns": 1', 'the "{" in line 3 is not closed yet'),
                       ('{"a": 1, "a": 2}', 'the key "a" is there already, in line 3')):
        done = of_lines(IN, line, code=1)
        assert done.stderr.startswith("r:3:") and what in done.stderr, done.stderr
    done = of_lines(code=1, header=dict(HEADER, files=["else.json"]))
    assert "else.json: error: cannot read: it is not among the files that were kept" in done.stderr, done.stderr


STATE = {"t_ns": 500, "in": "state", "seq": 5, "at_rest": True, "up": [], "controls": {}, "of": [1, 0, 0], "routes": [],
         "cells": [], "params": [], "tempo": [0, 0, 0, 120, 0, 0, 500000000, 0, 0]}


def states_are_checked():
    of_lines(json.dumps(STATE), IN)
    volume = {"value": 0.5, "rank": "ui", "t_ns": 1, "lock_ns": 2}
    for change, what in (
        ({"routes": [[0] * 15]}, "more routes than the mapping has"),
        ({"tempo": [0, 0, 0, 120, 0, 0, 0, 0, 0]}, "this is no tempo"),
        ({"tempo": [0, 0, 0, 120, 0, 0, 0.5, 0, 0]}, "not a number that can stand here"),
        ({"controls": {"volume": dict(volume, value=1e300)}}, "not a number that a control can be"),
        ({"controls": {"volume": dict(volume, value=None)}}, "not a number that a control can be"),
    ):
        done = of_lines(json.dumps(dict(STATE, **change)), IN, code=1)
        assert done.stderr.startswith("r:2:") and what in done.stderr, (change, done.stderr)
    done = of_lines(json.dumps(STATE).replace("500000000", "0.5e3"), IN, code=1)
    assert "not a number that can stand here" in done.stderr, done.stderr


def what_is_no_recording():
    assert "name the mapping files" in of_lines(IN, header=None, code=1).stderr
    remarked = of_lines("# a remark", IN.replace("/volume", "/deck/a/volume"), header=None,
                        args=[os.path.join(ROOT, "mappings/club.json")])
    assert '"control": "deck.a.volume"' in remarked.stdout and "B0 07 40" in remarked.stdout, remarked
    assert replayed("/nowhere/at/all", code=1).stderr.startswith("cuewire: cannot read /nowhere/at/all: ")
    assert "usage" in replayed(code=2).stderr
    assert "--speed" in replayed("x", "--speed", "0", code=2).stderr


def gaps_are_told():
    done = of_lines(IN, '{"dropped": 3}', OUT)
    assert "gaps: 3 lines" in done.stderr and "B0 07 40" in done.stdout, done
    done = of_lines(IN, '{"t_ns": 1001, "in": "osc:/volume", "args": null}')
    assert "1 input was too long" in done.stderr, done


def differences_are_found():
    check_lines = lambda *lines, code=1: of_lines(*lines, args=["--check"], code=code).stdout
    check_lines(IN, OUT, code=0)
    out = check_lines(IN, OUT.replace("07 40", "07 41"))
    assert "r:3: recorded volume 0.5 -> out B0 07 41 by osc:/volume at 1000" in out, out
    assert "replayed volume 0.5 -> out B0 07 40 by osc:/volume at 1000" in out and "1 of 1 messages differ" in out, out
    assert "replayed nothing" in check_lines(IN, OUT, OUT.replace('"seq": 0', '"seq": 1'))
    # what came after the last message that was kept is no difference, unless the bridge ended orderly
    later = IN.replace("1000", "2000")
    check_lines(IN, OUT, later, code=0)
    assert "replayed only: volume 0.5" in check_lines(IN, OUT, later, '{"t_ns": 3000, "in": "exit"}')
    # what did not get out is known to have been meant, though not with which bytes
    for lost in "expired", "dropped":
        gone = json.loads(OUT)
        del gone["midi"]
        gone[lost] = True
        check_lines(IN, json.dumps(gone), '{"t_ns": 3000, "in": "exit"}', code=0)
        assert "replayed only" in check_lines(IN, '{"t_ns": 3000, "in": "exit"}')
    # where something was under way at the beginning, messages are missing in the replay, and told alone
    more = [json.dumps(dict(json.loads(OUT), seq=n, t_ns=t)) for n, t in ((5, 900), (6, 1000), (7, 2000))]
    out = check_lines(json.dumps(dict(STATE, at_rest=False)), *more, IN, later, '{"t_ns": 3000, "in": "exit"}')
    assert "1 of 3 messages differ" in out and "at 900\n  replayed nothing" in out, out
    # a value that another one has overtaken on its way to a slow port
    check_lines(IN, later, OUT.replace("1000", "2000").replace('"seq": 0', '"seq": 1'), code=0)


if __name__ == "__main__":
    cuewire.run_tests([
        a_recording_replays_anywhere,
        types_that_json_loses,
        a_tablet_that_goes,
        a_client_that_goes,
        ports_that_go_and_come_back,
        in_time,
        a_dump_in_the_middle,
        a_recording_goes_through_reloads,
        a_trace_says_that_there_was_a_reload,
        a_dump_has_what_was_before_reloads,
        a_dump_is_asked_for_while_the_mapping_changes,
        a_dump_between_two_presses,
        a_dump_while_a_clock_runs,
        a_dump_without_a_bridge_makes_no_file,
        a_dump_does_not_replace_a_mapping,
        every_golden_trace_replays,
        bad_lines_are_told_where,
        states_are_checked,
        what_is_no_recording,
        gaps_are_told,
        differences_are_found,
    ])
