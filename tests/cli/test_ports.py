#!/usr/bin/python3
"""The bridge and its ports, on a PortMidi that hangs, crashes and fails to order
(tests/fault/portmidi.c): what opens, what is simulated and why, what is released and what stays."""

import json
import os
import re
import select
import signal
import socket
import sys
import tempfile
import time

import cuewire
from cuewire import SLOW, wait_until
from rig import BUS, DEVICES, PADS, Rig, TRAKTOR

if not os.path.exists(os.path.join(cuewire.FAULT, "libportmidi.so.0")):
    cuewire.skip_all("the pretend PortMidi (tests/fault) is for Linux")



# ---- opening ----

def a_port_that_opens():
    with Rig() as r:
        r.err.wait(lambda s: re.fullmatch(r"port traktor: open \(IAC Driver Bus 1, [0-9.]+ ms\)", s))
        s = r.port_status()
        assert s["state"] == "open" and s["reason"] is None and s["device"] == BUS, s
        assert 0 <= s["open_ms"] < 1000 and s["optional"] is False, s
        r.send("/deck/a/volume", "f", 0.5)
        r.send("/deck/a/tempo", "f", 0.5)
        r.send("/deck/a/cue", "f", 1.0)
        r.send("/deck/a/cue", "f", 0.0)
        r.wait_log("B0 07 40", "B0 03 40", "B0 23 00", "B0 15 7F", "B0 15 00")
        line = r.monitored(control="deck.a.tempo")
        assert line["midi"] == "B0 03 40 B0 23 00" and line["state"] == "open", line
        assert 0 < line["latency_us"] < 5e6, line
        assert r.intent("deck.a.volume", 1)["status"] == "sent"
        assert r.stop() == 0


def sent_is_what_was_written():
    with Rig(fault="Pm_WriteShort=slow:600000") as r:
        r.wait_open("traktor")
        started = time.monotonic()
        r.send("/deck/a/volume", "f", 0.5)
        r.monitored(control="deck.a.volume", state="open")
        assert time.monotonic() - started > 0.59
        r.send("/deck/a/volume", "f", 1.0)
        now = wait_until(lambda: (lambda c: c["value"] == 1 and c)(r.state()["deck.a.volume"]), "the second value")
        assert now["sent"] == 0.5, now
        reply = r.intent("deck.a.volume", 0.25)
        assert reply["status"] == "sent" and r.log()[-1] == "B0 07 20", (reply, r.log())
        assert r.state()["deck.a.volume"]["sent"] == 0.25
        latency = json.loads(r.out.lines[0])["latency_us"]
        assert 600e3 < latency < 5e6, latency


def check_simulated_opening(r, reason):
    """From `ready` on it maps, to the stand-in; then the reason is told, and nobody is left."""
    r.send("/deck/a/play", "f", 1.0)
    line = r.monitored(control="deck.a.play")
    assert line["state"] == "simulated" and line["midi"] == "B0 14 7F", line
    reply = r.intent("deck.a.volume", 0.5)
    assert reply["status"] == "simulated" and reply["out"][0]["state"] == "simulated", reply
    s = r.wait_simulated(reason)
    assert s["device"] is None and s["open_ms"] is None, s
    said = r.err.wait(lambda line: line.startswith("!!! port traktor: SIMULATED: "))
    assert re.match(reason, said[len("!!! port traktor: SIMULATED: "):]), said
    assert r.intent("deck.a.volume", 1)["status"] == "simulated"
    assert r.state()["deck.a.volume"]["sent"] is None
    wait_until(lambda: not r.children(), "the end of the host")
    r.untouched_port_goes_on()
    assert not r.log()


def ports_that_do_not_open():
    calls = {"Pm_Initialize": "failed: cannot start PortMidi: pretend fault",
             "Pm_CountDevices": "missing",
             "Pm_OpenOutput": 'failed: cannot open output "IAC Driver Bus 1": pretend fault',
             "Pm_OpenInput": 'failed: cannot open input "nanoKONTROL2 CTRL": pretend fault'}
    faults = {"hang": "timed out", "abort": "crashed: signal 6, Aborted.*",
              "segv": "crashed: signal 11, Segmentation fault.*", "exit": "crashed: ended with status 3"}
    ports = {"traktor": dict(TRAKTOR, **PADS), "lights": {"raw": {"out": "FIFO"}}}
    for call, failed in calls.items():
        for fault, reason in dict(faults, fail=failed).items():
            print("# %s=%s" % (call, fault))
            timeout = ["--open-timeout", "300"] if fault == "hang" else []
            with Rig(*timeout, fault="%s=%s" % (call, fault), ports=ports) as r:
                check_simulated_opening(r, reason)


