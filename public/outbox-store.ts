import * as v from "valibot";
import { bounds } from "./bounds.ts";
import type { Outbox } from "./outbox.ts";

/** For the tab's storage: what a reload must not lose. What is acked needs no keeping. */
export function packOutbox(outbox: Outbox): string {
  const kept = outbox.filter(({ state }) => state.kind !== "acked");
  return kept.length === 0 ? "" : JSON.stringify(kept);
}

/** Reads what `packOutbox` wrote. What was on the wire is to be sent again, and what could be called back goes out. Never throws. */
export function unpackOutbox(packed: string): Outbox {
  let json: unknown;
  try {
    json = JSON.parse(packed);
  } catch {
    return [];
  }
  const lines = v.safeParse(v.array(line), json);
  if (!lines.success) return [];
  return lines.output.slice(-bounds.outboxLines).map(({ state, sentAfter, ...rest }) => ({
    ...rest,
    sentAfter,
    // Infinity is null in JSON: never.
    state:
      state.kind === "refused" ? { ...state, retryAt: state.retryAt ?? Number.POSITIVE_INFINITY } : state,
  }));
}

const position = { epoch: v.string(), seq: v.number() };

const line = v.object({
  nonce: v.string(),
  room: v.string(),
  act: v.variant("kind", [
    v.object({ kind: v.literal("say") }),
    v.object({ kind: v.picklist(["edit", "delete"]), epoch: v.string(), of: v.number() }),
  ]),
  text: v.string(),
  at: v.number(),
  state: v.variant("kind", [
    v.object({ kind: v.literal("waiting") }),
    v.pipe(
      v.object({ kind: v.picklist(["sent", "undoable"]) }),
      v.transform(() => ({ kind: "waiting" as const })),
    ),
    v.object({ kind: v.picklist(["unsure", "held"]) }),
    v.object({ kind: v.literal("refused"), reason: v.string(), retryAt: v.nullable(v.number()) }),
  ]),
  sentAfter: v.optional(v.object(position)),
});
