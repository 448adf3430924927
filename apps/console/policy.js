// SPDX-License-Identifier: Apache-2.0
// console/policy.js - the policy in force, edited in place: checked as you type, the faulty line marked, put in force by a button.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, post, put } from './api.js';
import { Message, html } from './parts.js';

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

export function Policy() {
  const [text, setText] = useState(null);
  const [kept, setKept] = useState('');
  const [check, setCheck] = useState({ valid: true });
  const [said, setSaid] = useState(null);
  const load = async () => { try { const yaml = await get('/v1/policy'); setText(yaml); setKept(yaml); } catch (error) { setSaid({ error }); } };
  useEffect(() => { load(); }, []);
  useEffect(() => {
    if (text === null) return undefined;
    let old = false;
    const timer = setTimeout(async () => { try { const answer = await post('/v1/policy/check', text, 'application/yaml'); if (!old) setCheck(answer); } catch (error) { setSaid({ error }); } }, 200);
    return () => { old = true; clearTimeout(timer); };
  }, [text]);
  const activate = async () => {
    try { await put('/v1/policy', text, 'application/yaml'); setSaid({ text: 'It is in force from this moment on, and in the log.' }); load(); } catch (error) { setSaid({ error }); }
  };
  return html`<${Message} error=${said?.error} good>${said?.text}<//>
    ${text !== null && html`<div class="card wide editor">
      <${Editor} value=${text} onInput=${setText} fault=${check.valid ? 0 : lineOf(check.fault)} label="policy as YAML" />
      <p id="fault" class=${check.valid ? 'message good' : 'message bad'} role="status">${check.valid ? (text === kept ? 'This is the policy in force.' : 'It is valid, and not in force yet.') : check.fault}</p>
      <p class="row"><button class="primary" disabled=${!check.valid || text === kept} onClick=${activate}>Put in force</button><button disabled=${text === kept} onClick=${() => setText(kept)}>Back to the one in force</button></p></div>`}`;
}
