#!/usr/bin/env bash
# Tests scripts/setup on made-up systems: its programs (dpkg-query, apt-get, sudo, brew, ...) are
# replaced by ones that write down what they are asked.
# shellcheck disable=SC2016,SC2086 # scripts of others, lists of words
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/setup.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
n=0
build='gcc libc6-dev make pkg-config libportmidi-dev libasound2-dev liblo-dev libcjson-dev'

# program NAME SCRIPT: a program of the made-up system
program() {
	printf '#!/bin/bash\n%s\n' "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

# A Debian where the packages $1 are installed, for the user with the id $2.
debian() {
	rm -rf "${tmp:?}/bin"
	mkdir "$tmp/bin"
	for tool in bash sed grep head tail env cat rm; do
		ln -s "$(command -v $tool)" "$tmp/bin/$tool"
	done
	printf '%s\n' $1 >"$tmp/installed"
	echo yes >"$tmp/lists"
	: >"$tmp/log"
	program uname 'echo Linux'
	program id "echo $2"
	program dpkg-query "case \$* in
		*Depends*) grep -qx clang $tmp/installed && echo 'clang-14 (>= 14~)' ;;
		*) sed 's/^/installed /' $tmp/installed ;;
		esac"
	program apt-cache "[ \"\$(<$tmp/lists)\" = yes ] || exit 100
		for p; do case \$p in -*|show|depends) ;; *) echo \"Package: \$p\" ;; esac; done"
	program apt-get "args=\" \$* \"
		[ \"\$DEBIAN_FRONTEND\" = noninteractive ] || exit 9
		case \$args in
		*' update '*) echo update >>$tmp/log; echo yes >$tmp/lists; rm -f $tmp/stale ;;
		*)
			[ ! -e $tmp/stale ] || { echo 'E: 404'; exit 100; }
			echo \"install \${args##*--no-install-recommends }\" >>$tmp/log
			printf '%s\n' \${args##*--no-install-recommends } >>$tmp/installed ;;
		esac"
}

# expect NAME OPTIONS STATUS LOG REGEX: what setup exits with, asks for, and says
expect() {
	local said status
	# shellcheck disable=SC2086
	said=$(PATH=$tmp/bin "$tmp/bin/bash" "$root/scripts/setup" $2 2>&1 </dev/null)
	status=$?
	n=$((n + 1))
	if [ $status = "$3" ] && [ "$(sed 's/ *$//' "$tmp/log")" = "$4" ] && [[ $said =~ $5 ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "exit $status" "$said" '-- log:' "$(<"$tmp/log")" | sed 's/^/# /'
	fi
}

debian "$build" 1000
expect 'nothing is missing: no root needed' '' 0 '' '^setup: everything is there$'
expect 'quiet' --quiet 0 '' '^$'
expect 'an unknown option' --fast 2 '' '^usage: scripts/setup'
expect 'help' --help 0 '' '^usage: scripts/setup'

debian "${build/gcc/clang}" 1000
expect 'clang will do for gcc' '' 0 '' 'everything is there'

debian 'gcc libc6-dev make pkgconf' 0
expect 'root installs what is missing' '' 0 \
	'install libportmidi-dev libasound2-dev liblo-dev libcjson-dev' \
	'^setup: installing: libportmidi-dev libasound2-dev liblo-dev libcjson-dev'

debian '' 0
echo no >"$tmp/lists"
expect 'without lists it reads them first' '' 0 "update
install $build" 'everything is there'

debian "${build/make/}" 0
touch "$tmp/stale"
expect 'stale lists are read anew' '' 0 'update
install make' 'E: 404'

debian '' 1000
expect 'neither root nor sudo: one command' '' 1 '' \
	"apt-get update && apt-get install -y --no-install-recommends $build\$"

debian '' 1000
program sudo 'exit 1'
expect 'sudo that wants a password, no terminal' '' 1 '' 'apt-get install -y'
program sudo '[ "$1" != -n ] || shift; [ "$1" = true ] || exec "$@"'
expect 'sudo that wants no password' '' 0 "install $build" 'everything is there'

debian "$build clang" 0
expect 'tests need more' --test 0 "install libcmocka-dev perl python3 python3-tk python3-jsonschema \
xvfb xauth liblo-tools alsa-utils valgrind mandoc qemu-system-x86 kmod xz-utils \
libclang-rt-14-dev" 'everything is there'

debian '' 0
program apt-get 'echo "E: no network"; exit 100'
expect 'a failure is shown' '' 1 '' 'E: no network'

debian '' 0
rm "$tmp/bin/apt-get"
expect 'no apt' '' 1 '' 'neither apt nor Homebrew'

# A Mac for the user with the id $1.
mac() {
	debian '' "$1"
	program uname 'echo Darwin'
	program xcode-select 'exit 0'
	program brew "case \$1 in
		list) printf '%s\n' portmidi pkgconf python-tk@3.13 liblo ;;
		install) echo \"\$*\" >>$tmp/log ;;
		esac"
}

mac 501
expect 'macOS' '' 0 'install cjson' 'installing: cjson'
mac 501
expect 'macOS: tests' --test 0 'install cjson cmocka' 'installing: cjson cmocka'
mac 0
expect 'macOS: not as root' '' 1 '' 'not as root'
mac 501
rm "$tmp/bin/brew"
expect 'macOS without Homebrew' '' 1 '' 'https://brew.sh'
mac 501
program xcode-select 'exit 2'
expect 'macOS without a compiler' '' 1 '' 'xcode-select --install'
echo "1..$n"
