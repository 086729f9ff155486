/** What the station says of a camera's view or of a whole item. */
export const DECISIONS = ['OK', 'KO', 'NO_DECISION'] as const;
export type Decision = (typeof DECISIONS)[number];

/** What an item may be called that was not decided in time: never `OK`. */
export const LATE_DECISIONS = ['KO', 'NO_DECISION'] as const satisfies readonly Decision[];
export type LateDecision = (typeof LATE_DECISIONS)[number];
