import { isJsonObject } from "../../../crds/validation/json-object.ts";
import { firstLine } from "../../../platform/errors.ts";
import { parseIpAddress } from "../../../platform/ip/address.ts";
import { cutText } from "../../../platform/text/cut-text.ts";
import { CommandError, type CommandRunner } from "../../kernel/command/command.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import { parsePort, parseProtocol } from "../../services/service-port-name.ts";
import type { FrontendCount } from "../dataplane.ts";
import { containers, tableName } from "./names.ts";
import { parseNftObjects } from "./observe.ts";

/**
 * Reads the counters of all frontends in our table of one family; none where there is no such table. The map is only
 * consulted for the first packet of a connection, so packets are connections.
 * @throws {CommandError | SyntaxError | RangeError | IpSyntaxError}
 */
export async function readFrontendCounts(
  commands: CommandRunner,
  family: NftFamily,
): Promise<readonly FrontendCount[]> {
  const args = ["-j", "list", "map", family, tableName, containers.frontends];
  const { exitCode, stdout, stderr } = await commands.run("nft", args);
  if (exitCode === 0) return parseFrontendCounts(stdout);
  if (stderr.includes("No such file or directory")) return [];
  throw new CommandError("nft", `nft could not list the counters: ${firstLine(stderr)}`);
}

/**
 * @param json what `nft -j list map` prints: each element is a pair of its key, with the counter, and its verdict
 * @throws {SyntaxError | RangeError | IpSyntaxError}
 */
export function parseFrontendCounts(json: string): readonly FrontendCount[] {
  return parseNftObjects(json).flatMap((object) => {
    const map = isJsonObject(object) ? object["map"] : undefined;
    const elements = isJsonObject(map) ? map["elem"] : undefined;
    return Array.isArray(elements) ? elements.map(parseElement) : [];
  });
}

function parseElement(element: unknown): FrontendCount {
  const body: unknown = Array.isArray(element) && isJsonObject(element[0]) ? element[0]["elem"] : undefined;
  const key: unknown = isJsonObject(body) && isJsonObject(body["val"]) ? body["val"]["concat"] : undefined;
  const counter = isJsonObject(body) ? body["counter"] : undefined;
  const packets = isJsonObject(counter) ? counter["packets"] : undefined;
  if (!Array.isArray(key) || typeof packets !== "number") {
    throw new SyntaxError(
      `nft printed a frontend without a counter: ${cutText(JSON.stringify(element), 200)}`,
    );
  }
  const [address, protocol, port]: readonly unknown[] = key;
  return {
    address: parseIpAddress(String(address)),
    protocol: parseProtocol(String(protocol).toUpperCase()),
    port: parsePort(port),
    connections: packets,
  };
}
