import type { Model } from '../model.ts';
import { archiveModels } from './archive-models.ts';
import { networkModels } from './network-models.ts';
import { ociModels } from './oci-models.ts';
import { signingModels } from './signing-models.ts';
import { specModels } from './spec-models.ts';

/** Every parser of something from outside. @param folder where those that read files may write them */
export function parserModels(folder: string): Model[] {
  return [
    ...ociModels,
    ...archiveModels,
    ...specModels,
    ...signingModels,
    ...networkModels(folder),
  ];
}
