#!/usr/bin/python3
"""`cuewire run` as scripts rely on it: options, lines, monitor, state, status, intents, ends."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

import cuewire
from cuewire import Bridge, osc, bundle, wait_until

BASIC = {
    "hold_ms": 0,
    "ports": {"traktor": {"raw": {"out": "PATH"}}},
    "controls": [
        {"name": "deck.a.volume", "kind": "fader", "port": "traktor", "cc": 7},
        {"name": "deck.a.gain", "kind": "fader", "port": "traktor", "cc": [8, 40], "bipolar": True},
        {"name": "deck.a.play", "kind": "switch", "port": "traktor", "cc": 20},
        {"name": "deck.a.cue", "kind": "button", "port": "traktor", "cc": 21},
        {"name": "deck.b.cue", "kind": "button", "port": "traktor", "channel": 2, "cc": 21},
        {"name": "browser.list", "kind": "encoder", "port": "traktor", "cc": 22},
        {"name": "shift", "kind": "button"},
    ],
    "routes": [{"osc": "/1/fader1", "to": "deck.a.volume"}],
    "intents": [
        {"name": "deck.stop", "slots": {"deck": {"type": "choice", "values": ["a"]}},
         "steps": [{"set": "deck.{deck}.play", "to": 0}]},
        {"name": "later", "steps": [{"set": "deck.a.volume", "to": 0.25},
                                    {"set": "deck.a.volume", "to": 0.75, "after_ms": 200}]},
        {"name": "much_later", "steps": [{"set": "deck.a.volume", "to": 0.25},
                                         {"set": "deck.a.volume", "to": 0.75, "after_ms": 1500}]},
        {"name": "tap", "steps": [{"press": "deck.a.cue"}]},
    ],
}


class Fifo:
    """The basic mapping's port: a FIFO that is read here."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "fifo")
        os.mkfifo(self.path)
        self.fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.data = b""

    def read(self):
        try:
            self.data += os.read(self.fd, 65536)
        except BlockingIOError:
            pass
        return self.data

    def wait(self, expected):
        expected = bytes.fromhex(expected)
        wait_until(lambda: len(self.read()) >= len(expected), "%s (so far %s)" % (expected.hex(" "), self.data.hex(" ")))
        assert self.data == expected, self.data.hex(" ")
        self.data = b""


def with_fifo(*args, **more):
    """A bridge with the basic mapping on a FIFO; returns both."""
    b = Bridge.__new__(Bridge)
    directory = cuewire.tempfile.mkdtemp(prefix="cuewire-fifo.")
    fifo = Fifo(directory)
    mapping = json.loads(json.dumps(BASIC).replace("PATH", fifo.path))
    b.__init__(*args, mapping=mapping, **more)
    return b, fifo


def osc_to_bytes_and_monitor():
    b, fifo = with_fifo()
    with b:
        b.send("/1/fader1", "f", 0.5)
        fifo.wait("B0 07 40")
        line = b.monitored(control="deck.a.volume")
        assert line["port"] == "traktor" and line["state"] == "open" and line["midi"] == "B0 07 40", line
        assert line["from"] == "osc:/1/fader1" and line["value"] == 0.5 and line["latency_us"] > 0, line
        assert abs(line["t_ns"] - time.clock_gettime_ns(time.CLOCK_MONOTONIC)) < 60e9
        b.send("/deck/a/gain", "f", 0.5)
        fifo.wait("B0 08 40 B0 28 00")
        assert b.monitored(control="deck.a.gain")["midi"] == "B0 08 40 B0 28 00"
        b.send("/nobody/home", "fs", 0.25, "x")
        assert b.monitored(unmapped="osc:/nobody/home")["args"] == [0.25, "x"]
        assert b.status()["counters"]["unmapped"] == 1


def ready_line_and_addresses():
    with Bridge("--sim") as b:
        b.err.wait(lambda s: re.fullmatch(r"ready osc=%d http=off socket=%s pid=%d" % (b.port, b.socket, b.process.pid), s))
        for line in b.err.lines:
            if line.startswith("TouchOSC: "):
                assert re.fullmatch(r"TouchOSC: host [0-9.]+, port %d" % b.port, line), line
        assert b.stop() == 0