def a_missing_device_is_said():
    with Rig(devices="out:Light Desk") as r:
        check_simulated_opening(r, "missing")
        assert r.port_status()["detail"] == 'no output matches "iac bus 1" (seen: "Light Desk")'
        assert re.search(r'traktor +SIMULATED: missing: no output matches "iac bus 1"', r.command("status"))
        said = [line for line in r.err.lines if "SIMULATED" in line]
        assert 'no output matches "iac bus 1" (seen: "Light Desk")' in said[0], said


def deadlines():
    for args, ms, option in [
        (["--open-timeout", "300"], 60000, 300),
        ([], 300, 300),
    ]:
        ports = {"traktor": dict(TRAKTOR, open_timeout_ms=ms)}
        with Rig(*args, fault="Pm_OpenOutput=hang", ports=ports) as r:
            ready = time.monotonic()
            r.err.wait(lambda line: "port traktor: SIMULATED: timed out" in line)
            took = (time.monotonic() - ready) * 1000
            print("# a hanging driver was given up %.0f ms after ready" % took)
            assert took < option * SLOW, took
            r.wait_simulated("timed out")
            wait_until(lambda: not r.hosts(), "the end of the host")


def maps_while_a_port_opens():
    with Rig(fault="Pm_Initialize=hang") as r:  # for 5 s
        for value in (0.0, 1.0):
            r.send("/deck/a/volume", "f", value)
            assert r.monitored(control="deck.a.volume", value=value)["state"] == "simulated"
        assert r.intent("deck.a.play", 1)["status"] == "simulated"
        r.untouched_port_goes_on()
        s = r.port_status()
        assert s["state"] == "simulated" and s["reason"] is None and len(r.hosts()) == 1, s
        started = time.monotonic()
        assert r.stop() == 0
        assert time.monotonic() - started < SLOW
        assert not r.hosts()


def optional_ports_are_quiet():
    ports = {"traktor": TRAKTOR, "pads": dict(PADS, optional=True), "spare": {"out": "xdj", "optional": True}}
    controls = [{"name": "x", "kind": "fader", "port": "spare", "cc": 1}]
    routes = [{"port": "pads", "note": 36, "to": "deck.a.cue"}]
    with Rig(devices="out:" + BUS, ports=ports, controls=controls, routes=routes) as r:
        r.wait_open("traktor")
        r.err.wait(lambda s: s.startswith('port pads: not connected (missing: no input matches "nanokontrol2"'))
        r.err.wait(lambda s: s.startswith("port spare: not connected, simulated (missing: "))
        for name, optional in [("traktor", False), ("pads", True), ("spare", True)]:
            assert r.port_status(name)["optional"] is optional
        assert r.wait_simulated("missing", "pads") and r.wait_simulated("missing", "spare")
        assert not [s for s in r.err.lines if "!!!" in s or "NOT" in s], r.err.lines


def one_bus_both_ways_is_a_loop():
    # Different words, one bus: `check` cannot know.
    ports = {"traktor": {"out": "iac bus 1", "in": "driver iac"}}
    with Rig(devices="io:" + BUS, ports=ports) as r:
        r.err.wait(lambda s: 'SIMULATED: loop: "IAC Driver Bus 1" gives back what is written to it' in s)
        r.wait_simulated("loop")
        r.send("/deck/a/volume", "f", 0.5)
        assert r.monitored(control="deck.a.volume")["state"] == "simulated"
        assert not r.log()


def two_ports_on_one_device():
    ports = {"traktor": TRAKTOR, "again": {"out": "driver bus 1"}}
    controls = [{"name": "x", "kind": "fader", "port": "again", "cc": 99}]
    with Rig(ports=ports, controls=controls) as r:
        r.wait_open("traktor", "again")
        assert r.port_status("again")["device"] == r.port_status("traktor")["device"] == BUS
        r.send("/deck/a/volume", "f", 1.0)
        r.monitored(control="deck.a.volume", state="open")
        r.send("/x", "f", 1.0)
        r.wait_log("B0 07 7F", "B0 63 7F")
        os.kill(r.host("driver bus 1"), signal.SIGKILL)
        r.wait_simulated("crashed: signal 9, Killed", "again")
        assert r.intent("deck.a.volume", 0)["status"] == "sent"


# ---- writing ----

