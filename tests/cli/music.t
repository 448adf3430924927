# Commands of two words: the group lists them, each has its help and its page.
$ attune music
attune music COMMAND [OPTIONS] [ARGUMENTS]

  analyze     Say what is in sound files: tempo, beats, key, loudness, mood, sections
  items       Turn what was analysed into items of a catalogue
  prompt      Say what words about music ask for, and find it
  stems       Split a track into drums, bass, vocals and the rest
  remix       Mix a track again: stems louder, softer, out, in another colour
  stretch     Change the tempo of a sound file, or its pitch
  master      Master a sound file for a listener: band, crest, loudness, hearing
  find        Which known recording is in a sound file
  compose     Compose a song from a brief
  loop        Make a loop that repeats without a seam
  check       Say whether a piece of music may be let out: allow, hold or deny

More: attune music COMMAND --help
[64]
$ attune music --help | tail -1
More: attune music COMMAND --help
$ attune help music | tail -1
More: attune music COMMAND --help
$ attune music analyse
attune: there is no command "music analyse", did you mean "music analyze"? See: attune --help
[64]
$ attune music analyze
attune music analyze: too few arguments, expected FILE|FOLDER…; see: attune music analyze --help
[64]
$ for c in $(attune music --help | awk '/^  [a-z]+  /{print $1}'); do attune music $c --help; done | grep -v '^  attune' | awk 'length($0) > 84'
$ for c in $(attune music --help | awk '/^  [a-z]+  /{print $1}'); do attune completion --man music-$c | sed -n 2,6p; done
.Dt ATTUNE-MUSIC-ANALYZE 1
.Os
.Sh NAME
.Nm attune-music-analyze
.Nd Say what is in sound files: tempo, beats, key, loudness, mood, sections
.Dt ATTUNE-MUSIC-ITEMS 1
.Os
.Sh NAME
.Nm attune-music-items
.Nd Turn what was analysed into items of a catalogue
.Dt ATTUNE-MUSIC-PROMPT 1
.Os
.Sh NAME
.Nm attune-music-prompt
.Nd Say what words about music ask for, and find it
.Dt ATTUNE-MUSIC-STEMS 1
.Os
.Sh NAME
.Nm attune-music-stems
.Nd Split a track into drums, bass, vocals and the rest
.Dt ATTUNE-MUSIC-REMIX 1
.Os
.Sh NAME
.Nm attune-music-remix
.Nd Mix a track again: stems louder, softer, out, in another colour
.Dt ATTUNE-MUSIC-STRETCH 1
.Os
.Sh NAME
.Nm attune-music-stretch
.Nd Change the tempo of a sound file, or its pitch
.Dt ATTUNE-MUSIC-MASTER 1
.Os
.Sh NAME
.Nm attune-music-master
.Nd Master a sound file for a listener: band, crest, loudness, hearing
.Dt ATTUNE-MUSIC-FIND 1
.Os
.Sh NAME
.Nm attune-music-find
.Nd Which known recording is in a sound file
.Dt ATTUNE-MUSIC-COMPOSE 1
.Os
.Sh NAME
.Nm attune-music-compose
.Nd Compose a song from a brief
.Dt ATTUNE-MUSIC-LOOP 1
.Os
.Sh NAME
.Nm attune-music-loop
.Nd Make a loop that repeats without a seam
.Dt ATTUNE-MUSIC-CHECK 1
.Os
.Sh NAME
.Nm attune-music-check
.Nd Say whether a piece of music may be let out: allow, hold or deny
$ attune music analyze none.wav
attune music analyze: opening none.wav: No such file or directory
[66]
$ echo no sound > text.wav; attune music analyze text.wav
attune music analyze: text.wav: Format not recognised.
[65]
# What a decoder may do, and what is missing where a file needs FFmpeg and it is not there.
$ attune version | grep ^helpers | sed 's/, .*filter/, <A> filter/'
helpers: limits of memory and time, <A> filter of system calls
