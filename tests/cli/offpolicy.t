# Off-policy evaluation on a small Open Bandit folder: 600 rows, three items, two positions; item 2 is clicked most.
$ mkdir -p ob/random; printf 'item_id,item_feature_0\n0,0.5\n1,-0.5\n2,0\n' >ob/random/item_context.csv; printf '0.2,0.25\n0.2,0.25\n0.6,0.5\n' >ob/pi_bts_men.csv
$ { echo ,timestamp,item_id,position,click,propensity_score,user_feature_0; for i in $(seq 0 599); do a=$((i * 7 % 3)); p=$((i / 3 % 2 + 1)); c=$((i % (10 - 3 * a) == a ? 1 : 0)); echo $i,2019-11-24,$a,$p,$c,0.3333333333,u$((i % 5)); done; } >ob/random/men.csv
$ attune evaluate policy ob --log random --target bts
Log: random, campaign men. Target: bts. Reward model: rate. Rewards from 0 to 1.
600 rows of 600 people weigh like 490.8; weights average 1.000, the largest is 1.8.
Support gaps: 0.00 % of the target's mass where the log has none, 0.00 % where it never came.
The log itself earned 0.16500000 [0.13528 0.19472] a row.

estimator       value       95 % interval      anytime-valid     less the log        ESS     max w
ips             0.20250000  [0.16142 0.24358]  [0.1366 0.2726]   [+0.0174 +0.0576]*  490.8   1.8
clipped-ips@10  0.20250000  [0.16142 0.24358]  [0.1366 0.2726]   [+0.0174 +0.0576]*  490.8   1.8
snips           0.20250000  [0.16400 0.24100]  [0.1399 0.2705]   [+0.0203 +0.0547]*  490.8   1.8
dm              0.13175000  [0.13141 0.24102]  [0.0000 1.0000]   [-0.0629 +0.0548]   0.0     0
dr              0.20250000  [0.16398 0.24102]  [0.1389 0.2721]   [+0.0202 +0.0548]*  490.8   1.8
sndr            0.20250000  [0.16450 0.24050]  [0.1389 0.2721]   [+0.0203 +0.0547]*  490.8   1.8
switch-dr@2     0.20250000  [0.16398 0.24102]  [0.1389 0.2721]   [+0.0202 +0.0548]*  490.8   1.8
switch-dr@10    0.20250000  [0.16398 0.24102]  [0.1389 0.2721]   [+0.0202 +0.0548]*  490.8   1.8
dros@10         0.18565376  [0.15528 0.24102]  [0.1114 0.3609]   [+0.0098 +0.0548]*  530.2   1.36
dros@100        0.20028468  [0.16282 0.24102]  [0.1355 0.2825]   [+0.0189 +0.0548]*  495.6   1.74

slot     rows     ESS      largest  gap     snips       dr          dr's interval
slot 1   300      227.3    1.8      0.0000  0.37000000  0.37000000  [0.30108 0.43892]
slot 2   300      266.7    1.5      0.0000  0.03500000  0.03500000  [0.01322 0.05678]

ips: mean w r; unbiased; wide where weights are large. Horvitz and Thompson 1952; Precup, Sutton
  and Singh 2000.
clipped-ips: mean min(w, L) r; too low where weights above L carry reward. Ionides 2008; Bottou et
  al. 2013.
snips: sum w r / sum w; bias of order 1/n; does not move when a constant is added to all rewards.
  Swaminathan and Joachims 2015.
dm: mean sum_a pi(a) q(a); as good as its model. Dudik, Erhan, Langford and Li 2014.
dr: mean [sum_a pi(a) q(a) + w (r - q)]; unbiased whatever the model; narrower the better it is.
  Dudik, Erhan, Langford and Li 2014.
sndr: mean sum_a pi(a) q(a) + sum w (r - q) / sum w; DR with normalized weights; bias of order
  1/n. Thomas and Brunskill 2016 (weighted DR).
switch-dr: mean [sum_a pi(a) q(a) + w 1{w <= L} (r - q)]; trusts the model where weights exceed L.
  Wang, Agarwal and Dudik 2017.
dros: mean [sum_a pi(a) q(a) + L w / (w^2 + L) (r - q)]; trusts the model more, the larger the
  weight. Su, Dimakopoulou, Krishnamurthy and Dudik 2020.
The interval is asymptotic (normal, people as the unit); of a biased estimator (clipped-ips, dm,
  switch-dr, dros) it reaches to where the interval of its unbiased sibling ends. Anytime-valid is
  a confidence sequence of the true value (Waudby-Smith et al. 2022): it holds at every length of
  the log, and widens by what clipping or a support gap may hide. A star: the difference's
  interval leaves zero out.
$ attune evaluate policy ob --log random --target bts --estimators snips,switch-dr@1 --model ridge | sed -n 6,8p
estimator       value       95 % interval      anytime-valid     less the log        ESS     max w
snips           0.20250000  [0.16400 0.24100]  [0.1399 0.2705]   [+0.0203 +0.0547]*  490.8   1.8
switch-dr@1     0.19165456  [0.16500 0.23891]  [0.0208 0.6376]   [+0.0068 +0.0533]*  395.1   0.75
$ attune evaluate policy ob --log random --target bts --json | json_ok off_policy log target model parts slates
1 object
$ attune evaluate policy ob --log random --target bts --min-effective 1000 2>/dev/null | tail -1
$ printf '0,0\n0,0\n1,1\n' >sure.csv; attune evaluate policy ob --log random --target ./sure.csv --estimators ips | sed -n 2,7p
600 rows of 600 people weigh like 200.0; weights average 1.000, the largest is 3.0.
Support gaps: 0.00 % of the target's mass where the log has none, 0.00 % where it never came.
The log itself earned 0.16500000 [0.13528 0.19472] a row.

