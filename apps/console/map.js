// SPDX-License-Identifier: Apache-2.0
// console/map.js - the space of items, flattened to two dimensions, and where somebody's taste stands in it over three time scales.
import { useMemo, useState } from 'preact/hooks';
import { get, id } from './api.js';
import { html, percent, useLoaded } from './parts.js';

export const scaleNames = { long_term: 'long term', recent: 'these days', session: 'this session' };
const hues = [195, 30, 340, 110, 265, 55, 5, 160, 225, 300]; // each tag's, at the same lightness
const size = 200, edge = 8; // the map is a square of this many units
const shown = 1500; // items at most: those that people met most

// All but the outermost hundredth of the items on either side fill the square, with both axes to the same scale.
function framing(items) {
  const middle = (values) => { const sorted = values.sort((a, b) => a - b), of = (share) => sorted[Math.round(share * (sorted.length - 1))] || 0; return { centre: (of(0.01) + of(0.99)) / 2, half: (of(0.99) - of(0.01)) / 2 }; };
  const x = middle(items.map((it) => it.x)), y = middle(items.map((it) => it.y)), half = Math.max(x.half, y.half, 1e-6);
  const place = (v) => size / 2 + Math.min(1.05, Math.max(-1.05, v / half)) * (size / 2 - edge);
  return { x: (v) => +place(v - x.centre).toFixed(1), y: (v) => +place(y.centre - v).toFixed(1) };
}

// The tags that most items carry first; the others share one quiet colour.
function groupsOf(items) {
  const counts = {};
  for (const it of items) if (it.tag) counts[it.tag] = (counts[it.tag] || 0) + 1;
  const named = Object.entries(counts).sort((a, b) => b[1] - a[1]).slice(0, hues.length).map(([tag], i) => ({ tag, colour: `hsl(${hues[i]} 48% 52%)` }));
  return [{ tag: null, colour: 'var(--quiet)' }, ...named].map((g) => ({ ...g, items: items.filter((it) => (g.tag ? it.tag === g.tag : !named.some((n) => n.tag === it.tag))) })).filter((g) => g.items.length);
}

const Points = ({ groups, at }) => useMemo(() => groups.map((g) => html`<path class=${`points ${g.tag ? '' : 'others'}`} style=${`stroke:${g.colour}`} d=${g.items.map((it) => `M${at.x(it.x)} ${at.y(it.y)}h0`).join('')} />`), [groups]);

// marks: [{ x, y, item, title, kind: 'in-slate' | 'had' }]
export function TasteMap({ map, taste, marks = [] }) {
  const [near, setNear] = useState(null);
  const groups = useMemo(() => groupsOf(map.items), [map]), at = useMemo(() => framing(map.items), [map]);
  const points = taste ? taste.points.filter((p) => p.scale !== 'now').map((p) => ({ ...p, key: p.scale.replace('-', '_') })) : [];
  const now = taste && taste.points.find((p) => p.scale === 'now');
  // Moving over it tells the item next to the pointer; each is a link in the catalogue, so nothing is told here alone.
  const move = (e) => {
    const box = e.currentTarget.getBoundingClientRect(), x = ((e.clientX - box.left) / box.width) * size, y = ((e.clientY - box.top) / box.height) * size;
    let best = null, distance = 40;
    for (const it of map.items) { const d = (at.x(it.x) - x) ** 2 + (at.y(it.y) - y) ** 2; if (d < distance) { distance = d; best = it; } }
    setNear(best);
  };
  return html`<figure class="map"><svg viewBox="0 0 ${size} ${size}" role="img" aria-label=${`map of ${map.items.length} items${points.length ? `; taste: ${points.map((p) => `${scaleNames[p.key]} ${percent(p.share, 0)}`).join(', ')}` : ''}`} onPointerMove=${move} onPointerLeave=${() => setNear(null)} onClick=${() => near && (location.hash = `#/catalogue/${id(near.item)}`)}>
    <${Points} groups=${groups} at=${at} />
    ${marks.map((m) => html`<circle class=${`mark ${m.kind}`} cx=${at.x(m.x)} cy=${at.y(m.y)} r=${m.kind === 'in-slate' ? 2.6 : 1.8}><title>${m.title || m.item}</title></circle>`)}
    ${points.length > 1 && html`<path class="path" d=${`M${points.map((p) => `${at.x(p.x)} ${at.y(p.y)}`).join('L')}`} />`}
    ${points.map((p, i) => html`<g class=${`taste ${p.key}`}><circle cx=${at.x(p.x)} cy=${at.y(p.y)} r=${3 + 5 * Math.sqrt(p.share)} /><text x=${at.x(p.x)} y=${at.y(p.y) + (i % 2 ? 9 + 5 * Math.sqrt(p.share) : -5 - 5 * Math.sqrt(p.share))}>${scaleNames[p.key]}</text></g>`)}
    ${now && points.length > 1 && html`<path class="now" d=${`M${at.x(now.x) - 3} ${at.y(now.y)}h6M${at.x(now.x)} ${at.y(now.y) - 3}v6`}><title>here and now</title></path>`}
    ${near && html`<circle class="near" cx=${at.x(near.x)} cy=${at.y(near.y)} r="3" />`}</svg>
    <figcaption class="quiet">${near ? html`<strong>${near.title || near.item}</strong> ${near.tag || ''}` : html`${groups.filter((g) => g.tag).map((g) => html`<span class="key"><i class="swatch" style=${`background:${g.colour}`}></i>${g.tag}</span>`)} ${marks.some((m) => m.kind === 'in-slate') ? html`<span class="key"><i class="swatch ring"></i>in the slate</span>` : ''}`}</figcaption></figure>`;
}

// The map does not change while a model is in force; it is fetched once for it.
let kept = null;
export function useMap(model) {
  return useLoaded(async () => {
    if (!model) return null; // no model, no space
    if (kept && kept.of === model) return kept.map;
    const map = await get(`/v1/map?limit=${shown}`).catch(() => null);
    if (map) kept = { of: model, map };
    return map;
  }, [model]);
}
