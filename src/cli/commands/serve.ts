import {
  messageOf,
  serve,
  serveMirrorConfig,
  type AccessEntry,
  type ServeReport,
} from '../../index.ts';
import { formatBytes, plural } from '../format.ts';
import type { ServeFlags } from '../flags.ts';
import { mirrorConfigText } from '../mirror-config-text.ts';
import { oneLine } from '../../printable.ts';
import { documentText, problemText, tellPeople, type Command } from '../run-command.ts';

export function serveCommand(path: string, flags: ServeFlags): Command {
  const { mirrorConfig, quiet, json: _, progress: __, ...choices } = flags;
  if (mirrorConfig !== undefined) {
    return async (host, options) => {
      const config = await serveMirrorConfig(host, path, {
        ...options,
        ...choices,
        engine: mirrorConfig,
      });
      return {
        data: { mirrorConfig: config.files, notes: config.notes },
        text: mirrorConfigText(config.files),
        notes: config.notes,
      };
    };
  }
  return async (host, options, endProgress) => {
    // Who read the access lines may go away; those who pull should not notice.
    process.stderr.on('error', () => undefined);
    const { requests, sentBytes, failures } = await serve(host, path, {
      ...options,
      ...choices,
      onListening: (report) => {
        endProgress();
        tellListening(report, flags);
      },
      onAccess: (entry) => {
        if (quiet !== true || entry.failure !== undefined)
          process.stderr.write(`${accessLine(entry)}\n`);
      },
    });
    const failed = failures === 0 ? '' : `, ${failures} failed for damaged or unreadable bytes`;
    return {
      data: {},
      text: '',
      runsUntilStopped: true,
      notes: [`${plural(requests, 'request')}, ${formatBytes(sentBytes)} sent${failed}`],
    };
  };
}

/** stdout gets its document, or the address, as soon as there is something to connect to. */
function tellListening(report: ServeReport, { json, quiet }: ServeFlags): void {
  const { kit, url, repositories, warnings } = report;
  process.stdout.write(json === true ? documentText(report) : `${url}\n`);
  if (quiet === true) return;
  for (const warning of warnings) tellPeople(problemText(warning));
  tellPeople(
    `serving ${kit.name} ${kit.version}, ${repositories.length === 1 ? '1 repository' : `${repositories.length} repositories`}; Ctrl-C stops\n`,
  );
}

/** `127.0.0.1 "GET /v2/acme/api/manifests/1" 200 1234`; whatever a client sends stays on its line. */
export function accessLine({
  client,
  method,
  target,
  status,
  bytes,
  failure,
}: AccessEntry): string {
  const request = JSON.stringify(`${method} ${target.slice(0, 500)}`).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const why = failure === undefined ? '' : ` failed: ${oneLine(messageOf(failure))}`;
  return `${client} ${request} ${status} ${bytes}${why}`;
}
