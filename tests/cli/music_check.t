# May it be let out? (Real sound is checked in tests/guard.) Four seconds of silence as a WAV file:
$ { printf 'RIFF\x24\xfa\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\xfa\x00\x00'; head -c 64000 /dev/zero; } >silence.wav
$ attune music check silence.wav
attune music check: needs something to check against: --protected, --style, --inputs or --provenance; see: attune music check --help
[64]
$ printf 'a song\tCC0\n# a remark\nanother\n' >inputs.txt; attune music check silence.wav --inputs inputs.txt
hold: silence.wav
  hold: another has no licence
  hold: there is nothing in it that could be checked
[1]
$ attune music check silence.wav --inputs inputs.txt --json
{"file":"silence.wav","verdict":"hold","reasons":[{"rule":"licence","verdict":"hold","name":"another"},{"rule":"silent","verdict":"hold"}]}
[1]
$ printf 'Another\n' >out.txt; attune music check silence.wav --inputs inputs.txt --opted-out out.txt
deny: silence.wav
  deny: another is opted out
  hold: another has no licence
  hold: there is nothing in it that could be checked
[2]
$ printf 'a song\tCC0\tno\n' >bad.txt; attune music check silence.wav --inputs bad.txt
attune music check: bad.txt:1: expected name, licence and "opted out", with tabs between
[65]
$ attune music check silence.wav --inputs none.txt
attune music check: opening none.txt: No such file or directory
[66]
$ attune music check silence.wav --protected none.prints
attune music check: loading the recordings none.prints: snapshot none.prints: opening it: No such file or directory
[66]
$ attune music check --rates
attune music check: --learn and --rates need --style FILE; see: attune music check --help
[64]
$ attune music check --learn Nobody --style artists.styles silence.wav
attune music check: silence.wav: 0.0 s that are not silence, expected 3
artists.styles: 0 works of Nobody; it has 0 works of 0 artists
[65]
$ attune music check silence.wav --floor x
attune music check: --floor is "x", expected a number from 0.01 to 1000; see: attune music check --help
[64]
$ attune music find --rates silence.wav
attune music find: 0 recordings of 20 s or more among 1 files, expected 3; silence.wav: shorter than two excerpts
[69]
# What was not looked at is not allowed.
$ printf 'a font\tMIT\n' >inputs; mkdir empty; attune music check empty --inputs inputs
attune music check: no sound files in empty
[66]
$ attune music check silence.wav --inputs inputs --opted-out empty
attune music check: reading empty: Is a directory
[74]
$ yes aaaaaaaaa | head -c 500000 | tr -d '\n' >long.txt; attune music check none.wav --inputs long.txt
attune music check: long.txt:1: expected text of at most 2048 bytes, in at most 100000 lines
[65]
