/** What is known of a parser: inputs near to what it takes, and what must hold of all that it accepts. */
import fc from 'fast-check';
import { isAirkitError } from '../../src/errors.ts';
import { bytesNear, jsonNear, textNear } from './mutations.ts';
import { seedsOf } from './corpus.ts';

export interface Model {
  /** The function that is tried. */
  readonly name: string;
  /** Tries inputs; counts what was accepted. @throws for a crash, or for what should not have been accepted */
  readonly property: (counts: Counts) => fc.IAsyncProperty<[unknown]>;
  /** Inputs of the corpus, tried first. */
  readonly examples: readonly unknown[];
  /** Share of all cases; 1 for most. */
  readonly weight: number;
  /** Called before each input. */
  onInput?: () => void;
}

export interface Counts {
  accepted: number;
  refused: number;
}

interface Rules<Input, Value> {
  readonly name: string;
  /** Undefined is a refusal. */
  readonly parse: (input: Input) => Promise<Value | undefined> | Value | undefined;
  /** Checks an accepted value. @throws when it should not have been accepted */
  readonly holds: (value: Value, input: Input) => void | Promise<void>;
  readonly weight?: number;
}

/** A parser of text; its corpus is a file of texts. */
export function textModel<Value>(rules: Rules<string, Value>): Model {
  const seeds = seedsOf(rules.name).map((seed) => seed.toString('utf8'));
  return modelOf(rules, { cases: textNear(seeds), seeds });
}

/** A parser of bytes. */
export function bytesModel<Value>(rules: Rules<Buffer, Value>): Model {
  const seeds = seedsOf(rules.name);
  return modelOf(rules, { cases: bytesNear(seeds), seeds });
}

/** A parser of JSON documents in bytes. */
export function jsonModel<Value>(rules: Rules<Buffer, Value>): Model {
  const seeds = seedsOf(rules.name);
  return modelOf(rules, { cases: jsonNear(seeds.map((seed) => seed.toString('utf8'))), seeds });
}

/** Any parser, with inputs of its own. */
export function modelOf<Input, Value>(
  { name, parse, holds, weight = 1 }: Rules<Input, Value>,
  { cases, seeds }: { readonly cases: fc.Arbitrary<Input>; readonly seeds: readonly Input[] },
): Model {
  const attempt = async (input: Input, counts: Counts): Promise<void> => {
    const value = await refusedAs(async () => parse(input));
    if (value === undefined) counts.refused += 1;
    else {
      await holds(value, input);
      counts.accepted += 1;
    }
  };
  const model: Model = {
    name,
    weight,
    examples: seeds,
    property: (counts) =>
      fc.asyncProperty(cases, async (input) => {
        model.onInput?.();
        await attempt(input, counts);
      }) as fc.IAsyncProperty<[unknown]>,
  };
  return model;
}

/** Undefined where the parser refuses: by undefined, or by an error of airkit's own. Other errors are crashes. */
async function refusedAs<Value>(
  parse: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  try {
    return await parse();
  } catch (error) {
    if (isAirkitError(error)) return undefined;
    throw error;
  }
}
