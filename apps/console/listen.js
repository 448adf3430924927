// SPDX-License-Identifier: Apache-2.0
// console/listen.js - music for a person in a situation: the engine's slate as it would be now, why each piece stands there, played in
// that order.
import { useEffect, useState } from 'preact/hooks';
import { id, post } from './api.js';
import { Card, Message, clock, html, itemLink, odds, signed, useLoaded, verbs } from './parts.js';
import { Player } from './piece.js';

const activities = ['workout', 'commute', 'focus', 'sleep', 'relax', 'party'];
const people = ['person-00030', 'person-00001', 'person-00002', 'person-00003', 'person-00004']; // for whom the demo's pieces were made
const words = { relevance: 'near to their taste', context: 'fits the situation', novelty: 'new to them', freshness: 'new here', business: 'by the business terms', control: 'by their sliders', calibration: 'keeps their mix', redundancy: 'like nothing above', situation: 'what the situation wants', skip: 'seldom left early' };

// Events that lifted it; where there are none, the terms that did most.
function why(s) {
  const told = (list) => list.map(([name, v]) => `${words[name] || name} (${signed(v, 2)})`).join(', ');
  const most = Object.entries(s.terms).filter(([, v]) => v > 0.005).sort(([, a], [, b]) => b - a).slice(0, 3);
  const moment = most.filter(([name]) => name !== 'relevance' && name !== 'novelty' && name !== 'freshness');
  if (s.reasons.length) return html`because they ${s.reasons.map((r, i) => html`${i > 0 && ', '}${verbs[r.signal] || 'met'} <em>${r.title || r.item}</em>`)}${moment.length > 0 && `; ${told(moment)}`}`;
  return most.length ? told(most) : 'by chance, to learn';
}

function Track({ s, on, only, onPlay }) {
  return html`<li class=${on ? 'on' : ''}>${s.made ? html`<button class="round" aria-label=${`${on ? 'again' : 'play'} ${s.title}`} aria-pressed=${on} onClick=${onPlay}>▶</button>` : html`<span></span>`}
    <div><div>${s.made ? html`<a href=${`#/music/${id(s.item)}`}>${s.title}</a>` : itemLink(s)} ${s.made && !only && html`<span class="tag good">made here</span>`}${s.slot !== 'best' && html`<span class="tag slot">${s.slot}</span>`}</div><p class="quiet">${why(s)}</p></div>
    <span class="quiet score">${signed(s.score)}<br />odds ${odds(s.propensity)}</span></li>`;
}

// `folded`: something else is looked at, so the list is there when it is asked for.
export function Listen({ any, folded }) {
  const [user, setUser] = useState('');
  const [asked, setAsked] = useState(clock.simulated ? people[0] : '');
  const [activity, setActivity] = useState('');
  const [made, setMade] = useState(true);
  const [playing, setPlaying] = useState('');
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [folded]);
  const only = made && any;
  const { value: slate, error } = useLoaded(async () => asked && post('/v1/decisions', { user: asked, count: only ? 20 : 10, dry: true, medium: 'music', made: only, ...(activity ? { context: { activity } } : {}) }), [asked, activity, only]);
  useEffect(() => setPlaying(''), [asked]);
  const ask = (e) => { e.preventDefault(); setAsked(user.trim() || (clock.simulated ? people[0] : 'u1')); };
  const heard = slate ? slate.shown.filter((s) => s.made) : [], next = heard[heard.findIndex((s) => s.item === playing) + 1];
  return html`<${Card} wide title="Music by taste and situation"><form class="find" onSubmit=${ask}><input value=${user} onInput=${(e) => setUser(e.target.value)} placeholder=${asked || 'id of a person'} aria-label="person" list="listeners" /><button class="primary">Ask</button></form>
    ${clock.simulated && html`<datalist id="listeners">${people.map((p) => html`<option value=${p}></option>`)}</datalist><div class="chips" role="group" aria-label="listeners">${people.map((p) => html`<button class="chip" aria-pressed=${p === asked} onClick=${() => { setUser(''); setAsked(p); }}>${p}</button>`)}</div>`}
    <div class="chips" role="group" aria-label="situation">${['', ...activities].map((a) => html`<button class="chip" aria-pressed=${a === activity} onClick=${() => setActivity(a)}>${a || 'any situation'}</button>`)}${any && html`<label class="quiet"><input type="checkbox" checked=${made} onChange=${(e) => setMade(e.target.checked)} /> only what was made here</label>`}</div>
    <${Message} error=${error} />${slate && html`${playing && html`<div class="now-playing" role="status"><strong>${(heard.find((s) => s.item === playing) || {}).title || playing}</strong>${next && html`<button onClick=${() => setPlaying(next.item)}>Next</button>`}<${Player} key=${playing} path=${`/v1/items/${id(playing)}/asset`} auto onEnd=${() => setPlaying(next ? next.item : '')} /></div>`}
      ${!playing && heard.length > 0 && html`<p class="acts"><button onClick=${() => setPlaying(heard[0].item)}>Play them in this order</button>${folded && html`<button aria-expanded=${open} onClick=${() => setOpen(!open)}>${open ? 'Fold the list' : 'Show the list'}</button>`}</p>`}
      ${(!folded || open) && html`<ol class="playlist" aria-label=${`music for ${asked}`}>${slate.shown.map((s) => html`<${Track} key=${s.item} s=${s} only=${only} on=${s.item === playing} onPlay=${() => setPlaying(s.item)} />`)}</ol>`}${slate.shown.length === 0 && html`<p class="quiet">Nothing may be shown to them here and now.</p>`}`}<//>`;
}
