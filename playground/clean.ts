/** `make clean`: removes the networks that a killed playground may have left behind. */
import { closeTopology, missingForTopology } from "./nodes/topology.ts";

if ((await missingForTopology()) === undefined) {
  for (const prefix of ["kubesteer", "kubesteer-demo", "kubesteer-e2e"]) await closeTopology(prefix);
}
