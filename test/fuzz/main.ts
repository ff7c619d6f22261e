/** All models with as many cases as are wanted; prints what was tried as a table. `npm run fuzz` starts it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parserModels } from './models/all-models.ts';
import { kitModels } from './models/kit-models.ts';
import { casesOf, runModel, type Row, type Run } from './run-models.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** @returns true when nothing was found */
export async function fuzz({ cases, seed }: Run): Promise<boolean> {
  console.log(
    `seed ${seed}, ${cases} cases; again with: npm run fuzz -- --cases ${cases} --seed ${seed}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'airkit-fuzz-'));
  let watchdog: Watchdog | undefined;
  const rows: Row[] = [];
  try {
    const models = [...parserModels(folder), ...(await kitModels(join(folder, 'kits')))];
    watchdog = startWatchdog(models);
    for (const [model, share] of casesOf(models, cases)) {
      const row = await runModel(model, { cases: share, seed });
      rows.push(row);
      if (row.failure !== undefined) console.log(`\n${row.name}: ${row.failure}\n`);
    }
  } finally {
    watchdog?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(tableOf(rows));
  return rows.every(({ failure }) => failure === undefined);
}

/** Markdown, with the sum of each column. */
function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, cases, accepted, refused, failure }) =>
    line([name, cases, accepted, refused, failure === undefined ? 0 : 1]),
  );
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const failures = rows.filter(({ failure }) => failure !== undefined).length;
  const total = [
    `all ${rows.length}`,
    sum((one) => one.cases),
    sum((one) => one.accepted),
    sum((one) => one.refused),
    failures,
  ];
  const head = [
    'tried',
    'cases',
    'accepted, and it held',
    'refused by name',
    'crashes and wrong accepts',
  ];
  return ['', line(head), line(head.map(() => '---')), ...lines, line(total)].join('\n');
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}
