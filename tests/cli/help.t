# Every command's help, which is also its man page.
$ for c in init import train recommend explain event control person items takedown policy; do attune $c --help; done
attune init [OPTIONS]

Make an empty store.

A store is one SQLite file. Models are kept beside it in PATH-models, a
checkpoint in PATH-fold. An existing store is never touched.

Options
      --seed N               of every random choice of this store; otherwise
                             from the clock
      --policy FILE          start with this policy (see: attune policy
                             --default)
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune init --store shop.attune
      make an empty store

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune import SOURCE… [OPTIONS]

Read items and events from files or a pipe.

An event's line:
{"id":"e1","user":"u7","item":"m3","at":"2026-11-23T20:15:00Z","signal":"play","position_ms":61000,"length_ms":180000}

An item's line:
{"id":"m3","title":"…","medium":"music","tags":["jazz"],"rights":[{"start":…,"include":["DE"]}]}

An event id counts once, however often it is imported, so running the same
import again is safe; one that was cut off goes on behind its last durable
batch. A bad line is set aside with its reason, and never stops the rest unless
--strict.

A mapping names for each target a column:
user=userId,item=movieId,value=rating,at=timestamp:s. signal:rating gives every
line that signal. Times are :s, :ms or :iso. Items: id=…,title=…,tags=genres:|
splits at |.

Options
  -f, --format NAME          auto, ndjson, csv or movielens (a folder); default
                             auto
  -m, --map MAPPING          for CSV: target=column pairs, see below
      --rejects FILE         where bad lines go with their reasons; default
                             SOURCE.rejects.ndjson
      --strict               stop at the first bad line
      --restart              read from the beginning even if an earlier import
                             stopped half-way
      --batch N              lines a commit; default 10000
      --no-create            fail when the store does not exist
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune import items.ndjson events.ndjson
      items first, then what people did
  attune import ml-latest-small/
      a MovieLens folder
  attune import plays.csv --map 'user=listener,item=track,signal:play,at=time:s,position_ms=ms'
      a CSV file
  zcat events.ndjson.gz | attune import -
      from a pipe

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune train [OPTIONS]

Learn from the log and put the new model to work.

Tries factorization (iALS, Rendle et al. 2021), EASE (Steck 2019) and their
blend on held-out people, keeps the best, trains it on everything, and swaps it
in. Where it ranks held-out people better, a sequence model (a causal
Transformer) gets a share of the score, found on them too. Decisions go on
meanwhile. The model before stays on disk.

A watch trains when the policy's section `learning` says that enough has
changed, mostly begun warm from the model in force. A model of the log up to a
cut is judged against the one in force on what people came to like behind it;
only one that is not worse is finished on everything and swapped in. Each cycle
is told in a line and each verdict kept in the log; Ctrl-C and SIGTERM end it at
a safe point. See: attune models, attune rollback.

Options
  -k, --kind NAME            auto (chosen by validation), als, ease or blend
      --dim N                dimensions of taste space; otherwise chosen by
                             validation
  -i, --incremental          keep kind and parameters of the model in force,
                             begin from its vectors
      --validate             swap only if not worse than the model in force on
                             what both have not seen
  -w, --watch                look again and again; train, validated, when enough
                             has changed
      --once                 one look of a watch
      --every SECONDS        between two looks of a watch; default 60
      --max-cycles N         end a watch after so many looks
  -t, --threads N            default: all cores
      --seed N               otherwise from the store's seed and the version
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune train --store shop.attune
      learn from everything in the log
  attune train --watch --every 300 --json
      stay, train when enough is new, swap when it is not worse
  attune train --once
      the same from cron: train only if there is a reason to

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune recommend USER [OPTIONS]

Decide what to show a person, with every term of the score.

