// Stopping, restarting: first what would happen, then doing it with its progress, then how it went.

import { $, h, glyph, setGlyph, text, say } from './dom.js';
import { getJson, post } from './api.js';
import { duration, words } from './format.js';
import { workers, now, onChange } from './store.js';

let progress = null;

onChange(() => progress?.());

export function close() { if ($('dialog').open) { $('dialog').close(); } }

function show(...children) {
  const dialog = $('dialog');
  dialog.replaceChildren(...children);
  if (!dialog.open) { dialog.showModal(); }
}

$('dialog').addEventListener('close', () => { progress = null; });

/** target: a name, or null for everything. */
export async function askStop(target) {
  const title = target === null ? 'Stop all workers?' : `Stop ${target}?`;
  await ask(target, title, 'Stop', 'danger', timeout => post(`${target === null ? 'v1/stop' : `v1/workers/${encodeURIComponent(target)}/stop`}${timeout}`));
}

export async function askRestart(name) {
  await ask(name, `Restart ${name}?`, 'Restart', 'primary', timeout => post(`v1/workers/${encodeURIComponent(name)}/restart${timeout}`));
}

async function ask(target, title, verb, look, act) {
  let plan;
  try {
    plan = await getJson(target === null ? 'v1/plan' : `v1/plan?of=${encodeURIComponent(target)}`);
  } catch (problem) {
    show(h('h2', { id: 'dialog-title' }, title), h('p', { class: 'wrong' }, problem.message), buttons(h('button', { type: 'button', onclick: close, autofocus: true }, 'Close')));
    return;
  }
  // Of a name that is also a type the plan tells both.
  const waves = plan.waves.map(wave => target === null ? wave : wave.filter(worker => worker.name === target)).filter(wave => wave.length > 0);
  const all = waves.flat();
  const needing = target === null ? [] : [...workers.values()].filter(worker => worker.alive && Object.hasOwn(worker.depends_on, target)).map(worker => worker.name);
  const limit = h('input', { id: 'limit', type: 'text', inputmode: 'text', placeholder: 'as configured', pattern: '(\\d+(ms|s|m|h))+', size: 10 });
  const form = h('form', { method: 'dialog', onsubmit: event => { event.preventDefault(); run(all, verb, limit.value ? `?timeout=${encodeURIComponent(limit.value)}` : '', act); } },
    h('h2', { id: 'dialog-title' }, title),
    all.length === 0 ? h('p', {}, 'There is nothing to stop.') : null,
    h('ol', { class: 'waves' }, waves.map(wave => h('li', {}, h('ul', {}, group(wave).map(([label, ladder, members]) =>
      h('li', {}, h('strong', {}, label), h('span', { class: 'ladder' }, members === 0 ? '' : ladder), h('span', { class: 'muted' }, members === 0 ? 'down' : members === 1 ? '1 process' : `${members} processes`))))))),
    needing.length > 0 ? h('p', { class: 'note' }, `${needing.slice(0, 5).join(', ')}${needing.length > 5 ? ` and ${needing.length - 5} more` : ''} ${needing.length === 1 ? 'depends' : 'depend'} on it and will run on without it.`) : null,
    all.length > 0 ? h('p', { class: 'worst' }, 'At worst ', h('strong', {}, duration(plan.worst_case_seconds)), ' until force has done its work.') : null,
    h('p', { class: 'limit' }, h('label', { for: 'limit' }, 'Force after'), limit),
    buttons(h('button', { type: 'button', onclick: close, autofocus: true }, 'Cancel'), all.length > 0 ? h('button', { type: 'submit', class: look }, verb) : null));
  show(form);
}

const buttons = (...all) => h('div', { class: 'buttons' }, ...all);

// A hundred replicas are one line of the plan.
function group(wave) {
  if (wave.length <= 12) { return wave.map(worker => [worker.name, worker.ladder, worker.members]); }
  const groups = new Map();
  for (const worker of wave) {
    const key = `${worker.type}\0${worker.ladder}`;
    const known = groups.get(key) ?? { type: worker.type, ladder: worker.ladder, count: 0, members: 0 };
    groups.set(key, { ...known, count: known.count + 1, members: known.members + worker.members });
  }
  return [...groups.values()].map(one => [`${one.count} × ${one.type}`, one.ladder, one.members]);
}

