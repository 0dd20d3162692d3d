#!/usr/bin/env bash
# Tests scripts/test on a project of its own, whose Makefile is made up for each case: its last lines,
# and its exit status.
# shellcheck disable=SC2016 # the Makefile's variables
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
n=0
unset MAKEFLAGS MFLAGS MAKELEVEL B BUILD CC WERROR

mkdir "$tmp/scripts"
cp "$root/scripts/test" "$root/scripts/tap-count" "$root/scripts/tap-run" "$tmp/scripts/"
printf '#!/bin/sh\n' >"$tmp/scripts/setup"
chmod +x "$tmp/scripts/setup"

# project CHECK ALL ALSA: what "make check", "make all" and "make test-alsa" do; $(D) is the TAP folder
project() {
	cat >"$tmp/Makefile" <<-END
		B = build/\$(BUILD)
		D = \$(B)/tap
		PROVE = rm -rf \$(D) && mkdir -p \$(D) && TAP_DIR=\$(D) prove -Q --exec scripts/tap-run
		check: ; @$1
		all: ; @$2
		test-alsa: D = \$(B)/tap-alsa
		test-alsa: ; @$3
	END
}

program() {
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# expect NAME STATUS LINE...: the last lines and the exit status of scripts/test
expect() {
	local name=$1 status=$2 got expected
	shift 2
	"$tmp/scripts/test" >"$tmp/out" 2>&1 </dev/null
	got="exit $?
$(tail -n $# "$tmp/out")"
	expected="exit $status
$(printf '%s\n' "$@")"
	n=$((n + 1))
	if [ "$got" = "$expected" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		printf '%s\n' 'expected:' "$expected" 'got:' "$got" | sed 's/^/# /'
	fi
}

program good 'echo 1..2; echo ok 1; echo ok 2'
program bad 'echo 1..2; echo ok 1; echo not ok 2 - b; exit 1'
program none 'echo 1..0 \# SKIP no sequencer'

project '$(PROVE) ./good' true '$(PROVE) ./good'
expect 'all pass' 0 '' '9 passed, 0 failed'

project '$(PROVE) ./good' true '$(PROVE) ./none'
expect 'a skip is named' 0 'SKIP  release/tap-alsa/none: no sequencer' '7 passed, 0 failed, 1 skipped'

project '$(PROVE) ./good ./bad' true '$(PROVE) ./good'
expect 'a failing test is counted once' 1 'FAIL  release/tap/bad: 2 - b' \
	'FAIL  asan/tap/bad: 2 - b' 'FAIL  tsan/tap/bad: 2 - b' '12 passed, 3 failed'

project 'test $(BUILD) != tsan && $(PROVE) ./good' true '$(PROVE) ./good'
expect 'a variant that does not build' 1 'FAIL  test/tsan: 1 - tsan' '7 passed, 1 failed'

project '$(PROVE) ./good' false '$(PROVE) ./good'
expect 'clang does not build' 1 'FAIL  test/build-with-clang: 1 - build with clang' \
	'8 passed, 1 failed'

project '$(PROVE) ./good' true true
expect 'a step without tests' 1 'FAIL  test/alsa: 1 - alsa' '7 passed, 1 failed'

project '$(PROVE) ./good; exit 3' true '$(PROVE) ./good'
expect 'make fails after tests that pass' 1 'FAIL  test/asan: 1 - asan' \
	'FAIL  test/release: 1 - release' 'FAIL  test/tsan: 1 - tsan' '9 passed, 3 failed'

printf '#!/bin/sh\nexit 1\n' >"$tmp/scripts/setup"
expect 'setup fails' 1 ''
echo "1..$n"
