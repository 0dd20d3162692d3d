#!/usr/bin/python3
"""Another mapping while everything goes on: how it is asked for, what goes on, what is opened and closed."""

import json
import os
import re
import signal
import socket
import threading
import time

import cuewire
from cuewire import freeze, osc, wait_until
from rig import BUS, ONCE, PADS, TRAKTOR, Rig

if not os.path.exists(os.path.join(cuewire.FAULT, "libportmidi.so.0")):
    cuewire.skip_all("the pretend PortMidi (tests/fault) is for Linux")

PAD_ROUTES = [
    {"port": "pads", "note": 1, "to": "deck.a.cue"},
    {"port": "pads", "note": 2, "to": "deck.a.play", "as": "toggle"},
    {"port": "pads", "note": 3, "do": [{"set": "deck.a.volume", "to": 1}, {"set": "deck.a.volume", "to": 0, "after": 900}]},
]

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the bridge heeds an ignored one, as nohup leaves it


class Live(Rig):
    """A rig whose mapping file is written anew while the bridge runs."""

    def __init__(self, *args, **more):
        self.reloads = 0
        more.setdefault("ports", {"traktor": TRAKTOR, "pads": PADS})
        more.setdefault("routes", PAD_ROUTES if "pads" in more["ports"] else [])
        super().__init__(*args, **more)

    @property
    def path(self):
        return os.path.join(self.dir.name, "mapping.json")

    def mapping(self):
        with open(self.path) as f:
            return json.load(f)

    def write(self, mapping):
        """Writes the file in place; the bridge is to see it by itself."""
        with open(self.path, "w") as f:
            json.dump(mapping, f, indent=1)

    def reloaded(self):
        """Waits for the next report of a mapping that was taken: what it says."""
        def said():
            return [s for s in self.err.read() if s.startswith("reloaded: ")]

        self.reloads += 1
        return wait_until(lambda: said()[self.reloads - 1:], "reload %d" % self.reloads)[0]

    def put(self, mapping):
        self.write(mapping)
        return self.reloaded()

    def wait_log_sorted(self, *expected):
        """Until the log is this in any order: what comes by OSC and by MIDI has none."""
        wait_until(lambda: len(self.log()) >= len(expected), "%s (so far %s)" % (expected, self.log()))
        assert sorted(self.log()) == sorted(expected), (self.log(), expected)

    def ask(self, mapping=None):
        """By request, with its answer. A mapping is written first, and the bridge stands still until both are done:
        else it may see by itself what was written, before it is asked. It must be the first that is written."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(cuewire.PATIENCE)
            freeze(self.process.pid)
            if mapping:
                self.write(mapping)
            s.connect(self.socket)
            s.sendall(b'{"request": "reload"}\n')
            self.process.send_signal(signal.SIGCONT)
            answer = json.loads(s.makefile().readline())
        assert answer["reloaded"] is True, answer
        self.reloaded()
        return answer

    def change(self, **controls):
        """Gives controls (their dots as underscores) other addresses and so on."""
        m = self.mapping()
        for name, keys in controls.items():
            (control,) = [c for c in m["controls"] if c["name"] == name.replace("_", ".")]
            control.update(keys)
        return self.put(m)


def without(mapping, *controls):
    """A mapping without some controls and what names them."""
    m = json.loads(json.dumps(mapping))
    m["controls"] = [c for c in m["controls"] if c["name"] not in controls]
    m["routes"] = [r for r in m["routes"] if not any(json.dumps(c) in json.dumps(r) for c in controls)]
    return m


def udp_port():
    """A UDP port that is free, and a socket that has it until it is closed."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s.getsockname()[1], s


# ---- asked for ----

def a_file_that_is_written_is_read():
    with Live() as r:
        r.wait_open("traktor", "pads")
        assert "controls 0 new, 0 gone, 1 changed" in r.change(deck_a_volume={"cc": 8})
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 08 7F")