async function run(planned, verb, query, act) {
  const began = now();
  const doing = verb === 'Stop' ? 'Stopping' : 'Restarting';
  const rows = planned.slice(0, 200).map(worker => ({ name: worker.name, glyph: glyph('Stopping'), word: h('span', { class: 'muted' }) }));
  const bar = h('progress', { max: planned.length || 1, value: 0, 'aria-label': 'Workers that are down' });
  const head = h('h2', { id: 'dialog-title' }, `${doing}…`);
  const took = h('p', { class: 'muted' });
  const list = h('ul', { class: 'running' }, rows.map(row => h('li', {}, row.glyph, h('strong', {}, row.name), row.word)));
  const leave = h('button', { type: 'button', onclick: close, autofocus: true }, 'Hide');
  show(head, bar, took, list, buttons(leave));
  const timer = setInterval(() => progress?.(), 100);
  progress = () => {
    for (const row of rows) {
      const worker = workers.get(row.name);
      setGlyph(row.glyph, worker?.state ?? 'Stopped');
      text(row.word, worker ? `${words[worker.state]}: ${worker.why}` : 'left the registry');
    }
    bar.value = planned.filter(one => !workers.has(one.name) || workers.get(one.name).state === 'Stopped').length;
    text(took, duration(now() - began));
  };
  progress();
  try {
    const report = await act(query);
    clearInterval(timer);
    progress?.();
    progress = null;
    const reports = report.by_type ? Object.values(report.by_type).flatMap(type => type.workers) : report.outcome ? [report] : [];
    const message = report.message ?? (report.outcome ? `${report.name}: ${report.outcome}` : `${report.name} runs again`);
    text(head, report.success === false || report.outcome === 'not settled' ? 'Not everything is gone' : verb === 'Stop' ? 'Stopped' : 'Restarted');
    text(took, `${message}, after ${duration(now() - began)}`);
    const telling = reports.filter(one => one.reason);
    list.replaceChildren(...(telling.length > 0 ? telling : reports).slice(0, 200).map(one => h('li', {}, glyph(one.outcome === 'not settled' ? 'GaveUp' : 'Stopped'), h('strong', {}, one.name), h('span', { class: 'muted' }, one.reason ?? `${one.outcome}, ${duration(one.seconds)}`))));
    text(leave, 'Close');
    say(message);
  } catch (problem) {
    clearInterval(timer);
    progress = null;
    text(head, `${verb} failed`);
    took.className = 'wrong';
    text(took, problem.message);
    text(leave, 'Close');
  }
}

export function askToken(setToken) {
  return new Promise(done => {
    const input = h('input', { id: 'token', type: 'password', autocomplete: 'off', size: 44, autofocus: true, required: true });
    show(h('form', { onsubmit: event => { event.preventDefault(); setToken(input.value); close(); done(); } },
      h('h2', { id: 'dialog-title' }, 'Token'),
      h('p', {}, 'This manager asks for the token that lies in its state directory, in the file ', h('code', {}, 'api.token'), '.'),
      h('p', { class: 'limit' }, h('label', { for: 'token' }, 'Token'), input),
      buttons(h('button', { type: 'submit', class: 'primary' }, 'Go on'))));
  });
}

export function showKeys() {
  const keys = [['/', 'filter'], ['↑ ↓ or j k', 'move'], ['Enter', 'open'], ['Esc', 'close'], ['s', 'stop: plan first'], ['r', 'restart: plan first'], ['l', 'search the log'], ['1 2 3', 'list, graph, incidents'], ['?', 'this']];
  show(h('h2', { id: 'dialog-title' }, 'Keys'), h('dl', { class: 'keys' }, keys.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)])), buttons(h('button', { type: 'button', onclick: close, autofocus: true }, 'Close')));
}
