#!/usr/bin/env bash
# cognito-local 5.3.0 (npm) on another port than its default, 9229, puts that port into the `iss` of its
# tokens, as it should. Its discovery document goes on to name port 9229, for the issuer and for the key set:
# a verifier that follows the document finds nothing there, or the keys of another instance.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts cognito-local@5.3.0 jose@6.1.0

cat > try.mjs <<'JS'
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { decodeJwt } from "jose";
const port = await new Promise((found) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => found(port));
  });
});
const emulator = spawn("node", ["node_modules/cognito-local/lib/bin/start.js"], {
  env: { ...process.env, HOST: "127.0.0.1", PORT: String(port) },
  stdio: ["ignore", "pipe", "ignore"],
});
await new Promise((running) => emulator.stdout.on("data", (text) => String(text).includes("running on") && running()));
const origin = `http://127.0.0.1:${port}`;
const call = async (operation, body) => (await fetch(origin, {
  method: "POST",
  headers: {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
  },
  body: JSON.stringify(body),
})).json();
const { UserPool: { Id: UserPoolId } } = await call("CreateUserPool", { PoolName: "pool" });
const { UserPoolClient: { ClientId } } = await call("CreateUserPoolClient", { UserPoolId, ClientName: "client" });
const Username = "ada@example.org";
await call("AdminCreateUser", { UserPoolId, Username, MessageAction: "SUPPRESS" });
await call("AdminSetUserPassword", { UserPoolId, Username, Password: "Password-1", Permanent: true });
const { AuthenticationResult } = await call("InitiateAuth", {
  AuthFlow: "USER_PASSWORD_AUTH", ClientId, AuthParameters: { USERNAME: Username, PASSWORD: "Password-1" },
});
const discovery = await (await fetch(`${origin}/${UserPoolId}/.well-known/openid-configuration`)).json();
const show = (url) => url.replaceAll(UserPoolId, "POOL").replaceAll(String(port), "PORT");
console.log("iss of the token:", show(decodeJwt(AuthenticationResult.AccessToken).iss));
console.log("discovery, issuer:", show(discovery.issuer));
console.log("discovery, jwks_uri:", show(discovery.jwks_uri));
emulator.kill();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
iss of the token: http://127.0.0.1:PORT/POOL
discovery, issuer: http://localhost:9229/POOL
discovery, jwks_uri: http://localhost:9229/POOL/.well-known/jwks.json
EXPECTED
