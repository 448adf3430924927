// SPDX-License-Identifier: Apache-2.0
// console/catalogue.js - finding an item, and all that is known of it; its rights on a line of time.
import { useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { Message, html, useLoaded } from './parts.js';

const page = 50;

function Rights({ rights }) {
  if (!rights) return html`<p class="quiet">No rights were given: it is shown only where the policy does not require them.</p>`;
  const now = Date.now();
  const times = rights.flatMap((r) => [r.start, r.end]).filter(Boolean).map((t) => Date.parse(t) || t);
  const low = Math.min(now - 2.6e9, ...times) - 1e8, high = Math.max(now + 2.6e9, ...times.filter((t) => t < now + 3e11)) + 1e8;
  const x = (t) => Math.min(100, Math.max(0, ((t - low) / (high - low)) * 100));
  const at = (t, otherwise) => (t ? Date.parse(t) || t : otherwise);
  const day = (t) => (t ? new Date(Date.parse(t) || t).toISOString().slice(0, 10) : null);
  return html`<div class="windows">${rights.map((r) => {
    const from = at(r.start, low), to = at(r.end, high), open = from <= now && now < to;
    return html`<div class="window"><div class="track"><span class=${open ? 'open' : ''} style=${`left:${x(from)}%;width:${Math.max(0.5, x(to) - x(from))}%`}></span><i style=${`left:${x(now)}%`} title="now"></i></div>
      <p class="quiet">${day(r.start) || 'always'} to ${day(r.end) || 'for ever'}; ${r.include?.length ? r.include.join(' ') : 'everywhere'}${r.exclude?.length ? ` without ${r.exclude.join(' ')}` : ''};
        ${r.uses?.length ? r.uses.join(', ') : 'all uses'}; <strong>${open ? 'holds now' : from > now ? 'not yet' : 'over'}</strong></p></div>`;
  })}</div>`;
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
  return html`<p><a href="#/catalogue">All items</a></p>
    <section class="card wide"><h3>${it.title || it.id}</h3><p class="quiet">${it.id}${it.medium ? `, ${it.medium}` : ''}${it.duration_ms ? `, ${Math.round(it.duration_ms / 1000)} s` : ''}${it.age_rating ? `, from ${it.age_rating} years` : ''}</p>
      ${it.text && html`<p>${it.text}</p>`}
      <p>${(it.tags || []).map((t) => html`<span class="tag">${t}</span>`)}</p>
      ${it.features && html`<ul class="mix">${Object.entries(it.features).map(([name, value]) => html`<li><span>${name}</span><b style=${`width:${Math.min(1, Math.max(0, value)) * 100}%`}></b><i>${value}</i></li>`)}</ul>`}</section>
    <section class="card wide"><h3>Rights</h3><${Rights} rights=${it.rights} /></section>
    <section class="card wide"><h3>Take it down</h3><${Message} error=${said?.error}>${said?.text}<//>
      <form class="find" onSubmit=${takedown}><input required value=${reason} onInput=${(e) => setReason(e.target.value)} placeholder="reason, kept in the log" aria-label="reason" /><button class="danger">Take down</button></form></section>`;
}

export function Catalogue({ rest }) {
  const [query, setQuery] = useState('');
  const [offset, setOffset] = useState(0);
  const { value: list, error } = useLoaded(() => (rest ? null : get(`/v1/items?limit=${page}&offset=${offset}&q=${id(query)}`)), [query, offset, rest]);
  if (rest) return html`<h1>Catalogue</h1><${Item} key=${rest} item=${rest} />`;
  return html`<h1>Catalogue</h1>
    <form class="find" onSubmit=${(e) => e.preventDefault()}><input type="search" id="find" value=${query} placeholder="words in id, title, medium or tags" aria-label="search the catalogue"
      onInput=${(e) => { setQuery(e.target.value); setOffset(0); }} /></form>
    <${Message} error=${error} />
    ${list && html`<div class="card wide scroll"><table class="items"><thead><tr><th>title</th><th>medium</th><th>tags</th><th>id</th></tr></thead>
      <tbody>${list.items.map((it) => html`<tr><td><a href=${`#/catalogue/${id(it.id)}`}>${it.title || it.id}</a></td><td>${it.medium}</td><td>${(it.tags || []).slice(0, 4).map((t) => html`<span class="tag">${t}</span>`)}</td><td class="quiet">${it.id}</td></tr>`)}</tbody></table>
      ${list.items.length === 0 && html`<p class="quiet">Nothing holds all of these words.</p>`}</div>
      <p class="pages"><button disabled=${offset === 0} onClick=${() => setOffset(Math.max(0, offset - page))}>Before</button>
        <span class="quiet">${list.items.length ? `${offset + 1} to ${offset + list.items.length}` : ''}</span>
        <button disabled=${!list.more} onClick=${() => setOffset(offset + page)}>After</button></p>`}`;
}
