// SPDX-License-Identifier: Apache-2.0
// console/experiments.js - experiments: who is in them, what they show so far, intervals over time, guardrails.
import { useState } from 'preact/hooks';
import { get, id, post } from './api.js';
import { Chart, Interval } from './chart.js';
import { Card, Message, html, percent, signed, useLoaded, when, whole } from './parts.js';

const roles = { goal: 'Goals', guardrail: 'Guardrails: must not get worse', other: 'Others, for context' };
const scales = { 'session-minutes': 1 / 60000 }; // that come in other units than their name says
const words = { 1: 'better', '-1': 'worse', 0: 'not known yet' };

export const Tabs = ({ at, items }) => html`<div class="tabs" role="navigation" aria-label="parts of this page">${items.map(([href, title]) => html`<a href=${href} aria-current=${href === at ? 'page' : null}>${title}</a>`)}</div>`;
export const experimentTabs = [['#/experiments', 'Experiments'], ['#/reports', 'The long run']];

function Metrics({ readout }) {
  const arms = [...new Set(readout.metrics.map((m) => m.arm))];
  return html`${Object.entries(roles).map(([role, title]) => {
    const of = readout.metrics.filter((m) => m.role === role);
    if (!of.length) return null;
    return html`<${Card} wide title=${title}><div class="scroll"><table class="metrics"><thead><tr><th scope="col">metric</th>${arms.length > 1 && html`<th scope="col">arm</th>`}<th scope="col" class="number">first arm</th><th scope="col" class="number">this arm</th><th scope="col">difference, ${percent(1 - readout.alpha, 0)} any day</th><th scope="col" class="number">p</th><th scope="col"></th></tr></thead>
      <tbody>${of.map((raw) => {
        const by = scales[raw.metric] || 1, times = (v) => (v === null ? null : v * by);
        const m = { ...raw, control: times(raw.control), value: times(raw.value), difference: times(raw.difference), low: times(raw.low), high: times(raw.high) };
        const far = Math.max(1e-9, Math.abs(m.low ?? 0), Math.abs(m.high ?? 0), Math.abs(m.difference)) * 1.1;
        return html`<tr><th scope="row">${m.metric}</th>${arms.length > 1 && html`<td>${m.arm}</td>`}<td class="number">${m.known ? m.control.toFixed(3) : '–'}</td><td class="number">${m.known ? m.value.toFixed(3) : '–'}</td>
          <td class="wide-cell"><${Interval} low=${m.low} high=${m.high} value=${m.difference} from=${-far} to=${far} good=${m.verdict} /> ${m.known && html`<span class="quiet nowrap">${signed(m.difference)}${m.low !== null ? ` (${signed(m.low)} … ${signed(m.high)})` : ''}</span>`}</td>
          <td class="number p">${m.known ? (m.p < 0.001 ? '<0.001' : m.p.toFixed(3)) : '–'}</td><td><span class="tag ${m.verdict > 0 ? 'good' : m.verdict < 0 ? 'bad' : ''}">${m.known ? words[m.verdict] : 'too early'}</span></td></tr>`;
      })}</tbody></table></div><//>`;
  })}`;
}

function Timeline({ name, first }) {
  const { value: t, error } = useLoaded(() => get(`/v1/experiments/${id(name)}/timeline?points=10`), [name]);
  const [chosen, setChosen] = useState('');
  if (!t) return html`<${Card} wide title="Intervals over time"><${Message} error=${error}>Reading the log …<//><//>`;
  const names = [...new Set(t.points.flatMap((p) => p.metrics.map((m) => `${m.metric} · ${m.arm}`)))];
  const at = names.includes(chosen) ? chosen : names.find((n) => n.startsWith(`${first} ·`)) || names[0];
  const points = t.points.map((p) => ({ at: Date.parse(p.until) / 1000, m: p.metrics.find((m) => `${m.metric} · ${m.arm}` === at) })).filter((p) => p.m && p.at);
  const of = (name_) => points.map((p) => (p.m.known && p.m.low !== null ? p.m[name_] : null));
  return html`<${Card} wide title="Intervals over time" note="The band may be read any day: whoever looks daily is wrong no more often than who looks once."
    actions=${html`<select value=${at} onChange=${(e) => setChosen(e.target.value)} aria-label="metric">${names.map((n) => html`<option>${n}</option>`)}</select>`}>
    ${points.some((p) => p.m.known && p.m.low !== null) ? html`<${Chart} time zero label=${`difference of ${at} to the first arm, over time`} x=${points.map((p) => p.at)} lines=${[{ label: 'difference', colour: '--accent', values: of('difference'), low: of('low'), high: of('high') }]} />` : html`<p class="quiet">Too early for an interval of this metric.</p>`}<//>`;
}

