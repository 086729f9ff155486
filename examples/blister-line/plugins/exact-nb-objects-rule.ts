import { defineCameraRule, Labels, z } from 'edge-orchestrator';

/** A rule that this line has of its own: a ninth tablet in a pack is as wrong as a missing one. */
export const exactNbObjectsRule = defineCameraRule({
  name: 'exact_nb_objects_rule',
  description: 'OK when exactly so many of these labels are seen, else KO; nothing seen counts as 0.',
  parameters: z.strictObject({ class_to_detect: Labels, count: z.int().nonnegative() }),
  decide(labels, { class_to_detect, count }) {
    return labels.filter((label) => class_to_detect.includes(label)).length === count ? 'OK' : 'KO';
  },
});
