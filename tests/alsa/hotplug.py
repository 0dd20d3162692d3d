"""Devices that come and go under load, on the real PortMidi and the real prober: a rig of three
sequencer clients and a bridge, of which two come and go ("Traktor In" and a controller), and one
stays ("Light Desk") and must not notice."""

import glob
import os
import random
import select
import signal
import subprocess
import threading
import time

from player import Player
from cuewire import CUEWIRE, PATIENCE, Bridge, Lines, osc, wait_until

LIMIT_MS = 1000   # for what comes to be open, and for what goes to be missing
CARD_MS = 5000    # for a card to be open: its modules are loaded anew
STEADY_MS = 100   # for a message to the port that stays
PERIOD = 0.02     # of the load
FADERS = {"deck.%d" % n: "B0 %02X" % (n + 64) for n in range(10)}
MOVING, RARE = list(FADERS)[:7], list(FADERS)[7:]  # those are never still for 2 s
ON, OFF = "B0 17 7F", "B0 17 00"

MAPPING = {
    "ports": {"traktor": {"out": "traktor in"}, "lights": {"out": "light desk"},
              "pads": {"in": "pads midi 1"}},
    "controls": [{"name": name, "kind": "fader", "port": "traktor", "cc": int(midi[3:], 16)}
                 for name, midi in FADERS.items()] + [
        {"name": "cue", "kind": "button", "port": "traktor", "cc": 23},
        {"name": "level", "kind": "fader", "port": "lights", "cc": 1},
        {"name": "wheel", "kind": "fader", "port": "lights", "cc": 2},
        {"name": "flash", "kind": "button", "port": "lights", "cc": 3},
    ],
    "routes": [{"port": "pads", "cc": 1, "to": "wheel"}, {"port": "pads", "note": 40, "to": "flash"}],
}


class Load(threading.Thread):
    """OSC without a break: the level counts, one of the moving faders jumps, the cue is now and then
    pressed or released. What was sent last is in last, what was sent to the level in levels."""

    def __init__(self, bridge, seed):
        super().__init__(daemon=True)
        self.bridge, self.dice = bridge, random.Random(seed)
        self.last, self.levels, self.cues = {}, [], []
        self.held = False
        self.goes, self.still = threading.Event(), threading.Event()
        self.ends = False
        self.goes.set()

    def send(self, name, value):
        self.last[name] = value
        self.bridge.send(osc("/" + name.replace(".", "/"), "f", value / 127))

    def cue(self, held):
        self.held = held
        self.cues.append((time.monotonic_ns(), held))
        self.send("cue", 127 if held else 0)

    def run(self):
        n = 0
        while not self.ends:
            if not self.goes.is_set():
                self.still.set()
                self.goes.wait()
                self.still.clear()
            self.levels.append((time.monotonic_ns(), n % 128))
            self.send("level", n % 128)
            self.send(MOVING[n % len(MOVING)], self.dice.randrange(128))
            if n % 5 == 0 and self.dice.random() < 0.7:
                self.cue(not self.held)
            n += 1
            time.sleep(PERIOD)

    def rest(self):
        """Nothing moves and nothing is held."""
        self.goes.clear()
        self.still.wait()
        if self.held:
            self.cue(False)

    def go_on(self):
        self.still.clear()
        self.goes.set()

    def end(self):
        self.ends = True
        self.goes.set()
        self.join()


