import { afterEach, describe, expect, test } from "vitest";
import { continues, startsDay } from "../../public/rows.ts";
import { clockTime, dayKey, dayName, localDate, untilMidnight } from "../../public/times.ts";

const home = process.env.TZ;

/** From now on this person is there. */
function travelTo(zone: string | undefined): void {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
}

afterEach(() => travelTo(home));

const zones = [
  ...["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu"],
  ...["Pacific/Kiritimati", "Pacific/Niue", "Pacific/Chatham", "Australia/Lord_Howe"],
];

describe.each(zones)("in %s", (zone) => {
  /** A minute before and a minute after this person's midnight. */
  const midnight = () => {
    travelTo(zone);
    const at = new Date(2026, 10, 22).getTime();
    return { before: at - 60_000, after: at + 60_000 };
  };

  test("a line at 23:59 and one after midnight are of two days, under their own dates", () => {
    const { before, after } = midnight();
    expect(startsDay({ at: after }, { at: before })).toBe(true);
    const by = { id: "1", name: "Ada" };
    expect(continues({ kind: "said", by, at: after }, { ...anyLine, by, at: before })).toBe(false);
    expect([localDate(before), localDate(after)]).toEqual(["2026-11-21", "2026-11-22"]);
    expect([clockTime(before), clockTime(after)]).toEqual(["23:59", "00:01"]);
  });

  test("one of them is today’s, whatever the time is", () => {
    const { before, after } = midnight();
    expect([dayName(before, before), dayName(before, after), dayName(after, after)]).toEqual([
      ...["Today", "Yesterday", "Today"],
    ]);
    expect(dayKey(before)).not.toBe(dayKey(after));
    expect(untilMidnight(before)).toBe(60_000);
    expect(dayName(before, after + 3 * 86_400_000)).toBe("Saturday 21 November");
    expect(dayName(before, after + 365 * 86_400_000)).toMatch(/^Saturday,? 21 November 2026$/);
  });
});

const anyLine = {
  ...{
    id: "e/1",
    epoch: "e",
    seq: 1,
    kind: "said" as const,
    text: "",
    own: false,
    edited: false,
    deleted: false,
  },
};

describe("where clocks are put forward or back", () => {
  const hour = 3_600_000;
  test.each([
    ["a day of 23 hours", "Europe/Berlin", new Date("2026-03-29T00:00:00+01:00"), 23],
    ["a day of 25 hours", "Europe/Berlin", new Date("2026-10-25T00:00:00+02:00"), 25],
    ["a day of 24.5 hours", "Australia/Lord_Howe", new Date("2026-04-05T00:00:00+11:00"), 24.5],
    ["a day that begins at one", "America/Santiago", new Date("2026-09-05T00:00:00-04:00"), 24],
    ["a night with 23:30 twice", "America/Santiago", new Date("2026-04-04T00:00:00-03:00"), 25],
  ])("%s ends at its midnight", (_, zone, begin, hours) => {
    travelTo(zone);
    const [first, last] = [begin.getTime(), begin.getTime() + hours * hour - 1];
    expect(untilMidnight(first)).toBe(hours * hour);
    expect(untilMidnight(last)).toBe(1);
    expect(localDate(last)).toBe(localDate(first));
    expect(dayName(first, last)).toBe("Today");
    expect(dayName(first, last + 1)).toBe("Yesterday");
  });
});

test("who travels while the page is open sees their own time", () => {
  travelTo("Europe/Berlin");
  const at = Date.parse("2026-11-22T20:30:00Z");
  expect([clockTime(at), localDate(at)]).toEqual(["21:30", "2026-11-22"]);
  const key = dayKey(at);
  travelTo("Asia/Tokyo");
  expect([clockTime(at), localDate(at)]).toEqual(["05:30", "2026-11-23"]);
  expect(dayKey(at)).not.toBe(key);
});
