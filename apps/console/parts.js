// SPDX-License-Identifier: Apache-2.0
// console/parts.js - what several pages share: numbers, bars of terms, cards, messages, loading.
import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import htm from 'htm';

export const html = htm.bind(h);

export const whole = (n) => (n ?? 0).toLocaleString('en');
export const percent = (x, digits = 1) => (x === null || x === undefined ? '–' : `${(100 * x).toFixed(digits)} %`);
export const signed = (x, digits = 3) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(digits);
export const when = (t) => (t ? (typeof t === 'number' ? new Date(t).toISOString() : t).replace('T', ' ').slice(0, 16) : '–');
export const day = (t) => when(t).slice(0, 10);
export const duration = (us) => (us < 1000 ? `${us} µs` : us < 1e6 ? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`);
export const many = (n, one, more) => `${whole(n)} ${n === 1 ? one : more}`;

export const verbs = { like: 'liked', dislike: 'disliked', save: 'saved', rating: 'rated', replay: 'replayed', complete: 'finished', play: 'played', purchase: 'bought', click: 'opened', dwell: 'looked at', survey: 'answered on', skip: 'skipped', report: 'reported' };

export function Message({ error, good, children }) {
  if (!error && !children) return null;
  return html`<p class="message ${error ? 'bad' : good ? 'good' : ''}" role=${error ? 'alert' : 'status'}>${error ? error.message : children}</p>`;
}

export function Card({ title, children, note, wide, actions }) {
  return html`<section class="card ${wide ? 'wide' : ''}"><div class="head"><h3>${title}</h3>${actions}</div>${children}${note && html`<p class="quiet">${note}</p>`}</section>`;
}

export const Figure = ({ title, children, note }) => html`<section class="card"><h3>${title}</h3><p class="figure">${children}</p>${note && html`<p class="quiet">${note}</p>`}</section>`;

// Runs `load` at once and whenever `keys` change, every `every` ms when given.
export function useLoaded(load, keys, every) {
  const [state, setState] = useState({});
  const turn = useRef(0);
  const again = async () => {
    const mine = ++turn.current;
    try {
      const value = await load();
      if (mine === turn.current) setState({ value });
    } catch (error) {
      if (mine === turn.current) setState((before) => ({ value: before.value, error }));
    }
  };
  useEffect(() => {
    again();
    const timer = every ? setInterval(() => { if (!document.hidden) again(); }, every) : 0;
    return () => { turn.current++; clearInterval(timer); };
  }, keys);
  return { ...state, again };
}

// The terms of a score: what lifts it to the right of the line, what lowers it to the left.
export const termNames = ['relevance', 'context', 'novelty', 'freshness', 'business', 'control', 'calibration', 'redundancy', 'situation', 'skip'];
export function TermBars({ terms, scale }) {
  const part = (sign) => termNames.map((name) => [name, terms[name] || 0]).filter(([, value]) => value * sign > 0);
  const piece = ([name, value]) => html`<span class="term term-${name}" style=${`width:${(Math.abs(value) / scale) * 100}%`}
    title="${name} ${signed(value)}"></span>`;
  return html`<div class="bars" role="img" aria-label=${termNames.filter((n) => terms[n]).map((n) => `${n} ${signed(terms[n])}`).join(', ')}>
    <div class="minus">${part(-1).map(piece)}</div><div class="plus">${part(1).map(piece)}</div></div>`;
}
// So that bars of one list can be compared: the longest side of any of them.
export const barScale = (list) => Math.max(0.5, ...list.map((s) => Math.max(...[1, -1].map((sign) => Object.values(s.terms).filter((v) => v * sign > 0).reduce((a, v) => a + Math.abs(v), 0)))));
export const Legend = () => html`<ul class="legend">${termNames.map((name) => html`<li><span class="swatch term-${name}"></span>${name}</li>`)}</ul>`;

export const odds = (p) => (p < 0.01 ? p.toFixed(4) : p.toFixed(2));
export const itemLink = (it) => html`<a href=${`#/catalogue/${encodeURIComponent(it.item || it.id)}`}>${it.title || it.item || it.id}</a>`;

// A button that asks for a reason, in place, before it acts: what changes for everybody is never one slip away.
export function WithReason({ label, sure, act, danger }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  if (!open) return html`<button class=${danger ? 'danger' : ''} onClick=${() => setOpen(true)}>${label}</button>`;
  return html`<form class="reason" onSubmit=${(e) => { e.preventDefault(); setOpen(false); act(reason); }}>
    <input required maxlength="160" autofocus ref=${(field) => field && !field.dataset.met && ((field.dataset.met = 1), field.focus())} value=${reason} onInput=${(e) => setReason(e.target.value)} placeholder="why; kept in the log" aria-label="reason" />
    <button class="primary">${sure}</button><button type="button" onClick=${() => setOpen(false)}>No</button></form>`;
}

// What time it is for the service: a demo's clock is its own.
export const clock = { simulated: null, now: 0 };
export const nowMs = () => (clock.simulated && clock.now ? clock.now : Date.now());
