# What went in and what came out, into a log of provenance; what is opted out goes into nothing.
$ yes 'abcdefghi zyxwvut' | head -c 160000 > raw; printf 'RIFF\044\161\002\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\161\002\000' | cat - raw > long.wav; mkdir -p tracks/one; mv long.wav tracks/one/bass.wav
$ yes 'abcdefghi zyxwvut' | head -c 32000 > raw; printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\175\000\000' | cat - raw > tone.wav
$ attune music stretch tone.wav --ratio 1.25 -o s.wav --licence CC0-1.0
attune music stretch: --licence and --inputs are for --provenance LOG; see: attune music stretch --help
[64]
$ attune music master tone.wav --profile night -o m.wav --provenance log --licence CC0-1.0 | head -1 | cut -c 1-12
m.wav: night
$ attune music stretch m.wav --ratio 1.25 -o s.wav --provenance log | cut -c 1-16
s.wav: 2.500 s, 
$ attune music remix tone.wav --mute vocals --swap bass=s.wav --method classical -o r.wav -q --provenance log >/dev/null
$ attune music stems tone.wav --method classical -o parts --provenance log >/dev/null
$ attune music stems --train tracks -o my.stems --steps 1 -q --provenance log --seed 4 --licence CC-BY-4.0 | cut -c 1-9
my.stems:
$ attune music remix tone.wav --mute vocals -m my.stems -o n.wav -q --provenance log >/dev/null
$ attune provenance log log | sed 's/20[0-9-]* [0-9:]*/<TIME>/; s/[0-9a-f]\{12\}/<HASH>/'
     0  <TIME>  input   tone.wav  <HASH>  CC0-1.0
     1  <TIME>  output  m.wav  <HASH>  by attune music master 0.1.0 from 1 parent
     2  <TIME>  output  s.wav  <HASH>  by attune music stretch 0.1.0 from 1 parent
     3  <TIME>  output  r.wav  <HASH>  by attune music remix 0.1.0 from 2 parents
     4  <TIME>  output  drums.wav  <HASH>  by attune music stems 0.1.0 from 1 parent
     5  <TIME>  output  bass.wav  <HASH>  by attune music stems 0.1.0 from 1 parent
     6  <TIME>  output  vocals.wav  <HASH>  by attune music stems 0.1.0 from 1 parent
     7  <TIME>  output  other.wav  <HASH>  by attune music stems 0.1.0 from 1 parent
     8  <TIME>  input   one/bass.wav  <HASH>  CC-BY-4.0
     9  <TIME>  model   my.stems  <HASH>  from 1 input, 0 opted out
    10  <TIME>  output  n.wav  <HASH>  by my.stems from 1 parent
$ attune provenance verify log | head -1 | cut -d ' ' -f 1,2,5-
11 entries as they were logged: 2 inputs, 1 models, 8 outputs
$ attune music check s.wav r.wav n.wav --provenance log
allow: s.wav
allow: r.wav
allow: n.wav
$ attune provenance card my.stems log | grep "^- .* items\|^. CC\|^A network\|outputs from" | sed 's/;.*//; s/ from 20.*, / … /'
- 1 items that it could learn from
| CC-BY-4.0 | 1 |
A network that splits tracks into stems. 1 tracks, 1 steps
1 outputs … 0 for one person (who it was stands in no entry).
$ printf 'tone.wav\tCC0-1.0\topted out\n' >said.txt; attune music stretch tone.wav --ratio 2 -o no.wav --provenance log --inputs said.txt; ls no.wav
attune music stretch: tone.wav is opted out, as was said; nothing is made from it
ls: cannot access 'no.wav': No such file or directory
[2]
$ cp tone.wav renamed.wav; attune music master renamed.wav -p night -o no.wav --provenance log; ls no.wav
attune music master: renamed.wav is opted out, as the log of provenance has it; nothing is made from it
ls: cannot access 'no.wav': No such file or directory
[2]
$ printf 'one\tCC-BY-4.0\topted out\n' >said.txt; attune music stems --train tracks -o no.stems --steps 1 --provenance log --inputs said.txt; ls no.stems
attune music stems: one/bass.wav is opted out, as was said; nothing is made from it
ls: cannot access 'no.stems': No such file or directory
[2]
$ attune music check s.wav --provenance log
deny: s.wav
  deny: tone.wav is opted out
[2]
$ printf 'tracks/one\tCC-BY-4.0\n' >said.txt; attune music stretch tracks/one/bass.wav --ratio 1.5 -o b.wav -q --provenance log --inputs said.txt | cut -c 1-16
b.wav: 15.000 s,
$ attune music stretch tone.wav --ratio 2 -o no.wav --provenance tone.wav
attune music stretch: provenance log tone.wav: it is no provenance log: it begins with something else
[76]
$ printf 'tone.wav\tCC0-1.0\tmaybe\n' >said.txt; attune music stretch tone.wav --ratio 2 -o no.wav --provenance log --inputs said.txt
attune music stretch: said.txt:1: expected name, licence and "opted out", with tabs between
[65]
$ attune music compose --style jazz --bars 8 --seed 3 -o j.mid -q --provenance songs >/dev/null; attune music loop --style jazz --bars 4 --seed 3 -o l.mid -q --provenance songs >/dev/null
$ attune provenance log songs | sed 's/20[0-9-]* [0-9:]*/<TIME>/; s/[0-9a-f]\{12\}/<HASH>/'
     0  <TIME>  output  j.mid  <HASH>  by attune music compose 0.1.0
     1  <TIME>  output  l.mid  <HASH>  by attune music loop 0.1.0
