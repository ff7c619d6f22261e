// Validates many bundles files in one process: `node validate-all.mjs FLAG FILE…` prints [{file, code, stdout, stderr}].
import { runProgram } from '../../../dist/cli/program.js';

const [flag, ...files] = process.argv.slice(2);
const flags = flag === '' ? [] : [flag];
const real = process.stdout.write.bind(process.stdout);
const results = [];
for (const file of files) {
  const caught = { file, code: 0, stdout: '', stderr: '' };
  process.exitCode = 0;
  process.stdout.write = (text) => Boolean((caught.stdout += text));
  process.stderr.write = (text) => Boolean((caught.stderr += text));
  await runProgram(['node', 'airkit', 'validate', file, ...flags], '0.0.0');
  results.push({ ...caught, code: process.exitCode });
}
process.exitCode = 0;
real(JSON.stringify(results));