class Rig(Bridge):
    def __init__(self, seed):
        self.players = [Player("Traktor", "Traktor In"), Player("Lights", "Light Desk"),
                        Player("Pads", "Pads MIDI 1")]
        self.traktor, self.lights, self.pads = self.players
        self.watch = subprocess.Popen([CUEWIRE, "ports", "--watch"], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE)
        self.told = Lines(self.watch.stdout)
        self.told.wait(lambda line: "Pads MIDI 1" in line)
        self.said = 0
        self.worst = {"open": 0, "missing": 0}
        self.pressed = 0
        self.wheel = []
        super().__init__(mapping=MAPPING, monitor=None)
        self.load = Load(self, seed)

    def __enter__(self):
        super().__enter__()
        for port in "traktor", "lights", "pads":
            self.err.wait(lambda line: line.startswith("port %s: open (" % port))
        self.said = len(self.err.lines)
        self.load.start()
        return self

    def __exit__(self, *exc):
        self.load.end()
        super().__exit__(*exc)
        self.watch.kill()
        self.watch.wait()
        for player in self.players:
            player.__exit__()

    def say(self, what, since_ns, text):
        """The bridge says so within the limit."""
        end = time.monotonic() + PATIENCE
        while True:
            new = self.err.lines[self.said:]
            if any(text in line for line in new):
                break
            assert time.monotonic() < end, "%s: not said: %s" % (text, self.err.lines[self.said:])
            self.err.read(0.02)
        ms = (time.monotonic_ns() - since_ns) / 1e6
        self.said += [text in line for line in new].index(True) + 1
        self.worst[what] = max(self.worst[what], ms)
        assert ms < LIMIT_MS, "%s: %.0f ms" % (text, ms)

    def plug(self, name, player):
        self.say("open", player.come(), "port %s: open (%s" % (name, player.name))

    def unplug(self, name, player):
        self.say("missing", player.go(), 'missing: "%s" was unplugged' % player.name)


# ---- one round ----

def play_pads(r, n):
    """The controller turns its wheel and presses a pad, which it still holds when it is unplugged."""
    values = [(n * 5 + k) % 128 for k in range(5)]
    r.wheel += values
    r.pressed += 1
    r.pads.play(*[line for v in values for line in ("CC 1 1 %d" % v, "SLEEP 5")])
    r.pads.play("NOTE_ON 1 40 100", "SLEEP 5")


def wrong(r):
    """Faders whose last value has neither arrived nor is told to differ, and a cue that is held."""
    state, has = r.state(), r.traktor.known()
    found = []
    for name, midi in FADERS.items():
        value = has.get(midi)
        if name in r.load.last and value != r.load.last[name] and not state[name]["differs"]:
            found.append((name, value, r.load.last[name]))
    if has.get("B0 17", 0) != 0:
        found.append("cue")
    return found


def check_rest(r, long):
    """Everything has arrived; but what moved long ago, while nobody was there, differs until it is moved
    again or all is sent."""
    r.load.rest()
    time.sleep(0.03)
    wait_until(lambda: not wrong(r), "the last values", 3)
    differ = [name for name, c in r.state().items() if c["differs"]]
    assert differ == (RARE if long else []), differ
    if long:
        r.load.send(RARE[0], 64)
        r.command("sync")
        wait_until(lambda: not any(c["differs"] for c in r.state().values()), "sync", 3)
        wait_until(lambda: not wrong(r), "what was sent again", 3)
    r.load.go_on()


def one_round(r, n, long):
    r.unplug("traktor", r.traktor)
    if long:
        for name in RARE:
            r.load.send(name, (r.load.last.get(name, 0) + 1 + n) % 128)
        time.sleep(2.2)
    r.unplug("pads", r.pads)
    time.sleep(r.load.dice.uniform(0, 0.2))
    for name, player in r.load.dice.sample([("traktor", r.traktor), ("pads", r.pads)], 2):
        r.plug(name, player)
    play_pads(r, n)
    time.sleep(r.load.dice.uniform(0.1, 0.3))
    check_rest(r, long)
    time.sleep(r.load.dice.uniform(0, 0.1))


# ---- the end ----

