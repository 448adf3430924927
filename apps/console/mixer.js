// SPDX-License-Identifier: Apache-2.0
// console/mixer.js - a sound's stems under faders, as far as they may go, and the remix beside the original.
//
// The service splits and mixes (jobs); the page plays what came of it. The original is the sum of its stems, so it is heard from the same
// four tracks with all gains at 1; a remix that was made is a fifth one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes, id, post } from './api.js';
import { Deck, peaksOf, rateFor } from './deck.js';
import { Progress, useJob } from './jobs.js';
import { Card, Message, html } from './parts.js';
import { Peaks, time } from './wave.js';

const low_db = -24, high_db = 12; // of all faders alike, so that they can be compared
const names = ['drums', 'bass', 'vocals', 'other'];
const dB = (x) => `${x < 0 ? '−' : x > 0 ? '+' : ''}${Math.abs(x).toFixed(1)} dB`;
const linear = (db) => (db === null ? 0 : 10 ** (db / 20));
const place = (db) => (db - low_db) / (high_db - low_db);
// Whole tenths, rounded towards 0: never past what a remix would do.
const within = (db, least, most) => Math.max(Math.ceil((least ?? low_db) * 10) / 10, Math.min(Math.floor(most * 10) / 10, db));
const muted = (stem) => stem.least_db; // as far down as a remix goes; null: silent
const sure = (db) => (db === null ? 'nothing of it was found' : `SI-SDR ${dB(db)} expected`);
const lufs = (x) => (x === null ? 'silent' : `${x < 0 ? '−' : ''}${Math.abs(x).toFixed(1)} LUFS`);

// A fader stands on the scale of all of them, and its own track covers what it may do there.
function Fader({ stem, value, off, onChange }) {
  const least = Math.max(low_db, within(low_db, stem.least_db, stem.most_db)), most = Math.min(high_db, within(high_db, stem.least_db, stem.most_db));
  const span = `left:calc((100% - 16px) * ${place(least)});width:calc((100% - 16px) * ${place(most) - place(least)} + 16px)`;
  const limits = `${stem.least_db === null ? 'silence' : dB(stem.least_db)} to ${dB(Math.min(stem.most_db, high_db))}`;
  return html`<div class="fader"><div class="scale"><span class="rail"></span><span class="zero"></span>
      <input type="range" min=${least} max=${most} step="0.1" value=${value} style=${span} class=${off ? 'off' : ''} aria-label=${`${stem.stem}, in dB`} aria-valuetext=${off ? `muted, ${dB(value)} before` : dB(value)} title=${`a remix moves it from ${limits}`} onInput=${(e) => onChange(Number(e.target.value))} /></div>
    <p class="limits"><output>${off ? (stem.least_db === null ? 'silent' : dB(stem.least_db)) : dB(value)}</output><span class="quiet">${limits}</span></p></div>`;
}

function Row({ stem, peaks, seconds, at, value, mute, solo, off, onValue, onMute, onSolo, onSeek }) {
  return html`<li class=${`stem ${stem.stem} ${off ? 'unheard' : ''}`}><div class="name"><strong>${stem.stem}</strong><div class="keys"><button aria-pressed=${mute} aria-label=${`mute ${stem.stem}`} title="out of the mix, as far as a remix would take it" onClick=${onMute}>M</button><button aria-pressed=${solo} aria-label=${`solo ${stem.stem}`} title="heard alone; a remix does not know of it" onClick=${onSolo}>S</button></div><span class="quiet" title="how well it is split, by how sure the masks are">${sure(stem.expected_db)}</span></div>
    <${Peaks} peaks=${peaks} seconds=${seconds} at=${at} label=${`waveform of ${stem.stem}`} onSeek=${onSeek} />
    <${Fader} stem=${stem} value=${value} off=${mute} onChange=${onValue} /></li>`;
}

const heard = { original: 'Original', faders: 'Faders', remix: 'Remix' };

function Heard({ value, made, onChange }) {
  return html`<fieldset class="switch" aria-label="what is heard"><legend class="quiet">Hear</legend>${Object.entries(heard).map(([name, title]) => html`<label class=${value === name ? 'on' : ''}><input type="radio" name="heard" value=${name} checked=${value === name} disabled=${name === 'remix' && !made} onChange=${() => onChange(name)} />${title}</label>`)}</fieldset>`;
}

// What became of each wish, in words.
function told(stem) {
  if (stem.asked_db === 0 && !stem.limited) return null;
  const was = stem.gain_db === null ? `${stem.stem} is left out` : `${stem.stem} by ${dB(stem.gain_db)}`;
  return stem.limited ? `${was} instead of ${stem.asked_db === null ? 'left out' : dB(stem.asked_db)}: it is expected to be split at ${dB(stem.expected_db)} only, and more would let be heard what is wrong of it` : was;
}

