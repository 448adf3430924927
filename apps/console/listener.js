// SPDX-License-Identifier: Apache-2.0
// console/listener.js - one person: what is known, what they would be shown, and why; sliders that redraw it at once.
import { useEffect, useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { Legend, Message, TermBars, html, percent, signed, useLoaded, when, whole } from './parts.js';

const situations = {
  device: ['phone', 'tablet', 'desktop', 'tv', 'car', 'speaker', 'console', 'headset', 'watch'],
  place: ['home', 'work', 'transit', 'gym', 'outdoors', 'away'],
  activity: ['commute', 'workout', 'focus', 'sleep', 'relax', 'party', 'play', 'family'],
};
const verbs = { like: 'liked', save: 'saved', rating: 'rated', replay: 'replayed', complete: 'finished', play: 'played', purchase: 'bought', click: 'opened', dwell: 'looked at', survey: 'answered on', skip: 'heard much of' };

function Slider({ name, low, high, value, onChange }) {
  return html`<label class="slider"><span>${name}</span>
    <input type="range" min="-1" max="1" step="0.25" value=${value} onChange=${(e) => onChange(Number(e.target.value))} aria-label=${name} />
    <small><span>${low}</span><span>${high}</span></small></label>`;
}

function Shown({ s, rank, scale, act }) {
  return html`<li class="shown">
    <div class="rank">${rank}</div>
    <div class="what"><a href=${`#/catalogue/${id(s.item)}`}>${s.title || s.item}</a>
      <span class="tag">${s.medium}</span>${s.slot !== 'best' && html`<span class="tag slot">${s.slot}</span>`}
      ${s.reasons.length > 0 && html`<p class="why">because you ${s.reasons.map((r, i) => html`${i > 0 && ', '}${verbs[r.signal] || 'met'} <em>${r.title || r.item}</em>
        <span class="quiet"> (${signed(r.effect)})</span>`)}</p>`}</div>
    <${TermBars} terms=${s.terms} scale=${scale} />
    <div class="score"><strong>${s.score.toFixed(3)}</strong><span class="quiet">odds ${s.propensity < 0.01 ? s.propensity.toFixed(4) : s.propensity.toFixed(2)}</span></div>
    <div class="acts"><button onClick=${() => act('like', s)}>Like</button><button onClick=${() => act('less-like', s)}>Less like this</button>
      <button onClick=${() => act('block', s)}>Block</button></div>
  </li>`;
}

function Slate({ user, changed, onChange }) {
  const [context, setContext] = useState({});
  const [said, setSaid] = useState('');
  const seed = 20261126; // one draw for all redraws: what changes is what the person changed
  const { value: slate, error, again } = useLoaded(
    () => post('/v1/decisions', { user, count: 10, dry: true, seed, ...(Object.keys(context).length ? { context } : {}) }), [user, context, changed]);
  const act = async (what, s) => {
    try {
      if (what === 'like') await post('/v1/events', { user, item: s.item, signal: 'like' });
      else await post(`/v1/people/${id(user)}/controls`, { control: what, item: s.item });
      setSaid(what === 'like' ? `${s.title} liked.` : what === 'block' ? `${s.title} is blocked for ${user}.` : `Less like ${s.title} from now on.`);
      onChange();
      again();
    } catch (problem) { setSaid(problem.message); }
  };
  const scale = slate ? Math.max(0.5, ...slate.shown.map((s) => Math.max(...[1, -1].map((sign) => Object.values(s.terms).filter((v) => v * sign > 0).reduce((a, v) => a + Math.abs(v), 0))))) : 1;
  return html`<section class="card wide">
    <div class="head"><h3>The next slate</h3>
      <div class="selects">${Object.entries(situations).map(([facet, names]) => html`<label>${facet}
        <select value=${context[facet] || ''} onChange=${(e) => { const next = { ...context }; if (e.target.value) next[facet] = e.target.value; else delete next[facet]; setContext(next); }}>
          <option value="">any</option>${names.map((n) => html`<option>${n}</option>`)}</select></label>`)}</div></div>
    <${Message} error=${error} />
    ${said && html`<${Message}>${said}<//>`}
    <${Legend} />
    ${slate && html`<ol class="slate">${slate.shown.map((s, i) => html`<${Shown} key=${s.item} s=${s} rank=${i + 1} scale=${scale} act=${act} />`)}</ol>
      <p class="quiet">${whole(slate.candidates)} of ${whole(slate.eligible)} eligible items were scored. This is a look: nothing is logged and no exploration budget is used.</p>`}
  </section>`;
}

function Known({ user }) {
  const [changed, setChanged] = useState(0);
  const [problem, setProblem] = useState(null);
  const { value: p, error, again } = useLoaded(() => get(`/v1/people/${id(user)}`), [user]);
  const touch = () => { setChanged((n) => n + 1); again(); };
  const control = async (name, value) => {
    try { setProblem(null); await post(`/v1/people/${id(user)}/controls`, { control: name, value }); touch(); } catch (e) { setProblem(e); }
  };
  if (error && error.status === 404) return html`<p class="message">Nothing is known about “${user}” yet. They get the popular and the various.</p><${Slate} user=${user} changed=${changed} onChange=${touch} />`;
  if (!p) return html`<${Message} error=${error}>Looking …<//>`;
  return html`<${Message} error=${error || problem} />
    <div class="columns">
      <section class="card"><h3>${p.user}</h3>
        <p class="quiet">${whole(p.events)} events in ${whole(p.sessions)} sessions, ${when(p.first_at)} to ${when(p.last_at)}; ${whole(p.impressions)} slots decided, ${whole(p.explored)} explored.
          ${p.bot ? ' Some events came at a rate that no person reaches.' : ''}${p.opted_out ? ' Opted out: no personalization.' : ''}</p>
        <ul class="mix">${p.tags.slice(0, 10).map((t) => html`<li><span>${t.tag}</span><b style=${`width:${(t.share / p.tags[0].share) * 100}%`}></b><i>${percent(t.share, 0)}</i></li>`)}</ul>
      </section>
      <section class="card"><h3>Wishes</h3>
        <${Slider} name="energy" low="calm" high="lively" value=${p.energy} onChange=${(v) => control('energy', v)} />
        <${Slider} name="novelty" low="familiar" high="new" value=${p.novelty} onChange=${(v) => control('novelty', v)} />
        ${p.blocked.length > 0 && html`<p class="quiet">Blocked: ${p.blocked.join(', ')}</p>`}
        ${p.less_like.length > 0 && html`<p class="quiet">Less like: ${p.less_like.join(', ')}</p>`}
        <p><button onClick=${() => control('reset')}>Forget this taste for deciding</button></p>
      </section>
      <section class="card"><h3>Strongest opinions</h3>
        <table><tbody>${p.items.slice(0, 10).map((k) => html`<tr><td><a href=${`#/catalogue/${id(k.item)}`}>${k.title || k.item}</a></td><td class="quiet">${k.signal}</td>
          <td class="number ${k.grade < 0 ? 'down' : ''}">${signed(k.grade)}</td></tr>`)}</tbody></table>
      </section>
    </div>
    <${Slate} user=${user} changed=${changed} onChange=${touch} />`;
}

export function Listener({ rest }) {
  const [typed, setTyped] = useState(rest || '');
  useEffect(() => setTyped(rest || ''), [rest]);
  return html`<h1>A listener</h1>
    <form class="find" onSubmit=${(e) => { e.preventDefault(); if (typed.trim()) location.hash = `#/listener/${id(typed.trim())}`; }}>
      <input type="search" id="find" value=${typed} onInput=${(e) => setTyped(e.target.value)} placeholder="id of a person" aria-label="id of a person" /><button>Show</button></form>
    ${rest ? html`<${Known} key=${rest} user=${rest} />` : html`<p class="quiet">Type the id of a person, as your events name them.</p>`}`;
}
