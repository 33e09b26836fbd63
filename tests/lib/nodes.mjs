// QEMU's options for a machine of several nodes, each with the same share of the memory; the processor is
// on the first.

export function nodeOptions(nodes, mib) {
  return Array.from({ length: nodes }, (_, n) => [
    ...["-object", `memory-backend-ram,id=node${n},size=${mib / nodes}M`],
    ...["-numa", `node,nodeid=${n},memdev=node${n}${n === 0 ? ",cpus=0" : ""}`],
  ]).flat();
}