function Told({ result, equal, onEqual }) {
  const its = result.made[0], original = result.loudness_lufs, remix = its.loudness_lufs, apart = original === null || remix === null ? 0 : remix - original;
  const words = result.stems.map(told).filter(Boolean);
  const save = async () => {
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(await bytes(`/v1/sounds/${id(its.sound)}/content`)), download: 'remix.flac' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  return html`<div class="told"><h3>The remix</h3><ul>${words.map((w) => html`<li>${w}.</li>`)}${words.length === 0 && html`<li>Nothing is moved.</li>`}${result.turned_down_db > 0.05 && html`<li>All of it ${dB(-result.turned_down_db)}, so that nothing is clipped.</li>`}</ul>
    <label class="equal"><input type="checkbox" checked=${equal} onChange=${(e) => onEqual(e.target.checked)} /><span>Equally loud: the original is ${lufs(original)}, the remix ${lufs(remix)}${Math.abs(apart) >= 0.05 ? `, so the ${apart > 0 ? 'remix' : 'original'} is played ${Math.abs(apart).toFixed(1)} dB softer` : ''}.</span></label>
    <p class="acts"><button onClick=${save}>Save the remix</button></p></div>`;
}

// What is heard of each track: four stems, then the remix.
function levels({ hear, stems, faders, mutes, solos, remix, equal }) {
  const apart = remix && remix.loudness_lufs !== null && remix.made[0].loudness_lufs !== null && equal ? remix.made[0].loudness_lufs - remix.loudness_lufs : 0;
  const any = solos.some(Boolean);
  const part = (s, i) => (hear === 'original' ? linear(Math.min(0, apart)) : hear === 'remix' || (any && !solos[i]) ? 0 : linear(mutes[i] ? muted(s) : faders[i]));
  return [...stems.map(part), hear === 'remix' ? linear(Math.min(0, -apart)) : 0];
}

function Desk({ sound, split, deck, peaks, start, seek, onTime }) {
  const none = [false, false, false, false];
  const [hear, setHear] = useState('faders');
  const [faders, setFaders] = useState([0, 0, 0, 0]);
  const [mutes, setMutes] = useState(none);
  const [solos, setSolos] = useState(none);
  const [context, setContext] = useState('');
  const [equal, setEqual] = useState(true);
  const [job, setJob] = useState(null);
  const [remix, setRemix] = useState(null);
  const [problem, setProblem] = useState(null);
  const [at, setAt] = useState(start);
  const [playing, setPlaying] = useState(false);
  const { stems, contexts } = split;
  const now = { hear, stems, faders, mutes, solos, remix: remix && remix.result, equal };
  useEffect(() => { levels(now).forEach((gain, i) => { if (deck.tracks[i]) deck.level(i, gain); }); }, [hear, faders, mutes, solos, remix, equal]);
  useEffect(() => {
    const timer = setInterval(() => { setAt(deck.at); setPlaying(deck.playing); onTime(deck.at); if (deck.begun !== null && !deck.playing) deck.pause(); }, 120);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => { if (seek) { deck.seek(seek.at); deck.play(); } }, [seek]);
  const running = useJob(job, async (ended) => {
    setJob(null);
    if (ended.state !== 'done') return ended.state === 'failed' && setProblem(new Error(ended.problem));
    try {
      const buffer = await deck.decode(await bytes(`/v1/sounds/${id(ended.sound.made[0].sound)}/content`));
      if (deck.tracks.length > names.length) deck.replace(names.length, buffer);
      else deck.add(buffer);
      setRemix({ result: ended.sound, peaks: peaksOf(buffer) });
      setHear('remix');
    } catch (e) { setProblem(e); }
  });
  const change = (set, list, i, value) => { set(list.map((v, k) => (k === i ? value : v))); setContext(''); if (hear !== 'faders') setHear('faders'); };
  const choose = (name) => {
    const gains = contexts.find((c) => c.context === name);
    setContext(name);
    setHear('faders');
    setMutes(names.map((n) => !!gains && gains[n] === null));
    setFaders(stems.map((s) => (gains && gains[s.stem] !== null ? within(gains[s.stem], s.least_db, s.most_db) : 0)));
  };
  const make = async () => {
    const wish = context ? { context } : { gains: Object.fromEntries(names.map((n, i) => [n, faders[i]])), mute: names.filter((_, i) => mutes[i]) };
    try { setProblem(null); setJob((await post(`/v1/sounds/${id(sound.sound)}/jobs`, { action: 'remix', ...wish })).id); } catch (e) { setProblem(e); }
  };
  const jump = (s) => { deck.seek(s); setAt(s); onTime(s); };
  const any = solos.some(Boolean), moved = context || faders.some((f) => f !== 0) || mutes.some(Boolean);
  return html`<div class="transport"><button class="primary play" onClick=${() => (deck.playing ? deck.pause() : deck.play())}>${playing ? 'Pause' : 'Play'}</button><span class="clock">${time(at)} / ${time(deck.seconds)}</span>
      <input class="position" type="range" min="0" max=${deck.seconds.toFixed(2)} step="0.1" value=${at} aria-label="position" aria-valuetext=${`${time(at)} of ${time(deck.seconds)}`} onInput=${(e) => jump(Number(e.target.value))} /><${Heard} value=${hear} made=${remix} onChange=${setHear} /></div>
    <ol class="stems">${stems.map((s, i) => html`<${Row} key=${s.stem} stem=${s} peaks=${peaks[i]} seconds=${deck.seconds} at=${at} value=${faders[i]} mute=${mutes[i]} solo=${solos[i]} off=${hear === 'remix' || (hear === 'faders' && ((any && !solos[i]) || (mutes[i] && !solos[i])))}
      onValue=${(v) => change(setFaders, faders, i, v)} onMute=${() => change(setMutes, mutes, i, !mutes[i])} onSolo=${() => { setSolos(solos.map((v, k) => (k === i ? !v : v))); setHear('faders'); }} onSeek=${jump} />`)}
      ${remix && html`<li class=${`stem remix ${hear === 'remix' ? '' : 'unheard'}`}><div class="name"><strong>remix</strong><span class="quiet">as it was made</span></div><${Peaks} peaks=${remix.peaks} seconds=${deck.seconds} at=${at} label="waveform of the remix" onSeek=${jump} /></li>`}</ol>
    <p class="quiet">A fader goes as far as a remix may: what the split has wrong of a stem must stay 3 dB below it.${deck.context.sampleRate < sound.rate_hz ? ` Heard here at ${(deck.context.sampleRate / 1000).toFixed(0)} kHz, to spare this machine's memory; what is made has all of it.` : ''}</p>
    <p class="acts"><label class="quiet">for <select value=${context} onChange=${(e) => choose(e.target.value)} aria-label="remix for a situation"><option value="">as the faders stand</option>${contexts.map((c) => html`<option>${c.context}</option>`)}</select></label>
      <button class="primary" disabled=${!!job || !moved} onClick=${make}>Make this remix</button><button disabled=${!moved && !any} onClick=${() => { choose(''); setSolos(none); }}>As it was</button></p>
    <${Message} error=${problem} />${job && running && html`<${Progress} job=${running} onCancel=${() => post(`/v1/jobs/${id(job)}/cancel`).catch(setProblem)} />`}
    ${remix && html`<${Told} result=${remix.result} equal=${equal} onEqual=${setEqual} />`}`;
}

// A split that this page asked for is not asked for twice.
const splits = new Map(); // of sounds, to jobs

// `sound`: { sound, seconds, rate_hz, channels }. `onReady`: from now on the desk plays it; it begins at `start`.
export function Mixer({ sound, start, seek, onTime, onReady }) {
  const [job, setJob] = useState(splits.get(sound.sound) || null);
  const [desk, setDesk] = useState(null);
  const [fetched, setFetched] = useState(-1);
  const [problem, setProblem] = useState(null);
  const live = useRef(null);
  const gone = useRef(false);
  useEffect(() => () => { gone.current = true; if (live.current) live.current.close(); }, []);
  const fetchAll = async (split) => {
    const deck = (live.current = new Deck(rateFor(sound, names.length + 1)));
    const peaks = [];
    for (const [i, made] of split.made.entries()) {
      setFetched(i);
      const buffer = await deck.decode(await bytes(`/v1/sounds/${id(made.sound)}/content`));
      if (gone.current) return;
      deck.add(buffer);
      peaks.push(peaksOf(buffer));
    }
    const most = Math.max(1, ...peaks.flat()); // one scale for all four
    setDesk({ split, deck, peaks: peaks.map((list) => list.map((p) => (1000 * p) / most)) });
    onReady();
  };
  const running = useJob(job, (ended) => {
    if (ended.state === 'done') return fetchAll(ended.sound).catch(setProblem);
    splits.delete(sound.sound);
    setJob(null);
    return ended.state === 'failed' && setProblem(new Error(ended.problem));
  });
  const split = async () => {
    try {
      setProblem(null);
      const name = (await post(`/v1/sounds/${id(sound.sound)}/jobs`, { action: 'stems' })).id;
      splits.set(sound.sound, name);
      setJob(name);
    } catch (e) { setProblem(e); }
  };
  return html`<${Card} wide title="Stems"><${Message} error=${problem} />
    ${desk ? html`<${Desk} sound=${sound} ...${desk} start=${start} seek=${seek} onTime=${onTime} />`
    : fetched >= 0 ? html`<p class="quiet" role="status">Fetching ${names[fetched]} …</p>`
    : job ? running && html`<${Progress} job=${running} onCancel=${() => post(`/v1/jobs/${id(job)}/cancel`).catch(setProblem)} />`
    : html`<p>Split it into drums, bass, vocals and the rest: hear each alone, move the faders, make a remix and hold it against the original.</p><p class="acts"><button class="primary" onClick=${split}>Split into stems</button></p>`}<//>`;
}
