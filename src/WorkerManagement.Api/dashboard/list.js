// The list. Only the rows in sight exist: a thousand workers scroll as ten do. The row that has the focus is one tab stop; arrows move it.

import { $, h, s, text, setGlyph, glyph, path } from './dom.js';
import { age, byName, bytes, percent, words, order } from './format.js';
import { workers, usage, now } from './store.js';

const SPARE = 6;

const columns = [
  { key: 'name', label: 'Name', of: worker => worker.name },
  { key: 'state', label: 'State', of: worker => order.indexOf(worker.state) },
  { key: 'cpu', label: 'CPU', of: worker => -(usage.get(worker.name)?.cpu.at(-1) ?? -1) },
  { key: 'memory', label: 'Memory', of: worker => -(usage.get(worker.name)?.memory.at(-1) ?? -1) },
  { key: 'restarts', label: 'Restarts', of: worker => -worker.restarts },
  { key: 'pid', label: 'Pid', of: worker => worker.pid ?? 0 },
  { key: 'why', label: 'Why', of: worker => worker.why },
];

const filter = { text: '', states: new Set() };
let sorting = { key: 'state', down: false };
let shown = [];
let focused = null;
let selected = null;
let open = () => { };
const rows = new Map();

export function start(onOpen) {
  open = onOpen;
  for (const column of columns) {
    $('head').append(h('div', { role: 'columnheader', class: `c-${column.key}`, 'aria-sort': column.key === sorting.key ? 'ascending' : 'none' },
      h('button', { type: 'button', onclick: () => sort(column.key) }, column.label)));
  }
  $('scroll').addEventListener('scroll', render, { passive: true });
  new ResizeObserver(render).observe($('scroll'));
  $('list').addEventListener('keydown', keys);
}

export function setText(value) { filter.text = value.toLowerCase(); $('scroll').scrollTop = 0; update(); }

export function toggleState(state) {
  if (!filter.states.delete(state)) { filter.states.add(state); }
  update();
  return filter.states.has(state);
}

export function select(name) { selected = name; focused = name ?? focused; render(); }

/** Names in sight: what is worth asking the usage of. */
export const visible = () => [...rows.keys()];

export const focusedName = () => focused;

function sort(key) {
  sorting = { key, down: sorting.key === key && !sorting.down };
  for (const [i, head] of [...$('head').children].entries()) {
    head.setAttribute('aria-sort', columns[i].key === key ? (sorting.down ? 'descending' : 'ascending') : 'none');
  }
  update();
}

export function update() {
  const column = columns.find(one => one.key === sorting.key);
  const sign = sorting.down ? -1 : 1;
  shown = [...workers.values()]
    .filter(worker => (filter.states.size === 0 || filter.states.has(worker.state))
      && (filter.text === '' || `${worker.name} ${worker.type} ${worker.why}`.toLowerCase().includes(filter.text)))
    .map(worker => ({ worker, value: column.of(worker) }))
    .sort((a, b) => sign * (a.value < b.value ? -1 : a.value > b.value ? 1 : 0) || byName(a.worker.name, b.worker.name))
    .map(one => one.worker);
  const empty = $('empty');
  empty.hidden = shown.length > 0;
  text(empty, workers.size === 0 ? 'No workers yet. Start one, and it appears here.' : 'No worker fits the filter.');
  $('list').setAttribute('aria-rowcount', String(shown.length + 1));
  render();
}

const rowHeight = () => parseFloat(getComputedStyle($('list')).getPropertyValue('--row')) || 34;

