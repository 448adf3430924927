# Words about music: what they are understood as, and the tracks that fit.
$ attune music prompt 'high-energy synth pop, 120-128 BPM, minor, no vocals'
  high-energy              energy 0.65 to 1
  synth pop                genre: synth pop
  120-128 BPM              tempo 120 to 128 BPM
  minor                    mode minor
  no vocals                without vocals
  vector: energy 0.78, valence 0.70, arousal 0.70, brightness 0.65, harmonicity 0.50
$ attune music prompt 'a zydeco waltz, around 90, not sad'
  around 90                tempo (taken as BPM) 85.5 to 94.5 BPM
  not sad                  unwanted mood: sad
  not understood: zydeco, waltz
  vector: valence 0.85, arousal 0.75, brightness 0.70
$ attune music prompt blah
  not understood: blah
  nothing was understood
$ attune music prompt 'F# dorian, half-time, under 3 minutes, 80s' --json | json_ok prompt understood not_understood tempo_bpm tonic mode vector
1 object
# Over what was analysed, and over a catalogue made of it.
$ printf '%s\n' '{"file":"songs/night.flac","seconds":200,"tempo_bpm":124.02,"key":"A minor","energy":0.82,"valence":0.5,"arousal":0.8,"brightness":0.6,"harmonicity":0.5,"moods":["energetic"],"embedding":[0.6,0.8]}' '{"file":"songs/dawn.flac","seconds":600,"tempo_bpm":62,"key":"C major","energy":0.1,"valence":0.6,"arousal":0.1,"brightness":0.3,"harmonicity":0.9,"moods":["calm","ambient"],"embedding":[0.8,0.6]}' '{"file":"songs/broken.mp3","error":"not recognised"}' >analysed.ndjson
$ attune music prompt 'energetic, minor, 120 to 128 bpm' --from analysed.ndjson
  energetic                mood: energetic
  minor                    mode minor
  120 to 128 bpm           tempo 120 to 128 BPM
  vector: energy 0.90, arousal 0.90, brightness 0.65
0.98  songs/night.flac  night
1 of 2 tracks misses nothing
$ attune music prompt 'calm, at least 5 minutes' --from analysed.ndjson --all
  calm                     mood: calm
  at least 5 minutes       length at least 300 s
  vector: energy 0.15, valence 0.60, arousal 0.15, brightness 0.35
0.99  songs/dawn.flac  dawn
0.00  songs/night.flac  night  but length 200 s
1 of 2 tracks misses nothing
$ attune music items analysed.ndjson >items.ndjson; cat items.ndjson
2 items; 1 file could not be analysed
{"id":"songs/night.flac","title":"night","medium":"music","tags":["energetic"],"features":{"tempo_bpm":124.02,"energy":0.82,"valence":0.5,"arousal":0.8,"brightness":0.6,"harmonicity":0.5,"key_tonic":9,"key_mode":2},"vector":[0.6,0.8],"duration_ms":200000}
{"id":"songs/dawn.flac","title":"dawn","medium":"music","tags":["calm","ambient"],"features":{"tempo_bpm":62,"energy":0.1,"valence":0.6,"arousal":0.1,"brightness":0.3,"harmonicity":0.9,"key_tonic":0,"key_mode":1},"vector":[0.8,0.6],"duration_ms":600000}
$ echo '{"file":"songs/dusk.flac","seconds":3,"key":"Bb minor"}' | attune music items -q
{"id":"songs/dusk.flac","title":"dusk","medium":"music","features":{"key_tonic":10,"key_mode":2},"duration_ms":3000}
$ attune import items.ndjson -q; attune music prompt 'something for sleep' --find
  sleep                    use: sleep
  vector: energy 0.08, valence 0.50, arousal 0.08, brightness 0.20, harmonicity 0.85
0.92  songs/dawn.flac  dawn  (1 thing is not known of it)
1 of 2 tracks misses nothing
$ attune music prompt 'for sleep' --find --json | json_ok found seen fitting
1 object
$ echo '{"id":"x","tempo":1}' >bad.ndjson; attune music prompt jazz --from bad.ndjson
attune music prompt: bad.ndjson:1: tempo: unknown key, expected one of id, title, medium, text, tags, features, vector, duration_ms, published_at, age_rating, boost, rights, licence, opt_out
  jazz                     genre: jazz
  vector: energy 0.45, valence 0.60, arousal 0.45, brightness 0.40, harmonicity 0.65
[65]
$ attune music prompt jazz --from none.ndjson
attune music prompt: none.ndjson cannot be opened
  jazz                     genre: jazz
  vector: energy 0.45, valence 0.60, arousal 0.45, brightness 0.40, harmonicity 0.65
[66]
$ attune music prompt
attune music prompt: too few arguments, expected WORD…; see: attune music prompt --help
[64]
# What the log says of music.
$ printf '%s\n' '{"id":"w1","user":"ann","item":"songs/night.flac","signal":"complete","at":1760000000000,"context":{"activity":"workout"}}' '{"id":"w2","user":"ann","item":"songs/dawn.flac","signal":"complete","at":1760000600000,"context":{"activity":"workout"}}' '{"id":"w3","user":"ann","item":"songs/night.flac","signal":"complete","at":1760000900000}' '{"id":"w4","user":"ann","item":"songs/night.flac","signal":"complete","at":1760001200000}' >events.ndjson; attune import events.ndjson -q; attune report --music
music: 4 things begun, 2 items with a tempo
  workouts within 10 of 130 BPM       50.0 %   1 of 2 workout tracks of known tempo
    half or twice the tempo too      100.0 %   2 of 2 workout tracks of known tempo
  valence as people rated it             -     0 rated items
  arousal as people rated it             -     0 rated items
  energy as people rated it              -     0 rated items
  more than 2 alike in 30 min         25.0 %   1 of 4 windows
    people who met that              100.0 %   1 of 1 people
  different things in a window        70.0 %   7 of 10 things begun in windows
  left before the early mark           0.0 %   0 of 4 things begun
$ attune report --music --workout-bpm 62 --near-most 3 --json | json_ok music
1 object
$ attune report --music --within 200
attune report: --within is "200", expected a number from 0 to 100; see: attune report --help
[64]
