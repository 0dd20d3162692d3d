#!/usr/bin/python3
"""The program that cuewire was asked for: a window with a button. Its callback starts the bridge and
others send intents, with a driver that works, with none, and with one that hangs for ever when a port
is opened. The window never stands still for 50 ms longer than it does when the callback starts
another program (cat) in place of the bridge."""

import json
import os
import subprocess
import sys
import time

import cuewire
from cuewire import BUILD, CUEWIRE, FAULT

try:
    import tkinter
except ImportError:
    cuewire.skip_all("python3 has no tkinter (python3-tk)")

LONGER_MS = 50
TRIES = 4  # of a measurement: another program may have the processor
INTENTS = 20
OPEN_MS = 500 if "release" in BUILD else 2500  # until the first intent: for a port to open


def start_display():
    """An X server of our own, where there is one to start."""
    if sys.platform == "darwin":
        return None
    r, w = os.pipe()
    try:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(w), "-screen", "0", "640x480x24", "-nolisten", "tcp"],
            pass_fds=[w], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    except OSError:
        cuewire.skip_all("there is no Xvfb")
    os.close(w)
    number = os.read(r, 16).decode().strip()
    os.environ["DISPLAY"] = ":" + number
    return server


class Window:
    """Starts `command` from a button's callback, writes a line to it from callbacks of another one and
    reads what it says, as a program of that kind does; measures how long the window stood still."""

    def __init__(self, command, env, lines):
        self.command = command
        self.env = env
        self.lines = list(lines)
        self.output = b""
        self.process = None
        self.worst = 0.0
        self.root = tkinter.Tk()
        self.start = tkinter.Button(self.root, text="start", command=self.on_start)
        self.send = tkinter.Button(self.root, text="play", command=self.on_send)
        self.start.pack()
        self.send.pack()
        self.root.update()

    def beat(self):
        now = time.monotonic()
        self.worst = max(self.worst, now - self.last)
        self.last = now
        self.root.after(2, self.beat)

    def on_start(self):
        self.process = subprocess.Popen(
            self.command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.root.tk.createfilehandler(self.process.stdout, tkinter.READABLE, self.on_output)

    def on_output(self, pipe, mask):
        chunk = os.read(pipe.fileno(), 65536)
        self.output += chunk
        if not chunk:
            self.root.tk.deletefilehandler(pipe)

    def on_send(self):
        self.process.stdin.write(self.lines.pop(0).encode() + b"\n")
        self.process.stdin.flush()
        if self.lines:
            self.root.after(20, self.send.invoke)
        else:
            self.give_up = time.monotonic() + cuewire.PATIENCE
            self.wait_for_answers()

    def wait_for_answers(self):
        if self.output.count(b"\n") >= INTENTS or time.monotonic() > self.give_up:
            self.root.after(100, self.root.quit)
        else:
            self.root.after(10, self.wait_for_answers)

    def run(self):
        self.last = time.monotonic()
        self.root.after(1, self.beat)
        self.root.after(20, self.start.invoke)
        self.root.after(OPEN_MS, self.send.invoke)
        self.root.mainloop()
        return self.worst * 1000

    def close(self):
        self.root.tk.deletefilehandler(self.process.stdout)
        self.root.destroy()


def intent(n):
    return json.dumps({"intent": "set", "slots": {"control": "deck.a.volume", "value": n / INTENTS}, "id": "i%d" % n})


def measure_control():
    window = Window(["cat"], None, map(intent, range(INTENTS)))
    worst = window.run()
    window.process.stdin.close()
    window.process.wait()
    window.close()
    return worst


def with_driver(name, faults, check):
    """The window beside the bridge with this driver, against the control run of the same minute."""
    with_bridge = without = None
    for _ in range(TRIES):
        without = measure_control()
        sock = os.path.join(os.environ.get("TMPDIR", "/tmp"), "cuewire-tk-%d.sock" % os.getpid())
        command = [CUEWIRE, "run", "--stdin", "--osc-port", "0", "--socket", sock, "--open-timeout", "800"]
        env = dict(os.environ)
        if faults is not None:
            env.update(faults, LD_LIBRARY_PATH=FAULT)
        window = Window(command, env, map(intent, range(INTENTS)))
        with_bridge = window.run()
        try:
            assert window.process.poll() is None, "the bridge ended with %s" % window.process.poll()
            answers = [json.loads(line) for line in window.output.decode().splitlines()]
            assert [a["id"] for a in answers] == ["i%d" % n for n in range(INTENTS)], answers
            check(answers, sock)
        finally:
            window.process.terminate()
            code = window.process.wait(cuewire.PATIENCE)
            window.close()
        assert code == 0, code
        print("# %s: stood still for %.1f ms at most, %.1f ms without the bridge" % (name, with_bridge, without))
        if with_bridge < without + LONGER_MS:
            return
    raise AssertionError("the window stood still for %.1f ms, without the bridge %.1f ms" % (with_bridge, without))


def port(sock):
    done = cuewire.cuewire("status", "--json", "--socket", sock)
    return json.loads(done.stdout)["ports"]["traktor"]


def working_driver():
    def check(answers, sock):
        kinds = [a["status"] for a in answers]
        assert kinds == sorted(kinds, reverse=True) and kinds[-1] == "sent", answers  # simulated, until it is open
        assert port(sock)["state"] == "open"

    with_driver("a driver that works", {"CW_PM_DEVICES": "out:IAC Driver Bus 1"}, check)


def no_driver():
    def check(answers, sock):
        assert {a["status"] for a in answers} == {"simulated"}, answers
        assert port(sock)["state"] == "simulated"
        assert port(sock)["reason"].startswith("missing"), port(sock)

    with_driver("no driver", {"CW_PM_DEVICES": ""}, check)


def hanging_driver():
    def check(answers, sock):
        assert {a["status"] for a in answers} == {"simulated"}, answers
        cuewire.wait_until(lambda: port(sock)["reason"] == "timed out", "the time-out")
        assert port(sock)["state"] == "simulated"

    with_driver(
        "a driver that hangs",
        {"CW_PM_DEVICES": "out:IAC Driver Bus 1", "CW_PM_FAULT": "Pm_OpenOutput=hang"},
        check,
    )


if __name__ == "__main__":
    display = start_display()
    try:
        cuewire.run_tests([working_driver, no_driver, hanging_driver])
    finally:
        if display:
            display.terminate()
