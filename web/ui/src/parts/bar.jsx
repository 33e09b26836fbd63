// A bar of segments whose widths are in proportion to their sizes. Sizes are set through the
// style object, which a content security policy without 'unsafe-inline' allows.

export function Bar({ segments, label, className = "" }) {
  return (
    <div class={`bar ${className}`} role="img" aria-label={label}>
      {segments
        .filter((segment) => segment.size > 0)
        .map((segment) => (
          <span
            key={segment.key}
            class={`segment ${segment.className}`}
            style={{ flexGrow: segment.size }}
            title={segment.title}
          />
        ))}
    </div>
  );
}

// A thin bar that fills a share (0 to 1) of its cell; decoration beside a figure that says it.
export function Meter({ share, className = "" }) {
  return (
    <span class={`meter ${className}`} aria-hidden="true">
      <span style={{ width: `${Math.min(1, share) * 100}%` }} />
    </span>
  );
}
