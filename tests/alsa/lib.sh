# shellcheck shell=bash disable=SC2034,SC2154
# Helpers of the tests on an ALSA sequencer; see run. They start no program where bash will do.

# What the test has started is killed with it.
started=()

end_of_test() {
	local status=$1 pid file
	trap - EXIT
	for pid in ${started[@]+"${started[@]}"}; do
		kill "$pid" 2>/dev/null || true
	done
	if [ "$status" != 0 ] && [ "$status" != 77 ]; then
		for file in *; do
			if [ -f "$file" ] && [ -s "$file" ]; then
				echo "---- $file"
				tail -n 40 "$file"
			fi
		done
	fi
	exit "$status"
}

skip() {
	echo "$*" >why
	exit 77
}

fail() {
	echo "$*"
	exit 1
}

# Milliseconds of a clock that only goes forward.
now_ms() {
	local up
	read -r up _ </proc/uptime
	up=${up/./}
	echo $((10#$up * 10))
}

# wait_for_line FILE REGEX [SECONDS [COUNT]]: until COUNT lines (1) of FILE match; the last match is
# in $line, its groups in BASH_REMATCH. After SECONDS (10) the test fails.
wait_for_line() {
	local file=$1 regex=$2 end found text
	end=$(($(now_ms) + ${3:-10} * 1000))
	while :; do
		found=0
		[ -e "$file" ] && while IFS= read -r text; do
			if [[ $text =~ $regex ]]; then
				line=$text
				found=$((found + 1))
				if [ $found -ge "${4:-1}" ]; then
					return 0
				fi
			fi
		done <"$file"
		if [ "$(now_ms)" -ge "$end" ]; then
			fail "no line like '$regex' (${4:-1} of them) in $file within ${3:-10} s"
		fi
		pause 0.05
	done
}

# Sleeps without starting a program.
pause() {
	read -r -t "$1" <>"$pause_pipe" || true
}
pause_pipe=$scratch/pause
mkfifo "$pause_pipe"

# expect_lines FILE LINE...: FILE holds exactly these lines.
expect_lines() {
	local file=$1 expected got
	shift
	expected=$(printf '%s\n' "$@")
	got=$(<"$file")
	if [ "$got" != "$expected" ]; then
		fail "$file: expected:
$expected
got:
$got"
	fi
}

# ---- sequencer ----

# start_aseqdump PORT FILE: writes what comes from PORT ("14:0" or a client's name) to FILE.
start_aseqdump() {
	stdbuf -oL aseqdump -p "$1" >"$2" 2>&1 &
	started+=($!)
	wait_for_line "$2" '^Source  Event'
}

# start_seqplay NAME CLIENT PORT: a client with one port (seqplay.c). What it gets is in NAME.got from
# the second line on (the first is "ready ADDRESS"); "play NAME COMMAND" makes it send. Its address
# is in $address.
start_seqplay() {
	local fd
	mkfifo "$1.in"
	"$B/alsa/seqplay" "$2" "$3" <"$1.in" >"$1.got" 2>"$1.err" &
	started+=($!)
	exec {fd}>"$1.in"
	eval "play_fd_$1=$fd play_pid_$1=$!"
	wait_for_line "$1.got" '^ready ([0-9]+:[0-9]+)$'
	address=${BASH_REMATCH[1]}
}

# play NAME COMMAND...: each argument is one command.
play() {
	local fd=play_fd_$1
	shift
	printf '%s\n' "$@" >&"${!fd}"
}

# stop_seqplay NAME: its port goes, as when a device is unplugged. It has to be told: what was started
# after it has its input open too.
stop_seqplay() {
	local fd=play_fd_$1 pid=play_pid_$1
	play "$1" QUIT
	fd=${!fd}
	exec {fd}>&-
	wait "${!pid}"
}

# ---- port hosts ----

# start_link NAME ROLE ARGUMENT...: cuewire-port behind its link; its records are in NAME.got (link.c).
# Sets link_pid.
start_link() {
	local name=$1
	shift
	mkfifo "$name.in"
	"$B/alsa/link" "$B/cuewire-port" "$@" <"$name.in" >"$name.got" 2>"$name.err" &
	started+=($!)
	exec {link_in}>"$name.in"
	wait_for_line "$name.got" '^pid ([0-9]+)$'
	link_pid=${BASH_REMATCH[1]}
}

# told NAME REGEX [COUNT]: waits for the record and sets told_ms, when it was read.
told() {
	wait_for_line "$1.got" "^$2 @([0-9]+)\$" 10 "${3:-1}"
	told_ms=${BASH_REMATCH[-1]}
}

# ---- bridge ----

# start_bridge ARGUMENT...: "cuewire run" on a free OSC port, with its monitor (JSON) in monitor.out
# and the rest in bridge.err. Returns when it maps; sets osc_port, socket and bridge.
start_bridge() {
	socket=$PWD/bridge.sock
	"$B/cuewire" run --osc-port 0 --no-http --socket "$socket" --monitor=json "$@" \
		</dev/null >monitor.out 2>bridge.err &
	bridge=$!
	started+=("$bridge")
	wait_for_line bridge.err '^ready osc=([0-9]+) ' 20
	osc_port=${BASH_REMATCH[1]}
}

# stop_bridge: ends it as Ctrl-C does; it must exit with 0.
stop_bridge() {
	kill -INT "$bridge"
	wait "$bridge"
}

# osc ADDRESS TYPES VALUE...: one message to the bridge, "osc /deck/a/volume f 0.5".
osc() {
	oscsend localhost "$osc_port" "$@"
}

# wait_for_port NAME: until the bridge has opened this port of the mapping.
wait_for_port() {
	local end
	end=$(($(now_ms) + 20000))
	until "$B/cuewire" status --json --socket "$socket" >status.json 2>status.err &&
		[[ $(<status.json) =~ \"$1\":\ *\{\"state\":\ *\"open\" ]]; do
		if [ "$(now_ms)" -ge "$end" ]; then
			fail "the port $1 did not open within 20 s"
		fi
		pause 0.1
	done
}
