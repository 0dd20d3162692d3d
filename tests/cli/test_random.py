#!/usr/bin/python3
"""Random routes with random transforms on random events, played through an engine: whatever comes, a button
whose fingers have all gone is let go, and of a radio group two are never on."""

import json
import os
import random
import sys
import tempfile

import cuewire

SEEDS = 12
EVENTS = 4000
TRANSFORMS = {
    "range": [[0, 0.5], [0.2, 1], [1, 0]], "invert": [True], "curve": ["log", "s", [[0, 0], [0.4, 0.5], [0.6, 0.5], [1, 1]]],
    "quantise": [2, 5, 128], "deadband": [0.05, 0.3], "threshold": [0.3, 0.9], "output": [[0.2, 0.8], [1, 0]],
    "press": ["short", "long", "single", "double"], "as": ["momentary", "toggle", "latch", "on", "off"],
    "smooth": [50, "1 beat"], "ramp": [70, "0.5 beats"], "delay": [40, "1 beat"], "max_per_s": [5, 100],
    "takeover": ["pickup", "scale"],
}
OF_BUTTONS = {"press", "smooth", "ramp", "delay", "max_per_s", "threshold"}  # they keep a release a release
CONTROLS = [{"name": "%s.%d" % (kind, n), "kind": kind, "port": "out", "cc": 40 + 4 * n + k,
             **({"radio": "group"} if kind == "switch" else {})}
            for k, kind in enumerate(("fader", "switch", "button")) for n in range(3)]
NOTES = [0, 1, 2, 3, 4, 5, 6, 127]


def random_route(dice):
    to = dice.choice(CONTROLS)
    note = {"port": "pads", "note": dice.randrange(1, 7)}
    source = note if to["kind"] == "button" else dice.choice(
        [note, {"port": "pads", "cc": dice.randrange(1, 8)}, {"osc": "/o%d" % dice.randrange(6)}])
    route = {**source, **dice.choice([{}, {"when": {"shift": 0}}, {"when": {"shift": 1}}])}
    key = json.dumps(route)
    for name in dice.sample(list(TRANSFORMS), dice.randrange(4)):
        if to["kind"] == "button" and name not in OF_BUTTONS or to["kind"] != "fader" and name == "takeover":
            continue
        route[name] = dice.choice(TRANSFORMS[name])
    return key, {**route, "to": to["name"]}


def random_mapping(dice):
    routes = dict(random_route(dice) for _ in range(40))  # each source and condition once
    return {
        "hold_ms": dice.choice([0, 100]), "tempo": {"tap": "tap", "bpm": 120},
        "ports": {"out": {"simulated": True}, "pads": {"in": "pads", "optional": True}},
        "controls": CONTROLS + [{"name": name, "kind": "button"} for name in ("shift", "tap")],
        "routes": [{"port": "pads", "note": 0, "to": "shift"}, {"port": "pads", "note": 127, "to": "tap"},
                   *routes.values()],
    }


def random_lines(dice):
    """Every note that goes on goes off in the end."""
    t, down = 10 ** 9, set()

    def line(kind, **more):
        return json.dumps({"t_ns": t, "in": kind, **more})

    def note(n, on):
        (down.add if on else down.discard)(n)
        return line("midi:pads", midi="%02X %02X %02X" % (0x90 if on else 0x80, n, dice.choice([1, 40, 127]) if on else 0))

    yield line("start")
    for _ in range(EVENTS):
        t += dice.choice([1, 5, 20, 60, 300]) * 10 ** 6
        which = dice.random()
        if which < 0.45:
            n = dice.choice(NOTES)
            yield note(n, n not in down)
        elif which < 0.7:
            yield line("midi:pads", midi="B0 %02X %02X" % (dice.randrange(1, 8), dice.randrange(128)))
        elif which < 0.95:
            yield line("osc:/o%d" % dice.randrange(6), args=[dice.choice([0, 1, dice.random()])], peer=dice.randrange(2))
        elif which < 0.98:
            control = dice.choice([c["name"] for c in CONTROLS if c["kind"] != "button"])
            yield line("intent", intent={"intent": "set", "slots": {"control": control, "value": 1}}, rank="script")
        else:
            yield line("stop")
    for n in sorted(down):
        t += 10 ** 6
        yield note(n, False)
    t += 20 * 10 ** 9
    yield line("osc:/nobody", args=[1])


def played(mapping, lines):
    with tempfile.TemporaryDirectory(prefix="cuewire-random.") as folder:
        for name, text in ("m.json", json.dumps(mapping)), ("in.trace", "\n".join(lines) + "\n"):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        done = cuewire.cuewire("replay", "in.trace", "m.json", cwd=folder)
        assert done.returncode == 0, done.stderr[-2000:]
        return [o for o in map(json.loads, done.stdout.splitlines()) if "control" in o]


def whatever_comes(seed):
    dice = random.Random(seed)
    mapping = random_mapping(dice)
    moved = played(mapping, random_lines(dice))
    assert len(moved) > 500, len(moved)
    value = {}
    for o in moved:
        value[o["control"]] = o["value"]
        on = [c for c in value if c.startswith("switch") and value[c] >= 0.5]
        assert len(on) < 2, "seed %d: %s are on at %d: %s" % (seed, on, o["t_ns"], json.dumps(mapping["routes"]))
    held = [c for c in value if c.startswith("button") and value[c] >= 0.5]
    assert not held, "seed %d: %s are held: %s" % (seed, held, json.dumps(mapping["routes"]))


def a_few():
    for seed in range(SEEDS):
        whatever_comes(seed)


if __name__ == "__main__":
    if len(sys.argv) > 1:  # this seed, to look at it
        whatever_comes(int(sys.argv[1]))
    else:
        cuewire.run_tests([a_few])
