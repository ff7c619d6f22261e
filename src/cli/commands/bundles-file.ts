import { init, schema, validate } from '../../index.ts';
import { plural } from '../format.ts';
import type { Command } from '../run-command.ts';

export function initCommand(file: string): Command {
  return async (host) => {
    const { path } = await init(host, file);
    return {
      data: { path },
      text: `${path}\n`,
      notes: [
        `Next: edit ${file}, then run airkit plan ${file}.`,
        'For completion in an editor: airkit schema > bundles.schema.json',
      ],
    };
  };
}

export function validateCommand(file: string): Command {
  return async (host) => {
    const { path, bundles } = await validate(host, file);
    return {
      data: { path, bundles },
      text: `${path}: ${plural(bundles.length, 'bundle')}: ${bundles.join(', ')}\n`,
    };
  };
}

export function schemaCommand(): Command {
  return async () => {
    const text = schema();
    const parsed: unknown = JSON.parse(text);
    return { data: { schema: parsed }, text };
  };
}
