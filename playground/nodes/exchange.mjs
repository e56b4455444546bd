/** One request to a pod server and its answer; shared by the programs that generate traffic. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";

/**
 * @typedef {{ protocol: "TCP" | "UDP", address: string, port: number, sourceAddress?: string, timeoutMs: number }} Target
 * @typedef {{ backend: string, peer: string, port: number }} Answer Which pod answered, the client address that it saw, the
 *   port of the request.
 */

/** Why there was no answer: an errno name such as ECONNREFUSED, "timeout", or "closed" if the connection ended early. */
export class ExchangeFailure extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Sends a request on a new connection or from a new UDP port. Rejects with {@link ExchangeFailure}.
 * @param {Target} target
 * @returns {Promise<Answer>}
 */
export async function ask(target) {
  if (target.protocol === "UDP") return askUdp(target);
  const connection = new Connection(target);
  try {
    return await connection.ask();
  } finally {
    connection.close();
  }
}

/** A TCP connection for consecutive requests. */
export class Connection {
  /** @readonly */
  #socket;
  /** @readonly */
  #timeoutMs;
  #received = "";
  /** @type {{ resolve: (answer: Answer) => void, reject: (failure: ExchangeFailure) => void } | undefined} */
  #pending;
  /** @type {ExchangeFailure | undefined} */
  #broken;

  /** @param {Target} target */
  constructor({ address, port, sourceAddress, timeoutMs }) {
    this.#timeoutMs = timeoutMs;
    this.#socket = connect({ host: address, port, localAddress: sourceAddress, noDelay: true });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#break("code" in error ? String(error.code) : error.message));
    this.#socket.on("close", () => this.#break("closed"));
  }

  /** @returns {Promise<Answer>} */
  async ask() {
    if (this.#broken !== undefined) throw this.#broken;
    const pending = Promise.withResolvers();
    this.#pending = pending;
    const timer = setTimeout(() => this.#break("timeout"), this.#timeoutMs);
    this.#socket.write("GET / HTTP/1.1\r\nhost: pod\r\n\r\n");
    try {
      return await pending.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  /** @param {string} chunk */
  #receive(chunk) {
    this.#received += chunk;
    const end = this.#received.indexOf("\n", this.#received.indexOf("\r\n\r\n") + 4);
    if (!this.#received.includes("\r\n\r\n") || end === -1) return;
    const body = this.#received.slice(this.#received.indexOf("\r\n\r\n") + 4, end);
    this.#received = this.#received.slice(end + 1);
    this.#pending?.resolve(parseAnswer(body));
  }

  /** @param {string} reason */
  #break(reason) {
    this.#broken ??= new ExchangeFailure(reason);
    this.#pending?.reject(this.#broken);
    this.#socket.destroy();
  }
}

/** @param {Target} target @returns {Promise<Answer>} */
function askUdp({ address, port, sourceAddress, timeoutMs }) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const timer = setTimeout(() => reject(new ExchangeFailure("timeout")), timeoutMs);
  /** @param {Error | null} [error] */
  const fail = (error) => {
    if (error) reject(new ExchangeFailure("code" in error ? String(error.code) : error.message));
  };
  socket.on("error", fail);
  socket.on("message", (message) => resolve(parseAnswer(message.toString())));
  socket.bind({ port: 0, ...(sourceAddress === undefined ? {} : { address: sourceAddress }) }, () => {
    socket.connect(port, address, () => socket.send("?", fail));
  });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

/** @param {string} text @returns {Answer} */
function parseAnswer(text) {
  const [backend = "", peer = "", port = ""] = text.trim().split(" ");
  return { backend, peer, port: Number(port) };
}
