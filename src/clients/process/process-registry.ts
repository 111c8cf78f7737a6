/** A process group that must not outlive the desk: its leader's pid, told to the guardian while it lives. */
export interface ProcessRegistry {
  /** Registers a process group and returns what takes it off again. */
  register(pid: number, what: string): () => void;
}