def crashes_and_failures_while_it_writes():
    for fault, reason in [("segv", "crashed: signal 11, Segmentation fault.*"), ("abort", "crashed: signal 6.*"),
                          ("exit", "crashed: ended with status 3"),
                          ("fail", 'failed: cannot write to "IAC Driver Bus 1": pretend fault')]:
        print("# " + fault)
        with Rig(fault="Pm_WriteShort=%s@5" % fault) as r:
            r.wait_open("traktor")
            r.send("/deck/a/cue", "f", 1.0)
            r.send("/deck/a/play", "f", 1.0)
            for value in (0.0, 1.0, 0.5):
                r.send("/deck/a/volume", "f", value)
                r.monitored(control="deck.a.volume", value=value, state="open")
            assert r.state()["deck.a.cue"]["value"] == 1
            r.send("/deck/a/tempo", "f", 0.5)
            r.wait_simulated(reason)
            r.err.wait(lambda s: s.startswith("!!! port traktor: SIMULATED: ") and re.search(reason, s))
            assert r.monitored(control="deck.a.cue", value=0)["state"] == "simulated"
            state = r.state()
            assert state["deck.a.cue"]["value"] == 0 and state["deck.a.play"]["value"] == 1, state
            assert state["deck.a.play"]["sent"] == 1 and state["deck.a.tempo"]["sent"] is None, state
            assert r.intent("deck.a.volume", 1)["status"] == "simulated"
            assert r.log() == ["B0 15 7F", "B0 14 7F", "B0 07 00", "B0 07 7F", "B0 07 40"], r.log()
            wait_until(lambda: not r.children(), "the end of the host")
            r.untouched_port_goes_on()
            assert r.stop() == 0


def a_write_that_hangs_blocks_nothing_else():
    with Rig(fault="Pm_WriteShort=hang@1") as r:
        r.wait_open("traktor")
        hosts = len(r.hosts())
        r.send("/deck/a/cue", "f", 1.0)
        r.monitored(control="deck.a.cue", state="open")
        for i in range(15):  # edges: none takes another's place
            r.send("/deck/b/cue", "f", 1.0)
            r.send("/deck/b/cue", "f", 0.0)
        for i in range(500):
            r.send("/deck/a/volume", "f", i % 128 / 127)
        wait_until(lambda: r.status()["counters"]["osc_in"] == 531, "all of it")
        n = r.status()["counters"]
        assert n["backlog"] == 30 - 8 + 1 and n["coalesced"] == 499 and n["dropped"] == 0, n
        r.untouched_port_goes_on()
        assert r.state()["deck.b.cue"]["sent"] is None and r.log() == ["B0 15 7F"]
        # an intent is not told of success, and not kept waiting for ever
        out = json.loads(r.command("send", '{"intent": "set", "slots": {"control": "deck.a.volume", "value": 1}}'))
        assert out["status"] == "simulated", out
        traktor = r.status()["ports"]["traktor"]
        assert traktor["reason"] == "failed: its driver stopped answering", traktor
        assert r.status()["counters"]["backlog"] == 0
        wait_until(lambda: len(r.hosts()) == hosts - 1, "the end of its host")
        started = time.monotonic()
        assert r.stop() == 0
        assert time.monotonic() - started < SLOW, time.monotonic() - started
        assert not r.hosts()
        assert r.log() == ["B0 15 7F"]