def sim_is_loud_and_reasons_are_told():
    with Bridge("--sim") as b:
        b.err.wait(lambda s: "port traktor: SIMULATED: asked" in s)
        traktor = b.status()["ports"]["traktor"]
        assert traktor["state"] == "simulated" and traktor["reason"] == "asked" and not traktor["optional"]
        b.send("/deck/a/play", "f", 1.0)
        b.err.wait(lambda s: s == "simulated: deck.a.play on")
        state = b.state()["deck.a.play"]
        assert state["sent"] is None and state["simulated"] == 1 and state["confirmed"] is None, state
        assert state["by"] == "osc:/deck/a/play" and state["age_ms"] >= 0 and state["differs"] is False
        untouched = b.state()["deck.b.volume"]
        assert untouched["sent"] is untouched["simulated"] is untouched["age_ms"] is untouched["by"] is None


def last_fader_value_of_the_stand_in_is_said():
    with Bridge("--sim") as b:
        for i in range(101):
            b.send("/deck/a/volume", "f", i / 100)
        b.err.wait(lambda s: s == "simulated: deck.a.volume 1.00")
        said = [s for s in b.err.lines if "deck.a.volume" in s]
        assert len(said) < 50, said


def touched_controls_in_state():
    b, fifo = with_fifo()
    with b:
        b.send("/deck/a/play")
        b.send("/deck/a/cue", "f", 1.0)
        b.send("/deck/a/volume", "f", 0.25)
        b.monitored(control="deck.a.volume")
        state = b.state()
        assert state["deck.a.play"]["sent"] == 1 and state["deck.a.cue"]["sent"] == 1
        assert state["deck.a.volume"]["sent"] == 0.25 and state["deck.a.volume"]["simulated"] is None


def status_has_every_key():
    b, fifo = with_fifo()
    with b:
        s = b.status()
        assert set(s) >= {"version", "pid", "socket", "http", "files", "osc", "ports", "counters"}
        assert s["pid"] == b.process.pid and s["socket"] == b.socket and s["http"] is None
        assert s["osc"][0]["port"] == b.port and s["osc"][0]["buffer"] > 0
        assert s["files"][0].endswith("mapping.json")
        port = s["ports"]["traktor"]
        assert set(port) >= {"state", "reason", "optional", "device", "open_ms", "traktor"}
        assert port["state"] == "open" and port["reason"] is None
        assert set(s["counters"]) >= {"osc_in", "midi_in", "midi_out", "unmapped", "bad", "refused", "backlog",
                                      "coalesced", "expired", "dropped"}


def exit_releases_buttons_and_only_buttons():
    for number in signal.SIGINT, signal.SIGTERM:
        b, fifo = with_fifo()
        with b:
            b.send("/deck/a/volume", "f", 1.0)
            b.send("/deck/a/play", "i", 1)
            b.send("/deck/a/cue", "T")
            fifo.wait("B0 07 7F B0 14 7F B0 15 7F")
            assert b.stop(number) == 0
            fifo.wait("B0 15 00")
            line = b.monitored(control="deck.a.cue", value=0)
            assert line["from"] == "exit", line


def tablet_that_stops_pinging_lets_go():
    b, fifo = with_fifo()
    with b:
        for _ in range(3):
            b.send("/ping")
            time.sleep(0.15)
        b.send("/deck/a/play", "f", 1.0)
        b.send("/deck/a/cue", "f", 1.0)
        fifo.wait("B0 14 7F B0 15 7F")
        fifo.wait("B0 15 00")  # and play goes on
        assert b.status()["counters"]["unmapped"] == 0


def without_pings_a_press_stays():
    b, fifo = with_fifo()
    with b:
        b.send("/deck/a/cue", "f", 1.0)
        fifo.wait("B0 15 7F")
        time.sleep(0.6)
        assert fifo.read() == b""


