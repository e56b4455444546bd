import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";

/** A JSON answer as tests read it: any property may be asked for. */
export interface Json {
  readonly [key: string]: Json;
}

export interface ApiAnswer {
  readonly code: number;
  readonly contentType: string;
  /** The Warning header. */
  readonly warning: string;
  readonly text: string;
  /** The parsed body; an empty object when it is not JSON. */
  readonly body: Json;
}

export interface WatchLine {
  readonly type: string;
  readonly object: Json;
}

interface RequestFacts {
  /** Bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plain HTTP requests to an API server, without a client library in between. */
export interface ApiRequests {
  get(path: string, facts?: RequestFacts): Promise<ApiAnswer>;
  post(path: string, body: unknown, facts?: RequestFacts): Promise<ApiAnswer>;
  put(path: string, body: unknown): Promise<ApiAnswer>;
  delete(path: string, body?: unknown, facts?: RequestFacts): Promise<ApiAnswer>;
  /** JSON merge patch unless another kind is named. */
  patch(path: string, body: unknown, kind?: "merge" | "json" | "strategic" | "apply"): Promise<ApiAnswer>;
  /** Reads a watch until `isLast` accepts a line or the server ends the stream, then closes it. */
  watch(
    path: string,
    isLast?: (line: WatchLine, count: number) => boolean,
    accept?: string,
  ): Promise<readonly WatchLine[]>;
}

const patchTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** Where the requests go; read for each of them. */
interface ApiAddress {
  readonly url: string;
  /** Bearer token. */
  readonly token?: string | undefined;
}

export function createApiRequests(api: ApiAddress): ApiRequests {
  const send = (method: string, path: string, facts: RequestFacts = {}): Promise<ApiAnswer> =>
    sendRequest(api, method, path, facts).then(readAnswer);
  return {
    get: (path, facts) => send("GET", path, facts),
    post: (path, body, facts) => send("POST", path, { ...facts, body }),
    put: (path, body) => send("PUT", path, { body }),
    delete: (path, body, facts) => send("DELETE", path, body === undefined ? {} : { ...facts, body }),
    patch: (path, body, kind = "merge") => send("PATCH", path, { body, contentType: patchTypes[kind] }),
    watch: async (path, isLast = () => false, accept = "application/json") => {
      const response = await sendRequest(api, "GET", path, { accept });
      const lines: WatchLine[] = [];
      for await (const line of createInterface({ input: response })) {
        lines.push(parseLine(line));
        const last = lines.at(-1);
        if (last !== undefined && isLast(last, lines.length)) break;
      }
      response.destroy();
      return lines;
    },
  };
}

function sendRequest(
  api: ApiAddress,
  method: string,
  path: string,
  facts: RequestFacts,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const open = api.url.startsWith("https:") ? httpsRequest : httpRequest;
  const body =
    facts.body === undefined || Buffer.isBuffer(facts.body) ? facts.body : JSON.stringify(facts.body);
  const headers = {
    Accept: facts.accept ?? "application/json",
    "User-Agent": "kubesteer-test/1",
    ...(body === undefined
      ? {}
      : {
          "Content-Type": facts.contentType ?? "application/json",
          "Content-Length": String(Buffer.byteLength(body)),
        }),
    ...(api.token === undefined ? {} : { Authorization: `Bearer ${api.token}` }),
    ...facts.headers,
  };
  const sent = open(
    `${api.url}${path}`,
    { method, headers, rejectUnauthorized: false, agent: false },
    resolve,
  );
  sent.once("error", reject);
  sent.end(body);
  return promise;
}

async function readAnswer(response: IncomingMessage): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("utf8");
  const contentType = response.headers["content-type"] ?? "";
  const warning = response.headers["warning"] ?? "";
  return { code: response.statusCode ?? 0, contentType, warning, text, body: parseBody(text, contentType) };
}

function parseBody(text: string, contentType: string): Json {
  return (contentType.startsWith("application/json") ? JSON.parse(text) : {}) as Json;
}

function parseLine(line: string): WatchLine {
  return JSON.parse(line) as WatchLine;
}
