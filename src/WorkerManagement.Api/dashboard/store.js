// What is known: the workers as last told, what they used, and which states they went through since the page was opened.

const SAMPLES = 60;
const MOMENTS = 200;

export const workers = new Map();
export const usage = new Map();
export const history = new Map();
export let incidents = [];
export let manager = null;
export let offset = 0;

const listeners = new Set();
let due = false;

/** Called once a frame at most, with the names that changed (null: all). */
export const onChange = listener => listeners.add(listener);

export const now = () => Date.now() / 1000 + offset;

export const setOffset = seconds => { offset = seconds; };

export function apply(kind, data) {
  const whole = kind === 'status';
  const before = whole ? new Map(workers) : null;
  if (whole) { workers.clear(); }
  for (const worker of data.workers) {
    note(worker, whole ? before.get(worker.name) : workers.get(worker.name));
    workers.set(worker.name, worker);
  }
  for (const name of data.removed ?? []) {
    workers.delete(name);
    usage.delete(name);
    history.delete(name);
  }
  incidents = whole ? data.incidents : [...incidents, ...data.incidents].slice(-100);
  manager = data.manager;
  changed();
}

function note(worker, known) {
  let moments = history.get(worker.name);
  if (!moments) { history.set(worker.name, moments = []); }
  const last = moments.at(-1);
  if (!last || last.state !== worker.state || last.at !== worker.since) {
    moments.push({ at: worker.since, state: worker.state, why: worker.why });
    if (moments.length > MOMENTS) { moments.shift(); }
  }
  if (known && known.pid !== worker.pid) { usage.delete(worker.name); }
}

/** What the journal knows from before the page was opened. */
export function remember(name, earlier) {
  const moments = history.get(name) ?? [];
  const first = moments[0]?.at ?? Infinity;
  history.set(name, [...earlier.filter(moment => moment.at < first), ...moments].slice(-MOMENTS));
  changed();
}

export function applyUsage(report) {
  for (const used of report.workers) {
    let known = usage.get(used.name);
    if (!known || known.pid !== used.pid) { usage.set(used.name, known = { pid: used.pid, cpu: [], memory: [], seconds: null, at: 0, members: [] }); }
    if (known.seconds !== null && report.at > known.at) {
      known.cpu.push(Math.max(0, used.cpu_seconds - known.seconds) / (report.at - known.at));
    }
    known.memory.push(used.rss_bytes);
    known.seconds = used.cpu_seconds;
    known.at = report.at;
    known.members = used.members;
    if (known.cpu.length > SAMPLES) { known.cpu.shift(); }
    if (known.memory.length > SAMPLES) { known.memory.shift(); }
  }
  changed();
}

export function changed() {
  if (due) { return; }
  due = true;
  // A page in the background has no frames; what it shows is made when it is looked at.
  requestAnimationFrame(() => {
    due = false;
    for (const listener of listeners) { listener(); }
  });
}
