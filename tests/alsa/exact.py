#!/usr/bin/python3
"""What takes time, on a real sequencer: see exact."""

import hotplug
import cuewire


def devices_come_and_go_under_load():
    print("# " + hotplug.run(20))


cuewire.run_tests([devices_come_and_go_under_load])
