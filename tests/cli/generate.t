# Making from briefs: what is asked wrongly is told with its field, and nothing made is told too.
$ attune generate
attune generate COMMAND [OPTIONS] [ARGUMENTS]

  make        Make items from a brief, check them, and put them in the catalogue
  list        List the briefs that were asked for
  show        Show a brief with its candidates, or one item that was made
  plan        Say what to make ahead, and what while somebody waits
  report      Report what was made, what it cost, and what it brought

More: attune generate COMMAND --help
[64]
$ attune init -q --seed 5; attune generate list
nothing was made
$ attune generate list --json
{"briefs":[],"total":0}
$ attune generate report
nothing was made
$ attune generate plan --json
{"classes":[]}
$ attune generate make --medium smells --prompt x
attune generate make: making smells: medium "smells": this build makes none
[69]
$ attune generate make --need tempo_bpm=a
attune generate make: --need is "tempo_bpm=a", expected NAME=NUMBER or NAME=LEAST..MOST, with commas between; see: attune generate make --help
[64]
$ echo '{"medium": "music", "needs": {"tempo_bpm": [1]}}' >brief.json; attune generate make brief.json
attune generate make: brief.json: tempo_bpm: expected a number, or two in brackets: [118, 122]
[65]
$ echo '{"medium": "music", "tempo": 3}' >brief.json; attune generate make brief.json
attune generate make: brief.json: tempo: expected medium, kind, prompt, needs, taste, seed, latency or person
[65]
$ echo '{"medium": "music",' >brief.json; attune generate make brief.json
attune generate make: brief.json: line 2: string or '}' expected near end of file
[65]
$ attune generate make none.json
attune generate make: unable to open none.json: No such file or directory
[66]
$ attune generate show made-nothing
attune generate show: there is no brief "made-nothing"
[66]
$ attune generate show 0123456789abcdef
attune generate show: there is no brief "0123456789abcdef"
[66]
