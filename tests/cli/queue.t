# The queue: reported, held, decided, appealed; and what is not shown by it.
$ $HERE/town items >items.ndjson; attune init -q --seed 5; attune import items.ndjson -q; attune queue list
no cases
$ attune queue report m7 ann --reason 'not for children'
item-6: m7 "Song 7", not decided, shown; 1 report by 1 person since the last verdict
  <*>  reported  ann: not for children
$ attune queue report m7 ann --reason 'not for children' -q; attune queue report m7 ben -q; attune queue list --waiting
  case    about  verdict  now    reports  changed
* item-6  m7     none     shown        2  <*>
$ attune queue decide item-6 deny --reason 'right, not for children' --by mara
item-6: m7 "Song 7", deny, barred; 2 reports by 0 people since the last verdict
  <*>  reported  ann: not for children
  <*>  reported  ben
  <*>  deny      mara: right, not for children
$ attune recommend u1 -n 30 --json --dry | tr ',' '\n' | grep -c '"item":"m7"'
0
[1]
$ attune queue appeal item-6 --reason 'it was another song' --by label -q; attune queue show item-6
item-6: m7 "Song 7", deny, appealed; 2 reports by 0 people since the last verdict
  <*>  reported  ann: not for children
  <*>  reported  ben
  <*>  deny      mara: right, not for children
  <*>  appealed  label: it was another song
$ attune queue appeal item-6 --reason 'again' --by label
attune queue: an appeal in case "item-6" waits already
[73]
$ attune queue list --json | json_ok cases total
1 object
$ attune queue show item-6 --json | json_ok id item history
1 object
$ attune queue decide item-6 allow --reason 'another song indeed' --by mara -q; attune recommend u1 -n 30 --json --dry | tr ',' '\n' | grep -c '"item":"m7"'
1
$ attune queue hold m9 --reason 'cover art' --by art-filter -q; attune queue list --barred
  case    about  verdict  now     reports  changed
* item-8  m9     none     barred        0  <*>
$ printf 'moderation:\n  hold_reports: 2\n' >policy.yaml; attune policy --set policy.yaml -q; attune queue report m3 ann -q; attune queue report m3 ben
the policy is in force
item-2: m3 "Song 3", not decided, barred by reports; 2 reports by 2 people since the last verdict
  <*>  reported  ann
  <*>  reported  ben
$ attune queue decide item-6 kill --reason x
attune queue: unknown act "kill", expected allow, hold, deny, takedown or note; see: attune queue --help
[64]
$ attune queue decide item-6 deny
attune queue: decide needs --reason; see: attune queue --help
[64]
$ attune queue show item-99
attune queue: there is no case "item-99" in the queue
[66]
$ attune queue appeal item-6 --reason 'nothing is barred'
attune queue: case "item-6" bars nothing: there is nothing to appeal
[65]
$ attune queue report nothing ann
attune queue: item "nothing" is not in the catalogue
[66]
$ attune queue
attune queue: too few arguments, expected list|show|decide|appeal|report|hold [CASE|ITEM] [ACT|USER]; see: attune queue --help
[64]
$ attune doctor -q && attune forget ann --yes -q; attune queue show item-2
fine     the pages of the file are sound, every asset matches its hash
fine     2 people, 0 of them forgotten
fine     30 items, 0 of them only named by events so far
fine     40 log records in order: 0 events, 0 decisions
note     no model has been trained
         run: attune train
attune.attune: in good order
forgotten: 2 records. Models trained before may still hold their trace: run attune train, and delete old backups.
item-2: m3 "Song 3", not decided, shown; 1 report by 1 person since the last verdict
  <*>  reported  ben
$ attune items --delete m30 --reason withdrawn; attune items --id m30
deleted; what the log says of it stays
attune items: item "m30" is not in the catalogue
[66]
$ attune items --delete m30 --json
attune items: item "m30" is not in the catalogue
[66]
