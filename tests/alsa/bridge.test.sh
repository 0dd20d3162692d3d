# shellcheck shell=bash disable=SC2154
# The whole bridge between OSC, a controller and the port that Traktor would listen to.

# The mapping of most tests: every kind of control and of address, from a controller and by OSC.
write_mapping() {
	cat >"$1" <<-'END'
		{
		  "ports": {
		    "traktor": { "out": "traktor in" },
		    "pads": { "in": "pads midi 1" }
		  },
		  "controls": [
		    { "name": "volume", "kind": "fader", "port": "traktor", "cc": 7 },
		    { "name": "tempo", "kind": "fader", "port": "traktor", "cc": [3, 35] },
		    { "name": "pitch", "kind": "fader", "port": "traktor", "channel": 2, "pitch_bend": true },
		    { "name": "play", "kind": "switch", "port": "traktor", "cc": 20 },
		    { "name": "sync", "kind": "switch", "port": "traktor",
		      "on": { "cc": 21 }, "off": { "cc": 22 } },
		    { "name": "cue", "kind": "button", "port": "traktor", "cc": 23 },
		    { "name": "pad", "kind": "button", "port": "traktor", "channel": 10, "note": 36 },
		    { "name": "list", "kind": "encoder", "port": "traktor", "cc": 24 },
		    { "name": "tree", "kind": "encoder", "port": "traktor",
		      "up": { "cc": 25 }, "down": { "cc": 26 } }
		  ],
		  "routes": [
		    { "port": "pads", "cc": 1, "to": "volume" },
		    { "port": "pads", "cc": [2, 34], "to": "tempo" },
		    { "port": "pads", "pitch_bend": true, "to": "pitch" },
		    { "port": "pads", "cc": 3, "to": "play" },
		    { "port": "pads", "note": 40, "as": "toggle", "to": "sync" },
		    { "port": "pads", "note": 36, "to": "cue" },
		    { "port": "pads", "channel": 10, "program": 5, "to": "pad" },
		    { "port": "pads", "cc": 4, "encoder": "twos", "to": "list" },
		    { "port": "pads", "cc": 5, "encoder": "offset", "to": "tree" }
		  ]
		}
	END
}

# start_club: the two clients, the mapping and the bridge between them.
start_club() {
	start_seqplay traktor 'Traktor' 'Traktor In'
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	write_mapping map.json
	start_bridge map.json
	wait_for_open traktor
	wait_for_open pads
}

# wait_for_open PORT: as wait_for_port, without starting a program.
wait_for_open() {
	wait_for_line bridge.err "^port $1: open " 20
}

