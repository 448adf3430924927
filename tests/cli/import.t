# Files, a folder, a pipe; what is not valid; what is known already.
$ $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; $HERE/town movielens ml; $HERE/town plays >plays.csv; wc -l *.ndjson ml/* plays.csv
  360 events.ndjson
   30 items.ndjson
   31 ml/movies.csv
  361 ml/ratings.csv
   21 plays.csv
  803 total
$ attune import items.ndjson events.ndjson --store a
items.ndjson: 30 lines: 30 items, 0 events, 0 known already, 0 rejected; <*>
events.ndjson: 360 lines: 0 items, 360 events, 0 known already, 0 rejected; <*>
$ attune import items.ndjson events.ndjson --store a
items.ndjson: nothing new; its 30 lines were read before (--restart reads again)
events.ndjson: nothing new; its 360 lines were read before (--restart reads again)
$ attune import events.ndjson --restart --store a
events.ndjson: 360 lines: 0 items, 0 events, 360 known already, 0 rejected; <*>
$ attune import events.ndjson --restart --store a --json | json_ok source lines items events duplicates rejected resumed_at_line seconds first_reject reject_file
1 object
# A file that grew is read on from where it ended.
$ printf '{"id":"new","user":"u1","item":"m1","signal":"like","at":1770000000000}\n' >>events.ndjson; attune import events.ndjson --store a
events.ndjson: 1 line: 0 items, 1 event, 0 known already, 0 rejected; <*>
  went on at line 360, where an earlier import had stopped
$ cat events.ndjson | attune import - --store a
standard input: 361 lines: 0 items, 0 events, 361 known already, 0 rejected; <*>
$ attune import ml --store ml
attune import: ml is not a store: it is not a regular file
[76]
$ attune import ml/ --store ml --quiet
attune import: ml is not a store: it is not a regular file
[76]
$ attune info --store ml
attune info: ml is not a store: it is not a regular file
[76]
# CSV needs to be told what its columns mean.
$ attune import plays.csv --store c
attune import: plays.csv: a CSV file needs a mapping, such as user=COLUMN,item=COLUMN,signal:like,at=COLUMN:s; its columns are listener, track, when, heard
[65]
$ attune import plays.csv --map 'user=listener,item=track,signal:play,at=when:s,position_ms=heard' --store c
plays.csv: 20 lines: 0 items, 20 events, 0 known already, 0 rejected; <*>
$ attune import plays.csv --map 'user=listenr,item=track,signal:play,at=when:s' --store c
attune import: plays.csv: mapping part 1 "user=listenr": the file has no column "listenr", did you mean "listener"?
[65]
$ attune import plays.csv --map 'user=listener,item=track,signal:plya,at=when:s' --store c
plays.csv: 20 lines: 0 items, 0 events, 0 known already, 20 rejected; <*>
  rejected lines are in plays.csv.rejects.ndjson; the first: plays.csv:2: field "signal": unknown value "plya", did you mean "play"?
$ attune import plays.csv --map 'nonsense' --store c
attune import: mapping part 1 "nonsense": expected target=column or target:constant
[65]
# Bad lines are set aside with file, line, field and reason, and the rest counts.
$ printf '{"user":"a","item":"m1","signal":"liek","at":1}\nnot json\n{"user":"a","item":"m1","signal":"like","at":1}\n{"user":"a","itm":"m1","signal":"like","at":2}\n' >bad.ndjson
$ attune import bad.ndjson --store b
bad.ndjson: 4 lines: 0 items, 1 event, 0 known already, 3 rejected; <*>
  rejected lines are in bad.ndjson.rejects.ndjson; the first: bad.ndjson:1: field "signal": unknown value "liek", did you mean "like"?
$ cat bad.ndjson.rejects.ndjson
{"file":"bad.ndjson","line":1,"field":"signal","reason":"unknown value \"liek\", did you mean \"like\"?","text":"{\"user\":\"a\",\"item\":\"m1\",\"signal\":\"liek\",\"at\":1}"}
{"file":"bad.ndjson","line":2,"field":"","reason":"found not, expected an object: {\"user\": …} or {\"id\": …}","text":"not json"}
{"file":"bad.ndjson","line":4,"field":"itm","reason":"unknown key, did you mean \"item\"?","text":"{\"user\":\"a\",\"itm\":\"m1\",\"signal\":\"like\",\"at\":2}"}
$ json_ok file line field reason text <bad.ndjson.rejects.ndjson
3 objects
$ attune import bad.ndjson --store b --restart --rejects elsewhere.ndjson
bad.ndjson: 4 lines: 0 items, 0 events, 1 known already, 3 rejected; <*>
  rejected lines are in elsewhere.ndjson; the first: bad.ndjson:1: field "signal": unknown value "liek", did you mean "like"?
$ wc -l <elsewhere.ndjson
3
$ attune import bad.ndjson --store b2 --strict
attune import: bad.ndjson:1: field "signal": unknown value "liek", did you mean "like"?
  1 line was read, of which 0 items and 0 events are kept
[65]
$ attune import nothere.ndjson --store b
attune import: opening nothere.ndjson: No such file or directory
[66]
$ attune import ml --format ndjson --store b
attune import: ml is a folder, expected a file
[65]
$ attune import items.ndjson --no-create --store none
attune import: there is no store none; make one with: attune init --store none
[66]
$ : >empty.ndjson; attune import empty.ndjson --store b
empty.ndjson: 0 lines: 0 items, 0 events, 0 known already, 0 rejected; <*>
$ mkdir folder; attune import folder --store b
attune import: folder is a folder without movies.csv, expected a file, or a MovieLens folder with movies.csv and ratings.csv
[66]
