import { describe, expect, it } from 'vitest';
import { schemaOfNamed } from '../kind.ts';
import { bindCameraRule, cameraRules } from './index.ts';

const Rule = schemaOfNamed(cameraRules);

describe('camera rules', () => {
  it.each([
    { name: 'expected_label_rule', parameters: { expected_label: 'good' } },
    { name: 'unexpected_label_rule', parameters: { unexpected_label: ['a', 'b'] } },
    { name: 'min_nb_objects_rule', parameters: { class_to_detect: ['a'], min_threshold: 0 } },
    { name: 'max_nb_objects_rule', parameters: { class_to_detect: 'a', max_threshold: 3 } },
  ])('accept $name with $parameters', (config) => {
    expect(Rule.safeParse(config).success).toBe(true);
  });

  it.each([
    { name: 'expected_label_rule' },
    { name: 'expected_label_rule', parameters: {} },
    { name: 'expected_label_rule', parameters: { expected_label: [] } },
    { name: 'expected_label_rule', parameters: { expected_label: 'a', threshold: 1 } },
    { name: 'expected_label_rule', parameters: { expected_label: 'a' }, more: 1 },
    { name: 'min_nb_objects_rule', parameters: { class_to_detect: ['a'], min_threshold: -1 } },
    { name: 'min_nb_objects_rule', parameters: { class_to_detect: ['a'], min_threshold: 1.5 } },
    { name: 'max_nb_objects_rule', parameters: { class_to_detect: ['a'], max_threshold: '1' } },
    { name: 'max_nb_objects_rule', parameters: { class_to_detect: ['a'] } },
    { name: 'no_rule', parameters: {} },
  ])('refuse $name with $parameters', (config) => {
    expect(Rule.safeParse(config).success).toBe(false);
  });

  it('keep the parameters of two bindings of one rule apart', () => {
    const good = bindCameraRule({ name: 'expected_label_rule', parameters: { expected_label: ['good'] } });
    const bad = bindCameraRule({ name: 'expected_label_rule', parameters: { expected_label: ['bad'] } });
    expect([good(['good']), bad(['good'])]).toEqual(['OK', 'KO']);
  });
});