estimator       value       95 % interval      anytime-valid     less the log        ESS     max w
ips             0.25000000  [0.18360 0.31640]  [0.1482 0.3828]   [+0.0339 +0.1361]*  200.0   3
$ sed -i 's/0.3333333333/0.0333333333/' ob/random/men.csv; attune evaluate policy ob --log random --target bts -q >out.txt; cat out.txt | sed -n 6p
attune evaluate: insufficient support: weights average 10.000 (standard error 0.193) where 1.000 belongs; what bts would choose is missing from the log, or its propensities are wrong
insufficient support: weights average 10.000 (standard error 0.193) where 1.000 belongs; what bts
$ attune evaluate policy ob --log random --target bts --json >out.json; echo $?; json_ok off_policy parts <out.json
attune evaluate: insufficient support: weights average 10.000 (standard error 0.193) where 1.000 belongs; what bts would choose is missing from the log, or its propensities are wrong
69
1 object
$ attune evaluate policy ob --target bts
attune evaluate: policy FOLDER needs --log (the folder that was logged: random or bts) and --target (bts, random or a file); see: attune evaluate --help
[64]
$ attune evaluate policy ob --log random --target bts --estimators magic
attune evaluate: unknown estimator "magic", expected ips, clipped-ips@10, snips, dm, dr, sndr, switch-dr@10, dros@100 or the like; see: attune evaluate --help
[64]
$ attune evaluate policy ob --log random --target bts --model oracle
attune evaluate: unknown reward model "oracle", expected rate or ridge; see: attune evaluate --help
[64]
$ attune evaluate policy ob --log other --target bts
attune evaluate: opening ob/other/item_context.csv: No such file or directory
[66]
$ attune evaluate policy ob --log random --target ts
attune evaluate: target policy "ts": opening ob/pi_ts_men.csv: No such file or directory
[66]
$ echo 600,x,7,1,0,0.3,u >>ob/random/men.csv; attune evaluate policy ob --log random --target bts
attune evaluate: ob/random/men.csv:602: field "item_id" is "7", expected a whole number from 0 to 2
[65]
# The engine's own log: decisions that kept what they were chosen from.
$ printf 'exploration:\n  share: 0.15\n  pool_log_share: 1\nobjective:\n  candidates: 60\n  early_skip: 0\n  situation: 0\n' >p.yaml; attune init --store s.attune --seed 3 --policy p.yaml -q; attune simulate --store s.attune --run 2 --train-every 0 --people 60 --items 100 --days 10 --events 3000 -q >/dev/null
$ printf 'objective:\n  freshness: 0.08\n' >t.yaml; attune evaluate policy --store s.attune --target t.yaml --min-effective 2 | sed -n 1,7p
<*> decisions, <*> kept what they were chosen from: <*> slots, <*> of them open to exploration, <*> of these with an event.
Log: s.attune. Target: t.yaml. Reward model: ridge. Rewards from -1 to 1.
<*> rows of <*> people weigh like <*>; weights average <*>, the largest is <*>.
Support gaps: 0.00 % of the target's mass where the log has none, <*> % where it never came.
The log itself earned <*> [<*> <*>] a row.

estimator       value       95 % interval      anytime-valid     less the log        ESS     max w
$ attune evaluate policy --store s.attune --target t.yaml --min-effective 2 --json | json_ok off_policy parts slates
1 object
$ printf 'objective:\n  candidates: 90\n' >far.yaml; attune evaluate policy --store s.attune --target far.yaml
attune evaluate: insufficient support: the target has another objective.candidates; the log can speak of the objective's weights and of the exploration share alone
[69]
$ attune evaluate policy --store s.attune
attune evaluate: policy needs --target FILE: a policy file with the keys that change; see: attune evaluate --help
[64]
$ attune tune --store s.attune --min-effective 2 | head -1
<*> policies were asked about on the search half (<*> decisions), <*> of them refused for want of support.
$ attune tune --store s.attune --min-effective 2 --json | json_ok verdict applied objective support difference
1 object
$ attune tune --store s.attune --min-effective 1000000
attune tune: insufficient support: on the search half (<*> decisions with a pool, by the policy in force) the log cannot speak of any of <*> policies; log more of them (exploration.pool_log_share) or explore more
[69]
$ attune init --store e.attune -q; attune tune --store e.attune
attune tune: insufficient support: none of 0 decisions kept what it was chosen from; set exploration.pool_log_share and come back when enough have
[69]
$ attune tune --help | head -12
attune tune [OPTIONS]

Search weights of the objective in the log, and say how sure it is.

Weights (context, novelty, freshness, business, diversity, calibration) are
searched off-policy on one half of the people; the winner alone is then judged,
once, on the other half. It needs decisions that kept what they were chosen
from: policy key exploration.pool_log_share. Where the log cannot answer, it
says so and exits with 69. Method: docs/off-policy.md.

Options
      --apply                set the proposal where the held-out half is sure of
# Coverage, small; the whole count is in docs/off-policy.md.
$ attune simulate --ope-coverage 3 --people 30 | head -4
3 simulated logs of 2000 slates, 0 of them refused; (b): biased, by construction or because its assumption does not hold here
estimator                       truth     mean     rmse  95 % holds   width  anytime holds   width
ips <*> 0.<*>
clipped-ips@10 (b) <*> 0.<*>
$ attune simulate --ope-coverage 3 --people 30 --json | json_ok simulated logs refused estimators
1 object