def bundles_now_later_and_too_late():
    b, fifo = with_fifo()
    with b:
        b.send(bundle(1, osc("/deck/a/volume", "f", 1.0), osc("/deck/a/play", "f", 1.0)))
        fifo.wait("B0 07 7F B0 14 7F")
        now = time.time() + 2208988800
        at = lambda t: (int(t) << 32) | int((t % 1) * (1 << 32))
        sent = time.monotonic()
        b.send(bundle(at(now + 0.4), osc("/deck/a/volume", "f", 0.0)))
        b.send(bundle(at(now + 60), osc("/deck/a/play", "f", 0.0)))
        b.send(bundle(at(now - 60), osc("/deck/a/play", "f", 1.0)))
        fifo.wait("B0 14 7F B0 07 00")
        assert time.monotonic() - sent > 0.35
        assert b.status()["counters"]["refused"] == 1


def bad_packets_are_counted_and_nothing_of_them_happens():
    b, fifo = with_fifo()
    bad = [
        b"/deck/a/play\0\0\0",                       # not a multiple of 4
        b"/deck/a/volume\0\0,f\0\0\x7f\xc0\0\0",     # not a number
        b"/deck/a/volume\0\0,f\0\0\x7f\x80\0\0",     # infinite
        b"deck/a/play\0",                            # no slash
        b"\0\0\0\0,f\0\0\0\0\0\0",                   # empty address
        b"/deck/a/volume\0\0,f\0\0",                 # an argument is missing
        b"/deck/a/volume\0\0,b\0\0\0\0\0\x09ab",     # a blob that is longer than the packet
        bundle(1, osc("/deck/a/play", "f", 1.0)) + b"\0\0\0\x08bad!",
        bundle(1, osc("/deck/a/play", "f", 1.0)) + b"\0\0\0\0",
        b"#bundle\0" * 200,
        b"",
    ]
    with b:
        for packet in bad:
            b.send(packet)
        b.send("/deck/a/volume", "f", 1.0)
        fifo.wait("B0 07 7F")
        assert b.status()["counters"]["bad"] == len(bad), b.status()["counters"]


def a_burst_is_not_lost():
    b, fifo = with_fifo(monitor=None)
    with b:
        if b.status()["osc"][0]["buffer"] < 1 << 20:
            print("# the system grants only %d bytes" % b.status()["osc"][0]["buffer"])
            return
        for i in range(512):
            b.send("/deck/a/volume", "f", i % 128 / 127)
        wait_until(lambda: len(fifo.read()) == 512 * 3, "512 messages")
        assert fifo.data == bytes(x for i in range(512) for x in (0xB0, 7, i % 128))


