# A track mixed again.
$ attune music remix none.wav --mute vocals
attune music remix: expected --out FILE; see: attune music remix --help
[64]
$ attune music remix none.wav --mute vocals --out out.wav
attune music remix: opening none.wav: No such file or directory
[66]
$ attune music remix none.wav --out out.wav
attune music remix: expected --mute, --boost, --swap or --context; see: attune music remix --help
[64]
$ attune music remix none.wav --mute voice --out out.wav
attune music remix: --mute: found "voice", expected drums, bass, vocals or other; see: attune music remix --help
[64]
$ attune music remix none.wav --boost drums --out out.wav
attune music remix: --boost drums: expected decibels between -60 and 24, as in drums=6; see: attune music remix --help
[64]
$ attune music remix none.wav --boost drums=99 --out out.wav
attune music remix: --boost drums: expected decibels between -60 and 24, as in drums=6; see: attune music remix --help
[64]
$ attune music remix none.wav --swap bass= --out out.wav
attune music remix: --swap bass: expected a sound file, as in bass=other.wav; see: attune music remix --help
[64]
$ attune music remix none.wav --context swimming --out out.wav
attune music remix: --context: found "swimming", expected one of workout, focus, sleep, commute, party, relax, karaoke; see: attune music remix --help
[64]
$ attune music remix none.wav --context focus --method magic --out out.wav
attune music remix: --method: expected network or classical; see: attune music remix --help
[64]
$ head -c 32000 /dev/zero > raw; printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\175\000\000' | cat - raw > silence.wav
$ attune music remix silence.wav --mute vocals --boost drums=6,bass=-3 --out out.wav --method classical; wc -c < out.wav
drums   +6.0 dB
bass    -3.0 dB
vocals  muted
48044
$ attune music remix silence.wav --context workout --swap bass=silence.wav --out out.wav --method classical --json
{"file":"silence.wav","out":"out.wav","turned_down_db":0.0,"stems":[{"stem":"drums","expected_db":null,"asked_db":4.0,"gain_db":4.0,"limited":false,"timbre_share":0.0},{"stem":"bass","expected_db":null,"asked_db":2.0,"gain_db":2.0,"limited":false,"timbre_share":1.0},{"stem":"vocals","expected_db":null,"asked_db":0.0,"gain_db":0.0,"limited":false,"timbre_share":0.0},{"stem":"other","expected_db":null,"asked_db":0.0,"gain_db":0.0,"limited":false,"timbre_share":0.0}]}
