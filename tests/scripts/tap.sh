#!/usr/bin/env bash
# Tests scripts/tap-run and scripts/tap-count: each case is a test program, what tap-count must say
# of it, and whether prove, asked beside it, is content.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
n=0

# check NAME EXPECTED GOT
check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "expected:" "$2" "got:" "$3" | sed 's/^/# /'
	fi
}

# program TEXT: makes it the test program t
program() {
	mkdir -p "$tmp/tap"
	rm -f "$tmp"/tap/*
	printf '#!/bin/sh\n%s\n' "$1" >"$tmp/t"
	chmod +x "$tmp/t"
}

# prove's own verdict, quietly; it runs the test by tap-run
judge() {
	(cd "$tmp" && TAP_DIR=tap TAP_TIMEOUT=2 prove -Q --exec "$root/scripts/tap-run" ./t) \
		>"$tmp/prove" 2>&1
}

# count NAME PROGRAM EXPECTED: tap-count's output, its exit status and prove's must agree
count() {
	local got prove=content count=content
	program "$2"
	judge || prove=complains
	got=$(cd "$tmp" && "$root/scripts/tap-count" tap) || count=complains
	check "$1" "$3" "$got"
	check "$1: prove agrees" "$prove" "$count"
}

count passes 'echo 1..2; echo ok 1 - a; echo ok 2 - b' \
	'2 passed, 0 failed'
count fails 'echo 1..3; echo ok 1; echo not ok 2 - b; echo ok 3; exit 1' \
	'FAIL  tap/t: 2 - b
2 passed, 1 failed'
count 'says why it fails' 'echo 1..2; echo \# of none; echo not ok 1 - a; echo \# no disk; echo ok 2; echo \# of 2; exit 1' \
	'FAIL  tap/t: 1 - a
      # no disk
1 passed, 1 failed'
count 'skips one' 'echo 1..3; echo ok 1; echo ok 2; echo ok 3 - c \# SKIP no gear' \
	'SKIP  tap/t: 3 - c: no gear
2 passed, 0 failed, 1 skipped'
count 'skips all' 'echo 1..0 \# SKIP no sequencer' \
	'SKIP  tap/t: no sequencer
0 passed, 0 failed, 1 skipped'
count 'dies half way' 'echo 1..5; echo ok 1; echo ok 2; kill -9 $$' \
	'FAIL  tap/t: test 3: did not run
FAIL  tap/t: test 4: did not run
FAIL  tap/t: test 5: did not run
2 passed, 3 failed'
count 'exit status' 'echo 1..1; echo ok 1; exit 3' \
	'FAIL  tap/t: exit status 3
1 passed, 1 failed'
count 'a signal' 'echo 1..1; echo ok 1; kill -SEGV $$' \
	'FAIL  tap/t: exit status 139
1 passed, 1 failed'
count 'prints nothing' 'exit 0' \
	'FAIL  tap/t: No plan found in TAP output
0 passed, 1 failed'
count 'no plan' 'echo ok 1' \
	'FAIL  tap/t: No plan found in TAP output
1 passed, 1 failed'
count 'a wrong number' 'echo 1..2; echo ok 1; echo ok 3' \
	'FAIL  tap/t: Tests out of sequence.  Found (3) but expected (2)
2 passed, 1 failed'
count 'a test to do' 'echo 1..1; echo not ok 1 \# TODO later' \
	'1 passed, 0 failed'
count 'bails out' 'echo 1..2; echo ok 1; echo Bail out! no disk; exit 1' \
	'FAIL  tap/t: no disk
FAIL  tap/t: test 2: did not run
1 passed, 2 failed'
count 'takes too long' 'echo 1..1; sleep 9; echo ok 1' \
	'FAIL  tap/t: test 1: did not run
0 passed, 1 failed'
count 'leaves a program that holds its output' 'echo 1..1; echo ok 1; sleep 9 &' \
	'1 passed, 0 failed'

program 'echo 1..1; echo ok 1'
printf '1..1\nok 1\n' >"$tmp/tap/cut.tap"
check 'a file without its end' 'FAIL  tap/cut: the test program or tap-run was killed
1 passed, 1 failed' "$(cd "$tmp" && "$root/scripts/tap-count" tap/cut.tap)"
rm "$tmp/tap/cut.tap"
check 'an empty folder fails' '0 passed, 0 failed 1' \
	"$(cd "$tmp" && echo "$("$root/scripts/tap-count" tap; echo $?)" | paste -sd ' ')"
check 'a file that is not there' 2 \
	"$("$root/scripts/tap-count" "$tmp/none.tap" 2>/dev/null; echo $?)"
check 'a program that is not there' 127 \
	"$(TAP_DIR=$tmp/tap "$root/scripts/tap-run" "$tmp/none" 2>/dev/null; echo $?)"
echo "1..$n"
