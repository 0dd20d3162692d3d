#!/usr/bin/env python3
"""link.py ROLE [ARGUMENT]...: cuewire-port behind its link. Prints each record as a line with the time
when it was read (CLOCK_MONOTONIC in milliseconds): "DEVICE in 14:0 Midi Through Port-0 @4711". Ends
with the link, or when there is anything on standard input."""

import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
import port_host  # noqa: E402

KINDS = {getattr(port_host, kind): kind for kind in (
    "OPENED", "FAILED", "WRITE", "DONE", "MIDI", "DEVICE", "LISTED", "GONE")}


class Real(port_host.Host):
    """On the PortMidi of this machine."""

    role = sys.argv[1]

    @staticmethod
    def environment(tmp, **settings):
        return dict(os.environ, **settings)


def text(r):
    if r.kind in (port_host.DEVICE, port_host.GONE):
        way = {port_host.IN: "in", port_host.OUT: "out"}[r.flags]
        return " %s %d:%d %s" % (way, r.value >> 8, r.value & 0xFF, r.text.decode())
    if r.kind == port_host.MIDI:
        return " " + r.bytes
    return (" " + r.text.decode()).rstrip()


with Real(*sys.argv[2:]) as h:
    print("pid %d" % h.pid, flush=True)
    while True:
        ready = select.select([h.link, sys.stdin], [], [])[0]
        if sys.stdin in ready:
            break
        r = h.read()
        if not r:
            break
        print("%s%s @%d" % (KINDS[r.kind], text(r), time.monotonic_ns() // 1000000), flush=True)
    status, ms = h.close()
    print("ended %d" % status, flush=True)
