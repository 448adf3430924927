# A song from a brief: its plan, its notes, what is refused.
$ attune music compose --help
attune music compose [OPTIONS]

Compose a song from a brief.

A score is planned under rules of form, harmony, voice leading and melody, and
checked by a second program part that shares no code with the first. The same
brief and seed give the same song. Sound is made by FluidSynth in a helper
program, from a General MIDI sound font. Exit code 1: the checker found a
breach.

Options
      --style NAME           synth pop, house, lo-fi, rock, ambient, focus,
                             folk, jazz
      --bpm N                beats a minute, 30 to 300; otherwise drawn from the
                             style
      --key KEY              "C minor", "F# dorian", "Bb"; otherwise drawn from
                             the style
      --scale NAME           a preset (rast, bhairav, slendro, just …) or a
                             Scala file .scl
      --keymap FILE          its Scala keyboard mapping .kbm
      --bars N               whole length in bars of four beats
      --energy N             0 to 1
      --mood N               -1 dark to 1 bright
      --density N            taste, -1 to 1: notes in a bar
      --syncopation N        taste, -1 to 1: notes off the beat
      --colour N             taste, -1 to 1: sevenths and borrowed chords
      --repetition N         taste, -1 to 1: how far a melody repeats its motif
      --brightness N         taste, -1 to 1: how high it lies
      --vocals               the lead is a wordless voice
      --seed N               another seed, another song
      --attempts N           whole plans tried, the best is kept; otherwise 8
  -o, --out FILE             write it: .wav, .flac, .ogg, or notes alone: .mid
      --stems                also FILE.drums.wav and so on; they sum to FILE
                             exactly
      --sound-font FILE      .sf2 or .sf3; otherwise one of Debian's
      --rate HZ              frames a second; otherwise 44100
      --loudness LUFS        otherwise -16
      --plan                 print form and chords
      --provenance LOG       enter what went in and what came out into this log
                             of provenance; made if absent
      --licence NAME         with --provenance: the licence of what goes in
      --inputs FILE          with --provenance: what goes in: name, tab,
                             licence, and where so a tab and "opted out"
      --form WORDS           "intro verse chorus verse chorus bridge chorus
                             outro"
      --minutes N            whole length, rounded to bars; otherwise the
                             style's own
      --measure              play each key of the lead alone and measure its
                             pitch
      --search-ms N          the clock may end the search after a whole plan
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune music compose --style house --bpm 124 --key "A minor" --plan
      a song's plan
  attune music compose --style jazz --seed 7 --out song.mid
      its notes
  attune music compose --style ambient --minutes 10 --out calm.flac
      ten minutes of sound
  attune music compose --scale bayati --key D --measure --out taqsim.wav
      a piece in a maqam, its degrees measured

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
$ attune music compose --style "synth pop" --key "C major" --bpm 120 --bars 44 --form "intro verse chorus verse chorus outro" --seed 3 --plan
synth pop in C major, 120 BPM, 44 bars, 1:28.0, 1430 notes, seed 3
  bar   1  intro    4 bars, open       C Am7 G C
  bar   5  verse    8 bars, open       C Am7 C F Em F Dm C
  bar  13  chorus   8 bars, authentic  Em G Am7 G Em G G C
  bar  21  verse    8 bars, open       C Am7 C F Em F Dm C
  bar  29  chorus   8 bars, authentic  Em G Am7 G Em G G C
  bar  37  outro    8 bars, plagal     C G Am7 G C Dm F C
  26 rules kept
$ attune music compose --style jazz --bars 12 --seed 2 -o song.mid | tail -1; head -c 4 song.mid
  written to song.mid
MThd
$ attune music compose --style house --bars 8 --json | json_ok style key tempo_bpm bars seconds notes rules breaches plan
1 object
$ attune music compose --style polka
attune music compose: style: found "polka", expected one of synth pop, house, lo-fi, rock, ambient, focus, folk, jazz
[65]
$ attune music compose --key "H minor"
attune music compose: key: found "H minor", expected a letter A to G with # or b, then major, minor, dorian, phrygian, lydian or mixolydian
[65]
$ attune music compose --bars 1
attune music compose: --bars is "1", expected a whole number from 2 to 2400; see: attune music compose --help
[64]
$ attune music compose --form "verse solo"
attune music compose: form: found "solo", expected words of intro, verse, chorus, bridge, outro
[65]
$ attune music compose --bars 8 --out song.xyz
attune music compose: --out: found "song.xyz", expected a name that ends in .wav, .flac, .ogg or .mid; see: attune music compose --help
[64]
$ attune music compose --bars 8 --sound-font none.sf2 -o song.wav
attune music compose: opening the sound font none.sf2: No such file or directory
[66]
$ attune music compose --scale bhairav --key D --style focus --bars 24 --plan
focus in D, 82 BPM, 24 bars, 1:10.2, 101 notes, seed 1
  scale bhairav, drone and melody
  bar   1  verse   20 bars, open      
  bar  21  outro    4 bars, open      
  14 rules kept
$ printf 'broken\n3\n9/8\n! remark\nhigh\n2/1\n' >bad.scl; attune music compose --scale bad.scl
attune music compose: bad.scl:5: found "high", expected a degree: cents with a point (701.955) or a ratio (3/2)
[65]
$ printf '0\n0\n127\n60\n69\nloud\n0\n' >bad.kbm; attune music compose --scale rast --keymap bad.kbm
attune music compose: bad.kbm:6: found "loud", expected the reference frequency in Hz, 1 to 20000
[65]
$ attune music compose --scale nowhere 2>&1 | cut -c 1-100
attune music compose: scale: found "nowhere", expected a file that ends in .scl, or one of major pen
$ printf 'nineteen equal steps\n19\n' >edo.scl; awk 'BEGIN { for (i = 1; i <= 19; i++) printf "%.5f\n", 1200 * i / 19 }' >>edo.scl; attune music compose --scale edo.scl --bars 16 --seed 3 -o edo.mid
synth pop in F#, 111 BPM, 16 bars, 0:34.6, 323 notes, seed 3
  scale nineteen equal steps, drone and melody
  14 rules kept
  written to edo.mid
