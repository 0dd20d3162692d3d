#!/usr/bin/env bash
# The rooms of the house: base <- core <- conf, io <- app, and the port host beside them. An include
# that goes upward, a library in a file that is not its own, or a header that does not stand alone
# is a failure.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
n=0
failed=0

result() { # NAME PROBLEMS
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
		failed=1
	fi
}

# The room of a public header: that of the source file of its name; what has none is told here.
room_of() {
	case $1 in
	clock | datagrams | outline) echo base ;;
	link) echo core ;; # shared by the bridge and the port host
	*) ls src/*/"$1".c 2>/dev/null | sed -n 's|src/\([a-z]*\)/.*|\1|p' | head -n 1 ;;
	esac
}

allowed() { # ROOM: the rooms that it may include
	case $1 in
	base) echo base ;;
	core) echo base core ;;
	conf) echo base core conf ;;
	io) echo base core io ;;
	port) echo base core port ;;
	app) echo base core conf io app ;;
	esac
}

upward() {
	local file room header to
	for file in src/*/*.[ch]; do
		room=${file#src/}
		room=${room%%/*}
		for header in $(sed -n 's|^#include "cuewire/\([a-z0-9_]*\)\.h"|\1|p' "$file"); do
			to=$(room_of "$header")
			case " $(allowed "$room") " in
			*" $to "*) ;;
			*) echo "$file includes cuewire/$header.h of ${to:-no room}" ;;
			esac
		done
	done
}

# A library's headers, and the files that may include them.
library() { # PATTERN FILES
	local file
	for file in $(grep -lE "^#include <$1" src/*/*.[ch] include/cuewire/*.h); do
		case " $2 " in
		*" $file "*) ;;
		*) echo "$file includes <$1...>" ;;
		esac
	done
}

alone() {
	local header
	for header in include/cuewire/*.h; do
		echo "#include \"cuewire/$(basename "$header")\"" |
			${CC:-cc} -std=c11 -D_XOPEN_SOURCE=700 -Iinclude -Wall -Werror -fsyntax-only -x c - 2>&1 ||
			echo "$header does not stand alone"
	done
}

echo 1..8
result 'no include goes upward' "$(upward)"
result 'portmidi.h is known to one file' "$(library portmidi src/port/driver_portmidi.c)"
result 'alsa-lib is known to one file' "$(library alsa/ src/port/system_alsa.c)"
result 'CoreMIDI is known to one file' "$(library CoreMIDI/ src/port/system_coremidi.c)"
result 'liblo is known to one file' "$(library lo/ src/io/osc_out.c)"
result 'no public header names a library' "$(grep -nE '^#include <(lo|cjson|portmidi|alsa|curl)' include/cuewire/*.h)"
result 'platform macros are in one file' \
	"$(grep -lE '_GNU_SOURCE|_DARWIN_C_SOURCE' src/*/*.[ch] | grep -v '^src/base/platform.c$')"
result 'every public header stands alone' "$(alone)"
exit $failed
