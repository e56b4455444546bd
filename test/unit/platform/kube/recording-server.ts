import { KubeConfig } from "@kubernetes/client-node";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { ApiClient } from "../../../../platform/kube/api-client.ts";
import { createApiClient } from "../../../../platform/kube/client-node.ts";

interface Received {
  readonly method: string | undefined;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: Received) => void;

/** An HTTP server that keeps what it receives and gives the answers it is told, one after the other; then `{}`. */
export class RecordingServer {
  readonly sockets = new Set<Socket>();
  readonly received: Received[] = [];
  readonly answers: Answer[] = [];
  readonly client: ApiClient;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.client = createApiClient(kubeConfigFor(portOf(server)), { userAgent: "kubesteer-test/1" });
    server.on("connection", (socket) => {
      this.sockets.add(socket);
    });
    server.on("request", (request, response) => {
      void this.#receive(request, response);
    });
  }

  static async start(): Promise<RecordingServer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RecordingServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method, headers } = request;
    const one: Received = { method, url: new URL(request.url ?? "", "http://server"), headers, body };
    this.received.push(one);
    (this.answers.shift() ?? json({}))(response, one);
  }
}

/** Answers with JSON. */
export function json(body: unknown, statusCode = 200, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response
      .writeHead(statusCode, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(body));
  };
}

/** Answers with a metav1.Status of a failure. */
export function status(code: number, reason: string, details?: object): Answer {
  return json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `told ${reason}`, details },
    code,
  );
}

/** The line of a watch about a new object. */
export function added(name: string): string {
  return `${JSON.stringify({ type: "ADDED", object: { metadata: { name } } })}\n`;
}

/** A cluster at the port of 127.0.0.1, with a token for it. */
export function kubeConfigFor(port: number): KubeConfig {
  const kubeConfig = new KubeConfig();
  // a path in front of the API, as proxies such as Rancher have it
  kubeConfig.loadFromClusterAndUser(
    { name: "test", server: `http://127.0.0.1:${port}/base`, skipTLSVerify: true },
    { name: "tester", token: "secret" },
  );
  return kubeConfig;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
