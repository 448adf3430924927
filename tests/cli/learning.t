# A watch over a small town: it trains when enough is new, judges, swaps, and what it did can be taken back.
$ export ATTUNE_STORE=town.attune; printf 'learning:\n  new_least: 20\n  people_least: 5\n  margin: 1\n' >p.yaml; $HERE/town items >items; $HERE/town events >all; grep -E '"id":"e[0-9]+-[0-7]"' all >early; grep -vE '"id":"e[0-9]+-[0-7]"' all >late; attune init --policy p.yaml --seed 5 -q; attune import items early -q --format ndjson; attune info | grep learning
  learning   there is no model, and 240 preferences to learn from
$ attune models -s town.attune
no model has been trained; next: attune train
$ attune train --once --kind als --dim 16 -s town.attune
cycle 1: there is no model, and 240 preferences to learn from
  model 1 (als, 16 dimensions, chosen anew) is in force after <*> s: the first model
$ attune train --once -s town.attune; attune train --once -q -s town.attune
cycle 1: no training: 0 new preferences, at least 20 are asked for
$ attune import late -s town.attune -q --format ndjson; attune info -s town.attune | grep learning
  learning   120 new preferences, 50.0 % of 240; 5 % start a training
$ attune train --watch --every 0 --max-cycles 2 --kind als --dim 16 -s town.attune
cycle 1: 120 new preferences, 50.0 % of 240; 5 % start a training
  model 2 (als, 16 dimensions, begun warm) is in force after <*> s: not worse by 9 people: <*> was asked for
cycle 2: no training: 0 new preferences, at least 20 are asked for
$ attune models -s town.attune
  model  kind    since             log up to  NDCG@100         on disk  why
* 2      als 16  <*>        392  <*> > <*>  yes      trained: not worse by 9 people: <*> was asked for
  1      als 16  <*>        271  -                yes      trained: the first model
$ attune rollback --reason 'too little jazz' -s town.attune; attune models -s town.attune; attune info -s town.attune | grep model
model 1 is in force
  model  kind    since             log up to  NDCG@100         on disk  why
  2      als 16  <*>        392  <*> > <*>  yes      trained: not worse by 9 people: <*> was asked for
* 1      als 16  <*>        271  -                yes      rolled back: too little jazz
  model      1 (als)
$ attune rollback -s town.attune
attune rollback: there is no version before the one in force to go back to
[66]
$ attune train --once --json -s town.attune | json_ok cycle needed need new_preferences preferences new_items age_days training
1 object
$ attune models activate 2 -s town.attune; attune rollback --json -s town.attune | json_ok version; attune models --json -s town.attune | json_ok models
model 2 is in force
1 object
1 object
$ attune models activate 9 -s town.attune
attune models: the log of town.attune knows no model 9; `attune models` lists them
[66]
$ attune train --incremental --kind als --dim 16 -s town.attune
model 3: als, 16 dimensions, learned from 360 preferences of 30 people for 30 items in <*> s
  begun from the vectors of the model before, with its parameters
  sequence part: none: fewer than 100 people with 5 preferences, or fewer than 2,000 in all
$ attune train --validate --json -s town.attune | json_ok version swapped incremental why trial trial_seconds
1 object
$ attune models activate; attune models activate x; attune models fly; attune models list 3; attune models --reason why
attune models: which one? activate N; see: attune models --help
attune models: "x" is no version, expected a number as in: attune models; see: attune models --help
attune models: "fly" is nothing to do with models, expected list or activate; see: attune models --help
attune models: list takes no number; see: attune models --help
attune models: --reason belongs to activate; see: attune models --help
[64]
$ attune train --every 3; attune train --watch --validate; attune train --once --max-cycles 0
attune train: --every and --max-cycles belong to --watch; see: attune train --help
attune train: a watch always validates, and decides itself when to begin warm; see: attune train --help
attune train: --max-cycles is "0", expected a whole number from 1 to 1000000000; see: attune train --help
[64]
# Ctrl-C and SIGTERM end a watch at a safe point.
$ set -m; attune train --watch --every 3600 -s town.attune >said 2>err & until [ -s said ]; do sleep 0.05; done; kill -TERM $!; wait $!; echo "$?"; cat said; grep -c 'watched 1 cycle' err
[1]+  Done                    attune train --watch --every 3600 -s town.attune > said 2> err
0
cycle 1: no training: 0 new preferences, at least 20 are asked for
1
# A store that somebody else writes, and how long to wait.
$ ATTUNE_WAIT=soon attune info -s town.attune
attune info: $ATTUNE_WAIT is "soon", expected seconds from 0.001 to 86400; see: attune info --help
[64]
