// SPDX-License-Identifier: Apache-2.0
// console/music.js - music: what the engine would play for a person in a situation, and all that was made, brief by brief.
import { useState } from 'preact/hooks';
import { get, id } from './api.js';
import { Listen } from './listen.js';
import { Message, html, many, useLoaded } from './parts.js';
import { Piece, State } from './piece.js';
import { Sound } from './sound.js';

const line = (form, name) => ((form || '').match(new RegExp(`^${name} (.*)$`, 'm')) || [])[1];
const needsOf = (form) => [...(form || '').matchAll(/^need (\S+) (\S+) (\S+)$/gm)].map(([, name, least, most]) => `${name} ${least === most ? least : `${least} to ${most}`}`);

function Brief({ b, rest, open, onOpen }) {
  const { value, error } = useLoaded(async () => open && get(`/v1/generations/${b.id}`), [open, b.id, b.count]);
  const needs = needsOf(b.form);
  return html`<li><button class="brief" aria-expanded=${open} onClick=${onOpen}><strong>${line(b.form, 'prompt') || b.kind || 'of somebody who is forgotten'}</strong><span class="quiet">${b.kind}; ${needs.join(', ') || 'no needs'}; asked for ${many(b.asked, 'time', 'times')}</span>
      <span>${b.allowed > 0 && html`<span class="tag good">${b.allowed} allowed</span>`}${b.held > 0 && html`<span class="tag slot">${b.held} held</span>`}${b.denied > 0 && html`<span class="tag bad">${b.denied} denied</span>`}${b.state !== 'done' && html`<span class="tag">${b.state}</span>`}</span></button>
    <${Message} error=${error} />${value && html`<ul class="tracks">${value.candidates.map((c) => html`<li key=${c.item}><a href=${`#/music/${id(c.item)}`} aria-current=${c.item === rest ? 'true' : null}>${c.title || c.item}</a> <${State} c=${c} />${c.reasons.length > 0 && html`<p class="quiet">${c.reasons[0]}</p>`}</li>`)}</ul>`}</li>`;
}

export function Music({ rest }) {
  const [open, setOpen] = useState('');
  const own = /^sound(\/|$)/.test(rest);
  const { value: list, error } = useLoaded(() => get('/v1/generations?limit=100'), [], 10000);
  if (own) return html`<h1>Music</h1><${Sound} hash=${rest.slice(6)} />`;
  return html`<h1>Music</h1>${list && html`<${Listen} any=${list.briefs.some((b) => b.allowed > 0)} folded=${!!rest} />`}<div class=${`queue ${rest ? 'one' : ''}`}><div class="list"><${Message} error=${error} />
      ${list && html`<p class="quiet" role="status">${many(list.briefs.length, 'brief', 'briefs')}; <a href="#/music/sound">a sound of your own</a></p><ul class="cases briefs">${list.briefs.map((b) => html`<${Brief} key=${b.id} b=${b} rest=${rest} open=${open === b.id} onOpen=${() => setOpen(open === b.id ? '' : b.id)} />`)}</ul>
        ${list.briefs.length === 0 && html`<p class="quiet">Nothing was made. <code>attune generate make --prompt 'calm piano' --kind loop</code> makes something.</p>`}`}</div>
    <div class="detail">${rest ? html`<${Piece} key=${rest} name=${rest} />` : html`<p class="quiet hint">Choose a piece: its sound, its plan, what the analyser heard, and why it may or may not be shown.</p>`}</div></div>`;
}
