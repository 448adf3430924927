// SPDX-License-Identifier: Apache-2.0
// console/now.js - how the service does at this moment.
import { useRef } from 'preact/hooks';
import { get } from './api.js';
import { Message, TimeChart, duration, html, percent, useLoaded, when, whole } from './parts.js';

const kept = 150; // looks, two seconds apart: five minutes

function warningsOf(s) {
  const list = [];
  if (!s.model) list.push('No model has been trained: slates are made of what is popular. Run: attune train');
  if (!s.items) list.push('The catalogue is empty. Run: attune import ITEMS.ndjson');
  const spent = s.impressions ? s.explored / s.impressions : 0;
  if (spent > s.exploration_share + 1e-9) list.push(`Exploration has spent ${percent(spent)} of impressions, above its budget of ${percent(s.exploration_share)}.`);
  if (s.bot_events > s.events / 10) list.push(`${whole(s.bot_events)} events came at rates no person reaches and were set aside.`);
  return list;
}

function Card({ title, children, note }) {
  return html`<section class="card"><h3>${title}</h3><p class="figure">${children}</p>${note && html`<p class="quiet">${note}</p>`}</section>`;
}

export function Now() {
  const past = useRef([]);
  const { value: s, error } = useLoaded(async () => {
    const status = await get('/v1/status');
    past.current = [...past.current, { at: Date.now() / 1000, ...status }].slice(-kept - 1);
    return status;
  }, [], 2000);
  if (!s) return html`<${Message} error=${error}>Looking …<//>`;
  const rates = { at: [], decisions: [], events: [] };
  for (let i = 1; i < past.current.length; i++) {
    const [a, b] = [past.current[i - 1], past.current[i]];
    rates.at.push(b.at);
    rates.decisions.push(Math.max(0, b.decisions - a.decisions) / (b.at - a.at));
    rates.events.push(Math.max(0, b.events - a.events) / (b.at - a.at));
  }
  const last = (list) => (list.length ? list[list.length - 1].toFixed(list[list.length - 1] < 10 ? 1 : 0) : '–');
  const spent = s.impressions ? s.explored / s.impressions : 0;
  const warnings = warningsOf(s);
  return html`
    <h1>Now</h1>
    <${Message} error=${error} />
    ${s.simulated && html`<p class="message simulated"><strong>Simulated.</strong> ${s.simulated}</p>`}
    ${warnings.map((text) => html`<p class="message warn">${text}</p>`)}
    <div class="cards">
      <${Card} title="Decisions a second" note=${`${whole(s.decisions)} in all`}>${last(rates.decisions)}<//>
      <${Card} title="Events a second" note=${`${whole(s.events)} in all`}>${last(rates.events)}<//>
      <${Card} title="Half answered within" note=${`99 of 100 within ${duration(s.p99_us)}`}>${duration(s.p50_us)}<//>
      <${Card} title="Exploration" note=${`budget ${percent(s.exploration_share)}, ${whole(s.explored)} of ${whole(s.impressions)} slots`}>
        ${percent(spent)}
        <span class="meter"><span style=${`width:${Math.min(1, spent / 0.15) * 100}%`}></span><i style=${`left:${Math.min(1, s.exploration_share / 0.15) * 100}%`}></i></span>
      <//>
      <${Card} title="People" note=${`newest event ${when(s.last_event_at)}`}>${whole(s.users)}<//>
      <${Card} title="Items" note=${`${whole(s.items_taken_down)} taken down`}>${whole(s.items)}<//>
      <${Card} title="Model" note=${s.model ? `version ${s.model}` : 'none yet'}>${s.model ? s.model_kind : '–'}<//>
      <${Card} title="Requests" note=${`since ${when(s.started_at)}`}>${whole(s.requests)}<//>
    </div>
    <section class="card wide"><h3>The last five minutes</h3>
      <${TimeChart} label="decisions and events a second over the last five minutes" data=${[rates.at, rates.decisions, rates.events]}
        lines=${[{ label: 'decisions a second', colour: '--accent' }, { label: 'events a second', colour: '--second' }]} />
    </section>`;
}
