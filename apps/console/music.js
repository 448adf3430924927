// SPDX-License-Identifier: Apache-2.0
// console/music.js - what was made: a slate of music for a person and a situation that one can play, each piece with its waveform, beats,
// sections, key and plan, and, of what is held or denied, why.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes, get, id, post } from './api.js';
import { Mixer } from './mixer.js';
import { Card, Message, clock, html, itemLink, many, odds, useLoaded, when } from './parts.js';
import { Wave, time } from './wave.js';

const activities = ['workout', 'commute', 'focus', 'sleep', 'relax', 'party'];
const line = (form, name) => ((form || '').match(new RegExp(`^${name} (.*)$`, 'm')) || [])[1];
const needsOf = (form) => [...(form || '').matchAll(/^need (\S+) (\S+) (\S+)$/gm)].map(([, name, least, most]) => `${name} ${least === most ? least : `${least} to ${most}`}`);
const State = ({ c }) => html`<span class="tag ${c.verdict === 'deny' ? 'bad' : c.verdict === 'hold' ? 'slot' : c.shown ? 'good' : ''}">${c.verdict === 'allow' && !c.shown ? 'barred since' : { allow: 'may be shown', hold: c.shown ? 'allowed by people' : 'waits for people', deny: 'denied', unjudged: 'not checked yet' }[c.verdict]}</span>`;

// The bytes come with the key, so the player gets them as a blob of this page.
function Player({ item, onTime, seek }) {
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState(null);
  const sound = useRef(null);
  useEffect(() => {
    let made = '', gone = false;
    bytes(`/v1/items/${id(item)}/asset`).then((blob) => { if (!gone) setUrl(made = URL.createObjectURL(blob)); }).catch(setProblem);
    return () => { gone = true; if (made) URL.revokeObjectURL(made); };
  }, [item]);
  useEffect(() => { if (sound.current && seek) { sound.current.currentTime = seek.at; sound.current.play().catch(() => {}); } }, [seek]);
  if (problem) return html`<${Message} error=${problem} />`;
  return html`<audio ref=${sound} controls preload="auto" src=${url || null} aria-label="player" onTimeUpdate=${(e) => onTime && onTime(e.target.currentTime)}></audio>`;
}

function Plan({ plan, at }) {
  const now = plan.chords.filter((c) => c.at_s <= at + 0.01).length - 1;
  return html`<${Card} wide title=${`The plan: ${plan.style} in ${plan.key}, ${plan.tempo_bpm} BPM, ${many(plan.bars, 'bar', 'bars')}, ${plan.parts.join(', ')}`}>
    <table class="plan"><thead><tr><th>section</th><th>from</th><th class="number">bars</th><th>ends</th><th>chords</th></tr></thead><tbody>${plan.sections.map((s) => html`<tr aria-current=${at >= s.from_s && at < s.to_s ? 'true' : null}><th scope="row">${s.kind}</th><td>${time(s.from_s)}</td><td class="number">${s.bars}</td><td>${s.cadence}</td>
      <td class="chords">${plan.chords.map((c, i) => [c, i]).filter(([c]) => c.at_s >= s.from_s - 0.01 && c.at_s < s.to_s - 0.01).map(([c, i]) => html`<span class=${i === now ? 'now' : ''}>${c.name}</span> `)}</td></tr>`)}</tbody></table><//>`;
}

const measures = { tempo_bpm: ['tempo', 1, 'BPM'], duration_s: ['length', 1, 's'], loudness_lufs: ['loudness', 1, 'LUFS'], loudness_range_lu: ['range', 1, 'LU'], crest_db: ['crest', 1, 'dB'], energy: ['energy', 2, ''], brightness: ['brightness', 2, ''], valence: ['valence', 2, ''] };

function Piece({ name }) {
  const { value, error } = useLoaded(async () => {
    const making = await get(`/v1/items/${id(name)}/making`);
    const [plan, analysis, sound] = await Promise.all([making.has_plan ? get(`/v1/items/${id(name)}/plan`) : null, making.has_analysis ? get(`/v1/items/${id(name)}/analysis`) : null, get(`/v1/sounds/${id(making.asset)}`).catch(() => null)]);
    return { making, plan, analysis, sound };
  }, [name]);
  const [at, setAt] = useState(0);
  const [seek, setSeek] = useState(null);
  const [mixed, setMixed] = useState(false);
  if (!value) return html`<${Message} error=${error}>Looking …<//>`;
  const { making: m, plan, analysis, sound } = value;
  const jump = (s) => { setAt(s); setSeek({ at: s }); };
  return html`<section class="card wide piece"><div class="head"><h3>${m.item}</h3><${State} c=${m} /></div><p class="subject">${m.title}</p>
      ${analysis && html`<${Wave} analysis=${analysis} plan=${plan} at=${at} onSeek=${jump} />`}${!mixed && html`<${Player} key=${name} item=${name} onTime=${setAt} seek=${seek} />`}
      ${m.reasons.length > 0 && html`<ul class="reasons">${m.reasons.map((r) => html`<li>${r}</li>`)}</ul>`}
      <p class="row">${analysis && html`<span class="tag">${analysis.key}</span>`}${Object.entries(measures).filter(([n]) => n in m.measures).map(([n, [word, digits, unit]]) => html`<span class="tag">${word} ${m.measures[n].toFixed(digits)} ${unit}</span>`)}</p>
      <p class="quiet">By ${m.maker} ${when(m.made_at)}, in ${m.wall_s.toFixed(1)} s; ${m.sources.join(', ')}. ${(m.size / 1e6).toFixed(1)} MB.</p></section>
    ${sound && html`<${Mixer} sound=${sound} start=${at} seek=${mixed ? seek : null} onTime=${setAt} onReady=${() => { setSeek(null); setMixed(true); }} />`}
    ${plan && plan.sections && html`<${Plan} plan=${plan} at=${at} />`}`;
}

