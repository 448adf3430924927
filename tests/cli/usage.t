# What the program says when it is not told enough, too much, or something it does not know.
$ attune 2>&1 | grep -v "^  music"; exit ${PIPESTATUS[0]}
attune - a personalization engine for music, film and games

  attune COMMAND [OPTIONS] [ARGUMENTS]

Start
  init        Make an empty store
  import      Read items and events from files or a pipe
  train       Learn from the log and put the new model to work
  demo        Show the whole loop on a simulated world
  serve       Answer over HTTP
  key         Make, list and revoke keys of the service
Ask
  recommend   Decide what to show a person, with every term of the score
  explain     Say why an item has its score for a person, and which events did it
  choose      Choose one of a few options
  person      Say what the engine knows about a person
  items       Look into the catalogue
  info        Say what a store holds
Make
  generate    Make what the catalogue lacks from briefs, check it, and count its cost
Tell
  event       Log one thing that a person did
  reward      Say what came of a choice
  control     Set a person's sliders, less-like, blocks, reset, life events and opt-out
  takedown    Take an item out of every slate, at once
  queue       Look after what was reported or held, and decide
  filter      Find unwanted texts through their disguises, and measure how well
  policy      Print, check or set the policy: grades, weights, budget, rights
Measure
  evaluate    Measure ranking quality with confidence intervals
  report      Report how people fare over the long run, and warn when clicks hide harm
  experiment  Try two ways on people at random, and read which is better
  tune        Search weights of the objective in the log, and say how sure it is
  bandit      Run, list and export contextual bandits
  simulate    Make a simulated world, or let its people meet the engine
Care
  models      List the models of a store, or put one in force
  rollback    Go back to the model before the one in force
  doctor      Check a store and its snapshots, and say what is wrong
  backup      Copy a store and its newest model while others write
  export      Print all that is kept about one person, as NDJSON
  forget      Delete all that is kept about one person
  provenance  Show and check where models and outputs come from
  version     Say which build this is, what is in it, and its licence
Shell
  completion  Print shell completion (bash, zsh, fish) or a man page

See it work:  attune demo
Your data:    attune init && attune import items.ndjson events.ndjson && attune train
              attune recommend USER
More:         attune COMMAND --help, man attune
[64]
$ attune --help | head -3
attune - a personalization engine for music, film and games

  attune COMMAND [OPTIONS] [ARGUMENTS]
$ attune bogus
attune: there is no command "bogus"; see: attune --help
[64]
$ attune trian
attune: there is no command "trian", did you mean "train"? See: attune --help
[64]
$ attune rec
attune: there is no command "rec", did you mean "recommend"? See: attune --help
[64]
$ attune help nope
attune: there is no command "nope"; see: attune --help
[64]
$ attune help train | head -3
attune train [OPTIONS]

