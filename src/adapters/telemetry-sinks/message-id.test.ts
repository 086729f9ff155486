import { describe, expect, it } from 'vitest';
import { messageIdOf } from './message-id.ts';

describe('the id of a message', () => {
  it('is the id of the item where that is a UUID', () => {
    expect(messageIdOf('0198F2B3-77AA-7cc1-8d2e-3a5b6c7d8e9f')).toBe('0198f2b3-77aa-7cc1-8d2e-3a5b6c7d8e9f');
  });

  it('is a UUID made of any other id, the same each time and in each version of the product', () => {
    expect(messageIdOf('item-1')).toBe('53446f2b-7d99-5bad-9ac6-48d46fce2364');
    expect(messageIdOf('item-2')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(messageIdOf('item-2')).not.toBe(messageIdOf('item-1'));
  });
});
