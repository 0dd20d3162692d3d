"""What a bridge makes other ports wait for, measured by a process of its own: moves of a control on
a raw FIFO, and of a fader on the healthy MIDI port. A move is late by the time from its packet to
its effect; with every millisecond a move, the latest one is the longest stall. Time in which the
probe itself was due and did not run is the machine's, and is taken off."""

import gc
import json
import os
import select
import socket
import time
import traceback

from cuewire import osc

RAW_NS = 1000000
LIGHT_NS = 2000000
LIGHTS = 4


class Probe:
    """Sends for so many seconds from when it is made. result() waits for the end: the longest wait
    on the FIFO in ms, how many moves never arrived there, and the moves of the healthy port as
    [fader, value, when sent]."""

    def __init__(self, port, fifo_fd, seconds):
        self.read_fd, write_fd = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(write_fd)
            return
        try:
            result = measure(port, fifo_fd, time.monotonic_ns() + int(seconds * 1e9))
            with os.fdopen(write_fd, "w") as f:
                json.dump(result, f)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)

    def result(self):
        with os.fdopen(self.read_fd) as f:
            text = f.read()
        os.waitpid(self.pid, 0)
        return json.loads(text)


class Clock:
    """The time, and how long in all this process has been woken late."""

    def __init__(self):
        self.late = 0

    def now(self):
        """Of all that is running on time, nanoseconds."""
        return time.monotonic_ns() - self.late

    def wait(self, fd, until):
        """Until fd can be read (true), or then."""
        due = max(until, time.monotonic_ns())
        if select.select([fd], [], [], max(0, due - time.monotonic_ns()) / 1e9)[0]:
            return True
        self.late += max(0, time.monotonic_ns() - due)
        return False


def measure(port, fifo_fd, end):
    gc.disable()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect(("127.0.0.1", port))
    raw = [osc("/raw/level", "f", i / 127) for i in range(128)]
    lights = [[osc("/light/f%d" % f, "f", i / 127) for i in range(128)] for f in range(LIGHTS)]
    clock, sent, moves = Clock(), [], []
    worst = seen = rest = 0
    now = next_raw = next_light = time.monotonic_ns()
    while now < end or (seen < len(sent) and now < end + 10**9):
        if now < end and now >= next_raw:
            sent.append(clock.now())
            udp.send(raw[len(sent) % 128])
            next_raw = max(next_raw + RAW_NS, now)
        if now < end and now >= next_light:
            fader, value = len(moves) % LIGHTS, len(moves) // LIGHTS % 128
            moves.append((fader, value, time.monotonic_ns()))
            udp.send(lights[fader][value])
            next_light = max(next_light + LIGHT_NS, now)
        if clock.wait(fifo_fd, min(next_raw, next_light) if now < end else now + RAW_NS):
            rest += len(os.read(fifo_fd, 65536))
        while rest >= 3 and seen < len(sent):
            worst = max(worst, clock.now() - sent[seen])
            seen += 1
            rest -= 3
        now = time.monotonic_ns()
    return {"stall_ms": worst / 1e6, "lost": len(sent) - seen, "moves": moves, "late_ms": clock.late / 1e6}


def silence_ms(moves, lines):
    """The longest that a move of the healthy port waited until it, or a later one of its fader, was
    written. lines: [fader, value, when written]. None: one never was."""
    worst = 0
    for fader in range(LIGHTS):
        written = [(value, t) for f, value, t in lines if f == fader]
        asked = [(value, t) for f, value, t in moves if f == fader]
        i = 0
        for value, t in written:
            while i < len(asked) and asked[i][0] != value:
                worst = max(worst, t - asked[i][1])
                i += 1
            if i == len(asked):
                return None
            worst = max(worst, t - asked[i][1])
            i += 1
        if i < len(asked):
            return None
    return worst / 1e6
