// SPDX-License-Identifier: Apache-2.0
// console/main.js - the frame: pages by address, a key when one is needed, and the word "simulated" wherever nobody is real.
import { Component, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, hasKey, setKey, takeKeyFromAddress } from './api.js';
import { Catalogue } from './catalogue.js';
import { Experiments, Tabs } from './experiments.js';
import { Listener } from './listener.js';
import { Live } from './live.js';
import { Versions } from './models.js';
import { Music } from './music.js';
import { Now } from './now.js';
import { clock, html, when } from './parts.js';
import { Policy } from './policy.js';
import { Queue } from './queue.js';
import { Reports } from './reports.js';

const modelTabs = [['#/models', 'Versions of the model'], ['#/policy', 'Policy']];
const Models = () => html`<h1>Models and policies</h1><${Tabs} at="#/models" items=${modelTabs} /><${Versions} />`;
const Policies = () => html`<h1>Models and policies</h1><${Tabs} at="#/policy" items=${modelTabs} /><${Policy} />`;

// name: [title, page, name of the entry that leads there]
const pages = { live: ['Watch it learn', Live], now: ['Now', Now], listener: ['A listener', Listener], catalogue: ['Catalogue', Catalogue], experiments: ['Experiments', Experiments], reports: ['The long run', Reports, 'experiments'],
  music: ['Music', Music], queue: ['Queue', Queue], models: ['Models', Models], policy: ['Policy', Policies, 'models'] };

// What somebody typed need not be well encoded.
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function where() {
  const [path, words] = location.hash.split('?');
  const [, page, ...rest] = path.split('/');
  const known = pages[page] && (page !== 'live' || clock.simulated);
  return { page: known ? page : clock.simulated ? 'live' : 'now', rest: known && rest.length ? decoded(rest.join('/')) : '', words: words ? decoded(words) : '' };
}

function AskForKey({ onKey, wrong }) {
  const [typed, setTyped] = useState('');
  return html`<main class="ask"><h1><img src="/console.svg" alt="" width="28" height="28" /> Attune</h1><p>This service needs a key. <code>attune key create NAME --scopes all</code> makes one.</p>
    ${wrong && html`<p class="message bad" role="alert">${wrong}</p>`}
    <form class="find" onSubmit=${(e) => { e.preventDefault(); setKey(typed); onKey(); }}><input type="password" autocomplete="off" required value=${typed} onInput=${(e) => setTyped(e.target.value)} placeholder="att_…" aria-label="key" /><button class="primary">Open</button></form></main>`;
}

// A page that fails says so, and the others go on.
class Whole extends Component {
  componentDidCatch(error) { this.setState({ error }); console.error(error); }
  render({ children }, { error }) { return error ? html`<p class="message bad" role="alert">This page failed: ${error.message}. <a href="#/" onClick=${() => location.reload()}>Load it anew</a></p>` : children; }
}

const Strip = ({ status }) => html`<p class="strip" role="note"><strong>Simulated.</strong> ${status.simulated} <span class="nowrap">It is ${when(status.last_event_at)} there.</span></p>`;

function App() {
  const [status, setStatus] = useState(null);
  const [entry, setEntry] = useState({ state: 'asking' });
  const [at, setAt] = useState(where());
  const nav = useRef(null);
  const look = async () => {
    const s = await get('/v1/status');
    clock.simulated = s.simulated;
    clock.now = s.last_event_at ? Date.parse(s.last_event_at) : 0;
    setStatus(s);
  };
  const enter = async () => {
    try { await look(); setAt(where()); setEntry({ state: 'in' }); } catch (e) { setEntry({ state: e.status === 401 || e.status === 403 ? 'key' : 'in', wrong: hasKey() ? e.message : '' }); }
  };
  useEffect(() => {
    enter();
    const moved = () => {
      if (takeKeyFromAddress()) enter();
      setAt(where());
      scrollTo(0, 0);
    };
    const pressed = (e) => {
      if (e.key === '/' && !e.ctrlKey && !e.metaKey && !/INPUT|TEXTAREA|SELECT/.test(e.target.tagName)) { const field = document.getElementById('find'); if (field) { e.preventDefault(); field.focus(); field.select(); } }
    };
    const timer = setInterval(() => { if (!document.hidden) look().catch(() => {}); }, 5000);
    addEventListener('hashchange', moved);
    addEventListener('keydown', pressed);
    return () => { clearInterval(timer); removeEventListener('hashchange', moved); removeEventListener('keydown', pressed); };
  }, []);
  useEffect(() => {
    document.title = `${pages[at.page][0]} · Attune${clock.simulated ? ' (simulated)' : ''}`;
    const here = nav.current && nav.current.querySelector('[aria-current]');
    if (here) nav.current.scrollLeft = here.offsetLeft - (nav.current.clientWidth - here.offsetWidth) / 2;
  }, [at.page, entry.state]);
  if (entry.state === 'asking') return null;
  if (entry.state === 'key') return html`<${AskForKey} onKey=${enter} wrong=${entry.wrong} />`;
  const [, Page, entryOf] = pages[at.page];
  const entries = Object.entries(pages).filter(([name, [, , of]]) => !of && (name !== 'live' || clock.simulated));
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the page</a>
    <header><a class="brand" href="#/"><img src="/console.svg" alt="" width="24" height="24" />Attune</a>
      <nav aria-label="pages" ref=${nav}>${entries.map(([name, [title]]) => html`<a href=${`#/${name}`} aria-current=${name === (entryOf || at.page) ? 'page' : null}>${title}</a>`)}</nav></header>
    ${status && status.simulated && html`<${Strip} status=${status} />`}
    <main id="main" tabindex="-1"><${Whole} key=${at.page}><${Page} rest=${at.rest} words=${at.words} /><//></main>`;
}

takeKeyFromAddress();
const root = document.getElementById('app');
root.textContent = '';
render(html`<${App} />`, root);
