# Experiments: defined, started, immutable, read out; and the reading itself on simulated people.
$ printf 'key: bolder\nnote: surprise helps\nmetrics: [plays]\nvariations:\n  - key: control\n  - key: bold\n    policy:\n      objective: {novelty: 0.4}\n' >bolder.yaml
$ attune init -q --seed 5; attune experiment create bolder.yaml
a draft; next: attune experiment start KEY
$ attune experiment list
number  key     status  arms  started  stopped
     1  bolder  draft      2  -        -
$ attune experiment show bolder | sed 's/^# //'
number 1, draft, started -, stopped -
arms in records: control 256, bold 257
key: "bolder"
note: "surprise helps"
seed: "bolder"
hash_version: 2
coverage: 1
metrics: ["plays"]
variations:
  - key: "control"
    weight: 0.5
  - key: "bold"
    weight: 0.5
    policy: {objective: {novelty: 0.4}}
$ attune experiment report bolder
attune experiment: experiment "bolder" has not been started
[65]
$ attune experiment start bolder
it runs
$ attune experiment start bolder
attune experiment: experiment "bolder" is running already
[73]
$ sed 's/key: bold$/key: bold\n    weight: 0.3/; s/key: control/key: control\n    weight: 0.7/' bolder.yaml >other.yaml; attune experiment create other.yaml
attune experiment: experiment "bolder" is running and cannot change: the weight of "control" is 0.5, 0.7 was given; stop it and start a new one under another key and seed
[73]
$ printf 'key: x\nvariations:\n  - key: a\n  - key: b\n    policy:\n      objective: {noveltie: 1}\n' >bad.yaml; attune experiment create bad.yaml
attune experiment: bad.yaml:6: objective.noveltie: unknown key; did you mean objective.novelty?
[65]
$ printf 'key: x\ncoverage: 2\nvariations: [{key: a}, {key: b}]\n' >bad.yaml; attune experiment create bad.yaml
attune experiment: bad.yaml:2: coverage: 2 is out of range; above 0, at most 1 is allowed
[65]
$ attune experiment create nothere.yaml
attune experiment: opening experiment nothere.yaml: No such file or directory
[66]
$ attune experiment assign u7 --file bolder.yaml
bold (bucket 0.5140)
$ attune experiment assign u7 --file bolder.yaml --json | json_ok person variation index bucket
1 object
$ for u in u1 u2 u3; do attune experiment assign $u --json; done | sed 's/,"index":[0-9]*//'
{"person":"u1","held_out":false,"arms":[{"experiment":"bolder","variation":"control"}]}
{"person":"u2","held_out":false,"arms":[{"experiment":"bolder","variation":"bold"}]}
{"person":"u3","held_out":false,"arms":[{"experiment":"bolder","variation":"control"}]}
$ attune experiment report bolder | head -8
bolder: running, 0.0 days; intervals of level 95 % that may be read any day
arm      weight  assigned  exposed  bots  people  decisions  displayed
control     0.5         0        0     0       0          0          0
bold        0.5         0        0     0       0          0          0
sample ratio: fine, p 1
seen in two arms and set aside: 0 people
metric           role       arm   control  value  difference  any-day interval  p  p if read once  CUPED cut  verdict
plays            goal       bold        -      -           -                 -  -               -          -  no data
$ attune experiment report bolder --json | json_ok experiment status days alpha sample_ratio_p sample_ratio_alarm set_aside arms metrics
1 object
$ attune experiment report nope
attune experiment: there is no experiment "nope"
[66]
$ attune experiment holdout
2 % of people are held back since <*> UTC: in no experiment, and under objective, exploration and taste of that time
$ attune experiment holdout --json | json_ok share since
1 object
$ attune experiment stop bolder; attune experiment stop bolder
stopped
attune experiment: experiment "bolder" was stopped; what ran once does not run again: take another key and seed
[65]
$ attune experiment list --json | json_ok experiments
1 object
$ attune experiment show bolder --json | json_ok number key status note seed coverage variations
1 object
$ attune experiment simulate --experiments 20 --people 300 --days 10 -q
20 simulated experiments of 300 people and 10 days, true effect on plays +0 %, alpha 0.05: share that was called
metric              any day  any day, no CUPED  one t-test at the end  t-test every day  first day  CUPED cut  error cut
plays per person      0.0 %              0.0 %                  0.0 %            10.0 %          -  <*>
likes per play        0.0 %              0.0 %                 10.0 %            35.0 %          - <*>
reports per person    0.0 %              0.0 %                  0.0 %             0.0 %          - <*>
any of the three metrics after Holm: 0.0 %
sample-ratio alarms: 0.00 % at the end, 0.00 % on any day, 0.00 % by the sequential test
$ attune experiment simulate --experiments 5 --people 300 --days 5 -q --json | json_ok experiments metrics any_metric_holm sample_ratio_daily
1 object
$ attune experiment simulate --people 3
attune experiment: --people is "3", expected a whole number from 200 to 1000000; see: attune experiment --help
[64]
$ attune experiment frobnicate
attune experiment: unknown action "frobnicate", expected create, start, stop, list, show, report, assign, holdout or simulate; see: attune experiment --help
[64]
$ attune experiment start
attune experiment: start needs the key of an experiment; see: attune experiment --help
[64]
