// SPDX-License-Identifier: Apache-2.0
// console/reports.js - the long run: how people fare week by week, who comes back, who stays, and a warning when clicks hide harm.
import { useState } from 'preact/hooks';
import { get, id } from './api.js';
import { Chart } from './chart.js';
import { Tabs, experimentTabs } from './experiments.js';
import { Card, Figure, Message, day, html, percent, signed, useLoaded, whole } from './parts.js';

// name: [title, family, whether it is a share]; as docs/reports.md has them
const figures = {
  sessions: ['sessions a day', 'engagement'], 'session-minutes': ['minutes a session', 'engagement'], plays: ['plays a session', 'engagement'], 'play-minutes': ['minutes played a day', 'engagement'],
  clicks: ['clicks a session', 'engagement'], uptake: ['slates taken up', 'engagement', 1], 'early-skips-5s': ['skips below 5 s', 'satisfaction', 1], 'early-skips-10s': ['skips below 10 s', 'satisfaction', 1],
  'kept-10s': ['kept 10 seconds', 'satisfaction', 1], completed: ['played to the end', 'satisfaction', 1], 'sessions-left': ['sessions left early', 'satisfaction', 1], 'rage-quits': ['rage-quits', 'satisfaction', 1],
  survey: ['survey answer', 'satisfaction'], rating: ['rating', 'satisfaction'], liked: ['likes of opinions', 'satisfaction', 1], complaints: ['complaints', 'satisfaction', 1], reports: ['reports of plays', 'satisfaction', 1],
  'return-1': ['back after 1 day', 'coming back', 1], 'return-7': ['back after 7 days', 'coming back', 1], 'return-28': ['back after 28 days', 'coming back', 1], days: ['days a week', 'coming back'],
  ndcg: ['NDCG of slates', 'other'], replays: ['replays', 'other', 1], 'new-items': ['things new to them', 'other', 1], 'new-tags': ['tags new to them', 'other', 1], variety: ['variety of tags, bits', 'other'], explored: ['exploration', 'other', 1],
};
const title = (name) => (figures[name] ? figures[name][0] : name);
const shown = (name, v) => (v === null || v === undefined ? '–' : figures[name] && figures[name][2] ? percent(v) : v.toFixed(2));
const colours = ['--accent', '--second'];

function OverTime({ report, chosen, setChosen }) {
  const starts = [...new Set(report.groups.flatMap((g) => g.spans.map((s) => s.start)))].sort((a, b) => a - b);
  const names = Object.keys(figures).filter((n) => report.groups.some((g) => g.all.figures[n] && g.all.figures[n].value !== null));
  const at = names.includes(chosen) ? chosen : names[0];
  const lines = report.groups.map((g, i) => {
    const of = (part) => starts.map((t) => { const s = g.spans.find((x) => x.start === t); return s && s.figures[at] ? s.figures[at][part] : null; });
    return { label: report.groups.length > 1 ? g.name : title(at), colour: colours[i], values: of('value'), low: of('low'), high: of('high') };
  });
  return html`<${Card} wide title=${`${title(at)}, by ${report.by}`} note=${`Band: ${percent(report.confidence, 0)} interval over people. The first and the last ${report.by} may be cut off by the log.`}
    actions=${html`<select value=${at} onChange=${(e) => setChosen(e.target.value)} aria-label="figure">${names.map((n) => html`<option value=${n}>${title(n)}</option>`)}</select>`}>
    <${Chart} time label=${`${title(at)} by ${report.by}`} x=${starts.map((t) => t / 1000)} format=${(v) => shown(at, v)} lines=${lines} /><//>`;
}

function Retention({ report }) {
  const days = [1, 7, 28];
  const x = days.filter((d) => report.groups.some((g) => g.all.cohort.some((c) => c.day === d && c.people > 0)));
  if (!x.length) return html`<p class="quiet">Nobody is here long enough.</p>`;
  const lines = report.groups.flatMap((g, i) => ['rolling', 'classic'].map((kind) => {
    const of = (part) => x.map((d) => { const c = g.all.cohort.find((k) => k.day === d); return c && c.people ? c[kind][part] : null; });
    return { label: `${report.groups.length > 1 ? `${g.name}, ` : ''}${kind === 'classic' ? 'on day n exactly' : 'on day n or later'}`, colour: kind === 'classic' ? '--second' : colours[i], dash: kind === 'classic' || i ? [5, 4] : undefined, points: true, values: of('value'), low: of('low'), high: of('high') };
  }));
  return html`<${Chart} label="retention by day after the first" x=${x} xLabel="day n" range=${[0, 1]} format=${(v) => percent(v, 0)} lines=${lines} />`;
}

function Survival({ report }) {
  const groups = report.groups.filter((g) => g.survival.length);
  if (!groups.length) return html`<p class="quiet">Nobody was there for ${whole(report.churn_days)} days before the log ended.</p>`;
  const x = [...new Set(groups.flatMap((g) => g.survival.map((s) => s.day)))].sort((a, b) => a - b);
  const lines = groups.map((g, i) => {
    const of = (part) => { let held = null; return x.map((d) => { const s = g.survival.find((k) => k.day === d); if (s) held = s.alive[part]; return held; }); };
    return { label: report.groups.length > 1 ? g.name : 'still here', colour: colours[i], values: of('value'), low: of('low'), high: of('high') };
  });
  return html`<${Chart} label="share of people who are still here, by day since their first" x=${x} xLabel="day" range=${[0, 1]} format=${(v) => percent(v, 0)} lines=${lines} />`;
}