def an_editor_renames_over_it():
    with Live() as r:
        r.wait_open("traktor", "pads")
        for cc in 8, 9:  # the second one: it is the folder that is watched, not the file that was
            m = r.mapping()
            m["controls"][0]["cc"] = cc
            r.file("mapping.json.new", json.dumps(m))
            os.rename(r.path + ".new", r.path)
            r.reloaded()
            r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 08 7F", "B0 09 7F")


def writing_the_same_length_twice_in_a_second_is_seen():
    with Live() as r:
        for cc in 70, 71, 72, 73:
            r.change(deck_a_volume={"cc": cc})
        r.wait_open("traktor")
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 49 7F")


def a_hangup_reads_it_again():
    with Live() as r:
        r.wait_open("traktor")
        r.process.send_signal(signal.SIGHUP)
        assert "controls 0 new, 0 gone, 0 changed; routes 0 new, 0 gone; ports 0 new, 0 gone, 0 changed" in r.reloaded()
        r.process.send_signal(signal.SIGHUP)
        r.reloaded()
        assert r.status()["pid"] == r.process.pid


NOTHING = {"added": 0, "removed": 0, "changed": 0}
EVERY_FORM = [
    {"port": "pads", "cc": 1, "to": "deck.a.volume"},
    {"port": "pads", "cc": [2, 34], "to": "deck.a.volume"},
    {"port": "pads", "note": 1, "to": "deck.a.cue"},
    {"port": "pads", "pitch_bend": True, "to": "deck.a.tempo"},
    {"port": "pads", "program": 3, "to": "deck.a.cue"},
    {"port": "pads", "pressure": True, "to": "deck.a.volume"},
    {"port": "pads", "nrpn": 300, "to": "deck.a.volume"},
    {"port": "pads", "system": "start", "to": "deck.a.play"},
    {"port": "pads", "sysex": "F0 7D vv F7", "to": "deck.a.volume"},
    {"osc": "/1/fader1", "to": "deck.a.volume"},
    {"osc": "/1/*/x", "to": "deck.a.volume"},
    {"from": "deck.a.play", "to": "deck.b.cue"},
    {"every": "10 s", "do": [{"set": "deck.a.volume", "to": 0.5}]},
]


def the_command_says_what_has_changed():
    with Live(routes=EVERY_FORM) as r:
        assert r.ask() == {"reloaded": True, "controls": NOTHING, "routes": NOTHING, "ports": NOTHING}
        m = without(r.mapping(), "deck.b.cue")
        m["controls"] += [{"name": "new.%d" % n, "kind": "button"} for n in range(2)]
        m["controls"][0]["cc"] = 9
        m["routes"].append({"osc": "/x", "to": "new.1"})
        m["ports"]["more"] = {"simulated": True}
        m["ports"]["traktor"]["bytes_per_s"] = 1000
        assert r.ask(m) == {
            "reloaded": True,
            "controls": {"added": 2, "removed": 1, "changed": 1},
            "routes": {"added": 1, "removed": 1, "changed": 0},
            "ports": {"added": 1, "removed": 0, "changed": 1},
        }
        out = r.command("reload")
        assert [line.split() for line in out.splitlines()] == [
            [what, "0", "new,", "0", "gone,", "0", "changed"] for what in ("controls", "routes", "ports")], out
    own = [{"osc": "/deck/a/volume", "to": "deck.a.volume"}]  # the address that it has by itself
    for before, after, expected in ([], own, (1, 0)), (own, [], (0, 1)):
        with Live(routes=before) as r:
            n = r.ask(dict(r.mapping(), routes=after))["routes"]
            assert (n["added"], n["removed"]) == expected, n