def intents_on_standard_input():
    b, fifo = with_fifo(stdin=True, monitor=None)
    with b:
        def ask(obj):
            b.write(obj)
            n = len(b.out.lines)
            wait_until(lambda: len(b.out.read(0.05)) > n, "an answer to %s" % obj)
            return json.loads(b.out.lines[-1])

        a = ask({"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}, "id": "x1"})
        assert a == {"id": "x1", "intent": "set", "status": "sent", "reason": None, "message": None,
                     "out": [{"control": "deck.a.volume", "value": 1, "port": "traktor", "state": "open"}]}, a
        fifo.wait("B0 07 7F")
        a = ask({"intent": "deck.stop", "slots": {"deck": "a"}})
        assert a["status"] == "sent" and a["id"], a
        fifo.wait("B0 14 00")
        a = ask({"intent": "nudge", "slots": {"control": "browser.list", "by": -2}})
        fifo.wait("B0 16 7E")
        a = ask({"intent": "nudge", "slots": {"control": "deck.a.volume", "by": -0.5}})
        fifo.wait("B0 07 40")
        a = ask({"intent": "tap"})
        fifo.wait("B0 15 7F B0 15 00")
        started = time.monotonic()
        a = ask({"intent": "later"})
        assert a["status"] == "scheduled", a
        fifo.wait("B0 07 20 B0 07 5F")
        assert time.monotonic() - started > 0.19
        a = ask({"intent": "press", "slots": {"control": "deck.a.cue"}, "dry_run": True})
        assert a["status"] == "dry_run" and a["out"][0]["control"] == "deck.a.cue", a
        time.sleep(0.1)
        assert fifo.read() == b""
        for obj, reason in [
            ({"intent": "fly"}, "unknown_intent"),
            ({"intent": "set", "slots": {"control": "deck.z.volume", "value": 1}}, "unknown_control"),
            ({"intent": "set", "slots": {"control": "deck.a.volume", "value": 2}}, "bad_slot"),
            ({"intent": "set", "slots": {"control": "deck.a.volume"}}, "bad_slot"),
            ({"intent": "set", "slots": {"control": "deck.a.volume", "value": 1, "x": 1}}, "bad_slot"),
            ({"intent": "press", "slots": {"control": "deck.a.volume"}}, "bad_slot"),
            ({"intent": "deck.stop", "slots": {"deck": "q"}}, "bad_slot"),
            ({"intent": "deck.stop"}, "bad_slot"),
            ({"intent": "tap", "cc": 5}, "bad_json"),
            ({"slots": {}}, "bad_json"),
            ({"intent": "tap", "expires_ms": 0}, "expired"),
            (["tap"], "bad_json"),
            ([], "bad_json"),
        ]:
            a = ask(obj)
            a = a["results"][0] if "results" in a else a
            assert a["status"] == "refused" and a["reason"] == reason and a["message"], (obj, a)
        b.process.stdin.write(b'{"intent": "tap",}\n')
        b.process.stdin.flush()
        b.out.wait(lambda s: '"bad_json"' in s and "comma" in s)
        b.process.stdin.write(b'{"intent": "' + b"x" * 70000 + b'"}\n')
        b.process.stdin.flush()
        b.out.wait(lambda s: '"too_long"' in s)
        time.sleep(0.1)
        assert fifo.read() == b"", "something of a refused intent was sent"
        b.process.stdin.close()
        time.sleep(0.1)
        assert b.process.poll() is None, "the end of input ended the bridge"
        b.send("/deck/a/volume", "f", 0.0)
        fifo.wait("B0 07 00")
        assert b.stop() == 0


def a_batch_is_all_or_nothing():
    b, fifo = with_fifo()
    with b:
        good = {"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}}
        bad = {"intent": "set", "slots": {"control": "deck.a.volume", "value": "loud"}}
        out = json.loads(b.command("send", json.dumps([good, bad, good]), code=1))
        assert [r["status"] for r in out["results"]] == ["refused"] * 3, out
        assert out["status"] == "refused"
        time.sleep(0.1)
        assert fifo.read() == b""
        out = json.loads(b.command("send", json.dumps({"intents": [good, {"intent": "tap"}]})))
        assert [r["status"] for r in out["results"]] == ["sent", "sent"], out
        fifo.wait("B0 07 7F B0 15 7F B0 15 00")


def send_holds_and_connections_let_go():
    b, fifo = with_fifo()
    with b:
        out = json.loads(b.command("send", '{"intent": "press", "slots": {"control": "deck.a.cue"}}'))
        assert out["status"] == "sent"
        fifo.wait("B0 15 7F")
        time.sleep(0.2)
        assert fifo.read() == b"", "the press of `send` did not outlive its connection"
        b.command("send", '{"intent": "release", "slots": {"control": "deck.a.cue"}}')
        fifo.wait("B0 15 00")
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(b.socket)
            s.sendall(b'{"intent": "press", "slots": {"control": "deck.b.cue"}}\n')
            assert json.loads(s.recv(4096))["status"] == "sent"
            fifo.wait("B1 15 7F")
        fifo.wait("B1 15 00")


def stop_forgets_what_is_pending():
    b, fifo = with_fifo()
    with b:
        b.command("send", '{"intent": "much_later"}')
        fifo.wait("B0 07 20")
        b.command("stop")
        time.sleep(1.7)
        assert fifo.read() == b""


def a_simulated_port_is_never_called_sent():
    with Bridge("--sim") as b:
        out = json.loads(b.command("send", '{"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}}'))
        assert out["status"] == "simulated" and out["out"][0]["state"] == "simulated", out


def monitor_command_and_trace():
    b, fifo = with_fifo(monitor=None)
    with b:
        trace = os.path.join(b.dir.name, "trace")
        m = subprocess.Popen([cuewire.CUEWIRE, "monitor", "--trace", "--socket", b.socket], stdout=subprocess.PIPE)
        lines = cuewire.Lines(m.stdout)
        wait_until(lambda: (b.send("/deck/a/volume", "f", 0.5), lines.read(0.05))[1], "a monitor line")
        b.command("send", '{"intent": "tap", "id": "q"}')
        lines.wait(lambda s: '"in": "intent"' in s and '"id":"q"' in s)
        lines.wait(lambda s: '"in": "osc:/deck/a/volume"' in s)
        lines.wait(lambda s: '"control": "deck.a.cue"' in s)
        m.terminate()
        m.wait()


def trace_file():
    with Bridge("--sim", "--trace", "/dev/null") as b:
        assert b.stop() == 0
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "t")
    with Bridge("--sim", "--trace", path) as b:
        b.send("/deck/a/volume", "f", 0.5)
        b.monitored(control="deck.a.volume")
        assert b.stop() == 0
    lines = [json.loads(s) for s in open(path)]
    assert lines[0]["in"] == "osc:/deck/a/volume" and lines[0]["args"] == [0.5], lines
    assert lines[1]["control"] == "deck.a.volume", lines


def a_monitor_that_nobody_reads_stops_nothing():
    b, fifo = with_fifo()
    with b:
        for i in range(30000):
            b.send("/deck/a/volume", "f", i % 2)
            if i % 50 == 0:
                fifo.read()
        wait_until(lambda: fifo.read() and b.status()["counters"]["osc_in"] > 1000, "the messages")
        b.send("/deck/a/play", "f", 1.0)
        wait_until(lambda: b"\xb0\x14\x7f" in fifo.read(), "play")
        assert b.stop() == 0


def a_second_bridge_and_taken_ports():
    with Bridge("--sim") as b:
        done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", b.socket)
        assert done.returncode == 1 and "another bridge" in done.stderr, done.stderr
        other = b.socket + "2"
        done = cuewire.cuewire("run", "--sim", "--osc-port", str(b.port), "--socket", other)
        assert done.returncode == 1 and str(b.port) in done.stderr and "--osc-port" in done.stderr, done.stderr
        assert not os.path.exists(other)
        b.status()  # the first one is not disturbed
        b.process.kill()
        b.process.wait()
        assert os.path.exists(b.socket)
        with Bridge("--sim", "--socket", b.socket) as c:  # a stale socket is replaced
            assert c.stop() == 0
        assert not os.path.exists(b.socket)


def broken_mappings_start_nothing():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "m.json")
    with open(path, "w") as f:
        f.write('{\n "controls": [ { "name": "a", "kind": "fadr" } ]\n}\n')
    done = cuewire.cuewire("run", "--sim", "--osc-port", "0", path)
    assert done.returncode == 1, done
    assert re.search(r"m\.json:2:\d+: error: .*fadr", done.stderr), done.stderr
    assert "ready" not in done.stderr


def more_osc_ports_than_there_is_room_for():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "m.json")
    with open(path, "w") as f:
        json.dump({"ports": {"p%d" % n: {"osc": {"bind": "127.0.0.1", "listen": 47110 + n}} for n in range(9)}}, f)
    done = cuewire.cuewire("run", "--osc-port", "0", "--socket", path + ".s", path)
    assert done.returncode == 1 and "p8" in done.stderr and "at most 8" in done.stderr, done
    assert not os.path.exists(path + ".s")


