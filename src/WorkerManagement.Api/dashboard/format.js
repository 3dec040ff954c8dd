// Words and numbers for people.

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(n) {
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) { n /= 1024; unit++; }
  return `${n >= 100 || unit === 0 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

export function percent(share) {
  const p = share * 100;
  return p < 0.05 ? '0 %' : p < 10 ? `${p.toFixed(1)} %` : `${Math.round(p)} %`;
}

export function duration(seconds) {
  const s = Math.max(0, seconds);
  if (s < 10) { return `${s.toFixed(1)} s`; }
  if (s < 60) { return `${Math.floor(s)} s`; }
  if (s < 3600) { return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`; }
  if (s < 86400) { return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`; }
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

/** Short, for a table. */
export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  return s < 60 ? `${s}s` : s < 3600 ? `${Math.floor(s / 60)}m` : s < 86400 ? `${Math.floor(s / 3600)}h` : `${Math.floor(s / 86400)}d`;
}

export function clock(unix) {
  const at = new Date(unix * 1000);
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`;
}

export function exit(exit) {
  return !exit ? '' : exit.signal ? exit.signal + (exit.core ? ', core dumped' : '') : exit.code !== null ? `exit code ${exit.code}` : exit.lost;
}

export const words = { Running: 'Running', Starting: 'Starting', Stopping: 'Stopping', Stopped: 'Stopped', BackingOff: 'Backing off', GaveUp: 'Gave up' };

/** What needs a person comes first. */
export const order = ['GaveUp', 'BackingOff', 'Stopping', 'Starting', 'Running', 'Stopped'];

/** One for all comparisons: localeCompare with options makes one each time, ten thousand for a sort of a thousand names. */
export const byName = new Intl.Collator(undefined, { numeric: true }).compare;
