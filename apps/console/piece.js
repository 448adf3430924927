// SPDX-License-Identifier: Apache-2.0
// console/piece.js - one sound to look at and to hear: what the analyser heard in it, its plan where it was composed, its stems, and of
// what is held or denied, why.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes, get, id } from './api.js';
import { alone } from './deck.js';
import { Mixer } from './mixer.js';
import { Card, Message, html, many, useLoaded, when } from './parts.js';
import { Wave, time } from './wave.js';

export const State = ({ c }) => html`<span class="tag ${c.verdict === 'deny' ? 'bad' : c.verdict === 'hold' ? 'slot' : c.shown ? 'good' : ''}">${c.verdict === 'allow' && !c.shown ? 'barred since' : { allow: 'may be shown', hold: c.shown ? 'allowed by people' : 'waits for people', deny: 'denied', unjudged: 'not checked yet' }[c.verdict]}</span>`;

// The bytes come with the key, so the player gets them as a blob of this page.
export function Player({ path, onTime, onEnd, seek, auto }) {
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState(null);
  const sound = useRef(null);
  useEffect(() => {
    let made = '', gone = false;
    bytes(path).then((blob) => { if (!gone) setUrl(made = URL.createObjectURL(blob)); }).catch(setProblem);
    return () => { gone = true; if (made) URL.revokeObjectURL(made); };
  }, [path]);
  useEffect(() => { if (sound.current && seek) { sound.current.currentTime = seek.at; sound.current.play().catch(() => {}); } }, [seek]);
  if (problem) return html`<${Message} error=${problem} />`;
  return html`<audio ref=${sound} controls preload="auto" autoplay=${auto} onPlay=${(e) => { const its = e.target; alone(its, () => its.pause()); }} src=${url || null} aria-label="player" onTimeUpdate=${(e) => onTime && onTime(e.target.currentTime)} onEnded=${onEnd}></audio>`;
}

function Plan({ plan, at }) {
  const now = plan.chords.filter((c) => c.at_s <= at + 0.01).length - 1;
  return html`<${Card} wide title=${`The plan: ${plan.style} in ${plan.key}, ${plan.tempo_bpm} BPM, ${many(plan.bars, 'bar', 'bars')}, ${plan.parts.join(', ')}`}>
    <table class="plan"><thead><tr><th>section</th><th>from</th><th class="number">bars</th><th>ends</th><th>chords</th></tr></thead><tbody>${plan.sections.map((s) => html`<tr aria-current=${at >= s.from_s && at < s.to_s ? 'true' : null}><th scope="row">${s.kind}</th><td>${time(s.from_s)}</td><td class="number">${s.bars}</td><td>${s.cadence}</td>
      <td class="chords">${plan.chords.map((c, i) => [c, i]).filter(([c]) => c.at_s >= s.from_s - 0.01 && c.at_s < s.to_s - 0.01).map(([c, i]) => html`<span class=${i === now ? 'now' : ''}>${c.name}</span> `)}</td></tr>`)}</tbody></table><//>`;
}

const measures = { tempo_bpm: ['tempo', 1, 'BPM'], duration_s: ['length', 1, 's'], loudness_lufs: ['loudness', 1, 'LUFS'], loudness_range_lu: ['range', 1, 'LU'], crest_db: ['crest', 1, 'dB'], energy: ['energy', 2, ''], brightness: ['brightness', 2, ''], valence: ['valence', 2, ''] };
export const Tags = ({ key_, values }) => html`<p class="row">${key_ && html`<span class="tag">${key_}</span>`}${Object.entries(measures).filter(([n]) => typeof values[n] === 'number').map(([n, [word, digits, unit]]) => html`<span class="tag">${word} ${values[n] < 0 ? '−' : ''}${Math.abs(values[n]).toFixed(digits)} ${unit}</span>`)}</p>`;

// A sound with its wave and player, which its stems take over when they are there. `children` stands below the player.
export function Heard({ sound, path, title, name, state, analysis, plan, children }) {
  const [at, setAt] = useState(0);
  const [seek, setSeek] = useState(null);
  const [mixed, setMixed] = useState(false);
  const jump = (s) => { setAt(s); setSeek({ at: s }); };
  return html`<section class="card wide piece"><div class="head"><h3>${name}</h3>${state}</div><p class="subject">${title}</p>
      ${analysis && html`<${Wave} analysis=${analysis} plan=${plan} at=${at} onSeek=${jump} />`}${!mixed && html`<${Player} key=${path} path=${path} onTime=${setAt} seek=${seek} />`}${children}</section>
    ${sound && html`<${Mixer} sound=${sound} start=${at} seek=${mixed ? seek : null} onTime=${setAt} onReady=${() => { setSeek(null); setMixed(true); }} />`}
    ${plan && plan.sections && html`<${Plan} plan=${plan} at=${at} />`}`;
}

export function Piece({ name }) {
  const { value, error } = useLoaded(async () => {
    const making = await get(`/v1/items/${id(name)}/making`);
    const waits = making.verdict === 'hold' && !making.shown;
    const [plan, analysis, sound, queue] = await Promise.all([making.has_plan ? get(`/v1/items/${id(name)}/plan`) : null, making.has_analysis ? get(`/v1/items/${id(name)}/analysis`) : null, get(`/v1/sounds/${id(making.asset)}`).catch(() => null), waits ? get('/v1/queue?waiting=true&limit=500').catch(() => null) : null]);
    return { making, plan, analysis, sound, held: queue && queue.cases.find((c) => c.item === name) };
  }, [name]);
  if (!value) return html`<${Message} error=${error}>Looking …<//>`;
  const { making: m, plan, analysis, sound, held } = value;
  return html`<${Heard} sound=${sound} path=${`/v1/items/${id(name)}/asset`} title=${m.title} name=${m.item} state=${html`<${State} c=${m} />`} analysis=${analysis} plan=${plan}>
    ${m.reasons.length > 0 && html`<p class="verdict">${{ hold: m.shown ? 'It was held, and people allowed it:' : 'It is held until people have looked, since', deny: 'It is denied, since', allow: 'It is allowed; what was noted:' }[m.verdict] || 'What was noted:'}</p><ul class="reasons">${m.reasons.map((r) => html`<li>${r}</li>`)}</ul>${held && html`<p><a href=${`#/queue/${id(held.id)}`}>To its case in the queue</a></p>`}`}
    <${Tags} key_=${analysis && analysis.key} values=${m.measures} /><p class="quiet">By ${m.maker} ${when(m.made_at)}, in ${m.wall_s.toFixed(1)} s; ${m.sources.join(', ')}. ${(m.size / 1e6).toFixed(1)} MB.</p><//>`;
}
