import { without } from "../json-value.ts";
import { checkSubdomain } from "../registry/names.ts";
import type { Strategy } from "./resource-type.ts";

/** Strategy of a kind without special behaviour, and the base of all other strategies. */
export const plainStrategy: Strategy = {
  tracksGeneration: false,
  requiresResourceVersion: false,
  checkName: checkSubdomain,
  prepare: (object) => object,
  validate: () => [],
  desiredState: (object) => without(object, "metadata", "status", "apiVersion", "kind"),
  deletionFinalizers: [],
  gracePeriodSeconds: () => 0,
};
