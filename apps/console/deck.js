// SPDX-License-Identifier: Apache-2.0
// console/deck.js - several tracks that sound at once, in step: one clock, one gain a track. And how a sound looks.
//
// All tracks of a deck start at the same tick of the same context, so they cannot drift apart; what is not heard runs on with gain 0,
// and to hear another one is to move two gains, without a gap.

const lead_s = 0.03; // from the call to the first sound, so that all sources are ready by then
const glide_s = 0.012; // time constant of a gain: no click
const memory_bytes = 6e8;
const rates_hz = [48000, 44100, 32000, 22050, 16000];
const share_of = (rate, { seconds, channels }, tracks) => seconds * Math.min(channels, 2) * 4 * tracks * rate;

// Of all that can sound on a page one does: who begins stops the one before.
let sounding = { me: null, stop: () => {} };
export function alone(me, stop) {
  if (sounding.me !== me) sounding.stop();
  sounding = { me, stop };
}

// The highest rate, at most its own, at which so many decoded tracks take no more memory than that.
export const rateFor = (sound, tracks) => rates_hz.find((rate) => rate <= Math.max(sound.rate_hz, 16000) && share_of(rate, sound, tracks) <= memory_bytes) || 16000;

export class Deck {
  constructor(rate_hz) {
    this.context = new AudioContext({ sampleRate: rate_hz });
    this.tracks = [];
    this.from = 0; // where it stands, or stood when it began
    this.begun = null; // by the context's clock; null: it stands
    this.seconds = 0;
  }

  decode = async (blob) => this.context.decodeAudioData(await blob.arrayBuffer());

  // Its number.
  add(buffer) {
    const gain = this.context.createGain(), track = { buffer, gain, source: null };
    gain.gain.value = 0;
    gain.connect(this.context.destination);
    this.tracks.push(track);
    this.seconds = Math.max(this.seconds, buffer.duration);
    if (this.begun !== null) this.#start(track, this.context.currentTime + lead_s);
    return this.tracks.length - 1;
  }

  // Another sound in the place of a track.
  replace(index, buffer) {
    const track = this.tracks[index];
    if (track.source) track.source.stop();
    Object.assign(track, { buffer, source: null });
    if (this.begun !== null) this.#start(track, this.context.currentTime + lead_s);
  }

  #start(track, when) {
    track.source = this.context.createBufferSource();
    track.source.buffer = track.buffer;
    track.source.connect(track.gain);
    track.source.start(when, this.from + when - this.begun);
  }

  get at() { return this.begun === null ? this.from : Math.min(this.seconds, this.from + Math.max(0, this.context.currentTime - this.begun)); }
  get playing() { return this.begun !== null && this.at < this.seconds; }

  level(index, gain) { this.tracks[index].gain.gain.setTargetAtTime(gain, this.context.currentTime, glide_s); }

  async play() {
    alone(this, () => this.pause());
    await this.context.resume();
    if (this.playing) return;
    this.from = this.at >= this.seconds ? 0 : this.at;
    this.begun = this.context.currentTime + lead_s;
    for (const track of this.tracks) this.#start(track, this.begun);
  }

  pause() {
    this.from = this.at;
    this.begun = null;
    for (const track of this.tracks) { if (track.source) track.source.stop(); track.source = null; }
  }

  seek(to_s) {
    const goes_on = this.playing;
    this.pause();
    this.from = Math.max(0, Math.min(this.seconds, to_s));
    return goes_on ? this.play() : undefined;
  }

  close() {
    this.pause();
    if (sounding.me === this) sounding = { me: null, stop: () => {} };
    this.context.close();
  }
}

// Peaks of a decoded sound in so many columns, 0 to 1000: of one with many samples every few are looked at.
export function peaksOf(buffer, columns = 400) {
  const peaks = new Array(columns).fill(0), lines = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
  const step = Math.max(1, Math.floor(buffer.length / columns / 256));
  for (let i = 0; i < columns; i++) {
    const end = Math.floor(((i + 1) * buffer.length) / columns);
    for (const line of lines) for (let k = Math.floor((i * buffer.length) / columns); k < end; k += step) peaks[i] = Math.max(peaks[i], Math.abs(line[k]));
  }
  return peaks.map((p) => Math.round(1000 * Math.min(1, p)));
}
