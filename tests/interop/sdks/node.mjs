// The adapter for Node's `livekit-server-sdk`: see sdks/README.md for what goes in and out.
import { createInterface } from 'node:readline';
import { AccessToken, RoomConfiguration, TokenVerifier, TrackSource } from 'livekit-server-sdk';

const key = process.env.LIVEKIT_API_KEY;
const secret = process.env.LIVEKIT_API_SECRET;

async function verify(token) {
  const { iss, iat, nbf, exp, ...claims } = await new TokenVerifier(key, secret).verify(token);
  if (claims.roomConfig) {
    claims.roomConfig = RoomConfiguration.fromJson(claims.roomConfig).toJson();
  }
  return { claims };
}

async function mint({ sub, name, metadata, attributes, ...claims }) {
  const token = new AccessToken(key, secret, { identity: sub, name, metadata, attributes, ttl: 600 });
  if (claims.video) token.addGrant(withSources(claims.video));
  if (claims.sip) token.addSIPGrant(claims.sip);
  if (claims.inference) token.addInferenceGrant(claims.inference);
  if (claims.observability) token.addObservabilityGrant(claims.observability);
  if (claims.kind) token.kind = claims.kind;
  if (claims.roomPreset) token.roomPreset = claims.roomPreset;
  if (claims.roomConfig) token.roomConfig = RoomConfiguration.fromJson(claims.roomConfig);
  return { token: await token.toJwt() };
}

function withSources(video) {
  const sources = video.canPublishSources?.map((source) => TrackSource[source.toUpperCase()]);
  return sources ? { ...video, canPublishSources: sources } : video;
}

const answer = { verify, mint }[process.argv[2]];
for await (const line of createInterface({ input: process.stdin })) {
  const result = await answer(JSON.parse(line)).catch((error) => ({ error: String(error) }));
  console.log(JSON.stringify(result));
}
