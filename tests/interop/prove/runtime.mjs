// Runs a part of the scenario in the runtime that runs this, and prints the result: runtime.mjs PART ARGUMENTS.
import { TokenSource } from 'livekit-client';
import * as scenario from '../web/scenario.js';

const [part, given] = process.argv.slice(2);
console.log(JSON.stringify((await scenario[part](TokenSource, ...JSON.parse(given))) ?? null));
process.exit(0);
