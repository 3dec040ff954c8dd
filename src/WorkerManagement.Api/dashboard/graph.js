// Who needs whom: layers from left to right, what is needed at the left. Workers without any edge are counted, not drawn; replicas with
// the same neighbours are one box.

import { $, h, s, glyph } from './dom.js';
import { byName, words, order } from './format.js';
import { workers } from './store.js';

const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [184, 44, 72, 14];
let drawn = '';

export function draw(open) {
  const view = $('view-graph');
  const nodes = group();
  const key = JSON.stringify([...nodes.values()].map(node => [node.id, node.state, node.names.length, [...node.needs]]));
  if (key === drawn) { return; }
  drawn = key;
  if (nodes.size === 0) {
    view.replaceChildren(h('p', { class: 'empty' }, workers.size === 0 ? 'No workers yet.' : 'No worker depends on another (depends_on in the configuration).'));
    return;
  }
  const columns = layers(nodes);
  const width = columns.length * (WIDTH + GAP_X) - GAP_X + 32;
  const height = Math.max(...columns.map(column => column.length)) * (HEIGHT + GAP_Y) - GAP_Y + 32;
  for (const [x, column] of columns.entries()) {
    const top = (height - (column.length * (HEIGHT + GAP_Y) - GAP_Y)) / 2;
    for (const [y, node] of column.entries()) { [node.x, node.y] = [16 + x * (WIDTH + GAP_X), top + y * (HEIGHT + GAP_Y)]; }
  }
  const edges = [...nodes.values()].flatMap(node => [...node.needs].map(([id, condition]) => edge(nodes.get(id), node, condition)));
  const alone = workers.size - [...nodes.values()].reduce((sum, node) => sum + node.names.length, 0);
  view.replaceChildren(
    h('div', { class: 'canvas' }, s('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Dependencies' },
      s('defs', {}, s('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' }, s('path', { d: 'M0 0.5 7.5 4 0 7.5z', class: 'tip' }))),
      edges, [...nodes.values()].map(node => box(node, open)))),
    h('p', { class: 'legend' }, 'An arrow leads from what is needed to who needs it.', alone > 0 ? ` ${alone} ${alone === 1 ? 'worker stands' : 'workers stand'} alone and ${alone === 1 ? 'is' : 'are'} not drawn.` : ''));
}

function group() {
  const needed = new Set([...workers.values()].flatMap(worker => Object.keys(worker.depends_on)));
  const part = [...workers.values()].filter(worker => needed.has(worker.name) || Object.keys(worker.depends_on).length > 0);
  const users = new Map(part.map(worker => [worker.name, []]));
  for (const worker of part) { for (const need of Object.keys(worker.depends_on)) { users.get(need)?.push(worker.name); } }
  const nodes = new Map();
  const place = new Map();
  for (const worker of part) {
    const id = `${worker.type}|${JSON.stringify(worker.depends_on)}|${users.get(worker.name).sort().join(' ')}`;
    const node = nodes.get(id) ?? { id, type: worker.type, names: [], states: [], needs: new Map(), dependsOn: worker.depends_on };
    node.names.push(worker.name);
    node.states.push(worker.state);
    nodes.set(id, node);
    place.set(worker.name, id);
  }
  for (const node of nodes.values()) {
    node.state = order.find(state => node.states.includes(state));
    for (const [need, condition] of Object.entries(node.dependsOn)) { if (place.has(need)) { node.needs.set(place.get(need), condition); } }
  }
  return nodes;
}

function layers(nodes) {
  const depth = node => node.depth ??= Math.max(-1, ...[...node.needs.keys()].map(id => depth(nodes.get(id)))) + 1;
  const columns = [];
  for (const node of nodes.values()) { (columns[depth(node)] ??= []).push(node); }
  // Beside what they need: the mean place of it, once from left to right.
  for (const column of columns) {
    const mean = node => node.needs.size === 0 ? 0 : [...node.needs.keys()].reduce((sum, id) => sum + nodes.get(id).place, 0) / node.needs.size;
    column.sort((a, b) => mean(a) - mean(b) || byName(a.names[0], b.names[0]));
    for (const [i, node] of column.entries()) { node.place = (i + 0.5) / column.length; }
  }
  return columns;
}

function edge(from, to, condition) {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x - 1, to.y + HEIGHT / 2];
  const bend = Math.max(28, (x2 - x1) / 2);
  return s('path', { class: `edge ${condition}`, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, 'marker-end': 'url(#arrow)' }, s('title', {}, `${to.names[0]} needs ${from.names[0]}: ${condition}`));
}

function box(node, open) {
  const many = node.names.length > 1;
  const bases = new Set(node.names.map(name => name.replace(/-\d+$/, '')));
  const label = many ? `${bases.size === 1 ? [...bases][0] : node.type} × ${node.names.length}` : node.names[0];
  const up = node.states.filter(state => state === 'Running').length;
  const state = many ? `${up} of ${node.names.length} running` : words[node.state];
  const first = node.names[node.states.indexOf(node.state)];
  const icon = glyph(node.state);
  for (const [key, value] of Object.entries({ x: 12, y: 14, width: 16, height: 16 })) { icon.setAttribute(key, value); }
  return s('g', { class: 'box', transform: `translate(${node.x} ${node.y})`, role: 'button', tabindex: '0', onclick: () => open(first), onkeydown: event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); open(first); } } },
    s('rect', { width: WIDTH, height: HEIGHT, rx: 8 }), icon,
    s('text', { x: 38, y: 19, class: 'label' }, label.length > 20 ? `${label.slice(0, 19)}…` : label), s('text', { x: 38, y: 34, class: `small s-${node.state}` }, state));
}
