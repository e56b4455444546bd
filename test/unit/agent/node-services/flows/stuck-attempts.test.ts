import assert from "node:assert/strict";
import type { FlowGroup } from "../../../../../agent/kernel/conntrack/flow-group.ts";
import { findStuckAttempts } from "../../../../../agent/node-services/flows/stuck-attempts.ts";
import { makeDesiredService, makeEndpoint, makeFrontend } from "../../../../support/make-desired-state.ts";

const services = [
  makeDesiredService("default/web", [
    { frontends: [makeFrontend("10.96.0.1:80"), makeFrontend("192.0.2.7:80", { kind: "externalIP" })] },
    { frontends: [makeFrontend("[fd96::1]:80")] },
  ]),
  makeDesiredService("kube-system/dns", [{ protocol: "UDP", frontends: [makeFrontend("10.96.0.10:53")] }]),
];

interface Row {
  readonly name: string;
  readonly destination: string;
  /** @default the destination */
  readonly replySource?: string;
  readonly stuck: boolean;
}

const rows: readonly Row[] = [
  { name: "an untranslated attempt to a ClusterIP is stuck", destination: "10.96.0.1:80", stuck: true },
  { name: "so is one to an external IP", destination: "192.0.2.7:80", stuck: true },
  { name: "so is one over IPv6", destination: "[fd96::1]:80", stuck: true },
  {
    name: "an endpoint that takes its time is not",
    destination: "10.96.0.1:80",
    replySource: "10.244.1.2:8080",
    stuck: false,
  },
  { name: "another port of the address is none of ours", destination: "192.0.2.7:81", stuck: false },
  { name: "the same port of another protocol is none of ours", destination: "10.96.0.10:53", stuck: false },
  { name: "another address is none of ours", destination: "10.96.0.2:80", stuck: false },
];

describe("findStuckAttempts", () => {
  for (const { name, stuck, ...row } of rows) {
    it(name, () => {
      const attempt = makeAttempt(row);
      assert.deepEqual(findStuckAttempts(services, [attempt]), stuck ? [attempt] : []);
    });
  }

  it("names each frontend once, however many clients try", () => {
    const attempt = makeAttempt({ destination: "10.96.0.1:80" });
    assert.deepEqual(findStuckAttempts(services, [attempt, attempt]), [attempt]);
  });
});

function makeAttempt({ destination, replySource = destination }: Omit<Row, "name" | "stuck">): FlowGroup {
  return { destination: socket(destination), replySource: socket(replySource) };
}

function socket(text: string): FlowGroup["destination"] {
  const { address, port } = makeEndpoint(text);
  return { address, port };
}
