// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { type IncomingMessage, request } from "node:http";
import { z } from "zod";
import type { ContainerFacts, ContainerType } from "./container.ts";
import type { Identity } from "./containers.ts";
import { CommonConfig, factsIn, HostConfig } from "./docker.ts";
import { namedImage } from "./image.ts";
import { parseJson, part } from "./json.ts";

/** A unix socket on which an engine answers as Docker does. */
export interface RuntimeSocket {
  readonly type: "docker" | "podman";
  readonly path: string;
}

/** Bounds of one question to one socket: ms from the question to the answer's end, bytes of the answer. */
export interface AnswerLimits {
  readonly ms: number;
  readonly bytes: number;
}

const LIMITS: AnswerLimits = { ms: 2000, bytes: 1 << 20 };

/** Containers that are asked about at a time, and that wait for their turn; about one more nobody is asked. */
const ASKED_AT_A_TIME = 4;
const WAITING_LIMIT = 1024;

/** Whose containers these engines may know: a bare hash is any engine's, the kubelet's may be Docker's. */
const TYPES: ReadonlySet<ContainerType> = new Set(["docker", "podman", "cri"]);

/** What `GET /containers/ID/json` answers: Docker's, and Podman's in its likeness. */
const Answer = CommonConfig.extend({
  Id: z.string(),
  HostConfig: part(HostConfig),
  Mounts: part(z.array(z.unknown())),
});

/**
 * Asks container engines by their sockets: the second source, for containers of which the disk tells too little. Never
 * waited for and never fatal. A socket that fails is told of once and asked again all the same: it may be starting.
 */
export class RuntimeSockets {
  readonly #sockets: readonly RuntimeSocket[];
  readonly #tell: (line: string) => void;
  readonly #limits: AnswerLimits;
  readonly #toldOf = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param sockets the first that knows a container is believed
   * @param tell takes a line about a socket that fails
   */
  constructor(sockets: readonly RuntimeSocket[], tell: (line: string) => void = () => {}, limits = LIMITS) {
    this.#sockets = sockets;
    this.#tell = tell;
    this.#limits = limits;
  }

  /** What the engines know of a container; undefined when none of them knows it. An AskForFacts once bound. */
  async ask(identity: Identity): Promise<ContainerFacts | undefined> {
    if (!TYPES.has(identity.type)) return undefined;
    if (this.#waiting.length >= WAITING_LIMIT) {
      this.#complain("all sockets", `more than ${WAITING_LIMIT} containers wait to be asked about`);
      return undefined;
    }
    if (this.#running < ASKED_AT_A_TIME) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const answers = await Promise.all(this.#sockets.map((socket) => this.#askOne(socket, identity)));
      return answers.find((facts) => facts !== undefined);
    } finally {
      const next = this.#waiting.shift(); // takes the place over
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #askOne(
    { type, path }: RuntimeSocket,
    { fullId, type: marked }: Identity,
  ): Promise<ContainerFacts | undefined> {
    try {
      const body = await get(path, `/containers/${fullId}/json`, this.#limits);
      if (body === undefined) return undefined;
      const answer = parseJson(body, Answer);
      if (answer?.Id !== fullId) throw new Error("an answer of another form than Docker's");
      // Podman's containers are marked as such, whoever answers
      return {
        type: marked === "podman" ? marked : type,
        ...factsIn(answer, answer.HostConfig, answer.Mounts ?? []),
        ...namedImage(answer.Config?.Image),
      };
    } catch (error) {
      this.#complain(path, reason(error));
      return undefined;
    }
  }

  #complain(path: string, why: string): void {
    if (this.#toldOf.has(path)) return;
    this.#toldOf.add(path);
    this.#tell(`lanner: container_engines: ${path}: ${why}; names of its containers may be missing`);
  }
}

/**
 * The body that an HTTP server on a unix socket answers with, as bytes; undefined for 404.
 * @throws Error when it does not, or not within the limits.
 */
async function get(socketPath: string, path: string, { ms, bytes }: AnswerLimits): Promise<string | undefined> {
  const signal = AbortSignal.timeout(ms);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { socketPath, path, signal, agent: false, headers: { host: "localhost" } };
      request(options, resolve).on("error", reject).end();
    });
    const chunks: Buffer[] = [];
    let size = 0;
    // leaving the loop ends the connection
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytes) throw new Error(`an answer of more than ${bytes} bytes`);
      chunks.push(chunk);
    }
    if (response.statusCode === 404) return undefined;
    if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`);
    return Buffer.concat(chunks).toString("latin1");
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${ms} ms`) : error;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
