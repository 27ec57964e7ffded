
// The page itself. Text goes in as text, never as HTML.

const TEXT_FIELDS = ['room_name', 'participant_identity', 'participant_name', 'participant_metadata'];
const FIELDS = [...TEXT_FIELDS, 'participant_attributes', 'room_config'];
const MEET = 'https://meet.livekit.io/custom';

const element = (id) => document.getElementById(id);
const { tokenPath, bearer } = document.documentElement.dataset;
const endpointUrl = location.origin + tokenPath;
const needsBearer = bearer === 'yes';
let expiresAt;

/** A field of the form holds something that cannot be sent. */
class WrongField extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** `key=value` lines; only the first `=` splits. */
function readAttributes() {
  const attributes = {};
  for (const line of element('participant_attributes').value.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at < 0) throw new WrongField('participant_attributes', `\`${line}\` has no =`);
    attributes[line.slice(0, at).trim()] = line.slice(at + 1);
  }
  return attributes;
}

function readRoomConfig() {
  const text = element('room_config').value.trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrongField('room_config', `this is not JSON: ${error.message}`);
  }
}

/** Text in which `this` is code. */
function say(target, text) {
  const parts = text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
  target.replaceChildren(...parts);
}

/** What the form asks for: only what is filled in. */
function readRequest() {
  const request = {};
  for (const name of TEXT_FIELDS) {
    const { value } = element(name);
    if (value !== '') request[name] = value;
  }
  const attributes = readAttributes();
  if (Object.keys(attributes).length > 0) request.participant_attributes = attributes;
  const roomConfig = readRoomConfig();
  if (roomConfig !== undefined) request.room_config = roomConfig;
  return request;
}

/** The request as LiveKit's clients name it: they know of one agent, and of no other room_config. */
function clientOptions(request) {
  const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  const plain = Object.entries(request).filter(([name]) => name !== 'room_config');
  const options = plain.map(([name, value]) => [camel(name), value]);
  const agent = request.room_config?.agents?.[0];
  const agentOptions = [['agentName', agent?.agent_name ?? agent?.agentName], ['agentMetadata', agent?.metadata]];
  return [...options, ...agentOptions.filter(([, value]) => typeof value === 'string' && value !== '')];
}

function showSnippet() {
  const [name, code, note = ''] = PLATFORMS[document.querySelector('[name=platform]:checked').value];
  let request = {};
  try {
    request = readRequest();
  } catch (error) {
    if (!(error instanceof WrongField)) throw error;
    // Half typed: the form says so when it is sent.
  }
  element('snippet').textContent = code(endpointUrl, clientOptions(request), request, needsBearer);
  element('snippet-name').textContent = name;
  const bearerNote = needsBearer && code !== curl ? BEARER : '';
  element('snippet-note').textContent = `${note} ${bearerNote}`.trim();
}

function decodeClaims(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function showExpiry() {
  if (expiresAt === undefined) return;
  const left = Math.round(expiresAt - Date.now() / 1000);
  const [minutes, seconds] = [Math.floor(left / 60), left % 60];
  const span = minutes > 0 ? `in ${minutes} min ${seconds} s` : `in ${seconds} s`;
  const when = new Date(expiresAt * 1000).toLocaleString();
  element('expires').textContent = left > 0 ? `${span} (${when})` : `it has expired (${when})`;
}

function showToken({ server_url: serverUrl, participant_token: token }) {
  const claims = decodeClaims(token);
  element('token').textContent = token;
  element('server_url').textContent = serverUrl;
  element('claims').textContent = JSON.stringify(claims, undefined, 2);
  element('meet').href = `${MEET}?liveKitUrl=${encodeURIComponent(serverUrl)}&token=${encodeURIComponent(token)}`;
  expiresAt = claims.exp;
  showExpiry();
  element('answer').hidden = false;
  const who = claims.sub ? `\`${claims.sub}\`` : 'nobody in particular';
  say(element('status'), claims.video?.room ? `For ${who} in \`${claims.video.room}\`` : `For ${who}`);
}

function clear() {
  for (const name of [...FIELDS, 'bearer']) {
    element(name).removeAttribute('aria-invalid');
    element(`${name}-error`).textContent = '';
  }
  element('refused').hidden = true;
  element('answer').hidden = true;
  expiresAt = undefined;
}

/** Says what is wrong, beside the field to blame if there is one. */
function refuse({ error, hint = '', field = '' }) {
  const name = [...FIELDS, 'bearer'].find((known) => field === known || field.startsWith(`${known}.`));
  const paragraphs = [error, hint].filter((text) => text !== '').map((text) => {
    const paragraph = document.createElement('p');
    say(paragraph, text);
    return paragraph;
  });
  element('refused').replaceChildren(...paragraphs);
  element('refused').hidden = false;
  element('status').textContent = 'No token.';
  if (name === undefined) return;
  element(name).setAttribute('aria-invalid', 'true');
  say(element(`${name}-error`), error);
  element(name).focus();
}

async function ask(request) {
  const headers = { 'Content-Type': 'application/json' };
  if (needsBearer) headers.Authorization = `Bearer ${element('bearer').value}`;
  const response = await fetch(endpointUrl, { method: 'POST', headers, body: JSON.stringify(request) });
  const answer = await response.json();
  if (response.status === 401 && needsBearer) answer.field = 'bearer';
  return response.ok ? showToken(answer) : refuse(answer);
}

async function submit(event) {
  event.preventDefault();
  const button = document.querySelector('[type=submit]');
  if (button.disabled) return;
  clear();
  button.disabled = true;
  try {
    await ask(readRequest());
  } catch (error) {
    refuse(error instanceof WrongField ? { error: error.message, field: error.field }
      : { error: 'the server cannot be asked', hint: `${error.message}; see whether it still runs` });
  } finally {
    button.disabled = false;
  }
}

async function copy(button) {
  const source = element(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    element('copied').textContent = 'Copied.';
    button.firstChild.textContent = 'Copied';
  } catch {
    // The browser says no: select it, so that the user's own copy takes it.
    getSelection().selectAllChildren(source);
    button.firstChild.textContent = 'Selected';
  }
  setTimeout(() => {
    button.firstChild.textContent = 'Copy';
    element('copied').textContent = '';
  }, 2000);
}

function addPlatforms() {
  PLATFORMS.forEach(([name], index) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: 'platform', value: index, checked: index === 0 });
    const label = document.createElement('label');
    label.append(input, name);
    element('platforms').append(label);
  });
}

function submitOnControlEnter(event) {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) element('request').requestSubmit();
}

element('endpoint').textContent = `POST ${endpointUrl}`;
element('bearer-field').hidden = !needsBearer;
addPlatforms();
showSnippet();
element('request').addEventListener('submit', submit);
element('request').addEventListener('input', showSnippet);
element('request').addEventListener('keydown', submitOnControlEnter);
element('platforms').addEventListener('change', showSnippet);
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => copy(button));
}
setInterval(showExpiry, 1000);
