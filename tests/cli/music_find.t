# Known recordings, and which of them a sound is. (Real sound is looked up in tests/guard.)
$ attune music find --db known.prints
attune music find: needs a file to look up, or --add; see: attune music find --help
[64]
$ attune music find clip.wav
attune music find: needs --db FILE; see: attune music find --help
[64]
$ attune music find --db known.prints clip.wav
attune music find: opening clip.wav: No such file or directory
[66]
$ mkdir sounds; echo no sound > sounds/text.wav; attune music find --db known.prints --add sounds
attune music find: sounds/text.wav: Format not recognised.
known.prints: 0 recordings added, 1 refused; it has 0 recordings, 0.00 hours
[65]
$ ls
sounds
$ echo PRINTS > broken; attune music find --db broken sounds/text.wav
attune music find: loading the recordings broken: broken: snapshot: it has 7 bytes, a snapshot's head alone has 64
[76]
$ attune music find --db known.prints --score 0 x.wav
attune music find: --score is "0", expected a number from 1 to 1000; see: attune music find --help
[64]
# A file and a copy of it: three seconds of a falling tone, 8 bits.
$ { printf 'RIFF\xe4\x5d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\xc0\x5d\x00\x00'; awk 'BEGIN{for(i=0;i<24000;i++){t=i%1600; printf "%c", 97+int(20*exp(-t/500)*sin(i*(0.2+0.05*int(i/1600)))+20.5)}}'; } >sounds/tone.wav; cp sounds/tone.wav sounds/copy.wav
$ attune music find --duplicates sounds
attune music find: sounds/text.wav: Format not recognised.
sounds/tone.wav
  0:00.1 to 0:02.8 is sounds/copy.wav, 0:00.1 to 0:02.8 (tempo +0.0 %, pitch +0.00, 100 % shared, score 18.3)
3 files: 2 files share something with another, in 1 cluster
[65]
$ attune music find --db known.prints --add sounds/tone.wav
known.prints: 1 recording added; it has 1 recording, 0.00 hours
$ attune music find --db known.prints --add sounds/tone.wav
known.prints: 0 recordings added, 1 known already; it has 1 recording, 0.00 hours
$ attune music find --db known.prints sounds/copy.wav
sounds/copy.wav: 1 match
  0:00.1 to 0:02.8 is sounds/tone.wav, 0:00.1 to 0:02.8 (tempo +0.0 %, pitch +0.00, 100 % shared, score 18.3)
$ attune music find --db known.prints sounds/copy.wav --json
{"file":"sounds/copy.wav","matches":[{"recording":"sounds/tone.wav",<*>,"shared":1.0}]}
$ attune music check sounds/copy.wav --protected known.prints
deny: sounds/copy.wav
  deny: a part of it is protected, score 18.3 against 8.0
    0:00.1 to 0:02.8 is sounds/tone.wav, 0:00.1 to 0:02.8 (tempo +0.0 %, pitch +0.00, 100 % shared, score 18.3)
[2]
# Two at once: the second waits, and what the first added is kept.
$ cp sounds/tone.wav sounds/third.wav; for i in 1 2 3 4; do rm -f both.prints; attune music find --db both.prints --add sounds/tone.wav -q >/dev/null & attune music find --db both.prints --add sounds/copy.wav -q >/dev/null & attune music find --db both.prints --add sounds/third.wav -q >/dev/null; wait; attune music find --db both.prints --add sounds/tone.wav | sed 's/.* it has/it has/'; done; ls both*
it has 3 recordings, 0.00 hours
it has 3 recordings, 0.00 hours
it has 3 recordings, 0.00 hours
it has 3 recordings, 0.00 hours
both.prints
$ attune music stretch sounds/tone.wav --ratio 2 -o sounds/a.wav >/dev/null; cp sounds/a.wav sounds/b.wav; for i in 1 2 3 4; do rm -f s; attune music check --style s --learn A sounds/a.wav -q >/dev/null & attune music check --style s --learn B sounds/b.wav -q >/dev/null; wait; attune music check --style s --learn C sounds/a.wav | sed 's/.* it has/it has/'; done
it has 3 works of 3 artists
it has 3 works of 3 artists
it has 3 works of 3 artists
it has 3 works of 3 artists
$ flock both.prints.lock sh -c 'touch held; sleep 1' & until [ -e held ]; do sleep 0.02; done; attune music find --db both.prints --add sounds/tone.wav; wait
attune music find: waits for another process that changes the same file (both.prints.lock)
both.prints: 0 recordings added, 1 known already; it has 3 recordings, 0.00 hours
$ attune music find --db none/x.prints --add sounds/tone.wav
attune music find: locking none/x.prints.lock: No such file or directory
[66]
