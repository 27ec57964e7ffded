#!/usr/bin/env bash
# OpenAuth 0.4.3 (npm) makes the `sub` of a token from a digest of all properties that the app gives `subject`,
# unless the app names the subject itself. So the same person with a new display name is another `sub`, and
# whoever keeps data under `sub` loses sight of them. With `{ subject: id }`, it stays.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @openauthjs/openauth@0.4.3 jose@6.1.0 valibot@1.1.0

cat > try.mjs <<'JS'
import { issuer } from "@openauthjs/openauth";
import { MemoryStorage } from "@openauthjs/openauth/storage/memory";
import { createSubjects } from "@openauthjs/openauth/subject";
import { decodeJwt } from "jose";
import { object, string } from "valibot";
const subjects = createSubjects({ user: object({ id: string(), name: string() }) });
let name;
const app = (options) => issuer({
  storage: MemoryStorage(),
  subjects,
  providers: { own: { type: "own", init() {}, client: async () => ({}) } },
  success: (context) => context.subject("user", { id: "1", name }, options),
});
console.log = (log => (text) => /^sub/.test(text) && log(text))(console.log);
for (const [what, options] of [["by default", undefined], ["with a subject", { subject: "1" }]]) {
  const subs = [];
  for (name of ["Ada", "Ada Lovelace"]) {
    const body = new URLSearchParams({ grant_type: "client_credentials", provider: "own", client_id: "app", client_secret: "s" });
    const answer = await app(options).request("http://localhost/token", { method: "POST", body });
    subs.push(decodeJwt((await answer.json()).access_token).sub);
  }
  console.log(`sub ${what}: ${subs.join(", ")}`);
}
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
sub by default: user:42f076b205d3829e, user:c78753363c784c21
sub with a subject: 1, 1
EXPECTED
