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