def usage_errors():
    for args in [[], ["fly"], ["run", "--fly"], ["run", "--osc-port"], ["run", "--osc-port", "99999"],
                 ["run", "--osc-port", "x"], ["check"], ["send"], ["status", "x"], ["run", "--monitor=xml"],
                 ["run", "--sim=1"], ["run", "-x"]]:
        done = cuewire.cuewire(*args)
        assert done.returncode == 2 and done.stderr.strip() or not args, (args, done)
    assert 'did you mean "--osc-port"' in cuewire.cuewire("run", "--osc-prt", "1").stderr
    assert 'did you mean "check"' in cuewire.cuewire("chek").stderr
    for args in [["help"], ["run", "--help"], ["version"], ["help", "transforms"]]:
        done = cuewire.cuewire(*args)
        assert done.returncode == 0 and done.stdout and not done.stderr, (args, done)


def a_burst_of_intents_is_answered_to_the_last():
    press = {"intent": "press", "slots": {"control": "deck.a.cue"}}
    lines = [press] + [{"intent": "deck.stop", "slots": {"deck": "a"}}] * 4000
    text = "".join(json.dumps(o) + "\n" for o in lines).encode()
    b, fifo = with_fifo(monitor=None)
    with b, socket.socket(socket.AF_UNIX) as s:
        s.connect(b.socket)
        s.setblocking(False)
        got = b""
        end = time.monotonic() + cuewire.PATIENCE
        while got.count(b"\n") < len(lines) and time.monotonic() < end:
            readable, writable, _ = cuewire.select.select([s], [s] if text else [], [], 0.1)
            if writable:
                text = text[s.send(text):]
            if readable:
                got += s.recv(65536)
            fifo.read()
        assert got.count(b"\n") == len(lines), got.count(b"\n")
        s.close()
        wait_until(lambda: fifo.read().endswith(bytes.fromhex("B0 15 00")), "the release")
        b.status()


