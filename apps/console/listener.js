// SPDX-License-Identifier: Apache-2.0
// console/listener.js - one person: what is known, where their taste stands, what they would be shown and why; sliders that redraw it
// at once.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { TasteMap, scaleNames, useMap } from './map.js';
import { Card, Legend, Message, TermBars, barScale, clock, html, itemLink, many, odds, percent, signed, termNames, useLoaded, verbs, when, whole } from './parts.js';

const situations = {
  device: ['phone', 'tablet', 'desktop', 'tv', 'car', 'speaker', 'console', 'headset', 'watch'],
  place: ['home', 'work', 'transit', 'gym', 'outdoors', 'away'],
  activity: ['commute', 'workout', 'focus', 'sleep', 'relax', 'party', 'play', 'family'],
};

// Told while it moves, at most some ten times a second; the newest place is always told.
function Slider({ name, low, high, value, onMove }) {
  const [at, setAt] = useState(value);
  const wait = useRef(0), held = useRef(false);
  useEffect(() => { if (!held.current) setAt(value); }, [value]);
  const move = (e) => {
    const next = Number(e.target.value);
    setAt(next);
    held.current = true;
    clearTimeout(wait.current);
    wait.current = setTimeout(() => { held.current = false; onMove(next); }, 90);
  };
  return html`<label class="slider"><span>${name} <output>${at === 0 ? 'as the policy says' : signed(at, 2)}</output></span>
    <input type="range" min="-1" max="1" step="0.05" value=${at} onInput=${move} aria-label=${name} />
    <small><span>${low}</span><span>${high}</span></small></label>`;
}

// Anew with every slate that is drawn (`s` is its item): another situation has other reasons.
function Why({ user, s, context }) {
  const { value: e, error } = useLoaded(() => post('/v1/explanations', { user, item: s.item, ...(Object.keys(context).length ? { context } : {}) }), [user, s]);
  if (!e) return html`<div class="whybox"><${Message} error=${error}>Computing it anew without the events …<//></div>`;
  return html`<div class="whybox"><table><tbody>${termNames.filter((n) => e.shown.terms[n]).map((n) => html`<tr><th scope="row"><span class="swatch term-${n}"></span>${n}</th><td class="number">${signed(e.shown.terms[n])}</td></tr>`)}
      <tr><th scope="row">by itself, as if it stood first</th><td class="number"><strong>${e.shown.score.toFixed(3)}</strong></td></tr></tbody></table>
    <div>${!e.eligible && html`<p class="message warn">It may not be shown: ${e.barred_by}.</p>`}${e.shown.reasons.length ? html`<p>Computed anew without the ${many(e.shown.reasons.length, 'event', 'events')} below, it scores <strong>${e.score_without_reasons.toFixed(3)}</strong>.</p>
      <ul class="feed">${e.shown.reasons.map((r) => html`<li>${verbs[r.signal] || r.signal} ${itemLink(r)} <span class="quiet">${when(r.at)}, ${signed(r.effect)}</span></li>`)}</ul>` : html`<p class="quiet">No single event lifts it: it is here for what it is, or by chance.</p>`}</div></div>`;
}

function Shown({ s, rank, before, scale, act, user, context }) {
  const [open, setOpen] = useState(false);
  const moved = before === null ? '' : before === 0 ? 'new' : before === rank ? '' : before > rank ? `↑${before - rank}` : `↓${rank - before}`;
  return html`<li class="shown">
    <div class="rank">${rank}<span class="moved ${moved === 'new' ? 'new' : ''}" aria-label=${moved ? `${moved === 'new' ? 'new here' : `was ${before}`}` : null}>${moved}</span></div>
    <div class="what">${itemLink(s)}<span class="tag">${s.medium}</span>${s.slot !== 'best' && html`<span class="tag slot">${s.slot}</span>`}
      ${s.reasons.length > 0 && html`<p class="why">because you ${s.reasons.map((r, i) => html`${i > 0 && ', '}${verbs[r.signal] || 'met'} <em>${r.title || r.item}</em>`)}</p>`}</div>
    <${TermBars} terms=${s.terms} scale=${scale} />
    <div class="score"><strong>${s.score.toFixed(3)}</strong><span class="quiet">odds ${odds(s.propensity)}</span></div>
    <div class="acts"><button aria-expanded=${open} onClick=${() => setOpen(!open)}>Why</button><button onClick=${() => act('like', s)}>Like</button><button onClick=${() => act('less-like', s)}>Less like this</button>
      <button onClick=${() => act('block', s)}>Block</button></div>
    ${open && html`<${Why} user=${user} s=${s} context=${context} />`}
  </li>`;
}

