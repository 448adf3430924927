// SPDX-License-Identifier: Apache-2.0
// console/now.js - how the service does at this moment.
import { useRef } from 'preact/hooks';
import { get } from './api.js';
import { Chart } from './chart.js';
import { Card, Figure, Message, duration, html, percent, useLoaded, when, whole } from './parts.js';

const kept = 150; // looks, two seconds apart: five minutes

function warningsOf(s, models) {
  const list = [];
  if (!s.model) list.push('No model has been trained: slates are made of what is popular. Run: attune train');
  if (!s.items) list.push('The catalogue is empty. Run: attune import ITEMS.ndjson');
  const spent = s.impressions ? s.explored / s.impressions : 0;
  if (spent > s.exploration_share + 1e-9) list.push(`Exploration has spent ${percent(spent)} of impressions, above its budget of ${percent(s.exploration_share)}.`);
  if (s.bot_events > s.events / 10) list.push(`${whole(s.bot_events)} events came at rates no person reaches and were set aside.`);
  const active = models && models.models.find((m) => m.active);
  if (active && active.version !== models.in_use) list.push(`Model ${active.version} is in force and its files cannot be used; model ${models.in_use} decides instead.`);
  return list;
}

// What only some builds and some keys can tell stays empty without.
const orNothing = (path) => get(path).catch(() => null);

export function Now() {
  const past = useRef([]);
  const { value: s, error } = useLoaded(async () => {
    const status = await get('/v1/status');
    past.current = [...past.current, { at: Date.now() / 1000, ...status }].slice(-kept - 1);
    return status;
  }, [], 2000);
  const { value: more } = useLoaded(async () => ({ models: await orNothing('/v1/models'), experiments: await orNothing('/v1/experiments'), ready: await get('/ready').then(() => true, () => false) }), [], 10000);
  if (!s) return html`<h1>Now</h1><${Message} error=${error}>Looking …<//>`;
  const rates = { at: [], decisions: [], events: [] }, latency = { at: [], p50: [], p99: [] };
  past.current.forEach((b, i) => {
    latency.at.push(b.at);
    latency.p50.push(b.p50_us / 1000);
    latency.p99.push(b.p99_us / 1000);
    if (!i) return;
    const a = past.current[i - 1];
    rates.at.push(b.at);
    rates.decisions.push(Math.max(0, b.decisions - a.decisions) / (b.at - a.at));
    rates.events.push(Math.max(0, b.events - a.events) / (b.at - a.at));
  });
  const last = (list) => (list.length ? list[list.length - 1].toFixed(list[list.length - 1] < 10 ? 1 : 0) : '–');
  const spent = s.impressions ? s.explored / s.impressions : 0;
  const models = more && more.models, experiments = more && more.experiments;
  const warnings = warningsOf(s, models);
  const running = experiments ? experiments.experiments.filter((e) => e.status === 'running') : [];
  return html`<h1>Now</h1>
    <${Message} error=${error} />
    ${warnings.map((text) => html`<p class="message warn" role="status">${text}</p>`)}
    <div class="cards five">
      <${Figure} title="Health" note=${`since ${when(s.started_at)}, ${whole(s.requests)} requests`}><span class="light ${error ? 'bad' : more && !more.ready ? 'warn' : 'good'}"></span>${error ? 'no answer' : more && !more.ready ? 'not ready' : 'ready'}<//>
      <${Figure} title="Decisions a second" note=${`${whole(s.decisions)} in all`}>${last(rates.decisions)}<//>
      <${Figure} title="Events a second" note=${`${whole(s.events)} in all`}>${last(rates.events)}<//>
      <${Figure} title="Half answered within" note=${`99 of 100 within ${duration(s.p99_us)}`}>${duration(s.p50_us)}<//>
      <${Figure} title="Exploration" note=${`budget ${percent(s.exploration_share)}, ${whole(s.explored)} of ${whole(s.impressions)} slots`}>
        ${percent(spent)}
        <span class="meter" role="img" aria-label=${`${percent(spent)} of a budget of ${percent(s.exploration_share)}`}><span style=${`width:${Math.min(1, spent / Math.max(0.15, s.exploration_share)) * 100}%`}></span><i style=${`left:${Math.min(1, s.exploration_share / Math.max(0.15, s.exploration_share)) * 100}%`}></i></span>
      <//>
      <${Figure} title="Holdout" note=${experiments ? (experiments.holdout_since ? `since ${when(experiments.holdout_since)}` : 'begins with the first experiment') : 'not told by this build'}>${experiments ? percent(experiments.holdout_share) : '–'}<//>
      <${Figure} title="Experiments" note=${running.length ? running.map((e) => e.key).join(', ') : 'none runs'}>${experiments ? whole(running.length) : '–'}<//>
      <${Figure} title="Model" note=${s.model ? `version ${s.model}${models && models.need.needed ? '; a training is due' : ''}` : 'none yet'}>${s.model ? s.model_kind : '–'}<//>
      <${Figure} title="People" note=${`newest event ${when(s.last_event_at)}`}>${whole(s.users)}<//>
      <${Figure} title="Items" note=${`${whole(s.items_taken_down)} taken down`}>${whole(s.items)}<//>
    </div>
    <div class="columns two">
      <${Card} title="A second, over the last five minutes"><${Chart} time label="decisions and events a second over the last five minutes" x=${rates.at} zero format=${(v) => (v === null || v === undefined ? '–' : v.toFixed(v < 10 ? 1 : 0))}
        lines=${[{ label: 'decisions', colour: '--accent', values: rates.decisions }, { label: 'events', colour: '--second', values: rates.events }]} /><//>
      <${Card} title="Latency in ms, since the start"><${Chart} time label="latency of answers in milliseconds" x=${latency.at} zero format=${(v) => (v === null || v === undefined ? '–' : v.toFixed(v < 10 ? 2 : 0))}
        lines=${[{ label: 'half within', colour: '--accent', values: latency.p50 }, { label: '99 of 100 within', colour: '--second', values: latency.p99 }]} /><//>
    </div>`;
}
