// One token, as a whole process.
import { AccessToken } from 'livekit-server-sdk';

const at = new AccessToken('devkey', 'secret', { identity: 'ada', ttl: '10m' });
at.addGrant({ roomJoin: true, room: 'demo' });
console.log(await at.toJwt());