function Experiment({ name }) {
  const { value: e, error, again } = useLoaded(() => get(`/v1/experiments/${id(name)}`), [name]);
  const started = e && e.started;
  const { value: r, error: unread } = useLoaded(() => (started ? get(`/v1/experiments/${id(name)}/readout`) : null), [name, started], 15000);
  const [said, setSaid] = useState(null);
  const act = async (what) => {
    try { await post(`/v1/experiments/${id(name)}/${what}`, {}); setSaid({ text: what === 'start' ? 'From now on people are in it.' : 'It is stopped, for good.' }); again(); } catch (problem) { setSaid({ error: problem }); }
  };
  if (!e) return html`<${Message} error=${error}>Looking …<//>`;
  return html`<p><a href="#/experiments">All experiments</a></p><${Message} error=${said?.error || unread} good>${said?.text}<//>
    ${r && r.sample_ratio_alarm && html`<p class="message bad" role="alert">The arms do not have the people that chance would give them (p ${r.sample_ratio_p_any_day.toPrecision(2)}). Nothing else here can be trusted until it is known why.</p>`}
    <${Card} wide title=${e.key} actions=${e.status === 'draft' ? html`<button class="primary" onClick=${() => act('start')}>Start</button>` : e.status === 'running' ? html`<button class="danger" onClick=${() => act('stop')}>Stop for good</button>` : null}>
      <p><span class="tag ${e.status === 'running' ? 'good' : ''}">${e.status}</span> ${e.note}</p>
      <p class="quiet">${started ? `Since ${when(e.started)}${r ? `, ${r.days.toFixed(1)} days` : ''}.` : 'Not started.'} ${e.coverage < 1 ? `${percent(e.coverage)} of people take part. ` : ''}${r ? `Sample ratio: p ${r.sample_ratio_p_any_day.toFixed(2)}, however often it is read${r.set_aside ? `; ${whole(r.set_aside)} people seen in two arms are set aside` : ''}.` : ''}</p>
      <div class="scroll"><table><thead><tr><th scope="col">arm</th><th scope="col" class="number">share</th><th scope="col" class="number">assigned</th><th scope="col" class="number">saw it</th><th scope="col" class="number">slates</th><th scope="col">what it changes</th></tr></thead><tbody>${e.variations.map((v, i) => {
        const arm = r && r.arms.find((a) => a.key === v.key);
        return html`<tr><th scope="row">${v.key}${i === 0 ? html` <span class="quiet">first arm</span>` : ''}</th><td class="number">${percent(v.weight, 0)}</td><td class="number">${arm ? whole(arm.assigned) : '–'}</td><td class="number">${arm ? whole(arm.people) : '–'}</td><td class="number">${arm ? whole(arm.decisions) : '–'}</td><td>${v.policy ? html`<code>${v.policy.trim()}</code>` : html`<span class="quiet">nothing</span>`}</td></tr>`;
      })}</tbody></table></div><//>
    ${r && html`<${Metrics} readout=${r} /><${Timeline} name=${name} first=${(r.metrics.find((m) => m.role === 'goal') || r.metrics[0] || {}).metric} />`}`;
}

function New({ onDone }) {
  const [yaml, setYaml] = useState('key: my-experiment\nnote: what I expect\nmetrics: [reward]\nvariations:\n  - key: control\n  - key: bold\n    policy:\n      objective: {novelty: 0.4}\n');
  const [problem, setProblem] = useState(null);
  const create = async (e) => {
    e.preventDefault();
    try { const made = await post('/v1/experiments', yaml, 'application/yaml'); onDone(); location.hash = `#/experiments/${id(made.key)}`; } catch (error) { setProblem(error); }
  };
  return html`<details class="card wide"><summary>A new experiment</summary><form onSubmit=${create} class="editor"><${Message} error=${problem} /><textarea class="short" spellcheck="false" aria-label="definition as YAML" value=${yaml} onInput=${(e) => setYaml(e.target.value)}></textarea>
    <p><button class="primary">Add as a draft</button> <span class="quiet">Nobody is in it before it is started.</span></p></form></details>`;
}

export function Experiments({ rest }) {
  const { value: list, error, again } = useLoaded(() => (rest ? null : get('/v1/experiments')), [rest], rest ? 0 : 10000);
  return html`<h1>Experiments</h1><${Tabs} at=${rest ? '' : '#/experiments'} items=${experimentTabs} />
    ${rest ? html`<${Experiment} key=${rest} name=${rest} />` : html`<${Message} error=${error} />
    ${list && html`<${Card} wide title="All" note=${`${percent(list.holdout_share)} of people are in no experiment and keep the policy of ${list.holdout_since ? when(list.holdout_since) : 'the moment the first one starts'}: the universal holdout.`}>
      ${list.experiments.length ? html`<div class="scroll"><table class="items"><thead><tr><th scope="col">experiment</th><th scope="col">status</th><th scope="col">arms</th><th scope="col">since</th><th scope="col">what is expected</th></tr></thead>
        <tbody>${[...list.experiments].reverse().map((e) => html`<tr key=${e.key}><th scope="row"><a href=${`#/experiments/${id(e.key)}`}>${e.key}</a></th><td><span class="tag ${e.status === 'running' ? 'good' : ''}">${e.status}</span></td><td>${e.variations.map((v) => v.key).join(', ')}</td><td>${e.started ? when(e.started) : '–'}</td><td>${e.note}</td></tr>`)}</tbody></table></div>` : html`<p class="quiet">None yet.</p>`}<//>
      <${New} onDone=${again} />`}`}`;
}
