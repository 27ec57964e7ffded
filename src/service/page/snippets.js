'use strict';

// The client code for each platform. Every snippet is a function of
//   url      the endpoint's URL
//   options  [name, value] pairs, named and ordered as LiveKit's SDKs have them; attributes are an object
//   login    whether the server asks for a login or bearer token
// `tests/page` compiles or runs them, or holds their names against those of the SDKs.

/** Characters that change what the others look like: controls, and those that turn the direction of writing. */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const escaped = (letter) => `\\u${letter.codePointAt(0).toString(16).padStart(4, '0')}`;
/** A text with such characters as escapes. In JSON, they mean the same. */
const visible = (text) => text.replace(HIDDEN, escaped);
/** JSON, but for its line breaks. */
const visibleJson = (json) => json.split('\n').map(visible).join('\n');

/** A JSON string is a string literal in JavaScript, Swift, Dart and Rust too, with these exceptions. */
const quoted = (text) => visible(JSON.stringify(text));
/** JavaScript and Dart prefer single quotes, where nothing needs escaping. */
const single = (text) => visible(text) !== text || /['"\\]/.test(text) ? quoted(text) : `'${text}'`;
/** Kotlin and Dart interpolate what follows a dollar sign. */
const withoutDollar = (text) => quoted(text).replaceAll('$', '\\$');
const singleWithoutDollar = (text) => single(text).replaceAll('$', '\\$');
/** Swift and Rust write the number of a character in braces. */
const withBraces = (text) => quoted(text).replace(/\\u([0-9a-f]{4})/gi, '\\u{$1}')
  .replaceAll('\\b', '\\u{8}').replaceAll('\\f', '\\u{c}');
/** A single word of a POSIX shell. */
const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** How a language writes a string-to-string map. */
const OBJECT = { quote: single, open: '{ ', pair: ': ', close: ' }', empty: '{}' };
const SWIFT = { quote: withBraces, open: '[', pair: ': ', close: ']', empty: '[:]' };
const KOTLIN = { quote: withoutDollar, open: 'mapOf(', pair: ' to ', close: ')', empty: 'mapOf()' };
const DART = { ...OBJECT, quote: singleWithoutDollar };

function literal(value, { quote, open, pair, close, empty }) {
  if (typeof value === 'string') return quote(value);
  const pairs = Object.entries(value).map(([key, text]) => quote(key) + pair + quote(text));
  return pairs.length === 0 ? empty : open + pairs.join(', ') + close;
}

const named = (options, language, separator = ': ') =>
  options.map(([name, value]) => `${name}${separator}${literal(value, language)}`);

/** JavaScript and Rust call the agent's deployment just that. */
const shortDeployment = (options) =>
  options.map(([name, value]) => [name === 'agentDeployment' ? 'deployment' : name, value]);

/** A list between brackets: on one line where it fits, else one item a line. */
function list(start, items, end, { indent = '', comma = ',' } = {}) {
  const pad = start.endsWith('{') && items.length > 0 ? ' ' : '';
  const line = start + pad + items.join(', ') + pad + end;
  if (indent.length + line.length <= 80) return line;
  return `${start}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}${comma}\n${indent}${end}`;
}

function javaScriptSource(url, login) {
  const headers = '{\n  headers: { Authorization: `Bearer ${loginToken}` },\n}';
  return `const source = TokenSource.endpoint(${single(url)}${login ? `, ${headers}` : ''});`;
}

function javaScript(url, options, login) {
  const items = named(shortDeployment(options), OBJECT);
  return `import { Room, TokenSource } from 'livekit-client';

${javaScriptSource(url, login)}
const { serverUrl, participantToken } = await ${list('source.fetch({', items, '});')}
await new Room().connect(serverUrl, participantToken);`;
}

function reactNative(url, options, login) {
  return `import { registerGlobals } from '@livekit/react-native';
${javaScript(url, options, login).replace('\n\n', '\n\nregisterGlobals(); // once, before anything else\n')}`;
}

function react(url, options, login) {
  const items = named(shortDeployment(options), OBJECT);
  return `'use client';

import { useEffect, useState } from 'react';
import { TokenSource } from 'livekit-client';
import { useSession } from '@livekit/components-react';

${javaScriptSource(url, login)}
${list('const options = {', items, '};')}
const tracks = { microphone: { enabled: false } };

export function Call() {
  const session = useSession(source, options);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let mounted = true;
    const show = (error: unknown) => { if (mounted) setFailure(String(error)); };
    session.start({ tracks }).catch(show);
    return () => { mounted = false; session.end().catch(show); };
  }, []);
  return <p>{failure || session.connectionState}</p>;
}`;
}

function swift(url, options, login) {
  const arguments_ = list('TokenRequestOptions(', named(options, SWIFT), ')', { comma: '' });
  const headers = login ? `
    let loginToken: String
    var headers: [String: String] { ["Authorization": "Bearer \\(loginToken)"] }` : '';
  return `import Foundation
import LiveKit

struct TokenServer: EndpointTokenSource {
    let url = URL(string: ${withBraces(url)})!${headers}
}

let options = ${arguments_}
let answer = try await TokenServer(${login ? 'loginToken: loginToken' : ''}).fetch(options)
let room = Room()
try await room.connect(url: answer.serverURL.absoluteString, token: answer.participantToken)`;
}

function android(url, options, login) {
  const headers = login ? ['headers = mapOf("Authorization" to "Bearer $loginToken")'] : [];
  return `import io.livekit.android.token.TokenRequestOptions
import io.livekit.android.token.TokenSource

// in a coroutine, with room = LiveKit.create(context)
val source = ${list('TokenSource.fromEndpoint(', [withoutDollar(url), ...headers], ')')}
val options = ${list('TokenRequestOptions(', named(options, KOTLIN, ' = '), ')')}
val answer = source.fetch(options).getOrThrow()
room.connect(answer.serverUrl, answer.participantToken)`;
}

function flutter(url, options, login) {
  const headers = login ? ["headers: {'Authorization': 'Bearer $loginToken'}"] : [];
  const source = [`url: Uri.parse(${singleWithoutDollar(url)})`, ...headers];
  return `import 'package:livekit_client/livekit_client.dart';

final source = ${list('EndpointTokenSource(', source, ');')}
const options = ${list('TokenRequestOptions(', named(options, DART), ');')}
final answer = await source.fetch(options);
await Room().connect(answer.serverUrl, answer.participantToken);`;
}

function rust(url, options, login) {
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const pairs = (value) => Object.entries(value).map((pair) => `(${pair.map(withBraces).join(', ')})`);
  const argument = (value) => typeof value === 'string' ? withBraces(value) : `[${pairs(value).join(', ')}]`;
  const calls = shortDeployment(options).map(([name, value]) => `.with_${snake(name)}(${argument(value)})`);
  const chain = calls.length > 1 ? calls.map((call) => `\n        ${call}`) : calls;
  const header = login ? '\n        .with_header("Authorization", format!("Bearer {login_token}"))' : '';
  return `use livekit_token_source::{
    TokenSourceConfigurable, TokenSourceFetchOptions, TokenSourceResponse, TokenSourceResult, endpoint,
};

async fn fetch_token(${login ? 'login_token: &str' : ''}) -> TokenSourceResult<TokenSourceResponse> {
    let source = endpoint(${withBraces(url)})${header};
    let options = TokenSourceFetchOptions::new()${chain.join('')};
    source.fetch(&options).await
}`;
}

const onEmulator = (url) => url.replace(/\/\/(localhost|127\.0\.0\.1)(?=[:/])/, '//10.0.2.2');

const LAN = 'A phone cannot reach localhost: start lkt serve with --lan for a URL that it can.';
const CLEARTEXT = 'Android allows plain http only with android:usesCleartextTraffic="true" in the manifest.';
const EMULATOR = 'For the Android emulator, this machine is 10.0.2.2; for a phone, start lkt serve with --lan.';

/** Platforms whose apps run on a phone, with what to know when the URL is for this machine alone. */
const PHONES = { Swift: LAN, Android: EMULATOR, Flutter: LAN, 'React Native': LAN };

/** Every platform's snippet, in the order of the tabs; curl sends the very request of the form. */
const PLATFORMS = {
  JavaScript: javaScript,
  React: react,
  Swift: swift,
  Android: android,
  Flutter: flutter,
  'React Native': reactNative,
  Rust: rust,
};

function curl(url, request, login) {
  const header = login ? ' \\\n  -H "Authorization: Bearer $LOGIN_TOKEN"' : '';
  return `curl ${shellWord(url)} \\
  -H 'Content-Type: application/json'${header} \\
  -d ${shellWord(visible(JSON.stringify(request)))}`;
}
