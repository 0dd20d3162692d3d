#!/usr/bin/env python3
"""A few rows of the table of faults (tests/faults): what a driver that hangs, crashes, fails and
stalls must not cost, whatever else the machine does. `make faults` measures all."""

import os
import sys

import cuewire

sys.path.insert(0, os.path.join(cuewire.ROOT, "tests", "faults"))

import faults

if not os.path.exists(os.path.join(cuewire.FAULT, "libportmidi.so.0")):
    cuewire.skip_all("the pretend PortMidi (tests/fault) is for Linux")

ROWS = [
    ("Pm_WriteShort", "hang", True),
    ("Pm_WriteShort", "crash", True),
    ("Pm_WriteShort", "stall", True),
    ("Pm_Read", "fail", False),
    ("Pm_OpenOutput", "hang", True),
]


def row(call, fault, later):
    def test():
        r = faults.run(call, fault, later, seconds=2, probe=False, **HOLDS)
        assert not faults.problems(r, fault), (faults.problems(r, fault), r)

    test.__name__ = "%s_%s_%s" % (call, fault, "later" if later else "at_once")
    return test


def without_a_fault():
    r = faults.run(seconds=2, probe=False)
    assert not faults.problems(r, None), r
    HOLDS.update(holds=r["holds"])


HOLDS = {}
cuewire.run_tests([without_a_fault] + [row(*r) for r in ROWS])