function Slate({ user, changed, onChange, onSlate, context, setContext }) {
  const [said, setSaid] = useState('');
  const ranks = useRef({ now: null, before: null, of: null });
  const seed = 20261126; // one draw for all redraws: what changes is what the person changed
  const { value: slate, error } = useLoaded(
    () => post('/v1/decisions', { user, count: 10, dry: true, seed, ...(Object.keys(context).length ? { context } : {}) }), [user, context, changed]);
  if (slate && ranks.current.of !== slate) ranks.current = { of: slate, before: ranks.current.now, now: Object.fromEntries(slate.shown.map((s, i) => [s.item, i + 1])) };
  useEffect(() => { if (slate && onSlate) onSlate(slate); }, [slate]);
  const before = ranks.current.before;
  const act = async (what, s) => {
    try {
      if (what === 'like') await post('/v1/events', { user, item: s.item, signal: 'like' });
      else await post(`/v1/people/${id(user)}/controls`, { control: what, item: s.item });
      const name = s.title || s.item;
      setSaid(what === 'like' ? `${name} liked.` : what === 'block' ? `${name} is blocked for ${user}.` : `Less like ${name} from now on.`);
      onChange();
    } catch (problem) { setSaid(problem.message); }
  };
  return html`<section class="card wide" aria-labelledby="slate-title">
    <div class="head"><h3 id="slate-title">The next slate</h3>
      <div class="selects">${Object.entries(situations).map(([facet, names]) => html`<label>${facet}
        <select value=${context[facet] || ''} onChange=${(e) => { const next = { ...context }; if (e.target.value) next[facet] = e.target.value; else delete next[facet]; setContext(next); }}>
          <option value="">any</option>${names.map((n) => html`<option>${n}</option>`)}</select></label>`)}</div></div>
    <${Message} error=${error} />
    <p class="message" role="status" aria-live="polite" hidden=${!said}>${said}</p>
    <${Legend} />
    ${slate && html`<ol class="slate">${slate.shown.map((s, i) => html`<${Shown} key=${s.item} s=${s} rank=${i + 1} before=${before ? before[s.item] || 0 : null} scale=${barScale(slate.shown)} act=${act} user=${user} context=${context} />`)}</ol>
      <p class="quiet">${whole(slate.candidates)} of ${whole(slate.eligible)} eligible items were scored. Score is the sum of the bars; odds, with which it stands there. This is a look: nothing is logged and no exploration budget is used.</p>`}
  </section>`;
}

// Tags over three time scales: long, recent, this session.
function Scales({ person, taste }) {
  const tags = person.tags.slice(0, 10), weight = (s) => { const p = taste && taste.points.find((q) => q.scale.replace('-', '_') === s); return p ? ` ${percent(p.share, 0)}` : ''; };
  const most = Math.max(1e-9, ...tags.flatMap((t) => Object.keys(scaleNames).map((s) => t[s] || 0)));
  const scales = Object.keys(scaleNames).filter((s) => tags.some((t) => t[s]));
  return html`<ul class="mix ${scales.length > 1 ? 'scales' : ''}">${tags.map((t) => html`<li title=${scales.map((s) => `${scaleNames[s]} ${percent(t[s] || 0, 0)}`).join(', ')}><span>${t.tag}</span><div>${scales.map((s) => html`<b class=${s} style=${`width:${((t[s] || 0) / most) * 100}%`}></b>`)}</div><i>${percent(t.share, 0)}</i></li>`)}</ul>
    ${scales.length > 1 && html`<p class="legend">${scales.map((s) => html`<span class="key"><i class="swatch ${s}"></i>${scaleNames[s]}${weight(s)}</span>`)}</p>`}`;
}

