// LiveKit's Node server on Express, a worker a core.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import express from 'express';
import { AccessToken } from 'livekit-server-sdk';

async function token(body) {
  const at = new AccessToken('devkey', 'secret', {
    identity: body.participant_identity || 'quickstart-identity',
    name: body.participant_name || 'quickstart-username',
    metadata: body.participant_metadata,
    attributes: body.participant_attributes,
    ttl: '10m',
  });
  at.addGrant({ roomJoin: true, room: body.room_name || 'quickstart-room' });
  return at.toJwt();
}

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
