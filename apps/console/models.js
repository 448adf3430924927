// SPDX-License-Identifier: Apache-2.0
// console/models.js - versions of the model: what spoke for and against each, which is in force, and taking one back.
import { useState } from 'preact/hooks';
import { get, post } from './api.js';
import { Interval } from './chart.js';
import { Jobs } from './jobs.js';
import { Card, Message, WithReason, html, many, signed, useLoaded, when, whole } from './parts.js';

function Trial({ trial, from, to }) {
  if (!trial) return html`<span class="quiet">no trial</span>`;
  return html`<div class="trial"><${Interval} low=${trial.low} high=${trial.high} value=${trial.difference} least=${trial.least} from=${from} to=${to} good=${trial.not_worse ? 1 : -1} />
    <span class="quiet">${signed(trial.difference, 4)} by ${many(trial.people, 'person', 'people')}; NDCG@100 ${trial.before_ndcg_100.toFixed(3)} → ${trial.after_ndcg_100.toFixed(3)}, recall@20 ${trial.before_recall_20.toFixed(3)} → ${trial.after_recall_20.toFixed(3)}</span></div>`;
}

export function Versions() {
  const { value: m, error, again } = useLoaded(() => get('/v1/models'), [], 4000);
  const [said, setSaid] = useState(null);
  if (!m) return html`<${Message} error=${error}>Looking …<//>`;
  const act = async (path, reason, text) => {
    try { const { version } = await post(path, { reason }); setSaid({ text: `${text} Version ${version} is in force.` }); } catch (problem) { setSaid({ error: problem }); }
    again();
  };
  const trials = m.models.map((v) => v.trial).filter(Boolean);
  const to = Math.max(0.01, ...trials.flatMap((t) => [Math.abs(t.low), Math.abs(t.high), Math.abs(t.least)])) * 1.1;
  const active = m.models.find((v) => v.active);
  return html`<${Message} error=${error || said?.error} good>${said?.text}<//>
    <${Card} wide title="Versions" note=${`${m.need.needed ? 'A training is due: ' : 'No training is due: '}${m.need.why}`} actions=${active && m.models.length > 1 && html`<${WithReason} label="Roll back" sure="Roll back" danger act=${(reason) => act('/v1/models/rollback', reason, 'Rolled back.')} />`}>
      ${m.models.length === 0 ? html`<p class="quiet">No model was trained yet.</p>` : html`<p class="quiet">New less old, person by person, on what neither had seen: (NDCG@100 + recall@20) / 2. The interval must stay right of the dotted line.</p>
      <ul class="versions">${m.models.map((v) => html`<li key=${v.version} class=${v.active ? 'active' : ''}>
        <div class="what"><strong>${v.version}</strong> ${v.kind || 'unknown'}${v.dim ? `, ${v.dim} dimensions` : ''} ${v.active && html`<span class="tag good">in force</span>`}${!v.on_disk && html`<span class="tag">files are gone</span>`}
          <p class="quiet">${v.act} ${when(v.acted_at)}; ${whole(v.preferences)} preferences of ${whole(v.events)} events${v.began_from ? `; began from ${v.began_from}` : ''}</p><p class="why">${v.why}</p></div>
        <${Trial} trial=${v.trial} from=${-to} to=${to} />
        <div class="acts">${!v.active && v.on_disk && html`<${WithReason} label="Put in force" sure="Put in force" act=${(reason) => act(`/v1/models/${v.version}/activate`, reason, 'Done.')} />`}</div></li>`)}</ul>`}<//>
    <${Jobs} onEnd=${again} />`;
}
