#!/usr/bin/env bash
# A `ttl` of zero is six hours for livekit-server-sdk 2.19.2 (npm), which takes it for an option that is not
# set. For livekit-api 1.2.2 (PyPI) and io.livekit:livekit-server 0.13.0 (Maven) it is a token that has
# expired when it is signed. All three sign it without an error.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts livekit-server-sdk@2.19.2
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check livekit-api==1.2.2 pyjwt==2.15.1
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.livekit</groupId><artifactId>livekit-server</artifactId><version>0.13.0</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib

cat > try.mjs <<'JS'
import { AccessToken } from "livekit-server-sdk";
const token = new AccessToken("devkey", "a-secret-of-thirty-two-characters!", { identity: "ada", ttl: 0 });
console.log("node", await token.toJwt());
JS
cat > try.py <<'PY'
from datetime import timedelta
from livekit.api import AccessToken
token = AccessToken("devkey", "a-secret-of-thirty-two-characters!").with_identity("ada").with_ttl(timedelta(0))
print("python", token.to_jwt())
PY
cat > Try.java <<'JAVA'
import io.livekit.server.AccessToken;

public class Try {
    public static void main(String[] arguments) {
        AccessToken token = new AccessToken("devkey", "a-secret-of-thirty-two-characters!");
        token.setIdentity("ada");
        token.setTtl(0);
        System.out.println("kotlin " + token.toJwt());
    }
}
JAVA
cat > life.mjs <<'JS'
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [name, token] = line.split(" ");
  const { exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const seconds = exp - Date.now() / 1000;
  console.log(`${name}: ${seconds <= 0 ? "expired" : `${Math.round(seconds / 3600)} hours`}`);
}
JS
javac -cp 'lib/*' Try.java
{ node try.mjs; python/bin/python try.py; java -cp 'lib/*:.' Try 2> /dev/null; } > tokens
sleep 1
node life.mjs < tokens | tee output
diff output - <<'EXPECTED'
node: 6 hours
python: expired
kotlin: expired
EXPECTED
