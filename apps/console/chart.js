// SPDX-License-Identifier: Apache-2.0
// console/chart.js - curves with their intervals, over time or over any number, drawn by uPlot; the same figures as a table.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { html } from './parts.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const mixed = (name, share) => `color-mix(in srgb, ${colour(name)} ${share}%, transparent)`;
const utc = (t) => uPlot.tzDate(new Date(t * 1000), 'Etc/UTC');
const short = (text) => (text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text);
const clockOf = (t, step = 60) => new Date(t * 1000).toISOString().slice(11, step < 60 ? 19 : 16);
const dateOf = (t) => new Date(t * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const minute = (t) => !Number.isFinite(t) ? '–' : new Date(t * 1000).toISOString().replace('T', ' ').slice(5, 16);
const plain = (v) => (!Number.isFinite(v) ? '–' : Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(3));

// A chart is drawn anew when light turns to dark, so that its colours are the page's.
function useTheme() {
  const [dark, setDark] = useState(matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const turned = () => setDark(query.matches);
    query.addEventListener('change', turned);
    return () => query.removeEventListener('change', turned);
  }, []);
  return dark;
}

function drawMarks(u, marks) {
  const { ctx, bbox } = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour('--second');
  ctx.fillStyle = colour('--second');
  ctx.font = `${11 * ratio}px system-ui`;
  ctx.textAlign = 'left';
  ctx.lineWidth = ratio;
  let free = -Infinity; // names that would stand on one another are left out
  for (const { x, text } of marks) {
    const at = Math.round(u.valToPos(x, 'x', true));
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width;
    if (at > free && at + width + 4 * ratio < bbox.left + bbox.width) {
      ctx.fillText(text, at + 4 * ratio, bbox.top + 11 * ratio);
      free = at + width + 12 * ratio;
    }
  }
  ctx.restore();
}

// x: numbers, or seconds when `time`. lines: [{ label, values, colour: '--name', dash, low, high }]; low and high make a band.
// marks: [{ x, text }]. range: [least, most] of y, else from the values. zero: a line at zero.
export function Chart(options) {
  return options.x.length < 2 ? html`<p class="quiet">Two points make a line; there are not so many yet.</p>` : html`<${Plot} ...${options} />`;
}

function Plot({ label, x, lines, time, marks = [], range, zero, height = 210, format = plain, xLabel = time ? 'time (UTC)' : 'x', rows = 60 }) {
  const box = useRef(null);
  const chart = useRef(null);
  const marked = useRef(marks);
  marked.current = marks;
  const dark = useTheme();
  const drawn = lines.flatMap((l) => (l.low ? [l.values, l.low, l.high] : [l.values]));
  const data = [x, ...drawn];
  const form = lines.map((l) => l.label + (l.low ? '±' : '')).join('|');
  const last = x.length - 1;
  useEffect(() => {
    const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui', gap: 6 };
    const series = [{ label: xLabel, value: (u, v) => (time ? minute(v) : short(plain(v))) }];
    const bands = [];
    for (const l of lines) {
      series.push({ label: l.label, stroke: colour(l.colour), width: 2, dash: l.dash, points: { show: l.points || x.length < 3, size: 5, fill: colour(l.colour) }, spanGaps: true,
        value: (u, v, s, i) => format(v) + (l.low && i !== null && v !== null && v !== undefined && u.data[s + 1][i] !== null ? ` (${format(u.data[s + 1][i])} … ${format(u.data[s + 2][i])})` : '') });
      if (!l.low) continue;
      const at = series.length;
      for (const end of ['low', 'high']) series.push({ label: `${l.label}, ${end}`, stroke: mixed(l.colour, 0), width: 0, points: { show: false }, value: (u, v) => format(v), spanGaps: true });
      bands.push({ series: [at + 1, at], fill: mixed(l.colour, 18) });
    }
    chart.current = new uPlot({
      width: box.current.clientWidth, height, cursor: { y: false, points: { size: 6 } }, tzDate: time ? utc : undefined, bands,
      scales: { x: { time: !!time }, y: { range: (u, low, high) => range || [Math.min(low, zero ? 0 : low), high > low ? high + (high - low) * 0.08 : low + 1] } },
      axes: [{ ...axis, size: 34, space: time ? 64 : 40, ...(time ? { values: (u, ticks) => ticks.map((t, i) => (ticks.length > 1 && ticks[1] - ticks[0] >= 86400 ? dateOf(t) : i === 0 || dateOf(t) !== dateOf(ticks[i - 1]) ? `${clockOf(t, ticks[1] - ticks[0])}\n${dateOf(t)}` : clockOf(t, ticks[1] - ticks[0]))) } : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }) },
        { ...axis, size: 46, values: (u, ticks) => ticks.map((v) => (v === null ? '' : short(format(v)))) }],
      series,
      hooks: {
        draw: [(u) => {
          drawMarks(u, marked.current);
          if (!zero) return;
          const y = Math.round(u.valToPos(0, 'y', true));
          u.ctx.save(); u.ctx.strokeStyle = colour('--quiet'); u.ctx.lineWidth = devicePixelRatio; u.ctx.beginPath();
          u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke(); u.ctx.restore();
        }],
        setCursor: [(u) => { if (u.cursor.idx === null || u.cursor.idx === undefined) u.setLegend({ idx: u.data[0].length - 1 }, false); }],
      },
    }, data, box.current);
    chart.current.setLegend({ idx: last }, false);
    series.forEach((one, i) => { if (one.width === 0) chart.current.root.querySelectorAll('.u-series')[i].hidden = true; }); // ends of bands
    const fit = new ResizeObserver(() => { if (box.current) chart.current.setSize({ width: box.current.clientWidth, height }); });
    fit.observe(box.current);
    return () => { fit.disconnect(); chart.current.destroy(); chart.current = null; };
  }, [dark, form, time, height]);
  useEffect(() => {
    if (!chart.current) return;
    chart.current.setData(data);
    if (chart.current.cursor.left < 0 || chart.current.cursor.left === undefined) chart.current.setLegend({ idx: last }, false);
  });
  const from = Math.max(0, x.length - rows);
  return html`<div class="chart"><div class="plot" ref=${box} role="img" aria-label=${label}></div>
    <details class="figures"><summary>The figures</summary><div class="scroll"><table><thead><tr><th scope="col">${xLabel}</th>${lines.map((l) => html`<th scope="col" class="number">${l.label}</th>`)}</tr></thead>
      <tbody>${x.slice(from).map((v, i) => html`<tr><td>${time ? minute(v) : short(plain(v))}</td>${lines.map((l) => html`<td class="number">${format(l.values[from + i])}${l.low && l.low[from + i] !== null ? html` <span class="quiet">${format(l.low[from + i])} … ${format(l.high[from + i])}</span>` : ''}</td>`)}</tr>`)}</tbody></table></div></details></div>`;
}

// An interval on a line of its own, with what it is to be held against (`least`, or zero).
export function Interval({ low, high, value, from, to, least, good }) {
  if (low === null || low === undefined) return html`<span class="quiet">too early</span>`;
  const at = (v) => Math.min(100, Math.max(0, ((v - from) / (to - from)) * 100));
  return html`<span class="interval ${good > 0 ? 'good' : good < 0 ? 'bad' : ''}" role="img" aria-label="${plain(value)}, interval ${plain(low)} to ${plain(high)}">
    <i style="left:${at(0)}%"></i>${least !== undefined && html`<i class="least" style="left:${at(least)}%"></i>`}
    <span style="left:${at(low)}%;width:${Math.max(0.6, at(high) - at(low))}%"></span><b style="left:${at(value)}%"></b></span>`;
}
