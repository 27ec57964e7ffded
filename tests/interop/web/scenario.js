// What an app does with LiveKit's token sources: the same in Node and in a page.

export const EVERYTHING = {
  roomName: 'my-room',
  participantName: 'Ünï 🚀',
  participantIdentity: 'user-123',
  participantMetadata: '{"plan":"pro","u":"https://x.io/a"}',
  participantAttributes: { lang: '日本語', role: 'admin' },
  agentName: 'my-agent',
  agentMetadata: '{"task":"greet"}',
  deployment: 'staging',
};

// Fetches from an endpoint: with no options, with every option, and again from the cache.
export async function endpoint(TokenSource, url, options) {
  const source = TokenSource.endpoint(url, options);
  const empty = await source.fetch({});
  const everything = await source.fetch(EVERYTHING);
  const again = await source.fetch(EVERYTHING);
  return { empty, everything, again };
}

// Fetches twice, `seconds` apart.
export async function twice(TokenSource, url, seconds) {
  const source = TokenSource.endpoint(url);
  await source.fetch(EVERYTHING);
  await new Promise((done) => setTimeout(done, seconds * 1000));
  await source.fetch(EVERYTHING);
}

// Fetches from a development token server.
export async function development(TokenSource, id, baseUrl) {
  return TokenSource.developmentTokenServer(id, { baseUrl }).fetch(EVERYTHING);
}

// What an app sees of a refusal.
export async function refusal(TokenSource, url, options) {
  try {
    await TokenSource.endpoint(url, options).fetch({});
  } catch (error) {
    return String(error);
  }
  return 'no refusal';
}
