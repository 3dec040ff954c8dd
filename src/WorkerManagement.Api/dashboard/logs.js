// A worker's output as it comes. Lines are text and nothing else: escape sequences of terminals are taken out, other control
// characters are shown as signs. A bounded number is kept; the file has the rest.

import { h } from './dom.js';
import { get } from './api.js';

const KEPT = 2000;
const LONGEST = 4000;
const BACK = 500;

// CSI, OSC and two-character sequences (ECMA-48).
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;

export const clean = line => {
  const plain = line.replace(/\r$/, '').replace(escapes, '').replace(controls, c => String.fromCharCode(c === '\x7f' ? 0x2421 : 0x2400 + c.charCodeAt(0)));
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)} … (${plain.length - LONGEST} more)` : plain;
};

export class LogView {
  constructor(name) {
    this.abort = new AbortController();
    this.lines = [];
    this.follow = true;
    this.query = '';
    this.search = h('input', { type: 'search', placeholder: 'Search the log', 'aria-label': 'Search the log', autocomplete: 'off', spellcheck: 'false', oninput: () => { this.query = this.search.value.toLowerCase(); this.redraw(); } });
    this.count = h('span', { class: 'muted', role: 'status' });
    this.following = h('button', { type: 'button', class: 'quiet', 'aria-pressed': 'true', onclick: () => { this.follow = !this.follow; this.stick(); } }, 'Follow');
    this.box = h('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': `Output of ${name}`, tabindex: '0', onscroll: () => this.scrolled() });
    this.element = h('div', { class: 'logs' }, h('div', { class: 'bar' }, this.search, this.count, this.following), this.box);
    this.pending = [];
    this.ended = false;
    this.run(name).finally(() => { this.ended = true; });
  }

  async run(name) {
    try {
      const response = await get(`v1/workers/${encodeURIComponent(name)}/logs?n=${BACK}&follow=true`, this.abort.signal);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) { break; }
        const parts = (rest + value).split('\n');
        rest = parts.pop();
        // A line without an end is shown in pieces, not kept for ever.
        if (rest.length > 64 * 1024) { parts.push(rest); rest = ''; }
        this.add(parts);
      }
      if (rest) { this.add([rest]); }
    } catch (problem) {
      if (problem.name !== 'AbortError') { this.add([`— the output cannot be read: ${problem.message} —`]); }
    }
  }

  add(lines) {
    this.pending.push(...lines.slice(-KEPT).map(clean));
    if (this.frame) { return; }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const fresh = this.pending.splice(0).slice(-KEPT);
      this.lines.push(...fresh);
      this.lines.splice(0, Math.max(0, this.lines.length - KEPT));
      this.box.append(...fresh.filter(line => this.fits(line)).map(line => this.draw(line)));
      while (this.box.childElementCount > KEPT) { this.box.firstChild.remove(); }
      this.tell();
      this.stick();
    });
  }

  fits(line) { return this.query === '' || line.toLowerCase().includes(this.query); }

  draw(line) {
    if (this.query === '') { return h('div', { class: 'line' }, line || ' '); }
    const parts = [];
    const lower = line.toLowerCase();
    let from = 0;
    for (let at; (at = lower.indexOf(this.query, from)) >= 0; from = at + this.query.length) {
      parts.push(line.slice(from, at), h('mark', {}, line.slice(at, at + this.query.length)));
    }
    return h('div', { class: 'line' }, ...parts, line.slice(from));
  }

  redraw() {
    this.box.replaceChildren(...this.lines.filter(line => this.fits(line)).map(line => this.draw(line)));
    this.tell();
    this.stick();
  }

  tell() {
    this.count.textContent = this.query === '' ? `${this.lines.length} lines` : `${this.box.childElementCount} of ${this.lines.length} lines`;
  }

  stick() {
    this.following.setAttribute('aria-pressed', String(this.follow));
    if (this.follow) { this.box.scrollTop = this.box.scrollHeight; }
  }

  // Who scrolls back stops to follow, who returns to the end follows again.
  scrolled() {
    this.follow = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 24;
    this.following.setAttribute('aria-pressed', String(this.follow));
  }

  close() {
    this.abort.abort();
    cancelAnimationFrame(this.frame);
  }
}
