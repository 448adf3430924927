# What is in sound files: one by one, by folders, in JSON, and going on where it was stopped.
$ attune music analyze --help
attune music analyze FILE|FOLDER… [OPTIONS]

Say what is in sound files: tempo, beats, key, loudness, mood, sections.

Any file that libsndfile opens, and where this build has FFmpeg's helper what
that opens; of a folder, all files in it and below whose names end like sound.
Each is decoded in a child process with few rights. A file that cannot be read
is told and left out.

The tempo comes with its other readings (half, double) and a confidence; the key
with the tuning against A of 440 Hz. Loudness is ITU-R BS.1770's, its range EBU
Tech 3342's. Moods follow a stated rule, no people were asked. Sections with one
letter are alike; what they are (verse, chorus) is not told. How all of it is
found, and how right it is: docs/music-analysis.md.

Options
  -t, --threads N            files at a time; otherwise one a processor
  -o, --out FILE             append a line of JSON for each file, skip what it
                             has
      --seconds N            hear no more than the first N seconds of each
  -b, --beats                with --json or --out: also each beat, as [seconds,
                             place in the bar]
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune music analyze song.flac
      what is in it
  attune music analyze ~/Music --out music.ndjson
      a whole folder; after Ctrl-C the same command goes on
  attune music analyze a.mp3 b.mp3 --json | jq '{file, tempo_bpm, key}'
      figures for another program

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
$ wav() { printf 'RIFF%b\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data%b\000' "$1" "$1"; }; click() { printf '\377\177\001\200\377\177\001\200\377\077\001\300\377\077\001\300'; head -c $(($1 - 16)) /dev/zero; }; mkdir -p songs/quiet; { wav '\000\364\001'; for i in {1..20}; do click 6400; done; } > songs/clicks.wav; { wav '\000\161\002'; head -c 160000 /dev/zero; } > songs/quiet/silence.wav; echo no sound > songs/broken.wav; echo notes > songs/notes.txt
$ attune music analyze songs/clicks.wav | sed -n '1,2p;4p'
songs/clicks.wav: 8.0 s, 8000 Hz, 1 channel
  tempo 1<*> BPM (confidence 1.00; or 7<*>), 4 beats a bar
  loudness -24.7 LUFS, range 0.6 LU, true peak 1.7 dBTP, crest 28.1 dB, clipped
$ attune music analyze songs --threads 2 2>&1 | grep -v '  key\|energy\|moods'
attune music analyze: songs/broken.wav: Format not recognised.
songs/clicks.wav: 8.0 s, 8000 Hz, 1 channel
  tempo 1<*> BPM (confidence 1.00; or 7<*>), 4 beats a bar
  loudness -24.7 LUFS, range 0.6 LU, true peak 1.7 dBTP, crest 28.1 dB, clipped
  sections A 0:00
songs/quiet/silence.wav: 10.0 s, 8000 Hz, 1 channel
  silence
$ attune music analyze songs/clicks.wav songs/broken.wav --json --beats | grep -o '"file[^,]*\|"error[^,}]*\|"tempo_bpm[^,]*\|"beats_per[^,]*\|"beats":.....'
attune music analyze: songs/broken.wav: Format not recognised.
"file":"songs/clicks.wav"
"tempo_bpm":1<*>
"beats_per_bar":4
"beats":[[0.<*>
"file":"songs/broken.wav"
"error":"songs/broken.wav: Format not recognised."
$ attune music analyze songs --out found.ndjson
attune music analyze: songs/broken.wav: Format not recognised.
attune music analyze: 2 files heard, 0 already there, 1 could not be read
$ attune music analyze songs --out found.ndjson
attune music analyze: 0 files heard, 3 already there, 0 could not be read
$ wc -l < found.ndjson; cp found.ndjson before; printf '{"file":"songs/torn' >> found.ndjson; cp songs/clicks.wav songs/more.wav; attune music analyze songs --out found.ndjson --quiet; cut -d '"' -f 4 found.ndjson; head -3 found.ndjson | cmp - before && echo the rest is as it was
3
songs/broken.wav
songs/clicks.wav
songs/quiet/silence.wav
songs/more.wav
the rest is as it was
$ attune music analyze songs/notes.txt --out songs/notes.txt
attune music analyze: songs/notes.txt, line 1: expected a JSON object; it is no file of this command
[73]
$ attune music analyze songs/broken.wav
attune music analyze: songs/broken.wav: Format not recognised.
[65]
$ attune music analyze nothing
attune music analyze: opening nothing: No such file or directory
[66]
$ mkdir empty; attune music analyze empty
attune music analyze: no sound files in empty
[66]
$ attune music analyze songs --threads 0
attune music analyze: --threads is "0", expected a whole number from 1 to 64; see: attune music analyze --help
[64]
$ attune music analyze songs --seconds 1 --quiet 2>&1 | grep 's, '
songs/clicks.wav: 1.0 s, 8000 Hz, 1 channel
songs/more.wav: 1.0 s, 8000 Hz, 1 channel
songs/quiet/silence.wav: 1.0 s, 8000 Hz, 1 channel
$ ln -s . songs/again; attune music analyze songs --seconds 1 --quiet 2>&1 | grep -c 's, '
3
$ d=deep/$(printf 'd/%.0s' $(seq 17)); mkdir -p $d; attune music analyze deep -q
attune music analyze: deep: 1 folder lies deeper than 16 in it, passed over
attune music analyze: no sound files in deep
[66]
