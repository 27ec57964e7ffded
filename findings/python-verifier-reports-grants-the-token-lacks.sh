#!/usr/bin/env bash
# `TokenVerifier` of livekit-api 1.2.2 (PyPI) fills in what a token does not say: for one without a video
# grant it reports `can_publish=True`, `can_subscribe=True` and `can_publish_data=True`, and a SIP grant of
# false. A token that is verified and signed again has a video grant that the first one had not.
# `TokenVerifier` of livekit-server-sdk 2.19.2 (npm) reports only the claims that are there.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts livekit-server-sdk@2.19.2
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check livekit-api==1.2.2 pyjwt==2.15.1

cat > try.mjs <<'JS'
import { AccessToken, TokenVerifier } from "livekit-server-sdk";
const secret = "a-secret-of-thirty-two-characters!";
const token = new AccessToken("devkey", secret, { identity: "ada" });
token.addInferenceGrant({ perform: true });
const jwt = await token.toJwt();
const { video, sip, inference } = await new TokenVerifier("devkey", secret).verify(jwt);
console.log("node", JSON.stringify({ video: video ?? null, sip: sip ?? null, inference }));
console.log(jwt);
JS
cat > try.py <<'PY'
import json
import sys
import jwt
from livekit.api import AccessToken, TokenVerifier
secret = "a-secret-of-thirty-two-characters!"
claims = TokenVerifier("devkey", secret).verify(sys.argv[1])
print("python", claims.video.can_publish, claims.video.can_subscribe, claims.video.can_publish_data, claims.sip)
again = AccessToken("devkey", secret).with_identity("ada").with_grants(claims.video).to_jwt()
print("again", json.dumps(jwt.decode(again, options={"verify_signature": False})["video"]))
PY
node try.mjs > node-output
head -n 1 node-output | tee output
python/bin/python try.py "$(tail -n 1 node-output)" | tee -a output
diff output - <<'EXPECTED'
node {"video":null,"sip":null,"inference":{"perform":true}}
python True True True SIPGrants(admin=False, call=False)
again {"canPublish": true, "canSubscribe": true, "canPublishData": true}
EXPECTED
