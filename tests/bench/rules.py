#!/usr/bin/env python3
"""rules.py N: prints a mapping of N OSC routes, /rule/00000/in and so on.

They move up to 1600 faders, each on a CC of its own, of the port "traktor", which another file must
define. The addresses are as long as /deck/a/volume, so that all packets are of one size.
"""
import json
import sys

RESERVED = {0, 6, 32, 38, *range(96, 102), *range(120, 128)}
CCS = [n for n in range(128) if n not in RESERVED][:100]
FADERS_MAX = 16 * len(CCS)


def mapping(n):
    faders = [{"name": "c.%d" % i, "kind": "fader", "port": "traktor",
               "channel": i // len(CCS) + 1, "cc": CCS[i % len(CCS)]}
              for i in range(min(n, FADERS_MAX))]
    routes = [{"osc": "/rule/%05d/in" % i, "to": "c.%d" % (i % len(faders))} for i in range(n)]
    return {"controls": faders, "routes": routes}


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit() or not 0 < int(sys.argv[1]) <= 99999:
        sys.exit("usage: rules.py N (1 to 99999)")
    json.dump(mapping(int(sys.argv[1])), sys.stdout, indent=1)
