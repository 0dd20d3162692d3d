# shellcheck shell=bash disable=SC2154
# The sequencer and the tools of these tests, and what cuewire-port sees of them.

test_sequencer_is_there() {
	aplaymidi -l >list
	wait_for_line list '^ *14:0 +Midi Through +Midi Through Port-0 *$' 0
}

# Every command of seqplay comes out as the same bytes at another client.
test_seqplay_sends_and_receives() {
	local controller
	start_seqplay traktor 'Traktor' 'Traktor In'
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	controller=$address
	wait_for_line traktor.got '^ready (.*)$'
	aconnect "$controller" "${BASH_REMATCH[1]}"
	wait_for_line traktor.got '^subscribed$'
	play pads 'CC 1 7 64' 'NOTE_ON 2 36 127' 'NOTE_OFF 2 36 0' 'BEND 16 8193' 'PROGRAM 3 5' \
		'PRESSURE 4 99' 'SLEEP 20' 'RAW F0 7E 7F 09 01 F7' 'RAW F8' 'RAW B0 07 01 07 02' QUIT
	wait_for_line traktor.got '^unsubscribed$'
	expect_lines traktor.got "$(head -n 1 traktor.got)" subscribed 'B0 07 40' '91 24 7F' \
		'81 24 00' 'EF 01 40' 'C2 05' 'D3 63' 'F0 7E 7F 09 01 F7' F8 'B0 07 01' 'B0 07 02' \
		unsubscribed
}

test_seqplay_refuses_wrong_commands() {
	local command
	for command in 'CC 17 7 64' 'CC 1 7' 'CC 1 7 128' 'BEND 1 16384' 'RAW 07' 'RAW XY' 'SLEEP' 'PLAY'; do
		if "$B/alsa/seqplay" a b <<<"$command" >/dev/null 2>err; then
			fail "accepted: $command"
		fi
		wait_for_line err '^seqplay: line 1: ' 0
	done
}

test_aseqdump_sees_what_is_played() {
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	start_aseqdump "$address" dump
	play pads 'CC 1 7 64'
	wait_for_line dump 'Control change +0, controller 7, value 64$'
}

test_port_lists_devices() {
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	"$B/cuewire-port" list >list.json
	python3 - <<-'END'
		import json
		devices = json.load(open("list.json"))
		for way in "inputs", "outputs":
		    names = [device["name"] for device in devices[way]]
		    assert "Midi Through Port-0" in names, names
		    assert "Pads MIDI 1" in names, names
		    assert [device["index"] for device in devices[way]] == sorted(
		        device["index"] for device in devices[way])
	END
}

# The prober tells what comes and goes, each with its address, at once (the best of three, for this
# machine may be busy); and sleeps otherwise.
test_watch_tells_what_comes_and_goes() {
	local first second since before after came went n=0
	start_link watch watch
	told watch LISTED
	told watch 'DEVICE out 14:0 Midi Through Port-0'
	told watch 'DEVICE in 14:0 Midi Through Port-0'

	while :; do
		n=$((n + 1))
		start_seqplay pads 'Pads' 'Pads MIDI 1'
		first=$address since=$(now_ms)
		told watch "DEVICE out $first Pads MIDI 1" $n
		told watch "DEVICE in $first Pads MIDI 1" $n
		came=$((told_ms - since)) since=$(now_ms)
		stop_seqplay pads
		rm pads.*
		told watch "GONE out $first Pads MIDI 1" $n
		told watch "GONE in $first Pads MIDI 1" $n
		went=$((told_ms - since))
		echo "told $came ms after it came, $went ms after it was to go"
		if [ "$came" -le 100 ] && [ "$went" -le 100 ]; then
			break
		fi
		[ $n -lt 3 ] || fail 'that is late'
	done

	start_seqplay other 'Other' 'Other MIDI 1'
	[ "$address" = "$first" ] || fail "$address is not free again"
	told watch "DEVICE in $first Other MIDI 1"
	start_seqplay again 'Pads' 'Pads MIDI 1'
	second=$address
	[ "$first" != "$second" ] || fail "it has its old address"
	told watch "DEVICE in $second Pads MIDI 1"

	before=$(grep ctxt_switches "/proc/$link_pid/status")
	pause 1
	after=$(grep ctxt_switches "/proc/$link_pid/status")
	[ "$before" = "$after" ] || fail "it woke up while nothing happened: $before, then $after"
	echo >&"$link_in"
	wait_for_line watch.got '^ended 0$' 2
}

# Where only the end is seen: what went and came back under its address is told as both, and when
# announcements overflow nothing is missed. Linux 6.1 does not announce a new name: it is told with
# the next announcement.
test_watch_catches_up() {
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	start_link watch watch
	told watch LISTED

	kill -STOP "$link_pid"
	stop_seqplay pads
	rm pads.*
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	kill -CONT "$link_pid"
	told watch "GONE in $address Pads MIDI 1"
	told watch "DEVICE in $address Pads MIDI 1" 2

	kill -STOP "$link_pid"
	play pads 'RENAME Pads' 'FLAP 1000' 'SLEEP 1' 'RENAME Pads MIDI 2'
	pause 1
	start_seqplay other 'Other' 'Other MIDI 1'
	kill -CONT "$link_pid"
	told watch "DEVICE in $address Other MIDI 1"
	told watch 'GONE in [0-9:]+ Pads MIDI 1' 2
	told watch 'DEVICE in [0-9:]+ Pads MIDI 2'
	if grep -q 'flap\|Pads @' watch.got; then
		fail 'it told what was over'
	fi
	stop_seqplay other
	told watch "GONE in $address Other MIDI 1"
}

# A host tells the address of what it has opened; of two of one name each has its own.
test_open_tells_addresses() {
	local first second
	start_seqplay one 'Pads' 'Pads MIDI 1'
	first=$address
	start_seqplay two 'Pads' 'Pads MIDI 1'
	second=$address
	start_link open open --in 'pads midi 1' --out 'through'
	told open "DEVICE in $first Pads MIDI 1"
	told open 'DEVICE out 14:0 Midi Through Port-0'
	told open OPENED
	play one 'CC 1 7 64'
	told open 'MIDI B0 07 40'
	play two 'CC 1 7 65'
	play one 'CC 1 7 66'
	told open 'MIDI B0 07 42'
	! grep 'B0 07 41' open.got
}

# A host with an input sleeps until something comes in, and takes all of a burst.
test_input_wakes_the_host() {
	local i before after burst=()
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	start_link open open --in 'pads midi 1'
	told open OPENED
	play pads 'CC 1 7 1'
	told open 'MIDI B0 07 01'
	pause 1.5 # it looks again for a second after something has moved
	before=$(grep -h ctxt_switches "/proc/$link_pid/task/"*/status)
	pause 1
	after=$(grep -h ctxt_switches "/proc/$link_pid/task/"*/status)
	[ "$before" = "$after" ] || fail "it woke up while nothing happened: $before, then $after"
	for i in {1..150}; do
		burst+=("CC 1 8 $((i % 128))")
	done
	play pads "${burst[@]}" 'CC 1 9 1'
	told open 'MIDI B0 09 01'
	[ "$(grep -c 'MIDI B0 08' open.got)" = 150 ] || fail 'of 150 not all came'
}
