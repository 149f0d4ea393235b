import type { Frame, Version } from "../../src/transport/socket.ts";
import type { Holder } from "./dossier.ts";
import { Broken } from "./ledger.ts";
import type { Link } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { PostOffice } from "./post-office.ts";
import type { Tally } from "./tally.ts";
import type { VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

/** What people have around them. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly machine: Machine;
  readonly witness: Witness;
  readonly postOffice: PostOffice;
  readonly tally: Tally;
  /** Logins by mail that are over: the code and what it was asked for with. */
  readonly usedCodes: { code: string; attempt: string }[];
  /** A session of somebody's, as the server signs them. */
  token(name: string, email: string): string;
}

/** How somebody's connections are. */
export interface Network {
  readonly address: string;
  readonly latencyMs: number;
  readonly windowBytes: number;
}

/** Codes with which the server may close the connection of somebody who means well. 4003 is for those over their pace. */
const fairCodes = [1006, 1012, 1013, 4001, 4003, 4008, 4009];

/** Somebody who comes and goes, on one connection at a time. */
export abstract class Guest {
  readonly holder: Holder;
  protected readonly world: Surroundings;
  protected link: Link | undefined;
  readonly #version: Version;
  readonly #network: Network;

  constructor(world: Surroundings, holder: Holder, version: Version, network: Network) {
    this.world = world;
    this.holder = holder;
    this.#version = version;
    this.#network = network;
  }

  /** Whether there is a connection, as far as they know. */
  get isConnected(): boolean {
    return this.link !== undefined;
  }

  connect(): void {
    if (this.link !== undefined) return;
    const { address, latencyMs, windowBytes } = this.#network;
    const line = { peer: { address, key: address }, version: this.#version, latencyMs, windowBytes };
    const link = this.world.machine.connect(line, this.holder, {
      heard: (frame) => this.link === link && this.heard(frame),
      closed: (code) => this.link === link && this.#closed(code),
    });
    this.link = link;
    if (link) this.greet();
  }

  vanish(how: "reset" | "silent", arrives: number): void {
    if (this.link === undefined) return;
    this.world.tally.count(`vanished, ${how}`);
    this.link.vanish(how, arrives);
    this.link = undefined;
    this.lost();
  }

  stall(): void {
    if (this.link === undefined) return;
    this.world.tally.count("stalled");
    this.link.stall();
  }

  goOn(): void {
    this.link?.goOn();
  }

  protected send(frame: string | Buffer): void {
    this.link?.say(frame);
  }

  /** The connection is there. */
  protected abstract greet(): void;
  protected abstract heard(frame: Frame): void;
  /** The connection is gone. */
  protected abstract lost(): void;

  #closed(code: number): void {
    this.link = undefined;
    if (!fairCodes.includes(code) && !this.holder.isImpostor)
      throw new Broken("P2", `${this.holder.name} is closed with ${code}`);
    this.world.tally.count(`closed with ${code}`);
    this.lost();
  }
}
