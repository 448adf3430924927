# A loop: its length, its notes, what is refused. (Its sound is in tests/music/test_score_render.c: a sound font may be missing.)
$ attune music loop --help | head -9
attune music loop [OPTIONS]

Make a loop that repeats without a seam.

A loop of 8 bars, or as many as asked for, that leads back into its own
beginning: as long as its bars at its tempo, rounded once to whole frames; what
still sounds at its end is in its beginning. The seam is measured beside the
other bar lines: near 1 it is a place like others.
$ attune music loop --style house --bpm 120 --bars 4 --seed 2 --plan -o loop.mid; head -c 4 loop.mid
house in D minor, 120 BPM, 4 bars, 0:08.0, 180 notes, seed 2
  bar   1  loop     4 bars, half       Dm7 A Fmaj7 A
  26 rules kept
  written to loop.mid
MThd
$ attune music loop --bars 8 --json | json_ok style key tempo_bpm bars seconds notes rules breaches plan
1 object
$ attune music loop --sound-font none.sf2 -o loop.wav
attune music loop: opening the sound font none.sf2: No such file or directory
[66]
$ attune music loop --rate 100 -o loop.wav
attune music loop: --rate is "100", expected a whole number from 8000 to 96000; see: attune music loop --help
[64]
$ attune music loop -o loop.mp9
attune music loop: --out: found "loop.mp9", expected a name that ends in .wav, .flac, .ogg or .mid; see: attune music loop --help
[64]
$ attune music loop --bars 2401
attune music loop: --bars is "2401", expected a whole number from 2 to 2400; see: attune music loop --help
[64]
