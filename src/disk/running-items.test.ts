import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { openRunningItems, readRunningItems } from './running-items.ts';

describe('the items whose models run', () => {
  it('are on record as long as they do, without a word to the file', async () => {
    const path = join(await temporaryFolder(), 'data/running-items');
    expect(readRunningItems(path)).toEqual(new Set());
    const items = openRunningItems(path, 2);
    const leave = items.enter('03a7adc7-59d5-4190-8160-4a71fd07cac5');
    items.enter('second');
    const beyond = items.enter('beyond the places');
    expect(readRunningItems(path)).toEqual(new Set(['03a7adc7-59d5-4190-8160-4a71fd07cac5', 'second']));
    leave();
    leave();
    beyond();
    expect(readRunningItems(path)).toEqual(new Set(['second']));
    items.enter('third');
    expect(readRunningItems(path)).toEqual(new Set(['second', 'third']));
    items.close();
    items.close();
    items.enter('after the end')();
    expect(readRunningItems(path)).toEqual(new Set(['second', 'third']));
  });

  it('are forgotten when a new record begins', async () => {
    const path = join(await temporaryFolder(), 'running-items');
    const items = openRunningItems(path, 1);
    items.enter('item');
    items.close();
    openRunningItems(path, 1).close();
    expect(readRunningItems(path)).toEqual(new Set());
  });
});
