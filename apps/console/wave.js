// SPDX-License-Identifier: Apache-2.0
// console/wave.js - how a sound looks: its peaks over time, with what the analyser heard in it and what its plan says. A click plays from there.
import { html, many } from './parts.js';

export const time = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;
const width = 800;
const outline = (peaks, half) => `M0 ${half} ${peaks.map((p, i) => `L${((i * width) / peaks.length).toFixed(1)} ${(half - (p / 1000) * half).toFixed(1)}`).join(' ')} L${width} ${half} ${[...peaks].reverse().map((p, i) => `L${(width - (i * width) / peaks.length).toFixed(1)} ${(half + (p / 1000) * half).toFixed(1)}`).join(' ')} Z`;
const place = (e, seconds) => { const box = e.currentTarget.getBoundingClientRect(); return Math.max(0, Math.min(1, (e.clientX - box.left) / box.width)) * seconds; };

// Peaks alone, of one track of several.
export function Peaks({ peaks, seconds, at, label, onSeek }) {
  const x = (at / (seconds || 1)) * width;
  return html`<svg class="peaks-of" viewBox=${`0 0 ${width} 48`} preserveAspectRatio="none" role="img" aria-label=${label} onClick=${(e) => onSeek(place(e, seconds))}><path class="peaks" d=${outline(peaks, 24)} /><line class="head" x1=${x} x2=${x} y1="0" y2="48" /></svg>`;
}

// Sections are the plan's where it was planned, otherwise those that the analyser hears.
const sectionsOf = (analysis, plan) => (plan && plan.sections ? plan.sections : (analysis.sections || []).map((s) => ({ kind: s.label, from_s: s.begin_s, to_s: s.end_s })));

export function Wave({ analysis, plan, at, onSeek }) {
  const peaks = analysis.waveform || [], seconds = analysis.seconds || 1, half = 60, sections = sectionsOf(analysis, plan);
  const x = (s) => (s / seconds) * width;
  return html`<div class="wave"><svg viewBox="0 0 ${width} ${2 * half + 24}" preserveAspectRatio="none" role="img" aria-label=${`waveform of ${time(seconds)}: ${sections.map((s) => `${s.kind} from ${time(s.from_s)}`).join(', ') || 'one section'}; ${many((analysis.bars || []).length, 'bar', 'bars')} heard`}
      onClick=${(e) => onSeek(place(e, seconds))}>
      ${sections.map((s, i) => html`<rect class=${`section ${i % 2 ? 'odd' : ''}`} x=${x(s.from_s)} width=${Math.max(0, x(Math.min(s.to_s, seconds)) - x(s.from_s))} y="0" height=${2 * half} />`)}
      <path class="peaks" d=${outline(peaks, half)} />
      ${(analysis.beats || []).map((s) => html`<line class="beat" x1=${x(s)} x2=${x(s)} y1=${2 * half + 4} y2=${2 * half + 10} />`)}
      ${(analysis.bars || []).map((s) => html`<line class="bar" x1=${x(s)} x2=${x(s)} y1=${2 * half + 4} y2=${2 * half + 20} />`)}
      <line class="head" x1=${x(at)} x2=${x(at)} y1="0" y2=${2 * half + 24} /></svg>
    <ol class="sections">${sections.map((s) => html`<li style=${`flex-grow:${Math.max(0.1, s.to_s - s.from_s)}`}><button class="plain" onClick=${() => onSeek(s.from_s)} aria-current=${at >= s.from_s && at < s.to_s ? 'true' : null}>${s.kind}</button></li>`)}</ol></div>`;
}
