# Sudden changes in small worlds, with the time scales and without. Figures of so few people say nothing.
$ attune simulate --drift --people 12 --items 150 --events 2500 --worlds 1 --days 10 -q >small.txt; head -7 small.txt
1 worlds of 12 people and 150 things; with: several time scales (docs/taste.md), without: one half-life and the session; means with 95 % intervals over people

At the gym in the morning, in bed at night: <*> people, slates of ten, worth by their own truth of the moment
<*>worth of a slot there  gained over one made for the other  overlap of the two
with <*>
without <*>
with less without, by person: <*>
$ sed -n '/late night/,/distance to/p' small.txt
One late night: 20 plays of ambient by <*> people to whom it means little; slates of ten
                      of the theme, %, with <*> without  distance to before, with <*> without
$ grep -c '–' small.txt; grep -o 'taste that moves: .*day on' small.txt
<*>
taste that moves: <*> people play from one day on
$ grep -A1 '^A closed loop' small.txt
A closed loop of 10 days: tags that one person was shown, 12 people; bare: nothing but nearness to taste
days <*> entropy, bits, with <*> without <*> bare <*> calibration error, with <*> without <*> bare
$ grep '^bare: ' small.txt
bare: satisfaction 0.<*> ± <*>, 0.<*> a visit, 0.0 % explored, <*> decisions
$ attune simulate --drift --people 12 --items 150 --events 2500 --worlds 1 --days 10 -q | cmp - small.txt && echo the same again
the same again
$ attune simulate --drift --people 6 --items 100 --events 800 --worlds 1 --days 0 --json | json_ok with without binge_less
1 object
$ attune simulate --drift --run 3
attune simulate: --drift makes its own worlds, without --out and --run; see: attune simulate --help
[64]
$ attune simulate --drift --worlds 0
attune simulate: --worlds is "0", expected a whole number from 1 to 100; see: attune simulate --help
[64]
$ TMPDIR=/nowhere attune simulate --drift
attune simulate: cannot make a folder in /nowhere
[74]
