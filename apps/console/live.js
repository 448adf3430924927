// SPDX-License-Identifier: Apache-2.0
// console/live.js - the demo: simulated people, what the engine's slates are worth to them, and how fast it learns a newcomer.
import { useState } from 'preact/hooks';
import { get, id } from './api.js';
import { Chart } from './chart.js';
import { Card, Figure, Message, html, itemLink, many, useLoaded, verbs, when, whole } from './parts.js';

const lines = (list) => [
  { label: 'the engine', colour: '--accent', values: list.map((p) => p.engine) },
  { label: 'random slates', colour: '--second', dash: [5, 4], values: list.map((p) => p.random) },
  { label: 'best possible', colour: '--quiet', dash: [2, 3], values: list.map((p) => p.best) },
];

// Means over `width` points, weighted by their visits.
function smooth(points, width) {
  return points.map((p, i) => {
    const part = points.slice(Math.max(0, i - width + 1), i + 1);
    const mean = (name) => {
      const known = part.filter((q) => q[name] !== null), n = known.reduce((a, q) => a + q.visits, 0);
      return n ? known.reduce((a, q) => a + q[name] * q.visits, 0) / n : null;
    };
    return { ...p, engine: mean('engine'), random: mean('random'), best: mean('best') };
  });
}

function Newcomer({ list }) {
  const [chosen, setChosen] = useState('');
  const most = list.reduce((a, n) => (a && a.visits >= n.visits ? a : n), null);
  const one = list.find((n) => n.user === chosen) || most;
  if (!one) return html`<p class="quiet">Nobody new has come yet.</p>`;
  const x = one.engine.map((_, i) => i + 1);
  return html`<div class="row"><label class="quiet">who <select value=${one.user} onChange=${(e) => setChosen(e.target.value)} aria-label="newcomer">${list.map((n) => html`<option value=${n.user}>${n.user}, ${many(n.visits, 'visit', 'visits')}</option>`)}</select></label>
      <a href=${`#/listener/${id(one.user)}`}>Open as a listener</a></div>
    <${Chart} label=${`worth of the slates of ${one.user}, visit by visit`} x=${x} xLabel="visit" range=${[0, 1]} height=${190}
      lines=${[{ label: 'the engine', colour: '--accent', values: one.engine, points: true }, { label: 'random', colour: '--second', dash: [5, 4], values: one.random }]} />`;
}

export function Live() {
  const { value: d, error } = useLoaded(() => get('/v1/demo'), [], 2000);
  if (!d) return html`<h1>Watch it learn</h1><${Message} error=${error}>The people are on their way …<//>`;
  const hours = smooth(d.hours, 3), curve = d.by_visit.filter((v) => v.visits >= 3);
  const lately = d.hours.slice(-8), mean = (name) => { const known = lately.filter((p) => p[name] !== null), n = known.reduce((a, p) => a + p.visits, 0); return n ? (known.reduce((a, p) => a + p[name] * p.visits, 0) / n).toFixed(2) : '–'; };
  const swaps = d.trainings.filter((t) => t.swapped);
  const newest = d.trainings[d.trainings.length - 1];
  return html`<h1>Watch it learn</h1>
    <${Message} error=${error} />
    ${d.fault && html`<p class="message bad" role="alert">The simulation stopped: ${d.fault}</p>`}
    <p class="lead">${whole(d.people)} made-up people ask this service for slates, and react by a model of taste that the engine does not know. Because they are made up, their true satisfaction can be read:
      what the engine shows is held against random slates, and the best there are, at the same moments.</p>
    <div class="cards">
      <${Figure} title="The engine's slates" note="mean satisfaction, the last hours">${mean('engine')}<//>
      <${Figure} title="Random slates" note="for the same people, then">${mean('random')}<//>
      <${Figure} title="Best possible" note="if one could read minds">${mean('best')}<//>
      <${Figure} title="Slates asked for" note=${`${many(d.events, 'event', 'events')} came back`}>${whole(d.all.visits)}<//>
      <${Figure} title="Newcomers" note=${`${whole(d.newcomers_through)} have had all their visits`}>${whole(d.newcomers_ever)}<//>
      <${Figure} title="Trainings" note=${newest ? `the last one took ${newest.seconds.toFixed(1)} s` : 'the first one runs'}>${whole(d.trainings.length)}<//>
    </div>
    ${d.made.shown > 0 && html`<p class="quiet">${whole(d.made.shown)} slots held pieces that were made here: ${whole(d.made.finished)} were heard to the end, ${whole(d.made.liked)} liked, ${whole(d.made.skipped)} skipped.</p>`}
    <${Card} wide title="Satisfaction with what is shown" note="Slots weighted by how often they are looked at; means over three hours. Broken lines: a model was put in force.">
      ${hours.length > 0 ? html`<${Chart} label="satisfaction with the engine's slates, random slates and the best possible, over simulated time" time x=${hours.map((p) => p.at_ms / 1000)} range=${[0, 1]} height=${260}
        marks=${swaps.map((t) => ({ x: t.at_ms / 1000, text: `model ${t.version}` }))} lines=${lines(hours)} />` : html`<p class="quiet">The first hour has not passed.</p>`}
    <//>
    <div class="columns two">
      <${Card} title="How fast a newcomer is known" note="Mean over newcomers at their first, second, third visit and so on; people whom the engine had never met.">
        ${curve.length > 0 ? html`<${Chart} label="satisfaction of newcomers by visit" x=${curve.map((v) => v.visit)} xLabel="visit" range=${[0, 1]} height=${190} lines=${lines(curve).slice(0, 2)} />` : html`<p class="quiet">Three of them must have come first.</p>`}<//>
      <${Card} title="One of them"><${Newcomer} list=${d.newcomers} /><//>
      <${Card} title="Just now"><ul class="feed timed">${d.recent.slice(0, 12).map((r) => html`<li key=${`${r.at_ms}${r.user}${r.item}`}><span><a href=${`#/listener/${id(r.user)}`}>${r.user}</a> ${verbs[r.signal] || r.signal} ${itemLink(r)}</span><time class="quiet">${when(r.at_ms).slice(11)}</time></li>`)}</ul><//>
      <${Card} title="Trainings">${d.trainings.length ? html`<ul class="feed">${d.trainings.slice(-8).reverse().map((t) => html`<li key=${t.version}><strong>Model ${t.version}</strong> <span class="tag">${t.kind}</span><span class="tag ${t.swapped ? 'good' : 'slot'}">${t.swapped ? 'put in force' : 'not put in force'}</span>
        <p class="quiet">${when(t.at_ms)}, ${t.seconds.toFixed(1)} s; ${t.why}</p></li>`)}</ul>` : html`<p class="quiet">The first one begins when there is something to learn from; until then popular and various things are shown.</p>`}
        <p><a href="#/models">All versions</a></p><//>
    </div>`;
}
