# The text filter: a list of mild words, a model of small talk.
$ printf '[insult deny]\nblockhead\nnitwit*\n[odd]\n*lard*\n+ mallard\n' >words.txt
$ attune filter check "you bl0ckhead" --phrases words.txt
deny: insult
  4-13 "bl0ckhead" is "blockhead" of insult, 0.92 sure, through leet
$ attune filter check "a mallard, a class" --phrases words.txt
allow
$ attune filter check "b.l.o.c.k.h.e.a.d and l@rd" --phrases words.txt --plain
deny: insult
  0-17 "b.l.o.c.k.h.e.a.d" is "blockhead" of insult, 0.95 sure, through split
  22-26 "l@rd" is "*lard*" of odd, 0.92 sure, through leet
$ attune filter check "you bl*ckhead" --phrases words.txt --json
{"verdict":"hold","category":"insult","matches":[{"category":"insult","begin":4,"end":13,"text":"bl*ckhead","score":0.7,"seen_through":"masked","by":"phrase","phrase":"blockhead"}]}
$ printf '{"id":7,"text":"n1twits"}\n\n{"id":"b","text":"nice"}\n{"txt":1}\n' | attune filter check - --phrases words.txt
attune filter: line 4: field "text": expected a text
{"verdict":"deny","category":"insult","matches":[{"category":"insult","begin":0,"end":6,"text":"n1twit","score":0.92,"seen_through":"leet","by":"phrase","phrase":"nitwit*"}],"id":7}
{"verdict":"allow","matches":[],"id":"b"}
[65]
$ printf '[insult]\nok go\nb&b\n' >bad.txt; attune filter check x --phrases bad.txt
attune filter: bad.txt:3: found "b&b", expected letters, digits, spaces, and * at the ends
[65]
$ attune filter check x
attune filter: check needs --phrases FILE, --model FILE, or both; see: attune filter --help
[64]
$ attune filter check x --phrases absent.txt
attune filter: opening absent.txt: No such file or directory
[66]
$ { echo text,label; for i in $(seq 60); do echo "nice weather today $((i % 7)),none"; echo "you are a nitwit $((i % 5)),insult"; echo "we play music,none"; done; } >chat.csv
$ attune filter train chat.csv -o chat.filter --seed 3
chat.filter: 180 rows, 10 words, 305 features. Macro-F1 out of fold 1.000.
  insult from a score of 0.50
$ attune filter train chat.csv -o again.filter --seed 3 -t 1 --json | json_ok model rows words features macro_f1 thresholds; cmp chat.filter again.filter && echo same
1 object
same
$ attune filter check "such a n.1.t.w.1.t" -m chat.filter
hold: insult  (insult 0.997)
  7-18 "n.1.t.w.1.t" moves insult by 0.065, through leet, split
$ attune filter check "such nice music" -m chat.filter --json | json_ok verdict scores matches
1 object
$ attune filter evaluate chat.csv --resamples 20 | cut -c1-40
144 rows trained on, 36 rows tested; 95 
disguise    macro-F1               lost 
none        1.000 [1.000, 1.000]  0.000 
zero-width  1.000 [1.000, 1.000]  0.000 
homoglyph   1.000 [1.000, 1.000]  0.000 
full-width  1.000 [1.000, 1.000]  0.000 
dots        1.000 [1.000, 1.000]  0.000 
leet        1.000 [1.000, 1.000]  0.000 
repeats     1.000 [1.000, 1.000]  0.000 
mixed       1.000 [1.000, 1.000]  0.000 
$ attune filter evaluate chat.csv --resamples 20 --json | json_ok trained_rows test_rows figures
1 object
$ printf 'text,label\nyou nitwit,insult\n' >one.csv; attune filter evaluate one.csv -m chat.filter --resamples 20 --json | grep -o '"auc":[^"]*' | sort -u
"auc":[null,null,null],
$ attune filter train chat.csv -o logged.filter --seed 3 -q --provenance log --licence CC0-1.0 >/dev/null; attune provenance log log | sed 's/20[0-9-]* [0-9:]*/<TIME>/; s/[0-9a-f]\{12\}/<HASH>/'; attune provenance card logged.filter log | grep "^A text\|^. CC"
     0  <TIME>  input   chat.csv  <HASH>  CC0-1.0
     1  <TIME>  model   logged.filter  <HASH>  from 1 input, 0 opted out
