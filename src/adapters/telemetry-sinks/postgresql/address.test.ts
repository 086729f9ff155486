import { inspect } from 'node:util';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { placeOf } from './address.ts';

describe('the address of a PostgreSQL server', () => {
  it.each([
    ['postgresql://edge:swordfish@db.plant:5433/iot', 'PostgreSQL at db.plant:5433, database "iot",'],
    ['postgres://edge:sword%2Ffish%40@db/iot?sslmode=no-verify', 'PostgreSQL at db:5432, database "iot",'],
    ['postgresql:///iot?host=/run/postgresql&user=edge', 'PostgreSQL at /run/postgresql:5432, database "iot",'],
    ['postgresql://edge:sword@fish@[::1]/iot', 'PostgreSQL at ::1:5432, database "iot",'],
  ])('is named without user and password: %s', (address, place) => {
    expect(placeOf(pg, address)).toBe(place);
  });

  it.each([
    ['swordfish'],
    [''],
    ['mysql://edge:swordfish@db/iot'],
    ['host=db user=edge password=swordfish'],
    ['postgresql://edge:12/swordfish@db/iot'],
    ['postgresql://edge:12#swordfish@db/iot'],
    ['postgresql://edge:12?swordfish@db/iot'],
    ['postgresql://edge:swordfish%ff@db/iot'],
    ['postgresql://edge:swordfish@db:port/iot'],
    ['postgresql://edge:swordfish@db/iot?sslmode=verify-full&sslrootcert=/nowhere/ca.pem'],
  ])('that cannot be used is told without its parts: %s', (address) => {
    let error: unknown;
    try {
      placeOf(pg, address);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'TELEMETRY_FAILED',
      message: expect.stringMatching(
        /^POSTGRES_DB_URI cannot be used: .+\. Write it as postgresql:\/\/user:password@host/,
      ),
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('swordfish');
  });
});
