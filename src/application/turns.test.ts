import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

describe('turns', () => {
  it('gives out as many places as there are', () => {
    const turns = createTurns(2);
    expect(turns.tryTake()).not.toBeNull();
    expect(turns.tryTake()).not.toBeNull();
    expect(turns.tryTake()).toBeNull();
  });

  it('serves those who wait in the order they came', async () => {
    const turns = createTurns(1);
    const first = await turns.take();
    const order: string[] = [];
    const waiting = ['second', 'third', 'fourth'].map(async (name) => {
      const release = await turns.take();
      order.push(name);
      release();
    });
    expect(turns.waiting).toBe(3);
    first();
    await Promise.all(waiting);
    expect(order).toEqual(['second', 'third', 'fourth']);
    expect(turns.waiting).toBe(0);
  });

  it('hands a place to who waits, not to who comes by', async () => {
    const turns = createTurns(1);
    const first = await turns.take();
    const second = turns.take();
    first();
    expect(turns.tryTake()).toBeNull();
    (await second)();
    expect(turns.tryTake()).not.toBeNull();
  });

  it('takes a place back once, however often it is given back', async () => {
    const turns = createTurns(1);
    const release = await turns.take();
    release();
    release();
    expect(turns.tryTake()).not.toBeNull();
    expect(turns.tryTake()).toBeNull();
  });
});
