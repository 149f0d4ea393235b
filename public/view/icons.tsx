/** Small drawings for buttons, which say in words what they are for. */
export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

const paths = {
  menu: "M3 5.5h14M3 10h14M3 14.5h9",
  people:
    "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16.5c.4-2.8 2.6-4.5 5.500-4.5s5.100 1.700 5.500 4.500M13 3.800a3 3 0 0 1 0 5.400M15.200 12.500c1.500.7 2.500 2.100 2.800 4",
  settings:
    "M3 6h7M14.500 6H17M3 14h2.500M10 14h7M12.200 8.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM7.800 16.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400Z",
  close: "M5 5l10 10M15 5L5 15",
  more: "M4.500 10h.01M10 10h.01M15.500 10h.01",
  lock: "M5.500 9.500h9v7h-9zM7.500 9.500V7a2.500 2.500 0 0 1 5 0v2.500",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4l2.500 1.500",
} as const;
