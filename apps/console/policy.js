// SPDX-License-Identifier: Apache-2.0
// console/policy.js - the policy in force, edited in place: checked as you type, the faulty line marked, put in force by a button.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, id, post, put } from './api.js';
import { Card, Message, WithReason, html, useLoaded, when } from './parts.js';

// Text with line numbers; `fault` marks a line.
export function Editor({ value, onInput, fault, label }) {
  const area = useRef(null), gutter = useRef(null), mark = useRef(null);
  const count = value.split('\n').length;
  const place = () => {
    if (!area.current) return;
    gutter.current.style.transform = `translateY(${-area.current.scrollTop}px)`;
    mark.current.style.transform = `translateY(${-area.current.scrollTop}px)`;
  };
  useEffect(place, [value, fault]);
  const go = () => {
    const lines = value.split('\n'), from = lines.slice(0, fault - 1).join('\n').length + (fault > 1 ? 1 : 0);
    area.current.focus();
    area.current.setSelectionRange(from, from + lines[fault - 1].length);
    area.current.scrollTop = Math.max(0, (fault - 6) * 20);
  };
  return html`<div class="code"><div class="gutter" aria-hidden="true"><div ref=${gutter}>${Array.from({ length: count }, (_, i) => html`<span class=${i + 1 === fault ? 'bad' : ''}>${i + 1}</span>`)}</div></div>
    <div class="pane"><div class="mark" ref=${mark} aria-hidden="true">${fault > 0 && html`<span style=${`top:${(fault - 1) * 20}px`}></span>`}</div>
    <textarea ref=${area} spellcheck="false" wrap="off" aria-label=${label} aria-invalid=${fault > 0} aria-describedby="fault" value=${value} onInput=${(e) => onInput(e.target.value)} onScroll=${place}></textarea></div></div>
    ${fault > 0 && html`<button class="goto" onClick=${go}>Go to line ${fault}</button>`}`;
}

export const lineOf = (text) => Number((text && (text.match(/:(\d+):/) || text.match(/line (\d+)/) || [])[1]) || 0);

// All versions, newest first: what was done with each, by whom and why.
function Versions({ onLook, onChange, stamp }) {
  const { value: list, error, again } = useLoaded(() => get('/v1/policies'), [stamp]);
  const [said, setSaid] = useState(null);
  const act = async (path, reason, text) => {
    try { const { version } = await post(path, { reason }); setSaid({ text: text(version) }); onChange(); } catch (problem) { setSaid({ error: problem }); }
    again();
  };
  const look = async (version) => { try { onLook(await get(`/v1/policies/${version}`)); } catch (problem) { setSaid({ error: problem }); } };
  if (!list) return html`<${Message} error=${error} />`;
  return html`<${Card} wide title="Versions of the policy" actions=${list.policies.length > 1 && html`<${WithReason} label="Roll back" sure="Roll back" danger act=${(reason) => act('/v1/policies/rollback', reason, (v) => `Version ${v} is in force again.`)} />`}>
    <${Message} error=${said?.error} good>${said?.text}<//>
    ${list.policies.length === 0 ? html`<p class="quiet">None was ever set: what the program brings along is in force.</p>` : html`<ul class="versions plain">${list.policies.map((v) => html`<li key=${v.version} class=${v.active ? 'active' : ''}><div class="what"><strong>${v.version}</strong> ${v.active && html`<span class="tag good">in force</span>`}${v.staged && html`<span class="tag slot">waits</span>`}${v.discarded && html`<span class="tag">of no more use</span>`}
        <p class="quiet">${v.act} ${when(v.acted_at)}${v.by ? ` by ${v.by}` : ''}</p>${v.reason && html`<p class="why">${v.reason}</p>`}</div>
      <div class="acts"><button onClick=${() => look(v.version)}>Look</button>${!v.active && html`<${WithReason} label="Put in force" sure="Put in force" act=${(reason) => act(`/v1/policies/${v.version}/activate`, reason, (n) => `Version ${n} is in force.`)} />`}${v.staged && html`<${WithReason} label="Discard" sure="Discard" danger act=${(reason) => act(`/v1/policies/${v.version}/discard`, reason, (n) => `Version ${n} is of no more use.`)} />`}</div></li>`)}</ul>`}<//>`;
}

export function Policy() {
  const [text, setText] = useState(null);
  const [kept, setKept] = useState('');
  const [reason, setReason] = useState('');
  const [stamp, setStamp] = useState(0);
  const [check, setCheck] = useState({ valid: true });
  const [said, setSaid] = useState(null);
  const load = async () => { try { const yaml = await get('/v1/policy'); setText(yaml); setKept(yaml); setStamp((n) => n + 1); } catch (error) { setSaid({ error }); } };
  useEffect(() => { load(); }, []);
  useEffect(() => {
    if (text === null) return undefined;
    let old = false;
    const timer = setTimeout(async () => { try { const answer = await post('/v1/policy/check', text, 'application/yaml'); if (!old) setCheck(answer); } catch (error) { setSaid({ error }); } }, 200);
    return () => { old = true; clearTimeout(timer); };
  }, [text]);
  const why = reason.trim() ? `?reason=${id(reason.trim())}` : '';
  const activate = async () => {
    try { await put(`/v1/policy${why}`, text, 'application/yaml'); setSaid({ text: 'It is in force from this moment on, and in the log.' }); setReason(''); load(); } catch (error) { setSaid({ error }); }
  };
  const stage = async () => {
    try { const { version } = await post(`/v1/policies${why}`, text, 'application/yaml'); setSaid({ text: `Version ${version} is kept, and waits to be put in force.` }); setReason(''); setStamp((n) => n + 1); } catch (error) { setSaid({ error }); }
  };
  const same = text === kept;
  return html`${text !== null && html`<div class="card wide editor">
      <${Editor} value=${text} onInput=${setText} fault=${check.valid ? 0 : lineOf(check.fault)} label="policy as YAML" />
      <p id="fault" class=${check.valid ? 'message good' : 'message bad'} role="status">${check.valid ? (same ? 'This is the policy in force.' : 'It is valid, and not in force yet.') : check.fault}</p>
      <${Message} error=${said?.error} good>${said?.text}<//>
      <div class="row"><input class="grow" maxlength="160" value=${reason} onInput=${(e) => setReason(e.target.value)} placeholder="why; kept in the log" aria-label="why this change" disabled=${same} />
        <button class="primary" disabled=${!check.valid || same} onClick=${activate}>Put in force</button><button disabled=${!check.valid || same} onClick=${stage}>Keep for later</button><button disabled=${same} onClick=${() => setText(kept)}>Back to the one in force</button></div></div>
    <${Versions} stamp=${stamp} onChange=${load} onLook=${(yaml) => { setText(yaml); scrollTo({ top: 0 }); }} />`}${text === null && html`<${Message} error=${said?.error} />`}`;
}
