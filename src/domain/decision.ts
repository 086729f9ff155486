/** What the station says of a camera's view or of a whole item. */
export const DECISIONS = ['OK', 'KO', 'NO_DECISION'] as const;
export type Decision = (typeof DECISIONS)[number];
