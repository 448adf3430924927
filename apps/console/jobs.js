// SPDX-License-Identifier: Apache-2.0
// console/jobs.js - long work of the service: begin it, watch it by server-sent events, cancel it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, id, listen, post } from './api.js';
import { Card, Message, html, useLoaded, when, whole } from './parts.js';

const over = (job) => ['done', 'failed', 'cancelled'].includes(job.state);

// One job, followed until it ends. When the stream breaks off before that, or there is none, the service is asked every second.
export function useJob(name, onEnd) {
  const [job, setJob] = useState(null);
  const ended = useRef(onEnd);
  ended.current = onEnd;
  useEffect(() => {
    if (!name) return undefined;
    const stop = new AbortController();
    let timer = 0, done = false;
    const take = (next) => {
      if (done) return;
      setJob((before) => ({ ...before, ...next }));
      if (!over(next)) return;
      done = true;
      stop.abort();
      clearInterval(timer);
      get(`/v1/jobs/${id(name)}`).then((whole_) => { setJob(whole_); ended.current && ended.current(whole_); }, () => {});
    };
    const look = () => get(`/v1/jobs/${id(name)}`).then(take, () => {});
    const ask = () => { if (!done) timer = setInterval(look, 1000); };
    listen(`/v1/jobs/${id(name)}/events`, take, stop.signal).then(ask, ask);
    return () => { done = true; stop.abort(); clearInterval(timer); };
  }, [name]);
  return job;
}

export function Progress({ job, onCancel }) {
  const share = job.total ? Math.min(1, job.done / job.total) : null;
  return html`<div class="job" role="status"><span><strong>${job.kind}</strong> ${job.state}${job.task ? `: ${job.task}` : ''}${job.total ? `, ${whole(job.done)} of ${whole(job.total)} ${job.unit}` : ''}${job.problem ? ` (${job.problem})` : ''}</span>
    ${!over(job) && html`<span class="meter ${share === null ? 'unknown' : ''}"><span style=${`width:${share === null ? 100 : share * 100}%`}></span></span>`}
    ${!over(job) && onCancel && html`<button disabled=${job.cancelling} onClick=${onCancel}>${job.cancelling ? 'stopping …' : 'Cancel'}</button>`}</div>`;
}

export function Jobs({ onEnd }) {
  const { value: list, error, again } = useLoaded(() => get('/v1/jobs'), [], 5000);
  const [mine, setMine] = useState(null);
  const [problem, setProblem] = useState(null);
  const job = useJob(mine, () => { again(); onEnd && onEnd(); });
  if (error && (error.status === 404 || error.status === 403)) return null; // this key, or this build, has none
  const start = async () => {
    try { setProblem(null); setMine((await post('/v1/jobs', { kind: 'train', train: { validated: true } })).id); again(); } catch (e) { setProblem(e); }
  };
  const cancel = (name) => post(`/v1/jobs/${id(name)}/cancel`).then(again, setProblem);
  const runs = job && !over(job);
  return html`<${Card} wide title="Jobs" note="Since the service was started." actions=${html`<button class="primary" disabled=${runs} onClick=${start}>Train now</button>`}>
    <${Message} error=${problem} />
    ${job && html`<${Progress} job=${job} onCancel=${() => cancel(job.id)} />`}
    ${job && job.training && html`<p>${job.training.swapped ? 'Put in force' : 'Not put in force'}: ${job.training.kind}, ${job.training.dim} dimensions, ${job.training.seconds.toFixed(1)} s; ${job.training.why}</p>`}
    ${list && list.jobs.length > 0 && html`<div class="scroll"><table><thead><tr><th scope="col">job</th><th scope="col">state</th><th scope="col">asked for</th><th scope="col">ended</th><th scope="col"></th></tr></thead><tbody>${list.jobs.slice(0, 12).map((j) => html`<tr key=${j.id}><td>${j.kind}</td><td>${j.state}${j.problem ? html` <span class="quiet">${j.problem}</span>` : ''}</td><td>${when(j.created_at)}</td><td>${when(j.ended_at)}</td>
      <td>${!over(j) && html`<button onClick=${() => cancel(j.id)}>Cancel</button>`}</td></tr>`)}</tbody></table></div>`}<//>`;
}
