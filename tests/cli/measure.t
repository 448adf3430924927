# Evaluation and simulation, small.
$ $HERE/town movielens ml; $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; attune import items.ndjson events.ndjson -q
$ attune evaluate ml --protocol strong --models popularity,ease --metrics ndcg-binary@10,recall-capped@20 --trec-out trec
Dataset ml: 180 preferences of 30 people on 30 items. Seed 1, 1000 bootstrap resamples.

== Strong generalization: people held out ==
People held out whole: part of their preferences is folded in, the rest is sought; the validation
people are left unused. 3 people judged on 3 sought preferences; trained on 144 preferences of 24
people; ranked are 30 items, without those of the person's history. Left out: 0 people with fewer
than 5 preferences, 0 without a history, 0 without a target; 0 preferences on items that training
does not know. Sought though training does not know them: 0.
- popularity: what most people prefer, for everybody (trained <*> s, scored <*> s)
- ease: item-to-item weights that best rebuild everybody's history, none of an item to itself
(trained <*> s, scored <*> s)

Mean and 95 % interval over 3 people
model             NDCG@10              Recall@20
popularity        0.000 [0.000 0.000]  0.667 [0.000 1.000]
ease              0.327 [0.315 0.333]  1.000 [1.000 1.000]

Difference to popularity, same people and resamples; * the interval leaves zero out
model             NDCG@10                   Recall@20
ease              +0.327 [+0.315 +0.333]*   +0.333 [+0.000 +1.000]

NDCG (ndcg-binary): gain 1 for everything relevant, discounted by log2(rank + 1), over the best
possible in k places. As in Liang et al. 2018 (VAE) and Steck 2019 (EASE).
Recall (recall-capped): relevant among the first k, of the most that fit in k places: hits /
min(k, relevant). Liang et al. 2018.
$ attune evaluate --protocol time --split 2025-10-15 --models random,popularity --metrics ndcg-binary@10 | head -1
Dataset attune.attune: 360 preferences of 30 people on 30 items. Seed 1, 1000 bootstrap resamples.
$ attune evaluate --protocol strong --models popularity --json | json_ok dataset protocols seed
1 object
$ attune evaluate --models x
attune evaluate: there is no model "x"; there are random, popularity, item-knn, als, ease, blend, chosen, and for cold start content and popularity-oracle
[65]
$ ls trec
strong.ease.run
strong.popularity.run
strong.qrels
$ attune evaluate trec trec/strong.popularity.run trec/strong.qrels | head -5
runid                 	all	popularity
num_q                 	all	3
num_ret               	all	60
num_rel               	all	3
num_rel_ret           	all	2
$ attune evaluate trec nothere trec/strong.qrels
attune evaluate: opening nothere: No such file or directory
[66]
$ attune evaluate ml --min-rating 6 --protocol strong
attune evaluate: dataset ml holds no preferences
[65]
$ awk 'BEGIN { for (u = 0; u < 60; u++) for (k = 0; k < 7; k++) print u, (u * 3 + k) % 40 }' >walks.txt; mkdir kept
$ attune evaluate walks.txt --models popularity,sequence --metrics hit-rate@10 --threads 1 --resume kept
Dataset walks.txt: 420 preferences of 60 people on 40 items. Seed 1, 1000 bootstrap resamples.

== Leave one out, full ranking ==
<...>
- sequence: what comes next: a causal Transformer over the events in their order <*>
<...>
model             HR@10
popularity        <*>
sequence          <*>
<...>
$ ls kept
leave-one-out.sequence.training
$ attune evaluate walks.txt --models sequence --metrics hit-rate@10 --threads 1 --resume kept --seed 2
attune evaluate: protocol leave-one-out: model sequence: going on from checkpoint kept/leave-one-out.sequence.training: it is of a training on other data or with other options or seed; remove it or name another file
[65]
$ printf '1::2::5::978300760\n1::3::x::978300761\n' >ratings.dat; attune evaluate ratings.dat
attune evaluate: ratings.dat:2: field "rating" is "x", expected a number such as 4.5
[65]
$ attune evaluate walks.txt --protocol time
attune evaluate: protocol time: dataset walks.txt has no times, only an order: a time split is not possible
[65]
$ mkdir empty; attune evaluate empty
attune evaluate: opening empty/movies.csv: No such file or directory
[66]
$ attune simulate --out w --people 20 --items 60 --days 5 --events 500
w holds a simulated world: items.ndjson, events.ndjson, people.csv
next: attune import w/items.ndjson w/events.ndjson
$ attune simulate --out w2 --people 20 --items 60 --days 5 --events 500 --json | json_ok folder items people
1 object
$ cmp w/events.ndjson w2/events.ndjson && cmp w/items.ndjson w2/items.ndjson
$ attune simulate --out w3 --seed 2 --people 20 --items 60 --days 5 --events 500 -q; cmp -s w/events.ndjson w3/events.ndjson
[1]
$ json_ok user signal at <w/events.ndjson
494 objects
$ attune import w/items.ndjson w/events.ndjson --store w.attune
w/items.ndjson: 60 lines: 60 items, 0 events, 0 known already, 0 rejected; <*>
w/events.ndjson: 494 lines: 0 items, 494 events, 0 known already, 0 rejected; <*>
$ attune simulate --store sim.attune --run 2 --train-every 0 --people 20 --items 60 --days 5 --events 500
2 days after the history, everything simulated; satisfaction is the simulated people's own truth
policy <*> regret
random <*>
popularity <*>
attune <*>
oracle (knows the truth) <*>
$ attune simulate --store sim.attune --run 1 --people 20 --items 60 --days 5 --events 500 --json | json_ok simulated days policies
1 object
