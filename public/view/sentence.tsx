/** A sentence with names in it, which are `isolated`: each has its own direction, whatever that of the sentence is. */
export function Sentence({ text }: { text: string }) {
  return text
    .split(/\u2068([^\u2069]*)\u2069/)
    .map((part, index) => (index % 2 === 1 ? <bdi>{part}</bdi> : part));
}