def a_client_that_does_not_read_stops_nobody_else():
    b, fifo = with_fifo(monitor=None)
    with b, socket.socket(socket.AF_UNIX) as s:
        s.connect(b.socket)
        s.setblocking(False)
        try:
            for _ in range(20000):
                s.send(b'{"intent": "deck.stop", "slots": {"deck": "a"}}\n')
        except BlockingIOError:
            pass
        fifo.read()
        b.status()
        b.send("/deck/a/volume", "f", 1.0)
        wait_until(lambda: bytes.fromhex("B0 07 7F") in fifo.read(), "the fader")
        assert b.stop() == 0


def too_many_clients():
    b, fifo = with_fifo(monitor=None)
    with b:
        clients = [socket.socket(socket.AF_UNIX) for _ in range(40)]
        for c in clients:
            c.connect(b.socket)
        done = cuewire.cuewire("status", "--socket", b.socket)
        assert done.returncode == 1 and "too many programs" in done.stderr, done
        for c in clients:
            c.close()
        wait_until(lambda: cuewire.cuewire("status", "--socket", b.socket).returncode == 0, "room again")


def what_is_held_already_is_not_called_sent():
    with Bridge("--sim") as b:
        press = '{"intent": "press", "slots": {"control": "deck.a.cue"}}'
        assert json.loads(b.command("send", press))["status"] == "simulated"
        out = json.loads(b.command("send", press))
        assert out["status"] == "simulated" and out["out"] == [] and "held" in out["message"], out


def a_start_that_fails_leaves_files_alone():
    with Bridge("--sim") as b:
        precious = b.file("old", "precious\n")
        for option in "--trace", "--record":
            done = cuewire.cuewire("run", "--sim", "--osc-port", str(b.port), "--socket", b.socket + "2", option, precious)
            assert done.returncode == 1 and "in use" in done.stderr, done
            with open(precious) as f:
                assert f.read() == "precious\n"


def two_do_not_write_to_one_file():
    with tempfile.TemporaryDirectory(prefix="cuewire-test.") as folder:
        path = os.path.join(folder, "r")
        with Bridge("--sim", "--record", path) as b:
            done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", b.socket + "2", "--trace", path)
            assert done.returncode == 1 and "another one is being written to it" in done.stderr, done
            b.send("/deck/a/volume", "f", 0.5)
            b.monitored(control="deck.a.volume")
            assert b.stop() == 0
        assert cuewire.cuewire("replay", path, "--check").returncode == 0
        done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", path + ".s", "--trace", path, "--record", path)
        assert done.returncode == 1 and "another one" in done.stderr, done


