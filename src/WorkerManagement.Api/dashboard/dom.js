// Elements are made here alone. Text goes in as text: no markup is ever parsed.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) { continue; }
    if (key.startsWith('on')) { element.addEventListener(key.slice(2), value); }
    else { element.setAttribute(key, value === true ? '' : value); }
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);

export const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

export const $ = id => document.getElementById(id);

/** Writes only what changed: the browser then has nothing to do for the rest. */
export function text(element, value) {
  if (element.textContent !== value) { element.textContent = value; }
}

export function glyph(state) {
  return s('svg', { class: `glyph s-${state}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('use', { href: `#g-${state}` }));
}

export function setGlyph(svg, state) {
  if (svg.dataset.state !== state) {
    svg.dataset.state = state;
    svg.setAttribute('class', `glyph s-${state}`);
    svg.firstChild.setAttribute('href', `#g-${state}`);
  }
}

/** Points of a line through values, in a box of the given size. */
export function path(values, width, height, top) {
  if (values.length < 2) { return ''; }
  const max = Math.max(top ?? 0, ...values, 1e-9);
  const step = width / (values.length - 1);
  return values.map((value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(height - 1 - value / max * (height - 2)).toFixed(1)}`).join('');
}

export function say(message) { $('said').textContent = message; }
