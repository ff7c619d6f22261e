import { dirname } from 'node:path';
import { AirkitError } from '../errors.ts';
import { runTool, type ToolRun } from './run-tool.ts';

export interface RenderOptions {
  readonly environment: ToolRun['environment'];
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; default 5 minutes. */
  readonly timeout?: number | undefined;
}

export interface Rendered {
  readonly text: string;
  /** The command that gave it, such as `helm template`. */
  readonly by: string;
}

/** Of the release that charts are rendered for; in manifests it is part of names, not of images. */
const RELEASE = 'airkit';

type Command = readonly [name: string, ...args: string[]];

/**
 * Renders a chart with its own default values: `helm template`.
 *
 * @param folder absolute; a packaged chart will do, too
 * @throws AirkitError UNSUPPORTED when helm is not installed; SOURCE_FAILED with what it says, as of dependencies that
 * are not there
 */
export async function renderChart(folder: string, options: RenderOptions): Promise<Rendered> {
  return firstInstalled([['helm', 'template', RELEASE]], folder, {
    ...options,
    missing: `helm is not installed, so the chart ${folder} cannot be rendered`,
    hint: `Install helm, or render elsewhere and pipe: helm template CHART | airkit discover -`,
  });
}

/**
 * Builds a kustomization: `kustomize build`, else `kubectl kustomize`.
 *
 * @param folder absolute
 * @throws AirkitError UNSUPPORTED when neither is installed; SOURCE_FAILED with what it says
 */
export async function renderKustomization(
  folder: string,
  options: RenderOptions,
): Promise<Rendered> {
  const commands: Command[] = [
    ['kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ];
  return firstInstalled(commands, folder, {
    ...options,
    missing: `neither kustomize nor kubectl is installed, so ${folder} cannot be built`,
    hint: `Install one, or build elsewhere and pipe: kustomize build FOLDER | airkit discover -`,
  });
}

interface RenderRequest extends RenderOptions {
  readonly missing: string;
  readonly hint: string;
}

async function firstInstalled(
  commands: readonly Command[],
  folder: string,
  { missing, hint, ...options }: RenderRequest,
): Promise<Rendered> {
  for (const [name, ...args] of commands) {
    const run = { ...options, name, args: [...args, folder], directory: dirname(folder) };
    const text = await runTool(run);
    if (text !== undefined) return { text, by: `${name} ${args[0] ?? ''}` };
  }
  throw new AirkitError('UNSUPPORTED', missing, { hint, context: { path: folder } });
}
