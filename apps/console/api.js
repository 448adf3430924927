// SPDX-License-Identifier: Apache-2.0
// console/api.js - requests to the service that served this page, with the key that the person gave.
//
// The key comes from the address (#key=…, taken out of it at once) or from the field on the page, and is kept for this tab alone.

const place = 'attune-key';

export function takeKeyFromAddress() {
  const match = location.hash.match(/[#&]key=(att_[0-9a-f]{64})/);
  if (!match) return;
  sessionStorage.setItem(place, match[1]);
  history.replaceState(null, '', location.pathname + '#/now');
}

export const setKey = (key) => sessionStorage.setItem(place, key.trim());

export class Problem extends Error {
  constructor(status, details) {
    super(details.detail || details.title || `status ${status}`);
    this.status = status;
    this.errors = details.errors || [];
  }
}

async function ask(method, path, body, type) {
  const headers = {};
  const key = sessionStorage.getItem(place);
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers['Content-Type'] = type;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body });
  } catch {
    throw new Problem(0, { detail: 'The service does not answer.' });
  }
  const text = await answer.text();
  const json = (answer.headers.get('Content-Type') || '').includes('json') && text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Problem(answer.status, json || { detail: text });
  return json ?? text;
}

export const get = (path) => ask('GET', path);
export const post = (path, value) => ask('POST', path, JSON.stringify(value), 'application/json');
export const postText = (path, text) => ask('POST', path, text, 'application/yaml');
export const putText = (path, text) => ask('PUT', path, text, 'application/yaml');
export const id = encodeURIComponent;