function render() {
  const [scroll, space, height] = [$('scroll'), $('space'), rowHeight()];
  $('head').style.paddingRight = `${scroll.offsetWidth - scroll.clientWidth + parseFloat(getComputedStyle($('head')).paddingLeft)}px`;
  space.style.height = `${shown.length * height}px`;
  const first = Math.max(0, Math.floor(scroll.scrollTop / height) - SPARE);
  const last = Math.min(shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / height) + SPARE);
  if (!shown.some(worker => worker.name === focused)) { focused = shown[0]?.name ?? null; }
  const keep = new Set();
  for (let i = first; i < last; i++) {
    const worker = shown[i];
    keep.add(worker.name);
    let row = rows.get(worker.name);
    if (!row) {
      rows.set(worker.name, row = make(worker.name));
      space.append(row.element);
    }
    fill(row, worker, i, height);
  }
  for (const [name, row] of rows) {
    if (!keep.has(name)) {
      row.element.remove();
      rows.delete(name);
    }
  }
}

function make(name) {
  const cell = (key, ...children) => h('div', { role: 'gridcell', class: `c-${key}` }, ...children);
  const line = () => s('path', { class: 'line' });
  const row = {
    glyph: glyph('Stopped'), state: h('span', { class: 'word' }), since: h('span', { class: 'since' }), title: h('span', { class: 'title' }), type: h('span', { class: 'type' }),
    cpu: h('span'), memory: h('span'), cpuLine: line(), memoryLine: line(), restarts: cell('restarts'), pid: cell('pid'), why: cell('why'),
  };
  const spark = one => s('svg', { class: 'spark', viewBox: '0 0 60 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, one);
  row.element = h('div', { role: 'row', class: 'row', onclick: () => { focused = name; open(name); }, onfocus: () => { focused = name; } },
    cell('name', row.title, row.type), cell('state', row.glyph, row.state, row.since), cell('cpu', spark(row.cpuLine), row.cpu), cell('memory', spark(row.memoryLine), row.memory), row.restarts, row.pid, row.why);
  return row;
}

function fill(row, worker, index, height) {
  const element = row.element;
  element.style.transform = `translateY(${index * height}px)`;
  element.setAttribute('aria-rowindex', String(index + 2));
  element.setAttribute('aria-selected', String(worker.name === selected));
  element.tabIndex = worker.name === focused ? 0 : -1;
  element.dataset.state = worker.state;
  text(row.title, worker.name);
  text(row.type, worker.type === worker.name ? '' : worker.type);
  setGlyph(row.glyph, worker.state);
  row.state.className = `word s-${worker.state}`;
  text(row.state, words[worker.state]);
  text(row.since, age(now() - worker.since));
  text(row.restarts, worker.restarts === 0 ? '' : String(worker.restarts));
  text(row.pid, worker.alive && worker.pid ? String(worker.pid) : '');
  text(row.why, worker.status_text ? `${worker.status_text} (${worker.why})` : worker.why);
  const used = worker.alive ? usage.get(worker.name) : null;
  text(row.cpu, used?.cpu.length ? percent(used.cpu.at(-1)) : '');
  text(row.memory, used?.memory.length ? bytes(used.memory.at(-1)) : '');
  row.cpuLine.setAttribute('d', path(used?.cpu ?? [], 60, 18, 0.05));
  row.memoryLine.setAttribute('d', path(used?.memory ?? [], 60, 18, 1.4 * Math.max(0, ...used?.memory ?? [])));
}

/** Brings a row into sight and gives it the focus. */
export function focus(name) {
  const index = shown.findIndex(worker => worker.name === name);
  if (index < 0) { return; }
  const [scroll, height] = [$('scroll'), rowHeight()];
  focused = name;
  scroll.scrollTop = Math.min(index * height, Math.max(scroll.scrollTop, (index + 1) * height - scroll.clientHeight));
  render();
  rows.get(name)?.element.focus({ preventScroll: true });
}

function keys(event) {
  if (event.target.closest('.head') || event.ctrlKey || event.metaKey || event.altKey) { return; }
  const index = shown.findIndex(worker => worker.name === focused);
  const page = Math.max(1, Math.floor($('scroll').clientHeight / rowHeight()) - 1);
  const to = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: shown.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    const worker = shown[Math.min(shown.length - 1, Math.max(0, to))];
    if (worker) { focus(worker.name); }
  } else if ((event.key === 'Enter' || event.key === ' ') && focused) {
    event.preventDefault();
    open(focused);
  }
}
