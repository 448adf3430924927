// SPDX-License-Identifier: Apache-2.0
// console/catalogue.js - finding an item, and all that is known of it: its rights on a line of time, what is near, where it was shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { Card, Message, TermBars, barScale, day, html, itemLink, nowMs, odds, percent, signed, useLoaded, verbs, when, whole } from './parts.js';

const page = 50;
const ms = (t) => (typeof t === 'number' ? t : Date.parse(t));

// Windows of rights, all on one axis, with where we are now.
function Rights({ rights }) {
  if (!rights) return html`<p class="quiet">No rights were given: it is shown only where the policy does not require them.</p>`;
  const now = nowMs(), year = 3.156e10;
  const times = rights.flatMap((r) => [r.start, r.end]).filter((t) => t !== undefined && t !== null).map(ms);
  const low = Math.max(now - 5 * year, Math.min(now - year / 6, ...times)) - year / 40, high = Math.min(now + 5 * year, Math.max(now + year / 6, ...times)) + year / 40;
  const x = (t) => Math.min(100, Math.max(0, ((t - low) / (high - low)) * 100));
  const ticks = [0.08, 0.36, 0.64, 0.92].map((share) => low + share * (high - low));
  return html`<div class="windows">${rights.map((r) => {
    const from = r.start ? ms(r.start) : -Infinity, to = r.end ? ms(r.end) : Infinity, open = from <= now && now < to;
    return html`<div class="window"><div class="track" role="img" aria-label=${`from ${r.start ? day(r.start) : 'always'} to ${r.end ? day(r.end) : 'for ever'}`}><span class=${open ? 'open' : ''} style=${`left:${x(from)}%;width:${Math.max(0.5, x(to) - x(from))}%`}></span><i style=${`left:${x(now)}%`} title="now"></i></div>
      <p class="quiet"><strong class=${open ? 'holds' : ''}>${open ? 'holds now' : from > now ? 'not yet' : 'over'}</strong>: ${r.start ? day(r.start) : 'always'} to ${r.end ? when(r.end) : 'for ever'}; ${r.include?.length ? r.include.join(' ') : 'everywhere'}${r.exclude?.length ? ` without ${r.exclude.join(' ')}` : ''}; ${r.uses?.length ? r.uses.join(', ') : 'all uses'}</p></div>`;
  })}<div class="axis" aria-hidden="true">${ticks.map((t) => html`<span style=${`left:${x(t)}%`}>${day(t)}</span>`)}<b style=${`left:${x(now)}%`}>now</b></div></div>`;
}

function Neighbours({ item }) {
  const { value: n, error } = useLoaded(() => get(`/v1/items/${id(item)}/neighbours?limit=12`), [item]);
  if (error) return html`<p class="quiet">${error.status === 404 ? 'No model places it yet.' : error.message}</p>`;
  if (!n) return html`<p class="quiet">Looking …</p>`;
  if (!n.neighbours.length) return html`<p class="quiet">Nothing is near, or no model places it yet.</p>`;
  const most = Math.max(1e-9, ...n.neighbours.map((k) => k.similarity));
  return html`<ul class="mix near">${n.neighbours.map((k) => html`<li><span>${itemLink(k)}</span><div><b style=${`width:${Math.max(0, k.similarity / most) * 100}%`}></b></div><i>${k.similarity.toFixed(2)}</i></li>`)}</ul>`;
}

