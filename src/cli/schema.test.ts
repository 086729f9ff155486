import { describe, expect, it } from 'vitest';
import { schema } from './schema.ts';

async function run(name: string): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await schema({ name, output });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('schema', () => {
  it.each(['station-config', 'inventory', 'edge'])(
    'prints the JSON Schema of %s, which a file may name',
    async (name) => {
      const { code, out } = await run(name);
      const printed = JSON.parse(out);
      expect(code).toBe(0);
      expect(printed).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        additionalProperties: false,
        properties: { $schema: { type: 'string' } },
        title: expect.any(String),
      });
    },
  );

  it('describes what people write: defaults are not required, one label may stand without a list', async () => {
    const { properties, required } = JSON.parse((await run('station-config')).out);
    expect(required).toEqual(['cameras', 'item_rule']);
    const [fake] = properties.cameras.additionalProperties.oneOf;
    expect(fake.title).toBe('Fake camera: pictures from a folder');
    expect(fake.required).toEqual(['camera_rule', 'type']);
    const [expectedLabel] = fake.properties.camera_rule.oneOf;
    expect(expectedLabel.description).toMatch(/^OK when every label seen is expected/);
    expect(expectedLabel.properties.parameters.properties.expected_label.anyOf).toEqual([
      { type: 'string', minLength: 1 },
      { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
    ]);
    expect(JSON.parse((await run('edge')).out).required).toBeUndefined();
  });

  it('knows no other schema and says which there are', async () => {
    expect(await run('edge.json')).toEqual({
      code: 1,
      out: '',
      err: 'there is no schema "edge.json"; there are: station-config, inventory, edge',
    });
  });
});
