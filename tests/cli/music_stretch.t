# Faster, slower, higher, lower.
$ attune music stretch
attune music stretch: too few arguments, expected FILE; see: attune music stretch --help
[64]
$ attune music stretch none.wav
attune music stretch: expected --out FILE; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav
attune music stretch: expected --ratio R, --from-bpm with --to-bpm, or --pitch CENTS; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav --ratio 1.1 --from-bpm 120 --to-bpm 127
attune music stretch: expected --ratio R, or --from-bpm with --to-bpm, not both; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav --from-bpm 120
attune music stretch: expected --ratio R, or --from-bpm with --to-bpm, not both; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav --ratio 9
attune music stretch: --ratio is "9", expected a number from 0.25 to 4; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav --from-bpm 20 --to-bpm 127
attune music stretch: 20 to 127 BPM is a ratio of 0.15748, expected 0.25 to 4; see: attune music stretch --help
[64]
$ attune music stretch none.wav --out out.wav --from-bpm 120 --to-bpm 127
attune music stretch: opening none.wav: No such file or directory
[66]
$ yes 'abcdefghi' | head -c 32000 > raw; printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\175\000\000' | cat - raw > tone.wav
$ attune music stretch tone.wav --from-bpm 120 --to-bpm 127 --out faster.wav
faster.wav: 1.890 s, from 2.000 s, at <*> times real time.
$ attune music stretch tone.wav --ratio 1.5 --out slower.flac --json
{"file":"tone.wav","out":"slower.flac","ratio":1.5,"pitch_cents":0.0,"frames_in":16000,"frames_out":24000,"seconds_in":2.0,"seconds_out":3.0,"times_real_time":<*>}
$ attune music stretch tone.wav --pitch -100 --out lower.wav --json
{"file":"tone.wav","out":"lower.wav","ratio":1.0,"pitch_cents":-100.0,"frames_in":16000,"frames_out":16000,"seconds_in":2.0,"seconds_out":2.0,"times_real_time":<*>}
$ attune music analyze slower.flac | head -1
slower.flac: 3.0 s, 8000 Hz, 1 channel
$ attune music stretch tone.wav --ratio 2 --out none/x.wav; ls *.part
attune music stretch: writing none/x.wav: No such file or directory
ls: cannot access '*.part': No such file or directory
[2]
$ attune music stretch tone.wav --ratio 2 --out x.xyz
attune music stretch: x.xyz: expected a name that ends in .wav, .flac, .ogg or .mp3
[65]
$ attune music stretch tone.wav --ratio 3.9 --pitch 1200 --out x.wav
attune music stretch: ratio 3.9 and pitch 1200 cents together stretch by 7.8, expected 0.25 to 4
[65]
