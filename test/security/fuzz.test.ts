/** The models of `npm run fuzz` with fewer cases, and another seed on every run: a failure names it. */
import { expect, it } from 'vitest';
import { parserModels } from '../fuzz/models/all-models.ts';
import { kitModels } from '../fuzz/models/kit-models.ts';
import { casesOf, runModel } from '../fuzz/run-models.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const CASES = 2000;
const seed = Math.floor(Math.random() * 2 ** 31);
const folder = useTempFolder();

it('inputs near to good ones are accepted rightly, or refused by name', async () => {
  const models = [
    ...parserModels(await folder.fresh()),
    ...(await kitModels(await folder.fresh())),
  ];
  const found: (string | undefined)[] = [];
  for (const [model, cases] of casesOf(models, CASES)) {
    const { name, failure } = await runModel(model, { cases, seed });
    if (failure !== undefined) found.push(`${name}: ${failure}`);
  }
  expect(found).toEqual([]);
}, 120_000);
