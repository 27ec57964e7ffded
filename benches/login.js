// Prints a set of keys (JWKS), a secret, and a login token of each algorithm, valid for an hour, as JSON.

const crypto = require("node:crypto");

const pairs = {
  RS256: crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ES512: crypto.generateKeyPairSync("ec", { namedCurve: "P-521" }),
  EdDSA: crypto.generateKeyPairSync("ed25519"),
};
const hashes = { RS256: "sha256", ES256: "sha256", ES512: "sha512", EdDSA: null };
const secret = crypto.randomBytes(64).toString("hex");
const now = Math.floor(Date.now() / 1000);
// The participant that the requests of run.py name.
const sub = "participant-0123456789abcde";
const claims = { iss: "https://login.example", aud: "lkt", sub, iat: now, exp: now + 3600 };
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

const keys = [];
const tokens = {};
for (const [alg, { publicKey, privateKey }] of Object.entries(pairs)) {
  keys.push({ ...publicKey.export({ format: "jwk" }), kid: alg, alg, use: "sig" });
  const text = `${encode({ alg, kid: alg, typ: "JWT" })}.${encode(claims)}`;
  const hash = hashes[alg];
  const signature = crypto.sign(hash, Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
  tokens[alg] = `${text}.${signature.toString("base64url")}`;
}
const text = `${encode({ alg: "HS512", typ: "JWT" })}.${encode(claims)}`;
tokens.HS512 = `${text}.${crypto.createHmac("sha512", Buffer.from(secret, "hex")).update(text).digest("base64url")}`;
console.log(JSON.stringify({ jwks: { keys }, secret, tokens }));
