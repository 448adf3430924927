# The whole loop on a small town.
$ export ATTUNE_STORE=town.attune; attune init --seed 5
made town.attune; next: attune import ITEMS.ndjson EVENTS.ndjson --store town.attune
$ attune init --store town.attune
attune init: town.attune exists already
[73]
$ export ATTUNE_STORE=town.attune; $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; attune train; attune import items.ndjson events.ndjson -q
attune train: training model 1: town.attune holds no liking to learn from: import events first (attune import)
$ attune recommend u1 -s town.attune -n 3
  #  title                          slot      score  relev. context novelty   fresh  busin. control calibr. redund.   odds
  1  <*>
  2  <*>
  3  <*>
<*> of 30 eligible items were scored; <*> explored; model 0; decision <*>
$ attune train -s town.attune --seed 1
model 1: <*>, learned from 360 preferences of 30 people for 30 items in <*> s
<...>
$ attune train -s town.attune --kind ease --quiet
model 2: <*>, learned from 360 preferences of 30 people for 30 items in <*> s
$ attune train -s town.attune --kind als --dim 16 --json | json_ok version kind dim users items preferences seconds gflops tried
1 object
$ attune recommend u1 -s town.attune -n 3 --seed 9
  #  title                          slot      score  relev. context novelty   fresh  busin. control calibr. redund.   odds
  1  <*>
      because you <*>
  2  <*>
      because you <*>
  3  <*>
      because you <*>
<*> of 30 eligible items were scored; <*> explored; model 3; decision <*>
$ attune recommend u1 -s town.attune -n 3 --seed 9 --dry --no-reasons
  #  title                          slot      score  relev. context novelty   fresh  busin. control calibr. redund.   odds
  1  <*>
  2  <*>
  3  <*>
<*> of 30 eligible items were scored; <*> explored; model 3; not logged
$ attune recommend u1 -s town.attune -n 3 --json | json_ok decision seed at model eligible candidates explored items
1 object
$ attune recommend somebody-new -s town.attune -n 2 --activity commute --device phone --territory de --age 30 --medium music
  #  title                          slot      score  relev. context novelty   fresh  busin. control calibr. redund.   odds
  1  <*>
  2  <*>
<*> of 30 eligible items were scored; <*> explored; model 3; decision <*>
$ attune recommend u1 -s town.attune --at 2199-01-01
Nothing may be shown here and now. Why not this one? attune explain u1 ITEM
<*> of 0 eligible items were scored; <*> explored; model 3; decision <*>
$ attune recommend u1 -s town.attune --medium film
Nothing may be shown here and now. Why not this one? attune explain u1 ITEM
<*> of 0 eligible items were scored; <*> explored; model 3; decision <*>
$ attune explain u1 m1 -s town.attune
Song 1 for u1
  relevance     <*>  how near it is to this person's taste
  novelty       <*>  a bonus for what few people know
  calibration   <*>  how much it brings the slate towards the person's mix
  score         <*>
   <*>  because you <*>
<...>
  without these the score would be <*> (computed anew)
$ attune explain u1 m1 -s town.attune --json | json_ok item title score terms reasons eligible barred_by score_without_reasons
1 object
$ attune explain u1 nope -s town.attune
attune explain: item "nope" is not in the catalogue
[66]
# Feeding back.
$ attune event u1 like m2 -s town.attune --id tap-1
logged
$ attune event u1 like m2 -s town.attune --id tap-1
known already; nothing changed
$ attune event u1 like nope -s town.attune
attune event: remark: "nope" is not in the catalogue yet
logged
$ attune event u1 like -s town.attune
attune event: field "item": signal "like" needs one
[65]
$ attune event u1 quit -s town.attune --quiet
$ attune event u1 play m2 -s town.attune --position-ms 61000 --length-ms 180000 --json | json_ok added
1 object
$ attune event u1 rating m2 -s town.attune --value 77
attune event: field "value": 77 is not a rating of 0.5 to 5
[65]
# Controls act, and are remembered.
$ attune control u1 novelty 3 -s town.attune
attune control: novelty is 3, -1 to 1 expected
[65]
$ attune control u1 novelty 0.5 -s town.attune
done; the next slate obeys it
$ attune control u1 energy -0.5 -s town.attune --quiet
$ attune control u1 less-like m2 -s town.attune --json | json_ok done
1 object
$ attune control u1 less-like nope -s town.attune
attune control: remark: "nope" is not in the catalogue yet
done; the next slate obeys it
$ attune control u1 block m4 -s town.attune
done; the next slate obeys it
$ attune control u1 block tag:metal -s town.attune
done; the next slate obeys it
$ attune explain u1 m4 -s town.attune | sed -n 2p
it cannot be shown: blocked by u1
$ attune person u1 -s town.attune
u1: 16 events in 14 sessions, 2025-10-09 20:53 to <*> UTC; 9 slots decided, 0 of them explored
  sliders: energy -0.50, novelty +0.50
  taste: <*> % long-term, <*> % recent, 30 % of the running session
  tag                  taste                       long-term  recent  session
  ambient             4<*> %  ████████████████████    <*> %   50.0 %
  even                3<*> %  █████████████<*> %   50.0 %
  odd                 1<*> %  ██████<*> %    0.0 %
  jazz                 <*> %  █<*> %    0.0 %
  <*>  like       Song 2
  <*>  like       nope
  <*>  like       Song 23
  <*>  like       Song 29
  <*>  like       Song 5
  <*>  complete   Song 27
  <*>  complete   Song 6
  <*>  complete   Song 14
  blocked: m4
  blocked: tag:metal
  less like: m2
  less like: nope
