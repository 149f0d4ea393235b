/** What is to change, as one: each key with its new value; undefined takes it away. */
export type Changes = ReadonlyMap<string, string | undefined>;

/** What became of a write. */
export type Written =
  | { kind: "saved" }
  /**
   * Nothing of it is there, nor will be as long as this process lives: the disk is full or broken. A later write may do. Only
   * where the process ends before one did, the next may find it written after all.
   */
  | { kind: "failed"; cause: unknown };

/**
 * What keeps a server's state: keys with their values, both text, in the order of the keys' UTF-8 bytes. The real one is
 * `LevelDisk`; a simulation passes its own. Its one caller has one write under way at a time.
 */
export interface Disk {
  /** Everything that is kept, in order. Read once, at start. Throws where that cannot be read. */
  read(): AsyncIterable<readonly [key: string, value: string]>;
  /**
   * Writes all of the changes or nothing. "saved" is said when they survive the end of the process and of the machine's
   * power. Never rejects. A process that is killed meanwhile may find them written, or not.
   */
  write(changes: Changes): Promise<Written>;
  close(): Promise<void>;
}
