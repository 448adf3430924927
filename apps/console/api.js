// SPDX-License-Identifier: Apache-2.0
// console/api.js - requests to the service that served this page, with the key that the person gave.
//
// The key comes from the address (#key=…, taken out of it at once) or from the field on the page, and is kept for this tab alone.

const place = 'attune-key';

// Was there one?
export function takeKeyFromAddress() {
  const match = location.hash.match(/[#&]key=(att_[0-9a-f]{64})/);
  if (!match) return false;
  sessionStorage.setItem(place, match[1]);
  history.replaceState(null, '', location.pathname + '#/');
  return true;
}

export const setKey = (key) => sessionStorage.setItem(place, key.trim());
export const hasKey = () => !!sessionStorage.getItem(place);

export class Problem extends Error {
  constructor(status, details) {
    super(details.detail || details.title || `status ${status}`);
    this.status = status;
    this.errors = details.errors || [];
  }
}

function send(method, path, body, type, signal) {
  const headers = {};
  const key = sessionStorage.getItem(place);
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers['Content-Type'] = type;
  return fetch(path, { method, headers, body, signal });
}

async function ask(method, path, body, type) {
  let answer, text;
  try {
    answer = await send(method, path, body, type);
    text = await answer.text();
  } catch {
    throw new Problem(0, { detail: 'The service does not answer.' });
  }
  const json = (answer.headers.get('Content-Type') || '').includes('json') && text && !(answer.headers.get('Content-Type') || '').includes('ndjson') ? JSON.parse(text) : null;
  if (!answer.ok) throw new Problem(answer.status, json || { detail: text });
  return json ?? text;
}

// What is no text: sound.
export async function bytes(path) {
  const answer = await send('GET', path).catch(() => { throw new Problem(0, { detail: 'The service does not answer.' }); });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer.blob();
}

export const get = (path) => ask('GET', path);
export const del = (path) => ask('DELETE', path);
export const post = (path, value, type = 'application/json') => ask('POST', path, type === 'application/json' ? JSON.stringify(value) : value, type);
export const put = (path, value, type = 'application/json') => ask('PUT', path, type === 'application/json' ? JSON.stringify(value) : value, type);
export const id = encodeURIComponent;

// Server-sent events, read by fetch, since an EventSource cannot send a key. Returns when the stream ends.
export async function listen(path, see, signal) {
  const answer = await send('GET', path, undefined, undefined, signal);
  if (!answer.ok) throw new Problem(answer.status, {});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split('\n').filter((l) => l.startsWith('data:')).map((l) => l.slice(5)).join('\n');
      if (data) see(JSON.parse(data));
    }
  }
}
