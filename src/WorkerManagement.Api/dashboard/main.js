// Brings the parts together: the stream into the store, the store onto the screen, keys and clicks to the parts.

import { $, h, glyph, say, text } from './dom.js';
import { getJson, setToken, watch } from './api.js';
import { clock, order, words } from './format.js';
import * as store from './store.js';
import * as list from './list.js';
import * as graph from './graph.js';
import * as detail from './detail.js';
import { askStop, askRestart, askToken, showKeys } from './stop.js';

const USAGE_EVERY = 2000;
let view = 'list';
let connected = false;
let lastHeard = null;
let spoken = new Map();

function open(name) {
  location.hash = `#/worker/${encodeURIComponent(name)}`;
}

function closeDetail() {
  const name = detail.openName();
  history.replaceState(null, '', `${location.pathname}${location.search}#/${view}`);
  route();
  if (view === 'list' && name) { list.focus(name); }
}

function route() {
  const worker = /^#\/worker\/(.+)$/.exec(location.hash);
  const tab = /^#\/(list|graph|incidents)$/.exec(location.hash);
  if (worker) {
    const name = decodeURIComponent(worker[1]);
    detail.show(name, { onClose: closeDetail, onOpen: open });
    list.select(name);
    askUsage();
  } else {
    detail.close();
    list.select(null);
  }
  if (tab) { setView(tab[1]); }
}

function setView(next) {
  view = next;
  for (const tab of document.querySelectorAll('[role=tab]')) {
    const on = tab.dataset.view === next;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    $(`view-${tab.dataset.view}`).hidden = !on;
  }
  $('chips').hidden = next !== 'list';
  update();
}

function update() {
  chips();
  if (view === 'list') { list.update(); }
  if (view === 'graph') { graph.draw(open); }
  if (view === 'incidents') { incidents(); }
  detail.update();
  ending();
  speak();
  const m = store.manager;
  if (m) { text($('where'), m.state_directory); $('where').title = `manager ${m.pid}, guard ${m.guard_pid ?? 'not running'} (${m.guard_kind ?? '–'}), contained by ${m.containment}`; }
  const bad = [...store.workers.values()].filter(worker => worker.state === 'GaveUp' || worker.state === 'BackingOff').length;
  document.title = `${connected ? '' : '⚠ '}${bad > 0 ? `(${bad}) ` : ''}Workers`;
}

function chips() {
  const counts = new Map(order.map(state => [state, 0]));
  for (const worker of store.workers.values()) { counts.set(worker.state, counts.get(worker.state) + 1); }
  for (const [state, count] of counts) {
    let chip = $(`chip-${state}`);
    if (!chip) {
      chip = h('button', { type: 'button', class: 'chip', id: `chip-${state}`, 'aria-pressed': 'false', onclick: () => chip.setAttribute('aria-pressed', String(list.toggleState(state))) }, glyph(state), h('span', { class: 'count' }), words[state]);
      $('chips').append(chip);
    }
    text(chip.querySelector('.count'), String(count));
    chip.classList.toggle('none', count === 0);
  }
}

function incidents() {
  const panel = $('view-incidents');
  const key = `${store.incidents.length} ${store.incidents.at(-1)?.at}`;
  if (panel.dataset.key === key) { return; }
  panel.dataset.key = key;
  panel.replaceChildren(store.incidents.length === 0 ? h('p', { class: 'empty' }, 'Nothing happened that nobody asked for.') : h('ul', { class: 'events' }, [...store.incidents].reverse().map(one =>
    h('li', {}, h('time', {}, clock(one.at)), h('span', { class: 'kind' }, one.kind), one.worker ? h('button', { type: 'button', class: 'link', onclick: () => open(one.worker) }, one.worker) : null, h('span', {}, one.reason)))));
}

// The whole stop, whoever asked for it.
function ending() {
  const on = store.manager?.shutting_down ?? false;
  $('ending').hidden = !on;
  $('stop-all').disabled = on || !connected;
  if (!on) { return; }
  const all = [...store.workers.values()];
  const down = all.filter(worker => worker.state === 'Stopped' || worker.state === 'GaveUp').length;
  text($('ending-text'), `Stopping everything: ${down} of ${all.length} are down.`);
  $('ending-bar').max = all.length || 1;
  $('ending-bar').value = down;
}

