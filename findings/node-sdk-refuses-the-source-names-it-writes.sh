#!/usr/bin/env bash
# A token lists sources by name: "camera", "microphone". livekit-server-sdk 2.0.4 (npm) takes these names in
# `canPublishSources`, its `TrackSource` being text. From 2.1.1 on (also 2.19.2) `TrackSource` is the enum of
# the protocol, a number: the token comes out the same, and "camera" throws. A grant read from a token or a
# configuration file has to be translated before it is signed again.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node-2.0@npm:livekit-server-sdk@2.0.4 \
  node-2.1@npm:livekit-server-sdk@2.1.1 node-2.19@npm:livekit-server-sdk@2.19.2

cat > try.mjs <<'JS'
for (const name of ["node-2.0", "node-2.1", "node-2.19"]) {
  const { AccessToken, TrackSource } = await import(name);
  for (const canPublishSources of [[TrackSource.CAMERA], ["camera"]]) {
    try {
      const token = new AccessToken("devkey", "a-secret-of-thirty-two-characters!", { identity: "ada" });
      token.addGrant({ canPublishSources });
      const claims = JSON.parse(Buffer.from((await token.toJwt()).split(".")[1], "base64url"));
      console.log(name, JSON.stringify(canPublishSources), "becomes", JSON.stringify(claims.video.canPublishSources));
    } catch (error) {
      console.log(name, JSON.stringify(canPublishSources), error.message);
    }
  }
}
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
node-2.0 ["camera"] becomes ["camera"]
node-2.0 ["camera"] becomes ["camera"]
node-2.1 [1] becomes ["camera"]
node-2.1 ["camera"] Cannot convert TrackSource camera to string
node-2.19 [1] becomes ["camera"]
node-2.19 ["camera"] Cannot convert TrackSource camera to string
EXPECTED
