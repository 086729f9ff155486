/** Where a command writes: results and errors apart, so that a program can read the results. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

export const terminal: Output = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

/** Shows on a terminal how far a long command is, and nothing elsewhere. */
export interface ProgressBar {
  /** `total`: how many there will be, as far as anybody knows. */
  show(items: number, total: number): void;
  /** Leaves the line; a second call does nothing. */
  end(): void;
}

const BAR_WIDTH = 30;

export function progressBar(): ProgressBar {
  let isShown = false;
  return {
    show(items, total) {
      if (!process.stderr.isTTY) return;
      isShown = true;
      const share = Math.min(1, total === 0 ? 0 : items / total);
      const done = Math.round(share * BAR_WIDTH);
      const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`;
      process.stderr.write(`\r${bar} ${Math.floor(100 * share)} %  ${items} of ${Math.max(items, total)} items`);
    },
    end() {
      if (isShown) process.stderr.write('\n');
      isShown = false;
    },
  };
}
