import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { buildImage, makeNoise, manifestRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { documentOf, spawnAirkit } from './support/run-airkit.ts';
import { makeSite, writeBundles, writeLayout, type Site } from './support/site.ts';
import { bigLayers } from './support/big-layers.ts';
