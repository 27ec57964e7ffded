
// What the form holds: the request, the options of the SDKs for it, and what they have no option for.

/** A field of the form holds something that cannot be sent. */
class WrongField extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** Reads `key=value` lines. Only the first `=` splits. */
function readAttributes() {
  const lines = element('participant_attributes').value.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => {
    const at = line.indexOf('=');
    if (at < 0) throw new WrongField('participant_attributes', `\`${line}\` has no =; write key=value`);
    return [line.slice(0, at).trim(), line.slice(at + 1)];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
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

/** The request: the fields that are filled in. `onWrong` is called for each that cannot be sent. */
function readRequest(onWrong = (error) => { throw error; }) {
  const request = {};
  for (const name of TEXT_FIELDS) {
    const { value } = element(name);
    if (value !== '') request[name] = value;
  }
  for (const [name, read] of [['participant_attributes', readAttributes], ['room_config', readRoomConfig]]) {
    try {
      const value = read();
      if (value !== undefined) request[name] = value;
    } catch (error) {
      if (!(error instanceof WrongField)) throw error;
      onWrong(error);
    }
  }
  return request;
}

/** The parts of a room configuration that LiveKit's SDKs have no option for. */
function withoutOption(config) {
  if (config === undefined) return [];
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return ['room_config'];
  const { agents = [], ...rest } = config;
  const [first, ...others] = Array.isArray(agents) ? agents : [];
  const known = ['agent_name', 'agentName', 'metadata', 'deployment'];
  const ofAgent = Object.keys(first ?? {}).filter((name) => !known.includes(name) || typeof first[name] !== 'string');
  return [
    ...Object.keys(rest), ...(Array.isArray(agents) ? [] : ['agents']),
    ...ofAgent.map((name) => `agents[0].${name}`), ...others.map((_, index) => `agents[${index + 1}]`),
  ].map((name) => `room_config.${name}`);
}

/** What a snippet leaves out, in words. curl sends everything that can be sent. */
function leftOut(request, wrong, isCurl) {
  const missing = isCurl ? [] : withoutOption(request.room_config);
  const list = (names) => names.map((name) => `\`${name}\``).join(', ');
  return [
    wrong.length > 0 && `The snippet is without ${list(wrong)}, which cannot be sent as it is.`,
    missing.length > 0 && `LiveKit’s SDKs have no option for ${list(missing)}: set it with \`--default\` of lkt serve.`,
  ];
}

/** The request as the options of LiveKit's SDKs, in their order. Of room_config they have one agent. */
function clientOptions(request) {
  const agent = request.room_config?.agents?.[0];
  const options = [
    ['roomName', request.room_name],
    ['participantName', request.participant_name],
    ['participantIdentity', request.participant_identity],
    ['participantMetadata', request.participant_metadata],
    ['participantAttributes', request.participant_attributes],
    ['agentName', agent?.agent_name ?? agent?.agentName],
    ['agentMetadata', agent?.metadata],
    ['agentDeployment', agent?.deployment],
  ];
  return options.filter(([name, value]) => value !== undefined && value !== ''
    && (name === 'participantAttributes' || typeof value === 'string'));
}
