// The page for people with an invitation. The code is the fragment of the link, which browsers send to nobody; the
// page sends it to this server alone, in a header.

const PREFIX = 'lkti_';
/** Bytes of a code before its content: the key's id and the signature. */
const SIGNATURE = 36;

const server = JSON.parse(document.documentElement.dataset.server);
/** Path of the server, with what a proxy in front adds to it. */
const base = location.pathname.replace(/\/join\/*$/, '');
const languages = navigator.languages.map((language) => language.split('-')[0]);
const language = languages.find((name) => Object.hasOwn(STRINGS, name)) ?? 'en';

const element = (id) => document.getElementById(id);
let invitation;
let busy = false;

function words(name, values = {}) {
  return STRINGS[language][name].replace(/\{(\w+)\}/g, (whole, value) => values[value] ?? whole);
}

function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(language, { dateStyle: 'full', timeStyle: 'short' });
}

/** How far away a time is, in its largest unit. */
function relative(seconds) {
  const left = seconds - Date.now() / 1000;
  const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(left) >= length) ?? units[2];
  return new Intl.RelativeTimeFormat(language, { numeric: 'always' }).format(Math.trunc(left / size), unit);
}

/** The code in the link, without what mail programs put around links. */
function code() {
  let text = location.hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // The server says what is wrong with it.
  }
  return text.trim();
}

/** The content of a code whose signature the server has checked. */
function content() {
  const base64 = code().slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes.subarray(SIGNATURE)));
}

/** Shows one part of the page, with its heading and a line that screen readers announce. */
function show(part, heading, status = '') {
  for (const id of ['refused', 'again', 'form', 'opening']) element(id).hidden = id !== part;
  element('title').textContent = heading;
  document.title = heading;
  element('status').textContent = status;
}

function refuse(name, values, mayRetry = true) {
  show('refused', words('not_invited'));
  element('refused').textContent = words(name, values);
  element('again').hidden = !mayRetry;
  element('title').focus();
}

/** Says in words why the server refused. */
function explain({ code: reason, error }) {
  const name = Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason] : 'other';
  const values = { reason: error };
  if (name === 'expired') values.when = when(content().e);
  if (name === 'not_yet') values.when = when(content().b);
  refuse(name, values, !['expired', 'incomplete', 'unknown_key', 'used_up', 'uncounted'].includes(name));
}

async function send(path, options) {
  const headers = { Authorization: `Bearer ${code()}`, ...options.headers };
  const response = await fetch(`${base}${path}`, { ...options, headers, cache: 'no-store' });
  return { ok: response.ok, answer: await response.json() };
}

/** Fetches what the invitation is for, and shows the form. */
async function load() {
  show(null, words('invited'), words('loading'));
  if (code() === '') return refuse('no_code', {}, false);
  // A header holds ASCII only, and so does a code.
  if (!/^[!-~]+$/.test(code())) return refuse('incomplete', {}, false);
  const sent = code();
  try {
    const { ok, answer } = await send('/join/invitation', { headers: {} });
    // Another link was opened in the meantime.
    if (sent !== code()) return undefined;
    if (!ok) return explain(answer);
    invitation = answer;
  } catch {
    return refuse('unreachable');
  }
  const { room, label, name, expires_at: until } = invitation;
  show('form', label ?? words('invited'));
  element('room').textContent = room;
  element('until').textContent = words('time', { when: when(until), relative: relative(until) });
  element('chosen').hidden = name !== null;
  element('name').required = name === null;
  element('fixed').hidden = name === null;
  element('fixed').textContent = words('fixed', { name: name ?? '' });
  return undefined;
}

function open({ server_url: url, participant_token: token }) {
  const name = invitation.name ?? element('name').value.trim();
  const values = { url, token, room: invitation.room, name };
  const link = server.join_url.replace(/\{(\w+)\}/g, (whole, value) => encodeURIComponent(values[value]));
  element('call').href = link;
  show('opening', words('opening'));
  location.assign(link);
}

async function join(event) {
  event.preventDefault();
  if (busy) return;
  busy = true;
  // The button stays enabled: a disabled one loses the keyboard's focus.
  element('status').textContent = words('joining');
  const name = element('name').value.trim();
  const request = invitation.name === null && name !== '' ? { participant_name: name } : {};
  try {
    const headers = { 'Content-Type': 'application/json' };
    const { ok, answer } = await send(server.path, { method: 'POST', headers, body: JSON.stringify(request) });
    if (ok) open(answer);
    else explain(answer);
  } catch {
    refuse('unreachable');
  } finally {
    busy = false;
  }
}

document.documentElement.lang = language;
for (const part of document.querySelectorAll('[data-text]')) part.textContent = words(part.dataset.text);
element('form').addEventListener('submit', join);
element('again').addEventListener('click', load);
addEventListener('hashchange', load);
// The way back from the call: the page as it was left would still say that the call opens.
addEventListener('pageshow', ({ persisted }) => persisted && load());
load();
