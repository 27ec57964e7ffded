
// The page itself. Text from the server or the user is inserted as text, never as HTML.

const TEXT_FIELDS = ['room_name', 'participant_identity', 'participant_name', 'participant_metadata'];
const FIELDS = [...TEXT_FIELDS, 'participant_attributes', 'room_config'];
/** What shows the answer to a request. */
const RESULTS = ['refused', 'answer', 'ignored'];
const MEET = 'https://meet.livekit.io/custom';
const CREDENTIALS = { bearer: 'Bearer token', login: 'Login token' };
const IN_APPS = {
  bearer: 'This server asks for a bearer token. A token that ships in an app is public: send it from your backend.',
  login: 'Every request carries the login token that your app got when its user signed in.',
};

/** After this time, in milliseconds, the page says that it waits. */
const SLOW = 300;

const element = (id) => document.getElementById(id);
const server = JSON.parse(document.documentElement.dataset.server);
const endpointUrl = location.origin + server.path;
/** The endpoint's URL for phones on this network, if the server listens there. */
const phonesUrl = server.lan === null ? null : `http://${server.lan}:${location.port || 80}${server.path}`;
let expiresAt;
let busy = false;

/** Shows text, with what stands in backticks as code. Each piece of code has its own writing direction. */
function say(target, text) {
  const parts = text.split('`').map((part, index) => {
    if (index % 2 === 0) return visible(part);
    const code = document.createElement('code');
    code.textContent = visible(part);
    return code;
  });
  target.replaceChildren(...parts);
}

// The snippet

function showSnippet() {
  const name = document.querySelector('[name=platform]:checked').value;
  const login = server.credential !== null;
  // Half typed fields are reported when the form is sent.
  const wrong = [];
  const request = readRequest((error) => wrong.push(error.field));
  element('snippet-name').textContent = name;
  if (name === 'curl') {
    element('snippet').textContent = curl(endpointUrl, request, login);
    say(element('snippet-note'), leftOut(request, wrong, true).filter(Boolean).join(' '));
    return;
  }
  const local = name === 'Android' ? onEmulator(endpointUrl) : endpointUrl;
  const onPhone = name in PHONES;
  const url = onPhone ? phonesUrl ?? local : endpointUrl;
  element('snippet').textContent = PLATFORMS[name](url, clientOptions(request), login);
  const notes = [onPhone && phonesUrl === null && PHONES[name], name === 'Android' && CLEARTEXT,
    IN_APPS[server.credential], ...leftOut(request, wrong, false)];
  say(element('snippet-note'), notes.filter(Boolean).join(' '));
}

function randomIdentity() {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  element('participant_identity').value = `user-${[...bytes].map((byte) => letters[byte % 32]).join('')}`;
  edited('participant_identity');
}

// The answer

