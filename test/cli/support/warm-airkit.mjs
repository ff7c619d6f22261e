// The built command line in a process that stays: it takes {id, args, cwd, env} and answers {id, code, stdout, stderr}.
// Starting node for each of hundreds of commands would take minutes.
import { runProgram } from '../../../dist/cli/program.js';

process.stdout.setMaxListeners(0);
let last = Promise.resolve();
process.on('message', (request) => {
  last = last.then(async () => process.send(await answer(request)));
});
process.on('disconnect', () => process.exit());

async function answer({ id, args, cwd, env }) {
  const said = { stdout: '', stderr: '' };
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.stdout.write = (text) => Boolean((said.stdout += text));
  process.stderr.write = (text) => Boolean((said.stderr += text));
  process.exitCode = 0;
  try {
    await runProgram(['node', 'airkit', ...args], '0.0.0');
    return { id, code: process.exitCode, ...said };
  } catch (error) {
    return { id, code: 1, stdout: said.stdout, stderr: `${said.stderr}${error.stack}` };
  } finally {
    process.exitCode = 0;
  }
}