// A slate of music for a person in a situation, as the engine would make it now.
function ForPerson() {
  const [user, setUser] = useState('');
  const [activity, setActivity] = useState('');
  const [asked, setAsked] = useState(null);
  const { value: slate, error } = useLoaded(async () => asked && post('/v1/decisions', { user: asked.user, count: 10, dry: true, medium: 'music', ...(asked.activity ? { context: { activity: asked.activity } } : {}) }), [asked]);
  const ask = (e) => { e.preventDefault(); setAsked({ user: user.trim() || (clock.simulated ? 'person-00030' : 'u1'), activity }); };
  return html`<${Card} wide title="Music by taste and situation"><form class="find" onSubmit=${ask}><input value=${user} onInput=${(e) => setUser(e.target.value)} placeholder="id of a person" aria-label="person" />
      <select value=${activity} onChange=${(e) => setActivity(e.target.value)} aria-label="activity"><option value="">any situation</option>${activities.map((a) => html`<option>${a}</option>`)}</select><button class="primary">Ask</button></form>
    <${Message} error=${error} />${slate && html`<ol class="tracks">${slate.shown.map((s) => html`<li key=${s.item}>${s.made ? html`<a href=${`#/music/${id(s.item)}`}>${s.title}</a> <span class="tag good">made here</span>` : itemLink(s)} <span class="quiet">score ${s.score.toFixed(3)}, odds ${odds(s.propensity)}</span></li>`)}</ol>`}<//>`;
}

function Brief({ b, rest, open, onOpen }) {
  const { value, error } = useLoaded(async () => open && get(`/v1/generations/${b.id}`), [open, b.id, b.count]);
  const needs = needsOf(b.form);
  return html`<li><button class="brief" aria-expanded=${open} onClick=${onOpen}><strong>${line(b.form, 'prompt') || b.kind || 'of somebody who is forgotten'}</strong><span class="quiet">${b.kind}; ${needs.join(', ') || 'no needs'}; asked for ${many(b.asked, 'time', 'times')}</span>
      <span>${b.allowed > 0 && html`<span class="tag good">${b.allowed} allowed</span>`}${b.held > 0 && html`<span class="tag slot">${b.held} held</span>`}${b.denied > 0 && html`<span class="tag bad">${b.denied} denied</span>`}${b.state !== 'done' && html`<span class="tag">${b.state}</span>`}</span></button>
    <${Message} error=${error} />${value && html`<ul class="tracks">${value.candidates.map((c) => html`<li key=${c.item}><a href=${`#/music/${id(c.item)}`} aria-current=${c.item === rest ? 'true' : null}>${c.title || c.item}</a> <${State} c=${c} />${c.reasons.length > 0 && html`<p class="quiet">${c.reasons[0]}</p>`}</li>`)}</ul>`}</li>`;
}

export function Music({ rest }) {
  const [open, setOpen] = useState('');
  const { value: list, error } = useLoaded(() => get('/v1/generations?limit=100'), [], 10000);
  return html`<h1>Music</h1><${ForPerson} /><div class=${`queue ${rest ? 'one' : ''}`}><div class="list"><${Message} error=${error} />
      ${list && html`<p class="quiet" role="status">${many(list.briefs.length, 'brief', 'briefs')}</p><ul class="cases briefs">${list.briefs.map((b) => html`<${Brief} key=${b.id} b=${b} rest=${rest} open=${open === b.id} onOpen=${() => setOpen(open === b.id ? '' : b.id)} />`)}</ul>
        ${list.briefs.length === 0 && html`<p class="quiet">Nothing was made. <code>attune generate make --prompt 'calm piano' --kind loop</code> makes something.</p>`}`}</div>
    <div class="detail">${rest ? html`<${Piece} key=${rest} name=${rest} />` : html`<p class="quiet hint">Choose a piece: its sound, its plan, what the analyser heard, and why it may or may not be shown.</p>`}</div></div>`;
}
