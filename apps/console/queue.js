// SPDX-License-Identifier: Apache-2.0
// console/queue.js - what people should look at: held and reported cases, what matched and why, several acts on one case, its whole
// history, appeals.
import { useEffect, useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { Card, Message, html, many, useLoaded, when, whole } from './parts.js';

const views = { waiting: ['Waiting', 'waiting=true'], appealed: ['Appeals', 'appealed=true'], barred: ['Not shown', 'barred=true'], all: ['All', ''] };
const acts = { allow: 'Allow: it may be shown', deny: 'Deny: it is not shown', hold: 'Hold: not shown, still to be decided', takedown: 'Take down: out of the catalogue too', note: 'Note: changes nothing' };
const said = { reported: 'complained', held: 'held it', appealed: 'asks to look again', allow: 'allowed it', deny: 'denied it', hold: 'holds it', takedown: 'took it down', note: 'noted' };
const page = 50;

const State = ({ c, short }) => html`${c.waiting && !short && html`<span class="tag slot">waiting</span>`}${c.appealed && html`<span class="tag slot">appeal</span>`}${c.barred ? html`<span class="tag bad">not shown</span>` : !short && html`<span class="tag good">may be shown</span>`}${c.taken_down && html`<span class="tag bad">taken down</span>`}${c.automatic && html`<span class="tag">by the number of reports</span>`}`;
const subject = (c) => c.title || c.item || (c.text || '').slice(0, 90) + ((c.text || '').length > 90 ? ' …' : '');

// One or more acts, each with its reason, done together or not at all.
function Decide({ c, onDone }) {
  const empty = { act: 'allow', reason: '' };
  const [list, setList] = useState([empty]);
  const [problem, setProblem] = useState(null);
  const change = (i, part) => setList(list.map((a, k) => (k === i ? { ...a, ...part } : a)));
  const send = async (e) => {
    e.preventDefault();
    try { await post(`/v1/queue/${id(c.id)}/decisions`, { acts: list }); setProblem(null); setList([empty]); onDone(`${list.map((a) => said[a.act]).join(', ')}.`); } catch (error) { setProblem(error); }
  };
  return html`<form onSubmit=${send} class="acts-form"><${Message} error=${problem} />
    ${list.map((a, i) => html`<fieldset><select value=${a.act} onChange=${(e) => change(i, { act: e.target.value })} aria-label="act">${Object.entries(acts).filter(([name]) => name !== 'takedown' || c.item).map(([name, text]) => html`<option value=${name}>${text}</option>`)}</select>
      <input required maxlength="2000" value=${a.reason} onInput=${(e) => change(i, { reason: e.target.value })} placeholder="why; kept in the log" aria-label="reason" />
      ${list.length > 1 && html`<button type="button" onClick=${() => setList(list.filter((_, k) => k !== i))} aria-label="leave this act out">×</button>`}</fieldset>`)}
    <p class="row"><button class="primary">${list.length > 1 ? `Do all ${list.length}` : 'Decide'}</button>${list.length < 16 && html`<button type="button" onClick=${() => setList([...list, { act: 'note', reason: '' }])}>Another act</button>`}</p></form>`;
}

function Appeal({ c, onDone }) {
  const [reason, setReason] = useState('');
  const [user, setUser] = useState('');
  const [problem, setProblem] = useState(null);
  const send = async (e) => {
    e.preventDefault();
    try { await post(`/v1/queue/${id(c.id)}/appeals`, { reason, ...(user.trim() ? { user: user.trim() } : {}) }); setProblem(null); setReason(''); onDone('The appeal waits; until it is decided nothing changes.'); } catch (error) { setProblem(error); }
  };
  return html`<details><summary>Ask to look again</summary><form onSubmit=${send}><${Message} error=${problem} /><div class="find"><input required maxlength="2000" value=${reason} onInput=${(e) => setReason(e.target.value)} placeholder="why it should be looked at again" aria-label="why it should be looked at again" /></div>
    <div class="find"><input value=${user} onInput=${(e) => setUser(e.target.value)} placeholder="id of the person who asks; may be empty" aria-label="who asks" /><button>Appeal</button></div></form></details>`;
}

function Case({ name, onChange }) {
  const { value: c, error, again } = useLoaded(() => get(`/v1/queue/${id(name)}`), [name]);
  const [word, setWord] = useState('');
  if (!c) return html`<${Message} error=${error}>Looking …<//>`;
  const done = (text) => { setWord(text); again(); onChange(); };
  return html`<p><a href="#/queue">All cases</a></p><section class="card wide case"><div class="head"><h3>${c.id}</h3><div><${State} c=${c} /></div></div>
      ${c.item ? html`<p class="subject"><a href=${`#/catalogue/${id(c.item)}`}>${c.title || c.item}</a>${c.item.startsWith('made-') && html` <a class="tag" href=${`#/music/${id(c.item)}`}>hear it, and why</a>`}</p>` : html`<blockquote>${c.text}</blockquote>${c.author && html`<p class="quiet">by ${c.author}</p>`}`}
      <p class="quiet">${c.item ? `${many(c.reports, 'report', 'reports')} in all, by ${many(c.reporters, 'person', 'different people')} since the last verdict; opened` : 'Opened'} ${when(c.opened_at)}.</p>
      <${Message} good>${word}<//><${Decide} key=${c.id} c=${c} onDone=${done} />${c.barred && !c.appealed && html`<${Appeal} c=${c} onDone=${done} />`}</section>
    <${Card} wide title="All that happened, newest first"><ol class="happened">${[...c.history].reverse().map((h) => html`<li class=${h.act}><time class="quiet">${when(h.at)}</time><div>${h.by_person ? html`<a href=${`#/listener/${id(h.by)}`}>${h.by}</a>` : html`<strong>${h.by || 'somebody'}</strong>`} ${said[h.act] || h.act}${h.reason ? html`: ${h.reason}` : ''}
      ${h.matched && html`<p class="quiet">matched: <mark>${h.matched}</mark>${h.score !== null ? `, score ${h.score}` : ''}</p>`}</div></li>`)}</ol><//>`;
}

export function Queue({ rest }) {
  const [view, setView] = useState('waiting');
  const [offset, setOffset] = useState(0);
  useEffect(() => setOffset(0), [view]);
  const { value: list, error, again } = useLoaded(() => get(`/v1/queue?limit=${page}&offset=${offset}${views[view][1] ? `&${views[view][1]}` : ''}`), [view, offset], 10000);
  return html`<h1>Queue</h1><div class=${`queue ${rest ? 'one' : ''}`}><div class="list">
    <div class="tabs" role="group" aria-label="which cases">${Object.entries(views).map(([name, [title]]) => html`<button class="tab" aria-pressed=${name === view} onClick=${() => setView(name)}>${title}</button>`)}</div>
    <${Message} error=${error} />
    ${list && html`<p class="quiet" role="status">${many(list.total, 'case', 'cases')}</p><ul class="cases">${list.cases.map((c) => html`<li key=${c.id}><a href=${`#/queue/${id(c.id)}`} aria-current=${c.id === rest ? 'true' : null}><strong>${subject(c)}</strong><span class="quiet">${c.item ? many(c.reports, 'report', 'reports') : 'a text'}, ${when(c.changed_at)}</span><span><${State} c=${c} short /></span></a></li>`)}</ul>
      ${list.cases.length === 0 && html`<p class="quiet">${view === 'waiting' ? 'Nothing waits.' : 'None.'}</p>`}
      ${(offset > 0 || list.more) && html`<p class="pages"><button disabled=${offset === 0} onClick=${() => setOffset(Math.max(0, offset - page))}>Before</button><span class="quiet">from ${whole(offset + 1)}</span><button disabled=${!list.more} onClick=${() => setOffset(offset + page)}>After</button></p>`}`}</div>
    <div class="detail">${rest ? html`<${Case} key=${rest} name=${rest} onChange=${again} />` : html`<p class="quiet hint">Choose a case. What is held or denied is in no slate, from the next decision on; every act has a reason, and stays in the log.</p>`}</div></div>`;
}
