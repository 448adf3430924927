# Choosing one of a few options, and learning from what came of it.
$ attune init -q; attune choose thumbnail poster-a poster-b poster-c --seed 7 --device phone --features hour=late,age:0.3
> poster-a                 1.0000  best so far
  poster-b                 0.0000
  poster-c                 0.0000
decision 0000000000000001
$ attune choose thumbnail poster-a poster-b poster-c --user ann --json | json_ok choice show chosen best explored seed options decision
1 object
$ attune reward 0000000000000001 1
kept
$ attune reward 0000000000000001 1
known already: nothing was changed
$ attune reward 0000000000000001 0 --id again
kept, but too late to be learned from
$ attune reward 0000000000000002 1 --part click --more; attune reward 0000000000000002 0.5 --part play
kept; waiting for more
kept
$ attune choose line "calm/energy:0.1" "loud/energy:0.9,shout" --apprentice loud --await-display --seed 3
  calm                     1.0000  best so far
> loud                     0.0000
apprentice: the learner would have shown calm
decision 0000000000000007
$ attune reward 0000000000000007 --displayed; attune reward 0000000000000007 --displayed
displayed
nothing to confirm: it was known, or not awaited
$ attune choose line calm loud --dry --seed 3
> calm                     1.0000  best so far
  loud                     0.0000
not logged
$ attune info | grep choice
  choice     thumbnail: 2 decisions, 0 explored, 2 displayed; 2 rewarded (mean 0.725), 0 by default, 0 wait
  choice     line: 1 decisions, 0 explored, 1 displayed; 0 rewarded (mean 0.000), 0 by default, 1 wait
$ attune info --json | json_ok events choices slate_places
1 object
$ attune person ann --json | json_ok choice_impressions choice_explored
1 object
$ attune bandit export line
attune bandit: 1 choice
shared |
|option calm | energy:0.1
|option loud | energy:0.9 shout
$ attune doctor | grep -v note | tail -2
         run: attune train
attune.attune: in good order
# What is refused.
$ attune choose thumbnail a
> a                        1.0000  best so far
decision 0000000000000009
$ attune choose thumbnail a a
attune choose: option "a" is there twice
[65]
$ attune choose thumbnail a b --features hour=
attune choose: --features is "hour=", expected such as hour=evening,age:0.3; see: attune choose --help
[64]
$ attune choose thumbnail a b --apprentice c
attune choose: --apprentice is "c", expected one of the options; see: attune choose --help
[64]
$ attune reward 00000000000000ff 1
attune reward: 00000000000000ff is not the decision of a choice
[66]
$ attune reward 2 much
attune reward: the value is "much", expected a number; see: attune reward --help
[64]
$ attune reward xyz 1
attune reward: the decision is "xyz", expected hexadecimal digits as attune choose prints them; see: attune reward --help
[64]
$ attune reward 0000000000000002 1 --part smile
attune reward: part "smile" is unknown: reward, click, play, satisfaction, purchase or complaint expected
[65]
$ attune reward 0000000000000002
attune reward: a VALUE is missing (or --displayed); see: attune reward --help
[64]
# Files in Vowpal Wabbit's text.
$ printf '1 | a:1 b\n2 | a:-1 c\n1 | a:0.9 b\n' >train.vw; attune bandit run train.vw --seed 2
train.vw: multiclass, 3 rounds of at most 2 options
  algorithm     regcb
  average loss  0.333333
$ attune bandit run train.vw --json | json_ok file form algorithm rounds options average_loss seconds
1 object
$ printf 'shared |u x\n0:-1:0.5 |o a\n|o b\n\nshared |u y\n|o a\n0:0:0.5 |o b\n\n' >logged.vw; attune bandit run logged.vw --algorithm squarecb
logged.vw: cb_adf, 2 rounds of at most 2 options
  algorithm     squarecb
  average loss  -0.639570 (doubly robust)
                -0.500000 (inverse propensities)
                -0.500000 of the policy that logged it
$ printf '1 | a:1\n2 | a:x\n' >bad.vw; attune bandit run bad.vw
attune bandit: bad.vw:2: feature: found "a:x", expected NAME or NAME:NUMBER
[65]
$ attune bandit run train.vw --algorithm magic
attune bandit: algorithm "magic" is unknown: regcb, epsilon, linucb, thompson, squarecb, cover or bagging expected
[65]
$ attune bandit run nothere.vw
attune bandit: opening nothere.vw: No such file or directory
[66]
$ attune bandit dance
attune bandit: unknown action "dance", expected list, run or export; see: attune bandit --help
[64]
$ attune bandit list | head -3; attune bandit list --json | json_ok algorithms
regcb      optimistic regression (RegCB) (default)
           Takes the option whose reward could plausibly be the greatest: expected log-odds plus a level of its deviation.
           Foster, Agarwal, Dudik, Luo, Schapire: Practical contextual bandits with regression oracles, ICML 2018
1 object
$ attune simulate --choices 200 --runs 2 --events 2000 --people 100 -q | tail -n +2 | cut -c 1-18
algorithm         
regcb             
epsilon           
linucb            
thompson          
squarecb          
cover             
bagging           
best fixed option 
uniform           
