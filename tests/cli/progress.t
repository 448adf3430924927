# Ctrl-C in a long import: what was acknowledged is kept, and the same command goes on from there.
$ $HERE/town many >many.ndjson; set -m; attune import many.ndjson --batch 1 -s a & until [ "$(stat -c %s a-wal 2>/dev/null || echo 0)" -gt 200000 ]; do sleep 0.02; done; kill -INT $!; wait $!

attune: stopping at the next safe point; Ctrl-C again ends it at once
attune import: many.ndjson: cancelled; all up to line <*> is kept: run the same import again: it goes on behind that line
  <*> lines were read, of which 0 items and <*> events are kept
[1]+ <*>
[130]
$ attune import many.ndjson -s a | sed 's/[0-9]* line.*rejected/N lines, 0 rejected/'; attune info -s a | grep events
many.ndjson: N lines, 0 rejected; <*>
  went on at line <*>, where an earlier import had stopped
  events     20000, of these 0 set aside as bots'; 2023-11-14 22:13 to 2023-11-28 19:32 UTC
# A bar on a terminal, after a second, and it goes away again; nothing on a short one.
$ script -qec "sh -c '(cat many.ndjson; sleep 1.6) | attune import - -s b'" out >/dev/null </dev/null; tr '\r\033' '\n%' <out | grep -q '^%\[Kimport  *[0-9.]* [kM]B' && echo a bar
a bar
$ tr '\r\033' '\n%' <out | grep -v '^Script\|^$' | tail -1
%[Kstandard input: 20000 lines: 0 items, 20000 events, 0 known already, 0 rejected; <*>
$ script -qec "attune import many.ndjson -s c" out >/dev/null </dev/null; tr '\r\033' '\n%' <out | grep -v '^Script\|^$' | tail -1
many.ndjson: 20000 lines: 0 items, 20000 events, 0 known already, 0 rejected; <*>
$ script -qec "sh -c '(cat many.ndjson; sleep 1.6) | attune import - -s d -q'" out >/dev/null </dev/null; grep -v '^Script' out
# No colours, if they are not wanted; some otherwise.
$ attune import many.ndjson -s c -q; script -qec "attune person u1 -s c" out >/dev/null </dev/null; grep -c '\[1m' out
0
[1]
$ NO_COLOR= TERM=xterm script -qec "attune person u1 -s c" out >/dev/null </dev/null; grep -c '\[1m' out
1
$ env -u NO_COLOR TERM=xterm script -qec "attune person u1 -s c" out >/dev/null </dev/null; grep -c '\[1m' out
1
$ env -u NO_COLOR TERM=dumb script -qec "attune person u1 -s c" out >/dev/null </dev/null; grep -c '\[1m' out
0
[1]
$ env -u NO_COLOR attune person u1 -s c | grep -c '\[1m'
0
[1]
# Elsewhere nothing is shown before ten seconds have passed.
$ (cat many.ndjson; sleep 1.2) | attune import - -s e
standard input: 20000 lines: 0 items, 20000 events, 0 known already, 0 rejected; <*>