def lines_that_are_dropped_are_counted():
    """Whoever watches is told of every line that he has missed, and of no other."""
    with Bridge("--sim", monitor=None) as b:
        paths = [os.path.join(b.dir.name, name) for name in ("monitor", "trace")]
        watchers = []
        for path, how in zip(paths, ("--json", "--trace")):
            with open(path, "w") as f:
                watchers.append(subprocess.Popen([cuewire.CUEWIRE, "monitor", how, "--socket", b.socket], stdout=f))
        for path in paths:
            wait_until(lambda: b.send("/deck/b/volume", "f", 0.1) or os.path.getsize(path), path)
        time.sleep(0.3)
        before = b.status()["counters"]["osc_in"]
        seen = []
        for path in paths:
            with open(path) as f:
                seen.append(len(f.readlines()))
        for n in range(8000):
            b.send("/deck/a/volume", "f", n % 128 / 127)
        sent = -1
        while sent != (sent := b.status()["counters"]["osc_in"] - before):
            time.sleep(0.5)
        b.stop()
        for path, first, each, w in zip(paths, seen, (1, 2), watchers):
            w.wait(cuewire.PATIENCE)
            with open(path) as f:
                lines = [json.loads(line) for line in f][first:]
            kept = sum("deck.a" in str(o.get("control")) or "deck/a" in str(o.get("in")) for o in lines)
            dropped = sum(o.get("dropped", 0) for o in lines)
            assert kept + dropped == each * sent, (path, kept, dropped, sent)


def a_long_message_is_shown_whole():
    with Bridge("--sim") as b:
        for size in 100, 480, 3000, 60000:
            b.send("/q/%d" % size, "ss", "z" * size, "y")
            assert b.monitored(unmapped="osc:/q/%d" % size)["args"] == ["z" * size, "y"]
        b.send("/" + "a" * 500, "f", 0.5)
        assert b.monitored(unmapped="osc:/" + "a" * 500)["args"] == [0.5]


