# A track into four files.
$ attune music stems
attune music stems: expected FILE, --evaluate FOLDER, --train FOLDER or --about; see: attune music stems --help
[64]
$ attune music stems none.wav
attune music stems: expected --out FOLDER; see: attune music stems --help
[64]
$ attune music stems none.wav --out parts
attune music stems: opening none.wav: No such file or directory
[66]
$ attune music stems none.wav --out parts --method magic
attune music stems: --method: expected network or classical; see: attune music stems --help
[64]
$ head -c 32000 /dev/zero > raw; printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\175\000\000' | cat - raw > silence.wav
$ attune music stems silence.wav --out parts --method classical; ls parts
parts/drums.wav  nothing found
parts/bass.wav  nothing found
parts/vocals.wav  nothing found
parts/other.wav  nothing found
bass.wav
drums.wav
other.wav
vocals.wav
$ attune music stems silence.wav --out parts --method classical --json
{"file":"silence.wav","folder":"parts","stems":[{"stem":"drums","expected_db":null},{"stem":"bass","expected_db":null},{"stem":"vocals","expected_db":null},{"stem":"other","expected_db":null}]}
$ attune music stems silence.wav --out raw --method classical
attune music stems: writing raw/drums.wav: Not a directory
[74]