function decodeClaims(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** A length of time in its two largest units. */
function lasting(seconds) {
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const largest = Math.max(0, units.findIndex(([size]) => seconds >= size));
  const [big, small] = units.slice(seconds < 1 ? 3 : largest);
  const rest = small === undefined ? 0 : Math.floor((seconds % big[0]) / small[0]);
  return `${Math.floor(seconds / big[0])} ${big[1]}${rest > 0 ? ` ${rest} ${small[1]}` : ''}`;
}

/** A time in seconds since 1970, in words. */
function inWords(time) {
  const left = Math.round(time - Date.now() / 1000);
  const when = new Date(time * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  if (left === 0) return `now (${when})`;
  return left > 0 ? `in ${lasting(left)} (${when})` : `${lasting(-left)} ago (${when})`;
}

/** Says when the token expires. Nobody can join with it after that, so the link is disabled. */
function showTimes() {
  if (expiresAt === undefined) return;
  for (const line of document.querySelectorAll('[data-time]')) {
    line.dataset.words = inWords(Number(line.dataset.time));
  }
  const expired = Date.now() / 1000 >= expiresAt;
  const words = inWords(expiresAt);
  element('expires').textContent = expired ? `expired ${words}` : words;
  const meet = element('meet');
  if (!expired || !meet.hasAttribute('href')) return;
  meet.removeAttribute('href');
  meet.setAttribute('aria-disabled', 'true');
}

/** Claims as JSON. The style sheet adds the words for a time, so that a copy is JSON too. */
function showClaims(claims) {
  const lines = visibleJson(JSON.stringify(claims, undefined, 2)).split('\n').map((text) => {
    const line = document.createElement('span');
    line.textContent = text;
    const time = text.match(/^ {2}"(?:exp|nbf|iat)": (\d+)/);
    if (time) line.dataset.time = time[1];
    return line;
  });
  element('claims').replaceChildren(...lines.flatMap((line) => [line, '\n']));
}

function showToken(answer, ignored) {
  const { server_url: serverUrl, participant_token: token } = answer;
  const claims = decodeClaims(token);
  element('token').textContent = token;
  element('json').textContent = JSON.stringify(answer);
  element('server_url').textContent = serverUrl;
  showClaims(claims);
  const meet = element('meet');
  meet.href = `${MEET}?liveKitUrl=${encodeURIComponent(serverUrl)}&token=${encodeURIComponent(token)}`;
  meet.removeAttribute('aria-disabled');
  say(element('meet-note'), meetNote(serverUrl));
  expiresAt = claims.exp;
  showTimes();
  element('answer').hidden = false;
  if (ignored) {
    say(element('ignored'), `The server ignored fields that it does not know: \`${ignored}\``);
    element('ignored').hidden = false;
  }
  const who = claims.sub ? `For \`${claims.sub}\`` : 'Without an identity';
  say(element('status'), claims.video?.room ? `${who} in \`${claims.video.room}\`` : who);
}

/** Where LiveKit Meet, which is an https page, cannot open a connection to this server. */
function meetNote(serverUrl) {
  const { protocol, hostname } = new URL(serverUrl);
  if (protocol !== 'ws:' && protocol !== 'http:') return '';
  const isHere = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  const [not, works] = isHere ? ['Safari does', 'Chrome, Edge or Firefox'] : ['Safari and Firefox do', 'Chrome or Edge'];
  return `LiveKit Meet is an https page, and ${not} not let one connect to \`${protocol}//\`: use ${works}.`;
}

function clearError(name) {
  element(name).removeAttribute('aria-invalid');
  element(`${name}-error`).textContent = '';
}

/** A field has changed: its error, the refusal and the token belong to what it was. */
function edited(name) {
  if (name === 'credential' || FIELDS.includes(name)) clearError(name);
  if (RESULTS.some((id) => !element(id).hidden)) {
    hideResults();
    element('status').textContent = 'The form has changed since the last request.';
  }
  showSnippet();
}

function hideResults() {
  for (const id of RESULTS) element(id).hidden = true;
  expiresAt = undefined;
}

function clear() {
  [...FIELDS, 'credential'].forEach(clearError);
  hideResults();
}

/** Says why there is no token: beside the field to blame, else in the place of the token. */
function refuse({ error, hint = '', field = '' }) {
  const name = [...FIELDS, 'credential'].find((known) => field === known || field.startsWith(`${known}.`));
  const text = hint === '' ? error : `${error}; ${hint}`;
  if (name === undefined) {
    say(element('refused'), text);
    element('refused').hidden = false;
    element('status').textContent = 'No token.';
    return;
  }
  const input = element(name);
  say(element('status'), `No token: see ${input.labels[0].textContent}.`);
  input.setAttribute('aria-invalid', 'true');
  say(element(`${name}-error`), text);
  if (input.closest('details')) input.closest('details').open = true;
  input.focus();
}

async function ask(request) {
  const headers = { 'Content-Type': 'application/json' };
  const credential = element('credential').value.trim();
  if (server.credential !== null && credential !== '') headers.Authorization = `Bearer ${credential}`;
  const response = await fetch(endpointUrl, { method: 'POST', headers, body: JSON.stringify(request) });
  const answer = await response.json();
  if (response.ok) return showToken(answer, response.headers.get('Lkt-Ignored'));
  if (response.status === 401 && server.credential !== null) answer.field = 'credential';
  return refuse(answer);
}

/** Brings the result into view, where it is below the form. A refused field has the focus instead. */
function showResult() {
  const { top } = element('result').getBoundingClientRect();
  if (top > innerHeight / 2 && document.querySelector('[aria-invalid]') === null) element('result').scrollIntoView();
}

async function submit(event) {
  event.preventDefault();
  if (busy) return;
  // The button stays enabled: a disabled one loses the keyboard's focus.
  busy = true;
  clear();
  const slow = setTimeout(() => { element('status').textContent = 'Waiting for the server…'; }, SLOW);
  element('result').setAttribute('aria-busy', 'true');
  try {
    await ask(readRequest());
    showResult();
  } catch (error) {
    refuse(error instanceof WrongField ? { error: error.message, field: error.field }
      : { error: 'the server did not answer', hint: `${error.message}; check that lkt serve is running` });
  } finally {
    clearTimeout(slow);
    element('result').removeAttribute('aria-busy');
    busy = false;
  }
}

// Everything else

async function copy(button) {
  const source = element(button.dataset.copy);
  const label = button.firstChild;
  const before = button.dataset.label ??= label.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = 'Copied';
    element('copied').textContent = 'Copied.';
  } catch {
    // Without permission, select the text, so that the user can copy it.
    getSelection().selectAllChildren(source);
    label.textContent = 'Selected';
  }
  setTimeout(() => {
    label.textContent = before;
    element('copied').textContent = '';
  }, 2000);
}

/** Adds a sentence to a field's help. */
function addHelp(name, sentence) {
  const help = document.createElement('span');
  say(help, ` ${sentence}`);
  element(`${name}-help`).append(help);
}

function markRequired(name) {
  element(name).required = true;
  const mark = document.createElement('span');
  mark.className = 'required';
  mark.textContent = 'required';
  element(name).labels[0].after(mark);
}

/** Marks what the server's settings say of each field. */
function showRules() {
  for (const [name, value] of Object.entries(server.defaults)) element(name).placeholder = value;
  const unused = (name) => server.required.includes(name)
    || (server.denied.includes(name) && !(name in server.defaults));
  for (const name of FIELDS.filter(unused)) element(name).placeholder = '';
  const codes = (names) => names.map((name) => `\`${name}\``).join(', ');
  const isPart = (name) => name.includes('.');
  for (const name of server.denied.filter((name) => !isPart(name))) {
    element(name).disabled = true;
    addHelp(name, 'Set by the server, not by clients.');
  }
  for (const name of server.set.filter((name) => !isPart(name))) {
    // Guests, who bring no login, may fill it in.
    element(name).disabled = !server.guests;
    element(name).placeholder = '';
    addHelp(name, 'Set from the login.');
  }
  server.required.filter((name) => !isPart(name)).forEach(markRequired);
  const deniedParts = server.denied.filter(isPart);
  if (deniedParts.length > 0) addHelp('room_config', `Clients may not set ${codes(deniedParts)}.`);
  const requiredParts = server.required.filter(isPart);
  if (requiredParts.length > 0) addHelp('room_config', `Clients must set ${codes(requiredParts)}.`);
  if (server.rooms.length > 0) addHelp('room_name', `Must match ${codes(server.rooms)}.`);
  element('random').disabled = element('participant_identity').disabled;
  element('more').open = element('more').querySelector(':required') !== null;
}

function showServer() {
  element('endpoint').textContent = endpointUrl;
  element('phones').textContent = phonesUrl ?? '';
  for (const line of document.querySelectorAll('.phones')) line.hidden = phonesUrl === null;
  element('credential-field').hidden = server.credential === null;
  element('credential-label').textContent = CREDENTIALS[server.credential] ?? '';
  if (server.guests) addHelp('credential', 'Without one you are a guest.');
  else if (server.credential !== null) markRequired('credential');
}

function addPlatforms() {
  ['curl', ...Object.keys(PLATFORMS)].forEach((name, index) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: 'platform', value: name, checked: index === 0 });
    const label = document.createElement('label');
    label.append(input, name);
    element('platforms').append(label);
  });
}

function submitOnControlEnter(event) {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) element('request').requestSubmit();
}

showServer();
showRules();
addPlatforms();
showSnippet();
element('random').addEventListener('click', randomIdentity);
element('request').addEventListener('submit', submit);
element('request').addEventListener('input', (event) => edited(event.target.id));
element('request').addEventListener('keydown', submitOnControlEnter);
element('platforms').addEventListener('change', showSnippet);
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => copy(button));
}
setInterval(showTimes, 1000);
