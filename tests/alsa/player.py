"""A sequencer client that comes and goes (seqplay.c), for tests that note when what arrived."""

import fcntl
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from cuewire import BUILD, PATIENCE, Lines  # noqa: E402

F_SETPIPE_SZ = 1031  # Linux; Python has it from 3.10 on


class Player:
    """One client with one port."""

    def __init__(self, client, port):
        self.name = port
        command = [os.path.join(BUILD, "alsa/seqplay"), "-t", client, port]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Nobody may read for a while, and a player that cannot write does not take what it is sent.
        fcntl.fcntl(self.process.stdout, F_SETPIPE_SZ, 1 << 20)
        self.out = Lines(self.process.stdout)
        self.seen = self.parsed = 0
        self.messages = []
        self.came_ns, self.address = self.wait("ready")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        self.process.wait()

    def play(self, *commands):
        self.process.stdin.write("".join(c + "\n" for c in commands).encode())
        self.process.stdin.flush()

    def wait(self, word):
        """The next line that starts so, of those that no wait has seen: its time and the rest."""
        end = time.monotonic() + PATIENCE
        while True:
            self.out.read(0.02)
            while self.seen < len(self.out.lines):
                t, text = self.out.lines[self.seen].split(" ", 1)
                self.seen += 1
                if text.startswith(word):
                    return int(t), text[len(word) + 1:]
            assert time.monotonic() < end and self.out.open, "%s: no \"%s\" came" % (self.name, word)

    def come(self):
        """Under another number. Returns when it came, in nanoseconds."""
        before = self.address
        self.play("COME")
        self.came_ns, self.address = self.wait("ready")
        assert self.address.split(":")[0] != before.split(":")[0], before
        return self.came_ns

    def go(self):
        self.play("GO")
        return self.wait("gone")[0]

    def got(self):
        """All MIDI so far, each message with its time; and None for each time it was gone."""
        self.out.read()
        for line in self.out.lines[self.parsed:]:
            t, text = line.split(" ", 1)
            assert text != "overrun", self.name
            if text == "gone" or text[2:3] == " ":
                self.messages.append((int(t), None if text == "gone" else text))
        self.parsed = len(self.out.lines)
        return self.messages

    def known(self):
        """The last value of each CC that came, whatever happened since."""
        return {text[:5]: int(text[6:], 16) for _, text in self.got() if text}
