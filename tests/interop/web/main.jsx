// A page that a browser opens from another origin than lkt's. With `?endpoint=` it is a React app that joins a room;
// without, it lends its token sources to the proofs.
import { useSession } from '@livekit/components-react';
import { TokenSource } from 'livekit-client';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import * as scenario from './scenario.js';

const endpoint = new URLSearchParams(location.search).get('endpoint');
const source = endpoint && TokenSource.endpoint(endpoint);

function Call() {
  const session = useSession(source, { roomName: 'react-room', participantName: 'React' });
  useEffect(() => {
    session.start({ tracks: { microphone: { enabled: false } } }).catch(console.error);
  }, []);
  return session.isConnected ? <output>{session.room.name}</output> : <p>{session.connectionState}</p>;
}

window.interop = { TokenSource, scenario };
if (source) createRoot(document.querySelector('main')).render(<Call />);
