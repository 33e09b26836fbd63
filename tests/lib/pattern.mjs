// The pattern of /api/v1/net/source, as docs/http-api.md gives it.

const PERIOD = 32749;
const block = Buffer.alloc(PERIOD);
for (let x = 2463534242, i = 0; i < PERIOD; i++) {
  if (i % 4 === 0) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
  }
  block[i] = (x >>> (8 * (i % 4))) & 255;
}

/** The first `bytes` bytes of a seed. */
export function pattern(bytes, seed) {
  const product = (BigInt(seed) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  const phase = Number((product >> 32n) % BigInt(PERIOD));
  const out = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const from = (phase + at) % PERIOD;
    at += block.copy(out, at, from, Math.min(PERIOD, from + bytes - at));
  }
  return out;
}
