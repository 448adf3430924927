# Simulated people meet the engine; how often what happens is told elsewhere (docs/simulator.md).
$ attune simulate --run 1 --medium music --people 60 --items 90 --days 6 --events 1500 -s sim.attune -q --json >music.json; json_ok simulated days medium policies <music.json; grep -o '"medium": *"[a-z]*"' music.json
1 object
"medium":"music"
# Without --run nobody asks for anything, and there are three media.
$ attune simulate --medium music
attune simulate: --medium wants --run DAYS; see: attune simulate --help
[64]
$ attune simulate --run 1 --medium radio
attune simulate: --medium is "radio", expected music, film or game; see: attune simulate --help
[64]
$ attune simulate --run 1 --medium
attune simulate: option --medium needs a value: NAME; see: attune simulate --help
[64]