$ attune person u1 -s town.attune --json | json_ok events sessions impressions explored first last energy novelty opted_out bot tags items blocked less_like
1 object
$ attune control u1 unblock m4 -s town.attune; attune control u1 unblock tag:metal -q -s town.attune; attune explain u1 m4 -s town.attune | sed -n 2p
done; the next slate obeys it
  relevance     <*>  how near it is to this person's taste
$ attune control u1 life-event 2026-01-01 -s town.attune; attune person u1 -s town.attune | sed -n 3p; attune person u1 -s town.attune --json | json_ok scales
done; the next slate obeys it
  a life event on 2026-01-01: what was liked before counts 10 %
1 object
$ attune control u1 life-event off -s town.attune; attune person u1 -s town.attune | sed -n 3p
done; the next slate obeys it
  taste: <*> % long-term, <*> % recent, 30 % of the running session
$ attune control u1 life-event soon -s town.attune
attune control: life-event is "soon", expected a date such as 2026-09-01, off, or nothing for now; see: attune control --help
[64]
$ attune control u2 opt-out 1 -s town.attune; attune person u2 -s town.attune | sed -n 2p
done; the next slate obeys it
  opted out: nothing is learned from this person
$ attune control u3 reset -s town.attune
done; the next slate obeys it
$ attune control u3 reset now -s town.attune
attune control: reset takes no value, but "now" stands there; see: attune control --help
[64]
$ attune person zz -s town.attune
attune person: nothing is known of "zz"
[66]
# The catalogue.
$ attune items -s town.attune song 1 --limit 3
m1           Song 1  music  metal,odd
m10          Song 10  music  metal,even
m11          Song 11  music  ambient,odd
$ attune items -s town.attune --id m3
m3           Song 3  music  jazz,odd
  published -, 2.0 min, age 0, boost +0.00
  licence: 2020-01-01 00:00 to 2099-01-01 00:00, stream
$ attune items -s town.attune --id zz
attune items: item "zz" is not in the catalogue
[66]
$ attune items -s town.attune --json | json_ok id title medium tags rights
30 objects
$ attune items -s town.attune zzz
nothing in the catalogue fits
$ attune takedown m3 -s town.attune --reason 'court order 7/26'
taken down; no slate shows it from now on
$ attune takedown zz -s town.attune
attune takedown: item "zz" is not in the catalogue
[66]
$ attune explain u1 m3 -s town.attune | sed -n 2p
it cannot be shown: taken down
$ attune items -s town.attune --id m3 | head -1
m3           Song 3  music  jazz,odd  TAKEN DOWN
$ attune items -s town.attune --id m3 --json | sed 's/,"taken_down":true//' >m3.ndjson; attune import m3.ndjson -s town.attune; attune items -s town.attune --id m3 | head -1; attune explain u1 m3 -s town.attune | sed -n 2p; attune info -s town.attune | grep items
m3.ndjson: 1 line: 1 item, 0 events, 0 known already, 0 rejected; <*>
m3           Song 3  music  jazz,odd
  relevance     <*>  how near it is to this person's taste
  items      30 (0 taken down)
# What is kept about a person comes out, and goes.
$ attune export u1 -s town.attune | json_ok
31 objects
$ attune export u1 -s town.attune | head -2
{"id":"e1-0","user":"u1","item":"m5","at":1760043200000,"signal":"like","length_ms":125000}
{"id":"e1-1","user":"u1","item":"m26","at":1760046800000,"signal":"complete","length_ms":146000}
$ attune export zz -s town.attune
attune export: nothing is known of "zz"
[66]
$ attune export u5 -s town.attune >u5.ndjson; attune forget u5 --yes -s town.attune; attune person u5 -s town.attune; attune import u5.ndjson -s town.attune
forgotten: 12 records. Models trained before may still hold their trace: run attune train, and delete old backups.
attune person: nothing is known of "u5"
u5.ndjson: 12 lines: 0 items, 12 events, 0 known already, 0 rejected; <*>
$ attune forget u5 -s town.attune
attune forget: this deletes all records of "u5" for good, and needs --yes; see: attune forget --help
[64]
$ attune forget u5 --yes -s town.attune --json | json_ok rows
1 object
$ attune forget u5 --yes -s town.attune
attune forget: nothing is known of "u5"
[66]
$ attune info -s town.attune
town.attune
  events     352, of these 0 set aside as bots'; 2025-10-09 20:53 to <*> UTC
  people     30
  items      30 (0 taken down)
  decisions  6 with 11 slots, 0 explored (0.0 %)
  model      3 (als)
  learning   no training: 0 new preferences, at least 200 are asked for
  memory <*>
$ attune info -s town.attune --json | json_ok events bot_events decisions items users model model_kind first_event last_event
1 object
# Output that cannot be written is told; a reader who has gone is not.
$ attune items -s town.attune >/dev/full
attune: standard output could not be written
[74]
$ attune export u1 -s town.attune >/dev/full
attune: standard output could not be written
[74]
$ attune info --help >/dev/full
attune: standard output could not be written
[74]
$ attune items -s town.attune | head -1
m1           Song 1  music  metal,odd
