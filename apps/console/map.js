// SPDX-License-Identifier: Apache-2.0
// console/map.js - the space of items, flattened to two dimensions, and where somebody's taste stands in it over three time scales.
import { useMemo, useState } from 'preact/hooks';
import { get, id } from './api.js';
import { html, percent, useLoaded } from './parts.js';

export const scaleNames = { long_term: 'long term', recent: 'these days', session: 'this session' };
const mediaColours = ['--relevance', '--calibration', '--control', '--novelty', '--business'];
const size = 200; // the map is a square of this many units, -1 … 1 of the items' coordinates

const at = (v) => ((Math.min(1.05, Math.max(-1.05, v)) + 1.08) / 2.16) * size;

function Points({ items, media }) {
  return useMemo(() => media.map((medium, i) => html`<path class="points" style=${`stroke:var(${mediaColours[i % mediaColours.length]})`} d=${items.filter((it) => it.medium === medium).map((it) => `M${at(it.x).toFixed(1)} ${at(-it.y).toFixed(1)}h0`).join('')} />`), [items]);
}

// marks: [{ x, y, item, title, kind: 'shown' | 'had' }]
export function TasteMap({ map, taste, marks = [] }) {
  const [near, setNear] = useState(null);
  const media = useMemo(() => [...new Set(map.items.map((it) => it.medium))], [map]);
  const scales = taste ? Object.keys(scaleNames).filter((s) => taste[s] && taste[s].x !== null && taste[s].x !== undefined && taste[s].share > 0) : [];
  // Moving over it tells the item next to the pointer; each is a link in the catalogue, so nothing is told here alone.
  const move = (e) => {
    const box = e.currentTarget.getBoundingClientRect(), x = ((e.clientX - box.left) / box.width) * 2.16 - 1.08, y = -(((e.clientY - box.top) / box.height) * 2.16 - 1.08);
    let best = null, distance = 0.006;
    for (const it of map.items) { const d = (it.x - x) ** 2 + (it.y - y) ** 2; if (d < distance) { distance = d; best = it; } }
    setNear(best);
  };
  return html`<figure class="map"><svg viewBox="0 0 ${size} ${size}" role="img" aria-label=${`map of ${map.items.length} items${scales.length ? `; taste: ${scales.map((s) => `${scaleNames[s]} ${percent(taste[s].share, 0)}`).join(', ')}` : ''}`} onPointerMove=${move} onPointerLeave=${() => setNear(null)} onClick=${() => near && (location.hash = `#/catalogue/${id(near.item)}`)}>
    <${Points} items=${map.items} media=${media} />
    ${marks.map((m) => html`<circle class=${`mark ${m.kind}`} cx=${at(m.x)} cy=${at(-m.y)} r=${m.kind === 'shown' ? 2.6 : 1.7}><title>${m.title || m.item}</title></circle>`)}
    ${scales.length > 1 && html`<path class="path" d=${`M${scales.map((s) => `${at(taste[s].x)} ${at(-taste[s].y)}`).join('L')}`} />`}
    ${scales.map((s) => html`<g class=${`taste ${s}`}><circle cx=${at(taste[s].x)} cy=${at(-taste[s].y)} r=${4 + 5 * Math.sqrt(taste[s].share)} /><text x=${at(taste[s].x)} y=${at(-taste[s].y) - 6 - 5 * Math.sqrt(taste[s].share)}>${scaleNames[s]}</text></g>`)}
    ${near && html`<circle class="near" cx=${at(near.x)} cy=${at(-near.y)} r="3" />`}</svg>
    <figcaption class="quiet">${near ? html`<strong>${near.title || near.item}</strong> ${near.medium}${near.tag ? `, ${near.tag}` : ''}` : html`${media.map((m, i) => html`<span class="key"><i class="swatch" style=${`background:var(${mediaColours[i % mediaColours.length]})`}></i>${m}</span>`)} ${marks.some((m) => m.kind === 'shown') ? html`<span class="key"><i class="swatch ring"></i>in the slate</span>` : ''}`}</figcaption></figure>`;
}

// The map does not change while a model is in force; it is fetched once for it.
let kept = null;
export function useMap(model) {
  return useLoaded(async () => {
    if (!kept || kept.of !== model) kept = { of: model, map: await get('/v1/map') };
    return kept.map;
  }, [model]);
}