def what_is_wrong_changes_nothing():
    with Live() as r:
        r.wait_open("traktor", "pads")
        host = r.host(TRAKTOR["out"])
        good = r.mapping()
        bad = json.loads(json.dumps(good))
        bad["ports"]["traktor"]["bytes_per_s"] = 500
        bad["controls"][0]["cc"] = 8
        bad["controls"][2]["kind"] = "swich"
        r.write(bad)
        line = 1 + json.dumps(bad, indent=1)[:json.dumps(bad, indent=1).index('"swich"')].count("\n")
        where = r"%s:%d:\d+: error: .*swich" % (re.escape(r.path), line)
        r.err.wait(lambda s: re.match(where, s))
        r.err.wait(lambda s: s == "!!! reload: the files have errors: the mapping of before goes on")
        out = json.loads(r.command("reload", "--json", code=1))
        assert out["reloaded"] is False and out["error"] == "the files have errors", out
        (d,) = out["diagnostics"]
        assert d["file"] == r.path and d["line"] == line and "swich" in d["message"], d
        done = cuewire.cuewire("reload", "--socket", r.socket)
        assert done.returncode == 1 and not done.stdout, done
        assert re.match(where, done.stderr) and "cuewire: not reloaded: the files have errors" in done.stderr, done
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 07 7F")
        assert r.host(TRAKTOR["out"]) == host and r.port_status()["opens"] == 1
        os.unlink(r.path)
        r.command("reload", "--json", code=1)
        r.send("/deck/a/volume", "f", 0.0)
        r.wait_log("B0 07 7F", "B0 07 00")
        assert "controls 0 new, 0 gone, 0 changed" in r.put(good)
        assert cuewire.cuewire("reload", "--socket", r.socket, "x").returncode == 2


def what_is_included_is_watched_too():
    with Live() as r:
        r.wait_open("traktor")
        m = r.mapping()
        moved = [m["controls"].pop(0)]
        r.file("part.json", json.dumps({"controls": moved}))
        r.put(dict(m, include=["part.json"]))
        assert r.path.replace("mapping", "part") in r.status()["files"]
        moved[0]["cc"] = 8
        r.file("part.json", json.dumps({"controls": moved}))
        assert "0 new, 0 gone, 1 changed" in r.reloaded()
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 08 7F")


def many_at_once_end_in_the_last_one():
    with Live() as r:
        r.wait_open("traktor")
        for cc in range(60, 90):
            m = r.mapping()
            m["controls"][0]["cc"] = cc
            r.write(m)
            r.process.send_signal(signal.SIGHUP)

        def last():
            r.send("/deck/a/volume", "f", 1.0)
            return r.log() and r.log()[-1] == "B0 59 7F"

        wait_until(last, "the last mapping")


def who_asks_while_it_is_done_is_answered():
    """The order is given by whoever comes first; the other waits for the one after that."""
    with Live() as r:
        for cc in range(60, 80):
            m = r.mapping()
            m["controls"][0]["cc"] = cc
            r.write(m)
            r.process.send_signal(signal.SIGHUP)
            assert json.loads(r.command("reload", "--json"))["reloaded"] is True
        r.wait_open("traktor")
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 4F 7F")


# ---- what goes on ----

def a_button_is_released_by_the_finger_that_held_it():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.feed("90 01 7F")
        r.send("/deck/b/cue", "f", 1.0)
        r.wait_log_sorted("B0 15 7F", "B1 15 7F")
        r.ask()
        time.sleep(0.1)
        assert len(r.log()) == 2, r.log()
        r.feed("80 01 00")
        r.send("/deck/b/cue", "f", 0.0)
        r.wait_log_sorted("B0 15 00", "B0 15 7F", "B1 15 00", "B1 15 7F")


def a_button_with_another_address_is_released_at_the_old_one():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.feed("90 01 7F")
        r.wait_log("B0 15 7F")
        r.change(deck_a_cue={"cc": 99})
        r.wait_log("B0 15 7F", "B0 15 00")
        assert r.state()["deck.a.cue"]["value"] == 0
        r.feed("90 01 7F")
        r.feed("80 01 00")
        wait_until(lambda: len(r.log()) >= 4, "both edges")
        assert r.log()[2:] == ["B0 63 7F", "B0 63 00"], r.log()


