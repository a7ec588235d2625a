/** Pauses between the tries of something: longer each time, and never the same for all clients of a server that is busy. */
const shortest = 500;
const longest = 15_000;

export class Pauses {
  private readonly ends = new Set<() => void>();

  /** After so many tries. */
  async after(tries: number): Promise<void> {
    const most = Math.min(shortest * 2 ** tries, longest);
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        this.ends.delete(end);
        done();
      };
      const timer = setTimeout(end, most * (0.5 + Math.random() / 2));
      this.ends.add(end);
    });
  }

  /** There is hope, or no use: those under way end now. */
  hurry(): void {
    for (const end of [...this.ends]) end();
  }
}
