// A token by LiveKit's SDK.
import { AccessToken } from 'livekit-server-sdk';

export async function token(body) {
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
