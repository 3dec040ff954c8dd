// One worker: what it is, why, what it uses, who belongs to it, what it says, how it died.

import { $, h, s, glyph, setGlyph, text, path } from './dom.js';
import { get, getJson, post } from './api.js';
import { bytes, clock, duration, exit, percent, words } from './format.js';
import { workers, usage, history, incidents, now, remember } from './store.js';
import { askStop, askRestart } from './stop.js';
import { LogView } from './logs.js';

let view = null;

export const openName = () => view?.name ?? null;

export function close() {
  view?.log.close();
  view = null;
  $('detail').hidden = true;
  $('detail').replaceChildren();
  $('body').classList.remove('split');
}

export function searchLog() { view?.log.search.focus(); }

export function show(name, { onClose, onOpen }) {
  if (view?.name === name) { return; }
  close();
  const chart = label => { const line = s('path', { class: 'line' }); const area = s('path', { class: 'area' }); const value = h('strong'); const most = h('span', { class: 'muted' }); return { line, area, value, most, element: h('figure', { class: 'chart' }, h('figcaption', {}, label, value, most), s('svg', { viewBox: '0 0 300 48', preserveAspectRatio: 'none', role: 'img', 'aria-label': `${label} over the last two minutes` }, area, line)) }; };
  const act = (label, look, run) => h('button', { type: 'button', class: look, onclick: run }, label);
  const start = async () => { try { await post(`v1/workers/${encodeURIComponent(name)}/start`); fail(''); } catch (problem) { fail(problem.message); } };
  view = {
    name, onOpen, glyph: glyph('Stopped'), state: h('span', { class: 'word' }), since: h('span', { class: 'muted' }), why: h('p', { class: 'why' }), wrong: h('p', { class: 'wrong', role: 'alert', hidden: true }),
    start: act('Start', 'primary', start), restart: act('Restart…', '', () => askRestart(name)), stop: act('Stop…', 'danger', () => askStop(name)),
    facts: h('dl', { class: 'facts' }), timeline: h('div', { class: 'timeline', role: 'img' }), span: h('p', { class: 'span muted' }), cpu: chart('CPU'), memory: chart('Memory'),
    members: h('div', { class: 'members' }), capsules: h('section', { class: 'capsules', hidden: true }), incidents: h('ul', { class: 'events' }), log: new LogView(name), last: '',
  };
  const section = (title, ...children) => h('section', {}, h('h3', {}, title), ...children);
  const detail = $('detail');
  detail.setAttribute('aria-label', `Worker ${name}`);
  detail.replaceChildren(
    h('header', {}, h('div', { class: 'naming' }, view.glyph, h('h2', { tabindex: '-1' }, name), view.state, view.since),
      h('div', { class: 'acts' }, view.start, view.restart, view.stop, h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', title: 'Close (Esc)', onclick: onClose }, '✕'))),
    view.why, view.wrong,
    section('States', view.timeline, view.span),
    h('div', { class: 'charts' }, view.cpu.element, view.memory.element),
    section('Output', view.log.element),
    view.capsules,
    section('Facts', view.facts),
    section('Processes', view.members),
    section('Incidents', view.incidents));
  detail.hidden = false;
  $('body').classList.add('split');
  update();
  earlier(name);
  capsules(name);
}

/** The manager is there again: what it says is followed again. */
export function resume() {
  served = null;
  if (view?.log.ended) {
    const old = view.log;
    view.log = new LogView(view.name);
    old.element.replaceWith(view.log.element);
  }
}

function fail(message) { view.wrong.hidden = message === ''; text(view.wrong, message); }

export function update() {
  if (!view) { return; }
  const worker = workers.get(view.name);
  if (!worker) {
    text(view.state, 'Gone');
    text(view.why, 'It left the registry.');
    return;
  }
  setGlyph(view.glyph, worker.state);
  view.state.className = `word s-${worker.state}`;
  text(view.state, words[worker.state]);
  text(view.since, `for ${duration(now() - worker.since)}`);
  text(view.why, worker.status_text ? `${worker.status_text} — ${worker.why}` : worker.why);
  view.start.hidden = worker.desired === 'up' && worker.state !== 'GaveUp';
  view.restart.hidden = !worker.managed || worker.desired === 'down';
  view.start.disabled = !worker.managed;
  view.stop.hidden = worker.desired === 'down' && !worker.alive;
  facts(worker);
  timeline(worker);
  const used = worker.alive ? usage.get(worker.name) : null;
  draw(view.cpu, used?.cpu ?? [], percent, 0.05);
  draw(view.memory, used?.memory ?? [], bytes, 0);
  members(worker, used?.members ?? []);
  const mine = incidents.filter(incident => incident.worker === worker.name).slice(-8).reverse();
  keep('incidents', view.incidents, mine.length > 0 ? mine.map(one => [clock(one.at), one.kind, one.reason]) : [['', '', 'None.']], ([at, kind, reason]) => h('li', {}, at ? h('time', {}, at) : null, kind ? h('span', { class: 'kind' }, kind) : null, h('span', {}, reason)));
}

// Made again only when it says something else.
function keep(what, element, data, make) {
  const key = JSON.stringify(data);
  if (element.dataset.key !== key) {
    element.dataset.key = key;
    element.replaceChildren(...data.map(make));
  }
}

function draw(chart, values, unit, top) {
  const line = path(values, 300, 48, Math.max(top, 1.25 * Math.max(0, ...values)));
  chart.line.setAttribute('d', line);
  chart.area.setAttribute('d', line && `${line}L300 48L0 48Z`);
  text(chart.value, values.length ? unit(values.at(-1)) : '–');
  text(chart.most, values.length > 1 ? `most ${unit(Math.max(...values))}` : '');
}

function facts(worker) {
  const needs = Object.entries(worker.depends_on);
  const users = [...workers.values()].filter(other => Object.hasOwn(other.depends_on, worker.name)).map(other => other.name);
  const data = [
    ['Type', worker.type], ['Pid', worker.alive && worker.pid ? String(worker.pid) : '–'], ['Incarnation', String(worker.incarnation)], ['Restarts', String(worker.restarts)],
    ['Started', worker.started_at ? clock(worker.started_at) : '–'], ['Ready', worker.ready ? 'yes' : 'no'], ['Health', worker.health], ['Wanted', worker.desired],
    ['Contained by', worker.containment], ['Managed', worker.managed ? 'yes' : 'no: registered'],
    ...(worker.exit ? [['Last end', `${exit(worker.exit)}, ${clock(worker.exit.at)}`], ['It used', `${duration(worker.exit.user_seconds + worker.exit.system_seconds)} CPU, ${bytes(worker.exit.peak_memory_bytes)} at most`]] : []),
    ...(needs.length ? [['Needs', needs.map(([name, condition]) => ({ name, more: ` ${condition}` }))]] : []),
    ...(users.length ? [['Needed by', users.slice(0, 20).map(name => ({ name, more: '' }))]] : []),
    ...Object.entries(worker.metadata),
  ];
  keep('facts', view.facts, data, ([key, value]) => h('div', {}, h('dt', {}, key), h('dd', {}, Array.isArray(value) ? value.map(one => h('span', { class: 'need' }, h('button', { type: 'button', class: 'link', onclick: () => view.onOpen(one.name) }, one.name), one.more)) : value)));
}

function timeline(worker) {
  const moments = history.get(worker.name) ?? [];
  const end = now();
  const begin = Math.max(moments[0]?.at ?? end, end - 900);
  const width = Math.max(end - begin, 1);
  const parts = moments.map((moment, i) => ({ ...moment, from: Math.max(moment.at, begin), to: moments[i + 1]?.at ?? end })).filter(part => part.to > begin);
  const key = `${parts.length} ${Math.floor(end)}`;
  if (key === view.last) { return; }
  view.last = key;
  view.timeline.replaceChildren(...parts.map(part => {
    const element = h('span', { class: `b-${part.state}`, title: `${clock(part.at)} ${words[part.state]}: ${part.why}` });
    element.style.flexGrow = String(Math.max((part.to - part.from) / width, 0.004));
    return element;
  }));
  view.timeline.setAttribute('aria-label', `States: ${parts.slice(-6).map(part => `${words[part.state]} since ${clock(part.at)}`).join(', ')}`);
  text(view.span, `${clock(begin)} to now; ${['no change', '1 change'][parts.length - 1] ?? `${parts.length - 1} changes`}`);
}

function members(worker, list) {
  if (list.length === 0) {
    keep('members', view.members, [worker.alive ? 'Looking…' : 'No process.'], line => h('p', { class: 'muted' }, line));
    return;
  }
  const known = new Set(list.map(member => member.pid));
  const below = parent => list.filter(member => member.ppid === parent);
  const rows = [];
  const walk = (member, depth) => { rows.push([depth, member.name, member.pid, member.cpu_seconds, member.rss_bytes]); for (const child of below(member.pid)) { walk(child, depth + 1); } };
  for (const root of list.filter(member => !known.has(member.ppid))) { walk(root, 0); }
  keep('members', view.members, [rows], all => h('table', {}, h('thead', {}, h('tr', {}, ['Program', 'Pid', 'CPU', 'Memory'].map(title => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, all.map(([depth, name, pid, cpu, memory]) => h('tr', {}, h('td', {}, `${depth > 0 ? `${'  '.repeat(depth - 1)}└ ` : ''}${name}`), h('td', {}, String(pid)), h('td', {}, duration(cpu)), h('td', {}, bytes(memory)))))));
}

// What this manager has, by its own description: not each keeps a journal or capsules.
let served = null;
const has = async path => (await (served ??= getJson('v1/openapi.json').then(document => document.paths, () => { served = null; return {}; })))[path] !== undefined;

async function earlier(name) {
  if (!await has('/v1/journal')) { return; }
  try {
    const lines = (await (await get(`v1/journal?since=15m&worker=${encodeURIComponent(name)}`)).text()).trim().split('\n').filter(line => line !== '');
    remember(name, lines.map(line => JSON.parse(line)).filter(record => record.status).map(record => ({ at: record.status.since, state: record.status.state, why: record.status.why })));
  } catch { /* shown is what happened since the page was opened */ }
}

async function capsules(name) {
  if (!await has('/v1/capsules')) { return; }
  let list;
  try { list = (await getJson(`v1/capsules?worker=${encodeURIComponent(name)}`)).capsules; } catch { return; }
  if (view?.name !== name || list.length === 0) { return; }
  view.capsules.hidden = false;
  view.capsules.replaceChildren(h('h3', {}, 'Crashes'), ...list.slice(0, 10).map(one => {
    const body = h('div', { class: 'capsule' });
    return h('details', { ontoggle: event => { if (event.target.open && !body.hasChildNodes()) { capsule(one.id, body); } } },
      h('summary', {}, h('time', {}, clock(one.at)), ` ${one.how}`, h('span', { class: 'muted' }, ` run ${one.incarnation}; then ${words[one.then] ?? one.then}`)), body);
  }));
}

async function capsule(id, body) {
  try {
    const all = await getJson(`v1/capsules/${encodeURIComponent(id)}`);
    body.replaceChildren(h('p', {}, all.why), h('p', { class: 'muted' }, `${all.members_killed} members killed; ${all.command.join(' ')}`), h('pre', { tabindex: '0', 'aria-label': 'Last output' }, all.output.join('\n') || 'no output'),
      h('ul', { class: 'events' }, all.timeline.map(moment => h('li', {}, h('time', {}, clock(moment.at)), h('span', { class: 'kind' }, words[moment.state] ?? moment.state), h('span', {}, moment.why)))));
  } catch (problem) { body.replaceChildren(h('p', { class: 'wrong' }, problem.message)); }
}
