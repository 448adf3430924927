// SPDX-License-Identifier: Apache-2.0
// console/parts.js - what several pages share: numbers, bars of terms, a chart over time, messages.
import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import htm from 'htm';
import uPlot from 'uplot';

export const html = htm.bind(h);

export const whole = (n) => (n ?? 0).toLocaleString('en');
export const percent = (x, digits = 1) => `${(100 * x).toFixed(digits)} %`;
export const signed = (x) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(3);
export const when = (text) => (text ? text.replace('T', ' ').slice(0, 16) : '–');
export const duration = (us) => (us < 1000 ? `${us} µs` : us < 1e6 ? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`);

export function Message({ error, children }) {
  if (!error && !children) return null;
  return html`<p class=${error ? 'message bad' : 'message'} role=${error ? 'alert' : 'status'}>${error ? error.message : children}</p>`;
}

// Runs `load` at once and whenever `keys` change, every `every` ms when given.
export function useLoaded(load, keys, every) {
  const [state, setState] = useState({});
  const turn = useRef(0);
  const again = async () => {
    const mine = ++turn.current;
    try {
      const value = await load();
      if (mine === turn.current) setState({ value });
    } catch (error) {
      if (mine === turn.current) setState((before) => ({ value: before.value, error }));
    }
  };
  useEffect(() => {
    again();
    if (!every) return undefined;
    const timer = setInterval(again, every);
    return () => clearInterval(timer);
  }, keys);
  return { ...state, again };
}

// The terms of a score: what lifts it to the right of the line, what lowers it to the left.
export const termNames = ['relevance', 'context', 'novelty', 'freshness', 'business', 'control', 'calibration', 'redundancy'];
export function TermBars({ terms, scale }) {
  const part = (sign) => termNames.map((name) => [name, terms[name] || 0]).filter(([, value]) => value * sign > 0);
  const piece = ([name, value]) => html`<span class="term term-${name}" style=${`width:${(Math.abs(value) / scale) * 100}%`}
    title="${name} ${signed(value)}"></span>`;
  return html`<div class="bars" role="img" aria-label=${termNames.filter((n) => terms[n]).map((n) => `${n} ${signed(terms[n])}`).join(', ')}>
    <div class="minus">${part(-1).map(piece)}</div><div class="plus">${part(1).map(piece)}</div></div>`;
}
export const Legend = () => html`<ul class="legend">${termNames.map((name) => html`<li><span class="swatch term-${name}"></span>${name}</li>`)}</ul>`;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// data: [times in s, values, values …]; lines: [{label, colour: '--name'}]
export function TimeChart({ data, lines, label }) {
  const box = useRef(null);
  const chart = useRef(null);
  useEffect(() => {
    const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
    chart.current = new uPlot({
      width: box.current.clientWidth, height: 180, cursor: { y: false }, legend: { show: true, live: true },
      scales: { y: { range: (u, low, high) => [0, Math.max(high * 1.15, 1)] } },
      axes: [axis, { ...axis, size: 52 }],
      series: [{ label: 'time' }, ...lines.map((l) => ({ label: l.label, stroke: colour(l.colour), width: 2, points: { show: false } }))],
    }, data, box.current);
    const fit = new ResizeObserver(() => chart.current.setSize({ width: box.current.clientWidth, height: 180 }));
    fit.observe(box.current);
    return () => { fit.disconnect(); chart.current.destroy(); };
  }, []);
  useEffect(() => { if (chart.current) chart.current.setData(data); }, [data]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${label}></div>`;
}
