import { verify, type VerifyReport } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { plural } from '../format.ts';
import type { VerifyFlags } from '../flags.ts';
import { baseName } from '../base-name.ts';
import { problemText, type Command } from '../run-command.ts';

export function verifyCommand(path: string, flags: VerifyFlags): Command {
  return async (host, options) => {
    const { trust, allowUnsigned, threshold, at, base, volumes } = flags;
    const depth = flags.quick === true ? 'quick' : flags.deep === true ? 'deep' : 'full';
    const choices = { trust, allowUnsigned, threshold, at, base, volumes };
    const report = await verify(host, path, { ...options, ...choices, depth });
    const problems = report.findings;
    if (report.ok)
      return {
        data: report,
        text: okText(report),
        notes: problems.map((problem) => problemText(problem).trimEnd()),
      };
    const message = `${path} must not be used: ${plural(problems.filter(({ severity }) => severity === 'error').length, 'finding')}`;
    const hint = problems.find((problem) => problem.hint !== undefined)?.hint;
    return {
      data: report,
      text: '',
      exitCode: EXIT.notVerified,
      error: { code: 'VERIFICATION_FAILED', message, hint, problems },
    };
  };
}

function okText({
  path,
  name = '',
  version = '',
  images,
  signers,
  complete,
  bases,
}: VerifyReport): string {
  const trusted = signers.filter((signer) => signer.trusted).map(({ keyId }) => keyId);
  const signed = trusted.length === 0 ? 'not signed' : `signed by ${trusted.join(', ')}`;
  const only = complete ? 'complete with what was given for' : 'complete only with';
  const names = bases.map(baseName).join(' or ');
  const thin = bases.length === 0 ? '' : `, ${only} its base ${names}`;
  return `${path}: ok: ${name} ${version}, ${plural(images, 'image')}, ${signed}${thin}\n`;
}
