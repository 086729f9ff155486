import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { clientOf, secretsOf } from './address.ts';

describe('the address of a MongoDB server', () => {
  it.each([
    ['mongodb://edge:swordfish@db-1:27017,db-2:27018/?replicaSet=rs0', 'MongoDB at db-1:27017,db-2:27018'],
    ['mongodb://127.0.0.1', 'MongoDB at 127.0.0.1:27017'],
    ['mongodb+srv://edge:sword%2Ffish@cluster.example.com/admin?w=1', 'MongoDB at cluster.example.com'],
  ])('is told by its hosts alone: %s', async (address, expected) => {
    const { client, place } = clientOf(MongoClient, address, {});
    await client.close();
    expect(place).toBe(expected);
  });

  it.each([undefined, ''])('that is missing is told by its variable: %j', (address) => {
    expect(() => clientOf(MongoClient, address, {})).toThrow('set MONGO_DB_URI');
  });

  it.each([
    'postgresql://edge:swordfish@db/iot',
    'mongodb://edge:swordfish@/',
    'mongodb://edge:12/swordfish@db/',
    'mongodb://edge:sword@fish@db/',
    'mongodb://edge:sword#fish@db/',
    'mongodb://edge:sword%fish@db/',
    'mongodb://edge:swordfish@db:99999/',
    'mongodb://edge:swordfish@db/?swordfish=1',
    'swordfish',
  ])('that cannot be read is told without what stands in it: %s', (address) => {
    const trying = () => clientOf(MongoClient, address, {});
    const message = expect.not.stringMatching(/fish|edge:/);
    expect(trying).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED', message }));
    expect(trying).toThrow('MONGO_DB_URI cannot be used');
  });

  it('has its password as a secret, as it is written and as it is meant', () => {
    expect(secretsOf('mongodb://edge:sword%2Ffish@db/')).toEqual(['sword%2Ffish', 'sword/fish']);
    expect(secretsOf('mongodb://edge:sword%fish@db/')).toEqual(['sword%fish']);
    expect(secretsOf('mongodb://db/')).toEqual([]);
    expect(secretsOf(undefined)).toEqual([]);
  });
});