def a_slow_driver_gets_the_last_values_and_every_edge():
    faders = [{"name": "f%d" % n, "kind": "fader", "port": "traktor", "channel": 3, "cc": 40 + n} for n in range(20)]
    with Rig(fault="Pm_WriteShort=slow:1000", controls=faders, monitor=None) as r:
        r.wait_open("traktor")
        edges = []
        for i in range(2000):
            r.send("/f%d" % (i % 20), "f", (i * 7 % 128) / 127)
            if i % 100 == 50:
                deck, value = "ab"[i // 100 % 2], i // 200 % 2 == 0
                r.send("/deck/%s/cue" % deck, "f", float(value))
                edges.append("B%d 15 %s" % ("ab".index(deck), "7F" if value else "00"))
        last = {"B2 %02X" % (40 + i % 20): "%02X" % (i * 7 % 128) for i in range(1980, 2000)}
        wait_until(lambda: r.status()["counters"]["osc_in"] == 2000 + len(edges), "the messages")
        wait_until(lambda: r.status()["counters"]["backlog"] == 0, "an empty queue")
        values = lambda: dict(line.rsplit(" ", 1) for line in r.log() if line.startswith("B2"))
        wait_until(lambda: values() == last, "the last value of every fader")
        assert [line for line in r.log() if " 15 " in line] == edges
        n = r.status()["counters"]
        print("# %d of 2000 values took another's place" % n["coalesced"])
        assert n["coalesced"] > 0 and n["dropped"] == 0, n
        assert len(r.log()) == n["midi_out"] == 2000 + len(edges) - n["coalesced"], n
        state = r.state()
        assert all(abs(state["f%d" % f]["sent"] - int(last["B2 %02X" % (40 + f)], 16) / 127) < 1e-6 for f in range(20))


# ---- the end ----

def hold_cue_and_play(r):
    r.wait_open("traktor")
    r.send("/deck/a/cue", "f", 1.0)
    r.send("/deck/a/play", "f", 1.0)
    r.monitored(control="deck.a.play", state="open")


def a_signal_releases_the_cue_and_leaves_play():
    for number in signal.SIGTERM, signal.SIGINT:
        with Rig() as r:
            hold_cue_and_play(r)
            started = time.monotonic()
            assert r.stop(number) == 0
            assert time.monotonic() - started < SLOW
            assert r.log() == ["B0 15 7F", "B0 14 7F", "B0 15 00"], r.log()
            assert not r.hosts()


def killed(r):
    """Milliseconds from the bridge's death until its last host has gone."""
    hosts = r.hosts()
    started = time.monotonic()
    r.process.kill()
    r.process.wait()
    wait_until(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in hosts) or not r.hosts(),
               "the end of the hosts")
    return (time.monotonic() - started) * 1000


def best_of_three(what, limit_ms, run):
    took = []
    while len(took) < 3 and (not took or min(took) > limit_ms * SLOW):
        took.append(run())
    print("# %s: gone after %s ms" % (what, ", ".join("%.0f" % ms for ms in took)))
    assert min(took) <= limit_ms * SLOW, took


def a_kill_releases_the_cue_and_leaves_play():
    def run():
        with Rig() as r:
            hold_cue_and_play(r)
            ms = killed(r)
            assert r.log() == ["B0 15 7F", "B0 14 7F", "B0 15 00"], r.log()
            return ms

    best_of_three("held cue", 200, run)


def a_kill_ends_hosts_whose_driver_hangs():
    def run(fault, ready):
        with Rig(fault=fault) as r:
            ready(r)
            return killed(r)

    def writing(r):
        hold_cue_and_play(r)
        r.send("/deck/a/volume", "f", 1.0)
        wait_until(lambda: r.state()["deck.a.volume"]["value"] == 1, "the third write")

    def opening(r):
        wait_until(r.hosts, "the host")

    best_of_three("hanging write", 300, lambda: run("Pm_WriteShort=hang@2", writing))
    best_of_three("hanging opening", 300, lambda: run("Pm_OpenOutput=hang", opening))


# ---- controllers ----

def a_controller_that_dies_lets_go():
    ports = {"traktor": TRAKTOR, "pads": PADS}
    routes = [{"port": "pads", "note": 36, "to": "deck.a.cue"}, {"port": "pads", "cc": 1, "to": "deck.a.play"}]
    with Rig(ports=ports, routes=routes) as r:
        r.wait_open("traktor", "pads")
        r.feed("B0 01 7F")
        r.feed("90 24 7F")
        r.wait_log("B0 14 7F", "B0 15 7F")
        assert r.monitored(control="deck.a.cue")["from"] == "midi:pads"
        os.kill(r.host("--in"), signal.SIGKILL)
        r.wait_log("B0 14 7F", "B0 15 7F", "B0 15 00")
        r.wait_simulated("crashed: signal 9, Killed", "pads")
        r.err.wait(lambda s: s == "port pads: NOT CONNECTED: crashed: signal 9, Killed")
        time.sleep(0.1)
        assert r.log()[2:] == ["B0 15 00"] and r.state()["deck.a.play"]["value"] == 1
        assert r.intent("deck.a.volume", 1)["status"] == "sent"


def a_device_both_ways():
    ports = {"traktor": dict(TRAKTOR, **PADS)}
    routes = [{"port": "traktor", "note": 36, "to": "deck.a.cue"}]
    with Rig(ports=ports, routes=routes) as r:
        r.wait_open("traktor")
        assert r.port_status()["device"] == "nanoKONTROL2 CTRL, " + BUS
        r.feed("90 24 7F")
        r.wait_log("B0 15 7F")
        r.feed("90 24 00")
        r.wait_log("B0 15 7F", "B0 15 00")


# ---- cuewire ports ----

