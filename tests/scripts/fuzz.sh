#!/usr/bin/env bash
# Every fuzz target reads its corpus without a complaint. CUEWIRE_BUILD is the build folder.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${CUEWIRE_BUILD:-build/release}

corpus() { # TARGET
	case $1 in
	mapping) echo mappings tests/golden ;;
	*) echo "tests/fuzz/corpus/$1" ;;
	esac
}

targets=$(ls tests/fuzz/fuzz_*.c | sed 's|.*/fuzz_||; s|\.c$||')
# shellcheck disable=SC2086
set -- $targets
echo "1..$#"
n=0
failed=0
for target; do
	n=$((n + 1))
	# shellcheck disable=SC2046
	if said=$("$build/fuzz/fuzz_$target" $(corpus "$target") 2>&1); then
		echo "ok $n - fuzz_$target: $(tail -n 1 <<<"$said" | sed 's/# //')"
	else
		echo "not ok $n - fuzz_$target"
		tail -n 20 <<<"$said" | sed 's/^/# /'
		failed=1
	fi
done
exit $failed
