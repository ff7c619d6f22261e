// How long it takes until airkit says anything at all, against Node that does nothing.
import { CLI, line, measureShort, runAirkit } from '../measuring.mjs';

async function start(place) {
  const seconds = await measureShort(place, [
    { name: 'node', command: line(process.execPath, '-e', '0') },
    { name: 'version', command: line(process.execPath, CLI, '--version') },
    { name: 'help', command: line(process.execPath, CLI, '--help') },
  ]);
  const figures = async (name) => {
    const { mebibytes } = await runAirkit(place, [`--${name}`]);
    return { seconds: seconds[name], peerSeconds: seconds.node, mebibytes };
  };
  return { version: await figures('version'), help: await figures('help') };
}

export const starting = [{ rows: ['version', 'help'], run: start }];