def list_ports(*args, code=0, **env):
    env = dict(os.environ, LD_LIBRARY_PATH=cuewire.FAULT, **env)
    done = cuewire.cuewire("ports", *args, env=env)
    assert done.returncode == code, done
    return done


def ports_command():
    done = json.loads(list_ports("--json", CW_PM_DEVICES=DEVICES).stdout)
    assert done == {"inputs": [{"index": 2, "name": "nanoKONTROL2 CTRL"}],
                    "outputs": [{"index": 0, "name": BUS}, {"index": 1, "name": "Light Desk"}]}, done
    assert json.loads(list_ports("--json").stdout) == {"inputs": [], "outputs": []}
    assert list_ports().stdout == "inputs: none\noutputs: none\n"
    assert list_ports(CW_PM_DEVICES="io:Mix").stdout == "inputs:\n  Mix\noutputs:\n  Mix\n"


def ports_command_on_bad_drivers():
    for call in "Pm_Initialize", "Pm_CountDevices", "Pm_GetDeviceInfo":
        for fault, error in [("hang", "timed out"), ("abort", "crashed: signal 6, Aborted"),
                             ("segv", "crashed: signal 11, Segmentation fault"),
                             ("exit", "failed: cuewire-port ended with status 3")]:
            started = time.monotonic()
            done = list_ports("--json", "--open-timeout", "300" if fault == "hang" else "5000", code=1, CW_PM_DEVICES=DEVICES,
                              CW_PM_FAULT="%s=%s" % (call, fault))
            assert time.monotonic() - started < 5 * SLOW
            assert json.loads(done.stdout)["error"] == error, done
            assert done.stderr == "cuewire: the MIDI ports could not be listed: %s\n" % error, done


# ---- descriptors ----

def descriptors(pid):
    found = {}
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found[int(fd)] = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except FileNotFoundError:
            pass
    return found


def hosts_inherit_only_their_link():
    ports = {"traktor": TRAKTOR, "pads": PADS, "lights": {"raw": {"out": "FIFO"}}}
    routes = [{"port": "pads", "note": 36, "to": "deck.a.cue"}]
    trace = tempfile.NamedTemporaryFile()
    with Rig("--trace", trace.name, ports=ports, routes=routes, stdin=True) as r:
        r.wait_open("traktor", "pads")
        bridge = set(descriptors(r.process.pid).values())
        assert len(r.hosts()) == 2
        for pid, args in r.hosts().items():
            fds = descriptors(pid)
            sockets = [fd for fd, what in fds.items() if what.startswith(("socket:", "pipe:"))]
            assert sockets == [3], (args, fds)
            own = {r.log_path, r.input_path}
            files = {fd: what for fd, what in fds.items() if what not in own and "/san" not in what}
            assert sorted(files) == [0, 1, 2, 3], (args, fds)
            assert {files[fd] for fd in (0, 1, 2)} == {"/dev/null"}, fds
            assert not set(files.values()) & (bridge - {"/dev/null"}), fds


def descriptors_do_not_grow():
    with Rig() as r:
        r.wait_open("traktor")
        r.status()
        before = len(descriptors(r.process.pid))
        for _ in range(20):
            r.status()
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(cuewire.PATIENCE)
                s.connect(r.socket)
                s.sendall(b'{"request": "monitor", "how": "json"}\n')
                while True:  # until it watches
                    r.send("/deck/a/volume", "f", 1.0)
                    if select.select([s], [], [], 0.02)[0]:
                        assert b"deck.a.volume" in s.recv(4096)
                        break
        wait_until(lambda: len(descriptors(r.process.pid)) <= before, "as few descriptors as before")


if __name__ == "__main__":
    tests = [a_port_that_opens, sent_is_what_was_written, ports_that_do_not_open, a_missing_device_is_said, deadlines,
             maps_while_a_port_opens, optional_ports_are_quiet, one_bus_both_ways_is_a_loop, two_ports_on_one_device,
             crashes_and_failures_while_it_writes, a_write_that_hangs_blocks_nothing_else,
             a_slow_driver_gets_the_last_values_and_every_edge, a_signal_releases_the_cue_and_leaves_play,
             a_kill_releases_the_cue_and_leaves_play, a_kill_ends_hosts_whose_driver_hangs,
             a_controller_that_dies_lets_go, a_device_both_ways, ports_command, ports_command_on_bad_drivers,
             hosts_inherit_only_their_link, descriptors_do_not_grow]
    cuewire.run_tests([t for t in tests if len(sys.argv) < 2 or t.__name__ in sys.argv[1:]])
