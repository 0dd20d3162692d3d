#!/usr/bin/python3
"""Ports that come and go under the bridge, on a PortMidi whose devices and faults are read from files
(tests/fault/portmidi.c): what opens again and when, what is sent then, what expires, what is told."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time

import cuewire
from cuewire import SLOW, bundle, freeze, osc, wait_until
from rig import BUS, PADS, Rig

if not os.path.exists(os.path.join(cuewire.FAULT, "libportmidi.so.0")):
    cuewire.skip_all("the pretend PortMidi (tests/fault) is for Linux")

SEEN_S = 1.0  # what comes and goes
SOON = {"retry_min_ms": 50, "retry_max_ms": 200}
TRAKTOR = {"out": "iac bus 1", **SOON}


class Plug(Rig):
    """A rig whose devices are plugged and whose faults come and go."""

    def __init__(self, *args, devices="", fault="", **more):
        self.names = [self.temporary(devices), self.temporary(fault)]
        super().__init__(*args, devices="@" + self.names[0], fault="@" + self.names[1], **more)

    @staticmethod
    def temporary(text):
        name = "/tmp/cuewire-plug.%d.%d" % (os.getpid(), time.monotonic_ns())
        with open(name, "w") as f:
            f.write(text)
        return name

    def __exit__(self, *exc):
        super().__exit__(*exc)
        for name in self.names:
            os.unlink(name)

    def put(self, which, text):
        with open(self.names[which] + ".new", "w") as f:
            f.write(text)
        os.rename(self.names[which] + ".new", self.names[which])

    def plug(self, devices):
        self.put(0, devices)

    def fault(self, text):
        self.put(1, text)

    def until(self, state, port="traktor", seconds=None):
        """Waits for the state; seconds that it took."""
        started = time.monotonic()
        wait_until(lambda: self.port_status(port)["state"] == state, "%s is %s" % (port, state),
                   seconds or cuewire.PATIENCE)
        return time.monotonic() - started


# ---- devices that come and go ----

def a_device_that_comes_is_opened():
    patient = dict(TRAKTOR, retry_min_ms=600000, retry_max_ms=600000)  # it is the prober that sees it
    with Plug(ports={"traktor": patient, "pads": PADS}, routes=[{"port": "pads", "cc": 1, "to": "deck.a.play"}]) as r:
        r.wait_simulated("missing")
        r.wait_simulated("missing", "pads")
        r.plug("out:" + BUS)
        took = r.until("open", seconds=SEEN_S * SLOW)
        print("# opened %.2f s after it was plugged in" % took)
        assert r.intent("deck.a.volume", 1)["status"] == "sent"
        assert r.port_status("pads")["state"] == "simulated"
        r.plug("out:%s,in:nanoKONTROL2 CTRL" % BUS)
        r.until("open", "pads", SEEN_S * SLOW)
        r.feed("B0 01 7F")
        r.wait_log("B0 07 7F", "B0 14 7F")
        s = r.port_status()
        assert s["opens"] == 1 and 0 <= s["open_ms"] <= s["open_worst_ms"] and s["next_try_ms"] is None, s


def a_device_that_goes_is_simulated():
    with Plug(devices="out:%s,out:Light Desk" % BUS, ports={"traktor": TRAKTOR, "lights": {"out": "light desk"}}) as r:
        r.wait_open("traktor", "lights")
        r.send("/deck/a/cue", "f", 1.0)
        r.send("/deck/a/play", "f", 1.0)
        r.wait_log("B0 15 7F", "B0 14 7F")
        r.plug("out:Light Desk")
        took = r.until("simulated", seconds=SEEN_S * SLOW)
        print("# simulated %.2f s after it was pulled out" % took)
        r.err.wait(lambda s: s.startswith("!!! port traktor: SIMULATED: missing: \"%s\" was unplugged" % BUS))
        state = r.state()
        assert state["deck.a.cue"]["value"] == 0 and state["deck.a.play"]["value"] == 1, state
        assert r.port_status("lights")["opens"] == 1 and r.port_status("lights")["state"] == "open"
        r.plug("out:%s,out:Light Desk" % BUS)
        r.until("open", seconds=SEEN_S * SLOW)
        assert r.port_status()["opens"] == 2
        assert r.port_status("lights")["opens"] == 1


def a_prober_that_dies_is_started_again():
    with Plug(ports={"traktor": dict(TRAKTOR, retry_min_ms=600000, retry_max_ms=600000)}) as r:
        r.wait_simulated("missing")

        def probers():
            return [pid for pid, args in r.processes().items() if args[1] == "watch"]

        (first,) = wait_until(probers, "the prober")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: probers() and first not in probers(), "another prober")
        r.plug("out:" + BUS)
        r.until("open", seconds=SEEN_S * SLOW)


# ---- trying again ----

def tries_wait_longer_each_time():
    with Plug(ports={"traktor": dict(TRAKTOR, retry_min_ms=100, retry_max_ms=400)}) as r:
        r.wait_simulated("missing")
        times, seen = [], 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            tries = r.port_status()["tries"]
            if tries > seen:
                times.append(time.monotonic())
                seen = tries
        gaps = [b - a for a, b in zip(times, times[1:])]
        print("# tried after %s ms" % ", ".join("%.0f" % (g * 1000) for g in gaps))
        assert len(gaps) >= 4 and gaps[-1] < 0.5 * SLOW, gaps
        assert sum(gaps[2:]) / len(gaps[2:]) > 0.29, gaps  # 400 ms, a quarter less
        said = [line for line in r.err.read() if "SIMULATED" in line]
        assert len(said) == 1, said


def retry_does_not_wait():
    with Plug(fault="Pm_OpenOutput=fail", devices="out:" + BUS,
              ports={"traktor": dict(TRAKTOR, retry_min_ms=60000, retry_max_ms=60000)}) as r:
        r.wait_simulated("failed: .*")
        wait_until(lambda: r.port_status()["next_try_ms"], "a time of the next try")
        assert 40000 < r.port_status()["next_try_ms"] < 75000 + 1
        assert re.search(r"next try in \d+\.\d s", r.command("status"))
        r.fault("")
        assert json.loads(r.command("retry", "--json", "traktor")) == {"retried": 1}
        r.until("open", seconds=SEEN_S * SLOW)
        assert r.command("retry") == "there is nothing to be tried again\n"
        done = cuewire.cuewire("retry", "--socket", r.socket, "trakto")
        assert done.returncode == 1 and done.stderr == 'cuewire: the bridge says: there is no port "trakto"\n', done


def a_host_that_crashes_is_restarted():
    with Plug(devices="out:" + BUS, ports={"traktor": TRAKTOR, "lights": {"raw": {"out": "FIFO"}}}) as r:
        r.wait_open("traktor")
        for n, kill in enumerate((signal.SIGXCPU, signal.SIGKILL, signal.SIGABRT), 2):
            os.kill(r.host("--out"), kill)
            wait_until(lambda: r.port_status()["opens"] == n, "opening number %d" % n)
            assert r.intent("deck.a.volume", 1)["status"] == "sent"
        r.untouched_port_goes_on()
        wait_until(lambda: len(r.children()) == 1, "one host and nothing else")


def a_host_that_is_stopped_is_replaced():
    ports = {"traktor": dict(TRAKTOR, on_return="all"), "lights": {"raw": {"out": "FIFO"}}}
    with Plug(devices="out:" + BUS, ports=ports) as r:
        r.wait_open("traktor")
        stopped = r.host("--out")
        freeze(stopped)
        r.send("/deck/a/volume", "f", 1.0)
        r.untouched_port_goes_on()
        r.err.wait(lambda line: "SIMULATED: failed: its driver stopped answering" in line)
        wait_until(lambda: r.port_status()["opens"] == 2, "another host")
        assert stopped not in r.hosts()
        r.wait_log("B0 07 7F")


# ---- coming back ----

def lost(r):
    """Pulls the device out and waits until that is known."""
    r.plug("")
    r.until("simulated")


def what_moved_a_moment_ago_is_sent_once():
    while away_for_a_moment() >= 2:
        pass  # on a machine that is busy it was no moment


def away_for_a_moment():
    """Moves what is away, checks what is sent on return; the seconds in between. From 2 on nothing is checked."""
    with Plug(devices="out:" + BUS, ports={"traktor": TRAKTOR}) as r:
        r.wait_open("traktor")
        r.send("/deck/a/volume", "f", 1.0)
        r.send("/deck/a/play", "f", 1.0)
        r.wait_log("B0 07 7F", "B0 14 7F")
        lost(r)
        started = time.monotonic()
        r.send("/deck/a/play", "f", 0.0)
        r.send("/deck/a/volume", "f", 0.5)
        r.send("/deck/a/tempo", "f", 0.5)
        r.send("/deck/a/volume", "f", 0.25)
        r.send("/deck/a/cue", "f", 1.0)
        r.send("/deck/a/cue", "f", 0.0)
        r.monitored(control="deck.a.cue", value=0)
        assert r.state()["deck.a.volume"]["differs"] and r.port_status()["differ"] == 3
        r.plug("out:" + BUS)
        r.until("open")
        took = time.monotonic() - started
        if took >= 2:
            return took
        # in the order of their last move; the cue is not pressed again
        r.wait_log("B0 07 7F", "B0 14 7F", "B0 14 00", "B0 03 40", "B0 23 00", "B0 07 20")
        assert r.monitored(control="deck.a.tempo", state="open")["from"] == "return"
        r.err.wait(lambda s: s == "port traktor: 3 that moved meanwhile were sent")
        assert not [c for c in r.state().values() if c["differs"]]
        return took


def what_moved_long_ago_is_told_and_synced():
    with Plug(devices="out:" + BUS, ports={"traktor": TRAKTOR}) as r:
        r.wait_open("traktor")
        lost(r)
        r.send("/deck/a/play", "f", 1.0)
        r.send("/deck/a/volume", "f", 0.5)
        r.monitored(control="deck.a.volume")
        time.sleep(2.1)
        r.plug("out:" + BUS)
        r.until("open")
        r.err.wait(lambda s: s.startswith("!!! port traktor: 2 differ from what was last asked (deck.a.play, deck.a.volume)"))
        assert r.monitored(control="deck.a.play", differs=True)["value"] == 1
        assert r.state()["deck.a.play"]["differs"] and not r.log()
        assert "differ 2" in r.command("status")
        r.send("/deck/a/volume", "f", 1.0)
        r.wait_log("B0 07 7F")
        assert not r.state()["deck.a.volume"]["differs"]
        assert json.loads(r.command("sync", "--json")) == {"sent": 1}
        r.wait_log("B0 07 7F", "B0 14 7F")
        wait_until(lambda: not r.state()["deck.a.play"]["differs"], "nothing differs")
        assert r.command("sync") == "0 controls differed and were sent\n"


def on_return_is_as_the_mapping_says():
    for how, expected in ("all", ["B0 07 40"]), ("none", []):
        with Plug(devices="out:" + BUS, ports={"traktor": dict(TRAKTOR, on_return=how)}) as r:
            r.wait_open("traktor")
            lost(r)
            r.send("/deck/a/volume", "f", 0.5)
            r.monitored(control="deck.a.volume")
            time.sleep(2.1 if how == "all" else 0)
            r.plug("out:" + BUS)
            r.until("open")
            r.wait_log(*expected)
            assert r.state()["deck.a.volume"]["differs"] == (how == "none")


def a_press_that_got_there_is_released_on_return():
    # The host dies between the press and its release, and releases nothing.
    with Plug(devices="out:" + BUS, ports={"traktor": dict(TRAKTOR, retry_min_ms=300, retry_max_ms=300)}) as r:
        r.wait_open("traktor")
        r.send("/deck/a/cue", "f", 1.0)
        r.wait_log("B0 15 7F")
        os.kill(r.host("--out"), signal.SIGKILL)
        r.monitored(control="deck.a.cue", value=0, state="simulated")
        r.send("/deck/a/volume", "f", 1.0)
        wait_until(lambda: r.port_status()["opens"] == 2, "the second opening")
        r.wait_log("B0 15 7F", "B0 15 00", "B0 07 7F")


# ---- what waits ----

def presses_expire_as_pairs():
    # One write takes 700 ms: what is behind it in the bridge, and came with it, is too late.
    with Plug(devices="out:" + BUS, ports={"traktor": TRAKTOR}, fault="Pm_WriteShort=stall:700000@1") as r:
        r.wait_open("traktor")
        r.send("/deck/a/cue", "f", 1.0)
        r.wait_log("B0 15 7F")
        pair = [osc("/deck/b/cue", "f", 1.0), osc("/deck/b/cue", "f", 0.0)]
        r.send(bundle(1, *pair * 20, osc("/deck/a/cue", "f", 0.0), osc("/deck/a/play", "f", 1.0),
                      osc("/deck/a/volume", "f", 1.0)))
        # the release of what was pressed, the switch and the fader are never too late
        wait_until(lambda: {"B0 15 00", "B0 14 7F", "B0 07 7F"} <= set(r.log()), "what does not expire")
        log, n = r.log(), r.status()["counters"]
        presses, releases = log.count("B1 15 7F"), log.count("B1 15 00")
        print("# %d pairs were written, %d edges expired" % (presses, n["expired"]))
        assert presses == releases >= 1 and n["expired"] == 40 - presses - releases > 0, (log, n)
        assert n["dropped"] == 0 and r.port_status()["expired"] == n["expired"]
        assert r.monitored(control="deck.b.cue", expired=True)["port"] == "traktor"
        r.err.wait(lambda s: re.match(r"!!! \d+ edges? expired \(the last: deck.b.cue\)", s))


def a_bus_gets_no_more_than_it_takes():
    faders = [{"name": "f%d" % n, "kind": "fader", "port": "traktor", "channel": 3, "cc": 40 + n} for n in range(40)]
    with Plug(devices="out:" + BUS, ports={"traktor": TRAKTOR}, controls=faders, monitor=None) as r:
        r.wait_open("traktor")
        assert r.port_status()["bytes_per_s"] == 5400
        started, sent, edges = time.monotonic(), 0, []
        while time.monotonic() - started < 1.5:
            for n in range(40):
                r.send("/f%d" % n, "f", sent % 128 / 127)
                sent += 1
            on = len(edges) % 2 == 0
            if time.monotonic() - started > 0.1 * (len(edges) / 2 + (0 if on else 0.25)):
                r.send("/deck/a/cue", "f", float(on))
                edges.append("B0 15 7F" if on else "B0 15 00")
            time.sleep(0.002)
        took = time.monotonic() - started
        wait_until(lambda: r.status()["counters"]["backlog"] == 0, "an empty queue")
        log, n = r.log(), r.status()["counters"]
        rate = 3 * len(log) / (took + 0.1)
        print("# %d moves in %.1f s: %d messages of 3 bytes, %.0f bytes/s, %d coalesced" %
              (sent, took, len(log), rate, n["coalesced"]))
        assert rate < 5400 * 1.1, rate
        assert [line for line in log if line.startswith("B0 15")] == edges, (edges, log)
        last = {"B2 %02X" % (40 + i % 40): "%02X" % (i % 128) for i in range(sent - 40, sent)}
        assert dict(line.rsplit(" ", 1) for line in log if line.startswith("B2")) == last
        assert n["expired"] == n["dropped"] == 0 and len(log) + n["coalesced"] == sent + len(edges), n


def rss_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


RATE = 40000 // SLOW  # moves a second: a sanitizer does not read more


def flood(r, seconds, rate, press_every):
    """Moves 40 faders so often a second, in turn, and presses the cue; when each edge was sent."""
    packets = [[osc("/f%d" % n, "f", v / 127) for v in range(128)] for n in range(40)]
    cue = [osc("/deck/a/cue", "f", float(v)) for v in (0, 1)]
    started, sent, edges = time.monotonic(), 0, []
    while (now := time.monotonic()) < started + seconds:
        while sent < (now - started) * rate:
            r.send(packets[sent % 40][sent // 40 % 128])
            sent += 1
            if (now := time.monotonic()) > started + press_every * (len(edges) + 1) / 2:
                edges.append(time.monotonic_ns())
                r.send(cue[len(edges) % 2])
        time.sleep(0.0005)
    if len(edges) % 2:
        edges.append(time.monotonic_ns())
        r.send(cue[0])
    return sent, edges


def a_slow_port_under_a_flood():
    medians = []
    while len(medians) < 3 and (not medians or medians[-1] > 20 * SLOW):
        medians.append(flooded())
    assert medians[-1] <= 20 * SLOW, medians


def flooded():
    """Each write takes 1 ms, thousands of moves a second want one. How late edges are at the median, in ms;
    infinity where the system lost some of what was sent."""
    faders = [{"name": "f%d" % n, "kind": "fader", "port": "traktor", "channel": 3, "cc": 40 + n} for n in range(40)]
    os.environ["CW_PM_LOG_TIMES"] = "1"
    try:
        with Plug(devices="out:" + BUS, ports={"traktor": dict(TRAKTOR, bytes_per_s=0)}, controls=faders,
                  fault="Pm_WriteShort=slow:1000", monitor=None) as r:
            r.wait_open("traktor")
            flood(r, 0.5, RATE, 0.1)
            before = rss_kb(r.process.pid)
            wait_until(lambda: r.status()["counters"]["backlog"] == 0, "an empty queue")
            from_line, came = len(r.log()), r.status()["counters"]["osc_in"]
            sent, edges = flood(r, 2.5, RATE, 0.1)
            after = rss_kb(r.process.pid)
            wait_until(lambda: r.status()["counters"]["backlog"] == 0, "an empty queue")
            came = r.status()["counters"]["osc_in"] - came
            if came < sent + len(edges):
                print("# %d of %d were lost on the way to the bridge" % (sent + len(edges) - came, sent + len(edges)))
                return math.inf
            last = {"B2 %02X" % (40 + i % 40): "%02X" % (i // 40 % 128) for i in range(sent - 40, sent)}

            def log():
                return [line.split(" @") for line in r.log()[from_line:]]

            wait_until(lambda: dict(text.rsplit(" ", 1) for text, _ in log() if text.startswith("B2")) == last,
                       "the last value of every fader")
            log = log()
    finally:
        del os.environ["CW_PM_LOG_TIMES"]
    written = [(text, int(t)) for text, t in log if text.startswith("B0 15")]
    assert [text for text, _ in written] == ["B0 15 7F", "B0 15 00"] * (len(edges) // 2), written
    late = sorted((t - s) / 1e6 for (_, t), s in zip(written, edges))
    print("# %d moves, %d written; %d edges after %.1f ms at the median, %.1f at most; %d kB more memory" %
          (sent, len(log), len(edges), late[len(late) // 2], late[-1], after - before))
    if "release" in cuewire.BUILD:  # a sanitizer keeps what was freed for a while
        assert after - before < 1000, (before, after)
    return late[len(late) // 2]


# ---- loops ----

def two_ports_on_one_bus_are_a_loop():
    ports = {"traktor": TRAKTOR, "pads": {"in": "driver iac", **SOON}}
    routes = [{"port": "pads", "cc": 1, "to": "deck.a.play"}]
    with Plug(devices="io:" + BUS, ports=ports, routes=routes) as r:
        s = wait_until(lambda: [p for p in r.status()["ports"].values() if p["reason"] == "loop"], "a loop")
        assert "has the same bus the other way" in s[0]["detail"], s
        states = sorted(p["state"] for p in r.status()["ports"].values() if p["device"] or p["reason"])
        assert states == ["open", "simulated"], states
    ports["pads"]["allow_loop"] = True
    with Plug(devices="io:" + BUS, ports=ports, routes=routes) as r:
        r.wait_open("traktor", "pads")


def what_comes_back_is_found_and_broken():
    # A FIFO that one port writes and the other reads: a cable from the output to the input.
    with Plug(ports={"traktor": {"out": "iac bus 1", **SOON}, "desk": {"raw": {"out": "FIFO"}},
                     "back": {"raw": {"in": "FIFO"}}},
              controls=[{"name": "x", "kind": "fader", "port": "desk", "cc": 7},
                        {"name": "y", "kind": "fader", "port": "desk", "cc": 8}],
              routes=[{"port": "back", "cc": 7, "to": "x"}]) as r:
        r.wait_open("desk", "back")
        r.send("/x", "f", 0.5)
        told = r.err.wait(lambda s: s.startswith("!!! loop: "))
        assert told.startswith("!!! loop: what x sends to port desk comes back by midi:back"), told
        assert r.monitored(loop="x")["from"] == "midi:back"
        sent = r.status()["counters"]["midi_out"]
        print("# broken after %d messages" % sent)
        assert sent < 100
        time.sleep(0.2)
        assert r.status()["counters"]["midi_out"] == sent
        r.send("/y", "f", 0.5)
        r.send("/x", "f", 1.0)
        wait_until(lambda: r.status()["counters"]["midi_out"] == sent + 2, "two more")


# ---- virtual ports ----

def a_virtual_port_is_made_or_the_next_is_taken():
    ports = {"traktor": {"out": ["cuewire to Traktor", "iac bus 1"], "virtual": True, **SOON}}
    with Plug(devices="out:" + BUS, ports=ports) as r:  # PortMidi 217 has none
        r.wait_open("traktor")
        assert r.port_status()["device"] == BUS
        r.err.wait(lambda s: s == 'port traktor: this PortMidi has no virtual ports, took "%s"' % BUS)
    with Plug(ports=ports) as r:
        reason = r.wait_simulated("failed: .*")["reason"]
        assert "this PortMidi has no virtual ports" in reason and "iac bus 1" in reason, reason
    older, cuewire.FAULT = cuewire.FAULT, cuewire.FAULT + "2"
    try:
        with Plug(devices="out:" + BUS, ports=ports) as r:
            r.wait_open("traktor")
            assert r.port_status()["device"] == "cuewire to Traktor"
            assert r.port_status()["bytes_per_s"] == 5400
            assert r.intent("deck.a.volume", 1)["status"] == "sent"
            assert r.log("cuewire to Traktor") == ["B0 07 7F"]
            time.sleep(1.2)  # no look at the devices takes it for one that has gone
            assert r.port_status()["opens"] == 1 and r.port_status()["state"] == "open"
    finally:
        cuewire.FAULT = older


# ---- cuewire ports --watch ----

def ports_watch_tells_what_comes_and_goes():
    name = Plug.temporary("out:" + BUS)
    env = dict(os.environ, LD_LIBRARY_PATH=cuewire.FAULT, CW_PM_DEVICES="@" + name)
    with subprocess.Popen([cuewire.CUEWIRE, "ports", "--watch"], stdout=subprocess.PIPE, text=True, env=env) as p:
        assert p.stdout.readline() == "there output %s\n" % BUS
        with open(name, "w") as f:
            f.write("in:Pads")
        assert {p.stdout.readline(), p.stdout.readline()} == {"gone  output %s\n" % BUS, "there input  Pads\n"}
        p.kill()
    with subprocess.Popen([cuewire.CUEWIRE, "ports", "--watch", "--json"], stdout=subprocess.PIPE, env=env) as p:
        line = json.loads(p.stdout.readline())
        assert line["there"] == "input" and line["name"] == "Pads" and line["t_ns"] > 0, line
        p.kill()
    os.unlink(name)


if __name__ == "__main__":
    tests = [a_device_that_comes_is_opened, a_device_that_goes_is_simulated, a_prober_that_dies_is_started_again,
             tries_wait_longer_each_time, retry_does_not_wait, a_host_that_crashes_is_restarted,
             a_host_that_is_stopped_is_replaced,
             what_moved_a_moment_ago_is_sent_once, what_moved_long_ago_is_told_and_synced,
             on_return_is_as_the_mapping_says, a_press_that_got_there_is_released_on_return, presses_expire_as_pairs,
             a_bus_gets_no_more_than_it_takes, a_slow_port_under_a_flood, two_ports_on_one_bus_are_a_loop,
             what_comes_back_is_found_and_broken,
             a_virtual_port_is_made_or_the_next_is_taken, ports_watch_tells_what_comes_and_goes]
    cuewire.run_tests([t for t in tests if len(sys.argv) < 2 or t.__name__ in sys.argv[1:]])
