#!/usr/bin/env python3
"""The prober, "cuewire-port watch", where the system announces nothing: it lists in processes of its
own, on a PortMidi that fails to order."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time

import cuewire
from cuewire import SLOW, wait_until
from port_host import DEVICE, GONE, LISTED, TEXT, Host, check

WITHIN_MS = 1000  # a change is told; it looks twice a second
ENDS_MS = 100     # after its link

tests = []


def test(fn):
    tests.append(fn)
    return fn


def runs(pid):
    """A dead one whose parent has gone too may stay for as long as the system likes."""
    try:
        with open("/proc/%s/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Watch(Host):
    """The prober, and files that say which devices there are and how their driver fails."""

    role = "watch"

    def __init__(self, devices, fault=""):
        self.files = tempfile.TemporaryDirectory()
        self.set_devices(devices)
        self.set_fault(fault)
        super().__init__(devices="@" + self.path("devices"), fault="@" + self.path("fault"))

    def __exit__(self, *exc):
        super().__exit__(*exc)
        self.files.cleanup()

    def path(self, name):
        return os.path.join(self.files.name, name)

    def set(self, name, text):
        with open(self.path("new"), "w") as f:
            print(text, file=f)
        os.rename(self.path("new"), self.path(name))

    def set_devices(self, devices):
        self.set("devices", devices)

    def set_fault(self, fault):
        self.set("fault", fault)

    def listed(self):
        """The devices that are told before LINK_LISTED."""
        found = []
        r = self.read()
        while r.kind == DEVICE:
            found.append(r.device())
            r = self.read()
        check("record", (r.kind, r.text), (LISTED, b""))
        return found

    def told(self, n, within_ms=WITHIN_MS):
        """The next n records as "+in:NAME" or "-out:NAME", sorted."""
        start = time.monotonic()
        records = [self.read() for _ in range(n)]
        ms = (time.monotonic() - start) * 1000
        if ms > within_ms * SLOW:
            raise AssertionError("told after %.0f ms" % ms)
        check("addresses", {r.value for r in records}, {0})
        return sorted({DEVICE: "+", GONE: "-"}[r.kind] + r.device() for r in records)

    def silent(self, seconds):
        check("silence", select.select([self.link], [], [], seconds)[0], [])

    def listers(self):
        """Processes of its list, dead or alive."""
        return subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True,
                              text=True).stdout.split()

    def gone(self):
        status, ms = self.close()
        check("exit", status, 0)
        if ms > ENDS_MS * SLOW:
            raise AssertionError("it ended %.0f ms after its link" % ms)


@test
def names_all_devices():
    cases = [
        ("", []),
        ("io:Midi Through Port-0,in:Ger\u00e4t,out:Light Desk",
         ["out:Midi Through Port-0", "in:Midi Through Port-0", "in:Ger\u00e4t", "out:Light Desk"]),
        ("in:Mini,in:Mini,out:Mini", ["in:Mini", "in:Mini", "out:Mini"]),
        ("in:" + "x" * 100, ["in:" + "x" * 100]),
    ]
    for devices, told in cases:
        with Watch(devices) as w:
            check(devices, w.listed(), told)
            w.gone()


@test
def tells_what_comes_and_goes():
    steps = [
        ("in:A,out:B,in:C", ["+in:C"]),
        ("in:C,out:B,in:A", []),  # another order
        ("out:B", ["-in:A", "-in:C"]),
        ("out:B,io:B", ["+in:B", "+out:B"]),
        ("out:B,out:B", ["-in:B"]),
        ("out:B", ["-out:B"]),
        ("in:B", ["+in:B", "-out:B"]),
        ("in:B,in:B,in:B", ["+in:B", "+in:B"]),
        ("in:New", ["+in:New", "-in:B", "-in:B", "-in:B"]),
        ("", ["-in:New"]),
    ]
    with Watch("in:A,out:B") as w:
        check("at first", w.listed(), ["in:A", "out:B"])
        for devices, told in steps:
            w.set_devices(devices)
            if told:
                check(devices, w.told(len(told)), told)
            else:
                w.silent(WITHIN_MS / 1000)
        w.gone()


@test
def keeps_what_it_knows_when_a_list_fails():
    for fault in ("Pm_Initialize=fail", "Pm_GetDeviceInfo=abort@1", "Pm_CountDevices=exit"):
        with Watch("in:A,out:B") as w:
            w.listed()
            w.set_fault(fault)
            w.set_devices("in:A,in:C")
            w.silent(0.8)
            w.set_fault("")
            check(fault, w.told(2, 3000), ["+in:C", "-out:B"])
            w.gone()


@test
def gives_up_a_list_that_hangs():
    with Watch("in:A", "Pm_Initialize=hang") as w:
        wait_until(w.listers, "a list")
        (lister,) = w.listers()
        w.set_fault("")
        check("then", w.listed(), ["in:A"])
        check("the one that hung is there", lister in w.listers(), False)
        w.gone()


@test
def ends_with_its_link():
    for fault in ("", "Pm_Initialize=hang"):
        with Watch("in:A", fault) as w:
            if fault:
                wait_until(w.listers, "a list")
            else:
                w.listed()
            listers = w.listers()
            for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                os.kill(w.pid, s)
            w.gone()
            wait_until(lambda: not any(map(runs, listers)), "the end of the list")


@test
def leaves_no_zombie():
    with Watch("in:A") as w:
        w.listed()
        wait_until(lambda: not w.listers(), "the end of the first list")
        w.set_devices("in:A,in:B")
        w.told(1)
        wait_until(lambda: not w.listers(), "the end of a list")
        w.gone()


@test
def long_names():
    name = "\u00e4" * 60  # the pretend takes no longer ones
    assert len(name.encode()) < TEXT
    with Watch("in:" + name) as w:
        check("name", w.listed(), ["in:" + name])


if __name__ == "__main__":
    if sys.platform != "linux":
        cuewire.skip_all("the pretend PortMidi is put in place by Linux's loader")
    cuewire.run_tests(tests)
