// npm run bench [-- [ROW…] [--quick] [--runs N] [--skip ROW]…]: measures airkit beside its peers.
// As root, with the engines of .ci/install-engines, hyperfine, time, nginx and crane (see CONTRIBUTING.md).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge, ROWS } from './bars.mjs';
import { QUICK_SET, REALISTIC_SET } from './image-sets.mjs';
import { describeMachine } from './machine.mjs';
import { lineOfRow, resultsOf } from './results.mjs';
import { generated } from './rows/generated.mjs';
import { loading } from './rows/load.mjs';
import { memory } from './rows/memory.mjs';
import { packing } from './rows/pack.mjs';
import { registries } from './rows/registries.mjs';
import { serving } from './rows/serving.mjs';
import { starting } from './rows/starting.mjs';
import { ROOT } from './support.mjs';
import { missingTools } from './tools.mjs';
import { openWorkplace } from './workplace.mjs';

const EXPERIMENTS = [starting, packing, registries, serving, loading, generated, memory].flat();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    skip: { type: 'string', multiple: true, default: [] },
  },
});
const { quick, skip } = values;
const wanted = wantedRows();
const needed = await missingTools();
if (needed !== undefined) {
  console.error(`bench: something is not installed: ${needed}`);
  process.exit(2);
}
const place = await openWorkplace({
  set: quick ? QUICK_SET : REALISTIC_SET,
  rounds: Number(values.runs ?? (quick ? 3 : 5)),
  quick,
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop(signal));
try {
  await runAll();
} finally {
  await place.close();
}

function wantedRows() {
  const ids = Object.keys(ROWS);
  const unknown = [...positionals, ...skip].find((word) => !ids.some((id) => isNamed(id, [word])));
  if (unknown !== undefined) {
    console.error(`bench: no row ${unknown}; there are ${ids.join(', ')}`);
    process.exit(2);
  }
  const chosen = positionals.length === 0 ? ids : ids.filter((id) => isNamed(id, positionals));
  return new Set(chosen.filter((id) => !isNamed(id, skip)));
}

/** A word means a row, or all rows that begin with it: `load` is load-empty, load-missing and load-again. */
function isNamed(id, words) {
  return words.some((word) => id === word || id.startsWith(`${word}-`));
}

async function runAll() {
  const results = [];
  for (const experiment of EXPERIMENTS) {
    const rows = experiment.rows.filter((id) => wanted.has(id));
    if (place.isClosing || rows.length === 0 || (quick && experiment.long === true)) continue;
    console.error(`bench: ${rows.join(', ')}`);
    const measured = await attempt(experiment);
    for (const id of rows) {
      const result = { id, ...(measured.figures === undefined ? measured : judged(id, measured)) };
      results.push(result);
      console.log(lineOfRow(result));
    }
  }
  if (!place.isClosing) await finish(results);
}

function judged(id, { figures }) {
  return { figures: figures[id], bars: judge(id, figures[id]) };
}

/** One row that cannot be measured does not end the others. */
async function attempt(experiment) {
  try {
    return { figures: await experiment.run(place) };
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return { failure: error.message.split('\n')[0] };
  }
}

/** Only a run over all rows on the realistic images is kept; it names what was left out. */
async function finish(results) {
  const leftOut = skip.length === 0 ? [] : Object.keys(ROWS).filter((id) => isNamed(id, skip));
  const missing = leftOut.map((id) => ({ id, failure: 'left out of this run' }));
  const text = resultsOf(await describeMachine(place), [...results, ...missing]);
  console.log(`\n${text}`);
  if (!quick && positionals.length === 0) await writeFile(join(ROOT, 'bench/RESULTS.md'), text);
}

/** On Ctrl-C too, nothing stays: no engine, no mount, no folder. */
async function stop(signal) {
  place.isClosing = true;
  await place.close();
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