function Known({ user }) {
  const [changed, setChanged] = useState(0);
  const [problem, setProblem] = useState(null);
  const [slate, setSlate] = useState(null);
  const { value: p, error, again } = useLoaded(() => get(`/v1/people/${id(user)}`), [user]);
  const [context, setContext] = useState({});
  const model = slate ? slate.model : 0;
  const { value: map } = useMap(model);
  const { value: taste } = useLoaded(() => (map ? get(`/v1/people/${id(user)}/taste?${new URLSearchParams(context)}`).catch(() => null) : null), [user, changed, !!map, context]);
  const { value: past } = useLoaded(() => get(`/v1/people/${id(user)}/history?limit=40`).catch(() => null), [user, changed]);
  const touch = () => { setChanged((n) => n + 1); again(); };
  const control = async (name, value, item) => {
    try { setProblem(null); await post(`/v1/people/${id(user)}/controls`, { control: name, ...(value === undefined ? {} : { value }), ...(item ? { item } : {}) }); touch(); } catch (e) { setProblem(e); }
  };
  if (error && error.status === 404) return html`<p class="message">Nothing is known about “${user}” yet. They get the popular and the various.</p><${Slate} user=${user} changed=${changed} onChange=${touch} context=${context} setContext=${setContext} />`;
  if (!p) return html`<${Message} error=${error}>Looking …<//>`;
  const history = past ? past.events.filter((k) => k.item) : [];
  const where = map && slate ? Object.fromEntries(map.items.map((it) => [it.item, it])) : {};
  const marks = [...(taste ? taste.items.slice(0, 30).map((k) => ({ ...k, kind: 'had' })) : []), ...(slate ? slate.shown.filter((s) => where[s.item]).map((s) => ({ ...where[s.item], kind: 'in-slate' })) : [])];
  return html`<${Message} error=${error || problem} />
    <div class=${`columns person ${map && map.items.length ? 'with-map' : ''}`}>
      <${Card} title=${p.user}>
        <p class="quiet">${whole(p.events)} events in ${whole(p.sessions)} sessions, ${when(p.first_at)} to ${when(p.last_at)}; ${whole(p.impressions)} slots decided, ${whole(p.explored)} explored.</p>
        ${p.bot && html`<p class="message warn">Some events came at a rate that no person reaches.</p>`}${p.opted_out && html`<p class="message warn">Opted out: no personalization.</p>`}
        ${p.changes.map((text) => html`<p class="message">${text}</p>`)}
        <${Scales} person=${p} taste=${taste} /><//>
      ${map && map.items.length > 0 && html`<${Card} title="Taste on the map of items"><${TasteMap} map=${map} taste=${taste} marks=${marks} /><//>`}
      <${Card} title="Wishes">
        <${Slider} name="energy" low="calm" high="lively" value=${p.energy} onMove=${(v) => control('energy', v)} />
        <${Slider} name="novelty" low="familiar" high="new" value=${p.novelty} onMove=${(v) => control('novelty', v)} />
        ${p.blocked.length > 0 && html`<p class="quiet">Blocked: ${p.blocked.map((b) => html`<button class="chip" onClick=${() => control('unblock', undefined, b)} title="show it again" aria-label=${`unblock ${b}`}>${b} ×</button>`)}</p>`}
        ${p.less_like.length > 0 && html`<p class="quiet">Less like: ${p.less_like.map((b) => html`<a class="tag" href=${`#/catalogue/${id(b)}`}>${b}</a>`)}</p>`}
        <p class="row"><button onClick=${() => control('reset')}>Forget this taste for deciding</button><button aria-pressed=${p.opted_out} onClick=${() => control('opt-out', p.opted_out ? 0 : 1)}>${p.opted_out ? 'Personalize again' : 'Opt out'}</button></p><//>
    </div>
    <${Slate} user=${user} changed=${changed} onChange=${touch} onSlate=${setSlate} context=${context} setContext=${setContext} />
    <div class="columns two">
      <${Card} title="History, newest first"><table class="history"><tbody>${history.slice(0, 14).map((k) => html`<tr><td>${itemLink(k)}</td><td class="quiet">${verbs[k.signal] || k.signal}</td><td class="quiet">${[k.context.activity, k.context.device].filter((c) => c && c !== 'unknown').join(', ')}</td><td class="quiet number nowrap">${when(k.at).slice(5)}</td></tr>`)}</tbody></table><//>
      <${Card} title="Strongest opinions"><table class="history"><tbody>${p.items.slice(0, 14).map((k) => html`<tr><td>${itemLink(k)}</td><td class="quiet">${verbs[k.signal] || k.signal}</td><td class="number ${k.grade < 0 ? 'down' : ''}">${signed(k.grade, 2)}</td><td class="quiet number nowrap">${when(k.at).slice(5)}</td></tr>`)}</tbody></table><//>
    </div>`;
}

// In a demo there is always somebody to look at.
function Somebody() {
  const { value: d } = useLoaded(() => (clock.simulated ? get('/v1/demo') : null), []);
  if (!d) return html`<p class="quiet">Type the id of a person, as your events name them.</p>`;
  const people = [...new Set([...d.newcomers.filter((n) => n.visits > 2).slice(0, 6).map((n) => n.user), ...d.recent.map((r) => r.user)])].slice(0, 14);
  return html`<p class="quiet">Type the id of a person, as your events name them; or look at one of these simulated ones:</p><p>${people.map((u) => html`<a class="tag" href=${`#/listener/${id(u)}`}>${u}</a>`)}</p>`;
}

export function Listener({ rest }) {
  const [typed, setTyped] = useState(rest || '');
  useEffect(() => setTyped(rest || ''), [rest]);
  return html`<h1>A listener</h1>
    <form class="find" role="search" onSubmit=${(e) => { e.preventDefault(); if (typed.trim()) location.hash = `#/listener/${id(typed.trim())}`; }}>
      <input type="search" id="find" value=${typed} onInput=${(e) => setTyped(e.target.value)} placeholder="id of a person" aria-label="id of a person" /><button>Show</button></form>
    ${rest ? html`<${Known} key=${rest} user=${rest} />` : html`<${Somebody} />`}`;
}
