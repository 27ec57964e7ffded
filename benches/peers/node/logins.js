// The same for people who are logged in: jose verifies the login.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import express from 'express';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { token } from './token.js';

if (cluster.isPrimary) {
  for (let n = 0; n < availableParallelism(); n++) cluster.fork();
} else {
  const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[3], 'utf8')));
  const demands = { issuer: 'https://login.example', audience: 'lkt' };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.json());
  app.post('/getToken', async (req, res) => {
    const login = (req.headers.authorization ?? '').replace(/^Bearer /, '');
    const { payload } = await jwtVerify(login, keys, demands);
    const participant_token = await token({ ...req.body, participant_identity: payload.sub });
    res.status(201).json({ server_url: 'ws://localhost:7880', participant_token });
  });
  app.listen(Number(process.argv[2]), '127.0.0.1');
}
