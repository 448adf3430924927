// SPDX-License-Identifier: Apache-2.0
// console/sound.js - a sound of one's own: uploaded, analysed, split and mixed as what was made is, and held against what the store knows.
import { useEffect, useState } from 'preact/hooks';
import { bytes, get, id, post } from './api.js';
import { peaksOf } from './deck.js';
import { Progress, useJob } from './jobs.js';
import { Card, Message, html, useLoaded } from './parts.js';
import { Heard, Tags } from './piece.js';

const start = (hash, task) => post(`/v1/sounds/${id(hash)}/jobs`, task);
const words = {
  copy: (r) => `a part of it is in ${r.name}: score ${r.value.toFixed(1)}, a copy from ${r.limit.toFixed(1)}`, style: (r) => `it sounds like ${r.name}: distance ${r.value.toFixed(2)}, the floor is ${r.limit.toFixed(2)}`,
  opted_out: (r) => `${r.name} is opted out`, licence: (r) => `${r.name} has no licence`, provenance: () => 'nothing says what it was made from', silent: () => 'there is nothing in it that could be checked',
};

// A job of this sound: its button, its progress, and what it came to.
function useTask(hash, task, onDone) {
  const [job, setJob] = useState(null);
  const [problem, setProblem] = useState(null);
  const running = useJob(job, (ended) => { setJob(null); if (ended.state === 'done') onDone(ended.sound); else if (ended.state === 'failed') setProblem(new Error(ended.problem)); });
  const begin = () => { setProblem(null); start(hash, task).then((j) => setJob(j.id), setProblem); };
  return [begin, html`<${Message} error=${problem} />${job && running && html`<${Progress} job=${running} onCancel=${() => post(`/v1/jobs/${id(job)}/cancel`).catch(setProblem)} />`}`];
}

function Check({ hash }) {
  const [found, setFound] = useState(null);
  const [begin, told] = useTask(hash, { action: 'check' }, (s) => setFound(s.check));
  return html`<${Card} wide title="May it be let out?" note="Against the recordings and artists that this store knows.">${told}${found && html`<p><span class="tag ${{ allow: 'good', hold: 'slot', deny: 'bad' }[found.verdict]}">${{ allow: 'allowed', hold: 'held until people have looked', deny: 'denied' }[found.verdict]}</span>${found.nearest_artist && html` <span class="quiet">the nearest artist is ${found.nearest_artist}, distance ${found.nearest_distance.toFixed(2)}</span>`}</p>
      <ul class="reasons">${found.reasons.map((r) => html`<li>${(words[r.rule] || (() => r.rule))(r)}</li>`)}</ul>`}<p class="acts"><button onClick=${begin}>${found ? 'Check again' : 'Check it'}</button></p><//>`;
}

// What the service hears, and peaks of what the browser decodes; a browser that cannot leaves the line flat.
function Own({ hash }) {
  const { value: sound, error } = useLoaded(() => get(`/v1/sounds/${id(hash)}`), [hash]);
  const [heard, setHeard] = useState(null);
  const [waveform, setWaveform] = useState([]);
  const [begin, told] = useTask(hash, { action: 'analyze', beats: true }, setHeard);
  useEffect(() => {
    begin();
    bytes(`/v1/sounds/${id(hash)}/content`).then((blob) => blob.arrayBuffer()).then((data) => new OfflineAudioContext(1, 1, 8000).decodeAudioData(data)).then((buffer) => setWaveform(peaksOf(buffer, 800)), () => {});
  }, [hash]);
  if (!sound) return html`<${Message} error=${error}>Looking …<//>`;
  const its = heard && heard.analysis, most = Math.max(1, ...waveform);
  const analysis = its && { seconds: sound.seconds, key: its.key, waveform: waveform.map((p) => (1000 * p) / most), beats: heard.beats.map((b) => b.at_s), bars: heard.beats.filter((b) => b.in_bar === 1).map((b) => b.at_s), sections: heard.sections || its.sections };
  return html`<${Heard} sound=${sound} path=${`/v1/sounds/${id(hash)}/content`} title=${its ? `${its.tempo_bpm === null ? 'No beat' : `${its.tempo_bpm.toFixed(1)} BPM`}${its.key ? `, ${its.key}` : ''}${its.moods.length ? `: ${its.moods.join(', ')}` : ''}` : 'Listening …'} name=${`${hash.slice(0, 12)}…`} analysis=${analysis}>
      ${told}${its && html`<${Tags} key_=${its.key} values=${{ ...its, duration_s: its.seconds }} />`}<p class="quiet">${sound.media_type}, ${sound.rate_hz} Hz, ${sound.channels === 1 ? 'mono' : sound.channels === 2 ? 'stereo' : `${sound.channels} channels`}, ${(sound.size / 1e6).toFixed(1)} MB.</p><//><${Check} hash=${hash} />`;
}

export function Sound({ hash }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const take = async (e) => {
    const file = e.target.files[0];
    if (!file) return;
    setProblem(null);
    setBusy(true);
    try { location.hash = `#/music/sound/${(await post('/v1/sounds', file, 'application/octet-stream')).sound}`; } catch (error) { setProblem(error); }
    setBusy(false);
  };
  return html`<p><a href="#/music">What was made here</a></p><${Card} wide title="A sound of your own" note="WAV, FLAC, Ogg, MP3 and what else this build reads. It is kept in the store under the hash of its bytes."><${Message} error=${problem} /><label class="upload"><span class="quiet">${busy ? 'Uploading …' : 'Choose a file'}</span> <input type="file" accept="audio/*" onChange=${take} disabled=${busy} /></label><//>
    ${hash && html`<${Own} key=${hash} hash=${hash} />`}`;
}
