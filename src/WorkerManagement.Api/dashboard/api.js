// The manager's API: requests, and the stream of events with its reconnection.

const KEY = 'workers-token';
const SILENCE = 40_000; // The manager says something every 15 s.

const address = path => new URL(path, document.baseURI);

// Given once in the fragment, which no browser sends anywhere; kept for this tab.
const given = /^#token=([\w-]+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem(KEY, given[1]);
  history.replaceState(null, '', location.pathname + location.search);
}

export const setToken = token => sessionStorage.setItem(KEY, token.trim());

function headers(more) {
  const token = sessionStorage.getItem(KEY);
  return token ? { ...more, Authorization: `Bearer ${token}` } : { ...more };
}

export class Problem extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

async function answer(response) {
  if (response.ok) { return response; }
  let detail = `the manager answers ${response.status}`;
  try { detail = (await response.json()).detail ?? detail; } catch { /* no problem+json: the status says it */ }
  throw new Problem(response.status, detail);
}

export const get = async (path, signal) => (await answer(await fetch(address(path), { headers: headers(), signal, cache: 'no-store' })));

export const getJson = async (path, signal) => (await get(path, signal)).json();

/** A command. Sent again with the same key when the connection breaks: it is done once. */
export async function post(path) {
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await answer(await fetch(address(path), { method: 'POST', headers: headers({ 'Idempotency-Key': key }) }));
      return response.status === 204 ? null : await response.json();
    } catch (problem) {
      if (problem instanceof Problem || attempt === 2) { throw problem; }
      await new Promise(done => setTimeout(done, 300));
    }
  }
}

/** Lives until the page goes. Tells on.event(kind, data), on.up(offset), on.down(why, again), on.token(). */
export async function watch(on) {
  let last = '';
  for (let failures = 0; ; failures++) {
    const abort = new AbortController();
    let silence;
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => abort.abort(), SILENCE); };
    let why = 'the connection ended';
    try {
      heard();
      const response = await answer(await fetch(address('v1/events?changes=true'), { headers: headers(last ? { 'Last-Event-ID': last } : {}), signal: abort.signal, cache: 'no-store' }));
      failures = 0;
      const date = Date.parse(response.headers.get('Date') ?? '');
      const offset = date - Date.now();
      on.up(Math.abs(offset) > 2000 ? offset / 1000 : 0);
      await read(response.body, heard, (id, kind, data) => { on.event(kind, data); last = id; });
    } catch (problem) {
      if (problem.status === 401) {
        clearTimeout(silence);
        await on.token();
        failures = -1;
        continue;
      }
      why = problem instanceof Problem ? problem.message : 'the manager does not answer';
    }
    clearTimeout(silence);
    const pause = Math.min(10_000, 500 * 2 ** Math.min(failures, 5));
    on.down(why, pause);
    await new Promise(done => setTimeout(done, pause));
  }
}

async function read(body, heard, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) { return; }
    heard();
    rest += value;
    // The end of an event is looked for in what is new only: a report of a thousand workers comes in many pieces.
    if (!value.includes('\n') && !rest.endsWith('\n\n')) { continue; }
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split('\n').filter(line => !line.startsWith(':')).map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if (fields.data) { tell(fields.id, fields.event, JSON.parse(fields.data)); }
    }
  }
}