Each line: score = the sum of the terms beside it; slot is best, explore (drawn
within the exploration budget) or outside (outside the person's usual taste);
odds are the probability with which the item stood in this slot given those
above. The decision is logged with all of this before the command ends. A
stranger gets the popular and the various.

Options
  -n, --count N              slots, 1 to 200; default 10
      --made                 only what was made here
      --dry                  log nothing and use no exploration budget
      --no-reasons           leave explanations out
      --device NAME          phone, tablet, desktop, tv, car, speaker, console,
                             headset, watch
      --place NAME           home, work, transit, gym, outdoors, away
      --activity NAME        commute, workout, focus, sleep, relax, party, play,
                             family
      --noise NAME           quiet, normal, loud
      --utc-offset MIN       local time minus UTC in minutes
      --territory XX         where the person is, ISO 3166 (DE, US …)
      --age YEARS            of the person; otherwise the policy's unknown_age
      --use NAME             stream (default), download, preview, remix, train
      --medium NAME          only this medium
      --at TIME              as if it were then; default now
      --seed N               of this decision; otherwise the store's next
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune recommend ann -n 5 --activity workout --territory DE
      a slate of five for ann at the gym

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune explain USER ITEM [OPTIONS]

Say why an item has its score for a person, and which events did it.

The effect of an event is what the score loses when that event is removed and
the person's taste is computed again.

Options
      --device NAME          phone, tablet, desktop, tv, car, speaker, console,
                             headset, watch
      --place NAME           home, work, transit, gym, outdoors, away
      --activity NAME        commute, workout, focus, sleep, relax, party, play,
                             family
      --noise NAME           quiet, normal, loud
      --utc-offset MIN       local time minus UTC in minutes
      --territory XX         where the person is, ISO 3166 (DE, US …)
      --age YEARS            of the person; otherwise the policy's unknown_age
      --use NAME             stream (default), download, preview, remix, train
      --medium NAME          only this medium
      --at TIME              as if it were then; default now
      --seed N               of this decision; otherwise the store's next
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune explain ann m42
      why m42 stands where it does for ann

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune event USER SIGNAL [ITEM] [OPTIONS]

Log one thing that a person did.

Signals: impression, like, dislike, save, rating, survey, play, skip, replay,
complete, dwell, click, quit, rage-quit, purchase, report. It is on disk when
the command ends, and moves the very next slate. For many events use import.

Options
      --id TEXT              the same id counts once; otherwise made from the
                             rest
      --value X              rating, survey answer (0 to 1), amount
      --position-ms MS       how far it was played
      --length-ms MS         length of the thing
      --dwell-ms MS          time on the thumbnail
      --decision HEX         the decision that showed it
      --at TIME              when it happened; default now
      --device NAME          phone, tablet, desktop, tv, car, speaker, console,
                             headset, watch
      --place NAME           home, work, transit, gym, outdoors, away
      --activity NAME        commute, workout, focus, sleep, relax, party, play,
                             family
      --noise NAME           quiet, normal, loud
      --utc-offset MIN       local time minus UTC in minutes
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune event ann play m42 --position-ms 61000 --length-ms 180000
      ann heard a third of m42
  attune event ann like m42
      and liked it

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune control USER KIND [VALUE] [OPTIONS]

Set a person's sliders, less-like, blocks, reset, life events and opt-out.

energy -1…1 (calm to lively), novelty -1…1 (familiar to new), less-like ITEM,
block ITEM or tag:NAME, unblock, reset, opt-out 1 (no personalization, no
learning) or 0, life-event [DATE] (a new life: what was liked before counts
little; off takes it back). It acts on the very next slate and is kept in the
log.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune control ann energy -0.5
      calmer things
  attune control ann less-like m42
      less of its kind
  attune control ann block tag:horror
      none of that, ever
  attune control ann reset
      start over
  attune control ann life-event 2026-09-01
      what ann liked before that day counts little from now on

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune person USER [OPTIONS]

Say what the engine knows about a person.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune person ann
      taste, sliders, blocks

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune items [WORD…] [OPTIONS]

Look into the catalogue.

With --json each line is an item in the form that import reads.

Options
      --id ITEM              this one, with all that is known of it
      --limit N              at most so many; default 50
      --delete ITEM          take it out of the catalogue; the log keeps what it
                             says of it
      --reason TEXT          delete: kept in the log
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune items jazz piano
      items with both words in id, title, medium or tags
  attune items --id m42
      one item, with its rights
  attune items --delete m42 --reason withdrawn
      it is in no slate and no list

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune takedown ITEM [OPTIONS]

Take an item out of every slate, at once.

Importing the item again puts it back.

Options
      --reason TEXT          kept in the log
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune takedown m42 --reason 'court order 7/26'
      at once

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune policy [OPTIONS]

Print, check or set the policy: grades, weights, budget, rights.

Without options: the policy in force. A file needs only the keys it changes; an
error names line and key.

Options
      --default              print the default policy with every key explained
      --check FILE           only say whether it is valid
      --set FILE             put it in force
      --versions             those that were set or staged, newest first; a star
                             marks the one in force
      --show VERSION         print this one
      --stage FILE           keep it, to be put in force later
      --activate VERSION     put this one in force
      --rollback             put the one in force that was so before
      --discard VERSION      mark it as of no more use
  -r, --reason TEXT          why; kept in the log
      --by NAME              who; default "command line"
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune policy --default > policy.yaml
      a file to edit
  attune policy --set policy.yaml
      validate it and put it in force
  attune policy --stage bolder.yaml --reason 'more surprise'
      a version that waits; its number is printed
  attune policy --activate 4711 --by mara
      it is in force
  attune policy --rollback
      and back

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
$ for c in evaluate experiment report simulate demo info doctor backup export forget version completion; do attune $c -h; done
attune evaluate [FOLDER | FILE | trec RUN QRELS | policy [FOLDER]] [OPTIONS]

Measure ranking quality with confidence intervals.

Models are trained here on a part of the data and asked about the rest; the
store's own model is not touched. Protocols, metric variants and sources are in
docs/evaluation.md. Intervals are bootstraps over people.

evaluate policy says what another policy would have earned, from the log of the
one that ran (IPS and its relatives, docs/off-policy.md): on a folder of the
Open Bandit Dataset, or on the store's own decisions. Where the log cannot
answer, it says so and exits with 69.

Options
  -p, --protocol LIST        strong, time, rolling, cold, leave-one-out,
                             leave-one-out-sampled, all (but rolling); default
                             strong,time; leave-one-out for data without times
      --models LIST          random, popularity, item-knn, als, ease, blend,
                             sequence, chosen; default all
      --metrics LIST         such as ndcg-binary@100,recall-capped@20
      --baseline NAME        differences are taken to it; default popularity
      --min-rating X         ratings of at least this are positive; default 4 in
                             a MovieLens folder, all in a file
      --columns LIST         file: what its fields are, such as
                             item,user,rating,time, where no head line tells
      --min-preferences N    people with fewer are left out; default 5
      --folds N              strong: so many disjoint groups of held-out people,
                             1 to 10; default 1
      --half-life DAYS       preferences learned from and histories lose half
                             their weight in so long; default no decay
      --moments N            rolling: train and judge at so many moments, 1 to
                             50; default 8
      --split TIME           time: train before it, test after; default at 80 %
                             of the preferences
      --resume FOLDER        keep long trainings' state there; the same command
                             again goes on from it
      --trec-out FOLDER      write run and qrels files in trec_eval's format
                             there
      --complete             trec: count queries that the run leaves out as zero
                             (trec_eval -c)
      --per-query            trec: each query too (trec_eval -q)
      --double-scores        trec: scores tie when equal as doubles, as in
                             release 10; else as floats, as in 9
      --log POLICY           policy: which folder of an Open Bandit Dataset was
                             logged: random, bts
      --target POLICY        policy: what is asked about: bts, random, a file of
                             probabilities; of a store: a policy file
      --campaign NAME        policy: men, women or all; default men
      --estimators LIST      policy: such as snips,dr,switch-dr@10,dros@100;
                             default all
      --model NAME           policy: what DM and DR believe: rate, ridge
      --min-effective N      policy: fewer effective rows are refused; default
                             30
      --window HOURS         policy, store: a later event does not count for its
                             decision; default 24
      --since TIME           policy, store: only decisions from then on
      --until TIME           policy, store: only decisions before
      --max-gap PERCENT      policy: a larger support gap is refused; default 5
  -t, --threads N            default: all cores
      --seed N               of every split and resample; default 1
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune evaluate ml-latest-small/
      the table on a MovieLens folder
  attune evaluate --store shop.attune --protocol time
      train before, ask about after, on your own log
  attune evaluate Video.txt -p leave-one-out-sampled --models popularity,item-knn,sequence --min-preferences 3
      who preferred what in its order: the last is sought among 100 drawn negatives
  attune evaluate trec my.run my.qrels
      what trec_eval prints
  attune evaluate policy open-bandit/ --log random --target bts
      what Thompson sampling would have earned, from the random log
  attune evaluate policy --store shop.attune --target new.yaml
      what other weights would have earned, from your own log

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune experiment ACTION [FILE|KEY|PERSON] [OPTIONS]

Try two ways on people at random, and read which is better.

Actions: create FILE, start KEY, stop KEY, list, show KEY, report KEY, assign
PERSON, holdout, simulate.

A definition:

key: bolder-mix

variations: [{key: control}, {key: bold, policy: {objective: {novelty: 0.4}}}]

Optional: note, seed, hash_version (2), coverage (1), namespace: {id, from, to},
filters, metrics (the goals), and a weight for each variation. An arm's policy
may hold keys of objective, exploration and taste. People are assigned as
GrowthBook does.

Metrics: reward, plays, clicks, completion, likes, sessions, session-minutes;
guardrails: days-active, satisfaction, early-skips, complaints, rage-quits. The
method is in docs/experiments.md.

Options
      --start                create: and start it
  -f, --file FILE            assign: under this definition alone, without a
                             store
      --restart              holdout: the policy in force becomes its baseline
      --alpha X              report, simulate: intervals of level 1 - X; default
                             0.05
      --until TIME           report: as it was then
      --before-days N        report: days before the start that CUPED looks at;
                             default 28
      --experiments N        simulate: default 1000
      --people N             simulate: of each; default 2000
      --days N               simulate: looked at after each; default 60
      --effect X             simulate: of the treatment on plays, 0.1 is ten per
                             cent more; default 0
      --seed N               simulate: default 1
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune experiment create bolder.yaml --start
      people are in it from now on
  attune experiment report bolder-mix
      arms, sample ratio, each metric with an interval that may be read any day
  attune experiment assign u7
      which arms this person is in
  attune experiment report holdout
      everybody beside those who are held back from everything
  attune experiment simulate --experiments 1000
      how often the reading cries wolf where nothing is

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune report [OPTIONS]

Report how people fare over the long run, and warn when clicks hide harm.

Read from the log in one pass: engagement, early skips, satisfaction,
complaints, retention, survival, discovery and variety, with intervals over
people. Bots and people who opted out are left out. A guardrail warning says
when engagement rose while satisfaction or retention got worse. Every figure is
defined in docs/reports.md.

Options
      --from TIME            only what happened from this day on (UTC)
      --to TIME              only what happened before this day
      --by SPAN              week (from Monday on, the default) or day
  -c, --compare WHAT         a day: before it and from it on; halves or
                             halves:SEED: two random halves of the people;
                             people:FILE: the ids in it and all others;
                             experiment:KEY or experiment:KEY:A,B: two of its
                             variations; holdout: the universal holdout and all
                             others
      --svg FILE             draw charts into FILE.svg, 1280 by 800
      --png FILE             the same as a picture
      --figures LIST         what the charts show: names as in --json, and
                             survival; at most twelve
      --churn DAYS           a silence this long is churn; default 28
      --left S               a session shorter than this was left early; default
                             30
      --alarm P              how probable a false warning may be; default 0.05
      --music                the section on music instead: tempo of workouts,
                             moods as people rated them, variety
      --workout-bpm BPM      music: the target of workouts; default 130
      --within BPM           music: so far from it still counts; default 10
      --near-most N          music: near-identical tracks in 30 minutes; default
                             2
      --least N              figures of fewer people or cases in a group are not
                             judged; default 100
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune report
      week by week, with retention and survival
  attune report --compare 2026-03-15
      did a change on that day help, and did it harm?
  attune report --compare experiment:home-feed
      its first two variations, with retention
  attune report --png weeks.png --figures plays,survey,return-7,survival
      four charts on one page
  attune report --compare halves
      two random halves: nothing should stand out
  attune report --music --workout-bpm 128
      did workouts get their tempo?

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune simulate [OPTIONS]

Make a simulated world, or let its people meet the engine.

The people have interests, moods, boredom and drift that follow another model
than the engine's (docs/simulator.md). With --run an empty store is filled with
the world's history first. What the simulation says holds for the simulation.

Options
  -o, --out FOLDER           write items.ndjson, events.ndjson and people.csv
                             there
      --run DAYS             people meet the engine of --store for so many days
                             after the history
      --medium NAME          with --run: people ask for music, film or game
                             alone, so that what situations want of it counts;
                             default any
      --drift                what several time scales of taste do after a binge,
                             a move, and over --days of a closed loop, with and
                             without
      --worlds N             with --drift: so many worlds; default 2
      --early-skips W        with --run: an experiment in a new store whose
                             second arm has objective.early_skip W, the first 0
      --clickbait W          with --run: an experiment in a new store whose
                             second arm pushes clickbait by the weight W; 0:
                             none, the arms are alike
      --train-every DAYS     with --run: train anew after so many days; default
                             7, 0 never
      --choices N            N visitors choose by a thumbnail: regret of each
                             bandit (docs/bandits.md)
      --runs N               with --choices: other visitors, pictures and luck
                             each; default 5
      --people N             default 1000
      --items N              default 2000
      --days N               of history; default 60
      --events N             about so many; default 300000
      --seed N               default 1: the same seed gives the same world
      --ope-coverage LOGS    so many simulated logs: how often do off-policy
                             intervals hold the true value
      --start TIME           first moment of the history; default 2026-01-01
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune simulate --out world --people 200
      files to import
  attune simulate --ope-coverage 200
      how often off-policy intervals hold the true value
  attune simulate --store sim.attune --run 14
      random, popularity, attune and an oracle, side by side
  attune simulate --drift
      one late night, a moved taste and sixty days, with the time scales and without
  attune simulate --store skips.attune --run 28 --early-skips 1
      how many fewer things are left within ten seconds
  attune simulate --store bait.attune --run 28 --clickbait 1
      more clicks, less satisfaction: the report warns
  attune simulate --choices 20000
      regret of each bandit against the best fixed policy

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune demo [OPTIONS]

Show the whole loop on a simulated world.

Makes demo.attune anew (and demo.attune-world with the files it imports),
trains, and shows one listener's slates.

Options
      --serve                then serve a copy, with simulated people who use
                             it; without a terminal it asks the service once,
                             and ends
  -p, --port N               of the service; default 8080, or any that is free
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune demo
      less than a minute
  attune demo --serve
      and a page to look at it

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune info [OPTIONS]

Say what a store holds.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune info --store shop.attune
      counts, model, memory

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune doctor [OPTIONS]

Check a store and its snapshots, and say what is wrong.

Reads everything, changes nothing. Exit code 76 when something is damaged.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune doctor --store shop.attune
      look the store and its models over

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune backup TO [OPTIONS]

Copy a store and its newest model while others write.

The copy is consistent. TO must not exist.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune backup shop-2026-11-23.attune --store shop.attune
      copy it while others write

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune export USER [OPTIONS]

Print all that is kept about one person, as NDJSON.

Events come out in the form that import reads; decisions and controls carry a
"kind".

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune export ann > ann.ndjson
      everything about ann, a line a record

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune forget USER [OPTIONS]

Delete all that is kept about one person.

Rows, state and name go, and their bytes are overwritten in the file.

Options
  -y, --yes                  really
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune forget ann --yes
      delete ann's data

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune version [OPTIONS]

Say which build this is, what is in it, and its licence.

Options
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune version
      the build, its parts and their licences

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
attune completion SHELL [OPTIONS]

Print shell completion (bash, zsh, fish) or a man page.

make install puts both in their places.

Options
      --man                  print the man page of this command (or of attune)
                             instead
  -s, --store PATH           the store; otherwise $ATTUNE_STORE, otherwise
                             attune.attune
  -j, --json                 one JSON object (or one a line) on standard output
  -q, --quiet                no progress and no remarks
  -h, --help                 this help

Examples
  attune completion bash > ~/.local/share/bash-completion/completions/attune
      complete commands and options
  attune completion --man import | man -l -
      read a page without installing

Exit codes: 0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this
build, 71 out of memory, 73 exists already, 74 input or output failed, 75 busy,
76 damaged file, 77 not allowed, 78 wrong version, 130 interrupted.
# No line is wider than a terminal, but for examples and lines of JSON.
$ for c in $(attune --help | awk '/^  [a-z]+  / && $1 != "music" && $1 != "provenance" && $1 != "generate" {print $1}'); do attune $c --help; done | grep -v '^  attune\|^{\|zcat' | awk 'length($0) > 84'
# Each command that exists is in the overview, and has a page.
$ attune --help | awk '/^  [a-z]+  / && $1 != "music" && $1 != "provenance" && $1 != "generate" {print $1}' | wc -l
33
$ for c in $(attune --help | awk '/^  [a-z]+  / && $1 != "music" && $1 != "provenance" && $1 != "generate" {print $1}'); do attune completion --man $c | head -5 | tail -2; done
.Sh NAME
.Nm attune-init
.Sh NAME
.Nm attune-import
.Sh NAME
.Nm attune-train
.Sh NAME
.Nm attune-demo
.Sh NAME
.Nm attune-serve
.Sh NAME
.Nm attune-key
.Sh NAME
.Nm attune-recommend
.Sh NAME
.Nm attune-explain
.Sh NAME
.Nm attune-choose
.Sh NAME
.Nm attune-person
.Sh NAME
.Nm attune-items
.Sh NAME
.Nm attune-info
.Sh NAME
.Nm attune-event
.Sh NAME
.Nm attune-reward
.Sh NAME
.Nm attune-control
.Sh NAME
.Nm attune-takedown
.Sh NAME
.Nm attune-queue
.Sh NAME
.Nm attune-filter
.Sh NAME
.Nm attune-policy
.Sh NAME
.Nm attune-evaluate
.Sh NAME
.Nm attune-report
.Sh NAME
.Nm attune-experiment
.Sh NAME
.Nm attune-tune
.Sh NAME
.Nm attune-bandit
.Sh NAME
.Nm attune-simulate
.Sh NAME
.Nm attune-models
.Sh NAME
.Nm attune-rollback
.Sh NAME
.Nm attune-doctor
.Sh NAME
.Nm attune-backup
.Sh NAME
.Nm attune-export
.Sh NAME
.Nm attune-forget
.Sh NAME
.Nm attune-version
.Sh NAME
.Nm attune-completion
