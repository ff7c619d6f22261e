import { trustAdd, trustList, trustRemove, type ListedKey } from '../../index.ts';
import type { TrustAddFlags, TrustRemoveFlags } from '../flags.ts';
import { formatTable } from '../format.ts';
import { problemText, type Command } from '../run-command.ts';

export function trustListCommand(): Command {
  return async (host, { signal }) => {
    const listing = await trustList(host, { signal });
    const { keys, revoked, folders, warnings } = listing;
    const table =
      keys.length === 0
        ? ''
        : formatTable(['KEY', 'KIND', 'STATUS', 'VALID', 'FILE'], keys.map(row));
    const none = keys.length === 0 ? [`no key is trusted: ${folders.join(' and ')} hold none`] : [];
    return {
      data: listing,
      text: `${table}${revoked.map((name) => `revoked: ${name}\n`).join('')}`,
      notes: [...none, ...warnings.map((warning) => problemText(warning).trimEnd())],
    };
  };
}

export function trustAddCommand(file: string, flags: TrustAddFlags): Command {
  return async (host, { signal }) => {
    const { name, system, revoked } = flags;
    const done = await trustAdd(host, file, { signal, name, system, revoked });
    const trusted = done.keys.map(
      ({ keyId, fingerprint, kind }) => `${keyId}  ${kind}  ssh ${fingerprint}\n`,
    );
    const note = done.added ? `written to ${done.path}` : `${done.path} was there already`;
    return {
      data: done,
      text: [...trusted, ...done.revoked.map((key) => `revoked: ${key}\n`)].join(''),
      notes: [note],
    };
  };
}

export function trustRemoveCommand(what: string, flags: TrustRemoveFlags): Command {
  return async (host, { signal }) => {
    const done = await trustRemove(host, what, { signal, system: flags.system });
    return { data: done, text: done.files.map((file) => `${file}\n`).join('') };
  };
}

function row({ keyId, kind, status, path, validAfter, validBefore }: ListedKey): string[] {
  const valid =
    validAfter === undefined && validBefore === undefined
      ? 'always'
      : `${validAfter ?? ''} – ${validBefore ?? ''}`.trim();
  return [keyId, kind, status, valid, path];
}
