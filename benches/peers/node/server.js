// LiveKit's Node server on Express, a worker a core.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import express from 'express';
import { token } from './token.js';

if (cluster.isPrimary) {
  for (let n = 0; n < availableParallelism(); n++) cluster.fork();
} else {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.json());
  app.post('/getToken', async (req, res) => {
    const participant_token = await token(req.body ?? {});
    res.status(201).json({ server_url: 'ws://localhost:7880', participant_token });
  });
  app.listen(Number(process.argv[2]), '127.0.0.1');
}