Learn from the log and put the new model to work.
$ attune recommend
attune recommend: too few arguments, expected USER; see: attune recommend --help
[64]
$ attune recommend a b
attune recommend: too many arguments: "b"; see: attune recommend --help
[64]
$ attune recommend a --sotre x
attune recommend: unknown option --sotre, did you mean --store? See: attune recommend --help
[64]
$ attune recommend a --nonsense
attune recommend: unknown option --nonsense; see: attune recommend --help
[64]
$ attune recommend a --store
attune recommend: option --store needs a value: PATH; see: attune recommend --help
[64]
$ attune recommend a --json=1
attune recommend: option --json takes no value; see: attune recommend --help
[64]
$ attune recommend a --json --json
attune recommend: option --json is given twice; see: attune recommend --help
[64]
$ attune recommend a -zz
attune recommend: unknown option -zz (letters stand alone: -s PATH); see: attune recommend --help
[64]
$ attune recommend a -z
attune recommend: unknown option -z; see: attune recommend --help
[64]
$ attune recommend a -n 0
attune recommend: --count is "0", expected a whole number from 1 to 200; see: attune recommend --help
[64]
$ attune recommend a -n many
attune recommend: --count is "many", expected a whole number from 1 to 200; see: attune recommend --help
[64]
$ attune recommend a --device toaster
attune recommend: --device is "toaster", expected one of: phone, tablet, desktop, tv, car, speaker, console, headset, watch; see: attune recommend --help
[64]
$ attune recommend a --territory Germany
attune recommend: --territory is "Germany", expected two letters such as DE; see: attune recommend --help
[64]
$ attune recommend a --at yesterday
attune recommend: --at is "yesterday", expected 2026-11-23, 2026-11-23T12:00:00Z, or milliseconds since 1970; see: attune recommend --help
[64]
$ attune recommend a --use stare
attune recommend: --use is "stare", expected stream, download, preview, remix or train; see: attune recommend --help
[64]
$ attune recommend a --age 200
attune recommend: --age is "200", expected a number from 0 to 120; see: attune recommend --help
[64]
$ attune recommend a --utc-offset 2000
attune recommend: --utc-offset is "2000", expected a number from -840 to 840; see: attune recommend --help
[64]
$ attune event a liek m1
attune event: unknown signal "liek", expected one of: impression, like, dislike, save, rating, survey, play, skip, replay, complete, dwell, click, quit, rage-quit, purchase, report; see: attune event --help
[64]
$ attune event a like m1 --decision xyz
attune event: --decision is "xyz", expected 16 hexadecimal digits as recommend prints them; see: attune event --help
[64]
$ attune event a rating m1 --value much
attune event: --value is "much", expected a number from -1e+09 to 1e+09; see: attune event --help
[64]
$ attune control a blok m1
attune control: unknown control "blok", expected one of: energy, novelty, less-like, block, unblock, reset, opt-out, life-event; see: attune control --help
[64]
$ attune control a novelty
attune control: novelty needs a number; see: attune control --help
[64]
$ attune control a novelty much
attune control: novelty is "much", expected a number; see: attune control --help
[64]
$ attune control a block
attune control: block needs an item; see: attune control --help
[64]
$ attune init --seed 0
attune init: --seed is "0", expected a whole number from 1 to 18446744073709551615; see: attune init --help
[64]
$ attune import
attune import: too few arguments, expected SOURCE…; see: attune import --help
[64]
$ attune import x --format xml
attune import: --format is "xml", expected auto, ndjson, csv or movielens; see: attune import --help
[64]
$ attune import x --batch 0
attune import: --batch is "0", expected a whole number from 1 to 100000; see: attune import --help
[64]
$ attune train --kind magic
attune train: --kind is "magic", expected auto, als, ease or blend; see: attune train --help
[64]
$ attune train --dim 4
attune train: --dim is "4", expected a whole number from 8 to 512; see: attune train --help
[64]
$ attune items --limit 0
attune items: --limit is "0", expected a whole number from 1 to 4294967295; see: attune items --help
[64]
$ attune forget a
attune forget: this deletes all records of "a" for good, and needs --yes; see: attune forget --help
[64]
$ attune evaluate nope
attune evaluate: opening nope: No such file or directory
[66]
$ attune evaluate --protocol x
attune evaluate: unknown protocol "x", expected leave-one-out, leave-one-out-sampled, strong, time, cold, rolling or all; see: attune evaluate --help
[64]
$ attune evaluate --metrics x
attune evaluate: unknown metric "x", expected NAME@K such as ndcg-binary@100 or recall-capped@20; see: attune evaluate --help
[64]
$ attune evaluate trec only-one
attune evaluate: trec needs a run file and a qrels file; see: attune evaluate --help
[64]
$ attune evaluate a b
attune evaluate: too many arguments: "b"; see: attune evaluate --help
[64]
$ attune simulate
attune simulate: say --out FOLDER to write a world, --run DAYS to let people meet the engine, --drift, or --choices N; see: attune simulate --help
[64]
$ attune simulate --out w --items 3
attune simulate: --items is "3", expected a whole number from 60 to 1000000; see: attune simulate --help
[64]
$ attune simulate --out w --start soon
attune simulate: --start is "soon", expected 2026-11-23, 2026-11-23T12:00:00Z, or milliseconds since 1970; see: attune simulate --help
[64]
$ attune demo --json
attune demo: the demo is for reading, each of its steps is a command with --json; see: attune demo --help
[64]
$ attune backup
attune backup: too few arguments, expected TO; see: attune backup --help
[64]
$ attune completion
attune completion: too few arguments, expected SHELL; see: attune completion --help
[64]
$ attune completion tcsh
attune completion: "tcsh" is not a shell it knows: bash, zsh or fish; see: attune completion --help
[64]
$ attune completion --man nope
attune completion: there is no command "nope"; see: attune completion --help
[64]
# Nothing was made on the way.
$ ls -A
# A store that is not there, for every command that reads one.
$ for c in train "recommend a" "explain a b" "event a like b" "control a reset" "person a" items "takedown a" "forget a --yes" "export a" info policy evaluate; do attune $c; echo "[$?]"; done
attune train: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune recommend: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune explain: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune event: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune control: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune person: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune items: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune takedown: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune forget: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune export: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune info: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune policy: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
attune evaluate: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
$ ls -A
$ attune simulate --out --help; ls
attune simulate: option --out needs a value: FOLDER; one that begins with -- is written --out=--help; see: attune simulate --help