def an_id_cannot_forge_lines():
    with Bridge("--sim") as b:
        done = cuewire.cuewire("send", "--socket", b.socket, json.dumps(
            {"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}, "id": "a\nb"}))
        assert done.returncode == 1 and json.loads(done.stdout)["reason"] == "bad_json", done


def files_are_not_taken_for_sockets_or_traces():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "mine.json")
    with open(path, "w") as f:
        f.write("{}")
    done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", path)
    assert done.returncode == 1 and "no socket" in done.stderr, done
    done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", path + ".s", "--trace", path, path)
    assert done.returncode == 1 and "mapping" in done.stderr, done
    assert open(path).read() == "{}"
    fifo = path + ".fifo"
    os.mkfifo(fifo)
    done = cuewire.cuewire("run", "--sim", "--osc-port", "0", "--socket", path + ".s", "--trace", fifo)
    assert done.returncode == 1 and "nobody reads it" in done.stderr, done
    with Bridge("--sim", "--trace", "/dev/full") as b:
        b.send("/deck/a/volume", "f", 0.5)
        b.err.wait(lambda s: "trace /dev/full" in s and "has ended" in s)
        b.send("/deck/a/volume", "f", 0.75)
        b.monitored(control="deck.a.volume", value=0.75)
        assert b.stop() == 0


def a_bridge_leaves_the_socket_of_another_alone():
    with Bridge("--sim") as b:
        os.unlink(b.socket)
        with Bridge("--sim", "--socket", b.socket) as c:
            assert b.stop() == 0
            done = cuewire.cuewire("status", "--json", "--socket", b.socket)
            assert json.loads(done.stdout)["pid"] == c.process.pid


def output_that_cannot_be_written_fails():
    if not os.path.exists("/dev/full"):
        return
    for args in ["version"], ["help"], ["check", "club.json"]:
        with open("/dev/full", "w") as full:
            done = subprocess.run([cuewire.CUEWIRE, *args], stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 1 or args[0] == "check", (args, done)


def one_fifo_both_ways_is_a_loop():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "fifo")
    os.mkfifo(path)
    mapping = {"ports": {"p": {"raw": {"in": path, "out": path}}},
               "controls": [{"name": "x", "kind": "fader", "port": "p", "cc": 7}],
               "routes": [{"port": "p", "cc": 7, "to": "x"}]}
    with Bridge(mapping=mapping) as b:
        assert b.status()["ports"]["p"]["reason"] == "loop"


def no_bridge():
    for args in [["status"], ["state"], ["send", '{"intent": "tap"}'], ["stop"], ["monitor"]]:
        done = cuewire.cuewire(args[0], "--socket", "/tmp/cuewire-nobody", *args[1:])
        assert done.returncode == 1 and "no bridge is running" in done.stderr, done


def check_command():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "m.json")
    with open(path, "w") as f:
        f.write('{\n "controls": [ { "name": "a", "kind": "fader", "chanel": 2 } ]\n}\n')
    done = cuewire.cuewire("check", path)
    assert done.returncode == 1 and re.match(re.escape(path) + r":2:\d+: error: ", done.stdout), done
    assert 'did you mean "channel"' in done.stdout
    done = cuewire.cuewire("check", "--json", path)
    d = json.loads(done.stdout)
    assert set(d["diagnostics"][0]) == {"file", "line", "column", "severity", "code", "message", "hint"}
    assert d["more"] == 0
    assert cuewire.cuewire("check", "/nowhere.json").returncode == 1
    assert 'did you mean "club.json"' in cuewire.cuewire("check", "clab.json").stdout


def check_explains():
    """Every code that it lists it explains, alone and beside others; others it helps to find."""
    listed = [line.split()[0] for line in cuewire.cuewire("check", "--explain").stdout.splitlines()]
    assert len(listed) > 30 and listed == sorted(set(listed)), listed
    objects = json.loads(cuewire.cuewire("check", "--explain", "--json").stdout)
    assert [o["code"] for o in objects] == listed
    for o in objects:
        assert set(o) == {"code", "severity", "summary", "text", "wrong", "right"}, o
        json.loads(o["right"])
    done = cuewire.cuewire("check", "--explain", *listed)
    assert done.returncode == 0 and not done.stderr, done
    assert re.findall(r"^([a-z-]+) \((?:error|warning)\)$", done.stdout, re.M) == listed
    assert done.stdout.count("\nWrong:\n") == done.stdout.count("\nRight:\n") == len(listed)
    one = json.loads(cuewire.cuewire("check", "loop", "--explain", "--json").stdout)
    assert one == objects[listed.index("loop")]
    done = cuewire.cuewire("check", "--explain", "unknown-ky")
    assert done.returncode == 2 and not done.stdout and 'did you mean "unknown-key"?' in done.stderr, done
    done = cuewire.cuewire("check", "--explain", "loop", "xyzzyw")
    assert done.returncode == 2 and not done.stdout and "--explain alone lists them" in done.stderr, done


def check_names_its_codes():
    """The last line can be typed as it is; a program does not get it."""
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "m.json")
    with open(path, "w") as f:
        f.write('{ "controls": [ { "name": "a", "kind": "fadr" }, { "name": "B", "kind": "fadr" } ] }\n')
    done = cuewire.cuewire("check", path)
    assert done.stderr == "more: cuewire check --explain unknown-word bad-name\n", done
    assert cuewire.cuewire(*done.stderr.split()[2:]).returncode == 0
    assert not cuewire.cuewire("check", "--json", path).stderr


def options_win_and_are_accepted():
    with Bridge("--sim", "--http-port", "1234", "--no-http", "--http-bind", "::", "--stdin-role", "ai",
                "--open-timeout", "100") as b:
        assert b.stop() == 0


def socket_by_environment_and_folder():
    directory = cuewire.tempfile.mkdtemp()
    path = os.path.join(directory, "sock")
    env = dict(os.environ, CUEWIRE_SOCKET=path)
    b = subprocess.Popen([cuewire.CUEWIRE, "run", "--sim", "--osc-port", "0"], env=env, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL)
    cuewire.Lines(b.stderr).wait(lambda s: "socket=" + path in s)
    assert oct(os.stat(path).st_mode & 0o777) == "0o600"
    done = cuewire.cuewire("status", "--json", env=env)
    assert json.loads(done.stdout)["socket"] == path
    b.terminate()
    assert b.wait(cuewire.PATIENCE) == 0


if __name__ == "__main__":
    tests = [f for name, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == "__main__"
             and not isinstance(f, type) and name not in ("with_fifo",)]
    cuewire.run_tests(tests)