const families = ['engagement', 'satisfaction', 'coming back', 'other'];
function Table({ report }) {
  const compared = report.groups.length > 1;
  return html`<${Card} wide title="All figures, the whole time"><div class="scroll"><table><thead><tr><th scope="col">figure</th>${report.groups.map((g) => html`<th scope="col" class="number">${compared ? g.name : 'value'}</th>`)}${compared && html`<th scope="col" class="number">difference</th>`}<th scope="col" class="number">cases</th></tr></thead>
    ${families.map((family) => html`<tbody><tr><th scope="rowgroup" colspan="5" class="family">${family}</th></tr>${Object.keys(figures).filter((n) => figures[n][1] === family && report.groups[0].all.figures[n]).map((n) => {
      const diff = report.differences[n];
      return html`<tr><td>${title(n)}</td>${report.groups.map((g) => { const f = g.all.figures[n]; return html`<td class="number">${shown(n, f.value)}${f.low !== null ? html` <span class="quiet">${shown(n, f.low)} … ${shown(n, f.high)}</span>` : ''}</td>`; })}
        ${compared && html`<td class="number">${diff && diff.value !== null ? html`${figures[n][2] ? `${signed(100 * diff.value, 1)} %` : signed(diff.value, 2)} ${!diff.judged && html`<span class="quiet">too few</span>`}` : '–'}</td>`}<td class="number quiet">${whole(Math.round(report.groups[0].all.figures[n].cases || 0))}</td></tr>`;
    })}</tbody>`)}</table></div><//>`;
}

export function Reports() {
  const [by, setBy] = useState('week');
  const [compare, setCompare] = useState('');
  const [churn, setChurn] = useState('28');
  const [chosen, setChosen] = useState('completed');
  const { value: list } = useLoaded(() => get('/v1/experiments').catch(() => null), []);
  const { value: report, error } = useLoaded(() => get(`/v1/reports/longrun?by=${by}&churn_days=${churn}${compare.startsWith('experiment:') ? `&compare=experiment&experiment=${id(compare.slice(11))}` : compare ? `&compare=${compare}` : ''}`), [by, compare, churn]);
  const started = list ? list.experiments.filter((e) => e.started) : [];
  return html`<h1>The long run</h1><${Tabs} at="#/reports" items=${experimentTabs} />
    <div class="row"><label class="quiet">by <select value=${by} onChange=${(e) => setBy(e.target.value)}><option>week</option><option>day</option></select></label>
      <label class="quiet">compare <select value=${compare} onChange=${(e) => setCompare(e.target.value)}><option value="">nothing</option>${started.map((e) => html`<option value=${`experiment:${e.key}`}>arms of ${e.key}</option>`)}${list && list.holdout_since && html`<option value="holdout">the holdout</option>`}<option value="halves">two random halves</option></select></label>
      <label class="quiet">silence is churn after <select value=${churn} onChange=${(e) => setChurn(e.target.value)}>${['7', '14', '28', '56'].map((d) => html`<option value=${d}>${d} days</option>`)}</select></label></div>
    <${Message} error=${error} />
    ${!report ? !error && html`<p class="quiet">Reading the log …</p>` : html`
      ${report.warnings.map((w) => html`<p class="message warn" role="status"><strong>${w.kind === 'guardrail' ? 'Clicks hide harm. ' : w.kind === 'trend' ? 'A trend. ' : 'Harm. '}</strong>${w.text}</p>`)}
      ${report.warnings.length === 0 && html`<p class="message good" role="status">No warning: nothing speaks for engagement that rises while satisfaction or return falls.</p>`}
      <div class="cards"><${Figure} title="People" note=${`${day(report.from)} to ${day(report.to)}`}>${whole(report.people)}<//><${Figure} title="Slates" note=${`${whole(report.events)} events`}>${whole(report.decisions)}<//>
        <${Figure} title="Catalogue shown" note=${report.groups[0].gini !== null ? `Gini ${report.groups[0].gini.toFixed(2)}` : 'nothing was shown'}>${percent(report.groups[0].coverage)}<//>
        <${Figure} title="Exploration" note=${`budget ${percent(report.exploration_budget)}`}>${shown('explored', report.groups[0].all.figures.explored && report.groups[0].all.figures.explored.value)}<//></div>
      <${OverTime} report=${report} chosen=${chosen} setChosen=${setChosen} />
      <div class="columns two"><${Card} title="Retention" note="People by their first day, the whole time; Wilson's intervals."><${Retention} report=${report} /><//>
        <${Card} title="Survival" note=${`Kaplan-Meier; ${whole(report.churn_days)} days of silence are churn.`}><${Survival} report=${report} /><//></div>
      <${Table} report=${report} />`}`;
}
