# The long run, small.
$ $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; attune report
attune report: there is no store attune.attune; make one with: attune init --store attune.attune
[66]
$ attune init -q; attune report
the log holds nobody's events or decisions to report on
$ attune import items.ndjson events.ndjson -q; attune report
2025-10-09 to 2025-10-24: 30 people, 360 events, 0 decisions
left out: 0 bots, 0 opted out, 0 events set aside; 0 late events in no session
30 people, 360 events, 0 decisions

engagement           value     interval  cases  week by week
sessions a day        8.00  6.99 … 9.01     45  ▁▅█
session length    0.00 min  0.00 … 0.00    360  ▅▅▅
plays a session       0.75  0.75 … 0.75    360  ▅▅▅
play time a day   0.00 min  0.00 … 0.00     45  ▅▅▅
clicks a session      0.00  0.00 … 0.00    360  ▅▅▅

satisfaction          value     interval  cases  week by week
skips below 5 s      0.00 %  0.00 … 0.00    270  ▅▅▅
skips below 10 s     0.00 %  0.00 … 0.00    270  ▅▅▅
kept 10 seconds       100 %    100 … 100    270  ▅▅▅
played to the end     100 %    100 … 100    270  ▅▅▅
sessions left early   100 %    100 … 100    360  ▅▅▅
rage-quits           0.00 %  0.00 … 0.00    360  ▅▅▅
likes of opinions     100 %    100 … 100     90  ▅▅▅
complaints           0.00 %  0.00 … 0.00    360  ▅▅▅
reports of plays     0.00 %  0.00 … 0.00    270  ▅▅▅

retention           value     interval  cases  week by week
back after 1 day   35.0 %  25.7 … 44.3     40  █▁▁
back after 7 days  0.00 %  0.00 … 0.00     22  ▅▅ 
days a week          1.41  1.22 … 1.60     32  █▁▁

what else               value     interval  cases  week by week
replays                0.00 %  0.00 … 0.00    270  ▅▅▅
things new to them      100 %    100 … 100    270  ▅▅▅
tags new to them       33.3 %  33.3 … 33.3    270  █▄▁
variety of tags     1.85 bits  1.84 … 1.85     30  ▁▆█

week of            people  events  plays  skips < 10 s  survey  back day 1  NDCG
2025-10-06 (part)       7      76   0.75        0.00 %       -      40.0 %     -
2025-10-13             15     168   0.75        0.00 %       -      33.3 %     -
2025-10-20 (part)      10     116   0.75        0.00 %       -      33.3 %     -

since first seen  people  on that day     interval               then or later  too young
back on day 1         27       51.9 %  34.0 … 69.3  ██████████▍         51.9 %          2
back on day 7         15        0.0 %   0.0 … 20.4                       0.0 %         14
back on day 28         0                                                               29

first seen in the week of  people   day 1  day 7  day 28
2025-10-06                      7  57.1 %  0.0 %        
2025-10-13                     14  50.0 %  0.0 %        
2025-10-20                      8  50.0 %               

everybody: gone means silent for 28 days; 0 people, 29 more came too late to tell

no warning: engagement does not rise while satisfaction or retention gets worse
$ attune report --by day | sed -n '/^day/,/^$/p' | head -4
days a week          1.41  1.22 … 1.60     32  ▁▅▅▅▁▅▅▅▅▅▅▁▅▅▅█

day                people  events  plays  skips < 10 s  survey  back day 1  NDCG
2025-10-09              1       4   0.75        0.00 %       -       100 %     -
$ attune report --from 2025-10-10 --to 2025-10-24 --compare 2025-10-17 | head -8
2025-10-09 to 2025-10-24: 30 people, 336 events, 0 decisions
left out: 0 bots, 0 opted out, 0 events set aside; 0 late events in no session
before: 15 people, 168 events, 0 decisions
after: 15 people, 168 events, 0 decisions

figure                  before      after  difference       interval  change  
sessions a day            8.00       8.00       +0.00  -2.18 … +2.18  +0.0 %  too few
session length        0.00 min   0.00 min       +0.00  +0.00 … +0.00          too few
$ attune report --compare halves:7 --json | json_ok report from to people groups differences warnings memory_bytes
1 object
$ printf 'p1\np2\nnobody\n' >list; attune report --compare people:list | sed -n 3,5p
the others: 30 people, 360 events, 0 decisions
the list: 0 people, 0 events, 0 decisions
$ attune report --compare people:nothere
attune report: opening nothere: No such file or directory
[66]
$ attune report --compare holdout
attune report: there is no holdout yet: it begins with the first experiment; see: attune report --help
[64]
$ attune report --compare experiment:nothere
attune report: there is no experiment "nothere"
[66]
$ attune report --compare halves:x
attune report: --compare is "halves:x", expected halves:SEED with a whole number; see: attune report --help
[64]
$ attune report --compare yesterday
attune report: --compare is "yesterday", expected 2026-11-23, 2026-11-23T12:00:00Z, or milliseconds since 1970; see: attune report --help
[64]
$ attune report --by month
attune report: --by is "month", expected day or week; see: attune report --help
[64]
$ attune report --from 2025-11-01 --to 2025-10-01
attune report: the report's time ends before it begins
[65]
# An experiment with a planted harm, small; tests/measure/test_longrun_sim.c sees to the warning.
$ attune simulate --store b.attune --run 2 --clickbait 1 --people 60 --items 300 --days 10 --events 5000 -q
2 days after the history, everything simulated; half of the people met a policy that pushes clickbait by 1

figure <*> ordinary <*> pushed  difference <*>
<...>
slates taken up <*> %  too few
<...>
nothing is judged: too few people or cases in a group (--least says how few)

next: attune report --store b.attune --compare experiment:clickbait
$ attune report --store b.attune --compare experiment:clickbait | sed -n 2,7p
left out: 0 bots, 0 opted out, 0 events set aside; 0 late events in no session
0 people in both groups, left out from then on; 20 in neither
ordinary: 20 people, <*> events, <*> decisions; shown were <*> % of the catalogue, Gini 0.<*>; explored <*> %, budget 10 %
pushed: 20 people, <*> events, <*> decisions; shown were <*> % of the catalogue, Gini 0.<*>; explored <*> %, budget 10 %

figure <*> ordinary <*> pushed  difference <*>
$ attune report --store b.attune --compare experiment:clickbait:pushed,ordinary | sed -n 4,5p
pushed: 20 people, <*>
ordinary: 20 people, <*>
$ attune report --store b.attune --compare experiment:clickbait:pushed,other
attune report: experiment clickbait has no variation "other"; see: attune report --help
[64]
$ attune report --store b.attune --compare holdout | sed -n 4,5p
the holdout: 2 people, <*>
all others: 40 people, <*>
$ attune simulate --store b.attune --run 2 --clickbait 1 --people 60 --items 300 --days 10 --events 5000 -q
attune simulate: --clickbait wants a new store, b.attune is not empty; see: attune simulate --help
[64]
$ attune simulate --out w --clickbait 1
attune simulate: --clickbait wants --run DAYS; see: attune simulate --help
[64]
