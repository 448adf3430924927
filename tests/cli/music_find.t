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