def a_button_that_is_removed_is_released():
    with Live() as r:
        r.wait_open("traktor", "pads")
        whole = r.mapping()
        r.feed("90 01 7F")
        r.wait_log("B0 15 7F")
        r.put(without(whole, "deck.a.cue"))
        r.wait_log("B0 15 7F", "B0 15 00")
        assert "deck.a.cue" not in r.state()
        r.feed("80 01 00")
        r.put(whole)
        assert r.state()["deck.a.cue"]["value"] in (0, None)
        r.feed("90 01 7F")
        r.feed("80 01 00")
        r.wait_log("B0 15 7F", "B0 15 00", "B0 15 7F", "B0 15 00")


def toggles_and_switches_stay():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.feed("90 02 7F")
        r.feed("80 02 00")
        r.wait_log("B0 14 7F")
        r.change(deck_a_volume={"cc": 8})
        assert r.state()["deck.a.play"]["value"] == 1
        assert len(r.log()) == 1, r.log()
        r.feed("90 02 7F")
        r.feed("80 02 00")
        r.wait_log("B0 14 7F", "B0 14 00")


def who_has_a_control_keeps_it():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.change(deck_a_volume={"hold_ms": 60000})
        r.feed("90 01 7F")
        r.send("/deck/a/volume", "f", 0.5)
        r.wait_log_sorted("B0 07 40", "B0 15 7F")
        r.ask()
        state = r.state()
        assert state["deck.a.cue"]["held_by"] == "hardware" and state["deck.a.cue"]["held_ms"] == -1, state
        assert state["deck.a.cue"]["by"] == "midi:pads", state
        assert state["deck.a.volume"]["held_by"] == "ui" and state["deck.a.volume"]["held_ms"] > 30000, state
        assert state["deck.a.volume"]["by"] == "osc:/deck/a/volume" and state["deck.a.volume"]["sent"] == 0.5, state
        press = {"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}}
        assert json.loads(r.command("send", json.dumps(press), code=1))["status"] == "refused"


def macros_and_ramps_go_on():
    with Live() as r:
        r.wait_open("traktor", "pads")
        m = r.mapping()
        m["intents"] = [{"name": "fade", "steps": [{"set": "deck.a.tempo", "to": 1, "over": 1500}]},
                        {"name": "later", "steps": [{"set": "deck.a.play", "to": 1},
                                                    {"set": "deck.a.play", "to": 0, "after": 1200}]}]
        r.put(m)
        r.send("/deck/a/tempo", "f", 0.0)  # a way begins where the control is known to be
        wait_until(lambda: r.state()["deck.a.tempo"]["value"] == 0, "its beginning")
        started = time.monotonic()
        r.feed("90 03 7F")
        r.command("send", '{"intent": "fade"}')
        r.command("send", '{"intent": "later"}')
        wait_until(lambda: r.state()["deck.a.tempo"]["value"], "the fade")
        r.ask()
        r.write(dict(m, controls=m["controls"][::-1]))  # other order, same names
        r.reloaded()
        before = r.state()["deck.a.tempo"]["value"]
        busy = time.monotonic() - started > 0.8
        assert busy or (0 < before < 1 and r.state()["deck.a.play"]["value"] == 1), before
        wait_until(lambda: r.state()["deck.a.tempo"]["value"] == 1, "its end")
        wait_until(lambda: r.log()[-1:] and "B0 07 00" in r.log() and "B0 14 00" in r.log(), "what came later")
        assert 1.0 < time.monotonic() - started < 10


def a_macro_that_is_another_is_cancelled():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.feed("90 03 7F")
        r.wait_log("B0 07 7F")
        m = r.mapping()
        m["routes"][2]["do"][1]["to"] = 0.25
        r.put(m)
        time.sleep(1.2)
        assert r.log() == ["B0 07 7F"], r.log()


def a_new_control_knows_nothing_of_one_that_went():
    """They may have the same number inside."""
    with Live() as r:
        r.wait_open("traktor")
        r.send("/deck/a/volume", "f", 0.75)
        r.wait_log("B0 07 5F")
        fresh = r.state()["deck.a.tempo"]
        m = without(r.mapping(), "deck.a.volume")
        m["routes"] = []
        r.put(m)
        m["controls"].append({"name": "deck.c.volume", "kind": "fader", "port": "traktor", "channel": 3, "cc": 7})
        r.put(m)
        assert r.state()["deck.c.volume"] == fresh, r.state()["deck.c.volume"]


# ---- ports ----

def ports_that_are_the_same_stay_open():
    devices = "out:%s,out:Light Desk,in:nanoKONTROL2 CTRL" % BUS
    with Live(devices=devices) as r:
        r.wait_open("traktor", "pads")
        traktor, pads = r.host(TRAKTOR["out"]), r.host("--in")
        m = r.mapping()
        m["ports"]["lights"] = {"out": "light desk"}
        m["controls"].append({"name": "level", "kind": "fader", "port": "lights", "cc": 1})
        assert "ports 1 new, 0 gone, 0 changed" in r.put(m)
        r.wait_open("lights")
        r.send("/level", "f", 1.0)
        wait_until(lambda: r.log("Light Desk") == ["B0 01 7F"], "the new port")
        lights = r.host("light desk")
        m["ports"]["traktor"]["bytes_per_s"] = 3000
        assert "ports 0 new, 0 gone, 1 changed" in r.put(m)
        wait_until(lambda: r.port_status()["opens"] == 2 and r.port_status()["state"] == "open", "it is open again")
        assert r.host(TRAKTOR["out"]) != traktor and r.host("--in") == pads and r.host("light desk") == lights
        assert r.port_status("pads")["opens"] == 1 and r.port_status("lights")["opens"] == 1
        m = without(m, "level")
        del m["ports"]["lights"]
        assert "ports 0 new, 1 gone, 0 changed" in r.put(m)
        wait_until(lambda: lights not in r.hosts(), "the end of its host")
        assert "lights" not in r.status()["ports"]
        r.feed("90 01 7F")
        r.feed("80 01 00")
        r.wait_log("B0 15 7F", "B0 15 00")
        m["ports"]["lights"] = {"out": "light desk"}
        r.put(m)
        wait_until(lambda: r.port_status("lights")["state"] == "open", "it is there again")


def what_is_held_on_a_port_that_changes_is_released():
    with Live() as r:
        r.wait_open("traktor", "pads")
        r.send("/deck/a/cue", "f", 1.0)
        r.wait_log("B0 15 7F")
        m = r.mapping()
        m["ports"]["traktor"]["bytes_per_s"] = 3000
        r.put(m)
        r.wait_log("B0 15 7F", "B0 15 00")
        wait_until(lambda: r.port_status()["opens"] == 2 and r.port_status()["state"] == "open", "it is open again")
        assert r.state()["deck.a.cue"]["value"] == 0
        r.send("/deck/a/cue", "f", 1.0)
        wait_until(lambda: r.log().count("B0 15 7F") == 2, "another press")
        assert r.log()[0] == r.log()[-1] == "B0 15 7F" and set(r.log()[1:-1]) == {"B0 15 00"}, r.log()


def what_is_held_on_a_fifo_that_changes_is_released():
    with Live(ports={"traktor": {"raw": {"out": "FIFO"}}}) as r:
        r.send("/deck/a/play", "f", 1.0)
        r.send("/deck/a/cue", "f", 1.0)
        r.wait_fifo("B0 14 7F B0 15 7F")
        m = r.mapping()
        m["ports"]["traktor"] = {"simulated": True}
        r.put(m)
        r.wait_fifo("B0 15 00")
        assert r.state()["deck.a.cue"]["value"] == 0 and r.state()["deck.a.play"]["value"] == 1


def a_number_of_a_port_that_went_begins_anew():
    with Live(devices="out:%s,out:Light Desk,in:nanoKONTROL2 CTRL" % BUS) as r:
        m = r.mapping()
        m["ports"]["lights"] = {"out": "light desk"}
        m["controls"] += [dict(c, port="lights") for c in [{"name": "level", "kind": "fader", "cc": 1}]]
        r.put(m)
        r.wait_open("lights")
        assert r.intent("level", 1)["status"] == "sent"
        assert r.port_status("lights")["opens"] == 1
        first = r.host("light desk")
        gone = without(m, "level")
        del gone["ports"]["lights"]
        r.put(gone)
        wait_until(lambda: first not in r.hosts(), "the end of its host")
        gone["ports"]["lamps"] = {"out": "light desk"}
        gone["controls"].append({"name": "lamp", "kind": "button", "port": "lamps", "cc": 2})
        r.put(gone)
        s = wait_until(lambda: (lambda s: s["state"] == "open" and s)(r.port_status("lamps")), "it is open")
        assert s["opens"] == 1, s
        assert all(n == 0 for n in s.values() if isinstance(n, dict) for n in n.values()), s


# ---- OSC ----

def listening(port):
    """Whether somebody has this UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def an_osc_port_gets_another_number():
    """The first number is that of --osc-port, whatever the mapping says; so it is the second one."""
    first, one = udp_port()
    second, two = udp_port()
    taken, three = udp_port()
    one.close()
    two.close()
    ports = {"tablet": {"osc": {"listen": 8000}}, "other": {"osc": {"listen": first}},
             "traktor": {"raw": {"out": "FIFO"}}}
    with Live(ports=ports) as r, three:
        def fader(port, value):
            r.udp.sendto(osc("/deck/a/volume", "f", value), ("127.0.0.1", port))

        fader(first, 1.0)
        r.wait_fifo("B0 07 7F")
        m = r.mapping()
        m["ports"]["other"]["osc"]["listen"] = second
        m["ports"]["tablet"]["osc"]["listen"] = 8001
        r.put(m)
        assert [o["port"] for o in r.status()["osc"]] == [r.port, second]
        assert r.port_status("other")["device"] == "UDP port %d" % second
        assert r.port_status("tablet")["device"] == "UDP port %d" % r.port
        wait_until(lambda: not listening(first), "the old one is free")
        fader(second, 0.0)
        r.wait_fifo("B0 07 00")
        m["ports"]["other"]["osc"]["listen"] = taken
        m["controls"][0]["cc"] = 9
        r.write(m)
        out = json.loads(r.command("reload", "--json", code=1))
        assert out["error"].startswith("cannot listen on OSC port %d: " % taken), out
        fader(second, 1.0)
        r.wait_fifo("B0 07 7F")
        fader(r.port, 0.0)
        r.wait_fifo("B0 07 00")
        assert [o["port"] for o in r.status()["osc"]] == [r.port, second]
        del m["ports"]["other"]
        r.put(m)
        assert [o["port"] for o in r.status()["osc"]] == [r.port] and not listening(second)
        del m["ports"]["tablet"]  # then there is the usual one, which --osc-port is
        r.put(m)
        assert [o["port"] for o in r.status()["osc"]] == [r.port]
        fader(r.port, 1.0)
        r.wait_fifo("B0 09 7F")


def an_osc_port_gets_another_address():
    """Of its own number it is never in the way of itself, and of others it stays out."""
    number, one = udp_port()
    one.close()
    ports = {"tablet": {"osc": {"listen": 8000}}, "other": {"osc": {"listen": number, "bind": "127.0.0.1"}},
             "traktor": {"raw": {"out": "FIFO"}}}
    with Live(ports=ports) as r:
        m = r.mapping()
        for bind, value in (None, 1.0), ("127.0.0.1", 0.0), ("0.0.0.0", 1.0), ("::1", 0.0), ("127.0.0.2", 1.0):
            m["ports"]["other"]["osc"] = {"listen": number, **({"bind": bind} if bind else {})}
            r.put(m)
            to = bind if bind and ":" not in bind and bind != "0.0.0.0" else "127.0.0.1"
            with socket.socket(socket.AF_INET6 if bind == "::1" else socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(osc("/deck/a/volume", "f", value), (bind if bind == "::1" else to, number))
            r.wait_fifo("B0 07 %02X" % int(value * 127))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind((to, number))
                    assert bind == "::1", "somebody else could listen there"
                except OSError:
                    assert bind != "::1"


# ---- under load ----

PAIRS = 8      # of buttons, each pressed by one sender
FADERS = 6     # each moved by one sender
RELOADS = 100
GROWTH_KB = 4096


def variants():
    """Mappings of the same controls in other orders, with more beside them."""
    controls = [{"name": "f.%d" % n, "kind": "fader", "port": "traktor", "cc": 16 + n} for n in range(FADERS)]
    controls += [{"name": "b.%d" % n, "kind": "button", "port": "traktor", "note": n} for n in range(PAIRS)]
    routes = [{"osc": "/fader/%d" % n, "to": "f.%d" % n} for n in range(FADERS)]
    routes += [{"port": "pads", "note": 64 + n, "to": "b.%d" % n} for n in range(PAIRS // 2)]
    more = [{"name": "more.%d" % n, "kind": "fader", "port": "traktor", "channel": 2, "cc": 70 + n} for n in range(20)]
    ports = {"traktor": {"raw": {"out": "FIFO"}}, "pads": {"raw": {"in": "PADS"}}}
    base = {"hold_ms": 0, "ports": ports}
    return [dict(base, controls=controls + more, routes=routes),
            dict(base, controls=(controls + more[:3])[::-1], routes=routes[::-1]),
            dict(base, controls=more[10:] + controls, routes=[{"osc": "/more", "to": "more.11"}] + routes)]


class Sender(threading.Thread):
    """One that moves faders or presses buttons until it is told to stop, ending with a release."""

    def __init__(self, steps):
        super().__init__(daemon=True)
        self.steps = steps
        self.ends = threading.Event()
        self.sent = 0
        self.start()

    def run(self):
        while not self.ends.is_set() or self.sent % 2:
            self.steps(self.sent)
            self.sent += 1
            time.sleep(0.0005)


def memory_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def check_edges(messages):
    """No press of what is pressed, and every one is released. Returns how many presses there were."""
    down, presses = set(), 0
    for status, number, value in messages:
        if status not in (0x80, 0x90):
            continue
        if status == 0x90 and value:
            assert number not in down, "note %d is pressed twice" % number
            presses += 1
            down.add(number)
        else:
            down.discard(number)
    assert not down, "still pressed: %s" % down
    return presses


def many_faders(n):
    ccs = [cc for cc in range(7, 95) if cc not in (32, 38)]
    return {"ports": {"traktor": {"raw": {"out": "/dev/null"}}},
            "controls": [{"name": "x.%d" % i, "kind": "fader", "port": "traktor", "channel": 1 + i // len(ccs),
                          "cc": ccs[i % len(ccs)]} for i in range(n)]}


def what_moves_meanwhile_is_told_by_its_name():
    """More is told than can be written at once, when numbers begin to mean something that they did not."""
    with Live(ports={"traktor": {"raw": {"out": "/dev/null"}}}, monitor=None) as r:
        trace = os.path.join(r.dir.name, "trace")
        watcher = cuewire.subprocess.Popen([cuewire.CUEWIRE, "monitor", "--json", "--socket", r.socket],
                                           stdout=open(trace, "w"))

        def burst(i):
            for n in range(300, 400):
                r.send("/x/%d" % n, "f", i % 128 / 127)

        sender = Sender(burst)
        for n in range(8):
            r.put(many_faders(1 if n % 2 else 400))
            time.sleep(0.1)
        sender.ends.set()
        sender.join()
        assert r.stop() == 0
        watcher.wait(cuewire.PATIENCE)
        with open(trace) as f:
            moves = [line for line in map(json.loads, f) if "control" in line]
        assert len(moves) > 1000, len(moves)
        for line in moves:
            assert line["from"] == "osc:/" + line["control"].replace(".", "/"), line


def many_reloads_under_load():
    with Live(ports={"traktor": {"raw": {"out": "FIFO"}}}, monitor=None) as r:
        pads = os.path.join(r.dir.name, "pads")
        os.mkfifo(pads)
        texts = [json.dumps(m).replace("FIFO", r.fifo_path).replace("PADS", pads) for m in variants()]
        r.put(json.loads(texts[0]))
        wait_until(lambda: r.port_status("pads")["state"] == "open", "the pads")
        raw = os.open(pads, os.O_WRONLY)
        final = [(n * 37 % 128) / 127 for n in range(FADERS)]

        def osc_sender(steps):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            return Sender(lambda i: udp.sendto(steps(i), ("127.0.0.1", r.port)))

        senders = [osc_sender(lambda i, n=n: osc("/fader/%d" % n, "f", i % 128 / 127)) for n in range(FADERS)]
        senders += [osc_sender(lambda i, n=n: osc("/b/%d" % n, "f", float(i % 2 == 0)))
                    for n in range(PAIRS // 2, PAIRS)]
        senders.append(Sender(lambda i: os.write(raw, b"".join(
            bytes([0x80 if i % 2 else 0x90, 64 + n, 0 if i % 2 else 100]) for n in range(PAIRS // 2)))))
        data, stop = [], threading.Event()

        def read_all():
            while not stop.is_set():
                try:
                    data.append(os.read(r.fifo_fd, 65536))
                except BlockingIOError:
                    time.sleep(0.001)

        reader = threading.Thread(target=read_all, daemon=True)
        reader.start()
        memory = {}
        for n in range(1, RELOADS + 1):
            with open(r.path, "w") as f:
                f.write(texts[n % 3])
            r.command("reload")
            time.sleep(n * 7919 % 40 / 1000)
            if n in (20, RELOADS):
                memory[n] = memory_kb(r.process.pid)
        for s in senders:
            s.ends.set()
        for s in senders:
            s.join()
        for n, v in enumerate(final):
            r.send("/fader/%d" % n, "f", v)
        state = wait_until(lambda: (lambda s: all(s["f.%d" % n]["sent"] == v for n, v in enumerate(final)) and s)(
            {k: dict(v, sent=v["sent"] and round(v["sent"] * 127) / 127) for k, v in r.state().items()}), "the end")
        os.close(raw)
        counters = r.status()["counters"]
        assert r.stop() == 0
        time.sleep(0.1)
        stop.set()
        reader.join()
        bytes_out = b"".join(data)
        assert len(bytes_out) % 3 == 0
        messages = [tuple(bytes_out[i:i + 3]) for i in range(0, len(bytes_out), 3)]
        if counters["dropped"]:  # a FIFO that nobody reads in time
            print("# %d messages found the FIFO full, so nothing can be said" % counters["dropped"])
            return
        presses = check_edges(messages)
        last = {number: value for status, number, value in messages if status == 0xB0}
        assert last == {16 + n: round(v * 127) for n, v in enumerate(final)}, last
        assert all(s["value"] == 0 for k, s in state.items() if k.startswith("b."))
        asked = sum(s.sent // 2 for s in senders[FADERS:-1]) + senders[-1].sent // 2 * (PAIRS // 2)
        print("# %d presses of %d, %d messages, %d kB after 20 reloads, %d kB after %d" % (
            presses, asked, len(messages), memory[20], memory[RELOADS], RELOADS))
        assert counters["unmapped"] == counters["bad"] == counters["refused"] == 0, counters
        if counters["dropped"]:  # by the system, which has no room for what comes so fast
            assert asked * 3 // 4 < presses < asked, (presses, asked, counters)
        else:
            assert presses == asked, (presses, asked, counters)
        if "release" in cuewire.BUILD:  # a sanitizer keeps what was freed for a while
            assert memory[RELOADS] - memory[20] < GROWTH_KB, memory


if __name__ == "__main__":
    tests = [f for name, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == "__main__"
             and not isinstance(f, type) and name not in ("without", "udp_port", "listening", "variants", "many_faders", "memory_kb", "check_edges")]
    cuewire.run_tests(tests)