| CC0-1.0 | 1 |
A text filter. 180 texts, 0 left out for testing; macro-F1 out of fold 1.000.
$ printf 'text,label\na,b,c\n' >bad.csv; attune filter train bad.csv -o x.filter
attune filter: bad.csv:2: found 3 fields, expected 2
[65]
$ printf 'text,label\na,b\n' >few.csv; attune filter train few.csv -o x.filter; ls x.filter
attune filter: 1 rows of 1 are of category "b", expected at least 10
ls: cannot access 'x.filter': No such file or directory
[2]
$ head -c 5000 chat.filter >cut.filter; attune filter check x -m cut.filter
attune filter: cut.filter: snapshot: it should have 7450 bytes and has 5000: it was cut or grew
[76]
$ attune filter sing
attune filter: unknown action "sing", expected train, check, evaluate or duplicates; see: attune filter --help
[64]
# Items pass the filter beside the store: held ones wait in the queue, denied ones stay out, and people have the last word.
$ attune init -q; printf 'moderation:\n  filter_items: true\n' >policy.yaml; attune policy --set policy.yaml
attune policy: the policy says moderation.filter_items, and there is neither attune.attune-filter.txt nor attune.attune-filter.model
[66]
$ cp words.txt attune.attune-filter.txt; attune policy --set policy.yaml -q
the policy is in force
$ printf '%s\n' '{"id":"a","title":"A nice song"}' '{"id":"b","title":"The N1twit"}' '{"id":"c","title":"Song","tags":["l4rd"]}' '{"id":"d","title":"Mallards","text":"with a mallard"}' >songs.ndjson; attune import songs.ndjson -q; attune queue list
  case    about  verdict  now     reports  changed
* item-3  d      none     barred        0  <*>
* item-2  c      none     barred        0  <*>
  item-1  b      deny     barred        0  <*>
$ attune queue show item-1; attune queue show item-2
item-1: b "The N1twit", deny, barred; 0 reports by 0 people since the last verdict
  <*>  deny      filter: title: the phrase "nitwit*" of insult, through leet (saw "N1twit", score 0.92)
item-2: c "Song", not decided, barred; 0 reports by 0 people since the last verdict
  <*>  held      filter: tag: the phrase "*lard*" of odd, through leet (saw "l4rd", score 0.92)
$ attune recommend u1 -n 9 --json --dry | tr ',' '\n' | grep '"item":'
"items":[{"item":"a"
$ attune queue decide item-2 allow --reason 'a cooking song' --by mara -q; attune import songs.ndjson --restart -q; attune queue list
  case    about  verdict  now     reports  changed
  item-2  c      allow    shown         0  <*>
* item-3  d      none     barred        0  <*>
  item-1  b      deny     barred        0  <*>
$ sed -i 's/l4rd/lard/' songs.ndjson; attune import songs.ndjson --restart -q; attune queue show item-2
item-2: c "Song", allow, barred; 0 reports by 0 people since the last verdict
  <*>  held      filter: tag: the phrase "*lard*" of odd, through leet (saw "l4rd", score 0.92)
  <*>  allow     mara: a cooking song
  <*>  held      filter: tag: the phrase "*lard*" of odd (saw "lard", score 1.00)
$ attune doctor | grep filter; attune backup copy.attune -q; cmp attune.attune-filter.txt copy.attune-filter.txt && echo copied
fine     attune.attune-filter.txt: whole
copy.attune is a whole copy of attune.attune
copied
$ rm attune.attune-filter.txt; sed -i 's/lard/Lard/' songs.ndjson; attune import songs.ndjson --restart -q; attune doctor -q | head -1
attune import: songs.ndjson: the policy says moderation.filter_items, and there is neither attune.attune-filter.txt nor attune.attune-filter.model; all up to line 0 is kept: run the same import again: it goes on behind that line
fine     the pages of the file are sound, every asset matches its hash
# Texts that are nearly the same.
$ printf '%s\n' 'We sit on the wall above the water and count the boats that come home late' 'A train leaves every morning at six with paper cups and newspapers' 'WE S1T ON THE W@LL above the w.a.t.e.r and count the boats that came home late!' >posts.txt
$ attune filter duplicates posts.txt
line 3 is like line 1: 82 % alike, 90 % inside, 46 letters in a row
$ attune filter duplicates posts.txt --json | json_ok line like likeness inside run
1 object
$ attune filter duplicates posts.txt --likeness 500
attune filter: --likeness is "500", expected a number from 10 to 100; see: attune filter --help
[64]
$ attune filter duplicates posts.txt --rates
attune filter: posts.txt has 3 lines of 25 letters or more, expected 10
[69]
$ attune filter duplicates absent.txt
attune filter: opening absent.txt: No such file or directory
[66]