def around(r, t_ns):
    """What happened to the cue in the two seconds around, for a person: milliseconds and what."""
    sent = [(t, "sent %d" % held) for t, held in r.load.cues]
    got = [(t, "got %s" % text) for t, text in r.traktor.got() if text in (ON, OFF, None)]
    return [((t - t_ns) // 1000000, what) for t, what in sorted(sent + got) if abs(t - t_ns) < 1e9]


def check_buttons(r):
    """Presses and releases alternate. What the client was gone with is released before it is pressed
    again. Before its first press there may be releases more: of a press that it may have missed when it
    went, and when the finger that the bridge has let go is lifted."""
    held = back = False
    presses = 0
    for t, text in r.traktor.got():
        if text is None:
            back = True
        elif text in (ON, OFF):
            assert held != (text == ON) or (back and text == OFF), (t, text, around(r, t))
            held, back = text == ON, back and text == OFF
            presses += held
    assert not held
    return presses


def check_lights(r):
    """The port that stays has got everything, in order and in time. Returns the worst, in milliseconds."""
    got = r.lights.got()
    assert [int(text[6:], 16) for t, text in got if text.startswith("B0 02")] == r.wheel
    flashes = [text for t, text in got if text.startswith("B0 03")]
    assert flashes == ["B0 03 7F", "B0 03 00"] * r.pressed, flashes
    levels = [(t, int(text[6:], 16)) for t, text in got if text.startswith("B0 01")]
    assert [v for t, v in levels] == [v for t, v in r.load.levels]
    worst = max(there - sent for (sent, _), (there, _) in zip(r.load.levels, levels)) / 1e6
    assert worst < STEADY_MS, worst
    return worst


def check_told(r):
    """`cuewire ports --watch` has told all of it, each both ways."""
    for player in r.traktor, r.pads:
        name, rounds = player.name, len([1 for _, text in player.got() if text is None])
        for way in "input", "output":
            end = "%-6s %s" % (way, name)
            told = lambda: [line.split()[0] for line in r.told.read() if line.endswith(end)]  # noqa: E731
            wait_until(lambda: len(told()) >= 1 + 2 * rounds, "%s: %d" % (end, rounds))
            assert told() == ["there"] + ["gone", "there"] * rounds, told()


def run(rounds, long_every=7, seed=1):
    """rounds times. Returns what was measured, in words."""
    with Rig(seed) as r:
        for n in range(rounds):
            one_round(r, n, n % long_every == long_every - 1)
        r.load.rest()
        r.unplug("pads", r.pads)
        r.plug("pads", r.pads)
        wait_until(lambda: len([1 for t, text in r.lights.got() if text and text.startswith("B0 03")]) ==
                   2 * r.pressed, "the release of the last pad")
        time.sleep(0.2)
        presses, worst = check_buttons(r), check_lights(r)
        check_told(r)
        assert r.stop(signal.SIGTERM) == 0
        return ("%d rounds: open after at most %.0f ms, missing after %.0f ms; the other port: %d messages, "
                "each within %.1f ms; %d presses" % (rounds, r.worst["open"], r.worst["missing"],
                                                      len(r.load.levels), worst, presses))


# ---- a driver ----

DRIVER = "/sys/bus/platform/drivers/snd_virmidi/"
DRIVEN = {
    # The clock runs on while the program of a port is read from a file of the host.
    "ports": {"card": {"out": "virmidi", "open_timeout_ms": 60000}},
    "controls": [{"name": "volume", "kind": "fader", "port": "card", "cc": 7}],
}


def pull():
    """The card goes while it is in use."""
    with open(DRIVER + "unbind", "w") as f:
        f.write("snd_virmidi.0")


def card_gets(r, value):
    """What is sent arrives on the other side of the card, what moved before may come first."""
    (path,) = glob.glob("/dev/snd/midiC*D0")
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    got = b""
    try:
        r.send("/volume", "f", value / 127)
        while not got.endswith(bytes([7, value])):
            assert select.select([fd], [], [], 3)[0], "%d does not arrive, but %s" % (value, got.hex())
            got += os.read(fd, 64)
    finally:
        os.close(fd)


def run_driver(rounds):
    """rounds times. How long modprobe takes is not counted: it waits for files. Returns what was measured, in
    words."""
    worst = {"open": 0, "missing": 0}

    def said(what, since, text):
        r.err.wait(lambda line: text in line)
        worst[what] = max(worst[what], (time.monotonic() - since) * 1000)
        r.err.lines.clear()

    with Bridge(mapping=DRIVEN, monitor=None) as r:
        said("open", time.monotonic(), "port card: open (VirMIDI")
        for n in range(rounds):
            card_gets(r, 1 + n % 100)
            since = time.monotonic()
            pull()
            said("missing", since, 'SIMULATED: missing: "VirMIDI')
            subprocess.run(["modprobe", "-r", "snd-virmidi"], check=True)
            subprocess.run(["modprobe", "snd-virmidi", "midi_devs=1"], check=True)
            said("open", time.monotonic(), "port card: open (VirMIDI")
            card_gets(r, 101 + n % 20)
        assert worst["missing"] < LIMIT_MS and worst["open"] < CARD_MS, worst
        assert r.stop(signal.SIGTERM) == 0
    return "%d rounds: open after at most %.0f ms, missing after %.0f ms" % (rounds, worst["open"], worst["missing"])
