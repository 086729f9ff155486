import type { Decision } from '../decision.ts';
import type { NamedConfigOf } from '../kind.ts';
import { minThresholdKoRule } from './min-threshold-ko-rule.ts';
import { minThresholdOkRatioRule } from './min-threshold-ok-ratio-rule.ts';

/** Register an item rule here. */
export const itemRules = [minThresholdKoRule, minThresholdOkRatioRule] as const;

export type ItemRuleConfig = NamedConfigOf<(typeof itemRules)[number]>;
export type BoundItemRule = (decisions: readonly Decision[]) => Decision;

/** The rule with its own parameters. An item without cameras is undecided, whatever the rule. */
export function bindItemRule(
  config: ItemRuleConfig,
  rules: readonly (typeof itemRules)[number][] = itemRules,
): BoundItemRule {
  const rule = rules.find((candidate) => candidate.name === config.name);
  if (rule === undefined) throw new Error(`no item rule is named "${config.name}"`);
  return (decisions) => (decisions.length === 0 ? 'NO_DECISION' : rule.decide(decisions, config.parameters as never));
}
