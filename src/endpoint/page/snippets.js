'use strict';

// The client code for each platform. A snippet is made from the endpoint's URL and the options that
// the form has: `[name, value]` pairs with camelCase names, where attributes are an object.

/** JSON is a string literal of JavaScript, Swift, Dart and Rust too, save for what each one adds. */
const quoted = (text) => JSON.stringify(text);
/** Kotlin and Dart fill in what follows a dollar sign. */
const withoutDollar = (text) => quoted(text).replaceAll('$', '\\$');
/** Swift and Rust write a character by its number in braces. */
const withBraces = (text) => quoted(text).replace(/\\u([0-9a-f]{4})/gi, '\\u{$1}')
  .replaceAll('\\b', '\\u{8}').replaceAll('\\f', '\\u{c}');
/** A word of a shell. */
const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** `name: value` for each option, the way a language writes its maps. */
function named(options, { separator = ': ', quote = quoted, open = '{', close = '}', empty = '{}' } = {}) {
  const map = (pairs) => pairs.length === 0 ? empty
    : open + pairs.map(([key, value]) => `${quote(key)}${open === 'mapOf(' ? ' to ' : ': '}${quote(value)}`).join(', ') + close;
  const value = (value) => typeof value === 'string' ? quote(value) : map(Object.entries(value));
  return options.map(([name, given]) => `${name}${separator}${value(given)}`);
}

/** A call's arguments: on one line if they fit. */
function call(start, list, end) {
  const line = start + list.join(', ') + end;
  return line.length <= 80 ? line : `${start.trimEnd()}\n  ${list.join(',\n  ')},\n${end.trimStart()}`;
}

const objectOf = (options) => options.length === 0 ? ['{', [], '}'] : ['{ ', named(options), ' }'];

function javaScript(url, options) {
  const [open, list, close] = objectOf(options);
  return `import { Room, TokenSource } from 'livekit-client';

const source = TokenSource.endpoint(${quoted(url)});
${call(`const { serverUrl, participantToken } = await source.fetch(${open}`, list, `${close});`)}
await new Room().connect(serverUrl, participantToken);`;
}

function reactNative(url, options) {
  return `import { registerGlobals } from '@livekit/react-native';
${javaScript(url, options).replace('\n\n', '\n\nregisterGlobals(); // once, before anything else\n')}`;
}

function react(url, options) {
  const [open, list, close] = objectOf(options);
  return `import { TokenSource } from 'livekit-client';
import { useSession } from '@livekit/components-react';

const source = TokenSource.endpoint(${quoted(url)});
// in a component:
${call(`const session = useSession(source, ${open}`, list, `${close});`)}
await session.start();`;
}

function swift(url, options) {
  const list = named(options, { quote: withBraces, open: '[', close: ']', empty: '[:]' });
  return `import LiveKit

let source = EndpointTokenSource(url: URL(string: ${withBraces(url)})!)
${call('let options = TokenRequestOptions(', list, ')').replace(/,\n\)$/, '\n)')}
let answer = try await source.fetch(options)
try await Room().connect(url: answer.serverURL.absoluteString, token: answer.participantToken)`;
}

function android(url, options) {
  const list = named(options, { separator: ' = ', quote: withoutDollar, open: 'mapOf(', close: ')', empty: 'mapOf()' });
  return `import io.livekit.android.token.*

val source = TokenSource.fromEndpoint(URL(${withoutDollar(url)}))
${call('val options = TokenRequestOptions(', list, ')')}
val answer = source.fetch(options).getOrThrow()
room.connect(answer.serverUrl, answer.participantToken)`;
}

function flutter(url, options) {
  const list = named(options, { quote: withoutDollar });
  return `import 'package:livekit_client/livekit_client.dart';

final source = EndpointTokenSource(url: ${withoutDollar(url)});
${call('const options = TokenRequestOptions(', list, ');')}
final answer = await source.fetch(options);
await Room().connect(answer.serverUrl, answer.participantToken);`;
}

function rust(url, options) {
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const pairs = (value) => Object.entries(value).map(([key, text]) => `(${withBraces(key)}, ${withBraces(text)})`);
  const argument = (value) => typeof value === 'string' ? withBraces(value) : `[${pairs(value).join(', ')}]`;
  const calls = options.map(([name, value]) => `\n    .with_${snake(name)}(${argument(value)})`);
  return `use livekit_token_source::{TokenSourceConfigurable, TokenSourceFetchOptions, endpoint};

let source = endpoint(${withBraces(url)});
let options = TokenSourceFetchOptions::new()${calls.join('')};
let answer = source.fetch(&options).await?;
// connect to answer.server_url with answer.participant_token`;
}

/** The very request that the form sends. */
function curl(url, _options, request, needsBearer) {
  const bearer = needsBearer ? ` \\\n  -H "Authorization: Bearer $LKT_AUTH_TOKEN"` : '';
  return `curl ${shellWord(url)} \\
  -H 'Content-Type: application/json'${bearer} \\
  -d ${shellWord(JSON.stringify(request))}`;
}

const BEARER = 'This server asks for a bearer token: give the token source the header Authorization.';
const PHONE = 'A phone cannot reach localhost: start lkt serve with --lan, and use the URL that it prints.';
const EMULATOR = 'From the Android emulator, this machine is 10.0.2.2. On a phone, start lkt serve with --lan.';

/** Name, code and, where it takes one, a note. */
const PLATFORMS = [
  ['curl', curl],
  ['JavaScript', javaScript],
  ['React', react],
  ['Swift', swift, PHONE],
  ['Android', (url, options) => android(url.replace(/\/\/(localhost|127\.0\.0\.1)(?=[:/])/, '//10.0.2.2'), options), EMULATOR],
  ['Flutter', flutter, PHONE],
  ['React Native', reactNative, PHONE],
  ['Rust', rust],
];
