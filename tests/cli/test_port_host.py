#!/usr/bin/env python3
"""cuewire-port behind its link, on a PortMidi that fails to order."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

import cuewire
from port_host import (
    DEVICE, DONE, FAILED, FAULT_2, MIDI, PORT, PRESS, RELEASE, R_FAILED, R_LOOP,
    R_MISSING, SYSEX, TEXT, Host, Input, check, environment, orphan, run_port, timed, write_record,
)

tests = []


def test(fn):
    tests.append(fn)
    return fn


# ---- opening ----

@test
def opens_by_words():
    cases = [
        (["--out", "iac bus 1"], ["out:IAC Driver Bus 1"]),
        (["--out", "bus 10"], ["out:IAC Driver Bus 10"]),
        (["--in", "nanokontrol2"], ["in:nanoKONTROL2 CTRL"]),
        (["--out", "xdj", "--out", "bus 10", "--out", "bus 1"], ["out:IAC Driver Bus 10"]),
        (["--out", "nanokontrol2", "--in", "nanokontrol2"],
         ["in:nanoKONTROL2 CTRL", "out:nanoKONTROL2 CTRL"]),
        (["--in", "nanokontrol2", "--out", "iac bus 1"],
         ["in:nanoKONTROL2 CTRL", "out:IAC Driver Bus 1"]),
    ]
    for args, devices in cases:
        with Host(*args) as h:
            r = h.opened()
            check(args, [device.device() for device in r.devices], devices)
            check("addresses", {device.value for device in r.devices}, {0})
            check("remark", r.text, b"")
            if r.value > 5000000:
                raise AssertionError("opening took %d us" % r.value)
            check("exit", h.close()[0], 0)


@test
def prefers_the_exact_name():
    with Host("--out", "Mix", devices="out:Mix 2 Extra,out:Mix Two,out:Mix") as h:
        check("device", h.opened().devices[0].text, b"Mix")
    with Host("--out", "mix", devices="out:Mix 2 Extra,out:Mix Two,out:Mix") as h:
        check("device", h.opened().devices[0].text, b"Mix 2 Extra")


@test
def takes_the_second_of_one_name():
    devices = "out:Mini,in:Mini,out:Other,in:Mini,out:Mini,out:Mini 2"
    for words, written in [("mini", "Mini"), ("mini #1", "Mini"), ("mini #2", "Mini #2"),
                           ("Mini #2", "Mini #2"), ("mini #3", "Mini 2"), ("mini 2 #1", "Mini 2")]:
        with Host("--out", words, devices=devices) as h:
            h.opened()
            h.write("C0 01")
            check(words, h.log(), [written + " C0 01"])
    with Host("--out", "mini #4", devices=devices) as h:
        r = h.read()
        check("record", (r.kind, r.code, r.text.decode()), (
            FAILED, R_MISSING,
            'no output matches "mini #4" (seen: "Mini", "Other", "Mini", "Mini 2")'))
    with Host("--out", "Mini #2", devices="out:Mini,out:Mini Two,out:Mini #2") as h:
        check("an exact name goes first", h.opened().devices[0].text, b"Mini #2")


@test
def says_what_is_missing():
    long = ",".join("out:" + "\u00e4" * 40 + " %d" % i for i in range(9))
    cases = [
        (["--out", "xdj"], "out:Midi Through Port-0,in:XDJ",
         'no output matches "xdj" (seen: "Midi Through Port-0")'),
        (["--in", "a", "--in", "b"], "in:One,out:A,in:Two",
         'no input matches "a" or "b" (seen: "One", "Two")'),
        (["--out", "xdj"], "", 'no output matches "xdj" (there is none)'),
        (["--in", "xdj", "--out", "through"], "io:Midi Through Port-0",
         'no input matches "xdj" (seen: "Midi Through Port-0")'),
        (["--in", "through", "--out", "xdj"], "io:Midi Through Port-0",
         'no output matches "xdj" (seen: "Midi Through Port-0")'),
    ]
    for args, devices, text in cases:
        with Host(*args, devices=devices) as h:
            r = h.read()
            check(args, (r.kind, r.code, r.text.decode()), (FAILED, R_MISSING, text))
            check("end of the link", h.read(), None)
            check("exit", h.wait()[0], 1)
    # A long text is cut between characters, wherever the cut falls.
    for words in ("x", "xx"):
        with Host("--out", words, devices=long) as h:
            text = h.read().text.decode()
            check("end", text[-3:], "...")
            if not TEXT - 5 <= len(text.encode()) < TEXT:
                raise AssertionError("cut to %d bytes" % len(text.encode()))


@test
def finds_devices_that_came():
    with tempfile.NamedTemporaryFile("w") as f:
        for devices, kind in (("", FAILED), ("io:Midi Mix", DEVICE), ("in:Midi Mix", FAILED)):
            f.truncate(0)
            f.seek(0)
            print(devices, file=f, flush=True)
            with Host("--out", "mix", devices="@" + f.name) as h:
                check(devices, h.read().kind, kind)


@test
def refuses_one_bus_both_ways():
    both = ["--in", "iac bus 1", "--out", "iac bus 1"]
    with Host(*both) as h:
        r = h.read()
        check("record", (r.kind, r.code), (FAILED, R_LOOP))
        check("text", r.text, b'"IAC Driver Bus 1" gives back what is written to it')
        check("exit", h.wait()[0], 1)
    with Host(*both, "--loop") as h:
        h.opened()
    two = "in:IAC Driver Bus 1,out:IAC Driver Bus 2"
    with Host("--in", "iac 1", "--out", "iac 2", devices=two) as h:
        h.opened()


@test
def makes_virtual_ports():
    i = Input("cuewire")
    both = ["--virtual", "--in", "cuewire", "--in", "nanokontrol2", "--out", "cuewire", "--out", "bus 1"]
    with Host(*both, portmidi=FAULT_2, input=i.name) as h:
        r = h.opened()
        check("devices", [(d.device(), d.value) for d in r.devices],
              [("in:cuewire", 0), ("out:cuewire", 0)])
        check("remark", r.text, b"")
        h.write("B0 07 40")
        check("log", h.log(), ["cuewire B0 07 40"])
        i.send("B0 00 01")
        check("input", h.read().bytes, "B0 00 01")
        check("exit", h.close()[0], 0)
    for call, text in (("Pm_CreateVirtualInput", 'cannot make input "cuewire": pretend fault'),
                       ("Pm_CreateVirtualOutput", 'cannot make output "cuewire": pretend fault')):
        with Host(*both, portmidi=FAULT_2, fault=call + "=fail") as h:
            r = h.read()
            check(call, (r.kind, r.code, r.text.decode()), (FAILED, R_FAILED, text))


@test
def does_without_virtual_ports():
    without = "this PortMidi has no virtual ports"
    cases = [
        (["--out", "cuewire", "--out", "xdj", "--out", "bus 1"],
         ["out:IAC Driver Bus 1"], without + ', took "IAC Driver Bus 1"'),
        (["--out", "IAC Driver Bus 1", "--out", "bus 10"],  # a name to be made, not to be looked for
         ["out:IAC Driver Bus 10"], without + ', took "IAC Driver Bus 10"'),
        (["--in", "cuewire", "--in", "nanokontrol2", "--out", "cuewire", "--out", "bus 1"],
         ["in:nanoKONTROL2 CTRL", "out:IAC Driver Bus 1"],
         without + ', took "nanoKONTROL2 CTRL" and "IAC Driver Bus 1"'),
    ]
    for args, devices, remark in cases:
        with Host("--virtual", *args) as h:
            r = h.opened()
            check(args, ([d.device() for d in r.devices], r.text.decode()), (devices, remark))
    cases = [
        (["--out", "cuewire"], without + " (2.x has)"),
        (["--in", "nanokontrol2"], without + " (2.x has)"),
        (["--out", "cuewire", "--out", "xdj"], without + ' (2.x has); no output matches "xdj" '
         '(seen: "IAC Driver Bus 1", "IAC Driver Bus 10", "nanoKONTROL2 CTRL")'),
    ]
    for args, text in cases:
        with Host("--virtual", *args) as h:
            r = h.read()
            check(args, (r.kind, r.code, r.text.decode()), (FAILED, R_FAILED, text))
            check("exit", h.wait()[0], 1)


@test
def reports_failures_of_opening():
    cases = [
        ("Pm_Initialize=fail", "cannot start PortMidi: pretend fault"),
        ("Pm_OpenOutput=fail", 'cannot open output "IAC Driver Bus 1": pretend fault'),
        ("Pm_OpenInput=fail", 'cannot open input "nanoKONTROL2 CTRL": pretend fault'),
    ]
    for fault, text in cases:
        with Host("--in", "nanokontrol2", "--out", "bus 1", fault=fault) as h:
            r = h.read()
            check(fault, (r.kind, r.code, r.text.decode()), (FAILED, R_FAILED, text))
            check("exit", h.wait()[0], 1)


@test
def dies_with_its_driver():
    cases = [("Pm_Initialize=abort", -signal.SIGABRT), ("Pm_OpenOutput=segv", -signal.SIGSEGV),
             ("Pm_CountDevices=exit", 3)]
    for fault, status in cases:
        with Host("--out", "bus 1", fault=fault) as h:
            check("link", h.read(), None)
            check(fault, h.wait()[0], status)


@test
def hanging_while_it_opens():
    for call in ("Pm_Initialize", "Pm_GetDeviceInfo", "Pm_OpenOutput"):
        def run():
            with Host("--out", "bus 1", fault=call + "=hang") as h:
                check("silence", select.select([h.link], [], [], 0.1)[0], [])
                return h.close()
        check("exit", timed(call + " hangs", run), 1)


# ---- writing ----

@test
def logs_the_time_of_a_write():
    with Host("--out", "iac bus 1", fault="Pm_WriteShort=stall:20000@1", log_times="1") as h:
        h.opened()
        for k in range(3):
            h.write("B0 07 %02X" % k)
        lines = [line.rsplit(" @", 1) for line in h.log()]
        check("log", [line for line, _ in lines], ["IAC Driver Bus 1 B0 07 %02X" % k for k in range(3)])
        t = [int(at) for _, at in lines]
        if not (t[1] - t[0] >= 20e6 and t[0] < t[1] < t[2] < time.monotonic_ns()):
            raise AssertionError("times %s of a write that stalls once" % t)


@test
def acknowledges_in_order():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        before = time.monotonic_ns()
        for i in range(8):
            h.send("B0 07 %02X" % i)
        last = before
        for i in range(8):
            r = h.done()
            check("seq", r.seq, i + 1)
            if not last <= r.t_ns <= time.monotonic_ns():
                raise AssertionError("t_ns %d is not after %d" % (r.t_ns, last))
            last = r.t_ns
        check("log", h.log(), ["IAC Driver Bus 1 B0 07 %02X" % i for i in range(8)])


@test
def splits_messages():
    cases = [
        ("B0 07 40 B0 27 00", ["B0 07 40", "B0 27 00"]),
        ("C5 03", ["C5 03"]),
        ("FA", ["FA"]),
        ("C5 03 B0 07 40 FA D0 01", ["C5 03", "B0 07 40", "FA", "D0 01"]),
        ("", []),
    ]
    for midi, lines in cases:
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.write(midi)
            check(midi, h.log(), ["IAC Driver Bus 1 " + line for line in lines])


@test
def refuses_what_is_no_message():
    for midi in ("07 40", "B0 07", "F0 01 F7", "F4"):
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.send(midi)
            h.done(R_FAILED)
            r = h.read()
            check(midi, (r.kind, r.text), (FAILED, b"not a short MIDI message"))
            check("exit", h.wait()[0], 1)
            check("log", h.log(), [])


@test
def takes_records_in_pieces():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        data = b"".join(write_record(i, "B0 07 %02X" % i) for i in range(3))
        for at in range(0, len(data), 100):
            h.link.sendall(data[at:at + 100])
            time.sleep(0.005)
        check("seqs", [h.done().seq for _ in range(3)], [0, 1, 2])


@test
def ends_after_one_failed_write():
    with Host("--out", "iac bus 1", fault="Pm_WriteShort=fail@2") as h:
        h.opened()
        h.write("B0 07 01", key=5, flags=PRESS, release="B0 07 00")
        h.write("B0 07 02")
        for i in (3, 4):
            try:
                h.send("B0 07 %02X" % i)
            except BrokenPipeError:  # it was quick
                pass
        r = h.done(R_FAILED)
        check("seq", r.seq, 3)
        r = h.read()
        check("record", (r.kind, r.code, r.text),
              (FAILED, R_FAILED, b'cannot write to "IAC Driver Bus 1": pretend fault'))
        check("end", h.read(), None)
        check("exit", h.wait()[0], 1)
        check("log", len(h.log()), 2)


# ---- the end ----

@test
def releases_what_is_held():
    def run():
        with Host("--out", "iac bus 1") as h:
            h.opened()
            h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
            h.write("B0 07 40")
            h.write("90 3C 7F", key=2, flags=PRESS, release="80 3C 00")
            end = h.close()
            check("log", h.log()[3:], ["IAC Driver Bus 1 B0 10 00", "IAC Driver Bus 1 80 3C 00"])
            return end
    check("exit", timed("held buttons", run), 0)


@test
def releases_once():
    cases = [
        ("nothing held", [("B0 07 7F", 0, 0)], []),
        ("released", [("B0 10 7F", 1, PRESS), ("B0 10 00", 1, RELEASE)], []),
        ("one of two", [("B0 10 7F", 1, PRESS), ("B0 11 7F", 2, PRESS),
                        ("B0 10 00", 1, RELEASE)], ["B0 11 00"]),
        ("pressed twice", [("B0 10 7F", 1, PRESS), ("B0 10 70", 1, PRESS)], ["B0 10 00"]),
        ("pressed anew", [("B0 10 7F", 1, PRESS), ("B0 10 00", 1, RELEASE),
                          ("B0 10 7F", 1, PRESS)], ["B0 10 00"]),
        ("another's release", [("B0 10 7F", 1, PRESS), ("B0 11 00", 2, RELEASE)], ["B0 10 00"]),
        ("a tap in one", [("B0 10 7F B0 10 00", 1, PRESS | RELEASE)], []),
        ("twenty", [("B0 %02X 7F" % k, k, PRESS) for k in range(20)],
         ["B0 %02X 00" % k for k in range(20)]),
    ]
    for name, writes, expected in cases:
        with Host("--out", "iac bus 1") as h:
            h.opened()
            for midi, key, flags in writes:
                h.write(midi, key=key, flags=flags, release=midi[:5] + " 00")
            written = len(h.log())
            check("exit", h.close()[0], 0)
            check(name, [line[17:] for line in h.log()[written:]], expected)


@test
def writes_what_was_sent_before_the_end():
    # Slow enough for all of it to lie in the link when it is closed, answers unread.
    with Host("--out", "iac bus 1", fault="Pm_WriteShort=slow:5000") as h:
        h.opened()
        h.send("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        h.send("B0 07 01")
        h.send("B0 07 02")
        check("exit", h.close()[0], 0)
        check("log", [line[17:] for line in h.log()],
              ["B0 10 7F", "B0 07 01", "B0 07 02", "B0 10 00"])


@test
def hanging_while_it_writes():
    for unread in (0, 7):
        def run():
            with Host("--out", "iac bus 1", fault="Pm_WriteShort=hang@1") as h:
                h.opened()
                h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
                for i in range(1 + unread):
                    h.send("B0 07 40")
                check("silence", select.select([h.link], [], [], 0.05)[0], [])
                end = h.close()
                check("log", len(h.log()), 1)
                return end
        check("exit", timed("Pm_WriteShort hangs, %d unread" % unread, run), 1)


@test
def hanging_while_it_releases():
    def run():
        with Host("--out", "iac bus 1", fault="Pm_WriteShort=hang@1") as h:
            h.opened()
            h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
            return h.close()
    check("exit", timed("a release hangs", run), 1)


@test
def hanging_while_it_polls():
    def run():
        with Host("--in", "nanokontrol2", fault="Pm_Poll=hang@3") as h:
            h.opened()
            time.sleep(0.05)
            return h.close()
    check("exit", timed("Pm_Poll hangs", run), 1)


@test
def signals_do_not_end_it():
    with Host("--out", "iac bus 1") as h:
        h.opened()
        h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
            os.kill(h.pid, s)
        h.write("B0 07 40")
        check("exit", h.close()[0], 0)
        check("log", h.log()[2:], ["IAC Driver Bus 1 B0 10 00"])


@test
def leaves_no_orphan():
    def run():
        with tempfile.TemporaryDirectory() as tmp:
            log, ms = orphan(tmp, None)
            check("log", log, ["IAC Driver Bus 1 B0 10 7F", "IAC Driver Bus 1 B0 10 00"])
            return 0, ms

    def run_hanging():
        with tempfile.TemporaryDirectory() as tmp:
            return 0, orphan(tmp, "Pm_WriteShort=hang")[1]
    timed("killed parent", run)
    timed("killed parent, the driver hangs", run_hanging)


# ---- input ----

@test
def passes_on_what_comes_in():
    i = Input()
    i.send("B0 00 11")  # before the port was open
    with Host("--in", "nanokontrol2", input=i.name) as h:
        h.opened()
        before = time.monotonic_ns()
        i.send("B0 00 7F", "90 3C 40", "C2 05", "E0 01 02")
        got = [h.read() for _ in range(4)]
        check("records", {r.kind for r in got}, {MIDI})
        check("bytes", [r.bytes for r in got], ["B0 00 7F", "90 3C 40", "C2 05", "E0 01 02"])
        for r in got:
            if not before <= r.t_ns <= time.monotonic_ns():
                raise AssertionError("t_ns %d is not after %d" % (r.t_ns, before))


def received(h, last):
    """The bytes of what comes in until this comes, SysEx in one piece, and how many SysEx came to
    nothing."""
    got, sysex, discarded = [], "", 0
    while not got or got[-1] != last:
        r = h.read()
        if r.kind != SYSEX:
            check("kind", r.kind, MIDI)
            got.append(r.bytes)
            continue
        discarded += r.value
        sysex = (sysex + " " + r.bytes).strip()
        if sysex.endswith("F7"):
            got.append(sysex)
            sysex = ""
    check("the rest of a SysEx", sysex, "")
    return got, discarded


@test
def passes_on_sysex():
    i = Input()
    with Host("--in", "nanokontrol2", input=i.name) as h:
        h.opened()
        i.send("F8", "B0 00 01", "FE", "F0 7E 7F 06 01 F7", "B0 00 02",
               "F0 01 02 03 04 05 06 F7", "B0 00 03",  # its end starts an event
               "F0 01 02 FA 03 04 05 F7", "B0 00 04",  # a start within it
               "F0 01 02 F8 03", "B0 00 05",           # cut off
               "F0", "B0 00 06", "F4", "FD", "FF", "F2 01 02", "F7", "B0 00 07")
        got, discarded = received(h, "B0 00 07")
        check("bytes", got, ["B0 00 01", "F0 7E 7F 06 01 F7", "B0 00 02", "F0 01 02 03 04 05 06 F7",
                             "B0 00 03", "FA", "F0 01 02 03 04 05 F7", "B0 00 04", "B0 00 05",
                             "B0 00 06", "FF", "F2 01 02", "B0 00 07"])
        i.send("B0 00 08")  # what was discarded is told after what came with it
        while discarded < 2:
            r = h.read()
            discarded += r.value if r.kind == SYSEX else 0
        check("discarded", discarded, 2)


@test
def passes_on_long_sysex():
    i = Input()
    with Host("--in", "nanokontrol2", input=i.name) as h:
        h.opened()
        for size in (TEXT, TEXT + 1, 255, 256):
            sysex = " ".join(["F0"] + ["%02X" % (k % 128) for k in range(size - 2)] + ["F7"])
            i.send(sysex, "B0 00 01")
            check("%d bytes" % size, received(h, "B0 00 01"), ([sysex, "B0 00 01"], 0))
        i.send("F0 " + "01 " * 255 + "F7", "B0 00 02")
        check("what came", received(h, "B0 00 02")[0], ["B0 00 02"])


@test
def passes_on_the_clock_if_it_is_wanted():
    i = Input()
    with Host("--in", "nanokontrol2", "--clock", input=i.name) as h:
        h.opened()
        i.send("F8", "FE", "F8", "FA", "F8")
        check("bytes", [h.read().bytes for _ in range(4)], ["F8", "F8", "FA", "F8"])


@test
def survives_an_overflow():
    i = Input()
    with Host("--in", "nanokontrol2", input=i.name, fault="Pm_Poll=slow:20000") as h:
        h.opened()
        i.send(*["B0 00 01"] * 1025)  # more than the pretend buffer holds
        time.sleep(0.1)
        i.send("B0 00 02")
        while h.read().bytes != "B0 00 02":
            pass


@test
def works_both_ways_at_once():
    i = Input()
    with Host("--in", "nanokontrol2", "--out", "iac bus 1", input=i.name) as h:
        h.opened()
        for k in range(20):
            i.send("B0 00 %02X" % k)
            h.send("B0 07 %02X" % k)
            got = sorted((h.read() for _ in range(2)), key=lambda r: r.kind)
            check("kinds", [r.kind for r in got], [DONE, MIDI])
            check("answer", (got[0].code, got[0].seq), (0, k + 1))
            check("input", got[1].bytes, "B0 00 %02X" % k)
        h.write("B0 10 7F", key=1, flags=PRESS, release="B0 10 00")
        check("exit", h.close()[0], 0)
        check("log", h.log()[-1], "IAC Driver Bus 1 B0 10 00")


@test
def input_that_fails():
    for call, writes in (("Pm_Poll", 0), ("Pm_Read", 1)):
        i = Input()
        with Host("--in", "nanokontrol2", input=i.name, fault=call + "=fail@2") as h:
            h.opened()
            for _ in range(3 * writes):
                i.send("B0 00 01")
                time.sleep(0.01)
            r = h.read()
            while r.kind == MIDI:
                r = h.read()
            check(call, (r.kind, r.code, r.text),
                  (FAILED, R_FAILED, b'cannot read from "nanoKONTROL2 CTRL": pretend fault'))
            check("exit", h.wait()[0], 1)


# ---- the list, and usage ----

@test
def lists_devices():
    cases = [
        ("", {"inputs": [], "outputs": []}),
        ('out:IAC Driver Bus 1,io:Midi "Through" \\ Port-0,in:Ger\u00e4t',
         {"inputs": [{"index": 2, "name": 'Midi "Through" \\ Port-0'},
                     {"index": 3, "name": "Ger\u00e4t"}],
          "outputs": [{"index": 0, "name": "IAC Driver Bus 1"},
                      {"index": 1, "name": 'Midi "Through" \\ Port-0'}]}),
    ]
    for devices, expected in cases:
        r = run_port("list", devices=devices)
        check("exit and stderr", (r.returncode, r.stderr), (0, ""))
        check("list", json.loads(r.stdout), expected)
        check("lines", r.stdout.count("\n"), 1)
    r = run_port("list", fault="Pm_Initialize=fail")
    check("exit and stderr", (r.returncode, r.stderr), (1, ""))
    check("error", json.loads(r.stdout), {"error": "cannot start PortMidi: pretend fault"})
    with open("/dev/full", "w") as full, tempfile.TemporaryDirectory() as tmp:
        check("full disk", subprocess.call([PORT, "list"], env=environment(tmp), stdout=full), 1)


@test
def tells_usage():
    cases = [
        ([], "no role"),
        (["lost"], 'unknown role "lost"'),
        (["list", "x"], 'unexpected "x"'),
        (["open"], "neither --in nor --out"),
        (["open", "--in"], 'words are missing after "--in"'),
        (["open", "--inn", "x"], 'unknown option "--inn"'),
        (["open", "--in", "x"], "descriptor 3 is not a link"),
        (["watch"], "descriptor 3 is not a link"),
        (["watch", "x"], 'unexpected "x"'),
        (["list", "--link"], "descriptor 3 is not a link"),
        (["list", "--link", "x"], 'unexpected "x"'),
    ]
    for args, message in cases:
        r = run_port(*args)
        check(args, (r.returncode, r.stdout), (2, ""))
        check("first line", r.stderr.splitlines()[0], "cuewire-port: " + message)


if __name__ == "__main__":
    if sys.platform != "linux":
        cuewire.skip_all("the pretend PortMidi is put in place by Linux's loader")
    cuewire.run_tests(tests)
