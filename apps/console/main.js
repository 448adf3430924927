// SPDX-License-Identifier: Apache-2.0
// console/main.js - the frame: pages by address, a key when one is needed.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, setKey, takeKeyFromAddress } from './api.js';
import { Catalogue } from './catalogue.js';
import { Listener } from './listener.js';
import { Now } from './now.js';
import { html } from './parts.js';
import { Policy } from './policy.js';

const pages = { now: ['Now', Now], listener: ['A listener', Listener], catalogue: ['Catalogue', Catalogue], policy: ['Policy', Policy] };

function where() {
  const [, page, ...rest] = location.hash.split('/');
  return { page: pages[page] ? page : 'now', rest: rest.length ? decodeURIComponent(rest.join('/')) : '' };
}

function AskForKey({ onKey, wrong }) {
  const [typed, setTyped] = useState('');
  return html`<main class="ask"><h1>Attune</h1><p>This service needs a key. <code>attune key create NAME --scopes all</code> makes one.</p>
    ${wrong && html`<p class="message bad" role="alert">${wrong}</p>`}
    <form class="find" onSubmit=${(e) => { e.preventDefault(); setKey(typed); onKey(); }}><input type="password" autocomplete="off" required value=${typed} onInput=${(e) => setTyped(e.target.value)} placeholder="att_…" aria-label="key" /><button class="primary">Open</button></form></main>`;
}

function App() {
  const [at, setAt] = useState(where());
  const [entry, setEntry] = useState({ state: 'asking' });
  const enter = async () => {
    try { await get('/v1/status'); setEntry({ state: 'in' }); } catch (e) { setEntry({ state: e.status === 401 || e.status === 403 ? 'key' : 'in', wrong: sessionStorage.getItem('attune-key') ? e.message : '' }); }
  };
  useEffect(() => {
    enter();
    const moved = () => setAt(where());
    const pressed = (e) => {
      if (e.key === '/' && !/INPUT|TEXTAREA|SELECT/.test(e.target.tagName)) { const field = document.getElementById('find'); if (field) { e.preventDefault(); field.focus(); } }
    };
    addEventListener('hashchange', moved);
    addEventListener('keydown', pressed);
    return () => { removeEventListener('hashchange', moved); removeEventListener('keydown', pressed); };
  }, []);
  useEffect(() => { document.title = `${pages[at.page][0]} · Attune`; }, [at.page]);
  if (entry.state === 'asking') return null;
  if (entry.state === 'key') return html`<${AskForKey} onKey=${enter} wrong=${entry.wrong} />`;
  const [, Page] = pages[at.page];
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the page</a>
    <header><a class="brand" href="#/now"><img src="/console.svg" alt="" width="24" height="24" />Attune</a>
      <nav aria-label="pages">${Object.entries(pages).map(([name, [title]]) => html`<a href=${`#/${name}`} aria-current=${name === at.page ? 'page' : null}>${title}</a>`)}</nav></header>
    <main id="main" tabindex="-1"><${Page} rest=${at.rest} /></main>`;
}

takeKeyFromAddress();
const root = document.getElementById('app');
root.textContent = '';
render(html`<${App} />`, root);
