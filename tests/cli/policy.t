# The policy: printed, checked, set; an error names file, line and key.
$ attune policy --default | head -4 | cut -c3-
Attune policy: everything a team may decide without touching code.
A file needs only the keys that it changes. What the rules mean: docs/signals.md.

gnals:
# Attune policy: everything a team may decide without touching code.
# A file needs only the keys that it changes. What the rules mean: docs/signals.md.
# Attune policy: everything a team may decide without touching code.
# A file needs only the keys that it changes. What the rules mean: docs/signals.md.
$ attune policy --default >policy.yaml; attune policy --check policy.yaml
policy.yaml is a valid policy
$ printf 'signals:\n  like: {grade: 1, reward: 1}\n  lik: {grade: 1, reward: 1}\n' >key.yaml; attune policy --check key.yaml
attune policy: key.yaml:3: signals.lik: unknown key; did you mean signals.like?
[65]
$ printf 'signals:\n  like: {grade: 7, reward: 1}\n' >range.yaml; attune policy --check range.yaml
attune policy: range.yaml:2: signals.like.grade: 7 is out of range; -1 to 1 is allowed
[65]
$ printf 'signals: [\n' >broken.yaml; attune policy --check broken.yaml
attune policy: broken.yaml:1: signals: expected a mapping of keys to values, found a list
[65]
$ printf 'signals:\n  like: {grade: much, reward: 1}\n' >word.yaml; attune policy --check word.yaml
attune policy: word.yaml:2: signals.like.grade: expected a number, found "much"
[65]
$ attune policy --check nothere.yaml
attune policy: opening policy nothere.yaml: No such file or directory
[66]
$ attune init -q; attune policy --set range.yaml
attune policy: range.yaml:2: signals.like.grade: 7 is out of range; -1 to 1 is allowed
[65]
$ printf 'signals:\n  like: {grade: 0.5, reward: 1}\n' >mine.yaml; attune policy --set mine.yaml; attune policy | grep '  like'
the policy is in force
  like: {grade: 0.5, reward: 1}
$ attune policy --set policy.yaml --json | json_ok done
1 object
$ attune policy --json | json_ok policy
1 object
$ attune policy --check policy.yaml --json | json_ok valid
1 object
$ attune init --store other --policy mine.yaml -q; attune policy --store other | grep '  like'
  like: {grade: 0.5, reward: 1}
$ attune init --store third --policy range.yaml; ls -A third
attune init: range.yaml:2: signals.like.grade: 7 is out of range; -1 to 1 is allowed
ls: cannot access 'third': No such file or directory
[2]
$ attune policy --versions -s other
* 1        <*>  put in force
$ printf 'exploration:\n  share: 0.12\n' >bolder.yaml; attune policy --stage bolder.yaml -s other --reason 'more surprise' --by mara -q; attune policy --versions -s other | sed 's/ [0-9]* *20[0-9: -]*/ N TIME /'
  N TIME staged by mara: more surprise
* N TIME put in force
$ attune policy --activate 2 -s other --by mara -q; attune policy -s other | grep '  share: 0.12'
  share: 0.12
$ attune policy --rollback -s other --reason 'no lift'; attune policy --versions -s other --json | json_ok policies
version 1 is in force
1 object
$ attune policy --show 2 -s other | grep '  share: 0.12'; attune policy --discard 2 -s other; attune policy --activate 1 -s other
  share: 0.12
version 2 is discarded
attune policy: version 1 of the policy is in force already
[73]
$ attune policy --activate 77 -s other
attune policy: there is no version 77 of the policy
[66]
$ attune policy --rollback -s other
attune policy: there is no policy before the one in force to go back to
[66]