function WhereShown({ item }) {
  const { value: s, error, again } = useLoaded(() => get(`/v1/items/${id(item)}/decisions?limit=20`), [item]);
  if (error) return html`<p class="quiet">${error.message}</p>`;
  if (!s) return html`<p class="quiet">Looking …</p>`;
  if (!s.decisions.length) return html`<p class="quiet">It stood in no slate that the log knows. <button onClick=${again}>Look again</button></p>`;
  return html`<div class="scroll"><table class="wheres"><thead><tr><th scope="col">when</th><th scope="col">to whom</th><th scope="col" class="number">place</th><th scope="col">slot</th><th scope="col">why</th><th scope="col" class="number">score</th><th scope="col" class="number">odds</th></tr></thead><tbody>${s.decisions.map((d) => html`<tr><td class="nowrap">${when(d.at)}</td><td>${d.user ? html`<a href=${`#/listener/${id(d.user)}`}>${d.user}</a>` : html`<span class="quiet">forgotten</span>`}</td>
    <td class="number">${d.place + 1}</td><td>${d.slot !== 'best' && html`<span class="tag slot">${d.slot}</span>`}</td><td class="barcell"><${TermBars} terms=${d.terms} scale=${barScale(s.decisions)} /></td><td class="number">${d.score.toFixed(3)}</td><td class="number">${odds(d.propensity)}</td></tr>`)}</tbody></table></div>`;
}

// Would somebody be shown it, and if not, why not?
function AskWhy({ item }) {
  const [user, setUser] = useState('');
  const [said, setSaid] = useState(null);
  const ask = async (e) => { e.preventDefault(); try { setSaid({ e: await post('/v1/explanations', { user: user.trim(), item }) }); } catch (error) { setSaid({ error }); } };
  const e = said && said.e;
  return html`<form class="find" onSubmit=${ask}><input required value=${user} onInput=${(ev) => setUser(ev.target.value)} placeholder="id of a person" aria-label="for whom" /><button>Ask</button></form><${Message} error=${said?.error} />
    ${e && html`<p>${e.eligible ? html`It may be shown; by itself it scores <strong>${e.shown.score.toFixed(3)}</strong>.` : html`<strong class="down">It may not be shown:</strong> ${e.barred_by}.`}</p><${TermBars} terms=${e.shown.terms} scale=${barScale([e.shown])} />
      <ul class="feed">${e.shown.reasons.slice(0, 5).map((r) => html`<li>${verbs[r.signal] || r.signal} ${itemLink(r)} <span class="quiet">${signed(r.effect)}</span></li>`)}</ul>`}`;
}

function Item({ item }) {
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState(null);
  const { value: it, error } = useLoaded(() => get(`/v1/items/${id(item)}`), [item]);
  if (!it) return html`<${Message} error=${error}>Looking …<//>`;
  const takedown = async (e) => {
    e.preventDefault();
    try { await post(`/v1/items/${id(item)}/takedown`, { reason }); setSaid({ text: 'It is in no slate from this moment on.' }); } catch (problem) { setSaid({ error: problem }); }
  };
  const features = Object.entries(it.features || {});
  return html`<p><a href="#/catalogue">All items</a></p>
    <div class="columns two"><${Card} title=${it.title || it.id}><p class="quiet">${it.id}${it.medium ? `, ${it.medium}` : ''}${it.duration_ms ? `, ${Math.round(it.duration_ms / 1000)} s` : ''}${it.age_rating ? `, from ${it.age_rating} years` : ''}${it.published_at ? `, published ${day(it.published_at)}` : ''}${it.boost ? `, boost ${it.boost}` : ''}</p>
      ${it.text && html`<p>${it.text}</p>`}
      <p>${(it.tags || []).map((t) => html`<a class="tag" href=${`#/catalogue?${id(t)}`}>${t}</a>`)}</p>
      ${features.length > 0 && html`<ul class="mix">${features.map(([name, value]) => html`<li><span>${name}</span><div>${value >= 0 && value <= 1 ? html`<b style=${`width:${value * 100}%`}></b>` : ''}</div><i>${+value.toFixed(2)}</i></li>`)}</ul>`}<//>
    <${Card} title="Near it"><${Neighbours} item=${item} /><//></div>
    <${Card} wide title="Rights"><${Rights} rights=${it.rights} /><//>
    <${Card} wide title="Where it was shown, newest first"><${WhereShown} item=${item} /><//>
    <div class="columns two"><${Card} title="For whom, and why"><${AskWhy} item=${item} /><//>
    <${Card} title="Take it down"><${Message} error=${said?.error} good>${said?.text}<//>
      <form class="find" onSubmit=${takedown}><input required value=${reason} onInput=${(e) => setReason(e.target.value)} placeholder="reason, kept in the log" aria-label="reason" /><button class="danger">Take down</button></form><//></div>`;
}

// "#/catalogue?words" searches, "#/catalogue/id" is an item.
export function Catalogue({ rest, words }) {
  const [query, setQuery] = useState(words || '');
  const [offset, setOffset] = useState(0);
  const told = useRef(words); // what the address said last: what was typed before this first runs stays
  useEffect(() => { if (told.current !== words) { told.current = words; setQuery(words || ''); setOffset(0); } }, [words]);
  const { value: list, error } = useLoaded(() => (rest ? null : get(`/v1/items?limit=${page}&offset=${offset}&q=${id(query)}`)), [query, offset, rest]);
  if (rest) return html`<h1>Catalogue</h1><${Item} key=${rest} item=${rest} />`;
  return html`<h1>Catalogue</h1>
    <form class="find" role="search" onSubmit=${(e) => e.preventDefault()}><input type="search" id="find" value=${query} placeholder="words in id, title, medium or tags" aria-label="search the catalogue"
      onInput=${(e) => { setQuery(e.target.value); setOffset(0); }} /></form>
    <${Message} error=${error} />
    ${list && html`<div class="card wide scroll"><table class="items"><thead><tr><th scope="col">title</th><th scope="col">medium</th><th scope="col">tags</th><th scope="col">id</th></tr></thead>
      <tbody>${list.items.map((it) => html`<tr key=${it.id}><td>${itemLink(it)}</td><td>${it.medium}</td><td>${(it.tags || []).slice(0, 4).map((t) => html`<span class="tag">${t}</span>`)}</td><td class="quiet">${it.id}</td></tr>`)}</tbody></table>
      ${list.items.length === 0 && html`<p class="quiet">Nothing holds all of these words.</p>`}</div>
      <p class="pages"><button disabled=${offset === 0} onClick=${() => setOffset(Math.max(0, offset - page))}>Before</button>
        <span class="quiet" role="status">${list.items.length ? `${whole(offset + 1)} to ${whole(offset + list.items.length)}` : 'nothing'}</span>
        <button disabled=${!list.more} onClick=${() => setOffset(offset + page)}>After</button></p>`}`;
}