// Only what is bad is spoken, and once.
function speak() {
  const bad = new Map([...store.workers.values()].filter(worker => worker.state === 'GaveUp' || worker.state === 'BackingOff').map(worker => [worker.name, worker.state]));
  const fresh = [...bad].filter(([name, state]) => spoken.get(name) !== state);
  spoken = bad;
  if (fresh.length > 0) { say(fresh.length > 3 ? `${fresh.length} workers are in trouble` : fresh.map(([name, state]) => `${name}: ${words[state]}`).join(', ')); }
}

async function askUsage() {
  const names = [...new Set([...(view === 'list' ? list.visible() : []), ...(detail.openName() ? [detail.openName()] : [])])].filter(name => store.workers.get(name)?.alive);
  if (document.hidden || !connected || names.length === 0) { return; }
  try { store.applyUsage(await getJson(`v1/usage?${names.map(name => `name=${encodeURIComponent(name)}`).join('&')}`)); } catch { /* the stream tells when the manager is gone */ }
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $('dialog').open) { return; }
  if (event.key === 'Escape') {
    if (event.target.matches('input')) { event.target.blur(); } else if (detail.openName()) { closeDetail(); }
    return;
  }
  if (event.target.closest('input, textarea')) { return; }
  const name = detail.openName() ?? (view === 'list' ? list.focusedName() : null);
  const act = {
    '/': () => $('search').focus(), '?': showKeys, 1: () => setView('list'), 2: () => setView('graph'), 3: () => setView('incidents'), l: detail.searchLog,
    s: () => name && askStop(name), r: () => name && askRestart(name), j: () => event.target === document.body && name && list.focus(name), ArrowDown: () => event.target === document.body && name && list.focus(name),
  }[event.key];
  if (act && !event.defaultPrevented) {
    if (event.key.length === 1) { event.preventDefault(); }
    act();
  }
}

function lost(why, pause) {
  if (connected) { lastHeard = store.now(); }
  connected = false;
  document.documentElement.classList.add('disconnected');
  $('lost').hidden = false;
  text($('lost'), `Disconnected${lastHeard ? ` since ${clock(lastHeard)}` : ''}: ${why}. ${lastHeard ? 'What is shown is old. ' : ''}Trying again in ${Math.round(pause / 1000) || 1} s.`);
  link('Disconnected', 'off');
  update();
}

function link(words, look) {
  text($('link'), words);
  $('link').className = `link ${look}`;
}

list.start(open);
store.onChange(update);
addEventListener('hashchange', route);
addEventListener('keydown', keys);
document.addEventListener('visibilitychange', () => { if (!document.hidden) { askUsage(); } });
$('search').addEventListener('input', () => { setView('list'); list.setText($('search').value); });
$('search').addEventListener('keydown', event => { if (event.key === 'ArrowDown' || event.key === 'Enter') { event.preventDefault(); if (list.focusedName()) { list.focus(list.focusedName()); } } });
$('help-button').addEventListener('click', showKeys);
$('stop-all').addEventListener('click', () => askStop(null));
for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.addEventListener('click', () => setView(tab.dataset.view));
  tab.addEventListener('keydown', event => {
    const other = { ArrowRight: tab.nextElementSibling ?? tab.parentElement.firstElementChild, ArrowLeft: tab.previousElementSibling ?? tab.parentElement.lastElementChild }[event.key];
    if (other) { event.preventDefault(); setView(other.dataset.view); other.focus(); }
  });
}
setInterval(askUsage, USAGE_EVERY);
setInterval(store.changed, 1000);
route();
watch({
  event: (kind, data) => { store.apply(kind, data); if (kind === 'status') { setTimeout(askUsage, 50); } },
  up: offset => {
    connected = true;
    store.setOffset(offset);
    document.documentElement.classList.remove('disconnected');
    $('lost').hidden = true;
    link('Live', 'on');
    detail.resume();
    store.changed();
  },
  down: lost,
  token: () => askToken(setToken),
});
