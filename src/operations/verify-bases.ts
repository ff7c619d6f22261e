import { AirkitError, isAirkitError, messageOf, type Problem } from '../errors.ts';
import { leftToBases } from '../archive/bundle-bases.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import type { ContentReader } from '../content/content.ts';
import { holderOf } from '../content/first-holding.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Host } from './host.ts';
import { baseHint, type BaseOptions } from './kit-bases.ts';
import { malformedKit, requireVerified } from './require-verified.ts';

/** What a thin kit's bases are worth to it. */
export interface BasesCheck {
  /** True when they hold all that was left to them, or nothing was. */
  readonly complete: boolean;
  readonly problems: readonly Problem[];
  readonly contents: readonly ContentReader[];
}

export interface BasesQuestion {
  readonly index: BundleIndex;
  /** False leaves the bytes unread. */
  readonly readsBytes: boolean;
}

/**
 * Checks that bases, each judged like a kit, hold the layers that a thin kit leaves to them. Without bases nothing is
 * wrong, but the kit is not complete.
 *
 * @throws AirkitError USAGE, KEY_INVALID, DISK_FAILED
 */
export async function checkBases(
  host: Host,
  { index, readsBytes }: BasesQuestion,
  options: BaseOptions,
): Promise<BasesCheck> {
  const { base = [] } = options;
  const left = leftToBases(index.absent);
  const problems: Problem[] = [];
  const contents: ContentReader[] = [];
  for (const path of base) {
    const opened = await openBase(host, path, options);
    if ('content' in opened) contents.push(opened.content);
    else problems.push(...opened.problems);
  }
  if (base.length === 0 || left.size === 0)
    return { complete: left.size === 0, problems, contents };
  const lacks: Problem[] = [];
  for (const [digest, size] of left) {
    const lack = await lackOf({ mediaType: '', digest, size }, { contents, readsBytes }, options);
    if (lack !== undefined) lacks.push(lack);
  }
  const last = lacks.pop();
  if (last !== undefined) problems.push(...lacks, { ...last, hint: baseHint(index.bases) });
  return { complete: problems.length === 0, problems, contents };
}

async function openBase(
  host: Host,
  path: string,
  options: BaseOptions,
): Promise<{ content: ContentReader } | { problems: readonly Problem[] }> {
  try {
    return await requireVerified(host, path, { ...options, keepGoing: false });
  } catch (error) {
    if (!isAirkitError(error, 'VERIFICATION_FAILED')) throw error;
    const found = error.problems.length > 0 ? error.problems : [malformedKit(error)];
    const errors = found.filter(({ severity }) => severity === 'error');
    return { problems: errors.map((one) => ofBase(path, one)) };
  }
}

function ofBase(path: string, { code, severity, message, subject, hint }: Problem): Problem {
  return { code, severity, message: `base ${path}: ${message}`, subject, hint };
}

interface Search {
  readonly contents: readonly ContentReader[];
  readonly readsBytes: boolean;
}

async function lackOf(
  target: Descriptor,
  { contents, readsBytes }: Search,
  options: BaseOptions,
): Promise<Problem | undefined> {
  const { digest, size } = target;
  const holder = await holderOf(contents, target, options);
  const problem = (code: string, message: string): Problem => ({
    code,
    severity: 'error',
    message,
    subject: digest,
  });
  if (holder === undefined)
    return problem('BASE_MISSING', `${digest}: no base given holds this layer of ${size} bytes`);
  if (!readsBytes) return undefined;
  try {
    // oxlint-disable-next-line no-unused-vars -- reading checks
    for await (const _ of holder.fetch(target, options));
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof AirkitError && error.code !== 'DISK_FAILED')
      return problem(error.code, `${digest}: in its base: ${messageOf(error)}`);
    throw error;
  }
}