# got LINE...: what Traktor got from the bridge so far is this, and "got" forgets it.
taken=2 # "ready" and "subscribed"
got() {
	local lines expected
	printf -v expected '%s\n' "$@"
	wait_for_count traktor.got $((taken + $#))
	mapfile -t -s "$taken" lines <traktor.got
	taken=$((taken + $#))
	if [ "$(printf '%s\n' "${lines[@]}")" != "${expected%$'\n'}" ]; then
		fail "expected:
$expected
got:
$(printf '%s\n' "${lines[@]}")"
	fi
}

# got_last LINE: Traktor has got this now, and other things before it: where the second half of a 14-bit
# value comes late, the first counts alone.
got_last() {
	local lines
	wait_for_line traktor.got "^$1\$"
	mapfile -t lines <traktor.got
	taken=${#lines[@]}
}

# wait_for_count FILE N: until the file has N lines.
wait_for_count() {
	wait_for_line "$1" '' 10 "$2"
}

test_bridge_osc_to_traktor() {
	start_club
	osc /volume f 0.5
	osc /tempo f 0.75
	osc /pitch f 0.5
	osc /play i 1
	osc /sync f 1
	osc /sync f 0
	osc /cue T
	osc /cue F
	osc /pad f 1
	osc /pad f 0
	osc /list f 1
	osc /list f -2
	osc /tree f 1
	osc /tree f -1
	got 'B0 07 40' \
		'B0 03 5F' 'B0 23 7F' \
		'E1 00 40' \
		'B0 14 7F' \
		'B0 15 7F' 'B0 16 7F' \
		'B0 17 7F' 'B0 17 00' \
		'99 24 7F' '89 24 00' \
		'B0 18 01' 'B0 18 7E' \
		'B0 19 7F' 'B0 19 00' 'B0 1A 7F' 'B0 1A 00'
	wait_for_line monitor.out '"port": "traktor", "state": "open", "control": "tempo".*"from": "osc:/tempo".*"midi": "B0 03 5F B0 23 7F"'
	stop_bridge
}

test_bridge_controller_to_traktor() {
	start_club
	play pads 'CC 1 1 127' 'CC 1 1 0'
	got 'B0 07 7F' 'B0 07 00'
	play pads 'RAW B0 02 40 B0 22 01' 'SLEEP 20' 'CC 1 34 2'
	got_last 'B0 23 01'
	got_last 'B0 23 02'
	wait_for_line monitor.out '"control": "tempo".* "midi": "B0 03 40 B0 23 02"'
	play pads 'BEND 1 0' 'BEND 1 8192' 'BEND 1 16383'
	got 'E1 00 00' 'E1 00 40' 'E1 7F 7F'
	play pads 'CC 1 3 127' 'CC 1 3 0'
	got 'B0 14 7F' 'B0 14 00'
	play pads 'NOTE_ON 1 40 100' 'NOTE_OFF 1 40 0' 'NOTE_ON 1 40 1' 'NOTE_ON 1 40 0'
	got 'B0 15 7F' 'B0 16 7F'
	# A note on with velocity 0 is a note off; a soft hit is a hit.
	play pads 'NOTE_ON 1 36 1' 'NOTE_ON 1 36 0' 'NOTE_ON 1 36 127' 'NOTE_OFF 1 36 64'
	got 'B0 17 7F' 'B0 17 00' 'B0 17 7F' 'B0 17 00'
	play pads 'PROGRAM 10 5' 'PROGRAM 10 6'
	got '99 24 7F' '89 24 00'
	play pads 'CC 1 4 1' 'CC 1 4 127' 'CC 1 5 66' 'CC 1 5 63'
	got 'B0 18 01' 'B0 18 7F' \
		'B0 19 7F' 'B0 19 00' 'B0 19 7F' 'B0 19 00' 'B0 1A 7F' 'B0 1A 00'
	wait_for_line monitor.out '"unmapped": "midi:pads", "midi": "C9 06"'
	wait_for_line monitor.out '"control": "tree".*"from": "midi:pads"'
	stop_bridge
}

test_bridge_sysex_parameters_and_clock() {
	start_seqplay traktor 'Traktor' 'Traktor In'
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	cat >map.json <<-'END'
		{
		  "ports": {
		    "traktor": { "out": "traktor in" },
		    "pads": { "in": "pads midi 1", "out": "pads midi 1" }
		  },
		  "controls": [
		    { "name": "volume", "kind": "fader", "port": "traktor", "cc": 7 },
		    { "name": "tempo", "kind": "fader", "port": "traktor", "cc": [3, 35] },
		    { "name": "play", "kind": "switch", "port": "traktor", "cc": 20 },
		    { "name": "beat", "kind": "encoder", "port": "traktor", "cc": 24 },
		    { "name": "motor", "kind": "fader", "port": "pads", "channel": 3, "nrpn": 259 }
		  ],
		  "routes": [
		    { "port": "pads", "sysex": "F0 00 20 29 * vv F7", "to": "volume" },
		    { "port": "pads", "channel": 2, "nrpn": [2, 3], "to": "tempo" },
		    { "port": "pads", "system": "playing", "to": "play" },
		    { "port": "pads", "system": "clock", "by": 1, "to": "beat" }
		  ]
		}
	END
	start_bridge map.json
	wait_for_open traktor
	wait_for_open pads
	play pads 'RAW F0 00 20 29 02 40 F7'
	got 'B0 07 40'
	# The longest, of which a port host makes two records, and one byte more.
	local filler
	printf -v filler '11 %.0s' {1..250}
	play pads "RAW F0 00 20 29 ${filler}7F F7"
	got 'B0 07 7F'
	play pads "RAW F0 00 20 29 ${filler}11 7F F7" 'RAW F0 00 20 29 01 F7'
	got 'B0 07 01'
	play pads 'RAW B1 63 02' 'RAW B1 62 03' 'RAW B1 06 40' 'RAW B1 26 01'
	got 'B0 03 40' 'B0 23 01'
	play pads 'RAW FA' 'RAW F8' 'RAW FC'
	got 'B0 14 7F' 'B0 18 01' 'B0 14 00'
	osc /motor f 1
	wait_for_line pads.got '^B2 26 7F$'
	expect_lines <(tail -n 4 pads.got) 'B2 63 02' 'B2 62 03' 'B2 06 7F' 'B2 26 7F'
	"$B/cuewire" status --json --socket "$socket" >status.json
	wait_for_line status.json '"bad": 1,' 0
	stop_bridge
}

test_bridge_shipped_mapping_on_midi_through() {
	start_aseqdump 14:0 dump
	start_bridge
	wait_for_open traktor
	wait_for_line bridge.err '^port traktor: open \(Midi Through Port-0, '
	osc /1/fader1 f 0.5
	wait_for_line dump '^ *14:0 +Control change +0, controller 7, value 64$'
	osc /deck/b/tempo f 1
	wait_for_line dump '^ *14:0 +Control change +1, controller 3, value 127$'
	wait_for_line dump '^ *14:0 +Control change +1, controller 35, value 127$'
	stop_bridge
}

test_bridge_shipped_controllers() {
	start_aseqdump 14:0 dump
	start_seqplay ddj 'DDJ-400' 'DDJ-400 MIDI 1'
	start_seqplay k2 'XONE:K2' 'XONE:K2 MIDI 1'
	start_bridge club.json pioneer-ddj-400.json xone-k2.json
	wait_for_open traktor
	wait_for_open ddj400
	wait_for_open k2
	play ddj 'CC 1 19 64' 'CC 1 51 0' 'NOTE_ON 2 12 127' 'NOTE_ON 2 12 0' 'NOTE_ON 1 11 127' 'CC 7 64 127'
	wait_for_line dump 'Control change +0, controller 7, value 64$'
	wait_for_line dump 'Control change +1, controller 64, value 127$'
	wait_for_line dump 'Control change +1, controller 64, value 0$'
	wait_for_line dump 'Control change +0, controller 20, value 127$'
	wait_for_line dump 'Control change +9, controller 21, value 127$'
	# The controllers' own lights.
	wait_for_line ddj.got '^90 0B 7F$'
	wait_for_line ddj.got '^91 0C 7F$'
	play k2 'CC 15 18 127' 'NOTE_ON 15 31 100'
	wait_for_line dump 'Control change +2, controller 7, value 127$'
	wait_for_line dump 'Control change +3, controller 64, value 127$'
	wait_for_line k2.got '^9E 43 7F$'
	# It is unplugged: the cue that it held is released, nothing else is.
	stop_seqplay k2
	play ddj 'CC 1 19 127' 'CC 1 51 127'
	wait_for_line dump 'Control change +0, controller 7, value 127$'
	stop_bridge
	wait_for_line dump 'Control change +3, controller 64, value 0$'
	if grep -q 'controller 20, value 0$' dump; then
		fail 'play was released'
	fi
}

test_bridge_ports_command() {
	start_seqplay pads 'Pads' 'Pads MIDI 1'
	"$B/cuewire" ports >list
	wait_for_line list '^inputs:$' 0
	wait_for_line list '^  Midi Through Port-0$' 0 2
	wait_for_line list '^  Pads MIDI 1$' 0 2
	"$B/cuewire" ports --json >list.json
	wait_for_line list.json '^\{"inputs": ?\[.*"name": ?"Pads MIDI 1"\}.*\], ?"outputs": ?\[.*"name": ?"Pads MIDI 1"\}.*\]\}$' 0
}

# hold_cue_and_play: both are on, as another client has heard.
hold_cue_and_play() {
	start_club
	osc /play f 1
	play pads 'NOTE_ON 1 36 127'
	got 'B0 14 7F' 'B0 17 7F'
}

test_bridge_term_releases_the_cue() {
	hold_cue_and_play
	kill -TERM "$bridge"
	wait "$bridge"
	got 'B0 17 00' unsubscribed
}

test_bridge_kill_releases_the_cue() {
	local start
	hold_cue_and_play
	start=$(now_ms)
	kill -KILL "$bridge"
	wait_for_line traktor.got '^unsubscribed$'
	echo "# gone after $(($(now_ms) - start)) ms at most"
	got 'B0 17 00' unsubscribed
}

test_bridge_output_goes_away() {
	start_seqplay other 'Lights' 'Light Desk'
	start_seqplay traktor 'Traktor' 'Traktor In'
	cat >map.json <<-'END'
		{
		  "ports": { "traktor": { "out": "traktor in" }, "lights": { "out": "light desk" } },
		  "controls": [
		    { "name": "volume", "kind": "fader", "port": "traktor", "cc": 7 },
		    { "name": "cue", "kind": "button", "port": "traktor", "cc": 23 },
		    { "name": "level", "kind": "fader", "port": "lights", "cc": 1 }
		  ]
		}
	END
	start_bridge map.json
	wait_for_open traktor
	wait_for_open lights
	osc /cue f 1
	osc /volume f 0
	got 'B0 17 7F' 'B0 07 00'
	stop_seqplay traktor
	# That it is unplugged tells; what comes after it is the stand-in's.
	wait_for_line bridge.err '^!!! port traktor: SIMULATED: missing: "Traktor In" was unplugged '
	osc /volume f 0.5
	wait_for_line monitor.out '"state": "simulated", "control": "volume", "value": 0.5'
	wait_for_line monitor.out '"state": "simulated", "control": "cue", "value": 0'
	osc /level f 0.5
	wait_for_line other.got '^B0 01 40$'
	"$B/cuewire" status --json --socket "$socket" >status.json
	wait_for_line status.json '"traktor": \{"state": "simulated", "reason": "missing"' 0
	wait_for_line status.json '"lights": \{"state": "open"' 0
	stop_bridge
}
