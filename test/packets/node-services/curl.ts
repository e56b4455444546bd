import type { AgentNode } from "../../support/agent-node.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks from the node. Rejects when there is no answer within 3 s. */
export async function curl(node: AgentNode, url: string): Promise<HttpAnswer> {
  const format = ["--write-out", "\n%{http_code}"];
  const output = await node.run("curl", ["--silent", "--max-time", "3", ...format, url]);
  const end = output.lastIndexOf("\n");
  return { status: Number(output.slice(end + 1)), body: output.slice(0, end) };
}
