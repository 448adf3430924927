# The same music for another listener.
$ attune music master
attune music master: too few arguments, expected FILE; see: attune music master --help
[64]
$ attune music master none.wav --out x.wav
attune music master: expected --profile NAME|FILE and --out FILE; see: attune music master --help
[64]
$ attune music master none.wav --out x.wav --profile loud
attune music master: profile "loud": no file, and no name of phone, night, car, voice-clear, hearing-mild, hearing-moderate
[66]
$ printf 'name: mine\nloudness_lufs: -3\n' > bad.yaml; attune music master none.wav --out x.wav --profile bad.yaml
attune music master: bad.yaml:2: loudness_lufs: found "-3", expected a number from -40 to -8
[65]
$ attune music master none.wav --out x.wav --profile night
attune music master: opening none.wav: No such file or directory
[66]
$ yes 'abcdefghi zyxwvut' | head -c 32000 > raw; printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\000\175\000\000' | cat - raw > tone.wav
$ attune music master tone.wav --profile night --out night.wav
night.wav: night, gain -12.8 dB, compressed 2.00 : 1, limited by at most 0.0 dB; too short or empty for a fingerprint.
  before    -7.7 LUFS, range  0.0 LU, true peak   1.5 dBTP, crest  1.9 dB,     0 to  3557 Hz, no beat, A major
  after    -23.0 LUFS, range  0.0 LU, true peak -17.7 dBTP, crest  8.1 dB,   887 to  3561 Hz, no beat, A major
$ printf 'name: Ada\nloudness_lufs: -20\naudiogram: {500: 20, 4000: 45}\n' > ada.yaml; attune music master tone.wav --profile ada.yaml --out ada.wav --json
{"file":"tone.wav","out":"ada.wav","profile":"Ada","before":{"loudness_lufs":-7.75,"loudness_range_lu":0.0,"true_peak_dbtp":1.49,"crest_db":1.93,"band_low_hz":0.0,"band_high_hz":3556.64,"tempo_bpm":null,"key":"A major"},"after":{"loudness_lufs":-20.0,"loudness_range_lu":0.0,"true_peak_dbtp":-15.56,"crest_db":4.45,"band_low_hz":0.0,"band_high_hz":3560.55,"tempo_bpm":null,"key":"A major"},"compress_ratio":1.0,"gain_db":-27.53,"limit_most_db":0.0,"identified":false}
$ attune music analyze ada.wav | grep -o "loudness [^,]*"
loudness -20.0 LUFS
$ head -c 32000 /dev/zero > raw; head -c 44 tone.wav | cat - raw > silence.wav; attune music master silence.wav --profile car --out x.wav; ls x.wav
attune music master: there is no loudness in it: silence, or shorter than 0.4 s
ls: cannot access 'x.wav': No such file or directory
[2]
