#!/usr/bin/python3
"""`cuewire learn`: a controller on a FIFO is moved, and the mapping file has the route."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import tempfile
import time

import cuewire
from cuewire import CUEWIRE, PATIENCE, Bridge

MAPPING = """{
  "title": "test", "note": "left  as it is",

  "ports": {
    "pads": { "raw": { "in": "FIFO" } },
    "traktor": { "simulated": true }
  },
  "controls": [
    { "name": "deck.a.volume", "kind": "fader", "port": "traktor", "cc": 7 },
    { "name": "deck.b.volume", "kind": "fader", "port": "traktor", "cc": 8 },
    { "name": "deck.a.gain", "kind": "fader", "port": "traktor", "cc": 9 },
    { "name": "deck.a.play", "kind": "switch", "port": "traktor", "cc": 20 },
    { "name": "deck.a.cue", "kind": "button", "port": "traktor", "cc": 21 },
    { "name": "browser.list", "kind": "encoder", "port": "traktor", "cc": 22 },
    { "name": "shift", "kind": "button" }
  ],
  "routes": [
    { "port": "pads", "cc": 1, "to": "deck.a.gain" },
    { "port": "pads", "note": 15, "to": "shift" },
    { "port": "pads", "note": "{n}", "to": "deck.a.cue", "each": { "n": [60, 61] } }
  ]
}
"""

FADER = "B0 15 03, B0 15 10, B0 15 20, B0 15 33, B0 15 48, B0 15 60"
PAIR = ", ".join("B0 03 %02X B0 23 %02X" % (10 + i, i * 37 % 128) for i in range(12))
PAD = "90 24 5F, 80 24 00"
ENCODER = "B0 16 41, B0 16 41, B0 16 41, B0 16 3F, B0 16 3F"


class Desk(Bridge):
    """A bridge with the mapping above on a FIFO, and what is typed at it."""

    def __init__(self, extra=(), text=MAPPING):
        self.folder = tempfile.TemporaryDirectory(prefix="cuewire-learn.")
        self.mine = os.path.join(self.folder.name, "mine.json")
        fifo = os.path.join(self.folder.name, "fifo")
        os.mkfifo(fifo)
        self.text = text.replace("FIFO", fifo)
        self.write(self.text)
        self.fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        super().__init__(self.mine, *extra)

    def __enter__(self):
        super().__enter__()
        self.err.wait(lambda s: s.startswith("port pads: open"))
        return self

    def __exit__(self, *exc):
        super().__exit__(*exc)
        os.close(self.fifo)
        self.folder.cleanup()

    def write(self, text):
        with open(self.mine, "w", newline="") as f:
            f.write(text)

    def read(self):
        with open(self.mine, newline="") as f:
            return f.read()

    def play(self, script, gap=0.004):
        """Messages, one after the other."""
        for message in script.split(","):
            os.write(self.fifo, bytes.fromhex(message))
            time.sleep(gap)

    def learn(self, *args):
        """One that listens already."""
        return Learn(self, *args)

    def learned(self, script, *args, code=0):
        """What a learn of these arguments says when this is played."""
        p = self.learn(*args)
        self.play(script)
        return p.end(code)

    def json(self, script, *args):
        return json.loads(self.learned(script, "--json", "--once", *args)[0].splitlines()[-1])


class Learn:
    """A learn without a terminal."""

    def __init__(self, desk, *args):
        self.process = subprocess.Popen([CUEWIRE, "learn", "--socket", desk.socket, *args], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=desk.folder.name)
        self.out = cuewire.Lines(self.process.stdout)
        self.err = cuewire.Lines(self.process.stderr)
        self.err.wait(lambda s: s == "Move something...")

    def end(self, code=0):
        """What it has said on both."""
        assert self.process.wait(PATIENCE) == code, self.said()
        return self.said()

    def said(self):
        return ["\n".join(lines.read(0.1)) for lines in (self.out, self.err)]


class Terminal:
    """A learn on a terminal of its own."""

    def __init__(self, desk, *args, cwd=None):
        self.fd, end = pty.openpty()
        self.process = subprocess.Popen([CUEWIRE, "learn", "--socket", desk.socket, *args], stdin=end, stdout=end,
                                        stderr=end, cwd=cwd or desk.folder.name)
        os.close(end)
        self.text = ""
        self.wait("Move something...")

    def read(self):
        if select.select([self.fd], [], [], 0.02)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode().replace("\r\n", "\n")
            except OSError:
                return False
        return True

    def wait(self, words):
        """What was said up to these words; the rest is kept."""
        def there():
            return words in self.text or (not self.read() and words in self.text)
        try:
            cuewire.wait_until(there, repr(words))
        except AssertionError:
            raise AssertionError("no %r in:\n%s" % (words, self.text))
        said, self.text = self.text.split(words, 1)
        return said + words

    def type(self, line):
        os.write(self.fd, (line + "\n").encode())

    def end(self, code=0):
        self.type("q")
        assert self.process.wait(PATIENCE) == code
        os.close(self.fd)


# ---- scripts ----


def things_as_json():
    cases = (
        (FADER, "fader7", "7-bit fader on channel 1, CC 21", {"port": "pads", "channel": 1, "cc": 21}, {}),
        (PAIR, "fader14", "14-bit fader on channel 1, CC 3 and 35",
         {"port": "pads", "channel": 1, "cc": [3, 35]}, {}),
        (PAD, "button", "button on channel 1, note 36", {"port": "pads", "channel": 1, "note": 36}, {}),
        (ENCODER, "encoder", "encoder (offset) on channel 1, CC 22",
         {"port": "pads", "channel": 1, "cc": 22}, {"encoder": "offset"}),
        ("E1 00 40, E1 10 41, E1 20 50", "pitch_bend", "14-bit fader on channel 2, pitch bend",
         {"port": "pads", "channel": 2, "pitch_bend": True}, {}),
    )
    with Desk() as d:
        for script, guess, text, source, more in cases:
            o = d.json(script)
            assert o["guess"] == guess and o["text"] == text and o["sure"] is True, o
            assert o["source"] == source and o["route"] == {**source, **more}, o
            assert 0.5 <= o["confidence"] <= 1 and o["mapped"] == [] and o["held"] is None, o
        assert d.read() == d.text  # nothing is written


def osc_as_json():
    with Desk() as d:
        p = d.learn("--json", "--once")
        for v in 0.1, 0.3, 0.6:
            d.send("/1/fader1", "f", v)
        o = json.loads(p.end()[0])
        assert o["guess"] == "fader" and o["source"] == o["route"] == {"osc": "/1/fader1"}, o
        p = d.learn("--json", "--once")
        for v in 0.1, 0.3, 0.6:
            d.send("/3/xy", "ff", 0.5 + v / 10, v)
        o = json.loads(p.end()[0])
        assert o["guess"] == "xy" and o["route"] == {"osc": "/3/xy", "arg": 1}, o


def unclear_is_told_and_asked_for():
    with Desk() as d:
        p = d.learn("--json", "--once")
        d.play("B0 16 01, B0 16 01, B0 16 01")
        o = json.loads(p.out.wait(lambda s: True))
        assert o["sure"] is False and o["route"] is None and "the other way" in o["text"], o
        d.play("B0 16 7F, B0 16 7F")
        o = json.loads(p.out.wait(lambda s: "twos or" not in s))
        assert o["route"] == {"port": "pads", "channel": 1, "cc": 22, "encoder": "twos"}, o
        p.end()


def mapped_and_held_are_told():
    with Desk() as d:
        o = d.json("B0 01 03, B0 01 20, B0 01 50")
        assert o["mapped"] == [{"control": "deck.a.gain", "file": d.mine, "line": 18}], o
        p = d.learn("--json", "--once")
        d.play("90 0F 7F")
        time.sleep(0.1)
        d.play(FADER)
        o = json.loads(p.end()[0])
        d.play("80 0F 00")
        assert o["text"] == "7-bit fader on channel 1, CC 21, while note 15 on channel 1 is held", o
        assert o["held"] == {"source": {"port": "pads", "channel": 1, "note": 15}, "control": "shift",
                             "touch": False, "moves_without": False}, o
        assert o["route"] == {"port": "pads", "channel": 1, "cc": 21, "when": {"shift": 1}}, o


def writes_to_a_control():
    last = '{ "port": "pads", "note": "{n}", "to": "deck.a.cue", "each": { "n": [60, 61] } }'
    with Desk() as d:
        os.chmod(d.mine, 0o640)
        out, _ = d.learned(FADER, "--to", "deck.a.volume", "--once", "mine.json")
        route = '{ "port": "pads", "channel": 1, "cc": 21, "to": "deck.a.volume" }'
        assert d.read() == d.text.replace(last, last + ",\n    " + route), d.read()
        assert "written to mine.json:21; " in out, out
        assert stat.S_IMODE(os.stat(d.mine).st_mode) == 0o640
        written = d.read()
        done = cuewire.cuewire("check", d.mine)
        assert done.returncode == 0, done.stdout
        # Again, to another control: it takes the place of the first.
        d.learned(FADER, "--to", "deck.b.volume", "mine.json")
        assert d.read() == written.replace('21, "to": "deck.a.volume"', '21, "to": "deck.b.volume"'), d.read()
        assert sorted(os.listdir(d.folder.name)) == [".mine.json.undo", "fifo", "mine.json"]
        for expected in written, d.text:
            done = cuewire.cuewire("learn", "--undo", d.mine)
            assert done.returncode == 0 and "taken back" in done.stdout, done
            assert d.read() == expected
        done = cuewire.cuewire("learn", "--undo", d.mine)
        assert done.returncode == 1 and "nothing to take back" in done.stderr, done


def the_same_route_is_found_behind_many():
    many = "".join(',\n    { "port": "pads", "channel": 1, "cc": 21, "when": { "layer.n%d": 1 }, "to": "deck.a.gain" }' % n
                   for n in range(1, 10))
    plain = '{ "port": "pads", "channel": 1, "cc": 21, "to": "deck.a.volume" }'
    last = '"each": { "n": [60, 61] } }'
    layers = "".join(',\n    { "name": "layer.n%d", "kind": "switch" }' % n for n in range(1, 10))
    shift = '{ "name": "shift", "kind": "button" }'
    text = MAPPING.replace(last, last + many + ",\n    " + plain).replace(shift, shift + layers)
    with Desk(text=text) as d:
        d.learned(FADER, "--to", "deck.b.volume", "mine.json")
        assert d.read() == d.text.replace(plain, plain.replace("deck.a", "deck.b")), d.read()


def writes_parameters():
    fine = ", ".join("B0 63 02, B0 62 03, B0 06 %02X, B0 26 %02X" % (10 + 8 * i, i) for i in range(8))
    coarse = ", ".join("B0 63 02, B0 62 03, B0 06 %02X" % (10 + 8 * i) for i in range(8))
    with Desk() as d:
        out, _ = d.learned(fine, "--to", "deck.a.volume", "--once", "mine.json")
        assert "NRPN 259, 14 bits" in out, out
        written = d.read()
        assert '{ "port": "pads", "channel": 1, "nrpn": 259, "to": "deck.a.volume" }' in written, written
        done = cuewire.cuewire("check", d.mine)
        assert done.returncode == 0, done.stdout
        # The same parameter in 7 bits has the same source: it takes the place of the first.
        d.learned(coarse, "--to", "deck.b.volume", "mine.json")
        assert d.read() == written.replace('259, "to": "deck.a.volume"', '259, "bits": 7, "to": "deck.b.volume"')


def writes_as_json_and_makes_files():
    with Desk() as d:
        o = json.loads(d.learned(PAD, "--json", "--to", "deck.a.play", "new.json")[0])
        assert o["route"] == {"port": "pads", "channel": 1, "note": 36, "as": "toggle", "to": "deck.a.play"}, o
        assert o["file"] == "new.json" and o["line"] == 4 and "cuewire run ... new.json" in o["news"], o
        with open(os.path.join(d.folder.name, "new.json")) as f:
            new = json.load(f)
        assert new["routes"] == [o["route"]], new
        # It is read behind the bridge's files the next time, and its routes are known.
        o = d.json(PAD, "new.json")
        assert [m["control"] for m in o["mapped"]] == ["deck.a.play"], o
        done = cuewire.cuewire("learn", "--undo", "new.json", cwd=d.folder.name)
        assert done.returncode == 0 and not os.path.exists(os.path.join(d.folder.name, "new.json")), done


def shift_layer_is_written():
    with Desk() as d:
        p = d.learn("--to", "deck.a.volume", "mine.json")
        d.play("90 0F 7F")
        time.sleep(0.1)
        d.play(FADER)
        p.end()
        d.play("80 0F 00")
        assert '"cc": 21, "when": { "shift": 1 }, "to": "deck.a.volume" }' in d.read(), d.read()


def refusals():
    with Desk() as d:
        done = cuewire.cuewire("learn", "--socket", d.socket, "--to", "deck.a.volum", d.mine)
        assert done.returncode == 1 and 'did you mean "deck.a.volume"?' in done.stderr, done
        done = cuewire.cuewire("learn", "--socket", d.socket, "--to", "deck.a.volume", "--timeout", "1", d.mine)
        assert done.returncode == 1 and "nothing was moved within 1 s" in done.stderr, done
        _, err = d.learned("B0 16 41", "--to", "deck.a.volume", "--timeout", "1", code=1)
        assert "nothing was clear within 1 s; the last was: something on channel 1, CC 22" in err, err
        _, err = d.learned(ENCODER, "--to", "deck.a.play", code=1)
        assert "deck.a.play is on or off: an encoder cannot move it" in err, err
        # A source that an "each" of this file has already: the check says where.
        _, err = d.learned("90 3C 7F, 80 3C 00", "--to", "deck.a.play", code=1)
        assert "nothing was written, for it would not be right:" in err and "same source" in err, err
        assert d.read() == d.text
        _, err = d.learned(FADER, "--to", "deck.a.volume", "x" * 250, code=1)
        assert "nothing was written:\n" in err and "cannot write: File name too long" in err, err
    done = cuewire.cuewire("learn", "--socket", "/nonexistent/s")
    assert done.returncode == 1 and 'start one with "cuewire run"' in done.stderr, done
    done = cuewire.cuewire("learn", "--undo")
    assert done.returncode == 2 and "needs a file" in done.stderr, done


def change_meanwhile_is_not_lost():
    with Desk() as d:
        d.learned(FADER, "--to", "deck.a.volume", "mine.json")
        d.write(d.read().replace("left  as it is", "edited"))
        done = cuewire.cuewire("learn", "--undo", d.mine)
        assert done.returncode == 1 and "edited after the last change" in done.stderr, done
        assert "edited" in d.read() and '"cc": 21' in d.read()


def a_route_that_others_put_there_is_not_replaced():
    gain = '{ "port": "pads", "cc": 1, "to": "deck.a.gain" }'
    with Desk() as d:
        d.learned(FADER, "--to", "deck.a.volume", "mine.json")
        mine = '{ "port": "pads", "channel": 1, "cc": 21, "to": "deck.a.volume" }'
        p = d.learn("--to", "deck.b.volume", "mine.json")
        # Another route stands where the one that is replaced stood, and that one elsewhere.
        edited = d.read().replace(gain, "GAIN").replace(mine, gain).replace("GAIN", mine)
        d.write(edited)
        d.play(FADER)
        out, _ = p.end()
        assert "written to mine.json:18; " in out, out
        assert d.read() == edited.replace(mine, mine.replace("deck.a.volume", "deck.b.volume")), d.read()
        # What it moves already is what the file says by then.
        p = d.learn("--json", "--once")
        d.write(d.text)
        d.play(FADER)
        assert json.loads(p.end()[0])["mapped"] == []
        # A file that is broken by then is left alone; so is one that has lost the control.
        for text, why in ((d.text + "}", "have errors now"), (d.text.replace("b.volume", "b.level"), "no control")):
            p = d.learn("--to", "deck.b.volume", "mine.json")
            d.write(text)
            d.play(FADER)
            assert why in p.end(1)[1]
            assert d.read() == text
            d.write(d.text)


def bridge_that_ends():
    with Desk() as d:
        p = d.learn("--json")
        d.stop()
        assert "the bridge has ended" in p.end(1)[1]


def crlf_and_no_last_line_feed():
    text = MAPPING.replace("\n", "\r\n").rstrip()
    with Desk(text=text) as d:
        d.learned(FADER, "--to", "deck.a.volume")
        expected = d.text.replace('[60, 61] } }', '[60, 61] } },\r\n    { "port": "pads", "channel": 1, "cc": 21, '
                                  '"to": "deck.a.volume" }')
        assert d.read() == expected, d.read()


def the_last_answer_needs_no_line_feed():
    with Desk() as d:
        with subprocess.Popen([CUEWIRE, "learn", "--socket", d.socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=d.folder.name) as p:
            out = cuewire.Lines(p.stdout)
            out.wait(lambda s: s == "Move something...")
            d.play(FADER)
            out.wait(lambda s: "7-bit fader" in s)
            p.stdin.write(b"vol\n2")
            p.stdin.close()
            assert p.wait(PATIENCE) == 0
        assert '"cc": 21, "to": "deck.b.volume" }' in d.read(), out.read(0.1)


# ---- on a terminal ----


def dialogue():
    with Desk() as d:
        t = Terminal(d)
        d.play(FADER)
        t.wait("pads: 7-bit fader on channel 1, CC 21\n")
        t.wait("empty leaves it out): ")
        t.type("vol")
        said = t.wait("Number, or more of its name: ")
        assert re.search(r"1  deck\.a\.volume \(fader\)\n  2  deck\.b\.volume \(fader\)\n", said), said
        t.type("2")
        said = t.wait("Move something...")
        assert '{"port": "pads", "channel": 1, "cc": 21, "to": "deck.b.volume"}' in said, said
        assert "written to mine.json:21; " in said, said
        assert '"cc": 21, "to": "deck.b.volume" }' in d.read()
        # A second one, by words that only one answers to, left out, and one that cannot be.
        d.play(ENCODER)
        t.wait("encoder (offset) on channel 1, CC 22\n")
        t.wait("leaves it out): ")
        t.type("play")
        t.wait("deck.a.play is on or off: an encoder cannot move it\n")
        t.type("nobody")
        t.wait('no control answers to "nobody"\n')
        t.type("list")
        t.wait("written to mine.json:22; ")
        t.wait("Move something...")
        d.play(PAD)
        t.wait("leaves it out): ")
        t.type("")
        t.wait("Move something...")
        # Taken back, one after the other.
        t.type("u")
        t.wait("mine.json:22: taken back")
        t.type("u")
        t.wait("mine.json:21: taken back")
        t.wait("Move something...")
        assert d.read() == d.text
        t.type("u")
        t.wait("nothing to take back")
        t.end()


def dialogue_replaces():
    with Desk() as d:
        t = Terminal(d)
        script = "B0 01 03, B0 01 20, B0 01 50"
        added = d.text.replace('1, "to": "deck.a.gain"', '1, "to": ["deck.a.gain", "deck.a.volume"]')
        replaced = d.text.replace('"cc": 1, "to": "deck.a.gain"', '"channel": 1, "cc": 1, "to": "deck.a.volume"')
        for answer, expected in (("", d.text), ("a", added), ("r", replaced)):
            d.play(script)
            t.wait("It moves deck.a.gain already (%s:18)" % d.mine)
            t.wait("leaves it out): ")
            t.type("a vol")
            t.wait("It moves deck.a.gain now. r replaces that, a adds to it, x only takes it away, empty leaves it: ")
            t.type(answer)
            t.wait("Move something...")
            assert d.read() == expected, d.read()
        d.play(script)
        t.wait("leaves it out): ")
        t.type("deck.a.gain")
        t.wait("empty leaves it: ")
        t.type("x")
        t.wait("removed from mine.json:18; ")
        assert '"cc": 1,' not in d.read()
        # One of an "each" is not touched.
        d.play("90 3C 7F, 80 3C 00")
        t.wait('with others by "each"')
        t.wait("leaves it out): ")
        t.type("play")
        t.wait('by "each": change it by hand')
        t.end()


def dialogue_asks_again_when_the_file_has_changed():
    gain = '{ "port": "pads", "cc": 1, "to": "deck.a.gain" }'
    other = '{ "port": "pads", "cc": 2, "to": "deck.a.gain" }'
    with Desk() as d:
        t = Terminal(d)
        d.play("B0 01 03, B0 01 20, B0 01 50")
        t.wait("leaves it out): ")
        t.type("deck.a.gain")
        t.wait("empty leaves it: ")
        d.write(d.text.replace(gain, other + ",\n    " + gain))
        t.type("x")
        t.wait("mine.json was changed since it was read: nothing was written\n")
        t.wait("It moves deck.a.gain already (%s:19)" % d.mine)
        t.wait("leaves it out): ")
        t.type("deck.a.gain")
        t.wait("empty leaves it: ")
        t.type("x")
        t.wait("removed from mine.json:19; ")
        assert d.read() == d.text.replace(gain, other), d.read()
        t.end()


def dialogue_with_a_shift_key():
    with Desk() as d:
        t = Terminal(d)
        for answer, when in (("n", ""), ("", ', "when": { "shift": 1 }')):
            d.play("90 0F 7F")
            time.sleep(0.1)
            d.play(FADER)
            t.wait("while note 15 on channel 1 is held")
            d.play("80 0F 00")
            t.wait("leaves it out): ")
            t.type("a vol")
            t.wait("Only while shift is held? (y, n; empty: y) ")
            t.type(answer)
            t.wait("written to mine.json:")
            t.wait("Move something...")
            assert '"cc": 21%s, "to": "deck.a.volume" }' % when in d.read(), d.read()
        t.end()


def dialogue_lists_and_asks_again():
    with Desk() as d:
        t = Terminal(d)
        d.play("B0 16 01, B0 16 01, B0 16 01")
        t.wait("encoder (twos or sign) on channel 1, CC 22: turn it the other way, fast, then slowly\n")
        d.play("B0 16 41, B0 16 41")
        t.wait("encoder (sign) on channel 1, CC 22\n")
        t.wait("leaves it out): ")
        t.type("?")
        said = t.wait("leaves it out): ")
        assert said.count("\n  ") >= 6 and "browser.list (encoder)" in said, said
        t.type("? vol")
        said = t.wait("leaves it out): ")
        assert "deck.b.volume" in said and "browser" not in said, said
        t.end()


def shipped_files_stay():
    """A bridge on shipped files: the routes go to a new one in the current folder."""
    with Bridge("--sim", "touchosc.json") as b, tempfile.TemporaryDirectory(prefix="cuewire-learn.") as folder:
        p = subprocess.Popen([CUEWIRE, "learn", "--socket", b.socket, "--to", "deck.a.filter", "--json"], cwd=folder,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + PATIENCE
        while p.poll() is None and time.monotonic() < end:
            for v in 0.1, 0.4, 0.8:
                b.send("/mine/filter", "f", v)
            time.sleep(0.6)
        out, err = p.communicate()
        assert p.returncode == 0, err
        o = json.loads(out)
        assert o["file"] == "my-mapping.json" and o["route"] == {"osc": "/mine/filter", "to": "deck.a.filter"}, o
        done = cuewire.cuewire("check", "touchosc.json", "my-mapping.json", cwd=folder)
        assert done.returncode == 0, done.stdout


cuewire.run_tests([
    things_as_json,
    osc_as_json,
    unclear_is_told_and_asked_for,
    mapped_and_held_are_told,
    writes_to_a_control,
    the_same_route_is_found_behind_many,
    writes_parameters,
    writes_as_json_and_makes_files,
    shift_layer_is_written,
    refusals,
    change_meanwhile_is_not_lost,
    a_route_that_others_put_there_is_not_replaced,
    bridge_that_ends,
    crlf_and_no_last_line_feed,
    the_last_answer_needs_no_line_feed,
    dialogue,
    dialogue_replaces,
    dialogue_asks_again_when_the_file_has_changed,
    dialogue_with_a_shift_key,
    dialogue_lists_and_asks_again,
    shipped_files_stay,
])
