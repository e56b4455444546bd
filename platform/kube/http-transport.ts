import type { KubeConfig } from "@kubernetes/client-node";
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import { errorMessage, TerminalError } from "../errors.ts";
import { errorFromResponse } from "./status-error.ts";

/** Closes unused connections before the API server does so after 90 s, so that no request uses a closing connection. */
const keptConnections = { keepAlive: true, timeout: 60_000 };

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly contentType?: string;
  /** JSON text. */
  readonly body?: string;
  /** The request fails if no data arrives for this time, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** If one of these throws, the request ends and rejects with that error. */
interface BodyHandler {
  /** The response has a 2xx status; its body may arrive much later. */
  readonly onOpen?: (() => void) | undefined;
  /** The next chunk of the body of a response with a 2xx status. */
  readonly onChunk: (chunk: Buffer) => void;
}

/**
 * Sends requests to the API server of a KubeConfig. Reads credentials and TLS settings from it for each request, so rotated
 * tokens and certificates take effect. Connections are kept and shared.
 *
 * client-node's own fetch is not used: in 2.0.1 it opens a connection per request, and its watch splits lines at U+2028.
 */
export class HttpTransport {
  readonly #kubeConfig: KubeConfig;
  readonly #server: URL;
  readonly #userAgent: string;
  readonly #agents = {
    "http:": new HttpAgent(keptConnections),
    "https:": new HttpsAgent(keptConnections),
  };

  constructor(kubeConfig: KubeConfig, { userAgent }: { readonly userAgent: string }) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new TerminalError("the kubeconfig has no cluster for its current context", {
        hint: "Set current-context to a context whose cluster exists in the same file.",
      });
    }
    this.#kubeConfig = kubeConfig;
    this.#server = new URL(cluster.server);
    this.#userAgent = userAgent;
  }

  /**
   * The whole body of the response.
   * @throws {ApiError} if the status is not 2xx, and another Error if there was no complete response
   */
  async send(request: HttpRequest): Promise<string> {
    const chunks: Buffer[] = [];
    await this.stream(request, { onChunk: (chunk) => chunks.push(chunk) });
    return Buffer.concat(chunks).toString("utf8");
  }

  /** As {@link send}, but in chunks; resolves when the server has ended the body. */
  async stream(request: HttpRequest, { onOpen, onChunk }: BodyHandler): Promise<void> {
    request.signal?.throwIfAborted();
    const response = await this.#open(request);
    const statusCode = response.statusCode ?? 0;
    if (statusCode >= 200 && statusCode <= 299) {
      await this.#read(request, response, { onOpen, onChunk });
      return;
    }
    const chunks: Buffer[] = [];
    await this.#read(request, response, { onChunk: (chunk) => chunks.push(chunk) });
    const body = Buffer.concat(chunks).toString("utf8");
    throw errorFromResponse({ statusCode, headers: response.headers, body });
  }

  async #open(request: HttpRequest): Promise<IncomingMessage> {
    const options = await this.#requestOptions(request);
    const url = this.#url(request);
    return new Promise((resolve, reject) => {
      const outgoing = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, options);
      let silent: { destroy(error: Error): unknown } = outgoing;
      outgoing.setTimeout(request.idleTimeoutMs, () => {
        silent.destroy(new Error(`no data for ${request.idleTimeoutMs} ms`));
      });
      outgoing.on("response", (response) => {
        silent = response;
        resolve(response);
      });
      outgoing.on("error", (error) => reject(this.#unreachable(request, error)));
      outgoing.end(request.body);
    });
  }

  #read(request: HttpRequest, response: IncomingMessage, { onOpen, onChunk }: BodyHandler): Promise<void> {
    return new Promise((resolve, reject) => {
      const guard = (call: () => void) => {
        try {
          call();
        } catch (error) {
          reject(error);
          response.destroy();
        }
      };
      response.on("data", (chunk: Buffer) => guard(() => onChunk(chunk)));
      response.on("end", resolve);
      response.on("error", (error) => reject(this.#unreachable(request, error)));
      response.on("close", () => reject(this.#unreachable(request, new Error("connection closed")))); // unless it ended
      if (onOpen !== undefined) guard(onOpen);
    });
  }

  async #requestOptions({ method, contentType, body, signal }: HttpRequest): Promise<RequestOptions> {
    const loginHeaders: OutgoingHttpHeaders = {};
    const login: RequestOptions = { headers: loginHeaders };
    await this.#kubeConfig.applyToHTTPSOptions(login);
    const agent = this.#agents[this.#server.protocol === "http:" ? "http:" : "https:"];
    return {
      ...login,
      method,
      // client-node's agents support proxies but open a connection per request
      agent: this.#kubeConfig.getCurrentCluster()?.proxyUrl === undefined ? agent : login.agent,
      headers: {
        ...loginHeaders,
        accept: "application/json",
        "user-agent": this.#userAgent,
        ...(body === undefined
          ? {}
          : { "content-type": contentType ?? "application/json", "content-length": Buffer.byteLength(body) }),
      },
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #url({ path, query = {} }: HttpRequest): URL {
    const url = new URL(this.#server);
    url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    return url;
  }

  #unreachable(request: HttpRequest, cause: unknown): Error {
    const { origin, pathname } = this.#url(request);
    return new Error(`${request.method} ${origin}${pathname}: ${errorMessage(cause)}`, { cause });
  }
}
