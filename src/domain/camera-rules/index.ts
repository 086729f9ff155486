import type { Decision } from '../decision.ts';
import type { NamedConfigOf } from '../kind.ts';
import { expectedLabelRule } from './expected-label-rule.ts';
import { maxNbObjectsRule } from './max-nb-objects-rule.ts';
import { minNbObjectsRule } from './min-nb-objects-rule.ts';
import { unexpectedLabelRule } from './unexpected-label-rule.ts';

/** Register a camera rule here. */
export const cameraRules = [expectedLabelRule, unexpectedLabelRule, minNbObjectsRule, maxNbObjectsRule] as const;

export type CameraRuleConfig = NamedConfigOf<(typeof cameraRules)[number]>;
export type BoundCameraRule = (labels: readonly string[]) => Decision;

/** The rule with its own parameters: two steps with the same rule are two bindings. */
export function bindCameraRule(
  config: CameraRuleConfig,
  rules: readonly (typeof cameraRules)[number][] = cameraRules,
): BoundCameraRule {
  const rule = rules.find((candidate) => candidate.name === config.name);
  if (rule === undefined) throw new Error(`no camera rule is named "${config.name}"`);
  return (labels) => rule.decide(labels, config.parameters as never);
}
