// SPDX-License-Identifier: Apache-2.0
// console/policy.js - the policy in force, edited in place: checked as you type, put in force by a button.
import { useEffect, useState } from 'preact/hooks';
import { get, postText, putText } from './api.js';
import { Message, html } from './parts.js';

export function Policy() {
  const [text, setText] = useState(null);
  const [kept, setKept] = useState('');
  const [check, setCheck] = useState({ valid: true });
  const [said, setSaid] = useState(null);
  const load = async () => { try { const yaml = await get('/v1/policy'); setText(yaml); setKept(yaml); } catch (error) { setSaid({ error }); } };
  useEffect(() => { load(); }, []);
  useEffect(() => {
    if (text === null) return undefined;
    const timer = setTimeout(async () => { try { setCheck(await postText('/v1/policy/check', text)); } catch (error) { setSaid({ error }); } }, 250);
    return () => clearTimeout(timer);
  }, [text]);
  const activate = async () => {
    try { await putText('/v1/policy', text); setSaid({ text: 'It is in force from this moment on, and in the log.' }); load(); } catch (error) { setSaid({ error }); }
  };
  const line = check.fault && Number((check.fault.match(/:(\d+):/) || check.fault.match(/line (\d+)/) || [])[1]);
  return html`<h1>Policy</h1><${Message} error=${said?.error}>${said?.text}<//>
    ${text !== null && html`<div class="card wide editor">
      <textarea spellcheck="false" aria-label="policy as YAML" aria-invalid=${!check.valid} value=${text} onInput=${(e) => setText(e.target.value)}></textarea>
      <p class=${check.valid ? 'message good' : 'message bad'} role="status">${check.valid ? (text === kept ? 'This is the policy in force.' : 'It is valid, and not in force yet.') : check.fault}${line ? html` <span class="quiet">(line ${line})</span>` : ''}</p>
      <p><button class="primary" disabled=${!check.valid || text === kept} onClick=${activate}>Put in force</button> <button disabled=${text === kept} onClick=${() => setText(kept)}>Back to the one in force</button></p></div>`}`;
}
