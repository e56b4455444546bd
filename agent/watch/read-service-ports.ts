import type { Port } from "../services/desired-state.ts";
import type { KeptServicePort } from "../services/catalog/kept-service.ts";
import { parsePort, parsePortName, parseProtocol } from "../services/service-port-name.ts";
import type { LenientReader } from "./lenient-reader.ts";
import { fieldsOf } from "./read-json.ts";

/** Ports with unique name and protocol, and unique number and protocol: of two duplicates the first counts. */
export function readServicePorts(
  values: readonly unknown[],
  reader: LenientReader,
): readonly KeptServicePort[] {
  const taken = new Set<string>();
  return reader.readEach("spec.ports", values, (value) => {
    const port = parseServicePort(value, reader);
    const keys = [`name ${port.name}/${port.protocol}`, `number ${port.port}/${port.protocol}`];
    const duplicate = keys.find((key) => taken.has(key));
    if (duplicate !== undefined)
      throw new RangeError(`an earlier port of the Service has the same ${duplicate}`);
    for (const key of keys) taken.add(key);
    return port;
  });
}

/** The port number; undefined when it is 0 or unset. An invalid one is noted and left out. */
export function readOptionalPort(field: string, value: unknown, reader: LenientReader): Port | undefined {
  return value === undefined || value === null || value === 0
    ? undefined
    : reader.read(field, value, parsePort);
}

function parseServicePort(value: unknown, reader: LenientReader): KeptServicePort {
  const { name, protocol, port, nodePort } = fieldsOf(value);
  return {
    name: parsePortName(name ?? ""),
    protocol: parseProtocol(protocol),
    port: parsePort(port),
    nodePort: readOptionalPort("spec.ports.nodePort", nodePort, reader),
  };
}
